# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What preflight finds on the controllers before the first one is made: can they be made, scheduled, reached, and reach others?

Private to the collection. The API server answers most of it in a dry run, which stores nothing; what it does not answer is
read where the account may. What docs/rbac.yml grants and this account may not read is a finding; what it does not grant (nodes,
StorageClasses, a dry run of a pod) and what nobody can know is a line of the plan.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.budgets import budget_findings
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.carry_over import selects
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
    SECRET,
    SERVICE,
    STATEFUL_SET,
    STORAGE_CLASS,
    Kind,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    controller_files,
    controller_ways,
    controllers,
    security_checks,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, Forbidden, KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.parallel import Background, parallel

Obj = dict[str, Any]

#: of an answer of the API server to a dry run: the check was not made
_NO_DRY_RUN = "does not support dry run"
#: what is listed; of these, docs/rbac.yml grants the quotas and limits
_LISTED = (LIMIT_RANGE, RESOURCE_QUOTA, STORAGE_CLASS, NODE)
_GRANTED = (LIMIT_RANGE, RESOURCE_QUOTA)


def findings(cluster: StatefulSetCluster) -> list[Finding]:
    """Every rule on controllers that do not exist yet. Raises Unsupported, Refused when they cannot be planned."""
    found = name_findings(cluster.controllers_name)
    if found:
        return found
    objects = controllers.build(cluster, "migrating")
    planned = _PlannedControllers(cluster, objects)
    lists = Background(planned.read_lists)
    found = [finding("controller-differs", "controllers", note) for note in objects.notes]
    found += planned.known(controller_files.findings(cluster, objects))
    found += planned.dry_runs()
    found += planned.permissions()
    lists.result()
    found += planned.amounts()
    found += planned.selectors()
    found += resolution_findings(
        cluster.statefulsets[0]["spec"]["template"]["spec"], planned.pod, controller_ways.broker_ports(cluster).values()
    )
    found += controller_ways.mesh(cluster, objects, planned.made)
    found += planned.read(controller_ways.network, cluster, objects)
    return found + planned.unread()


class _PlannedControllers:
    """Checks the planned objects; ``made`` is the pod as the API server would make it, None when it was not asked."""

    def __init__(self, cluster: StatefulSetCluster, objects: ControllerObjects) -> None:
        self.cluster, self.objects = cluster, objects
        self.pod: Obj = objects.statefulset["spec"]["template"]["spec"]
        self.claims: list[Obj] = objects.statefulset["spec"].get("volumeClaimTemplates") or []
        self.made: Obj | None = None
        self._services: list[Obj] = []
        self._lists: dict[Kind, Reading[list[Obj]]] = {}
        self._unread: list[str] = []

    def read_lists(self) -> None:
        """List what the checks need, at the same time."""
        services = Background(lambda: self.cluster.client.list(SERVICE, self.cluster.namespace))
        self._lists = dict(zip(_LISTED, parallel(self._listed, _LISTED), strict=True))
        self._services = services.result()

    def dry_runs(self) -> list[Finding]:
        """Have the API server check each object, and one pod where the account may create pods; nothing is stored."""
        bodies: list[tuple[Kind, Obj | None]] = [
            (SERVICE, self.objects.service),
            (PDB, self.objects.pdb),
            (self._settings_kind(), self.objects.settings),
            (STATEFUL_SET, self.objects.statefulset),
        ]
        asked = parallel(lambda item: self._asked(*item), [(kind, body) for kind, body in bodies if body is not None])
        for found, _made in asked:
            if isinstance(found, Unknown):
                self._unread.append(found.why)
            elif found:
                return found  # what refuses one of them refuses most of them
        if self.cluster.client.can_i("create", "pods", self.cluster.namespace):
            found, self.made = self._asked(POD, self._first_pod())
            if not isinstance(found, Unknown):
                return found
            self._unread.append(found.why)
        return []

    def _settings_kind(self) -> Kind:
        settings = self.objects.settings
        return SECRET if settings is not None and settings["kind"] == "Secret" else CONFIG_MAP

    def _asked(self, kind: Kind, body: Obj) -> tuple[Reading[list[Finding]], Obj | None]:
        name = str(body["metadata"]["name"])
        try:
            return [], self.cluster.client.create(kind, body, self.cluster.namespace, dry_run=True)
        except Conflict:
            return [], None  # it exists: whose it is has been looked at
        except KraftError as error:
            if _NO_DRY_RUN in error.message:
                return Unknown(f"an admission rule for {kind.plural} that does not answer dry runs"), None
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

    def permissions(self) -> list[Finding]:
        """Whether the account may make the Secret with the controllers' settings, if they hold secrets."""
        if self._settings_kind() is not SECRET or self.objects.settings is None:
            return []
        return security_checks.secret_permission(
            self.cluster,
            f"the controllers' settings hold secrets, so that they are a Secret ({self.objects.settings['metadata']['name']})",
        )

    def amounts(self) -> list[Finding]:
        """Quotas, limits, StorageClass and nodes, as far as the account may read them."""
        replicas = self.cluster.params["controller_replicas"]
        ranges, quotas, classes, nodes = (self._lists[kind] for kind in _LISTED)
        self._unread += [f"{kind.plural} (list)" for kind in _GRANTED if isinstance(self._lists[kind], Unknown)]
        found = []
        pod = self.pod
        if not isinstance(ranges, Unknown):
            pod = with_defaults(pod, ranges)
            found += range_findings(ranges, pod, self.claims)
        if not isinstance(quotas, Unknown):
            found += quota_findings(quotas, pod, replicas, self.claims)
        if not isinstance(classes, Unknown):
            for claim in self.claims:
                found += storage_findings(claim["spec"].get("storageClassName"), replicas, classes)
        if not isinstance(nodes, Unknown):
            found += node_findings(nodes, pod, replicas)
        return found

    def _listed(self, kind: Kind) -> Reading[list[Obj]]:
        try:
            return self.cluster.client.list(kind, self.cluster.namespace if kind.namespaced else None)
        except Forbidden as error:
            return Unknown(error.message)

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
            for item in self._services
            if item["metadata"]["name"] != cluster.controllers_name
            and (item.get("spec") or {}).get("selector")
            and selects({"matchLabels": item["spec"]["selector"]}, labels)
        ]
        budgets = [item for item in cluster.budgets if item["metadata"]["name"] != cluster.controllers_name]
        replicas = cluster.params["controller_replicas"]
        pods = {f"{cluster.controllers_name}-{ordinal}": labels for ordinal in range(replicas)}
        return found + budget_findings([*budgets, self.objects.pdb], pods, replicas)

    def known(self, found: Reading[list[Finding]]) -> list[Finding]:
        """Take what a rule found, or note what could not be read."""
        if isinstance(found, Unknown):
            self._unread.append(found.why)
            return []
        return found

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
                f"{', '.join(dict.fromkeys(self._unread))}; docs/rbac.yml grants the lists",
            )
        ]
