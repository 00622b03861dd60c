# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The brokers as the user made them, kept in a Secret before the first write: what the way back puts back.

Private to the collection. The templates may hold passwords, and so may the settings that a broker ran with.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import SECRET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import ownership
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import (
    StatefulSetCluster,
    ordinal_key,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.writes import template_annotation
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused


@dataclass(frozen=True)
class Original:
    """One StatefulSet before the migration: its pod template, and the settings that a broker of it ran with."""

    template: dict[str, Any]
    effective: dict[str, str]


def keep(cluster: StatefulSetCluster) -> str:
    """Keep the originals before anything is written; returns the Secret's name.

    One that is at a stage already has no original any more that could be kept: the way forward does not need it, see missing().
    """
    name = names.originals_name(cluster.name)
    if cluster.client.find(SECRET, name, cluster.namespace) is not None:
        return name
    data = {}
    for item in cluster.statefulsets:
        own = str(item["metadata"]["name"])
        if template_annotation(item, names.STAGE):
            continue
        data[f"{own}.json"] = json.dumps(
            {"template": item["spec"]["template"], "effective": _effective(cluster, own)}, sort_keys=True
        )
    if not data:
        return name
    cluster.client.create(
        SECRET,
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": name,
                "namespace": cluster.namespace,
                "labels": {names.LABEL_CLUSTER: cluster.name, names.MANAGED_BY: names.MANAGER},
            },
            "stringData": data,
        },
        cluster.namespace,
    )
    return name


def load(cluster: StatefulSetCluster) -> dict[str, Original]:
    """Return the originals by StatefulSet. Raises Refused (originals-missing) that says how to supply one."""
    found = {}
    for own, original in _read(cluster).items():
        if original is None:
            raise Refused(_missing(cluster, own), code="originals-missing")
        found[own] = original
    return found


def missing(cluster: StatefulSetCluster) -> list[str]:
    """One sentence for each StatefulSet whose original is not kept: what is missing and how to supply it."""
    return [_missing(cluster, own) for own, original in _read(cluster).items() if original is None]


def _read(cluster: StatefulSetCluster) -> dict[str, Original | None]:
    secret = cluster.client.find(SECRET, names.originals_name(cluster.name), cluster.namespace) or {}
    found: dict[str, Original | None] = {}
    for item in cluster.statefulsets:
        own = str(item["metadata"]["name"])
        try:
            raw = json.loads(base64.b64decode((secret.get("data") or {})[f"{own}.json"]))
            found[own] = Original(raw["template"], raw["effective"])
        except (KeyError, ValueError, TypeError):
            found[own] = None
    return found


def forget(cluster: StatefulSetCluster) -> bool:
    """Delete the Secret; the next attempt keeps what the user has then. Returns whether there was one."""
    return ownership.delete_ours(cluster, SECRET, names.originals_name(cluster.name)) == "deleted"


def _effective(cluster: StatefulSetCluster, statefulset: str) -> Mapping[str, str]:
    for pod, facts in known(cluster.facts).items():
        if ordinal_key(pod)[0] == statefulset and facts.settings:
            return facts.settings
    return {}


def _missing(cluster: StatefulSetCluster, statefulset: str) -> str:
    name = names.originals_name(cluster.name)
    return (
        f"the original of StatefulSet {statefulset} is not in Secret {name}: take the pod template from before the migration (git, a backup, "
        f"or an old revision: kubectl -n {cluster.namespace} get controllerrevisions -o yaml) and the server.properties of a broker of that "
        f'time, and put {{"template": ..., "effective": {{key: value}}}} as key {statefulset}.json into Secret {name}'
    )
