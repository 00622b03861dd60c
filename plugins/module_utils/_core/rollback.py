# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollback to ZooKeeper consists of, sub-phase by sub-phase, from whatever the cluster shows. Pure.

Private to the collection. Safety rules 3, 9 and 10 of docs/architecture.md. The same answers make the plan that is shown
first and decide inside each action, so that what is announced is what is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state

MAKE_PROCESS_ROLE_EMPTY = "RollbackToZkMakeProcessRoleEmpty"
ROLL_1 = "RollbackToZkEnsureKafkaRollIsComplete"
REMOVE_ZNODES = "RollbackToZkWaitForManualNodeRemovalFromZk"
REMOVE_ZNODES_FROM_SETUP = "RollbackToZkFromSetupWaitForManualNodeRemovalFromZk"
REMOVE_DEPENDENCIES = "RollbackToZkRemoveKRaftControllerDepsInKafka"
ROLL_2 = "RollbackToZkEnsureKafkaRollIsComplete2"
ADD_CLEAN_UP = "RollbackToZkAddClusterMetadataCleanUpAnnotationInKafka"
ROLL_3 = "RollbackToZkEnsureKafkaRollIsComplete3"
REMOVE_CLEAN_UP = "RollbackToZkRemoveClusterMetadataCleanUpAnnotationInKafka"
ROLL_4 = "RollbackToZkEnsureKafkaRollIsComplete4"
COMPLETE = "RollbackToZkComplete"

SUB_PHASES = (
    MAKE_PROCESS_ROLE_EMPTY,
    ROLL_1,
    REMOVE_ZNODES,
    REMOVE_ZNODES_FROM_SETUP,
    REMOVE_DEPENDENCIES,
    ROLL_2,
    ADD_CLEAN_UP,
    ROLL_3,
    REMOVE_CLEAN_UP,
    ROLL_4,
    COMPLETE,
)


@dataclass(frozen=True)
class Seen:
    """What decides about the rollback.

    ``modes``: broker pod to its mode. ``stages``: StatefulSet of brokers to the stage of its template ("" = the user's own,
    or put back). ``outdated``: broker pods that do not run the settings of their StatefulSet's template.
    ``controllers``: whether the controllers' StatefulSet exists; ``controller_pods``: those that exist, running or not;
    ``volumes``: PersistentVolumeClaims of the controllers. ``migration_present``: /migration exists; ``kraft_holds``:
    /controller carries a KRaft epoch; ``broker_holds``: a broker in ZooKeeper mode holds it. ``metadata_dirs``: broker pods
    with a __cluster_metadata directory. ``marked``: StatefulSets with the clean-up annotation. ``version_1``: broker pods with
    a log directory whose meta.properties has version 1. ``locked``: the lock of a migration is held.
    ``final_written``: the controllers' StatefulSet is without the migration flag already; ``unflagged``: controllers that
    were restarted so; ``unflagged_active``: one of them leads the quorum or has led it, which is the point of no return.
    ``leaderless``: the quorum has no leader, so that nobody can say whether one without the flag has led.
    ``later``: the user postpones the brokers' restarts. ``unread``: broker pods whose process and directories could not be read,
    with the reason: their mode is what their pod was made for; ``down``: those of them in which no process runs.
    """

    state: str
    modes: Mapping[str, str]
    stages: Mapping[str, str]
    outdated: tuple[str, ...] = ()
    controllers: bool = False
    controller_pods: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    migration_present: bool = False
    kraft_holds: bool = False
    broker_holds: bool = False
    unflagged_active: bool = False
    leaderless: bool = False
    unflagged: tuple[str, ...] = ()
    final_written: bool = False
    metadata_dirs: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    version_1: tuple[str, ...] = ()
    locked: bool = False
    later: bool = False
    unread: Mapping[str, str] = field(default_factory=dict)
    down: tuple[str, ...] = ()

    @property
    def kraft_brokers(self) -> tuple[str, ...]:
        """Broker pods in KRaft mode."""
        return tuple(pod for pod, mode in self.modes.items() if mode == state.MODE_KRAFT)

    @property
    def migrating_brokers(self) -> tuple[str, ...]:
        """Broker pods in migrating ZooKeeper mode."""
        return tuple(pod for pod, mode in self.modes.items() if mode == state.MODE_MIGRATING)

    @property
    def on_kraft_settings(self) -> tuple[str, ...]:
        """StatefulSets whose template has the settings of KRaft mode."""
        return tuple(name for name, stage in self.stages.items() if stage == "kraft")

    @property
    def not_restored(self) -> tuple[str, ...]:
        """StatefulSets whose template is not the user's own."""
        return tuple(name for name, stage in self.stages.items() if stage)

    @property
    def quorum_left(self) -> bool:
        """Whether anything of the quorum, or of its traces in ZooKeeper, is left."""
        return bool(
            self.controllers or self.controller_pods or self.volumes or self.migration_present or self.kraft_holds
        )

    @property
    def from_setup(self) -> bool:
        """Whether the brokers were never told of the quorum: only SETUP has to be undone."""
        touched = set(self.stages.values()) - {"", "ibp"}
        return not touched and not self.migrating_brokers and not self.kraft_brokers and not self.kraft_holds

    @property
    def nothing(self) -> bool:
        """Whether the cluster is in plain ZooKeeper mode with no trace of a migration."""
        return (
            not self.quorum_left
            and not self.not_restored
            and not self.outdated
            and not self.migrating_brokers
            and not self.kraft_brokers
            and not self.metadata_dirs
            and not self.marked
            and not self.locked
            and not self.unread
        )


@dataclass(frozen=True)
class Answer:
    """What a sub-phase has to do. ``kind`` is needed, done, not needed or later; ``reason`` says why, in one line."""

    kind: str
    reason: str

    @property
    def needed(self) -> bool:
        """Whether there is something to do now."""
        return self.kind == "needed"


@dataclass(frozen=True)
class Step:
    """One line of the plan."""

    sub_phase: str
    answer: Answer


def refusal(seen: Seen) -> tuple[str, str]:
    """Return (code, sentence) when a rollback is impossible, or cannot start now; ("", "") otherwise.

    The point of no return is the first active controller without the migration flag (KRaftMigrationDriver,
    ActivationRecordsGenerator).
    """
    if seen.state == state.FINALIZED or seen.unflagged_active:
        return (
            "rollback-impossible",
            (
                "the migration is finalized: ZooKeeper has not been written since the active controller runs without the migration "
                "flag, so a rollback is impossible; stay on KRaft, or mirror the topics into a new cluster "
                "(https://kafka.apache.org/39/operations/geo-replication-cross-cluster-data-mirroring/)"
            ),
        )
    if seen.kraft_brokers and not seen.controllers and not seen.controller_pods:
        return (
            "rollback-impossible",
            (
                f"brokers {_names(seen.kraft_brokers)} run in KRaft mode but this migration's controllers do not exist: the cluster "
                "was not moved to KRaft by this collection"
            ),
        )
    if seen.kraft_brokers and seen.leaderless:
        return (
            "controllers-not-ready",
            (
                "the KRaft quorum has no leader: it is not known whether the migration is finalized, and brokers "
                f"{_names(seen.kraft_brokers)} need the quorum to return to ZooKeeper mode; get a majority of the controllers running, "
                "then run rollback.yml again"
            ),
        )
    silent = {pod: why for pod, why in seen.unread.items() if pod in seen.kraft_brokers and pod not in seen.down}
    if silent:
        return (
            "broker-not-healthy",
            (
                f"it is not known whether the log directories of brokers in KRaft mode can return to ZooKeeper mode: {_whys(silent)}; "
                "run rollback.yml again once they can be read"
            ),
        )
    if seen.version_1 and (seen.kraft_brokers or seen.on_kraft_settings):
        return (
            "meta-properties-version-1",
            (
                f"pods {_names(seen.version_1)} have log directories with meta.properties version 1, which were added in KRaft mode "
                "and cannot run in ZooKeeper mode: move their partitions to other brokers and remove them first"
            ),
        )
    return "", ""


def answer(sub_phase: str, seen: Seen) -> Answer:
    """Return what the sub-phase has to do in the state that is seen. Raises KeyError for a name that is none of ours."""
    return _ANSWERS[sub_phase](seen)


def plan(seen: Seen) -> list[Step]:
    """Return every sub-phase with what it has to do, as seen from the start."""
    return [Step(name, answer(name, seen)) for name in SUB_PHASES]


def rolls(seen: Seen) -> int:
    """Return how many rolls of brokers the plan has."""
    return sum(1 for step in plan(seen) if step.sub_phase in (ROLL_1, ROLL_2) and step.answer.needed)


def blocked(sub_phase: str, seen: Seen) -> str:
    """Return what has to be done before this sub-phase may act, or an empty string. Safety rule 9: the order."""
    order = SUB_PHASES.index(sub_phase)
    if sub_phase == ROLL_1 and (seen.on_kraft_settings or seen.final_written):
        return f"the settings of migrating ZooKeeper mode are not written yet ({MAKE_PROCESS_ROLE_EMPTY})"
    if order >= SUB_PHASES.index(REMOVE_ZNODES) and (seen.kraft_brokers or seen.on_kraft_settings):
        left = _names(seen.kraft_brokers or seen.on_kraft_settings)
        return (
            f"{left} still in KRaft mode: they need the quorum to return, so it is not stopped before that ({ROLL_1})"
        )
    if order >= SUB_PHASES.index(REMOVE_DEPENDENCIES):
        if seen.quorum_left:
            return f"the quorum or its znodes are still there ({REMOVE_ZNODES})"
        if not seen.broker_holds:
            return "no broker holds /controller yet"
    if order >= SUB_PHASES.index(ROLL_2) and seen.not_restored:
        return f"StatefulSet {_names(seen.not_restored)} still has migration settings ({REMOVE_DEPENDENCIES})"
    return _not_clean(sub_phase, seen) if sub_phase in (ADD_CLEAN_UP, REMOVE_CLEAN_UP, COMPLETE) else ""


def _not_clean(sub_phase: str, seen: Seen) -> str:
    """What stands against the end of the clean-up."""
    if seen.migrating_brokers:
        return f"brokers {_names(seen.migrating_brokers)} still run in migrating mode ({ROLL_2})"
    if seen.unread:
        return f"it is not known whether brokers still have __cluster_metadata: {_whys(seen.unread)}"
    if sub_phase == COMPLETE and seen.metadata_dirs:
        return f"brokers {_names(seen.metadata_dirs)} still have __cluster_metadata ({ADD_CLEAN_UP})"
    return ""


def _make_process_role_empty(seen: Seen) -> Answer:
    todo = []
    if seen.final_written:
        todo.append("restore the migration flag in the controllers' StatefulSet")
    if seen.on_kraft_settings:
        names = _names(seen.on_kraft_settings)
        todo.append(
            f"write migrating ZooKeeper mode to StatefulSet {names}: the flag stays, the IBP is the quorum's metadata.version"
        )
    if todo:
        return Answer("needed", "; ".join(todo))
    return Answer("not needed", "no StatefulSet has the settings of KRaft mode")


def _roll_1(seen: Seen) -> Answer:
    todo = []
    if seen.unflagged:
        todo.append(f"restart controllers {_names(seen.unflagged)} with the migration flag")
    if seen.kraft_brokers:
        todo.append(
            f"restart {_names(seen.kraft_brokers)} one by one into migrating ZooKeeper mode while the quorum runs"
        )
    if todo:
        return Answer("needed", "; ".join(todo))
    return Answer("not needed", "no broker runs in KRaft mode")


def _remove_znodes(seen: Seen) -> Answer:
    if seen.from_setup:
        return Answer("not needed", f"the brokers never had migration settings: see {REMOVE_ZNODES_FROM_SETUP}")
    if not seen.quorum_left:
        return Answer("done", "no quorum is left, and none of its volumes or znodes")
    return Answer(
        "needed",
        "stop the quorum, remove /migration and /controller in one transaction, delete controllers and volumes",
    )


def _remove_znodes_from_setup(seen: Seen) -> Answer:
    if not seen.from_setup:
        return Answer("not needed", f"the brokers had migration settings: see {REMOVE_ZNODES}")
    if not seen.quorum_left:
        return Answer("not needed", "no controller was ever started and none is left")
    return Answer(
        "needed", "stop the controllers, remove /migration, delete controllers and volumes; no broker is touched"
    )


def _remove_dependencies(seen: Seen) -> Answer:
    if not seen.not_restored:
        return Answer("done", "every StatefulSet of the brokers has the original settings")
    return Answer("needed", f"restore the original settings of StatefulSet {_names(seen.not_restored)}")


def _roll_2(seen: Seen) -> Answer:
    pods = tuple(seen.modes) if seen.not_restored else seen.outdated
    if not pods:
        return Answer("done", "every broker runs the settings of its StatefulSet")
    if seen.later:
        return Answer(
            "later", f"the restart of {_names(pods)} is postponed by kraft_rollback_cleanup; no new attempt before that"
        )
    return Answer("needed", f"restart {_names(pods)} one by one on the original settings")


def _add_clean_up(seen: Seen) -> Answer:
    touched = seen.metadata_dirs or seen.migrating_brokers or seen.kraft_brokers or seen.unread
    if not touched:
        return Answer("done", "no broker has a __cluster_metadata directory")
    if seen.later:
        return Answer("later", "postponed with the restarts")
    return Answer(
        "needed",
        "delete __cluster_metadata in the brokers, which no longer use it; no restart is needed",
    )


def _no_roll(_seen: Seen) -> Answer:
    return Answer("not needed", "no restart: the directory is deleted while the brokers run in plain ZooKeeper mode")


def _remove_clean_up(seen: Seen) -> Answer:
    if seen.marked:
        return Answer("needed", f"remove the clean-up annotation from StatefulSet {_names(seen.marked)}")
    if _add_clean_up(seen).needed:
        return Answer("needed", "remove the clean-up annotation")
    return Answer("done", "no StatefulSet carries the clean-up annotation")


def _complete(seen: Seen) -> Answer:
    if seen.nothing:
        return Answer("not needed", "there is nothing to roll back")
    if seen.later and (seen.outdated or seen.not_restored or seen.migrating_brokers):
        return Answer(
            "later",
            "recorded once the brokers have restarted: run rollback.yml again without kraft_rollback_cleanup: later",
        )
    return Answer("needed", "prove that nothing is left, restore the update strategy, release the lock")


_ANSWERS = {
    MAKE_PROCESS_ROLE_EMPTY: _make_process_role_empty,
    ROLL_1: _roll_1,
    REMOVE_ZNODES: _remove_znodes,
    REMOVE_ZNODES_FROM_SETUP: _remove_znodes_from_setup,
    REMOVE_DEPENDENCIES: _remove_dependencies,
    ROLL_2: _roll_2,
    ADD_CLEAN_UP: _add_clean_up,
    ROLL_3: _no_roll,
    REMOVE_CLEAN_UP: _remove_clean_up,
    ROLL_4: _no_roll,
    COMPLETE: _complete,
}


def guarded_epoch(current: int, stored: Iterable[int]) -> int | None:
    """Return what /controller_epoch has to be raised to before a broker may be elected, None when it is high enough.

    KRaft writes its own leader epoch into the partition states (KAFKA-20488); a ZooKeeper-mode controller with a lower epoch
    leaves those partitions without a leader (``PartitionStateMachine``, ``ReplicaStateMachine``).
    """
    highest = max(stored, default=-1)
    return None if current > highest else highest + 1


def _whys(unread: Mapping[str, str]) -> str:
    return _names([f"{pod} could not be read ({why})" for pod, why in unread.items()])


def _names(names: Iterable[str], limit: int = 5) -> str:
    listed = list(names)
    return ", ".join(listed[:limit]) + (f" and {len(listed) - limit} more" if len(listed) > limit else "")
