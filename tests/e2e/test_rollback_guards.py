# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a rollback does what it does: the same situations with and without its guards, on scratch clusters."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD, PVC, STATEFUL_SET

from tests.e2e.places import refused
from tests.e2e.removing import remove
from tests.e2e.trip import CONTROLLERS, Trip, quiet, until
from tests.sandbox.fixtures import FixtureSpec

BROKERS = "app=kafka"


def scale(found: Trip, replicas: int, name: str = "kafka-kraft", label_selector: str = CONTROLLERS) -> None:
    """Scale a StatefulSet by hand and wait for it."""
    client, namespace = found.place.client, found.place.namespace
    client.patch(STATEFUL_SET, name, namespace, {"spec": {"replicas": replicas}})
    until(
        lambda: len(client.list(POD, namespace, label_selector=label_selector)) == replicas,
        f"{name} was not scaled to {replicas}",
    )


def by_hand(found: Trip, *paths: str) -> None:
    """What a hurried person does: the quorum down, these znodes away, nothing else."""
    scale(found, 0)
    with found.place.zookeeper() as zk:
        for path in paths:
            zk.delete(path)
    until(lambda: (found.znode("/controller") or {}).get("kraftControllerEpoch") == -1, "no broker became controller")


def epoch(found: Trip) -> int:
    """/controller_epoch."""
    with found.place.zookeeper() as zk:
        return int(zk.get("/controller_epoch")[0])


def elections(found: Trip, count: int) -> None:
    """Let the quorum elect anew: each election raises its epoch, without raising ZooKeeper's."""
    for _number in range(count):
        found.renew(found.active_controller())


def without_a_leader(found: Trip) -> list[str]:
    """Topics with a partition whose leader is not there, by ZooKeeper; the brokers that are left may not have been told."""
    with found.place.zookeeper() as zk:
        brokers = {int(each) for each in zk.get_children("/brokers/ids")}
        topics = zk.get_children("/brokers/topics")
        leaders = {
            topic: {
                json.loads(zk.get(f"/brokers/topics/{topic}/partitions/{number}/state")[0])["leader"]
                for number in zk.get_children(f"/brokers/topics/{topic}/partitions")
            }
            for topic in topics
        }
    return sorted(topic for topic, led_by in leaders.items() if not led_by <= brokers)


def in_sync(found: Trip) -> bool:
    """Whether each partition has a leader and all its replicas in sync, as the brokers say it and by ZooKeeper."""
    script = (
        "unset KAFKA_OPTS KAFKA_JMX_OPTS JMX_PORT; /opt/kafka/bin/kafka-topics.sh --bootstrap-server localhost:9092 "
        "--describe --under-replicated-partitions; "
        "/opt/kafka/bin/kafka-topics.sh --bootstrap-server localhost:9092 --describe --unavailable-partitions"
    )
    seen = found.target.fixture.kube.exec(found.place.namespace, "kafka-1", ["bash", "-c", script], timeout=120)
    return seen.status == 0 and "Partition:" not in seen.text and without_a_leader(found) == []


@contextmanager
def a_broker_away(found: Trip) -> Iterator[None]:
    """The last broker is down, for long enough to have others elected in its place."""

    def registered() -> int:
        with found.place.zookeeper() as zk:
            return len(zk.get_children("/brokers/ids"))

    brokers = len(found.pods())
    scale(found, brokers - 1, "kafka", BROKERS)
    until(lambda: registered() == brokers - 1, "the broker that was stopped is registered still")
    # an election that does not come cannot be waited for; one that comes takes less than a second
    time.sleep(10)
    yield
    scale(found, brokers, "kafka", BROKERS)
    found.settle()


def to_a_higher_epoch(found: Trip) -> None:
    """Hybrid, with the topic b8, whose partitions' states have an epoch of KRaft's that is above ZooKeeper's."""
    found.run("setup")
    elections(found, 5)
    found.run("migrate")
    found.make("b8 3 3")


def test_negative_control_of_the_retry(tmp_path: Path) -> None:
    """Without the guard, /migration and the volumes left behind, a second start of the quorum deletes what ZooKeeper got in between.

    That is the data loss of strimzi/strimzi-kafka-operator#11262, which the order of rollback.yml makes impossible.
    """
    with quiet(FixtureSpec(namespace="guard-retry", dns_ttl=1, topics=3), tmp_path) as found:
        found.run("migrate")
        by_hand(found, "/controller")
        found.make("made-between 1 3")
        assert "made-between" in found.topics()
        scale(found, 3)
        with found.place.zookeeper() as zk:
            until(
                lambda: not zk.exists("/brokers/topics/made-between"),
                "the topic survived: the control shows nothing",
                180,
            )


def test_b8_a_quorum_with_a_higher_epoch(tmp_path: Path) -> None:
    """Elections before the copy raise KRaft's epoch above ZooKeeper's; the guard raises /controller_epoch in the same transaction."""
    with quiet(FixtureSpec(namespace="guard-epoch", dns_ttl=1, topics=3), tmp_path) as found:
        to_a_higher_epoch(found)
        before = epoch(found)
        done = found.run("rollback", kraft_rollback_cleanup="later")
        removal = done.result("RollbackToZkWaitForManualNodeRemovalFromZk")
        assert removal["raised_epoch"] is not None, removal
        assert removal["raised_epoch"] > max(before, removal["stored_epoch"])
        assert epoch(found) > removal["stored_epoch"]
        with a_broker_away(found):
            assert without_a_leader(found) == []
        found.run("rollback")
        until(lambda: in_sync(found), "partitions are not in sync after the rollback")


def test_negative_control_of_b8(tmp_path: Path) -> None:
    """Without the guard partitions stay without a leader: the new controller takes their state for a later controller's (KAFKA-20488)."""
    with quiet(FixtureSpec(namespace="guard-no-epoch", dns_ttl=1, topics=3), tmp_path) as found:
        to_a_higher_epoch(found)
        by_hand(found, "/migration", "/controller")
        assert without_a_leader(found) == []
        with a_broker_away(found):
            written = found.znode("/brokers/topics/b8/partitions/0/state")
            assert written is not None
            assert written["controller_epoch"] > epoch(found), "ZooKeeper's epoch is high enough: this shows nothing"
            assert "b8" in without_a_leader(found)


def empty(found: Trip) -> None:
    """Delete the controllers' volumes: what runs on them next has never heard of this cluster."""
    client, namespace = found.place.client, found.place.namespace

    def volumes() -> list[str]:
        return [item["metadata"]["name"] for item in client.list(PVC, namespace, label_selector=CONTROLLERS)]

    assert volumes(), "the controllers have no volumes"
    for name in volumes():
        remove(client, PVC, name, namespace)
    until(lambda: not volumes(), "the volumes of the controllers were not deleted")


def test_b9_a_stale_migration_and_empty_controllers(tmp_path: Path) -> None:
    """The collection does not start them: they would take the first copy for done, and delete what they do not know."""
    with quiet(FixtureSpec(namespace="guard-stale", dns_ttl=1, topics=3), tmp_path) as found:
        found.run("migrate")
        by_hand(found, "/controller")
        empty(found)
        found.make("b9 1 3")
        for playbook in ("preflight", "setup", "migrate"):
            # brokers that remember the quorum come first; the stale /migration alone is test_bad_input_zookeeper.py's
            done = found.target.play(playbook)
            refused(done, "rollback-pending", "whose quorum is gone", "complete rollback.yml first")
            assert "migration-stale" in done.output, done.output
        assert found.place.client.list(POD, found.place.namespace, label_selector=CONTROLLERS) == []


def test_negative_control_of_b9(tmp_path: Path) -> None:
    """An empty quorum that finds a stale /migration does not copy; it makes ZooKeeper as empty as itself."""
    with quiet(FixtureSpec(namespace="guard-no-check", dns_ttl=1, topics=3), tmp_path) as found:
        killed = found.target.play("migrate", kill_at="after:MigrateTriggerKafkaMigration")
        assert killed.status == -signal.SIGKILL, killed.output
        found.make("b9 1 3")
        scale(found, 0)
        with found.place.zookeeper() as zk:
            left = json.loads(zk.get("/migration")[0])
            assert left["kraft_metadata_offset"] <= 0, f"the copy was made already: {left}"
            # older than what the new quorum writes: with a later epoch it waits until its own elections are as many
            left |= {"kraft_metadata_offset": 1, "kraft_metadata_epoch": 1, "kraft_controller_epoch": 1}
            zk.set("/migration", json.dumps(left).encode())
            scale(found, 3)
            # the brokers of the first roll, that nothing watches over here
            for pod in found.pods():
                found.renew(pod)
            until(lambda: not zk.exists("/brokers/topics/b9"), "the topic survived: the control shows nothing", 120)
