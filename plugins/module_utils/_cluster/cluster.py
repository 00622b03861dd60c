# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be read of any Kafka cluster, whoever drives it.

Private to the collection. Gates, checks and rolls get this, and no platform. What could not be read is a value: each mapping of
readings has an entry for every pod that should be there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from typing import Any, Protocol

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import Connect, Route
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report.journal import Journal
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import NotRunning, Reading, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.view import ZkView

Obj = dict[str, Any]


class Part(Enum):
    """What may have changed since it was read; the cluster knows what depends on what."""

    OBJECTS = auto()  # what describes brokers and controllers: a write of ours
    SETTINGS = auto()  # the objects that hold settings
    BROKERS = auto()  # the brokers' pods and processes
    CONTROLLERS = auto()  # the controllers' pods and processes
    ZOOKEEPER = auto()  # what ZooKeeper holds
    JOURNAL = auto()  # the journal, and what only it may know


class Cluster(Protocol):
    """One Kafka cluster, read lazily: each property is read once, until it is said to have changed."""

    @property
    def client(self) -> KubeClient:
        """The Kubernetes API; only this layer and those below read by it."""

    @property
    def params(self) -> Mapping[str, Any]:
        """The validated options of the task."""

    @property
    def platform(self) -> str:
        """Name of the platform that drives it."""

    @property
    def namespace(self) -> str:
        """Its namespace."""

    @property
    def name(self) -> str:
        """The name that the options give it."""

    def changed(self, *parts: Part) -> None:
        """Read these parts, and what depends on them, again; without any, everything but sessions and the journal."""

    def read_processes(self) -> None:
        """Read the processes of brokers and controllers at the same time, for whoever needs both."""

    def close(self) -> None:
        """End its sessions and forwards."""

    # other regions

    @property
    def others(self) -> Sequence[Cluster]:
        """The rest of the same Kafka cluster where it is spread over several regions: one for each, only read."""

    @property
    def elsewhere(self) -> Mapping[int, str]:
        """The brokers of the rest: id to where they are. They are in the same ZooKeeper, and none of them is ours to touch."""

    # brokers

    @property
    def pods(self) -> Mapping[str, Obj]:
        """The brokers' pods that exist, by name."""

    @property
    def container(self) -> str:
        """The container that runs a broker."""

    @property
    def image(self) -> str:
        """The brokers' container image, "" when it is not named."""

    @property
    def facts(self) -> Mapping[str, Reading[ProcessFacts]]:
        """What runs in each broker pod that should exist."""

    @property
    def effective(self) -> Mapping[str, str]:
        """The settings that a running broker uses (any one; per-broker keys differ). Raises Refused when none can be read."""

    def broker_id(self, pod: str) -> int | None:
        """The broker id of a pod, None when it is not known."""

    @property
    def pod_of_broker(self) -> Mapping[int, str]:
        """Broker id to pod name, of the pods whose id is known. Raises Refused when two pods have the same id."""

    @property
    def pod_of_broker_or_down(self) -> Mapping[int, str]:
        """As ``pod_of_broker``, with the one broker that is down, by elimination."""

    @property
    def modes(self) -> Mapping[str, str]:
        """Mode of each broker pod that should exist; one whose process could not be read is ``unknown``."""

    # controllers

    @property
    def has_controllers(self) -> bool:
        """Whether what makes the controllers exists, at whatever number of replicas."""

    @property
    def controllers_wanted(self) -> int:
        """How many controllers should run now, 0 when there are none."""

    @property
    def controller_pods(self) -> Mapping[str, Obj]:
        """The controllers' pods that exist, by name."""

    @property
    def controller_container(self) -> str:
        """The container that runs a controller."""

    @property
    def controller_facts(self) -> Mapping[str, Reading[ProcessFacts]]:
        """What runs in each controller pod that should exist."""

    @property
    def controller_ids(self) -> Mapping[int, str]:
        """Node id to pod name, of the controllers whose id is known."""

    @property
    def flags(self) -> Mapping[str, Reading[bool]]:
        """Whether the running process of each controller that should exist has the migration flag."""

    # ZooKeeper, state, journal

    @property
    def zookeeper_connect(self) -> Connect | None:
        """The cluster's ZooKeeper, None when nobody names one any more."""

    @property
    def route(self) -> Route:
        """How ZooKeeper is reached. Raises Refused when there is none."""

    @property
    def zookeeper(self) -> ZkSession:
        """A session at the cluster's chroot."""

    @property
    def view(self) -> ZkView:
        """What a decision needs from ZooKeeper, read after sync(), without the states of the partitions."""

    def read_partitions(self) -> ZkView:
        """The same read again, with the states of all partitions."""

    @property
    def state(self) -> state.ClusterState:
        """Where the cluster is, derived from what it shows now."""

    @property
    def journal(self) -> Journal:
        """The journal; an empty one when there is none yet."""

    def read_facts(self, pods: Mapping[str, Obj], containers: Mapping[str, str]) -> dict[str, Reading[ProcessFacts]]:
        """Read the processes of some pods again."""

    def expect(self, wanted: Callable[[str], bool], step: str) -> None:
        """Refuse (code wrong-state) unless the state's name satisfies ``wanted``."""


def flag_of(reading: Reading[ProcessFacts]) -> Reading[bool]:
    """Whether a process has the migration flag on."""
    if isinstance(reading, Unknown):
        return reading
    if not reading.settings:
        return Unknown("its process runs, but its settings could not be read")
    return state.has_flag(reading.settings)


def flags_off(cluster: Cluster) -> list[str]:
    """Controllers that are known to run without the migration flag."""
    return [pod for pod, flag in cluster.flags.items() if flag is False]


def flag_on_everywhere(cluster: Cluster) -> bool:
    """Whether every controller that runs is known to have the migration flag on; False when none runs.

    One that does not run comes back with what its template says, which is another question.
    """
    running = [flag for flag in cluster.flags.values() if not isinstance(flag, NotRunning)]
    return bool(running) and all(flag is True for flag in running)
