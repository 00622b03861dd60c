# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status of a job: the fields that the schema requires from the start, and the condition with its message for people."""

from __future__ import annotations

from collections.abc import Mapping

from .cursor import Cursor, shown
from .names import (
    BACK,
    COMPLETE,
    CONTINUE,
    DUAL_WRITE,
    FAILURE,
    FINALIZE,
    MIGRATION_CONDITION,
    RELEASE,
    ROLLBACK,
    WAITS,
    Object,
    title,
)
from .seen import Action, Observed

#: the schema requires these as soon as there is a status
REQUIRED: Object = {
    "phase": "",
    "subPhase": "",
    "kafkaClusterId": "",
    "zkEndpointWithNode": "",
    "kafkaGeneration": 0,
    "kraftControllerGeneration": 0,
}


def status(seen: Observed, place: Cursor, action: Action, generations: Mapping[str, int], now: str) -> Object:
    """Return the whole status of a job that is now at ``place``.

    generations: the fields of the CRs that were written in this step. now: the time as Kubernetes writes it.
    """
    before = dict(seen.status)
    fields = {**REQUIRED, **before, **action.found, **generations, **shown(place, before, seen.switches)}
    fields["conditions"] = [_condition(seen, place, action, now)]
    return fields


def _condition(seen: Observed, place: Cursor, action: Action, now: str) -> Object:
    truth, reason, message = _said(seen, place, action)
    old = next((entry for entry in _conditions(seen.status) if entry.get("type") == MIGRATION_CONDITION), None)
    if old and (old.get("status"), old.get("reason"), old.get("message")) == (truth, reason, message):
        return old
    moved = old["lastTransitionTime"] if old and old.get("status") == truth else now
    return {
        "type": MIGRATION_CONDITION,
        "status": truth,
        "reason": reason,
        "message": message,
        "lastProbeTime": now,
        "lastTransitionTime": moved,
    }


def _conditions(before: Mapping[str, object]) -> list[Object]:
    found = before.get("conditions")
    return list(found) if isinstance(found, list) else []


def _said(seen: Observed, place: Cursor, action: Action) -> tuple[str, str, str]:
    """Return status, reason and message of the condition."""
    if place.phase == FAILURE:
        old = next(iter(_conditions(seen.status)), {})
        return "False", "KRaftMigrationFailed", action.failed or str(old.get("message", ""))
    if place.phase == COMPLETE:
        return "True", "KRaftMigrationComplete", _complete(seen)
    if place.phase == DUAL_WRITE:
        return "False", "KRaftMigrationDualWrite", _dual_write(seen)
    if place.phase == BACK:
        if place.sub_phase in WAITS and seen.switches.znode_wait != "hidden":
            return "False", place.reason, _znodes(seen)
        return (
            "False",
            place.reason,
            "rolling back to ZooKeeper is complete" if place.ended else "rolling back to ZooKeeper",
        )
    return "False", "KRaftMigrationInProgress", action.waiting or "KRaft migration is in progress"


def _annotate(seen: Observed, key: str) -> str:
    name, namespace = title(seen.job)
    return f"kubectl annotate kmj {name} -n {namespace} {key}=true --overwrite"


def _dual_write(seen: Observed) -> str:
    return (
        "KRaft migration workflow in dual write mode: Kafka writes its metadata to ZooKeeper and to KRaft. The job is in Paused state. "
        f"To finalize: {_annotate(seen, FINALIZE)}. To go back to ZooKeeper: {_annotate(seen, ROLLBACK)}."
    )


def _complete(seen: Observed) -> str:
    return (
        "KRaft migration is complete. Next steps: 1. download the Kafka and KRaftController CRs, which the job changed, and update CI/CD with "
        f"them; 2. release the lock: {_annotate(seen, RELEASE)}; 3. the ZooKeeper nodes are not removed: delete them when nothing needs them."
    )


def _znodes(seen: Observed) -> str:
    connect = str(seen.status.get("zkEndpointWithNode") or "")
    root = "/" + connect.partition("/")[2]
    return (
        f"Delete the znodes {root}/controller and {root}/migration in ZooKeeper {connect.partition('/')[0]}, then continue: "
        f"{_annotate(seen, CONTINUE)}."
    )
