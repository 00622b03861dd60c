# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""NetworkPolicies: which connections that a migration needs are blocked.

Where a policy says something that cannot be judged from here (labels of namespaces that are not readable, address ranges of
pods that do not exist yet), the connection counts as allowed: a finding names only what is blocked for certain.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.carry_over import selects
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding

Obj = dict[str, Any]
_NAME_LABEL = "kubernetes.io/metadata.name"


@dataclass(frozen=True)
class End:
    """One end of a way.

    :ivar name: in words, for example ``the controllers``.
    :ivar labels: of its pods; None for something outside, or pods that are not known.
    :ivar namespace: of its pods, empty when not known.
    :ivar ports: named ports of its containers.
    :ivar addresses: of its pods, as far as they are known.
    """

    name: str
    labels: Mapping[str, str] | None = None
    namespace: str = ""
    ports: Mapping[str, int] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Way:
    """A connection that a migration needs: ``source`` opens it to ``port`` of ``target``."""

    source: End
    target: End
    port: int
    protocol: str = "TCP"


def network_findings(policies: Iterable[Mapping[str, Any]], ways: Iterable[Way]) -> list[Finding]:
    """Return a finding (``network-policy-blocks``) for each end that policies block in a direction, with every connection to allow.

    :param policies: the NetworkPolicies that could be read, of any namespaces.
    """
    listed = list(policies)
    shut: dict[tuple[str, str], tuple[End, set[str], dict[str, None]]] = {}
    for way in ways:
        for direction, own, other in (("egress", way.source, way.target), ("ingress", way.target, way.source)):
            names = _shut(listed, direction, own, other, way)
            if names:
                _own, policy_names, openings = shut.setdefault((direction, _spelled(own.labels)), (own, set(), {}))
                policy_names.update(names)
                openings[f"{_named(other)} on port {way.port}/{way.protocol}"] = None
    return [
        finding(
            "network-policy-blocks",
            f"{direction} of {own.name}",
            f"NetworkPolicy {', '.join(sorted(names))} in namespace {own.namespace} blocks {direction} of {own.name}: add a policy there that "
            f"selects pods {spelled} and allows {direction} {'to' if direction == 'egress' else 'from'} {'; '.join(openings)}",
        )
        for (direction, spelled), (own, names, openings) in shut.items()
    ]


def _named(end: End) -> str:
    return end.name if end.labels is None else f"{end.name} ({_spelled(end.labels)})"


def _spelled(labels: Mapping[str, str] | None) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or "of the namespace"


def _shut(policies: Sequence[Mapping[str, Any]], direction: str, own: End, other: End, way: Way) -> list[str]:
    """Return the policies that shut one direction at one end; empty when it is open."""
    if own.labels is None:
        return []
    limiting = []
    for policy in policies:
        spec = policy["spec"]
        types = spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]
        if policy["metadata"].get("namespace") != own.namespace or direction.title() not in types:
            continue
        if not selects(spec.get("podSelector") or {}, own.labels):
            continue
        if any(_allows(rule, direction, own.namespace, other, way) for rule in spec.get(direction) or []):
            return []
        limiting.append(str(policy["metadata"]["name"]))
    return sorted(limiting)


def _allows(rule: Mapping[str, Any], direction: str, namespace: str, other: End, way: Way) -> bool:
    peers = rule.get("to" if direction == "egress" else "from") or []
    ports = rule.get("ports") or []
    named = way.target.ports
    return (not peers or any(_is_peer(peer, namespace, other) for peer in peers)) and (
        not ports or any(_is_port(port, way, named) for port in ports)
    )


def _is_peer(peer: Mapping[str, Any], namespace: str, other: End) -> bool:
    if peer.get("ipBlock"):
        return _in_block(peer["ipBlock"], other.addresses)
    spaces = peer.get("namespaceSelector")
    if spaces is None:
        return (
            other.namespace == namespace and other.labels is not None and selects(peer.get("podSelector"), other.labels)
        )
    return _namespace_fits(spaces, other.namespace) and (
        peer.get("podSelector") is None or other.labels is None or selects(peer["podSelector"], other.labels)
    )


def _namespace_fits(selector: Mapping[str, Any], namespace: str) -> bool:
    """Every namespace has its name as a label; other labels are not read, and whoever asks for them is believed."""
    if not namespace:
        return True
    wanted = selector.get("matchLabels") or {}
    named = {
        "matchLabels": {key: value for key, value in wanted.items() if key == _NAME_LABEL},
        "matchExpressions": [item for item in selector.get("matchExpressions") or [] if item["key"] == _NAME_LABEL],
    }
    return selects(named, {_NAME_LABEL: namespace})


def _in_block(block: Mapping[str, Any], addresses: Sequence[str]) -> bool:
    if not addresses:
        return True
    inside = ipaddress.ip_network(block["cidr"], strict=False)
    outside = [ipaddress.ip_network(item, strict=False) for item in block.get("except") or []]
    return all(
        ipaddress.ip_address(item) in inside and not any(ipaddress.ip_address(item) in each for each in outside)
        for item in addresses
    )


def _is_port(entry: Mapping[str, Any], way: Way, named: Mapping[str, int]) -> bool:
    if (entry.get("protocol") or "TCP") != way.protocol:
        return False
    port = entry.get("port")
    if port is None:
        return True
    if isinstance(port, str) and not port.isdecimal():
        return named.get(port) == way.port
    return int(port) <= way.port <= int(entry.get("endPort") or port)
