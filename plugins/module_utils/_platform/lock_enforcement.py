# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the API server enforces the lock of a migration, as kraft_lock_enforcement says: decided, begun, changed, ended.

Private to the collection. What the policy says is a platform's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.lock_policy import LockPolicy
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.permissions import Need, enforcing
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import BINDING, POLICY, Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.policy_objects import (
    Found,
    PolicyObjects,
    says,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.kafka_cluster import KafkaCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Enforced, Progress
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Forbidden,
    NotFound,
    Refused,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.parallel import parallel

#: values of kraft_lock_enforcement; the third one is auto
ADMISSION, ANNOTATION = "admission", "annotation"
CODE = "lock-not-enforced"


class Enforcer(ABC):
    """What enforces the lock of one cluster. A platform says what it is about."""

    def __init__(self, cluster: KafkaCluster) -> None:
        self._cluster = cluster

    # what a platform supplies

    @abstractmethod
    def policy(self, account: str, migration_id: str, *, opened: bool) -> LockPolicy:
        """What is to be enforced, when the collection runs as ``account``. ``opened``: the migration flag may go."""

    @abstractmethod
    def target(self) -> tuple[Kind, str, str]:
        """An object of the lock that this account may patch: kind, name, namespace."""

    @abstractmethod
    def under_way(self) -> bool:
        """Whether the migration has been locked: from then on it is not refused for want of a policy, a rollback least of all."""

    def opened(self) -> bool:
        """Whether the migration flag has been taken out already, behind the gates."""
        return False

    def cannot_here(self) -> str:
        """Return what else speaks against a policy on this platform, or an empty string."""
        return ""

    def _nothing(self, why: str) -> Enforced:
        """That no policy is made, and why."""
        return Enforced(why=why)

    # before anything is written

    @property
    def _client(self) -> KubeClient:
        return self._cluster.client

    @property
    def _objects(self) -> PolicyObjects:
        return PolicyObjects(self._client, self._cluster.namespace, self._cluster.name)

    @property
    def _mode(self) -> str:
        return str(self._cluster.params["lock_enforcement"])

    def cannot(self) -> str:
        """Return why the API server cannot be made to enforce the lock, or an empty string."""
        if not self._client.served(POLICY):
            return f"the API server has no {POLICY.kind} v1, which came with Kubernetes 1.30"
        name = self._objects.name
        asked = [(need, verb) for need in enforcing(name) for verb in need.verbs]
        allowed = parallel(self._may, asked)
        denied: dict[str, list[str]] = {}
        for (need, verb), may in zip(asked, allowed, strict=True):
            if not may:
                denied.setdefault(need.resource, []).append(verb)
        if denied:
            listed = " and ".join(f"{', '.join(verbs)} {resource}" for resource, verbs in denied.items())
            return f"the account may not {listed} named {name}; docs/rbac-admission.yml grants it"
        try:
            self._objects.find()
        except (Refused, Forbidden) as error:
            return error.message
        return self.cannot_here()

    def _may(self, asked: tuple[Need, str]) -> bool:
        need, verb = asked
        return self._client.can_i(verb, need.resource, None, group=need.group, name=need.named("")[0])

    def check(self) -> None:
        """Raise Refused when only a policy will do, none can be made, and nothing has begun."""
        for item in self.findings():
            raise Refused(item.sentence, code=item.code)

    def findings(self) -> list[Finding]:
        """That only a policy will do, and none can be made."""
        if self._mode != ADMISSION or self.under_way():
            return []
        why = self.cannot()
        return [finding(CODE, self._objects.name, self._refusal(why))] if why else []

    def _refusal(self, why: str) -> str:
        return (
            f"kraft_lock_enforcement is {ADMISSION}, and the API server cannot enforce the lock of "
            f"{self._cluster.namespace}/{self._cluster.name}: {why}; or set it to auto, which goes on with the annotation alone"
        )

    def plan(self) -> Enforced:
        """What will enforce the lock of a migration that begins now."""
        if self._mode == ANNOTATION:
            return self._nothing(f"kraft_lock_enforcement is {ANNOTATION}")
        why = self.cannot()
        return self._nothing(why) if why else Enforced(self._objects.name)

    # while it lasts

    @property
    def _noted(self) -> bool:
        """Whether a policy was made, by the journal: what an account that may not look has to go by."""
        return bool(self._cluster.journal.lock_policy)

    def enforce(self, migration_id: str, progress: Progress) -> Enforced:
        """Have the policy there as it is to be; that it cannot be is refused only where nothing has begun.

        Raises Refused (lock-not-enforced); DeadlineExceeded when a changed policy does not come into force.
        """
        if self._mode == ANNOTATION:
            if self._noted:
                self.remove()
            return self._nothing(f"kraft_lock_enforcement is {ANNOTATION}")
        made = self._ensure(migration_id, progress, opened=self.opened())
        if made.why and self._mode == ADMISSION and not self.under_way():
            raise Refused(self._refusal(made.why), code=CODE)
        return made

    def open(self, migration_id: str, progress: Progress) -> bool:
        """Let the migration flag go. Where this account sees no policy there is nothing to open."""
        if not self.exists():
            return False
        before = self._client.get(POLICY, self._objects.name)["spec"]
        made = self._ensure(migration_id, progress, opened=True)
        if made.why:
            raise Refused(
                f"{POLICY.kind} {self._objects.name} could not be opened for the last step: {made.why}", code=CODE
            )
        return bool(before != self._client.get(POLICY, self._objects.name)["spec"])

    def _ensure(self, migration_id: str, progress: Progress, *, opened: bool) -> Enforced:
        try:
            found = self._objects.find()
            if all(found.values()):
                wanted = self.policy(self._client.user_name(), migration_id, opened=opened)
                if says(found, wanted):
                    return Enforced(self._objects.name)
        except Forbidden:
            # what is there stays in force, whoever may see it
            name = self._objects.name
            why = f"the account may not read {POLICY.kind} {name}; docs/rbac-admission.yml grants it"
            return Enforced(name) if self._noted else self._nothing(why)
        except Refused as error:
            return self._nothing(error.message)
        why = self.cannot()
        if why:
            return self._nothing(why)
        return self._write(found, self.policy(self._client.user_name(), migration_id, opened=opened), progress)

    def _write(self, found: Found, wanted: LockPolicy, progress: Progress) -> Enforced:
        """Write it and wait until it is in force. A new one that does not come into force is taken away again."""
        objects, new = self._objects, not all(found.values())
        try:
            objects.write(found, wanted)
            progress(f"{POLICY.kind} {objects.name} is written; waiting until the API server enforces it")
            objects.wait_in_force(self.target(), wanted.digest)
            warnings = objects.warnings()
        except (DeadlineExceeded, Forbidden, NotFound, Refused) as error:
            if not new:
                raise
            self.remove()
            return self._nothing(error.message)
        if warnings:
            self.remove()
            return self._nothing(f"Kubernetes finds fault with {POLICY.kind} {objects.name}: {warnings}; report it")
        return Enforced(objects.name)

    # what is there

    def exists(self) -> bool:
        """Whether anything of ours is there to be removed, as far as this account may see."""
        try:
            return any(self._objects.find().values())
        except (Refused, Forbidden):
            return False

    def gone(self) -> bool:
        """Whether a policy was made, and this account sees that it is not there any more."""
        try:
            return self._noted and not all(self._objects.find().values())
        except (Refused, Forbidden):
            return False

    def by(self) -> str:
        """What enforces the lock now, for a person."""
        book, name = self._cluster.journal, self._objects.name
        alone = self._nothing(book.lock_why or "no policy was made").text
        try:
            found = self._objects.find()
        except Refused as error:
            return self._nothing(error.message).text
        except Forbidden:
            return f"{POLICY.kind} {name}, which this account may not read" if self._noted else alone
        if all(found.values()):
            return Enforced(name).text
        if any(found.values()) or self._noted:
            return f"nothing: {POLICY.kind} {name} or its binding is gone; the next playbook that changes something makes it again"
        return alone

    def remove(self) -> bool:
        """Delete policy and binding; returns whether there were any. Call it before the lock itself goes.

        Raises Forbidden when a policy was made that this account may not see or delete: it would stay for ever.
        """
        try:
            found = self._objects.find()
        except Refused:
            return False  # somebody else's: it is no lock of ours
        except Forbidden as error:
            if not self._noted:
                return False
            raise self._stays(error) from error
        try:
            self._objects.delete(found)
        except Forbidden as error:
            raise self._stays(error) from error
        return any(found.values())

    def _stays(self, error: Forbidden) -> Forbidden:
        name = self._objects.name
        return Forbidden(
            f"{POLICY.kind} {name}, which enforces the lock, could not be removed: {error.message}; apply docs/rbac-admission.yml, or have an "
            f"administrator run: kubectl delete {POLICY.plural},{BINDING.plural} {name}",
            code=error.code,
            detail=error.detail,
        )
