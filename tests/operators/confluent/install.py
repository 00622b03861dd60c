# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the double into a cluster and takes it out again; needs the rights of an administrator of that cluster."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from tests.sandbox.kube import ApiError, Kube

from ..common import account
from ..common.definitions import CRDS, define
from . import crds, manifests
from .names import ACCOUNT, COMPONENTS, GROUP, JOB, PLURALS, VERSION, Object

_APPLY = "application/apply-patch+yaml"
_QUERY = "?fieldManager=kafkaops-double&force=true"
_POLICIES = {
    "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings",
}


def _path(body: Object) -> str:
    """Return the path of an object that the sandbox's client does not know, or knows."""
    meta, kind = body["metadata"], body["kind"]
    if kind in _POLICIES:
        return f"/apis/{manifests.POLICY}/{_POLICIES[kind]}/{meta['name']}"
    if kind == "Deployment":
        return f"/apis/apps/v1/namespaces/{meta['namespace']}/deployments/{meta['name']}"
    if kind in PLURALS:
        return f"/apis/{GROUP}/{VERSION}/namespaces/{meta['namespace']}/{PLURALS[kind]}/{meta['name']}"
    return Kube.path(kind, meta.get("namespace", ""), meta["name"])


def apply(kube: Kube, body: Object) -> Any:
    """Create an object, or bring it to this form."""
    return kube.request("PATCH", _path(body) + _QUERY, body, content=_APPLY)


def definitions(kube: Kube) -> str:
    """Bring the custom resource definitions in and wait until they are served; returns "reduced" or "published"."""
    word, bodies = crds.chosen()
    define(kube, bodies)
    return word


def install(kube: Kube, namespace: str, *, enforce_locks: bool = True) -> str:
    """Install everything but the process; returns which definitions are used."""
    word = definitions(kube)
    for body in (*manifests.account(namespace), manifests.operator_deployment(namespace)):
        apply(kube, body)
    set_enforcement(kube, namespace, on=enforce_locks)
    return word


def set_enforcement(kube: Kube, namespace: str, *, on: bool) -> None:
    """Bring the lock policy in or take it out. It holds a second or two later: the API server reads policies in the background."""
    for body in manifests.lock_policy(namespace):
        if on:
            apply(kube, body)
        else:
            _delete(kube, _path(body))


def _delete(kube: Kube, path: str) -> None:
    with contextlib.suppress(ApiError):
        kube.request("DELETE", path)


def token(kube: Kube, namespace: str) -> str:
    """Return a token of the operator's account."""
    return account.token(kube, namespace, ACCOUNT, manifests.LIFETIME)


def uninstall(kube: Kube, namespace: str, *, with_definitions: bool = False, seconds: float = 120.0) -> None:
    """Take everything out: the policy first, since it also keeps a namespace with locked CRs from being deleted."""
    set_enforcement(kube, namespace, on=False)
    for kind in (JOB, *COMPONENTS):
        path = f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURALS[kind]}"
        with contextlib.suppress(ApiError):
            for item in kube.request("GET", path)["items"]:
                _gone(kube, f"{path}/{item['metadata']['name']}", seconds)
    if with_definitions:
        for plural in PLURALS.values():
            _delete(kube, f"{CRDS}/{plural}.{GROUP}")


def _gone(kube: Kube, path: str, seconds: float) -> None:
    """Delete a CR; while the policy is still in the API server's memory, again."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            kube.request("DELETE", path)
        except ApiError as error:
            if error.status == 404:
                return
            if time.monotonic() > deadline:
                raise
        time.sleep(0.2)
