# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Giving ZooKeeper back to the brokers where an operator waits for it, and the proof that nothing of an attempt is left.

Private to the collection. Safety rules 3 and 9 of docs/architecture.md. The operator may leave its controllers running, and its lock may
forbid us to stop them: a running one can take ``/controller`` again, so that the transaction is repeated until a broker keeps it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import read_quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import NotRunning, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import Quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    in_sync,
    level_epochs,
    losses,
    metadata_logs,
    rollback_proof,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import LedCluster, Signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    DeadlineExceeded,
    Forbidden,
    KraftError,
    Refused,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import handover, levelling

Tell = Callable[[str], None]
#: seconds for which a broker has to keep /controller before the operator may go on
KEPT = 10.0
#: seconds until a broker has taken /controller; a watch of every broker fires at once
ELECTION = 30.0
#: seconds for ZooKeeper to have what the quorum has
WRITTEN = 30.0
#: seconds for which a comparison of both stores holds that was made before the operator was asked; what is written after it is waited for
FRESH = 120.0
#: what the event of such a comparison is called
COMPARED = "compared"


@dataclass
class Evidence:
    """What was seen on the way, for the journal and the report. Times in milliseconds since 1970."""

    high_watermark: int | None = None
    written: int | None = None
    stored_epoch: int = -1
    quorum_epoch: int = -1
    raised_epoch: int | None = None
    removed: dict[str, str] = field(default_factory=dict)
    attempts: int = 0
    committed_ms: int = 0
    elected_ms: int = 0
    controller: int | None = None
    notes: list[str] = field(default_factory=list)
    parity: dict[str, int] = field(default_factory=dict)
    raised_versions: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        data = dict(vars(self))
        if self.elected_ms and self.committed_ms:
            data["znodes_to_election_ms"] = max(self.elected_ms - self.committed_ms, 0)
        return data


def left_in_zookeeper(cluster: LedCluster) -> bool:
    """Whether KRaft still holds ``/controller``, read freshly."""
    return handover.read_heads(cluster.zookeeper).kraft_holds


def remove_znodes(cluster: LedCluster, tell: Tell) -> Evidence:
    """Remove the znodes until a broker keeps ``/controller``, then tell the operator to go on.

    Raises Refused when the operator does not roll back, or a broker still runs in KRaft mode; Conflict, DeadlineExceeded.
    """
    evidence = Evidence()
    seen = cluster.driver.observe()
    if seen.phase != phases.ROLLBACK or seen.rolled_back or seen.failed:
        raise Refused(
            f"the operator does not wait for the removal of the znodes: it is at {seen.where}", code="wrong-state"
        )
    _require_zookeeper_mode(cluster, tell)
    _settle(cluster, evidence, tell)
    why = cluster.driver.stop_controllers()
    if why:
        evidence.notes.append(f"the controllers keep running: {why}")
        tell(f"the controllers keep running: {why}")
    _until_kept(cluster, evidence, tell, stopped=not why)
    cluster.driver.answer(Wait.ZNODES)
    cluster.changed(Part.ZOOKEEPER, Part.CONTROLLERS)
    return evidence


def _require_zookeeper_mode(cluster: LedCluster, tell: Tell) -> None:
    """Every broker runs in ZooKeeper mode; one that cannot be read, since it is just being restarted, is waited for."""
    every = (cluster, *cluster.others)

    def unread() -> list[str]:
        modes = [item for each in every for item in each.modes.items()]
        kraft = [pod for pod, mode in modes if mode == state.MODE_KRAFT]
        if kraft:
            raise Refused(_in_kraft_mode(kraft), code="wrong-state")
        return [pod for pod, mode in modes if mode == state.MODE_UNKNOWN]

    def judge(_seen: Progress, signals: Signals) -> tuple[bool, str]:
        for each in every:
            each.changed(Part.BROKERS)
        left = unread()
        return (
            not left,
            f"waiting until {', '.join(left)} can be read, {signals.text}" if left else "every broker is read",
        )

    if not unread():
        return
    try:
        cluster.driver.follow(judge, idle=cluster.params["wait_timeout"], progress=tell)
    except DeadlineExceeded as error:
        raise Refused(_in_kraft_mode(unread()), code="wrong-state") from error


def _in_kraft_mode(pods: Sequence[str]) -> str:
    return (
        f"{', '.join(pods)} run in KRaft mode, or could not be read: without the quorum's znodes they would lose their controller; "
        "wait until they run in ZooKeeper mode"
    )


def _settle(cluster: LedCluster, evidence: Evidence, tell: Tell) -> None:
    """While the quorum runs: wait until ZooKeeper has what it has committed, compare both stores, level the partitions, and scan the epochs."""
    session = cluster.zookeeper
    heads = handover.read_heads(session)
    if not heads.copied:
        return
    evidence.stored_epoch = handover.highest_stored_epoch(session)
    try:
        quorum = _quorum(cluster, tell)
        if quorum is None:
            evidence.notes.append(
                "no controller runs: it can no longer be checked whether ZooKeeper has the last changes"
            )
            return
        if in_sync.out_of_sync(cluster):
            _wait_in_sync(cluster, evidence, tell)
            quorum = _quorum(cluster, tell) or quorum
        evidence.quorum_epoch = quorum.epoch
        # the high watermark is the first offset that is not committed
        evidence.high_watermark = quorum.high_watermark - 1
        tell(f"waiting until ZooKeeper has the metadata up to offset {evidence.high_watermark}")
        evidence.written = handover.wait_written(
            session, evidence.high_watermark, timeout=WRITTEN, progress=tell
        ).offset
    except Forbidden:
        raise
    except KraftError as error:
        if error.code == losses.OUT_OF_SYNC:
            raise
        text = f"ZooKeeper lags behind the quorum: {error.message}"
        remedy = "what is missing would be lost. Find the cause in the active controller's log, or accept the loss"
        losses.accept_or_refuse(cluster, evidence, losses.BEHIND, text, remedy)
        return
    ahead = _compared_ahead(cluster)
    if ahead is None:
        try:
            found = losses.compare(cluster, evidence, tell)
        except Refused:
            if not _nothing_copied(cluster, evidence, tell):
                raise
            return
        level_epochs.level_compared(cluster, evidence, found, tell)
        return
    evidence.parity = ahead["parity"]
    evidence.notes += [*ahead["notes"], f"both stores were compared at {ahead['time']}, before the operator was asked"]
    level_epochs.level_again(cluster, evidence, ahead, tell)


def _nothing_copied(cluster: LedCluster, evidence: Evidence, tell: Tell) -> bool:
    """Whether the quorum itself says that it has copied nothing: ``/migration`` is left of an earlier attempt, and ZooKeeper has everything."""
    try:
        states = set(read_quorum(cluster, migration=True).migration_states.values())
    except Forbidden:
        raise
    except KraftError:
        return False
    if states != {"PRE_MIGRATION"}:
        return False
    text = "the quorum has copied nothing, so that nothing of it can be lost: /migration is left of an earlier attempt"
    evidence.notes.append(text)
    tell(text)
    return True


def _wait_in_sync(cluster: LedCluster, evidence: Evidence, tell: Tell) -> None:
    behind = in_sync.wait(cluster, cluster.params["wait_timeout"], tell)
    if behind:
        remedy = "without the controllers these ISRs may not grow, and the operator may restart nothing. Get the brokers in sync, or accept it"
        losses.accept_or_refuse(cluster, evidence, losses.OUT_OF_SYNC, behind, remedy)


def _quorum(cluster: LedCluster, tell: Tell) -> Quorum | None:
    """The quorum with its leader; None when no controller runs. The operator may just be stopping them: that is waited for.

    Raises KraftError when they run, and nobody leads.
    """
    found: list[Quorum] = []

    def judge(_seen: Progress, signals: Signals) -> tuple[bool, str]:
        every = (cluster, *cluster.others)
        for each in every:
            each.changed(Part.CONTROLLERS)
        readings = [reading for each in every for reading in each.controller_facts.values()]
        if all(isinstance(reading, NotRunning) for reading in readings):  # one that cannot be read may run
            return True, "no controller runs"
        try:
            quorum = read_quorum(cluster)
        except Forbidden:
            raise
        except KraftError as error:
            return False, f"{error.message}, {signals.text}"
        if quorum.leader is None or quorum.high_watermark < 1:
            return False, f"no quorum leader reports what is committed, {signals.text}"
        found.append(quorum)
        return True, f"controller {quorum.leader} leads the quorum"

    cluster.driver.follow(judge, idle=WRITTEN, progress=tell)
    return found[0] if found else None


def compare_ahead(cluster: LedCluster, tell: Tell) -> dict[str, Any] | None:
    """Compare both stores before the operator is asked, so that nobody waits for it while it waits for us; None where there is nothing to compare.

    What could not be read now is looked at again at the wait, which knows more of it. Nothing is written yet. Returns what the journal keeps of
    it. Raises Refused for a difference, Forbidden.
    """
    heads = handover.read_heads(cluster.zookeeper)
    if not heads.copied:
        return None
    evidence, before = Evidence(), levelling.last_write(cluster.zookeeper)
    try:
        found = losses.compare(cluster, evidence, tell)
    except Refused as error:
        if error.code != losses.UNREAD and not _nothing_copied(cluster, evidence, tell):
            raise
        return None
    level_at = level_epochs.level_at(found, before)
    return {"parity": evidence.parity, "notes": evidence.notes, level_epochs.LEVEL_AT: level_at}


def _compared_ahead(cluster: LedCluster) -> dict[str, Any] | None:
    """The event of a comparison that still holds."""
    for event in reversed(cluster.journal.attempt()):
        if event.get("what") == COMPARED:
            age = (datetime.now(UTC) - datetime.fromisoformat(event["time"])).total_seconds()
            return event if 0 <= age < FRESH else None
    return None


def _until_kept(cluster: LedCluster, evidence: Evidence, tell: Tell, *, stopped: bool) -> None:
    """Repeat the transaction until a broker holds ``/controller`` for KEPT seconds, for as long as kraft_wait_timeout allows.

    Where the controllers are known to be ``stopped``, and no broker tries, there is nothing to repeat: one that the operator restarts in plain
    ZooKeeper mode tries by itself (KAFKA-16101), and until then nobody leads. An operator that would fail without one is not told to go on.
    """
    session = cluster.zookeeper
    deadline = time.monotonic() + cluster.params["wait_timeout"]
    while True:
        done = handover.remove(session, [evidence.stored_epoch, evidence.quorum_epoch])
        evidence.attempts += 1
        evidence.committed_ms = done.committed_ms
        evidence.raised_epoch = done.epoch if done.epoch is not None else evidence.raised_epoch
        evidence.removed.update(done.removed)
        if done.removed:
            tell(f"removed {' and '.join(done.removed)} in one transaction")
        try:
            found, evidence.elected_ms = handover.wait_broker_is_controller(session, timeout=ELECTION, progress=tell)
        except DeadlineExceeded as error:
            lost = error.message
            unled = handover.read_heads(session).controller is None
            if unled and stopped and cluster.driver.goes_on_unled:
                text = f"{lost}: the operator goes on at once, since a broker that it restarts becomes the controller"
                evidence.notes.append(text)
                tell(text)
                return
        else:
            evidence.controller, unled = found.broker_id, False
            lost = handover.lost_within(session, KEPT, tell)
            if not lost:
                return
        if time.monotonic() > deadline and unled:
            raise DeadlineExceeded(
                f"no broker takes /controller ({lost}, for {cluster.params['wait_timeout']} s), and the operator is not told to go on before one does: "
                "look at the brokers' logs, delete the pod of one of them so that it starts again, then run rollback.yml again"
            )
        if time.monotonic() > deadline:
            raise Conflict(
                f"a KRaft controller takes /controller again and again ({lost}, after {evidence.attempts} attempts): stop the controllers, "
                "then run rollback.yml again",
                code="changed-by-others",
            )
        tell(f"{lost}; removing the znodes again")


def require_back(cluster: LedCluster) -> None:
    """Raise KraftError unless every broker is seen to run in plain ZooKeeper mode: any other one would lose its metadata with the controllers.

    The request may be gone since somebody deleted it in the middle, and an operator's word is not Kafka's.
    """
    cluster.changed(Part.BROKERS)
    _what, _evidence, others = rollback_proof.of_processes(cluster)
    if others:
        raise KraftError(
            f"{', '.join(others)} do not run in plain ZooKeeper mode, or could not be read: the controllers and their volumes are not deleted "
            "before they do. If the request to the operator was deleted in the middle, compare the operator's objects with those in your "
            "repository, and bring the brokers back first",
            code="wrong-state",
        )


def left_behind(cluster: LedCluster) -> list[str]:
    """What somebody who rolled back by hand, or an older operator, has left in ZooKeeper: the next attempt would take it for its own copy.

    Only of a cluster in plain ZooKeeper mode whose controllers are gone: with them it is no rest. Read freshly.
    """
    if cluster.state.name != state.ZOOKEEPER or cluster.driver.left():
        return []
    if any(each.has_controllers for each in cluster.others):
        return []
    heads = handover.read_heads(cluster.zookeeper)
    there = {handover.MIGRATION: heads.migration_node is not None, handover.CONTROLLER: heads.kraft_holds}
    return [f"znode {path}" for path, found in there.items() if found]


def remove_what_came_back(cluster: LedCluster, tell: Tell) -> list[str]:
    """Remove what controllers wrote to ZooKeeper between the answer and their end; the controllers must be gone. Returns the paths.

    Those of other regions may still run, for whose rollback it is removed once more.
    """
    if cluster.driver.left():
        return []
    done = handover.remove(cluster.zookeeper, [])
    if done.removed:
        tell(
            f"removed {' and '.join(done.removed)}, which a controller had written again, or an earlier rollback had left"
        )
        handover.wait_broker_is_controller(cluster.zookeeper, timeout=ELECTION, progress=tell)
        cluster.changed(Part.ZOOKEEPER)
    return [f"znode {path}" for path in done.removed]


def remove_metadata_logs(cluster: LedCluster, tell: Tell) -> list[str]:
    """Delete the metadata logs that the operator has left in its brokers' volumes: with one a new attempt ends at once. Returns their names.

    Brokers in plain ZooKeeper mode do not use them.
    """
    cluster.changed(Part.BROKERS)
    deleted = []
    for pod, paths in metadata_logs.left(cluster).items():
        metadata_logs.delete(cluster, pod, paths)
        tell(f"{pod}: {', '.join(paths)} deleted, which the operator had left behind")
        deleted.append(f"metadata log of {pod}")
    cluster.changed(Part.BROKERS)
    return deleted


def prove(cluster: LedCluster) -> list[dict[str, str]]:
    """Look at everything freshly; return what was checked, each with its evidence. Raises KraftError for what is left."""
    migration, controller = rollback_proof.of_znodes(handover.read_heads(cluster.zookeeper))
    running = [f"{each.namespace}/{each.name}" for each in cluster.others if each.has_controllers]
    if running:
        # they may write it at any time; the last region proves that it is gone
        migration = (
            "znode /migration",
            f"left to the rollback of {', '.join(running)}, whose controllers still exist",
            [],
        )
    checks = (
        migration,
        controller,
        ("the operator's objects", "no request, controllers or volumes of them", cluster.driver.left()),
        ("locks", "no object is locked", cluster.driver.locked()),
        rollback_proof.of_processes(cluster),
        ("metadata log of the brokers", "no broker has __cluster_metadata", _metadata_logs(cluster)),
    )
    return rollback_proof.conclude(cluster, checks)


def _metadata_logs(cluster: LedCluster) -> list[str]:
    return [
        f"{pod}: {facts.why}" if isinstance(facts, Unknown) else f"{pod} has one"
        for pod, facts in cluster.facts.items()
        if isinstance(facts, Unknown) or facts.metadata_logs
    ]
