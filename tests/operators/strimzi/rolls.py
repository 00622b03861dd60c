# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pod is rolled next, and whether the cluster can bear it. Pure; what is asked of Kafka is asked elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

#: seconds before the second attempt, doubled for each further one
FIRST_DELAY = 0.25
ATTEMPTS = 10
#: milliseconds, default of controller.quorum.fetch.timeout.ms
FETCH_TIMEOUT = 2000


class RollError(Exception):
    """A pod cannot be rolled now."""

    reason = ""


class ForceableError(RollError):
    """After the last attempt the pod is restarted all the same, if the cluster can bear it."""

    reason = "ForceableProblem"


class UnforceableError(RollError):
    """After the last attempt the pass fails."""

    reason = "UnforceableProblem"


class FatalError(RollError):
    """The whole roll ends at once."""

    reason = "FatalProblem"


def delay(attempt: int) -> float:
    """Return the seconds to wait after a failed attempt (1 = the first), negative when there is no further one."""
    return FIRST_DELAY * 2 ** (attempt - 1) if attempt < ATTEMPTS else -1.0


class Candidate(NamedTuple):
    """A pod of a roll. ready: as Kubernetes says."""

    id: int
    pod: str
    ready: bool


def order(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return those of one group in the order of the first attempts: the ones that are not Ready first."""
    return sorted(candidates, key=lambda one: (one.ready, one.id))


@dataclass(frozen=True)
class Partition:
    """A partition as a broker sees it. minimum: min.insync.replicas of its topic."""

    topic: str
    number: int
    replicas: tuple[int, ...]
    isr: tuple[int, ...]
    minimum: int


def broker_blockers(broker: int, partitions: Sequence[Partition]) -> list[str]:
    """Return for each partition that could not bear a restart of a broker, why."""
    return [
        f"{p.topic}/{p.number} will be under-replicated (ISR={{{','.join(map(str, sorted(p.isr)))}}}, "
        f"replicas=[{','.join(map(str, p.replicas))}], min.insync.replicas={p.minimum}) if broker {broker} is restarted."
        for p in partitions
        if broker in p.replicas and not _bears(broker, p)
    ]


def _bears(broker: int, p: Partition) -> bool:
    if len(p.replicas) <= 1 or len(p.replicas) <= p.minimum:
        return True
    if len(p.isr) < p.minimum:
        return False
    return not (len(p.isr) == p.minimum and broker in p.isr)


@dataclass(frozen=True)
class Quorum:
    """The quorum as a broker tells it. caught_up: voter -> time of its last fetch that had everything, in ms, -1 = unknown."""

    leader: int
    caught_up: Mapping[int, int]


def quorum_bears(node: int, quorum: Quorum, timeout: int = FETCH_TIMEOUT) -> bool:
    """Tell whether a controller may be restarted: enough of the others follow the leader."""
    if quorum.leader < 0 or quorum.leader not in quorum.caught_up:
        return False
    total = len(quorum.caught_up)
    if total == 1:
        return True
    newest = quorum.caught_up[quorum.leader]
    others = sum(1 for voter, at in quorum.caught_up.items() if voter != node and at >= 0 and newest - at < timeout)
    return others >= (total + 2) // 2 if total != 2 else others == 1
