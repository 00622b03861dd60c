# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a migration waits for, in words: from the controllers' and the brokers' logs, read through the API.

Private to the collection. The driver's state is only in the logs (KRaftMigrationDriver).
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.logs import alarms, last_waiting_line
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.statefulset import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError

TAIL = 400


def waiting_for(cluster: StatefulSetCluster) -> str:
    """Return the active controller's newest line on what it waits for, or an empty string."""
    for pod in cluster.controller_pods:
        text = _log(cluster, pod, cluster.controller_container)
        line = last_waiting_line(text)
        if line:
            return f"{pod}: {line}"
    return ""


def why_stuck(cluster: StatefulSetCluster) -> str:
    """Return who is missing and why: waiting lines, then known failure lines of controllers and brokers."""
    parts = [waiting_for(cluster)]
    for pods, container in ((cluster.controller_pods, cluster.controller_container), (cluster.pods, cluster.container)):
        for pod in pods:
            parts += [f"{pod}: {alarm}" for alarm in alarms(_log(cluster, pod, container))]
    return "; ".join(dict.fromkeys(part for part in parts if part))


def _log(cluster: StatefulSetCluster, pod: str, container: str) -> str:
    try:
        return cluster.client.pod_log(pod, cluster.namespace, container=container, tail_lines=TAIL)
    except KraftError:
        return ""
