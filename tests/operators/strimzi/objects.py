# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other objects of a cluster: Services, ConfigMaps, claims, pod sets, budgets, network policies, as plain dictionaries. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from . import names, pods, settings
from .layout import Node, Pool, Volume, nodes, volumes
from .names import (
    AGENT_PORT,
    BROKER,
    CONTROL_PORT,
    CORE,
    GROUP,
    KAFKA,
    POD_SET,
    REPLICATION_PORT,
    VERSION,
    ZK_ELECTION,
    ZK_PEER,
    ZK_TLS,
    Object,
    Phase,
    title,
)
from .pods import labels
from .validation import metadata_version


def owner(cr: Object) -> Object:
    """Return the reference of what belongs to a Kafka CR or a KafkaNodePool."""
    meta = cr["metadata"]
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": cr["kind"],
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": False,
        "blockOwnerDeletion": False,
    }


def body(
    cr: Object,
    kind: str,
    name: str,
    component: str,
    rest: Object,
    *,
    owned_by: Object | None = None,
    version: str = "v1",
) -> Object:
    """Return an object of a cluster, with its labels and its owner."""
    cluster, namespace = title(cr)
    meta = {
        "name": name,
        "namespace": namespace,
        "labels": labels(cluster, component),
        "ownerReferences": [owner(owned_by or cr)],
    }
    return {"apiVersion": version, "kind": kind, "metadata": meta, **rest}


def _service(
    cr: Object, name: str, component: str, ports: dict[str, int], selector: dict[str, str], *, headless: bool
) -> Object:
    spec: Object = {
        "selector": selector,
        "ports": [{"name": key, "port": port, "protocol": "TCP"} for key, port in ports.items()],
    }
    if headless:
        spec |= {"clusterIP": "None", "publishNotReadyAddresses": True}
    return body(cr, "Service", name, component, {"spec": spec})


def kafka_services(cr: Object) -> list[Object]:
    """Return the Service of the clients and the one without an address, by which each pod has a name."""
    cluster, _namespace = title(cr)
    clients = {f"tcp-{each['name']}": int(each["port"]) for each in cr["spec"]["kafka"]["listeners"]}
    selector = {names.CLUSTER_LABEL: cluster, names.KIND_LABEL: KAFKA, names.NAME_LABEL: f"{cluster}-kafka"}
    inner = {"tcp-ctrlplane": CONTROL_PORT, "tcp-replication": REPLICATION_PORT, "tcp-kafkaagent": AGENT_PORT}
    return [
        _service(cr, f"{cluster}-kafka-bootstrap", "kafka", {"tcp-replication": REPLICATION_PORT, **clients},
                 {**selector, names.BROKER_LABEL: "true"}, headless=False),
        _service(cr, f"{cluster}-kafka-brokers", "kafka", {**inner, **clients}, selector, headless=True),
    ]  # fmt: skip


def zookeeper_services(cr: Object) -> list[Object]:
    """Return ZooKeeper's two Services."""
    cluster, _namespace = title(cr)
    selector = {names.CLUSTER_LABEL: cluster, names.KIND_LABEL: KAFKA, names.NAME_LABEL: f"{cluster}-zookeeper"}
    every = {"tcp-clients": ZK_TLS, "tcp-clustering": ZK_PEER, "tcp-election": ZK_ELECTION}
    return [
        _service(cr, f"{cluster}-zookeeper-client", "zookeeper", {"tcp-clients": ZK_TLS}, selector, headless=False),
        _service(cr, f"{cluster}-zookeeper-nodes", "zookeeper", every, selector, headless=True),
    ]


def budget(cr: Object, component: str, pods: int) -> Object:
    """Return the PodDisruptionBudget of a component with so many pods.

    By minAvailable: of pods whose owner has no scale, the API server cannot tell how many there should be, and maxUnavailable allows nothing then.
    """
    cluster, _namespace = title(cr)
    selector = {"matchLabels": {names.CLUSTER_LABEL: cluster, names.NAME_LABEL: f"{cluster}-{component}"}}
    rest = {"spec": {"minAvailable": max(pods - 1, 0), "selector": selector}}
    return body(cr, "PodDisruptionBudget", f"{cluster}-{component}", component, rest, version="policy/v1")


def network_policy(cr: Object, component: str) -> Object:
    """Return who may reach what; on the sandbox nothing enforces it."""
    cluster, _namespace = title(cr)
    operator = {"podSelector": {"matchLabels": {names.KIND_LABEL: "cluster-operator"}}}
    kafka_pods = {"podSelector": {"matchLabels": {names.NAME_LABEL: f"{cluster}-kafka"}}}
    others = {"podSelector": {"matchLabels": {names.NAME_LABEL: f"{cluster}-entity-operator"}}}
    if component == "zookeeper":
        own = {"podSelector": {"matchLabels": {names.NAME_LABEL: f"{cluster}-zookeeper"}}}
        rules = [_from([ZK_PEER, ZK_ELECTION], own), _from([ZK_TLS], kafka_pods, own, others, operator)]
    else:
        clients = [int(each["port"]) for each in cr["spec"]["kafka"]["listeners"]]
        rules = [
            _from([CONTROL_PORT], kafka_pods),
            _from([REPLICATION_PORT], kafka_pods, operator, others),
            _from([AGENT_PORT], operator),
        ]
        rules.append(_from(clients))
    selector = {"matchLabels": {names.CLUSTER_LABEL: cluster, names.NAME_LABEL: f"{cluster}-{component}"}}
    spec = {"podSelector": selector, "policyTypes": ["Ingress"], "ingress": rules}
    name = f"{cluster}-network-policy-{component}"
    return body(cr, "NetworkPolicy", name, component, {"spec": spec}, version="networking.k8s.io/v1")


def _from(ports: Sequence[int], *peers: Object) -> Object:
    rule: Object = {"ports": [{"port": port, "protocol": "TCP"} for port in ports]}
    return {**rule, "from": list(peers)} if peers else rule


# -- settings ---------------------------------------------------------------------------------------------------------------------


def node_config(cr: Object, node: Node, pools: Sequence[Pool], phase: Phase, cluster_id: str) -> Object:
    """Return the ConfigMap of a node, of the same name as its pod."""
    text = settings.server(cr, node, pools, phase)
    names_of = [
        f"{each['name'].upper()}_{each['port']}"
        for each in cr["spec"]["kafka"]["listeners"]
        if BROKER in node.pool.roles
    ]
    data = {
        "server.config": text,
        "cluster.id": cluster_id,
        "metadata.version": metadata_version(cr),
        "metadata.state": str(int(phase)),
        "listeners.config": " ".join(names_of),
        "log4j.properties": "log4j.rootLogger=INFO, CONSOLE\n",
    }
    made = body(cr, "ConfigMap", node.pod, "kafka", {"data": data}, owned_by=node.pool.owner)
    made["metadata"]["labels"][names.POOL_LABEL] = node.pool.name
    return made


def zookeeper_config(cr: Object) -> Object:
    """Return the ConfigMap of the ZooKeeper servers."""
    data = {"zookeeper.properties": settings.zookeeper(cr), "log4j.properties": "log4j.rootLogger=INFO, CONSOLE\n"}
    return body(cr, "ConfigMap", f"{cr['metadata']['name']}-zookeeper-config", "zookeeper", {"data": data})


# -- pod sets and claims ----------------------------------------------------------------------------------------------------------


def pod_set(cr: Object, pool: Pool, pools: Sequence[Pool], phase: Phase, version: str) -> Object:
    """Return the StrimziPodSet of a pool."""
    made = [pods.kafka(cr, node, phase, settings.server(cr, node, pools, phase), version) for node in pool.nodes]
    selector = {
        names.CLUSTER_LABEL: pool.cluster,
        names.NAME_LABEL: f"{pool.cluster}-kafka",
        names.POOL_LABEL: pool.name,
    }
    found = _pod_set(cr, pool.pod_set, "kafka", made, selector, owned_by=pool.owner)
    found["metadata"]["labels"][names.POOL_LABEL] = pool.name
    return found


def zookeeper_set(cr: Object, version: str) -> Object:
    """Return the StrimziPodSet of the ZooKeeper servers."""
    cluster, _namespace = title(cr)
    config = settings.zookeeper(cr)
    made = [pods.zookeeper(cr, n, config, version) for n in range(int(cr["spec"]["zookeeper"]["replicas"]))]
    selector = {names.CLUSTER_LABEL: cluster, names.NAME_LABEL: f"{cluster}-zookeeper"}
    return _pod_set(cr, f"{cluster}-zookeeper", "zookeeper", made, selector, owned_by=cr)


def _pod_set(
    cr: Object, name: str, component: str, made: list[Object], selector: dict[str, str], *, owned_by: Object
) -> Object:
    rest = {"spec": {"selector": {"matchLabels": selector}, "pods": made}}
    return body(cr, POD_SET, name, component, rest, owned_by=owned_by, version=f"{CORE}/{VERSION}")


def claims(cr: Object, pools: Sequence[Pool]) -> list[Object]:
    """Return the claims of all Kafka nodes; those with deleteClaim belong to their pool and go with it."""
    found = []
    for node in nodes(pools):
        more = {names.POOL_LABEL: node.pool.name}
        found += [
            _claim(cr, "kafka", node.pod, volume, node.pool.owner, more) for volume in node.pool.volumes if volume.claim
        ]
    return found


def zookeeper_claims(cr: Object) -> list[Object]:
    """Return the claims of the ZooKeeper servers."""
    spec, (cluster, _namespace) = cr["spec"]["zookeeper"], title(cr)
    return [
        _claim(cr, "zookeeper", f"{cluster}-zookeeper-{n}", volume, cr, {})
        for n in range(int(spec["replicas"]))
        for volume in volumes(spec.get("storage") or {})
        if volume.claim
    ]


def _claim(cr: Object, component: str, pod: str, volume: Volume, belongs: Object, more: dict[str, str]) -> Object:
    spec: Object = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": volume.size}}}
    if volume.storage_class:
        spec["storageClassName"] = volume.storage_class
    found = body(cr, "PersistentVolumeClaim", volume.claim_of(pod), component, {"spec": spec}, owned_by=belongs)
    found["metadata"]["annotations"] = {names.DELETE_CLAIM: str(volume.delete_claim).lower()}
    found["metadata"]["labels"] |= more
    if not volume.delete_claim:
        found["metadata"]["ownerReferences"] = []
    return found
