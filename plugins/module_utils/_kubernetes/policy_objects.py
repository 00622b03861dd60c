# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ValidatingAdmissionPolicy and its binding at the API server: read, written, seen to be in force, deleted.

Private to the collection. They are one cluster's by two labels, cluster and namespace; an object of somebody else with their name is left
alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.lock_policy import (
    PROBE,
    LockPolicy,
    in_force,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.ownership import (
    is_of,
    labels_of,
    owner_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import BINDING, POLICY, Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Forbidden,
    NotFound,
    Refused,
)

Obj = dict[str, Any]
#: policy and binding, None for what is not there
Found = Mapping[Kind, Any]

#: seconds until the API server has read a policy, which it does in the background: about one, measured
IN_FORCE = 30.0
#: and until Kubernetes has checked its expressions against the kinds that it is for, where its controller runs
CHECKED = 5.0
#: seconds between two looks: no watch tells what an API server has read
PACE = 0.1


class PolicyObjects:
    """The two objects of one Kafka cluster."""

    def __init__(self, client: KubeClient, namespace: str, cluster: str) -> None:
        self._client = client
        self._namespace, self._cluster = namespace, cluster
        self.name = names.lock_policy_name(namespace, cluster)

    def find(self) -> Found:
        """Policy and binding, None for what is not there. Raises Refused when one of them is somebody else's, Forbidden."""
        found = {kind: self._client.find(kind, self.name) for kind in (POLICY, BINDING)}
        for kind, item in found.items():
            if item is not None and not self._is_ours(item):
                raise Refused(
                    f"{kind.kind} {self.name} does not carry the labels of this migration; it seems to belong to {owner_of(item)}; "
                    "delete it, or recreate it under another name",
                    code="foreign-object",
                )
        return found

    def _is_ours(self, item: Obj) -> bool:
        return is_of(item, self._cluster) and labels_of(item).get(names.LABEL_NAMESPACE) == self._namespace

    def write(self, found: Found, wanted: LockPolicy) -> None:
        """Create or change what is not as wanted."""
        for kind, body in ((POLICY, wanted.policy()), (BINDING, wanted.binding())):
            there = found[kind]
            if there is None:
                self._client.create(kind, body)
            elif not _has(there, body):
                metadata = {"uid": there["metadata"]["uid"], "labels": body["metadata"]["labels"]}
                self._client.patch(kind, self.name, None, {"metadata": metadata, "spec": body["spec"]})

    def delete(self, found: Found) -> None:
        """Delete the very objects that were found. Raises Forbidden, Conflict."""
        for kind, item in found.items():
            if item is not None:
                try:
                    self._client.delete(kind, self.name, uid=item["metadata"]["uid"])
                except NotFound:
                    continue

    def wait_in_force(self, target: tuple[Kind, str, str], digest: str) -> None:
        """Ask for a change that this very version of the policy denies, in a dry run, until it is denied.

        One API server answers; where there are several, the others follow as soon as they have read it.

        :param target: kind, name and namespace of an object that the policy is about, and that this account may patch.
        :raises DeadlineExceeded: lock-not-enforced.
        """
        kind, name, namespace = target
        body = {"metadata": {"annotations": {PROBE: digest}}}
        deadline, never, why = time.monotonic() + IN_FORCE, threading.Event(), "the API server admits what it denies"
        while True:
            try:
                self._client.patch(kind, name, namespace, body, dry_run=True)
            except Forbidden as error:
                if in_force(digest) in error.message:
                    return
                why = error.message  # by the version of before, which may not know this account
            if time.monotonic() > deadline:
                raise DeadlineExceeded(
                    f"{POLICY.kind} {self.name} was not in force after {IN_FORCE:.0f} s: {why}",
                    code="lock-not-enforced",
                )
            never.wait(PACE)

    def warnings(self) -> str:
        """What Kubernetes says against the expressions, once it has looked at them; its controller may be switched off."""
        deadline, never = time.monotonic() + CHECKED, threading.Event()
        while True:
            found = self._client.get(POLICY, self.name)
            status = found.get("status") or {}
            if status.get("observedGeneration") == found["metadata"].get("generation"):
                warnings = (status.get("typeChecking") or {}).get("expressionWarnings") or []
                return "; ".join(str(item.get("warning", "")) for item in warnings)
            if time.monotonic() > deadline:
                return ""
            never.wait(PACE)


def says(found: Found, wanted: LockPolicy) -> bool:
    """Whether policy and binding are there as they are to be."""
    policy, binding = found[POLICY], found[BINDING]
    return (
        policy is not None and binding is not None and _has(policy, wanted.policy()) and _has(binding, wanted.binding())
    )


def _has(there: Any, wanted: Any) -> bool:
    """Whether an object has all that is wanted; the API server adds its defaults."""
    if isinstance(wanted, Mapping):
        return isinstance(there, Mapping) and all(_has(there.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(there, list) and len(there) == len(wanted) and all(map(_has, there, wanted))
    return bool(there == wanted)
