# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rollback in which the operator says nothing any more: it may wait for the removal of the znodes without a word of it.

Private to the collection. That is never concluded alone: somebody who has read the operator's log accepts it by name. What the cluster
itself shows only tells when it may be so, and that the removal would do no harm.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Wait, past
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rollback import (
    MAKE_PROCESS_ROLE_EMPTY,
    REMOVE_ZNODES,
    REMOVE_ZNODES_FROM_SETUP,
    ROLL_1,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import acceptance
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import LedCluster, Signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import handover

CODE = "operator-silent-wait"
#: seconds without any change before the cluster is looked at
QUIET = 20.0
#: the sub-phases of a rollback up to the removal
BEFORE = (MAKE_PROCESS_ROLE_EMPTY, ROLL_1, REMOVE_ZNODES, REMOVE_ZNODES_FROM_SETUP)


class Quiet:
    """How long neither the operator nor the pods have changed; due() is true once after each QUIET seconds of it."""

    def __init__(self) -> None:
        self._mark: tuple[Progress, str] | None = None
        self._since = 0.0

    def due(self, seen: Progress, signals: Signals) -> bool:
        """Whether it is time to look at the cluster."""
        now, mark = time.monotonic(), (seen.step, signals.moves)
        if mark != self._mark:
            self._mark, self._since = mark, now
            return False
        if now - self._since < QUIET:
            return False
        self._since = now
        return True


@dataclass(frozen=True)
class Looks:
    """Whether it looks as if the operator waited for the removal of the znodes.

    :ivar like: what makes it look so, or an empty string.
    :ivar unread: why that cannot be told, or an empty string.
    """

    like: str = ""
    unread: str = ""


def found(cluster: LedCluster, seen: Progress) -> Looks:
    """Look at the cluster again. Raises Forbidden."""
    if not cluster.driver.waits_silently:
        return Looks()
    if seen.phase != phases.ROLLBACK or seen.failed or seen.answered or seen.waits_for is Wait.ZNODES:
        return Looks()
    if past(seen, REMOVE_ZNODES):
        return Looks()
    cluster.changed()
    if set(cluster.modes.values()) - {state.MODE_ZOOKEEPER, state.MODE_MIGRATING}:
        return Looks()
    try:
        heads = handover.read_heads(cluster.zookeeper)
    except Forbidden:
        raise
    except KraftError as error:
        return Looks(unread=error.message)
    if heads.kraft_holds:
        held = "a KRaft controller holds /controller"
    elif cluster.controller_pods:
        held = f"the controllers ({', '.join(cluster.controller_pods)}) still exist"
    else:
        return Looks()
    return Looks(
        f"the operator rolls back ({seen.where}) and nothing moves, every broker runs in ZooKeeper mode, and {held}"
    )


def accepted(cluster: LedCluster) -> bool:
    """Whether somebody has said that the operator waits."""
    return CODE in cluster.params["accept"]


def advice(cluster: LedCluster, looks: Looks) -> str:
    """What to do about it, as the end of a sentence; empty when nothing looks like it."""
    if looks.unread:
        return f"whether the operator waits for the removal of the znodes without saying so cannot be told, since ZooKeeper could not be read: {looks.unread}"
    if not looks.like:
        return ""
    accept = acceptance(f"{cluster.namespace}/{cluster.name}", CODE)
    return f"{looks.like}: if its log says that it waits for the removal of the znodes, run rollback.yml with {accept}"
