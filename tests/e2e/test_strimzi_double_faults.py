# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults and older versions of the double of Strimzi, with one real broker and one real controller: by hand, nothing of the collection is used."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.operators.strimzi import messages, names
from tests.operators.strimzi.by_hand import delete_znode, znode
from tests.operators.strimzi.double import Double, operator
from tests.operators.strimzi.manifests import ExampleSpec
from tests.operators.strimzi.names import CONTROLLER

NAMESPACE = "e2e-strimzi-faults"


@pytest.fixture(scope="module")
def double() -> Iterator[Double]:
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster")
    with operator(NAMESPACE, version="0.45.0", interval="10", keep=bool(os.environ.get("KRAFT_KEEP"))) as made:
        if not made.api.get(names.KAFKA, "kafka"):
            made.example(ExampleSpec(brokers=1, controllers=1, pools=False), topics=1)
        yield made


def dies_in(double: Double, roll: str) -> None:
    """The operator dies in a roll, and is started again."""
    double.until(lambda: not double.running, f"the operator does not die in {roll}", 180)
    double.clear("die")
    double.start()


def test_pools_for_a_classic_cluster(double: Double) -> None:
    (pod,) = double.pods().values()
    double.annotate(names.MIGRATION)
    double.until(lambda: messages.NEEDS_POOLS in double.log, "the exception is not in the log", 30)
    assert [condition[0] for condition in double.conditions] == ["Warning", "Ready"]
    double.annotate(names.DISABLED)
    double.pool("broker")
    double.annotate(names.ENABLED, names.NODE_POOLS)
    double.wait_condition("UnusedReplicasConfiguration")
    double.wait_ready()
    (after,) = double.pods().values()
    assert (after["metadata"]["name"], after["metadata"]["uid"]) == ("kafka-kafka-0", pod["metadata"]["uid"])
    found = double.api.get(names.POOL, "kafka")
    assert found is not None
    assert found["status"]["nodeIds"] == [0]


def test_slow_claims_kills_and_what_0_45_0_leaves(double: Double) -> None:
    double.switch("slow-claims", "15")
    double.pool(CONTROLLER)
    double.annotate(names.MIGRATION)
    double.until(lambda: double.claims() == ["data-0-kafka-controller-1"], "no claim", 30)
    claim = double.api.get("PersistentVolumeClaim", "data-0-kafka-controller-1")
    assert claim is not None
    assert claim["status"]["phase"] == "Pending"
    for roll in ("brokers-migration", "brokers-post-migration"):
        double.switch("die", roll)
        dies_in(double, roll)
    double.wait_state(names.POST_MIGRATION)
    double.switch("die", "brokers-migration")
    double.annotate(names.ROLLBACK)
    dies_in(double, "brokers-migration")
    double.wait_state(names.DUAL_WRITING)
    # before the pass that sees the pool gone has begun
    double.switch("die", "brokers-zk")
    double.annotate(names.DISABLED)
    double.wait_condition("InvalidResourceException", messages.only_brokers("controller"))
    double.delete_pool()
    # this version cannot bear that /controller is gone, which its own second pass would find: see that a broker has it
    dies_in(double, "brokers-zk")
    double.wait_state(names.ZOOKEEPER)
    migration = znode(double, "/migration")
    assert isinstance(migration, dict)
    assert migration["kraft_metadata_offset"] > 0
    controller = znode(double, "/controller")
    assert isinstance(controller, dict)
    assert (controller["brokerid"], controller["kraftControllerEpoch"]) == (0, -1)


def test_old_claims_make_the_operator_believe_in_a_copy(double: Double) -> None:
    """The hazard that was seen: the controllers' old log says MIGRATION, nothing is copied, and the operator goes on."""
    delete_znode(double, "/migration")
    assert double.claims() == ["data-0-kafka-controller-1"]
    # a window between the state and the roll that follows: the only broker in KRaft mode holds nothing in ZooKeeper
    double.switch("slow-pass", "10")
    double.pool(CONTROLLER)
    double.annotate(names.MIGRATION)
    double.wait_state(names.DUAL_WRITING)
    controller, migration = znode(double, "/controller"), znode(double, "/migration")
    assert isinstance(controller, dict)
    assert isinstance(migration, dict)
    assert (controller["kraftControllerEpoch"], migration["kraft_metadata_offset"]) == (-1, -1)
