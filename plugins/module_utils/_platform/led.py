# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A platform whose operator carries the migration out: the collection asks it to start, follows it, and answers its waits.

Private to the collection. The other kind, which the collection writes by itself, is ``platform.Direct``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb, Wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.permissions import Need
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.regions import Region, Turn
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Enforcement

Obj = dict[str, Any]


@dataclass(frozen=True)
class Signals:
    """What the pods show beside the operator's own words.

    :ivar text: one short line, for example "brokers 1/3 on the new revision, kafka-1 not Ready".
    :ivar controllers_change: whether the operator has begun to give the controllers other settings.
    :ivar moves: changes whenever something moved, so that a standstill can be told from a slow restart.
    """

    text: str
    moves: str
    controllers_change: bool = False


def under_way(seen: Progress) -> str:
    """Return that an operator is at work on a migration and may restart pods now, or an empty string where it rests."""
    rests = not seen.started or seen.complete or seen.rolled_back or seen.waits_for is Wait.DECISION
    return "" if rests else f"the operator is at {seen.where}, and may restart pods"


#: what a wait thinks of progress and signals: done or not, and what it waits for
Judge = Callable[[Progress, Signals], tuple[bool, str]]


class Led(Protocol):
    """A platform that an operator leads."""

    #: its name, as the option kraft_platform has it
    name: str
    #: the first line of Kafka, as (major, minor), whose releases this operator migrates
    oldest: tuple[int, int]
    #: whether it may wait for the removal of the znodes without a word of it
    waits_silently: bool
    #: what has the API server enforce the operator's lock, where the operator does not: made by start(), removed by release()
    enforcement: Enforcement

    @property
    def goes_on_unled(self) -> bool:
        """Whether it goes on after the removal of the znodes although nobody holds ``/controller``; another one fails until somebody does."""

    def findings(self) -> list[Finding]:
        """What would stop this operator, or what it would do wrong, in the order in which a person would repair it."""

    def needs(self) -> tuple[Sequence[Need], str]:
        """The permissions that driving it needs, and the manifest in docs/ that grants them."""

    def plan_lines(self) -> list[str]:
        """What will be asked of the operator, in a few lines."""

    def check(self) -> None:
        """Raise Refused when what is there is not of this cluster, or somebody else asked the operator for something else."""

    def observe(self) -> Progress:
        """What the operator says now."""

    def follow(self, judge: Judge, *, idle: float, progress: Callable[[str], None]) -> Progress:
        """Watch until the judge says that it is done; returns what was seen last.

        :param idle: seconds without any change of what the operator says and of the pods, after which the wait is given up.
        :raises DeadlineExceeded: with the last reason.
        """

    def refuse(self, verb: Verb) -> None:
        """Raise Refused for what start() would refuse, before anything is written: no Lease, no journal, nothing of it."""

    def start(self, verb: Verb) -> list[str]:
        """Ask the operator for it; returns what was written, one line each. Asked for already: nothing is written."""

    def mark(self) -> None:
        """Mark what the operator made for the controllers as this attempt's, while they run: a rollback deletes it, when they may be gone."""

    def owed(self) -> list[str]:
        """What ``start(MIGRATE)`` would still write although the operator was asked, one line each: something that it looks for and has not found."""

    def regions(self) -> Sequence[Region]:
        """Every region of the Kafka cluster as it is now, this one first; nothing where there is only one. Raises Refused (region-unreadable)."""

    def turn(self, verb: Verb) -> Turn:
        """Whether this region may be asked now: always, where there is only one."""

    def wait_turn(self, verb: Verb, *, idle: float, progress: Callable[[str], None]) -> None:
        """Wait for it. Raises Refused when that would be in vain; DeadlineExceeded when no region has moved for ``idle`` seconds."""

    def turn_lock(
        self, holder: str, *, timeout: float, progress: Callable[[str], None]
    ) -> AbstractContextManager[Callable[[], None]]:
        """The lock under which a region looks at the others, and then asks. Entering raises Refused (lock-held) after ``timeout`` seconds.

        What it gives is called right before the operator is asked; it raises Conflict when the lock is not surely held any more.
        """

    def answer(self, wait: Wait) -> None:
        """Tell the operator that what it waits for is done."""

    def answered_by(self) -> str:
        """What tells the operator that the znodes are gone, in the words in which a person would look for it."""

    def hint(self, seen: Progress) -> str:
        """What usually holds the operator up where it is, "" when nothing is known."""

    def halt(self) -> str:
        """Keep the operator from going on forward where that loses data; returns what was done, "" where it waits anyway or cannot be kept."""

    def stop_controllers(self) -> str:
        """Stop the controllers where the operator lets us; returns why not, or an empty string."""

    def why_silent(self) -> str:
        """What can be seen of an operator that does not answer, and where to look."""

    def locked(self) -> list[str]:
        """The objects that the operator holds locked."""

    def exports(self) -> Sequence[Mapping[str, Any]]:
        """The objects that the migration changed, as a user keeps them in git: each with ``object``, ``manifest`` and ``patch``.

        The patch is None where it is not known what the object was before.
        """

    def release(self, progress: Callable[[str], None]) -> list[str]:
        """Have the operator give its locks back; returns what was written. Raises DeadlineExceeded when it keeps them."""

    def cannot_remove(self) -> Finding | None:
        """Why the request itself may not be deleted by us: under way, not ours, still needed. None when it may, or is gone."""

    def remove_request(self) -> list[str]:
        """Delete the request itself and nothing else; returns its name. Raises Refused as ``cannot_remove`` says."""

    def clean_up(self, progress: Callable[[str], None]) -> list[str]:
        """After a rollback: delete the request, the controllers and their volumes; returns one name each."""

    def objects(self) -> Sequence[Mapping[str, Any]]:
        """The objects of the cluster, for a support bundle."""

    def left(self) -> list[str]:
        """What of it still exists."""

    def unsettled(self) -> str:
        """Why a broker's pod that is deleted now might not come back as it was, or an empty string."""

    def remove_pod(self, pod: str, uid: str) -> None:
        """Delete the very pod that was read; the operator makes it again. Raises NotFound, Conflict when it is another one."""


class LedCluster(Cluster, Protocol):
    """A cluster together with the operator that leads it."""

    @property
    def by_operator(self) -> bool:
        """True: an operator carries the migration out."""

    @property
    def driver(self) -> Led:
        """Its platform."""
