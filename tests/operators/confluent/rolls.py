# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pod is restarted next, if any: one at a time, and only when the cluster can bear it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .names import KAFKA, ZOOKEEPER


@dataclass(frozen=True)
class Pod:
    """A pod of a CR. current: it has the StatefulSet's newest revision. ready_for: seconds since it became Ready, 0 when it is not."""

    name: str
    ordinal: int
    ready: bool
    current: bool
    ready_for: float = 0.0


@dataclass(frozen=True)
class Roll:
    """done: every pod is Ready and runs what the CR says. restart: the pod to delete now. reason: what is waited for."""

    done: bool = False
    restart: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Health:
    """What Kafka says. under_replicated: partitions of the whole cluster, None = not known. quorum: one leader, all others follow."""

    under_replicated: int | None = None
    quorum: bool = False


def needs_health(kind: str, count: int, pods: Sequence[Pod]) -> bool:
    """Tell whether the next step depends on what Kafka says: when all pods are there and Ready."""
    return kind != ZOOKEEPER and len(pods) == count and all(pod.ready for pod in pods)


def next_restart(kind: str, count: int, pods: Sequence[Pod], health: Health, *, pause: float, precheck: bool) -> Roll:
    """Decide. ``pause``: seconds that every pod has to be Ready before the next restart. ``precheck``: wait for under-replicated = 0."""
    if len(pods) != count:
        return Roll(reason=f"{len(pods)} of {count} pods are there")
    broken = [pod for pod in pods if not pod.ready]
    outdated = sorted((pod for pod in pods if not pod.current), key=lambda pod: -pod.ordinal)
    if broken:
        # A pod that cannot start with the old settings gets the new ones, or a wrong setting could never be taken back.
        stuck = [pod for pod in broken if not pod.current]
        if stuck and len(broken) == 1:
            return Roll(restart=stuck[0].name, reason=f"pod {stuck[0].name} is not Ready and outdated")
        return Roll(reason=f"pod {broken[0].name} is not Ready")
    unwell = _unwell(kind, health, precheck=precheck)
    if unwell:
        return Roll(reason=unwell)
    if not outdated:
        return Roll(done=True)
    if any(pod.ready_for < pause for pod in pods):
        return Roll(reason=f"waiting {pause:.0f} s after the last restart")
    return Roll(restart=outdated[0].name, reason=f"{len(outdated)} of {count} pods are outdated")


def _unwell(kind: str, health: Health, *, precheck: bool) -> str:
    """Return what is wrong with the cluster, empty when nothing is."""
    if kind == ZOOKEEPER:
        return ""
    if kind == KAFKA:
        if not precheck or health.under_replicated == 0:
            return ""
        if health.under_replicated is None:
            return "under-replicated partitions cannot be read"
        return f"{health.under_replicated} partitions are under-replicated"
    return "" if health.quorum else "the quorum has no leader, or a controller that does not follow"
