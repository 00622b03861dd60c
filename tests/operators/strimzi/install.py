# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the double into a cluster and takes it out again; needs the rights of an administrator of that cluster."""

from __future__ import annotations

import contextlib
import time

from tests.sandbox.kube import ApiError

from ..common import definitions
from . import crds, manifests
from .api import Api, Cluster
from .names import CUSTOM, KAFKA, OPERATOR, POD_SET, POOL, TOPIC


def install(kube: Cluster, namespace: str, version: str) -> str:
    """Install everything but the process; returns which definitions are used."""
    word, bodies = crds.chosen()
    definitions.define(kube, bodies)
    api = Api(kube, namespace)
    for body in (*manifests.account(namespace), manifests.deployment(namespace, version)):
        api.apply(body)
    api.create(manifests.slow_class())
    return word


def uninstall(kube: Cluster, namespace: str, *, with_definitions: bool = False, seconds: float = 60.0) -> None:
    """Take the CRs out, and what belongs to them; the namespace is left."""
    with contextlib.suppress(ApiError):
        kube.delete("Deployment", OPERATOR, namespace)
    for kind in (KAFKA, POOL, POD_SET, TOPIC):
        with contextlib.suppress(ApiError):
            for item in kube.list(kind, namespace):
                kube.delete(kind, item["metadata"]["name"], namespace)
    _gone(kube, namespace, seconds)
    if with_definitions:
        for group, plural in CUSTOM.values():
            with contextlib.suppress(ApiError):
                kube.request("DELETE", f"{definitions.CRDS}/{plural}.{group}")


def _gone(kube: Cluster, namespace: str, seconds: float) -> None:
    """Wait until the pod sets are gone: nobody makes their pods again."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if not kube.list(POD_SET, namespace):
                return
        except ApiError:
            return
        time.sleep(0.2)
