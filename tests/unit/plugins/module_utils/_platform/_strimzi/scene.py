# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster that Strimzi leads, on a fake API server, with an operator that reacts to what is written."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Controller, Migration
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import permissions
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.cluster import StrimziCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.driver import Strimzi
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.handover import Heads

from tests.unit.plugins.module_utils._platform._confluent.scene import Api
from tests.unit.plugins.module_utils._platform._strimzi import crs
from tests.unit.plugins.module_utils.fakes import PARAMS

Obj = dict[str, Any]


#: what docs/rbac-strimzi.yml grants, by API group and resource
GRANTED: dict[tuple[str, str], set[str]] = {}
for need in permissions.NEEDS:
    if not need.subresource:
        GRANTED.setdefault((need.group, need.resource), set()).update(need.verbs)


class Server(Api):
    """An API server to which an operator in another thread writes as well: nobody's change is lost.

    It serves what the account may do, and nothing else.
    """

    def __init__(self, *objects: Obj) -> None:
        self.lock = threading.RLock()
        self.reading = threading.local()
        super().__init__(*objects)

    def _check(self, verb: str, kind: Kind) -> None:
        super()._check(verb, kind)
        granted = GRANTED.get((kind.group, kind.plural))
        # a write reads what is there, which is no request
        if granted is not None and not (verb == "get" and getattr(self.reading, "of_write", False)):
            assert verb in granted, f"{verb} {kind.resource} is not granted"

    @contextmanager
    def _write(self) -> Iterator[None]:
        self.reading.of_write = True
        try:
            yield
        finally:
            self.reading.of_write = False

    def patch(self, kind: Kind, name: str, namespace: str | None, body: Mapping[str, Any], **more: Any) -> Obj:
        with self.lock, self._write():
            return super().patch(kind, name, namespace, body, **more)

    def delete(self, kind: Kind, name: str, namespace: str | None = None, *, uid: str, **more: Any) -> None:
        with self._write():
            super().delete(kind, name, namespace, uid=uid, **more)


class Cluster(StrimziCluster):
    """Whose processes are not asked: ``read`` has what would be found in a pod."""

    def __init__(self, api: Server, **params: Any) -> None:
        super().__init__(cast("Any", api), {**PARAMS, "wait_timeout": 2, **params})
        self.api = api
        self.driver: Any = Strimzi(self)
        self.read: dict[str, Any] = {}

    def read_facts(self, pods: Mapping[str, Obj], containers: Mapping[str, str]) -> dict[str, Any]:
        assert pods.keys() == containers.keys()
        assert set(containers.values()) <= {"kafka"}
        return {pod: self.read.get(pod, process(int(pod.rpartition("-")[2]))) for pod in pods}


def process(number: int = 0, **settings: str) -> Any:
    """What runs in a pod; in ZooKeeper mode."""
    found = {"broker.id": str(number), "zookeeper.connect": "kafka-zookeeper-client:2181"}
    more = {key.replace("_", "."): value for key, value in settings.items()}
    return SimpleNamespace(meta=[], version="3.9.2", settings={**found, **more}, jvm_options=())


def in_kraft(number: int = 0) -> Any:
    """A broker in KRaft mode."""
    return SimpleNamespace(
        meta=[], version="3.9.2", settings={"process.roles": "broker", "node.id": str(number)}, jvm_options=()
    )


def cluster(kafka: Obj | None = None, *more: Obj, **params: Any) -> Cluster:
    """Brokers that run in a node pool."""
    api = Server(kafka or crs.kafka(), crs.pool(), crs.pod_set(), *crs.pods(), *more)
    return Cluster(api, **params)


def underway(kafka: Obj, **params: Any) -> Cluster:
    """With controllers that run, and their volumes."""
    ids = range(3, 6)
    of_controllers = [
        crs.controllers(),
        crs.pod_set("controller", ids, controller=True),
        *crs.pods("controller", ids, controller=True),
        *crs.claims(),
    ]
    return cluster(kafka, *of_controllers, **params)


def collects_garbage(api: Api) -> None:
    """Let go of what a deleted node pool owns, as Kubernetes does; volumes stay."""

    def react(verb: str, kind: str, name: str) -> None:
        if (verb, kind) == ("delete", "KafkaNodePool"):
            api.drop("StrimziPodSet", "n", f"kafka-{name}")
            for pod in [each for each in api.names("Pod") if each.startswith(f"kafka-{name}-")]:
                api.drop("Pod", "n", pod)

    api.operator = react


def heads(*, kraft: bool, offset: int | None) -> Heads:
    """What ZooKeeper shows: who holds /controller, and the offset in /migration, None where there is none."""
    controller = Controller(5, 4 if kraft else -1, ephemeral=not kraft)
    migration = None if offset is None else Migration(-1 if offset < 0 else 5, 4, offset, 4)
    return Heads(None, None, None, controller, 3, migration)
