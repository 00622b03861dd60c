# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words of Confluent for Kubernetes: API group, annotations, phases, sub-phases, ports and paths."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

GROUP = "platform.confluent.io"
VERSION = "v1beta1"
API_VERSION = f"{GROUP}/{VERSION}"

KAFKA, ZOOKEEPER, CONTROLLER, JOB = "Kafka", "Zookeeper", "KRaftController", "KRaftMigrationJob"
PLURALS = {
    KAFKA: "kafkas",
    ZOOKEEPER: "zookeepers",
    CONTROLLER: "kraftcontrollers",
    JOB: "kraftmigrationjobs",
}
#: the kinds that have pods, in the order in which they have to start
COMPONENTS = (ZOOKEEPER, KAFKA, CONTROLLER)

# -- annotations ------------------------------------------------------------------------------------------------------------------

HOLD = f"{GROUP}/kraft-migration-hold-krc-creation"
LOCK = f"{GROUP}/kraft-migration-cr-lock"
IBP = f"{GROUP}/kraft-migration-ibp-version"
FINALIZE = f"{GROUP}/kraft-migration-trigger-finalize-to-kraft"
ROLLBACK = f"{GROUP}/kraft-migration-trigger-rollback-to-zk"
RELEASE = f"{GROUP}/kraft-migration-release-cr-lock"
#: this one has no "kraft-migration-" before its own name
CONTINUE = f"{GROUP}/continue-kraft-migration-post-zk-node-removal"
CLEAN_UP = f"{GROUP}/format-cluster-metadata-in-kafka"
ID_OFFSET = f"{GROUP}/broker-id-offset"
MYID_OFFSET = f"{GROUP}/zookeeper-myid-offset"
ROLL_PRECHECK = f"{GROUP}/roll-precheck"
BLOCK_RECONCILE = f"{GROUP}/block-reconcile"
FORCE_RECONCILE = f"{GROUP}/force-reconcile"
POD_OVERLAY = f"{GROUP}/pod-overlay-configmap-name"

# -- conditions -------------------------------------------------------------------------------------------------------------------

MIGRATION_CONDITION = f"{GROUP}/kraft-migration"
READY_CONDITION = f"{GROUP}/cluster-ready"

# -- phases and sub-phases, each phase with its sub-phases in order ---------------------------------------------------------------

SETUP, MIGRATE, DUAL_WRITE = "SETUP", "MIGRATE", "DUAL-WRITE"
MOVE, BACK, COMPLETE, FAILURE = "MoveToKRaftControllerOnly", "RollbackToZk", "COMPLETE", "FAILURE"

SETUP_STEPS = (
    "SetupPreChecks",
    "SetupDeriveIBPVersion",
    "SetupAddMigrationAnnotation",
    "SetupCheckHealthyKafka",
    "SetupCheckKafkaVersion",
    "SetupEnsureKRaftControllerExists",
    "SetupTriggerIBPUpgrade",
    "SetupEnsureIBPUpgradeComplete",
    "SetupFetchKafkaClusterId",
    "SetupFetchKafkaZookeeperEndpoint",
    "SetupMutateKRaftController",
    "SetupKRaftControllerHealthy",
    "SetupCheckKraftControllerVersion",
    "SetupComplete",
)
MIGRATE_STEPS = (
    "MigrateTriggerKafkaMigration",
    "MigrateEnsureKafkaRollComplete",
    "MigrateMonitorMigrationProgress",
    "MigrateDualWrite",
)
MOVE_STEPS = (
    "MoveToKRaftControllerTriggerZkRemoval",
    "MoveToKRaftControllerEnsureKafkaRollIsComplete",
    "MoveToKRaftControllerTriggerKRaftControllerMigrationModeRemoval",
    "MoveToKRaftControllerEnsureKRaftControllerMigrationModeRemovalComplete",
    "MoveToKRaftControllerComplete",
)
BACK_STEPS = (
    "RollbackToZkMakeProcessRoleEmpty",
    "RollbackToZkEnsureKafkaRollIsComplete",
    "RollbackToZkWaitForManualNodeRemovalFromZk",
    "RollbackToZkFromSetupWaitForManualNodeRemovalFromZk",
    "RollbackToZkRemoveKRaftControllerDepsInKafka",
    "RollbackToZkEnsureKafkaRollIsComplete2",
    "RollbackToZkAddClusterMetadataCleanUpAnnotationInKafka",
    "RollbackToZkEnsureKafkaRollIsComplete3",
    "RollbackToZkRemoveClusterMetadataCleanUpAnnotationInKafka",
    "RollbackToZkEnsureKafkaRollIsComplete4",
    "RollbackToZkComplete",
)
WAITS = (BACK_STEPS[2], BACK_STEPS[3])
SUB_PHASES = (*SETUP_STEPS, *MIGRATE_STEPS, *MOVE_STEPS, *BACK_STEPS)

# -- settings that the job writes -------------------------------------------------------------------------------------------------

MIGRATION_FLAG = "zookeeper.metadata.migration.enable"
IBP_KEY = "inter.broker.protocol.version"
ZK_CONNECT = "zookeeper.connect"

# -- pods -------------------------------------------------------------------------------------------------------------------------

INTERNAL, REPLICATION, CONTROLLER_PORT, EXTERNAL, JOLOKIA = 9071, 9072, 9074, 9092, 7777
ZK_CLIENT, ZK_PEER, ZK_ELECTION = 2181, 2888, 3888
SETTINGS = "/opt/confluentinc/etc/kafka"
DATA = "/mnt/data/data0"
LOGS = f"{DATA}/logs"
#: of the controllers unless their CR has broker-id-offset
CONTROLLER_OFFSET = 9990

#: the ServiceAccount's default name in the real operator's chart
ACCOUNT = "confluent-for-kubernetes"
#: holds the switches
SWITCHES = "confluent-double"


def annotation(cr: Object | None, key: str) -> str:
    """Return an annotation's value, empty when it is not there."""
    return str((((cr or {}).get("metadata") or {}).get("annotations") or {}).get(key, ""))


def wanted(cr: Object | None, key: str) -> bool:
    """Tell whether an annotation says "true"."""
    return annotation(cr, key).lower() == "true"


def title(cr: Object) -> tuple[str, str]:
    """Return name and namespace of an object."""
    return cr["metadata"]["name"], cr["metadata"]["namespace"]
