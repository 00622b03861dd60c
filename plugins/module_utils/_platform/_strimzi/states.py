# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Kafka CR says of its migration, in the names of this collection. Pure.

Private to the collection. Strimzi keeps its state machine in ``status.kafkaMetadataState`` and is asked by one annotation; what is reached,
and what it does next, follows from both. ``KRaftDualWriting`` has two meanings: on the way forward the brokers are about to be restarted
in KRaft mode, in a rollback it is where the operator rests. Its words, and the message of a condition, are never taken for proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rollback import COMPLETE as ROLLED_BACK
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rollback import REMOVE_ZNODES, ROLL_1, ROLL_2
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res

Obj = Mapping[str, Any]

ZOOKEEPER, MIGRATING, DUAL_WRITING = "ZooKeeper", "KRaftMigration", "KRaftDualWriting"
POST_MIGRATION, PRE_KRAFT, KRAFT = "KRaftPostMigration", "PreKRaft", "KRaft"
#: where it knows a request for a rollback, and brokers may run in KRaft mode
GO_BACK = (DUAL_WRITING, POST_MIGRATION)
#: the last steps, by the names of this collection
CONTROLLERS_FINAL = "MoveToKRaftControllerTriggerKRaftControllerMigrationModeRemoval"
END = "MoveToKRaftControllerComplete"
STATE_WARNING = "KafkaMetadataStateWarning"
#: said of rollback by each pass that began in KRaftDualWriting: it has nothing more to do then. Older versions quote no value here.
RESTS = "during dual writing"
#: said between the deletion of the controllers' pool and the next request
WITHOUT_POOL = "At least one KafkaNodePool with the controller role"
#: standing warnings that say nothing of a migration
STANDING = frozenset(
    {
        "ZooKeeperRemoval",
        "UnusedReplicasConfiguration",
        "UnusedStorageConfiguration",
        "UnusedZooKeeperConfiguration",
        "KafkaInterBrokerProtocolVersionInKRaft",
        "KafkaLogMessageFormatVersionInKRaft",
    }
)


@dataclass(frozen=True)
class Around:
    """What else tells where a migration is.

    :ivar controllers: whether a node pool of controllers exists.
    :ivar settled: whether every broker's pod is Ready and made of what the operator wants.
    :ivar known: whether this collection has a migration of this cluster in its journal.
    """

    controllers: bool = False
    settled: bool = True
    known: bool = False


def state_of(kafka: Obj) -> str:
    """``status.kafkaMetadataState``; "" before the first pass of the operator, and where a pause has made it forget it."""
    return str((kafka.get("status") or {}).get("kafkaMetadataState") or "")


def conditions(kafka: Obj) -> list[Obj]:
    """The conditions of the Kafka CR."""
    return list((kafka.get("status") or {}).get("conditions") or [])


def is_ready(kafka: Obj) -> bool:
    """Whether the last pass succeeded."""
    return any(item.get("type") == "Ready" and item.get("status") == "True" for item in conditions(kafka))


def stands_paused(kafka: Obj) -> bool:
    """Whether the operator is to do nothing, and has seen that: no pass is under way any more.

    What it said of a pause stays until the end of the first pass after it.
    """
    return res.is_paused(kafka) and any(item.get("type") == "ReconciliationPaused" for item in conditions(kafka))


def turned(kafka: Obj) -> bool:
    """Whether the operator was asked to roll back, by its annotation or by ours."""
    return bool(res.annotation(kafka, res.TURNED)) or res.asked(kafka) == res.ROLLBACK


def message_of(kafka: Obj) -> str:
    """The operator's own words on one line: its state, what it was asked for, and its conditions."""
    found = [f"kafkaMetadataState {state_of(kafka) or 'not set'}, {res.KRAFT} {res.asked(kafka)}"]
    for item in conditions(kafka):
        reason, kind = str(item.get("reason") or ""), str(item.get("type") or "")
        if reason in STANDING:
            continue
        text = " ".join(str(item.get("message") or "").split())
        said = ": ".join(part for part in (kind, reason, text) if part)
        found.append(said + (f" ({_meaning(kafka, item)})" if _meaning(kafka, item) else ""))
    return "; ".join(found)


def _meaning(kafka: Obj, item: Obj) -> str:
    """What a condition means where the operator is, "" when it says that itself: it is expected there, or worse than it looks."""
    text, state, value = str(item.get("message") or ""), state_of(kafka), res.asked(kafka)
    if item.get("reason") == STATE_WARNING:
        waits = state == POST_MIGRATION and value in (res.MIGRATION, res.DISABLED)
        rests = state == DUAL_WRITING and RESTS in text
        return "expected while it waits" if waits or rests else ""
    if WITHOUT_POOL in text and turned(kafka):
        return "expected until it is asked to go on"
    if stands_paused(kafka) and state != ZOOKEEPER and value == res.MIGRATION and not turned(kafka):
        return "it has forgotten where its migration was: do not take the pause off"
    return ""


def rests(kafka: Obj, around: Around) -> bool:
    """Whether a rollback has come to where the operator does nothing more by itself, and no pass is under way.

    Its state alone does not say so: it says KRaftDualWriting as well while it restarts brokers on the way forward, and once it has come back
    it begins the next pass at once. When the controllers go in the middle of that one, the operator waits for them until it fails.
    """
    if not around.controllers:
        return True
    if stands_paused(kafka):
        return True
    if state_of(kafka) != DUAL_WRITING or res.asked(kafka) != res.ROLLBACK or not around.settled:
        return False
    return any(RESTS in str(item.get("message") or "") for item in conditions(kafka))


def progress_of(kafka: Obj | None, around: Around) -> Progress:
    """What the Kafka CR says."""
    if kafka is None:
        return Progress()
    phase, sub_phase = _where(kafka, around)
    if not phase:
        return Progress(message=message_of(kafka))
    asked = set()
    if phase == phases.ROLLBACK or (turned(kafka) and phase in (phases.FINALIZE, phases.COMPLETE)):
        asked.add(Verb.ROLLBACK)
    if res.asked(kafka) == res.ENABLED or phase == phases.FINALIZE:
        asked.add(Verb.FINALIZE)
    # a request to finalize that came before KRaftPostMigration is replaced by the one to roll back
    early = res.asked(kafka) == res.ENABLED and state_of(kafka) in (ZOOKEEPER, MIGRATING, DUAL_WRITING)
    back = sub_phase == ROLL_2
    return Progress(True, phase, sub_phase, message_of(kafka), frozenset(asked), answered=back, revocable=early)


def _where(kafka: Obj, around: Around) -> tuple[str, str]:
    """Phase and sub-phase, ("", "") when no migration was begun."""
    state = state_of(kafka)
    if state == KRAFT:
        began = around.known or "zookeeper" in (kafka.get("spec") or {})
        return (phases.COMPLETE, END) if began else ("", "")
    if state == PRE_KRAFT:
        return phases.FINALIZE, END
    if state == POST_MIGRATION:
        return _in_post_migration(kafka)
    if state in (MIGRATING, DUAL_WRITING):
        return _in_migration(kafka, around)
    return _in_zookeeper(kafka, around)


def _in_post_migration(kafka: Obj) -> tuple[str, str]:
    if turned(kafka):
        return phases.ROLLBACK, ROLL_1
    if res.asked(kafka) == res.ENABLED:
        return phases.FINALIZE, CONTROLLERS_FINAL
    return phases.DUAL_WRITE, "MigrateDualWrite"


def _in_migration(kafka: Obj, around: Around) -> tuple[str, str]:
    marked, dual = bool(res.annotation(kafka, res.TURNED)), state_of(kafka) == DUAL_WRITING
    if res.asked(kafka) == res.DISABLED:
        # with the controllers still there the operator deletes /controller in every pass, and comes to no end
        waits = around.controllers and (not marked or rests(kafka, around))
        return phases.ROLLBACK, REMOVE_ZNODES if waits else ROLL_1 if around.controllers else ROLL_2
    # without our mark, which comes with a pause, rollback does nothing in KRaftMigration: it was asked too early
    if marked or (turned(kafka) and dual):
        return phases.ROLLBACK, REMOVE_ZNODES if rests(kafka, around) else ROLL_1
    return phases.MIGRATE, "MigrateDualWrite" if dual else "MigrateEnsureKafkaRollComplete"


def _in_zookeeper(kafka: Obj, around: Around) -> tuple[str, str]:
    """In ZooKeeper, or where the operator has forgotten where it was."""
    marked, value = bool(res.annotation(kafka, res.TURNED)), res.asked(kafka)
    if marked and value == res.DISABLED and not around.controllers:
        over = state_of(kafka) == ZOOKEEPER and is_ready(kafka) and not res.is_paused(kafka)
        return phases.ROLLBACK, ROLLED_BACK if over else ROLL_2
    if marked:
        return phases.ROLLBACK, REMOVE_ZNODES if rests(kafka, around) else ROLL_1
    if value != res.MIGRATION:
        return "", ""
    if not state_of(kafka) and stands_paused(kafka):
        return phases.MIGRATE, "MigrateEnsureKafkaRollComplete"
    return phases.SETUP, "SetupKRaftControllerHealthy"
