# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The custom resources of Strimzi that take part in a migration, and the annotations and labels that steer it. Pure.

Private to the collection. Source: CRDs of Strimzi 0.45.2 and its documentation of the migration.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import Kind

Obj = Mapping[str, Any]

GROUP, VERSION = "kafka.strimzi.io", "v1beta2"
PREFIX = "strimzi.io/"

KAFKA = Kind("Kafka", GROUP, VERSION, "kafkas")
NODE_POOL = Kind("KafkaNodePool", GROUP, VERSION, "kafkanodepools")
POD_SET = Kind("StrimziPodSet", "core.strimzi.io", VERSION, "strimzipodsets")

#: on the Kafka CR: what the operator is asked for
KRAFT = PREFIX + "kraft"
DISABLED, MIGRATION, ENABLED, ROLLBACK = "disabled", "migration", "enabled", "rollback"
ASKED = (DISABLED, MIGRATION, ENABLED, ROLLBACK)
#: on the Kafka CR: whether the operator looks at KafkaNodePools; it says nothing when a migration lacks them
NODE_POOLS = PREFIX + "node-pools"
#: on the Kafka CR: the operator does nothing while it says true
PAUSE = PREFIX + "pause-reconciliation"
#: on a KafkaNodePool: the ids that new nodes get
NEXT_IDS = PREFIX + "next-node-ids"
#: on a StrimziPodSet or a pod: a restart that somebody asked for
MANUAL_ROLL = PREFIX + "manual-rolling-update"
#: on pods, and on the pods that a StrimziPodSet describes: what they are made of
REVISION = PREFIX + "revision"
#: on the Kafka CR, ours: a rollback is under way; its value is when the operator had last said something as it was asked
TURNED = names.PREFIX + "rollback"

CLUSTER = PREFIX + "cluster"
NAME = PREFIX + "name"
POOL = PREFIX + "pool-name"
BROKER, CONTROLLER = "broker", "controller"
CONTROLLER_ROLE = PREFIX + "controller-role"
#: name of the operator's Deployment, and label of its pods, as its manifests and its chart make them
OPERATOR = "strimzi-cluster-operator"
OPERATOR_PODS = f"name={OPERATOR}"
#: the one pool whose pods have the names that brokers without pools have
ADOPTING = "kafka"
#: the container of brokers and controllers
CONTAINER = "kafka"

#: values by which somebody means no
_OFF = ("", "false")
#: keys that a misspelled one is compared with
_STEERING = (KRAFT, NODE_POOLS, PAUSE, NEXT_IDS)
#: other keys of Strimzi, which are no misspelling of those
_OTHERS = frozenset(
    PREFIX + key
    for key in (
        "manual-rolling-update",
        "skip-broker-scaledown-check",
        "remove-node-ids",
        "delete-pod-and-pvc",
        "force-renew",
        "force-replace",
        "restart",
        "cluster",
        "name",
        "kind",
    )
)


def annotation(obj: Obj | None, key: str) -> str:
    """The value of an annotation, "" when there is none."""
    return str((((obj or {}).get("metadata") or {}).get("annotations") or {}).get(key) or "")


def label(obj: Obj, key: str) -> str:
    """The value of a label, "" when there is none."""
    return str((obj["metadata"].get("labels") or {}).get(key) or "")


def where(obj: Obj) -> str:
    """``namespace/name``."""
    return f"{obj['metadata']['namespace']}/{obj['metadata']['name']}"


def asked(kafka: Obj) -> str:
    """What the operator was asked for, as it reads it: without regard to case, ``disabled`` where nothing is written."""
    return annotation(kafka, KRAFT).lower() or DISABLED


def has_pools(kafka: Obj) -> bool:
    """Whether the operator looks at node pools."""
    return annotation(kafka, NODE_POOLS).lower() == ENABLED


def is_paused(kafka: Obj) -> bool:
    """Whether the operator was told to do nothing."""
    return annotation(kafka, PAUSE).lower() == "true"


def may_be_paused(kafka: Obj) -> bool:
    """Whether somebody meant the operator to do nothing, whatever it makes of "yes"."""
    return annotation(kafka, PAUSE).strip().lower() not in _OFF


def roles(pool: Obj) -> frozenset[str]:
    """The roles of a node pool."""
    return frozenset(str(role) for role in (pool.get("spec") or {}).get("roles") or [])


def misspelled(obj: Obj) -> Iterator[str]:
    """What annotations and labels of an object were probably meant for the migration, as the end of "X has the ...": the operator ignores them."""
    metadata = obj["metadata"]
    annotations, labels = (metadata.get(part) or {} for part in ("annotations", "labels"))
    for key in annotations:
        if key in _STEERING or key in _OTHERS or "strimzi" not in key.lower():
            continue
        tail = key.rpartition("/")[2].lower().replace("_", "-").replace(".", "-")
        near = difflib.get_close_matches(tail, [each.removeprefix(PREFIX) for each in _STEERING], 1, 0.8)
        if near or tail.startswith("kraft"):
            meant = PREFIX + (near[0] if near else "kraft")
            yield f"annotation {key}, which the operator does not know; {meant} was probably meant: correct or remove it"
    for key in _STEERING:
        if key in labels:
            yield f"label {key}, which the operator looks for among the annotations; put it there, or remove it"
    of_kafka, of_pool = obj.get("kind") == KAFKA.kind, obj.get("kind") == NODE_POOL.kind
    for key, right, wanted in ((KRAFT, of_kafka, KAFKA), (NODE_POOLS, of_kafka, KAFKA), (NEXT_IDS, of_pool, NODE_POOL)):
        if key in annotations and not right:
            yield f"annotation {key}, which the operator looks for on a {wanted.kind} only; put it there, or remove it"
    yield from _odd_values(annotations)


def _odd_values(annotations: Obj) -> Iterator[str]:
    for key, known in ((KRAFT, ASKED), (NODE_POOLS, (ENABLED, DISABLED)), (PAUSE, ("true", "false"))):
        value = str(annotations.get(key, ""))
        if key in annotations and value.lower() not in known:
            near = difflib.get_close_matches(value.lower(), known, 1, 0.5)
            meant = f"; {near[0]} was probably meant" if near else ""
            yield f"annotation {key} with the value {value!r}, which the operator ignores without a word{meant}: write one of {', '.join(known)}, "
            "or remove it"
