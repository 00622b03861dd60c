# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Phases and sub-phases, named exactly as Confluent for Kubernetes names them, and which module carries each one out.

Private to the collection. Source of the names: KRaftMigrationJob status (CFK topic "KRaft migration phases").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SETUP = "SETUP"
MIGRATE = "MIGRATE"
DUAL_WRITE = "DUAL-WRITE"
FINALIZE = "MoveToKRaftControllerOnly"
ROLLBACK = "RollbackToZk"
COMPLETE = "COMPLETE"
FAILURE = "FAILURE"

READS = "reads"
WRITES = "writes"
RESTARTS = "restarts"
WAITS = "waits"


@dataclass(frozen=True)
class SubPhase:
    """One task of the playbooks.

    ``effect`` is one of reads, writes, restarts, waits. ``params`` are the module options that make it this sub-phase.
    """

    name: str
    phase: str
    module: str
    effect: str
    does: str
    params: Mapping[str, Any] = field(default_factory=dict)


SUB_PHASES: tuple[SubPhase, ...] = (
    SubPhase("SetupPreChecks", SETUP, "preflight_info", READS, "runs every check; findings have codes"),
    SubPhase(
        "SetupDeriveIBPVersion",
        SETUP,
        "ibp_version_info",
        READS,
        "derives the current and target inter.broker.protocol.version",
    ),
    SubPhase(
        "SetupAddMigrationAnnotation",
        SETUP,
        "migration_lock",
        WRITES,
        "takes the Lease of this run and sets the cr-lock annotation of this migration",
        {"state": "present"},
    ),
    SubPhase(
        "SetupCheckHealthyKafka",
        SETUP,
        "kafka_health_info",
        READS,
        "checks that brokers are registered and partitions in sync",
    ),
    SubPhase(
        "SetupCheckKafkaVersion",
        SETUP,
        "kafka_version_info",
        READS,
        "checks the version that runs in each broker",
        {"target": "brokers"},
    ),
    SubPhase(
        "SetupEnsureKRaftControllerExists",
        SETUP,
        "kraft_controller",
        WRITES,
        "creates the controllers' StatefulSet, Service and PodDisruptionBudget, held at 0 replicas",
        {"state": "held"},
    ),
    SubPhase(
        "SetupTriggerIBPUpgrade",
        SETUP,
        "broker_settings",
        WRITES,
        "raises the IBP in a separate roll, only if it cannot be part of the migration roll",
        {"stage": "ibp"},
    ),
    SubPhase(
        "SetupEnsureIBPUpgradeComplete",
        SETUP,
        "rolling_restart",
        RESTARTS,
        "restarts the brokers for it, only when triggered",
        {"target": "brokers", "stage": "ibp"},
    ),
    SubPhase(
        "SetupFetchKafkaClusterId",
        SETUP,
        "cluster_id_info",
        READS,
        "reads the cluster id from ZooKeeper and cross-checks it",
    ),
    SubPhase(
        "SetupFetchKafkaZookeeperEndpoint",
        SETUP,
        "zookeeper_endpoint_info",
        READS,
        "derives connect string and chroot, and checks them",
    ),
    SubPhase(
        "SetupMutateKRaftController",
        SETUP,
        "kraft_controller",
        WRITES,
        "formats the controllers with the cluster id and the IBP's metadata.version and starts them with the migration flag",
        {"state": "migrating"},
    ),
    SubPhase(
        "SetupKRaftControllerHealthy",
        SETUP,
        "quorum_health_info",
        WAITS,
        "waits for a leader, caught-up voters and PRE_MIGRATION",
    ),
    SubPhase(
        "SetupCheckKraftControllerVersion",
        SETUP,
        "kafka_version_info",
        READS,
        "checks the version that runs in each controller",
        {"target": "controllers"},
    ),
    SubPhase(
        "SetupComplete", SETUP, "migration_journal", WRITES, "records the end of SETUP", {"event": "SetupComplete"}
    ),
    SubPhase(
        "MigrateTriggerKafkaMigration",
        MIGRATE,
        "broker_settings",
        WRITES,
        "writes the brokers' migration settings as a new revision; keeps the originals first",
        {"stage": "migration"},
    ),
    SubPhase(
        "MigrateEnsureKafkaRollComplete",
        MIGRATE,
        "rolling_restart",
        RESTARTS,
        "first rolling restart of the brokers: ZooKeeper mode to migrating mode",
        {"target": "brokers", "stage": "migration"},
    ),
    SubPhase("MigrateMonitorMigrationProgress", MIGRATE, "migration_progress", WAITS, "waits for hybrid dual-write"),
    SubPhase(
        "MigrateDualWrite", MIGRATE, "migration_journal", WRITES, "records DUAL-WRITE", {"event": "MigrateDualWrite"}
    ),
    SubPhase(
        "MoveToKRaftControllerTriggerZkRemoval",
        FINALIZE,
        "broker_settings",
        WRITES,
        "writes the brokers' KRaft settings as a new revision",
        {"stage": "kraft"},
    ),
    SubPhase(
        "MoveToKRaftControllerEnsureKafkaRollIsComplete",
        FINALIZE,
        "rolling_restart",
        RESTARTS,
        "second rolling restart of the brokers: migrating mode to KRaft mode; then pure dual-write",
        {"target": "brokers", "stage": "kraft"},
    ),
    SubPhase(
        "MoveToKRaftControllerTriggerKRaftControllerMigrationModeRemoval",
        FINALIZE,
        "kraft_controller",
        WRITES,
        "evaluates the gates, then writes the controllers' settings without the migration flag",
        {"state": "final"},
    ),
    SubPhase(
        "MoveToKRaftControllerEnsureKRaftControllerMigrationModeRemovalComplete",
        FINALIZE,
        "rolling_restart",
        RESTARTS,
        "restarts the controllers, the active one last: the point of no return",
        {"target": "controllers", "stage": "final"},
    ),
    SubPhase(
        "MoveToKRaftControllerComplete",
        FINALIZE,
        "migration_journal",
        WRITES,
        "records COMPLETE, restores the update strategy, releases the lock",
        {"event": "MoveToKRaftControllerComplete"},
    ),
    SubPhase(
        "RollbackToZkMakeProcessRoleEmpty",
        ROLLBACK,
        "broker_settings",
        WRITES,
        "writes the settings of migrating ZooKeeper mode for brokers in KRaft mode",
        {"stage": "return"},
    ),
    SubPhase(
        "RollbackToZkEnsureKafkaRollIsComplete",
        ROLLBACK,
        "rolling_restart",
        RESTARTS,
        "restarts the brokers that had switched, while the quorum runs",
        {"target": "brokers", "stage": "return"},
    ),
    SubPhase(
        "RollbackToZkWaitForManualNodeRemovalFromZk",
        ROLLBACK,
        "migration_znode",
        WRITES,
        "stops the quorum, removes /migration and /controller in one transaction with the epoch guard, deletes the volumes; nothing is manual",
        {"state": "absent", "origin": "migrate"},
    ),
    SubPhase(
        "RollbackToZkFromSetupWaitForManualNodeRemovalFromZk",
        ROLLBACK,
        "migration_znode",
        WRITES,
        "the same if only SETUP was reached: no broker is touched",
        {"state": "absent", "origin": "setup"},
    ),
    SubPhase(
        "RollbackToZkRemoveKRaftControllerDepsInKafka",
        ROLLBACK,
        "broker_settings",
        WRITES,
        "restores the brokers' original pod templates; a raised IBP stays",
        {"stage": "original"},
    ),
    SubPhase(
        "RollbackToZkEnsureKafkaRollIsComplete2",
        ROLLBACK,
        "rolling_restart",
        RESTARTS,
        "restarts the brokers on them; can be postponed",
        {"target": "brokers", "stage": "original"},
    ),
    SubPhase(
        "RollbackToZkAddClusterMetadataCleanUpAnnotationInKafka",
        ROLLBACK,
        "metadata_cleanup",
        WRITES,
        "deletes the brokers' __cluster_metadata, which plain ZooKeeper mode does not use",
        {"state": "present"},
    ),
    SubPhase(
        "RollbackToZkEnsureKafkaRollIsComplete3",
        ROLLBACK,
        "rolling_restart",
        RESTARTS,
        "no-op, kept for CFK's names: the directory is deleted while the brokers run",
        {"target": "brokers", "stage": "cleanup"},
    ),
    SubPhase(
        "RollbackToZkRemoveClusterMetadataCleanUpAnnotationInKafka",
        ROLLBACK,
        "metadata_cleanup",
        WRITES,
        "removes the annotation",
        {"state": "absent"},
    ),
    SubPhase(
        "RollbackToZkEnsureKafkaRollIsComplete4",
        ROLLBACK,
        "rolling_restart",
        RESTARTS,
        "no-op, kept for CFK's names",
        {"target": "brokers", "stage": "cleaned"},
    ),
    SubPhase(
        "RollbackToZkComplete",
        ROLLBACK,
        "migration_journal",
        WRITES,
        "proves that nothing is left, restores the update strategy, releases the lock",
        {"event": "RollbackToZkComplete"},
    ),
)

BY_NAME: Mapping[str, SubPhase] = {item.name: item for item in SUB_PHASES}


def sub_phase_of(module: str, params: Mapping[str, Any]) -> str:
    """Return the sub-phase that ``module`` with these options carries out, or the module's name when it is none."""
    for item in SUB_PHASES:
        if item.module == module and all(params.get(key) == value for key, value in item.params.items()):
            return item.name
    return module
