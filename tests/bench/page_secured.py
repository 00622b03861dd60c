# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of docs/benchmarks.md about a secured cluster."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

from tests.bench import page_goals
from tests.bench.conditions import sentence
from tests.bench.marked import table
from tests.bench.migration import WHOLE
from tests.bench.page_goals import of
from tests.bench.secured import FIRST, LAST, SECURED

#: seconds by which a sub-phase has to differ to be named
DIFFERS = 0.5
NOTE = """The secured cluster has SASL with SCRAM-SHA-512 and PLAIN, ACLs, a delegation token, an encrypted dynamic setting, and a ZooKeeper that asks for a
login (DIGEST-MD5) and has rights on every znode. The plain one has nothing of this, but the same topics, settings source, JVM options and traffic. It was
migrated before the secured one and once more afterwards, so that what the order does is seen; the ratio is that to the mean of both. A wait for the ISR
of 10 s or more is Kafka's (see [architecture.md](architecture.md#where-a-measurement-changed-the-design)): then the ratio says nothing, and is measured again.
"""


def whole(cluster: Mapping[str, Any]) -> float:
    """Seconds of a whole migration: its playbooks, from the start of each until it ended."""
    return sum(float(cluster["plays"][name]) for name in WHOLE)


def isr_wait(cluster: Mapping[str, Any]) -> float:
    """The longest time, in seconds, from when a broker was Ready until it was in every ISR."""
    pods = [pod for roll in of(cluster, "brokers") for pod in roll["pods"]]
    return max((float(pod["to_in_sync"] - pod["to_ready"]) for pod in pods), default=0.0)


def section(data: Mapping[str, Any]) -> str:
    """Return it as Markdown."""
    clusters = data["clusters"]
    seconds = {name: whole(cluster) for name, cluster in clusters.items()}
    mean = statistics.mean([seconds[FIRST], seconds[LAST]])
    goals = [
        *page_goals.rows({SECURED: clusters[SECURED]}),
        (
            "a whole migration, to the same cluster without security",
            "<= 1.15 : 1",
            f"{seconds[SECURED] / mean:.2f} : 1 ({seconds[SECURED]:.1f} s, {mean:.1f} s)",
        ),
        (
            "what the order does: the plain cluster afterwards, to the one before",
            "-",
            f"{seconds[LAST] / seconds[FIRST]:.2f} : 1 ({seconds[LAST]:.1f} s, {seconds[FIRST]:.1f} s)",
        ),
    ]
    return "\n".join([
        "### A secured cluster\n",
        sentence(data["conditions"]),
        table(page_goals.HEADERS, goals),
        NOTE,
        _times(clusters),
        _sub_phases(clusters),
    ])  # fmt: skip


def _times(clusters: Mapping[str, Any]) -> str:
    rows = []
    for name, item in clusters.items():
        canary = item["canary"]
        rolls = [*of(item, "brokers"), *of(item, "controllers")]
        rows.append(
            (
                name,
                *(f"{item['plays'][play]:.1f} s" for play in WHOLE),
                f"{whole(item):.1f} s",
                ", ".join(f"{roll['seconds']:.1f} s" for roll in rolls),
                f"{isr_wait(item):.1f} s",
                f"{canary['acked']}, {canary['lost']}, {canary['duplicates']}, {canary['order_violations']}, {canary['send_errors']}",
                f"{canary['longest_ack_gap_ms']} ms",
            )
        )
    headers = (
        "cluster, in this order",
        *(f"{play.split()[0]}.yml{' confirmed' if ' ' in play else ''}" for play in WHOLE),
        "whole",
        "roll 1, roll 2, controllers",
        "longest wait for the ISR",
        "records acked, lost, duplicated, out of order, errors",
        "longest time between two acks",
    )
    return table(headers, rows)


def _sub_phases(clusters: Mapping[str, Any]) -> str:
    """Return those in which the time of the secured cluster differs, the greatest difference first."""
    found = []
    for play in WHOLE:
        first, secured, last = (clusters[name]["tasks"][play] for name in (FIRST, SECURED, LAST))
        for task in secured:
            both = first.get(task, 0.0), last.get(task, 0.0)
            difference = secured[task] - statistics.mean(both)
            if abs(difference) >= DIFFERS:
                found.append(
                    (difference, (play, task, f"{both[0]:.1f} s", f"{secured[task]:.1f} s", f"{both[1]:.1f} s"))
                )
    rows = [(*row, f"{difference:+.1f} s") for difference, row in sorted(found, reverse=True)]
    if not rows:
        return f"In no sub-phase did the time differ by {DIFFERS} s.\n"
    note = f"Sub-phases in which the time of the secured cluster differs by {DIFFERS} s or more from the mean of the plain ones:\n"
    return f"{note}\n" + table(("playbook", "sub-phase", FIRST, SECURED, LAST, "difference"), rows)
