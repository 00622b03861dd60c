# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Kubernetes shows of a cluster whose pods come from StatefulSets, whoever makes those, and what runs in its pods.

Private to the collection. Each property is fetched once, when a step needs it. A platform says which StatefulSets are whose.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import main_container
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import NotRunning, Reading, Unknown, known
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.state import roles_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts, pod_facts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.pods import (
    ordinal_key,
    wanted_pods,
    why_not_running,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.parallel import parallel

Obj = dict[str, Any]
#: exec channels opened at the same time
PARALLEL = 8


class Workloads(ABC):
    """StatefulSets, pods and processes of one cluster. ``params`` are the validated module options."""

    def __init__(self, client: KubeClient, params: Mapping[str, Any]) -> None:
        self.client = client
        self.params = params
        self.namespace: str = params["namespace"]
        self.name: str = params["cluster"]

    # brokers

    @property
    @abstractmethod
    def statefulsets(self) -> list[Obj]:
        """The brokers' StatefulSets."""

    @property
    def image(self) -> str:
        """The brokers' container image, "" when it is not named."""
        containers = self.statefulsets[0]["spec"]["template"]["spec"]["containers"]
        return next((str(each.get("image", "")) for each in containers if each["name"] == self.container), "")

    @cached_property
    def container(self) -> str:
        """The name of the container that runs Kafka."""
        return str(self.params["container"] or main_container(self.statefulsets[0]["spec"]["template"]))

    @cached_property
    def pods(self) -> dict[str, Obj]:
        """The brokers' pods by name."""
        return self._pods_of(self.statefulsets)

    def _pods_of(self, statefulsets: list[Obj]) -> dict[str, Obj]:
        uids = {item["metadata"]["uid"] for item in statefulsets}
        owned = {}
        for pod in self._all_pods:
            if any(owner.get("uid") in uids for owner in pod["metadata"].get("ownerReferences", [])):
                owned[str(pod["metadata"]["name"])] = pod
        return dict(sorted(owned.items(), key=lambda item: ordinal_key(item[0])))

    @cached_property
    def _all_pods(self) -> list[Obj]:
        return self.client.list(POD, self.namespace)

    def _expected(self, statefulsets: list[Obj], pods: Mapping[str, Obj]) -> list[str]:
        """Names of the pods that exist or should exist."""
        wanted = {name for item in statefulsets for name in wanted_pods(item)}
        return sorted(wanted | set(pods), key=ordinal_key)

    # controllers

    @property
    @abstractmethod
    def controllers(self) -> Obj | None:
        """The controllers' StatefulSet, if it exists."""

    @property
    @abstractmethod
    def controller_container(self) -> str:
        """The container that runs a controller, "" where there is none."""

    @cached_property
    def controller_pods(self) -> dict[str, Obj]:
        """The controllers' pods by name; the brokers' where these are controllers too."""
        if self.controllers:
            return self._pods_of([self.controllers])
        return dict(self.pods) if self._combined else {}

    @property
    def _combined(self) -> bool:
        """Whether the brokers are controllers as well, as their processes say; only asked where there are no others."""
        return any("controller" in roles_of(facts.settings) for facts in known(self.facts).values())

    @property
    def has_controllers(self) -> bool:
        """Whether the controllers' StatefulSet exists."""
        return self.controllers is not None

    @property
    def controllers_wanted(self) -> int:
        """How many controllers should run now, 0 when there are none."""
        return int(self.controllers["spec"].get("replicas", 1)) if self.controllers else 0

    # processes

    @cached_property
    def facts(self) -> dict[str, Reading[ProcessFacts]]:
        """What runs in each broker pod that should exist."""
        expected = self._expected(self.statefulsets, self.pods)
        return self._all_of(expected, self.read_facts(self.pods, dict.fromkeys(self.pods, self.container)))

    def read_processes(self) -> None:
        """Read the processes of brokers and controllers at the same time, for whoever needs both; those that were read already are kept."""
        if self.controllers is None or not {"facts", "controller_facts"}.isdisjoint(self.__dict__):
            return
        both = {**self.pods, **self.controller_pods}
        containers = {
            **dict.fromkeys(self.pods, self.container),
            **dict.fromkeys(self.controller_pods, self.controller_container),
        }
        found = self.read_facts(both, containers)
        self.__dict__["facts"] = self._all_of(self._expected(self.statefulsets, self.pods), found)
        self.__dict__["controller_facts"] = self._all_of(
            self._expected([self.controllers], self.controller_pods), found
        )

    @staticmethod
    def _all_of(expected: list[str], found: Mapping[str, Reading[ProcessFacts]]) -> dict[str, Reading[ProcessFacts]]:
        return {pod: found.get(pod, NotRunning("the pod does not exist")) for pod in expected}

    def read_facts(self, pods: Mapping[str, Obj], containers: Mapping[str, str]) -> dict[str, Reading[ProcessFacts]]:
        """Read the processes of some pods again; one that does not run, or cannot be read, is Unknown. Raises Forbidden."""

        def read(name: str) -> tuple[str, Reading[ProcessFacts]]:
            if pods[name]["metadata"].get("deletionTimestamp"):
                return name, Unknown("the pod is being deleted")
            why = why_not_running(pods[name], containers[name])
            if why:
                return name, NotRunning(why)
            try:
                return name, pod_facts(self.client, self.namespace, name, containers[name])
            except Forbidden:
                raise
            except KraftError as error:
                return name, Unknown(error.message)

        return dict(parallel(read, pods, PARALLEL))

    @cached_property
    def controller_facts(self) -> dict[str, Reading[ProcessFacts]]:
        """What runs in each controller pod that should exist."""
        if self.controllers is None:
            return dict(self.facts) if self._combined else {}
        pods = self.controller_pods
        found = self.read_facts(pods, dict.fromkeys(pods, self.controller_container))
        return self._all_of(self._expected([self.controllers], pods), found)
