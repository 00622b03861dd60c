# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What usually holds a KRaftMigrationJob up in a sub-phase, for the message of a job that stands still or has failed. Pure.

Private to the collection. Source: CFK's troubleshooting page, its published examples and issues, and what each sub-phase reads.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res

_ROLL = (
    "CFK restarts a broker only while every pod is Ready and the whole Kafka cluster has no under-replicated partition: look for a pod that "
    "does not start, and for such a partition"
)
_CONTROLLERS = (
    "look at the controllers' pods: a volume that is not bound, an image that cannot be pulled, a controller that ends (its log says why); on a "
    "cluster with RBAC the principal of spec.dependencies.mdsKafkaCluster has to be a super user in both custom resources"
)
_DENIED = (
    "something refuses the operator's writes to its custom resources, since they are locked: look at admission webhooks and policies, and whether "
    "they allow the operator's account"
)
#: sub-phase -> what to look at
HINTS = {
    "SetupPreChecks": "spec.configOverrides.server of the Kafka CR may have a key that the job manages itself: its condition names it",
    "SetupDeriveIBPVersion": f"CFK derives the IBP from a standard image only: annotate the Kafka CR with {res.IBP}",
    "SetupAddMigrationAnnotation": "something refuses the operator's writes to its custom resources: look at admission webhooks and policies",
    "SetupCheckHealthyKafka": "the Kafka CR is not RUNNING, or a partition is under-replicated",
    "SetupEnsureKRaftControllerExists": f"the KRaftController is missing, or has no annotation {res.HOLD}",
    "SetupTriggerIBPUpgrade": _DENIED,
    "SetupEnsureIBPUpgradeComplete": _ROLL,
    "SetupFetchKafkaClusterId": "CFK asks the brokers' Jolokia (port 7777): look at network policies between the operator and the brokers",
    "SetupFetchKafkaZookeeperEndpoint": "status.zookeeperConnect of the Kafka CR is empty",
    "SetupMutateKRaftController": f"spec.clusterID of the KRaftController may be that of an earlier attempt: it cannot be changed; or {_DENIED}",
    "SetupKRaftControllerHealthy": _CONTROLLERS,
    "MigrateEnsureKafkaRollComplete": _ROLL,
    "MigrateMonitorMigrationProgress": (
        "look at the active controller's log: NoAuth means that znodes have ACLs which the controllers' credentials do not fit; a controller that "
        "waits for brokers names those that are not registered as migrating"
    ),
    "MoveToKRaftControllerEnsureKafkaRollIsComplete": _ROLL,
    "MoveToKRaftControllerEnsureKRaftControllerMigrationModeRemovalComplete": _CONTROLLERS,
    "RollbackToZkEnsureKafkaRollIsComplete": _ROLL,
    "RollbackToZkEnsureKafkaRollIsComplete2": _ROLL,
    "RollbackToZkEnsureKafkaRollIsComplete3": _ROLL,
    "RollbackToZkEnsureKafkaRollIsComplete4": _ROLL,
}
NO_ROLLBACK_HERE = f"CFK before 3.3.0 acts on {res.ROLLBACK} in DUAL-WRITE only: it turns round once it is there, if nothing stops it before"


def hint(seen: Progress) -> str:
    """What usually holds a job up where it is, "" when nothing is known."""
    found = HINTS.get(seen.sub_phase, "")
    if Verb.ROLLBACK in seen.asked and seen.phase in (phases.SETUP, phases.MIGRATE):
        return f"{NO_ROLLBACK_HERE}. {found[:1].upper()}{found[1:]}" if found else NO_ROLLBACK_HERE
    return found
