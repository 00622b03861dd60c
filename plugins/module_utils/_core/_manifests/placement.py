# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where controllers are scheduled when the brokers are in several StatefulSets, one for each zone."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

Obj = dict[str, Any]

ZONE_KEYS = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def broker_zones(statefulsets: Sequence[Mapping[str, Any]]) -> tuple[str, tuple[str, ...]]:
    """Return (key, zones) that the StatefulSets pin their pods to; ("", ()) unless each pins and they differ."""
    for key in ZONE_KEYS:
        pinned = [_zones(item["spec"]["template"]["spec"], key) for item in statefulsets]
        if len({frozenset(zones) for zones in pinned}) > 1 and all(pinned):
            return key, tuple(sorted(set().union(*pinned)))
    return "", ()


def _zones(pod: Mapping[str, Any], key: str) -> set[str]:
    found = {str(pod["nodeSelector"][key])} if key in (pod.get("nodeSelector") or {}) else set()
    for expression in _expressions(pod.get("affinity") or {}):
        if expression.get("key") == key and expression.get("operator") == "In":
            found.update(expression.get("values") or [])
    return found


def _expressions(affinity: Mapping[str, Any]) -> list[Obj]:
    terms = ((affinity.get("nodeAffinity") or {}).get(_REQUIRED) or {}).get("nodeSelectorTerms") or []
    return [expression for term in terms for expression in term.get("matchExpressions") or []]


def over_zones(pod: Mapping[str, Any], key: str, zones: Sequence[str]) -> Obj:
    """Return the fields of a pod with its one zone replaced by all zones of the brokers."""
    result: Obj = copy.deepcopy(dict(pod))
    if key in (result.get("nodeSelector") or {}):
        del result["nodeSelector"][key]
        required = result.setdefault("affinity", {}).setdefault("nodeAffinity", {}).setdefault(_REQUIRED, {})
        terms = required.setdefault("nodeSelectorTerms", [{}])
        for term in terms:
            term.setdefault("matchExpressions", []).append({"key": key, "operator": "In", "values": list(zones)})
    for expression in _expressions(result.get("affinity") or {}):
        if expression.get("key") == key and expression.get("operator") == "In":
            expression["values"] = list(zones)
    return result


def spread(labels: Mapping[str, str], *keys: str) -> list[Obj]:
    """Return constraints that spread pods over zones and nodes, or over nodes by other labels, where that is possible."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": dict(labels)},
        }
        for key in keys or (ZONE_KEYS[0], "kubernetes.io/hostname")
    ]
