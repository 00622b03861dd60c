# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of a migration, enforced by the API server: who is denied what from the lock to its end, on plain StatefulSets.

The tests are steps on one way and run in their order.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import CONFIG_VOLUME
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import (
    CONFIG_MAP,
    POD,
    STATEFUL_SET,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import lock_rules

from tests.e2e.admission import POLICIES, User, denial, full_rights, take_away, there
from tests.e2e.places import refused
from tests.e2e.trip import CONTROLLERS, FINAL, Trip, quiet, until
from tests.sandbox.account import grant, granted_admission
from tests.sandbox.cluster import Sandbox
from tests.sandbox.fixtures import FixtureSpec

NAMESPACE = "e2e-admission"
ON_CALL = f"system:serviceaccount:{NAMESPACE}:on-call"
OURS = f"system:serviceaccount:{NAMESPACE}:kafkaops-kraft"
POLICY = f"kraft-migration.{NAMESPACE}.kafka"
LOCKED = f"Kafka cluster {NAMESPACE}/kafka is locked while it is migrated"
KEEPS = "keep zookeeper.metadata.migration.enable=true until finalize.yml takes it away"
ANNOTATE = {"metadata": {"annotations": {"example.com/mine": "1"}}}
UNLOCK = {"metadata": {"annotations": {names.LOCK: None}}}
IMAGE = {"spec": {"template": {"metadata": {"annotations": {"example.com/mine": "1"}}}}}
SCALE = {"spec": {"replicas": 1}}
STAGE = {"spec": {"template": {"metadata": {"annotations": {names.STAGE: "final"}}}}}


@dataclass(frozen=True)
class Scene:
    """A cluster, an account with all rights of a namespace, the same for the person on call, and ours used by hand."""

    trip: Trip
    other: User
    on_call: User
    ours: User


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster")
    kube = Sandbox().kube
    take_away(kube, NAMESPACE)
    spec = FixtureSpec(namespace=NAMESPACE, dns_ttl=1, topics=2)
    with quiet(spec, tmp_path_factory.mktemp("admission")) as found:
        allowed = [
            *full_rights("apps", "statefulsets", "statefulsets/scale"),
            *full_rights("", "pods", "pods/eviction", "configmaps"),
        ]
        target = found.target
        tokens = {name: grant(kube, NAMESPACE, name, allowed) for name in ("other", "on-call")}
        users = [User(target.client_of(token), NAMESPACE) for token in (*tokens.values(), target.token)]
        target.variables["kraft_lock_allowed_users"] = [ON_CALL]
        found.remember()
        try:
            yield Scene(found, *users)
        finally:
            take_away(kube, NAMESPACE)
            for user in users:
                user.client.close()
            kube.close()


def status(scene: Scene) -> str:
    """What status.yml says of the enforcement."""
    found: str = scene.trip.run("status").result("Status")["lock_enforced_by"]
    return found


def test_without_rights_it_is_the_annotation_alone_or_nothing(scene: Scene) -> None:
    target = scene.trip.target
    for playbook in ("preflight", "setup"):
        refused(
            target.play(playbook, kraft_lock_enforcement="admission"),
            "lock-not-enforced",
            "the account may not create validatingadmissionpolicies",
            "docs/rbac-admission.yml grants it",
        )
    scene.trip.check_plain()
    done = target.play("setup", "--tags", "SetupAddMigrationAnnotation")
    assert done.status == 0, done.output
    assert done.output.count("the lock is enforced by its annotation alone") == 1, done.output
    assert "docs/rbac-admission.yml grants it" in status(scene)
    assert there(target.fixture.kube, NAMESPACE) == [False, False]
    assert denial(scene.other.change(STATEFUL_SET, "kafka", ANNOTATE, dry_run=True)) == ""
    scene.trip.run("unlock", kraft_release="kafka")
    assert status(scene) == ""


@pytest.fixture(scope="module")
def rights(scene: Scene) -> Iterator[None]:
    with granted_admission(scene.trip.target.fixture.kube, NAMESPACE):
        yield


@pytest.mark.usefixtures("rights")
def test_with_rights_the_policy_is_made_kept_and_taken_away_by_unlock(scene: Scene) -> None:
    kube, target = scene.trip.target.fixture.kube, scene.trip.target
    shown = scene.trip.run("preflight")
    assert f"plan: the lock will be enforced by ValidatingAdmissionPolicy {POLICY}" in shown.output
    target.play("setup", "--check")
    assert there(kube, NAMESPACE) == [False, False]
    done = scene.trip.run("setup", kraft_lock_enforcement="admission")
    assert done.output.count(f"the lock is enforced by ValidatingAdmissionPolicy {POLICY}") == 1, done.output
    assert there(kube, NAMESPACE) == [True, True]
    assert status(scene) == f"ValidatingAdmissionPolicy {POLICY}"
    # another namespace has no lock: nothing of its own is left behind by an unlock, and setup makes it again
    scene.trip.run("unlock", kraft_release="kafka")
    assert there(kube, NAMESPACE) == [False, False]
    scene.trip.run("setup")
    assert there(kube, NAMESPACE) == [True, True]
    assert scene.trip.run("setup").changed == []
    for kind in POLICIES:
        kube.delete(kind, POLICY)
        assert "is gone; the next playbook" in status(scene)
        assert scene.trip.run("setup").changed == ["kafkaops.kraft.setup : SetupAddMigrationAnnotation"]
        assert there(kube, NAMESPACE) == [True, True]


def tried(scene: Scene, user: User) -> dict[str, str]:
    """What an account with all rights is told when it tries to change what is locked; nothing that is admitted is stored."""
    config_map = scene.trip.place.client.list(CONFIG_MAP, NAMESPACE, label_selector=CONTROLLERS)[0]["metadata"]["name"]
    requests = {
        f"{what} {name}": user.change(STATEFUL_SET, name, body, dry_run=True)
        for name in ("kafka", "kafka-kraft")
        for what, body in (("annotate", ANNOTATE), ("unlock", UNLOCK), ("template", IMAGE), ("replicas", SCALE))
    }
    for name in ("kafka", "kafka-kraft"):
        requests[f"scale {name}"] = user.change(STATEFUL_SET, name, SCALE, subresource="scale", dry_run=True)
        requests[f"delete {name}"] = user.delete(STATEFUL_SET, name, dry_run=True)
    requests["delete all"] = user.delete(STATEFUL_SET, None, dry_run=True)
    requests["settings"] = user.delete(CONFIG_MAP, config_map, dry_run=True)
    return {what: denial(request) for what, request in requests.items()}


@pytest.mark.usefixtures("rights")
def test_others_are_denied_and_told_who_may(scene: Scene) -> None:
    for what, said in tried(scene, scene.other).items():
        assert LOCKED in said, (what, said)
        assert f"only {OURS} and {ON_CALL} may change" in said
        assert "kafkaops.kraft.status shows how far it is" in said
    # not only in a dry run
    assert LOCKED in denial(scene.other.change(STATEFUL_SET, "kafka", SCALE, subresource="scale"))
    assert LOCKED in denial(scene.other.delete(STATEFUL_SET, "kafka"))


@pytest.mark.usefixtures("rights")
def test_the_person_on_call_is_not(scene: Scene) -> None:
    assert set(tried(scene, scene.on_call).values()) == {""}


@pytest.mark.usefixtures("rights")
def test_what_is_not_locked_stays_free(scene: Scene) -> None:
    """Objects of others in the namespace, pods, evictions; and Kubernetes itself makes what is deleted anew."""
    assert denial(scene.other.change(STATEFUL_SET, "zookeeper", ANNOTATE, dry_run=True)) == ""
    assert denial(scene.other.delete(STATEFUL_SET, "zookeeper", dry_run=True)) == ""
    client = scene.other.client
    uid = client.get(POD, "kafka-kraft-2", NAMESPACE)["metadata"]["uid"]
    assert client.evict("kafka-kraft-2", NAMESPACE, uid=uid)

    def ready() -> bool:
        found = scene.trip.place.client.get(STATEFUL_SET, "kafka-kraft", NAMESPACE)
        pod = scene.trip.place.client.find(POD, "kafka-kraft-2", NAMESPACE)
        return found["status"].get("readyReplicas") == 3 and pod is not None and pod["metadata"]["uid"] != uid

    until(ready, "the evicted controller did not come back, or the status of its StatefulSet does not say so")
    assert denial(scene.other.delete(POD, "kafka-kraft-2", dry_run=True)) == ""


@pytest.mark.usefixtures("rights")
def test_nobody_takes_the_flag_from_the_controllers(scene: Scene) -> None:
    for user in (scene.on_call, scene.ours):
        assert KEEPS in denial(user.change(STATEFUL_SET, "kafka-kraft", STAGE, dry_run=True))
        without = {"spec": {"template": {"metadata": {"annotations": None}}}}
        assert KEEPS in denial(user.change(STATEFUL_SET, "kafka-kraft", without, dry_run=True))
        # the brokers' template has other stages
        assert denial(user.change(STATEFUL_SET, "kafka", STAGE, dry_run=True)) == ""
    # other settings, under the same stage: only what this collection writes
    pod = scene.trip.place.client.get(STATEFUL_SET, "kafka-kraft", NAMESPACE)["spec"]["template"]["spec"]
    for volume in pod["volumes"]:
        if volume["name"] == CONFIG_VOLUME:
            volume["configMap"]["name"] = "other"
    settings = {"spec": {"template": {"spec": {"volumes": pod["volumes"]}}}}
    assert KEEPS in denial(scene.on_call.change(STATEFUL_SET, "kafka-kraft", settings, dry_run=True))
    assert denial(scene.ours.change(STATEFUL_SET, "kafka-kraft", settings, dry_run=True)) == ""


def free(scene: Scene) -> None:
    """The lock is off for everybody: the API server forgets a policy in the background."""
    kube = scene.trip.target.fixture.kube
    assert there(kube, NAMESPACE) == [False, False]
    until(lambda: not denial(scene.other.change(STATEFUL_SET, "kafka", ANNOTATE, dry_run=True)), "still denied")
    until(
        lambda: not denial(scene.other.change(STATEFUL_SET, "kafka", SCALE, subresource="scale", dry_run=True)),
        "scaling is still denied",
    )
    assert status(scene) == ""


@pytest.mark.usefixtures("rights")
def test_back_from_hybrid_ends_with_it(scene: Scene) -> None:
    scene.trip.run("migrate")
    assert LOCKED in denial(scene.other.change(STATEFUL_SET, "kafka", IMAGE))
    scene.trip.roll_back()
    free(scene)
    scene.trip.check_plain()


@pytest.mark.usefixtures("rights")
def test_forward_to_the_end_and_the_end_opens_it(scene: Scene) -> None:
    scene.trip.run("migrate", kraft_lock_enforcement="admission")
    scene.trip.run("finalize")
    for user in (scene.on_call, scene.ours):
        assert KEEPS in denial(user.change(STATEFUL_SET, "kafka-kraft", STAGE, dry_run=True))
    scene.trip.run("finalize", **FINAL)
    assert scene.trip.state() == "FINALIZED"
    free(scene)


def test_a_namespace_with_locked_objects_can_be_deleted() -> None:
    """By the namespace controller, whose requests are not denied; a person's still are."""
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster")
    kube, namespace = Sandbox().kube, "e2e-admission-gone"
    person = User(connect({}), namespace)
    labels = {"app": "kafka"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "kafka", "image": "none"}]}}
    body = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "kafka", "namespace": namespace, "annotations": {names.LOCK: "m1"}},
        "spec": {"replicas": 0, "serviceName": "kafka", "selector": {"matchLabels": labels}, "template": template},
    }
    policy = lock_rules.policy(
        namespace,
        "kafka",
        ["kafka"],
        "kafka-kraft",
        account="nobody",
        allowed=[],
        migration_id="m1",
        opened=False,
    )
    try:
        kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        kube.apply(body)
        for item in (policy.policy(), policy.binding()):
            kube.apply(item)
        until(lambda: bool(denial(person.delete(STATEFUL_SET, "kafka", dry_run=True))), "the policy is not in force")
        kube.delete("Namespace", namespace)
        until(lambda: kube.get("Namespace", namespace) is None, "the namespace is still there", 120)
    finally:
        take_away(kube, namespace)
        kube.delete("Namespace", namespace)
        person.client.close()
        kube.close()
