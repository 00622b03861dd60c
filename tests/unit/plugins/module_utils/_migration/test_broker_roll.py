# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 4 for restarts of brokers: which one goes next, what it waits for, and when it is back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    broker_roll,
    following,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Forbidden,
    KraftError,
    Refused,
)

from tests.unit.plugins.module_utils.broker_targets import back, broker_target, follows, isr
from tests.unit.plugins.module_utils.fakes import pod
from tests.unit.plugins.module_utils.scenes import cluster_with, quorum


def test_a_broker_waits_until_its_partitions_can_spare_it(monkeypatch: Any) -> None:
    """Rule 4: min.insync.replicas is kept; the wait is for exactly the replica that is missing."""
    target, waited = broker_target(monkeypatch, [isr(0, 1), isr(0, 1, 2)])
    said: list[str] = []
    target.wait_until_safe("kafka-0", 5.0, said.append)
    assert said == ["t-0 would fall below min.insync.replicas without broker 0"]
    assert waited == [{("t", 0): 2}]


def test_a_broker_whose_partitions_never_recover_stays(monkeypatch: Any) -> None:
    """Rule 4: the deadline ends in a refusal to restart, not in a restart."""
    target, _waited = broker_target(monkeypatch, [isr(0, 1)])
    with pytest.raises(DeadlineExceeded) as raised:
        target.wait_until_safe("kafka-0", 0.0, lambda _text: None)
    assert "t-0 would fall below min.insync.replicas without broker 0 for 0 s" in raised.value.message


@pytest.mark.parametrize("port", [None, 8778])
def test_zookeeper_follows_when_it_has_what_the_quorum_has_committed(monkeypatch: Any, port: Any) -> None:
    """Rule 4: with and without Jolokia; that /migration is written once more says nothing of how far behind it is."""
    target, _waited = broker_target(monkeypatch, [isr(0, 1, 2)])
    for each in target.cluster.controller_facts.values():
        each.jolokia_port = port
    waits = follows(monkeypatch, target, 5)
    said: list[str] = []
    target.wait_until_safe("kafka-0", 5.0, said.append)
    # the first second is not told of
    assert [offset for offset, _timeout in waits] == [90_000, 90_000]
    assert (waits[0][1], said) == (following.FOLLOWS, [])
    waits = follows(monkeypatch, target, 5, 6)
    with pytest.raises(DeadlineExceeded, match="up to offset 6"):
        target.wait_until_safe("kafka-0", 5.0, said.append)
    assert said == ["ZooKeeper has the metadata up to offset 6"]


def test_an_isr_from_before_the_restart_is_not_taken_for_the_one_after_it(monkeypatch: Any) -> None:
    """Zookeeper that is behind still has the broker in every ISR."""
    target, waited = back(monkeypatch)
    waits = follows(monkeypatch, target, 5)
    monkeypatch.setattr(
        broker_roll, "wait_in_sync", lambda *_a, **_k: waited.append(len(waits)) or SimpleNamespace(happened_ms=7)
    )
    target.wait_until_back("kafka-0", 5.0, lambda _text: None)
    assert waited == [2]


def test_a_topic_that_is_made_between_two_looks(monkeypatch: Any) -> None:
    """Seen with topics that come and go during a roll: the list of partitions was newer than what was looked up in it."""
    topics = [{}, {"new": SimpleNamespace(partitions={0: (0, 1, 2)})}]

    class Growing:
        zookeeper = SimpleNamespace(sync=lambda: None)
        effective: ClassVar[dict[str, str]] = {}

        @property
        def view(self) -> Any:
            return SimpleNamespace(topics=topics[0], broker_configs={}, topic_configs={})

        def changed(self, part: Part) -> None:
            assert part is Part.ZOOKEEPER
            topics[:] = topics[-1:]

    states = {("new", 0): SimpleNamespace(isr=[0, 1, 2], leader=0)}
    monkeypatch.setattr(broker_roll, "read_states", lambda _session, wanted: {name: states[name] for name in wanted})
    cluster: Any = Growing()
    assert broker_roll.replicas_of(cluster) == {}
    found = broker_roll.replicas_of(cluster, 0)
    assert found["new", 0].replicas == found["new", 0].isr == (0, 1, 2)


def test_znodes_that_do_not_follow_the_quorum_decide_nothing(monkeypatch: Any, seen: Any) -> None:
    """Rule 4: with the controllers cut off from ZooKeeper the ISR in it is an old one."""
    reads: list[str] = []
    target, _waited = broker_target(monkeypatch, [isr(0, 1, 2)])
    target.cluster.zookeeper.znodes["/controller"].ephemeral = False

    def read_isr(_cluster: Any, _broker: Any) -> Any:
        reads.append("isr")
        return isr(0, 1, 2)

    monkeypatch.setattr(broker_roll, "replicas_of", read_isr)

    def written(_session: Any, offset: Any, *, timeout: float, progress: Any) -> None:
        progress("on its way")
        if not reads:
            reads.append("not yet")
            raise DeadlineExceeded("not yet")
        reads.append(f"written to {offset}")

    monkeypatch.setattr(following, "wait_written", written)
    seen[:] = [quorum(leader=None), quorum()]
    for each in target.cluster.controller_facts.values():
        each.jolokia_port = 8778
    monkeypatch.setattr(following, "read_quorum", lambda _cluster: seen.pop(0))
    said: list[str] = []
    target.wait_until_safe("kafka-0", 5.0, said.append)
    assert reads == ["not yet", "written to 8", "isr"]
    assert said == ["no quorum leader reports what is committed", "on its way"]

    def tool_fails(_cluster: Any) -> None:
        raise KraftError("the tool failed")

    monkeypatch.setattr(following, "read_quorum", tool_fails)
    with pytest.raises(DeadlineExceeded, match="the tool failed"):
        target.wait_until_safe("kafka-0", 0.0, said.append)

    def forbidden(_cluster: Any) -> None:
        raise Forbidden("may not exec")

    monkeypatch.setattr(following, "read_quorum", forbidden)
    with pytest.raises(Forbidden):
        target.wait_until_safe("kafka-0", 60.0, said.append)
    assert reads == ["not yet", "written to 8", "isr"]


def test_a_broker_that_somebody_else_restarted_may_be_registered_already(monkeypatch: Any) -> None:
    target, _waited = broker_target(monkeypatch, [isr(0, 1, 2)])
    assert not target.restarted(pod("kafka-0"))
    target._registered_ms = 7
    assert target.restarted(pod("kafka-0", annotations={names.SETTINGS_HASH: "new"}, uid="another"))
    target.cluster.zookeeper.watch = lambda _path, _callback: SimpleNamespace(mtime_ms=7)
    target._wait_registered(0, 0.0, lambda _text: None)


def test_a_partition_that_can_never_spare_it_needs_acceptance_by_name(monkeypatch: Any) -> None:
    """Rule 4: RF <= min ISR stops the roll unless it was accepted."""
    strict = isr(0, 1, 2, min_isr=3)
    target, _waited = broker_target(monkeypatch, [strict])
    with pytest.raises(Refused) as raised:
        target.wait_until_safe("kafka-0", 5.0, lambda _text: None)
    assert raised.value.code == "partition-cannot-roll"
    target, waited = broker_target(monkeypatch, [strict], accept=["partition-cannot-roll"])
    target.wait_until_safe("kafka-0", 5.0, lambda _text: None)
    assert waited == []


def test_the_controller_broker_goes_last_and_what_has_its_settings_is_skipped(monkeypatch: Any) -> None:
    """Rule 4."""
    done = pod("kafka-1", annotations={names.SETTINGS_HASH: "new"})
    cluster = cluster_with()
    cluster.pods["kafka-1"] = done
    target, _waited = broker_target(monkeypatch, [isr(0, 1, 2)], cluster=cluster)
    assert target.next() == ("kafka-2", 2)
    target._left = {"kafka-0": "uid-kafka-0"}
    assert target.next() == ("kafka-0", 1)
    target._left = {}
    assert target.next() == (None, 0)
    assert target.check_settings(done).done
    assert target.check_settings(pod("kafka-0")).fatal


def test_a_pod_whose_broker_id_is_not_known_is_never_deleted(monkeypatch: Any) -> None:
    target, _waited = broker_target(monkeypatch, [isr(0, 1, 2)], cluster=cluster_with(pod_of_broker={}))
    with pytest.raises(Refused) as raised:
        target.guard("kafka-0")
    assert raised.value.code == "broker-not-healthy"


def test_a_broker_is_back_when_it_is_in_every_isr(monkeypatch: Any) -> None:
    """Rule 4: the next one goes when nothing lacks this one any more."""
    target, waited = back(monkeypatch)
    assert target.wait_until_back("kafka-0", 5.0, lambda _text: None).happened_ms == 7
    assert waited == [{("t", 0): 0, ("u", 3): 0}]
    assert "kafka-0" not in target._left


def test_a_broker_with_other_settings_is_not_back(monkeypatch: Any) -> None:
    """What the process runs decides, not what it was given."""
    target, _waited = back(monkeypatch, "it runs in mode zookeeper, not migrating")
    with pytest.raises(KraftError) as raised:
        target.wait_until_back("kafka-0", 5.0, lambda _text: None)
    assert raised.value.code == "setting-overridden"
    assert "kafka-0" in target._left
