# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words of Strimzi 0.45: API groups, annotations, labels, states, phases, ports, names of objects."""

from __future__ import annotations

import enum
from typing import Any

Object = dict[str, Any]

GROUP, CORE, VERSION = "kafka.strimzi.io", "core.strimzi.io", "v1beta2"
KAFKA, POOL, POD_SET, TOPIC = "Kafka", "KafkaNodePool", "StrimziPodSet", "KafkaTopic"
#: kind -> group, plural
CUSTOM = {
    KAFKA: (GROUP, "kafkas"),
    POOL: (GROUP, "kafkanodepools"),
    POD_SET: (CORE, "strimzipodsets"),
    TOPIC: (GROUP, "kafkatopics"),
}

# -- annotations and labels -------------------------------------------------------------------------------------------------------

_MARK = "strimzi.io/"
KRAFT = f"{_MARK}kraft"
NODE_POOLS = f"{_MARK}node-pools"
PAUSE = f"{_MARK}pause-reconciliation"
NEXT_IDS = f"{_MARK}next-node-ids"
REVISION = f"{_MARK}revision"
MANUAL_ROLL = f"{_MARK}manual-rolling-update"
DELETE_CLAIM = f"{_MARK}delete-claim"
CONFIG_HASH = f"{_MARK}broker-configuration-hash"
KAFKA_VERSION = f"{_MARK}kafka-version"
IBP_MARK = f"{_MARK}inter-broker-protocol-version"
LMF_MARK = f"{_MARK}log-message-format-version"

CLUSTER_LABEL = f"{_MARK}cluster"
NAME_LABEL = f"{_MARK}name"
KIND_LABEL = f"{_MARK}kind"
POOL_LABEL = f"{_MARK}pool-name"
BROKER_LABEL = f"{_MARK}broker-role"
CONTROLLER_LABEL = f"{_MARK}controller-role"
COMPONENT_LABEL = f"{_MARK}component-type"
POD_LABEL = f"{_MARK}pod-name"
OWNER_KIND_LABEL, OWNER_LABEL = f"{_MARK}controller", f"{_MARK}controller-name"

# -- states and what the annotation may say ---------------------------------------------------------------------------------------

ZOOKEEPER, MIGRATING, DUAL_WRITING = "ZooKeeper", "KRaftMigration", "KRaftDualWriting"
POST_MIGRATION, PRE_KRAFT, IN_KRAFT = "KRaftPostMigration", "PreKRaft", "KRaft"
STATES = (ZOOKEEPER, MIGRATING, DUAL_WRITING, POST_MIGRATION, PRE_KRAFT, IN_KRAFT)
DISABLED, MIGRATION, ENABLED, ROLLBACK = "disabled", "migration", "enabled", "rollback"


class Phase(enum.IntEnum):
    """Which settings the nodes get; the number is metadata.state in their ConfigMaps."""

    ZK = 0
    PRE_MIGRATION = 1
    MIGRATION = 2
    POST_MIGRATION = 3
    KRAFT = 4


BROKER, CONTROLLER = "broker", "controller"

# -- settings ---------------------------------------------------------------------------------------------------------------------

IBP_KEY, LMF_KEY = "inter.broker.protocol.version", "log.message.format.version"
CONTROL_PLANE, REPLICATION = "CONTROLPLANE-9090", "REPLICATION-9091"

# -- ports and places -------------------------------------------------------------------------------------------------------------

CONTROL_PORT, REPLICATION_PORT, AGENT_PORT, AGENT_LOCAL = 9090, 9091, 8443, 8080
ZK_TLS, ZK_LOCAL, ZK_PEER, ZK_ELECTION = 2181, 12181, 2888, 3888
DATA = "/var/lib/kafka/data"
#: seconds that a pod may take
OPERATION_TIMEOUT = 300.0

ACCOUNT = OPERATOR = "strimzi-cluster-operator"
#: holds the switches
SWITCHES = "strimzi-double"
KAFKA_IMAGE, OPERATOR_IMAGE = "localhost/strimzi-kafka:1", "localhost/strimzi-operator:1"
#: operator version -> Kafka version of the example; the pods run the sandbox's Kafka, whatever a CR says
VERSIONS = {"0.40.0": "3.7.0", "0.43.0": "3.8.0", "0.45.0": "3.9.0", "0.45.1": "3.9.1", "0.45.2": "3.9.2"}
NEWEST = "0.45.2"


def kafka_image(version: str) -> str:
    """Return Strimzi's name of the pods' image for an operator version."""
    return f"quay.io/strimzi/kafka:{version}-kafka-{VERSIONS[version]}"


def operator_image(version: str) -> str:
    """Return Strimzi's name of the operator's image."""
    return f"quay.io/strimzi/operator:{version}"


def annotation(cr: Object | None, key: str) -> str:
    """Return an annotation's value, empty when it is not there."""
    return str((((cr or {}).get("metadata") or {}).get("annotations") or {}).get(key, ""))


def wanted(cr: Object | None, key: str, word: str = "true") -> bool:
    """Tell whether an annotation says a word."""
    return annotation(cr, key).lower() == word


def title(cr: Object) -> tuple[str, str]:
    """Return name and namespace of an object."""
    return cr["metadata"]["name"], cr["metadata"]["namespace"]


def state_of(cr: Object) -> str:
    """Return the state that a Kafka CR shows, or that the operator starts from when it shows none."""
    shown = str((cr.get("status") or {}).get("kafkaMetadataState") or "")
    return shown or (IN_KRAFT if wanted(cr, KRAFT, ENABLED) else ZOOKEEPER)
