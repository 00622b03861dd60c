# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster that CFK leads, on a fake API server, with an operator that reacts to what is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.cluster import ConfluentCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.driver import Confluent

from tests.unit.plugins.module_utils._platform._confluent import crs
from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient

Obj = dict[str, Any]
CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw"
#: what runs in the brokers' pods
KAFKA = "7.9.0-ce"


class Api(FakeClient):
    """Keeps the bodies that are written; ``operator`` is called after each write with its verb, kind and name."""

    def __init__(self, *objects: Obj) -> None:
        self.bodies: list[tuple[str, str, str, Any]] = []
        self.operator: Callable[[str, str, str], None] = lambda _verb, _kind, _name: None
        super().__init__(*objects)

    def _written(self, verb: str, kind: Kind, name: str, body: Any) -> None:
        self.bodies.append((verb, kind.kind, name, body))
        self.operator(verb, kind.kind, name)

    def create(
        self, kind: Kind, body: Mapping[str, Any], namespace: str | None = None, *, dry_run: bool = False
    ) -> Obj:
        made = super().create(kind, body, namespace, dry_run=dry_run)
        self._written("create", kind, body["metadata"]["name"], body)
        return made

    def patch(self, kind: Kind, name: str, namespace: str | None, body: Mapping[str, Any], **more: Any) -> Obj:
        made = super().patch(kind, name, namespace, body, **more)
        self._written("patch", kind, name, body)
        return made

    def delete(self, kind: Kind, name: str, namespace: str | None = None, *, uid: str, **more: Any) -> None:
        super().delete(kind, name, namespace, uid=uid, **more)
        self._written("delete", kind, name, uid)


class Cluster(ConfluentCluster):
    """Whose processes are not asked: ``read`` has what would be found in a pod."""

    def __init__(self, api: Api, **params: Any) -> None:
        super().__init__(cast("Any", api), {**PARAMS, **params})
        self.api = api
        self.driver = Confluent(self)
        self.read: dict[str, Any] = {}

    def read_facts(self, pods: Mapping[str, Obj], containers: Mapping[str, str]) -> dict[str, Any]:
        assert pods.keys() == containers.keys()
        return {pod: self.read.get(pod, process()) for pod in pods}


def process(cluster_id: str = CLUSTER_ID, **settings: str) -> Any:
    """What runs in a broker's pod."""
    meta = [SimpleNamespace(cluster_id=cluster_id, node_id=None)]
    return SimpleNamespace(
        meta=meta, version=KAFKA, settings={key.replace("_", "."): value for key, value in settings.items()}
    )


def silent() -> Any:
    """A process that could not be read."""
    return Unknown("the exec failed")


def crds(version: str = "3.3.0") -> Obj:
    """The CRD of jobs with the version of CFK."""
    name = "kraftmigrationjobs.platform.confluent.io"
    marks = {"platform.confluent.io/app-version": version}
    return {"kind": "CustomResourceDefinition", "metadata": {"name": name, "annotations": marks}}


def before(**params: Any) -> Cluster:
    """Before anything was asked: Kafka and ZooKeeper run."""
    kafka = crs.kafka()
    return Cluster(Api(kafka, crs.zookeeper(), crs.workload(kafka), *crs.pods(kafka), crds()), **params)


def underway(phase: str = "SETUP", sub_phase: str = "SetupComplete", *on: str, **params: Any) -> Cluster:
    """With a job of ours, and controllers that run with volumes of theirs."""
    cluster = before(**params)
    mine = {"kraft.kafkaops.io/cluster": "kafka"}
    controllers, job = crs.controllers(held=False), crs.job(phase, sub_phase, *on)
    for item in (controllers, job):
        item["metadata"]["labels"] = dict(mine)
    for item in (controllers, job, crs.workload(controllers), *crs.pods(controllers), *crs.claims(controllers)):
        cluster.api.put(item)
    return cluster
