# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which platform a cluster is on, and its handle.

Private to the collection. Later platforms (operators) are added here; nothing outside this folder asks for the platform.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster

#: platform name to the class that drives it; "auto" tries them in this order
PLATFORMS: Mapping[str, type[StatefulSetCluster]] = {"statefulset": StatefulSetCluster}


def open_cluster(client: KubeClient, params: Mapping[str, Any]) -> StatefulSetCluster:
    """Return the handle of the cluster that ``params`` name."""
    wanted = params["platform"]
    return (PLATFORMS.get(wanted) or next(iter(PLATFORMS.values())))(client, params)
