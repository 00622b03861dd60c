# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Kubernetes objects of a new cluster on plain StatefulSets. Pure.

Private to the collection. Every object carries the labels of the cluster: by them, and by the uid that is read, it is ours. Pods run without a
privilege ("restricted" pod security), each with a volume of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy import pods, settings
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.identity import Identity
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.start import (
    FILE,
    LOG4J,
    LOG4J2,
    LOG4J2_TEXT,
    LOG4J_TEXT,
    READY,
    START,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.wanted import (
    CLIENT_PORT,
    CONTROLLER_PORT,
    EXPORTER_PORT,
    HEADLESS,
    INTERNAL_PORT,
    NODE_PORT,
    Wanted,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import settings_hash
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import Properties

Obj = dict[str, Any]
BROKER, CONTROLLER, EXPORTER = "broker", names.ROLE_CONTROLLER, "exporter"


@dataclass(frozen=True)
class Workload:
    """One StatefulSet with what only its pods use.

    :ivar role: broker or controller; the brokers of a combined cluster are both.
    """

    role: str
    statefulset: Obj
    config: Obj

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.statefulset["metadata"]["name"])


@dataclass(frozen=True)
class Objects:
    """Everything that a cluster consists of, beside its identity, in the order in which it is made."""

    services: tuple[Obj, ...]
    budgets: tuple[Obj, ...]
    workloads: tuple[Workload, ...]
    deployments: tuple[Obj, ...] = ()


def labels(cluster: Wanted, role: str) -> dict[str, str]:
    """The labels that select the pods of a role, and nothing else."""
    return {names.LABEL_CLUSTER: cluster.name, names.LABEL_ROLE: role}


def all_labels(cluster: Wanted, role: str) -> dict[str, str]:
    """Labels of an object: the user's, then ours."""
    return {
        **cluster.labels,
        "app.kubernetes.io/name": "kafka",
        "app.kubernetes.io/instance": cluster.name,
        names.MANAGED_BY: names.MANAGER,
        names.DEPLOYED: "true",
        **labels(cluster, role),
    }


def objects(cluster: Wanted, identity: Identity, ports: Mapping[str, int] | None = None) -> Objects:
    """Build the objects.

    :param ports: of NodePort Services that exist, the port of each pod: brokers advertise them.
    """
    roles = [BROKER] if cluster.combined else [CONTROLLER, BROKER]
    return Objects(
        services=tuple(_services(cluster)),
        budgets=tuple(_budget(cluster, role) for role in roles),
        workloads=tuple(_workload(cluster, role, identity, ports or {}) for role in roles),
        deployments=(_exporter(cluster),) if cluster.monitored else (),
    )


def metadata(cluster: Wanted, name: str, role: str) -> Obj:
    """Metadata of an object of ours."""
    return {"name": name, "namespace": cluster.namespace, "labels": all_labels(cluster, role)}


def workload_name(cluster: Wanted, role: str) -> str:
    """Name of a role's StatefulSet."""
    return cluster.name if role == BROKER else cluster.controllers_name


# Services


def _services(cluster: Wanted) -> Iterable[Obj]:
    listening = [("client", CLIENT_PORT), ("internal", INTERNAL_PORT)]
    both = [*listening, ("controller", CONTROLLER_PORT)] if cluster.combined else listening
    yield _headless(cluster, cluster.headless, BROKER, both)
    if not cluster.combined:
        yield _headless(cluster, cluster.controllers_name, CONTROLLER, [("controller", CONTROLLER_PORT)])
    yield _service(cluster, f"{cluster.name}-bootstrap", BROKER, [("client", CLIENT_PORT)])
    if cluster.access != HEADLESS:
        for ordinal in range(cluster.brokers):
            yield pod_service(cluster, f"{cluster.name}-{ordinal}")
    if cluster.monitored:
        yield _service(cluster, f"{cluster.name}-exporter", EXPORTER, [("metrics", EXPORTER_PORT)])


def pod_service(cluster: Wanted, pod: str) -> Obj:
    """The Service of one broker, through which clients reach it."""
    body = _service(cluster, pod, BROKER, [("client", CLIENT_PORT)])
    body["spec"]["selector"] = {**labels(cluster, BROKER), "statefulset.kubernetes.io/pod-name": pod}
    body["spec"]["type"] = "NodePort" if cluster.access == NODE_PORT else "ClusterIP"
    # a client that knows the broker has to reach it while it is on its way up or down
    body["spec"]["publishNotReadyAddresses"] = True
    return body


def _service(cluster: Wanted, name: str, role: str, ports: Iterable[tuple[str, int]]) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(cluster, name, role),
        "spec": {
            "selector": labels(cluster, role),
            "ports": [
                {"name": port_name, "port": port, "targetPort": port, "protocol": "TCP"} for port_name, port in ports
            ],
        },
    }


def _headless(cluster: Wanted, name: str, role: str, ports: Iterable[tuple[str, int]]) -> Obj:
    """With the addresses of pods that are not ready, which must find each other to become ready."""
    body = _service(cluster, name, role, ports)
    body["spec"] = {"clusterIP": "None", "publishNotReadyAddresses": True, **body["spec"]}
    return body


# workloads


def _budget(cluster: Wanted, role: str) -> Obj:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(cluster, workload_name(cluster, role), role),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels(cluster, role)}},
    }


def _workload(cluster: Wanted, role: str, identity: Identity, ports: Mapping[str, int]) -> Workload:
    broker = role == BROKER
    values = settings.broker_settings(cluster) if broker else settings.controller_settings(cluster)
    data = {
        FILE: _rendered(values),
        START: pods.start_text(cluster, role),
        READY: pods.ready_text(cluster, role),
        LOG4J: LOG4J_TEXT,
        LOG4J2: LOG4J2_TEXT,
    }
    if broker and cluster.access == NODE_PORT:
        data |= {f"port-{pod}": str(port) for pod, port in sorted(ports.items())}
    digest = settings_hash({**data, "image": cluster.image}, cluster.where)
    name = workload_name(cluster, role)
    config_name = f"{name}-config-{digest[:8]}"
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(cluster, config_name, role),
        "data": data,
        "immutable": True,
    }
    template = pods.template(cluster, role, identity, config_name)
    template["metadata"] = {
        "labels": all_labels(cluster, role),
        "annotations": {names.SETTINGS_HASH: pods.digest_of(template, digest, cluster.where)},
    }
    statefulset = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata(cluster, name, role),
        "spec": {
            "replicas": cluster.brokers if broker else cluster.controllers,
            "serviceName": cluster.headless if broker else cluster.controllers_name,
            # a quorum comes up together, and after a power cut nobody waits for the first
            "podManagementPolicy": "Parallel",
            # pods are restarted by this collection, which looks at ISRs and quorum
            "updateStrategy": {"type": "OnDelete"},
            "selector": {"matchLabels": labels(cluster, role)},
            "template": template,
            "volumeClaimTemplates": [_claim(cluster, role)],
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        },
    }
    return Workload(role, statefulset, config)


def _rendered(values: Mapping[str, str]) -> str:
    properties = Properties.parse("")
    for key, value in values.items():
        properties.set(key, value)
    return properties.render()


def _claim(cluster: Wanted, role: str) -> Obj:
    broker = role == BROKER
    size = cluster.storage if broker else cluster.controller_storage
    wanted = cluster.storage_class if broker else cluster.controller_storage_class or cluster.storage_class
    spec: Obj = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    if wanted:
        spec["storageClassName"] = wanted
    return {"metadata": {"name": pods.DATA_VOLUME, "labels": all_labels(cluster, role)}, "spec": spec}


def _exporter(cluster: Wanted) -> Obj:
    servers = [f"--kafka.server={cluster.host(f'{cluster.name}-{n}')}:{INTERNAL_PORT}" for n in range(cluster.brokers)]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(cluster, f"{cluster.name}-exporter", EXPORTER),
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels(cluster, EXPORTER)},
            "template": {
                "metadata": {"labels": all_labels(cluster, EXPORTER)},
                "spec": {
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    "securityContext": pods.pod_security(65534, 65534),
                    "containers": [
                        {
                            "name": EXPORTER,
                            "image": cluster.exporter_image,
                            "args": [*servers, f"--web.listen-address=:{EXPORTER_PORT}"],
                            "ports": [{"name": "metrics", "containerPort": EXPORTER_PORT}],
                            "readinessProbe": {"httpGet": {"path": "/metrics", "port": EXPORTER_PORT}},
                            "securityContext": pods.CONTAINER_SECURITY,
                            "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
                        }
                    ],
                },
            },
        },
    }
