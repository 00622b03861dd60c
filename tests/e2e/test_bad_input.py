# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input that Kubernetes or the variables hold: one sentence, its code, and nothing changed."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import journal
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import (
    CONFIG_MAP,
    LEASE,
    PVC,
    SERVICE,
    STATEFUL_SET,
)

from tests.e2e.places import Place, findings, one_sentence, refused
from tests.sandbox.account import grant, rules

ALIEN = "ann@laptop:77:123"


# which cluster


def test_a_cluster_of_another_name_offers_near_ones(place: Place) -> None:
    with place.unchanged():
        refused(
            place.play("preflight", kraft_cluster="kafak"),
            "cluster-not-found",
            "Kafka cluster 'kafak' was not found in namespace 'bad-input' (similar names: kafka)",
            "correct kraft_cluster or kraft_namespace",
        )


def test_the_name_of_something_else(place: Place) -> None:
    with place.unchanged():
        done = place.play("preflight", kraft_cluster="zookeeper")
        refused(
            done,
            "cluster-not-found",
            "StatefulSet bad-input/zookeeper does not start Kafka brokers",
            "similar names: kafka",
        )


def test_a_namespace_that_the_account_may_not_read(place: Place) -> None:
    with place.unchanged():
        done = place.play("preflight", kraft_namespace="bad-inputs")
        refused(done, "permission-missing", "may not list statefulsets.apps in namespace bad-inputs", "grant verb")


def test_a_namespace_that_does_not_exist(place: Place, viewer: dict[str, Any]) -> None:
    with place.unchanged():
        done = place.play("preflight", kraft_namespace="bad-inputs", **viewer)
        refused(
            done,
            "cluster-not-found",
            "namespace 'bad-inputs' does not exist",
            "similar names: bad-input",
            "kraft_namespace",
        )


def test_a_statefulset_of_kraft_statefulsets_that_is_not_there(place: Place) -> None:
    with place.unchanged():
        done = place.play("preflight", kraft_statefulsets=["kafka", "kafka-b"])
        refused(done, "cluster-not-found", "StatefulSet kafka-b of kraft_statefulsets was not found")


def test_an_api_server_that_cannot_be_reached(place: Place) -> None:
    with place.unchanged():
        done = place.play("preflight", kraft_host="https://127.0.0.1:9")
        refused(done, "kubernetes-unreachable", "https://127.0.0.1:9")


def test_credentials_that_are_not_accepted(place: Place) -> None:
    with place.unchanged():
        done = place.play("preflight", kraft_api_key="not-a-token-of-this-server")
        refused(done, "permission-missing", "did not accept the credentials", "log in again")
    assert "not-a-token-of-this-server" not in done.output.replace('"kraft_api_key"', "")


# what the account may do


def without(verb: str, resource: str) -> list[dict[str, Any]]:
    allowed = copy.deepcopy(rules())
    for rule in allowed:
        if resource in rule["resources"]:
            rule["verbs"] = [item for item in rule["verbs"] if item != verb]
    return [rule for rule in allowed if rule["verbs"]]


@pytest.mark.parametrize(
    ("verb", "resource", "spelled"),
    [
        ("patch", "statefulsets", "statefulsets.apps"),
        ("create", "pods/eviction", "pods/eviction"),
        ("get", "secrets", "secrets kraft-migration-kafka-originals"),
        ("delete", "leases", "leases.coordination.k8s.io kraft-migration-kafka"),
    ],
)
def test_a_missing_permission_is_named(place: Place, verb: str, resource: str, spelled: str) -> None:
    token = grant(place.cluster.fixture.kube, place.namespace, "restricted", without(verb, resource))
    with place.unchanged():
        failure = refused(place.play("preflight", kraft_api_key=token), "permission-missing")
    found = findings(failure)["permission-missing"]
    one_sentence(found["sentence"], f"the account may not {verb} {spelled} in namespace bad-input", "docs/rbac.yml")


def test_a_step_run_alone_names_what_it_may_not(place: Place) -> None:
    token = grant(place.cluster.fixture.kube, place.namespace, "restricted", without("create", "leases"))
    with place.unchanged():
        done = place.play("setup", "--tags", "SetupAddMigrationAnnotation", kraft_api_key=token)
        refused(done, "permission-missing", "may not create leases.coordination.k8s.io in namespace bad-input")


# whose objects


def test_a_statefulset_of_another_controller(place: Place) -> None:
    """Rule 6. The owner is an object that exists, or else Kubernetes would collect the StatefulSet."""
    owner = place.client.get(CONFIG_MAP, "kafka-config", place.namespace)["metadata"]
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": owner["name"],
        "uid": owner["uid"],
        "controller": True,
    }
    with place.marked(ownerReferences=[reference]), place.unchanged():
        done = place.play("preflight", kraft_accept=["managed-by-gitops"])
        refused(done, "owned-by-controller", "StatefulSet bad-input/kafka belongs to ConfigMap/kafka-config")


GITOPS = {
    "Argo CD": (
        {"annotations": {"argocd.argoproj.io/tracking-id": "argocd_shop:apps/StatefulSet:bad-input/kafka"}},
        "Argo CD Application argocd/shop",
    ),
    "Flux": (
        {
            "labels": {
                "kustomize.toolkit.fluxcd.io/name": "apps",
                "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
            }
        },
        "Flux Kustomization flux-system/apps",
    ),
}


@pytest.mark.parametrize("tool", GITOPS)
@pytest.mark.parametrize(
    ("playbook", "tag"), [("preflight", "SetupPreChecks"), ("setup", "SetupAddMigrationAnnotation")]
)
def test_gitops_that_is_not_seen_paused(place: Place, tool: str, playbook: str, tag: str) -> None:
    """Rule 6: preflight names what to pause, and the first step that would write refuses by itself."""
    marks, named = GITOPS[tool]
    with place.marked(**marks), place.unchanged():
        done = place.play(playbook, "--tags", tag)
        words = (
            f"is managed by {named}, which this account may not read",
            "accept managed-by-gitops once it is paused",
        )
        refused(done, "managed-by-gitops", *words)


def test_gitops_may_be_accepted_by_name(place: Place) -> None:
    with place.marked(**GITOPS["Flux"][0]), place.unchanged():
        done = place.play("preflight", kraft_accept=["managed-by-gitops"])
    assert done.status == 0
    assert findings(done.result("SetupPreChecks"))["managed-by-gitops"]["accepted"] is True


def lease_of(holder: str) -> dict[str, Any]:
    spec = {
        "holderIdentity": holder,
        "leaseDurationSeconds": 60,
        "acquireTime": "2026-01-01T00:00:00.000000Z",
        "renewTime": "2999-01-01T00:00:00.000000Z",
    }
    return {"metadata": {"name": "kraft-migration-kafka", "labels": {names.LABEL_CLUSTER: "kafka"}}, "spec": spec}


def test_a_run_of_somebody_else(place: Place) -> None:
    with place.planted(LEASE, lease_of(ALIEN)), place.unchanged():
        done = place.play("setup", "--tags", "SetupAddMigrationAnnotation", kraft_lock_timeout=1)
        refused(
            done,
            "lock-held",
            f"{ALIEN} has been migrating this cluster since 2026-01-01T00:00:00.000000Z",
            "wait for that run; if it is no longer alive, run unlock.yml",
        )


def test_a_migration_of_somebody_else(place: Place) -> None:
    book = journal.dump(journal.Journal("kafka", migration_id="ours"))
    body = {"metadata": {"name": "kraft-migration-kafka", "labels": {names.LABEL_CLUSTER: "kafka"}}, "data": book}
    marks = {names.LOCK: "theirs", names.LOCK_HOLDER: f"{ALIEN} since 2026-01-01T00:00:00Z"}
    with place.planted(CONFIG_MAP, body), place.marked(annotations=marks), place.unchanged():
        done = place.play("setup", "--tags", "SetupAddMigrationAnnotation")
        refused(done, "lock-held", f"is locked by migration theirs ({ALIEN} since 2026-01-01T00:00:00Z)")


def test_unlock_wants_the_name_typed(place: Place) -> None:
    with place.planted(LEASE, lease_of(ALIEN)), place.unchanged():
        refused(place.play("unlock"), "lock-held", "kraft_release=bad-input/kafka")
        for name in ("kafak", "bad-inputs/kafka"):
            refused(place.play("unlock", kraft_release=name), "lock-held", "kraft_release=bad-input/kafka")


def test_an_object_that_somebody_changed_meanwhile(place: Place) -> None:
    """Rule 6: the change is found by the next step, which says who, and undoes nothing."""
    locked = place.play("setup", "--tags", "SetupAddMigrationAnnotation")
    try:
        assert locked.status == 0
        with place.template({"terminationGracePeriodSeconds": 77}), place.unchanged():
            for playbook, tag in (
                ("setup", "SetupAddMigrationAnnotation"),
                ("setup", "SetupEnsureKRaftControllerExists"),
            ):
                done = place.play(playbook, "--tags", tag)
                refused(done, "changed-by-others", "StatefulSet bad-input/kafka was changed during the migration by ")
    finally:
        unlocked = place.play("unlock", kraft_release="kafka")
        place.remove(CONFIG_MAP, "kraft-migration-kafka")
    assert unlocked.status == 0
    annotations = place.client.get(STATEFUL_SET, "kafka", place.namespace)["metadata"].get("annotations") or {}
    assert names.LOCK not in annotations


# what reaches for ZooKeeper

REFERENCES: dict[str, tuple[dict[str, Any], str]] = {
    "an init container": (
        {
            "initContainers": [
                {"name": "wait", "image": "busybox", "command": ["sh", "-c", "nc -z zookeeper-0.zookeeper 2181"]}
            ]
        },
        "start command of init container wait",
    ),
    "a probe": (
        {"readinessProbe": {"exec": {"command": ["sh", "-c", "echo ruok | nc localhost 2181"]}}},
        "readinessProbe of container kafka",
    ),
    "a hook": (
        {"lifecycle": {"preStop": {"exec": {"command": ["zookeeper-shell.sh", "zookeeper:2181", "ls", "/"]}}}},
        "preStop hook of container kafka",
    ),
    "a start command": (
        {"command": ["bash", "-c", "until nc -z zookeeper-0.zookeeper 2181; do :; done; exec kafka-server-start.sh"]},
        "start command of container kafka",
    ),
}


@pytest.mark.parametrize("what", REFERENCES)
def test_what_reaches_for_zookeeper_is_named_and_blocks_finalize(place: Place, what: str) -> None:
    """Rule 1: a pod that waits for ZooKeeper would never start again once ZooKeeper is gone."""
    change, where = REFERENCES[what]
    if "initContainers" not in change:
        change = place.container(**change)
        if what == "a probe":
            change["containers"][0]["readinessProbe"].pop("tcpSocket", None)
    with place.template(change), place.unchanged():
        preflight = place.play("preflight")
        gates = place.play("finalize", "--tags", "MoveToKRaftControllerTriggerKRaftControllerMigrationModeRemoval")
    one_sentence(findings(preflight.result("SetupPreChecks"))["zookeeper-reference"]["sentence"], where)
    gate = {item["code"]: item for item in gates.failure["detail"]["gates"]}["gate-zookeeper-reference"]
    assert gate["passed"] is False
    one_sentence(gate["sentence"], where)


# the controllers


def test_controller_ids_that_are_broker_ids(place: Place) -> None:
    with place.unchanged():
        done = place.play("preflight", kraft_controller_node_id_base=1)
        refused(done, "controller-id-clash", "controller node ids [1, 2] are broker ids", "above 2")


def test_controllers_on_an_empty_dir(place: Place) -> None:
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "kafka-kraft"},
        "spec": {
            "serviceName": "kafka-kraft",
            "selector": {"matchLabels": {"app": "kraft"}},
            "template": {
                "metadata": {"labels": {"app": "kraft"}},
                "spec": {
                    "containers": [
                        {
                            "name": "kafka",
                            "image": "x",
                            "volumeMounts": [{"name": "data", "mountPath": "/var/lib/kraft/data"}],
                        }
                    ],
                    "volumes": [{"name": "data", "emptyDir": {}}],
                },
            },
        },
    }
    with place.unchanged():
        done = place.play("preflight", kraft_controller_manifest=manifest)
        refused(done, "controllers-emptydir", "volumeClaimTemplate")


VERBS = ("preflight", "setup", "migrate", "finalize", "rollback")


def test_a_foreign_statefulset_has_the_controllers_name(place: Place) -> None:
    """One that runs: the sandbox's own ZooKeeper."""
    with place.unchanged():
        for verb in VERBS:
            refused(
                place.play(verb, kraft_controller_name="zookeeper"),
                "foreign-object",
                "StatefulSet bad-input/zookeeper has a name that this migration needs",
                "it seems to belong to ",
                "set kraft_controller_name to a name that is free",
            )
        done = place.play("status", kraft_controller_name="zookeeper")
        assert done.status == 0
        assert "FOREIGN: StatefulSet bad-input/zookeeper has a name" in done.output


def foreign_controllers() -> dict[str, Any]:
    """What a new KRaft cluster beside this one might be called; scaled to 0, so that nothing of it can be read."""
    labels = {"app": "theirs", "app.kubernetes.io/managed-by": "Helm"}
    return {
        "metadata": {
            "name": "kafka-kraft",
            "labels": labels,
            "annotations": {"meta.helm.sh/release-name": "events", "meta.helm.sh/release-namespace": "events"},
        },
        "spec": {
            "replicas": 0,
            "serviceName": "kafka-kraft",
            "selector": {"matchLabels": {"app": "theirs"}},
            "template": {
                "metadata": {"labels": {"app": "theirs"}},
                "spec": {"containers": [{"name": "kafka", "image": "apache/kafka:3.9.2"}]},
            },
        },
    }


def test_a_foreign_statefulset_that_is_scaled_to_0(place: Place) -> None:
    """Its volumes are the data of a cluster that sleeps: a rollback deleted them once."""
    with (
        place.planted(STATEFUL_SET, foreign_controllers()),
        place.planted(PVC, claim("data-kafka-kraft-0")),
        place.unchanged(),
    ):
        for verb in VERBS:
            refused(place.play(verb), "foreign-object", "it seems to belong to Helm release events/events")


def test_a_foreign_service_has_the_controllers_name(place: Place) -> None:
    service = {"metadata": {"name": "kafka-kraft"}, "spec": {"clusterIP": "None", "selector": {"app": "theirs"}}}
    with place.planted(SERVICE, service), place.unchanged():
        refused(place.play("preflight"), "foreign-object", "Service bad-input/kafka-kraft has a name")
        done = place.play("setup", "--tags", "SetupAddMigrationAnnotation")
        refused(done, "foreign-object", "Service bad-input/kafka-kraft has a name", "nothing was changed")


def claim(name: str, cluster: str = "") -> dict[str, Any]:
    labels = {names.LABEL_CLUSTER: cluster, names.LABEL_ROLE: names.ROLE_CONTROLLER} if cluster else {}
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
    }


EMPTY_START = (("preflight", "SetupPreChecks"), ("setup", "SetupMutateKRaftController"))


def test_volumes_of_earlier_controllers(place: Place) -> None:
    """Rule 3: an old metadata log would be written over ZooKeeper."""
    with place.planted(PVC, claim("kraft-data-kafka-kraft-0", "kafka")), place.unchanged():
        for playbook, tag in EMPTY_START:
            done = place.play(playbook, "--tags", tag)
            refused(done, "controller-volumes-leftover", "kraft-data-kafka-kraft-0", "delete them")


def test_a_volume_of_somebody_else_that_a_controller_would_mount(place: Place) -> None:
    with place.planted(PVC, claim("kraft-data-kafka-kraft-1")), place.unchanged():
        for playbook, tag in EMPTY_START:
            done = place.play(playbook, "--tags", tag)
            refused(
                done,
                "foreign-object",
                "PersistentVolumeClaim bad-input/kraft-data-kafka-kraft-1 has the name of a controller's volume that a controller would bind",
                "and no pod mounts it",
                "set kraft_controller_name to a name that is free",
            )


def test_volumes_of_a_cluster_whose_name_contains_ours(place: Place) -> None:
    """Clusters kafka and prod-kafka in one namespace: seen on a real cluster as "delete them"."""
    with place.planted(PVC, claim("kraft-data-prod-kafka-kraft-0", "prod-kafka")), place.unchanged():
        done = place.play("preflight")
        assert done.status == 0, done.output
        assert "prod-kafka" not in done.output


# finalize


FINAL = "MoveToKRaftControllerTriggerKRaftControllerMigrationModeRemoval"


def gates_of(outcome: Any) -> dict[str, Any]:
    assert outcome.status != 0
    one_sentence(outcome.failure["msg"], "the irreversible step is refused, nothing was changed")
    return {item["code"]: item for item in outcome.failure["detail"]["gates"]}


@pytest.mark.parametrize(
    ("confirm", "sentence"),
    [
        (None, "kraft_confirm is not set"),
        (["kafak"], "kraft_confirm names kafak, not bad-input/kafka"),
        # a namesake
        (["orders/kafka"], "kraft_confirm names orders/kafka, not bad-input/kafka"),
    ],
    ids=["not confirmed", "another name", "a namesake"],
)
def test_finalize_is_not_confirmed(place: Place, confirm: list[str] | None, sentence: str) -> None:
    """Rule 1: every gate that is closed is named."""
    with place.unchanged():
        done = place.play("finalize", "--tags", FINAL, **({"kraft_confirm": confirm} if confirm else {}))
        gates = gates_of(done)
    assert gates["gate-confirm"]["passed"] is False
    one_sentence(gates["gate-confirm"]["sentence"], sentence, "kraft_confirm=bad-input/kafka")


def test_finalize_with_zookeeper_brokers_left(place: Place) -> None:
    """Rule 1: neither the confirmation nor any acceptance opens the gate of pure dual-write."""
    with place.unchanged():
        accept = ["gate-parity", "gate-soak"]
        done = place.play("finalize", "--tags", FINAL, kraft_confirm=["kafka"], kraft_accept=accept)
        gates = gates_of(done)
    assert done.failure["code"] == "gate-pure-dual-write"
    assert gates["gate-confirm"]["passed"] is True
    assert gates["gate-pure-dual-write"]["passed"] is False
    assert gates["gate-soak"]["passed"] or gates["gate-soak"]["accepted"]
    # no controller runs: the stores cannot be compared
    assert gates["gate-parity"]["accepted"] is True


def test_finalize_before_the_migration(place: Place) -> None:
    with place.unchanged():
        refused(place.play("finalize", kraft_confirm=["kafka"]), "wrong-state", "is ZOOKEEPER", "status.yml")


def test_what_cannot_be_accepted(place: Place) -> None:
    with place.unchanged():
        done = place.play("preflight", kraft_accept=["migration-stale"])
    assert done.status != 0
    one_sentence(
        done.failure["msg"], "kraft_accept names migration-stale, which cannot be accepted", "acceptable codes"
    )


def test_a_secret_is_in_no_output(place: Place) -> None:
    """Rule 7."""
    done = place.play("preflight", "-vvv", kraft_cluster="kafak")
    assert place.cluster.token not in done.output
    assert place.cluster.token not in json.dumps([task["result"] for task in done.tasks])
