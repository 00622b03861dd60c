# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ways that NetworkPolicies shut; each is read as Kubernetes reads it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.network import End, Way, network_findings

Obj = dict[str, Any]

CONTROLLERS = End("the controllers", {"role": "controller"}, "n", {"controller": 9093}, ("10.1.0.5",))
BROKERS = End("the brokers", {"app": "kafka"}, "n", {}, ("10.1.0.6",))
OUTSIDE = End("ZooKeeper at zk.example")
DNS = Way(CONTROLLERS, End("the cluster's DNS"), 53, "UDP")
TO_CONTROLLERS = Way(BROKERS, CONTROLLERS, 9093)


def _policy(name: str = "p", selector: Obj | None = None, namespace: str = "n", **spec: Any) -> Obj:
    return {"metadata": {"name": name, "namespace": namespace}, "spec": {"podSelector": selector or {}, **spec}}


DENY = _policy("deny-all", policyTypes=["Ingress", "Egress"])


def _shut(way: Way, *policies: Obj) -> list[str]:
    return [item.where for item in network_findings(policies, [way])]


def test_without_a_policy_everything_is_open() -> None:
    assert _shut(TO_CONTROLLERS) == []
    assert (
        _shut(TO_CONTROLLERS, _policy(selector={"matchLabels": {"app": "other"}}, policyTypes=["Ingress", "Egress"]))
        == []
    )
    assert _shut(TO_CONTROLLERS, _policy(namespace="elsewhere", policyTypes=["Ingress", "Egress"])) == []


def test_deny_by_default_shuts_both_ends() -> None:
    assert _shut(TO_CONTROLLERS, DENY) == ["egress of the brokers", "ingress of the controllers"]
    # only the end that is in the cluster
    assert _shut(Way(CONTROLLERS, OUTSIDE, 2181), DENY) == ["egress of the controllers"]


def test_types_follow_from_what_is_there() -> None:
    assert _shut(TO_CONTROLLERS, _policy()) == ["ingress of the controllers"]
    assert _shut(TO_CONTROLLERS, _policy(ingress=[{}])) == []
    assert _shut(TO_CONTROLLERS, _policy(egress=[{"ports": [{"port": 1}]}])) == [
        "egress of the brokers",
        "ingress of the controllers",
    ]


def _to(*peers: Obj, ports: list[Obj] | None = None) -> Obj:
    rule: Obj = {"to": list(peers)} if peers else {}
    if ports is not None:
        rule["ports"] = ports
    return _policy(policyTypes=["Egress"], egress=[rule])


@pytest.mark.parametrize(
    ("rule", "opened"),
    [
        (_to(), True),
        (_to({"podSelector": {}}), True),
        (_to({"podSelector": {"matchLabels": {"role": "controller"}}}), True),
        (_to({"podSelector": {"matchLabels": {"role": "other"}}}), False),
        (_to({"namespaceSelector": {}}), True),
        (_to({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "n"}}}), True),
        (_to({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "m"}}}), False),
        (
            _to(
                {
                    "namespaceSelector": {
                        "matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["m"]}]
                    }
                }
            ),
            False,
        ),
        # labels of namespaces are not read: whoever asks for one is believed
        (_to({"namespaceSelector": {"matchLabels": {"team": "x"}}}), True),
        (_to({"namespaceSelector": {}, "podSelector": {"matchLabels": {"role": "other"}}}), False),
        (_to({"ipBlock": {"cidr": "10.1.0.0/16"}}), True),
        (_to({"ipBlock": {"cidr": "10.1.0.0/16", "except": ["10.1.0.0/24"]}}), False),
        (_to({"ipBlock": {"cidr": "192.168.0.0/16"}}), False),
        (_to(ports=[{"port": 9093}]), True),
        (_to(ports=[{"port": "9093"}]), True),
        (_to(ports=[{"port": "controller"}]), True),
        (_to(ports=[{"port": "kafka"}]), False),
        (_to(ports=[{"port": 9000, "endPort": 9100}]), True),
        (_to(ports=[{"port": 9092}]), False),
        (_to(ports=[{"port": 9093, "protocol": "UDP"}]), False),
        (_to(ports=[{"protocol": "TCP"}]), True),
        (_to({"podSelector": {}}, ports=[{"port": 9092}]), False),
    ],
)
def test_what_a_rule_opens(rule: Obj, opened: bool) -> None:
    assert (_shut(TO_CONTROLLERS, rule) == []) is opened


def test_policies_add_up() -> None:
    allow = _policy(
        "allow", policyTypes=["Ingress"], ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "kafka"}}}]}]
    )
    assert _shut(TO_CONTROLLERS, _policy("deny"), allow) == []
    assert _shut(Way(CONTROLLERS, CONTROLLERS, 9093), _policy("deny"), allow) == ["ingress of the controllers"]


@pytest.mark.parametrize(
    ("peer", "opened"),
    [
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}, True),
        ({"namespaceSelector": {}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}, True),
        ({"ipBlock": {"cidr": "10.0.0.10/32"}}, True),
        # pods of this namespace are not the cluster's DNS
        ({"podSelector": {}}, False),
    ],
)
def test_an_end_that_is_not_known_counts_as_reached_where_it_may_be(peer: Obj, opened: bool) -> None:
    rule = _policy(policyTypes=["Egress"], egress=[{"to": [peer], "ports": [{"port": 53, "protocol": "UDP"}]}])
    assert (_shut(DNS, rule) == []) is opened


def test_one_sentence_for_each_end_names_every_opening() -> None:
    anything = End("whatever runs", {}, "n")
    found = network_findings([DENY], [Way(CONTROLLERS, BROKERS, 9092), DNS, Way(CONTROLLERS, anything, 1)])
    assert found[0].sentence == (
        "NetworkPolicy deny-all in namespace n blocks egress of the controllers: add a policy there that selects pods role=controller and allows "
        "egress to the brokers (app=kafka) on port 9092/TCP; the cluster's DNS on port 53/UDP; whatever runs (of the namespace) on port 1/TCP"
    )
    assert found[1].sentence.endswith("and allows ingress from the controllers (role=controller) on port 9092/TCP")
    assert found[0].rule.acceptable
