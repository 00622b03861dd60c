# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ours by label and owner, never by a name or a part of one (safety rule 6)."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import ownership

OURS = {names.LABEL_CLUSTER: "kafka", names.LABEL_ROLE: names.ROLE_CONTROLLER}


def made(name: str = "kafka-kraft", **metadata: Any) -> Any:
    return {"metadata": {"name": name, **metadata}}


@pytest.mark.parametrize(
    ("labels", "of", "of_controllers"),
    [
        (None, False, False),
        ({}, False, False),
        ({names.LABEL_CLUSTER: "prod-kafka", names.LABEL_ROLE: names.ROLE_CONTROLLER}, False, False),
        ({names.LABEL_ROLE: names.ROLE_CONTROLLER}, False, False),
        ({names.LABEL_CLUSTER: "kafka"}, True, False),
        ({names.LABEL_CLUSTER: "kafka", names.LABEL_ROLE: "broker"}, True, False),
        (OURS, True, True),
    ],
)
def test_the_label_decides(labels: Any, of: bool, of_controllers: bool) -> None:
    """The name is the same in each case."""
    assert ownership.is_of(made(labels=labels), "kafka") is of
    assert ownership.is_of_controllers(made(labels=labels), "kafka") is of_controllers


def owned(uid: str, kind: str = "StatefulSet", name: str = "kafka-kraft") -> list[dict[str, str]]:
    return [{"kind": kind, "name": name, "uid": uid}]


@pytest.mark.parametrize(
    ("labels", "pod", "owners", "uid", "living", "ours"),
    [
        (OURS, "kafka-kraft-0", owned("u1"), "u1", ["u1"], True),
        # the same labels, another owner: by label alone it would be stopped
        (OURS, "kafka-kraft-0", owned("u2"), "u1", ["u1", "u2"], False),
        (OURS, "x-0", owned("u2", name="x"), "u1", ["u1", "u2"], False),
        (OURS, "x-0", owned("u9", name="x"), "u1", ["u1"], False),
        (OURS, "x-0", owned("u3", kind="ReplicaSet"), "u1", ["u1"], False),
        # the same owner without the labels
        ({}, "kafka-kraft-0", owned("u1"), "u1", ["u1"], False),
        # the StatefulSet is gone, or was made again, and the process still runs
        (OURS, "kafka-kraft-0", owned("u1"), "", [], True),
        (OURS, "kafka-kraft-0", owned("u0"), "u1", ["u1"], True),
        # a foreign StatefulSet has our name
        (OURS, "kafka-kraft-0", owned("u7"), "", ["u7"], False),
        (OURS, "kafka-kraft-0", None, "", [], True),
        (OURS, "kafka-kraft-debug", None, "", [], False),
        (OURS, "prod-kafka-kraft-0", [], "", [], False),
    ],
)
def test_a_pod_is_ours_by_label_and_owner(
    labels: Any, pod: str, owners: Any, uid: str, living: list[str], ours: bool
) -> None:
    found = made(pod, labels=labels, ownerReferences=owners)
    assert ownership.is_pod_of_controllers(found, "kafka", "kafka-kraft", uid, living) is ours


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({}, "an unknown owner (no owner reference, no field manager)"),
        ({"ownerReferences": [{"kind": "Kafka", "name": "prod", "controller": True}]}, "Kafka/prod"),
        ({"labels": {names.LABEL_CLUSTER: "prod-kafka"}}, "the migration of Kafka cluster prod-kafka"),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm"}}, "Helm"),
        (
            {
                "labels": {"app.kubernetes.io/managed-by": "Helm"},
                "annotations": {"meta.helm.sh/release-name": "new", "meta.helm.sh/release-namespace": "shop"},
            },
            "Helm release shop/new",
        ),
        ({"annotations": {"meta.helm.sh/release-name": "new"}}, "Helm release new"),
        (
            {"annotations": {"argocd.argoproj.io/tracking-id": "team-a_shop:apps/StatefulSet:kafka/kafka"}},
            "Argo CD Application team-a/shop",
        ),
        (
            {"managedFields": [{"manager": "kubectl"}, {"manager": "kubectl"}, {"time": "x"}]},
            "whatever writes as kubectl",
        ),
    ],
)
def test_whose_it_seems_to_be(metadata: Any, said: str) -> None:
    assert ownership.owner_of(made(**metadata)) == said
