# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of docs/benchmarks.md that compares this build with an earlier one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.bench.marked import table

#: the clusters whose last playbook is compared: the same but for Jolokia
PLAIN, JOLOKIA = "no Jolokia", "TTL 1 s"
NOT_MEASURED = "not measured"


def section(before: Mapping[str, Any], clusters: Mapping[str, Any]) -> str:
    """Return the section; one sentence where there was nothing to compare with."""
    title = "### Against the build before\n\n"
    if "left_out" in before:
        return f"{title}Left out: {before['left_out']}.\n"
    note = (
        f"The build before is commit {before['revision']}. What changes nothing was run by both on the same cluster in turn: before, now, "
        "before, now; the ratio is the middle one of those of the pairs. The roll of the controllers was measured on a cluster each.\n"
    )
    rows = [
        _overhead(before, clusters),
        _confirmed(before, clusters),
        _pairs("migrate.yml on a finalized cluster, whole playbook", "<= 0.6", before.get("no-op")),
        _pairs(_preflight(before), "<= 1.5", before.get("preflight")),
    ]
    return f"{title}{note}\n" + table(("what", "goal", "before", "now", "now to before"), rows)


def _overhead(before: Mapping[str, Any], clusters: Mapping[str, Any]) -> Sequence[object]:
    what, goal = "our overhead per controller without Jolokia, maximum", "<= 1000 ms and 10 times less"
    then, now = _worst(before.get("no Jolokia")), _worst(clusters.get(PLAIN))
    if then is None or now is None:
        return what, goal, NOT_MEASURED, NOT_MEASURED, "-"
    return what, goal, f"{then} ms", f"{now} ms", f"{then / max(now, 1):.0f} times less"


def _worst(cluster: Mapping[str, Any] | None) -> int | None:
    rolls = [roll for roll in (cluster or {}).get("rolls", ()) if roll["target"] == "controllers"]
    return max((int(roll["overhead"]["max_ms"]) for roll in rolls), default=None)


def _confirmed(before: Mapping[str, Any], clusters: Mapping[str, Any]) -> Sequence[object]:
    """Without Jolokia against with it, in this build."""
    what, goal = "finalize.yml confirmed, without Jolokia to with it, whole playbook", "<= 1.15 : 1"
    seconds = [clusters.get(name, {}).get("plays", {}).get("finalize confirmed") for name in (PLAIN, JOLOKIA)]
    if None in seconds:
        return what, goal, NOT_MEASURED, NOT_MEASURED, "-"
    plain, jolokia = seconds
    then = before.get("no Jolokia", {}).get("plays", {}).get("finalize confirmed")
    return (
        what,
        goal,
        f"{then} s without" if then else NOT_MEASURED,
        f"{plain / jolokia:.2f} : 1 ({plain} s, {jolokia} s)",
        f"{plain / then:.2f}" if then else "-",
    )


def _preflight(before: Mapping[str, Any]) -> str:
    found = before.get("preflight")
    size = f" of {found['brokers']} brokers with {found['partitions']} partitions" if found else ""
    return f"preflight.yml{size}, whole playbook"


def _pairs(what: str, goal: str, found: Mapping[str, Any] | None) -> Sequence[object]:
    if not found:
        return what, goal, NOT_MEASURED, NOT_MEASURED, "-"
    then, now = (", ".join(f"{value:.1f}" for value in found[key]) for key in ("before_s", "now_s"))
    return what, goal, f"{then} s", f"{now} s", f"{found['ratio']:.2f}"
