# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ways between controllers, brokers, ZooKeeper and DNS, and the service mesh that they may go through.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import pods_behind
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controller_spec import PORT, PORT_NAME
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import ControllerObjects
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.mesh import (
    injected,
    proxies,
    without_port,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.network import End, Way, network_findings
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import (
    CONTROL_PLANE,
    LISTENERS,
    entries,
    inter_broker_listener,
    value_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import NAMESPACE, NETWORK_POLICY, POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, NotFound

Obj = dict[str, Any]


def broker_ports(cluster: StatefulSetCluster) -> dict[str, int]:
    """Listener name to port, of a running broker."""
    found = {}
    for entry in entries(value_of(cluster.effective, LISTENERS) or "PLAINTEXT://:9092"):
        name, _sep, address = entry.partition("://")
        port = address.rpartition(":")[2]
        if port.isdecimal():
            found[name.upper()] = int(port)
    return found


def network(cluster: StatefulSetCluster, objects: ControllerObjects) -> list[Finding]:
    """Ways that NetworkPolicies shut. Raises Forbidden when the account may not list them."""
    policies = cluster.client.list(NETWORK_POLICY, cluster.namespace)
    own = _controllers(cluster, objects)
    brokers = _brokers(cluster)
    ports = broker_ports(cluster)
    reached = {inter_broker_listener(cluster.effective).upper(), value_of(cluster.effective, CONTROL_PLANE).upper()}
    ways = [Way(own, own, PORT), *(Way(broker, own, PORT) for broker in brokers)]
    ways += [Way(own, broker, ports[name]) for broker in brokers for name in sorted(reached & ports.keys())]
    ways.append(Way(own, End("the cluster's DNS"), 53, "UDP"))
    for host, port in cluster.zookeeper_connect.servers if cluster.zookeeper_connect is not None else ():
        found = pods_behind(cluster.client, cluster.namespace, host, port)
        if not found:
            ways.append(Way(own, End(f"ZooKeeper at {host}"), port))
        for name, where, pod_port in found:
            end = _end(f"ZooKeeper pod {name}", cluster.client.get(POD, name, where))
            ways.append(Way(own, end, pod_port))
            if end.namespace != cluster.namespace:
                policies += _policies_of(cluster, end.namespace)
    return network_findings(policies, _once(ways))


def _once(ways: list[Way]) -> list[Way]:
    """One way for each pair of ends whose pods look the same to policies."""
    seen: dict[tuple[str, str, str, int], Way] = {}
    for way in ways:
        key = (str(way.source.labels), str(way.target.labels or way.target.name), way.target.namespace, way.port)
        seen.setdefault(key, way)
    return list(seen.values())


def _policies_of(cluster: StatefulSetCluster, namespace: str) -> list[Obj]:
    try:
        return cluster.client.list(NETWORK_POLICY, namespace)
    except Forbidden:
        return []  # of another team: what is shut there is not known


def _controllers(cluster: StatefulSetCluster, objects: ControllerObjects) -> End:
    labels = objects.statefulset["spec"]["template"]["metadata"]["labels"]
    # they do not exist yet; their addresses will be of the network that the brokers' are of
    addresses = tuple(address for pod in cluster.pods.values() for address in _addresses(pod))
    return End("the controllers", _without_ours(labels), cluster.namespace, {PORT_NAME: PORT}, addresses)


def _without_ours(labels: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in labels.items() if key != "app.kubernetes.io/managed-by"}


def _brokers(cluster: StatefulSetCluster) -> list[End]:
    """The brokers' pods, one for each StatefulSet: its template decides about labels."""
    found = []
    for item in cluster.statefulsets:
        template = item["spec"]["template"]
        end = _end(
            f"the brokers of StatefulSet {item['metadata']['name']}",
            {**template, "metadata": template.get("metadata") or {}},
        )
        addresses = tuple(address for pod in cluster.pods.values() for address in _addresses(pod))
        found.append(End(end.name, end.labels, cluster.namespace, end.ports, addresses))
    return found


def _end(name: str, pod: Mapping[str, Any]) -> End:
    ports = {
        str(port["name"]): int(port["containerPort"])
        for container in pod["spec"].get("containers") or []
        for port in container.get("ports") or []
        if port.get("name")
    }
    labels = {
        key: value
        for key, value in (pod["metadata"].get("labels") or {}).items()
        if key not in ("controller-revision-hash", "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index")
    }
    return End(name, labels, str(pod["metadata"].get("namespace", "")), ports, _addresses(pod))


def _addresses(pod: Mapping[str, Any]) -> tuple[str, ...]:
    status = pod.get("status") or {}
    return tuple(str(item["ip"]) for item in status.get("podIPs") or [] if item.get("ip"))


def _by_namespace(cluster: StatefulSetCluster, objects: ControllerObjects) -> set[str] | None:
    """The proxies that a controller would get, as the labels say; None when the namespace cannot be read."""
    try:
        namespace = cluster.client.get(NAMESPACE, cluster.namespace)
    except (Forbidden, NotFound):
        return None
    return injected(objects.statefulset["spec"]["template"]["metadata"], namespace["metadata"])


def mesh(cluster: StatefulSetCluster, objects: ControllerObjects, made: Obj | None) -> list[Finding]:
    """Whether controllers would have a proxy of a service mesh that brokers lack, or the other way round.

    :param made: a controller's pod as the API server would make it, injection included; None when it was not asked.
    """
    theirs = [proxies(pod) for pod in cluster.pods.values()]
    everywhere: set[str] = set.intersection(*theirs) if theirs else set()
    found = []
    ours = proxies(made) if made is not None else _by_namespace(cluster, objects)
    if ours is not None and ours != everywhere:
        with_proxy, without = sorted(ours - everywhere), sorted(everywhere - ours)
        what = (
            f"would have {', '.join(with_proxy)}, which the brokers' pods lack"
            if with_proxy
            else f"would lack {', '.join(without)}, which the brokers' pods have"
        )
        found.append(
            finding(
                "mesh-differs",
                "controllers",
                f"the controllers' pods {what}: with mutual TLS they could not reach each other; restart the brokers so that both are in the mesh, "
                "or opt the controllers in or out by kraft_controller_labels and kraft_controller_annotations",
            )
        )
    annotations = objects.statefulset["spec"]["template"]["metadata"].get("annotations")
    lists = without_port(annotations, PORT) if everywhere else []
    if lists:
        found.append(
            finding(
                "mesh-differs",
                "controllers",
                f"the brokers keep some ports out of the service mesh ({', '.join(lists)}), and {PORT}, on which they reach the controllers, is not "
                "among them; add it there and in kraft_controller_annotations, or accept that this port goes through the mesh",
            )
        )
    return found
