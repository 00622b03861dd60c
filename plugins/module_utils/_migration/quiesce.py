# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Holding admin changes still right before the quorum is stopped, so that none is answered and then lost.

Private to the collection. Safety rule 9 of docs/architecture.md. A leader without its followers commits nothing, and steps down after 1.5 times
controller.quorum.fetch.timeout.ms (KafkaRaftClient, KAFKA-15489); the followers' StatefulSet makes them again, which takes
longer than this. A run that ends in between so leaves a quorum that is whole again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import members, read_quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import quorum_status
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict, wait_for
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import migration_flag
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    NotFound,
    Unreachable,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import handover

Progress = Callable[[str], None]
#: seconds that a controller gets to stop; never 0: the pod's object would be gone before its process
GRACE = 1
#: seconds until the followers' processes have ended; a leader on its own lasts for about 3
ENDED = 15.0
#: code for a controller that does not end
ALIVE = "controllers-not-ready"
#: seconds for ZooKeeper to have the rest, which is on its way already
REST = 10.0


def quiesce(cluster: DirectCluster, progress: Progress) -> tuple[int | None, str]:
    """End the followers, so that nothing can be committed any more, and wait until ZooKeeper has the rest.

    Returns the offset of the last committed record (None when nobody could say it) and a note ("" when all went well).
    Raises DeadlineExceeded when ZooKeeper does not get the rest, or (code ALIVE) when a follower does not end; the quorum
    comes back by itself then.
    """
    quorum = read_quorum(cluster)
    if quorum.leader is None or quorum.leader not in cluster.controller_ids:
        return None, "admin changes were not quiesced before the stop: the quorum had no leader"
    if not migration_flag.on_everywhere(cluster):
        return None, "admin changes were not quiesced before the stop: not every controller has the migration flag"
    followers = {
        pod: obj["metadata"]["uid"]
        for pod, obj in cluster.controller_pods.items()
        if pod != cluster.controller_ids[quorum.leader]
    }
    for pod, uid in followers.items():
        try:
            cluster.driver.remove_pod(pod, uid, grace_seconds=GRACE)
        except NotFound:
            continue
    container = cluster.controller_container

    def check(found: Mapping[str, Any]) -> Verdict:
        left = [pod for pod, uid in followers.items() if _runs(found.get(pod), uid, container)]
        return Verdict(not left, f"controllers {', '.join(left)} still run" if left else "the leader is alone")

    try:
        wait_for(cluster.client, POD, cluster.namespace, check, timeout=ENDED, progress=progress)
    except DeadlineExceeded as error:
        raise DeadlineExceeded(
            f"{error.message}; nothing was removed, and they come back by themselves: fix the node, then run rollback.yml again",
            code=ALIVE,
        ) from error
    alone = {quorum.leader: members(cluster)[quorum.leader]}
    try:
        watermark = quorum_status(cluster.client, cluster.namespace, alone, migration=False, alone=True).high_watermark
    except Unreachable as error:
        return None, f"the last committed offset was not read: {error.message}"
    if watermark < 1:
        return None, "the last committed offset was not read: the leader had stepped down already"
    try:
        handover.wait_written(cluster.zookeeper, watermark - 1, timeout=REST, progress=progress)
    except DeadlineExceeded as error:
        raise DeadlineExceeded(f"{error.message}; the controllers that were stopped come back by themselves") from error
    return watermark - 1, ""


def _runs(pod: Mapping[str, Any] | None, uid: str, container: str) -> bool:
    """Whether the process of the old pod may still run: kubelet says that it ended before the object goes."""
    if pod is None or pod["metadata"]["uid"] != uid:
        return False
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    return not any(each["name"] == container and "terminated" in (each.get("state") or {}) for each in statuses)
