# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the runner reaches ZooKeeper: only through the Kubernetes API, unless the user gives an address.

Private to the collection. In this order: ``kraft_zookeeper_connect`` directly; port-forwards to the ZooKeeper pods that the
brokers' connect string names; relays through exec channels in the broker pods (ZooKeeper in another namespace that the
account may not read, or outside Kubernetes).

Kafka survives the loss of a server, and so does a route: there is one local port, and each connection to it leads to the
server that was used least lately. kazoo is given that one port instead of one for each server, since it divides its time for
a handshake by their number: over a slow path none would be long enough.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.channel import Channel
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.forward import (
    Dial,
    LocalForward,
    pod_dial,
    relay_dial,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD, SERVICE
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.pump import Side
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Forbidden,
    KraftError,
    NotFound,
    Refused,
    Unreachable,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.parallel import Background

DEFAULT_PORT = 2181
NDOTS = 5  # of a pod's resolv.conf
SERVER = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.%]+)\]|(?P<host>[^:\[\]\s]+))(?::(?P<port>\d{1,5}))?")


@dataclass(frozen=True)
class Connect:
    """A zookeeper.connect value: ``servers`` as (host, port), ``chroot`` without a trailing slash ("" = root)."""

    servers: tuple[tuple[str, int], ...]
    chroot: str

    def __str__(self) -> str:
        return ",".join(address(host, port) for host, port in self.servers) + self.chroot

    def meets(self, other: Connect) -> bool:
        """Whether both name the same chroot of the same ZooKeeper: they have a server in common."""
        return self.chroot == other.chroot and not self._named().isdisjoint(other._named())

    def _named(self) -> set[tuple[str, int]]:
        """The servers as DNS compares them: without case, and with or without the dot at the end."""
        return {(host.lower().removesuffix("."), port) for host, port in self.servers}


def address(host: str, port: int) -> str:
    """Return ``host:port``, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@dataclass(frozen=True)
class Route:
    """Reachable addresses for a ZooKeeper client and how they are reached.

    :ivar servers: (host, port); a single local port may stand for several servers.
    :ivar reached: number of servers behind them.
    :ivar via: says how the last connection was made, or why there was none; an empty string when there is nothing to say.
    :ivar names: hosts, one of which the certificate of a server has to name, see :func:`server_names`.
    """

    servers: tuple[tuple[str, int], ...]
    chroot: str
    how: str
    reached: int = 1
    via: Callable[[], str] = lambda: ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServerRoute:
    """How one server is reached. ``how`` tells routes apart."""

    how: str
    dial: Dial


def parse_connect(text: str) -> Connect:
    """Parse ``host:port,host:port/chroot`` (ZooKeeper ConnectStringParser). Raises Refused (zookeeper-unreachable)."""
    servers, slash, chroot = text.strip().partition("/")
    parsed = []
    for server in filter(None, (item.strip() for item in servers.split(","))):
        match = SERVER.fullmatch(server)
        port = int(match["port"] or DEFAULT_PORT) if match else 0
        if match is None or not 0 < port < 65536:
            raise _no_connect(text)
        parsed.append((match["v6"] or match["host"], port))
    if not parsed:
        raise _no_connect(text)
    return Connect(tuple(parsed), (slash + chroot).rstrip("/"))


def _no_connect(text: str) -> Refused:
    return Refused(
        f"{text!r} is not a ZooKeeper connect string (host:port,host:port/chroot); correct zookeeper.connect of the brokers, "
        "or kraft_zookeeper_connect",
        code="zookeeper-unreachable",
    )


def server_names(connects: Sequence[Connect], namespace: str) -> tuple[str, ...]:
    """Return the hosts of connect strings, and as what the DNS of Kubernetes knows them too.

    A forwarded port does not tell which server answers, so that the certificate of each may name any of them.

    :param namespace: of the brokers, whose pods complete short names by it.
    """
    hosts = [host for connect in connects for host, _port in connect.servers]
    endings = (f".{namespace}", f".{namespace}.svc", f".{namespace}.svc.cluster.local", ".svc", ".svc.cluster.local")
    # a name with as many dots as ndots of a pod, or a dot at its end, is complete
    short = [host for host in hosts if host.count(".") < NDOTS and not host.endswith(".") and not _is_address(host)]
    longer = [host + ending for host in short for ending in (*endings, ".cluster.local")]
    return tuple(dict.fromkeys(host.removesuffix(".") for host in (*hosts, *longer)))


def _is_address(host: str) -> bool:
    return ":" in host or all(label.isdigit() for label in host.split("."))


@contextmanager
def open_route(
    client: KubeClient, namespace: str, connect: Connect, relay_pods: Sequence[tuple[str, str]], override: str | None
) -> Iterator[Route]:
    """Yield a Route. ``relay_pods``: (pod, container) of the brokers. Raises Unreachable, Forbidden, Refused."""
    if override:
        given = parse_connect(override)
        listed = ", ".join(address(host, port) for host, port in given.servers)
        yield Route(
            given.servers,
            given.chroot or connect.chroot,
            f"directly at {listed}",
            len(given.servers),
            names=server_names((given, connect), namespace),
        )
        return
    names = server_names((connect,), namespace)
    with forwarded(
        lambda: find_routes(client, namespace, connect, relay_pods), connect, f"ZooKeeper {connect}", names
    ) as route:
        yield route


@contextmanager
def forwarded(
    find: Callable[[], list[ServerRoute]], connect: Connect, whose: str, names: tuple[str, ...] = ()
) -> Iterator[Route]:
    """Yield a Route through a local port to the servers that ``find`` finds. ``names``: which their certificates may have. Raises what find raises."""
    servers = Servers(find)
    hows = [route.how for route in servers.routes]
    with LocalForward(servers.dial, f"connecting to {whose}") as forward:
        yield Route(
            ((forward.host, forward.port),),
            connect.chroot,
            "; else ".join(hows),
            len(hows),
            lambda: servers.last or forward.last_error,
            names,
        )


class Servers:
    """The servers of one ensemble: each new connection goes to the one that was used least lately.

    Who they are is looked up again at each later connection, beside it: a pod that was replaced, or came back, is found in time
    for the next one, and no connection waits for the API server longer than it has to.

    :ivar routes: as found last.
    :ivar last: how the last connection was made.
    """

    def __init__(self, find: Callable[[], list[ServerRoute]]) -> None:
        self._find = find
        self.routes = find()
        self.last = ""
        self._used: dict[str, int] = {}
        self._lock = threading.Lock()
        self._reading = threading.Lock()

    def dial(self) -> tuple[Channel, Side]:
        """Open a channel to a server. Called from the thread of each connection. Raises KraftError when none can be opened."""
        if self._used and self._reading.acquire(blocking=False):  # pylint: disable=consider-using-with
            Background(self._read_again)
        with self._lock:
            routes = sorted(self.routes, key=lambda route: self._used.get(route.how, 0))
        failed: KraftError | None = None
        for route in routes:
            # noted before it is known to work: the next connection, which may not wait for this one, tries another
            with self._lock:
                self._used[route.how] = max(self._used.values(), default=0) + 1
            try:
                opened = route.dial()
            except Unreachable:
                raise  # the API server is away, or this took all the time that there is
            except KraftError as error:
                failed = error
            else:
                self.last = route.how
                return opened
        raise failed or Unreachable("no ZooKeeper server is known", code="zookeeper-unreachable")

    def _read_again(self) -> None:
        try:
            self.routes = self._find()
        except KraftError:
            return  # what is known may still do
        finally:
            self._reading.release()


def find_routes(
    client: KubeClient, namespace: str, connect: Connect, relay_pods: Sequence[tuple[str, str]]
) -> list[ServerRoute]:
    """Return how each server is reached, in the order of the connect string.

    :param relay_pods: (pod, container) of the brokers; those that are Ready may relay.

    Raises Refused when none is.
    """
    pods = dict.fromkeys(pod for host, port in connect.servers for pod in pods_behind(client, namespace, host, port))
    if pods:
        return [
            ServerRoute(f"port-forward to pod {where}/{pod}", pod_dial(client, where, pod, port))
            for pod, where, port in pods
        ]
    relays = [
        each for each in relay_pods if (pod := client.find(POD, each[0], namespace)) is not None and is_ready(pod)
    ]
    if not relays:
        host, port = connect.servers[0]
        raise Refused(
            f"no ZooKeeper pod was found behind {address(host, port)} and no broker pod is Ready to relay to it; start a broker, or set "
            "kraft_zookeeper_connect to an address that this machine reaches",
            code="zookeeper-unreachable",
        )
    routes = []
    # as many as it takes to have each server and each broker once
    for number in range(max(len(connect.servers), len(relays))):
        host, port = connect.servers[number % len(connect.servers)]
        name, container = relays[number % len(relays)]
        how = f"relay through pod {namespace}/{name} to {address(host, port)}"
        routes.append(ServerRoute(how, relay_dial(client, namespace, name, container, host, port)))
    return routes


def pods_behind(client: KubeClient, namespace: str, host: str, port: int) -> list[tuple[str, str, int]]:
    """Return (pod, namespace, port) of the running pods that ``host`` names: a Service, or <pod>.<service>."""
    labels = host.removesuffix(".").split(".")
    if all(label.isdigit() for label in labels):
        return []
    for pod_name, service, where in _readings(labels, namespace):
        try:
            found = client.find(SERVICE, service, where)
            if found is None:
                continue
            if pod_name:
                pod = client.find(POD, pod_name, where)
                pods = [pod] if pod else []
            else:
                selector = (found.get("spec") or {}).get("selector") or {}
                pods = (
                    client.list(POD, where, label_selector=",".join(f"{k}={v}" for k, v in selector.items()))
                    if selector
                    else []
                )
        except (Forbidden, NotFound):
            continue
        ready = [
            (str(pod["metadata"]["name"]), where, _target_port(found, port, bool(pod_name), pod))
            for pod in pods
            if is_ready(pod)
        ]
        if ready:
            return ready
    return []


def _readings(labels: Sequence[str], namespace: str) -> list[tuple[str, str, str]]:
    """The ways a cluster DNS name can be read: (pod or "", service, namespace)."""
    readings = [("", labels[0], labels[1] if len(labels) > 1 else namespace)]
    if len(labels) > 1:
        readings.append((labels[0], labels[1], labels[2] if len(labels) > 2 and labels[2] != "svc" else namespace))
        readings.append(("", labels[0], namespace))
    return readings


def _target_port(service: Mapping[str, Any], port: int, headless_pod: bool, pod: Mapping[str, Any]) -> int:
    """The pod's port behind a port of the Service; a named targetPort is looked up in the pod."""
    if headless_pod or service["spec"].get("clusterIP") == "None":
        return port
    for entry in service["spec"].get("ports", []):
        if entry.get("port") == port:
            target = entry.get("targetPort", port)
            return target if isinstance(target, int) else _named_port(pod, str(target), port)
    return port


def _named_port(pod: Mapping[str, Any], name: str, otherwise: int) -> int:
    for container in pod["spec"].get("containers", []):
        for entry in container.get("ports") or []:
            if entry.get("name") == name:
                return int(entry["containerPort"])
    return otherwise


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether a pod is Ready and not being deleted."""
    conditions = (pod.get("status") or {}).get("conditions") or []
    ready = any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)
    return ready and not pod["metadata"].get("deletionTimestamp")
