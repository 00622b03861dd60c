# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operator needs in the cluster: its account with its rights, its Deployment, an example cluster. Plain dictionaries."""

from __future__ import annotations

from dataclasses import dataclass

from . import names
from .names import ACCOUNT, CORE, CUSTOM, GROUP, KAFKA, OPERATOR, POOL, VERSION, Object
from .pod_sets import SLOW_CLASS

#: seconds; longer than any scenario
LIFETIME = 4 * 60 * 60
RBAC = "rbac.authorization.k8s.io"


def _object(version: str, kind: str, name: str, namespace: str, rest: Object) -> Object:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def account(namespace: str) -> list[Object]:
    """Return the namespace and the account of the operator, with rights in that namespace alone."""
    subject = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}
    role = {"apiGroup": RBAC, "kind": "Role", "name": ACCOUNT}
    every = ["get", "list", "watch", "create", "patch", "update", "delete"]
    of_group = [plural for group, plural in CUSTOM.values() if group == GROUP]
    rules = [
        {"apiGroups": [GROUP], "resources": of_group, "verbs": ["get", "list", "watch", "patch"]},
        {"apiGroups": [GROUP], "resources": [f"{plural}/status" for plural in of_group], "verbs": ["patch"]},
        {"apiGroups": [CORE], "resources": ["strimzipodsets", "strimzipodsets/status"], "verbs": every},
        {
            "apiGroups": [""],
            "resources": ["configmaps", "services", "secrets", "persistentvolumeclaims", "pods"],
            "verbs": every,
        },
        {"apiGroups": ["policy"], "resources": ["poddisruptionbudgets"], "verbs": every},
        {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": every},
        {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create"]},
    ]
    return [
        _object("v1", "Namespace", namespace, "", {}),
        _object("v1", "ServiceAccount", ACCOUNT, namespace, {}),
        _object(f"{RBAC}/v1", "Role", ACCOUNT, namespace, {"rules": rules}),
        _object(f"{RBAC}/v1", "RoleBinding", ACCOUNT, namespace, {"roleRef": role, "subjects": [subject]}),
    ]


def slow_class() -> Object:
    """Return the class of claims that have to wait: nobody serves it."""
    rest = {"provisioner": "kafkaops.double/nobody", "reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"}
    return _object("storage.k8s.io/v1", "StorageClass", SLOW_CLASS, "", rest)


def deployment(namespace: str, version: str, *, replicas: int = 1, watched: str = "", interval: int = 120) -> Object:
    """Return the operator's Deployment, by which people see its version and what it watches; its pod only sleeps.

    watched: namespace in STRIMZI_NAMESPACE, empty = its own.
    """
    labels = {"name": OPERATOR, "strimzi.io/kind": "cluster-operator"}
    env: list[Object] = [
        {"name": "STRIMZI_NAMESPACE", "value": watched}
        if watched
        else {"name": "STRIMZI_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
        {"name": "STRIMZI_FULL_RECONCILIATION_INTERVAL_MS", "value": str(interval * 1000)},
        {"name": "STRIMZI_OPERATION_TIMEOUT_MS", "value": "300000"},
        {"name": "STRIMZI_KAFKA_IMAGES", "value": f"{names.VERSIONS[version]}={names.kafka_image(version)}"},
        {"name": "STRIMZI_FEATURE_GATES", "value": ""},
    ]
    container = {
        "name": OPERATOR,
        "image": names.operator_image(version),
        "imagePullPolicy": "IfNotPresent",
        "env": env,
    }
    pod = {
        "metadata": {"labels": labels},
        "spec": {"serviceAccountName": ACCOUNT, "terminationGracePeriodSeconds": 1, "containers": [container]},
    }
    body = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": pod}
    made = _object("apps/v1", "Deployment", OPERATOR, namespace, {"spec": body})
    made["metadata"]["labels"] = {"app": "strimzi"}
    return made


@dataclass(frozen=True)
class ExampleSpec:
    """An example cluster.

    pools: node pools from the start, else replicas and storage in the CR. ibp: of spec.kafka.config, empty = not set. delete_claim: of the
    controllers' pool. probe: seconds before and between the readiness probes (each second they are most of the load of a small machine); 0 =
    Strimzi's own. config: further settings. labels: of the brokers' pods besides those that the sandbox's traffic looks for. storage:
    "persistent-claim", "jbod", "ephemeral". born_kraft: never had a ZooKeeper.
    """

    name: str = "kafka"
    brokers: int = 3
    controllers: int = 3
    zookeepers: int = 1
    version: str = ""
    pools: bool = True
    ibp: str = ""
    storage: str = "jbod"
    size: str = "1Gi"
    delete_claim: bool = False
    probe: int = 3
    authorization: bool = False
    controller_pool: str = "controller"
    broker_pool: str = "kafka"
    config: tuple[tuple[str, str | int], ...] = ()
    born_kraft: bool = False


def storage(spec: ExampleSpec, *, delete_claim: bool = False, shared: bool = False) -> Object:
    """Return a storage section."""
    if spec.storage == "ephemeral":
        return {"type": "ephemeral"}
    claim: Object = {"type": "persistent-claim", "size": spec.size, "deleteClaim": delete_claim}
    if spec.storage != "jbod":
        return claim
    return {"type": "jbod", "volumes": [{"id": 0, **claim, **({"kraftMetadata": "shared"} if shared else {})}]}


def kafka(spec: ExampleSpec, namespace: str, version: str) -> Object:
    """Return the Kafka CR. version: of the operator, for the Kafka version that goes with it."""
    probe = (
        {"readinessProbe": {"initialDelaySeconds": spec.probe, "periodSeconds": spec.probe, "timeoutSeconds": 5}}
        if spec.probe
        else {}
    )
    factor = min(3, spec.brokers)
    config: Object = {
        "offsets.topic.replication.factor": factor,
        "transaction.state.log.replication.factor": factor,
        "transaction.state.log.min.isr": max(1, factor - 1),
        "default.replication.factor": factor,
        "min.insync.replicas": max(1, factor - 1),
        "group.initial.rebalance.delay.ms": 0,
        **dict(spec.config),
    }
    if spec.ibp:
        config["inter.broker.protocol.version"] = spec.ibp
    body: Object = {
        "version": spec.version or names.VERSIONS[version],
        "listeners": [
            {"name": "plain", "port": 9092, "type": "internal", "tls": False},
            {"name": "tls", "port": 9093, "type": "internal", "tls": True},
        ],
        "config": config,
        **probe,
    }
    if spec.authorization:
        body["authorization"] = {"type": "simple", "superUsers": ["ANONYMOUS"]}
    if not spec.pools:
        body |= {"replicas": spec.brokers, "storage": storage(spec), "template": _template(spec)}
    ensemble = {"replicas": spec.zookeepers, "storage": storage(_plain(spec)), **probe}
    made = _object(f"{GROUP}/{VERSION}", KAFKA, spec.name, namespace, {"spec": {"kafka": body, "zookeeper": ensemble}})
    if spec.pools:
        value = names.ENABLED if spec.born_kraft else names.DISABLED
        made["metadata"]["annotations"] = {names.NODE_POOLS: names.ENABLED, names.KRAFT: value}
    if spec.born_kraft:
        del made["spec"]["zookeeper"]
    return made


def _template(spec: ExampleSpec) -> Object:
    """Return the labels by which the sandbox's traffic finds a broker."""
    return {"pod": {"metadata": {"labels": {"app": "kafka", "cluster": spec.name}}}}


def _plain(spec: ExampleSpec) -> ExampleSpec:
    """Return the specification of a cluster without several volumes: ZooKeeper has one."""
    return ExampleSpec(storage="ephemeral" if spec.storage == "ephemeral" else "persistent-claim", size=spec.size)


def pool(spec: ExampleSpec, namespace: str, role: str) -> Object:
    """Return a node pool."""
    name, count = (
        (spec.controller_pool, spec.controllers) if role == names.CONTROLLER else (spec.broker_pool, spec.brokers)
    )
    controls = role == names.CONTROLLER
    where = storage(spec, delete_claim=spec.delete_claim and controls, shared=controls)
    made = _object(
        f"{GROUP}/{VERSION}", POOL, name, namespace, {"spec": {"replicas": count, "roles": [role], "storage": where}}
    )
    if not controls:
        made["spec"]["template"] = _template(spec)
    made["metadata"]["labels"] = {names.CLUSTER_LABEL: spec.name}
    return made


def traffic_service(spec: ExampleSpec, namespace: str) -> Object:
    """Return the Service that the sandbox's clients ask for; not one of Strimzi's."""
    selector = {names.CLUSTER_LABEL: spec.name, names.NAME_LABEL: f"{spec.name}-kafka", names.BROKER_LABEL: "true"}
    body = {"clusterIP": "None", "selector": selector, "ports": [{"name": "plain", "port": 9092}]}
    return _object("v1", "Service", spec.name, namespace, {"spec": body})
