# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After a rollback: the job, the KRaftController and its volumes are deleted, so that a new attempt starts empty.

Private to the collection. Safety rules 3 and 6 of docs/architecture.md. The operator's volumes carry no label of ours: while their pods
exist, they are found by what the pods mount, and get our label (at the end of SETUP and before a rollback, since the operator may stop the
controllers in it); what is deleted carries it, and has the uid that was read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.ownership import is_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import claims_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD, PVC, Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict, wait_for
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import originals
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.cluster import ConfluentCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import NotFound

OF_CONTROLLERS = {names.LABEL_ROLE: names.ROLE_CONTROLLER}


def take_over(cluster: ConfluentCluster) -> None:
    """Put our label on a KRaftController that the user made, which the inventory or a job of ours names as this cluster's."""
    _take_over(cluster, res.CONTROLLER, cluster.controller_cr)


def take_over_job(cluster: ConfluentCluster) -> None:
    """Put our label on a job that the user made, when it is rolled back by us; the operator locks the others, but not it."""
    _take_over(cluster, res.JOB, cluster.job)


def _take_over(cluster: ConfluentCluster, kind: Kind, cr: Mapping[str, Any] | None) -> None:
    if cr is not None and not is_of(cr, cluster.name):
        _label(cluster, kind, cr, {names.LABEL_CLUSTER: cluster.name})


def mark_claims(cluster: ConfluentCluster) -> None:
    """Put our labels on the volume claims that the controllers' pods mount."""
    for pod in cluster.controller_pods.values():
        for name in claims_of(pod):
            claim = cluster.client.find(PVC, name, cluster.namespace)
            if claim is not None:
                labels = {names.LABEL_CLUSTER: cluster.name, **OF_CONTROLLERS}
                _label(cluster, PVC, claim, labels)


def unmarked_claims(cluster: ConfluentCluster) -> list[str]:
    """Volume claims with the names that the operator gives its controllers', which nobody could tell to be theirs by a pod.

    They are not deleted, but a new attempt on them would start with the old metadata.
    """
    pattern = re.compile(rf"data\d+-{re.escape(cluster.controllers_name)}-\d+")
    found = cluster.client.list(PVC, cluster.namespace)
    return sorted(
        item["metadata"]["name"]
        for item in found
        if pattern.fullmatch(item["metadata"]["name"]) and not is_of(item, cluster.name)
    )


def _label(cluster: ConfluentCluster, kind: Kind, obj: Mapping[str, Any], labels: Mapping[str, str]) -> None:
    metadata = {"uid": obj["metadata"]["uid"], "labels": dict(labels)}
    cluster.client.patch(kind, obj["metadata"]["name"], obj["metadata"]["namespace"], {"metadata": metadata})


def claims(cluster: ConfluentCluster) -> dict[str, dict[str, Any]]:
    """The controllers' volume claims: those that carry our labels."""
    wanted = f"{names.LABEL_CLUSTER}={cluster.name},{names.LABEL_ROLE}={names.ROLE_CONTROLLER}"
    found = cluster.client.list(PVC, cluster.namespace, label_selector=wanted)
    return {str(item["metadata"]["name"]): item for item in found}


def clean_up(cluster: ConfluentCluster) -> list[str]:
    """Delete job, KRaftController, volumes and originals; returns one name each. Raises DeadlineExceeded."""
    deleted = []
    cluster.changed()  # what is deleted is judged by what is there now
    if cluster.job is not None and is_of(cluster.job, cluster.name):
        take_over(cluster)
        cluster.changed()
    mark_claims(cluster)
    pods = {name: pod["metadata"]["uid"] for name, pod in cluster.controller_pods.items()}
    for kind, cr in ((res.JOB, cluster.job), (res.CONTROLLER, cluster.controller_cr)):
        if cr is not None and _delete(cluster, kind, cr):
            deleted.append(f"{kind.kind}/{cr['metadata']['name']}")
    _wait_gone(cluster, POD, pods, "controllers")
    found = claims(cluster)
    deleted += [f"PersistentVolumeClaim/{name}" for name, claim in found.items() if _delete(cluster, PVC, claim)]
    _wait_gone(cluster, PVC, {name: claim["metadata"]["uid"] for name, claim in found.items()}, "volumes")
    if originals.forget(cluster):
        deleted.append("Secret with the custom resources of before")
    cluster.changed()
    return deleted


def _delete(cluster: ConfluentCluster, kind: Kind, obj: Mapping[str, Any]) -> bool:
    """Delete what carries our label, by the uid that was read; False when it is not ours, or was gone already."""
    if not is_of(obj, cluster.name):
        return False
    try:
        cluster.client.delete(kind, obj["metadata"]["name"], obj["metadata"]["namespace"], uid=obj["metadata"]["uid"])
    except NotFound:
        return False
    return True


def _wait_gone(cluster: ConfluentCluster, kind: Kind, uids: Mapping[str, str], what: str) -> None:
    if not uids:
        return

    def judge(found: Mapping[str, Any]) -> Verdict:
        left = [name for name, uid in uids.items() if name in found and found[name]["metadata"]["uid"] == uid]
        return Verdict(not left, f"{what} {', '.join(left)} are not gone yet" if left else f"the {what} are gone")

    wait_for(cluster.client, kind, cluster.namespace, judge, timeout=cluster.params["wait_timeout"])


def left(cluster: ConfluentCluster) -> list[str]:
    """What of an attempt still exists, those objects included that were left alone because they are not ours.

    A KRaftController that is held has made nothing yet: a new attempt begins with it.
    """
    cluster.changed()
    found = [f"{res.JOB.kind}/{cluster.job['metadata']['name']}"] if cluster.job is not None else []
    if cluster.controller_cr is not None and not res.is_on(cluster.controller_cr, res.HOLD):
        found.append(f"{res.CONTROLLER.kind}/{cluster.controllers_name}")
    found += [*cluster.controller_pods, *(f"PersistentVolumeClaim/{name}" for name in claims(cluster))]
    unmarked = [] if cluster.controller_pods else unmarked_claims(cluster)
    return [
        *found,
        *(
            f"PersistentVolumeClaim/{name} (of controllers that were gone before: delete it by hand)"
            for name in unmarked
        ),
    ]
