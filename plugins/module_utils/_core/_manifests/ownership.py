# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose an object is: ours by our labels, never by its name; and whose one that is not ours seems to be. Pure.

Private to the collection. Names repeat in a busy namespace: a new KRaft cluster beside ``orders`` may well be called ``orders-kraft``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import foreign

Obj = Mapping[str, Any]

HELM_RELEASE, HELM_NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"


def labels_of(obj: Obj) -> dict[str, str]:
    """Return metadata.labels, never None."""
    return dict(obj["metadata"].get("labels") or {})


def is_of(obj: Obj, cluster: str) -> bool:
    """Whether the object carries our label for this cluster."""
    return labels_of(obj).get(names.LABEL_CLUSTER) == cluster


def is_of_controllers(obj: Obj, cluster: str) -> bool:
    """Whether the object carries our labels for the controllers of this cluster."""
    return is_of(obj, cluster) and labels_of(obj).get(names.LABEL_ROLE) == names.ROLE_CONTROLLER


def is_pod_of_controllers(pod: Obj, cluster: str, name: str, uid: str, living: Collection[str]) -> bool:
    """Whether a pod is a controller of this cluster: by our labels and by its owner.

    :param name: the name of the controllers' StatefulSet.
    :param uid: its uid, empty when it does not exist (any more).
    :param living: the uids of all StatefulSets of the namespace. A pod whose owner is gone was ours: a process may outlive the
        object that made it.
    """
    if not is_of_controllers(pod, cluster):
        return False
    owners = pod["metadata"].get("ownerReferences") or []
    if not owners:  # what kubectl delete --cascade=orphan leaves
        base, _dash, ordinal = str(pod["metadata"]["name"]).rpartition("-")
        return base == name and ordinal.isdigit()
    return any(
        owner.get("kind") == "StatefulSet"
        and owner.get("name") == name
        and (owner.get("uid") == uid or owner.get("uid") not in living)
        for owner in owners
    )


def owner_of(obj: Obj) -> str:
    """Return whose an object seems to be, as the end of "it seems to belong to ..." (several marks, the surest first)."""
    metadata, labels = obj["metadata"], labels_of(obj)
    annotations = metadata.get("annotations") or {}
    found = [f"{owner['kind']}/{owner['name']}" for owner in metadata.get("ownerReferences") or []]
    if labels.get(names.LABEL_CLUSTER):
        found.append(f"the migration of Kafka cluster {labels[names.LABEL_CLUSTER]}")
    if annotations.get(HELM_RELEASE):
        where = f"{annotations[HELM_NAMESPACE]}/" if annotations.get(HELM_NAMESPACE) else ""
        found.append(f"Helm release {where}{annotations[HELM_RELEASE]}")
    found += [str(manager) for manager in foreign.gitops(obj)]
    if not found and labels.get(names.MANAGED_BY):
        found.append(labels[names.MANAGED_BY])
    if not found:
        managers = {str(entry.get("manager")) for entry in metadata.get("managedFields") or []} - {"None"}
        found += [f"whatever writes as {manager}" for manager in sorted(managers)]
    return ", ".join(dict.fromkeys(found)) or "an unknown owner (no owner reference, no field manager)"
