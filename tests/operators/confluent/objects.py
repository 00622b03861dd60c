# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Kubernetes objects of a CR: Service, two ConfigMaps and a StatefulSet, as plain dictionaries.

The pods run the sandbox's image (Apache Kafka in the layout of cp-kafka) with paths, names and ports of Confluent for Kubernetes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from . import layout, versions
from .names import (
    API_VERSION,
    CLEAN_UP,
    CONTROLLER,
    CONTROLLER_PORT,
    DATA,
    EXTERNAL,
    GROUP,
    INTERNAL,
    JOLOKIA,
    KAFKA,
    LOGS,
    REPLICATION,
    SETTINGS,
    ZK_CLIENT,
    ZK_ELECTION,
    ZK_PEER,
    ZOOKEEPER,
    Object,
    wanted,
)

#: on the pod template, so that a change of the shared settings makes a new revision
SHARED_HASH = "kafkaops.double/shared-config"
_JVM = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true -Dsun.net.inetaddr.ttl=1"
_HEAP = {ZOOKEEPER: "-Xms64m -Xmx128m", KAFKA: "-Xms128m -Xmx384m", CONTROLLER: "-Xms96m -Xmx256m"}
_USER = 1000

PORTS = {
    ZOOKEEPER: {"client": ZK_CLIENT, "server": ZK_PEER, "leader-election": ZK_ELECTION, "jolokia": JOLOKIA},
    KAFKA: {"internal": INTERNAL, "replication": REPLICATION, "external": EXTERNAL, "jolokia": JOLOKIA},
    CONTROLLER: {"controller": CONTROLLER_PORT, "jolokia": JOLOKIA},
}
_READY = {ZOOKEEPER: ZK_CLIENT, KAFKA: REPLICATION, CONTROLLER: CONTROLLER_PORT}

_INIT = f"""
set -e
out={SETTINGS}/kafka.properties
id=$(($(cat /mnt/config/init/id-offset) + ${{POD_NAME##*-}}))
cp /mnt/config/shared/kafka.properties $out
sed -e "s/@ID@/$id/g" -e "s/@POD@/$POD_NAME/g" /mnt/config/init/init.properties >> $out
mkdir -p {LOGS} {DATA}/data
"""
_INIT_OF = {
    ZOOKEEPER: _INIT + f"echo $id > {DATA}/data/myid\n",
    KAFKA: _INIT + f'if [ "$FORMAT_CLUSTER_METADATA" = true ]; then rm -rf {LOGS}/__cluster_metadata*; fi\n',
    CONTROLLER: _INIT
    + "kafka-storage format --ignore-formatted --cluster-id=$(cat /mnt/config/init/cluster-id) -c $out\n",
}
# The agent is not in the container's environment, where tools that people start in the pod would take its port.
_AGENT = f"export KAFKA_OPTS='-javaagent:/opt/jolokia/jolokia.jar=port={JOLOKIA},host=0.0.0.0{{more}}'\n"
_START = {
    ZOOKEEPER: _AGENT.format(more=" -Dzookeeper.forceSync=no")
    + f"exec zookeeper-server-start {SETTINGS}/kafka.properties",
    KAFKA: _AGENT.format(more="") + f"exec kafka-server-start {SETTINGS}/kafka.properties",
    CONTROLLER: _AGENT.format(more="") + f"exec kafka-server-start {SETTINGS}/kafka.properties",
}


def digest(text: str) -> str:
    """Return a short hash."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def made(
    cr: Object, controller: Object | None = None, *, overlay: Object | None = None, count: int | None = None
) -> list[Object]:
    """Return everything that a CR stands for, the StatefulSet last.

    controller: the CR that a Kafka CR names. overlay: laid over the pod template. count: of pods, None = what the CR says.
    """
    name = cr["metadata"]["name"]
    settings = layout.shared(cr, controller)
    return [
        _service(cr),
        _object(cr, "v1", "ConfigMap", f"{name}-shared-config", {"data": {"kafka.properties": settings}}),
        _object(cr, "v1", "ConfigMap", f"{name}-init-config", {"data": layout.own(cr)}),
        _stateful_set(cr, digest(settings), overlay or {}, layout.replicas(cr) if count is None else count),
    ]


def _object(cr: Object, version: str, kind: str, name: str, rest: Object) -> Object:
    meta = cr["metadata"]
    owner = {
        "apiVersion": API_VERSION,
        "kind": cr["kind"],
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
    }
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": meta["namespace"],
            "labels": _labels(cr),
            "ownerReferences": [owner],
        },
        **rest,
    }


def _labels(cr: Object) -> dict[str, str]:
    return {"app": cr["metadata"]["name"], f"{GROUP}/type": cr["kind"].lower()}


def _service(cr: Object) -> Object:
    body = {
        "clusterIP": "None",
        "selector": {"app": cr["metadata"]["name"]},
        "publishNotReadyAddresses": True,
        "ports": [{"name": name, "port": port} for name, port in PORTS[cr["kind"]].items()],
    }
    return _object(cr, "v1", "Service", cr["metadata"]["name"], {"spec": body})


def _env(values: Mapping[str, str]) -> list[Object]:
    return [{"name": name, "value": value} for name, value in values.items()]


def _pod(cr: Object) -> Object:
    kind, owner = cr["kind"], cr["metadata"]["name"]
    image = f"localhost/cp-kafka:{versions.kafka_version(cr)}"
    jvm = {"KAFKA_HEAP_OPTS": _HEAP[kind], "KAFKA_JVM_PERFORMANCE_OPTS": _JVM, "LOG_DIR": "/tmp/logs"}
    pod_name = {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    places = [{"name": "data0", "mountPath": DATA}, {"name": "settings", "mountPath": SETTINGS}]
    given = [{"name": f"{part}-config", "mountPath": f"/mnt/config/{part}"} for part in ("shared", "init")]
    clean = {"FORMAT_CLUSTER_METADATA": "true"} if wanted(cr, CLEAN_UP) else {}
    common = {"image": image, "imagePullPolicy": "IfNotPresent"}
    init = {
        **common,
        "name": "config-init-container",
        "command": ["bash", "-c", _INIT_OF[kind]],
        "env": [pod_name, *_env({**jvm, **clean})],
        "volumeMounts": [*places, *given],
    }
    main = {
        **common,
        "name": kind.lower(),
        "command": ["bash", "-c", _START[kind]],
        "env": [pod_name, *_env(jvm)],
        "ports": [{"name": name, "containerPort": port} for name, port in PORTS[kind].items()],
        "readinessProbe": {"tcpSocket": {"port": _READY[kind]}, "periodSeconds": 1},
        "volumeMounts": [*places, *given],
    }
    return {
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 10 if kind == ZOOKEEPER else 60,
        "securityContext": {"runAsUser": _USER, "fsGroup": _USER},
        "initContainers": [init],
        "containers": [main],
        "volumes": [
            {"name": "settings", "emptyDir": {}},
            *({"name": f"{p}-config", "configMap": {"name": f"{owner}-{p}-config"}} for p in ("shared", "init")),
        ],
    }


def _stateful_set(cr: Object, settings: str, overlay: Object, count: int) -> Object:
    template = (cr.get("spec") or {}).get("podTemplate") or {}
    marks = {**(template.get("annotations") or {}), SHARED_HASH: settings}
    pod = {
        "metadata": {"labels": {**(template.get("labels") or {}), **_labels(cr)}, "annotations": marks},
        "spec": _pod(cr),
    }
    claim = {
        "metadata": {"name": "data0"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": str((cr.get("spec") or {}).get("dataVolumeCapacity") or "1Gi")}},
        },
    }
    body = {
        "serviceName": cr["metadata"]["name"],
        "replicas": count,
        "podManagementPolicy": "Parallel",
        # the operator restarts pods itself, one by one, when the cluster can bear it
        "updateStrategy": {"type": "OnDelete"},
        "selector": {"matchLabels": {"app": cr["metadata"]["name"]}},
        "template": laid_over(pod, overlay),
        "volumeClaimTemplates": [claim],
    }
    return _object(cr, "apps/v1", "StatefulSet", cr["metadata"]["name"], {"spec": body})


def laid_over(base: Any, overlay: Any) -> Any:
    """Return a pod template with an overlay on it: mappings are merged, lists of named things by name, all else replaced."""
    if isinstance(base, dict) and isinstance(overlay, dict):
        return {**base, **{key: laid_over(base.get(key), value) for key, value in overlay.items()}}
    if (
        isinstance(base, list)
        and isinstance(overlay, list)
        and all(isinstance(e, dict) and "name" in e for e in [*base, *overlay])
    ):
        found = {entry["name"]: entry for entry in base}
        for entry in overlay:
            found[entry["name"]] = laid_over(found.get(entry["name"]), entry)
        return list(found.values())
    return overlay
