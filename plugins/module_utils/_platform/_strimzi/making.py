# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The node pools that a migration makes: the one that takes the brokers over, and the controllers'. Pure.

Private to the collection. Source: CRD of KafkaNodePool 0.45.2; ``KafkaPool`` of Strimzi 0.45.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import sizes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.names import MANAGED_BY, MANAGER
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import pools
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res

Obj = dict[str, Any]
#: of jvmOptions, the sizes of the heap
HEAP = ("-Xmx", "-Xms")


def _pool(kafka: Mapping[str, Any], name: str, spec: Obj) -> Obj:
    metadata = {
        "name": name,
        "namespace": kafka["metadata"]["namespace"],
        "labels": {res.CLUSTER: str(kafka["metadata"]["name"])},
    }
    return {"apiVersion": res.NODE_POOL.api_version, "kind": res.NODE_POOL.kind, "metadata": metadata, "spec": spec}


def of_brokers(kafka: Mapping[str, Any]) -> Obj:
    """Return the pool that takes the brokers over: only this name gives its pods their names, only this storage their volumes.

    What a pool leaves out it has from the Kafka CR. Raises Unsupported when that has no brokers of its own to take over.
    """
    of_kafka = (kafka.get("spec") or {}).get("kafka") or {}
    if not of_kafka.get("replicas") or not of_kafka.get("storage"):
        raise Unsupported(
            f"Kafka {res.where(kafka)} has no spec.kafka.replicas and spec.kafka.storage, from which the KafkaNodePool {res.ADOPTING} is made; "
            "write it yourself, as the brokers are",
            code="operator-node-pools",
        )
    spec = {"replicas": of_kafka["replicas"], "roles": [res.BROKER], "storage": copy.deepcopy(of_kafka["storage"])}
    return _pool(kafka, res.ADOPTING, spec)


def of_controllers(
    kafka: Mapping[str, Any], there: Iterable[Mapping[str, Any]], name: str, options: Mapping[str, Any]
) -> Obj:
    """Return the controllers' pool: the manifest of the user's, else made from the options ``controller_*`` and what the brokers are made of.

    Its volumes stay when it is deleted (``deleteClaim: false``): with them a pool that was deleted by mistake can be made again.

    :param there: the node pools of the cluster.
    :raises Unsupported: ``controller-manifest`` for a manifest of something else, and for resources that are no quantities.
    """
    manifest = options.get("controller_manifest")
    if manifest:
        return _of_manifest(kafka, manifest)
    volume: Obj = {
        "id": 0,
        "type": "persistent-claim",
        "size": options["controller_storage_size"],
        "deleteClaim": False,
    }
    brokers = next((spec for _name, _field, spec in pools.brokers_now(kafka, there)), {})
    storage_class = options.get("controller_storage_class") or _storage_class(brokers)
    if storage_class:
        volume["class"] = storage_class
    spec: Obj = {
        "replicas": options["controller_replicas"],
        "roles": [res.CONTROLLER],
        "storage": {"type": "jbod", "volumes": [volume]},
        **_size(kafka, brokers, options.get("controller_resources")),
    }
    made = _pool(kafka, name, spec)
    made["metadata"]["labels"] = {
        **(options.get("controller_labels") or {}),
        MANAGED_BY: MANAGER,
        **made["metadata"]["labels"],
    }
    annotations = dict(options.get("controller_annotations") or {})
    base = options.get("controller_node_id_base")
    if base is not None:
        annotations[res.NEXT_IDS] = f"[{base}-{base + options['controller_replicas'] - 1}]"
    if annotations:
        made["metadata"]["annotations"] = annotations
    return made


def _of_manifest(kafka: Mapping[str, Any], manifest: Mapping[str, Any]) -> Obj:
    """The user's own; raises Unsupported (controller-manifest) for another kind, and for one of another cluster."""
    made = copy.deepcopy(dict(manifest))
    metadata = made.setdefault("metadata", {})
    labels = metadata.setdefault("labels", {})
    wrong = ""
    if made.get("kind") != res.NODE_POOL.kind or made.get("apiVersion") != res.NODE_POOL.api_version:
        wrong = f"is {made.get('apiVersion')} {made.get('kind')}; wanted is {res.NODE_POOL.api_version} {res.NODE_POOL.kind}"
    elif not metadata.get("name"):
        wrong = "has no metadata.name"
    elif labels.get(res.CLUSTER, kafka["metadata"]["name"]) != kafka["metadata"]["name"]:
        wrong = f"has the label {res.CLUSTER}: {labels[res.CLUSTER]}, which is another cluster"
    elif metadata.get("namespace", kafka["metadata"]["namespace"]) != kafka["metadata"]["namespace"]:
        wrong = f"is in namespace {metadata['namespace']}; Strimzi looks for node pools in that of the Kafka CR"
    if wrong:
        raise Unsupported(f"kraft_controller_manifest {wrong}; correct it", code="controller-manifest")
    metadata["namespace"] = kafka["metadata"]["namespace"]
    labels[res.CLUSTER] = str(kafka["metadata"]["name"])
    return made


def _storage_class(brokers: Mapping[str, Any]) -> str:
    """The StorageClass of the brokers' first volume, "" for the default one."""
    first = next(iter(pools.volumes({"spec": brokers})), {})
    return str(first.get("class") or "")


def _size(kafka: Mapping[str, Any], brokers: Mapping[str, Any], wanted: Mapping[str, Any] | None) -> Obj:
    """Resources and JVM options, where they are other than those that the pool would have from the Kafka CR."""
    of_brokers = brokers.get("resources") or {}
    resources = sizes.controller_resources(of_brokers, wanted)
    limit = sizes.heap_limit(of_brokers, resources)
    options: Obj = copy.deepcopy(dict(brokers.get("jvmOptions") or {}))
    for key in HEAP:
        if options.get(key):
            options[key] = sizes.with_heap(f"{key}{options[key]}", limit).removeprefix(key)
    of_kafka = (kafka.get("spec") or {}).get("kafka") or {}
    made = {"resources": resources, "jvmOptions": options}
    return {key: value for key, value in made.items() if value != (of_kafka.get(key) or {})}
