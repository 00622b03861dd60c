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
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.ownership import is_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import claims_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD, PVC, Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict, wait_for
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import objects, originals
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.cluster import ConfluentCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.job import progress_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import NotFound, Refused

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


def clean_up(cluster: ConfluentCluster, progress: Callable[[str], None]) -> list[str]:
    """Delete job, KRaftController, volumes and originals; returns one name each. Raises DeadlineExceeded.

    A job that somebody else made and had rolled back is taken over: whoever runs rollback.yml for the cluster wants it cleaned up.
    """
    deleted = []
    cluster.changed()  # what is deleted is judged by what is there now
    if cluster.job is not None and progress_of(cluster.job).rolled_back:
        take_over_job(cluster)
        cluster.changed()
    if cluster.job is not None and is_of(cluster.job, cluster.name):
        take_over(cluster)
        cluster.changed()
    mark_claims(cluster)
    pods = {name: pod["metadata"]["uid"] for name, pod in cluster.controller_pods.items()}
    controllers = cluster.controller_cr  # by the name that the job has for them
    for kind, cr in ((res.JOB, cluster.job), (res.CONTROLLER, controllers)):
        deleted += _deleted(cluster, kind, cr)
    _wait_gone(cluster, POD, pods, "controllers", progress)
    found = claims(cluster)
    deleted += [f"PersistentVolumeClaim/{name}" for name, claim in found.items() if _delete(cluster, PVC, claim)]
    _wait_gone(cluster, PVC, {name: claim["metadata"]["uid"] for name, claim in found.items()}, "volumes", progress)
    if originals.forget(cluster):
        deleted.append("Secret with the custom resources of before")
    cluster.changed()
    return deleted


def cannot_remove_job(cluster: ConfluentCluster) -> Finding | None:
    """Return why the job alone may not be deleted by us, or None."""
    cluster.changed()
    job = cluster.job
    if job is None:
        return None
    name = f"{res.JOB.kind} {job['metadata']['namespace']}/{job['metadata']['name']}"
    if not is_of(job, cluster.name):
        label = f"{names.LABEL_CLUSTER}={cluster.name}"
        return finding(
            "foreign-object",
            name,
            f"{name} was made by somebody else (it has no label {label}); delete it yourself once it is over",
        )
    seen = progress_of(job)
    locked = [f"{cr['kind']} {cr['metadata']['name']}" for cr in cluster.resources.objects if res.is_on(cr, res.LOCK)]
    named = objects.dependencies(job)["kRaftController"]
    otherwise = str(cluster.params["controller_name"] or names.controllers_name(cluster.name))
    if not (seen.complete or seen.rolled_back or seen.failed):
        why = f"{name} is under way: the operator is at {seen.where}; a job is deleted after COMPLETE, a complete rollback or FAILURE"
    elif locked:
        why = f"{', '.join(locked)} still have the lock that only {name} gives back; have it released first (state: released)"
    elif seen.rolled_back and cluster.controller_cr is not None and named is not None and named.name != otherwise:
        why = (
            f"without {name} nothing tells that {res.CONTROLLER.kind} {named.name} is left of this attempt; set kraft_controller_name to "
            f"{named.name}, or run rollback.yml, which deletes both"
        )
    else:
        return None
    return finding("wrong-state", name, why)


def remove_job(cluster: ConfluentCluster) -> list[str]:
    """Delete the job alone; returns its name, [] when there is none. Raises Refused when that is not ours to do."""
    why = cannot_remove_job(cluster)
    if why is not None:
        raise Refused(why.sentence, code=why.code)
    deleted = _deleted(cluster, res.JOB, cluster.job)
    cluster.changed()
    return deleted


def _deleted(cluster: ConfluentCluster, kind: Kind, cr: Mapping[str, Any] | None) -> list[str]:
    """Delete a custom resource of ours; returns its name, if it was deleted."""
    if cr is None or not _delete(cluster, kind, cr):
        return []
    return [f"{kind.kind}/{cr['metadata']['name']}"]


def _delete(cluster: ConfluentCluster, kind: Kind, obj: Mapping[str, Any]) -> bool:
    """Delete what carries our label, by the uid that was read; False when it is not ours, or was gone already."""
    if not is_of(obj, cluster.name):
        return False
    try:
        cluster.client.delete(kind, obj["metadata"]["name"], obj["metadata"]["namespace"], uid=obj["metadata"]["uid"])
    except NotFound:
        return False
    return True


def _wait_gone(
    cluster: ConfluentCluster, kind: Kind, uids: Mapping[str, str], what: str, progress: Callable[[str], None]
) -> None:
    if not uids:
        return

    def judge(found: Mapping[str, Any]) -> Verdict:
        left = [name for name, uid in uids.items() if name in found and found[name]["metadata"]["uid"] == uid]
        return Verdict(not left, f"{what} {', '.join(left)} are not gone yet" if left else f"the {what} are gone")

    timeout = cluster.params["wait_timeout"]
    wait_for(cluster.client, kind, cluster.namespace, judge, timeout=timeout, progress=progress)


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
