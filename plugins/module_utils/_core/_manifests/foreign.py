# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who else manages an object: another controller, Argo CD, Flux or Helm. Pure, from the object's metadata.

Private to the collection. Safety rule 6 of docs/architecture.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.names import MANAGER

Obj = Mapping[str, Any]

ARGO_TRACKING = "argocd.argoproj.io/tracking-id"
ARGO_INSTANCE = "argocd.argoproj.io/instance"
#: what is said of a GitOps object that was read, or that nobody has asked for, as the end of "which ..."
NOT_PAUSED = "does not appear to be paused"
FLUX = {"kustomize.toolkit.fluxcd.io": "Kustomization", "helm.toolkit.fluxcd.io": "HelmRelease"}


@dataclass(frozen=True)
class Manager:
    """A GitOps object that would revert our changes: what to pause and where."""

    tool: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.tool} {self.kind} {where}"


def owner(obj: Obj) -> str:
    """Return ``Kind/name`` of the controller that owns the object, or an empty string."""
    for reference in obj["metadata"].get("ownerReferences") or []:
        if reference.get("controller"):
            return f"{reference['kind']}/{reference['name']}"
    return ""


def gitops(obj: Obj) -> list[Manager]:
    """Return the Argo CD applications and Flux objects that manage the object."""
    labels = obj["metadata"].get("labels") or {}
    annotations = obj["metadata"].get("annotations") or {}
    found = []
    tracking = annotations.get(ARGO_TRACKING, "").partition(":")[0] or labels.get(ARGO_INSTANCE, "")
    if tracking:
        namespace, _slash, name = tracking.rpartition("_")
        found.append(Manager("Argo CD", "Application", namespace, name))
    for prefix, kind in FLUX.items():
        if labels.get(f"{prefix}/name"):
            found.append(Manager("Flux", kind, labels.get(f"{prefix}/namespace", ""), labels[f"{prefix}/name"]))
    return found


def paused(manager: Manager, resource: Obj) -> bool:
    """Whether the GitOps object does not apply changes by itself now (Flux: suspend; Argo CD: no automated sync)."""
    spec = resource.get("spec") or {}
    if manager.tool == "Flux":
        return bool(spec.get("suspend"))
    automated = (spec.get("syncPolicy") or {}).get("automated")
    # an empty object already means "sync automatically"; since Argo CD 3.1 it can be switched off inside
    return automated is None or automated.get("enabled") is False


def digest(template: Obj) -> str:
    """Return a hash of a pod template as the API server keeps it."""
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:32]


def last_writer(obj: Obj) -> str:
    """Return ``manager at time`` of the newest write to the spec that was not ours, from managedFields."""
    writes = [
        (str(entry.get("time", "")), str(entry.get("manager", "?")))
        for entry in obj["metadata"].get("managedFields") or []
        if entry.get("manager") != MANAGER
        and not entry.get("subresource")
        and "f:spec" in (entry.get("fieldsV1") or {})
    ]
    if not writes:
        return "an unknown manager"
    time, manager = max(writes)
    return f"{manager} at {time}"
