# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the runner reaches ZooKeeper: only through the Kubernetes API, unless the user gives an address.

Private to the collection. In this order: ``kraft_zookeeper_connect`` directly; a port-forward to a ZooKeeper pod that the
brokers' connect string names; a relay through an exec channel in a broker pod (ZooKeeper in another namespace that the
account may not read, or outside Kubernetes).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.forward import exec_relay, pod_forward
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD, SERVICE
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, NotFound

DEFAULT_PORT = 2181


@dataclass(frozen=True)
class Connect:
    """A zookeeper.connect value: ``servers`` as (host, port), ``chroot`` without a trailing slash ("" = root)."""

    servers: tuple[tuple[str, int], ...]
    chroot: str

    def __str__(self) -> str:
        return ",".join(f"{host}:{port}" for host, port in self.servers) + self.chroot


@dataclass(frozen=True)
class Route:
    """A reachable address for a ZooKeeper client and how it is reached."""

    host: str
    port: int
    chroot: str
    how: str


def parse_connect(text: str) -> Connect:
    """Parse ``host:port,host:port/chroot`` (ZooKeeper ConnectStringParser)."""
    servers, slash, chroot = text.strip().partition("/")
    parsed = []
    for server in servers.split(","):
        host, _colon, port = server.strip().rpartition(":")
        parsed.append((host, int(port)) if host and port.isdigit() else (server.strip(), DEFAULT_PORT))
    return Connect(tuple(parsed), (slash + chroot).rstrip("/"))


@contextmanager
def open_route(
    client: KubeClient, namespace: str, connect: Connect, relay_pods: Sequence[tuple[str, str]], override: str | None
) -> Iterator[Route]:
    """Yield a Route. ``relay_pods``: (pod, container) of brokers that may relay. Raises Unreachable, Forbidden."""
    if override:
        given = parse_connect(override)
        host, port = given.servers[0]
        yield Route(host, port, given.chroot or connect.chroot, f"directly at {host}:{port}")
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
    pod, container = relay_pods[0]
    with exec_relay(client, namespace, pod, container, host, port) as relay:
        yield Route(relay.host, relay.port, connect.chroot, f"relay through pod {namespace}/{pod} to {host}:{port}")


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
            return str(ready[0]["metadata"]["name"]), where, _target_port(found, port, bool(pod_name))
    return None


def _readings(labels: Sequence[str], namespace: str) -> list[tuple[str, str, str]]:
    """The ways a cluster DNS name can be read: (pod or "", service, namespace)."""
    readings = [("", labels[0], labels[1] if len(labels) > 1 else namespace)]
    if len(labels) > 1:
        readings.append((labels[0], labels[1], labels[2] if len(labels) > 2 and labels[2] != "svc" else namespace))
        readings.append(("", labels[0], namespace))
    return readings


def _target_port(service: Mapping[str, Any], port: int, headless_pod: bool) -> int:
    if headless_pod or service["spec"].get("clusterIP") == "None":
        return port
    for entry in service["spec"].get("ports", []):
        if entry.get("port") == port and isinstance(entry.get("targetPort"), int):
            return int(entry["targetPort"])
    return port


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether a pod is Ready and not being deleted."""
    conditions = (pod.get("status") or {}).get("conditions") or []
    ready = any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)
    return ready and not pod["metadata"].get("deletionTimestamp")
