# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of a migration: the cr-lock annotation on every StatefulSet that we manage, and who may hold it.

Private to the collection. The Lease is one run; this lock is the whole migration, soak of weeks included.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import foreign
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.marks import annotations_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, blocking, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import STATEFUL_SET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.writes import check_untouched
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.gitops import not_paused
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused


def managed(cluster: StatefulSetCluster) -> list[dict[str, Any]]:
    """The StatefulSets that the migration changes: the brokers' and, once they exist, the controllers'."""
    return [*cluster.statefulsets, *([cluster.controllers] if cluster.controllers else [])]


def current_id(cluster: StatefulSetCluster) -> str:
    """The migration id in the cr-lock annotations, or an empty string."""
    for item in managed(cluster):
        held = annotations_of(item).get(names.LOCK)
        if held:
            return held
    return ""


def foreign_findings(cluster: StatefulSetCluster) -> list[Finding]:
    """Objects that somebody else manages: an owner, or GitOps that is not seen paused."""
    found = []
    for item in managed(cluster):
        where = f"StatefulSet {cluster.namespace}/{item['metadata']['name']}"
        owner = foreign.owner(item)
        if owner:
            found.append(
                finding(
                    "owned-by-controller",
                    where,
                    f"{where} belongs to {owner}, which would revert every change; use its own migration",
                )
            )
        found += [
            finding(
                "managed-by-gitops",
                where,
                f"{where} is managed by {manager}, which {how}; pause it for the migration",
            )
            for manager in foreign.gitops(item)
            if (how := not_paused(cluster.client, manager, cluster.namespace))
        ]
    return found


def check(cluster: StatefulSetCluster, migration_id: str) -> None:
    """Refuse when another migration holds the lock, somebody else manages an object, or one was changed under us."""
    for item in managed(cluster):
        held = annotations_of(item).get(names.LOCK)
        if held and held != migration_id:
            raise Refused(
                f"StatefulSet {cluster.namespace}/{item['metadata']['name']} is locked by migration {held} "
                f"({annotations_of(item).get(names.LOCK_HOLDER, 'holder unknown')}); wait for it; if it is no longer alive, run unlock.yml",
                code="lock-held",
            )
        check_untouched(item)
    stopping = blocking(foreign_findings(cluster), cluster.params["accept"])
    if stopping:
        raise Refused(stopping[0].sentence, code=stopping[0].code)


def annotate(cluster: StatefulSetCluster, migration_id: str, holder: str, since: str) -> bool:
    """Lock every managed object that is not locked yet; returns whether anything was written. Raises as check()."""
    check(cluster, migration_id)
    written = False
    for item in managed(cluster):
        if annotations_of(item).get(names.LOCK) == migration_id and annotations_of(item).get(names.TEMPLATE_DIGEST):
            continue
        marks = {
            names.LOCK: migration_id,
            names.LOCK_HOLDER: f"{holder} since {since}",
            names.TEMPLATE_DIGEST: foreign.digest(item["spec"]["template"]),
        }
        _patch(cluster, item, marks)
        written = True
    if written:
        cluster.changed(Part.OBJECTS)
    return written


def release(cluster: StatefulSetCluster, *, over: bool = False) -> bool:
    """Take the lock off every managed object; returns whether anything was written.

    ``over``: the migration is complete, and with it goes what only a rollback would need.
    """
    marks = [names.LOCK, names.LOCK_HOLDER, names.TEMPLATE_DIGEST]
    marks += [names.ORIGINAL_DIGEST, names.STAGE_DIGEST] if over else []
    written = False
    for item in managed(cluster):
        held = [name for name in marks if name in annotations_of(item)]
        if held:
            _patch(cluster, item, dict.fromkeys(held))
            written = True
    if written:
        cluster.changed(Part.OBJECTS)
    return written


def _patch(cluster: StatefulSetCluster, item: dict[str, Any], marks: dict[str, Any]) -> None:
    # not conditional on the resourceVersion: the status moves it, and the Lease keeps other runs out
    name = item["metadata"]["name"]
    cluster.client.patch(
        STATEFUL_SET, name, cluster.namespace, {"metadata": {"uid": item["metadata"]["uid"], "annotations": marks}}
    )
