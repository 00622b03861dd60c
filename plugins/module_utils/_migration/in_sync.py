# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every replica in sync while the quorum still runs: after its end an ISR may not grow before its leader changes.

Private to the collection. KRaft counts the changes of a partition; in ZooKeeper mode the version of its znode is taken for that count. Where
the two differ, a controller in ZooKeeper mode refuses each ISR change of the leader until a replica is restarted and there is a new leader
epoch, and an operator that restarts no broker while replicas are out of sync then stands still (seen with Kafka 3.9.2). The versions that are
behind are raised before (level_epochs.py); what differs otherwise, or falls behind after that, does no harm while all are in sync.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rolling
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Partition
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import waits


def out_of_sync(cluster: Cluster) -> dict[Partition, int]:
    """A replica that is out of sync, for each partition that has one, read freshly. Raises KraftError."""
    view = cluster.read_partitions()
    found = {}
    for topic, number in view.under_replicated:
        state = view.states.get((topic, number))
        in_sync = state.isr if state is not None else ()
        found[(topic, number)] = next(each for each in view.topics[topic].partitions[number] if each not in in_sync)
    return found


def wait(cluster: Cluster, timeout: float, tell: Callable[[str], None]) -> str:
    """Wait until every replica is in its ISR, as ZooKeeper has it.

    :param timeout: seconds.
    :returns: which partitions lack one when the time is over, an empty string when none does.
    :raises KraftError: when ZooKeeper cannot be read.
    """
    deadline = time.monotonic() + timeout
    while True:
        lacking = out_of_sync(cluster)
        if not lacking:
            return ""
        left = max(deadline - time.monotonic(), 0.0)
        text = f"{len(lacking)} partitions are under-replicated: {rolling.named(sorted(lacking))}"
        if not left:
            return text
        tell(f"waiting until every replica is in sync, since an ISR may not grow after the controllers' end; {text}")
        try:
            waits.wait_in_sync(cluster.zookeeper, lacking, timeout=left, progress=tell)
        except DeadlineExceeded as error:
            return error.message
