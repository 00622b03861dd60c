# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts that Strimzi shows. Those that the reference quotes are word for word; README.md names the ones that are not."""

from __future__ import annotations

import re

from .names import (
    DISABLED,
    DUAL_WRITING,
    ENABLED,
    IN_KRAFT,
    MIGRATING,
    MIGRATION,
    NEWEST,
    POST_MIGRATION,
    PRE_KRAFT,
    ROLLBACK,
    ZOOKEEPER,
)

#: it names values without quotes
WITHOUT_QUOTES = "0.40.0"
STATE_WARNING = "KafkaMetadataStateWarning"
_CANNOT = "The strimzi.io/kraft annotation can't be set to "
_PROCESS = "during a migration process. "
_PRE_KRAFT = f"{_CANNOT}'migration', 'rollback' or 'disabled' in the pre-kraft. Use the 'enabled' value to finalize migration instead."
_IN_KRAFT = f"{_CANNOT}'migration', 'rollback' or 'disabled' because the cluster is already KRaft."
_POST = (
    f"{_CANNOT}'migration' or 'disabled' in the post-migration. You can use 'rollback' value to come back to ZooKeeper. "
    "Use the 'enabled' value to finalize migration instead."
)
_WARNINGS = {
    (ZOOKEEPER, ENABLED): f"{_CANNOT}'enabled' because the cluster is ZooKeeper-based. "
    "If you want to migrate it to be KRaft-based apply the 'migration' value instead.",
    (ZOOKEEPER, ROLLBACK): f"{_CANNOT}'rollback' because the cluster is already ZooKeeper-based. "
    "There is no migration ongoing to rollback. If you want to migrate it to be KRaft-based apply the 'migration' value instead.",
    (MIGRATING, ENABLED): f"{_CANNOT}'enabled' {_PROCESS}It has to be used in post migration to finalize it.",
    (MIGRATING, ROLLBACK): f"{_CANNOT}'rollback' {_PROCESS}It can be used in post migration to start rollback process.",
    (DUAL_WRITING, ROLLBACK): f"{_CANNOT}'rollback' during dual writing. "
    "It can be used in post migration to start rollback process.",
    (POST_MIGRATION, MIGRATION): _POST,
    (POST_MIGRATION, DISABLED): _POST,
}


def state_warning(state: str, value: str, version: str = NEWEST) -> str:
    """Return the warning about an annotation that has no effect in a state; empty when Strimzi says nothing."""
    text = _state_warning(state, value)
    return re.sub(r"'(\w+)'", r"\1", text) if version == WITHOUT_QUOTES else text


def _state_warning(state: str, value: str) -> str:
    if value != ENABLED and state in (PRE_KRAFT, IN_KRAFT):
        return _PRE_KRAFT if state == PRE_KRAFT else _IN_KRAFT
    return _WARNINGS.get((state, value), "")


def invalid_state(state: str, value: str) -> str:
    """Return what the log says when there are no settings for a state and an annotation."""
    return f"Invalid internal Kafka metadata state [{state}] with strimzi.io/kraft annotation [{value}]"


def moved(before: str, after: str, value: str) -> str:
    """Return the line of the log about a move."""
    return f"Transitioning metadata state from [{before}] to [{after}] with strimzi.io/kraft annotation [{value}]"


NEEDS_POOLS = "KRaft can only be used with a Kafka cluster that uses KafkaNodePool resources."
DEPLOYING = ("Creating", "Kafka cluster is being deployed")
ZOOKEEPER_REMOVAL = (
    "ZooKeeperRemoval",
    "Support for ZooKeeper-based Apache Kafka clusters will be removed in Strimzi 0.46.",
)
UNUSED_ZOOKEEPER = (
    "UnusedZooKeeperConfiguration",
    "The .spec.zookeeper section in the Kafka custom resource is ignored in KRaft mode and should be removed from the custom resource.",
)
UNUSED_REPLICAS = (
    "UnusedReplicasConfiguration",
    "The .spec.kafka.replicas property in the Kafka custom resource is ignored when node pools are used and should be removed.",
)
UNUSED_STORAGE = (
    "UnusedStorageConfiguration",
    "The .spec.kafka.storage section in the Kafka custom resource is ignored when node pools are used and should be removed.",
)
_UNUSED_KEY = " is not used in KRaft-based Kafka clusters and should be removed from the Kafka custom resource."
UNUSED_IBP = ("KafkaInterBrokerProtocolVersionInKRaft", f"inter.broker.protocol.version{_UNUSED_KEY}")
UNUSED_LMF = ("KafkaLogMessageFormatVersionInKRaft", f"log.message.format.version{_UNUSED_KEY}")


def invalid(cluster: str, *reasons: str) -> str:
    """Return the text of an InvalidResourceException."""
    return f"The Kafka cluster {cluster} is invalid: [{', '.join(reasons)}]"


def only_brokers(pool: str) -> str:
    """Return what is wrong with a pool of controllers in a cluster with ZooKeeper's settings."""
    return (
        f"KafkaNodePool {pool} contains invalid roles configuration. "
        "In a ZooKeeper-based Kafka cluster, the KafkaNodePool role has to be always set only to the 'broker' role."
    )


def needs_role(role: str) -> str:
    """Return what is wrong when no pool has a role."""
    return f"At least one KafkaNodePool with the {role} role and at least one replica is required when KRaft mode is enabled"


def versions_differ(version: str, metadata: str, ibp: str, lmf: str) -> str:
    """Return why versions cannot migrate."""
    return (
        f"Migration cannot be performed with Kafka version {version}, metadata version {metadata}, "
        f"inter.broker.protocol.version {ibp}, log.message.format.version {lmf}."
    )


def deleted_znode(path: str) -> str:
    """Return the line about a znode that was deleted."""
    return f"Deleted the '{path}' znode as part of the KRaft migration rollback"


def missing_znode(path: str) -> str:
    """Return the line about a znode that was not there."""
    return f"The '{path}' znode doesn't exist already."


def not_now(pod: str) -> str:
    """Return the text of an UnforceableProblem."""
    return f"Pod {pod} cannot be updated right now."


ERASING = "Deleting all the ZooKeeper related resources"
NOT_STARTING = "Pod is unschedulable or is not starting"
STATE_CHECK = "Failed to check ZooKeeper migration state"
OLD_REVISION = ("PodHasOldRevision", "Pod has old revision")
MANUAL = ("ManualRollingUpdate", "Pod was manually annotated to be rolled")
