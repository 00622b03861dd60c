# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions do about a controller that somebody restarted without the migration flag, and about a lost journal."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.action import broker_settings, rollback_plan_info, rolling_restart
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, rollback, stages, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import NotRunning, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    controller_roll,
    migration_flag,
    point_of_no_return,
    rollback_plan,
    status,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import brokers, locks
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

from tests.unit.plugins.action.acting import Acts, action
from tests.unit.plugins.module_utils.fakes import pod
from tests.unit.plugins.module_utils.scenes import at_stage, cluster_with

ONE_OFF = {"kafka-kraft-0": True, "kafka-kraft-1": False, "kafka-kraft-2": True}


@pytest.fixture(autouse=True)
def follows(monkeypatch: pytest.MonkeyPatch) -> None:
    """No controller without the flag is active."""
    monkeypatch.setattr(point_of_no_return, "passed", lambda _cluster: False)
    monkeypatch.setattr(status, "already_over", lambda _cluster: "")


def made(*digests: str) -> dict[str, Any]:
    return {
        f"kafka-{number}": pod(f"kafka-{number}", annotations={names.SETTINGS_HASH: digest})
        for number, digest in enumerate(digests)
    }


def run_with(stage: str, **changed: Any) -> Acts:
    cluster = cluster_with(
        **{"statefulsets": [at_stage("kafka", stage)], "controllers": at_stage("kafka-kraft", "migrating"), **changed}
    )
    cluster.changed = lambda *_parts: None
    cluster.container = cluster.controller_container = "kafka"
    cluster.expect = lambda _wanted, _step: None
    return Acts(cluster, target="brokers", stage=stage)


def restarted_controllers(run: Acts, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which controllers the return would restart; what is looked at before each is in the run's log."""
    seen: list[str] = []

    def engine(*_arguments: Any) -> Any:
        def roll(target: Any, _on_restart: Any) -> None:
            for name in target._left:
                target.guard(name)
                seen.append(name)

        return SimpleNamespace(run=roll)

    monkeypatch.setattr(controller_roll, "RollEngine", engine)
    monkeypatch.setattr(controller_roll, "cannot_spare", lambda *_: "")
    monkeypatch.setattr(locks, "check", run.note("lock looked at"))
    action(rolling_restart)._flag_controllers(run)
    return seen


def test_the_process_decides_who_gets_the_flag_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's restart leaves the hash of the template on a pod that does not run those settings."""
    same = {
        name: pod(name, owner="uid-kafka-kraft", uid=name, annotations={names.SETTINGS_HASH: "new"}) for name in ONE_OFF
    }
    run = run_with(stages.RETURN, flags=ONE_OFF, controller_pods=same)
    assert restarted_controllers(run, monkeypatch) == ["kafka-kraft-1"]


def test_no_controller_is_restarted_into_settings_without_the_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_with(stages.RETURN, flags=ONE_OFF)
    monkeypatch.setattr(migration_flag, "would_lack", lambda _cluster: "ConfigMap x has no flag any more")
    with pytest.raises(Refused, match="no controller is restarted: ConfigMap x has no flag") as refused:
        restarted_controllers(run, monkeypatch)
    assert refused.value.code == "migration-flag-lost"
    assert run.log == ["lock looked at"]


def test_a_rollback_restarts_nothing_beside_a_controller_that_could_not_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It may be the one without the flag; one that does not run comes back with the flag of its template."""
    run = run_with(stages.RETURN, flags={**ONE_OFF, "kafka-kraft-0": Unknown("the exec failed")})
    with pytest.raises(
        Refused, match=r"controller kafka-kraft-0 \(the exec failed\) has the migration flag"
    ) as refused:
        restarted_controllers(run, monkeypatch)
    assert refused.value.code == "controllers-not-ready"
    run = run_with(stages.RETURN, flags={**ONE_OFF, "kafka-kraft-0": NotRunning("the pod does not exist")})
    assert restarted_controllers(run, monkeypatch) == ["kafka-kraft-1"]


@pytest.mark.parametrize("stage", ["migration", "kraft"])
def test_no_broker_goes_forward_beside_a_controller_without_the_flag(stage: str) -> None:
    modes = dict.fromkeys(("kafka-0", "kafka-1", "kafka-2"), state.MODE_MIGRATING)
    run = run_with(stage, flags=ONE_OFF, modes=modes, pods=made("old", "new", "new"))
    with pytest.raises(Refused, match="kafka-kraft-1 runs WITHOUT the migration flag") as refused:
        action(rolling_restart).decide(run)
    assert refused.value.code == "migration-flag-lost"
    run.cluster.flags = dict.fromkeys(ONE_OFF, True)
    assert action(rolling_restart).decide(run).kind == "needed"


def test_no_settings_go_forward_either(monkeypatch: pytest.MonkeyPatch) -> None:
    hybrid = state.ClusterState(state.HYBRID, "migrating")
    run = run_with("kraft", statefulsets=[at_stage("kafka", "migration")], flags=ONE_OFF, state=hybrid)
    monkeypatch.setattr(brokers, "plan_stage", lambda _cluster, _stage: [])
    with pytest.raises(Refused) as refused:
        action(broker_settings).decide(run)
    assert refused.value.code == "migration-flag-lost"
    run.cluster.flags = dict.fromkeys(ONE_OFF, True)
    assert action(broker_settings).decide(run).kind == "needed"


def test_the_status_shouts() -> None:
    lines = status.status_lines(
        {
            **dict.fromkeys(("state", "phase", "reason", "since", "lock", "lock_enforced_by", "zookeeper"), "x"),
            "brokers": [],
            "controllers": [],
            "dangers": ["controller c runs WITHOUT the migration flag"],
            "foreign": ["Service n/kafka-kraft is somebody else's"],
            "next": "y",
        }
    )
    assert lines[0] == "DANGER: controller c runs WITHOUT the migration flag"


def test_the_plan_of_the_rollback_refuses_before_anything_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = rollback.Seen(
        state=state.MIXED,
        modes=dict.fromkeys(("kafka-0", "kafka-1"), state.MODE_KRAFT),
        stages={"kafka": ""},
        controllers=True,
        controller_pods=tuple(ONE_OFF),
        unflagged=("kafka-kraft-1",),
    )
    monkeypatch.setattr(rollback_plan, "observe", lambda _cluster: seen)
    run = run_with("kraft", flags=ONE_OFF)
    assert action(rollback_plan_info).decide(run).kind == "done"
    assert any(line.startswith("DANGER: controller kafka-kraft-1 runs WITHOUT") for line in run.said)
    monkeypatch.setattr(migration_flag, "would_lack", lambda _cluster: "ConfigMap x has no flag any more")
    with pytest.raises(Refused) as refused:
        action(rollback_plan_info).decide(run)
    assert refused.value.code == "migration-flag-lost"
