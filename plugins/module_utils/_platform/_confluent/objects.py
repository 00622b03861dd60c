# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The held KRaftController and the KRaftMigrationJob, made from a Kafka CR; and changed CRs as a user keeps them in git. Pure.

Private to the collection. Source: CRDs of CFK 3.3.0 and Confluent's published examples.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.names import LABEL_CLUSTER, MANAGED_BY, MANAGER
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res

Obj = dict[str, Any]
#: node ids of controllers begin here unless a broker has them
FIRST_ID = 9990
#: fields of the Kafka CR that its controllers take over as they are
TAKEN_OVER = ("storageClass", "oneReplicaPerNode", "k8sClusterDomain", "license")
#: settings of the Kafka CR that say that controllers need more than can be derived
SECURED = ("tls", "authorization", "identityProvider")
#: what the API server adds
SERVER_FIELDS = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid", "finalizers")
#: our label that is no use to anybody but us; LABEL_CLUSTER is left out as well
OURS = ((MANAGED_BY, MANAGER),)
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True)
class Reference:
    """A custom resource by name and namespace."""

    name: str
    namespace: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    def as_dict(self) -> dict[str, str]:
        """As a dependency of a job."""
        return {"name": self.name, "namespace": self.namespace}


def reference(found: Mapping[str, Any] | None, namespace: str) -> Reference | None:
    """A dependency of a job or CR; one without a namespace is in that of its owner."""
    name = str((found or {}).get("name") or "")
    return Reference(name, str((found or {}).get("namespace") or namespace)) if name else None


def dependencies(job: Mapping[str, Any]) -> dict[str, Reference | None]:
    """What a job migrates: ``kafka``, ``zookeeper`` and ``kRaftController``. Without ``kafka`` it is a lite job."""
    namespace = str(job["metadata"]["namespace"])
    found = (job.get("spec") or {}).get("dependencies") or {}
    return {key: reference(found.get(key), namespace) for key in ("kafka", "zookeeper", "kRaftController")}


def overrides(cr: Mapping[str, Any]) -> dict[str, str]:
    """``spec.configOverrides.server`` of a CR as a mapping; the last one of a key counts."""
    lines = ((cr.get("spec") or {}).get("configOverrides") or {}).get("server") or []
    pairs = (str(line).partition("=") for line in lines)
    return {key.strip(): value.strip() for key, _equals, value in pairs if key.strip()}


def zookeeper_endpoint(kafka: Mapping[str, Any]) -> str:
    """Where the Kafka CR finds ZooKeeper: ``host:port[,host:port][/chroot]``, "" where it is found by ``discovery``."""
    dependency = ((kafka.get("spec") or {}).get("dependencies") or {}).get("zookeeper") or {}
    return str(dependency.get("endpoint") or "")


def zookeeper_references(kafka: Mapping[str, Any]) -> list[Reference]:
    """The Zookeeper CRs that the servers of the endpoint are of, in its order; a server elsewhere says nothing."""
    namespace = str(kafka["metadata"]["namespace"])
    found: dict[Reference, None] = {}
    for server in zookeeper_endpoint(kafka).partition("/")[0].split(","):
        host = server.strip().rpartition(":")[0]
        labels = host.split(".")
        if len(labels) == 1 and host:
            found[Reference(labels[0], namespace)] = None
        elif labels[2:3] == ["svc"] or len(labels) == 2:
            found[Reference(labels[0], labels[1])] = None
        elif labels[3:4] == ["svc"]:  # one pod of it
            found[Reference(labels[1], labels[2])] = None
    return list(found)


def zookeeper_reference(kafka: Mapping[str, Any]) -> Reference | None:
    """The Zookeeper CR: by ``discovery``, else what a host name of the endpoint says, in the namespace of the Kafka CR before any other.

    None for a ZooKeeper elsewhere.
    """
    namespace = str(kafka["metadata"]["namespace"])
    dependency = ((kafka.get("spec") or {}).get("dependencies") or {}).get("zookeeper") or {}
    found = reference(dependency.get("discovery"), namespace)
    if found is not None:
        return found
    named = zookeeper_references(kafka)
    return next((each for each in named if each.namespace == namespace), next(iter(named), None))


def ids_of(cr: Mapping[str, Any], replicas: int | None = None) -> range:
    """Node ids of a Kafka or KRaftController CR: offset + ordinal. Raises Unsupported for an offset that is no number."""
    offset = res.annotation(cr, res.ID_OFFSET) or ("0" if cr.get("kind") == res.KAFKA.kind else str(FIRST_ID))
    if not offset.isdigit():
        raise Unsupported(
            f"{cr.get('kind')} {cr['metadata']['name']}: annotation {res.ID_OFFSET} is {offset!r}, which is no number; correct it",
            code="controller-id-clash",
        )
    wanted = replicas if replicas is not None else int((cr.get("spec") or {}).get("replicas", 3))
    return range(int(offset), int(offset) + wanted)


def controller(kafka: Mapping[str, Any], name: str, options: Mapping[str, Any], *, log4j1: bool) -> Obj:
    """Return the KRaftController for a Kafka CR, with the annotation that holds it.

    :param options: the module's options ``controller_*``.
    :param log4j1: whether the operator writes Log4j 2 settings that the image cannot read.
    :raises Unsupported: for a secured cluster, whose controllers need listeners and credentials that only its owner knows; for node ids
        that brokers have.
    """
    spec = kafka["spec"]
    secured = [key for key in SECURED if spec.get(key)]
    if secured:
        raise Unsupported(
            f"Kafka {kafka['metadata']['name']} has spec.{', spec.'.join(secured)}: write its KRaftController yourself, with the annotation "
            f'{res.HOLD}: "true", and name it in kraft_controller_name',
            code="controller-manifest",
        )
    offset = _offset(kafka, options)
    template = copy.deepcopy(dict(spec.get("podTemplate") or {}))
    if options.get("controller_resources"):
        template["resources"] = dict(options["controller_resources"])
    annotations = {**(options.get("controller_annotations") or {}), res.HOLD: "true"}
    annotations[res.ID_OFFSET] = str(offset)
    if log4j1:
        annotations[res.LOG4J1] = "true"
    made: Obj = {
        "replicas": options["controller_replicas"],
        "image": copy.deepcopy(spec["image"]),
        "dataVolumeCapacity": options["controller_storage_size"],
        **{key: copy.deepcopy(spec[key]) for key in TAKEN_OVER if key in spec},
    }
    if options.get("controller_storage_class"):
        made["storageClass"] = {"name": options["controller_storage_class"]}
    if template:
        made["podTemplate"] = template
    labels = {**(options.get("controller_labels") or {}), **ours(kafka["metadata"]["name"])}
    return {
        "apiVersion": res.CONTROLLER.api_version,
        "kind": res.CONTROLLER.kind,
        "metadata": {
            "name": name,
            "namespace": kafka["metadata"]["namespace"],
            "labels": labels,
            "annotations": annotations,
        },
        "spec": made,
    }


def _offset(kafka: Mapping[str, Any], options: Mapping[str, Any]) -> int:
    """The controllers' first node id: kraft_controller_node_id_base, else the first at or above FIRST_ID that is free."""
    brokers, replicas, base = ids_of(kafka), options["controller_replicas"], options.get("controller_node_id_base")
    if base is not None:
        both = set(brokers) & set(range(base, base + replicas))
        if both:
            raise Unsupported(
                f"with kraft_controller_node_id_base {base} the controllers would have the node ids {sorted(both)}, which brokers of Kafka "
                f"{kafka['metadata']['name']} have; set another one, or leave it out",
                code="controller-id-clash",
            )
        return int(base)
    offset = FIRST_ID
    while set(brokers) & set(range(offset, offset + replicas)):
        offset = brokers.stop
    return offset


def job(name: str, kafka: Reference, zookeeper: Reference, controllers: Reference) -> Obj:
    """Return the job that migrates one Kafka CR."""
    return {
        "apiVersion": res.JOB.api_version,
        "kind": res.JOB.kind,
        "metadata": {"name": name, "namespace": kafka.namespace, "labels": ours(kafka.name)},
        "spec": {
            "dependencies": {
                "kafka": kafka.as_dict(),
                "zookeeper": zookeeper.as_dict(),
                "kRaftController": controllers.as_dict(),
            }
        },
    }


def ours(cluster: str) -> dict[str, str]:
    """The labels of what this collection makes for a cluster."""
    return {LABEL_CLUSTER: cluster, MANAGED_BY: MANAGER}


def for_git(cr: Mapping[str, Any]) -> Obj:
    """Return a CR as a user keeps it in git: without status, without what the API server and the migration added."""
    metadata = {key: value for key, value in cr["metadata"].items() if key not in SERVER_FIELDS}
    labels = {key: value for key, value in (metadata.pop("labels", None) or {}).items() if (key, value) not in OURS}
    labels.pop(LABEL_CLUSTER, None)
    if labels:
        metadata["labels"] = labels
    annotations = {
        key: value
        for key, value in (metadata.pop("annotations", None) or {}).items()
        if key not in res.OF_THE_MIGRATION and key != LAST_APPLIED
    }
    if annotations:
        metadata["annotations"] = annotations
    return {
        "apiVersion": res.KAFKA.api_version,
        "kind": cr["kind"],
        "metadata": copy.deepcopy(metadata),
        "spec": copy.deepcopy(cr["spec"]),
    }
