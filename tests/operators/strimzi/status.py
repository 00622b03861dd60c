# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status of a Kafka CR, of a node pool, of a pod set. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from . import messages, names
from .layout import Pool, nodes
from .names import BROKER, Object, title
from .validation import FailureError, Warning_, kafka_version

#: of the status before, when a pass fails
_KEPT = (
    "kafkaMetadataState",
    "kafkaVersion",
    "kafkaMetadataVersion",
    "registeredNodeIds",
    "operatorLastSuccessfulVersion",
)


@dataclass
class Draft:
    """What a pass has found out for the status by the time it ends."""

    warnings: list[Warning_] = field(default_factory=list)
    state: str = ""
    pools: Sequence[Pool] = ()
    cluster_id: str = ""
    metadata_version: str = ""
    authority: str = ""


def condition(kind: str, now: str, reason: str = "", message: str = "") -> Object:
    """Return a condition; Strimzi's all have the status True."""
    found = {"type": kind, "status": "True", "lastTransitionTime": now}
    return found | ({"reason": reason, "message": message} if reason else {})


def _conditions(draft: Draft, now: str) -> list[Object]:
    return [condition("Warning", now, reason, message) for reason, message in draft.warnings]


def deploying(cr: Object, now: str) -> Object:
    """Return the first status that people see."""
    return {
        "observedGeneration": cr["metadata"].get("generation", 0),
        "conditions": [condition("NotReady", now, *messages.DEPLOYING)],
    }


def paused(cr: Object, now: str, *, keeps: bool = False) -> Object:
    """Return the status of a CR whose reconciliation is paused: one condition, and of what it was only the cluster id, all of it with ``keeps``."""
    before = cr.get("status") or {}
    kept = {key: value for key, value in before.items() if key == "clusterId" or (keeps and key != "conditions")}
    observed = {"observedGeneration": before.get("observedGeneration", 0)}
    return {**kept, **observed, "conditions": [condition("ReconciliationPaused", now)]}


def ready(cr: Object, draft: Draft, version: str, now: str) -> Object:
    """Return the status after a pass that succeeded."""
    found: Object = {
        **_common(cr, draft),
        "kafkaMetadataState": draft.state,
        "kafkaVersion": kafka_version(cr),
        "operatorLastSuccessfulVersion": version,
        "registeredNodeIds": [node.id for node in nodes(draft.pools)],
        "conditions": [*_conditions(draft, now), condition("Ready", now)],
    }
    return found | ({"kafkaMetadataVersion": draft.metadata_version} if draft.metadata_version else {})


def failed(cr: Object, draft: Draft, error: FailureError, now: str) -> Object:
    """Return the status after a pass that failed: what is in the status already stays, or nobody could read the state."""
    before = cr.get("status") or {}
    return {
        **_common(cr, draft),
        **{key: before[key] for key in _KEPT if key in before},
        "conditions": [*_conditions(draft, now), condition("NotReady", now, error.reason, error.message)],
    }


def _common(cr: Object, draft: Draft) -> Object:
    found: Object = {"observedGeneration": cr["metadata"].get("generation", 0)}
    if draft.pools:
        found["kafkaNodePools"] = [{"name": pool.name} for pool in draft.pools]
    if draft.cluster_id:
        found["clusterId"] = draft.cluster_id
        found["listeners"] = _listeners(cr, draft)
    return found


def _listeners(cr: Object, draft: Draft) -> list[Object]:
    name, namespace = title(cr)
    host = f"{name}-kafka-bootstrap.{namespace}.svc"
    found = []
    for each in cr["spec"]["kafka"]["listeners"]:
        port = int(each["port"])
        one: Object = {
            "name": each["name"],
            "addresses": [{"host": host, "port": port}],
            "bootstrapServers": f"{host}:{port}",
        }
        found.append(one | ({"certificates": [draft.authority]} if each.get("tls") else {}))
    return found


def same(before: Object | None, after: Object) -> bool:
    """Tell whether two statuses differ in nothing but times."""
    return _timeless(before or {}) == _timeless(after)


def _timeless(status: Object) -> Object:
    conditions = [{k: v for k, v in c.items() if k != "lastTransitionTime"} for c in status.get("conditions") or []]
    return {**status, "conditions": conditions}


def pool(pool: Pool, cluster_id: str) -> Object:
    """Return the status of a node pool."""
    selector = {
        names.CLUSTER_LABEL: pool.cluster,
        names.NAME_LABEL: f"{pool.cluster}-kafka",
        names.KIND_LABEL: names.KAFKA,
        names.POOL_LABEL: pool.name,
    }
    found: Object = {
        "observedGeneration": pool.owner["metadata"].get("generation", 0),
        "nodeIds": list(pool.ids),
        "roles": [role for role in (names.CONTROLLER, BROKER) if role in pool.roles],
        "replicas": len(pool.ids),
        "labelSelector": ",".join(f"{key}={value}" for key, value in selector.items()),
    }
    return found | ({"clusterId": cluster_id} if cluster_id else {})


def pod_set(pod_set: Object, pods: Sequence[Object], ready_pods: int) -> Object:
    """Return the status of a pod set."""
    wanted = {each["metadata"]["name"]: revision(each) for each in pod_set["spec"]["pods"]}
    current = sum(wanted.get(pod["metadata"]["name"]) == revision(pod) for pod in pods)
    return {
        "observedGeneration": pod_set["metadata"].get("generation", 0),
        "pods": len(wanted),
        "readyPods": ready_pods,
        "currentPods": current,
    }


def revision(pod: Object) -> str:
    """Return the revision that a pod has."""
    return names.annotation(pod, names.REVISION)
