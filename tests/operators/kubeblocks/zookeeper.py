# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ZooKeeper for kafka2-external-zk, with one server: a plain one and its ServiceDescriptor, or a cluster of KubeBlocks. Plain dictionaries."""

from __future__ import annotations

from tests.sandbox.config import DEFAULT_KAFKA
from tests.sandbox.image import image_name

from .clusters import claim, resources
from .names import APPS, CRD_VERSION, SKIP_CHECK, VERSION, Object

NAME = "zookeeper"
#: of the Cluster, when ZooKeeper is one of KubeBlocks
CLUSTER = "zk"
_PORT = {"name": "client", "port": 2181}
_START = (
    "printf 'dataDir=%s\\nclientPort=2181\\nmaxClientCnxns=0\\nadmin.enableServer=false\\n' \"$DATA\" > /tmp/zk.cfg"
    " && exec /opt/kafka/bin/zookeeper-server-start.sh /tmp/zk.cfg"
)


def _container(data: str) -> Object:
    env = {"KAFKA_HEAP_OPTS": "-Xmx96m", "LOG_DIR": "/tmp/logs", "DATA": data}
    return {
        "name": NAME,
        "image": image_name("file", DEFAULT_KAFKA),
        "imagePullPolicy": "IfNotPresent",
        "command": ["bash", "-c", _START],
        "env": [{"name": key, "value": value} for key, value in env.items()],
        "ports": [{"name": "client", "containerPort": 2181}],
        "readinessProbe": {"tcpSocket": {"port": 2181}, "periodSeconds": 1},
    }


def plain(namespace: str) -> list[Object]:
    """Return a ZooKeeper that KubeBlocks knows by its address alone."""
    host = f"{NAME}-0.{NAME}.{namespace}.svc.cluster.local"
    labels = {"app": NAME}
    pod = {"terminationGracePeriodSeconds": 5, "containers": [_container("/tmp/zk")]}
    service = {"clusterIP": "None", "publishNotReadyAddresses": True, "selector": labels, "ports": [_PORT]}
    servers = {
        "serviceName": NAME,
        "replicas": 1,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    about = {
        "serviceKind": "zookeeper",
        "serviceVersion": "3.8.5",
        "endpoint": {"value": f"{host}:2181"},
        "host": {"value": host},
        "port": {"value": "2181"},
    }
    return [
        _object("v1", "Service", NAME, namespace, service),
        _object("apps/v1", "StatefulSet", NAME, namespace, servers),
        _object(APPS, "ServiceDescriptor", NAME, namespace, about),
    ]


def by_descriptor(namespace: str) -> Object:
    """Return the reference to the plain one."""
    return {"name": "kafkaZookeeper", "namespace": namespace, "serviceDescriptor": NAME}


def definition() -> Object:
    """Return the ComponentDefinition of a ZooKeeper of KubeBlocks."""
    container = {**_container("/data/zk"), "volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    spec = {
        "provider": "kafkaops-sandbox",
        "serviceKind": "zookeeper",
        "serviceVersion": "3.8.4",
        "services": [{"name": "default", "spec": {"ports": [{**_PORT, "targetPort": "client"}]}}],
        "runtime": {"containers": [container]},
    }
    found = _object(APPS, "ComponentDefinition", f"{NAME}-{VERSION}", "", spec)
    found["metadata"]["annotations"] |= {SKIP_CHECK: "true"}
    return found


def cluster(namespace: str) -> Object:
    """Return a ZooKeeper of KubeBlocks, which needs no ClusterDefinition."""
    component = {
        "name": NAME,
        "componentDef": f"{NAME}-{VERSION}",
        "replicas": 1,
        "resources": resources("50m", "128Mi"),
        "volumeClaimTemplates": [claim("data", "1Gi")],
    }
    return _object(APPS, "Cluster", CLUSTER, namespace, {"terminationPolicy": "Delete", "componentSpecs": [component]})


def by_selector(namespace: str) -> Object:
    """Return the reference to that cluster. The Service `default` is called like the component, without a suffix."""
    service = {"component": NAME, "service": "default", "port": "client"}
    return {
        "name": "kafkaZookeeper",
        "namespace": namespace,
        "clusterServiceSelector": {"cluster": CLUSTER, "service": service},
    }


def _object(version: str, kind: str, name: str, namespace: str, spec: Object) -> Object:
    metadata: Object = {"name": name} | ({"namespace": namespace} if namespace else {})
    if version == APPS:
        metadata["annotations"] = {CRD_VERSION: APPS}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}
