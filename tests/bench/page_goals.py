# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures that have a goal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

HEADERS = ("what", "goal", "measured")
#: the cluster without Jolokia
PLAIN = "no Jolokia"


def of(cluster: Mapping[str, Any], target: str) -> list[Mapping[str, Any]]:
    """Return the rolls of its brokers, or of its controllers."""
    return [roll for roll in cluster["rolls"] if roll["target"] == target]


def _worst(clusters: Mapping[str, Any], target: str, names: Sequence[str]) -> str:
    found = [roll["overhead"]["max_ms"] for name in names for roll in of(clusters[name], target)]
    return f"{max(found)} ms" if found else "-"


def rows(clusters: Mapping[str, Any]) -> list[tuple[str, str, object]]:
    """Return a row for each figure that has a goal: over all these clusters, by their names."""
    every = list(clusters.values())
    noticed = [item["hybrid_noticed_after_ms"] for item in every if item["hybrid_noticed_after_ms"] is not None]
    jolokia = {
        title: [name for name in clusters if (name == PLAIN) == (title == "without")] for title in ("with", "without")
    }
    rolls = {f"{len(of(item, 'brokers'))} + {len(of(item, 'controllers'))}" for item in every}
    return [
        ("rolls forward, brokers + controllers", "2 + 1", ", ".join(sorted(rolls))),
        ("our overhead per broker, maximum", "1 s", _worst(clusters, "brokers", list(clusters))),
        *(
            (f"our overhead per controller, {title} Jolokia, maximum", "1 s", _worst(clusters, "controllers", names))
            for title, names in jolokia.items()
            if names
        ),
        (
            "hybrid noticed after it began, maximum",
            "1 s",
            f"{max(noticed)} ms" if noticed else "was there at the first look",
        ),
        ("status.yml, median", "3 s", f"{max(item['status_s'] for item in every)} s"),
        (
            "memory of the runner",
            "300 MiB",
            f"{max(max(item['memory_mib'].values()) for item in every)} MiB",
        ),
        ("acked records lost", "0", sum(item["canary"]["lost"] for item in every)),
    ]
