# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the GitOps object that manages something is paused.

Private to the collection. Safety rule 6 of docs/architecture.md.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import foreign
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError

GITOPS_KINDS = {
    "Application": Kind("Application", "argoproj.io", "v1alpha1", "applications"),
    "Kustomization": Kind("Kustomization", "kustomize.toolkit.fluxcd.io", "v1", "kustomizations"),
    "HelmRelease": Kind("HelmRelease", "helm.toolkit.fluxcd.io", "v2", "helmreleases"),
}


def seen_paused(client: KubeClient, manager: foreign.Manager, namespace: str) -> bool:
    """Whether the object was read and is paused; one that cannot be read is not seen paused.

    :param namespace: where it is, when the managed object does not say so.
    """
    try:
        resource = client.find(GITOPS_KINDS[manager.kind], manager.name, manager.namespace or namespace)
    except KraftError:
        return False
    return resource is not None and foreign.paused(manager, resource)
