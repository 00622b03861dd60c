# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The brokers as the user made them, kept in a Secret before the first write: what a rollback restores.

Private to the collection. The templates may hold passwords, and so may the settings that a broker ran with.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import foreign
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.marks import (
    annotations_of,
    template_annotation,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import acceptance
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import SECRET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import locks, ownership
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.pods import ordinal_key
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

STALE = "originals-stale"


@dataclass(frozen=True)
class Original:
    """One StatefulSet before the migration: its pod template, and the settings that a broker of it ran with.

    ``digest`` of the template and ``migration`` say which attempt kept it; both are empty for one that somebody supplied by hand.
    """

    template: dict[str, Any]
    effective: dict[str, str]
    digest: str = ""
    migration: str = ""


def keep(cluster: StatefulSetCluster) -> str:
    """Keep the originals before anything is written; returns the Secret's name.

    As long as a StatefulSet is at no stage, its template is the original: it is kept again, whatever is there of an earlier
    attempt. One that is at a stage already has no original any more that could be kept: the way forward does not need it, see
    missing().
    """
    name = names.originals_name(cluster.name)
    there = cluster.client.find(SECRET, name, cluster.namespace)
    data = {}
    for item in cluster.statefulsets:
        own = str(item["metadata"]["name"])
        if template_annotation(item, names.STAGE):
            continue
        template = item["spec"]["template"]
        now = Original(template, dict(_effective(cluster, own)), foreign.digest(template), cluster.journal.migration_id)
        data[f"{own}.json"] = json.dumps(vars(now), sort_keys=True)
    labels = {names.LABEL_CLUSTER: cluster.name, names.MANAGED_BY: names.MANAGER}
    if there is None and data:
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "labels": labels}, "stringData": data}
        cluster.client.create(SECRET, body, cluster.namespace)
    elif there is not None and any(_decoded(there, key) != value for key, value in data.items()):
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
        body = {"metadata": {"uid": there["metadata"]["uid"]}, "data": encoded}
        version = there["metadata"]["resourceVersion"]
        cluster.client.patch(SECRET, name, cluster.namespace, body, resource_version=version)
    return name


def load(cluster: StatefulSetCluster) -> dict[str, Original]:
    """Return the originals by StatefulSet.

    Raises Refused (originals-missing) that says how to supply one, or (originals-stale, acceptable) when the one that is kept is
    of another migration, or would undo a change that somebody made to the template since.
    """
    found = {}
    for item, original in _read(cluster):
        if original is None:
            raise Refused(_missing(cluster, item), code="originals-missing")
        why = _stale(cluster, item, original)
        if why and STALE not in cluster.params["accept"]:
            raise Refused(why, code=STALE)
        found[str(item["metadata"]["name"])] = original
    return found


def before(cluster: StatefulSetCluster) -> dict[str, str]:
    """The settings that brokers ran with before the migration, those of all StatefulSets together; empty where none are kept.

    Whoever needs an original to be there, and to be of this migration, asks load().
    """
    found: dict[str, str] = {}
    for _item, original in _read(cluster):
        found |= original.effective if original else {}
    return found


def missing(cluster: StatefulSetCluster) -> list[str]:
    """One sentence for each StatefulSet whose original is not kept, or is stale: what is wrong and how to supply it."""
    return [
        _missing(cluster, item) if original is None else _stale(cluster, item, original)
        for item, original in _read(cluster)
        if original is None or _stale(cluster, item, original)
    ]


def _read(cluster: StatefulSetCluster) -> list[tuple[dict[str, Any], Original | None]]:
    secret = cluster.client.find(SECRET, names.originals_name(cluster.name), cluster.namespace) or {}
    found: list[tuple[dict[str, Any], Original | None]] = []
    for item in cluster.statefulsets:
        try:
            raw = json.loads(_decoded(secret, f"{item['metadata']['name']}.json"))
            original = Original(raw["template"], raw["effective"], raw.get("digest", ""), raw.get("migration", ""))
            found.append((item, original))
        except (KeyError, ValueError, TypeError, AttributeError):
            found.append((item, None))
    return found


def _decoded(secret: Mapping[str, Any], key: str) -> str:
    """The text of a key, "" when it is not there."""
    return base64.b64decode((secret.get("data") or {}).get(key, "")).decode()


def _stale(cluster: StatefulSetCluster, item: Mapping[str, Any], original: Original) -> str:
    """Return why an original may not be what the user has in mind, or an empty string."""
    if not template_annotation(item, names.STAGE):
        return ""  # it is not put back: the template is the user's own
    own, secret = str(item["metadata"]["name"]), names.originals_name(cluster.name)
    marks = annotations_of(item)
    kept, written = marks.get(names.ORIGINAL_DIGEST, ""), marks.get(names.STAGE_DIGEST, "")
    accept = acceptance(f"{cluster.namespace}/{cluster.name}", STALE)
    migration = cluster.journal.migration_id or locks.current_id(cluster)
    other = original.digest != kept if kept else bool(migration) and original.migration != migration
    if original.digest and other:
        return (
            f"the original of StatefulSet {own} in Secret {secret} was kept by another migration ({original.migration or 'unknown'}): it "
            f"is not what this migration found; {_supply(cluster, own)}, or restore it as it is with {accept}"
        )
    if original.digest and written and written != foreign.digest(item["spec"]["template"]):
        return (
            f"StatefulSet {own} was changed by {foreign.last_writer(item)} after this migration wrote it, and the original in Secret "
            f"{secret} is older: a rollback would undo that change; put the original with the change into the Secret "
            f"({_supply(cluster, own)}), or undo the change with {accept}"
        )
    return ""


def forget(cluster: StatefulSetCluster) -> bool:
    """Delete the Secret; the next attempt keeps what the user has then. Returns whether there was one."""
    return ownership.delete_ours(cluster, SECRET, names.originals_name(cluster.name)) == "deleted"


def _effective(cluster: StatefulSetCluster, statefulset: str) -> Mapping[str, str]:
    for pod, facts in known(cluster.facts).items():
        if ordinal_key(pod)[0] == statefulset and facts.settings:
            return facts.settings
    return {}


def _missing(cluster: StatefulSetCluster, item: Mapping[str, Any]) -> str:
    own = str(item["metadata"]["name"])
    return f"the original of StatefulSet {own} is not in Secret {names.originals_name(cluster.name)}: {_supply(cluster, own)}"


def _supply(cluster: StatefulSetCluster, statefulset: str) -> str:
    name, namespace = names.originals_name(cluster.name), cluster.namespace
    return (
        f"take the pod template from before the migration (git, a backup, or an old revision: kubectl -n {namespace} get controllerrevisions "
        f"-o yaml) and the server.properties of a broker of that time, and put "
        f'{{"template": ..., "effective": {{key: value}}}} as key {statefulset}.json into Secret {name}, with the label '
        f"{names.LABEL_CLUSTER}={cluster.name}"
    )
