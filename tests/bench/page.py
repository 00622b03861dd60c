# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The measured part of docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.bench import marked, page_before, page_goals, page_led, page_secured
from tests.bench.conditions import sentence
from tests.bench.marked import table
from tests.bench.page_goals import of

PAGE = marked.PAGE
LED = {"confluent": page_led.CONFLUENT, "strimzi": page_led.STRIMZI}
FROM, TO = "<!-- measured: from here, written by make bench -->", "<!-- measured: to here -->"


def write(data: Mapping[str, Any]) -> None:
    """Put the measured part between the two marks of the page. Raises ValueError when a mark is missing."""
    marked.put(PAGE, FROM, TO, measured(data))


def measured(data: Mapping[str, Any]) -> str:
    """Return the measured part as Markdown."""
    clusters = data["clusters"]
    return "\n".join([
        sentence(data["conditions"]),
        "### Goals\n\n" + table(page_goals.HEADERS, page_goals.rows(clusters)),
        _rolls(clusters),
        _overheads(clusters),
        _rest(clusters),
        *([page_before.section(data["before"], clusters)] if data.get("before") else []),
        *([page_secured.section(data["secured"])] if data.get("secured") else []),
        *(page_led.section(data[name], about) for name, about in LED.items() if data.get(name)),
    ])  # fmt: skip


def _rolls(clusters: Mapping[str, Any]) -> str:
    rows = []
    for name, item in clusters.items():
        first, second = [*of(item, "brokers"), {}, {}][:2]
        last = next(iter(of(item, "controllers")), {})
        waits = max((pod["to_in_sync"] - pod["to_ready"] for pod in first.get("pods", [])), default=0)
        rows.append(
            (
                name,
                f"{item['naive']['seconds']:.1f} s ({item['naive'].get('behind_s', 0):.0f} s)",
                f"{first.get('seconds', 0):.1f} s",
                f"{waits:.1f} s",
                f"{second.get('seconds', 0):.1f} s",
                f"{last.get('seconds', 0):.1f} s",
            )
        )
    headers = ("cluster", "naive roll", "roll 1", "longest wait for the ISR in it", "roll 2", "controllers")
    note = (
        "Three restarts each. Naive: what a hand-written playbook does, on the same cluster before the migration, in ZooKeeper mode "
        "as in roll 1 (see `tests/bench/naive.py`); in brackets, how long partitions were still under-replicated after it reported success, "
        "because the brokers that it asked did not know yet. Roll 1 sets `-Dsun.net.inetaddr.ttl=1`, so that roll 2 has it everywhere.\n"
    )
    return f"### Rolls\n\n{note}\n" + table(headers, rows)


def _overheads(clusters: Mapping[str, Any]) -> str:
    rows = []
    for name, item in clusters.items():
        for roll in item["rolls"]:
            pods = roll["pods"]
            gaps = [pod["gap_ms"] for pod in pods if pod["gap_ms"] is not None]
            rows.append(
                (
                    name,
                    f"{roll['target']}, {roll['stage']}",
                    ", ".join(f"{pod['to_ready']:.1f}" for pod in pods),
                    ", ".join(f"{max(pod['to_in_sync'], pod['to_ready']):.1f}" for pod in pods),
                    ", ".join("-" if pod["notice_ms"] is None else str(pod["notice_ms"]) for pod in pods),
                    ", ".join(str(gap) for gap in gaps) or "-",
                    roll["overhead"]["max_ms"],
                )
            )
    headers = (
        "cluster",
        "roll",
        "to Ready, s",
        "to back, s",
        "noticed after, ms",
        "to next delete, ms",
        "maximum overhead, ms",
    )
    note = (
        "One figure for each restart, in order. Back = Ready and in every in-sync replica set. Overhead = noticed after + to next "
        "delete: the time during which nothing restarts although the next restart is safe. No signal shows when a controller was back, so it "
        "counts from the read of the quorum that saw it.\n"
    )
    return f"### Our overhead\n\n{note}\n" + table(headers, rows)


def _rest(clusters: Mapping[str, Any]) -> str:
    rows = []
    for name, item in clusters.items():
        noticed = item["hybrid_noticed_after_ms"]
        memory, canary = item["memory_mib"], item["canary"]
        rows.append(
            (
                name,
                "already there" if noticed is None else f"{noticed} ms",
                f"{item['status_s']} s",
                f"{memory['migrate']}, {memory['finalize confirmed']}",
                f"{item['plays']['migrate']} s, {item['plays']['finalize']} s, {item['plays']['finalize confirmed']} s",
                f"{canary['acked']}, {canary['lost']}, {canary['duplicates']}, {canary['order_violations']}, {canary['send_errors']}",
                f"{canary['longest_ack_gap_ms']} ms",
            )
        )
    headers = (
        "cluster",
        "hybrid noticed after",
        "status.yml",
        "memory in MiB: migrate.yml, finalize.yml confirmed",
        "migrate.yml, finalize.yml, confirmed",
        "records acked, lost, duplicated, out of order, errors",
        "longest time between two acks",
    )
    return "### The rest\n\n" + table(headers, rows)
