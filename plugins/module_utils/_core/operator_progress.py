# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far an operator is that carries the migration out, and what a sub-phase of a playbook has to do about it. Pure.

Private to the collection. Phases and sub-phases have the names of ``phases.py``, whatever the operator itself calls them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rollback import (
    COMPLETE as ROLLED_BACK,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rollback import (
    REMOVE_ZNODES,
    REMOVE_ZNODES_FROM_SETUP,
    Answer,
)

#: the phases of the way forward, in order
FORWARD = (phases.SETUP, phases.MIGRATE, phases.DUAL_WRITE, phases.FINALIZE, phases.COMPLETE)
#: the two sub-phases in which an operator waits for the znodes to be removed; a rollback has one of them, or none
ZNODE_WAITS = (REMOVE_ZNODES, REMOVE_ZNODES_FROM_SETUP)


class Wait(Enum):
    """What an operator waits for from us."""

    NOTHING = "nothing"
    DECISION = "the decision to finalize or to roll back"
    ZNODES = "the removal of the znodes /controller and /migration"


class Verb(Enum):
    """What an operator is asked to do."""

    MIGRATE = "migrate"
    FINALIZE = "finalize"
    ROLLBACK = "roll back"


@dataclass(frozen=True)
class Progress:
    """What an operator says of the migration that it carries out.

    :ivar started: whether it was asked to migrate at all.
    :ivar phase: "" before it has said anything.
    :ivar sub_phase: "" where it names none.
    :ivar message: its own words, for a person.
    :ivar asked: what it was asked to do beyond the migration itself: FINALIZE may be asked for before it is needed.
    :ivar failed: whether it has given up.
    :ivar answered: whether it was told that the znodes are gone.
    :ivar revocable: whether a request to roll back takes the place of the one to finalize, which has not begun.
    """

    started: bool = False
    phase: str = ""
    sub_phase: str = ""
    message: str = ""
    asked: frozenset[Verb] = frozenset()
    failed: bool = False
    answered: bool = False
    revocable: bool = False

    @property
    def waits_for(self) -> Wait:
        """What it waits for from us."""
        if self.sub_phase in ZNODE_WAITS and not self.failed:
            return Wait.ZNODES
        if self.phase == phases.DUAL_WRITE and not self.asked:
            return Wait.DECISION
        return Wait.NOTHING

    @property
    def rolls_back(self) -> bool:
        """Whether a rollback was asked for in time, is under way or over."""
        asked = Verb.ROLLBACK in self.asked and not self.asked_too_late
        return asked or self.phase == phases.ROLLBACK or self.sub_phase == ROLLED_BACK

    @property
    def asked_too_late(self) -> bool:
        """Whether it was asked to roll back when it no longer does: from the last phase on it goes to the end."""
        return Verb.ROLLBACK in self.asked and self.phase in (phases.FINALIZE, phases.COMPLETE) and not self.rolled_back

    @property
    def answered_too_early(self) -> bool:
        """Whether it was told that the znodes are gone before it waits for that: it would go on while KRaft holds ZooKeeper."""
        if not self.answered or self.failed or self.phase in (phases.FINALIZE, phases.COMPLETE) or self.rolled_back:
            return False
        return self.sub_phase not in ZNODE_WAITS and not past(self, REMOVE_ZNODES)

    @property
    def complete(self) -> bool:
        """Whether the migration is at its end."""
        return self.phase == phases.COMPLETE and not self.rolled_back

    @property
    def rolled_back(self) -> bool:
        """Whether a rollback is at its end."""
        return self.sub_phase == ROLLED_BACK

    @property
    def where(self) -> str:
        """Phase and sub-phase, for a message."""
        if not self.started:
            return "not started"
        return "/".join(filter(None, (self.phase, self.sub_phase))) or "started, without a word of it yet"

    @property
    def step(self) -> Progress:
        """The same without its own words: a time or a counter in them is no step forward."""
        return replace(self, message="")

    def spoken(self) -> str:
        """Phase, sub-phase and what the operator says itself."""
        return f"{self.where} ({self.message})" if self.message else self.where


def cannot_roll_back(seen: Progress) -> str:
    """Return why an operator that was not asked to roll back cannot be any more, or an empty string."""
    if seen.complete or seen.phase == phases.FINALIZE or (Verb.FINALIZE in seen.asked and not seen.revocable):
        return (
            f"the operator is at {seen.where} and was told to finalize: it rolls back from SETUP, MIGRATE and DUAL-WRITE only; nothing was "
            "changed"
        )
    return ""


def _order(sub_phase: str) -> int:
    return [item.name for item in phases.SUB_PHASES].index(sub_phase)


def past(seen: Progress, sub_phase: str) -> bool:
    """Whether the operator has this sub-phase behind it. Raises KeyError for a name that is none of ours."""
    wanted = phases.BY_NAME[sub_phase]
    if wanted.phase == phases.ROLLBACK:
        if seen.rolled_back:
            return True
        if seen.sub_phase not in phases.BY_NAME or phases.BY_NAME[seen.sub_phase].phase != phases.ROLLBACK:
            return False
        return _order(seen.sub_phase) > _order(sub_phase)
    if seen.rolls_back or seen.phase not in FORWARD:
        return False
    now, then = FORWARD.index(seen.phase), FORWARD.index(wanted.phase)
    if now != then:
        return now > then
    return seen.sub_phase in phases.BY_NAME and _order(seen.sub_phase) > _order(sub_phase)


def skipped(seen: Progress, sub_phase: str) -> bool:
    """Whether a rollback has no such sub-phase: the other of the two waits, or one before the point at which it began."""
    return sub_phase in ZNODE_WAITS and seen.sub_phase in ZNODE_WAITS and seen.sub_phase != sub_phase


def answer(seen: Progress, sub_phase: str) -> Answer:
    """Say whether a sub-phase is behind the operator, is not part of this migration, or has to be waited for."""
    backwards = phases.BY_NAME[sub_phase].phase == phases.ROLLBACK
    if skipped(seen, sub_phase):
        return Answer("not needed", f"this rollback waits in {seen.sub_phase}")
    if past(seen, sub_phase):
        return Answer("done", f"the operator is past it: {seen.where}")
    if backwards and not seen.started:
        return Answer("not needed", "no migration was started: there is nothing to roll back")
    return Answer("needed", f"wait for the operator, which is at {seen.where}")


def cannot(seen: Progress, sub_phase: str) -> str:
    """Return why waiting for a sub-phase would be in vain, or an empty string."""
    backwards = phases.BY_NAME[sub_phase].phase == phases.ROLLBACK
    if seen.failed:
        return f"the operator has given up at {seen.spoken()}"
    if not backwards and seen.rolls_back:
        return f"the operator rolls back, or has rolled back: {seen.where}"
    if not seen.started:
        return "the operator was not asked to migrate yet"
    if backwards and not seen.rolls_back:
        return f"the operator was not asked to roll back: it is at {seen.where}"
    waits = seen.waits_for
    if waits is Wait.DECISION and phases.BY_NAME[sub_phase].phase in (phases.FINALIZE, phases.COMPLETE):
        return f"the operator waits for {waits.value}"
    return ""
