# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that only show something say where an operator leads; and unlock.yml."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.action import migration_lock
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import operator_gates, operator_preflight
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.gate import Gate
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils import _led_shows
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led_shows import (
    Gates,
    Plan,
    Preflight,
    Shows,
    Status,
    Unlock,
)

from tests.unit.plugins.action.acting import Acts, action
from tests.unit.plugins.module_utils.led_scene import AT_ZNODES, COMPLETE, DECIDING, ROLLED_BACK, Operator, led

WARNS = finding("operator-annotation", "Kafka n/kafka", "an annotation was left behind")
BLOCKS = finding("operator-will-not-stop", "n/job", "it goes on without a stop")
NEVER = finding("operator-unsupported", "n/job", "it is a lite job")


def run_of(*says: Progress, cluster: Any = None, **params: Any) -> Any:
    found = cluster or led()
    run: Any = Acts(found, **params)
    found.driver = Operator(*says, log=run.log)
    run.leads = True
    return run


@pytest.mark.parametrize("kind", [Shows, Preflight, Status, Gates, Plan])
def test_what_only_shows_never_writes(kind: Any) -> None:
    assert kind.MUTATES is False


def preflight(monkeypatch: pytest.MonkeyPatch, *found: Any, accept: Any = ()) -> tuple[Any, Any]:
    monkeypatch.setattr(operator_preflight, "all_findings", lambda _cluster: list(found))
    run = run_of(Progress(), accept=list(accept))
    assert Preflight().decide(run).kind == "done"
    return run, lambda: Preflight().inspect(run)


def test_without_a_finding_the_plan_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    run, look = preflight(monkeypatch, WARNS)
    data = look()
    assert run.said == ["warn  operator-annotation: an annotation was left behind", "plan: follow"]
    assert data["msg"] == ("no blocking finding, 1 warning; the operator carries the migration out (now: not started)")
    assert len(data["plan"]) == 34
    assert run.log == []


def test_what_blocks_is_refused_with_all_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    run, look = preflight(monkeypatch, BLOCKS, WARNS, NEVER)
    with pytest.raises(Refused, match=r"it goes on without a stop \(and 1 more findings, listed above\)") as refused:
        look()
    assert refused.value.code == "operator-will-not-stop"
    assert len(refused.value.detail["findings"]) == 3
    assert [line[:5] for line in run.said] == ["BLOCK", "warn ", "BLOCK"]


def test_what_is_accepted_by_name_goes_on_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """A finalize annotation that was set from the beginning: no gate will be asked, and the user says so."""
    run, look = preflight(monkeypatch, BLOCKS, accept=["operator-will-not-stop"])
    assert "findings" in look()
    assert run.said[0] == "accepted operator-will-not-stop: it goes on without a stop"
    run, look = preflight(monkeypatch, BLOCKS, NEVER, accept=["operator-will-not-stop", "operator-unsupported"])
    with pytest.raises(Refused, match=r"^it is a lite job$"):
        look()


def test_a_migration_that_is_complete_is_not_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operator_preflight, "all_findings", lambda _cluster: pytest.fail("asked"))
    assert Preflight().inspect(run_of(COMPLETE))["msg"] == "the operator has migrated n/kafka: nothing to do"


def test_the_status_tells_both_and_the_next_command() -> None:
    run = run_of(DECIDING, cluster=led(state=state.ClusterState(state.MIXED, "a roll is under way")))
    data = Status().inspect(run)
    assert run.said[0].startswith("DANGER: the operator says DUAL-WRITE/MigrateDualWrite, but the cluster is MIXED")
    assert run.said[-2].startswith("operator DUAL-WRITE/MigrateDualWrite; waits for the decision")
    assert run.said[-1].startswith("next: finalize.yml -e kraft_confirm=n/kafka")
    assert [line for line in run.said if line.startswith("next: ")] == run.said[-1:]
    assert data["lock_enforced_by"] == "", "nothing is locked"
    assert {row["stage"] for row in data["brokers"]} == {None}, "the settings are the operator's"
    assert not [line for line in run.said if "stage" in line]
    run.cluster.driver.locks = ["Kafka n/kafka"]
    assert Status().inspect(run)["lock_enforced_by"] == "the operator's own policy"
    assert "the lock is enforced by the operator's own policy" in run.said
    assert "; DANGER: the operator says" in data["msg"]


def show_gates(monkeypatch: pytest.MonkeyPatch, *gates: Gate) -> None:
    monkeypatch.setattr(operator_gates, "evaluate", lambda _cluster: list(gates))


def test_the_gates_are_shown_open_accepted_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    show_gates(
        monkeypatch,
        Gate("gate-dual-write", True, "waits"),
        Gate("gate-soak", False, "too soon"),
        Gate("gate-quorum", False, "lags"),
    )
    run = run_of(DECIDING, accept=["gate-soak", "gate-quorum"])
    data = Gates().inspect(run)
    assert run.said == [
        "gate dual-write: OPEN: waits",
        "gate soak: accepted: too soon",
        "gate quorum: CLOSED: lags",
    ]
    assert data["msg"] == "n/kafka is HYBRID_DUAL_WRITE, still reversible; closed gates: quorum"
    show_gates(monkeypatch, Gate("gate-dual-write", True, "waits"))
    assert Gates().inspect(run)["msg"] == "n/kafka is HYBRID_DUAL_WRITE, still reversible; every gate is open"


@pytest.mark.parametrize(
    "seen", [COMPLETE, Progress(True, phases.COMPLETE), Progress(True, asked=frozenset({Verb.FINALIZE}))]
)
def test_behind_the_gates_none_is_shown(monkeypatch: pytest.MonkeyPatch, seen: Progress) -> None:
    monkeypatch.setattr(operator_gates, "evaluate", lambda _cluster: pytest.fail("asked"))
    assert Gates().inspect(run_of(seen))["gates"] == []


@pytest.mark.parametrize(
    ("seen", "kind"),
    [(Progress(), "not needed"), (DECIDING, "done"), (AT_ZNODES, "done"), (ROLLED_BACK, "done")],
)
def test_the_plan_of_a_rollback(seen: Progress, kind: str) -> None:
    run = run_of(seen)
    assert Plan().decide(run).kind == kind
    assert len(run.said) == (3 if kind == "done" else 0)
    assert Plan().inspect(run)["operator"]["phase"] == seen.phase
    assert run.log == []


def test_what_an_attempt_left_is_a_reason_for_a_plan() -> None:
    run = run_of(Progress())
    run.cluster.driver.remains = ["KRaftController/kafka-kraft"]
    assert Plan().decide(run).kind == "done"
    assert [line.partition(",")[0] for line in run.said] == ["plan: give its locks back"], "nothing else is to be done"


def test_no_plan_is_shown_where_the_request_was_deleted_in_the_middle() -> None:
    run = run_of(Progress())
    run.cluster.driver.remains = ["KRaftController/kafka-kraft"]
    run.cluster.driver.fails["check"] = Refused("a job was deleted", code="operator-request-lost")
    with pytest.raises(Refused, match="a job was deleted"):
        Plan().decide(run)
    assert run.said == []


@pytest.mark.parametrize(
    "seen",
    [
        COMPLETE,
        Progress(True, phases.FINALIZE),
        Progress(True, phases.DUAL_WRITE, asked=frozenset({Verb.FINALIZE})),
    ],
)
def test_a_rollback_after_finalize_is_impossible(seen: Progress) -> None:
    with pytest.raises(Refused, match="rolls back from SETUP, MIGRATE and DUAL-WRITE only") as refused:
        Plan().decide(run_of(seen))
    assert refused.value.code == "rollback-impossible"


# unlock.yml


def unlocking(holder: str | None, **params: Any) -> Any:
    run = run_of(DECIDING, **{"state": "absent", "release": ["n/kafka"], **params})
    run.lease = SimpleNamespace(held_by=lambda: holder, take_away=run.note("taken away"))
    return run


def test_only_the_lease_is_taken_away() -> None:
    """The operator's own locks stay: without them others could change its custom resources in the middle."""
    run = unlocking("root@host")
    assert "take the Lease away from root@host" in Unlock().decide(run).reason
    assert action(migration_lock)._drive(run, None)["changed"] is True
    assert run.log == ["taken away"]
    run = unlocking("root@host")
    run.check_mode = True
    assert action(migration_lock)._drive(run, None)["changed"] is True
    assert run.log == []


@pytest.mark.parametrize("holder", [None, "root@host"])
def test_a_policy_of_ours_is_deleted_with_it(holder: str | None) -> None:
    run = unlocking(holder)
    run.cluster.driver.enforcement.there = True
    assert "delete the policy that enforces the operator's lock" in Unlock().decide(run).reason
    assert action(migration_lock)._drive(run, None)["changed"] is True
    assert run.log == ["taken away"]
    assert run.cluster.driver.enforcement.there is False


def test_nothing_is_held() -> None:
    run = unlocking(None)
    assert action(migration_lock)._drive(run, None)["changed"] is False
    assert run.log == []


@pytest.mark.parametrize("release", [[], ["other"]])
def test_the_name_has_to_be_typed(release: Any) -> None:
    run = unlocking("root@host", release=release)
    with pytest.raises(Refused, match="typed again") as refused:
        action(migration_lock)._drive(run, None)
    assert refused.value.code == "lock-held"
    assert run.log == []


def test_the_operators_lock_is_only_waited_for() -> None:
    """SetupAddMigrationAnnotation alone: the operator sets its lock, no Lease is taken for it."""
    run = unlocking(None, state="present")
    run.sub_phase = "SetupAddMigrationAnnotation"
    assert Unlock().decide(run).kind == "done"
    assert Unlock().apply(run)["operator"]["phase"] == phases.DUAL_WRITE
    assert Unlock.MUTATES is False


# what an account may not read


def test_every_right_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of(Progress())
    missing = finding("permission-missing", "kraftmigrationjobs", "the account may not list them")
    asked: list[Any] = []

    def permissions(_cluster: Any, *needs: Any) -> list[Any]:
        asked.append(needs)
        return [missing]

    def forbidden() -> Progress:
        raise Forbidden("missing permission: may not list kraftmigrationjobs")

    monkeypatch.setattr(_led_shows, "permission_findings", permissions)
    run.cluster.driver.observe = forbidden
    with pytest.raises(Refused, match="the account may not list them") as refused:
        Preflight().inspect(run)
    assert refused.value.code == "permission-missing"
    assert asked == [(["needs"], "docs/rbac.yml")]
    # a denial by something else stays what it is
    monkeypatch.setattr(_led_shows, "permission_findings", lambda _cluster, *_needs: [])
    with pytest.raises(Forbidden):
        Preflight().inspect(run)


@pytest.mark.parametrize(
    ("seen", "goes_on"), [(Progress(True, phases.FINALIZE, asked=frozenset({Verb.FINALIZE})), True), (COMPLETE, False)]
)
def test_one_that_was_told_has_no_gates_any_more(seen: Progress, goes_on: bool) -> None:
    found = Gates().inspect(run_of(seen))
    assert found["gates"] == []
    assert found["msg"].startswith("the operator was told to finalize: it is at ")
    assert found["msg"].endswith("finalize.yml with kraft_confirm=n/kafka follows it to the end") is goes_on
