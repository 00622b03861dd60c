# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose turn it is among the regions of one Kafka cluster: one moves at a time, in an order that every run finds alike."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.regions import (
    Region,
    Turn,
    has_majority,
    home,
    in_order,
    turn,
)

IDLE = Progress()
SETUP = Progress(True, phases.SETUP, "SetupEnsureIBPUpgradeComplete")
ROLLING = Progress(True, phases.MIGRATE, "MigrateEnsureKafkaRollComplete")
PARKED = Progress(True, phases.MIGRATE, "MigrateMonitorMigrationProgress")
DUAL = Progress(True, phases.DUAL_WRITE, "MigrateDualWrite")
FINALIZING = Progress(
    True, phases.FINALIZE, "MoveToKRaftControllerEnsureKafkaRollIsComplete", asked=frozenset({Verb.FINALIZE})
)
COMPLETE = Progress(True, phases.COMPLETE, "MoveToKRaftControllerComplete", asked=frozenset({Verb.FINALIZE}))
RETURNING = Progress(True, phases.ROLLBACK, "RollbackToZkEnsureKafkaRollIsComplete2", asked=frozenset({Verb.ROLLBACK}))
BACK = Progress(True, phases.ROLLBACK, "RollbackToZkComplete", asked=frozenset({Verb.ROLLBACK}))
FAILED = Progress(True, phases.FAILURE, "SetupPreChecks", failed=True)
WILL_NOT_STOP = Progress(True, phases.SETUP, "SetupPreChecks", asked=frozenset({Verb.FINALIZE}))
SILENT = Progress(True)
EVERY = (IDLE, SILENT, SETUP, ROLLING, PARKED, DUAL, FINALIZING, COMPLETE, RETURNING, BACK, FAILED, WILL_NOT_STOP)


def big(seen: Progress = IDLE, **more: Any) -> Region:
    """With two of three voters."""
    return Region(**{"host": "east", "voters": 2, "first": 100, "seen": seen, **more})


def small(seen: Progress = IDLE, **more: Any) -> Region:
    """With one."""
    return Region(**{"host": "west", "voters": 1, "first": 0, "seen": seen, **more})


# the order


def test_most_voters_come_first_then_the_lowest_broker_ids() -> None:
    third = Region("north", 1, 200)
    for given in itertools.permutations([big(), small(), third]):
        assert [each.host for each in in_order(given)] == ["east", "west", "north"]


def test_a_majority_is_more_than_half() -> None:
    assert has_majority([small(), big()])
    assert not has_majority([big(), small(), Region("north", 1, 200)])
    assert not has_majority([small(), Region("north", 1, 200), Region("south", 1, 300)])
    assert not has_majority([])


def test_the_lock_stays_where_it_is_when_controllers_are_gone() -> None:
    assert home([big(), small()]).host == "west"
    assert home([big(voters=0), small(voters=0)]).host == "west"


# what is never wrong


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("other", EVERY)
def test_no_region_is_asked_while_another_one_moves(verb: Verb, other: Progress) -> None:
    """Two operators that restart brokers at the same time take two replicas of one partition away."""
    mine = {Verb.MIGRATE: IDLE, Verb.FINALIZE: DUAL, Verb.ROLLBACK: DUAL}[verb]
    for me, they in ((big(mine), small(other)), (small(mine), big(other))):
        found = turn(verb, me, [they])
        if they.moves:
            assert found.waits or found.never, (me, they)


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize(("first", "second"), list(itertools.product(EVERY, EVERY)))
def test_two_regions_are_never_asked_at_once_and_never_wait_for_each_other(
    verb: Verb, first: Progress, second: Progress
) -> None:
    east, west = big(first), small(second)
    one, other = turn(verb, east, [west]), turn(verb, west, [east])
    begun = verb is Verb.ROLLBACK and (east.returns or west.returns)
    may_be_asked: Callable[[Region], bool] = {
        Verb.MIGRATE: lambda each: not each.seen.started,
        Verb.FINALIZE: lambda each: each.seen == DUAL,
        Verb.ROLLBACK: lambda each: each.seen.started and not each.seen.complete,
    }[verb]
    if may_be_asked(east) and may_be_asked(west):
        assert begun or one != Turn() or other != Turn(), "both would be asked"
        assert not (one.waits and other.waits), "both would wait"


# migrating


@pytest.mark.parametrize(
    ("east", "west", "waits"),
    [
        (IDLE, IDLE, "since region east (not started) comes before this region (voters: east 2, west 1)"),
        (SETUP, IDLE, "nothing is restarted any more in region east (SETUP/SetupEnsureIBPUpgradeComplete)"),
        (SILENT, IDLE, "nothing is restarted any more in region east"),
        (ROLLING, IDLE, "nothing is restarted any more"),
        (PARKED, IDLE, ""),
        (DUAL, IDLE, ""),
    ],
)
def test_the_second_region_is_asked_when_the_first_has_rolled(east: Progress, west: Progress, waits: str) -> None:
    """It must not wait for DUAL-WRITE there, which comes when the brokers of all regions are registered."""
    found = turn(Verb.MIGRATE, small(west), [big(east)])
    assert found.never == ""
    assert waits in found.waits
    assert bool(found.waits) is bool(waits)


def test_the_first_region_is_asked_at_once_unless_another_moves() -> None:
    assert turn(Verb.MIGRATE, big(), [small()]) == Turn()
    assert "region west" in turn(Verb.MIGRATE, big(), [small(SETUP)]).waits


@pytest.mark.parametrize(
    ("other", "code", "words"),
    [
        (small(FAILED), "operator-failed", "given up in region west"),
        (small(RETURNING), "rollback-pending", "a rollback is not over in region west"),
        (small(BACK), "rollback-pending", "a rollback is not over"),
        (small(left=("PersistentVolumeClaim/data0",)), "rollback-pending", "still there: PersistentVolumeClaim/data0"),
        (small(WILL_NOT_STOP), "wrong-state", "told to finalize"),
        (small(COMPLETE), "wrong-state", "no region can follow"),
    ],
)
def test_what_a_migration_cannot_begin_beside(other: Region, code: str, words: str) -> None:
    found = turn(Verb.MIGRATE, big(), [other])
    assert words in found.never
    assert found.code == code


def test_a_first_region_that_nobody_asks_in_this_run_is_not_waited_for() -> None:
    found = turn(Verb.MIGRATE, small(), [big(present=False)])
    assert "takes no part in this run" in found.never
    # one that was asked is: another run may be about it
    assert turn(Verb.MIGRATE, small(), [big(ROLLING, present=False)]).waits


# finalizing


def test_the_region_with_most_voters_is_finalized_last() -> None:
    """Its controllers keep the migration flag, and the brokers of the others their controller, until all run in KRaft mode."""
    assert turn(Verb.FINALIZE, small(DUAL), [big(DUAL)]) == Turn()
    assert "region west" in turn(Verb.FINALIZE, big(DUAL), [small(DUAL)]).waits
    assert "region west" in turn(Verb.FINALIZE, big(DUAL), [small(FINALIZING)]).waits
    assert turn(Verb.FINALIZE, big(DUAL), [small(COMPLETE)]) == Turn()
    assert "takes no part" in turn(Verb.FINALIZE, big(DUAL), [small(DUAL, present=False)]).never


@pytest.mark.parametrize(
    ("other", "code"),
    [
        (IDLE, "gate-dual-write"),
        (PARKED, "gate-dual-write"),
        (ROLLING, "gate-dual-write"),
        (RETURNING, "rollback-pending"),
        (BACK, "rollback-pending"),
        (FAILED, "operator-failed"),
    ],
)
def test_what_a_region_is_not_finalized_beside(other: Progress, code: str) -> None:
    assert turn(Verb.FINALIZE, small(DUAL), [big(other)]).code == code
    assert turn(Verb.FINALIZE, small(DUAL), [big(other)]).never


# rolling back


def test_the_region_with_most_voters_is_rolled_back_first() -> None:
    """With its controllers the quorum loses its majority: nobody can take /controller again while the others are still migrating."""
    assert turn(Verb.ROLLBACK, big(DUAL), [small(DUAL)]) == Turn()
    assert "region east" in turn(Verb.ROLLBACK, small(DUAL), [big(DUAL)]).waits
    assert "region east" in turn(Verb.ROLLBACK, small(DUAL), [big(RETURNING)]).waits
    assert "region east" in turn(Verb.ROLLBACK, small(DUAL), [big(BACK)]).waits
    left = big(left=("PersistentVolumeClaim/data0",), voters=0)
    assert "still there: PersistentVolumeClaim/data0" in turn(Verb.ROLLBACK, small(DUAL), [left]).waits
    assert turn(Verb.ROLLBACK, small(DUAL), [big(voters=0)]) == Turn()
    assert "takes no part" in turn(Verb.ROLLBACK, small(DUAL), [big(DUAL, present=False)]).never


def test_a_region_that_still_moves_forward_is_rolled_back_before_all_others() -> None:
    """Else it would go on restarting brokers, and one that is stuck could never be led back."""
    assert turn(Verb.ROLLBACK, small(SETUP), [big(PARKED)]) == Turn()
    assert "region west" in turn(Verb.ROLLBACK, big(PARKED), [small(SETUP)]).waits
    # two of them, which only people can have brought about
    assert turn(Verb.ROLLBACK, big(SETUP), [small(SETUP)]) == Turn()
    assert "region east" in turn(Verb.ROLLBACK, small(SETUP), [big(SETUP)]).waits


def test_a_rollback_that_was_begun_goes_on_whoever_comes_first() -> None:
    assert turn(Verb.ROLLBACK, small(RETURNING), [big(DUAL)]) == Turn()
    assert turn(Verb.ROLLBACK, small(left=("x",)), [big(DUAL)]) == Turn()


@pytest.mark.parametrize("other", [FINALIZING, COMPLETE, WILL_NOT_STOP])
def test_no_region_goes_back_beside_one_that_was_told_to_finalize(other: Progress) -> None:
    found = turn(Verb.ROLLBACK, big(DUAL), [small(other)])
    assert found.code == "rollback-impossible"
    assert "region west" in found.never


def test_one_that_has_given_up_moves_nothing() -> None:
    assert not big(FAILED).moves
    assert turn(Verb.ROLLBACK, big(DUAL), [small(FAILED)]) == Turn()
