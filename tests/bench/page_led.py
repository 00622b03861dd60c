# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of docs/benchmarks.md about clusters that an operator leads."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

from tests.bench.conditions import sentence
from tests.bench.marked import table

NOTE = """The double of Confluent for Kubernetes goes each way alone (annotations at once, znodes by ZooKeeper's shell; that wait is not counted)
and with the playbooks, on two clusters of three brokers and three controllers under traffic. Before: from the start of ansible-playbook
until the operator was asked (preflight, gates). Operator: from there until it was through; in a rollback this has the 10 s for which a broker must keep
`/controller`. After: from there to the end of ansible-playbook (proof, exports, locks, clean-up). Added: how much longer the operator
took than alone, without those 10 s.
"""
#: seconds for which a broker must keep /controller before the operator is told to go on
KEPT = 10.0


def section(data: Mapping[str, Any]) -> str:
    """Return it as Markdown."""
    ways, alone = data["playbook"], data["alone_s"]
    delays = sorted(delay for way in ways.values() for delay in way["noticed_ms"].values())
    added = {name: way["operator_s"] - (KEPT if "znodes_s" in way else 0.0) - alone[name] for name, way in ways.items()}
    share = sum(added.values()) / sum(alone.values())
    goals = [
        (
            "change of the sub-phase noticed after, maximum (median)",
            "1 s",
            f"{delays[-1]} ms ({statistics.median(delays):.0f} ms)",
        ),
        ("longest time without a line", "5 s", f"{max(way['silence_s'] for way in ways.values())} s"),
        ("znodes removed after the wait was shown", "2 s", f"{ways['rollback']['znodes_s']} s"),
        ("added to the operator's own time, all three ways", "5 %", f"{share:.1%}"),
    ]
    rows = [
        (
            f"{name}.yml",
            f"{alone[name]} s",
            f"{way['before_s']} s",
            f"{way['operator_s']} s",
            f"{way['after_s']} s",
            f"{added[name]:+.1f} s ({added[name] / alone[name]:+.1%})",
            f"{len(way['noticed_ms'])}",
        )
        for name, way in ways.items()
    ]
    headers = ("way", "operator alone", "before", "operator", "after", "added", "sub-phases noticed")
    return "\n".join([
        "### Where an operator leads\n",
        sentence(data["conditions"]),
        table(("what", "goal", "measured"), goals),
        NOTE,
        table(headers, rows),
    ])  # fmt: skip
