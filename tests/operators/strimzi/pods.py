# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pods: their bodies as a StrimziPodSet holds them. Pure.

The revision is a hash of the body. A pod with another one than its StrimziPodSet wants has an old revision and is rolled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from . import names
from .layout import Node, Volume, volumes
from .names import (
    AGENT_PORT,
    BROKER,
    CONTROL_PORT,
    CONTROLLER,
    IBP_KEY,
    LMF_KEY,
    REPLICATION_PORT,
    ZK_ELECTION,
    ZK_PEER,
    ZK_TLS,
    Object,
    Phase,
    title,
)
from .validation import configured, kafka_version, line_of

#: IPv4 alone: ZooKeeper's shell takes any address of localhost, and the port 12181 is on 127.0.0.1
_JVM = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true -Dsun.net.inetaddr.ttl=1 -Djava.net.preferIPv4Stack=true"
_HEAP = {"zookeeper": "-Xms64m -Xmx128m", BROKER: "-Xms128m -Xmx384m", CONTROLLER: "-Xms96m -Xmx256m"}
#: Strimzi's, in seconds
_DELAY, _TIMEOUT = 15, 5
_USER, _GROUP = 1001, 0


def digest(text: str) -> str:
    """Return a short hash."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def labels(cluster: str, component: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the labels of an object of a cluster. component: "kafka" or "zookeeper"."""
    return {
        "app.kubernetes.io/instance": cluster,
        "app.kubernetes.io/managed-by": names.OPERATOR,
        "app.kubernetes.io/name": component,
        "app.kubernetes.io/part-of": f"strimzi-{cluster}",
        names.CLUSTER_LABEL: cluster,
        names.COMPONENT_LABEL: component,
        names.KIND_LABEL: "Kafka",
        names.NAME_LABEL: f"{cluster}-{component}",
        **(more or {}),
    }


def _template(spec: Object, part: str = "pod") -> Object:
    found: Object = ((spec.get("template") or {}).get(part) or {}).get("metadata") or {}
    return found


def kafka(cr: Object, node: Node, phase: Phase, server_config: str, version: str) -> Object:
    """Return the pod of a broker or controller. version: the operator's."""
    cluster, _namespace = title(cr)
    pool = node.pool
    own = _template(pool.spec)
    marks = {
        names.CONFIG_HASH: digest(server_config),
        names.KAFKA_VERSION: kafka_version(cr),
        "strimzi.io/cluster-ca-cert-generation": "0",
    }
    if phase < Phase.KRAFT:
        default = line_of(kafka_version(cr))
        marks |= {
            names.IBP_MARK: configured(cr, IBP_KEY) or default,
            names.LMF_MARK: configured(cr, LMF_KEY) or default,
        }
    roles = {
        names.POOL_LABEL: pool.name,
        names.BROKER_LABEL: str(BROKER in pool.roles).lower(),
        names.CONTROLLER_LABEL: str(CONTROLLER in pool.roles).lower(),
    }
    ports = {"tcp-ctrlplane": CONTROL_PORT}
    if BROKER in pool.roles:
        clients = {f"tcp-{each['name']}": int(each["port"]) for each in cr["spec"]["kafka"]["listeners"]}
        ports = {"tcp-ctrlplane": CONTROL_PORT, "tcp-replication": REPLICATION_PORT, **clients}
    role = BROKER if BROKER in pool.roles else CONTROLLER
    # the address of 8080, before and after 0.44
    host = "localhost" if float(line_of(version)) >= 0.44 else ""
    container = _container(
        "kafka",
        "kafka",
        version,
        {**ports, "tcp-agent": AGENT_PORT},
        {"KAFKA_HEAP_OPTS": _HEAP[role], "STRIMZI_AGENT_HOST": host},
    )
    container["readinessProbe"] = _probe(cr["spec"]["kafka"], "/opt/kafka/kafka_readiness.sh")
    mounts: dict[str, tuple[str, Object]] = {
        "cluster-ca": ("/opt/kafka/cluster-ca-certs", {"secret": {"secretName": f"{cluster}-cluster-ca-cert"}}),
        "broker-certs": ("/opt/kafka/broker-certs", {"secret": {"secretName": f"{cluster}-kafka-brokers"}}),
        "kafka-metrics-and-logging": ("/opt/kafka/custom-config", {"configMap": {"name": node.pod}}),
        "ready-files": ("/var/opt/kafka", {"emptyDir": {}}),
    }
    return _pod(cr, node.pod, {**(own.get("labels") or {}), **labels(cluster, "kafka", roles)}, {**(own.get("annotations") or {}), **marks},
                container, mounts, pool.volumes, pool.pod_set)  # fmt: skip


def zookeeper(cr: Object, number: int, config: str, version: str) -> Object:
    """Return the pod of a ZooKeeper server."""
    cluster, _namespace = title(cr)
    spec = cr["spec"]["zookeeper"]
    own = _template(spec)
    ports = {"tcp-clustering": ZK_PEER, "tcp-election": ZK_ELECTION, "tcp-clients": ZK_TLS}
    container = _container("zookeeper", "zookeeper", version, ports, {"KAFKA_HEAP_OPTS": _HEAP["zookeeper"]})
    container["readinessProbe"] = _probe(spec, "/opt/kafka/zookeeper_healthcheck.sh")
    mounts: dict[str, tuple[str, Object]] = {
        "cluster-ca-certs": ("/opt/kafka/cluster-ca-certs", {"secret": {"secretName": f"{cluster}-cluster-ca-cert"}}),
        "zookeeper-nodes": (
            "/opt/kafka/zookeeper-node-certs",
            {"secret": {"secretName": f"{cluster}-zookeeper-nodes"}},
        ),
        "zookeeper-metrics-and-logging": (
            "/opt/kafka/custom-config",
            {"configMap": {"name": f"{cluster}-zookeeper-config"}},
        ),
    }
    marks = {names.CONFIG_HASH: digest(config), "strimzi.io/cluster-ca-cert-generation": "0"}
    found = volumes(spec.get("storage") or {})
    made = _pod(cr, f"{cluster}-zookeeper-{number}", {**(own.get("labels") or {}), **labels(cluster, "zookeeper")},
                {**(own.get("annotations") or {}), **marks}, container, mounts, found, f"{cluster}-zookeeper")  # fmt: skip
    # ZooKeeper has its volume in a folder of its own
    for mount in made["spec"]["containers"][0]["volumeMounts"]:
        mount["mountPath"] = mount["mountPath"].replace("/var/lib/kafka/data", "/var/lib/zookeeper")
    return _revised(made)


def _container(name: str, component: str, version: str, ports: Mapping[str, int], env: Mapping[str, str]) -> Object:
    start = "kafka_run.sh" if component == "kafka" else "zookeeper_run.sh"
    values = {"KAFKA_JVM_PERFORMANCE_OPTS": _JVM, "LOG_DIR": "/tmp/logs", **env}
    return {
        "name": name,
        "image": names.kafka_image(version),
        "imagePullPolicy": "IfNotPresent",
        "command": [f"/opt/kafka/{start}"],
        "workingDir": "/opt/kafka",
        "env": [{"name": key, "value": value} for key, value in values.items()],
        "ports": [{"name": key[:15], "containerPort": port, "protocol": "TCP"} for key, port in ports.items()],
    }


def _probe(spec: Object, script: str) -> Object:
    told = spec.get("readinessProbe") or {}
    return {
        "exec": {"command": [script]},
        "initialDelaySeconds": int(told.get("initialDelaySeconds", _DELAY)),
        "timeoutSeconds": int(told.get("timeoutSeconds", _TIMEOUT)),
        "periodSeconds": int(told.get("periodSeconds", 10)),
    }


def _pod(
    cr: Object,
    name: str,
    marked: Mapping[str, str],
    marks: Mapping[str, str],
    container: Object,
    mounts: Mapping[str, tuple[str, Object]],
    stored: tuple[Volume, ...],
    pod_set: str,
) -> Object:
    cluster, namespace = title(cr)
    headless = f"{cluster}-kafka-brokers" if container["name"] == "kafka" else f"{cluster}-zookeeper-nodes"
    places = [{"name": key, "mountPath": path} for key, (path, _source) in mounts.items()]
    found = [{"name": key, **source} for key, (_path, source) in mounts.items()]
    for volume in stored:
        claim = volume.claim_of(name)
        found.append(
            {"name": volume.name, **({"persistentVolumeClaim": {"claimName": claim}} if claim else {"emptyDir": {}})}
        )
        places.append({"name": volume.name, "mountPath": volume.mount})
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {
                **marked,
                names.OWNER_KIND_LABEL: "strimzipodset",
                names.OWNER_LABEL: pod_set,
                names.POD_LABEL: name,
            },
            "annotations": dict(marks),
        },
        "spec": {
            "hostname": name,
            "subdomain": headless,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": 30,
            "restartPolicy": "Always",
            "securityContext": {"runAsUser": _USER, "runAsGroup": _GROUP, "fsGroup": _GROUP},
            "containers": [{**container, "volumeMounts": places}],
            "volumes": found,
        },
    }
    return _revised(body)


def _revised(body: Object) -> Object:
    meta = body["metadata"]
    marks = {key: value for key, value in meta["annotations"].items() if key != names.REVISION}
    plain = {**body, "metadata": {**meta, "annotations": marks}}
    revision = digest(json.dumps(plain, sort_keys=True))
    return {**body, "metadata": {**meta, "annotations": {**marks, names.REVISION: revision}}}
