# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The double of Strimzi by itself, with real Kafka: what was seen of the real one, done by hand as its users do.

Nothing of the collection is used here. One cluster migrates to the stop, goes back to ZooKeeper, migrates again and is finalized, each compared
with the recorded sequence. The tests go on from each other; with KRAFT_KEEP the cluster stays, so that they may be run one at a time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.operators.strimzi import messages, names, recorded
from tests.operators.strimzi.by_hand import agent, shell, tls_shell, wait_in_sync, znode
from tests.operators.strimzi.double import Double, operator, settings_of
from tests.operators.strimzi.names import CONTROLLER
from tests.operators.strimzi.recorded import Step
from tests.operators.strimzi.watch import Sight, watched
from tests.sandbox import fixtures, traffic
from tests.sandbox.traffic import TrafficSpec

NAMESPACE = "e2e-strimzi"
BROKERS = tuple(f"kafka-kafka-{n}" for n in range(3))
CONTROLLERS = tuple(f"kafka-controller-{n}" for n in (3, 4, 5))


@pytest.fixture(scope="module")
def double() -> Iterator[Double]:
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster")
    keep = bool(os.environ.get("KRAFT_KEEP"))
    # the interval of the run that was recorded
    with operator(NAMESPACE, keep=keep, interval="10") as made:
        if made.api.get(names.KAFKA, made.spec.name):
            made.wait_rolled()
        else:
            made.example()
            traffic.start(made.kube, TrafficSpec(NAMESPACE, "kafka", 300, dns_ttl=1))
        yield made
        if keep:
            return
        if traffic.check(made.kube, NAMESPACE)["running"]:
            traffic.stop(made.kube, NAMESPACE)
        report = traffic.check(made.kube, NAMESPACE)
        print(report)
        assert report["ok"], report


def same(seen: list[Sight], wanted: tuple[Step, ...]) -> None:
    """A run is what was recorded: every step in its order, and no roll, phase or state besides."""
    shown = recorded.steps(seen)
    assert recorded.missing(seen, wanted) == [], shown
    assert recorded.unexpected(seen, wanted) == [], shown


def topics(double: Double, *lines: str) -> None:
    fixtures.create_topics(double.kube, NAMESPACE, BROKERS[0], list(lines))


def test_zookeeper_mode(double: Double) -> None:
    (removal, ready) = double.conditions
    assert removal[:2] == ("Warning", "ZooKeeperRemoval")
    assert ready == ("Ready", "", "")
    status = double.status
    assert status["registeredNodeIds"] == [0, 1, 2]
    assert status["kafkaNodePools"] == [{"name": "kafka"}]
    assert "kafkaMetadataVersion" not in status
    assert status["operatorLastSuccessfulVersion"] == "0.45.2"
    controller = znode(double, "/controller")
    assert isinstance(controller, dict)
    assert (controller["brokerid"] in (0, 1, 2), controller["kraftControllerEpoch"]) == (True, -1)
    gone = shell(double, "get", "/migration")
    assert "Node does not exist: /migration" in gone.text + gone.stderr.decode()
    assert gone.status == 1
    told = tls_shell(double, "get", "/controller")
    assert '"brokerid"' in told.text, told
    assert agent(double, BROKERS[0], "/v1/broker-state/") == (200, '{"brokerState":3}')
    assert agent(double, BROKERS[0], "/v1/kraft-migration/") == (404, "ZooKeeper migration state metric not found")


def test_migration(double: Double) -> None:
    with watched(double) as seen:
        double.pool(CONTROLLER)
        double.annotate(names.MIGRATION)
        double.wait_state(names.POST_MIGRATION, 900)
        text = double.wait_condition(messages.STATE_WARNING)
    same(seen, recorded.FORWARD)
    assert text == messages.state_warning(names.POST_MIGRATION, names.MIGRATION)
    assert double.status["registeredNodeIds"] == [0, 1, 2, 3, 4, 5]
    assert sorted(double.claims()) == [f"data-0-{pod}" for pod in CONTROLLERS]
    for pod in CONTROLLERS:
        assert agent(double, pod, "/v1/kraft-migration/") == (200, '{"state":1}')
        assert agent(double, pod, "/v1/broker-state/") == (404, "Broker state metric not found")
    controller, migration = znode(double, "/controller"), znode(double, "/migration")
    assert isinstance(controller, dict)
    assert isinstance(migration, dict)
    assert controller["brokerid"] in (3, 4, 5)
    assert controller["kraftControllerEpoch"] >= 0
    assert migration["kraft_metadata_offset"] > 0
    assert "process.roles=broker" in settings_of(double.kube, NAMESPACE, BROKERS[0])


def test_rollback(double: Double) -> None:
    topics(double, "post-1 1 3")
    with watched(double) as seen:
        double.annotate(names.ROLLBACK)
        double.wait_state(names.DUAL_WRITING, 240)
        text = double.wait_condition(messages.STATE_WARNING, "during dual writing")
    same(seen, recorded.BACK_TO_DUAL)
    assert text == messages.state_warning(names.DUAL_WRITING, names.ROLLBACK)
    before = double.status
    double.annotate(names.ENABLED)
    line = "Invalid internal Kafka metadata state [KRaftDualWriting] with strimzi.io/kraft annotation [enabled]"
    double.until(lambda: line in double.log, "the exception is not in the log", 30)
    assert double.status == before
    double.annotate(names.ROLLBACK)
    wait_in_sync(double)
    with watched(double) as seen:
        double.delete_pool()
        double.wait_condition("InvalidResourceException", messages.needs_role(CONTROLLER))
        double.wait_gone("controller")
        migration = znode(double, "/migration")
        assert isinstance(migration, dict)
        double.annotate(names.DISABLED)
        double.until(lambda: messages.deleted_znode("/migration") in double.log, "/migration is not deleted", 30)
        double.wait_state(names.ZOOKEEPER, 240)
        double.wait_condition("ZooKeeperRemoval")
    same(seen, recorded.BACK_TO_ZOOKEEPER)
    assert double.status["registeredNodeIds"] == [0, 1, 2]
    controller = znode(double, "/controller")
    assert isinstance(controller, dict)
    assert (controller["brokerid"] in (0, 1, 2), controller["kraftControllerEpoch"]) == (True, -1)
    assert znode(double, "/migration") is None
    assert len(double.claims()) == 3
    said = double.kube.request("GET", f"{double.kube.path('Pod', NAMESPACE, BROKERS[0])}/log")
    assert "Removing __cluster_metadata folder" in said


def test_second_migration_and_finalization(double: Double) -> None:
    topics(double, "after-rollback 1 3")
    double.delete_claims()
    with watched(double) as seen:
        double.annotate(names.MIGRATION)
        double.wait_condition("InvalidResourceException", messages.needs_role(CONTROLLER))
        double.pool(CONTROLLER)
        double.wait_state(names.POST_MIGRATION, 900)
        double.wait_condition(messages.STATE_WARNING)
    same(seen, recorded.FORWARD)
    with watched(double) as seen:
        double.annotate(names.ENABLED)
        double.wait_state(names.IN_KRAFT, 900)
    same(seen, recorded.FINALIZED)
    assert double.status["kafkaMetadataVersion"] == "3.9-IV0"
    assert double.api.get(names.POD_SET, "kafka-zookeeper") is None
    double.until(lambda: double.api.get("Pod", "kafka-zookeeper-0") is None, "ZooKeeper is still there", 60)
    assert double.api.get("PersistentVolumeClaim", "data-kafka-zookeeper-0") is not None
    words = ["./bin/kafka-topics.sh", "--bootstrap-server", "localhost:9092", "--list"]
    listed = double.kube.exec(NAMESPACE, BROKERS[1], words, container="kafka").text.split()
    assert {"post-1", "after-rollback"} <= set(listed)
    double.annotate(names.DISABLED)
    double.wait_condition(messages.STATE_WARNING, "because the cluster is already KRaft")
    assert double.state == names.IN_KRAFT
