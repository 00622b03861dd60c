# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock on plain StatefulSets, enforced by the API server.

Private to the collection.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.lock_policy import LockPolicy
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import STATEFUL_SET, Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    controllers,
    lock_rules,
    locks,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.lock_enforcement import Enforcer


class StatefulSetEnforcement(Enforcer):
    """What keeps others away from the StatefulSets of brokers and controllers."""

    _cluster: StatefulSetCluster

    def policy(self, account: str, migration_id: str, *, opened: bool) -> LockPolicy:
        """The controllers' StatefulSet is named before it exists, so that the policy need not change when it is made."""
        cluster = self._cluster
        return lock_rules.policy(
            cluster.namespace,
            cluster.name,
            [str(item["metadata"]["name"]) for item in cluster.statefulsets],
            cluster.controllers_name,
            account=account,
            allowed=cluster.params["lock_allowed_users"],
            migration_id=migration_id,
            opened=opened,
        )

    def target(self) -> tuple[Kind, str, str]:
        """The first of the brokers' StatefulSets."""
        metadata = self._cluster.statefulsets[0]["metadata"]
        return STATEFUL_SET, str(metadata["name"]), self._cluster.namespace

    def under_way(self) -> bool:
        """Whether an object carries the lock."""
        return bool(locks.current_id(self._cluster))

    def opened(self) -> bool:
        """Whether the controllers' settings are those without the flag: finalize.yml wrote them, and may go on."""
        return controllers.stage_of(self._cluster) == "final"
