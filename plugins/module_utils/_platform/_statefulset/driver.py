# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain StatefulSets as a direct platform: the protocols of ``_platform.platform``, carried out by the modules beside this one.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import blocking
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import (
    POD,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    locks,
    made_from,
    patches,
    stage_objects,
    writes,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import (
    StatefulSetCluster,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.driver_controllers import (
    StatefulSetControllers,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.driver_parts import (
    StatefulSetBrokers,
    StatefulSetChecks,
    StatefulSetOriginals,
    StatefulSetOwnership,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.enforcement import (
    StatefulSetEnforcement,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import (
    Brokers,
    Checks,
    Claim,
    Controllers,
    Enforcement,
    Obj,
    Originals,
    Ownership,
    Progress,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.pods import other_revision


class StatefulSets:
    """The direct platform of plain StatefulSets."""

    name = "statefulset"

    def __init__(self, cluster: StatefulSetCluster) -> None:
        self._cluster = cluster
        self.enforcement: Enforcement = StatefulSetEnforcement(cluster)
        self.ownership: Ownership = StatefulSetOwnership(cluster, self.enforcement)
        self.originals: Originals = StatefulSetOriginals(cluster)
        self.brokers: Brokers = StatefulSetBrokers(cluster)
        self.controllers: Controllers = StatefulSetControllers(cluster)
        self.checks: Checks = StatefulSetChecks(cluster)

    @classmethod
    def claim(cls, client: KubeClient, params: Mapping[str, Any]) -> Claim | None:
        """Claim what is there as StatefulSets: this release knows no other platform, and refuses objects with an owner later."""
        del client
        return Claim(cls.name, f"StatefulSets of {params['namespace']}")

    def shows_finalized(self) -> bool:
        """Whether the objects alone show that the migration is over: False decides nothing."""
        return made_from.finalized(self._cluster)

    def restore_rolls(self, progress: Progress) -> None:
        """Put the users' own update strategy back on brokers and controllers, once every pod has the newest revision."""
        cluster = self._cluster
        for item in locks.managed(cluster):
            if writes.restore_strategy(cluster.client, item, cluster.params["wait_timeout"], progress):
                progress(writes.handed_over(item))
        cluster.changed(Part.OBJECTS)

    def unsettled(self) -> str:
        """Why a broker's pod that is deleted now might not come back as it was, or an empty string."""
        cluster = self._cluster
        cluster.changed(Part.OBJECTS, Part.BROKERS)
        older = other_revision(cluster.statefulsets, cluster.pods)
        if older:
            return older
        outdated = self.brokers.outdated()
        if outdated:
            return f"pods {', '.join(outdated)} were not made with the settings of their template: a roll is to be finished first"
        stopping = blocking(self.checks.workloads(), cluster.params["accept"])
        return stopping[0].sentence if stopping else ""

    def remove_pod(self, pod: str, uid: str, *, grace_seconds: int | None = None) -> None:
        """Delete the very pod that was read. Raises NotFound, Conflict when it is another one."""
        self._cluster.client.delete(POD, pod, self._cluster.namespace, uid=uid, grace_seconds=grace_seconds)

    def evict_pod(self, pod: str, uid: str) -> bool:
        """Evict the very pod that was read; False when its budget allows none now."""
        return self._cluster.client.evict(pod, self._cluster.namespace, uid=uid)

    def unused_settings(self) -> list[str]:
        """ConfigMaps and Secrets of stages that nothing refers to any more, as kind/name."""
        config_maps, secrets = stage_objects.unused(self._cluster)
        return [f"ConfigMap/{name}" for name in config_maps] + [f"Secret/{name}" for name in secrets]

    def delete_settings(self) -> list[str]:
        """Delete those; returns kind/name of each."""
        return stage_objects.delete_unused(self._cluster)

    def objects(self) -> list[Obj]:
        """The StatefulSets of brokers and controllers."""
        return locks.managed(self._cluster)

    def patches(self) -> list[dict[str, Any]]:
        """What was changed, for the manifests in the user's repository. Raises KraftError, Unsupported."""
        return patches.patches(self._cluster)
