# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policy and binding at the API server: whose they are, what is written, when they are in force."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.lock_policy import Locked, LockPolicy
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import policy_objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import BINDING, POLICY, STATEFUL_SET
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.policy_objects import PolicyObjects, says
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    DeadlineExceeded,
    Forbidden,
    NotFound,
    Refused,
)

from tests.unit.plugins.module_utils.admitting import DELETED, MADE, NAME, with_policies, written
from tests.unit.plugins.module_utils.fakes import FakeClient, statefulset

WANTED = LockPolicy(
    namespace="n",
    cluster="kafka",
    group="apps",
    version="v1",
    objects=(Locked("statefulsets", "n", "kafka"),),
    locked="true",
    allowed=("me",),
    lock_message="locked",
)
TARGET = (STATEFUL_SET, "kafka", "n")


def at() -> tuple[Any, PolicyObjects]:
    client: Any = with_policies(FakeClient(statefulset()))
    return client, PolicyObjects(client, "n", "kafka")


def test_they_are_made_once() -> None:
    client, objects = at()
    found = objects.find()
    assert found == {POLICY: None, BINDING: None}
    assert not says(found, WANTED)
    objects.write(found, WANTED)
    assert written(client) == MADE
    assert says(objects.find(), WANTED)
    objects.write(objects.find(), WANTED)
    assert written(client) == MADE


def test_what_the_server_adds_is_no_difference() -> None:
    client, objects = at()
    objects.write(objects.find(), WANTED)
    there = client.get(POLICY, NAME)
    there["spec"]["matchConstraints"]["matchPolicy"] = "Equivalent"
    client.put(there)
    assert says(objects.find(), WANTED)


@pytest.mark.parametrize("kind", [POLICY, BINDING])
def test_what_somebody_changed_is_put_back(kind: Any) -> None:
    client, objects = at()
    objects.write(objects.find(), WANTED)
    there = client.get(kind, NAME)
    if kind is POLICY:
        there["spec"]["validations"].pop()
    else:
        there["spec"]["validationActions"] = ["Warn"]
    client.put(there)
    assert not says(objects.find(), WANTED)
    objects.write(objects.find(), WANTED)
    assert written(client) == [*MADE, ("patch", kind.kind)]
    assert says(objects.find(), WANTED)


def test_one_that_is_missing_is_made_and_the_other_left() -> None:
    client, objects = at()
    objects.write(objects.find(), WANTED)
    client.drop(BINDING.kind, None, NAME)
    assert not says(objects.find(), WANTED)
    objects.write(objects.find(), WANTED)
    assert written(client) == [*MADE, MADE[1]]


@pytest.mark.parametrize("kind", [POLICY, BINDING])
@pytest.mark.parametrize("labels", [None, {"kraft.kafkaops.io/cluster": "kafka"}, {"kraft.kafkaops.io/namespace": "n"}])
def test_somebody_elses_is_refused(kind: Any, labels: Any) -> None:
    """Rule 6: the name is not enough."""
    client, objects = at()
    client.put({"kind": kind.kind, "metadata": {"name": NAME, "labels": labels}, "spec": {}})
    with pytest.raises(Refused, match=f"{kind.kind} {NAME} does not carry the labels of this migration") as refused:
        objects.find()
    assert refused.value.code == "foreign-object"


def test_the_very_objects_that_were_found_are_deleted() -> None:
    client, objects = at()
    objects.write(objects.find(), WANTED)
    found = objects.find()
    client.drop(BINDING.kind, None, NAME)
    other = WANTED.binding()
    other["metadata"]["uid"] = "another"
    client.put(other)
    with pytest.raises(Conflict):
        objects.delete(found)
    client.calls.clear()
    objects.delete(objects.find())
    assert written(client) == [DELETED[1]]
    client.fail["delete", POLICY.kind] = NotFound("gone meanwhile")
    objects.delete(found)


def test_it_is_in_force_when_this_version_denies_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_objects, "PACE", 0.001)
    client, objects = at()
    objects.write(objects.find(), WANTED)
    objects.wait_in_force(TARGET, WANTED.digest)
    # nothing is ever stored
    assert {verb for verb, kind, _name in client.calls if kind == "StatefulSet"} == {"dry-run patch"}
    assert len([call for call in client.calls if call[0] == "dry-run patch"]) == 2


@pytest.mark.parametrize("why", ["the API server admits what it denies", "may not patch statefulsets"])
def test_another_version_does_not_count(monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    monkeypatch.setattr(policy_objects, "PACE", 0.001)
    monkeypatch.setattr(policy_objects, "IN_FORCE", 0.05)
    client, objects = at()
    objects.write(objects.find(), WANTED)
    if why.startswith("may not"):
        client.fail["patch", "StatefulSet"] = Forbidden(why)
    later = replace(WANTED, allowed=("me", "you"))
    with pytest.raises(DeadlineExceeded, match=f"was not in force after 0 s: {why}") as late:
        objects.wait_in_force(TARGET, later.digest)
    assert late.value.code == "lock-not-enforced"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (
            {"observedGeneration": 2, "typeChecking": {"expressionWarnings": [{"warning": "no such field"}]}},
            "no such field",
        ),
        ({"observedGeneration": 2, "typeChecking": {}}, ""),
        ({"observedGeneration": 1, "typeChecking": {"expressionWarnings": [{"warning": "of before"}]}}, ""),
        ({}, ""),
    ],
)
def test_what_kubernetes_says_against_it(monkeypatch: pytest.MonkeyPatch, status: Any, said: str) -> None:
    monkeypatch.setattr(policy_objects, "PACE", 0.001)
    monkeypatch.setattr(policy_objects, "CHECKED", 0.01)
    client, objects = at()
    client.put({**WANTED.policy(), "metadata": {**WANTED.policy()["metadata"], "generation": 2}, "status": status})
    assert objects.warnings() == said
