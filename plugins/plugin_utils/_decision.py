# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a step says before it acts: done, needed or not needed, with the one line that says why.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rollback import Answer

DONE = "done"
NEEDED = "needed"
NOT_NEEDED = "not needed"


@dataclass(frozen=True)
class Decision:
    """What the planner says of a sub-phase, with the one line that says why.

    :ivar diff: what would be written.
    :ivar only_waits: nothing is written, although the step is one that may: it needs no Lease and changes nothing.
    """

    kind: str
    reason: str
    diff: tuple[Mapping[str, str], ...] = ()
    only_waits: bool = False

    @classmethod
    def of(cls, answer: Answer, *diff: Mapping[str, str]) -> Decision:
        """Take over what the rollback plan says; what is postponed is not needed now."""
        kind = NOT_NEEDED if answer.kind == "later" else answer.kind
        return cls(kind, answer.reason, tuple(diff))

    @property
    def needed(self) -> bool:
        """Whether there is something to do."""
        return self.kind == NEEDED


def done(reason: str) -> Decision:
    """The sub-phase is already done."""
    return Decision(DONE, reason)


def not_needed(reason: str) -> Decision:
    """The sub-phase does not apply here."""
    return Decision(NOT_NEEDED, reason)


def needed(reason: str, *diff: Mapping[str, str]) -> Decision:
    """The sub-phase has something to do."""
    return Decision(NEEDED, reason, tuple(diff))


def to_follow(reason: str) -> Decision:
    """The sub-phase has only to be waited for."""
    return Decision(NEEDED, reason, only_waits=True)
