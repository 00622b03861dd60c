# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brokers as people run them: a mounted properties file, Confluent's image, Bitnami's image."""

from __future__ import annotations

from typing import Any

Obj = dict[str, Any]

SERVER_PROPERTIES = """\
# our brokers
zookeeper.connect=zookeeper:2181/kafka
listeners=PLAINTEXT://:9092
inter.broker.protocol.version=3.9
inter.broker.listener.name=PLAINTEXT

# durable by default
log.dirs=/data/logs
default.replication.factor=3
min.insync.replicas=2
"""

START = (
    "id=${HOSTNAME##*-}; cp /config/server.properties /tmp/s.properties; "
    'grep -q process.roles /tmp/s.properties && echo "node.id=$id" >> /tmp/s.properties '
    '|| echo "broker.id=$id" >> /tmp/s.properties; '
    'echo "advertised.listeners=PLAINTEXT://$HOSTNAME.kafka:9092" >> /tmp/s.properties; '
    "exec /opt/kafka/bin/kafka-server-start.sh /tmp/s.properties"
)

FILE_EFFECTIVE = {
    "zookeeper.connect": "zookeeper:2181/kafka",
    "listeners": "PLAINTEXT://:9092",
    "inter.broker.protocol.version": "3.9",
    "inter.broker.listener.name": "PLAINTEXT",
    "log.dirs": "/data/logs",
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "broker.id": "1",
    "advertised.listeners": "PLAINTEXT://kafka-1.kafka:9092",
}

LOG4J = "log4j.rootLogger=INFO, stdout\nlog4j.appender.stdout=org.apache.log4j.ConsoleAppender\n"


def config_map(name: str, data: dict[str, str]) -> Obj:
    """A ConfigMap in namespace demo."""
    return {"metadata": {"name": name, "namespace": "demo"}, "data": data}


def file_config_maps() -> dict[str, Obj]:
    """The ConfigMaps of the brokers with a mounted file."""
    return {
        "kafka": config_map("kafka", {"server.properties": SERVER_PROPERTIES}),
        "log4j": config_map("log4j", {"log4j.properties": LOG4J}),
        "other": config_map("other", {"server.properties": SERVER_PROPERTIES}),
    }


def statefulset(template: Obj, name: str = "kafka") -> Obj:
    """A brokers' StatefulSet around a pod template."""
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": name, "namespace": "demo", "labels": {"app": "kafka"}},
        "spec": {
            "serviceName": name,
            "replicas": 3,
            "selector": {"matchLabels": {"app": "kafka"}},
            "template": template,
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {}}],
        },
    }


def file_template() -> Obj:
    """Pods with a projected server.properties whose start command appends id and address."""
    return {
        "metadata": {"labels": {"app": "kafka"}},
        "spec": {
            "enableServiceLinks": False,
            "containers": [
                {
                    "name": "kafka",
                    "image": "localhost/kafka:3.9.2",
                    "imagePullPolicy": "Never",
                    "command": ["bash", "-c", START],
                    "readinessProbe": {"tcpSocket": {"port": 9092}},
                    "volumeMounts": [
                        {"name": "data", "mountPath": "/data"},
                        {"name": "config", "mountPath": "/config"},
                    ],
                }
            ],
            "volumes": [
                {
                    "name": "config",
                    "projected": {"sources": [{"configMap": {"name": "kafka"}}, {"configMap": {"name": "log4j"}}]},
                }
            ],
        },
    }


def confluent_template() -> Obj:
    """Pods of Confluent's image; the broker id comes from the start command."""
    return {
        "metadata": {"labels": {"app": "cp-kafka"}},
        "spec": {
            "containers": [
                {
                    "name": "cp-kafka-broker",
                    "image": "confluentinc/cp-kafka:7.9.0",
                    "command": [
                        "sh",
                        "-exc",
                        "export KAFKA_BROKER_ID=${HOSTNAME##*-} && exec /etc/confluent/docker/run",
                    ],
                    "envFrom": [{"configMapRef": {"name": "kafka-env"}}],
                    "env": [
                        {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                        {"name": "KAFKA_HEAP_OPTS", "value": "-Xmx1g"},
                        {"name": "KAFKA_ZOOKEEPER_CONNECT", "value": "zk:2181/cp"},
                        {"name": "KAFKA_ADVERTISED_LISTENERS", "value": "PLAINTEXT://$(POD_IP):9092"},
                        {"name": "KAFKA_INTER_BROKER_PROTOCOL_VERSION", "value": "3.5"},
                    ],
                }
            ]
        },
    }


def confluent_config_maps() -> dict[str, Obj]:
    """The ConfigMap behind the Confluent pods' envFrom."""
    return {
        "kafka-env": config_map(
            "kafka-env",
            {
                "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "3",
                "KAFKA_ZOOKEEPER_SESSION_TIMEOUT_MS": "18000",
                "TZ": "UTC",
            },
        )
    }


CONFLUENT_EFFECTIVE = {
    "zookeeper.connect": "zk:2181/cp",
    "zookeeper.session.timeout.ms": "18000",
    "advertised.listeners": "PLAINTEXT://10.1.2.3:9092",
    "inter.broker.protocol.version": "3.5",
    "offsets.topic.replication.factor": "3",
    "broker.id": "0",
    "log.dirs": "/var/lib/kafka/data",
}


def bitnami_template() -> Obj:
    """Pods of Bitnami's image; the broker id comes from the start command."""
    return {
        "metadata": {"labels": {"app": "bitnami-kafka"}},
        "spec": {
            "containers": [
                {
                    "name": "kafka",
                    "image": "docker.io/bitnamilegacy/kafka:3.9.0-debian-12-r1",
                    "command": ["bash", "-c"],
                    "args": [
                        (
                            'export KAFKA_CFG_BROKER_ID="${HOSTNAME##*-}"; echo $KAFKA_CFG_BROKER_ID; '
                            "exec /opt/bitnami/scripts/kafka/entrypoint.sh /opt/bitnami/scripts/kafka/run.sh"
                        )
                    ],
                    "env": [
                        {"name": "KAFKA_CFG_ZOOKEEPER_CONNECT", "value": "zookeeper:2181"},
                        {"name": "KAFKA_CFG_LISTENERS", "value": "PLAINTEXT://:9092"},
                        {"name": "KAFKA_CFG_ADVERTISED_LISTENERS", "value": "PLAINTEXT://kafka.demo:9092"},
                        {"name": "ALLOW_PLAINTEXT_LISTENER", "value": "yes"},
                    ],
                }
            ]
        },
    }


BITNAMI_EFFECTIVE = {
    "zookeeper.connect": "zookeeper:2181",
    "listeners": "PLAINTEXT://:9092",
    "advertised.listeners": "PLAINTEXT://kafka.demo:9092",
    "broker.id": "2",
    "num.network.threads": "3",
    "log.dirs": "/bitnami/kafka/data",
}
