# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check as a whole: what is made is removed, what is acknowledged is compared, what goes wrong has a code."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.cluster_check import Acks
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations.cluster_check import ClusterCheck
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Interrupted,
    KraftError,
    Refused,
    Unreachable,
)

from tests.unit.plugins.module_utils._operations.world import CLUSTER_ID, on, world

BEFORE = ("__consumer_offsets", 0)
REMOVE = "remove it by kafka-topics.sh --bootstrap-server BROKER:9092 --delete --topic "


def check(made: Any) -> ClusterCheck:
    return ClusterCheck(made, made.said.append)


def failed(made: Any, kind: type[BaseException] = KraftError) -> Any:
    with pytest.raises(kind) as caught:
        check(made).run()
    return caught.value


def nothing_left(made: Any) -> bool:
    return list(made.topics) == [BEFORE]


def test_a_cluster_that_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    found = check(made).run()
    assert re.fullmatch(r"kraft-check-[a-z0-9]{6}", found["topic"])
    assert found["partitions"] == [
        {"partition": 0, "leader": 0, "isr": [0, 1, 2], "replicas": [0, 1, 2]},
        {"partition": 1, "leader": 1, "isr": [0, 1, 2], "replicas": [1, 2, 0]},
    ]
    assert found["records"] == {"produced": 3, "consumed": 3}
    assert (found["cluster_id"], found["quorum_leader"], found["quorum_voters"]) == (
        CLUSTER_ID,
        3000,
        [3000, 3001, 3002],
    )
    assert (found["controller"], found["disrupted"], found["left"]) == (None, None, [])
    assert set(found["seconds"]) == {"created", "produced"}
    assert found["msg"] == (
        f"n/kafka serves: 2 partitions of {found['topic']} with complete ISRs, 3 records written and read; the topic is removed"
    )
    assert [what for _pod, what in made.ran] == ["create", "produce 1", "consume 3", "remove"]
    assert nothing_left(made)
    assert made.client.calls == []
    assert "partition 1: leader 1, ISR 0,1,2" in made.said


def test_topic_isr_shrinks_isr_recovers(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch).option(disrupt=True)
    found = check(made).run()
    # the leader of partition 0
    assert found["disrupted"] == {"pod": "kafka-0", "broker": 0}
    assert found["records"] == {"produced": 6, "consumed": 6}
    assert set(found["seconds"]) == {"created", "produced", "isr_shrunk", "pod_ready", "isr_complete"}
    assert "it survived the loss of kafka-0 (broker 0): ISR without it after" in found["msg"]
    assert made.client.calls == [("delete", "Pod", "kafka-0")]
    # no tool runs in the pod that goes
    assert [name for name, what in made.ran if what == "produce 2"] == ["kafka-1"]
    assert [what for _pod, what in made.ran][-2:] == ["consume 6", "remove"]
    assert nothing_left(made)


def test_the_pod_that_is_named_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch).option(disrupt=True, disrupt_pod="kafka-2")
    assert check(made).run()["disrupted"] == {"pod": "kafka-2", "broker": 2}


def test_a_broker_without_a_replica_would_show_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch).option(disrupt=True, disrupt_pod="kafka-2", partitions=1, replication_factor=2)
    error = failed(made, Refused)
    assert error.code == "check-options"
    assert "broker 2 in pod kafka-2 has no replica of kraft-check-" in error.message
    assert made.client.calls == []
    assert nothing_left(made)


def test_a_broker_that_cannot_be_spared_leaves_no_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch).option(disrupt=True)
    made.add("orders", 0, low=1)
    error = failed(made, Refused)
    assert error.code == "check-unsafe"
    assert "orders-0 would fall below" in error.message
    assert made.client.calls == []
    assert list(made.topics) == [BEFORE, ("orders", 0)]


# what it would do


def test_the_plan_makes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    text = check(made).plan()
    assert text.startswith(
        "make topic kraft-check-<random> with 2 partitions, replication factor 3 and min.insync.replicas 2, write 3 records"
    )
    assert text.endswith("read them back; the topic is removed at the end")
    made.option(disrupt=True)
    assert "delete the pod that leads its partition 0 and wait until every ISR" in check(made).plan()
    made.option(disrupt_pod="kafka-1")
    assert "delete the pod kafka-1 and wait" in check(made).plan()
    assert made.ran == []
    assert made.client.calls == []


def refused(made: Any, code: str) -> str:
    with pytest.raises((Refused, Unsupported)) as caught:
        check(made).plan()
    error: Any = caught.value
    assert error.code == code
    assert made.ran == []
    return str(error.message)


def test_what_is_refused_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "kraft_check_partitions is 0" in refused(world(monkeypatch).option(partitions=0), "check-options")
    assert "kraft_check_disrupt is not set" in refused(
        world(monkeypatch).option(disrupt_pod="kafka-1"), "check-options"
    )
    made = world(monkeypatch)
    for facts in made.facts.values():
        facts.tools = {"kafka-topics": "x"}
    assert "has no kafka-verifiable-producer.sh, kafka-console-consumer.sh" in refused(made, "check-not-served")
    made = world(monkeypatch, effective={"delete.topic.enable": "false"})
    assert "could not be removed; nothing was made" in refused(made, "check-unsafe")
    made = world(monkeypatch).option(disrupt=True)
    made.add("orders", 1, low=1)
    assert check(made).plan()
    assert "orders-0" in refused(made.option(disrupt_pod="kafka-1"), "check-unsafe")
    assert "none of the brokers' pods" in refused(made.option(disrupt_pod="zookeeper-0"), "check-unsafe")


@pytest.mark.parametrize(("verb", "resource"), [("delete", "pods"), ("list", "poddisruptionbudgets")])
def test_rights_that_a_disruption_needs(monkeypatch: pytest.MonkeyPatch, verb: str, resource: str) -> None:
    made = world(monkeypatch)
    made.client.allowed = lambda asked, of, _sub: (asked, of) != (verb, resource)
    assert check(made).plan()
    text = refused(made.option(disrupt=True), "permission-missing")
    assert text.startswith(f"the account may not {verb} {resource}")
    assert "docs/rbac.yml" in text


def test_no_broker_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    made.pods.clear()
    with pytest.raises(KraftError, match="no broker of n/kafka is Ready whose pod could run Kafka's tools"):
        check(made).plan()


# topics of others


def test_topics_of_other_checks_are_told_and_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    made.add("kraft-check-abc123", 0, 1, 2)
    found = check(made).run()
    assert found["left"] == ["kraft-check-abc123"]
    assert any("kraft-check-abc123 are of other checks" in line for line in made.said)
    assert list(made.topics) == [BEFORE, ("kraft-check-abc123", 0)]


# what goes wrong


def test_records_that_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    made.forgets = {"1.1"}
    error = failed(made)
    assert error.code == "check-records-lost"
    assert error.message == "1 of 3 acknowledged records could not be read back (1.1)"
    assert error.detail == {"missing": ["1.1"]}
    # it was read to the end before that is said
    assert [what for _pod, what in made.ran][-3:] == ["consume 3", "consume 0", "remove"]
    assert nothing_left(made)


def test_a_record_that_is_written_twice_hides_none(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    create = made.create

    def created(*arguments: Any) -> None:
        create(*arguments)
        made.records[arguments[1]] = ["1.0"]

    made.create = created
    produce = made.produce
    # the producer does not know of the first one
    made.produce = lambda *arguments: Acks(produce(*arguments).values, {0: 3})
    assert check(made).run()["records"] == {"produced": 3, "consumed": 3}
    assert [what for _pod, what in made.ran][-3:] == ["consume 3", "consume 0", "remove"]


def test_records_that_are_not_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    made.produce = lambda *_arguments: Acks(errors=("not enough replicas",))
    error = failed(made)
    assert (error.code, error.message) == (
        "check-not-served",
        "0 of 3 records were acknowledged with acks=all: not enough replicas",
    )
    assert nothing_left(made)


def test_a_topic_that_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch).option(wait_timeout=0.05)
    create = made.create

    def created(*arguments: Any) -> None:
        create(*arguments)
        made.topics[arguments[1], 1] = on(1, 2)

    made.create = created
    error = failed(made, DeadlineExceeded)
    assert error.code == "check-not-served"
    assert error.message.startswith("partition 1: ISR 1,2 lacks broker 0, after")
    assert nothing_left(made)


@pytest.mark.parametrize("what", ["create", "produce 1", "consume 3"])
def test_a_tool_that_fails_leaves_no_topic(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    made = world(monkeypatch)
    made.fails[what] = KraftError("kafka-topics failed: PolicyViolation", detail={"a": 1})
    error = failed(made)
    assert (error.message, error.code, error.detail) == (
        "kafka-topics failed: PolicyViolation",
        "check-not-served",
        {"a": 1},
    )
    assert nothing_left(made)


def test_a_tool_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    made.fails["produce 1"] = DeadlineExceeded("it did not end within 180 s")
    error = failed(made)
    assert (error.code, error.message) == ("check-not-served", "it did not end within 180 s")
    assert [name for name, what in made.ran if what == "produce 1"] == ["kafka-0"]


def test_a_mistake_of_ours_leaves_no_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    made.fails["produce 1"] = ZeroDivisionError("a mistake")
    failed(made, ZeroDivisionError)
    assert nothing_left(made)
    made.fails |= {"produce 1": ZeroDivisionError("a mistake")}
    made.remove = lambda *_arguments: fails("no broker answers")
    failed(made, ZeroDivisionError)
    assert REMOVE in made.said[-1]


def fails(text: str) -> None:
    raise KraftError(text)


def test_a_topic_that_cannot_be_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    made.remove = lambda *_arguments: fails("the pod is away")
    error = failed(made)
    assert error.code == "check-topic-left"
    assert "may be left (the pod is away); " + REMOVE + "kraft-check-" in error.message
    # what went wrong before comes first
    made.fails["produce 1"] = KraftError("the disk is full", code="check-not-served")
    error = failed(made)
    assert error.code == "check-not-served"
    assert error.message.startswith("the disk is full; topic kraft-check-")
    assert REMOVE in error.message


def test_a_topic_that_does_not_go(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch).option(wait_timeout=0.05)
    made.remove = lambda broker, *_arguments: made.ran.append((broker.pod, "remove"))
    error = failed(made)
    assert error.code == "check-topic-left"
    assert "is still there, after" in error.message
    # by each broker that runs
    assert [name for name, what in made.ran if what == "remove"] == ["kafka-0", "kafka-1", "kafka-2"]


def test_a_removal_that_cannot_be_seen_is_no_removal(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch).option(wait_timeout=0.05)
    remove = made.remove

    def removed(*arguments: Any) -> None:
        remove(*arguments)
        made.script = [Unknown("the quorum has no leader")]

    made.remove = removed
    check(made).run()
    assert "the quorum has no leader" in made.said


def test_a_removal_by_another_pod_where_one_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    made.fails["remove"] = Unreachable("kafka-0 is away")
    check(made).run()
    assert [name for name, what in made.ran if what == "remove"] == ["kafka-0", "kafka-1"]
    assert nothing_left(made)


def test_a_run_that_is_stopped_begins_the_removal_and_says_what_may_be_left(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    made.fails["produce 1"] = Interrupted("stopped by SIGTERM")
    failed(made, Interrupted)
    assert made.ran[-1] == ("kafka-0", "remove")
    assert REMOVE in made.said[-1]
    # there is no time to wait for it
    hurry: list[float] = []

    def slow(_broker: Any, _topic: str, timeout: float) -> None:
        hurry.append(timeout)
        raise DeadlineExceeded("it did not end within 1 s")

    made.remove = slow
    made.fails["produce 1"] = Interrupted("stopped by SIGTERM")
    failed(made, Interrupted)
    assert hurry == [1.0]
    assert "was not waited for: it did not end within 1 s" in made.said[-2]
    made.fails["produce 1"] = Interrupted("stopped by SIGTERM")


def test_partitions_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    made.script = [Unknown("the quorum has no leader")]
    error = failed(made)
    assert error.code == "check-not-served"
    assert made.ran == []
    # while the topic is waited for it is looked at again
    made = world(monkeypatch)
    made.script = [dict(made.topics), Unknown("the quorum has no leader")]
    check(made).run()
    assert "the partitions could not be read: the quorum has no leader" in made.said
