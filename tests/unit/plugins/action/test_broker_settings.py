# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules 2, 6 and 9 where the brokers' settings are written: what is proved and kept before, and whose turn it is."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.action import broker_settings
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rollback, stages, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import Changes
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    controllers_ready,
    dual_write,
    migration_flag,
    rollback_plan,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    brokers,
    controllers,
    originals,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

from tests.unit.plugins.action.acting import Acts, action
from tests.unit.plugins.module_utils.scenes import at_stage, cluster_with


def planned(statefulset: Any) -> Any:
    """What a stage would write into one StatefulSet."""
    template = statefulset["spec"]["template"]
    source = SimpleNamespace(
        kind="file", template=template, read=lambda: {"a": "1"}, given=lambda: {"a": "1"}, hidden=frozenset
    )
    written = SimpleNamespace(template=statefulset["spec"]["template"], objects_to_create=())
    return brokers.StagePlan(statefulset, source, Changes({"a": "2"}), written)  # type: ignore[arg-type]


def scene(monkeypatch: pytest.MonkeyPatch, stage: str, *now: str, flagged: str = "migrating", **changed: Any) -> Acts:
    """One StatefulSet for each stage that is named; everything below is only noted."""
    sets = [at_stage(f"kafka-{number}", at) for number, at in enumerate(now)]
    cluster = cluster_with(statefulsets=sets, controllers=at_stage("kafka-kraft", flagged), **changed)
    cluster.changed = lambda *_parts: None
    cluster.expect = run_expect(cluster)
    run = Acts(cluster, stage=stage)
    plans = [planned(item) for item in sets]
    monkeypatch.setattr(brokers, "plan_stage", lambda _cluster, _stage: plans)
    monkeypatch.setattr(brokers, "plan_return", lambda _cluster, _stage: plans)
    monkeypatch.setattr(dual_write, "prove_hybrid", run.note("dual-write proved"))
    monkeypatch.setattr(brokers, "write_stage", lambda _cluster, plan: run.log.append(f"{plan.name} written"))
    monkeypatch.setattr(originals, "keep", run.note("originals kept", "secret"))
    monkeypatch.setattr(controllers, "build", lambda _cluster, wanted: SimpleNamespace(stage=wanted, settings=None))
    monkeypatch.setattr(controllers, "write", lambda _cluster, made: run.log.append(f"controllers {made.stage}"))
    return run


def run_expect(cluster: Any) -> Any:
    def expect(wanted: Any, step: str) -> None:
        if not wanted(cluster.state.name):
            raise Refused(f"{step} cannot run now", code="wrong-state")

    return expect


def test_the_originals_are_kept_before_the_first_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without them no rollback to ZooKeeper is complete."""
    run = scene(monkeypatch, "migration", "")
    action(broker_settings).apply(run)
    assert run.log == ["originals kept", "kafka-0 written", "record written"]
    assert run.journal.originals == {"secret": "secret"}


def test_dual_write_is_proved_before_the_brokers_leave_zookeeper(monkeypatch: pytest.MonkeyPatch) -> None:
    half = {"kafka-0": state.MODE_MIGRATING, "kafka-1": state.MODE_KRAFT}
    run = scene(monkeypatch, "kraft", "migration", "kraft", modes=half)
    action(broker_settings).apply(run)
    # the second StatefulSet has its settings from a run before
    assert run.log == ["dual-write proved", "originals kept", "kafka-0 written", "record written"]
    run = scene(monkeypatch, "kraft", "migration", modes=half)
    monkeypatch.setattr(
        dual_write, "prove_hybrid", run.note("not proved", Refused("no dual-write", code="wrong-state"))
    )
    with pytest.raises(Refused, match="no dual-write"):
        action(broker_settings).apply(run)
    assert run.log == ["not proved"]
    # a rollback that was given up before it restarted a broker: there is nothing to leave any more
    run = scene(monkeypatch, "kraft", "migration")
    action(broker_settings).apply(run)
    assert run.log == ["originals kept", "kafka-0 written", "record written"]


MAP = {"kind": "ConfigMap", "metadata": {"name": "config-kraft-migration-01234567"}}
SECRET = {"kind": "Secret", "metadata": {"name": "kafka-security-kraft-migration-01234567"}}


def test_secrets_are_noted_before_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are never listed: of a run that is killed right after it made one, nothing else tells their names."""
    for stage, now in (("migration", ""), (stages.RETURN, "kraft")):
        run = scene(monkeypatch, stage, now, flagged="final")
        made = replace(planned(run.cluster.statefulsets[0]), written=SimpleNamespace(objects_to_create=(SECRET, MAP)))
        for plan in ("plan_stage", "plan_return"):
            monkeypatch.setattr(brokers, plan, lambda _cluster, _stage, made=made: [made])
        settings = {"kind": "Secret", "metadata": {"name": "kafka-kraft-migrating-01234567"}}
        monkeypatch.setattr(
            controllers, "build", lambda _cluster, at, body=settings: SimpleNamespace(stage=at, settings=body)
        )
        action(broker_settings).apply(run)
        assert run.log.index("record begun") < run.log.index("kafka-0 written")
        assert run.details["begun"] == {"stage": stage, "objects": ["Secret/kafka-security-kraft-migration-01234567"]}
    # and the controllers' own before them
    assert run.log == [
        *["record begun"] * 2,
        "controllers migrating",
        "record begun",
        "kafka-0 written",
        "record written",
    ]


@pytest.mark.parametrize(
    ("stage", "now", "name"),
    [
        ("migration", "", state.ZOOKEEPER),
        ("kraft", "migration", state.PREMIGRATION),
        ("kraft", "migration", state.ZOOKEEPER),
        ("ibp", "", state.HYBRID),
    ],
)
def test_a_stage_before_its_time_is_refused(monkeypatch: pytest.MonkeyPatch, stage: str, now: str, name: str) -> None:
    run = scene(monkeypatch, stage, now, state=state.ClusterState(name, "why"))
    monkeypatch.setattr(brokers, "ibp_roll", lambda _cluster: (True, ""))
    with pytest.raises(Refused) as refused:
        action(broker_settings).decide(run)
    assert refused.value.code == "wrong-state"


def test_the_controllers_get_their_flag_back_before_any_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 2: what a restarted controller would read has the flag, before anything is restarted."""
    run = scene(monkeypatch, stages.RETURN, "kraft", flagged="final")
    action(broker_settings).apply(run)
    # known before anything is written, so that whoever comes next goes back as well and soaks anew
    assert run.log == ["record begun", "controllers migrating", "kafka-0 written", "record written"]
    assert not run.journal.pure_since


@pytest.mark.parametrize("changed", [{"flagged": "migrating"}, {"controllers": None}])
def test_controllers_with_the_flag_are_left_alone(monkeypatch: pytest.MonkeyPatch, changed: Any) -> None:
    run = scene(monkeypatch, stages.RETURN, "kraft", "migration", flagged=changed.get("flagged", "final"))
    run.cluster.controllers = changed.get("controllers", run.cluster.controllers)
    action(broker_settings).apply(run)
    # and so is a StatefulSet whose brokers never had the settings of KRaft mode
    assert run.log == ["record begun", "kafka-0 written", "record written"]


def test_only_what_is_not_the_users_own_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    run = scene(monkeypatch, stages.ORIGINAL, "", "migration")
    action(broker_settings).apply(run)
    assert run.log == ["kafka-1 written", "record written"]


def test_the_rollback_decides_whose_turn_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 9: the same plan that was shown."""
    run = scene(monkeypatch, stages.RETURN, "kraft")
    run.sub_phase = rollback.MAKE_PROCESS_ROLE_EMPTY
    asked: list[tuple[str, bool]] = []

    def answer(_cluster: Any, sub_phase: str, *, check_mode: bool) -> rollback.Answer:
        asked.append((sub_phase, check_mode))
        return rollback.Answer(*answers.pop(0))

    answers = [("needed", "write it"), ("not needed", "no StatefulSet has them")]
    monkeypatch.setattr(rollback_plan, "answer", answer)
    decisions = [action(broker_settings).decide(run) for _round in range(2)]
    assert [each.kind for each in decisions] == ["needed", "not needed"]
    assert [len(each.diff) for each in decisions] == [1, 0]
    assert asked == [(rollback.MAKE_PROCESS_ROLE_EMPTY, False)] * 2


@pytest.mark.parametrize(("stage", "now"), [("migration", ""), ("kraft", "")])
def test_check_mode_shows_the_settings_before_any_controller_exists(
    monkeypatch: pytest.MonkeyPatch, stage: str, now: str
) -> None:
    run = scene(monkeypatch, stage, now, state=state.ClusterState(state.ZOOKEEPER, "why"), controllers_wanted=0)
    run.check_mode = True
    monkeypatch.setattr(
        brokers, "plan_ahead", lambda _cluster: {stage: [planned(item) for item in run.cluster.statefulsets]}
    )
    monkeypatch.setattr(controllers_ready, "running", lambda _cluster: False)
    decision = action(broker_settings).decide(run)
    assert decision.kind == "needed"
    (diff,) = decision.diff
    assert "a: '1'" in diff["before"]
    assert "a: '2'" in diff["after"]


def test_values_of_a_secret_are_not_in_a_diff(monkeypatch: pytest.MonkeyPatch) -> None:
    run = scene(monkeypatch, "migration", "", state=state.ClusterState(state.PREMIGRATION, "why"))
    monkeypatch.setattr(controllers_ready, "running", lambda _cluster: True)
    (plan,) = brokers.plan_stage(run.cluster, "migration")
    plan.source.hidden = lambda: frozenset({"a"})  # type: ignore[method-assign]
    plan.source.given = lambda: {"a": "<redacted>"}  # type: ignore[method-assign]
    monkeypatch.setattr(migration_flag, "require", lambda _cluster: None)
    (diff,) = action(broker_settings).decide(run).diff
    assert "'2'" not in diff["after"]
    assert "<redacted>" in diff["after"]
