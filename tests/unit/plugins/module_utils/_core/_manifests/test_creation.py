# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps controllers from being named, resolved, scheduled, or given a volume."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.creation import (
    expression_fits,
    name_findings,
    node_findings,
    resolution_findings,
    storage_findings,
)

Obj = dict[str, Any]
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("kafka-kraft", ""),
        ("k" * 52, ""),
        ("k" * 53, "has 53 characters, and more than 52"),
        ("my.kafka-kraft", "cannot be the name of a Service"),
        ("1kafka", "cannot be the name of a Service"),
        ("kafka-", "cannot be the name of a Service"),
    ],
)
def test_names(name: str, words: str) -> None:
    found = name_findings(name)
    assert [item.code for item in found] == ["controller-manifest"] * bool(words)
    assert all(words in item.sentence and item.sentence.endswith("; set kraft_controller_name") for item in found)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({}, ""),
        ({"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}, ""),
        ({"hostNetwork": True}, "on the host network"),
        ({"dnsPolicy": "Default"}, "dnsPolicy Default"),
        ({"dnsPolicy": "None", "dnsConfig": {"nameservers": ["1.1.1.1"]}}, "no search domains"),
        (
            {
                "dnsPolicy": "None",
                "dnsConfig": {"searches": ["n.svc.cluster.local", "svc.cluster.local", "cluster.local"]},
            },
            "",
        ),
    ],
)
def test_brokers_that_cannot_resolve_the_controllers(spec: Obj, words: str) -> None:
    found = resolution_findings(spec, {}, [])
    assert [(item.code, item.where) for item in found] == [("controller-names", "brokers")] * bool(words)
    assert all(words in item.sentence for item in found)
    assert [item.where for item in resolution_findings({}, spec, [])] == ["controllers"] * bool(words)


def test_one_port_of_a_host_for_brokers_and_controllers() -> None:
    host = {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}
    assert [item.code for item in resolution_findings(host, host, [9092, 9093])] == ["controller-manifest"]
    assert resolution_findings(host, host, [9092]) == []
    assert resolution_findings({}, host, [9093]) == []


def _class(name: str, default: str = "", provisioner: str = "csi.example") -> Obj:
    notes = {"storageclass.kubernetes.io/is-default-class": default} if default else None
    return {"metadata": {"name": name, "annotations": notes}, "provisioner": provisioner}


@pytest.mark.parametrize(
    ("wanted", "classes", "code", "words"),
    [
        (None, [_class("a", "true")], "", ""),
        ("a", [_class("a")], "", ""),
        (
            None,
            [_class("b"), _class("a", "false")],
            "controller-storage",
            "set kraft_controller_storage_class to one of a, b",
        ),
        (None, [], "controller-storage", "(there is none)"),
        ("x", [_class("a")], "controller-storage", "StorageClass x of the controllers' volumes does not exist"),
        ("x", [], "controller-storage", "(there is none)"),
        (
            "nvme",
            [_class("nvme", provisioner="kubernetes.io/no-provisioner")],
            "controller-storage-by-hand",
            "3 PersistentVolumes",
        ),
    ],
)
def test_storage(wanted: str | None, classes: list[Obj], code: str, words: str) -> None:
    found = storage_findings(wanted, 3, classes)
    assert [item.code for item in found] == ([code] if code else [])
    assert all(words in item.sentence for item in found)


def _node(cpu: str = "8", labels: Obj | None = None, **spec: Any) -> Obj:
    return {
        "metadata": {"name": "n", "labels": labels},
        "spec": spec,
        "status": {"allocatable": {"cpu": cpu, "memory": "16Gi"}},
    }


def _pod(cpu: str = "1", **spec: Any) -> Obj:
    return {"containers": [{"name": "kafka", "resources": {"requests": {"cpu": cpu, "memory": "1536Mi"}}}], **spec}


TAINT = {"key": "dedicated", "value": "kafka", "effect": "NoSchedule"}


def _affinity(*expressions: Obj) -> Obj:
    return {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": list(expressions)}]}}}


@pytest.mark.parametrize(
    ("node", "pod", "fits"),
    [
        (_node(), _pod(), True),
        (_node(), _pod("7.5"), True),
        (_node(), _pod("9"), False),
        (_node(), _pod(containers=[{"name": "x"}]), True),
        (_node(unschedulable=True), _pod(), False),
        (_node(labels={"disk": "ssd"}), _pod(nodeSelector={"disk": "ssd"}), True),
        (_node(), _pod(nodeSelector={"disk": "ssd"}), False),
        (_node(taints=[TAINT]), _pod(), False),
        (_node(taints=[{**TAINT, "effect": "PreferNoSchedule"}]), _pod(), True),
        (_node(taints=[TAINT]), _pod(tolerations=[{"operator": "Exists"}]), True),
        (
            _node(taints=[TAINT]),
            _pod(tolerations=[{"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}]),
            True,
        ),
        (_node(taints=[TAINT]), _pod(tolerations=[{"key": "dedicated", "value": "kafka"}]), True),
        (_node(taints=[TAINT]), _pod(tolerations=[{"key": "dedicated", "value": "other"}]), False),
        (
            _node(taints=[TAINT]),
            _pod(tolerations=[{"key": "dedicated", "operator": "Exists", "effect": "NoExecute"}]),
            False,
        ),
        (
            _node(labels={"zone": "a"}),
            _pod(affinity=_affinity({"key": "zone", "operator": "In", "values": ["a", "b"]})),
            True,
        ),
        (
            _node(labels={"zone": "c"}),
            _pod(affinity=_affinity({"key": "zone", "operator": "In", "values": ["a", "b"]})),
            False,
        ),
    ],
)
def test_whether_a_node_can_take_a_controller(node: Obj, pod: Obj, fits: bool) -> None:
    found = node_findings([node], pod, 3)
    assert [item.code for item in found] == ["controller-unschedulable"] * (not fits)
    assert all("none of the 1 nodes can take a controller" in item.sentence for item in found)


def test_what_is_requested_is_said() -> None:
    assert "(it requests cpu 9, memory 1536Mi, and has" in node_findings([_node()], _pod("9"), 3)[0].sentence
    assert "(it requests nothing, and has" in node_findings([], {"containers": []}, 3)[0].sentence
    assert (
        "(it requests cpu 0.5, memory 1Gi"
        in node_findings(
            [], {"containers": [{"name": "k", "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}}}]}, 3
        )[0].sentence
    )


def test_controllers_that_may_not_share_a_node() -> None:
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {}}
    pod = _pod(affinity={"podAntiAffinity": {REQUIRED: [term]}})
    (found,) = node_findings([_node(), _node()], pod, 3)
    assert "3 controllers may not share a node (the brokers' anti-affinity), and only 2 nodes" in found.sentence
    assert node_findings([_node()] * 3, pod, 3) == []
    term["topologyKey"] = "topology.kubernetes.io/zone"
    assert node_findings([_node()], pod, 3) == []


@pytest.mark.parametrize(
    ("operator", "values", "fits"),
    [
        ("In", ["a"], True),
        ("NotIn", ["a"], False),
        ("Exists", [], True),
        ("DoesNotExist", [], False),
        ("Gt", ["3"], True),
    ],
)
def test_expressions(operator: str, values: list[str], fits: bool) -> None:
    assert expression_fits({"key": "k", "operator": operator, "values": values}, {"k": "a"}) is fits
