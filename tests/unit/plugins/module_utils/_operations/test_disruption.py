# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One broker is taken away: what refuses it, which very pod goes, and what has to come back."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import partitions
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.cluster_check import Acks
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations import disruption
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations.disruption import Disruption
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    DeadlineExceeded,
    KraftError,
    Refused,
)

from tests.unit.plugins.module_utils._operations.world import on, world
from tests.unit.plugins.module_utils.fakes import pod
from tests.unit.plugins.module_utils.scenes import quorum

TOPIC = "kraft-check-abc123"
ACKS = Acks(frozenset({"2.0"}))


def of(made: Any) -> Disruption:
    for number in (0, 1):
        made.topics[TOPIC, number] = on(1, 2, 0)
    return Disruption(made, False, TOPIC, made.said.append)


def take(made: Any, broker: int = 1, produce: Any = lambda: ACKS) -> Disruption:
    found = of(made)
    assert found.run(broker, f"kafka-{broker}", produce) == ACKS
    return found


def refusal(made: Any, broker: int | None = 1) -> str:
    """Why no pod is deleted, before anything is and right before the deletion."""
    found = of(made)
    with pytest.raises(Refused) as caught:
        found.refuse(broker)
    assert caught.value.code == "check-unsafe"
    with pytest.raises(Refused):
        found.run(1, "kafka-1", lambda: ACKS)
    assert made.client.calls == []
    return caught.value.message.removeprefix("no pod of n/kafka is deleted: ")


def test_isr_shrinks_pod_comes_back_isr_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    found = take(made)
    assert made.client.calls == [("delete", "Pod", "kafka-1")]
    times = found.times
    assert times.isr_shrunk <= times.pod_ready <= times.isr_complete
    told = "; ".join(made.said)
    for words in (
        "deleted pod kafka-1 (broker 1)",
        "partition 0: leader 1, ISR 0,1,2",
        "the ISR went on without broker 1",
        "pod kafka-1 is Ready again",
        "1 records were acknowledged with acks=all while broker 1 was away",
        "lacks broker 1, and 2 more partitions",
        "every partition of the cluster has a complete ISR again",
    ):
        assert words in told, words


def test_the_very_pod_that_was_read_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else deleted it between the look and the deletion: its successor stays."""
    made = world(monkeypatch)
    seen: list[str] = []
    remove = made.driver.remove_pod

    def remove_pod(name: str, uid: str) -> None:
        seen.append(uid)
        made.client.put(pod("kafka-1", uid="successor"))
        remove(name, uid)

    made.driver.remove_pod = remove_pod
    with pytest.raises(Conflict):
        take(made)
    assert seen == ["uid-1"]
    assert made.client.names("Pod") == ["kafka-0", "kafka-1", "kafka-2"]


def test_a_cluster_that_cannot_spare_a_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    del made.facts["kafka-2"]
    assert refusal(made) == "it has 2 brokers; 3 are needed"
    made = world(monkeypatch)
    made.pods["kafka-2"] = pod("kafka-2", ready=False)
    assert refusal(made) == "pod kafka-2 is not Ready"
    made = world(monkeypatch)
    made.modes["kafka-2"] = state.MODE_MIGRATING
    assert "run in several modes (kraft, migrating): a roll is under way" in refusal(made)
    made = world(monkeypatch)
    made.driver.unsettled = lambda: "a roll is to be finished first"
    assert refusal(made, None) == "a roll is to be finished first"


def test_partitions_that_cannot_spare_a_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    made.topics["orders", 0] = on(0, 1)
    assert refusal(made, None) == "orders-0: ISR 0,1 lacks broker 2"
    made = world(monkeypatch)
    made.add("orders", 1, low=1)
    assert refusal(made).startswith("orders-0 would fall below min.insync.replicas")
    # of another broker: none of its business
    of(made).refuse(2)
    made = world(monkeypatch)
    made.add("orders", 1, 2, low=2)
    assert refusal(made).startswith("orders-0 would fall below min.insync.replicas")


def test_partitions_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    found = of(made)
    made.script = [Unknown("the quorum has no leader")]
    with pytest.raises(KraftError, match="the partitions of n/kafka could not be read: the quorum has no leader"):
        found.run(1, "kafka-1", lambda: ACKS)
    assert made.client.calls == []


def test_a_quorum_that_cannot_spare_a_node(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)

    def sees(lags: dict[int, int], voters: tuple[int, ...]) -> None:
        found = partitions.Seen(made, {}, quorum(leader=0, voters=lags), voters)
        monkeypatch.setattr(partitions, "see_quorum", lambda _cluster: found)

    sees({0: 0, 1: 0, 2: 9}, (0, 1, 2))
    assert refusal(made) == "without node 1 the caught-up voters [0, 1] are not a majority of [0, 1, 2]"
    sees({0: 0, 1: 0}, (0, 1))
    assert "are not a majority of [0, 1]" in refusal(made)
    # node 1 is no voter
    sees({0: 0}, (0,))
    of(made).refuse(1)
    sees({0: 0, 1: 0, 2: 0}, (0, 1, 2))
    take(made)


def test_a_budget_that_allows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    budget = {
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "kafka", "namespace": "n"},
        "spec": {"selector": {"matchLabels": {"app": "kafka"}}, "maxUnavailable": 1},
        "status": {"disruptionsAllowed": 0},
    }
    made.client.put(budget)
    assert refusal(made) == "PodDisruptionBudget kafka allows no disruption now (maxUnavailable: 1)"
    made.client.put({**budget, "status": {"disruptionsAllowed": 1}})
    take(made)


def test_which_pod_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    found = of(world(monkeypatch))
    assert found.pod_of(2, "") == (2, "kafka-2")
    assert found.pod_of(2, "kafka-0") == (0, "kafka-0")
    with pytest.raises(
        Refused, match="kraft_check_pod zookeeper-0 is none of the brokers' pods of n/kafka: kafka-0, kafka-1, kafka-2"
    ):
        found.pod_of(2, "zookeeper-0")
    with pytest.raises(Refused, match="broker 9 is none of the brokers' pods"):
        found.pod_of(9, "")


def failure(made: Any, produce: Any = lambda: ACKS) -> str:
    with pytest.raises(DeadlineExceeded) as caught:
        take(made.option(wait_timeout=0.05, pod_timeout=0.05), produce=produce)
    assert caught.value.code == "check-not-recovered"
    return caught.value.message


def test_an_isr_that_does_not_shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    made.after = lambda _broker: []
    text = failure(made)
    assert text.startswith(
        f"the ISR of {TOPIC} does not go on without broker 1: partition 0: leader 1, ISR 0,1,2, after"
    )


def test_a_pod_that_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    made.client.on_gone = lambda _pod: None
    assert failure(made).startswith("pod kafka-1 is not Ready again: ")
    assert "not made again yet" in "; ".join(made.said)
    made = world(monkeypatch)
    made.client.on_gone = lambda _gone: made.client.put(pod("kafka-1", uid="new", ready=False))
    assert failure(made).startswith("pod kafka-1 is not Ready again: ")


def test_another_broker_in_the_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    made.broker_id = lambda _pod: 7
    assert failure(made).startswith("the broker is not back: pod kafka-1 does not run broker 1 but broker 7")
    made = world(monkeypatch)
    made.broker_id = lambda _pod: None
    assert failure(made).startswith("the broker is not back: pod kafka-1 does not run broker 1 yet")


def test_an_isr_that_is_not_complete_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of a topic that is not the check's."""
    made = world(monkeypatch)
    found = dict(made.topics)

    def after(broker: int) -> list[Any]:
        script = [made.without(broker)]
        made.topics["__consumer_offsets", 0] = on(2, 0)
        return script

    made.after = after
    text = failure(made)
    assert text.startswith("not every ISR is complete again: __consumer_offsets-0: ISR 0,2 lacks broker 1")
    assert found


def test_looks_that_fail_are_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    away = Unknown("the quorum has no leader")
    made.after = lambda broker: [away, made.without(broker), away]
    take(made)
    assert made.said.count("the partitions could not be read: the quorum has no leader") == 2


def test_writes_that_are_refused_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)

    def produce() -> Acks:
        raise KraftError("0 of 3 records were acknowledged", code="check-not-served")

    with pytest.raises(KraftError, match="0 of 3 records"):
        take(made, produce=produce)
    # it was seen whether the pod comes back all the same
    assert any("is Ready again" in line for line in made.said)


def test_what_a_pod_on_its_way_back_says() -> None:
    assert disruption._verdict(None, "old").reason == "it is gone, and not made again yet"
    assert disruption._verdict(pod("kafka-1", uid="old"), "old").reason == "shutting down"
    assert disruption._verdict(pod("kafka-1", uid="new"), "old").done
    starting = disruption._verdict(pod("kafka-1", uid="new", ready=False), "old")
    assert (starting.done, bool(starting.reason)) == (False, True)
