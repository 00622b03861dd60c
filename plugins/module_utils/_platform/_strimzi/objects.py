# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user's manifests have to say after a migration, and how they get there. Pure.

Private to the collection.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.patch import merge_patch
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res

Obj = dict[str, Any]
#: what the API server adds
SERVER_FIELDS = (
    "creationTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
    "finalizers",
    "ownerReferences",
)
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
#: settings that say nothing in KRaft mode, of which the operator warns
OUTDATED = ("inter.broker.protocol.version", "log.message.format.version")


def for_git(cr: Mapping[str, Any]) -> Obj:
    """Return a custom resource as a user keeps it in git: without status, without what the API server and this collection added."""
    metadata = {key: copy.deepcopy(value) for key, value in cr["metadata"].items() if key not in SERVER_FIELDS}
    metadata["annotations"] = {
        key: value
        for key, value in (metadata.get("annotations") or {}).items()
        if key != LAST_APPLIED and not key.startswith(names.PREFIX)
    }
    metadata["labels"] = {
        key: value
        for key, value in (metadata.get("labels") or {}).items()
        if (key, value) != (names.MANAGED_BY, names.MANAGER)
    }
    for part in ("annotations", "labels"):
        if not metadata[part]:
            del metadata[part]
    return {
        "apiVersion": res.KAFKA.api_version,
        "kind": cr["kind"],
        "metadata": metadata,
        "spec": copy.deepcopy(cr["spec"]),
    }


def before(kafka: Mapping[str, Any]) -> Obj:
    """Return the Kafka CR as the user's repository has it: without the annotations of the migration."""
    found = for_git(kafka)
    annotations = {
        key: value
        for key, value in (found["metadata"].get("annotations") or {}).items()
        if key not in (res.KRAFT, res.NODE_POOLS, res.PAUSE)
    }
    found["metadata"].pop("annotations", None)
    if annotations:
        found["metadata"]["annotations"] = annotations
    return found


def after(kafka: Mapping[str, Any]) -> Obj:
    """Return the Kafka CR as it has to be after the migration: in KRaft mode, with pools, and without what only ZooKeeper needs.

    Applying it restarts nothing but for the two outdated settings: where they were set, every node once more.
    """
    found = before(kafka)
    found["metadata"].setdefault("annotations", {}).update({res.KRAFT: res.ENABLED, res.NODE_POOLS: res.ENABLED})
    found["spec"].pop("zookeeper", None)
    of_kafka = found["spec"].get("kafka") or {}
    for key in ("replicas", "storage"):
        of_kafka.pop(key, None)
    config = of_kafka.get("config") or {}
    for key in OUTDATED:
        config.pop(key, None)
    return found


def underway(kafka: Mapping[str, Any]) -> Obj:
    """Return the Kafka CR as it has to be in a repository while a migration is under way: with what was asked, and nothing more.

    What comes at the end would finalize the migration, or take ZooKeeper from it, wherever it is applied before.
    """
    found = for_git(kafka)
    (found["metadata"].get("annotations") or {}).pop(res.PAUSE, None)
    return found


def exports(kafka: Mapping[str, Any], pools: list[Obj], *, over: bool) -> list[Mapping[str, Any]]:
    """The Kafka CR with the patch that makes it of what the repository has, and the node pools as they are.

    :param over: whether the migration is at its end.
    """
    manifest = after(kafka) if over else underway(kafka)
    patch = merge_patch(before(kafka), manifest)
    found: list[Mapping[str, Any]] = [
        {"object": f"Kafka/{kafka['metadata']['name']}", "manifest": manifest, "patch": patch}
    ]
    for pool in pools:
        of_pool = for_git(pool)
        name = f"KafkaNodePool/{pool['metadata']['name']}"
        found.append({"object": name, "manifest": of_pool, "patch": merge_patch({}, of_pool)})
    return found
