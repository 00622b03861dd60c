# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules 1, 2, 6 and 9 around a roll: what is looked at before each restart, and whose restart comes first."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.action import rolling_restart
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, stages, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    controller_roll,
    dual_write,
    gates,
    leaders,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import locks
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

from tests.unit.plugins.action.acting import Acts, action
from tests.unit.plugins.module_utils.fakes import pod
from tests.unit.plugins.module_utils.scenes import at_stage, cluster_with, facts

CONTROLLERS = [f"kafka-kraft-{number}" for number in range(3)]


class Engine:
    """Instead of the roll engine: makes sure of each pod that the target would restart."""

    def __init__(self, run: Acts) -> None:
        self.run_of = run

    def __call__(self, *_arguments: Any) -> Any:
        return SimpleNamespace(run=self.run, interval=0, previous_ms=0)

    def run(self, target: Any, on_restart: Any) -> None:
        for name in target._left:
            target.guard(name)
            self.run_of.log.append(f"restart {target.what} {name}")
            on_restart(SimpleNamespace(as_dict=lambda name=name: {"pod": name}))


def scene(monkeypatch: pytest.MonkeyPatch, stage: str, target: str = "brokers", **changed: Any) -> Acts:
    """A cluster none of whose pods has the settings of the stage yet, and everything below only noted."""
    cluster = cluster_with(
        statefulsets=[at_stage("kafka", stage)],
        controllers=changed.pop("controllers", at_stage("kafka-kraft", "migrating")),
        pod_of_broker_or_down={number: f"kafka-{number}" for number in range(3)},
        **changed,
    )
    cluster.changed = lambda *_parts: None
    cluster.container = cluster.controller_container = "kafka"
    run = Acts(cluster, target=target, stage=stage)
    monkeypatch.setattr(rolling_restart, "RollEngine", Engine(run))
    monkeypatch.setattr(leaders, "before", lambda _cluster, left: left)
    monkeypatch.setattr(leaders, "put_back", run.note("leaders"))
    monkeypatch.setattr(controller_roll, "RollEngine", Engine(run))
    monkeypatch.setattr(controller_roll, "cannot_spare", lambda *_: "")
    monkeypatch.setattr(rolling_restart, "health_findings", lambda _cluster: run.params.get("findings", []))
    monkeypatch.setattr(locks, "check", run.note("lock looked at"))
    monkeypatch.setattr(gates, "require", run.note("gates"))
    monkeypatch.setattr(dual_write, "check_hybrid_or_beyond", run.note("dual-write"))
    monkeypatch.setattr(dual_write, "check_zookeeper_alone", run.note("broker is controller"))
    return run


def restarts(run: Acts) -> list[str]:
    return [line.removeprefix("restart ") for line in run.log if line.startswith("restart ")]


def test_the_gates_are_asked_before_each_restart_of_a_controller(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 1: a gate may shut between two restarts."""
    run = scene(monkeypatch, "final", "controllers", controllers=at_stage("kafka-kraft", "final"))
    action(rolling_restart).apply(run)
    before = ["lock looked at", "gates"]
    assert run.log[:-1] == [step for name in CONTROLLERS for step in (*before, f"restart controller {name}")]


@pytest.mark.parametrize(
    ("stage", "asked"),
    [
        ("migration", []),
        ("kraft", ["dual-write"]),
        (stages.RETURN, ["dual-write"]),
        (stages.ORIGINAL, ["broker is controller"]),
    ],
)
def test_what_is_asked_before_each_restart_of_a_broker(
    monkeypatch: pytest.MonkeyPatch, stage: str, asked: list[str]
) -> None:
    """Rules 6 and 9: who holds /controller, and whose objects these are, may change while a roll lasts."""
    run = scene(monkeypatch, stage)
    action(rolling_restart).apply(run)
    wanted = [(*("lock looked at", *asked), f"restart broker kafka-{number}") for number in range(3)]
    assert run.log == [*(step for each in wanted for step in each), "leaders", "record rolled"]


def test_the_leaders_are_put_back_after_a_roll_of_brokers(monkeypatch: pytest.MonkeyPatch) -> None:
    """All brokers were restarted, so that the last one leads nothing."""
    run = scene(monkeypatch, "migration")
    action(rolling_restart).apply(run)
    assert run.log[-2:] == ["leaders", "record rolled"]
    run = scene(monkeypatch, "final", "controllers", controllers=at_stage("kafka-kraft", "final"))
    action(rolling_restart).apply(run)
    assert "leaders" not in run.log


@pytest.mark.parametrize("code", ["stranger-broker", "controller-missing", "reassignment-running"])
def test_what_a_roll_does_not_begin_with(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Rules 4 and 5: a reassignment waits, and a broker that is not a pod of ours stops the run."""
    run = scene(monkeypatch, "kraft")
    run.params["findings"] = [
        finding("partition-not-healthy", "t", "it waits for those"),
        finding(code, "x", "not now"),
    ]
    with pytest.raises(Refused, match="not now") as refused:
        action(rolling_restart).apply(run)
    assert refused.value.code == code
    assert restarts(run) == []


def lost_flags(monkeypatch: pytest.MonkeyPatch) -> Acts:
    """Two controllers were restarted without the flag; their StatefulSet has it again."""
    flags = dict(zip(CONTROLLERS, (False, True, False), strict=True))
    old = {
        name: pod(name, uid=name, annotations={names.SETTINGS_HASH: "new" if flag else "final"})
        for name, flag in flags.items()
    }
    return scene(monkeypatch, stages.RETURN, flags=flags, controller_pods=old)


def test_controllers_without_the_flag_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 2: with one of them active, brokers in ZooKeeper mode would have nobody any more."""
    run = lost_flags(monkeypatch)
    action(rolling_restart).apply(run)
    assert restarts(run) == [
        "controller kafka-kraft-0",
        "controller kafka-kraft-2",
        *(f"broker kafka-{number}" for number in range(3)),
    ]
    assert "gates" not in run.log


def test_a_flag_that_does_not_come_back_stops_the_return(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 2: what the restarted process runs decides, not what it was given."""
    run = lost_flags(monkeypatch)
    seen: list[str] = []

    def engine(*_arguments: Any) -> Any:
        def look(target: Any, _on_restart: Any) -> None:
            seen.append(target._wrong("kafka-kraft-0", facts()))
            seen.append(target._wrong("kafka-kraft-0", facts(zookeeper_metadata_migration_enable="TRUE ")))

        return SimpleNamespace(run=look)

    monkeypatch.setattr(controller_roll, "RollEngine", engine)
    action(rolling_restart)._flag_controllers(run)
    assert seen == ["the migration flag is off", ""]


def test_flags_that_are_all_on_cost_no_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    run = scene(monkeypatch, stages.RETURN)
    action(rolling_restart).apply(run)
    assert [line for line in restarts(run) if line.startswith("controller")] == []
    run = scene(monkeypatch, stages.RETURN, controllers=None, flags={"kafka-kraft-0": False})
    action(rolling_restart)._flag_controllers(run)
    assert run.log == []


def made(*digests: str) -> dict[str, Any]:
    return {
        f"kafka-{number}": pod(f"kafka-{number}", uid=f"uid-{number}", annotations={names.SETTINGS_HASH: digest})
        for number, digest in enumerate(digests)
    }


def test_only_pods_with_other_settings_are_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run after any kill goes on where it was: a broker that is done is never rolled again."""
    hybrid = state.ClusterState(state.HYBRID, "migrating")
    modes = dict.fromkeys(("kafka-0", "kafka-1", "kafka-2"), state.MODE_MIGRATING)
    run = scene(monkeypatch, "migration", state=hybrid, modes=modes, pods=made("new", "old", "new"))
    decision = action(rolling_restart).decide(run)
    assert decision.reason == "restart 1 of 3 brokers one by one: kafka-1"
    action(rolling_restart).apply(run)
    assert restarts(run) == ["broker kafka-1"]
    run = scene(monkeypatch, "migration", state=hybrid, pods=made("new", "new", "new"))
    assert action(rolling_restart).decide(run).kind == "done"


def test_a_stage_of_the_way_there_leads_nobody_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 2: in a rollback the controllers get their flag first, which only rollback.yml sees to."""
    run = scene(monkeypatch, "migration", pods=made("new", "old", "new"))
    with pytest.raises(Refused, match="kafka-1 run in KRaft mode and stage migration"):
        action(rolling_restart).decide(run)


def test_settings_that_are_not_written_are_not_rolled_to(monkeypatch: pytest.MonkeyPatch) -> None:
    run = scene(monkeypatch, "migration", state=state.ClusterState(state.HYBRID, "migrating"))
    run.params["stage"] = "kraft"
    with pytest.raises(Refused) as refused:
        action(rolling_restart).decide(run)
    assert refused.value.code == "wrong-state"


def test_the_soak_begins_with_the_first_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    run = scene(monkeypatch, "kraft", pods=made("new", "new", "new"))
    assert action(rolling_restart).decide(run).kind == "done"
    # a run that was killed right after its last restart, or a lost journal
    run.journal.pure_since = ""
    assert action(rolling_restart).decide(run).needed
    run.cluster.state = state.ClusterState(state.MIXED, "one controller has lost the flag")
    assert action(rolling_restart).decide(run).kind == "done"
    run.cluster.state = state.ClusterState(state.PURE, "every broker runs in KRaft mode")
    action(rolling_restart).apply(run)
    first = run.journal.pure_since
    assert first
    action(rolling_restart).apply(run)
    assert run.journal.pure_since == first
