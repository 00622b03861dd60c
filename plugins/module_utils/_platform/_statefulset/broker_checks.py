# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What preflight finds on the brokers' StatefulSets: rollouts that have not ended, budgets, data that a restart would lose.

Private to the collection.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.broker_data import data_findings
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.budgets import budget_findings
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.rollout import pending_rollout
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import brokers, locks
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.pods import ordinal_key


def findings(cluster: StatefulSetCluster) -> list[Finding]:
    """Return what would make a restart of brokers ship, stop or lose something."""
    return [*rollouts(cluster), *budgets(cluster), *data(cluster)]


def rollouts(cluster: StatefulSetCluster) -> list[Finding]:
    """Pods of an older revision, as long as the templates are the user's: later they are those of an interrupted roll of ours."""
    if locks.current_id(cluster):
        return []
    return [
        item
        for statefulset in cluster.statefulsets
        if not brokers.stage_of(statefulset)
        for item in pending_rollout(
            statefulset, [pod for name, pod in cluster.pods.items() if _set_of(name) == statefulset["metadata"]["name"]]
        )
    ]


def budgets(cluster: StatefulSetCluster) -> list[Finding]:
    """PodDisruptionBudgets under which no broker could be evicted."""
    labels = {name: pod["metadata"].get("labels") or {} for name, pod in cluster.pods.items()}
    return budget_findings(cluster.budgets, labels, len(labels))


def data(cluster: StatefulSetCluster) -> list[Finding]:
    """Log directories that do not survive a restart of the pod."""
    found = _data(cluster, ())
    if any(item.code == "broker-data-lost" for item in found) and cluster.zookeeper_connect is not None:
        single = [
            f"{name}-{number}"
            for name, topic in sorted(cluster.view.topics.items())
            for number, replicas in sorted(topic.partitions.items())
            if len(replicas) == 1
        ]
        return _data(cluster, single)
    return found


def _data(cluster: StatefulSetCluster, single: tuple[str, ...] | list[str]) -> list[Finding]:
    found = []
    for item in cluster.statefulsets:
        paths = [
            facts.real_dirs.get(path, path)
            for pod, facts in known(cluster.facts).items()
            if _set_of(pod) == item["metadata"]["name"]
            for path in facts.log_dirs
        ]
        found += data_findings(item, cluster.container, paths, single)
    return found


def _set_of(pod: str) -> str:
    return ordinal_key(pod)[0]
