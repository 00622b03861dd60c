# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Service meshes: the marks that decide about a proxy beside a pod, and which proxies a pod has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import all_containers

#: labels and annotations of a pod that a mesh's injection reads; they say nothing about who the pod is
_PREFIXES = (
    "sidecar.istio.io/",
    "traffic.sidecar.istio.io/",
    "proxy.istio.io/",
    "inject.istio.io/",
    "istio.io/rev",
    "istio.io/dataplane-mode",
    "linkerd.io/",
    "config.linkerd.io/",
    "config.alpha.linkerd.io/",
    "kuma.io/",
    "consul.hashicorp.com/",
    "openservicemesh.io/",
    "appmesh.k8s.aws/",
)
#: containers that an injection adds
_PROXIES = ("istio-proxy", "istio-init", "linkerd-proxy", "linkerd-init", "kuma-sidecar", "consul-dataplane", "envoy")
#: annotations with lists of ports that stay out of the mesh
_PORT_LISTS = (
    "traffic.sidecar.istio.io/excludeInboundPorts",
    "traffic.sidecar.istio.io/excludeOutboundPorts",
    "config.linkerd.io/skip-inbound-ports",
    "config.linkerd.io/skip-outbound-ports",
)


def mesh_marks(marks: Mapping[str, str] | None) -> dict[str, str]:
    """Return the labels or annotations of a pod template that a mesh reads."""
    return {key: value for key, value in (marks or {}).items() if key.startswith(_PREFIXES)}


def proxies(pod: Mapping[str, Any]) -> set[str]:
    """Return the names of the containers in a pod that are a mesh's."""
    return {str(item["name"]) for item in all_containers(pod) if item["name"] in _PROXIES}


def injected(pod: Mapping[str, Any], namespace: Mapping[str, Any]) -> set[str]:
    """Return the proxies that meshes would add to a pod, by its metadata and that of its namespace; Istio and Linkerd are known."""
    own, around = ({**(item.get("annotations") or {}), **(item.get("labels") or {})} for item in (pod, namespace))
    found = set()
    istio = own.get("sidecar.istio.io/inject")
    by_namespace = around.get("istio-injection", "enabled" if "istio.io/rev" in around else "")
    if istio == "true" or (istio != "false" and (by_namespace == "enabled" or "istio.io/rev" in own)):
        found.add("istio-proxy")
    if own.get("linkerd.io/inject", around.get("linkerd.io/inject")) in ("enabled", "ingress"):
        found.add("linkerd-proxy")
    return found


def without_port(annotations: Mapping[str, str] | None, port: int) -> list[str]:
    """Return the annotations that keep some ports out of the mesh, but not this one."""
    return [
        name
        for name in _PORT_LISTS
        if (annotations or {}).get(name, "") not in ("", "*") and not _names(str((annotations or {})[name]), port)
    ]


def _names(listed: str, port: int) -> bool:
    for item in listed.split(","):
        first, _dash, last = item.strip().partition("-")
        if first.isdecimal() and int(first) <= port <= int(last if last.isdecimal() else first):
            return True
    return False
