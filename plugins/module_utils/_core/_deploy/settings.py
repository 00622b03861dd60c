# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of a new cluster's nodes. Pure.

Private to the collection. What differs from pod to pod (``node.id``, ``advertised.listeners``) and what is a secret is added where the pod starts:
see start.py. Kafka's defaults of one replica are for trying out; here they follow the number of brokers.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.security import AUTHORITY, TLS_FOLDER
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.start import KEY_STORE
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.wanted import (
    CLIENT_PORT,
    CONTROLLER_PORT,
    INTERNAL_PORT,
    Wanted,
)

CLIENT, INTERNAL, CONTROLLER = "CLIENT", "INTERNAL", "CONTROLLER"
#: replicas of Kafka's own topics and of new ones, where there are so many brokers
REPLICAS = 3
#: what the user cannot set: it decides whether the nodes are one cluster, and who may come in
RESERVED = (
    "process.roles",
    "node.id",
    "broker.id",
    "controller.quorum.voters",
    "controller.quorum.bootstrap.servers",
    "controller.listener.names",
    "listeners",
    "advertised.listeners",
    "listener.security.protocol.map",
    "inter.broker.listener.name",
    "security.inter.broker.protocol",
    "log.dir",
    "log.dirs",
    "metadata.log.dir",
    "zookeeper.connect",
    "zookeeper.metadata.migration.enable",
    "authorizer.class.name",
    "super.users",
    "principal.builder.class",
)
RESERVED_BEGINNINGS = ("ssl.", "sasl.", "listener.name.", "zookeeper.", "config.providers")


def is_reserved(key: str) -> bool:
    """Whether a setting is this collection's to write."""
    return key in RESERVED or key.startswith(RESERVED_BEGINNINGS)


def controller_settings(cluster: Wanted) -> dict[str, str]:
    """Return what every controller of a separated cluster has."""
    return {
        "process.roles": "controller",
        "listeners": f"{CONTROLLER}://:{CONTROLLER_PORT}",
        **_of_all(cluster, (CONTROLLER,)),
        # a feature upgrade by --release-version writes the controllers' value over the brokers' (seen with Kafka 4.1.2)
        "min.insync.replicas": _durable(cluster),
        **cluster.settings,
    }


def broker_settings(cluster: Wanted) -> dict[str, str]:
    """Return what every broker has, of a combined cluster every node."""
    ports = {CLIENT: CLIENT_PORT, INTERNAL: INTERNAL_PORT}
    if cluster.combined:
        ports[CONTROLLER] = CONTROLLER_PORT
    copies = str(min(REPLICAS, cluster.brokers))
    return {
        "process.roles": "broker,controller" if cluster.combined else "broker",
        "listeners": ",".join(f"{name}://:{port}" for name, port in ports.items()),
        **_of_all(cluster, (CLIENT, INTERNAL, CONTROLLER)),
        "inter.broker.listener.name": INTERNAL,
        "default.replication.factor": copies,
        "min.insync.replicas": _durable(cluster),
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": _durable(cluster),
        "auto.create.topics.enable": "false",
        **cluster.settings,
    }


def _durable(cluster: Wanted) -> str:
    """How many replicas have a record before it is acknowledged: one may be restarted meanwhile."""
    return str(max(min(REPLICAS, cluster.brokers) - 1, 1))


def _of_all(cluster: Wanted, listeners: tuple[str, ...]) -> dict[str, str]:
    quorum = (
        {"controller.quorum.bootstrap.servers": cluster.bootstrap_servers}
        if cluster.dynamic
        else {"controller.quorum.voters": cluster.voters}
    )
    return {
        **quorum,
        "controller.listener.names": CONTROLLER,
        "listener.security.protocol.map": ",".join(f"{name}:{cluster.security.protocol}" for name in listeners),
        "log.dirs": log_dir(cluster),
        **_security(cluster),
    }


def log_dir(cluster: Wanted) -> str:
    """A folder in the volume, so that ``lost+found`` is not in it."""
    return f"{cluster.layout.data}/kraft"


def _security(cluster: Wanted) -> dict[str, str]:
    found: dict[str, str] = {}
    security = cluster.security
    if security.tls:
        found |= {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": KEY_STORE,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": f"{TLS_FOLDER}/{AUTHORITY}",
            "ssl.client.auth": "required" if security.client_certificates else "none",
        }
    if security.sasl:
        found |= {
            "sasl.enabled.mechanisms": "PLAIN",
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            "sasl.mechanism.controller.protocol": "PLAIN",
        }
    if security.authorizes:
        users = [f"User:{security.node_user}"] if security.sasl else []
        found |= {
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": ";".join(dict.fromkeys([*users, *security.super_users])),
        }
    return found
