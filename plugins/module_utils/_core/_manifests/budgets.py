# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PodDisruptionBudgets that would stop a roll: two for one pod, or one that never allows an eviction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.carry_over import selects
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding


def budget_findings(
    budgets: Iterable[Mapping[str, Any]], pods: Mapping[str, Mapping[str, str]], expected: int
) -> list[Finding]:
    """Return what stops evictions of some pods (``budget-blocks``).

    :param budgets: the PodDisruptionBudgets of the namespace.
    :param pods: labels of the pods that are to be evicted, by pod name; also of pods that do not exist yet.
    :param expected: number of pods that one budget of theirs covers, when its status does not say.
    """
    covering: dict[str, list[str]] = {}
    found = []
    for budget in sorted(budgets, key=lambda item: str(item["metadata"]["name"])):
        name = str(budget["metadata"]["name"])
        covered = [pod for pod, labels in pods.items() if selects((budget.get("spec") or {}).get("selector"), labels)]
        for pod in covered:
            covering.setdefault(pod, []).append(name)
        if covered and _never_allows(budget, expected):
            found.append(
                finding(
                    "budget-blocks",
                    name,
                    f"PodDisruptionBudget {name} never allows an eviction of {', '.join(covered)} ({_spelled(budget)}), so no pod could be "
                    "restarted; set maxUnavailable: 1",
                )
            )
    several: dict[str, list[str]] = {}
    for pod, names in covering.items():
        if len(names) > 1:
            several.setdefault(" and ".join(names), []).append(pod)
    for names_of, covered in several.items():
        found.append(
            finding(
                "budget-blocks",
                names_of,
                f"PodDisruptionBudgets {names_of} cover the same pods ({', '.join(covered)}); Kubernetes evicts no pod that has more than one: "
                "keep only one of them, or narrow their selectors",
            )
        )
    return found


def allows_none(budgets: Iterable[Mapping[str, Any]], labels: Mapping[str, str]) -> str:
    """Return which PodDisruptionBudget allows no disruption of a pod with such labels now, or an empty string."""
    for budget in sorted(budgets, key=lambda item: str(item["metadata"]["name"])):
        if not selects((budget.get("spec") or {}).get("selector"), labels):
            continue
        status = budget.get("status") or {}
        if not status.get("disruptionsAllowed", 0):
            # such as a maxUnavailable of pods whose controller Kubernetes does not know
            failed = [each for each in status.get("conditions") or () if each.get("reason") == "SyncFailed"]
            why = f": {failed[0].get('message') or 'Kubernetes could not count its pods'}" if failed else ""
            return (
                f"PodDisruptionBudget {budget['metadata']['name']} allows no disruption now ({_spelled(budget)}){why}"
            )
    return ""


def _never_allows(budget: Mapping[str, Any], expected: int) -> bool:
    """Whether the budget refuses even when every pod is healthy (disruption controller: percentages are rounded up)."""
    spec, status = budget["spec"], budget.get("status") or {}
    count = int(status.get("expectedPods") or expected)
    unavailable, available = spec.get("maxUnavailable"), spec.get("minAvailable")
    if unavailable is not None:
        return _scaled(unavailable, count) == 0
    return available is not None and _scaled(available, count) >= count


def _scaled(value: int | str, count: int) -> int:
    text = str(value)
    return -(-int(text[:-1]) * count // 100) if text.endswith("%") else int(text)


def _spelled(budget: Mapping[str, Any]) -> str:
    spec = budget["spec"]
    key = "maxUnavailable" if spec.get("maxUnavailable") is not None else "minAvailable"
    return f"{key}: {spec.get(key)}"
