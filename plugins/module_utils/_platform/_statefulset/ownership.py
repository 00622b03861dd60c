# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects that have the name of one of ours, or our labels, and are somebody else's: every verb refuses them.

Private to the collection. Ours is what carries our labels and has the uid that was read; the rules are in _core/_manifests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import ownership
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import (
    CONFIG_MAP,
    LEASE,
    PDB,
    POD,
    SECRET,
    SERVICE,
    STATEFUL_SET,
    Kind,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import NotFound, Refused
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.parallel import parallel

Obj = dict[str, Any]

FOREIGN, RENAMED = "foreign-object", "controller-name-changed"


def of_statefulsets(cluster: StatefulSetCluster) -> list[Finding]:
    """The controllers' StatefulSet is somebody else's, or ours has another name. Costs no request of its own."""
    found = []
    for item in cluster.all_statefulsets:
        name = str(item["metadata"]["name"])
        ours = ownership.is_of_controllers(item, cluster.name)
        if name == cluster.controllers_name and not ours:
            found.append(foreign(cluster, STATEFUL_SET, item))
        elif ours and name != cluster.controllers_name:
            found.append(
                finding(
                    RENAMED,
                    f"StatefulSet {cluster.namespace}/{name}",
                    f"StatefulSet {cluster.namespace}/{name} carries the labels of this cluster's controllers, but their name must be "
                    f"{cluster.controllers_name}; set kraft_controller_name to {name}, or take the labels {names.LABEL_CLUSTER} and "
                    f"{names.LABEL_ROLE} off it if it is a copy",
                )
            )
    return found


def findings(cluster: StatefulSetCluster) -> list[Finding]:
    """Every object whose name we would use, and every pod that would be taken for a controller, that is not ours."""
    named: tuple[tuple[Kind, str], ...] = (
        (SERVICE, cluster.controllers_name),
        (PDB, cluster.controllers_name),
        (CONFIG_MAP, names.journal_name(cluster.name)),
        (SECRET, names.originals_name(cluster.name)),
        (LEASE, names.lease_name(cluster.name)),
    )

    def read(item: tuple[Kind, str]) -> Obj | None:
        return cluster.client.find(item[0], item[1], cluster.namespace)

    there = zip(named, parallel(read, named), strict=True)
    objects = [
        foreign(cluster, kind, item)
        for (kind, _name), item in there
        if item is not None and not _is_ours(cluster, kind, item)
    ]
    return [*of_statefulsets(cluster), *objects, *_of_pods(cluster)]


def refuse(found: list[Finding]) -> None:
    """Raise Refused when there is a finding."""
    if found:
        raise Refused(f"{found[0].sentence}; nothing was changed", code=found[0].code)


def controller_pods(cluster: StatefulSetCluster) -> dict[str, Obj]:
    """The controllers' pods by name, read now, those included whose StatefulSet is gone already."""
    wanted = {names.LABEL_CLUSTER: cluster.name, names.LABEL_ROLE: names.ROLE_CONTROLLER}
    selector = ",".join(f"{key}={value}" for key, value in wanted.items())
    pods = cluster.client.list(POD, cluster.namespace, label_selector=selector)
    return {str(pod["metadata"]["name"]): pod for pod in pods if is_controller_pod(cluster, pod)}


def is_controller_pod(cluster: StatefulSetCluster, pod: Mapping[str, Any]) -> bool:
    """Whether a pod is a controller of ours: by label and by owner."""
    return ownership.is_pod_of_controllers(
        pod,
        cluster.name,
        cluster.controllers_name,
        str(cluster.controllers["metadata"]["uid"]) if cluster.controllers else "",
        [str(item["metadata"]["uid"]) for item in cluster.all_statefulsets],
    )


def has_ours(cluster: StatefulSetCluster, kind: Kind, name: str) -> bool:
    """Whether there is an object of that kind and name, and it is ours."""
    found = cluster.client.find(kind, name, cluster.namespace)
    return found is not None and _is_ours(cluster, kind, found)


def delete_ours(cluster: StatefulSetCluster, kind: Kind, name: str) -> str:
    """Delete an object of the controllers with the uid that is read now, if it is there.

    Returns what was done: "deleted", "absent", or whose it is and that it was left alone.
    """
    found = cluster.client.find(kind, name, cluster.namespace)
    if found is None:
        return "absent"
    if not _is_ours(cluster, kind, found):
        return f"{kind.kind} {name} was left alone: it seems to belong to {ownership.owner_of(found)}"
    return delete_read(cluster, kind, found)


def delete_read(cluster: StatefulSetCluster, kind: Kind, item: Mapping[str, Any]) -> str:
    """Delete the very object that was read; returns "deleted" or "absent"."""
    try:
        cluster.client.delete(kind, item["metadata"]["name"], cluster.namespace, uid=item["metadata"]["uid"])
    except NotFound:
        return "absent"
    return "deleted"


def _is_ours(cluster: StatefulSetCluster, kind: Kind, item: Mapping[str, Any]) -> bool:
    if kind in (STATEFUL_SET, SERVICE, PDB):
        return ownership.is_of_controllers(item, cluster.name)
    return ownership.is_of(item, cluster.name)


def foreign(cluster: StatefulSetCluster, kind: Kind, item: Mapping[str, Any]) -> Finding:
    """The finding of an object that has one of our names and is not ours."""
    name = str(item["metadata"]["name"])
    where = f"{kind.kind} {cluster.namespace}/{name}"
    return finding(
        FOREIGN,
        where,
        f"{where} has a name that this migration needs and does not carry its labels; it seems to belong to {ownership.owner_of(item)}; "
        + _advice(cluster, kind, name),
    )


def _advice(cluster: StatefulSetCluster, kind: Kind, name: str) -> str:
    if kind is SECRET:
        return (
            f"recreate it under another name, or, if you created it to supply an original: kubectl -n {cluster.namespace} label secret {name} "
            f"{names.LABEL_CLUSTER}={cluster.name}"
        )
    if kind in (CONFIG_MAP, LEASE):
        return "recreate it under another name: kraft_cluster determines this one"
    if cluster.controllers is not None:
        return f"recreate it under another name: the controllers' StatefulSet {name} exists already and needs its own"
    return "set kraft_controller_name to a name that is free"


def _of_pods(cluster: StatefulSetCluster) -> list[Finding]:
    """Pods that the controllers' Service would take for controllers, or that keep a controller's pod from being made."""
    planned = {f"{cluster.controllers_name}-{ordinal}" for ordinal in range(cluster.params["controller_replicas"])}
    # what a foreign StatefulSet of our name has made is told with it
    named_with_it = {
        str(item["metadata"]["uid"])
        for item in cluster.all_statefulsets
        if item["metadata"]["name"] == cluster.controllers_name
    }
    found = []
    for pod in cluster.client.list(POD, cluster.namespace):
        where = f"Pod {cluster.namespace}/{pod['metadata']['name']}"
        if ownership.is_of_controllers(pod, cluster.name):
            what = "carries the labels of this cluster's controllers"
            advice = f"stop it, or remove the labels {names.LABEL_CLUSTER} and {names.LABEL_ROLE} from it"
        elif pod["metadata"]["name"] in planned:
            what = "has the name of one of this cluster's controllers"
            advice = "stop it, or set kraft_controller_name to a name that is free"
        else:
            continue
        owners = {owner.get("uid") for owner in pod["metadata"].get("ownerReferences") or []}
        if not is_controller_pod(cluster, pod) and not owners & named_with_it:
            sentence = f"{where} {what} but is not one; it seems to belong to {ownership.owner_of(pod)}; {advice}"
            found.append(finding(FOREIGN, where, sentence))
    return found
