# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy import changes, objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.changes import Change, Changes, Scaling
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.identity import Identity

from tests.unit.plugins.module_utils._core._deploy.given import cluster

ID = Identity("id")


def workloads(**more: Any) -> tuple[objects.Workload, ...]:
    return objects.objects(cluster(**more), ID).workloads


def live(**more: Any) -> dict[str, Any]:
    return {item.role: copy.deepcopy(item.statefulset) for item in workloads(**more)}


@pytest.mark.parametrize(
    ("now", "then", "covered"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": [{"x": 1, "y": 2}]}, {"a": [{"x": 1}]}, True),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"a": None}, {"a": {}}, True),
        ({}, {"a": []}, True),
        ({"a": "x"}, {"a": {"b": 1}}, False),
        ({"a": {"b": 1}}, {"a": "x"}, False),
    ],
)
def test_what_others_add_counts_for_nothing(now: Any, then: Any, *, covered: bool) -> None:
    assert changes.covers(now, then) == covered


def test_the_plan_says_what_happens() -> None:
    service = {"kind": "Service", "metadata": {"name": "s"}}
    assert changes.changed(None, service) == Change(None, service)
    assert changes.changed({**service, "status": {}}, service) is None
    found = Changes(
        (Change(None, service),), (Change(service, service), Change(None, service)), (Scaling("broker", 3, 4),)
    )
    assert found.lines == [
        "create Service s",
        "change Service s, and restart its pods one by one",
        "create Service s",
        "scale brokers from 3 to 4",
    ]
    assert found
    assert not Changes()


def test_when_pods_have_to_be_made_anew() -> None:
    (wanted,) = workloads()
    assert not changes.template_differs(live()["broker"], wanted)
    assert changes.template_differs(live(heap="1g")["broker"], wanted)
    by_hand = live()["broker"]
    by_hand["spec"]["template"]["spec"]["containers"][0]["image"] = "other:1"
    assert changes.template_differs(by_hand, wanted)


@pytest.mark.parametrize(
    ("before", "after", "running", "code", "words"),
    [
        ({}, {}, "3.9.2", "", ""),
        ({}, {"heap": "1g"}, "", "", ""),
        ({"topology": "separated"}, {"topology": "separated", "brokers": 5}, "3.9.2", "", ""),
        (
            {},
            {"topology": "separated"},
            "",
            "deploy-immutable",
            "the cluster is combined, kraft_topology asks for separated",
        ),
        ({"topology": "separated"}, {}, "", "deploy-immutable", "the cluster is separated"),
        ({}, {"storage_size": "30Gi"}, "", "deploy-immutable", "have 20Gi, and 30Gi are asked for"),
        ({"storage_size": "1024Mi"}, {"storage_size": "1Gi"}, "", "", ""),
        ({}, {"storage_class": "slow"}, "", "deploy-immutable", "are of StorageClass fast, not slow"),
        (
            {"storage_class": None},
            {"storage_class": "slow"},
            "",
            "deploy-immutable",
            "of StorageClass (the default), not slow",
        ),
        ({}, {"storage_class": None}, "", "", ""),
        ({}, {"brokers": 5}, "", "deploy-quorum-fixed", "nodes of a combined cluster vote"),
        (
            {"topology": "separated"},
            {"topology": "separated", "controller_replicas": 5},
            "",
            "deploy-quorum-fixed",
            "the voters are in every node's settings",
        ),
        ({}, {"kafka_version": "3.9.1"}, "3.9.2", "deploy-version", "an older version may not read"),
        ({}, {"kafka_version": "4.0.0"}, "3.9.2", "deploy-version", "upgrade within the major version only"),
        ({}, {"kafka_version": "3.9.3"}, "3.9.2", "", ""),
    ],
)
def test_what_cannot_be_changed(before: Any, after: Any, running: str, code: str, words: str) -> None:
    wanted = cluster(**after)
    found = changes.fixed(wanted, live(**before), workloads(**after), running)
    assert [each.code for each in found][:1] == ([code] if code else [])
    assert words in "".join(each.sentence for each in found)


def test_a_stopped_quorum_comes_back_as_it_was() -> None:
    stopped = live(topology="separated")
    for item in stopped.values():
        item["spec"]["replicas"] = 0
    assert changes.fixed(cluster(topology="separated"), stopped, workloads(topology="separated")) == []
