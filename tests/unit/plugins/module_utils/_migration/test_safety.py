# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The safety rules where they are enforced: restarts of brokers and of controllers, empty controllers, versions, settings."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import stalled_isr
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import all_voters, caught_up
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Migration
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import Changes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rolling import Replicas
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    broker_roll,
    controller_roll,
    following,
    preflight,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.roll_engine import OtherFirst
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import brokers, checks, volumes
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Forbidden,
    KraftError,
    Refused,
)

from tests.unit.plugins.module_utils.fakes import OURS, PARAMS, FakeClient, pod
from tests.unit.plugins.module_utils.scenes import cluster_with, facts, quorum

# restarts of controllers


def test_voters_that_do_not_answer_are_voters() -> None:
    cluster = cluster_with()
    assert all_voters(cluster, quorum(voters={3000: 0, 3001: 0})) == [3000, 3001, 3002]
    assert all_voters(cluster_with(controller_facts={"x": facts()}), quorum(voters={3000: 0})) == [3000]
    assert caught_up(quorum(voters={1: 0, 2: 1, 3: 11, 4: -1})) == {1}, "what it lacks at a second look it lacks"


def controller_target(cluster: Any) -> Any:
    return controller_roll.ControllerRoll(cluster, "new", lambda _pod, _facts: "", lambda: None)


def test_no_controller_goes_unless_the_others_are_a_majority(seen: Any) -> None:
    """Rule 6.6: two voters of five that do not answer count against the majority."""
    ids = {3000 + n: f"kafka-kraft-{n}" for n in range(5)}
    five = ",".join(f"{number}@x:9093" for number in ids)
    cluster = cluster_with(
        controller_ids=ids,
        controller_facts={name: facts(controller_quorum_voters=five) for name in ids.values()},
        controller_pods={name: pod(name, uid=name) for name in ids.values()},
    )
    target = controller_target(cluster)
    seen[:] = [quorum(voters={3000: 0, 3001: 0, 3002: 0})]
    with pytest.raises(DeadlineExceeded) as raised:
        target.wait_until_safe("kafka-kraft-1", 0.0, lambda _text: None)
    assert (
        "without controller 3001 the caught-up voters [3000, 3001, 3002] are not a majority of [3000, 3001, 3002, 3003, 3004]"
        in (raised.value.message)
    )
    said: list[str] = []
    seen[:] = [quorum(voters={3000: 0, 3001: 0, 3002: 99}), quorum(voters=dict.fromkeys(ids, 0))]
    target.wait_until_safe("kafka-kraft-1", 5.0, said.append)
    assert len(said) == 1


def test_a_voter_that_falls_while_the_gates_are_read_stops_the_restart(seen: Any) -> None:
    """Rule 4: asked for the next one again, which waits for the majority as before."""
    target = controller_target(cluster_with())
    target.make_sure("kafka-kraft-1")
    seen[:] = [quorum(voters={3000: 0, 3001: 0})]
    with pytest.raises(OtherFirst):
        target.make_sure("kafka-kraft-1")


def test_followers_first_the_active_controller_last(seen: Any) -> None:
    """Rule 6.1: the first active controller without the flag comes as late as possible."""
    target = controller_target(cluster_with())
    assert target.next() == ("kafka-kraft-1", 3)
    seen[:] = [quorum(leader=3002)]
    assert target.next() == ("kafka-kraft-0", 3)
    # during an election nobody knows yet who goes last
    seen[:] = [quorum(leader=None), quorum(leader=3000)]
    assert target.next() == ("kafka-kraft-1", 3)
    target._left = {"kafka-kraft-2": "uid-2"}
    assert target.next() == ("kafka-kraft-2", 1)
    target._left = {}
    assert target.next() == (None, 0)


def test_a_controller_that_is_not_known_is_never_deleted(seen: Any) -> None:
    target = controller_target(cluster_with(controller_ids={}))
    with pytest.raises(Refused) as raised:
        target.make_sure("kafka-kraft-0")
    assert raised.value.code == "controllers-not-ready"


# restarts of brokers


class Session:
    """A ZooKeeper of which only single znodes are read."""

    def __init__(self, **znodes: Any) -> None:
        self.znodes = znodes

    def get(self, path: Any) -> Any:
        return self.znodes.get(path)


def broker_target(
    monkeypatch: Any, partitions: Any, *, accept: Any = (), cluster: Any = None, handed_over: bool = False
) -> Any:
    cluster = cluster or cluster_with(params={**PARAMS, "accept": list(accept)})
    cluster.zookeeper = Session(
        **{"/controller": SimpleNamespace(ephemeral=True, data=b'{"brokerid":0,"version":1}', mtime_ms=1)}
    )
    monkeypatch.setattr(
        broker_roll,
        "replicas_of",
        lambda _cluster, _broker=None: partitions.pop(0) if len(partitions) > 1 else partitions[0],
    )
    waited = []
    monkeypatch.setattr(broker_roll, "wait_in_sync", lambda _session, want, **_: waited.append(want))
    hashes = {"uid-kafka": "new"}
    target = broker_roll.BrokerRoll(
        cluster, hashes, lambda _pod, _facts: "", lambda: None, registers=True, handed_over=handed_over
    )
    return target, waited


def isr(*replicas: Any, min_isr: Any = 2) -> Any:
    return {("t", 0): Replicas(replicas, (0, 1, 2), min_isr)}


def test_a_broker_waits_until_its_partitions_can_spare_it(monkeypatch: Any) -> None:
    """Rule 6.6: min.insync.replicas is kept; the wait is for exactly the replica that is missing."""
    target, waited = broker_target(monkeypatch, [isr(0, 1), isr(0, 1, 2)])
    said: list[str] = []
    target.wait_until_safe("kafka-0", 5.0, said.append)
    assert said == ["t-0 would fall below min.insync.replicas without broker 0"]
    assert waited == [{("t", 0): 2}]


def test_a_broker_whose_partitions_never_recover_stays(monkeypatch: Any) -> None:
    """Rule 6.6: the deadline ends in a refusal to restart, not in a restart."""
    target, _waited = broker_target(monkeypatch, [isr(0, 1)])
    with pytest.raises(DeadlineExceeded) as raised:
        target.wait_until_safe("kafka-0", 0.0, lambda _text: None)
    assert "t-0 would fall below min.insync.replicas without broker 0 for 0 s" in raised.value.message


def follows(monkeypatch: Any, target: Any, *standing: int) -> list[tuple[int, float]]:
    """KRaft is in charge and has committed up to 90 000; ZooKeeper is waited for that often in vain. Returns what was waited for."""
    target.cluster.zookeeper.znodes["/controller"].ephemeral = False
    waits: list[tuple[int, float]] = []
    left = list(standing)

    def written(_session: Any, offset: int, *, timeout: float, progress: Any) -> None:
        waits.append((offset, timeout))
        if left:
            progress(text := f"ZooKeeper has the metadata up to offset {left.pop(0)}")
            raise DeadlineExceeded(text)

    monkeypatch.setattr(following, "wait_written", written)
    monkeypatch.setattr(following, "read_quorum", lambda _cluster: dataclasses.replace(quorum(), high_watermark=90_001))
    return waits


@pytest.mark.parametrize("port", [None, 8778])
def test_zookeeper_follows_when_it_has_what_the_quorum_has_committed(monkeypatch: Any, port: Any) -> None:
    """Rule 4, P12: with and without Jolokia; that /migration is written once more says nothing of how far behind it is."""
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


def mute_brokers(monkeypatch: Any, *pods: str) -> list[list[str]]:
    """These are found when it is looked for them; returns at whom it was looked, each time."""
    looks: list[list[str]] = []

    def among(_cluster: Any, candidates: Any) -> set[str]:
        looks.append(sorted(candidates))
        return {pod for pod in candidates if pod in pods}

    monkeypatch.setattr(stalled_isr, "among", among)
    return looks


def test_isrs_that_cannot_grow_are_not_waited_for(monkeypatch: Any) -> None:
    """A restarted broker is back when it is in every ISR but those; they follow with the restart of their leader."""
    states = {
        ("t", 0): Replicas((1, 2), (0, 1, 2), 2, leader=1),
        ("t", 1): Replicas((2, 1, 0), (0, 1, 2), 2, leader=2),
    }
    target, _waited = broker_target(monkeypatch, [states], cluster=with_channels(3, 3, 3), handed_over=True)

    looks = mute_brokers(monkeypatch, "kafka-1")
    # its own process is read by the roll itself
    monkeypatch.setattr(broker_roll, "pod_facts", lambda *_: running(2))
    monkeypatch.setattr(broker_roll, "_assigned", lambda _cluster, _broker: list(states))
    monkeypatch.setattr(target, "_wait_registered", lambda *_: None)
    wanted: list[list[Any]] = []

    def wait(_session: Any, want: Any, *, look: Any, **_options: Any) -> Any:
        wanted.append(sorted(want))
        if ("t", 0) in want:
            look({1})
        return SimpleNamespace(happened_ms=7)

    monkeypatch.setattr(broker_roll, "wait_in_sync", wait)
    back = target.wait_until_back("kafka-0", 0.5, lambda _text: None)
    # the leader of the partition that lacks it, not the other one
    assert looks == [["kafka-1"]]
    assert wanted == [[("t", 0), ("t", 1)], [("t", 1)]]
    assert back.note == "not yet in the ISRs that brokers [1] lead, which can no longer change them"
    assert target.next() == ("kafka-1", 2)


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


def never_in_sync(monkeypatch: Any, leader: int) -> list[float]:
    """No ISR grows; returns for how long was waited for that, each time."""
    waits: list[float] = []

    def wait(_session: Any, _want: Any, *, timeout: float, look: Any, every: float, **_options: Any) -> Any:
        assert every == broker_roll.STALLED_INTERVAL
        waits.append(timeout)
        look({leader})
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
    looks = mute_brokers(monkeypatch, "kafka-2")
    kraft_is_controller(target)
    assert target.next() == ("kafka-0", 2)
    with pytest.raises(OtherFirst):
        target.wait_until_safe("kafka-1", 5.0, lambda _text: None)
    assert looks == [["kafka-2"]]
    assert target.next() == ("kafka-2", 3)
    assert not target.restarted(done["kafka-2"])
    assert target.restarted({**done["kafka-2"], "metadata": {**done["kafka-2"]["metadata"], "uid": "another"}})
    said: list[str] = []
    target.wait_until_safe("kafka-2", 5.0, said.append)
    assert "can no longer change the ISRs that it leads" in said[0]


def test_a_broker_that_is_found_mute_when_it_is_its_turn_goes(monkeypatch: Any) -> None:
    stuck = {("t", 0): Replicas((1, 2), (0, 1, 2), 2, leader=2)}
    target, _waited = broker_target(monkeypatch, [stuck], cluster=with_channels(3, 3, 3))
    monkeypatch.setattr(broker_roll, "wait_current", lambda *_: None)
    never_in_sync(monkeypatch, leader=2)
    mute_brokers(monkeypatch, "kafka-2")
    kraft_is_controller(target)
    target.wait_until_safe("kafka-2", 5.0, lambda _text: None)


def test_while_a_broker_is_controller_nothing_is_looked_for(monkeypatch: Any) -> None:
    """Before KRaft was ever in charge no broker can have lost its channel by that."""
    target, _waited = broker_target(monkeypatch, [isr(0, 1)], cluster=with_channels(3, 3, 3))
    waits, looks = never_in_sync(monkeypatch, leader=1), mute_brokers(monkeypatch, "kafka-1")
    with pytest.raises(DeadlineExceeded, match="does not grow"):
        target.wait_until_safe("kafka-0", 5.0, lambda _text: None)
    assert (len(waits), looks) == (1, [])
    assert waits[0] > 4


def test_znodes_that_do_not_follow_the_quorum_decide_nothing(monkeypatch: Any, seen: Any) -> None:
    """Rule 6.6: with the controllers cut off from ZooKeeper the ISR in it is an old one."""
    looks: list[str] = []
    target, _waited = broker_target(monkeypatch, [isr(0, 1, 2)])
    target.cluster.zookeeper.znodes["/controller"].ephemeral = False

    def read_isr(_cluster: Any, _broker: Any) -> Any:
        looks.append("isr")
        return isr(0, 1, 2)

    monkeypatch.setattr(broker_roll, "replicas_of", read_isr)

    def written(_session: Any, offset: Any, *, timeout: float, progress: Any) -> None:
        progress("on its way")
        if not looks:
            looks.append("not yet")
            raise DeadlineExceeded("not yet")
        looks.append(f"written to {offset}")

    monkeypatch.setattr(following, "wait_written", written)
    seen[:] = [quorum(leader=None), quorum()]
    for each in target.cluster.controller_facts.values():
        each.jolokia_port = 8778
    monkeypatch.setattr(following, "read_quorum", lambda _cluster: seen.pop(0))
    said: list[str] = []
    target.wait_until_safe("kafka-0", 5.0, said.append)
    assert looks == ["not yet", "written to 8", "isr"]
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
    assert looks == ["not yet", "written to 8", "isr"]


def test_a_broker_that_somebody_else_restarted_may_be_registered_already(monkeypatch: Any) -> None:
    target, _waited = broker_target(monkeypatch, [isr(0, 1, 2)])
    assert not target.restarted(pod("kafka-0"))
    target._registered_ms = 7
    assert target.restarted(pod("kafka-0", annotations={names.SETTINGS_HASH: "new"}, uid="another"))
    target.cluster.zookeeper.watch = lambda _path, _callback: SimpleNamespace(mtime_ms=7)
    target._wait_registered(0, 0.0, lambda _text: None)
    assert controller_target(cluster_with()).restarted(pod("x", annotations={names.SETTINGS_HASH: "new"}, uid="new"))


def test_a_controller_that_is_named_is_restarted_whatever_hash_it_has() -> None:
    """B11: its template was put back after it had started without the flag, so that its hash says nothing."""
    marks = {names.SETTINGS_HASH: "new"}
    cluster = cluster_with(controller_pods={"kafka-kraft-0": pod("kafka-kraft-0", annotations=marks, uid="seen")})
    target = controller_roll.ControllerRoll(cluster, "new", lambda *_: "", lambda: None, ["kafka-kraft-0"])
    assert not target.restarted(cluster.controller_pods["kafka-kraft-0"])
    assert target.restarted(pod("kafka-kraft-0", annotations=marks, uid="another"))


def test_a_partition_that_can_never_spare_it_needs_acceptance_by_name(monkeypatch: Any) -> None:
    """Rule 6.6: RF <= min ISR stops the roll unless it was accepted."""
    strict = isr(0, 1, 2, min_isr=3)
    target, _waited = broker_target(monkeypatch, [strict])
    with pytest.raises(Refused) as raised:
        target.wait_until_safe("kafka-0", 5.0, lambda _text: None)
    assert raised.value.code == "partition-cannot-roll"
    target, waited = broker_target(monkeypatch, [strict], accept=["partition-cannot-roll"])
    target.wait_until_safe("kafka-0", 5.0, lambda _text: None)
    assert waited == []


def test_the_controller_broker_goes_last_and_what_has_its_settings_is_skipped(monkeypatch: Any) -> None:
    """Rule 6.6."""
    done = pod("kafka-1", annotations={names.SETTINGS_HASH: "new"})
    cluster = cluster_with()
    cluster.pods["kafka-1"] = done
    target, _waited = broker_target(monkeypatch, [isr(0, 1, 2)], cluster=cluster)
    assert target.next() == ("kafka-2", 2)
    target._left = {"kafka-0": "uid-kafka-0"}
    assert target.next() == ("kafka-0", 1)
    target._left = {}
    assert target.next() == (None, 0)
    assert target.judge(done).done
    assert target.judge(pod("kafka-0")).fatal


def test_a_pod_whose_broker_id_is_not_known_is_never_deleted(monkeypatch: Any) -> None:
    target, _waited = broker_target(monkeypatch, [isr(0, 1, 2)], cluster=cluster_with(pod_of_broker={}))
    with pytest.raises(Refused) as raised:
        target.make_sure("kafka-0")
    assert raised.value.code == "broker-not-healthy"


def back(monkeypatch: Any, wrong: str = "") -> Any:
    """A broker that has just been restarted; what is waited for is noted."""
    target, waited = broker_target(monkeypatch, [isr(0, 1, 2)], cluster=cluster_with(container="kafka"))
    target._registers = False
    target._wanted = lambda _pod, _facts: wrong
    monkeypatch.setattr(broker_roll, "_assigned", lambda _cluster, _broker: [("t", 0), ("u", 3)])
    monkeypatch.setattr(
        broker_roll, "wait_in_sync", lambda _session, want, **_: waited.append(want) or SimpleNamespace(happened_ms=7)
    )
    monkeypatch.setattr(broker_roll, "pod_facts", lambda *_: facts(broker_id="0"))
    return target, waited


def test_a_broker_is_back_when_it_is_in_every_isr(monkeypatch: Any) -> None:
    """Rule 6.6: the next one goes when nothing lacks this one any more."""
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


# empty controllers


def stored_view(**changed: Any) -> Any:
    base: dict[str, Any] = {
        "cluster_id": "id",
        "controller": None,
        "controller_epoch": 1,
        "migration": None,
        "migration_null": False,
        "brokers": {},
        "topics": {},
        "pending_deletions": ("old",),
        "reassigning": (),
    }
    return SimpleNamespace(**{**base, **changed})


def claim(name: Any) -> Any:
    return {"kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": "n", "labels": OURS}}


@pytest.mark.parametrize(
    ("view", "claims", "code"),
    [
        (stored_view(migration=Migration(3000, 7, 1234, 7)), [], "migration-stale"),
        (stored_view(migration_null=True), [], "migration-null"),
        (stored_view(controller_epoch=None), [], "controller-epoch-missing"),
        (stored_view(), ["data-kafka-kraft-0"], "controller-volumes-leftover"),
    ],
)
def test_empty_controllers_are_not_started_over_a_finished_copy(view: Any, claims: Any, code: Any) -> None:
    """Rule 6.3: enforced in the step that starts them, whatever preflight said."""
    client = FakeClient(*[claim(name) for name in claims])
    with pytest.raises(Refused) as raised:
        volumes.refuse_leftovers(cluster_with(view=view, client=client))
    assert raised.value.code == code


def test_what_is_no_leftover_does_not_stop_them() -> None:
    volumes.refuse_leftovers(cluster_with(view=stored_view(), client=FakeClient()))


# versions: no image of the sandbox is below the gate, and a pod of another version would take minutes to start


@pytest.mark.parametrize(
    ("versions", "code", "words"),
    [
        (["3.9.2", "3.9.2", "3.9.2"], None, ""),
        (["3.7.0", "3.7.0", "3.7.0"], "version-unsupported", "3.7.1"),
        (["2.8.2", "2.8.2", "2.8.2"], "version-unsupported", "upgrade to 3.9.2 first"),
        (["4.0.0", "4.0.0", "4.0.0"], "version-unsupported", "no ZooKeeper mode"),
        (["3.8.1", "3.8.1", "3.8.1"], "version-not-recommended", "3.9.2"),
        (["3.9.2", "3.8.1", "3.9.2"], "version-mixed", "kafka-1 runs 3.8.1"),
        (["3.9.2", None, "3.9.2"], "version-unknown", "kafka-1"),
    ],
)
def test_the_version_that_runs(versions: Any, code: Any, words: Any) -> None:
    cluster = cluster_with(facts={f"kafka-{n}": facts(version) for n, version in enumerate(versions)})
    found = preflight.version_findings(cluster, "brokers")
    assert [item.code for item in found] == ([code] if code else [])
    assert all(words in item.sentence for item in found)


def test_a_pod_that_cannot_be_read_has_no_version() -> None:
    cluster = cluster_with(facts={"kafka-0": facts(), "kafka-1": Unknown("the exec failed"), "kafka-2": facts(None)})
    (found,) = preflight.version_findings(cluster, "brokers")
    assert found.code == "version-unknown"
    assert (
        "(kafka-1: the exec failed; kafka-2: its process names no version); make these pods readable" in found.sentence
    )


# settings: combined roles beside ZooKeeper and generated ids keep codes of their own


def test_settings_that_block_keep_their_codes(monkeypatch: Any) -> None:
    monkeypatch.setattr(brokers, "plan_ahead", lambda _cluster: {})
    monkeypatch.setattr(checks, "derive_ibp", lambda _cluster: None)
    settings = {
        "process.roles": "broker,controller",
        "unstable.api.versions.enable": "true",
        "listeners": "SSL://:9093",
    }
    odd = SimpleNamespace(version="3.9.2", settings=settings, dns_ttl=1, config_path=None)
    fine = SimpleNamespace(version="3.9.2", settings={"broker.id": "1"}, dns_ttl=None, config_path=None)
    cluster = cluster_with(facts={"kafka-0": odd, "kafka-1": fine}, effective=settings)
    monkeypatch.setattr(brokers, "plan_ahead", lambda _cluster: {})
    found = preflight.settings_findings(cluster)
    assert [item.code for item in found if item.blocking] == [
        "broker-id-generated",
        "combined-roles",
        "setting-blocks",
        "security-not-supported",
    ]
    assert all(item.where.startswith("kafka-0: ") for item in found[:3])

    def fails(_cluster: Any) -> None:
        raise KraftError("no source")

    monkeypatch.setattr(brokers, "plan_ahead", fails)
    assert preflight.settings_findings(cluster)[-1].code == "surface-not-found"


def test_secrets_that_stages_are_made_of_need_a_permission_without_names(monkeypatch: Any) -> None:
    body = {"kind": "Secret", "metadata": {"name": "settings-kraft-migration-01234567"}}
    written = SimpleNamespace(objects_to_create=[body], notes=["variable ZK is emptied"])
    monkeypatch.setattr(
        brokers, "plan_ahead", lambda _cluster: {"migration": [SimpleNamespace(name="kafka", written=written)]}
    )
    cluster = cluster_with(effective={"inter.broker.protocol.version": "3.9"})
    (note,) = checks.plan_findings(cluster)
    assert (note.code, note.sentence) == ("setting-warns", "StatefulSet kafka, stage migration: variable ZK is emptied")
    cluster.client.allowed = lambda verb, resource, _sub: (verb, resource) != ("get", "secrets")
    found = checks.plan_findings(cluster)
    assert [item.code for item in found] == ["permission-missing", "setting-warns"]
    assert "may not get such Secrets" in found[0].sentence
    assert "settings-kraft-migration-01234567" in found[0].sentence


def test_the_plan_names_each_stage_and_where_it_is_written(monkeypatch: Any) -> None:
    source = SimpleNamespace(where="server.properties of Secret settings")
    plans = {
        "migration": [SimpleNamespace(name="kafka", source=source, changes=Changes({"b": "1", "a": "2"}))],
        "kraft": [SimpleNamespace(name="kafka", source=source, changes=Changes({}, ("c",)))],
    }
    monkeypatch.setattr(brokers, "plan_ahead", lambda _cluster: plans)
    found = checks.stage_settings(cluster_with())
    assert [checks.stage_line(item) for item in found] == [
        "plan: stage migration of StatefulSet kafka, settings from server.properties of Secret settings: sets a, b",
        "plan: stage kraft of StatefulSet kafka, settings from server.properties of Secret settings: removes c",
    ]
    assert checks.stage_line({**found[0], "set": []}).endswith("settings: nothing changes")


# membership needs every pod: an unhealthy broker would have to be broken on purpose


def test_a_statefulset_that_lacks_pods(monkeypatch: Any) -> None:
    cluster = cluster_with(pods={"kafka-0": pod("kafka-0"), "kafka-1": pod("kafka-1", ready=False)})
    cluster.view.brokers = {0: None, 1: None, 2: None}
    found = preflight.broker_findings(cluster)
    assert [(item.code, item.where) for item in found] == [
        ("broker-not-healthy", "kafka-1"),
        ("broker-not-healthy", "kafka"),
    ]
    assert found[1].sentence == "StatefulSet kafka has 2 of 3 pods; fix it before the migration"


def test_a_missing_dump_tool_is_found_before_the_migration() -> None:
    """D7: the gate and the rollback need it."""
    there, gone = facts(), facts()
    there.tools, gone.tools = {"kafka-dump-log": "/opt/kafka/bin/kafka-dump-log.sh"}, {}
    assert preflight.tool_findings(cluster_with(facts={"kafka-0": there, "kafka-1": Unknown("x")})) == []
    (found,) = preflight.tool_findings(cluster_with(facts={"kafka-0": there, "kafka-1": gone}))
    assert (found.code, found.rule.acceptable) == ("rollback-parity-unknown", True)
    assert "the image of kafka-1 has no kafka-dump-log.sh" in found.sentence
