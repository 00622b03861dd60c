# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state machine of a KRaftMigrationJob: ``next_step(observed) -> Action``. Pure: it looks at nothing and changes nothing."""

from __future__ import annotations

from . import cursor as places
from .cursor import Cursor
from .edits import locked, override
from .names import (
    BACK,
    BACK_STEPS,
    COMPONENTS,
    CONTINUE,
    DUAL_WRITE,
    FAILURE,
    FINALIZE,
    HOLD,
    IBP_KEY,
    LOCK,
    MIGRATE,
    RELEASE,
    ROLLBACK,
    SETUP,
    WAITS,
    wanted,
)
from .seen import Action, Observed
from .steps import STEPS
from .switches import Switches


def next_step(seen: Observed) -> Action:
    """Return what the job does now."""
    here = seen.cursor
    if here.ended:
        return _release(seen)
    if wanted(seen.job, ROLLBACK) and _may_roll_back(seen):
        held = seen.controller is None or wanted(seen.controller, HOLD)
        ibp_set = seen.kafka is not None and bool(override(seen.kafka, IBP_KEY))
        return Action(next=places.rollback(here, ibp_set=ibp_set, controller_held=held))
    if here.sub_phase == seen.switches.stuck:
        return Action(waiting="stuck, by the switch of that name")
    if here.sub_phase == seen.switches.fail and here.phase != DUAL_WRITE:
        return Action(failed=f"{here.sub_phase} failed, by the switch of that name")
    if here.phase == DUAL_WRITE:
        action = _dual_write(seen)
    elif here.sub_phase in WAITS:
        action = _znodes(seen)
    else:
        action = STEPS[here.sub_phase](seen)
    if action.waiting or action.failed:
        return action
    return Action(action.edits, action.found, places.following(here))


def _dual_write(seen: Observed) -> Action:
    if wanted(seen.job, FINALIZE):
        return Action()
    return Action(waiting="in dual write mode until an annotation says how to go on")


def _may_roll_back(seen: Observed) -> bool:
    phases = (DUAL_WRITE,) if seen.switches.older else (SETUP, MIGRATE, DUAL_WRITE)
    return seen.cursor.phase in phases


def refused(seen: Observed) -> str:
    """Return why a trigger annotation has no effect where the job is, empty when it has, or when there is none."""
    if seen.cursor.phase != BACK and wanted(seen.job, ROLLBACK) and not _may_roll_back(seen):
        return f"rollback to ZooKeeper is not possible in phase {seen.cursor.phase}"
    return ""


def _znodes(seen: Observed) -> Action:
    """Wait for the user to delete the two znodes. Whether they are gone is not looked at: only the annotation counts."""
    if wanted(seen.job, CONTINUE) or seen.switches.znode_wait == "continues":
        return Action()
    return Action(waiting="waiting for manual removal of the controller and migration znodes")


def _release(seen: Observed) -> Action:
    """Drop the lock of a job that has ended, when the user says so."""
    if not wanted(seen.job, RELEASE) or seen.switches.lock_release == "ignored":
        return Action()
    crs = dict(zip(COMPONENTS, (seen.zookeeper, seen.kafka, seen.controller), strict=True))
    return Action(locked([kind for kind, cr in crs.items() if cr is not None and wanted(cr, LOCK)], on=False))


def failed(cursor: Cursor) -> Cursor:
    """Return the place of a job that failed in a sub-phase."""
    return Cursor(FAILURE, cursor.sub_phase)


def controllers_stopped(cursor: Cursor | None, switches: Switches) -> bool:
    """Tell whether the controllers of a job have no pods: from the manual wait of a rollback on, when that is switched on."""
    if cursor is None or cursor.phase != BACK or switches.controllers_at_wait != "stop":
        return False
    return cursor.sub_phase in BACK_STEPS[2:]
