# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Kafka cluster, read lazily through its pods: each property is fetched once per task, when a step needs it.

Private to the collection. Each platform has a class of its own on top of it, which knows its objects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property, partial
from typing import Any, ClassVar

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster, Part, flag_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_login import find_login
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import (
    Connect,
    Route,
    open_route,
    parse_connect,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import journal as journals
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.zookeeper_login import ZookeeperLogin
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown, known, unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.pod_files import read_anywhere
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import CONFIG_MAP
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.rest import PATIENCE
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.workloads import Workloads
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import (
    SESSION_SECONDS,
    ZkSession,
    open_session,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.view import ZkView, read_view


class KafkaCluster(Workloads):
    """The brokers, the controllers and the ZooKeeper of one cluster.

    ``params`` are the validated module options. Close it: it may hold a ZooKeeper session.
    """

    #: name of the platform
    platform = ""
    #: whether an operator carries the migration out
    by_operator = False
    #: what it reads itself, by what makes it stale
    of_platform: ClassVar[Mapping[Part, tuple[str, ...]]] = {}

    def __init__(self, client: KubeClient, params: Mapping[str, Any]) -> None:
        super().__init__(client, params)
        self._stack = ExitStack()

    def close(self) -> None:
        """End the ZooKeeper session and the forwards."""
        self._stack.close()

    def changed(self, *parts: Part) -> None:
        """Read these parts, and what depends on them, again; without any, everything but the ZooKeeper session and the journal."""
        cached = {name for name in self.__dict__ if isinstance(getattr(type(self), name, None), cached_property)}
        stale = (
            {name for part in parts for name in (*DEPENDS[part], *self.of_platform.get(part, ()))}
            if parts
            else cached - LASTING
        )
        for name in cached & stale:
            del self.__dict__[name]

    # other regions

    @property
    def others(self) -> Sequence[Cluster]:
        """The rest of the same Kafka cluster; nothing on a platform without regions."""
        return ()

    @property
    def elsewhere(self) -> Mapping[int, str]:
        """The brokers of the rest: id to where they are."""
        return {}

    # brokers

    @cached_property
    def effective(self) -> dict[str, str]:
        """The settings that a running broker really uses (any one; per-broker keys differ)."""
        for facts in known(self.facts).values():
            if facts.settings:
                return dict(facts.settings)
        whys = "; ".join(f"{pod}: {why}" for pod, why in unknown(self.facts).items())
        raise Refused(
            f"no broker process could be read in the pods of {self.namespace}/{self.name} ({whys or 'there are no pods'}); "
            "start the brokers first",
            code="broker-not-healthy",
        )

    def broker_id(self, pod: str) -> int | None:
        """The broker id of a pod: its running settings, else its meta.properties."""
        facts = self.facts.get(pod)
        if facts is None or isinstance(facts, Unknown):
            return None
        for key in ("broker.id", "node.id"):
            value = facts.settings.get(key, "").strip()
            if value.lstrip("-").isdigit() and int(value) >= 0:
                return int(value)
        return next((meta.node_id for meta in facts.meta if meta.node_id is not None), None)

    @cached_property
    def pod_of_broker(self) -> dict[int, str]:
        """Broker id to pod name. Raises Refused when two pods have the same id."""
        found: dict[int, str] = {}
        for pod in self.pods:
            number = self.broker_id(pod)
            if number is None:
                continue
            if number in found:
                raise Refused(
                    f"pods {found[number]} and {pod} both run broker {number}; fix that first",
                    code="broker-not-healthy",
                )
            found[number] = pod
        return found

    @cached_property
    def pod_of_broker_or_down(self) -> dict[int, str]:
        """As ``pod_of_broker``, with the one broker that is down, by elimination: one pod without, one id without a pod."""
        found = dict(self.pod_of_broker)
        without = [pod for pod in self.pods if pod not in found.values()]
        if len(without) == 1 and self.zookeeper_connect is not None:
            missing = set(self.view.assigned_brokers) - set(found)
            if len(missing) == 1:
                found[missing.pop()] = without[0]
        return found

    @cached_property
    def modes(self) -> dict[str, str]:
        """Mode of each broker pod that should exist; one whose process could not be read is ``unknown``."""
        return {
            pod: state.MODE_UNKNOWN if isinstance(facts, Unknown) else state.mode_of(facts.settings)
            for pod, facts in self.facts.items()
        }

    # controllers

    @property
    def controller_ids(self) -> dict[int, str]:
        """Node id to pod name, of the controllers whose id is known."""
        return {
            int(facts.settings["node.id"]): pod
            for pod, facts in known(self.controller_facts).items()
            if facts.settings.get("node.id")
        }

    # ZooKeeper

    @cached_property
    def journal(self) -> journals.Journal:
        """The journal; an empty one when there is none yet."""
        found = self.client.find(CONFIG_MAP, names.journal_name(self.name), self.namespace)
        return journals.load(self.name, (found or {}).get("data"))

    @cached_property
    def zookeeper_connect(self) -> Connect | None:
        """The brokers' zookeeper.connect; when they run in KRaft mode, the controllers' or the journal's. None when there is none."""
        self.read_processes()
        sources = [facts.settings for facts in (*known(self.facts).values(), *known(self.controller_facts).values())]
        self._check_one_cluster()
        for settings in sources:
            if settings.get("zookeeper.connect"):
                return parse_connect(settings["zookeeper.connect"])
        return parse_connect(self.journal.zookeeper_connect) if self.journal.zookeeper_connect else None

    def _check_one_cluster(self) -> None:
        """Raise Refused when the processes show that the pods are of more than one cluster."""

    @cached_property
    def route(self) -> Route:
        """How ZooKeeper is reached; the forward stays open until the cluster is closed."""
        connect = self.zookeeper_connect
        if connect is None:
            raise Refused(
                f"no broker or controller of {self.name} names a ZooKeeper: the cluster runs in KRaft mode",
                code="wrong-state",
            )
        relays = [(pod, self.container) for pod in self.pods]
        return self._stack.enter_context(
            open_route(self.client, self.namespace, connect, relays, self.params["zookeeper_connect"])
        )

    @property
    def zookeeper_login(self) -> ZookeeperLogin:
        """How to log in to ZooKeeper: as a process does whose settings name it, or by the Secret that the user names."""
        secret = self.params["zookeeper_secret"] or ""
        running = [(self.facts, self.container), (self.controller_facts, self.controller_container)]
        for facts, container in running:
            for pod, found in known(facts).items():
                if found.settings.get("zookeeper.connect"):
                    read = partial(self._read_file, {pod: found, **known(facts)}, container)
                    return find_login(self.client, self.namespace, found.settings, found.options, read, secret)
        return find_login(self.client, self.namespace, {}, (), partial(self._read_file, {}, ""), secret)

    def broker_file(self, path: str) -> Reading[bytes]:
        """A file as a broker's pod has it, wherever it comes from; it stays in memory, and no message shows it. Raises Forbidden."""
        if path not in self._broker_files:
            self._broker_files[path] = self._read_file(known(self.facts), self.container, path)
        return self._broker_files[path]

    @cached_property
    def _broker_files(self) -> dict[str, Reading[bytes]]:
        return {}

    def _read_file(self, running: Mapping[str, ProcessFacts], container: str, path: str) -> Reading[bytes]:
        return read_anywhere(self.client, self.namespace, running, container, path)

    @cached_property
    def zookeeper(self) -> ZkSession:
        """A read-only session at the chroot of the cluster."""
        (host, port), *more = self.route.servers
        # time to find out that servers are silent before the one that is not
        timeout = 5.0 + SESSION_SECONDS * min(self.route.reached, 3)
        session = open_session(
            host,
            port,
            *more,
            chroot=self.route.chroot,
            timeout=timeout,
            via=self.route.via,
            login=self.zookeeper_login,
            names=self.route.names,
        )
        # the path leads through the API server: reads wait for it as long as those of the API itself
        session.patience, session.progress = PATIENCE, self.client.progress
        return self._stack.enter_context(session)

    @cached_property
    def view(self) -> ZkView:
        """What a decision needs from ZooKeeper, read after sync(); partition states are read where they are needed."""
        return read_view(self.zookeeper, partitions=False)

    def read_partitions(self) -> ZkView:
        """The same read again, with the states of all partitions."""
        return read_view(self.zookeeper)

    # state

    @cached_property
    def flags(self) -> dict[str, Reading[bool]]:
        """Whether the running process of each controller that should exist has the migration flag."""
        return {pod: flag_of(facts) for pod, facts in self.controller_facts.items()}

    @cached_property
    def state(self) -> state.ClusterState:
        """Where the cluster is, derived from what it shows now."""
        kraft_holds = offset = None
        flags = self.flags.values()
        if self.zookeeper_connect is not None and not (flags and all(flag is False for flag in flags)):
            kraft_holds = self.view.controller is not None and self.view.controller.is_kraft
            offset = self.view.migration.offset if self.view.migration else None
        return state.derive(
            state.Evidence(
                modes=self.modes,
                controllers=self.flags,
                kraft_holds_controller=kraft_holds,
                migration_offset=offset,
                unread=unknown(self.facts),
            )
        )

    def expect(self, wanted: Callable[[str], bool], step: str) -> None:
        """Refuse (code wrong-state) unless the state's name satisfies ``wanted``."""
        if not wanted(self.state.name):
            raise Refused(
                f"{step} cannot run now: {self.namespace}/{self.name} is {self.state.name} ({self.state.reason}); "
                "run status.yml and follow its next step",
                code="wrong-state",
            )


#: what each part makes stale
_OBJECTS = ("statefulsets", "controllers")
_BROKERS = (
    "_all_pods",
    "pods",
    "facts",
    "_broker_files",
    "effective",
    "pod_of_broker",
    "pod_of_broker_or_down",
    "modes",
    "state",
)
_CONTROLLERS = ("_all_pods", "controller_pods", "controller_facts", "flags", "state")
DEPENDS: Mapping[Part, tuple[str, ...]] = {
    Part.OBJECTS: _OBJECTS,
    Part.SETTINGS: (),
    Part.BROKERS: _BROKERS,
    Part.CONTROLLERS: _CONTROLLERS,
    Part.ZOOKEEPER: ("view", "state"),
    Part.JOURNAL: ("journal", "zookeeper_connect"),
}
#: what outlives a look at everything
LASTING = {"journal", "zookeeper_connect", "route", "zookeeper"}
