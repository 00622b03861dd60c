# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What preflight finds on the controllers before the first one is made: can they be made, scheduled, reached, and reach others?

Private to the collection. The API server answers most of it in a dry run, which stores nothing; what it does not answer is
read where the account may, and said where it may not.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.budgets import budget_findings
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.carry_over import selects
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controller_spec import PORT
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import ControllerObjects
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.creation import (
    name_findings,
    node_findings,
    resolution_findings,
    storage_findings,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.limits import (
    quota_findings,
    range_findings,
    with_defaults,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import (
    CONFIG_MAP,
    LIMIT_RANGE,
    NODE,
    PDB,
    POD,
    RESOURCE_QUOTA,
    SERVICE,
    STATEFUL_SET,
    STORAGE_CLASS,
    Kind,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import controller_ways, controllers
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, Forbidden, KraftError

Obj = dict[str, Any]

#: of an answer of the API server to a dry run: the check was not made
_NO_DRY_RUN = "does not support dry run"


def findings(cluster: StatefulSetCluster) -> list[Finding]:
    """Every rule on controllers that do not exist yet. Raises Unsupported, Refused when they cannot be planned."""
    found = name_findings(cluster.controllers_name)
    if found:
        return found
    objects = controllers.build(cluster, "migrating")
    look = _Look(cluster, objects)
    found = [finding("controller-differs", "controllers", note) for note in objects.notes]
    found += look.dry_runs()
    found += look.amounts()
    found += look.selectors()
    found += resolution_findings(
        cluster.statefulsets[0]["spec"]["template"]["spec"], look.pod, controller_ways.broker_ports(cluster).values()
    )
    found += controller_ways.mesh(cluster, objects, look.made)
    found += look.read(controller_ways.network, cluster, objects)
    return found + look.unread()


def plan_lines(cluster: StatefulSetCluster) -> list[str]:
    """The controllers that would be made, in one line for the plan of preflight; none once they exist."""
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
    return [f"plan: controllers {names}, each with {each}; volume {', '.join(sizes)}"]


class _Look:
    """Goes through the checks; ``made`` is the pod as the API server would make it, None when it was not asked."""

    def __init__(self, cluster: StatefulSetCluster, objects: ControllerObjects) -> None:
        self.cluster, self.objects = cluster, objects
        self.pod: Obj = objects.statefulset["spec"]["template"]["spec"]
        self.claims: list[Obj] = objects.statefulset["spec"].get("volumeClaimTemplates") or []
        self.made: Obj | None = None
        self._unread: list[str] = []

    def dry_runs(self) -> list[Finding]:
        """Have the API server check each object, and one pod where the account may create pods; nothing is stored."""
        client, namespace = self.cluster.client, self.cluster.namespace
        found = []
        bodies: list[tuple[Kind, Obj | None]] = [
            (SERVICE, self.objects.service),
            (PDB, self.objects.pdb),
            (CONFIG_MAP, self.objects.config_map),
            (STATEFUL_SET, self.objects.statefulset),
        ]
        for kind, body in bodies:
            if body is not None:
                found += self._asked(kind, body)[0]
            if found:
                return found  # what refuses one of them refuses most of them
        if client.can_i("create", "pods", namespace):
            found_here, self.made = self._asked(POD, self._first_pod())
            found += found_here
        else:
            self._unread.append("admission of a pod (needs create on pods, for a dry run only)")
        return found

    def _asked(self, kind: Kind, body: Obj) -> tuple[list[Finding], Obj | None]:
        name = str(body["metadata"]["name"])
        try:
            return [], self.cluster.client.create(kind, body, self.cluster.namespace, dry_run=True)
        except Conflict:
            return [], None  # it exists: whose it is has been looked at
        except KraftError as error:
            if _NO_DRY_RUN in error.message:
                self._unread.append(f"an admission rule for {kind.plural} that does not answer dry runs")
                return [], None
            if error.detail.get("status") not in (400, 403, 422):
                raise
            sentence = f"the API server would reject {kind.kind} {name} of the controllers: {error.message}"
            return [finding("controller-rejected", f"{kind.kind} {name}", sentence)], None

    def _first_pod(self) -> Obj:
        """A pod as the StatefulSet controller would make it; none exists, and none is made."""
        template = copy.deepcopy(self.objects.statefulset["spec"]["template"])
        name, metadata = f"{self.cluster.controllers_name}-0", template["metadata"]
        metadata["labels"] = {
            **metadata["labels"],
            "statefulset.kubernetes.io/pod-name": name,
            "controller-revision-hash": f"{self.cluster.controllers_name}-0123456789",
        }
        spec = template["spec"]
        spec["hostname"], spec["subdomain"] = name, self.cluster.controllers_name
        spec["volumes"] = [
            *(spec.get("volumes") or []),
            *(
                {
                    "name": claim["metadata"]["name"],
                    "persistentVolumeClaim": {"claimName": f"{claim['metadata']['name']}-{name}"},
                }
                for claim in self.claims
            ),
        ]
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {**metadata, "name": name}, "spec": spec}

    def amounts(self) -> list[Finding]:
        """Quotas, limits, StorageClass and nodes, as far as the account may read them."""
        replicas = self.cluster.params["controller_replicas"]
        ranges, quotas = self._listed(LIMIT_RANGE), self._listed(RESOURCE_QUOTA)
        found = []
        pod = self.pod
        if not isinstance(ranges, Unknown):
            pod = with_defaults(pod, ranges)
            found += range_findings(ranges, pod, self.claims)
        if not isinstance(quotas, Unknown):
            found += quota_findings(quotas, pod, replicas, self.claims)
        classes = self._listed(STORAGE_CLASS)
        if not isinstance(classes, Unknown):
            for claim in self.claims:
                found += storage_findings(claim["spec"].get("storageClassName"), replicas, classes)
        nodes = self._listed(NODE)
        if not isinstance(nodes, Unknown):
            found += node_findings(nodes, pod, replicas)
        return found

    def _listed(self, kind: Kind) -> Reading[list[Obj]]:
        try:
            return self.cluster.client.list(kind, self.cluster.namespace if kind.namespaced else None)
        except Forbidden:
            self._unread.append(f"{kind.plural} (list)")
            return Unknown(f"the account may not list {kind.plural}")

    def selectors(self) -> list[Finding]:
        """Services and budgets of others that would select the controllers' pods too."""
        cluster = self.cluster
        labels = self.objects.statefulset["spec"]["template"]["metadata"]["labels"]
        found = [
            finding(
                "controller-manifest",
                str(item["metadata"]["name"]),
                f"Service {item['metadata']['name']} would send clients to the controllers' pods: its selector matches their labels; "
                "remove these labels from kraft_controller_labels or kraft_controller_manifest",
            )
            for item in cluster.client.list(SERVICE, cluster.namespace)
            if item["metadata"]["name"] != cluster.controllers_name
            and (item.get("spec") or {}).get("selector")
            and selects({"matchLabels": item["spec"]["selector"]}, labels)
        ]
        budgets = [
            item
            for item in cluster.client.list(PDB, cluster.namespace)
            if item["metadata"]["name"] != cluster.controllers_name
        ]
        replicas = cluster.params["controller_replicas"]
        pods = {f"{cluster.controllers_name}-{ordinal}": labels for ordinal in range(replicas)}
        return found + budget_findings([*budgets, self.objects.pdb], pods, replicas)

    def read(self, rule: Callable[..., list[Finding]], *arguments: Any) -> list[Finding]:
        """Apply a rule that reads what the account may not be allowed to."""
        try:
            return rule(*arguments)
        except Forbidden as error:
            self._unread.append(f"{error.detail.get('resource', 'something')} ({error.detail.get('verb', 'read')})")
            return []

    def unread(self) -> list[Finding]:
        """What could not be looked at."""
        if not self._unread:
            return []
        return [
            finding(
                "check-incomplete",
                "controllers",
                "the checks whether the controllers can be created, scheduled and reached are incomplete, since this could not be read: "
                f"{', '.join(dict.fromkeys(self._unread))}; docs/rbac.yml lists the optional permissions, or check it yourself",
            )
        ]
