# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of Confluent for Kubernetes, enforced by a policy of ours where the operator has none, on the double of its operator.

The tests are steps on one way and run in their order.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res

from tests.e2e.admission import User, denial, full_rights, take_away, there
from tests.e2e.fleet import Cluster, Outcome
from tests.e2e.trip import until
from tests.operators.confluent import names
from tests.operators.confluent.double import Double, operator
from tests.operators.confluent.manifests import ExampleSpec
from tests.operators.confluent.names import CONTROLLER, KAFKA
from tests.sandbox.account import RBAC_CONFLUENT, grant, granted_admission, rules
from tests.sandbox.cluster import Sandbox
from tests.sandbox.fixtures import Fixture, FixtureSpec

NAMESPACE = "e2e-admission-cfk"
ON_CALL = f"system:serviceaccount:{NAMESPACE}:on-call"
POLICY = f"ValidatingAdmissionPolicy kraft-migration.{NAMESPACE}.kafka"
LOCKED = f"Kafka {NAMESPACE}/kafka is locked while Confluent for Kubernetes migrates it"
ANNOTATE = {"metadata": {"annotations": {"example.com/mine": "1"}}}
UNLOCK = {"metadata": {"annotations": {names.LOCK: None}}}
NO_FLAG: dict[str, Any] = {"spec": {"configOverrides": {"server": []}}}


@dataclass(frozen=True)
class Scene:
    """The double and our playbooks; accounts with all rights to the custom resources, and ours used by hand."""

    double: Double
    target: Cluster
    other: User
    on_call: User
    ours: User

    def play(self, playbook: str, **variables: Any) -> Outcome:
        """Run a playbook that has to succeed."""
        done = self.target.play(playbook, **variables)
        assert done.status == 0, done.output
        return done

    def enforced_by(self) -> str:
        """What status.yml says."""
        found: str = self.play("status").result("Status")["lock_enforced_by"]
        return found


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster")
    with closing(Sandbox().kube) as kube:
        take_away(kube, NAMESPACE)
    with operator(NAMESPACE, enforce_locks=False) as double, granted_admission(double.kube, NAMESPACE):
        double.example(ExampleSpec(job="kraft-migration-kafka"))
        double.delete(CONTROLLER)
        fixture = Fixture(FixtureSpec(namespace=NAMESPACE), double.kube, {})
        token = grant(double.kube, NAMESPACE, allowed=rules(["kafka"], RBAC_CONFLUENT))
        folder = tmp_path_factory.mktemp("admission-cfk")
        variables = {
            "kraft_controller_name": double.spec.controller,
            "kraft_support_dir": str(folder / "support"),
            "kraft_lock_allowed_users": [ON_CALL],
        }
        target = Cluster(fixture, token, folder, variables)
        allowed = full_rights(res.GROUP, "kafkas", "zookeepers", "kraftcontrollers")
        tokens = [grant(double.kube, NAMESPACE, name, allowed) for name in ("other", "on-call")]
        users = [User(target.client_of(each), NAMESPACE) for each in (*tokens, token)]
        try:
            yield Scene(double, target, *users)
        finally:
            take_away(double.kube, NAMESPACE)
            for user in users:
                user.client.close()


def test_preflight_says_that_ours_will_be_made(scene: Scene) -> None:
    found = scene.play("preflight").result("SetupPreChecks")["findings"]
    (lock,) = [item for item in found if item["code"] == "operator-lock-not-enforced"]
    assert f"this collection makes {POLICY} for it" in lock["sentence"]
    assert there(scene.double.kube, NAMESPACE) == [False, False]


def test_others_are_denied_the_operator_and_the_person_on_call_are_not(scene: Scene) -> None:
    done = scene.play("setup", kraft_lock_enforcement="admission")
    assert f"CFK's lock is enforced by {POLICY}" in done.output
    assert there(scene.double.kube, NAMESPACE) == [True, True]
    assert scene.enforced_by() == POLICY
    controller = scene.double.spec.controller
    for kind, name in ((res.KAFKA, "kafka"), (res.ZOOKEEPER, "zookeeper"), (res.CONTROLLER, controller)):
        for user, wanted in ((scene.other, LOCKED), (scene.on_call, "")):
            requests = [user.change(kind, name, body, dry_run=True) for body in (ANNOTATE, UNLOCK)]
            requests += [user.delete(kind, name, dry_run=True), user.delete(kind, None, dry_run=True)]
            for said in map(denial, requests):
                assert wanted in said if wanted else said == "", (kind.kind, name, said)
    assert [line for line in _server(scene) if "migration.enable=true" in line]
    for user in (scene.on_call, scene.ours):
        said = denial(user.change(res.CONTROLLER, controller, NO_FLAG, dry_run=True))
        assert "keep zookeeper.metadata.migration.enable=true until the operator takes it away" in said
    assert scene.play("setup").changed == []


def _server(scene: Scene) -> list[str]:
    found: list[str] = (scene.double.cr(CONTROLLER)["spec"].get("configOverrides") or {}).get("server") or []
    return found


def test_it_is_gone_after_the_release(scene: Scene) -> None:
    done = scene.play("rollback")
    assert "ready to retry" in done.output
    assert there(scene.double.kube, NAMESPACE) == [False, False]
    until(lambda: not denial(scene.other.change(res.KAFKA, "kafka", ANNOTATE, dry_run=True)), "still denied")
    assert scene.enforced_by() == ""


def test_ours_is_not_made_where_the_operator_has_one(scene: Scene) -> None:
    scene.double.enforce_locks(on=True)
    found = scene.play("preflight").result("SetupPreChecks")["findings"]
    assert "operator-lock-not-enforced" not in [item["code"] for item in found]
    scene.play("setup", kraft_lock_enforcement="admission")
    assert there(scene.double.kube, NAMESPACE) == [False, False]
    assert scene.enforced_by() == "CFK's own policy or webhook"
    until(
        lambda: (
            "resource is locked by a KRaft migration"
            in denial(scene.other.change(res.KAFKA, "kafka", ANNOTATE, dry_run=True))
        ),
        "the operator's own policy is not in force",
    )
    scene.play("rollback")
    assert names.wanted(scene.double.cr(KAFKA), names.LOCK) is False
