# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Kafka cluster that Strimzi made from custom resources: what the API server shows of them, and the pods that it made.

Private to the collection. Strimzi has StrimziPodSets instead of StatefulSets; a pod is found by its labels, since it may outlive the set
that it is of.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import Route, is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.zookeeper_login import ZookeeperLogin
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import DEPLOYMENT, POD, PVC, Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import (
    claiming,
    pod_sets,
    sentences,
    states,
    versions,
    zookeeper_pod,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.following import Shown
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.kafka_cluster import KafkaCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import Led
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.pods import ordinal_key
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, NotFound, Refused

Obj = dict[str, Any]


class StrimziCluster(KafkaCluster):
    """A cluster that Strimzi leads."""

    platform = "strimzi"
    by_operator = True
    of_platform: ClassVar[Mapping[Part, tuple[str, ...]]] = {
        Part.OBJECTS: ("kafka", "pools", "_all_sets"),
        Part.BROKERS: ("_all_sets",),
        Part.CONTROLLERS: ("_all_sets", "pools"),
    }
    #: what leads it; given by whoever opens the cluster
    driver: Led

    # custom resources

    @cached_property
    def kafka(self) -> Obj:
        """The Kafka CR. Raises NotFound."""
        return self.client.get(res.KAFKA, self.name, self.namespace)

    @cached_property
    def pools(self) -> list[Obj]:
        """The node pools of this cluster."""
        return self._of_strimzi(res.NODE_POOL)

    def _of_strimzi(self, kind: Kind) -> list[Obj]:
        """Custom resources of this cluster. Raises Refused (operator-crds) when the API server does not know their kind."""
        try:
            return self.client.list(kind, self.namespace, label_selector=f"{res.CLUSTER}={self.name}")
        except NotFound as error:
            raise Refused(claiming.without(self.client, kind), code="operator-crds") from error

    @property
    def foreign_pools(self) -> dict[str, str]:
        """The other node pools of this namespace, whose names are taken: each with the cluster of its label, "" where it has none."""
        found = self.client.list(res.NODE_POOL, self.namespace)
        of = {str(pool["metadata"]["name"]): res.label(pool, res.CLUSTER) for pool in found}
        return {name: cluster for name, cluster in of.items() if cluster != self.name}

    @property
    def controllers_pools(self) -> list[Obj]:
        """Those with the role of a controller."""
        return [pool for pool in self.pools if res.CONTROLLER in res.roles(pool)]

    @property
    def controllers_pool(self) -> Obj | None:
        """The controllers' node pool, if it exists. Raises Refused when there are several, or it is one of brokers as well."""
        found = self.controllers_pools
        mixed = [str(pool["metadata"]["name"]) for pool in found if res.BROKER in res.roles(pool)]
        if mixed:
            raise Refused(
                f"KafkaNodePool {', '.join(mixed)} of Kafka {res.where(self.kafka)} has the roles of brokers and controllers; Strimzi migrates to "
                "controllers of their own only: give it one role, and write another pool",
                code="combined-roles",
            )
        if len(found) > 1:
            names = ", ".join(str(pool["metadata"]["name"]) for pool in found)
            raise Refused(
                f"KafkaNodePools {names} of Kafka {res.where(self.kafka)} are all of controllers; a migration has one: delete the others",
                code="operator-references",
            )
        return found[0] if found else None

    @property
    def controllers_name(self) -> str:
        """Name of the controllers' node pool, also of the one that is still to be made."""
        pool = self.controllers_pool
        if pool is not None:
            return str(pool["metadata"]["name"])
        manifest = self.params.get("controller_manifest") or {}
        named = (manifest.get("metadata") or {}).get("name")
        return str(named or self.params["controller_name"] or res.CONTROLLER)

    @property
    def controllers_claims(self) -> dict[str, Obj]:
        """The volume claims of the controllers' node pool, by Strimzi's labels: of one that is gone as well, when nothing else has its name."""
        selector = f"{res.CLUSTER}={self.name},{res.POOL}={self.controllers_name}"
        of_brokers = {str(pool["metadata"]["name"]) for pool in self.pools if res.BROKER in res.roles(pool)}
        if self.controllers_name in {res.ADOPTING, *of_brokers}:
            return {}
        return {
            str(item["metadata"]["name"]): item
            for item in self.client.list(PVC, self.namespace, label_selector=selector)
        }

    @property
    def stray_claims(self) -> dict[str, Obj]:
        """Volume claims of node pools that do not exist: those of an earlier attempt may be among them."""
        known = {res.ADOPTING, self.controllers_name, *(str(pool["metadata"]["name"]) for pool in self.pools)}
        selector = f"{res.CLUSTER}={self.name},{res.NAME}={self.name}-kafka"
        found = self.client.list(PVC, self.namespace, label_selector=selector)
        return {str(item["metadata"]["name"]): item for item in found if res.label(item, res.POOL) not in {"", *known}}

    @property
    def operator_pods(self) -> list[Obj]:
        """Strimzi's pods in this namespace; it may run in another one, which this account need not see."""
        return self.client.list(POD, self.namespace, label_selector=res.OPERATOR_PODS)

    @property
    def operator_deployment(self) -> Obj | None:
        """Strimzi's Deployment, if it is in this namespace."""
        return self.client.find(DEPLOYMENT, res.OPERATOR, self.namespace)

    @property
    def operator_down(self) -> tuple[str, ...]:
        """Strimzi's pods in this namespace, or its Deployment there, when none of them is Ready; () also where it runs in another one."""
        pods, deployment = self.operator_pods, self.operator_deployment
        if any(map(is_ready, pods)):
            return ()
        listed = [str(pod["metadata"]["name"]) for pod in pods]
        return tuple(listed or ([f"Deployment {res.OPERATOR}"] if deployment is not None else []))

    @property
    def operator_version(self) -> versions.Version:
        """The version of Strimzi, () when nothing says it: kraft_strimzi_version, its pods' image, the status of the Kafka CR, the brokers' image.

        That of its vendor's (versions.of_vendor) where the status says nothing else, and neither does an image.
        Raises Refused (operator-version-unknown) when kraft_strimzi_version is none.
        """
        given = str(self.params.get("strimzi_version") or "")
        if given:
            return self._version_given(given)
        images = [
            str(each.get("image", ""))
            for pod in self.operator_pods
            for each in (pod.get("spec") or {}).get("containers") or []
        ]
        said = str((self.kafka.get("status") or {}).get("operatorLastSuccessfulVersion") or "")
        of_status = versions.version(said)
        told = [*map(versions.of_image, images), () if versions.of_vendor(of_status) else of_status]
        return next(filter(None, (*told, versions.of_image(self.image), of_status)), ())

    def _version_given(self, given: str) -> versions.Version:
        found = versions.version(given)
        wrong = "no version of Strimzi: write it as it is released" if not found else ""
        if versions.of_vendor(found):
            wrong = "no version of a Strimzi that has clusters with ZooKeeper: write that of the Strimzi that your operator is built of"
        if wrong:
            raise Refused(
                f"kraft_strimzi_version is {given!r}, which is {wrong}, for example {versions.NEWEST}, or leave it out",
                code="operator-version-unknown",
            )
        return found

    def shown(self) -> Shown:
        """What is there now, read again."""
        self.changed(Part.OBJECTS)
        pods = self.client.list(POD, self.namespace, label_selector=f"{res.CLUSTER}={self.name}")
        by_name = {str(pod["metadata"]["name"]): pod for pod in pods}
        return Shown(self.kafka, tuple(self.pools), tuple(self._all_sets), by_name)

    # pods

    @cached_property
    def _all_sets(self) -> list[Obj]:
        """The StrimziPodSets of brokers and controllers."""
        found = self._of_strimzi(res.POD_SET)
        return [dict(item) for item in pod_sets.of_kafka(found, self.name)]

    @property
    def statefulsets(self) -> list[Obj]:
        """The brokers' StrimziPodSets. Raises Refused when Strimzi has made none, or never looked at the Kafka CR."""
        found = [item for item in self._all_sets if not pod_sets.holds_controllers(item)]
        if not found and not states.conditions(self.kafka):
            raise Refused(sentences.never_seen(self.kafka), code="operator-silent")
        if not found:
            raise Refused(
                f"Strimzi has made no StrimziPodSet for the brokers of Kafka {res.where(self.kafka)}; wait until it is Ready",
                code="broker-not-healthy",
            )
        return found

    @property
    def image(self) -> str:
        """The brokers' image."""
        for pod in self.pods.values():
            for each in (pod.get("spec") or {}).get("containers") or []:
                if each.get("name") == self.container:
                    return str(each.get("image", ""))
        return ""

    @cached_property
    def container(self) -> str:
        """The container that runs Kafka."""
        return str(self.params["container"] or res.CONTAINER)

    def _labelled(self, *, controllers: bool) -> dict[str, Obj]:
        found = {
            str(pod["metadata"]["name"]): pod
            for pod in self._all_pods
            if res.label(pod, res.CLUSTER) == self.name
            and res.label(pod, res.NAME) == f"{self.name}-kafka"
            and pod_sets.is_of_controllers(pod) == controllers
        }
        return dict(sorted(found.items(), key=lambda item: ordinal_key(item[0])))

    @cached_property
    def pods(self) -> dict[str, Obj]:
        """The brokers' pods by name."""
        return self._labelled(controllers=False)

    @cached_property
    def controller_pods(self) -> dict[str, Obj]:
        """The controllers' pods by name, those included whose node pool is gone."""
        return self._labelled(controllers=True)

    def _expected(self, statefulsets: list[Obj], pods: Mapping[str, Obj]) -> list[str]:
        return sorted({*pod_sets.revisions(statefulsets), *pods}, key=ordinal_key)

    @property
    def controllers(self) -> Obj | None:
        """The controllers' StrimziPodSet; one without pods of its own when only pods are left."""
        found = next((item for item in self._all_sets if pod_sets.holds_controllers(item)), None)
        left: Obj = {"metadata": {"name": self.controllers_name}, "spec": {"pods": []}}
        return found or (left if self.controller_pods else None)

    @property
    def has_controllers(self) -> bool:
        """Whether the controllers' node pool, or a pod of it, exists."""
        return bool(self.controllers_pools) or self.controllers is not None

    @property
    def controllers_wanted(self) -> int:
        """How many controllers should run now."""
        return len(pod_sets.described(self.controllers)) if self.controllers else 0

    @property
    def controller_container(self) -> str:
        """The container that runs a controller."""
        return str(self.params["controller_container"] or self.container) if self.controllers else ""

    # ZooKeeper

    @property
    def _inside(self) -> bool:
        """Whether ZooKeeper is reached inside its pods; not where the user names an address, or a Secret for the port with TLS."""
        return not (self.params["zookeeper_connect"] or self.params["zookeeper_secret"])

    @cached_property
    def route(self) -> Route:
        """How ZooKeeper is reached; the forward stays open until the cluster is closed."""
        connect = self.zookeeper_connect
        if connect is None or not self._inside:
            return super().route
        return self._stack.enter_context(zookeeper_pod.open_route(self.client, self.namespace, self.name, connect))

    @property
    def zookeeper_login(self) -> ZookeeperLogin:
        """None inside the pods of ZooKeeper, whose port there asks for none."""
        return ZookeeperLogin() if self._inside else super().zookeeper_login

    def bundled(self) -> list[Mapping[str, Any]]:
        """The custom resources and StrimziPodSets, for a support bundle."""
        try:
            return [self.kafka, *self.pools, *self._all_sets]
        except KraftError:
            return []
