# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input that ZooKeeper holds: every case ends with one sentence, its code, and nothing changed.

Most cases are planted in a copy of the cluster's znodes under a chroot of its own, which kraft_zookeeper_connect makes our
playbooks read. In the cluster's own chroot they would be undone or acted on by the active broker at once: a KRaft
/controller cannot stand beside the broker's ephemeral one, a marker in /admin/delete_topics is carried out, a missing
/controller_epoch is written again at the next election.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.e2e.places import Place, Scratch, findings, one_sentence, refused

KRAFT = {"version": 2, "brokerid": 3000, "timestamp": "1700000000000", "kraftControllerEpoch": 7}
STALE = {
    "version": 0,
    "kraft_controller_id": 3000,
    "kraft_controller_epoch": 7,
    "kraft_metadata_offset": 1234,
    "kraft_metadata_epoch": 7,
}


def topic(**fields: object) -> Callable[[Scratch], None]:
    return lambda scratch: scratch.change("/brokers/topics/topic-00", **fields)


def state(**fields: object) -> Callable[[Scratch], None]:
    return lambda scratch: scratch.change("/brokers/topics/topic-00/partitions/0/state", **fields)


def configured(**settings: str) -> Callable[[Scratch], None]:
    return lambda scratch: scratch.change("/config/topics/topic-00", config=settings)


def foreign_broker(scratch: Scratch) -> None:
    scratch.put("/brokers/ids/9", scratch.zk.get("/brokers/ids/0")[0])


CASES: dict[str, tuple[str, Callable[[Scratch], None], tuple[str, ...]]] = {
    "a topic without id": (
        "topic-without-id",
        topic(topic_id=None, version=2),
        ("1 topics have no topic id (topic-00)", "raise inter.broker.protocol.version"),
    ),
    "a dead broker in an assignment": (
        "assignment-dead-broker",
        topic(partitions={"0": [0, 1, 8]}),
        ("broker 8 is named in assignments (topic-00-0)", "start it or reassign"),
    ),
    "a queued topic deletion": (
        "topic-deletion-queued",
        lambda scratch: scratch.put("/admin/delete_topics/topic-01", b""),
        ("the deletion of topic-01 is queued", "KAFKA-15605", "delete the marker"),
    ),
    "a reassignment": (
        "reassignment-running",
        topic(adding_replicas={"0": [2]}),
        ("a reassignment of topic-00-0", "wait for it or cancel it"),
    ),
    "/migration without data": (
        "migration-null",
        lambda scratch: scratch.put("/migration", b""),
        ("/migration exists without data", "KAFKA-19480", "delete that znode"),
    ),
    "/migration of an earlier attempt": (
        "migration-stale",
        lambda scratch: scratch.put("/migration", STALE),
        ("the copy was completed (offset 1234)", "run rollback.yml"),
    ),
    "/controller of a quorum that is gone": (
        "controller-leftover",
        lambda scratch: scratch.put("/controller", KRAFT),
        ("/controller is held by KRaft controller 3000", "delete that znode"),
    ),
    "no /controller_epoch": (
        "controller-epoch-missing",
        lambda scratch: scratch.drop("/controller_epoch"),
        ("has no /controller_epoch",),
    ),
    "a broker that is not a pod of ours": (
        "stranger-broker",
        foreign_broker,
        ("broker 9 is registered in ZooKeeper but is not a pod of this cluster", "kraft_statefulsets"),
    ),
    "a broker that is not registered": (
        "broker-not-healthy",
        lambda scratch: scratch.drop("/brokers/ids/2"),
        ("broker 2 in pod kafka-2 is not registered in ZooKeeper",),
    ),
    "a partition that is not in sync": (
        "partition-not-healthy",
        state(isr=[0]),
        ("under-replicated: topic-00-0",),
    ),
    "a partition without leader": (
        "partition-not-healthy",
        state(leader=-1),
        ("no leader: topic-00-0",),
    ),
    "as many replicas as min.insync.replicas": (
        "partition-cannot-roll",
        configured(**{"min.insync.replicas": "3"}),
        ("topic-00-0", "no more replicas than min.insync.replicas", "=partition-cannot-roll]"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_preflight_refuses(place: Place, case: str) -> None:
    code, plant, words = CASES[case]
    with place.scratch() as scratch:
        plant(scratch)
        with place.unchanged():
            failure = refused(place.play("preflight", **scratch.variables), code)
    one_sentence(findings(failure)[code]["sentence"], *words)


def test_what_may_be_accepted_is_accepted_by_name(place: Place) -> None:
    with place.scratch() as scratch:
        configured(**{"min.insync.replicas": "3"})(scratch)
        done = place.play("preflight", **scratch.variables, kraft_accept=["partition-cannot-roll"])
    assert done.status == 0
    assert findings(done.result("SetupPreChecks"))["partition-cannot-roll"]["accepted"] is True


def test_a_chroot_that_holds_no_cluster(place: Place) -> None:
    with place.scratch() as scratch:
        scratch.put("/empty", b"")
        wrong = scratch.variables["kraft_zookeeper_connect"] + "/empty"
        with place.unchanged():
            done = place.play("preflight", kraft_zookeeper_connect=wrong)
            refused(done, "zookeeper-wrong-chroot", "/empty", "does not contain a Kafka cluster; correct the chroot")


def test_a_chroot_that_does_not_exist(place: Place) -> None:
    with place.scratch() as scratch:
        wrong = scratch.variables["kraft_zookeeper_connect"] + "-nowhere"
        with place.unchanged():
            refused(place.play("preflight", kraft_zookeeper_connect=wrong), "zookeeper-wrong-chroot", "-nowhere")


def test_a_chroot_that_holds_another_cluster(place: Place) -> None:
    with place.scratch() as scratch:
        for broker in range(3):
            scratch.drop(f"/brokers/ids/{broker}")
        foreign_broker_of = {
            "version": 5,
            "host": "h",
            "port": 9092,
            "endpoints": ["PLAINTEXT://h:9092"],
            "timestamp": "1",
        }
        scratch.put("/brokers/ids/77", foreign_broker_of)
        with place.unchanged():
            done = place.play("setup", "--tags", "SetupFetchKafkaZookeeperEndpoint", **scratch.variables)
            refused(done, "zookeeper-wrong-chroot", "does not contain the brokers of bad-input/kafka")


def test_a_zookeeper_of_another_cluster_id(place: Place) -> None:
    with place.scratch() as scratch:
        scratch.change("/cluster/id", id="AAAAAAAAQAAAAAAAAAAAAA")
        with place.unchanged():
            done = place.play("setup", "--tags", "SetupFetchKafkaClusterId", **scratch.variables)
            refused(done, "cluster-id-mismatch", "zookeeper:/cluster/id says AAAAAAAAQAAAAAAAAAAAAA", "kafka-0:")


def test_nobody_holds_the_controller(place: Place) -> None:
    with place.scratch() as scratch:
        scratch.drop("/controller")
        with place.unchanged():
            done = place.play("setup", "--tags", "SetupCheckHealthyKafka", **scratch.variables)
            refused(done, "controller-missing", "nobody holds /controller")


def test_a_znode_that_is_no_kafka(place: Place) -> None:
    with place.scratch() as scratch:
        scratch.put("/controller_epoch", b"one")
        with place.unchanged():
            done = place.play("preflight", **scratch.variables)
    assert done.status != 0
    one_sentence(done.failure["msg"], "/controller_epoch")


def test_zookeeper_that_cannot_be_reached(place: Place) -> None:
    with place.unchanged():
        done = place.play("preflight", kraft_zookeeper_connect="127.0.0.1:9")
        refused(done, "zookeeper-unreachable", "127.0.0.1:9")


@pytest.mark.parametrize(
    ("playbook", "tag"),
    [("preflight", "SetupPreChecks"), ("setup", "SetupMutateKRaftController")],
)
@pytest.mark.parametrize(
    ("data", "code"), [(json.dumps(STALE).encode(), "migration-stale"), (b"", "migration-null")], ids=["stale", "null"]
)
def test_a_migration_of_an_earlier_attempt_in_the_real_chroot(
    place: Place, playbook: str, tag: str, data: bytes, code: str
) -> None:
    """Rule 3: preflight says so, and the step that would start empty controllers refuses by itself."""
    with place.znode("/migration", data), place.unchanged():
        refused(place.play(playbook, "--tags", tag), code, "/migration")
