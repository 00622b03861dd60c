# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator is past, what it waits for, and what it will never reach."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rollback as back
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import (
    Progress,
    Verb,
    Wait,
    answer,
    cannot,
    past,
    skipped,
)

FORWARD_NAMES = [item.name for item in phases.SUB_PHASES if item.phase != phases.ROLLBACK]
BACK_NAMES = [item.name for item in phases.SUB_PHASES if item.phase == phases.ROLLBACK]
AT_WAIT = "RollbackToZkWaitForManualNodeRemovalFromZk"
NEVER = Progress()


def at(sub_phase: str = "", phase: str = "", *asked: Verb, **more: Any) -> Progress:
    """An operator at a sub-phase, whose phase it is in when none is given."""
    if sub_phase in phases.BY_NAME and not phase:
        phase = phases.BY_NAME[sub_phase].phase
    return Progress(True, phase, sub_phase, asked=frozenset(asked), **more)


DUAL_WRITE, COMPLETE = at("MigrateDualWrite", phases.DUAL_WRITE), at("", phases.COMPLETE)
FAILED = at("SetupPreChecks", phases.FAILURE, failed=True, message="a key is blocked")


@pytest.mark.parametrize("number", range(len(FORWARD_NAMES)))
def test_forward_each_sub_phase_is_past_what_precedes_it(number: int) -> None:
    seen = at(FORWARD_NAMES[number])
    for other, name in enumerate(FORWARD_NAMES):
        assert past(seen, name) is (other < number), name
    assert not any(past(seen, name) for name in BACK_NAMES)


@pytest.mark.parametrize("number", range(len(BACK_NAMES)))
def test_backwards_each_sub_phase_is_past_what_precedes_it(number: int) -> None:
    seen = at(BACK_NAMES[number])
    at_the_end = seen.sub_phase == back.COMPLETE
    for other, name in enumerate(BACK_NAMES):
        assert past(seen, name) is (other < number or at_the_end), name
    assert not any(past(seen, name) for name in FORWARD_NAMES), "a rollback undoes the way forward"


@pytest.mark.parametrize("seen", [NEVER, at(), FAILED, at("FromTheFuture", "NewPhase")], ids=lambda seen: seen.where)
def test_what_says_nothing_of_the_way_is_past_nothing(seen: Progress) -> None:
    assert not any(past(seen, name) for name in phases.BY_NAME)


def test_a_sub_phase_that_is_not_known_leaves_what_the_phase_says() -> None:
    seen = at("MigrateSomethingNew", phases.MIGRATE)
    assert past(seen, "SetupComplete")
    assert not past(seen, "MigrateTriggerKafkaMigration")
    assert not past(at("RollbackToZkSomethingNew", phases.ROLLBACK), back.ROLL_1)


def test_dual_write_and_complete_name_no_sub_phase_of_their_own() -> None:
    for seen in (DUAL_WRITE, at("", phases.DUAL_WRITE)):
        assert past(seen, "MigrateDualWrite")
        assert not past(seen, "MoveToKRaftControllerTriggerZkRemoval")
    assert all(past(COMPLETE, name) for name in FORWARD_NAMES)


def test_a_rollback_that_was_asked_for_undoes_the_way_forward_at_once() -> None:
    asked = at("MigrateDualWrite", phases.DUAL_WRITE, Verb.ROLLBACK)
    assert asked.rolls_back
    assert not past(asked, "SetupComplete")


def test_a_name_that_is_none_of_ours_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        past(NEVER, "SetupWhatever")


@pytest.mark.parametrize(
    ("seen", "waits"),
    [
        (NEVER, Wait.NOTHING),
        (at("SetupPreChecks"), Wait.NOTHING),
        (DUAL_WRITE, Wait.DECISION),
        (at("", phases.DUAL_WRITE), Wait.DECISION),
        (at("", phases.DUAL_WRITE, Verb.FINALIZE), Wait.NOTHING),
        (at("", phases.DUAL_WRITE, Verb.ROLLBACK), Wait.NOTHING),
        (at(AT_WAIT), Wait.ZNODES),
        (at(AT_WAIT, phases.ROLLBACK, Verb.ROLLBACK), Wait.ZNODES),
        (at("RollbackToZkFromSetupWaitForManualNodeRemovalFromZk"), Wait.ZNODES),
        (at(AT_WAIT, phases.FAILURE, failed=True), Wait.NOTHING),
        (at(back.REMOVE_DEPENDENCIES), Wait.NOTHING),
    ],
)
def test_what_it_waits_for(seen: Progress, waits: Wait) -> None:
    assert seen.waits_for is waits


@pytest.mark.parametrize(
    ("seen", "rolls_back", "rolled_back", "complete"),
    [
        (NEVER, False, False, False),
        (DUAL_WRITE, False, False, False),
        (COMPLETE, False, False, True),
        (at("MoveToKRaftControllerComplete", phases.COMPLETE), False, False, True),
        (at(back.ROLL_1), True, False, False),
        (at(back.COMPLETE), True, True, False),
        # which phase an operator names at the end of a rollback is in no document
        (at(back.COMPLETE, phases.COMPLETE), True, True, False),
        (at("SetupComplete", phases.SETUP, Verb.ROLLBACK), True, False, False),
        # asked for when the operator no longer turns round: it goes to the end, and so does whoever follows it
        (at("", phases.FINALIZE, Verb.FINALIZE, Verb.ROLLBACK), False, False, False),
        (at("MoveToKRaftControllerComplete", phases.COMPLETE, Verb.ROLLBACK), False, False, True),
    ],
)
def test_where_it_ends(seen: Progress, rolls_back: bool, rolled_back: bool, complete: bool) -> None:
    assert (seen.rolls_back, seen.rolled_back, seen.complete) == (rolls_back, rolled_back, complete)


@pytest.mark.parametrize(
    ("seen", "early"),
    [
        (at("MigrateDualWrite", phases.DUAL_WRITE, Verb.ROLLBACK), True),
        (at(back.MAKE_PROCESS_ROLE_EMPTY, phases.ROLLBACK), True),
        (at(AT_WAIT, phases.ROLLBACK), False),
        (at(back.REMOVE_DEPENDENCIES, phases.ROLLBACK), False),
        (at(back.COMPLETE), False),
        (COMPLETE, False),
        (at("", phases.FINALIZE, Verb.FINALIZE), False),
        (FAILED, False),
    ],
)
def test_whether_it_was_told_too_early_that_the_znodes_are_gone(seen: Progress, early: bool) -> None:
    assert not seen.answered_too_early
    assert replace(seen, answered=True).answered_too_early is early


@pytest.mark.parametrize(
    ("seen", "spoken"),
    [
        (NEVER, "not started"),
        (at(), "started, without a word of it yet"),
        (at("SetupPreChecks"), "SETUP/SetupPreChecks"),
        (COMPLETE, "COMPLETE"),
        (FAILED, "FAILURE/SetupPreChecks (a key is blocked)"),
    ],
)
def test_it_is_told_in_few_words(seen: Progress, spoken: str) -> None:
    assert seen.spoken() == spoken
    assert seen.where == spoken.partition(" (")[0]


def test_a_rollback_has_one_of_the_two_waits() -> None:
    from_setup, from_migrate = at(back.REMOVE_ZNODES_FROM_SETUP), at(back.REMOVE_ZNODES)
    assert skipped(from_setup, back.REMOVE_ZNODES)
    assert skipped(from_migrate, back.REMOVE_ZNODES_FROM_SETUP)
    assert not skipped(from_setup, back.REMOVE_ZNODES_FROM_SETUP)
    assert not skipped(from_setup, back.ROLL_2)
    assert not skipped(at(back.ROLL_1), back.REMOVE_ZNODES)
    found = answer(from_setup, back.REMOVE_ZNODES)
    assert (found.kind, found.reason) == ("not needed", f"this rollback waits in {back.REMOVE_ZNODES_FROM_SETUP}")


@pytest.mark.parametrize(
    ("seen", "sub_phase", "kind", "words"),
    [
        (DUAL_WRITE, "SetupComplete", "done", "the operator is past it: DUAL-WRITE/MigrateDualWrite"),
        (DUAL_WRITE, "MoveToKRaftControllerComplete", "needed", "which is at DUAL-WRITE/MigrateDualWrite"),
        (NEVER, "SetupComplete", "needed", "which is at not started"),
        (NEVER, back.ROLL_1, "not needed", "no migration was started"),
        (at(back.COMPLETE), back.COMPLETE, "done", "the operator is past it"),
        (at(back.ROLL_4), back.COMPLETE, "needed", "wait for the operator"),
    ],
)
def test_what_a_sub_phase_has_to_do(seen: Progress, sub_phase: str, kind: str, words: str) -> None:
    found = answer(seen, sub_phase)
    assert found.kind == kind
    assert words in found.reason


@pytest.mark.parametrize(
    ("seen", "sub_phase", "why"),
    [
        (FAILED, "SetupComplete", "the operator has given up at FAILURE/SetupPreChecks (a key is blocked)"),
        (FAILED, back.ROLL_1, "the operator has given up at FAILURE/SetupPreChecks (a key is blocked)"),
        (at(back.ROLL_1), "SetupComplete", f"the operator rolls back, or has rolled back: RollbackToZk/{back.ROLL_1}"),
        (NEVER, "SetupComplete", "the operator was not asked to migrate yet"),
        (NEVER, back.ROLL_1, "the operator was not asked to migrate yet"),
        (DUAL_WRITE, back.ROLL_1, "the operator was not asked to roll back: it is at DUAL-WRITE/MigrateDualWrite"),
        (
            DUAL_WRITE,
            "MoveToKRaftControllerComplete",
            "the operator waits for the decision to finalize or to roll back",
        ),
        (at("MigrateDualWrite"), "MoveToKRaftControllerComplete", ""),
        (at("", phases.DUAL_WRITE, Verb.FINALIZE), "MoveToKRaftControllerComplete", ""),
        (at("", phases.DUAL_WRITE, Verb.ROLLBACK), back.ROLL_1, ""),
        (at("SetupPreChecks"), "MigrateDualWrite", ""),
    ],
)
def test_what_it_would_be_in_vain_to_wait_for(seen: Progress, sub_phase: str, why: str) -> None:
    assert cannot(seen, sub_phase) == why


def test_words_alone_are_no_step() -> None:
    """A condition may have a time or a counter in it; a wait for an operator that stands still would never end."""
    first, then = (Progress(True, phases.MIGRATE, "MigrateDualWrite", f"tried {number} times") for number in (1, 2))
    assert first != then
    assert first.step == then.step
    assert first.step != Progress(True, phases.DUAL_WRITE, "MigrateDualWrite").step
