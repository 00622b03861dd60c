# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes to StatefulSets: only to objects that nobody else manages or has changed under us.

Private to the collection. Safety rule 6 of docs/architecture.md. Each write is conditional on the resourceVersion that was read.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import foreign
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.marks import (
    annotations_of,
    owner_uid,
    template_annotation,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.ownership import is_of, owner_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import (
    CONFIG_MAP,
    POD,
    SECRET,
    STATEFUL_SET,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict, wait_for
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    DeadlineExceeded,
    NotFound,
    Refused,
)

Obj = dict[str, Any]

#: a StatefulSet's status is written often while pods move; each write is tried again when only that changed
ATTEMPTS = 8
#: label of a pod with the revision of the template that it was made from
REVISION = "controller-revision-hash"
#: in force while a partition is put back; with the newest revision everywhere it restarts nothing
UNPARTITIONED = {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}


def check_untouched(statefulset: Mapping[str, Any]) -> None:
    """Raise Conflict (code changed-by-others) when the pod template is not the one that we saw or wrote last."""
    known = annotations_of(statefulset).get(names.TEMPLATE_DIGEST)
    if known and known != foreign.digest(statefulset["spec"]["template"]):
        metadata = statefulset["metadata"]
        raise Conflict(
            f"StatefulSet {metadata['namespace']}/{metadata['name']} was changed during the migration by "
            f"{foreign.last_writer(statefulset)}; find out why, restore the template (or run unlock.yml to accept it), then run again",
            code="changed-by-others",
        )


def _update(client: KubeClient, statefulset: Obj, mutate: Callable[[Obj], None]) -> Obj:
    """Write a StatefulSet whose spec is still the one that was read; its status may have moved on meanwhile.

    Raises Conflict (code changed-by-others) when the spec changed: metadata.generation counts those changes.
    """
    metadata = statefulset["metadata"]
    current = statefulset
    for _attempt in range(ATTEMPTS):
        body = copy.deepcopy(current)
        body.pop("status", None)
        mutate(body)
        try:
            return client.replace(STATEFUL_SET, body, metadata["namespace"])
        except Conflict as error:
            current = client.get(STATEFUL_SET, metadata["name"], metadata["namespace"])
            if error.detail.get("repeated") and _is_done(current, mutate):
                return current
            same = (current["metadata"]["uid"], current["metadata"]["generation"]) == (
                metadata["uid"],
                metadata["generation"],
            )
            if not same:
                break
    raise Conflict(
        f"StatefulSet {metadata['namespace']}/{metadata['name']} was changed by {foreign.last_writer(current)} during the write; "
        "find out who and why, then run again",
        code="changed-by-others",
    )


def _is_done(statefulset: Mapping[str, Any], mutate: Callable[[Obj], None]) -> bool:
    """Whether a write would change nothing: an earlier try was carried out, though its answer was an error."""
    body = copy.deepcopy(dict(statefulset))
    mutate(body)
    return body == statefulset


def write_template(client: KubeClient, statefulset: Obj, template: Obj, *, replicas: int | None = None) -> Obj:
    """Write a pod template (and replicas) with the digest of what the API server makes of it. Raises Conflict."""
    check_untouched(statefulset)
    probe = copy.deepcopy(statefulset)
    probe.pop("status", None)
    probe["metadata"].pop("resourceVersion", None)
    probe["spec"]["template"] = template
    predicted = client.replace(STATEFUL_SET, probe, statefulset["metadata"]["namespace"], dry_run=True)
    digest = foreign.digest(predicted["spec"]["template"])
    trace = _trace(statefulset, predicted, digest)

    def mutate(body: Obj) -> None:
        body["spec"]["template"] = copy.deepcopy(predicted["spec"]["template"])
        if replicas is not None:
            body["spec"]["replicas"] = replicas
        marks = body["metadata"].setdefault("annotations", {})
        marks[names.TEMPLATE_DIGEST] = digest
        for mark in (names.ORIGINAL_DIGEST, names.STAGE_DIGEST):
            marks.pop(mark, None)
        marks.update(trace)

    return _update(client, statefulset, mutate)


def _trace(before: Obj, after: Obj, digest: str) -> dict[str, str]:
    """What a StatefulSet at a stage says of its way there: the digest of the user's own template, and of what we wrote last."""
    if not template_annotation(after, names.STAGE):
        return {}
    original = annotations_of(before).get(names.ORIGINAL_DIGEST, "")
    if not template_annotation(before, names.STAGE):
        original = foreign.digest(before["spec"]["template"])
    written = annotations_of(before).get(names.STAGE_DIGEST)
    if template_annotation(before, names.STAGE) and written and written != foreign.digest(before["spec"]["template"]):
        digest = written  # what somebody changed in an earlier stage is in this one too
    return {names.STAGE_DIGEST: digest} | ({names.ORIGINAL_DIGEST: original} if original else {})


def scale(client: KubeClient, statefulset: Obj, replicas: int) -> Obj:
    """Set the replicas of a StatefulSet; nothing is written when it has them. Raises Conflict."""
    if statefulset["spec"].get("replicas", 1) == replicas:
        return statefulset

    def mutate(body: Obj) -> None:
        body["spec"]["replicas"] = replicas

    return _update(client, statefulset, mutate)


def hold_rolls(client: KubeClient, statefulset: Obj) -> Obj:
    """Switch a StatefulSet to OnDelete before anything else, so that no ungated roll starts; remembers the user's strategy."""
    strategy = statefulset["spec"].get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return statefulset

    def mutate(body: Obj) -> None:
        marks = body["metadata"].setdefault("annotations", {})
        # what is in force may be the first half of restore_strategy(), which was stopped there
        if _partition(strategy) or not _partition(json.loads(marks.get(names.UPDATE_STRATEGY, "{}"))):
            marks[names.UPDATE_STRATEGY] = json.dumps(strategy, sort_keys=True)
        body["spec"]["updateStrategy"] = {"type": "OnDelete"}

    return _update(client, statefulset, mutate)


def restore_strategy(
    client: KubeClient, statefulset: Obj, timeout: float, progress: Callable[[str], None] = lambda _text: None
) -> bool:
    """Put the user's update strategy back; only when every pod has the update revision, else an ungated roll would start.

    Kubernetes makes the pods below a partition from ``currentRevision``, which stands still under OnDelete: it is the template from before.
    So a partition is put back last, when the newest revision has become the current one.

    Returns whether it was written. The status may lag behind the pods: it is waited for, up to ``timeout`` seconds each time. Raises
    Conflict when a pod has an older revision, or when the status does not say in time that none has.
    """
    kept = annotations_of(statefulset).get(names.UPDATE_STRATEGY)
    if not kept:
        return False
    strategy = json.loads(kept)
    item = _when(client, statefulset, _not_all_updated, timeout, progress)
    if _partition(strategy):
        item = _update(client, item, lambda body: body["spec"].update(updateStrategy=copy.deepcopy(UNPARTITIONED)))
        item = _when(client, item, _not_current, timeout, progress)

    def mutate(body: Obj) -> None:
        if body["metadata"]["annotations"].pop(names.UPDATE_STRATEGY, None):
            body["spec"]["updateStrategy"] = strategy

    _update(client, item, mutate)
    return True


def _partition(strategy: Mapping[str, Any]) -> int:
    """The partition of an update strategy, 0 when it has none."""
    return int((strategy.get("rollingUpdate") or {}).get("partition") or 0)


def _when(
    client: KubeClient,
    statefulset: Obj,
    not_yet: Callable[[KubeClient, Obj], str],
    timeout: float,
    progress: Callable[[str], None],
) -> Obj:
    """Return the StatefulSet once its status says that the strategy may be put back. Raises Conflict, NotFound."""
    name, namespace = str(statefulset["metadata"]["name"]), statefulset["metadata"]["namespace"]
    current: list[Obj] = []

    def check(found: Mapping[str, Obj]) -> Verdict:
        item = found.get(name)
        if item is None or item["metadata"]["uid"] != statefulset["metadata"]["uid"]:
            raise NotFound(f"StatefulSet {namespace}/{name} is gone, or another one has its name")
        reason = not_yet(client, item)
        current[:] = [item]
        return Verdict(not reason, reason)

    try:
        wait_for(client, STATEFUL_SET, namespace, check, timeout=timeout, name=name, progress=progress)
    except DeadlineExceeded as error:
        raise Conflict(
            f"StatefulSet {namespace}/{name}: {error.message}; RollingUpdate is restored only when every pod has the update revision: "
            "check the StatefulSet's events and kube-controller-manager, then run again",
            code="wrong-state",
        ) from error
    return current[0]


def _not_seen(statefulset: Obj) -> str:
    """Return that the status is older than the spec, or an empty string."""
    seen, generation = (
        (statefulset.get("status") or {}).get("observedGeneration"),
        statefulset["metadata"]["generation"],
    )
    return "" if seen == generation else f"the status is of generation {seen}, not {generation} yet"


def _not_current(_client: KubeClient, statefulset: Obj) -> str:
    """Return why pods below a partition would still be made from an older revision, or an empty string."""
    status = statefulset.get("status") or {}
    newest, current = status.get("updateRevision"), status.get("currentRevision")
    if _not_seen(statefulset) or newest == current:
        return _not_seen(statefulset)
    return (
        f"pods below the partition would be made from revision {current}, not {newest}: {status.get('readyReplicas', 0)} of "
        f"{statefulset['spec'].get('replicas', 1)} pods are Ready, and Kubernetes changes that only when all are"
    )


def _not_all_updated(client: KubeClient, statefulset: Obj) -> str:
    """Return what the status does not say yet, or an empty string. Raises Conflict when a pod really has an older revision."""
    status, metadata = statefulset.get("status") or {}, statefulset["metadata"]
    if _not_seen(statefulset):
        return _not_seen(statefulset)
    # with OnDelete currentRevision stands still; the pods' own revision labels count as updatedReplicas
    replicas, updated = statefulset["spec"].get("replicas", 1), status.get("updatedReplicas", 0)
    if updated == replicas:
        return ""
    wanted = status.get("updateRevision")
    older = [
        f"{pod['metadata']['name']} ({revision})"
        for pod in client.list(POD, metadata["namespace"])
        if owner_uid(pod) == metadata["uid"]
        and (revision := (pod["metadata"].get("labels") or {}).get(REVISION)) not in (None, wanted)
    ]
    if older:
        raise Conflict(
            f"StatefulSet {metadata['namespace']}/{metadata['name']}: {', '.join(older)} not of the update revision {wanted}; "
            "RollingUpdate is restored only when all have it, since it would restart them without the checks of a roll: delete those pods "
            "one by one, then run again",
            code="wrong-state",
        )
    return f"the status counts {updated} of {replicas} pods with the update revision"


def create_settings(client: KubeClient, namespace: str, cluster: str, body: Mapping[str, Any]) -> None:
    """Create an immutable ConfigMap or Secret of ours; one of ours with the same name and data (its name has the hash) is fine."""
    marked = copy.deepcopy(dict(body))
    marked["immutable"] = True
    metadata = marked["metadata"]
    metadata["namespace"] = namespace
    metadata["labels"] = {
        **(metadata.get("labels") or {}),
        names.LABEL_CLUSTER: cluster,
        names.MANAGED_BY: names.MANAGER,
    }
    kind = SECRET if marked.get("kind") == "Secret" else CONFIG_MAP
    try:
        client.create(kind, marked, namespace)
    except Conflict:
        there = client.get(kind, metadata["name"], namespace)
        if not is_of(there, cluster):
            raise Refused(
                f"{kind.kind} {namespace}/{metadata['name']} has a name that this migration needs and does not carry its labels; it seems "
                f"to belong to {owner_of(there)}; recreate it under another name",
                code="foreign-object",
            ) from None
        if there.get("data") != marked.get("data"):
            raise Conflict(
                f"{kind.kind} {namespace}/{metadata['name']} exists with other content; delete it and run again",
                code="changed-by-others",
            ) from None


def handed_over(statefulset: Mapping[str, Any]) -> str:
    """What the user has to know of a StatefulSet from now on."""
    name = statefulset["metadata"]["name"]
    kept = json.loads(annotations_of(statefulset).get(names.UPDATE_STRATEGY, "{}"))
    strategy, partition = kept.get("type", "RollingUpdate"), _partition(kept)
    text = f"StatefulSet {name}: update strategy {strategy} is in force"
    if strategy == "RollingUpdate":
        which = f"its pods from ordinal {partition} on" if partition else "its pods"
        text += f"; from now on Kubernetes restarts {which}, one by one, whenever its pod template changes"
    return text
