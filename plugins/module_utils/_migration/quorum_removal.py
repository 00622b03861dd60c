# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stopping the quorum, giving ZooKeeper back to the brokers, and deleting what the quorum leaves behind.

Private to the collection. Safety rules 3 and 9 of docs/architecture.md: the order makes it safe, and each part is proved before the next.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import read_quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import (
    POD,
    PVC,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict, wait_for
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    level_epochs,
    losses,
    migration_flag,
    quiesce,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.controller_roll import (
    cannot_spare,
    paced,
    restart_with_flag,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    KraftError,
    NotFound,
    Refused,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import handover

Progress = Callable[[str], None]
#: seconds for ZooKeeper to have what the quorum has; a standing offset is KAFKA-16667
WRITTEN = 30.0
#: seconds until a broker has taken /controller; a watch of every broker fires at once
ELECTION = 30.0


@dataclass
class Evidence:
    """What was seen on the way, for the journal and the report. Times in milliseconds since the epoch."""

    high_watermark: int | None = None
    written: int | None = None
    final_offset: int | None = None
    stored_epoch: int = -1
    quorum_epoch: int = -1
    raised_epoch: int | None = None
    removed: dict[str, str] = field(default_factory=dict)
    stopping_ms: int = 0
    stopped_ms: int = 0
    committed_ms: int = 0
    elected_ms: int = 0
    controller: int | None = None
    deleted: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    parity: dict[str, int] = field(default_factory=dict)
    raised_versions: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, with both windows without a controller in milliseconds."""
        data = dict(vars(self))
        if self.elected_ms and self.committed_ms:
            data["znodes_to_election_ms"] = max(self.elected_ms - self.committed_ms, 0)
        if self.elected_ms and self.stopping_ms:
            data["without_controller_ms"] = max(self.elected_ms - self.stopping_ms, 0)
        return data


def settle(cluster: DirectCluster, evidence: Evidence, progress: Progress) -> None:
    """While the quorum runs: wait until ZooKeeper has what it has committed, level the partitions, and scan the epochs.

    Raises Refused (rollback-behind, acceptable) when ZooKeeper stays behind: those changes would be lost; rollback-epochs-behind, acceptable.
    """
    heads = handover.read_heads(cluster.zookeeper)
    if not heads.copied:
        return
    if known(cluster.controller_facts):
        _wait_written(cluster, evidence, progress)
        if evidence.written is not None:
            found = losses.compare(cluster, evidence, progress)
            level_epochs.level_compared(cluster, evidence, found, progress)
    else:
        evidence.notes.append("no controller runs: it can no longer be checked whether ZooKeeper has the last changes")
    evidence.stored_epoch = handover.highest_stored_epoch(cluster.zookeeper)


def _wait_written(cluster: DirectCluster, evidence: Evidence, progress: Progress) -> None:
    for attempt in (1, 2):
        try:
            quorum = read_quorum(cluster)
            if quorum.leader is None or quorum.high_watermark < 1:
                raise DeadlineExceeded("no quorum leader reports what is committed")
            evidence.quorum_epoch = max(evidence.quorum_epoch, quorum.epoch)
            # the high watermark is the first offset that is not committed
            evidence.high_watermark = quorum.high_watermark - 1
            progress(f"waiting until ZooKeeper has the metadata up to offset {evidence.high_watermark}")
            found = handover.wait_written(
                cluster.zookeeper, evidence.high_watermark, timeout=WRITTEN, progress=progress
            )
            evidence.written = found.offset
            return
        except KraftError as error:
            text = error.message
            if attempt == 1 and cluster.controller_ids:
                progress(f"{text}; restarting the active controller, so that its successor writes again (KAFKA-16667)")
                why_not = _restart_active(cluster, progress)
                if not why_not:
                    continue
                text = f"{text}; {why_not}"
            text = f"ZooKeeper lags behind the quorum: {text}"
            remedy = "what is missing would be lost. Find the cause in the active controller's log, or accept the loss"
            losses.accept_or_refuse(cluster, evidence, losses.BEHIND, text, remedy)
            return


def _restart_active(cluster: DirectCluster, progress: Progress) -> str:
    """Restart the active controller as a roll would; returns why it was not, or an empty string.

    Safety rules 2 and 4: only with the flag on in every controller and in what a restarted pod would read, and only while
    the other caught-up voters are a majority: without one the brokers would be left with no controller at all.
    """

    def guard() -> None:
        cluster.changed(Part.OBJECTS, Part.CONTROLLERS)
        if not migration_flag.on_everywhere(cluster):
            raise Refused(
                "the active controller is not restarted: not every controller has the migration flag, in its process and in its "
                "StatefulSet, and a restart could finalize the migration",
                code="controllers-not-ready",
            )
        migration_flag.check_restart(cluster)

    guard()
    leader = read_quorum(cluster).leader
    pod = cluster.controller_ids.get(leader) if leader is not None else None
    if leader is None or pod is None:
        return ""  # an election: whoever wins it writes again
    try:
        paced(lambda: cannot_spare(cluster, leader), cluster.params["pod_timeout"], progress)
    except DeadlineExceeded as error:
        return f"the active controller was not restarted: {error.message}; start the other controllers first"
    restart_with_flag(cluster, [pod], guard, progress)
    cluster.changed(Part.CONTROLLERS)
    return ""


def quiesce_quorum(cluster: DirectCluster, evidence: Evidence, progress: Progress) -> None:
    """Right before the stop: no change can be committed any more, and ZooKeeper has the last one.

    Raises Refused (rollback-behind, acceptable) when it has not, DeadlineExceeded when a controller does not end; the quorum
    is whole again some seconds later.
    """
    if evidence.written is None:
        return
    evidence.stopping_ms = int(time.time() * 1000)
    try:
        last, note = quiesce.quiesce(cluster, progress)
    except DeadlineExceeded as error:
        if error.code == quiesce.ALIVE:
            raise
        text = f"ZooKeeper lags behind the quorum: {error.message}"
        losses.accept_or_refuse(cluster, evidence, losses.BEHIND, text, "run rollback.yml again, or accept the loss")
        last, note = None, ""
    if note:
        evidence.notes.append(note)
    if last is not None:
        evidence.high_watermark = last
        progress(f"admin changes are quiesced: the last one is at offset {last}, and ZooKeeper has it")


def stop(cluster: DirectCluster, evidence: Evidence, progress: Progress) -> None:
    """Stop every controller and wait until their pods are gone, and with them their processes.

    Raises DeadlineExceeded that names the pod: nothing is forced, since a process behind a deleted object could go on
    writing to ZooKeeper.
    """
    evidence.stopping_ms = evidence.stopping_ms or int(time.time() * 1000)
    cluster.driver.controllers.stop()
    pods = cluster.driver.controllers.pods()
    for name, pod in pods.items():
        try:
            cluster.driver.remove_pod(name, pod["metadata"]["uid"], grace_seconds=quiesce.GRACE)
        except NotFound:
            continue
    timeout = cluster.params["pod_timeout"]

    def check(found: Mapping[str, Any]) -> Verdict:
        left = [name for name in found if cluster.driver.controllers.is_pod(found[name])]
        return Verdict(
            not left, f"controllers {', '.join(left)} are still stopping" if left else "every controller is gone"
        )

    try:
        wait_for(
            cluster.client,
            POD,
            cluster.namespace,
            check,
            timeout=timeout,
            label_selector=f"{names.LABEL_CLUSTER}={cluster.name},{names.LABEL_ROLE}={names.ROLE_CONTROLLER}",
            progress=progress,
        )
    except DeadlineExceeded as error:
        raise DeadlineExceeded(
            f"{error.message}: {_why_alive(cluster.driver.controllers.pods())}; ZooKeeper was not touched: a controller that still runs "
            "could write to it. Fix the node or remove the finalizer; never force-delete a pod (--grace-period=0)",
            code=quiesce.ALIVE,
        ) from error
    evidence.stopped_ms = int(time.time() * 1000)
    cluster.changed()


def _why_alive(pods: Mapping[str, Any]) -> str:
    reasons = []
    for name, pod in pods.items():
        finalizers = pod["metadata"].get("finalizers")
        on = (pod.get("spec") or {}).get("nodeName", "no node")
        reasons.append(
            f"{name} on {on}" + (f" has the finalizer {', '.join(finalizers)}" if finalizers else " does not end")
        )
    return "; ".join(reasons)


def hand_over(cluster: DirectCluster, evidence: Evidence, progress: Progress) -> None:
    """Remove the znodes in one transaction and wait for a broker to take /controller. The quorum must be gone.

    Raises Refused while a controller runs, DeadlineExceeded when no broker takes over.
    """
    left = cluster.driver.controllers.pods()
    if left:
        raise Refused(f"controllers {', '.join(left)} still run: stop them first", code="controllers-not-ready")
    heads = handover.read_heads(cluster.zookeeper)
    if heads.migration is not None:
        evidence.final_offset = heads.migration.offset
    done = handover.remove(cluster.zookeeper, [evidence.stored_epoch, evidence.quorum_epoch])
    evidence.removed, evidence.raised_epoch, evidence.committed_ms = done.removed, done.epoch, done.committed_ms
    if done.removed:
        progress(
            f"removed {' and '.join(done.removed)} in one transaction"
            + (f", /controller_epoch raised to {done.epoch}" if done.epoch is not None else "")
        )
    controller, evidence.elected_ms = handover.wait_broker_is_controller(
        cluster.zookeeper, timeout=ELECTION, progress=progress
    )
    evidence.controller = controller.broker_id
    progress(f"broker {controller.broker_id} is controller")
    cluster.changed(Part.ZOOKEEPER)


def delete(cluster: DirectCluster, evidence: Evidence, progress: Progress) -> None:
    """Delete the controllers' objects and volumes and prove them gone. Safety rule 3.

    Raises DeadlineExceeded that names a volume that does not go, and the finalizer that holds it.
    """
    controllers = cluster.driver.controllers
    deleted, left_alone = controllers.remove()
    evidence.deleted += deleted
    evidence.notes += left_alone
    claims = controllers.claims()
    for name, claim in claims.items():
        behind = (claim.get("spec") or {}).get("volumeName")
        if controllers.remove_claim(claim):
            evidence.deleted.append(f"PersistentVolumeClaim/{name}")
        if behind:
            evidence.notes.append(
                f"PersistentVolume {behind} keeps its data if its reclaim policy is Retain: delete it yourself"
            )

    def check(found: Mapping[str, Any]) -> Verdict:
        left = [name for name, claim in claims.items() if _same(found.get(name), claim)]
        return Verdict(not left, f"volumes {', '.join(left)} are not gone yet" if left else "every volume is gone")

    try:
        wait_for(
            cluster.client, PVC, cluster.namespace, check, timeout=cluster.params["wait_timeout"], progress=progress
        )
    except DeadlineExceeded as error:
        held = {
            volume: ", ".join(claim["metadata"].get("finalizers") or ["no finalizer"])
            for volume, claim in controllers.claims().items()
        }
        listed = "; ".join(f"{volume}: {finalizers}" for volume, finalizers in held.items())
        raise DeadlineExceeded(
            f"{error.message} ({listed}); with the old log a new attempt would overwrite ZooKeeper: remove what holds them "
            "(a pod that mounts them, a finalizer), then run again",
            code="controller-volumes-leftover",
        ) from error
    cluster.changed()


def _same(found: Mapping[str, Any] | None, read: Mapping[str, Any]) -> bool:
    return found is not None and found["metadata"]["uid"] == read["metadata"]["uid"]
