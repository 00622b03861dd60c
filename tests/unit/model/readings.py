# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The model as the product sees it: objects of the API server, settings of processes, znodes.

What the product derives from these (state, modes, flags, what is outdated) is the product's own code.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache, cached_property
from types import SimpleNamespace
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.metadata_records import Registration
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Controller, Migration
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import NotRunning, known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import Quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.driver import StatefulSets
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.pods import wanted_pods
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, Refused
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.records import Delete, Operation, SetData, Znode

from tests.unit.model.parts import CONTROLLERS, STAGES
from tests.unit.model.world import World

Obj = dict[str, Any]
LABELS = {names.LABEL_CLUSTER: "kafka", names.LABEL_ROLE: names.ROLE_CONTROLLER}
VOTERS = ",".join(f"{number}@kafka-kraft:9093" for number in CONTROLLERS)
CONNECT = {"zookeeper.connect": "zookeeper:2181/kafka"}
FLAG = {"zookeeper.metadata.migration.enable": "true"}
SETTINGS: dict[str, dict[str, str]] = {
    state.MODE_ZOOKEEPER: CONNECT,
    state.MODE_MIGRATING: {**CONNECT, **FLAG},
    state.MODE_KRAFT: {"process.roles": "broker"},
}


@cache
def held_by(node: int, kraft_epoch: int, version: int) -> Znode:
    """/controller; a broker's goes with its session."""
    data = {"version": 2, "brokerid": node, "timestamp": "1", "kraftControllerEpoch": kraft_epoch}
    return Znode(json.dumps(data).encode(), version, 1, kraft_epoch < 0)


@cache
def written_to(offset: int, epoch: int, version: int) -> Znode:
    """/migration."""
    data = {
        "version": 0,
        "kraft_controller_id": -1 if offset < 0 else CONTROLLERS[0],
        "kraft_controller_epoch": epoch,
        "kraft_metadata_offset": offset,
        "kraft_metadata_epoch": epoch,
    }
    return Znode(json.dumps(data).encode(), version, 1, False)


class Session:
    """The ZooKeeper session that the product holds."""

    address = "zookeeper:2181/kafka"

    def __init__(self, world: World) -> None:
        self.world = world

    def sync(self) -> None:
        """Everything is read freshly here."""

    def get_many(self, paths: Iterable[str]) -> dict[str, Znode | None]:
        """Read znodes."""
        return {path: self.get(path) for path in paths}

    def get(self, path: str) -> Znode | None:
        """Read one of the three znodes that say who is in charge."""
        zk = self.world.zk
        version = zk.versions.get(path, 0)
        if path == "/controller":
            return None if zk.holder is None else held_by(*zk.holder, version)
        if path == "/controller_epoch":
            return Znode(str(zk.epoch).encode(), version, 1, False)
        return None if path != "/migration" or zk.offset is None else written_to(zk.offset, zk.offset_epoch, version)

    def transact(self, operations: list[Operation]) -> None:
        """All or none, each as it was read."""
        for each in operations:
            found = self.get(each.path)
            if found is None or found.version != each.version:
                raise Conflict(f"{each.path} changed since it was read")
        changes = {each.path: int(each.value) for each in operations if isinstance(each, SetData)}
        self.world.remove_znodes({**changes, **{each.path: None for each in operations if isinstance(each, Delete)}})


class Client:
    """The API server, as far as a rollback lists it."""

    def __init__(self, world: World) -> None:
        self.world = world

    def list(self, kind: Any, _namespace: str | None = None, *, label_selector: str = "") -> list[Obj]:
        """The volumes and pods of the controllers."""
        if kind.kind == "PersistentVolumeClaim":
            listed = [f"data-kafka-kraft-{number - CONTROLLERS[0]}" for number in sorted(self.world.volumes)]
        else:
            listed = [controller_pod(number) for number in self.world.controllers] if kind.kind == "Pod" else []
        owner = {"kind": "StatefulSet", "name": "kafka-kraft", "uid": "uid-kraft"}
        return [{"metadata": {"name": name, "labels": LABELS, "ownerReferences": [owner]}} for name in listed]

    def find(self, _kind: Any, _name: str, _namespace: str | None = None) -> None:
        """Service and PodDisruptionBudget go with the StatefulSet."""


def controller_pod(number: int) -> str:
    """Name of a controller's pod."""
    return f"kafka-kraft-{number - CONTROLLERS[0]}"


@cache
def annotated(name: str, stage: str, digest: str) -> Obj:
    """What the product reads of a template's or a pod's metadata; it changes nothing in it."""
    marks = {names.STAGE: stage, names.SETTINGS_HASH: digest}
    return {"name": name, "annotations": {key: value for key, value in marks.items() if value}}


@cache
def broker_pod(name: str, group: str, digest: str) -> Obj:
    """A broker's pod."""
    return {
        "metadata": {**annotated(name, STAGES[digest], digest), "ownerReferences": [{"uid": f"uid-{group}"}]},
    }


@cache
def broker_facts(number: int, mode: str, metadata_dir: bool) -> Any:
    """A broker's process."""
    logs = ("/data/__cluster_metadata-0",) if metadata_dir else ()
    return SimpleNamespace(settings={**SETTINGS[mode], "broker.id": str(number)}, metadata_logs=logs, meta=())


@cache
def controller_facts(number: int, flag: bool) -> Any:
    """A controller's process."""
    own = {"node.id": str(number), "controller.quorum.voters": VOTERS}
    return SimpleNamespace(settings={**own, **(CONNECT | FLAG if flag else {})})


class Seen(StatefulSetCluster):
    """A task's view of the model: what it has read stays as it was until the product forgets it."""

    def __init__(self, world: World, options: Obj, journal: Any, marks: Obj) -> None:
        client: Any = Client(world)
        super().__init__(client, {"namespace": "n", "cluster": "kafka", "controller_name": None, **options})
        self.world, self._journal, self._marks = world, journal, marks
        self.driver = StatefulSets(self)

    @cached_property
    def all_statefulsets(self) -> list[Obj]:
        return [*self.statefulsets, *([self.controllers] if self.controllers else [])]

    @cached_property
    def statefulsets(self) -> list[Obj]:
        return [
            {
                "metadata": {"name": name, "uid": f"uid-{name}", "namespace": "n", "annotations": dict(self._marks)},
                "spec": {
                    "replicas": sum(each.group == name for each in self.world.brokers.values()),
                    "template": {"metadata": annotated("", STAGES[digest], digest), "spec": {"containers": []}},
                },
            }
            for name, digest in self.world.groups.items()
        ]

    @cached_property
    def controllers(self) -> Obj | None:
        sts = self.world.sts
        if sts is None:
            return None
        return {
            "metadata": {
                "name": "kafka-kraft",
                "labels": LABELS,
                "uid": "uid-kraft",
                "namespace": "n",
                "annotations": dict(self._marks) if sts.locked else {},
            },
            "spec": {
                "replicas": sts.replicas,
                "template": {"metadata": annotated("", sts.stage, sts.stage), "spec": {"containers": []}},
            },
        }

    @cached_property
    def pods(self) -> dict[str, Obj]:
        return {each.pod: broker_pod(each.pod, each.group, each.digest) for each in self.world.brokers.values()}

    @cached_property
    def controller_pods(self) -> dict[str, Obj]:
        if self.world.sts is None:
            return {}
        found = self.world.controllers.values()
        return {controller_pod(each.id): {"metadata": annotated("", each.stage, each.stage)} for each in found}

    @cached_property
    def facts(self) -> dict[str, Any]:
        down = NotRunning("it does not run")
        return {
            each.pod: broker_facts(each.id, each.mode, each.metadata_dir) if each.up else down
            for each in self.world.brokers.values()
        }

    @cached_property
    def controller_facts(self) -> dict[str, Any]:
        if self.world.sts is None:
            return {}
        down = NotRunning("it does not run")
        found = {
            controller_pod(each.id): controller_facts(each.id, each.flag) if each.up and not each.ending else down
            for each in self.world.controllers.values()
        }
        return {**dict.fromkeys(wanted_pods(self.controllers or {}), down), **found}

    @cached_property
    def zookeeper_connect(self) -> Any:
        processes = (*known(self.facts).values(), *known(self.controller_facts).values())
        named = any("zookeeper.connect" in each.settings for each in processes)
        return CONNECT["zookeeper.connect"] if named or self.journal.zookeeper_connect else None

    @cached_property
    def container(self) -> str:
        return "kafka"

    @cached_property
    def config_maps(self) -> dict[str, Obj]:
        return {}

    @cached_property
    def journal(self) -> Any:
        return self._journal

    @cached_property
    def route(self) -> Any:
        return SimpleNamespace(chroot="/kafka")

    @cached_property
    def zookeeper(self) -> Any:
        return Session(self.world)

    @cached_property
    def view(self) -> Any:
        if self.zookeeper_connect is None:
            raise Refused("no broker or controller names a ZooKeeper", code="wrong-state")
        zk, world = self.world.zk, self.world
        held = None if zk.holder is None else Controller(zk.holder[0], zk.holder[1], not zk.kraft_holds)
        migration = (
            None if zk.offset is None else Migration(CONTROLLERS[0], zk.offset_epoch, zk.offset, zk.offset_epoch)
        )
        return SimpleNamespace(
            cluster_id="id",
            controller=held,
            controller_epoch=zk.epoch,
            migration=migration,
            migration_null=False,
            migration_present=migration is not None,
            brokers=dict.fromkeys(world.registered),
            topics={},
            pending_deletions=(),
            reassigning=(),
            assigned_brokers=frozenset(number for each in world.partitions.values() for number in each.replicas),
            broker_is_controller=held is not None and held.ephemeral,
        )


def read_quorum(cluster: Any, **_options: Any) -> Quorum:
    """What the controllers answer."""
    world: World = cluster.world
    log = world.log
    if log is None or world.leader is None:
        # without Jolokia nobody answers then
        return Quorum(None, -1, -1, {}, "tool", {})
    voters = {each.id: 0 if each.synced else 99 for each in world.controllers.values() if each.up}
    where = "POST_MIGRATION" if log.finalized else "MIGRATION" if log.copied else "PRE_MIGRATION"
    return Quorum(world.leader, log.epoch, log.end, voters, "jolokia", dict.fromkeys(voters, where))


def registrations(cluster: Any, _quorum: Quorum) -> dict[int, Registration]:
    """The brokers that the quorum knows."""
    world: World = cluster.world
    number = 0 if world.log is None else world.log.number
    return {
        each.id: Registration(not each.up, each.mode == state.MODE_MIGRATING)
        for each in world.brokers.values()
        if each.remembers == number
    }
