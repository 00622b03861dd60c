# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user writes: clusters of each topology, and operations on them. Plain dictionaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.sandbox.config import SandboxError

from .names import (
    APPS,
    BROKER,
    COMBINE,
    CONTROLLER,
    EXPORTER,
    EXPORTER_VERSION,
    FIRST_BROKER,
    KRAFT_VERSIONS,
    OLD_VERSIONS,
    OPERATIONS,
    TOPOLOGIES,
    WITH_ZOOKEEPER,
    Object,
)

#: claims of a component
_CLAIMS = {COMBINE: ("data", "metadata"), CONTROLLER: ("metadata",), BROKER: ("data", "metadata")}


@dataclass(frozen=True)
class ClusterSpec:
    """One cluster.

    version: of Kafka, empty = 3.9.2, with ZooKeeper 2.7.0. brokers: pods with records, be they combined or not. heap: of each, controllers too.
    zookeeper: the service reference of kafka2-external-zk (zookeeper.py makes one); None = without, which the operator never complains about.
    env: further variables of the component with the brokers, by name. storage: size of each claim.
    """

    name: str = "kafka"
    namespace: str = "kubeblocks"
    topology: str = "separated"
    version: str = ""
    brokers: int = 1
    controllers: int = 1
    heap: str = "160m"
    storage: str = "1Gi"
    zookeeper: Mapping[str, object] | None = None
    env: tuple[tuple[str, str], ...] = ()
    definition: str = "kafka"

    def __post_init__(self) -> None:
        """Refuse what there is no definition of. Raises SandboxError."""
        if self.topology not in TOPOLOGIES:
            raise SandboxError(f"topology {self.topology!r} is none of {', '.join(TOPOLOGIES)}")
        known = OLD_VERSIONS if self.in_zookeeper_mode else KRAFT_VERSIONS
        if self.kafka_version not in known:
            raise SandboxError(f"Kafka {self.version} is none of {', '.join(known)} of topology {self.topology}")

    @property
    def in_zookeeper_mode(self) -> bool:
        """Tell whether its brokers need ZooKeeper."""
        return self.topology == WITH_ZOOKEEPER

    @property
    def kafka_version(self) -> str:
        """Return the version of Kafka."""
        return self.version or (OLD_VERSIONS[-1] if self.in_zookeeper_mode else KRAFT_VERSIONS[0])

    @property
    def components(self) -> tuple[str, ...]:
        """Return the names of its components."""
        return TOPOLOGIES[self.topology]

    @property
    def broker_component(self) -> str:
        """Return the component with the brokers."""
        return COMBINE if COMBINE in self.components else BROKER

    def pods(self, component: str = "") -> list[str]:
        """Return the pods of a component, of the brokers when none is named."""
        component = component or self.broker_component
        return [f"{self.name}-{component}-{index}" for index in range(self.replicas(component))]

    def replicas(self, component: str) -> int:
        """Return how many pods a component has."""
        return {CONTROLLER: self.controllers, EXPORTER: 1}.get(component, self.brokers)

    @property
    def broker_ids(self) -> dict[str, int]:
        """Return {pod: broker id}."""
        first = 0 if self.broker_component == COMBINE else FIRST_BROKER
        return {pod: first + index for index, pod in enumerate(self.pods())}

    @property
    def bootstrap(self) -> str:
        """Return bootstrap servers that resolve inside the cluster of Kubernetes: the service of each broker."""
        service = f"{self.name}-{self.broker_component}-advertised-listener"
        return ",".join(f"{service}-{index}.{self.namespace}:9092" for index in range(self.brokers))


def cluster(spec: ClusterSpec) -> Object:
    """Return the Cluster."""
    body = {
        "clusterDef": spec.definition,
        "topology": spec.topology,
        "terminationPolicy": "Delete",
        "componentSpecs": [_component(spec, name) for name in spec.components],
    }
    return {
        "apiVersion": APPS,
        "kind": "Cluster",
        "metadata": {"name": spec.name, "namespace": spec.namespace},
        "spec": body,
    }


def _component(spec: ClusterSpec, name: str) -> Object:
    about: Object = {"name": name, "replicas": spec.replicas(name)}
    if name == EXPORTER:
        return {**about, "serviceVersion": EXPORTER_VERSION, "resources": resources("10m", "32Mi")}
    about |= {"serviceVersion": spec.kafka_version, "resources": resources("50m", "256Mi")}
    about["volumeClaimTemplates"] = [claim(one, spec.storage) for one in _CLAIMS[name]]
    env = {f"KB_KAFKA_{'CONTROLLER' if name == CONTROLLER else 'BROKER'}_HEAP": f"-Xms{spec.heap} -Xmx{spec.heap}"}
    if name == spec.broker_component:
        env |= dict(spec.env)
        about["services"] = [{"name": "advertised-listener", "serviceType": "ClusterIP", "podService": True}]
        if spec.zookeeper is not None:
            about["serviceRefs"] = [dict(spec.zookeeper)]
    return {**about, "env": [{"name": key, "value": value} for key, value in env.items()]}


def resources(cpu: str, memory: str) -> Object:
    """Return requests; the sandbox enforces no limits, which the operator wants all the same."""
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"cpu": "2", "memory": "1Gi"}}


def claim(name: str, storage: str) -> Object:
    """Return a claim of each pod of a component."""
    size = {"requests": {"storage": storage}}
    return {"name": name, "spec": {"accessModes": ["ReadWriteOnce"], "resources": size}}


def operation(spec: ClusterSpec, name: str, kind: str, *, patience: int = 0, **body: object) -> Object:
    """Return an OpsRequest. patience: seconds that it waits for the cluster to be Running; without, it fails at once when it is not."""
    about: Object = {"clusterName": spec.name, "type": kind, **body}
    if patience:
        about["preConditionDeadlineSeconds"] = patience
    metadata = {"name": name, "namespace": spec.namespace}
    return {"apiVersion": OPERATIONS, "kind": "OpsRequest", "metadata": metadata, "spec": about}


def named(components: Sequence[str]) -> list[Object]:
    """Return components as Restart, Stop and Start name them."""
    return [{"componentName": name} for name in components]
