# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether what ZooKeeper's znodes say is what the quorum has committed.

Private to the collection. Safety rule 4: while a KRaft controller is active, an ISR in ZooKeeper counts only once ZooKeeper has what the quorum has.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster, Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import read_quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.controller_roll import paced
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Forbidden,
    KraftError,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.handover import wait_written

Progress = Callable[[str], None]
#: seconds within which ZooKeeper has what the quorum has committed, where nothing is wrong
FOLLOWS = 1.0


def kraft_is_controller(cluster: Cluster) -> bool:
    """Whether a KRaft controller holds ``/controller``."""
    node = cluster.zookeeper.get("/controller")
    return node is not None and not node.ephemeral


def wait_current(cluster: Cluster, timeout: float, progress: Progress) -> None:
    """While a KRaft controller is active, ZooKeeper follows it: wait until it has what the quorum has committed by now.

    Controllers that are cut off from ZooKeeper, or behind, leave an ISR in it that is no more. Raises DeadlineExceeded with both
    offsets after ``timeout`` seconds, Forbidden.
    """
    began = time.monotonic()
    if not kraft_is_controller(cluster):
        return
    # not that something is written to it, which it is all the time, however far behind: up to where
    offset = _committed(cluster, timeout, progress)
    try:
        # what was committed a moment ago is on its way: nothing to tell of
        wait_written(cluster.zookeeper, offset, timeout=FOLLOWS, progress=lambda _text: None)
    except DeadlineExceeded:
        left = max(timeout - (time.monotonic() - began), 1.0)
        wait_written(cluster.zookeeper, offset, timeout=left, progress=progress)


def _committed(cluster: Cluster, timeout: float, progress: Progress) -> int:
    """The last offset that the quorum has committed, as soon as it has a leader that says so."""
    committed: list[int] = []

    def check() -> str:
        try:
            quorum = read_quorum(cluster)
        except Forbidden:
            raise
        except KraftError as error:
            reason = error.message
        else:
            if quorum.leader is not None and quorum.high_watermark > 0:
                committed.append(quorum.high_watermark - 1)
                return ""
            reason = "no quorum leader reports what is committed"
        # a controller may have been restarted meanwhile, by whomever
        cluster.changed(Part.CONTROLLERS)
        return reason

    paced(check, timeout, progress)
    return committed[-1]
