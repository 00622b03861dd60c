# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Kafka cluster in memory that can be checked: it has topics and records, and its brokers' pods come back when they are deleted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import partitions
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.partitions import Seen
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.cluster_check import Acks, Wanted
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rolling import Partition, Replicas
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.topic_tools import NEEDED, BrokerPod
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations import waiting

from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient, pod
from tests.unit.plugins.module_utils.scenes import FakeCluster, quorum

CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw"
BROKERS = (0, 1, 2)
OPTIONS = {
    **PARAMS,
    "wait_timeout": 3,
    "pod_timeout": 3,
    "disrupt": False,
    "disrupt_pod": None,
    "partitions": 2,
    "replication_factor": None,
    "records": 3,
}


def process(number: int, *roles: str, cluster_id: str = CLUSTER_ID) -> Any:
    """What runs in a pod."""
    return SimpleNamespace(
        node_id=number,
        roles=roles,
        meta=(SimpleNamespace(cluster_id=cluster_id),),
        tools=dict.fromkeys(NEEDED, "/opt/kafka/bin/tool.sh"),
        settings={},
        options=(),
    )


class World(FakeCluster):
    """The cluster, what its tools do, and what is seen of its partitions.

    :ivar topics: the partitions that there are.
    :ivar script: what the next looks at the partitions show, instead of that.
    :ivar after: the script of the looks after a pod was deleted.
    :ivar ran: the tools that were run, as (pod, what).
    :ivar fails: what a tool raises, by what it does; once.
    :ivar forgets: records that are acknowledged and not there.
    """

    def __init__(self, **changed: Any) -> None:
        controllers = {f"kafka-kraft-{n}": process(3000 + n, "controller") for n in range(3)}
        base = {
            "client": FakeClient(*(pod(f"kafka-{n}", uid=f"uid-{n}") for n in BROKERS)),
            "params": dict(OPTIONS),
            "facts": {f"kafka-{n}": process(n, "broker") for n in BROKERS},
            "controller_facts": controllers,
            "container": "kafka",
            "effective": {},
            "modes": {f"kafka-{n}": state.MODE_KRAFT for n in BROKERS},
        }
        super().__init__(**{**base, **changed})
        self.driver: Any = SimpleNamespace(unsettled=lambda: "", remove_pod=self._remove_pod)
        self.client.on_gone = self._again
        self.topics: dict[Partition, Replicas] = {("__consumer_offsets", 0): on(2, 0, 1)}
        self.script: list[Reading[dict[Partition, Replicas]]] = []
        self.after: Callable[[int], list[Any]] = self._shrinks_and_grows
        self.ran: list[tuple[str, str]] = []
        self.fails: dict[str, BaseException] = {}
        self.forgets: set[str] = set()
        self.records: dict[str, list[str]] = {}
        self.said: list[str] = []

    def read_processes(self) -> None:
        """They are there."""

    def broker_id(self, name: str) -> int | None:
        """The broker id of a pod."""
        return next((number for number, each in self.pod_of_broker.items() if each == name), None)

    def option(self, **options: Any) -> World:
        """Set options of the check."""
        self.params.update(options)
        return self

    def add(self, topic: str, *replicas: int, low: int = 2) -> None:
        """One more topic of one partition."""
        self.topics[topic, 0] = on(*replicas, replicas=replicas, low=low)

    # pods

    def _remove_pod(self, name: str, uid: str) -> None:
        self.ran.append((name, "deleted"))
        self.client.delete(POD, name, self.namespace, uid=uid)
        self.script = self.after(int(name.rpartition("-")[2]))

    def _again(self, gone: Any) -> None:
        made = pod(gone["metadata"]["name"], uid="uid-new")
        self.pods[gone["metadata"]["name"]] = made
        self.client.put(made)

    def without(self, broker: int) -> dict[Partition, Replicas]:
        """The partitions while a broker is away."""
        found = {}
        for name, each in self.topics.items():
            isr = tuple(number for number in each.isr if number != broker)
            found[name] = dataclasses.replace(each, isr=isr, leader=isr[0] if isr else -1, epoch=each.epoch + 1)
        return found

    def _shrinks_and_grows(self, broker: int) -> list[Any]:
        return [dict(self.topics), self.without(broker), self.without(broker)]

    # partitions and quorum

    def read(self, _cluster: Any, *, zookeeper: bool) -> Reading[dict[Partition, Replicas]]:
        assert zookeeper is False
        return self.script.pop(0) if self.script else dict(self.topics)

    def see_quorum(self, _cluster: Any) -> Seen | None:
        found = quorum(voters={3000: 0, 3001: 0, 3002: 0})
        return Seen(self, {}, found, (3000, 3001, 3002))

    # tools

    def _run(self, broker: BrokerPod, what: str) -> None:
        self.ran.append((broker.pod, what))
        if what in self.fails:
            raise self.fails.pop(what)

    def create(self, broker: BrokerPod, topic: str, asked: Wanted, _timeout: float) -> None:
        for number in range(asked.partitions):
            replicas = tuple((number + index) % len(BROKERS) for index in range(asked.factor))
            self.topics[topic, number] = on(*replicas, replicas=replicas, low=asked.min_isr)
        self.records[topic] = []
        self._run(broker, "create")

    def remove(self, broker: BrokerPod, topic: str, _timeout: float) -> None:
        self._run(broker, "remove")
        self.topics = {name: each for name, each in self.topics.items() if name[0] != topic}

    def produce(self, broker: BrokerPod, topic: str, turn: int, asked: Wanted, _timeout: float) -> Acks:
        self._run(broker, f"produce {turn}")
        values = [f"{turn}.{number}" for number in range(asked.records)]
        self.records[topic] += values
        return Acks(frozenset(values), {0: len(self.records[topic])})

    def consume(self, broker: BrokerPod, topic: str, _timeout: float, most: int = 0) -> list[str]:
        self._run(broker, f"consume {most}")
        there = [value for value in self.records[topic] if value not in self.forgets]
        return there[: most or None]


def on(*isr: int, replicas: tuple[int, ...] = BROKERS, low: int = 2) -> Replicas:
    """A partition that its first in-sync replica leads."""
    return Replicas(isr, replicas, low, leader=isr[0] if isr else -1, epoch=4)


def world(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> Any:
    """A cluster that serves; nothing is waited for longer than it has to be."""
    made = World(**changed)
    monkeypatch.setattr(waiting, "PACE", 0.0)
    monkeypatch.setattr(partitions, "read", made.read)
    monkeypatch.setattr(partitions, "see_quorum", made.see_quorum)
    monkeypatch.setattr(partitions, "uses_zookeeper", lambda _cluster: False)
    for name in ("create", "remove", "produce", "consume"):
        monkeypatch.setattr(BrokerPod, name, lambda broker, *rest, _name=name: getattr(made, _name)(broker, *rest))
    return made
