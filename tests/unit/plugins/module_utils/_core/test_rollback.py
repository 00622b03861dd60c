# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a rollback from each state, the order that it keeps, and where there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, rollback, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rollback import Seen

PODS = ("kafka-0", "kafka-1", "kafka-2")
VOLUMES = ("kraft-data-kafka-kraft-0",)


def modes(mode: str, **different: str) -> dict[str, str]:
    return dict.fromkeys(PODS, mode) | {f"kafka-{number[1:]}": other for number, other in different.items()}


PLAIN = Seen(state.ZOOKEEPER, modes(state.MODE_ZOOKEEPER), {"kafka": ""}, broker_holds=True)
QUORUM: dict[str, Any] = {
    "controllers": True,
    "controller_pods": ("kafka-kraft-0",),
    "volumes": VOLUMES,
    "migration_present": True,
    "locked": True,
}
PREMIGRATION = replace(PLAIN, state=state.PREMIGRATION, **QUORUM)
MID_ROLL = replace(
    PREMIGRATION,
    modes=modes(state.MODE_ZOOKEEPER, _0=state.MODE_MIGRATING),
    stages={"kafka": "migration"},
    outdated=("kafka-1", "kafka-2"),
    metadata_dirs=("kafka-0",),
)
HYBRID = replace(
    PREMIGRATION,
    state=state.HYBRID,
    modes=modes(state.MODE_MIGRATING),
    stages={"kafka": "migration"},
    kraft_holds=True,
    broker_holds=False,
    metadata_dirs=PODS,
)
PURE = replace(HYBRID, state=state.PURE, modes=modes(state.MODE_KRAFT), stages={"kafka": "kraft"})
HALF = replace(
    PURE, state=state.MIXED, modes=modes(state.MODE_MIGRATING, _0=state.MODE_KRAFT), outdated=("kafka-1", "kafka-2")
)
# after the quorum is gone
HANDED_OVER = replace(
    HYBRID,
    state=state.ZOOKEEPER,
    controllers=False,
    controller_pods=(),
    volumes=(),
    migration_present=False,
    kraft_holds=False,
    broker_holds=True,
)
PUT_BACK = replace(HANDED_OVER, stages={"kafka": ""}, outdated=PODS)
ROLLED = replace(PUT_BACK, outdated=(), modes=modes(state.MODE_ZOOKEEPER))
CLEANED = replace(ROLLED, metadata_dirs=(), marked=("kafka",))
UNMARKED = replace(CLEANED, marked=())


def needed(seen: Seen) -> list[str]:
    return [step.sub_phase.removeprefix("RollbackToZk") for step in rollback.plan(seen) if step.answer.needed]


CLEAN_UP = [
    "AddClusterMetadataCleanUpAnnotationInKafka",
    "RemoveClusterMetadataCleanUpAnnotationInKafka",
    "Complete",
]
LAST = ["RemoveKRaftControllerDepsInKafka", "EnsureKafkaRollIsComplete2", *CLEAN_UP]


@pytest.mark.parametrize(
    ("seen", "steps", "rolls"),
    [
        (PLAIN, [], 0),
        (PREMIGRATION, ["FromSetupWaitForManualNodeRemovalFromZk", "Complete"], 0),
        (MID_ROLL, ["WaitForManualNodeRemovalFromZk", *LAST], 1),
        (HYBRID, ["WaitForManualNodeRemovalFromZk", *LAST], 1),
        (
            PURE,
            ["MakeProcessRoleEmpty", "EnsureKafkaRollIsComplete", "WaitForManualNodeRemovalFromZk", *LAST],
            2,
        ),
        (
            HALF,
            ["MakeProcessRoleEmpty", "EnsureKafkaRollIsComplete", "WaitForManualNodeRemovalFromZk", *LAST],
            2,
        ),
        (HANDED_OVER, LAST, 1),
        (PUT_BACK, LAST[1:], 1),
        (ROLLED, CLEAN_UP, 0),
        (CLEANED, CLEAN_UP[1:], 0),
        (UNMARKED, CLEAN_UP[2:], 0),
    ],
)
def test_the_plan_from_each_state(seen: Seen, steps: list[str], rolls: int) -> None:
    assert needed(seen) == steps
    assert rollback.rolls(seen) == rolls
    assert rollback.refusal(seen) == ("", "")


def test_the_sub_phases_are_those_of_the_playbook() -> None:
    assert list(rollback.SUB_PHASES) == [item.name for item in phases.SUB_PHASES if item.phase == phases.ROLLBACK]


def test_nothing_is_only_nothing() -> None:
    assert PLAIN.nothing
    assert not replace(PLAIN, locked=True).nothing
    assert not any(seen.nothing for seen in (PREMIGRATION, HANDED_OVER, PUT_BACK, ROLLED, CLEANED, UNMARKED))
    assert rollback.answer(rollback.COMPLETE, PLAIN).kind == "not needed"


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        (replace(PURE, state=state.FINALIZED), "rollback-impossible"),
        (replace(PURE, state=state.MIXED, unflagged_active=True), "rollback-impossible"),
        (replace(PURE, controllers=False, controller_pods=()), "rollback-impossible"),
        (replace(PURE, version_1=("kafka-2",)), "meta-properties-version-1"),
        (replace(PURE, state=state.MIXED, leaderless=True), "controllers-not-ready"),
    ],
)
def test_where_no_rollback_is_possible(seen: Seen, code: str) -> None:
    """Rule 1: the first active controller without the flag is the point of no return."""
    assert rollback.refusal(seen)[0] == code
    assert rollback.refusal(seen)[1]


def test_a_broker_in_kraft_mode_that_runs_but_cannot_be_read_is_asked_again() -> None:
    code, sentence = rollback.refusal(replace(PURE, unread={"kafka-2": "the exec failed"}))
    assert code == "broker-not-healthy"
    assert "kafka-2 could not be read (the exec failed); run rollback.yml again" in sentence
    # one that does not start is often the reason to go back
    down = replace(PURE, unread={"kafka-2": "it crashed"}, down=("kafka-2",))
    assert rollback.refusal(down) == rollback.refusal(replace(HYBRID, unread={"kafka-2": "x"})) == ("", "")


@pytest.mark.parametrize("sub_phase", [rollback.ADD_CLEAN_UP, rollback.REMOVE_CLEAN_UP, rollback.COMPLETE])
def test_a_broker_that_cannot_be_read_may_have_something_left(sub_phase: str) -> None:
    clean = Seen(state.ZOOKEEPER, {"kafka-0": state.MODE_ZOOKEEPER}, {"kafka": ""}, broker_holds=True)
    assert rollback.blocked(sub_phase, clean) == ""
    assert clean.nothing
    unread = replace(clean, unread={"kafka-0": "the pod does not exist"})
    assert "still have __cluster_metadata: kafka-0 could not be read (the pod does not exist)" in rollback.blocked(
        sub_phase, unread
    )
    assert not unread.nothing
    assert rollback.answer(rollback.ADD_CLEAN_UP, unread).needed


def test_a_directory_of_version_1_is_no_matter_before_the_brokers_run_in_kraft_mode() -> None:
    assert rollback.refusal(replace(HYBRID, version_1=("kafka-2",))) == ("", "")


@pytest.mark.parametrize(
    ("sub_phase", "seen", "text"),
    [
        (rollback.ROLL_1, PURE, "not written"),
        (rollback.ROLL_1, replace(HYBRID, final_written=True), "not written"),
        (rollback.REMOVE_ZNODES, PURE, "they need the quorum to return,"),
        (rollback.REMOVE_ZNODES, replace(PURE, stages={"kafka": "migration"}), "kafka-0, kafka-1, kafka-2 still"),
        # a broker that is made again would start in KRaft mode and find no quorum
        (rollback.REMOVE_ZNODES, replace(HYBRID, stages={"kafka": "kraft"}), "kafka still in KRaft mode"),
        (rollback.REMOVE_DEPENDENCIES, HYBRID, "the quorum or its znodes"),
        (rollback.REMOVE_DEPENDENCIES, replace(HANDED_OVER, volumes=VOLUMES), "the quorum or its znodes"),
        (rollback.REMOVE_DEPENDENCIES, replace(HANDED_OVER, broker_holds=False), "no broker holds /controller"),
        (rollback.ROLL_2, HANDED_OVER, "still has migration settings"),
        (rollback.ADD_CLEAN_UP, PUT_BACK, "still run in migrating mode"),
        (rollback.COMPLETE, PUT_BACK, "still run in migrating mode"),
        (rollback.COMPLETE, ROLLED, "still have __cluster_metadata"),
    ],
)
def test_the_order_is_kept(sub_phase: str, seen: Seen, text: str) -> None:
    """Rules 3 and 9: each part is proved before the next one may begin."""
    assert text in rollback.blocked(sub_phase, seen)


@pytest.mark.parametrize(
    ("sub_phase", "seen"),
    [
        (rollback.MAKE_PROCESS_ROLE_EMPTY, PURE),
        (rollback.ROLL_1, replace(PURE, stages={"kafka": "migration"})),
        (rollback.REMOVE_ZNODES, HYBRID),
        (rollback.REMOVE_ZNODES_FROM_SETUP, PREMIGRATION),
        (rollback.REMOVE_DEPENDENCIES, HANDED_OVER),
        (rollback.ROLL_2, PUT_BACK),
        (rollback.ADD_CLEAN_UP, ROLLED),
        (rollback.REMOVE_CLEAN_UP, CLEANED),
        (rollback.COMPLETE, UNMARKED),
    ],
)
def test_what_is_next_may_run(sub_phase: str, seen: Seen) -> None:
    assert rollback.answer(sub_phase, seen).needed
    assert rollback.blocked(sub_phase, seen) == ""


def test_later_postpones_the_restarts_and_nothing_else() -> None:
    """Rule 10: controllers and volumes are never postponed."""
    assert needed(replace(HYBRID, later=True)) == ["WaitForManualNodeRemovalFromZk", "RemoveKRaftControllerDepsInKafka"]
    kinds = {step.sub_phase: step.answer.kind for step in rollback.plan(replace(PUT_BACK, later=True))}
    assert kinds[rollback.ROLL_2] == kinds[rollback.ADD_CLEAN_UP] == kinds[rollback.COMPLETE] == "later"
    assert needed(replace(UNMARKED, later=True)) == ["Complete"]


def test_controllers_that_lost_the_flag_get_it_back_first() -> None:
    """Rule 2: what a restarted controller would read has the flag before anything else is restarted."""
    seen = replace(PURE, final_written=True, unflagged=("kafka-kraft-1",))
    assert "restore the migration flag" in rollback.answer(rollback.MAKE_PROCESS_ROLE_EMPTY, seen).reason
    assert "kafka-kraft-1 with the migration flag" in rollback.answer(rollback.ROLL_1, seen).reason


def test_every_sub_phase_answers_in_every_state() -> None:
    for seen in (PLAIN, PREMIGRATION, MID_ROLL, HYBRID, PURE, HALF, HANDED_OVER, PUT_BACK, ROLLED, CLEANED, UNMARKED):
        for step in rollback.plan(seen):
            assert step.answer.kind in ("needed", "done", "not needed", "later")
            assert step.answer.reason
    with pytest.raises(KeyError):
        rollback.answer("SetupComplete", PLAIN)


@pytest.mark.parametrize(
    ("current", "stored", "raised"),
    [(5, [], None), (5, [-1, 4], None), (5, [5], 6), (2, [7, 3], 8), (0, [-1], None)],
)
def test_the_epoch_guard(current: int, stored: list[int], raised: int | None) -> None:
    """KAFKA-20488: /controller_epoch has to be above every epoch that KRaft has written."""
    assert rollback.guarded_epoch(current, stored) == raised


def test_many_names_are_cut() -> None:
    seen = replace(PURE, modes={f"kafka-{number}": state.MODE_KRAFT for number in range(7)})
    assert "and 2 more" in rollback.answer(rollback.ROLL_1, seen).reason
