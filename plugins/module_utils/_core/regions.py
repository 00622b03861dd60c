# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The regions of one Kafka cluster, each led by an operator of its own: which of them may be asked for something now. Pure.

Private to the collection. An operator restarts the brokers of its region and knows nothing of the others, so that a region is asked only
while nothing moves in any other. Whose turn it is follows from what the operators say; nothing is stored, and a run that is killed
leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb, past

#: the last sub-phase on the way forward in which a region restarts brokers before somebody decides
ROLLED = "MigrateEnsureKafkaRollComplete"


@dataclass(frozen=True)
class Named:
    """A region as the inventory names it.

    :ivar host: its name in the inventory.
    :ivar params: the module options of that host.
    :ivar present: whether the host takes part in this run, so that its turn will come.
    """

    host: str
    params: Mapping[str, Any]
    present: bool = False


@dataclass(frozen=True)
class Regions:
    """The regions of one Kafka cluster, from the inventory.

    :ivar host: name in the inventory of the region that a task is about.
    :ivar others: the other ones.
    :ivar crowded: why hosts that wait in this run could keep the one that they wait for from starting, "" when they cannot.
    """

    host: str
    others: tuple[Named, ...]
    crowded: str = ""


@dataclass(frozen=True)
class Region:
    """What was seen of one region.

    :ivar host: its name in the inventory.
    :ivar voters: how many controllers of the quorum it has, 0 when they are gone.
    :ivar first: its lowest broker id; no two regions share one.
    :ivar seen: what its operator says.
    :ivar left: what an attempt has left there although nothing is asked for any more.
    :ivar present: whether its host takes part in this run.
    """

    host: str
    voters: int
    first: int
    seen: Progress = field(default_factory=Progress)
    left: tuple[str, ...] = ()
    present: bool = True

    @property
    def at(self) -> str:
        """Region and where its operator is, for a message."""
        if not self.seen.started and self.left:
            return f"region {self.host} (still there: {', '.join(self.left)})"
        return f"region {self.host} ({self.seen.where})"

    @property
    def finalizes(self) -> bool:
        """Whether it was told to finalize, or is final."""
        return Verb.FINALIZE in self.seen.asked or self.seen.phase == phases.FINALIZE or self.seen.complete

    @property
    def returns(self) -> bool:
        """Whether a rollback was begun and is not cleaned up yet."""
        return self.seen.rolls_back or (not self.seen.started and bool(self.left))

    @property
    def moves(self) -> bool:
        """Whether its operator restarts pods, or will, without being asked for anything more."""
        if not self.seen.started or self.seen.failed or self.seen.complete:
            return False
        if self.returns or self.finalizes:
            return True
        return not (self.seen.phase == phases.DUAL_WRITE or past(self.seen, ROLLED))


@dataclass(frozen=True)
class Turn:
    """Whether a region may be asked now.

    :ivar waits: what is waited for, "" when it may be asked.
    :ivar never: why waiting would be in vain, "" when it is not.
    :ivar code: the finding for ``never``.
    """

    waits: str = ""
    never: str = ""
    code: str = "wrong-state"


def in_order(regions: Sequence[Region]) -> list[Region]:
    """The order in which regions are asked to migrate and to roll back: most voters first, then the lowest broker ids.

    Both are facts of the Kafka cluster, so that every run on every machine finds the same order. With its controllers the first region
    brings the majority without which no other one gets a quorum, and takes it away when it is rolled back: what is left of the quorum
    cannot take ``/controller`` again while the other regions still run in migration mode.
    """
    return sorted(regions, key=lambda each: (-each.voters, each.first))


def has_majority(regions: Sequence[Region]) -> bool:
    """Whether the first region has a majority of the voters by itself."""
    return bool(regions) and in_order(regions)[0].voters * 2 > sum(each.voters for each in regions)


def home(regions: Sequence[Region]) -> Region:
    """The region where the lock of all of them is: the one with the lowest broker id, since no step of a migration changes that."""
    return min(regions, key=lambda each: each.first)


def turn(verb: Verb, mine: Region, others: Sequence[Region]) -> Turn:
    """Say whether ``mine`` may be asked for ``verb`` now."""
    return {Verb.MIGRATE: _migrate, Verb.FINALIZE: _finalize, Verb.ROLLBACK: _rollback}[verb](mine, others)


def _migrate(mine: Region, others: Sequence[Region]) -> Turn:
    for each in others:
        if each.seen.failed:
            return Turn(
                never=f"the operator has given up in {each.at}; repair that, or roll it back", code="operator-failed"
            )
        if each.returns:
            return Turn(
                never=f"a rollback is not over in {each.at}; run rollback.yml for it first", code="rollback-pending"
            )
        if each.finalizes:
            return Turn(never=f"{each.at} was told to finalize: no region can follow it any more")
    return _moving(others) or _after(mine, others, in_order([mine, *others]), lambda each: not each.seen.started)


def _finalize(mine: Region, others: Sequence[Region]) -> Turn:
    """Fewest voters first: the active controller keeps the migration flag until every broker runs in KRaft mode."""
    for each in others:
        if each.seen.failed:
            return Turn(never=f"the operator has given up in {each.at}; repair that first", code="operator-failed")
        if each.returns:
            return Turn(never=f"a rollback is not over in {each.at}", code="rollback-pending")
        if not each.finalizes and each.seen.phase != phases.DUAL_WRITE:
            return Turn(never=f"{each.at} is not in DUAL-WRITE; run migrate.yml for it first", code="gate-dual-write")
    order = in_order([mine, *others])[::-1]
    return _moving(others) or _after(mine, others, order, lambda each: not each.seen.complete)


def _rollback(mine: Region, others: Sequence[Region]) -> Turn:
    for each in others:
        if each.finalizes:
            return Turn(
                never=f"{each.at} was told to finalize: its brokers are in KRaft mode, or will be, and no region can go back without them",
                code="rollback-impossible",
            )
    if mine.returns:
        return Turn()
    back = [each for each in others if each.returns]
    if back:
        return Turn(waits=f"until the rollback of {back[0].at} is over and cleaned up")
    moving = [each for each in others if each.moves]
    if mine.moves:
        # what moves forward is stopped first; should two of them move, the first in the order
        ahead = [each for each in moving if in_order([mine, each])[0] is each]
        return Turn(waits=f"until {ahead[0].at} stands still, or is rolled back") if ahead else Turn()
    if moving:
        return Turn(waits=f"until {moving[0].at} stands still, or is rolled back")
    return _after(mine, others, in_order([mine, *others]), lambda each: each.seen.started)


def _moving(others: Sequence[Region]) -> Turn | None:
    moving = [each for each in others if each.moves]
    return Turn(waits=f"until nothing is restarted any more in {moving[0].at}") if moving else None


def _after(
    mine: Region, others: Sequence[Region], order: Sequence[Region], open_there: Callable[[Region], bool]
) -> Turn:
    """Wait for those that come before and still have it to do; in vain for one that nobody asks in this run."""
    before = [each for each in order[: order.index(mine)] if each is not mine and open_there(each)]
    if not before:
        return Turn()
    why = f"{before[0].at} comes before this region (voters: {', '.join(f'{each.host} {each.voters}' for each in in_order([mine, *others]))})"
    if before[0].present:
        return Turn(waits=f"since {why}")
    return Turn(
        never=f"{why} and takes no part in this run, or has failed in it; run the same playbook for it first, or for both together"
    )
