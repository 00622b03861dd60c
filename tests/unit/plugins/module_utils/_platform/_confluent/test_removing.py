# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After a rollback: what carries our label is deleted by the uid that was read, in this order; everything else stays."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Verb
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import PVC, SECRET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import originals, removing
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    DeadlineExceeded,
    NotFound,
    Refused,
)

from tests.unit.plugins.module_utils._platform._confluent import crs
from tests.unit.plugins.module_utils._platform._confluent.scene import Cluster, before, underway

JOB = "kraft-migration-kafka"
KEPT = "kraft-migration-kafka-originals"
CLAIMS = [f"data0-kafka-kraft-{number}" for number in range(3)]
MINE = {names.LABEL_CLUSTER: "kafka", names.LABEL_ROLE: names.ROLE_CONTROLLER}


def rolled_back(**params: Any) -> Cluster:
    """At the end of a rollback, with an operator that takes its pods away once their custom resource is gone."""
    cluster = underway("RollbackToZk", "RollbackToZkComplete", res.ROLLBACK, **params)
    originals.keep(cluster)
    cluster.api.bodies.clear()
    cluster.api.calls.clear()

    def operator(verb: str, kind: str, name: str) -> None:
        if (verb, kind) == ("delete", "KRaftController"):
            cluster.api.drop("StatefulSet", "n", name)
            for number in range(3):
                cluster.api.drop("Pod", "n", f"{name}-{number}")

    cluster.api.operator = operator
    return cluster


def deleted(cluster: Cluster) -> list[tuple[str, str]]:
    return [(kind, name) for verb, kind, name, _body in cluster.api.bodies if verb == "delete"]


def test_everything_of_the_attempt_goes() -> None:
    cluster = rolled_back()
    volumes = [f"PersistentVolumeClaim/{name}" for name in CLAIMS]
    pods = [f"kafka-kraft-{number}" for number in range(3)]
    assert cluster.driver.left() == [f"KRaftMigrationJob/{JOB}", "KRaftController/kafka-kraft", *pods]
    assert cluster.driver.clean_up(print) == [
        f"KRaftMigrationJob/{JOB}",
        "KRaftController/kafka-kraft",
        *volumes,
        "Secret with the custom resources of before",
    ]
    assert deleted(cluster) == [
        ("KRaftMigrationJob", JOB),
        ("KRaftController", "kafka-kraft"),
        *(("PersistentVolumeClaim", name) for name in CLAIMS),
        ("Secret", KEPT),
    ]
    assert cluster.driver.left() == []
    assert cluster.driver.clean_up(print) == []
    # the brokers are left alone
    assert cluster.api.names("StatefulSet") == ["kafka"]


def without_controllers(cluster: Cluster) -> None:
    """The operator has stopped them."""
    for number in range(3):
        cluster.api.drop("Pod", "n", f"kafka-kraft-{number}")
    cluster.changed()


def test_volumes_of_controllers_that_the_operator_has_stopped_go_too() -> None:
    """Seen: they are stopped at the manual wait, and no pod tells any more whose the volumes are."""
    cluster = underway("DUAL-WRITE", "MigrateDualWrite")
    cluster.driver.start(Verb.ROLLBACK)
    without_controllers(cluster)
    assert [name for name in cluster.driver.clean_up(print) if name.startswith("PersistentVolumeClaim/")] == [
        f"PersistentVolumeClaim/{name}" for name in CLAIMS
    ]
    assert cluster.driver.left() == []


def test_volumes_that_nobody_could_tell_are_named_and_kept() -> None:
    """A fitting name is not enough to delete them, and enough not to call the cluster ready for a new attempt."""
    cluster = rolled_back()
    cluster.api.put(crs.claims(crs.kafka())[0])
    without_controllers(cluster)
    cluster.api.operator = lambda _verb, _kind, _name: None
    cluster.driver.clean_up(print)
    assert cluster.driver.left() == [
        f"PersistentVolumeClaim/{name} (of controllers that were gone before: delete it by hand)" for name in CLAIMS
    ]


def test_every_delete_carries_the_uid_that_was_read() -> None:
    cluster = rolled_back()
    uids = {item["metadata"]["name"]: item["metadata"]["uid"] for item in cluster.api.list(PVC, "n")}
    cluster.driver.clean_up(print)
    read = {name: uid for verb, kind, name, uid in cluster.api.bodies if (verb, kind) == ("delete", PVC.kind)}
    assert read == uids


def test_a_claim_without_our_label_is_left_alone() -> None:
    """Names repeat: a volume of the same form may be somebody else's; only what our controllers' pods mount gets the label."""
    cluster = rolled_back()
    for name, labels in (("data0-kafka-kraft-3", {"app": "kafka-kraft"}), ("other", {names.LABEL_CLUSTER: "kafka"})):
        cluster.api.put(
            {"kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": "n", "labels": labels}}
        )
    cluster.driver.clean_up(print)
    assert cluster.api.names("PersistentVolumeClaim") == ["data0-kafka-kraft-3", "other"]


def test_the_labels_go_onto_the_claim_that_was_read() -> None:
    cluster = rolled_back()
    removing.mark_claims(cluster)
    assert cluster.api.get(PVC, CLAIMS[0], "n")["metadata"]["labels"] == {"app": "kafka-kraft", **MINE}
    uid = cluster.api.get(PVC, CLAIMS[0], "n")["metadata"]["uid"]
    assert cluster.api.bodies[0] == ("patch", PVC.kind, CLAIMS[0], {"metadata": {"uid": uid, "labels": MINE}})
    assert list(removing.claims(cluster)) == CLAIMS


def test_a_claim_that_is_gone_already_is_no_error() -> None:
    cluster = rolled_back()
    cluster.api.drop("PersistentVolumeClaim", "n", CLAIMS[1])
    cluster.driver.clean_up(print)
    assert [name for kind, name in deleted(cluster) if kind == PVC.kind] == [CLAIMS[0], CLAIMS[2]]
    cluster = rolled_back()
    cluster.api.fail["delete", "KRaftMigrationJob"] = NotFound("gone")
    assert cluster.driver.clean_up(print)[0] == "KRaftController/kafka-kraft"


def test_the_controllers_of_a_job_of_ours_go_with_it() -> None:
    """A user may have written the KRaftController: the rolled-back attempt made what it holds."""
    cluster = rolled_back()
    cluster.api.put(crs.controllers(held=False))
    assert "KRaftController/kafka-kraft" in cluster.driver.clean_up(print)
    assert cluster.driver.left() == []


def test_a_rollback_that_somebody_else_began_is_cleaned_up() -> None:
    """Somebody else's job and controllers, rolled back by kubectl: whoever runs rollback.yml for the cluster wants them gone."""
    cluster = rolled_back()
    for item in (crs.job("RollbackToZk", "RollbackToZkComplete"), crs.controllers(held=False)):
        cluster.api.put(item)
    cluster.driver.clean_up(print)
    assert deleted(cluster)[:2] == [("KRaftMigrationJob", JOB), ("KRaftController", "kafka-kraft")]
    assert cluster.driver.left() == []


def test_a_job_that_is_not_rolled_back_is_not_taken_over() -> None:
    cluster = rolled_back(wait_timeout=0.1)
    for item in (crs.job("DUAL-WRITE", "MigrateDualWrite"), crs.controllers(held=False)):
        cluster.api.put(item)
    with pytest.raises(DeadlineExceeded, match=r"controllers kafka-kraft-0, .* are not gone yet"):
        cluster.driver.clean_up(print)
    assert deleted(cluster) == [], "no volume below a controller that runs"
    assert cluster.driver.left()[:2] == [f"KRaftMigrationJob/{JOB}", "KRaftController/kafka-kraft"]


def test_volumes_go_only_once_their_pods_are_gone() -> None:
    cluster = rolled_back(wait_timeout=0.1)
    cluster.api.operator = lambda _verb, _kind, _name: None
    with pytest.raises(DeadlineExceeded, match="are not gone yet"):
        cluster.driver.clean_up(print)
    assert deleted(cluster) == [("KRaftMigrationJob", JOB), ("KRaftController", "kafka-kraft")]
    # a run that comes again finds the claims by our label
    assert list(removing.claims(cluster)) == CLAIMS


def test_one_that_was_made_anew_is_another() -> None:
    cluster = rolled_back()
    another = crs.job("SETUP")
    another["metadata"].update(uid="another", labels={names.LABEL_CLUSTER: "kafka"})

    def somebody(verb: str, _kind: str, _name: str) -> None:
        if verb == "patch":  # after it was read
            cluster.api.put(another)

    cluster.api.operator = somebody
    with pytest.raises(Conflict):
        cluster.driver.clean_up(print)
    assert deleted(cluster) == []


def test_nothing_is_taken_over_twice_or_where_nothing_is() -> None:
    cluster = underway()
    for take_over in (removing.take_over, removing.take_over_job):
        take_over(cluster)
        take_over(before())
    assert cluster.api.calls == []


def test_a_users_held_controller_is_no_leftover() -> None:
    """It is what a new attempt begins with; preflight would take it for one of an earlier attempt."""
    cluster = before()
    cluster.api.put(crs.controllers())
    assert cluster.driver.left() == []
    cluster.api.put(crs.controllers(held=False))
    assert cluster.driver.left() == ["KRaftController/kafka-kraft"]


# the job alone


def over(phase: str = "COMPLETE", sub_phase: str = "MoveToKRaftControllerComplete", **params: Any) -> Cluster:
    cluster = underway(phase, sub_phase, **params)
    cluster.api.bodies.clear()
    return cluster


@pytest.mark.parametrize("at", [("COMPLETE", ""), ("RollbackToZk", "RollbackToZkComplete")])
def test_a_job_of_ours_that_is_over_is_deleted_alone(at: tuple[str, str]) -> None:
    cluster = over(*at)
    uid = cluster.api.get(res.JOB, JOB, "n")["metadata"]["uid"]
    assert cluster.driver.cannot_remove() is None
    assert cluster.driver.remove_request() == [f"KRaftMigrationJob/{JOB}"]
    assert cluster.api.bodies == [("delete", "KRaftMigrationJob", JOB, uid)]
    assert cluster.driver.remove_request() == []


def refused(cluster: Cluster) -> tuple[str, str]:
    """Why the job stays: asked beforehand and, by itself, when it is deleted all the same."""
    why = cluster.driver.cannot_remove()
    assert why is not None
    with pytest.raises(Refused) as error:
        cluster.driver.remove_request()
    assert (error.value.message, error.value.code) == (why.sentence, why.code)
    assert cluster.api.bodies == []
    return why.code, why.sentence


@pytest.mark.parametrize(
    "at",
    [
        ("", ""),
        ("SETUP", "SetupComplete"),
        ("DUAL-WRITE", "MigrateDualWrite"),
        ("MoveToKRaftControllerOnly", ""),
        ("RollbackToZk", "RollbackToZkEnsureKafkaRollIsComplete4"),
    ],
)
def test_a_job_under_way_is_never_deleted(at: tuple[str, str]) -> None:
    code, sentence = refused(over(*at))
    assert code == "wrong-state"
    assert "is under way: the operator is at" in sentence


def test_a_job_of_somebody_else_is_never_deleted() -> None:
    cluster = over()
    cluster.api.put(crs.job("COMPLETE"))
    code, sentence = refused(cluster)
    assert code == "foreign-object"
    assert "made by somebody else" in sentence
    another = crs.job("COMPLETE")
    another["metadata"]["labels"] = {names.LABEL_CLUSTER: "other"}
    cluster.api.put(another)
    assert refused(cluster)[0] == "foreign-object"


def test_a_job_that_alone_gives_the_locks_back_is_kept() -> None:
    cluster = over()
    cluster.api.put(crs.zookeeper({res.LOCK: "true"}))
    assert "Zookeeper zookeeper still have the lock that only" in refused(cluster)[1]


def test_a_job_that_alone_names_the_controllers_is_kept() -> None:
    """After it is gone they are looked for by kraft_controller_name."""
    cluster = over("RollbackToZk", "RollbackToZkComplete", controller_name="another")
    assert "set kraft_controller_name to kafka-kraft" in refused(cluster)[1]
    # after COMPLETE they stay anyway
    assert over(controller_name="another").driver.cannot_remove() is None
    cluster.api.drop("KRaftController", "n", "kafka-kraft")
    assert cluster.driver.cannot_remove() is None


# the custom resources of before


def test_they_are_kept_as_a_user_has_them() -> None:
    cluster = before()
    cluster.api.put(crs.controllers())
    originals.keep(cluster)
    kept = originals.read(cluster)
    assert set(kept) == {"Kafka/kafka", "Zookeeper/zookeeper", "KRaftController/kafka-kraft"}
    assert kept["Kafka/kafka"]["spec"] == cluster.kafka["spec"]
    secret = cluster.api.get(SECRET, KEPT, "n")
    assert secret["metadata"]["labels"] == {names.LABEL_CLUSTER: "kafka", names.MANAGED_BY: names.MANAGER}


def test_before_anything_was_asked_they_may_be_kept_anew() -> None:
    cluster = before()
    originals.keep(cluster)
    cluster.api.put(crs.kafka(replicas=4))
    cluster.changed()
    originals.keep(cluster)
    assert originals.read(cluster)["Kafka/kafka"]["spec"]["replicas"] == 4
    assert cluster.api.calls == [("create", "Secret", KEPT), ("patch", "Secret", KEPT)]


def test_a_secret_of_somebody_else_is_neither_written_read_nor_deleted() -> None:
    cluster = before()
    text = base64.b64encode(json.dumps({"Kafka/kafka": {}}).encode()).decode()
    cluster.api.put({"kind": "Secret", "metadata": {"name": KEPT, "namespace": "n"}, "data": {originals.KEY: text}})
    with pytest.raises(Refused, match="somebody else's; move it away") as refused:
        cluster.driver.start(Verb.MIGRATE)
    assert refused.value.code == "foreign-object"
    assert originals.read(cluster) == {}
    assert originals.forget(cluster) is False
    assert cluster.api.calls == []


@pytest.mark.parametrize("data", [None, {}, {originals.KEY: "?"}, {originals.KEY: base64.b64encode(b"[1]").decode()}])
def test_what_cannot_be_read_is_nothing(data: Any) -> None:
    cluster = before()
    assert originals.read(cluster) == {}
    labels = {names.LABEL_CLUSTER: "kafka"}
    cluster.api.put({"kind": "Secret", "metadata": {"name": KEPT, "namespace": "n", "labels": labels}, "data": data})
    assert originals.read(cluster) == {}
