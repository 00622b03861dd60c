# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects of a cluster that this collection made on plain StatefulSets: read, made, changed, scaled, deleted.

Private to the collection. Ours is what carries the labels of the cluster; everything that is deleted has the uid that was read. What has a name
that the cluster needs and not its labels is somebody else's, until its owner says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy import identity as identities
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy import objects as made
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.changes import (
    Change,
    Changes,
    Scaling,
    changed,
    replicas_of,
    template_differs,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.identity import Identity, identity_name
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.wanted import Wanted
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.ownership import (
    is_of,
    labels_of,
    owner_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import (
    CONFIG_MAP,
    DEPLOYMENT,
    PDB,
    PVC,
    SERVICE,
    STATEFUL_SET,
    Kind,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import NotFound, Refused

Obj = dict[str, Any]
#: in the order in which they are deleted: what makes pods first
KINDS: tuple[Kind, ...] = (STATEFUL_SET, DEPLOYMENT, PDB, SERVICE, CONFIG_MAP)
KIND = {kind.kind: kind for kind in (*KINDS, PVC)}


class Deployment:
    """The objects of one cluster; read once, until they are said to have changed."""

    def __init__(self, client: KubeClient, namespace: str, cluster: str) -> None:
        self._client, self._namespace, self._cluster = client, namespace, cluster

    def changed(self) -> None:
        """Read everything again."""
        self.__dict__.pop("_found", None)

    @cached_property
    def _found(self) -> dict[str, list[Obj]]:
        """The objects of the namespace by kind, whoever made them."""
        return {kind.kind: self._client.list(kind, self._namespace) for kind in KINDS}

    def _ours(self, kind: Kind) -> list[Obj]:
        return [item for item in self._found[kind.kind] if self._is_ours(item)]

    def _is_ours(self, item: Mapping[str, Any]) -> bool:
        return is_of(item, self._cluster) and names.DEPLOYED in labels_of(item)

    # what there is

    @property
    def workloads(self) -> dict[str, Obj]:
        """Our StatefulSets by role."""
        return {labels_of(item)[names.LABEL_ROLE]: item for item in self._ours(STATEFUL_SET)}

    @property
    def exists(self) -> bool:
        """Whether anything of the cluster is there, volumes and identity apart."""
        return any(self._ours(kind) for kind in KINDS if kind is not CONFIG_MAP)

    def foreign(self, cluster: Wanted) -> list[Finding]:
        """Objects with a name that the cluster needs, and without its labels."""
        needed = made.objects(cluster, Identity(""))
        named = [
            *(item.statefulset for item in needed.workloads),
            *needed.services,
            *needed.budgets,
            *needed.deployments,
            {"kind": "ConfigMap", "metadata": {"name": identity_name(cluster.name)}},
        ]
        found = []
        for item in named:
            kind, name = item["kind"], item["metadata"]["name"]
            there = next((each for each in self._found[kind] if each["metadata"]["name"] == name), None)
            if there is not None and not self._is_ours(there):
                found.append(
                    finding(
                        "deploy-foreign",
                        f"{kind}/{name}",
                        f"{kind} {self._namespace}/{name} exists, and deploy.yml has not made it: it seems to belong to {owner_of(there)}; choose "
                        "another kraft_cluster, or delete that first",
                    )
                )
        return found

    @property
    def identity(self) -> Identity | None:
        """The identity that is kept, None when there is none. Raises Refused (deploy-identity) for one that cannot be read."""
        name = identity_name(self._cluster)
        body = next((item for item in self._ours(CONFIG_MAP) if item["metadata"]["name"] == name), None)
        if body is None:
            return None
        try:
            return identities.parse(body.get("data") or {})
        except ValueError as error:
            raise Refused(
                f"ConfigMap {self._namespace}/{name} keeps the identity of the cluster and cannot be read: {error}; put back what it had, for "
                "example from a backup, before anything else: volumes are formatted by it",
                code="deploy-identity",
            ) from error

    @property
    def claims(self) -> dict[str, Obj]:
        """The volume claims of the cluster by name."""
        found = self._client.list(PVC, self._namespace)
        return {str(item["metadata"]["name"]): item for item in found if self._is_ours(item)}

    @property
    def node_ports(self) -> dict[str, int]:
        """Of the Services of single brokers, the port of the nodes by pod."""
        found = {}
        for item in self._ours(SERVICE):
            pod = (item["spec"].get("selector") or {}).get("statefulset.kubernetes.io/pod-name")
            port = next((each.get("nodePort") for each in item["spec"].get("ports") or []), None)
            if pod and port:
                found[str(pod)] = int(port)
        return found

    # what is to be done

    def changes(self, cluster: Wanted, identity: Identity) -> Changes:
        """Return what separates the cluster from the one that is wanted; a cluster that was stopped keeps its 0 replicas until start()."""
        wanted = made.objects(cluster, identity, self.node_ports)
        changes = [self._change(item) for item in (*wanted.services, *wanted.budgets, *wanted.deployments)]
        templates, scaling, live = [], [], self.workloads
        for item in wanted.workloads:
            changes.append(self._change(item.config))
            there = live.get(item.role)
            if there is None or template_differs(there, item):
                templates.append(Change(there, item.statefulset))
            if there is not None and replicas_of(there) != replicas_of(item.statefulset):
                scaling.append(Scaling(item.role, replicas_of(there), replicas_of(item.statefulset)))
        return Changes(tuple(each for each in changes if each is not None), tuple(templates), tuple(scaling))

    def _change(self, item: Obj) -> Change | None:
        there = [each for each in self._found[item["kind"]] if each["metadata"]["name"] == item["metadata"]["name"]]
        return changed(there[0] if there else None, item)

    # writes

    def keep(self, identity: Identity, labels: Mapping[str, str]) -> None:
        """Write the identity. Nothing is ever made before it is there."""
        name = identity_name(self._cluster)
        metadata = {"name": name, "namespace": self._namespace, "labels": dict(labels)}
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": identity.data()}
        if self._client.find(CONFIG_MAP, name, self._namespace) is None:
            self._client.create(CONFIG_MAP, body, self._namespace)
        else:
            self._client.patch(CONFIG_MAP, name, self._namespace, {"data": body["data"]})
        self.changed()

    def try_out(self, changes: Iterable[Change]) -> None:
        """Have the API server check what would be made, and make nothing. Raises Refused, Forbidden."""
        for change in changes:
            if change.before is None:
                self._client.create(KIND[change.after["kind"]], change.after, self._namespace, dry_run=True)

    def write(self, change: Change) -> None:
        """Make or change one object; the replicas of a StatefulSet that exists stay as they are."""
        kind, name = KIND[change.after["kind"]], change.after["metadata"]["name"]
        if change.before is None:
            self._client.create(kind, change.after, self._namespace)
        else:
            spec = dict(change.after["spec"]) if "spec" in change.after else None
            if kind is STATEFUL_SET and spec is not None:
                spec = {key: spec[key] for key in ("template", "updateStrategy")}
                body = {**change.before, "spec": {**change.before["spec"], **spec}}
                body["metadata"] = {**body["metadata"], "labels": change.after["metadata"]["labels"]}
                self._client.replace(kind, body, self._namespace)
            else:
                metadata = {"uid": change.before["metadata"]["uid"], "labels": change.after["metadata"]["labels"]}
                body = {
                    "metadata": metadata,
                    **({"spec": spec} if spec is not None else {"data": change.after["data"]}),
                }
                self._client.patch(kind, name, self._namespace, body)
        self.changed()

    def scale(self, role: str, replicas: int) -> None:
        """Set the number of a role's pods."""
        item = self.workloads[role]
        metadata = {"uid": item["metadata"]["uid"]}
        body = {"metadata": metadata, "spec": {"replicas": replicas}}
        self._client.patch(STATEFUL_SET, item["metadata"]["name"], self._namespace, body)
        self.changed()

    def remove_unused(self, wanted: made.Objects) -> list[str]:
        """Delete settings, Services and exporters of ours that the cluster does not need any more; returns kind/name of each."""
        keep = {
            (each["kind"], each["metadata"]["name"])
            for each in (*wanted.services, *wanted.budgets, *wanted.deployments)
        }
        keep |= {("ConfigMap", each.config["metadata"]["name"]) for each in wanted.workloads}
        keep |= {("StatefulSet", each.name) for each in wanted.workloads}
        keep.add(("ConfigMap", identity_name(self._cluster)))
        return self._delete_all(
            (kind, item)
            for kind in (DEPLOYMENT, SERVICE, CONFIG_MAP, PDB)
            for item in self._ours(kind)
            if (kind.kind, item["metadata"]["name"]) not in keep
        )

    def remove(self) -> list[str]:
        """Delete everything of ours but the identity and the volumes; returns kind/name of each."""
        kept = identity_name(self._cluster)
        return self._delete_all(
            (kind, item) for kind in KINDS for item in self._ours(kind) if item["metadata"]["name"] != kept
        )

    def remove_data(self) -> list[str]:
        """Delete the volumes, then the identity: nothing is left of the cluster. Returns kind/name of each."""
        name = identity_name(self._cluster)
        gone = self._delete_all((PVC, item) for item in self.claims.values())
        return gone + self._delete_all(
            (CONFIG_MAP, item) for item in self._ours(CONFIG_MAP) if item["metadata"]["name"] == name
        )

    def _delete_all(self, items: Iterable[tuple[Kind, Mapping[str, Any]]]) -> list[str]:
        gone = [f"{kind.kind}/{item['metadata']['name']}" for kind, item in list(items) if self._delete(kind, item)]
        self.changed()
        return gone

    def _delete(self, kind: Kind, item: Mapping[str, Any]) -> bool:
        try:
            self._client.delete(kind, item["metadata"]["name"], self._namespace, uid=item["metadata"]["uid"])
        except NotFound:
            return False
        return True
