# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the runner reaches ZooKeeper: only through the Kubernetes API, unless the user gives an address.

Private to the collection. In this order: ``kraft_zookeeper_connect`` directly; a port-forward to a ZooKeeper pod that the
brokers' connect string names; a relay through an exec channel in a broker pod (ZooKeeper in another namespace that the
account may not read, or outside Kubernetes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.forward import exec_relay, pod_forward
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD, SERVICE
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, NotFound, Refused

DEFAULT_PORT = 2181
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
    """A reachable address for a ZooKeeper client and how it is reached."""

    host: str
    port: int
    chroot: str
    how: str


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
        f"{text!r} is no ZooKeeper connect string (host:port,host:port/chroot); correct zookeeper.connect of the brokers, "
        "or kraft_zookeeper_connect",
        code="zookeeper-unreachable",
    )


@contextmanager
def open_route(
    client: KubeClient, namespace: str, connect: Connect, relay_pods: Sequence[tuple[str, str]], override: str | None
) -> Iterator[Route]:
    """Yield a Route. ``relay_pods``: (pod, container) of brokers that may relay. Raises Unreachable, Forbidden."""
    if override:
        given = parse_connect(override)
        host, port = given.servers[0]
        yield Route(host, port, given.chroot or connect.chroot, f"directly at {address(host, port)}")
        return
    for host, port in connect.servers:
        found = _pod_behind(client, namespace, host, port)
        if found is None:
            continue
        pod, pod_namespace, pod_port = found
        with pod_forward(client, pod_namespace, pod, pod_port) as forward:
            yield Route(forward.host, forward.port, connect.chroot, f"port-forward to pod {pod_namespace}/{pod}")
            return
    host, port = connect.servers[0]
    if not relay_pods:
        raise Refused(
            f"no ZooKeeper pod was found behind {address(host, port)} and no broker pod is Ready to relay to it; start a broker, or set "
            "kraft_zookeeper_connect to an address that this machine reaches",
            code="zookeeper-unreachable",
        )
    pod, container = relay_pods[0]
    with exec_relay(client, namespace, pod, container, host, port) as relay:
        yield Route(
            relay.host, relay.port, connect.chroot, f"relay through pod {namespace}/{pod} to {address(host, port)}"
        )


def _pod_behind(client: KubeClient, namespace: str, host: str, port: int) -> tuple[str, str, int] | None:
    """Return (pod, namespace, port) of a running pod that ``host`` names: a Service, or <pod>.<service>."""
    labels = host.removesuffix(".").split(".")
    if all(label.isdigit() for label in labels):
        return None
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
        ready = [pod for pod in pods if is_ready(pod)]
        if ready:
            return str(ready[0]["metadata"]["name"]), where, _target_port(found, port, bool(pod_name), ready[0])
    return None


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
