# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the status of a Cluster says: pure functions.

The phase of the Cluster alone is not enough: it is Running while a component is stopped, and it may be of an earlier generation.
"""

from __future__ import annotations

from collections.abc import Sequence

from .names import Object

RUNNING = "Running"


def phases(cluster: Object) -> dict[str, str]:
    """Return the phase of each component, empty while the operator has said none."""
    said = (cluster.get("status") or {}).get("components") or {}
    names = [one["name"] for one in cluster["spec"].get("componentSpecs") or ()]
    return {name: str((said.get(name) or {}).get("phase") or "") for name in names}


def phase(cluster: Object) -> str:
    """Return the phase of a Cluster, empty while the operator has said none."""
    return str((cluster.get("status") or {}).get("phase") or "")


def not_observed(found: Object) -> str:
    """Return which generation of an object the operator has not observed, empty when it has."""
    generation, seen = found["metadata"].get("generation", 0), (found.get("status") or {}).get("observedGeneration", 0)
    return (
        ""
        if generation == seen
        else f"generation {generation} of {found['metadata']['name']} is not observed, but {seen}"
    )


def missing(cluster: Object, components: Sequence[Object]) -> str:
    """Return why a Cluster is not running as it is written now, empty when it is. components: its Component objects."""
    name = cluster["metadata"]["name"]
    if late := not_observed(cluster):
        return late
    if (now := phase(cluster)) != RUNNING:
        return f"Cluster {name} is {now or 'without a phase'}"
    for component, said in phases(cluster).items():
        if said != RUNNING:
            return f"{component} of Cluster {name} is {said or 'without a phase'}"
        found = next((one for one in components if one["metadata"]["name"] == f"{name}-{component}"), None)
        if found is None:
            return f"Component {name}-{component} is not there"
        if late := not_observed(found):
            return late
        if (now := phase(found)) != RUNNING:
            return f"Component {name}-{component} is {now or 'without a phase'}"
    return ""


def condition(found: Object, kind: str) -> Object:
    """Return a condition of an object, empty when it has none of that type."""
    listed = (found.get("status") or {}).get("conditions") or []
    return next((dict(one) for one in listed if one["type"] == kind), {})
