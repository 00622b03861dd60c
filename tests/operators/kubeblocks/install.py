# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings KubeBlocks and the stand-in into a cluster and takes them out again; needs the rights of an administrator."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence

from tests.sandbox import fixtures
from tests.sandbox.fixtures import FixtureSpec
from tests.sandbox.kube import ApiError

from ..common.definitions import CRDS, define
from . import addon
from .api import KubeBlocks
from .names import DEFINITIONS, OURS, SYSTEM, Object

#: what users make, those that use others first; then what the operator makes of it
_OF_USERS = ("OpsRequest", "Cluster", "ServiceDescriptor")
_MADE = ("Component", "InstanceSet")
_OF_ADDONS = (
    "ParamConfigRenderer",
    "ParametersDefinition",
    "ClusterDefinition",
    "ComponentDefinition",
    "ComponentVersion",
)


def before(kube: KubeBlocks, crds: Sequence[Object]) -> None:
    """Bring in what has to be there before the operator is started and before the definitions are."""
    define(kube, crds)
    kube.apply(namespace(SYSTEM))
    for body in addon.templates():
        kube.apply(body)


def namespace(name: str) -> Object:
    """Return a namespace that is taken away with the operator."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {OURS: "true"}}}


def unavailable(kube: KubeBlocks) -> str:
    """Return which definition the operator does not take yet and what it says, empty when it takes all."""
    for body in addon.definitions():
        name, kind = body["metadata"]["name"], body["kind"]
        status = (kube.get(kind, name) or {}).get("status") or {}
        if status.get("phase") != "Available":
            return f"{kind} {name} is {status.get('phase') or 'without a phase'}: {status.get('message', '')}"
    return ""


def users_objects(kube: KubeBlocks, *, all_of_them: bool = True) -> list[Object]:
    """Return what users have made, and what the operator has made of it."""
    return [item for kind in (*_OF_USERS, *(_MADE if all_of_them else ())) for item in _all(kube, kind)]


def definitions_there(kube: KubeBlocks) -> list[Object]:
    """Return the definitions of addons."""
    return [item for kind in _OF_ADDONS for item in _all(kube, kind)]


def _all(kube: KubeBlocks, kind: str) -> list[Object]:
    return [{**item, "kind": kind} for item in kube.everywhere(kind)]


def delete(kube: KubeBlocks, items: Sequence[Object]) -> None:
    """Ask for the end of objects, of a Cluster also when it has a policy against that."""
    for item in items:
        kind, name, where = item["kind"], item["metadata"]["name"], item["metadata"].get("namespace", "")
        if kind == "Cluster" and item["spec"].get("terminationPolicy") == "DoNotTerminate":
            kube.merge(kind, name, where, {"spec": {"terminationPolicy": "Delete"}})
        if "deletionTimestamp" not in item["metadata"]:
            kube.delete(kind, name, where)


def release(kube: KubeBlocks, items: Sequence[Object]) -> None:
    """Take the finalizers from objects that no operator looks after any more."""
    for item in items:
        metadata = item["metadata"]
        if metadata.get("finalizers"):
            with contextlib.suppress(ApiError):
                empty = {"metadata": {"finalizers": None}}
                kube.merge(item["kind"], metadata["name"], metadata.get("namespace", ""), empty)


def namespaces(kube: KubeBlocks) -> None:
    """Delete the namespaces of tests with everything in them, and wait until they are gone."""
    for item in kube.list("Namespace", labels=f"{OURS}=true"):
        fixtures.delete(FixtureSpec(namespace=item["metadata"]["name"]), kube=kube)


def undefine(kube: KubeBlocks, seconds: float = 60.0) -> None:
    """Delete the custom resource definitions and wait until they are gone."""
    deadline = time.monotonic() + seconds
    names = [f"{plural}.{group}" for group, plural in (name.split("_") for name in DEFINITIONS)]
    for name in names:
        _gone(kube, name, "DELETE")
    while not all(_gone(kube, name, "GET") for name in names) and time.monotonic() < deadline:
        time.sleep(0.2)


def _gone(kube: KubeBlocks, name: str, method: str) -> bool:
    try:
        kube.request(method, f"{CRDS}/{name}")
    except ApiError as error:
        if error.status != 404:
            raise
        return True
    return False
