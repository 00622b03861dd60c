# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quotas and limits of the namespace, for all controllers together."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.limits import (
    quota_findings,
    range_findings,
    with_defaults,
)

Obj = dict[str, Any]


def _pod(requests: Obj | None = None, limits: Obj | None = None, **spec: Any) -> Obj:
    resources = {key: value for key, value in (("requests", requests), ("limits", limits)) if value}
    container = {"name": "kafka", "resources": resources}
    return {"initContainers": [{**container, "name": "kraft-format"}], "containers": [container], **spec}


CLAIMS: list[Obj] = [{"spec": {"storageClassName": "fast", "resources": {"requests": {"storage": "10Gi"}}}}]
BIG = _pod({"cpu": "1", "memory": "5Gi"}, {"memory": "5Gi"})


def _quota(hard: Obj, used: Obj | None = None, **spec: Any) -> Obj:
    return {
        "metadata": {"name": "q"},
        "spec": {"hard": hard, **spec},
        "status": {"hard": hard, "used": used} if used is not None else None,
    }


@pytest.mark.parametrize(
    ("hard", "used", "words"),
    [
        ({"pods": "10"}, {"pods": "7"}, ""),
        ({"pods": "10"}, {"pods": "8"}, "need 3 of pods, and 8 of 10 are used; raise the quota"),
        ({"requests.cpu": "4"}, {"requests.cpu": "500m"}, ""),
        (
            {"requests.cpu": "3"},
            {"requests.cpu": "500m"},
            "need 3 of requests.cpu, and 0.5 of 3 are used; raise the quota, or set kraft_controller_resources",
        ),
        ({"cpu": "2"}, None, "need 3 of cpu"),
        ({"limits.memory": "12Gi"}, {}, "need 15Gi of limits.memory, and 0 of 12Gi are used"),
        (
            {"limits.cpu": "100"},
            {},
            "demands limits.cpu of every pod, and the controllers have none; set kraft_controller_resources",
        ),
        ({"requests.nvidia.com/gpu": "1"}, {}, ""),
        ({"persistentvolumeclaims": "5"}, {"persistentvolumeclaims": "3"}, "need 3 of persistentvolumeclaims"),
        ({"requests.storage": "20Gi"}, {}, "or set kraft_controller_storage_size or kraft_controller_storage_class"),
        (
            {"fast.storageclass.storage.k8s.io/requests.storage": "20Gi"},
            {},
            "need 30Gi of fast.storageclass.storage.k8s.io/requests.storage",
        ),
        ({"slow.storageclass.storage.k8s.io/requests.storage": "20Gi"}, {}, ""),
        ({"count/persistentvolumeclaims": "2"}, {}, "need 3 of count/persistentvolumeclaims"),
        ({"services": "2"}, {"services": "2"}, "need 1 of services"),
        ({"secrets": "1"}, {"secrets": "1"}, ""),
    ],
)
def test_quotas(hard: Obj, used: Obj | None, words: str) -> None:
    found = quota_findings([_quota(hard, used)], BIG, 3, CLAIMS)
    assert [item.code for item in found] == ["controller-quota"] * bool(words)
    assert all(words in item.sentence for item in found)


def test_a_volume_without_a_class_or_a_size() -> None:
    claims: list[Obj] = [{"spec": {}}]
    assert quota_findings([_quota({"requests.storage": "1"}, {})], BIG, 3, claims) == []


@pytest.mark.parametrize(
    ("spec", "pod", "counts"),
    [
        ({"scopes": ["NotTerminating", "NotBestEffort"]}, BIG, True),
        ({"scopes": ["Terminating"]}, BIG, False),
        ({"scopes": ["BestEffort"]}, BIG, False),
        ({"scopes": ["BestEffort"]}, _pod(), True),
        ({"scopes": ["CrossNamespacePodAffinity"]}, BIG, False),
        ({"scopeSelector": {"matchExpressions": [{"scopeName": "NotTerminating", "operator": "Exists"}]}}, BIG, True),
        (
            {
                "scopeSelector": {
                    "matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]
                }
            },
            _pod(priorityClassName="high"),
            True,
        ),
        (
            {
                "scopeSelector": {
                    "matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]
                }
            },
            BIG,
            False,
        ),
    ],
)
def test_quotas_with_scopes(spec: Obj, pod: Obj, counts: bool) -> None:
    assert bool(quota_findings([_quota({"pods": "1"}, {}, **spec)], pod, 3, CLAIMS)) is counts


def _range(kind: str, **bounds: Any) -> Obj:
    return {"metadata": {"name": "r"}, "spec": {"limits": [{"type": kind, **bounds}]}}


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (_range("Container", max={"memory": "6Gi"}), ""),
        (
            _range("Container", max={"memory": "4Gi"}),
            "refuse a Container of the controllers: memory 5Gi is above the maximum 4Gi",
        ),
        (_range("Container", min={"cpu": "2"}), "cpu 1 is below the minimum 2"),
        (_range("Pod", max={"memory": "4Gi"}), "refuse a Pod of the controllers"),
        (_range("PersistentVolumeClaim", max={"storage": "5Gi"}), "storage 10Gi is above the maximum 5Gi; set"),
        (_range("PersistentVolumeClaim", min={"storage": "5Gi", "other": "1"}), ""),
        (_range("openshift.io/Image", max={"storage": "1"}), ""),
        ({"metadata": {"name": "r"}, "spec": {}}, ""),
    ],
)
def test_limit_ranges(item: Obj, words: str) -> None:
    found = range_findings([item], BIG, CLAIMS)
    assert [entry.code for entry in found] == ["controller-quota"] * bool(words)
    assert all(words in entry.sentence for entry in found)


def test_what_a_limit_range_gives_counts() -> None:
    item = _range("Container", default={"cpu": "2"}, defaultRequest={"cpu": "500m", "memory": "1Gi"})
    pod = with_defaults(_pod({"memory": "2Gi"}), [item, _range("Pod", max={})])
    assert pod["containers"][0]["resources"] == {"requests": {"memory": "2Gi", "cpu": "500m"}, "limits": {"cpu": "2"}}
    assert quota_findings([_quota({"limits.cpu": "100"}, {})], pod, 3, CLAIMS) == []
    assert "initContainers" not in with_defaults({"containers": []}, [])
