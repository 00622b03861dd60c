# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brokers that can no longer change an ISR, in a roll: they go first, and nobody waits for their ISRs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import stalled_isr
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rolling import Replicas
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    broker_roll,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.roll_engine import OtherFirst
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
)

from tests.unit.plugins.module_utils.broker_targets import broker_target, isr
from tests.unit.plugins.module_utils.fakes import pod
from tests.unit.plugins.module_utils.scenes import cluster_with


def running(channels: int, flag: str = "true") -> Any:
    return SimpleNamespace(channels=channels, settings={"zookeeper.metadata.migration.enable": flag})


def with_channels(*counts: int, **options: Any) -> Any:
    """The brokers 0, 1, 2 with so many threads each that talk to a controller."""
    facts = {f"kafka-{number}": running(count, **options) for number, count in enumerate(counts)}
    return cluster_with(facts=facts, container="kafka")


def test_a_broker_that_cannot_change_an_isr_is_restarted_first(monkeypatch: Any) -> None:
    """Seen with Kafka 3.9.2 after the controller had changed back: nothing ever gets into the ISRs that such a broker leads."""
    stuck = {("t", 0): Replicas((1, 2), (0, 1, 2), 2, leader=1)}
    target, waited = broker_target(monkeypatch, [stuck], cluster=with_channels(3, 2, 3), handed_over=True)
    assert target.next() == ("kafka-1", 3)
    said: list[str] = []
    # the other one in the ISR leads next and lets the rest in again
    target.wait_until_safe("kafka-1", 0.0, said.append)
    assert "broker 1 lost its connection to the controller" in said[0]
    assert waited == []
    # only the partitions that it leads: of any other one the rule holds
    foreign = {("t", 0): Replicas((1, 2), (0, 1, 2), 2, leader=2)}
    other, _waited = broker_target(monkeypatch, [foreign], cluster=with_channels(3, 2, 3), handed_over=True)
    assert other.next() == ("kafka-1", 3)
    with pytest.raises(DeadlineExceeded):
        other.wait_until_safe("kafka-1", 0.0, said.append)


def test_several_such_brokers_go_while_every_isr_is_complete(monkeypatch: Any) -> None:
    """Once one of them has left an ISR that another leads, neither could be restarted any more."""
    target, _waited = broker_target(monkeypatch, [isr(0, 1, 2)], cluster=with_channels(3, 2, 2), handed_over=True)
    assert target._stalled == {"kafka-1", "kafka-2"}
    assert target.next() == ("kafka-1", 3)
    del target._left["kafka-1"]
    assert target.next() == ("kafka-2", 2)


@pytest.mark.parametrize(
    ("handed_over", "channels", "flag"),
    [
        (False, 2, "true"),  # KRaft was never controller, or still is
        (True, 3, "true"),  # every channel is there
        (True, 0, "true"),  # the names of threads tell nothing here
        (True, 2, "false"),  # a broker in plain ZooKeeper mode has two
    ],
)
def test_without_that_the_order_is_the_usual_one(monkeypatch: Any, handed_over: bool, channels: int, flag: str) -> None:
    cluster = with_channels(channels, 3, 3, flag=flag)
    target, _waited = broker_target(monkeypatch, [isr(0, 1, 2)], cluster=cluster, handed_over=handed_over)
    assert target._stalled == set()
    # broker 0 holds /controller and goes last
    assert target.next() == ("kafka-1", 3)


def stalled_brokers(monkeypatch: Any, *pods: str) -> list[list[str]]:
    """These are found when it is looked for them; returns at whom it was looked, each time."""
    reads: list[list[str]] = []

    def among(_cluster: Any, candidates: Any) -> set[str]:
        reads.append(sorted(candidates))
        return {pod for pod in candidates if pod in pods}

    monkeypatch.setattr(stalled_isr, "among", among)
    return reads


def test_isrs_that_cannot_grow_are_not_waited_for(monkeypatch: Any) -> None:
    """A restarted broker is back when it is in every ISR but those; they follow with the restart of their leader."""
    states = {
        ("t", 0): Replicas((1, 2), (0, 1, 2), 2, leader=1),
        ("t", 1): Replicas((2, 1, 0), (0, 1, 2), 2, leader=2),
    }
    target, _waited = broker_target(monkeypatch, [states], cluster=with_channels(3, 3, 3), handed_over=True)

    reads = stalled_brokers(monkeypatch, "kafka-1")
    # its own process is read by the roll itself
    monkeypatch.setattr(broker_roll, "pod_facts", lambda *_: running(2))
    monkeypatch.setattr(broker_roll, "_assigned", lambda _cluster, _broker: list(states))
    monkeypatch.setattr(target, "_wait_registered", lambda *_: None)
    wanted: list[list[Any]] = []

    def wait(_session: Any, want: Any, *, check_leaders: Any, **_options: Any) -> Any:
        wanted.append(sorted(want))
        if ("t", 0) in want:
            check_leaders({1})
        return SimpleNamespace(happened_ms=7)

    monkeypatch.setattr(broker_roll, "wait_in_sync", wait)
    back = target.wait_until_back("kafka-0", 0.5, lambda _text: None)
    # the leader of the partition that lacks it, not the other one
    assert reads == [["kafka-1"]]
    assert wanted == [[("t", 0), ("t", 1)], [("t", 1)]]
    assert back.note == "not yet in the ISRs that brokers [1] lead, which can no longer change them"
    assert target.next() == ("kafka-1", 2)


def never_in_sync(monkeypatch: Any, leader: int) -> list[float]:
    """No ISR grows; returns for how long was waited for that, each time."""
    waits: list[float] = []

    def wait(_session: Any, _want: Any, *, timeout: float, check_leaders: Any, every: float, **_options: Any) -> Any:
        assert every == broker_roll.STALLED_INTERVAL
        waits.append(timeout)
        check_leaders({leader})
        raise DeadlineExceeded("it does not grow")

    monkeypatch.setattr(broker_roll, "wait_in_sync", wait)
    return waits


def kraft_is_controller(target: Any) -> None:
    target.cluster.zookeeper.znodes["/controller"].ephemeral = False


def test_what_keeps_a_broker_waiting_is_restarted_before_it(monkeypatch: Any) -> None:
    """Even one that this roll, or one before it, has restarted already: nothing else helps it."""
    stuck = {("t", 0): Replicas((1, 2), (0, 1, 2), 2, leader=2)}
    cluster = with_channels(3, 3, 3)
    done = {"kafka-2": pod("kafka-2", uid="done", annotations={names.SETTINGS_HASH: "new"})}
    cluster.pods = {**cluster.pods, **done}
    cluster.client.put(done["kafka-2"])
    target, _waited = broker_target(monkeypatch, [stuck], cluster=cluster)
    monkeypatch.setattr(broker_roll, "wait_current", lambda *_: None)
    never_in_sync(monkeypatch, leader=2)
    reads = stalled_brokers(monkeypatch, "kafka-2")
    kraft_is_controller(target)
    assert target.next() == ("kafka-0", 2)
    with pytest.raises(OtherFirst):
        target.wait_until_safe("kafka-1", 5.0, lambda _text: None)
    assert reads == [["kafka-2"]]
    assert target.next() == ("kafka-2", 3)
    assert not target.restarted(done["kafka-2"])
    assert target.restarted({**done["kafka-2"], "metadata": {**done["kafka-2"]["metadata"], "uid": "another"}})
    said: list[str] = []
    target.wait_until_safe("kafka-2", 5.0, said.append)
    assert "can no longer change the ISRs that it leads" in said[0]


def test_a_broker_that_is_found_stalled_when_it_is_its_turn_goes(monkeypatch: Any) -> None:
    stuck = {("t", 0): Replicas((1, 2), (0, 1, 2), 2, leader=2)}
    target, _waited = broker_target(monkeypatch, [stuck], cluster=with_channels(3, 3, 3))
    monkeypatch.setattr(broker_roll, "wait_current", lambda *_: None)
    never_in_sync(monkeypatch, leader=2)
    stalled_brokers(monkeypatch, "kafka-2")
    kraft_is_controller(target)
    target.wait_until_safe("kafka-2", 5.0, lambda _text: None)


def test_while_a_broker_is_controller_nothing_is_looked_for(monkeypatch: Any) -> None:
    """Before KRaft was ever active no broker can have lost its channel by that."""
    target, _waited = broker_target(monkeypatch, [isr(0, 1)], cluster=with_channels(3, 3, 3))
    waits, reads = never_in_sync(monkeypatch, leader=1), stalled_brokers(monkeypatch, "kafka-1")
    with pytest.raises(DeadlineExceeded, match="does not grow"):
        target.wait_until_safe("kafka-0", 5.0, lambda _text: None)
    assert (len(waits), reads) == (1, [])
    assert waits[0] > 4
