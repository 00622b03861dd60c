# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy that enforces a lock, as it is sent to the API server. What it denies is tested on a real one (tests/e2e/test_admission.py)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.lock_policy import (
    BUILT_IN,
    PROBE,
    Locked,
    LockPolicy,
    Rule,
    annotation,
    cel,
    in_force,
    labelled,
)

BASE = LockPolicy(
    namespace="n",
    cluster="kafka",
    group="apps",
    version="v1",
    objects=(Locked("statefulsets", "n", "kafka"), Locked("statefulsets", "n", "kafka-kraft")),
    locked="true",
    allowed=("me", 'o"brien'),
    lock_message="locked",
)


def spec(policy: LockPolicy = BASE) -> Any:
    return policy.policy()["spec"]


def condition(name: str, policy: LockPolicy = BASE) -> str:
    return next(str(item["expression"]) for item in spec(policy)["matchConditions"] if item["name"] == name)


def test_it_is_about_changes_and_deletions_of_the_kind_and_of_its_scale_only() -> None:
    """Never pods, evictions, status; an autoscaler scales by the subresource."""
    (rule,) = spec()["matchConstraints"]["resourceRules"]
    assert rule == {
        "apiGroups": ["apps"],
        "apiVersions": ["v1"],
        "operations": ["UPDATE", "DELETE"],
        "resources": ["statefulsets", "statefulsets/scale"],
        "scope": "Namespaced",
    }


def test_only_the_named_objects_of_this_namespace_are_meant() -> None:
    wanted = condition("of-this-migration")
    for name in ("kafka", "kafka-kraft"):
        assert f'request.namespace == "n" && oldObject.metadata.name == "{name}"' in wanted
    assert wanted.count("||") == 1
    selector = {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["n"]}]}
    assert spec()["matchConstraints"]["namespaceSelector"] == selector
    binding = BASE.binding()["spec"]
    assert binding == {
        "policyName": "kraft-migration.n.kafka",
        "validationActions": ["Deny"],
        "matchResources": {"namespaceSelector": selector},
    }


def test_objects_of_two_namespaces_are_both_selected() -> None:
    policy = replace(BASE, objects=(*BASE.objects, Locked("zookeepers", "m", "zookeeper")))
    assert policy.namespaces == ["m", "n"]
    assert policy.binding()["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"][0]["values"] == [
        "m",
        "n",
    ]
    assert 'request.namespace == "m" && oldObject.metadata.name == "zookeeper"' in condition(
        "of-this-migration", policy
    )


def test_kubernetes_itself_deletes_and_releases_but_does_not_scale() -> None:
    wanted = condition("not-by-kubernetes-itself")
    assert cel(BUILT_IN) in wanted
    assert wanted.startswith('(has(request.subResource) && request.subResource == "scale") || !(')
    accounts = {
        f"system:serviceaccount:kube-system:{name}" for name in ("namespace-controller", "generic-garbage-collector")
    }
    assert set(BUILT_IN) == accounts | {"system:kube-controller-manager"}


def test_everybody_else_is_denied_while_the_object_was_locked_before() -> None:
    lock = spec()["validations"][1]
    assert lock["expression"] == '!variables.locked || request.userInfo.username in ["me", "o\\"brien"]'
    assert (lock["message"], lock["reason"]) == ("locked", "Forbidden")
    variables = {item["name"]: item["expression"] for item in spec()["variables"]}
    assert variables["old"] == "dyn(oldObject)"
    # what scales has no annotations: the policy is there, so it is locked
    assert variables["locked"] == 'request.resource.group != "apps" || variables.scales || true'
    assert spec()["failurePolicy"] == "Fail"


def test_the_probe_is_denied_by_this_very_version() -> None:
    first = spec()["validations"][0]
    assert BASE.digest in first["expression"]
    assert PROBE in first["expression"]
    assert first["expression"].startswith('request.operation != "UPDATE" || ')
    assert first["message"] == in_force(BASE.digest)


@pytest.mark.parametrize(
    "changed",
    [
        {"allowed": ("me",)},
        {"lock_message": "other"},
        {"locked": "false"},
        {"rules": (Rule("true", "never"),)},
        {"objects": BASE.objects[:1]},
        {"also": (labelled("configmaps", {"a": "b"}),)},
    ],
)
def test_whatever_changes_shows_in_the_digest(changed: Any) -> None:
    assert replace(BASE, **changed).digest != BASE.digest
    assert replace(BASE).digest == BASE.digest


def test_further_rules_and_kinds() -> None:
    also = labelled("configmaps", {"role": "controller", "cluster": "kafka"})
    policy = replace(BASE, rules=(Rule("false", "never"),), also=(also,))
    assert [item["message"] for item in spec(policy)["validations"]][1:] == ["locked", "never"]
    rule = spec(policy)["matchConstraints"]["resourceRules"][1]
    assert (rule["apiGroups"], rule["resources"], rule["operations"]) == ([""], ["configmaps"], ["UPDATE", "DELETE"])
    wanted = condition("of-this-migration", policy)
    assert 'request.resource.group == "" && request.resource.resource == "configmaps" && ' in wanted
    assert 'labels[?"role"].orValue("") == "controller"' in wanted
    assert 'labels[?"cluster"].orValue("") == "kafka"' in wanted


def test_they_carry_our_labels() -> None:
    for item in (BASE.policy(), BASE.binding()):
        assert item["apiVersion"] == "admissionregistration.k8s.io/v1"
        assert item["metadata"] == {
            "name": "kraft-migration.n.kafka",
            "labels": {
                names.LABEL_CLUSTER: "kafka",
                names.LABEL_NAMESPACE: "n",
                names.MANAGED_BY: names.MANAGER,
            },
        }


def test_literals_and_annotations_as_cel_has_them() -> None:
    assert cel('a"b\\c\n') == '"a\\"b\\\\c\\n"'
    assert cel(("é", "b")) == '["é", "b"]'
    assert annotation("o", "k/x") == 'o.?metadata.?annotations[?"k/x"].orValue("")'
