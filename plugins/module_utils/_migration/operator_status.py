# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a cluster is that an operator leads: what the operator says beside what Kafka itself shows.

Private to the collection.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb, Wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import operator_steps
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.status import (
    broker_rows,
    controller_rows,
    enforced_by,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import LedCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError


def status(cluster: LedCluster) -> dict[str, Any]:
    """Return where the cluster is, as plain data."""
    cluster.read_processes()
    seen, now = cluster.driver.observe(), cluster.state
    wrong = operator_steps.agreement(cluster, seen)
    newest = cluster.journal.last()
    connect = cluster.zookeeper_connect
    locked = cluster.driver.locked()
    regions, unread = _regions(cluster)
    return {
        "namespace": cluster.namespace,
        "cluster": cluster.name,
        "platform": cluster.platform,
        "state": now.name,
        "reason": now.reason,
        "phase": phases.ROLLBACK if seen.rolls_back else seen.phase,
        "operator": {
            "phase": seen.phase,
            "sub_phase": seen.sub_phase,
            "message": seen.message,
            "waits_for": seen.waits_for.value,
        },
        "since": newest["time"] if newest else None,
        "next": next_command(f"{cluster.namespace}/{cluster.name}", seen, now, bool(locked)),
        "regions": regions,
        "dangers": [text for text in (wrong, unread, _too_late(seen)) if text],
        "foreign": [],
        "brokers": _without_stage(broker_rows(cluster)),
        "controllers": _without_stage(controller_rows(cluster)),
        "zookeeper": str(connect) if connect else None,
        "lock": f"the operator: {', '.join(locked)}" if locked else "",
        "lock_enforced_by": enforced_by(cluster.driver.enforcement, bool(locked) or bool(cluster.journal.lock_policy)),
        "migration_id": cluster.journal.migration_id,
        "journal": cluster.journal.events[-5:],
    }


def _too_late(seen: Progress) -> str:
    """That somebody asked for a rollback which will not come, "" when nobody did."""
    if not seen.asked_too_late:
        return ""
    return f"the operator was asked to roll back at {seen.where}, from where it goes to the end all the same; take that request back"


def _without_stage(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows where an operator writes the settings: it marks no pod with a stage of ours."""
    return [{**row, "stage": None} for row in rows]


def _regions(cluster: LedCluster) -> tuple[list[dict[str, Any]], str]:
    """Where the operators of the other regions are; and why that could not be read, "" when it could."""
    if not cluster.others:
        return [], ""
    try:
        found = cluster.driver.regions()[1:]
    except KraftError as error:
        return [], error.message
    return [
        {"region": each.host, "phase": each.seen.phase, "sub_phase": each.seen.sub_phase, "voters": each.voters}
        for each in found
    ], ""


def next_command(cluster: str, seen: Progress, now: state.ClusterState, locked: bool) -> str:
    """Return what to run next, in words that can be typed. ``cluster`` is ``namespace/name``."""
    if seen.failed:
        return f"'An operator that has given up' in the guide of this operator ({seen.message or 'see its log'})"
    if seen.rolls_back:
        return "rollback.yml (resumes from here)"
    if seen.complete:
        return (
            "finalize.yml (exports the changed manifests and gives the locks back)"
            if locked
            else "nothing: the migration is complete"
        )
    if seen.revocable:
        return "rollback.yml, or take the request to finalize back at once: the operator would not stop where it could be rolled back"
    if Verb.FINALIZE in seen.asked or seen.phase == phases.FINALIZE:
        return f"finalize.yml -e kraft_confirm={cluster} (follows the operator to the end)"
    if seen.waits_for is Wait.DECISION:
        return f"finalize.yml -e kraft_confirm={cluster} (irreversible, in one go; soak in DUAL-WRITE first), or rollback.yml"
    if not seen.started:
        return _to_begin(now, locked)
    return "rollback.yml" if state.NOTHING_COPIED in now.reason else "migrate.yml"


def _to_begin(now: state.ClusterState, locked: bool) -> str:
    """What to run next where the operator was not asked."""
    if locked:
        return "preflight.yml (the operator's objects are locked, and the request that locked them is gone: delete nothing)"
    if now.name == state.FINALIZED:
        return "nothing: the cluster runs in KRaft mode"
    return "preflight.yml, then setup.yml or migrate.yml"


def operator_line(data: dict[str, Any]) -> str:
    """What the operator says, as a line for a terminal."""
    said = data["operator"]
    where = "/".join(filter(None, (said["phase"], said["sub_phase"]))) or "not started"
    others = "".join(
        f"; region {each['region']} {'/'.join(filter(None, (each['phase'], each['sub_phase']))) or 'not started'}"
        for each in data.get("regions", [])
    )
    waits = f"; waits for {said['waits_for']}" if said["waits_for"] != Wait.NOTHING.value else ""
    return f"operator {where}{waits}" + (f": {said['message']}" if said["message"] else "") + others
