# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CFK's lock, enforced by a policy of this collection where neither CFK's own policy nor its webhook does it.

Private to the collection.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.lock_policy import Locked, LockPolicy
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import (
    enforcement,
    lock_rules,
    objects,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.cluster import ConfluentCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.lock_enforcement import Enforcer
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Enforced, Progress


class OwnLock(Enforcer):
    """What keeps others away from the custom resources while CFK migrates them."""

    _cluster: ConfluentCluster

    def _by_cfk(self) -> bool | None:
        return enforcement.enforced(self._client, self._cluster.namespace)

    def cannot_here(self) -> str:
        """Whether CFK enforces it has to be known, and the operator, which is not to be locked out."""
        if self._by_cfk() is None:
            return "it could not be read whether CFK enforces its lock by itself; docs/rbac-admission.yml lets the account look"
        if not self._operators():
            return (
                f"the account of CFK's operator was not found (Deployment {enforcement.OPERATOR}, or one with the label {res.OPERATOR_PODS}), and the "
                "policy would lock it out; give its Deployment that label, and the account docs/rbac-admission.yml"
            )
        return ""

    def cannot(self) -> str:
        """Nothing is to be made where CFK enforces its lock by itself."""
        return "" if self._by_cfk() else super().cannot()

    def plan(self) -> Enforced:
        """CFK's own policy or webhook, else ours."""
        return Enforced(others=BY_CFK) if self._by_cfk() else super().plan()

    def enforce(self, migration_id: str, progress: Progress) -> Enforced:
        """Make the policy unless CFK has one."""
        return Enforced(others=BY_CFK) if self._by_cfk() else super().enforce(migration_id, progress)

    def by(self) -> str:
        """CFK's own policy or webhook, ours, or nothing."""
        if self._by_cfk():
            return BY_CFK
        return super().by()

    def _nothing(self, why: str) -> Enforced:
        """That nothing does it can only be said when it could be read."""
        unread = f"{BY_CFK}, if there is one, which could not be read; none of this collection's"
        return Enforced(why=why, alone=unread if self._by_cfk() is None else "nothing")

    def _operators(self) -> tuple[str, ...]:
        """The operator's accounts. Never one of kraft_lock_allowed_users: a person on call is no operator, which would be locked out."""
        return enforcement.operators(self._client, self._cluster.namespace)

    def policy(self, account: str, migration_id: str, *, opened: bool) -> LockPolicy:
        """The KRaftController is named before it exists."""
        del opened  # the operator takes the flag away by itself
        cluster = self._cluster
        named = objects.zookeeper_reference(cluster.kafka)
        zookeeper = [Locked(res.ZOOKEEPER.plural, named.namespace, named.name)] if named else []
        return lock_rules.policy(
            cluster.namespace,
            cluster.name,
            [
                Locked(res.KAFKA.plural, cluster.namespace, cluster.name),
                *zookeeper,
                Locked(res.CONTROLLER.plural, cluster.namespace, cluster.controllers_name),
            ],
            account=account,
            operators=self._operators(),
            allowed=cluster.params["lock_allowed_users"],
            migration_id=migration_id,
        )

    def target(self) -> tuple[Kind, str, str]:
        """The Kafka CR."""
        return res.KAFKA, self._cluster.name, self._cluster.namespace

    def under_way(self) -> bool:
        """Whether there is a job: from then on CFK locks."""
        return self._cluster.job is not None


BY_CFK = "CFK's own policy or webhook"
