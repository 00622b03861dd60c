# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ResourceQuotas and LimitRanges: whether all controllers together fit what a namespace may have.

The API server's dry run looks at one pod; here all of them count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.creation import expression_fits
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.sizes import (
    container_amounts,
    pod_amounts,
    quantity,
    spelled,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import all_containers
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding

Obj = dict[str, Any]
Amounts = dict[str, Fraction]

#: a quota on one of these refuses every pod that does not name it
_DEMANDED = ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")


def quota_findings(
    quotas: Iterable[Mapping[str, Any]], pod: Mapping[str, Any], replicas: int, claims: Iterable[Obj]
) -> list[Finding]:
    """Return a finding (``controller-quota``) for each amount of a ResourceQuota that all controllers together would exceed.

    :param pod: spec of a controller's pod. :param claims: the volumeClaimTemplates.
    """
    need = _needed(pod, replicas, claims)
    found = []
    for quota in quotas:
        if not _applies(quota, pod):
            continue
        hard = (quota.get("status") or {}).get("hard") or quota["spec"].get("hard") or {}
        used = (quota.get("status") or {}).get("used") or {}
        for name, limit in hard.items():
            wanted = need.get(name, Fraction(0))
            if wanted and quantity(used.get(name, 0)) + wanted > quantity(limit):
                found.append(_quota_finding(quota, name, wanted, quantity(used.get(name, 0)), quantity(limit)))
            if name in _DEMANDED and name not in need:
                found.append(
                    finding(
                        "controller-quota",
                        str(quota["metadata"]["name"]),
                        f"ResourceQuota {quota['metadata']['name']} demands {name} of every pod, and the controllers have none; set "
                        "kraft_controller_resources",
                    )
                )
    return found


def _quota_finding(quota: Mapping[str, Any], name: str, wanted: Fraction, used: Fraction, limit: Fraction) -> Finding:
    advice = ""
    if "storage" in name:
        advice = ", or set kraft_controller_storage_size or kraft_controller_storage_class"
    elif name in ("cpu", "memory") or name.startswith(("requests.", "limits.")):
        advice = ", or set kraft_controller_resources"
    return finding(
        "controller-quota",
        str(quota["metadata"]["name"]),
        f"ResourceQuota {quota['metadata']['name']}: the controllers need {spelled(wanted)} of {name}, and {spelled(used)} of {spelled(limit)} are "
        f"used; raise the quota{advice}",
    )


def _applies(quota: Mapping[str, Any], pod: Mapping[str, Any]) -> bool:
    """Whether a quota with scopes counts the controllers' pods."""
    best_effort = not pod_amounts(pod, "requests")
    scopes = {
        "Terminating": False,
        "NotTerminating": True,
        "BestEffort": best_effort,
        "NotBestEffort": not best_effort,
    }
    spec = quota["spec"]
    expressions = (spec.get("scopeSelector") or {}).get("matchExpressions") or []
    if not all(scopes.get(name, False) for name in spec.get("scopes") or []):
        return False
    return all(
        expression_fits(
            {"key": "class", **item}, {"class": pod["priorityClassName"]} if pod.get("priorityClassName") else {}
        )
        if item["scopeName"] == "PriorityClass"
        else scopes.get(item["scopeName"], False)
        for item in expressions
    )


def with_defaults(pod: Mapping[str, Any], ranges: Iterable[Mapping[str, Any]]) -> Obj:
    """Return a pod's spec with the resources that LimitRanges give to containers which say nothing."""
    limits = [item for each in ranges for item in each["spec"].get("limits") or [] if item.get("type") == "Container"]
    result: Obj = dict(pod)
    for key in ("initContainers", "containers"):
        if key in pod:
            result[key] = [_defaulted(item, limits) for item in pod[key]]
    return result


def _defaulted(container: Mapping[str, Any], limits: Iterable[Mapping[str, Any]]) -> Obj:
    resources = container.get("resources") or {}
    found: Obj = {kind: dict(resources.get(kind) or {}) for kind in ("requests", "limits")}
    for item in limits:
        for kind, name in (("limits", "default"), ("requests", "defaultRequest")):
            found[kind] = {**(item.get(name) or {}), **found[kind]}
    return {**container, "resources": found}


def range_findings(
    ranges: Iterable[Mapping[str, Any]], pod: Mapping[str, Any], claims: Iterable[Mapping[str, Any]]
) -> list[Finding]:
    """Return a finding (``controller-quota``) for each bound of a LimitRange that a controller, or its volume, does not keep."""
    things: dict[str, list[tuple[Amounts, Amounts]]] = {
        "Container": [
            (container_amounts(item, "requests"), container_amounts(item, "limits"))
            for item in all_containers({"spec": pod})
        ],
        "Pod": [(pod_amounts(pod, "requests"), pod_amounts(pod, "limits"))],
        "PersistentVolumeClaim": [(sizes, sizes) for sizes in map(_claimed, claims)],
    }
    found: dict[str, Finding] = {}
    for item in ranges:
        name = str(item["metadata"]["name"])
        for limit in item["spec"].get("limits") or []:
            for least, most in things.get(limit.get("type", ""), []):
                for text in [*_outside(limit, "min", least), *_outside(limit, "max", most)]:
                    sentence = (
                        f"LimitRange {name} would refuse a {limit['type']} of the controllers: {text}; set kraft_controller_resources or "
                        "kraft_controller_storage_size"
                    )
                    found[sentence] = finding("controller-quota", name, sentence)
    return list(found.values())


def _claimed(claim: Mapping[str, Any]) -> Amounts:
    requests = (claim["spec"].get("resources") or {}).get("requests") or {}
    return {name: quantity(amount) for name, amount in requests.items()}


def _outside(limit: Mapping[str, Any], bound: str, amounts: Amounts) -> list[str]:
    return [
        f"{name} {spelled(amounts[name])} is {'below' if bound == 'min' else 'above'} the {bound}imum {most}"
        for name, most in (limit.get(bound) or {}).items()
        if name in amounts and (amounts[name] < quantity(most) if bound == "min" else amounts[name] > quantity(most))
    ]


def _needed(pod: Mapping[str, Any], replicas: int, claims: Iterable[Mapping[str, Any]]) -> Amounts:
    """What all controllers together take, by the names that quotas have."""
    need: Amounts = {name: Fraction(replicas) for name in ("pods", "count/pods")}
    for name in ("services", "count/services", "count/statefulsets.apps", "count/poddisruptionbudgets.policy"):
        need[name] = Fraction(1)
    for kind in ("requests", "limits"):
        for name, amount in pod_amounts(pod, kind).items():
            for spelling in (f"{kind}.{name}", *([name] if kind == "requests" else [])):
                need[spelling] = amount * replicas
    for claim in claims:
        size = _claimed(claim).get("storage", Fraction(0)) * replicas
        of_class = claim["spec"].get("storageClassName")
        for prefix in ("", *([f"{of_class}.storageclass.storage.k8s.io/"] if of_class else [])):
            for name, amount in (("persistentvolumeclaims", Fraction(replicas)), ("requests.storage", size)):
                need[prefix + name] = need.get(prefix + name, Fraction(0)) + amount
        need["count/persistentvolumeclaims"] = need["persistentvolumeclaims"]
    return need
