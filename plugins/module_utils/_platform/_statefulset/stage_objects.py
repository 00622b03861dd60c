# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects with settings of stages that nothing refers to any more.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.config_map_users import config_maps_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.ownership import is_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import secret_names
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import CONFIG_MAP, POD, SECRET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import controllers, locks, ownership
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster

Obj = dict[str, Any]


def unused(cluster: StatefulSetCluster) -> tuple[list[str], list[str]]:
    """ConfigMaps and Secrets of stages that nothing shows any more; the pods are listed once for both."""
    cluster.changed(Part.SETTINGS)
    pods = cluster.client.list(POD, cluster.namespace)
    return _config_maps(cluster, pods), _secrets(cluster, pods)


def _config_maps(cluster: StatefulSetCluster, pods: list[Obj]) -> list[str]:
    """ConfigMaps of stages that no template of brokers or controllers, and no pod of the namespace, refers to any more.

    Old ControllerRevisions do not count: they name every stage until Kubernetes forgets them, and no pod is made from one. Kubernetes
    makes one only below a partition, and restore_strategy() puts a partition in force only when the newest revision is the current one.
    """
    templates = [item["spec"]["template"] for item in locks.managed(cluster)]
    used = {name for item in (*templates, *pods) for name in config_maps_of(item)}
    found = []
    for name, body in cluster.config_maps.items():
        labels: Mapping[str, str] = body["metadata"].get("labels") or {}
        ours = labels.get(names.MANAGED_BY) == names.MANAGER and labels.get(names.LABEL_CLUSTER) == cluster.name
        if ours and name != names.journal_name(cluster.name) and name not in used:
            found.append(name)
    return found


def _secrets(cluster: StatefulSetCluster, pods: list[Obj]) -> list[str]:
    """Secrets of stages that no template of brokers or controllers, and no pod, shows any more, by the names that the journal has.

    Secrets are never listed: an account need not see those of others.
    """
    needed = {name for item in locks.managed(cluster) for name in secret_names(item["spec"]["template"])}
    found: list[str] = []
    for name in dict.fromkeys([*cluster.journal.made("Secret"), *controllers.secret_names(cluster)]):
        there = cluster.secret(name) if name not in needed else None
        if there is not None and is_of(there, cluster.name):
            found.append(name)
    used = {name for pod in pods for name in secret_names(pod)}
    return [name for name in found if name not in used]


def delete_unused(cluster: StatefulSetCluster) -> list[str]:
    """Delete the ConfigMaps and Secrets of stages that nothing shows any more; returns ``kind/name`` of each."""
    done = []
    config_maps, secrets = unused(cluster)
    for name in config_maps:
        ownership.delete_read(cluster, CONFIG_MAP, cluster.config_maps[name])
        done.append(f"ConfigMap/{name}")
    for name in secrets:
        ownership.delete_ours(cluster, SECRET, name)
        done.append(f"Secret/{name}")
    cluster.changed(Part.SETTINGS)
    return done
