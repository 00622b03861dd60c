# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Custom resource definitions of a double: brought in as they are, and waited for."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.sandbox.config import SandboxError
from tests.sandbox.kube import ApiError, Kube, Object

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
#: of a write that somebody else came before
ATTEMPTS = 5


def published(files: Mapping[str, Path], variable: str) -> list[Object]:
    """Return the published definitions (needs PyYAML). Raises SandboxError when one is missing.

    files: kind -> where it is. variable: which names their folder.
    """
    import yaml

    for kind, file in files.items():
        if not file.is_file():
            raise SandboxError(f"{variable}: {file} is not there, the definition of {kind}")
    found: list[Object] = []
    for file in files.values():
        body: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        body["metadata"].pop("creationTimestamp", None)
        body.pop("status", None)
        found.append(body)
    return found


def define(kube: Kube, bodies: Sequence[Object], seconds: float = 30.0) -> None:
    """Bring definitions in and wait until they are served. Raises SandboxError."""
    for body in bodies:
        _define(kube, body)
    deadline = time.monotonic() + seconds
    for body in bodies:
        while not _established(kube, body["metadata"]["name"]):
            if time.monotonic() > deadline:
                raise SandboxError(f"definition {body['metadata']['name']} is not served after {seconds:.0f} s")
            time.sleep(0.1)


def _define(kube: Kube, body: Object) -> None:
    """Create a definition or replace another one of that name: those that are published are too large for an apply over the other ones.

    Doubles that start at the same time write the same definitions: who comes second looks again.
    """
    path = f"{CRDS}/{body['metadata']['name']}"
    for attempt in range(ATTEMPTS):
        try:
            _write(kube, path, body)
            return
        except ApiError as error:
            if error.status != 409 or attempt == ATTEMPTS - 1:
                raise


def _write(kube: Kube, path: str, body: Object) -> None:
    try:
        there = kube.request("GET", path)
    except ApiError as error:
        if error.status != 404:
            raise
        kube.request("POST", CRDS, body)
        return
    body = {**body, "metadata": {**body["metadata"], "resourceVersion": there["metadata"]["resourceVersion"]}}
    kube.request("PUT", path, body)


def _established(kube: Kube, name: str) -> bool:
    conditions = kube.request("GET", f"{CRDS}/{name}").get("status", {}).get("conditions") or []
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)
