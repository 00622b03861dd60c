# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Custom resources of Strimzi as its documentation has them, and the pods and volumes that it makes of them."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res

from tests.unit.plugins.module_utils.fakes import pod

Obj = dict[str, Any]
STORAGE = {"type": "persistent-claim", "size": "10Gi", "deleteClaim": False}
READY = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-29T02:00:00Z"}
REMOVAL = {
    "type": "Warning",
    "status": "True",
    "reason": "ZooKeeperRemoval",
    "message": "Support for ZooKeeper-based Apache Kafka clusters will be removed",
    "lastTransitionTime": "2026-11-29T02:00:00Z",
}
PAUSED = {"type": "ReconciliationPaused", "status": "True", "lastTransitionTime": "2026-11-29T03:00:00Z"}
#: as the real operator 0.45.2 was seen to write them
RESTS = {
    "type": "Warning",
    "status": "True",
    "reason": "KafkaMetadataStateWarning",
    "message": "The strimzi.io/kraft annotation can't be set to 'rollback' during dual writing. It can be used in post migration to start "
    "rollback process.",
    "lastTransitionTime": "2026-11-29T03:00:00Z",
}
WITHOUT_POOL = {
    "type": "NotReady",
    "status": "True",
    "reason": "InvalidResourceException",
    "message": "The Kafka cluster kafka is invalid: [At least one KafkaNodePool with the controller role and at least one replica is required "
    "when KRaft mode is enabled]",
    "lastTransitionTime": "2026-11-29T03:00:00Z",
}


def kafka(state: str = "ZooKeeper", asked: str = "", *conditions: Obj, marks: Obj | None = None, **spec: Any) -> Obj:
    """A Kafka CR with node pools. ``asked``: the annotation; ``marks``: others, None takes one away; ``spec``: more of spec.kafka."""
    annotations: Obj = {res.NODE_POOLS: "enabled", **({res.KRAFT: asked} if asked else {}), **(marks or {})}
    of_kafka = {"version": "3.9.2", "listeners": [], "replicas": 3, "storage": dict(STORAGE), **spec}
    status: Obj = {
        "conditions": [dict(item) for item in (conditions or (READY, REMOVAL))],
        "observedGeneration": 1,
        "kafkaVersion": "3.9.2",
        "operatorLastSuccessfulVersion": "0.45.2",
    }
    if state:
        status["kafkaMetadataState"] = state
    return {
        "apiVersion": res.KAFKA.api_version,
        "kind": "Kafka",
        "metadata": {
            "name": "kafka",
            "namespace": "n",
            "uid": "uid-kafka",
            "generation": 1,
            "annotations": {key: value for key, value in annotations.items() if value is not None},
        },
        "spec": {"kafka": of_kafka, "zookeeper": {"replicas": 1, "storage": dict(STORAGE)}},
        "status": status,
    }


def pool(name: str = "kafka", *roles: str, marks: Obj | None = None, **spec: Any) -> Obj:
    """A node pool of cluster kafka; of brokers, where no role is given."""
    return {
        "apiVersion": res.NODE_POOL.api_version,
        "kind": "KafkaNodePool",
        "metadata": {
            "name": name,
            "namespace": "n",
            "uid": f"uid-pool-{name}",
            "labels": {res.CLUSTER: "kafka"},
            "annotations": dict(marks or {}),
        },
        "spec": {"replicas": 3, "roles": list(roles or ("broker",)), "storage": dict(STORAGE), **spec},
    }


def controllers(**spec: Any) -> Obj:
    """The controllers' node pool."""
    return pool("controller", "controller", **spec)


def labels(of: str, *, controller: bool) -> Obj:
    """The labels of the pods, sets and claims of a node pool."""
    return {
        res.CLUSTER: "kafka",
        res.NAME: "kafka-kafka",
        res.POOL: of,
        res.PREFIX + "controller-role": str(controller).lower(),
        res.PREFIX + "broker-role": str(not controller).lower(),
    }


def pod_set(of: str = "kafka", ids: range = range(3), revision: str = "r1", *, controller: bool = False) -> Obj:
    """The StrimziPodSet of a node pool."""
    described = [
        {
            "metadata": {
                "name": f"kafka-{of}-{number}",
                "labels": labels(of, controller=controller),
                "annotations": {res.REVISION: revision},
            }
        }
        for number in ids
    ]
    return {
        "apiVersion": res.POD_SET.api_version,
        "kind": "StrimziPodSet",
        "metadata": {
            "name": f"kafka-{of}",
            "namespace": "n",
            "uid": f"uid-set-{of}",
            "labels": labels(of, controller=controller),
        },
        "spec": {"selector": {}, "pods": described},
    }


def pods(of: str = "kafka", ids: range = range(3), revision: str = "r1", *, controller: bool = False) -> list[Obj]:
    """The pods of a node pool, Ready."""
    found = []
    for number in ids:
        item = pod(f"kafka-{of}-{number}", uid=f"uid-{of}-{number}-{revision}")
        item["metadata"].update(labels=labels(of, controller=controller), annotations={res.REVISION: revision})
        item["spec"] = {"containers": [{"name": "kafka", "image": "quay.io/strimzi/kafka:0.45.2-kafka-3.9.2"}]}
        found.append(item)
    return found


def claims(of: str = "controller", ids: range = range(3, 6)) -> list[Obj]:
    """The volume claims of a node pool."""
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": f"data-0-kafka-{of}-{number}",
                "namespace": "n",
                "uid": f"uid-claim-{of}-{number}",
                "labels": labels(of, controller=False),
            },
            "spec": {},
        }
        for number in ids
    ]
