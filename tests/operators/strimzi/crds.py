# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Custom resource definitions: the published ones from a folder, or reduced ones that have only what the double uses.

The published ones are not ours to copy. KRAFT_STRIMZI_CRDS names a folder with their YAML files.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..common import definitions
from .names import CUSTOM, KAFKA, POD_SET, POOL, STATES, TOPIC, VERSION, Object

FOLDER_VARIABLE = "KRAFT_STRIMZI_CRDS"
_STRING: Object = {"type": "string"}
_INTEGER: Object = {"type": "integer"}
_OPEN: Object = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_SHORT = {KAFKA: ["k"], POOL: ["knp"], POD_SET: ["sps"], TOPIC: ["kt"]}


def _object(properties: Object, *required: str) -> Object:
    found: Object = {"type": "object", "properties": properties, "x-kubernetes-preserve-unknown-fields": True}
    return found | ({"required": sorted(required)} if required else {})


def _array(items: Object, least: int = 0) -> Object:
    return {"type": "array", "items": items, **({"minItems": least} if least else {})}


_CONDITIONS = _array(_object(dict.fromkeys(("type", "status", "lastTransitionTime", "reason", "message"), _STRING)))
_STORAGE = _object({"type": {"type": "string", "enum": ["ephemeral", "persistent-claim", "jbod"]}}, "type")
_LISTENER = _object(
    {
        "name": {"type": "string", "pattern": "^[a-z0-9]{1,11}$"},
        "port": {"type": "integer", "minimum": 9092},
        "type": _STRING,
        "tls": {"type": "boolean"},
    },
    *("name", "port", "type", "tls"),
)


def _spec(kind: str) -> Object:
    if kind == KAFKA:
        listeners = _array(_LISTENER, 1)
        kafka = _object(
            {
                **dict.fromkeys(("version", "metadataVersion"), _STRING),
                "replicas": _INTEGER,
                "listeners": listeners,
                "config": _OPEN,
                "storage": _STORAGE,
            },
            "listeners",
        )
        zookeeper = _object({"replicas": {"type": "integer", "minimum": 1}, "storage": _STORAGE}, "replicas", "storage")
        return _object({"kafka": kafka, "zookeeper": zookeeper}, "kafka")
    if kind == POOL:
        roles = _array({"type": "string", "enum": ["controller", "broker"]})
        replicas = {"type": "integer", "minimum": 0}
        return _object({"replicas": replicas, "storage": _STORAGE, "roles": roles}, "replicas", "storage", "roles")
    if kind == POD_SET:
        return _object({"selector": _OPEN, "pods": _array(_OPEN)}, "selector", "pods")
    return _object({"partitions": _INTEGER, "replicas": _INTEGER, "topicName": _STRING, "config": _OPEN})


def _status(kind: str) -> Object:
    found: Object = {"conditions": _CONDITIONS, "observedGeneration": _INTEGER}
    if kind == KAFKA:
        found |= {"kafkaMetadataState": {"type": "string", "enum": list(STATES)}, "registeredNodeIds": _array(_INTEGER)}
    if kind == POOL:
        found |= {"nodeIds": _array(_INTEGER), "labelSelector": _STRING, "replicas": _INTEGER}
    return _object(found)


def reduced() -> list[Object]:
    """Return the double's own definitions."""
    return [_definition(kind) for kind in CUSTOM]


def _definition(kind: str) -> Object:
    group, plural = CUSTOM[kind]
    subresources: Object = {"status": {}}
    if kind == POOL:
        subresources["scale"] = {
            "specReplicasPath": ".spec.replicas",
            "statusReplicasPath": ".status.replicas",
            "labelSelectorPath": ".status.labelSelector",
        }
    columns = (
        [{"name": "Metadata State", "type": "string", "jsonPath": ".status.kafkaMetadataState"}]
        if kind == KAFKA
        else []
    )
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": subresources,
        "additionalPrinterColumns": columns,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": _spec(kind), "status": _status(kind)}}},
    }
    names = {
        "kind": kind,
        "listKind": f"{kind}List",
        "plural": plural,
        "singular": kind.lower(),
        "shortNames": _SHORT[kind],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {**names, "categories": ["strimzi"]},
            "versions": [version],
        },
    }


def published(folder: Path) -> list[Object]:
    """Return the published definitions of a folder (needs PyYAML). Raises SandboxError when one is missing."""
    return definitions.published({kind: folder / f"{kind.lower()}.yaml" for kind in CUSTOM}, FOLDER_VARIABLE)


def chosen() -> tuple[str, list[Object]]:
    """Return a word for the definitions that are used, and the definitions."""
    folder = os.environ.get(FOLDER_VARIABLE)
    return ("published", published(Path(folder))) if folder else ("reduced", reduced())
