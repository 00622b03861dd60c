# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state machine of the migration: which settings a state and an annotation ask for, and what comes next. Pure."""

from __future__ import annotations

from typing import NamedTuple

from . import messages
from .names import (
    DISABLED,
    DUAL_WRITING,
    ENABLED,
    IN_KRAFT,
    KRAFT,
    MIGRATING,
    MIGRATION,
    NEWEST,
    POST_MIGRATION,
    PRE_KRAFT,
    ROLLBACK,
    ZOOKEEPER,
    Object,
    Phase,
    annotation,
)


class InvalidStateError(Exception):
    """There are no settings for this state and this annotation: the pass ends before it has begun."""


class Move(NamedTuple):
    """state: that the CR shows after the pass. warning: about an annotation without effect, empty for none."""

    state: str
    warning: str


def value_of(cr: Object) -> str:
    """Return what the annotation says; one that is not there says "disabled"."""
    return annotation(cr, KRAFT).lower() or DISABLED


def phase(state: str, value: str) -> Phase:
    """Return which settings the nodes get in a pass that starts in a state. Raises InvalidStateError."""
    if state in (PRE_KRAFT, IN_KRAFT):
        return Phase.KRAFT
    if state == ZOOKEEPER:
        return Phase.PRE_MIGRATION if value == MIGRATION else Phase.ZK
    if state == MIGRATING:
        # anything else is a wish to go back, a mistyped word too
        return Phase.MIGRATION if value == MIGRATION else Phase.ZK
    if state == POST_MIGRATION:
        return {ROLLBACK: Phase.MIGRATION, ENABLED: Phase.KRAFT}.get(value, Phase.POST_MIGRATION)
    found = {DISABLED: Phase.ZK, MIGRATION: Phase.POST_MIGRATION, ROLLBACK: Phase.MIGRATION}.get(value)
    if found is None:
        raise InvalidStateError(messages.invalid_state(state, value))
    return found


#: state and annotation -> next state; every other pair stays
_MOVES = {
    (ZOOKEEPER, MIGRATION): MIGRATING,
    (MIGRATING, MIGRATION): DUAL_WRITING,
    (MIGRATING, DISABLED): ZOOKEEPER,
    (DUAL_WRITING, MIGRATION): POST_MIGRATION,
    (DUAL_WRITING, DISABLED): ZOOKEEPER,
    (POST_MIGRATION, ENABLED): PRE_KRAFT,
    (POST_MIGRATION, ROLLBACK): DUAL_WRITING,
    (PRE_KRAFT, ENABLED): IN_KRAFT,
}


def following(state: str, value: str, *, copied: bool, stuck: str = "", version: str = NEWEST) -> Move:
    """Return where a pass that succeeded ends. copied: the agent says that the copy is done. stuck: the state that is never left."""
    after = _MOVES.get((state, value), state)
    if (state, after) == (MIGRATING, DUAL_WRITING) and not copied:
        after = state
    return Move(state if state == stuck else after, messages.state_warning(state, value, version))


def asks_copy(state: str, value: str) -> bool:
    """Tell whether the controllers are asked for the copy: while brokers have the settings of the migration."""
    return phase(state, value) == Phase.MIGRATION


def rolling_back(state: str, value: str) -> bool:
    """Tell whether the znodes are deleted in this pass. A rollback from KRaftMigration deletes none."""
    return (state, value) == (DUAL_WRITING, DISABLED)


#: of the gauge ZkMigrationState; -1 is no value yet
COPY_DONE, NO_VALUE = 1, -1


def copied(answers: list[int | None]) -> bool | None:
    """Return whether the first controller that answers says that the copy is done; None when none does."""
    said = next((answer for answer in answers if answer is not None and answer != NO_VALUE), None)
    return None if said is None else said == COPY_DONE
