# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps controllers from being made, scheduled or reached is found before the first one is made; nothing is changed."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
import yaml
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import (
    LIMIT_RANGE,
    NETWORK_POLICY,
    PDB,
    RESOURCE_QUOTA,
    STATEFUL_SET,
    Kind,
)

from tests.cases.case import FOLDER
from tests.e2e.places import Place, findings, one_sentence, refused

Obj = dict[str, Any]
BROKERS = {"matchLabels": {"app": "kafka", "cluster": "kafka"}}


@pytest.mark.parametrize(
    ("kind", "spec", "code", "words"),
    [
        (RESOURCE_QUOTA, {"hard": {"pods": "6"}}, "controller-quota", "the controllers need 3 of pods"),
        (RESOURCE_QUOTA, {"hard": {"limits.memory": "9Gi"}}, "controller-quota", "demands limits.memory of every pod"),
        (
            LIMIT_RANGE,
            {"limits": [{"type": "PersistentVolumeClaim", "max": {"storage": "500Mi"}}]},
            "controller-quota",
            "storage 1Gi is above the maximum 500Mi",
        ),
        (
            PDB,
            {"maxUnavailable": 1, "selector": BROKERS},
            "budget-blocks",
            "PodDisruptionBudgets kafka and planted cover the same pods",
        ),
        (PDB, {"maxUnavailable": 1, "selector": {}}, "budget-blocks", "kafka and planted"),
        (PDB, {"minAvailable": "100%", "selector": BROKERS}, "budget-blocks", "planted never allows an eviction"),
    ],
)
def test_objects_of_the_namespace_that_stop_a_migration(
    place: Place, kind: Kind, spec: Obj, code: str, words: str
) -> None:
    with place.planted(kind, {"metadata": {"name": "planted"}, "spec": spec}), place.unchanged():
        failure = refused(place.play("preflight"), code)
    assert any(words in item["sentence"] for item in failure["detail"]["findings"] if item["code"] == code)


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (
            {"kraft_controller_resources": {"requests": {"cpu": "5 cores"}}},
            "controller-manifest",
            "'5 cores' is ",
        ),
        ({"kraft_controller_name": "k" * 53}, "controller-manifest", "set kraft_controller_name"),
        ({"kraft_controller_name": "my.controllers"}, "controller-manifest", "cannot be the name of a Service"),
        ({"kraft_controller_labels": {"team": "no label!"}}, "controller-rejected", "a valid label must be"),
        (
            {"kraft_controller_labels": {"app": "kafka", "cluster": "kafka"}},
            "controller-manifest",
            "the selector of StatefulSet kafka would match the controllers' pods too",
        ),
    ],
)
def test_options_of_the_controllers(place: Place, options: Obj, code: str, words: str) -> None:
    with place.unchanged():
        failure = refused(place.play("preflight", **options), code)
    assert words in findings(failure)[code]["sentence"]


def test_policies_that_deny_by_default(place: Place) -> None:
    """The case of tests/cases on a real API server; the sandbox's network enforces none."""
    with ExitStack() as planted:
        for body in yaml.safe_load_all((FOLDER / "34-deny-by-default.manifest").read_text(encoding="utf-8")):
            if body["kind"] == "NetworkPolicy":
                planted.enter_context(place.planted(NETWORK_POLICY, body))
        with place.unchanged():
            failure = refused(place.play("preflight"), "network-policy-blocks")
            accepted = place.play("preflight", kraft_accept=["network-policy-blocks"])
    assert accepted.status == 0, accepted.output
    listed = [item["where"] for item in failure["detail"]["findings"] if item["code"] == "network-policy-blocks"]
    assert listed == [
        "egress of the controllers",
        "ingress of the controllers",
        "egress of the brokers of StatefulSet kafka",
        "ingress of ZooKeeper pod zookeeper-0",
    ]


def test_a_template_that_was_not_rolled_out(place: Place) -> None:
    """OnDelete: the edit waits, and the migration's first roll would ship it."""
    with place.template({"terminationGracePeriodSeconds": 77}), place.unchanged():
        failure = refused(place.play("preflight"), "rollout-pending")
    one_sentence(
        findings(failure)["rollout-pending"]["sentence"],
        "kafka-0, kafka-1, kafka-2 at kafka-",
        "update strategy OnDelete",
    )
    assert "rollout-pending" not in findings(place.play("preflight").result("SetupPreChecks"))


def test_what_the_account_may_not_read_is_said(place: Place) -> None:
    """docs/rbac.yml has no permission outside the namespace, and none to create pods: that is no warning, but part of the plan."""
    done = place.play("preflight")
    assert "check-incomplete" not in findings(done.result("SetupPreChecks"))
    assert "needs list on nodes" in done.output
    assert "needs create on pods, for a dry run" in done.output
    assert not place.client.list(STATEFUL_SET, place.namespace, label_selector="kraft.kafkaops.io/role=controller")
