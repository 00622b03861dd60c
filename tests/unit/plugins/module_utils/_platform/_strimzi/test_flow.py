# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of the playbooks on Strimzi's state machine: forward, to the end, and back from each state."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    in_sync,
    losses,
    operator_gates,
    operator_rollback,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import proof
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Refused
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import handover, levelling
from ansible_collections.kafkaops.kraft.plugins.plugin_utils import _led
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led import Ask, Event, LedStep, RemoveZnodes

from tests.unit.plugins.action.acting import Acts
from tests.unit.plugins.module_utils._platform._strimzi import crs
from tests.unit.plugins.module_utils._platform._strimzi.machine import Machine, of_mode
from tests.unit.plugins.module_utils._platform._strimzi.scene import Cluster, cluster

BY_OPERATOR = {
    "migration_journal": Event,
    "migration_znode": RemoveZnodes,
}


class Flow:
    """One cluster, its machine, and the steps of a playbook."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cluster: Cluster = cluster(wait_timeout=20, support_dir="unused", soak=0)
        for number in range(3):
            self.cluster.read[f"kafka-kafka-{number}"] = of_mode(number, "zookeeper")
        self.machine = Machine(self.cluster)
        self.cluster.__dict__["zookeeper"] = SimpleNamespace()
        self.run: Any = Acts(self.cluster)
        self.run.leads = True
        self.run.journal.migration_id = "m1"
        kept: dict[str, Any] = {
            "read_heads": self.machine.heads,
            "remove": self.machine.remove,
            "highest_stored_epoch": lambda _session: 4,
            "wait_written": lambda *_args, **_more: SimpleNamespace(offset=975),
            "wait_broker_is_controller": lambda *_args, **_more: (SimpleNamespace(broker_id=1), 2),
            "lost_within": lambda *_args, **_more: "",
        }
        for name, value in kept.items():
            monkeypatch.setattr(handover, name, value)
        monkeypatch.setattr(proof, "run_read_only", lambda *_args, **_more: SimpleNamespace(stdout='{"state":2}'))
        quorum = SimpleNamespace(leader=5, high_watermark=976, epoch=4)
        monkeypatch.setattr(operator_rollback, "read_quorum", lambda _cluster: quorum)
        monkeypatch.setattr(in_sync, "out_of_sync", lambda _cluster: {})
        monkeypatch.setattr(levelling, "last_write", lambda _session: 7)
        monkeypatch.setattr(levelling, "written_since", lambda _session, zxid: zxid != 7)
        monkeypatch.setattr(losses, "compare", lambda *_args: None)
        monkeypatch.setattr(operator_gates, "require", lambda _cluster: [])
        monkeypatch.setattr(_led, "export", lambda _run: ["kafka.yaml"])
        monkeypatch.setattr(type(self.cluster), "state", property(lambda found: now(found, self.machine)))

    def ask(self, wanted: str) -> str:
        self.run.params["state"] = wanted
        self.run.sub_phase = "kraft_migration_job"
        step = Ask()
        decision = step.decide(self.run)
        if decision.needed:
            step.apply(self.run)
        return decision.kind

    def phase(self, *wanted: str) -> None:
        """Every sub-phase of the phases, as the playbook has them."""
        for item in phases.SUB_PHASES:
            if item.phase not in wanted:
                continue
            self.run.sub_phase = item.name
            self.run.params.update(item.params)
            step = BY_OPERATOR.get(item.module, LedStep)()
            if step.decide(self.run).needed:
                step.apply(self.run)

    @property
    def marks(self) -> dict[str, str]:
        return dict(self.cluster.api.get(res.KAFKA, "kafka", "n")["metadata"]["annotations"])

    def is_back(self) -> None:
        """Nothing is left of the attempt, and a new one may begin."""
        assert self.cluster.api.names("KafkaNodePool") == ["kafka"]
        assert self.cluster.api.names("PersistentVolumeClaim") == []
        assert self.marks == {res.NODE_POOLS: "enabled", res.KRAFT: "disabled"}
        assert (self.machine.offset, self.machine.kraft_holds) == (None, False)
        assert set(self.cluster.modes.values()) == {state.MODE_ZOOKEEPER}
        assert not self.cluster.driver.observe().started
        assert next(item["what"] for item in self.run.ended["proof"]) == "znode /migration"


def now(found: Cluster, machine: Machine) -> state.ClusterState:
    """Kafka's own state: what the processes and the znodes of the machine show."""
    modes = set(found.modes.values())
    if modes == {state.MODE_KRAFT}:
        written = "zookeeper" in found.kafka["spec"] and found.kafka["status"].get("kafkaMetadataState") not in (
            "PreKRaft",
            "KRaft",
        )
        return state.ClusterState(state.PURE if written else state.FINALIZED, "all in KRaft mode")
    if modes == {state.MODE_MIGRATING} and machine.kraft_holds:
        return state.ClusterState(state.HYBRID, "all migrate")
    return state.ClusterState(state.ZOOKEEPER if modes == {state.MODE_ZOOKEEPER} else state.MIXED, "as it is")


@pytest.fixture
def flow(monkeypatch: pytest.MonkeyPatch) -> Flow:
    return Flow(monkeypatch)


def test_forward_to_the_stop_and_to_the_end(flow: Flow) -> None:
    with flow.machine:
        assert flow.ask("present") == "needed"
        assert flow.ask("present") == "done"
        flow.phase(phases.SETUP, phases.MIGRATE)
        assert flow.cluster.driver.observe().waits_for is Wait.DECISION
        assert flow.cluster.state.name == state.PURE
        assert flow.machine.passes == ["KRaftMigration", "KRaftDualWriting", "KRaftPostMigration"]
        flow.run.params["confirm"] = ["kafka"]
        assert flow.ask("finalize") == "needed"
        flow.phase(phases.FINALIZE)
        assert flow.cluster.driver.observe().complete
        with pytest.raises(Refused, match="was told to finalize"):
            flow.ask("rollback")
    assert "end COMPLETE with MoveToKRaftControllerComplete" in flow.run.log
    assert not any("DANGER" in line for line in flow.run.said)


@pytest.mark.parametrize("forgets", [True, False])
@pytest.mark.parametrize("holds", ["KRaftPostMigration", "KRaftDualWriting", "KRaftMigration"])
def test_back_from_each_state(flow: Flow, holds: str, forgets: bool) -> None:
    flow.machine.forgets = forgets
    with flow.machine:
        flow.machine.holds = holds
        flow.ask("present")
        flow.phase(phases.SETUP)
        _until(flow, holds)
        assert flow.ask("rollback") == "needed"
        assert flow.ask("rollback") == "done"
        flow.machine.holds = ""
        flow.phase(phases.ROLLBACK)
        flow.is_back()


@pytest.mark.parametrize("forgets", [True, False])
def test_back_before_the_controllers_are_there(flow: Flow, forgets: bool) -> None:
    flow.machine.forgets = forgets
    flow.machine.holds = "ZooKeeper"
    with flow.machine:
        flow.ask("present")
        assert flow.ask("rollback") == "needed"
        flow.machine.holds = ""
        flow.phase(phases.ROLLBACK)
        flow.is_back()


def test_the_next_attempt_begins_after_it(flow: Flow) -> None:
    with flow.machine:
        flow.ask("present")
        flow.phase(phases.SETUP, phases.MIGRATE)
        flow.ask("rollback")
        flow.phase(phases.ROLLBACK)
        flow.is_back()
        flow.run.journal.events.clear()
        assert flow.ask("present") == "needed"
        flow.phase(phases.SETUP, phases.MIGRATE)
        assert flow.cluster.driver.observe().waits_for is Wait.DECISION


@pytest.mark.parametrize("forgets", [True, False])
def test_a_copy_that_never_happens_stops_before_the_roll_to_kraft(flow: Flow, forgets: bool) -> None:
    """The hazard that was seen: the operator says that the copy is done, and ZooKeeper that nothing was copied."""
    flow.machine.forgets = forgets
    flow.machine.copies = False
    flow.machine.holds = "KRaftDualWriting"  # as if its next pass came a moment later
    with flow.machine:
        flow.ask("present")
        with pytest.raises(KraftError, match="ZooKeeper shows that it is not") as stopped:
            flow.phase(phases.SETUP, phases.MIGRATE)
        assert stopped.value.code == "operator-copy-unproved"
        assert flow.marks[res.KRAFT] == "rollback", (
            "with a pause it would forget the state from which it takes brokers back"
        )
        flow.machine.holds = ""
        assert flow.ask("rollback") == "done"
        flow.phase(phases.ROLLBACK)
        flow.is_back()
    assert "KRaftPostMigration" not in flow.machine.passes


def test_an_attempt_on_the_volumes_of_another_is_refused(flow: Flow) -> None:
    flow.cluster.api.put(crs.claims()[0])
    with pytest.raises(Refused, match="are left of earlier controllers"), flow.machine:
        flow.ask("present")
    assert flow.marks == {res.NODE_POOLS: "enabled"}


class Killed(Exception):
    """The run ends right after a write."""


def kill_after(flow: Flow, writes: int) -> list[str]:
    """Kill the run after so many writes, once; returns what it wrote last."""
    last: list[str] = []

    def react(verb: str, kind: str, name: str) -> None:
        nonlocal writes
        if threading.current_thread() is not threading.main_thread():
            return
        writes -= 1
        if writes == 0:
            last.append(f"{verb} {kind} {name}")
            raise Killed

    flow.cluster.api.operator = react
    return last


@pytest.mark.parametrize("writes", range(1, 9))
@pytest.mark.parametrize("holds", ["KRaftPostMigration", "KRaftMigration"])
def test_a_rollback_that_is_killed_after_each_write_is_gone_on_with(flow: Flow, holds: str, writes: int) -> None:
    with flow.machine:
        flow.machine.holds = holds
        flow.ask("present")
        flow.phase(phases.SETUP)
        _until(flow, holds)
        flow.machine.holds = ""
        killed = kill_after(flow, writes)
        for _run in range(2):
            try:
                flow.ask("rollback")
                flow.phase(phases.ROLLBACK)
            except Killed:
                continue
            break
        assert killed or writes > 6
        flow.is_back()


@pytest.mark.parametrize("writes", [1, 2, 3])
def test_a_migration_that_is_killed_after_each_write_is_gone_on_with(flow: Flow, writes: int) -> None:
    with flow.machine:
        kill_after(flow, writes)
        with pytest.raises(Killed):
            flow.ask("present")
        flow.ask("present")
        flow.phase(phases.SETUP, phases.MIGRATE)
        assert flow.cluster.driver.observe().waits_for is Wait.DECISION


def _until(flow: Flow, wanted: str) -> None:
    flow.cluster.driver.follow(
        lambda _seen, _signals: (flow.machine.passes[-1:] == [wanted], "until it holds"),
        idle=10,
        progress=lambda _text: None,
    )
