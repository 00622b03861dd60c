# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controllers' node pool and its volumes, deleted in a rollback at the one right moment; and what of an attempt is left.

Private to the collection. Safety rules 3 and 6 of docs/architecture.md. Deleted in KRaftPostMigration, brokers in KRaft mode would lose their
controllers for good; kept, the next attempt would start on the old log. Strimzi takes labels that it does not know off the claims, so that they
are found by its own: cluster and pool. What is deleted has the uid that was read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD, PVC
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict, wait_for
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.cluster import StrimziCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import NotFound, Refused

Tell = Callable[[str], None]


def stop(cluster: StrimziCluster, seen: Progress) -> None:
    """Delete the controllers' node pool and its volumes, and wait until the controllers are gone.

    Raises Refused (wrong-state) unless the operator rests in a rollback: nobody needs the controllers then but to be removed.
    """
    pool, pods, claims = cluster.controllers_pool, cluster.controller_pods, cluster.controllers_claims
    if pool is None and not pods and not claims:
        return
    if pool is not None and seen.waits_for is not Wait.ZNODES:
        raise Refused(
            f"the controllers are not deleted while the operator is at {seen.where}: brokers may need them; run rollback.yml again once it rests",
            code="wrong-state",
        )
    _delete_pool(cluster, pool)
    _wait_gone(cluster, POD, pods, "controllers")
    for claim in claims.values():
        _delete_claim(cluster, claim)
    cluster.changed()


def require_gone(cluster: StrimziCluster) -> None:
    """Wait until the volumes are gone, which are deleted by now. Raises Refused while a node pool of controllers, or a pod of it, exists.

    The operator that was told to go on beside a controllers' pool deletes /controller in each pass, and comes to no end.
    """
    cluster.changed()
    there = [f"KafkaNodePool {pool['metadata']['name']}" for pool in cluster.controllers_pools] + list(
        cluster.controller_pods
    )
    if there:
        raise Refused(
            f"{', '.join(there)} still exist: the operator is not told to go on before they are gone; run rollback.yml again",
            code="wrong-state",
        )
    claims = cluster.controllers_claims
    for claim in claims.values():
        _delete_claim(cluster, claim)
    _wait_gone(cluster, PVC, claims, "volumes of the controllers")
    cluster.changed()


def clean_up(cluster: StrimziCluster, progress: Tell) -> list[str]:
    """Delete what is left of the controllers, and our mark on the Kafka CR last; returns one name each. The brokers are back by now."""
    cluster.changed()
    pool, pods, claims = cluster.controllers_pool, cluster.controller_pods, cluster.controllers_claims
    deleted = []
    if pool is not None and (pods or claims) and _delete_pool(cluster, pool):
        deleted.append(f"{res.NODE_POOL.kind}/{pool['metadata']['name']}")
    _wait_gone(cluster, POD, pods, "controllers", progress)
    deleted += [f"{PVC.kind}/{name}" for name, claim in claims.items() if _delete_claim(cluster, claim)]
    _wait_gone(cluster, PVC, claims, "volumes of the controllers", progress)
    kafka = cluster.client.get(res.KAFKA, cluster.name, cluster.namespace)
    if res.annotation(kafka, res.TURNED):
        metadata = {"uid": kafka["metadata"]["uid"], "annotations": {res.TURNED: None}}
        cluster.client.patch(res.KAFKA, cluster.name, cluster.namespace, {"metadata": metadata})
    cluster.changed()
    return deleted


def left(cluster: StrimziCluster) -> list[str]:
    """What of an attempt still exists. A node pool without pods and volumes has made nothing yet: a new attempt begins with it."""
    cluster.changed()
    pods, claims = list(cluster.controller_pods), [f"{PVC.kind}/{name}" for name in cluster.controllers_claims]
    pool = cluster.controllers_pool
    of_pool = [f"{res.NODE_POOL.kind}/{pool['metadata']['name']}"] if pool is not None and (pods or claims) else []
    return [*of_pool, *pods, *claims]


def _delete_pool(cluster: StrimziCluster, pool: Mapping[str, Any] | None) -> bool:
    """Delete a node pool of controllers alone, by the uid that was read; False when it was gone already."""
    if pool is None or res.roles(pool) != {res.CONTROLLER}:
        return False
    metadata = pool["metadata"]
    try:
        cluster.client.delete(res.NODE_POOL, metadata["name"], metadata["namespace"], uid=metadata["uid"])
    except NotFound:
        return False
    return True


def _delete_claim(cluster: StrimziCluster, claim: Mapping[str, Any]) -> bool:
    metadata = claim["metadata"]
    try:
        cluster.client.delete(PVC, metadata["name"], metadata["namespace"], uid=metadata["uid"])
    except NotFound:  # Strimzi deletes those of a pool with deleteClaim: true
        return False
    return True


def _wait_gone(
    cluster: StrimziCluster, kind: Any, objects: Mapping[str, Any], what: str, progress: Tell | None = None
) -> None:
    if not objects:
        return
    uids = {name: item["metadata"]["uid"] for name, item in objects.items()}

    def judge(found: Mapping[str, Any]) -> Verdict:
        there = [name for name, uid in uids.items() if name in found and found[name]["metadata"]["uid"] == uid]
        return Verdict(not there, f"{what} {', '.join(there)} are not gone yet" if there else f"the {what} are gone")

    timeout = cluster.params["wait_timeout"]
    wait_for(
        cluster.client, kind, cluster.namespace, judge, timeout=timeout, progress=progress or cluster.client.progress
    )
