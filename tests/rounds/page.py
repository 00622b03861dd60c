# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The measured part of "20 migrations and rollbacks" in docs/benchmarks.md."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from tests.bench import marked
from tests.bench.conditions import sentence
from tests.bench.marked import table
from tests.rounds.changes import HYBRID, PURE

PAGE = marked.PAGE
FROM, TO = "<!-- rounds: from here, written by make rounds -->", "<!-- rounds: to here -->"
NOT_YET = "Not run yet.\n"
STEPS = ("changes", "migrate", "finalize", "rollback", "checks")
WHERE = {HYBRID: "hybrid", PURE: "pure dual-write"}

Rows = Sequence[Mapping[str, Any]]


def write(data: Mapping[str, Any] | None) -> None:
    """Put the part between its two marks of the page; None = nothing was measured. Raises ValueError when a mark is missing."""
    marked.put(PAGE, FROM, TO, NOT_YET if data is None else measured(data))


def measured(data: Mapping[str, Any]) -> str:
    """Return the measured part as Markdown."""
    return "\n".join([_about(data), _goals(data), _steps(data["rounds"]), _each(data["rounds"])])


def _about(data: Mapping[str, Any]) -> str:
    again = data["begun_anew"]
    more = f" It was interrupted, and {again} of the rounds were started again." if again else ""
    return sentence(data["conditions"]).rstrip("\n") + more + "\n"


def _to(rounds: Rows, where: str) -> list[Mapping[str, Any]]:
    return [each for each in rounds if each["to"] == where]


def _both(figures: Sequence[float], unit: str) -> tuple[str, str]:
    """Median and worst; a dash for each where there is no figure."""
    if not figures:
        return "-", "-"
    return f"{_short(statistics.median(figures))} {unit}".rstrip(), f"{_short(max(figures))} {unit}".rstrip()


def _short(figure: float) -> str:
    return f"{figure:.1f}".removesuffix(".0")


def _goals(data: Mapping[str, Any]) -> str:
    rounds, traffic = data["rounds"], data["traffic"]
    wrong = [sum(part[key] for part in traffic) for key in ("lost", "duplicates", "order_violations")]
    minutes = data["conditions"]["took_s"] / 60
    elections, windows = ([each[key] for each in rounds] for key in ("znodes_to_election_ms", "admin_window_s"))
    overheads = [figure for each in rounds for figure in each["overhead_ms"]]
    rows: list[tuple[str, str, str, str]] = [
        (f"rounds, plus one more migration after the last, with {sum(part['acked'] for part in traffic)} records acknowledged",
         "20", "", str(len(rounds))),
        ("records lost, duplicated, out of order", "0, 0, 0", "", ", ".join(map(str, wrong))),
    ]  # fmt: skip
    for where, goal in ((HYBRID, "0"), (PURE, "1")):
        figures = [each["rolls_for_service"] for each in _to(rounds, where)]
        rows.append(
            (
                f"rolling restarts of the brokers from {WHERE[where]} until service is on ZooKeeper",
                goal,
                *_both(figures, ""),
            )
        )
    rows += [
        ("from the removal of the znodes until a broker is controller", "1 s", *_both(elections, "ms")),
        ("from the last admin request answered before the stop to the first one after it", "10 s", *_both(windows, "s")),
        ("our overhead per broker in a rollback", "1 s", *_both(overheads, "ms")),
        ("longest time between two acks, per part of the traffic", "reported",
         *_both([part["longest_ack_gap_ms"] for part in traffic], "ms")),
        ("total", "60 min", "", f"{minutes:.0f} min"),
    ]  # fmt: skip
    return "### Goals of the rounds\n\n" + table(("what", "goal", "median", "worst"), rows)


def _steps(rounds: Rows) -> str:
    rows = []
    for step in STEPS:
        cells = []
        for where in (HYBRID, PURE):
            figures = [each["seconds"][step] for each in _to(rounds, where) if step in each["seconds"]]
            cells += list(_both(figures, "s"))
        rows.append((step, *cells))
    totals = [_both([sum(each["seconds"].values()) for each in _to(rounds, where)], "s") for where in (HYBRID, PURE)]
    rows.append(("the whole round", *totals[0], *totals[1]))
    headers = ("step", "hybrid: median", "worst", "pure dual-write: median", "worst")
    return "### Seconds of each step\n\n" + table(headers, rows)


def _each(rounds: Rows) -> str:
    rows = [
        (
            each["round"],
            WHERE[each["to"]],
            f"{each['seconds']['migrate']} s",
            f"{each['seconds']['finalize']} s" if "finalize" in each["seconds"] else "-",
            f"{each['seconds']['rollback']} s",
            f"{each['rolls_for_service']}, {each['rolls']}",
            f"{each['znodes_to_election_ms']} ms",
            f"{each['without_controller_ms']} ms",
            f"{each['admin_window_s']} s",
            f"{max(each['overhead_ms'], default=0)} ms",
        )
        for each in rounds
    ]
    headers = (
        "round",
        "turned at",
        "migrate",
        "finalize",
        "rollback",
        "rolls until service, in total",
        "znodes to election",
        "stop to election",
        "time without an answered admin request",
        "maximum overhead per broker",
    )
    return "### Every round\n\n" + table(headers, rows)
