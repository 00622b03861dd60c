# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What decides whether the controllers' pods can be made, named, scheduled, and can find each other: before the first one is made.

The API server's own answer (a dry run) says most of it for one pod; the rules here count for all of them, and say what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controller_spec import PORT
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.sizes import (
    pod_amounts,
    quantity,
    spelled,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding

Obj = dict[str, Any]

#: a pod's label controller-revision-hash is the StatefulSet's name, a dash and up to 10 characters, and a label has at most 63
LONGEST_NAME = 63 - 11
_DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_DEFAULT_CLASS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
_PROVISIONED_BY = ("volume.kubernetes.io/storage-provisioner", "volume.beta.kubernetes.io/storage-provisioner")
NO_PROVISIONER = "kubernetes.io/no-provisioner"
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def name_findings(name: str) -> list[Finding]:
    """Return a finding (``controller-manifest``) when Service and pods cannot have names made of this one."""
    if len(name) <= LONGEST_NAME and _DNS_LABEL.fullmatch(name):
        return []
    why = (
        f"has {len(name)} characters, and more than {LONGEST_NAME} are too many for the labels of the pods"
        if len(name) > LONGEST_NAME
        else "cannot be the name of a Service (a to z, 0 to 9 and dashes, a letter first)"
    )
    return [
        finding(
            "controller-manifest",
            name,
            f"the controllers' StatefulSet, Service and pods would be named {name}, which {why}; set kraft_controller_name",
        )
    ]


def resolution_findings(
    brokers: Mapping[str, Any], controllers: Mapping[str, Any], ports: Iterable[int]
) -> list[Finding]:
    """Return what keeps pods from resolving the controllers' names (``controller-names``), or from binding their port.

    :param brokers: pod spec of the brokers. :param controllers: that of the controllers. :param ports: the brokers' ports.
    """
    found = []
    for who, spec, option in (
        ("brokers", brokers, "their pod template"),
        ("controllers", controllers, "kraft_controller_manifest"),
    ):
        why = _cannot_resolve(spec)
        if why:
            found.append(
                finding(
                    "controller-names",
                    who,
                    f"the {who} could not resolve the controllers' names: {why}; set dnsPolicy: ClusterFirstWithHostNet (on the host "
                    f"network) or ClusterFirst in {option}",
                )
            )
    if controllers.get("hostNetwork") and brokers.get("hostNetwork") and PORT in set(ports):
        found.append(
            finding(
                "controller-manifest",
                "controllers",
                f"brokers and controllers are both on the host network, and the brokers use port {PORT} already; take hostNetwork out of "
                "kraft_controller_manifest",
            )
        )
    return found


def _cannot_resolve(spec: Mapping[str, Any]) -> str:
    policy = spec.get("dnsPolicy") or "ClusterFirst"
    if policy == "Default":
        return "dnsPolicy Default asks the name servers of the node"
    if policy == "ClusterFirst" and spec.get("hostNetwork"):
        return "on the host network, dnsPolicy ClusterFirst asks the name servers of the node"
    if policy == "None" and not (spec.get("dnsConfig") or {}).get("searches"):
        return "dnsPolicy None has no search domains, and the controllers' names are those of a Service"
    return ""


def storage_findings(wanted: str | None, claims: int, classes: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Return a finding when no volume would be made (``controller-storage``), or somebody has to make them first.

    :param wanted: name of the StorageClass, None for the default one. :param claims: number of volumes.
    """
    by_name = {str(item["metadata"]["name"]): item for item in classes}
    if wanted is None:
        marked = [
            item
            for item in by_name.values()
            if any((item["metadata"].get("annotations") or {}).get(key) == "true" for key in _DEFAULT_CLASS)
        ]
        if not marked:
            return [
                finding(
                    "controller-storage",
                    "controllers",
                    "the controllers' volumes name no StorageClass, and this cluster has no default one: their pods would stay Pending; set "
                    f"kraft_controller_storage_class to one of {', '.join(sorted(by_name)) or '(there is none)'}",
                )
            ]
        chosen = marked[0]
    elif wanted in by_name:
        chosen = by_name[wanted]
    else:
        return [
            finding(
                "controller-storage",
                wanted,
                f"StorageClass {wanted} of the controllers' volumes does not exist; set kraft_controller_storage_class to one of "
                f"{', '.join(sorted(by_name)) or '(there is none)'}",
            )
        ]
    if chosen.get("provisioner") != NO_PROVISIONER:
        return []
    name = chosen["metadata"]["name"]
    return [
        finding(
            "controller-storage-by-hand",
            str(name),
            f"StorageClass {name} does not provision volumes: create {claims} PersistentVolumes for the controllers first, on nodes where they "
            "can run, or set kraft_controller_storage_class",
        )
    ]


def storage_is_shown(claims: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether one of these claims got a volume that was made for it, so that another one of the same kind gets one too."""
    return any(
        (claim.get("status") or {}).get("phase") == "Bound"
        and any(key in (claim["metadata"].get("annotations") or {}) for key in _PROVISIONED_BY)
        for claim in claims
    )


def node_findings(nodes: Iterable[Mapping[str, Any]], pod: Mapping[str, Any], replicas: int) -> list[Finding]:
    """Return a finding (``controller-unschedulable``) when the nodes cannot take the controllers even if they were empty.

    :param pod: spec of a controller's pod.
    """
    listed = list(nodes)
    requests = pod_amounts(pod, "requests")
    fitting = [node for node in listed if _takes(node, pod, requests)]
    amounts = ", ".join(f"{name} {spelled(amount)}" for name, amount in sorted(requests.items())) or "nothing"
    if not fitting:
        return [
            finding(
                "controller-unschedulable",
                "controllers",
                f"none of the {len(listed)} nodes can take a controller (it requests {amounts}, and has the brokers' node selector, affinity and "
                "tolerations); set kraft_controller_resources, or give kraft_controller_manifest",
            )
        ]
    terms = ((pod.get("affinity") or {}).get("podAntiAffinity") or {}).get(_REQUIRED) or []
    apart = any(term.get("topologyKey") == "kubernetes.io/hostname" for term in terms)
    if apart and len(fitting) < replicas:
        return [
            finding(
                "controller-unschedulable",
                "controllers",
                f"{replicas} controllers may not share a node (the brokers' anti-affinity), and only {len(fitting)} nodes can take one; add "
                "nodes, or give kraft_controller_manifest",
            )
        ]
    return []


def _takes(node: Mapping[str, Any], pod: Mapping[str, Any], requests: Mapping[str, Fraction]) -> bool:
    labels, spec = node["metadata"].get("labels") or {}, node.get("spec") or {}
    if spec.get("unschedulable") or (pod.get("nodeSelector") or {}).items() - labels.items():
        return False
    tolerations = pod.get("tolerations") or []
    hard = [taint for taint in spec.get("taints") or [] if taint["effect"] != "PreferNoSchedule"]
    if any(not any(_tolerates(item, taint) for item in tolerations) for taint in hard):
        return False
    terms = (((pod.get("affinity") or {}).get("nodeAffinity") or {}).get(_REQUIRED) or {}).get("nodeSelectorTerms")
    if terms and not any(
        all(expression_fits(item, labels) for item in term.get("matchExpressions") or []) for term in terms
    ):
        return False
    room = (node.get("status") or {}).get("allocatable") or {}
    return all(quantity(room.get(name, 0)) >= amount for name, amount in requests.items())


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", taint["key"])
    return toleration.get("key") == taint["key"] and (toleration.get("value") or "") == (taint.get("value") or "")


def expression_fits(item: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Tell whether labels fulfil one expression of a node selector, or of a quota's scope."""
    key, values = item["key"], item.get("values") or []
    operator = item["operator"]
    if operator in ("Gt", "Lt"):
        return key in labels  # rare, and a node's own business: it counts as fitting
    return {
        "In": labels.get(key) in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }[operator]
