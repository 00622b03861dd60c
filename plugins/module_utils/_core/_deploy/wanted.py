# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A new KRaft cluster as the options describe it, and what of them contradicts itself. Pure.

Private to the collection. Names follow those of a migrated cluster: brokers in the StatefulSet of the cluster's name, controllers in ``<cluster>-kraft``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.layouts import Layout, layout_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.security import Security
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controller_spec import (
    default_node_id_base,
)

COMBINED, SEPARATED = "combined", "separated"
MONITOR = "_monitor"
TOPOLOGIES = (COMBINED, COMBINED + MONITOR, SEPARATED, SEPARATED + MONITOR)
#: how clients reach one broker each
HEADLESS, CLUSTER_IP, NODE_PORT = "headless", "cluster_ip", "node_port"
ACCESS = (HEADLESS, CLUSTER_IP, NODE_PORT)
#: how the voters are known: by controller.quorum.voters, or by records of the metadata log (kraft.version 1)
STATIC, DYNAMIC = "static", "dynamic"
#: ports of the listeners; the exporter's
CLIENT_PORT, INTERNAL_PORT, CONTROLLER_PORT, EXPORTER_PORT = 9092, 9094, 9093, 9308
#: the first version with a dynamic quorum, and the first that this collection makes
FIRST = (3, 9)


@dataclass(frozen=True)
class Wanted:
    """A cluster that is to be there.

    :ivar brokers: number of brokers; of a combined cluster every one is a controller too.
    :ivar controllers: number of controllers of a separated cluster.
    :ivar controller_id_base: node id of the first controller of a separated cluster; brokers begin with 0.
    :ivar storage: size of a broker's volume, a Kubernetes quantity; controller_storage of a controller's.
    :ivar settings: settings of Kafka that the user gives, for every node.
    :ivar spread: labels of nodes over which pods are spread.
    """

    namespace: str
    name: str
    topology: str
    version: str
    image: str
    layout: Layout
    brokers: int = 3
    controllers: int = 3
    controllers_name: str = ""
    controller_id_base: int = 1000
    storage: str = "20Gi"
    storage_class: str | None = None
    controller_storage: str = "10Gi"
    controller_storage_class: str | None = None
    resources: Mapping[str, Any] = field(default_factory=dict)
    controller_resources: Mapping[str, Any] = field(default_factory=dict)
    heap: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    access: str = HEADLESS
    quorum: str = STATIC
    exporter_image: str = ""
    spread: tuple[str, ...] = ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    security: Security = field(default_factory=Security)
    labels: Mapping[str, str] = field(default_factory=dict)
    grace: int = 300

    @property
    def where(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"

    @property
    def combined(self) -> bool:
        """Whether each broker is a controller too."""
        return self.topology.startswith(COMBINED)

    @property
    def monitored(self) -> bool:
        """Whether a Kafka exporter runs beside it."""
        return self.topology.endswith(MONITOR)

    @property
    def dynamic(self) -> bool:
        """Whether the voters are records of the metadata log."""
        return self.quorum == DYNAMIC

    @property
    def broker_ids(self) -> list[int]:
        """Node ids of the brokers, by ordinal."""
        return list(range(self.brokers))

    @property
    def controller_ids(self) -> list[int]:
        """Node ids of the controllers, by ordinal."""
        if self.combined:
            return self.broker_ids
        return [self.controller_id_base + ordinal for ordinal in range(self.controllers)]

    @property
    def controller_pods(self) -> list[str]:
        """Names of the pods that run a controller, by ordinal."""
        workload = self.name if self.combined else self.controllers_name
        return [f"{workload}-{ordinal}" for ordinal in range(len(self.controller_ids))]

    def host(self, pod: str) -> str:
        """The name at which nodes reach a pod: pod.service.namespace.svc."""
        return f"{pod}.{self.service_of(pod)}.{self.namespace}.svc"

    def service_of(self, pod: str) -> str:
        """The headless Service of a pod's StatefulSet."""
        workload = pod.rpartition("-")[0]
        return workload if workload == self.controllers_name and not self.combined else self.headless

    @property
    def headless(self) -> str:
        """The headless Service of the brokers, which reaches every one of them."""
        return self.name

    @property
    def bootstrap(self) -> str:
        """Where clients in Kubernetes begin."""
        return f"{self.name}-bootstrap.{self.namespace}.svc:{CLIENT_PORT}"

    @property
    def voters(self) -> str:
        """``controller.quorum.voters``: id@host:9093 of each controller."""
        pods = zip(self.controller_ids, self.controller_pods, strict=True)
        return ",".join(f"{number}@{self.host(pod)}:{CONTROLLER_PORT}" for number, pod in pods)

    @property
    def bootstrap_servers(self) -> str:
        """``controller.quorum.bootstrap.servers``: host:9093 of each controller."""
        return ",".join(f"{self.host(pod)}:{CONTROLLER_PORT}" for pod in self.controller_pods)


def wanted(params: Mapping[str, Any]) -> Wanted:
    """Return the cluster that validated module options describe. Nothing is checked here: see problems()."""
    image = str(params["image"] or f"apache/kafka:{params['kafka_version']}")
    name = str(params["cluster"])
    return Wanted(
        namespace=str(params["namespace"]),
        name=name,
        topology=str(params["topology"]),
        version=str(params["kafka_version"] or ""),
        image=image,
        layout=layout_of(image, str(params["image_layout"])),
        brokers=int(params["brokers"]),
        controllers=int(params["controller_replicas"]),
        controllers_name=str(params["controller_name"] or names.controllers_name(name)),
        controller_id_base=_first_controller(params["controller_node_id_base"], int(params["brokers"])),
        storage=str(params["storage_size"]),
        storage_class=params["storage_class"],
        controller_storage=str(params["controller_storage_size"]),
        controller_storage_class=params["controller_storage_class"],
        resources=dict(params["resources"] or {}),
        controller_resources=dict(params["controller_resources"] or params["resources"] or {}),
        heap=str(params["heap"] or ""),
        settings={str(key): _text(value) for key, value in (params["settings"] or {}).items()},
        access=str(params["access"]),
        quorum=str(params["quorum"]),
        exporter_image=str(params["exporter_image"] or ""),
        spread=tuple(params["spread"]),
        security=Security.of(params),
        labels={str(key): str(value) for key, value in (params["labels"] or {}).items()},
        grace=int(params["termination_grace"]),
    )


def _first_controller(given: Any, brokers: int) -> int:
    """Node id of the first controller: the user's, else as of a migration, the next round thousand above every broker."""
    return int(given) if given is not None else default_node_id_base(range(brokers))


def _text(value: Any) -> str:
    """A value of Kafka's as its file has it: YAML's true is true, not True."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def version_of(text: str) -> tuple[int, ...]:
    """``3.9.2`` as numbers, () when it is no version."""
    return tuple(map(int, text.split("."))) if re.fullmatch(r"\d+(\.\d+){1,2}", text) else ()
