# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status of a Kafka, Zookeeper or KRaftController CR."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import layout, versions
from .names import CONTROLLER, HOLD, KAFKA, READY_CONDITION, ZOOKEEPER, Object, title, wanted

OPERATOR_VERSION, OLDER_VERSION = "v0.1718.10", "v0.1193.34"


@dataclass(frozen=True)
class Pods:
    """What there is of a CR's pods. ``rolled``: all that the CR asks for are Ready and run what it says."""

    replicas: int = 0
    ready: int = 0
    current: int = 0
    rolled: bool = False
    reason: str = ""
    cluster_id: str = ""
    voters: list[Object] = field(default_factory=list)


def status(cr: Object, pods: Pods, *, older: bool, now: str) -> Object:
    """Return the whole status of a CR that was reconciled just now."""
    name, namespace = title(cr)
    held = cr["kind"] == CONTROLLER and wanted(cr, HOLD)
    phase = "HOLD" if held else "RUNNING" if pods.rolled else "PROVISIONING"
    fields: Object = {
        **(cr.get("status") or {}),
        "clusterName": name,
        "clusterNamespace": namespace,
        "observedGeneration": cr["metadata"].get("generation", 0),
        "operatorVersion": OLDER_VERSION if older else OPERATOR_VERSION,
        "phase": phase,
        "replicas": pods.replicas,
        "readyReplicas": pods.ready,
        "currentReplicas": pods.current,
        "selector": f"app={name}",
    }
    fields |= _of_kind(cr, pods)
    fields["conditions"] = [_ready(cr, pods, phase, now)]
    return {key: value for key, value in fields.items() if value is not None}


def _of_kind(cr: Object, pods: Pods) -> Object:
    """Return the fields that only a kind has; None removes one."""
    if cr["kind"] == ZOOKEEPER:
        return {"myIdOffset": layout.offset(cr)}
    fields: Object = {"brokerIdOffset": layout.offset(cr)}
    if pods.cluster_id:
        fields["clusterID"] = pods.cluster_id
    if cr["kind"] == KAFKA:
        replicas = layout.replicas(cr)
        fields |= {
            "currentClusterVersion": ".".join(str(part) for part in versions.platform_or_newest(cr)),
            "zookeeperConnect": layout.zookeeper_connect(cr) or None,
            "replicationFactor": min(3, replicas),
            "minISR": 2 if replicas >= 3 else 1,
        }
        return fields
    return fields | {"controllerQuorumVoters": pods.voters}


def _ready(cr: Object, pods: Pods, phase: str, now: str) -> Object:
    truth = "True" if phase == "RUNNING" else "False"
    message = pods.reason or ("cluster is ready" if truth == "True" else "cluster is not ready")
    reason = {"RUNNING": "Ready", "HOLD": "Hold"}.get(phase, "Provisioning")
    old = next((c for c in (cr.get("status") or {}).get("conditions") or [] if c.get("type") == READY_CONDITION), None)
    if old and (old.get("status"), old.get("message")) == (truth, message):
        return dict(old)
    moved = old["lastTransitionTime"] if old and old.get("status") == truth else now
    return {
        "type": READY_CONDITION,
        "status": truth,
        "reason": reason,
        "message": message,
        "lastProbeTime": now,
        "lastTransitionTime": moved,
    }
