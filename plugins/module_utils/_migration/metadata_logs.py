# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The metadata logs that a rollback leaves in the brokers' volumes: looked for, and deleted where no broker uses them.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known, unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import exec as pod_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Refused


def left(cluster: Cluster) -> dict[str, tuple[str, ...]]:
    """The metadata logs of each broker that has some. Raises KraftError when a broker cannot be read."""
    unread = unknown(cluster.facts)
    if unread:
        listed = "; ".join(f"{pod}: {why}" for pod, why in unread.items())
        raise KraftError(f"it is not known whether every metadata log is deleted: {listed}", code="broker-not-healthy")
    return {pod: facts.metadata_logs for pod, facts in known(cluster.facts).items() if facts.metadata_logs}


def delete(cluster: Cluster, pod: str, paths: Sequence[str]) -> None:
    """Delete the directories of a broker that does not use them (LogManager leaves __cluster_metadata alone in ZooKeeper mode)."""
    if cluster.modes[pod] != state.MODE_ZOOKEEPER:
        raise Refused(
            f"pod {pod} runs in mode {cluster.modes[pod]} and uses its metadata log; restart it first",
            code="wrong-state",
        )
    wrong = [path for path in paths if not path.endswith("/__cluster_metadata-0")]
    if wrong:
        raise Refused(f"pod {pod}: {', '.join(wrong)} is not a metadata log", code="wrong-state")
    found = pod_exec.run(
        cluster.client, cluster.namespace, pod, ["rm", "-rf", "--", *paths], container=cluster.container
    )
    if found.rc != 0:
        raise KraftError(f"pod {pod}: {', '.join(paths)} could not be deleted: {found.stderr.strip()}")
