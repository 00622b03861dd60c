# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a migration waits for, in words: from the controllers' and the brokers' logs, read through the API.

Private to the collection. The driver's state is only in the logs (KRaftMigrationDriver).
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.logs import Signals, pod_signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError


def waiting_for(cluster: Cluster) -> str:
    """Return the active controller's newest line on what it waits for, or an empty string."""
    for pod in cluster.controller_pods:
        found = _signals(cluster, pod, cluster.controller_container)
        if found and found.waiting:
            return f"{pod}: {found.waiting}"
    return ""


def why_stuck(cluster: Cluster) -> str:
    """Return who is missing and why: waiting lines, then known failure lines of controllers and brokers."""
    parts = [waiting_for(cluster)]
    for pods, container in ((cluster.controller_pods, cluster.controller_container), (cluster.pods, cluster.container)):
        for pod in pods:
            found = _signals(cluster, pod, container)
            parts += [
                f"{pod}: {item.pattern.meaning} ({item.pattern.remedy})" for item in (found.troubles if found else ())
            ]
    return "; ".join(dict.fromkeys(part for part in parts if part))


def _signals(cluster: Cluster, pod: str, container: str) -> Signals | None:
    try:
        return pod_signals(cluster.client, cluster.namespace, pod, container)
    except KraftError:
        return None
