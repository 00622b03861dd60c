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
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import SECRET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.statefulset import (
    StatefulSetCluster,
    ordinal_key,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.writes import template_annotation
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, NotFound, Refused


@dataclass(frozen=True)
class Original:
    """One StatefulSet before the migration: its pod template, and the settings that a broker of it ran with."""

    template: dict[str, Any]
    effective: dict[str, str]


def keep(cluster: StatefulSetCluster) -> str:
    """Keep the originals before anything is written; returns the Secret's name.

    Raises Conflict when a StatefulSet is at a stage already but its original is gone.
    """
    name = names.originals_name(cluster.name)
    if cluster.client.find(SECRET, name, cluster.namespace) is not None:
        return name
    data = {}
    for item in cluster.statefulsets:
        own = str(item["metadata"]["name"])
        stage = template_annotation(item, names.STAGE)
        if stage:
            raise Conflict(
                f"StatefulSet {own} is at stage {stage} but Secret {name} with its original is gone; {_supply(cluster, own)}",
                code="originals-missing",
            )
        data[f"{own}.json"] = json.dumps(
            {"template": item["spec"]["template"], "effective": _effective(cluster, own)}, sort_keys=True
        )
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
    name = names.originals_name(cluster.name)
    secret = cluster.client.find(SECRET, name, cluster.namespace) or {}
    found = {}
    for item in cluster.statefulsets:
        own = str(item["metadata"]["name"])
        try:
            raw = json.loads(base64.b64decode((secret.get("data") or {})[f"{own}.json"]))
            found[own] = Original(raw["template"], raw["effective"])
        except (KeyError, ValueError, TypeError):
            raise Refused(
                f"the original of StatefulSet {own} is not in Secret {name}: {_supply(cluster, own)}",
                code="originals-missing",
            ) from None
    return found


def forget(cluster: StatefulSetCluster) -> bool:
    """Delete the Secret; the next attempt keeps what the user has then. Returns whether there was one."""
    try:
        cluster.client.delete(SECRET, names.originals_name(cluster.name), cluster.namespace)
    except NotFound:
        return False
    return True


def _effective(cluster: StatefulSetCluster, statefulset: str) -> Mapping[str, str]:
    for pod, facts in cluster.facts.items():
        if ordinal_key(pod)[0] == statefulset and facts.settings:
            return facts.settings
    return {}


def _supply(cluster: StatefulSetCluster, statefulset: str) -> str:
    return (
        f"take the pod template from before the migration (git, a backup, or an old revision: kubectl -n {cluster.namespace} get "
        f"controllerrevisions -o yaml) and the server.properties of a broker of that time, and put "
        f'{{"template": ..., "effective": {{key: value}}}} as key {statefulset}.json into Secret {names.originals_name(cluster.name)}'
    )
