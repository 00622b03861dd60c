# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a migration as plain data, from the journal, the status and what a canary saw. Pure.

Private to the collection. The keys of ``build`` are what users read by machine: they are only ever added to
(docs/demo.md lists them). Times are ISO 8601 in UTC with milliseconds, durations are in seconds unless a key says ``_ms``.
There is no time of generation in it, so that the same facts give the same report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, rollback, stages, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import folding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report.journal import Journal

FORMAT = 1
Data = dict[str, Any]

_REVERSIBLE = {
    state.ZOOKEEPER: "nothing has been migrated: there is nothing to roll back",
    state.PREMIGRATION: "the brokers still use ZooKeeper: their original settings and one rolling restart are enough",
    state.HYBRID: "ZooKeeper is kept up to date: the brokers can return to it",
    state.PURE: "ZooKeeper is kept up to date: one rolling restart of the brokers into migrating mode, then back to ZooKeeper",
    state.MIXED: "a rolling restart is under way, the controllers still have the migration flag: finish it, or roll back",
}
_OVER = (
    "the controllers' settings without the migration flag were written: a rollback to ZooKeeper is no longer possible"
)


def epoch_ms(text: Any) -> int:
    """Return an ISO 8601 time in milliseconds since 1970, or 0 when it is none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return 0
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def iso(milliseconds: int) -> str:
    """Return milliseconds since 1970 as ISO 8601 in UTC, or an empty string for 0."""
    if milliseconds <= 0:
        return ""
    whole = datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)
    return whole.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def overhead(pods: Sequence[Mapping[str, Any]]) -> Data:
    """Return what our own work adds to the restarts of one roll, in milliseconds.

    A pod is back when it is Ready and in every in-sync replica set. ``notice_ms`` is the time from then until we knew
    (None when nothing tells when it happened: controllers are looked at, and count from the look that saw them),
    ``gap_ms`` from then on until the next pod was deleted (None for the last one), ``overhead_ms`` their sum: the time in
    which nothing was restarting although the next restart was safe. A pause that the user asked for (``paused_ms``) is none
    of it.

    :param pods: ``Restart.as_dict`` of a roll in the order of the restarts; times in milliseconds since 1970.
    :returns: ``pods`` (one entry each), ``mean_ms`` and ``max_ms`` (None without a pod).
    """
    rows: list[Data] = []
    for index, pod in enumerate(pods):
        back = _number(pod, "back_ms")
        happened = max(back, _number(pod, "ready_ms"))
        noticed = max(_number(pod, "noticed_ms"), happened)
        notice = None if back == _number(pod, "noticed_ms") else noticed - happened
        gap = None
        if index + 1 < len(pods):
            following = pods[index + 1]
            gap = max(_number(following, "deleted_ms") - _number(following, "paused_ms") - noticed, 0)
        rows.append(
            {"pod": pod.get("pod", ""), "notice_ms": notice, "gap_ms": gap, "overhead_ms": (notice or 0) + (gap or 0)}
        )
    sums = [row["overhead_ms"] for row in rows]
    return {
        "pods": rows,
        "mean_ms": round(sum(sums) / len(sums)) if sums else None,
        "max_ms": max(sums, default=None),
    }


def build(
    journal: Journal,
    status: Mapping[str, Any],
    *,
    canary: Mapping[str, Any] | None = None,
    patches: Iterable[Mapping[str, Any]] = (),
    versions: Mapping[str, Any] | None = None,
) -> Data:
    """Return the report.

    :param status: of ``cluster_info``; must not hold secrets, neither must ``patches``.
    :param canary: of the client that produced and consumed meanwhile (``tests.sandbox traffic check``).
    :param patches: for each object what changed: ``object``, ``stage``, ``set``, ``removed``, ``note``.
    :param versions: name to version of what took part.
    """
    events = [event for event in journal.last_attempt() if epoch_ms(event.get("time"))]
    rolls = _rolls(events)
    point = _no_return(events, status)
    begin = min(
        [_start(event) for event in events] + ([epoch_ms(journal.started)] if journal.started else []), default=0
    )
    end = max((_end(event) for event in events), default=0)
    return {
        "format": FORMAT,
        "cluster": str(status.get("cluster") or journal.cluster),
        "namespace": str(status.get("namespace") or ""),
        "platform": str(status.get("platform") or ""),
        "migration_id": journal.migration_id or _closed_id(events),
        "state": str(status.get("state") or ""),
        "reason": str(status.get("reason") or ""),
        "phase": str(status.get("phase") or ""),
        "next": str(status.get("next") or ""),
        "reversible": _reversible(str(status.get("state") or ""), point),
        "started": iso(begin),
        "as_of": iso(end),
        "elapsed": _seconds(end - begin),
        "worked": round(sum(_float(event, "seconds") + _float(event, "worked") for event in events), 2),
        "broker_rolls": sum(1 for roll in rolls if roll["target"] == "brokers"),
        "controller_rolls": sum(1 for roll in rolls if roll["target"] == "controllers"),
        "states": _states(journal, events, rolls, begin, end),
        "sub_phases": _sub_phases(events),
        "rolls": rolls,
        "gates": _gates(events),
        "failures": _failures(events),
        "folded": folding.summaries(events),
        "rollback": _rollback(events, rolls),
        "brokers": list(status.get("brokers") or []),
        "controllers": list(status.get("controllers") or []),
        "zookeeper": status.get("zookeeper") or journal.zookeeper_connect or None,
        "versions": dict(versions or {}),
        "canary": dict(canary) if canary else None,
        "git": [dict(patch) for patch in patches],
    }


def summary(report: Mapping[str, Any]) -> Data:
    """Return the few figures that a task prints."""
    figures = [roll["overhead"]["max_ms"] for roll in report["rolls"] if roll["overhead"]["max_ms"] is not None]
    canary = report["canary"] or {}
    kept = ("acked", "consumed", "lost", "longest_ack_gap_ms")
    return {
        "state": report["state"],
        "elapsed": report["elapsed"],
        "broker_rolls": report["broker_rolls"],
        "controller_rolls": report["controller_rolls"],
        "restarts": sum(roll["restarts"] for roll in report["rolls"]),
        "max_overhead_ms": max(figures, default=None),
        **{key: canary[key] for key in kept if key in canary},
    }


def _number(data: Mapping[str, Any], key: str) -> int:
    return int(_float(data, key))


def _float(data: Mapping[str, Any], key: str) -> float:
    try:
        return float(data.get(key) or 0)
    except (TypeError, ValueError):
        return 0.0


def _seconds(milliseconds: int) -> float:
    return round(milliseconds / 1000, 3)


def _end(event: Mapping[str, Any]) -> int:
    return epoch_ms(event["time"])


def _start(event: Mapping[str, Any]) -> int:
    return _end(event) - int(_float(event, "seconds") * 1000)


def _sub_phases(events: Sequence[Mapping[str, Any]]) -> list[Data]:
    """Every sub-phase in order, with the runs of it that the journal knows (steps that only read leave none)."""
    rows = []
    rolled_back = any(event.get("phase") == phases.ROLLBACK for event in events)
    for item in phases.SUB_PHASES:
        if item.phase == phases.ROLLBACK and not rolled_back:
            continue
        runs = [_run(event) for event in events if event.get("sub_phase") == item.name]
        rows.append(
            {
                "name": item.name,
                "phase": item.phase,
                "effect": item.effect,
                "does": item.does,
                "runs": _merged(runs),
            }
        )
    return rows


def _run(event: Mapping[str, Any]) -> Data:
    return {
        "start": iso(_start(event)),
        "end": iso(_end(event)),
        "seconds": _seconds(_end(event) - _start(event)),
        "what": [str(event.get("what", ""))],
        "by": str(event.get("by", "")),
        "failed": bool(event.get("failed")),
    }


def _merged(runs: Sequence[Data]) -> list[Data]:
    """One task may write several events, each with the seconds since the task began: they are one run."""
    merged: list[Data] = []
    for run in runs:
        last = merged[-1] if merged else None
        if last is not None and last["by"] == run["by"] and epoch_ms(run["start"]) <= epoch_ms(last["end"]):
            begin = min(epoch_ms(last["start"]), epoch_ms(run["start"]))
            last.update(end=run["end"], start=iso(begin), seconds=_seconds(epoch_ms(run["end"]) - begin))
            last["what"] += run["what"]
            last["failed"] = run["failed"]
        else:
            merged.append(run)
    return merged


def _rolls(events: Sequence[Mapping[str, Any]]) -> list[Data]:
    return [roll for event in events if event.get("what") == "rolled" for roll in _roll(event)]


def _roll(event: Mapping[str, Any]) -> list[Data]:
    """One roll; without its pods where these were folded, and none where there were none."""
    pods, folded = event.get("pods"), event.get(folding.PODS_FOLDED)
    cost, rows = overhead([]), []
    if isinstance(pods, list) and pods:
        cost = overhead(pods)
        rows = [_restart(pod, extra) for pod, extra in zip(pods, cost["pods"], strict=True)]
        begin, end = _number(pods[0], "deleted_ms"), _number(pods[-1], "noticed_ms")
    elif isinstance(folded, Mapping):
        begin, end = _number(folded, "begin_ms") or _start(event), _number(folded, "end_ms") or _end(event)
    else:
        return []
    return [
        {
            **{key: str(event.get(key, "")) for key in ("sub_phase", "stage", "target")},
            "start": iso(begin),
            "end": iso(end),
            "seconds": _seconds(end - begin),
            "restarts": len(rows) or _number(folded or {}, "count"),
            "pods": rows,
            "overhead": {key: cost[key] for key in ("mean_ms", "max_ms")},
        }
    ]


def _restart(pod: Mapping[str, Any], cost: Mapping[str, Any]) -> Data:
    deleted = _number(pod, "deleted_ms")
    back = _number(pod, "back_ms")
    return {
        "pod": str(pod.get("pod", "")),
        "node_id": pod.get("node_id"),
        "deleted": iso(deleted),
        "ready": iso(_number(pod, "ready_ms")),
        "in_sync": iso(back),
        "noticed": iso(_number(pod, "noticed_ms")),
        "to_ready": _seconds(_number(pod, "ready_ms") - deleted),
        "to_in_sync": _seconds(max(back - deleted, 0)),
        "to_noticed": _seconds(_number(pod, "noticed_ms") - deleted),
        "notice_ms": cost["notice_ms"],
        "gap_ms": cost["gap_ms"],
        "overhead_ms": cost["overhead_ms"],
        "note": str(pod.get("note", "")),
    }


def _gates(events: Sequence[Mapping[str, Any]]) -> list[Data]:
    return [
        {
            "time": iso(_end(event)),
            "confirmed_by": str(event.get("confirmed_by") or event.get("by") or ""),
            "gates": [dict(gate) for gate in event["gates"]],
        }
        for event in events
        if isinstance(event.get("gates"), list)
    ]


def _failures(events: Sequence[Mapping[str, Any]]) -> list[Data]:
    return [
        {
            "time": iso(_end(event)),
            "sub_phase": str(event.get("sub_phase", "")),
            "code": str(event.get("code", "")),
            "error": str(event.get("error", "")),
        }
        for event in events
        if event.get("failed")
    ]


def _closed_id(events: Sequence[Mapping[str, Any]]) -> str:
    """The id of an attempt that was rolled back: the journal has none of its own any more."""
    return next((str(event["migration_id"]) for event in reversed(events) if event.get("migration_id")), "")


def _rollback(events: Sequence[Mapping[str, Any]], rolls: Sequence[Data]) -> Data | None:
    """What the rollback did, None when there was none. Windows in milliseconds, None where nothing was measured."""
    rolled_back = [event for event in events if event.get("phase") == phases.ROLLBACK]
    if not rolled_back:
        return None
    removed: Mapping[str, Any] = next((event for event in rolled_back if event.get("what") == "removed"), {})
    complete: Mapping[str, Any] = next((event for event in rolled_back if event.get("what") == rollback.COMPLETE), {})
    return {
        "complete": bool(complete),
        "znodes_to_election_ms": removed.get("znodes_to_election_ms"),
        "without_controller_ms": removed.get("without_controller_ms"),
        "controller": removed.get("controller"),
        "high_watermark": removed.get("high_watermark"),
        "final_offset": removed.get("final_offset"),
        "raised_epoch": removed.get("raised_epoch"),
        "broker_rolls": sum(1 for roll in rolls if roll["stage"] in (stages.RETURN, stages.ORIGINAL)),
        "znodes": dict(removed.get("removed") or {}),
        "deleted": [*(removed.get("deleted") or []), *(complete.get("deleted") or [])],
        "notes": list(removed.get("notes") or []),
        "proof": [dict(line) for line in complete.get("proof") or []],
    }


def _no_return(events: Sequence[Mapping[str, Any]], status: Mapping[str, Any]) -> bool:
    """Whether the final settings were written: a drain could then elect a controller without the flag."""
    written = any(event.get("what") == "written" and event.get("stage") == "final" for event in events)
    unflagged = any(item.get("migration_flag") is False for item in status.get("controllers") or [])
    return written or unflagged or status.get("state") == state.FINALIZED


def _reversible(name: str, point_of_no_return: bool) -> Data:
    if point_of_no_return:
        return {"possible": False, "how": _OVER}
    if name not in _REVERSIBLE:
        return {"possible": None, "how": "the state of the cluster could not be determined"}
    return {"possible": True, "how": _REVERSIBLE[name]}


def _states(
    journal: Journal, events: Sequence[Mapping[str, Any]], rolls: Sequence[Data], begin: int, end: int
) -> list[Data]:
    """The cluster's states with their times, as far as the journal proves them."""
    changes = [(begin, state.ZOOKEEPER)] if begin else []
    changes += [change for event in events for change in _change(event)]
    for roll in rolls:
        if roll["stage"] in ("kraft", "final", stages.RETURN):
            changes.append((epoch_ms(roll["start"]), state.MIXED))
        after = {"final": state.FINALIZED, stages.RETURN: state.HYBRID}.get(roll["stage"])
        if after:
            changes.append((epoch_ms(roll["end"]), after))
    if journal.pure_since:
        changes.append((epoch_ms(journal.pure_since), state.PURE))
    changes.sort(key=lambda change: change[0])
    spans: list[Data] = []
    for index, (since, name) in enumerate(changes):
        until = changes[index + 1][0] if index + 1 < len(changes) else end
        if spans and spans[-1]["name"] == name:
            spans[-1].update(until=iso(until), seconds=_seconds(until - epoch_ms(spans[-1]["since"])))
            continue
        spans.append({"name": name, "since": iso(since), "until": iso(until), "seconds": _seconds(until - since)})
    return spans


def _change(event: Mapping[str, Any]) -> list[tuple[int, str]]:
    """The state that an event proves, with its time in milliseconds; [] when it proves none."""
    what = event.get("what")
    if what == "written" and event.get("stage") == "migrating":
        return [(_end(event), state.PREMIGRATION)]
    if what == "MigrateDualWrite":
        return [(_end(event), state.HYBRID)]
    if what == "rolled" and event.get("state") == state.PURE:
        return [(_end(event), state.PURE)]
    if what == "removed" and event.get("elected_ms"):
        return [(_number(event, "elected_ms"), state.ZOOKEEPER)]
    return []


def by_version(entries: Iterable[Mapping[str, Any]]) -> str:
    """Return ``3.9.2`` or, when they differ, ``3.9.2 (2), 3.8.1 (1)``, of entries with a ``version``."""
    found = Counter(str(entry.get("version") or "unknown") for entry in entries)
    if len(found) == 1:
        return next(iter(found))
    return ", ".join(f"{version} ({count})" for version, count in found.most_common())
