# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a job is: phase, sub-phase, and from where a rollback started; what comes next; how the status spells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .names import (
    BACK,
    BACK_STEPS,
    COMPLETE,
    DUAL_WRITE,
    FAILURE,
    MIGRATE,
    MIGRATE_STEPS,
    MIGRATION_CONDITION,
    MOVE,
    MOVE_STEPS,
    SETUP,
    SETUP_STEPS,
    WAITS,
    Object,
)
from .switches import Switches

#: The reason of the condition while a rollback runs: a restarted operator reads from it where the rollback came from.
_REASONS = {SETUP: "RollbackFromSetup", MIGRATE: "RollbackFromMigrate", DUAL_WRITE: "RollbackFromDualWrite"}


@dataclass(frozen=True)
class Cursor:
    """A place in the job. ``origin``: the phase in which a rollback was triggered, empty otherwise."""

    phase: str
    sub_phase: str
    origin: str = ""

    @property
    def ended(self) -> bool:
        """Tell whether nothing comes after this."""
        return self.phase in (COMPLETE, FAILURE) or self.sub_phase == BACK_STEPS[-1]

    @property
    def reason(self) -> str:
        """Return the reason of the condition for a rollback."""
        return _REASONS.get(self.origin, "")


START = Cursor(SETUP, SETUP_STEPS[0])
FORWARD = (
    *(Cursor(SETUP, step) for step in SETUP_STEPS),
    *(Cursor(MIGRATE, step) for step in MIGRATE_STEPS),
    Cursor(DUAL_WRITE, MIGRATE_STEPS[-1]),
    *(Cursor(MOVE, step) for step in MOVE_STEPS),
    Cursor(COMPLETE, MOVE_STEPS[-1]),
)
#: Up to the roll that takes the migration out of the brokers; from SETUP they have no metadata log that would have to go.
_SHORT = (WAITS[1], *BACK_STEPS[4:6], BACK_STEPS[-1])
_LONG = tuple(step for step in BACK_STEPS if step != WAITS[1])


def start(switches: Switches) -> Cursor:
    """Return the first sub-phase; older operators have no SetupPreChecks."""
    return Cursor(SETUP, SETUP_STEPS[1]) if switches.older else START


def following(cursor: Cursor) -> Cursor:
    """Return what comes after a sub-phase that is done."""
    if cursor.phase == BACK:
        chain = _SHORT if cursor.origin == SETUP else _LONG
        # A wait that is not shown leaves a sub-phase in the status that this way back does not have.
        number = chain.index(cursor.sub_phase) + 1 if cursor.sub_phase in chain else 0
        return Cursor(BACK, chain[number], cursor.origin)
    return FORWARD[FORWARD.index(cursor) + 1]


def rollback(cursor: Cursor, *, ibp_set: bool, controller_held: bool) -> Cursor:
    """Return the first sub-phase of a rollback that is triggered at a place of the way forward."""
    if cursor.phase != SETUP:
        return Cursor(BACK, BACK_STEPS[0], cursor.phase)
    if not ibp_set:
        return Cursor(BACK, BACK_STEPS[-1], SETUP)
    return Cursor(BACK, BACK_STEPS[4] if controller_held else WAITS[1], SETUP)


def read(status: Mapping[str, object]) -> Cursor | None:
    """Return the place that a status says, in any spelling; None for a job that has not begun."""
    phase, step = str(status.get("phase") or ""), str(status.get("subPhase") or "").removeprefix("SubPhase")
    if not phase:
        return None
    phase = {"DUAL_WRITE": DUAL_WRITE, "RollbackToZK": BACK}.get(phase, phase)
    if step in BACK_STEPS and phase == COMPLETE:
        phase = BACK
    return Cursor(phase, step, _origin(status) if phase == BACK else "")


def _origin(status: Mapping[str, object]) -> str:
    conditions = status.get("conditions")
    for condition in conditions if isinstance(conditions, list) else []:
        if condition.get("type") == MIGRATION_CONDITION:
            return next((phase for phase, reason in _REASONS.items() if reason == condition.get("reason")), DUAL_WRITE)
    return DUAL_WRITE


def shown(cursor: Cursor, status: Mapping[str, object], switches: Switches) -> Object:
    """Return phase and subPhase as the status has to say them, with the spelling and the silence that are switched on."""
    before = read(status)
    step = cursor.sub_phase
    if before is not None and before.phase == cursor.phase:
        quiet = cursor.phase == switches.silent and not cursor.ended
        if quiet or (switches.znode_wait == "hidden" and step in WAITS):
            step = before.sub_phase
    elif switches.znode_wait == "hidden" and step in WAITS:
        step = BACK_STEPS[0]
    phase = {DUAL_WRITE: switches.dual_write, BACK: switches.rollback}.get(cursor.phase, cursor.phase)
    if cursor.phase == BACK and cursor.ended and switches.rollback_ends == COMPLETE:
        phase = COMPLETE
    return {"phase": phase, "subPhase": ("SubPhase" if switches.sub_phase_prefix else "") + step}
