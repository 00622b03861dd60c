# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the plan of preflight says of controllers that would be made, and what nobody can know of them beforehand.

Private to the collection.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controller_spec import PORT
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.creation import storage_is_shown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import PVC
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import controllers
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.parallel import parallel

Obj = dict[str, Any]


def plan_lines(cluster: StatefulSetCluster) -> list[str]:
    """The controllers that would be made, and what is not known of them yet, for the plan of preflight; nothing once they exist."""
    if cluster.controllers is not None:
        return []
    statefulset = controllers.build(cluster, "held").statefulset
    template = statefulset["spec"]["template"]
    container = next(
        item
        for item in template["spec"]["containers"]
        if any(port["containerPort"] == PORT for port in item.get("ports") or [])
    )
    claims = statefulset["spec"].get("volumeClaimTemplates") or []
    sizes = [
        f"{item['spec'].get('resources', {}).get('requests', {}).get('storage', '?')} of StorageClass "
        f"{item['spec'].get('storageClassName') or '(default)'}"
        for item in claims
    ]
    resources = container.get("resources") or {}
    amounts = [
        f"{kind} {', '.join(f'{name} {amount}' for name, amount in resources[kind].items())}"
        for kind in ("requests", "limits")
        if resources.get(kind)
    ]
    each = "; ".join(amounts) or "no requests and limits (the brokers have none)"
    names = f"{cluster.controllers_name}-0 to -{cluster.params['controller_replicas'] - 1}"
    return [
        f"plan: controllers {names}, each with {each}; volume {', '.join(sizes)}",
        (
            f"plan: not known before the controllers are made: {', '.join(_not_known(cluster, claims))}. SETUP shows it, with the reason of "
            "a pod that does not start, and can be taken back"
        ),
    ]


def _not_known(cluster: StatefulSetCluster, claims: list[Obj]) -> list[str]:
    """What nobody can read beforehand, and what this account may not, beyond docs/rbac.yml."""
    client = cluster.client
    questions = (
        ("list", "nodes", "", None),
        ("list", "storageclasses", "storage.k8s.io", None),
        ("create", "pods", "", ""),
    )

    def allowed(item: tuple[str, str, str, str | None]) -> bool:
        verb, resource, group, where = item
        return client.can_i(verb, resource, cluster.namespace if where is not None else None, group=group)

    nodes, classes, pods = parallel(allowed, questions)
    found = ["what other pods leave free on the nodes"]
    if not nodes:
        found.append("whether a node is big enough (needs list on nodes)")
    if not classes and not all(_is_shown(cluster, claim) for claim in claims):
        found.append("whether the StorageClass makes volumes (needs list on storageclasses.storage.k8s.io)")
    if not pods:
        found.append("whether admission accepts a controller's pod (needs create on pods, for a dry run)")
    return found


def _is_shown(cluster: StatefulSetCluster, claim: Obj) -> bool:
    """Whether a volume of the brokers shows that volumes like this claim's are made."""
    wanted = claim["spec"].get("storageClassName")
    templates = {
        (str(item["metadata"]["name"]), str(template["metadata"]["name"]))
        for item in cluster.statefulsets
        for template in item["spec"].get("volumeClaimTemplates") or []
        if template["spec"].get("storageClassName") == wanted
    }
    named = {
        f"{template}-{pod}" for pod in cluster.pods for owner, template in templates if pod.startswith(f"{owner}-")
    }
    claims = cluster.client.list(PVC, cluster.namespace)
    return storage_is_shown(item for item in claims if item["metadata"]["name"] in named)
