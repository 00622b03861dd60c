# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Kafka cluster made of plain StatefulSets: found by name, their controllers by label, with the objects that hold their settings.

Private to the collection. The collection itself applies each change here: "direct" in docs/architecture.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.ownership import is_of_controllers
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import main_container
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import (
    CONFIG_MAP,
    NAMESPACE,
    PDB,
    SECRET,
    STATEFUL_SET,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import discovery
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.kafka_cluster import KafkaCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Direct
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.pods import ordinal_key
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden

Obj = dict[str, Any]


class StatefulSetCluster(KafkaCluster):
    """A cluster that the collection writes by itself."""

    platform = "statefulset"
    of_platform: ClassVar[Mapping[Part, tuple[str, ...]]] = {
        Part.OBJECTS: ("all_statefulsets", "budgets"),
        Part.SETTINGS: ("config_maps", "_secrets"),
    }
    #: what writes it; given by whoever opens the cluster
    driver: Direct

    @cached_property
    def all_statefulsets(self) -> list[Obj]:
        """Every StatefulSet of the namespace. Raises Refused when the namespace does not exist."""
        found = self.client.list(STATEFUL_SET, self.namespace)
        if not found:
            self._check_namespace()
        return found

    def _check_namespace(self) -> None:
        try:
            discovery.namespace_among(
                self.namespace, [discovery.name_of(item) for item in self.client.list(NAMESPACE, None)]
            )
        except Forbidden:
            return

    @cached_property
    def statefulsets(self) -> list[Obj]:
        """The brokers' StatefulSets."""
        return discovery.choose(self.name, self.namespace, self.all_statefulsets, self.params["statefulsets"])

    @property
    def controllers_name(self) -> str:
        """Name of the controllers' StatefulSet."""
        return str(self.params["controller_name"] or names.controllers_name(self.name))

    @cached_property
    def controllers(self) -> Obj | None:
        """The controllers' StatefulSet, if it exists: one of that name without our labels is somebody else's."""
        found = [
            item
            for item in self.all_statefulsets
            if discovery.name_of(item) == self.controllers_name and is_of_controllers(item, self.name)
        ]
        return found[0] if found else None

    @property
    def controller_container(self) -> str:
        """The container that runs a controller."""
        if self.controllers is None:
            return self.container if self._combined else ""
        # one of ours has a name of its own; in a user's manifest there may be others beside it
        named = self.params["controller_container"] if self.params["controller_manifest"] else None
        return main_container(self.controllers["spec"]["template"], named, option="kraft_controller_container")

    @cached_property
    def config_maps(self) -> dict[str, Obj]:
        """The ConfigMaps of the namespace by name."""
        return {str(item["metadata"]["name"]): item for item in self.client.list(CONFIG_MAP, self.namespace)}

    @cached_property
    def budgets(self) -> list[Obj]:
        """The PodDisruptionBudgets of the namespace."""
        return self.client.list(PDB, self.namespace)

    @cached_property
    def _secrets(self) -> dict[str, Obj | None]:
        return {}

    def secret(self, name: str) -> Obj | None:
        """A Secret that may hold settings, by name; None when it does not exist. Read once, until settings change."""
        if name not in self._secrets:
            self._secrets[name] = self.client.find(SECRET, name, self.namespace)
        return self._secrets[name]

    def _check_one_cluster(self) -> None:
        """Raise Refused when the StatefulSets use different ZooKeepers, or one of them only matches the name."""
        per_set: dict[str, str] = {}
        for pod, facts in known(self.facts).items():
            own = ordinal_key(pod)[0]
            per_set[own] = facts.settings.get("zookeeper.connect") or per_set.get(own, "")
        if not self.params["statefulsets"]:
            discovery.no_other_cluster(per_set, self.statefulsets, self.name)
        discovery.same_zookeeper({own: connect for own, connect in per_set.items() if connect}, self.name)
