# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of docs/benchmarks.md about clusters that an operator leads."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.bench.conditions import sentence
from tests.bench.marked import table

NOTE = """on two clusters of three brokers and three controllers under traffic. Before: from the start of ansible-playbook
until the operator was asked (preflight, gates). Operator: from there until it was through; in a rollback this has the 10 s for which a broker must keep
`/controller`. After: from there to the end of ansible-playbook (proof, exports, locks, clean-up). Added: how much longer the operator
took than alone, without those 10 s.
"""
#: seconds for which a broker must keep /controller before the operator is told to go on
KEPT = 10.0


@dataclass(frozen=True)
class About:
    """What a page says of an operator.

    :ivar what: what is noticed.
    :ivar alone: how its double goes each way alone, as the begin of a sentence.
    :ivar removal: goal for the removal of the znodes; "" where there is none.
    :ivar real: seconds of the real operator, way to step to seconds, and of what.
    """

    title: str
    what: str
    alone: str
    removal: str = ""
    real: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    real_name: str = ""


CONFLUENT = About(
    "Where Confluent for Kubernetes leads",
    "sub-phase",
    "The double of Confluent for Kubernetes goes each way alone (annotations at once, znodes by ZooKeeper's shell; that wait is not counted)\n"
    "and with the playbooks, ",
    "2 s",
)
STRIMZI = About(
    "Where Strimzi leads",
    "state",
    "The double of Strimzi goes each way alone (annotations, pool and volumes by a program that does each as soon as it may be done)\n"
    "and with the playbooks, with Strimzi's own probes, ",
    real={
        "migrate": {
            "KRaftMigration, migration": 38,
            "KRaftDualWriting, migration": 119,
            "KRaftPostMigration, migration": 212,
        },
        "rollback": {"KRaftDualWriting, rollback": 84},
    },
    real_name="the real 0.45.2",
)


def section(data: Mapping[str, Any], about: About) -> str:
    """Return it as Markdown."""
    ways, alone = data["playbook"], {name: way["operator_s"] for name, way in data["alone"].items()}
    added = {name: way["operator_s"] - (KEPT if "znodes_s" in way else 0.0) - alone[name] for name, way in ways.items()}
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
    headers = ("way", "operator alone", "before", "operator", "after", "added", f"{about.what}s noticed")
    share = sum(added.values()) / sum(alone.values())
    return "\n".join([
        f"### {about.title}\n",
        sentence(data["conditions"]),
        table(("what", "goal", "measured"), _goals(ways, share, about)),
        about.alone + NOTE,
        table(headers, rows),
        *([_steps(data, about)] if about.real else []),
    ])  # fmt: skip


def _goals(ways: Mapping[str, Any], share: float, about: About) -> list[tuple[str, str, str]]:
    delays = sorted(delay for way in ways.values() for delay in way["noticed_ms"].values())
    removed = "znodes removed after the wait was shown", about.removal, f"{ways['rollback']['znodes_s']} s"
    return [
        (
            f"change of the {about.what} noticed after, maximum (median)",
            "1 s",
            f"{delays[-1]} ms ({statistics.median(delays):.0f} ms)",
        ),
        ("longest time without a line", "5 s", f"{max(way['silence_s'] for way in ways.values())} s"),
        *([removed] if about.removal else []),
        ("added to the operator's own time, all three ways", "5 %", f"{share:.1%}"),
    ]


def _steps(data: Mapping[str, Any], about: About) -> str:
    """Seconds from the request to what was measured on the real operator."""
    rows = []
    for way, real in about.real.items():
        for step, seconds in real.items():
            theirs, mine = (data[who][way]["steps_s"].get(step) for who in ("alone", "playbook"))
            more = f"{mine - theirs:+.1f} s ({mine / theirs - 1:+.1%})" if mine and theirs else "-"
            both = (f"{each} s" if each else "not seen" for each in (theirs, mine))
            rows.append((f"{way}.yml: {step.partition(',')[0]}", f"{seconds} s", *both, more))
    headers = ("from the request to", about.real_name, "double alone", "double with the playbooks", "added")
    return table(headers, rows)
