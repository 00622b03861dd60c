# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Custom resource definitions: the published ones from a folder, or reduced ones that have only what the double uses.

The published ones are not ours to copy. KRAFT_CFK_CRDS names a folder with their YAML files.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..common import definitions
from .names import CONTROLLER, GROUP, JOB, KAFKA, PLURALS, VERSION, ZOOKEEPER, Object

FOLDER_VARIABLE = "KRAFT_CFK_CRDS"
_STRING: Object = {"type": "string"}
_INTEGER: Object = {"type": "integer"}
_ANY: Object = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_STRINGS: Object = {"type": "array", "items": _STRING}
_QUANTITY: Object = {"anyOf": [_INTEGER, _STRING], "x-kubernetes-int-or-string": True}
_SHORT = {
    KAFKA: ["kafka", "broker"],
    ZOOKEEPER: ["zookeeper", "zk"],
    CONTROLLER: ["kraftcontroller", "kraft"],
    JOB: ["kraftmigrationjob", "kmj"],
}


def _object(properties: Object, *required: str, opened: bool = False) -> Object:
    found: Object = {"type": "object", "properties": properties}
    if required:
        found["required"] = sorted(required)
    if opened:
        found["x-kubernetes-preserve-unknown-fields"] = True
    return found


_REFERENCE = _object({"name": _STRING, "namespace": _STRING}, "name")
_CONDITIONS: Object = {
    "type": "array",
    "items": _object(
        {
            "type": _STRING,
            "status": _STRING,
            "reason": _STRING,
            "message": _STRING,
            "lastProbeTime": {"type": "string", "format": "date-time"},
            "lastTransitionTime": {"type": "string", "format": "date-time"},
        }
    ),
}
_VOTERS: Object = {
    "type": "array",
    "items": _object({"nodeId": _INTEGER, "brokerEndpoint": _STRING}, "nodeId", "brokerEndpoint"),
}


def _job() -> tuple[Object, Object]:
    dependencies = _object(
        {"kafka": _REFERENCE, "zookeeper": _REFERENCE, "kRaftController": _REFERENCE}, "kRaftController", "zookeeper"
    )
    strings = ("phase", "subPhase", "kafkaClusterId", "zkEndpointWithNode")
    numbers = ("kafkaGeneration", "kraftControllerGeneration")
    status = {
        **dict.fromkeys(strings, _STRING),
        **{name: {"type": "integer", "format": "int64"} for name in numbers},
        "ibpVersion": _STRING,
        "conditions": _CONDITIONS,
    }
    return _object({"dependencies": dependencies}, "dependencies"), _object(status, *strings, *numbers)


def _component(kind: str) -> tuple[Object, Object]:
    overrides = dict.fromkeys(("server", "jvm", "log4j", "log4j2", "peers"), _STRINGS)
    spec: Object = {
        "replicas": {"type": "integer", "format": "int32"},
        "image": _object(
            {"application": _STRING, "init": _STRING, "pullPolicy": _STRING}, "application", "init", opened=True
        ),
        "dataVolumeCapacity": _QUANTITY,
        "configOverrides": _object(overrides),
        "podTemplate": _ANY,
        "dependencies": _ANY,
    }
    required = ["dataVolumeCapacity", "image"]
    status = {
        **dict.fromkeys(
            ("clusterID", "clusterName", "clusterNamespace", "phase", "operatorVersion", "selector"), _STRING
        ),
        **dict.fromkeys(("replicas", "readyReplicas", "currentReplicas", "observedGeneration"), _INTEGER),
        "conditions": _CONDITIONS,
    }
    if kind == ZOOKEEPER:
        spec |= {"logVolumeCapacity": _QUANTITY, "peers": _STRINGS}
        required.append("logVolumeCapacity")
        status |= {"myIdOffset": _INTEGER}
    elif kind == KAFKA:
        status |= dict.fromkeys(("currentClusterVersion", "previousClusterVersion", "zookeeperConnect"), _STRING)
        status |= dict.fromkeys(("brokerIdOffset", "minISR", "replicationFactor"), _INTEGER)
        spec["dependencies"] = _object({"zookeeper": _ANY, "kRaftController": _ANY}, opened=True)
    else:
        rule = {"rule": "self == oldSelf", "message": "clusterID cannot be changed once it is set"}
        spec |= {
            "clusterID": {
                "type": "string", "minLength": 22, "maxLength": 22, "pattern": "^[a-zA-Z0-9_-]*$", "x-kubernetes-validations": [rule],
            },
            "controllerQuorumVoters": _VOTERS,
            "dynamicQuorumConfig": _object({"enabled": {"type": "boolean"}, "bootstrapPod": _INTEGER}),
        }  # fmt: skip
        status |= {"brokerIdOffset": _INTEGER, "controllerQuorumVoters": _VOTERS}
    return _object(spec, *required, opened=True), _object(status, opened=True)


def reduced() -> list[Object]:
    """Return the double's own definitions."""
    return [_definition(kind) for kind in PLURALS]


def _definition(kind: str) -> Object:
    spec, status = _job() if kind == JOB else _component(kind)
    plural = PLURALS[kind]
    columns = [{"name": "Status", "type": "string", "jsonPath": ".status.phase"}]
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": columns,
        "schema": {"openAPIV3Schema": _object({"spec": spec, "status": status}, "spec")},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": plural,
                "singular": kind.lower(),
                "shortNames": _SHORT[kind],
                "categories": ["all", "confluent-platform", "confluent"],
            },
            "versions": [version],
        },
    }


def published(folder: Path) -> list[Object]:
    """Return the published definitions of a folder (needs PyYAML). Raises SandboxError when one is missing."""
    return definitions.published({kind: folder / f"{plural}.yaml" for kind, plural in PLURALS.items()}, FOLDER_VARIABLE)


def chosen() -> tuple[str, list[Object]]:
    """Return a word for the definitions that are used, and the definitions."""
    folder = os.environ.get(FOLDER_VARIABLE)
    return ("published", published(Path(folder))) if folder else ("reduced", reduced())
