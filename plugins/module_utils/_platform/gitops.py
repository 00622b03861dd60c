# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the GitOps object that manages something is paused.

Private to the collection. Safety rule 6 of docs/architecture.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import foreign
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError

GITOPS_KINDS = {
    "Application": Kind("Application", "argoproj.io", "v1alpha1", "applications"),
    "Kustomization": Kind("Kustomization", "kustomize.toolkit.fluxcd.io", "v1", "kustomizations"),
    "HelmRelease": Kind("HelmRelease", "helm.toolkit.fluxcd.io", "v2", "helmreleases"),
}


def not_paused(client: KubeClient, manager: foreign.Manager, namespace: str) -> str:
    """How the object is not seen paused, as the end of "X is managed by Y, which ..."; "" when it was read and is paused.

    One that may not be read is told from one that is not there: whoever paused it has to know why that does not count.

    :param namespace: where it is, when the managed object does not say so.
    """
    kind, where, advice = GITOPS_KINDS[manager.kind], manager.namespace or namespace, ""
    try:
        resource = client.find(kind, manager.name, where)
    except Forbidden:
        why, advice = f"this account may not read (get {kind.resource} in namespace {where})", "grant that, or "
    except KraftError as error:
        why = f"could not be read ({error.message})"
    else:
        if resource is not None:
            return "" if foreign.paused(manager, resource) else foreign.NOT_PAUSED
        why = f"was not found in namespace {where}"
    return f"{why}, so that a pause would not be seen: {advice}accept managed-by-gitops once it is paused"


def not_paused_of(client: KubeClient, objects: Iterable[Mapping[str, Any]], namespace: str) -> dict[str, str]:
    """Return not_paused() of each GitOps object that manages one of these, by ``str(manager)``."""
    found = {str(each): each for item in objects for each in foreign.gitops(item)}
    return {name: not_paused(client, each, namespace) for name, each in found.items()}
