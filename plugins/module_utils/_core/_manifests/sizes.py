# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quantities of Kubernetes, and how big a controller is: not as big as a broker that is sized for its data."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import all_containers
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

Obj = dict[str, Any]

#: what Kafka's documentation gives a controller of a typical cluster; brokers that have less hand that over
CONTROLLER_AT_MOST = {"cpu": "1", "memory": "5Gi", "ephemeral-storage": "5Gi"}
#: heap where no memory is given, and the share of the memory that it may take else
HEAP_AT_MOST = 4 * 1024**3
HEAP_SHARE = Fraction(4, 5)

_SUFFIXES = {
    **{unit: Fraction(10) ** power for unit, power in (("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3))},
    **{unit: Fraction(1000) ** power for power, unit in enumerate("MGTPE", start=2)},
    **{f"{unit}i": Fraction(1024) ** power for power, unit in enumerate("KMGTPE", start=1)},
}
_QUANTITY = re.compile(r"(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+)|([A-Za-z]*))")
_HEAP = re.compile(r"(-Xm[sx])(\d+)([kKmMgGtT]?)")


def quantity(text: Any) -> Fraction:
    """Return the number that a quantity such as ``500m``, ``1.5Gi``, ``2`` or ``1e3`` stands for.

    :raises Unsupported: ``controller-manifest`` when it is none.
    """
    match = _QUANTITY.fullmatch(str(text).strip())
    if match is None or (match[3] or "") not in _SUFFIXES:
        raise Unsupported(f"{text!r} is not a quantity such as 500m or 4Gi; correct it", code="controller-manifest")
    factor = Fraction(10) ** int(match[2]) if match[2] else _SUFFIXES[match[3] or ""]
    return Fraction(match[1]) * factor


def controller_resources(brokers: Mapping[str, Any], wanted: Mapping[str, Any] | None) -> Obj:
    """Return the controllers' resources: the user's, else the brokers' up to what a controller needs, none where they have none."""
    if wanted is not None:
        for amounts in wanted.values():
            for amount in amounts.values() if isinstance(amounts, Mapping) else ():
                quantity(amount)
        return copy.deepcopy(dict(wanted))
    found: Obj = {}
    for kind in ("requests", "limits"):
        given = brokers.get(kind) or {}
        amounts = {
            name: given[name] if quantity(given[name]) <= quantity(most) else most
            for name, most in CONTROLLER_AT_MOST.items()
            if name in given
        }
        if amounts:
            found[kind] = amounts
    return found


def heap_limit(brokers: Mapping[str, Any], own: Mapping[str, Any]) -> int | None:
    """Return how many bytes the controllers' heap may have, None when the brokers' heap fits as it is.

    :param brokers: resources of the brokers' container. :param own: those of the controllers'.
    """
    memory = _memory(own)
    if memory is None:
        return HEAP_AT_MOST
    return None if memory == _memory(brokers) else int(memory * HEAP_SHARE)


def _memory(resources: Mapping[str, Any]) -> Fraction | None:
    found = [
        quantity((resources.get(kind) or {})["memory"])
        for kind in ("limits", "requests")
        if "memory" in (resources.get(kind) or {})
    ]
    return found[0] if found else None


def heaps(text: str) -> int:
    """Return how many sizes of the heap JVM options give."""
    return len(_HEAP.findall(text))


def with_heap(text: str, limit: int | None) -> str:
    """Return JVM options whose ``-Xmx`` and ``-Xms`` are not above ``limit`` bytes."""

    def fitted(match: re.Match[str]) -> str:
        size = int(match[2]) * 1024 ** " kmgt".index(match[3].lower() or " ")
        return match[0] if limit is None or size <= limit else f"{match[1]}{limit // 1024**2}m"

    return _HEAP.sub(fitted, text)


def pod_amounts(pod: Mapping[str, Any], kind: str) -> dict[str, Fraction]:
    """Return what a pod needs: the larger of its containers' sum and of each init container (``requests`` or ``limits``)."""
    initial = {id(item) for item in pod.get("initContainers") or []}
    total: dict[str, Fraction] = {}
    largest: dict[str, Fraction] = {}
    for container in all_containers({"spec": pod}):
        for name, amount in container_amounts(container, kind).items():
            if id(container) in initial:
                largest[name] = max(largest.get(name, Fraction(0)), amount)
            else:
                total[name] = total.get(name, Fraction(0)) + amount
    return {name: max(total.get(name, Fraction(0)), largest.get(name, Fraction(0))) for name in total | largest}


def container_amounts(container: Mapping[str, Any], kind: str) -> dict[str, Fraction]:
    """Return a container's amounts; where only a limit is given it is the request too."""
    resources = container.get("resources") or {}
    given = resources.get(kind) or {}
    if kind == "requests":
        given = {**(resources.get("limits") or {}), **given}
    return {name: quantity(amount) for name, amount in given.items()}


def spelled(amount: Fraction) -> str:
    """Return an amount as a person writes it."""
    if amount.denominator != 1:
        return f"{float(amount):g}"
    for unit, power in (("Gi", 30), ("Mi", 20)):
        if amount >= 2**power and not amount % 2**power:
            return f"{amount // 2**power}{unit}"
    return str(amount)
