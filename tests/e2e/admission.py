# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of an enforced lock share: the policy, and what an account with rights of its own is allowed or denied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.names import lock_policy_name
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.rest import Call
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, Refused

from tests.e2e.trip import until
from tests.sandbox.kube import ApiError, Kube, Object

POLICIES = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
MERGE = "application/merge-patch+json"
DRY = {"dryRun": "All"}


def there(kube: Kube, namespace: str, cluster: str = "kafka") -> list[bool]:
    """Whether policy and binding exist."""
    return [kube.get(kind, lock_policy_name(namespace, cluster)) is not None for kind in POLICIES]


def take_away(kube: Kube, namespace: str, cluster: str = "kafka") -> None:
    """Delete what a test that failed has left, which would keep its objects from being deleted; returns when the API server has forgotten it."""
    found = [kube.delete(kind, lock_policy_name(namespace, cluster)) for kind in POLICIES]
    if any(found):
        until(lambda: not any(map(_is_denied, _deletions(kube, namespace))), "the policy is still in force")


def _deletions(kube: Kube, namespace: str) -> list[Callable[[], Any]]:
    """The deletion of each StatefulSet, asked for and not carried out."""
    paths = [
        kube.path("StatefulSet", namespace, item["metadata"]["name"]) for item in kube.list("StatefulSet", namespace)
    ]
    return [partial(kube.request, "DELETE", f"{path}?dryRun=All") for path in paths]


def _is_denied(request: Callable[[], Any]) -> bool:
    try:
        request()
    except ApiError as error:
        return error.status == 403
    return False


def full_rights(group: str, *resources: str) -> list[Object]:
    """Rules by which an account may do anything to these resources, apart from what is denied by admission."""
    verbs = ["get", "list", "update", "patch", "delete", "deletecollection", "create"]
    return [{"apiGroups": [group], "resources": list(resources), "verbs": verbs}]


@dataclass(frozen=True)
class User:
    """An account, and what it tries."""

    client: KubeClient
    namespace: str

    def change(
        self, kind: Kind, name: str, body: Object, *, subresource: str | None = None, dry_run: bool = False
    ) -> Callable[[], Any]:
        """A change of an object, to be carried out later."""
        return lambda: self.client.json(
            Call(
                "PATCH",
                kind.path(self.namespace, name, subresource),
                query=DRY if dry_run else {},
                body=body,
                content_type=MERGE,
                doing=f"patching {kind.kind} {name}",
            )
        )

    def delete(self, kind: Kind, name: str | None, *, dry_run: bool = False) -> Callable[[], Any]:
        """The deletion of an object, or of all of a kind."""
        return lambda: self.client.json(
            Call(
                "DELETE",
                kind.path(self.namespace, name),
                query=DRY if dry_run else {},
                doing=f"deleting {kind.kind} {name or '(all)'}",
            )
        )


def denial(request: Callable[[], Any]) -> str:
    """What the API server says to a request that it denies; "" when it admits it.

    Of a policy that gives no reason it says that the request is invalid, not that it is forbidden.
    """
    try:
        request()
    except (Forbidden, Refused) as error:
        return error.message
    return ""
