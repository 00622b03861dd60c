# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as one HTML page that needs nothing else: no script, no font, no request. Pure.

Private to the collection. Light and dark by the reader's system, from 360 pixels upwards; tables become blocks on small
screens, the timeline is drawn for both widths.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report.style import STYLE
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report.svg import duration, timeline

#: view box and gutter of the two pictures, in pixels
WIDE = (1100, 374)
NARROW = (340, 0)

_LEGEND = (
    ("k-writes", "step that writes"),
    ("k-restarts", "roll"),
    ("r-ready", "restart: deleted to Ready"),
    ("r-sync", "Ready to back in sync"),
    ("r-ours", "our overhead"),
    ("k-bad", "failed step"),
)


def page(report: Mapping[str, Any]) -> str:
    """Return the whole page."""
    title = f"{report['namespace']}/{report['cluster']}: from ZooKeeper to KRaft"
    parts = [
        _head(report, title),
        _tiles(report),
        _section("Timeline", _states(report) + _picture(report), "All times in UTC."),
        _clients(report["canary"]),
        _restarts(report["rolls"]),
        _gates(report["gates"]),
        _failures(report["failures"]),
        _folded(report["folded"]),
        _rollback(report["rollback"]),
        _git(report["git"]),
        _sub_phases(report["sub_phases"]),
        _members(report),
        _versions(report["versions"]),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>\n"
        + "\n".join(part for part in parts if part)
        + f"\n<footer>kafkaops.kraft, report format {report['format']}, as of {escape(_clock(report['as_of']))}. "
        "The same data as JSON: the .json file next to this page.</footer></main></body></html>\n"
    )


def _clock(text: str) -> str:
    return text.replace("T", " ").removesuffix("Z") + " UTC" if text else "-"


def _time(text: str) -> str:
    """The time of day with milliseconds; the day is in the tip."""
    return f'<time datetime="{escape(text)}" title="{escape(text)}">{escape(text[11:23])}</time>' if text else "-"


def _section(title: str, body: str, note: str = "") -> str:
    lead = f'<p class="note">{escape(note)}</p>' if note else ""
    return f"<section><h2>{escape(title)}</h2>{lead}{body}</section>"


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """Return a table; cells are HTML already. Headers that end with a # are of numbers."""
    names = [header.removesuffix("#") for header in headers]
    number = [' class="n"' if header.endswith("#") else "" for header in headers]
    head = "".join(f"<th{css}>{escape(name)}</th>" for name, css in zip(names, number, strict=True))
    body = []
    for row in rows:
        cells = "".join(
            f'<td{css} data-name="{escape(name)}"><div>{cell}</div></td>'
            for cell, name, css in zip(row, names, number, strict=True)
        )
        body.append(f"<tr>{cells}</tr>")
    return f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'


def _head(report: Mapping[str, Any], title: str) -> str:
    back = report["reversible"]
    word = {True: "reversible", False: "not reversible", None: "unknown"}[back["possible"]]
    name = report["state"] or "UNKNOWN"
    return (
        f"<header><h1>{escape(title)}</h1>"
        f'<p><span class="badge s-{escape(name)}">{escape(name)}</span> '
        f'<span class="badge plain">{escape(word)}</span> <span>{escape(report["reason"])}</span></p>'
        f'<dl class="facts"><dt>Rollback</dt><dd>{escape(back["how"])}</dd>'
        f"<dt>Next</dt><dd>{escape(report['next'] or '-')}</dd>"
        f"<dt>Started, as of</dt><dd>{escape(_clock(report['started']))}, {escape(_clock(report['as_of']))}</dd>"
        f"<dt>Migration</dt><dd>{escape(report['migration_id'] or '-')} (platform {escape(report['platform'] or '-')}, "
        f"ZooKeeper {escape(str(report['zookeeper'] or '-'))})</dd></dl></header>"
    )


def _tiles(report: Mapping[str, Any]) -> str:
    costs = [roll["overhead"]["max_ms"] for roll in report["rolls"] if roll["overhead"]["max_ms"] is not None]
    restarts = sum(roll["restarts"] for roll in report["rolls"])
    tiles = [
        (duration(report["elapsed"]), "from the first step to the last"),
        (f"{report['broker_rolls']} + {report['controller_rolls']}", "broker rolls + controller rolls"),
        (str(restarts), "restarts, one at a time"),
        (f"{max(costs)} ms" if costs else "-", "maximum overhead per restart"),
    ]
    canary = report["canary"]
    if canary:
        lost = f"{canary.get('lost', '-')} lost"
        tiles.append((lost, f"of {canary.get('acked', '-')} acked records"))
        tiles.append((f"{canary.get('longest_ack_gap_ms', '-')} ms", "longest time between two acks"))
    cells = "".join(f"<div><b>{escape(str(big))}</b><span>{escape(small)}</span></div>" for big, small in tiles)
    return f'<div class="tiles">{cells}</div>'


def _states(report: Mapping[str, Any]) -> str:
    # the day is told only where there is more than one
    day = 0 if report["started"][:10] != report["as_of"][:10] else 11
    steps = ""
    for index, span in enumerate(report["states"]):
        since = span["since"][day:19].replace("T", " ")
        last = index == len(report["states"]) - 1 and span["name"] == report["state"]
        text = f"since {since}" if last else f"{since}, {duration(span['seconds'])}"
        steps += (
            f'<li><span class="badge s-{escape(span["name"])}">{escape(span["name"])}</span>'
            f"<span>{escape(text)}</span></li>"
        )
    return f'<ol class="states">{steps}</ol>' if steps else ""


def _picture(report: Mapping[str, Any]) -> str:
    legend = "".join(f'<li><i class="{kind}"></i>{escape(text)}</li>' for kind, text in _LEGEND)
    return (
        f'<div class="wide">{timeline(report, *WIDE)}</div><div class="narrow">{timeline(report, *NARROW)}</div>'
        f'<ul class="legend">{legend}</ul>'
    )


def _clients(canary: Mapping[str, Any] | None) -> str:
    if not canary:
        return ""
    rows = [
        ("acked = consumed", f"{canary.get('acked', '-')} acked, {canary.get('consumed', '-')} consumed"),
        ("lost", f"{canary.get('lost', '-')} acked records were never consumed"),
        ("duplicates", f"{canary.get('duplicates', '-')} values at two positions in the log"),
        ("order", f"{canary.get('order_violations', '-')} records out of order within a partition"),
        ("errors", f"{canary.get('send_errors', '-')} sends failed for good" + _messages(canary)),
        ("longest gap", _gap(canary)),
        ("rate", f"{canary.get('rate_per_s', '-')} records/s for {canary.get('duration_s', '-')} s"),
        (
            "allowed",
            (
                f"{canary.get('redelivered', '-')} records read twice by the consumer, "
                f"{canary.get('unacked', '-')} consumed without an ack"
            ),
        ),
    ]
    verdict: dict[object, str] = {
        True: "No acked record is lost, duplicated or out of order.",
        False: "RECORDS ARE LOST OR OUT OF ORDER.",
    }
    running = " The clients were still running: records in flight count as lost." if canary.get("running") else ""
    note = verdict.get(canary.get("ok"), "") + running
    return _section("What clients saw", _table(("what", "seen"), [(escape(a), escape(b)) for a, b in rows]), note)


def _messages(canary: Mapping[str, Any]) -> str:
    found = canary.get("error_messages")
    if not isinstance(found, Mapping) or not found:
        return ""
    return ": " + "; ".join(f"{count} x {text}" for text, count in found.items())


def _gap(canary: Mapping[str, Any]) -> str:
    text = f"{canary.get('longest_ack_gap_ms', '-')} ms without an ack of any partition"
    if canary.get("longest_partition_ack_gap"):
        text += (
            f"; {canary.get('longest_partition_ack_gap_ms', '-')} ms of one partition "
            f"({canary['longest_partition_ack_gap']})"
        )
    return text


def _restarts(rolls: Sequence[Mapping[str, Any]]) -> str:
    if not rolls:
        return ""
    headers = (
        "pod",
        "id#",
        "deleted",
        "to Ready#",
        "to in sync#",
        "noticed after#",
        "to next delete#",
        "our overhead#",
    )
    body = ""
    for roll in rolls:
        rows = [_restart(pod) for pod in roll["pods"]]
        cost = roll["overhead"]
        title = f"{roll['target']}, stage {roll['stage']}: {roll['restarts']} restarts in {duration(roll['seconds'])}"
        title += f", began {_clock(roll['start'])}"
        if not rows:
            body += (
                f'<h3>{escape(title)}</h3><p class="note">The times of each pod were folded: the journal was full.</p>'
            )
            continue
        body += (
            f"<h3>{escape(title)}</h3>{_table(headers, rows)}"
            f'<p class="note">Our overhead: {cost["mean_ms"]} ms on average, {cost["max_ms"]} ms maximum.</p>'
        )
    note = (
        "Noticed after: the time from back (Ready and in every in-sync replica set) until the collection noticed it. It is not known for "
        "controllers, which are read several times a second. To next delete: the time from then until the next pod was deleted. Their "
        "sum is our overhead: nothing restarted although the next restart was safe. The pauses of kraft_restart_interval do not count."
    )
    return _section("Restarts", body, note)


def _restart(pod: Mapping[str, Any]) -> tuple[str, ...]:
    """One row of the table of restarts."""
    note = f'<br><span class="note">{escape(pod["note"])}</span>' if pod["note"] else ""
    return (
        escape(pod["pod"]) + note,
        escape(str(pod["node_id"])),
        _time(pod["deleted"]),
        duration(pod["to_ready"]),
        duration(pod["to_in_sync"]) if pod["in_sync"] else "-",
        "not known" if pod["notice_ms"] is None else f"{pod['notice_ms']} ms",
        "last" if pod["gap_ms"] is None else f"{pod['gap_ms']} ms",
        f"{pod['overhead_ms']} ms",
    )


def _gates(rounds: Sequence[Mapping[str, Any]]) -> str:
    body = ""
    for entry in rounds:
        rows = []
        for gate in entry["gates"]:
            open_, taken = gate.get("passed"), gate.get("accepted")
            word = "passed" if open_ else "accepted by name" if taken else "closed"
            kind = "good" if open_ else "warn" if taken else "bad"
            name = str(gate.get("name") or gate.get("code", ""))
            rows.append((escape(name), f'<b class="{kind}">{escape(word)}</b>', escape(str(gate.get("sentence", "")))))
        body += (
            f"<p>At {escape(_clock(entry['time']))}, confirmed by <code>{escape(entry['confirmed_by'])}</code></p>"
            + _table(("gate", "verdict", "why"), rows)
        )
    note = "Evaluated right before the irreversible write, and again before each restart after it."
    return _section("Gates of the irreversible step", body, note) if body else ""


def _rollback(back: Mapping[str, Any] | None) -> str:
    """What the rollback did, with both windows without a controller."""
    if not back:
        return ""

    def window(key: str) -> str:
        return "-" if back[key] is None else f"{back[key]} ms"

    offsets = f"{back['high_watermark']} committed, {back['final_offset']} in ZooKeeper at the end"
    rows = [
        ("from the removal of the znodes to the election", window("znodes_to_election_ms")),
        ("without a controller in total", window("without_controller_ms")),
        ("controller afterwards", "-" if back["controller"] is None else f"broker {back['controller']}"),
        ("broker rolls", str(back["broker_rolls"])),
        ("offsets of the metadata log", offsets if back["high_watermark"] is not None else "no copy had been made"),
        (
            "/controller_epoch",
            "was high enough" if back["raised_epoch"] is None else f"raised to {back['raised_epoch']}",
        ),
        *((f"removed {path}", data) for path, data in back["znodes"].items()),
        ("deleted", ", ".join(back["deleted"]) or "nothing"),
        *(("note", note) for note in back["notes"]),
        *((f"proof: {line['what']}", line["evidence"]) for line in back["proof"]),
    ]
    note = "Complete: a new attempt can start." if back["complete"] else "Not complete yet: run rollback.yml again."
    return _section("Rollback", _table(("what", "seen"), [(escape(a), escape(b)) for a, b in rows]), note)


def _failures(failures: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (escape(_clock(item["time"])), escape(item["sub_phase"]), escape(item["code"] or "-"), escape(item["error"]))
        for item in failures
    ]
    note = "Steps that failed; a later run resumed from there."
    return _section("Failures", _table(("time", "sub-phase", "code", "what"), rows), note) if rows else ""


def _folded(summaries: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (escape(_clock(item["from"])), escape(_clock(item["until"])), str(item["events"]), str(item["failures"]))
        for item in summaries
    ]
    note = "The journal was full: only the number of these events is left. Of each kind of step the first and the newest are kept."
    return _section("Folded events", _table(("from", "until", "events#", "failures#"), rows), note) if rows else ""


def _git(patches: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for patch in patches:
        lines = [f"+ {key}={value}" for key, value in dict(patch.get("set") or {}).items()]
        lines += [f"- {key}" for key in patch.get("removed") or ()]
        note = f'<p class="note">{escape(str(patch["note"]))}</p>' if patch.get("note") else ""
        text = f"<pre>{escape(chr(10).join(lines))}</pre>" if lines else ""
        rows.append((escape(str(patch.get("object", ""))), escape(str(patch.get("stage") or "-")), text + note))
    note = (
        "What was changed in the cluster, for the manifests in your repository. Values of secret settings are hidden."
    )
    return (
        _section("What to commit to git", _table(("object", "stage", "settings set (+) and removed (-)"), rows), note)
        if rows
        else ""
    )


def _sub_phases(items: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for item in items:
        name = f"<b>{escape(item['name'])}</b><br>{escape(item['does'])}"
        if not item["runs"]:
            rows.append((escape(item["phase"]), name, "-", "-", escape(f"{item['effect']}; nothing recorded")))
            continue
        for run in item["runs"]:
            words = ", ".join(run["what"]) + (" (failed)" if run["failed"] else "")
            rows.append(
                (
                    escape(item["phase"]),
                    name,
                    _day(run["start"]),
                    duration(run["seconds"]) if run["seconds"] else "-",
                    escape(f"{item['effect']}; {words}"),
                )
            )
    note = "Steps that only read are done again in every run and leave no record; nor does a step that was not needed."
    return _section("Sub-phases", _table(("phase", "sub-phase", "began", "took#", "what"), rows), note)


def _day(text: str) -> str:
    return f'<time datetime="{escape(text)}">{escape(text[:10])} {escape(text[11:23])}</time>'


def _stage(item: Mapping[str, Any], unmarked: str) -> str:
    """The stage of our settings in a pod; nothing where an operator writes them."""
    stage = item.get("stage")
    return "" if stage is None else f"stage {stage or unmarked}, "


def _members(report: Mapping[str, Any]) -> str:
    rows = []
    for item in report["brokers"]:
        ready = "Ready" if item.get("ready") else "NOT READY"
        words = f"{item.get('mode')}, {_stage(item, 'original')}{ready}"
        rows.append(
            (
                escape(str(item.get("pod"))),
                escape(f"broker {item.get('id')}"),
                escape(words),
                escape(str(item.get("version") or "-")),
            )
        )
    for item in report["controllers"]:
        flag = {True: "migration flag on", False: "migration flag off"}.get(item.get("migration_flag"), "not running")
        words = f"{flag}, {_stage(item, '-')}{'Ready' if item.get('ready') else 'NOT READY'}"
        rows.append(
            (
                escape(str(item.get("pod"))),
                escape(f"controller {item.get('id')}"),
                escape(words),
                escape(str(item.get("version") or "-")),
            )
        )
    if not rows:
        return ""
    title = (
        "Brokers and controllers now"
        if report["state"] != state.MIXED
        else "Brokers and controllers now (a roll is under way)"
    )
    return _section(title, _table(("pod", "what", "runs as", "Kafka"), rows))


def _versions(versions: Mapping[str, Any]) -> str:
    rows = [(escape(str(name)), escape(str(value))) for name, value in versions.items()]
    return _section("Versions", _table(("what", "version"), rows)) if rows else ""
