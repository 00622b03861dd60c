# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster id, from sources that must agree.

Private to the collection. A wrong id ends in InconsistentClusterIdException on the quorum's channel.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused


def cluster_id(cluster: Cluster) -> tuple[str, dict[str, str]]:
    """Return the id and every source that gave it. Raises Refused (cluster-id-mismatch) when they differ or are missing."""
    sources: dict[str, str] = {}
    if cluster.zookeeper_connect is not None and cluster.view.cluster_id:
        sources["zookeeper:/cluster/id"] = cluster.view.cluster_id
    for pod, facts in known({**cluster.facts, **cluster.controller_facts}).items():
        for meta in facts.meta:
            if meta.cluster_id:
                sources[f"{pod}:{meta.path}"] = meta.cluster_id
    different = sorted(set(sources.values()))
    where = f"{cluster.namespace}/{cluster.name}"
    if not different:
        raise Refused(
            f"no source gave a cluster id of {where}; check the chroot and the brokers' log.dirs",
            code="cluster-id-mismatch",
        )
    if len(different) > 1:
        listed = "; ".join(f"{source} says {value}" for source, value in sorted(sources.items()))
        raise Refused(
            f"the sources of the cluster id of {where} differ: {listed}; find out which ZooKeeper belongs to the brokers",
            code="cluster-id-mismatch",
        )
    return different[0], sources
