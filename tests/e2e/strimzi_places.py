# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster of Strimzi's double in which something is planted for one test and taken away again, and the proof that nothing else changed.

While something is planted, the double's process is stopped unless a test says otherwise: it would act on it. Its pod stays Ready.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.forward import pod_forward
from kazoo.client import KazooClient

from tests.e2e import audit
from tests.e2e.fleet import ACCOUNT, Cluster, Outcome
from tests.e2e.places import refused
from tests.operators.strimzi import manifests, names
from tests.operators.strimzi.double import Double, operator
from tests.operators.strimzi.manifests import ExampleSpec
from tests.operators.strimzi.names import CLUSTER_LABEL, CONTROLLER, KAFKA, POD_SET, POOL, Object
from tests.sandbox.account import RBAC_STRIMZI, grant, rules
from tests.sandbox.fixtures import Fixture, FixtureSpec

SMALL = ExampleSpec(brokers=1, controllers=1)
#: of one broker
CANNOT_ROLL = "partition-cannot-roll"
CLAIM = "PersistentVolumeClaim"
EPHEMERAL = {"type": "ephemeral"}
#: annotations of a Kafka CR that has no node pools
UNPOOLED = {names.NODE_POOLS: None, names.KRAFT: None}
ZNODES = ("/controller", "/controller_epoch", "/migration")
#: what is there and does not move by itself; of claims and pods only that they are the same
WATCHED = ((KAFKA, True), (POOL, True), (POD_SET, True), (CLAIM, False), ("Pod", False))


class Bad:
    """The double's cluster, and our playbooks on it."""

    def __init__(self, double: Double, target: Cluster, account: str = ACCOUNT) -> None:
        self.double, self.target, self.account = double, target, account

    @property
    def where(self) -> str:
        """namespace/name of the Kafka CR."""
        return f"{self.double.namespace}/{self.double.spec.name}"

    # what is run

    def play(self, playbook: str, *arguments: str, **variables: Any) -> Outcome:
        """Run a playbook."""
        return self.target.play(playbook, *arguments, **variables)

    def refuses(self, playbook: str, code: str, *words: str, tags: str = "", **variables: Any) -> Object:
        """The playbook, or these tasks of it, is refused with this code and these words, and nothing is changed."""
        with self.unchanged():
            done = self.play(playbook, *(("--tags", tags) if tags else ()), **variables)
            return refused(done, code, *words)

    def warns(self, code: str, *words: str, **variables: Any) -> None:
        """Preflight ends with success and a warning that has these words."""
        with self.unchanged():
            done = self.play("preflight", **variables)
        assert done.status == 0, done.output
        sentences = [row["sentence"] for row in done.result("SetupPreChecks")["findings"] if row["code"] == code]
        assert any(all(word in text for word in words) for text in sentences), (sentences, words)

    def by(self, account: str, allowed: list[Object]) -> Bad:
        """The same with another account, which may only do this."""
        token = grant(self.double.kube, self.double.namespace, account, allowed=allowed)
        return Bad(self.double, replace(self.target, token=token), account)

    # what is there

    def snapshot(self) -> dict[str, Any]:
        """The custom resources, pods and claims, and the znodes of a migration."""
        seen: dict[str, Any] = {}
        for kind, whole in WATCHED:
            # the operator's own pod may change: it is none of the cluster
            for item in self.double.api.list(kind, CLUSTER_LABEL if kind == "Pod" else ""):
                meta = {k: v for k, v in item["metadata"].items() if k not in ("resourceVersion", "managedFields")}
                kept = (meta, item.get("spec")) if whole else (meta["uid"], meta.get("deletionTimestamp"))
                seen[f"{kind}/{meta['name']}"] = copy.deepcopy(kept)
        return seen | self._znodes()

    def _znodes(self) -> dict[str, Any]:
        """Data and time of change of each znode, but for the offset that moves in dual-write; nothing where ZooKeeper is gone."""
        pod = f"{self.double.spec.name}-zookeeper-0"
        if self.double.api.get("Pod", pod) is None:
            return {}
        client = connect({})
        with pod_forward(client, self.double.namespace, pod, names.ZK_LOCAL) as forward:
            zk = KazooClient(hosts=f"{forward.host}:{forward.port}", timeout=30.0)
            zk.start(timeout=30)
            try:
                found = {path: zk.get(path) if zk.exists(path) else None for path in ZNODES}
            finally:
                zk.stop()
                zk.close()
        client.close()
        seen: dict[str, Any] = {path: (each[0], each[1].mzxid) if each else None for path, each in found.items()}
        migration = found["/migration"]
        if migration:
            seen["/migration"] = {k: v for k, v in json.loads(migration[0]).items() if k != "kraft_metadata_offset"}
        return seen

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Fail when an object, a znode or the audit log shows that the block changed something."""
        before, mark = self.snapshot(), audit.position()
        yield
        after = self.snapshot()
        changed = {key: after.get(key) for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        assert not changed, f"changed: {changed}"
        writes = audit.writes_since(mark, self.double.namespace, self.account)
        assert not writes, f"written: {writes}"

    # what is planted

    def _put(self, body: Object, sub: str = "") -> None:
        path = self.double.kube.path(body["kind"], self.double.namespace, body["metadata"]["name"])
        self.double.kube.request("PUT", path + sub, body)

    @contextmanager
    def kafka(
        self,
        kafka: Object | None = None,
        *,
        annotations: Object | None = None,
        labels: Object | None = None,
        status: Object | None = None,
        acted: bool = True,
    ) -> Iterator[None]:
        """Another Kafka CR: changes of spec.kafka, of annotations, labels and status, None takes a key away.

        acted: whether the operator has looked at it since, as its status says.
        """
        before, name = self.double.cr, self.double.spec.name
        change = {
            "metadata": {"annotations": annotations or {}, "labels": labels or {}},
            "spec": {"kafka": kafka or {}},
        }
        self.double.api.patch(KAFKA, name, change)
        now = self.double.cr
        seen = {"observedGeneration": now["metadata"]["generation"]} if acted else {}
        now["status"] = {k: v for k, v in {**before["status"], **(status or {}), **seen}.items() if v is not None}
        self._put(now, "/status")
        try:
            yield
        finally:
            now = self.double.cr
            now["spec"] = before["spec"]
            for part in ("annotations", "labels"):
                now["metadata"][part] = before["metadata"].get(part) or {}
            self._put(now)
            now = self.double.cr
            now["status"] = {**before["status"], "observedGeneration": now["metadata"]["generation"]}
            self._put(now, "/status")

    @contextmanager
    def planted(self, *bodies: Object) -> Iterator[None]:
        """More objects."""

        def there(body: Object) -> bool:
            return self.double.api.get(body["kind"], body["metadata"]["name"]) is not None

        for body in bodies:
            self.double.apply(body)
        try:
            yield
        finally:
            for body in bodies:
                self.double.api.delete(body["kind"], body["metadata"]["name"])
            self.double.until(lambda: not any(map(there, bodies)), "what was planted is still there", 60)

    @contextmanager
    def broker_pool(self, **metadata: Object) -> Iterator[None]:
        """Other labels or annotations of the brokers' pool."""
        name = self.double.spec.broker_pool
        before = (self.double.api.get(POOL, name) or {})["metadata"]
        self.double.api.patch(POOL, name, {"metadata": metadata})
        try:
            yield
        finally:
            undone = {
                part: {key: (before.get(part) or {}).get(key) for key in value} for part, value in metadata.items()
            }
            self.double.api.patch(POOL, name, {"metadata": undone})

    def pool(self, name: str = CONTROLLER, *roles: str, annotations: Object | None = None, **spec: Any) -> Object:
        """The manifest of a node pool of this cluster; of controllers, where no role is given."""
        made = manifests.pool(replace(self.double.spec, controller_pool=name), self.double.namespace, CONTROLLER)
        made["metadata"]["annotations"] = annotations or {}
        made["spec"] |= {"roles": list(roles or (CONTROLLER,)), **spec}
        return made

    def claim(self, pool: str) -> Object:
        """A volume claim as Strimzi makes it for a node pool."""
        cluster = self.double.spec.name
        labels = {CLUSTER_LABEL: cluster, names.NAME_LABEL: f"{cluster}-kafka", names.POOL_LABEL: pool}
        return {
            "apiVersion": "v1",
            "kind": CLAIM,
            "metadata": {"name": f"data-0-{cluster}-{pool}-1", "labels": labels},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        }


@contextmanager
def bad_place(namespace: str, folder: Path, clusters: tuple[str, ...] = ("kafka",)) -> Iterator[Bad]:
    """A small cluster in ZooKeeper mode, whose operator does not act; deleted at the end. clusters: those that the account is for."""
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster")
    with operator(namespace, keep=bool(os.environ.get("KRAFT_KEEP"))) as double:
        double.example(SMALL, topics=2)
        double.kill()
        variables = {
            "kraft_platform": "strimzi",
            "kraft_controller_replicas": 1,
            "kraft_controller_storage_size": "1Gi",
            "kraft_accept": [f"{namespace}/kafka={CANNOT_ROLL}"],
            "kraft_support_dir": str(folder / "support"),
        }
        fixture = Fixture(FixtureSpec(namespace=namespace), double.kube, {})
        token = grant(double.kube, namespace, allowed=rules(clusters, RBAC_STRIMZI))
        yield Bad(double, Cluster(fixture, token, folder, variables))
