# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operator needs in the cluster: its account with its rights, the lock policy, an example cluster. Plain dictionaries."""

from __future__ import annotations

from dataclasses import dataclass

from .names import ACCOUNT, API_VERSION, CONTROLLER, GROUP, HOLD, JOB, KAFKA, LOCK, PLURALS, ZOOKEEPER, Object

#: seconds; longer than any scenario
LIFETIME = 4 * 60 * 60
#: of the Deployment that only says which version this would be; it has no pods
OPERATOR_IMAGE = "confluentinc/confluent-operator:0.1718.10"
RBAC = "rbac.authorization.k8s.io"
POLICY = "admissionregistration.k8s.io/v1"


def _object(version: str, kind: str, name: str, namespace: str, rest: Object) -> Object:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def account(namespace: str) -> list[Object]:
    """Return the namespace and the account of the operator, with rights in that namespace alone."""
    subject = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}
    role = {"apiGroup": RBAC, "kind": "Role", "name": ACCOUNT}
    look = ["get", "list", "watch"]
    rules = [
        {"apiGroups": [GROUP], "resources": list(PLURALS.values()), "verbs": [*look, "patch", "update"]},
        {"apiGroups": [GROUP], "resources": [f"{name}/status" for name in PLURALS.values()], "verbs": ["patch"]},
        {"apiGroups": ["apps"], "resources": ["statefulsets"], "verbs": [*look, "create", "patch"]},
        {"apiGroups": [""], "resources": ["configmaps", "services"], "verbs": [*look, "create", "patch"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": [*look, "delete"]},
        {"apiGroups": [""], "resources": ["pods/proxy"], "verbs": ["get"]},
    ]
    return [
        _object("v1", "Namespace", namespace, "", {}),
        _object("v1", "ServiceAccount", ACCOUNT, namespace, {}),
        _object(f"{RBAC}/v1", "Role", ACCOUNT, namespace, {"rules": rules}),
        _object(f"{RBAC}/v1", "RoleBinding", ACCOUNT, namespace, {"roleRef": role, "subjects": [subject]}),
    ]


def neighbour(namespace: str, other: str) -> list[Object]:
    """Return what lets the operator of a namespace look at the brokers of another region: its gate is about the whole Kafka cluster."""
    name = f"{ACCOUNT}-of-{namespace}"
    subject = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}
    role = {"apiGroup": RBAC, "kind": "Role", "name": name}
    rules = [
        {"apiGroups": [GROUP], "resources": [PLURALS[KAFKA]], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["pods/proxy"], "verbs": ["get"]},
    ]
    return [
        _object(f"{RBAC}/v1", "Role", name, other, {"rules": rules}),
        _object(f"{RBAC}/v1", "RoleBinding", name, other, {"roleRef": role, "subjects": [subject]}),
    ]


def operator_deployment(namespace: str) -> Object:
    """Return a Deployment without pods, for those who read the operator's version from its image, or its account."""
    labels = {"app": "confluent-operator"}
    pod = {
        "metadata": {"labels": labels},
        "spec": {
            "serviceAccountName": ACCOUNT,
            "containers": [{"name": "confluent-operator", "image": OPERATOR_IMAGE}],
        },
    }
    body = {"replicas": 0, "selector": {"matchLabels": labels}, "template": pod}
    return _object("apps/v1", "Deployment", "confluent-operator", namespace, {"spec": body})


def lock_name(namespace: str) -> str:
    """Return the name of the policy and of its binding."""
    return f"kraft-migration-cr-lock.{namespace}"


def lock_policy(namespace: str) -> list[Object]:
    """Return the policy that lets only the operator's account change or delete a locked CR, for one namespace.

    It looks at the object as it was, so that nobody unlocks a CR by the request that also changes it.
    """
    name = lock_name(namespace)
    rule = {
        "apiGroups": [GROUP],
        "apiVersions": ["*"],
        "operations": ["UPDATE", "DELETE"],
        "resources": [PLURALS[kind] for kind in (KAFKA, ZOOKEEPER, CONTROLLER)],
    }
    locked = (
        "has(oldObject.metadata.annotations) && "
        f"'{LOCK}' in oldObject.metadata.annotations && oldObject.metadata.annotations['{LOCK}'] == 'true'"
    )
    allowed = f"request.userInfo.username == 'system:serviceaccount:{namespace}:{ACCOUNT}'"
    policy = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule]},
        "matchConditions": [{"name": "locked", "expression": locked}],
        "validations": [{"expression": allowed, "message": "resource is locked by a KRaft migration"}],
    }
    binding = {
        "policyName": name,
        "validationActions": ["Deny"],
        "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}},
    }
    return [
        _object(POLICY, "ValidatingAdmissionPolicy", name, "", {"spec": policy}),
        _object(POLICY, "ValidatingAdmissionPolicyBinding", name, "", {"spec": binding}),
    ]


@dataclass(frozen=True)
class ExampleSpec:
    """An example cluster.

    image: of Kafka and of the controllers, in the CRs. endpoint: of ZooKeeper, empty = the Service of the Zookeeper CR. overrides: lines for
    spec.configOverrides.server of the Kafka CR. annotations: further ones, by kind. peers: lines of ZooKeeper's ensemble, where it has servers
    in other regions. voters: node id and endpoint of each controller, where there are some in other regions.
    """

    brokers: int = 3
    controllers: int = 3
    zookeepers: int = 1
    image: str = "confluentinc/cp-server:7.9.6"
    init: str = "confluentinc/confluent-init-container:3.3.0"
    storage: str = "1Gi"
    endpoint: str = ""
    overrides: tuple[str, ...] = ()
    kafka: str = "kafka"
    zookeeper: str = "zookeeper"
    controller: str = "kraftcontroller"
    job: str = "kraftmigrationjob"
    annotations: tuple[tuple[str, str, str], ...] = ()
    peers: tuple[str, ...] = ()
    voters: tuple[tuple[int, str], ...] = ()


def _cr(spec: ExampleSpec, kind: str, name: str, namespace: str, body: Object, **annotations: str) -> Object:
    found = _object(API_VERSION, kind, name, namespace, {"spec": body})
    added = {key: value for of, key, value in spec.annotations if of == kind}
    if annotations or added:
        found["metadata"]["annotations"] = {**annotations, **added}
    return found


def _image(spec: ExampleSpec, kind: str) -> Object:
    image = spec.image.replace("cp-server", "cp-zookeeper") if kind == ZOOKEEPER else spec.image
    return {"application": image, "init": spec.init}


def zookeeper(spec: ExampleSpec, namespace: str) -> Object:
    """Return the Zookeeper CR."""
    body: Object = {
        "replicas": spec.zookeepers,
        "image": _image(spec, ZOOKEEPER),
        "dataVolumeCapacity": spec.storage,
        "logVolumeCapacity": spec.storage,
    }
    if spec.peers:
        body["peers"] = list(spec.peers)
    return _cr(spec, ZOOKEEPER, spec.zookeeper, namespace, body)


def kafka(spec: ExampleSpec, namespace: str) -> Object:
    """Return the Kafka CR."""
    endpoint = spec.endpoint or f"{spec.zookeeper}.{namespace}.svc.cluster.local:2181"
    body: Object = {
        "replicas": spec.brokers,
        "image": _image(spec, KAFKA),
        "dataVolumeCapacity": spec.storage,
        "dependencies": {"zookeeper": {"endpoint": endpoint}},
        # by which the sandbox's traffic finds a broker
        "podTemplate": {"labels": {"cluster": spec.kafka}},
    }
    if spec.overrides:
        body["configOverrides"] = {"server": list(spec.overrides)}
    return _cr(spec, KAFKA, spec.kafka, namespace, body)


def controller(spec: ExampleSpec, namespace: str, *, held: bool = True) -> Object:
    """Return the KRaftController CR, held until a job starts it."""
    body: Object = {
        "replicas": spec.controllers,
        "image": _image(spec, CONTROLLER),
        "dataVolumeCapacity": spec.storage,
    }
    if spec.voters:
        body["controllerQuorumVoters"] = [{"nodeId": node, "brokerEndpoint": at} for node, at in spec.voters]
    found = _cr(spec, CONTROLLER, spec.controller, namespace, body)
    if held:
        found["metadata"].setdefault("annotations", {})[HOLD] = "true"
    return found


def job(spec: ExampleSpec, namespace: str) -> Object:
    """Return the KRaftMigrationJob CR."""
    references = {
        "kafka": {"name": spec.kafka, "namespace": namespace},
        "zookeeper": {"name": spec.zookeeper, "namespace": namespace},
        "kRaftController": {"name": spec.controller, "namespace": namespace},
    }
    return _cr(spec, JOB, spec.job, namespace, {"dependencies": references})
