# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of CFK: which object gets which annotation, what is refused before anything is written."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb, Wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import driver, objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.driver import Confluent
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Claim
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    DeadlineExceeded,
    Forbidden,
    KraftError,
    NotFound,
    Refused,
)

from tests.unit.plugins.module_utils._platform._confluent import crs
from tests.unit.plugins.module_utils._platform._confluent.scene import Api, Cluster, before, crds, underway
from tests.unit.plugins.module_utils.fakes import PARAMS, pod

JOB = "kraft-migration-kafka"
ALONE = "CFK's lock is enforced by nothing: the API server has no ValidatingAdmissionPolicy v1, which came with Kubernetes 1.30"


def writes(cluster: Cluster) -> list[tuple[str, str, str]]:
    return [(verb, kind, name) for verb, kind, name, _body in cluster.api.bodies]


def annotated(cluster: Cluster, kind: Any, name: str) -> dict[str, str]:
    return dict(cluster.api.get(kind, name, "n")["metadata"].get("annotations") or {})


# whose cluster it is


def claim(api: Api, **params: Any) -> Claim | None:
    return Confluent.claim(api, {**PARAMS, **params})  # type: ignore[arg-type]


def test_a_kafka_of_cfk_is_claimed() -> None:
    found = claim(Api(crs.kafka()))
    assert found == Claim("confluent", "Kafka CR n/kafka of platform.confluent.io/v1beta1")
    assert claim(Api()) is None
    assert claim(Api(crs.kafka()), cluster="other") is None


def test_who_may_not_read_claims_nothing_unless_it_was_named() -> None:
    api = Api(crs.kafka())
    api.fail["get", "Kafka"] = Forbidden("kafkas is not allowed")
    assert claim(api) is None
    with pytest.raises(Forbidden):
        claim(api, platform="confluent")


@pytest.mark.parametrize(
    ("versions", "served", "code", "words"),
    [
        ([], [], "operator-crds", "the API server has no platform.confluent.io: install the CRDs of CFK"),
        (["v1", "v2"], [], "operator-crds", "in version v1, v2; this release knows v1beta1"),
        (["v1beta1"], ["connects", "connects/status"], "operator-crds", "the API server has connects in platform.conf"),
        (
            ["v1beta1"],
            [],
            "operator-crds",
            "the API server has nothing in platform.confluent.io/v1beta1, and no kafkas",
        ),
        (["v1beta1", "v1"], ["kafkas"], "cluster-not-found", "there is no Kafka CR n/kafka; correct kraft_cluster or"),
    ],
)
def test_why_there_is_no_kafka(versions: list[str], served: list[str], code: str, words: str) -> None:
    api = Api()
    api.groups[res.GROUP] = versions
    api.plurals = served
    with pytest.raises(Refused) as refused:
        claim(api, platform="confluent")
    assert words in refused.value.message
    assert refused.value.code == code


@pytest.mark.parametrize("owner", ["platform.confluent.io/v1beta1", "platform.confluent.io/v1"])
def test_whose_a_statefulset_is_shows_without_rights_on_custom_resources(owner: str) -> None:
    """The account of docs/rbac.yml on a cluster of CFK: it is told what is missing, not that the StatefulSet is somebody else's."""
    workload = crs.workload(crs.kafka())
    workload["metadata"]["ownerReferences"][0]["apiVersion"] = owner
    api = Api(workload)
    api.fail["get", "Kafka"] = Forbidden("kafkas is not allowed")
    with pytest.raises(Forbidden, match="kafkas is not allowed"):
        claim(api)
    workload["metadata"]["ownerReferences"][0]["apiVersion"] = "kafka.example.com/v1"
    api.put(workload)
    assert claim(api) is None
    api.fail["get", "StatefulSet"] = Forbidden("statefulsets neither")
    assert claim(api) is None


def test_a_statefulset_of_an_unknown_version_of_cfk_is_not_taken_for_a_plain_one() -> None:
    workload = crs.workload(crs.kafka())
    workload["metadata"]["ownerReferences"][0]["apiVersion"] = "platform.confluent.io/v2"
    api = Api(workload)
    api.groups[res.GROUP] = ["v2"]
    with pytest.raises(Refused, match="in version v2; this release knows v1beta1") as refused:
        claim(api)
    assert refused.value.code == "operator-crds"


@pytest.mark.parametrize("missing", ["zookeepers", "kraftcontrollers"])
def test_definitions_that_are_missing_are_found_alone(missing: str) -> None:
    cluster = before()
    cluster.api.plurals = [name for name in cluster.api.plurals if name != missing]
    (found,) = cluster.driver.findings()
    assert found.code == "operator-crds"
    assert f"the API server has no {missing} in platform.confluent.io/v1beta1" in found.sentence


@pytest.mark.parametrize(
    ("version", "said"), [("2.7.1", "CFK (it is 2.7.1) is older"), ("", "CFK (it is 2.11.0) is older")]
)
def test_an_operator_without_jobs(version: str, said: str) -> None:
    cluster = before()
    cluster.api.put(crds(version))
    cluster.api.fail["list", "KRaftMigrationJob"] = NotFound("the server could not find the requested resource")
    with pytest.raises(Refused, match="without kraftmigrationjobs") as refused:
        cluster.driver.observe()
    assert refused.value.code == "operator-crds"
    assert said in refused.value.message


# asking for the migration


def test_the_migration_is_asked_for_by_a_held_controller_and_a_job() -> None:
    cluster = before()
    written = cluster.driver.start(Verb.MIGRATE)
    assert written == [ALONE, "KRaftController kafka-kraft created, held", f"KRaftMigrationJob {JOB} created"]
    assert writes(cluster) == [
        ("create", "Secret", "kraft-migration-kafka-originals"),
        ("create", "KRaftController", "kafka-kraft"),
        ("create", "KRaftMigrationJob", JOB),
    ]
    made = annotated(cluster, res.CONTROLLER, "kafka-kraft")
    assert made == {res.HOLD: "true", res.ID_OFFSET: "9990", res.LOG4J1: "true"}
    dependencies = objects.dependencies(cluster.api.get(res.JOB, JOB, "n"))
    assert {key: str(each) for key, each in dependencies.items()} == {
        "kafka": "n/kafka",
        "zookeeper": "n/zookeeper",
        "kRaftController": "n/kafka-kraft",
    }
    assert cluster.driver.observe().started


def test_nothing_is_made_twice() -> None:
    cluster = before(controller_name="own")
    cluster.driver.start(Verb.MIGRATE)
    cluster.api.bodies.clear()
    assert cluster.driver.start(Verb.MIGRATE) == []
    # the originals are those of now: nothing was asked of the operator yet
    assert [each for each in writes(cluster) if each[1] != "Secret"] == []


def test_a_users_own_controller_is_used_and_known_as_this_clusters() -> None:
    cluster = before(controller_name="own")
    cr = crs.controllers()
    cr["metadata"].update(name="own", uid="uid-own")
    cluster.api.put(cr)
    assert cluster.driver.start(Verb.MIGRATE) == [ALONE, f"KRaftMigrationJob {JOB} created"]
    label = {"metadata": {"uid": "uid-own", "labels": {"kraft.kafkaops.io/cluster": "kafka"}}}
    assert ("patch", "KRaftController", "own", label) in cluster.api.bodies
    assert str(objects.dependencies(cluster.api.get(res.JOB, JOB, "n"))["kRaftController"]) == "n/own"


@pytest.mark.parametrize(("there", "written"), [("", True), ("3.8", True), ("3.9", False)])
def test_the_ibp_of_a_custom_image(there: str, written: bool) -> None:
    cluster = before(ibp_version="3.9")
    cluster.api.put(crs.kafka({res.IBP: there} if there else {}))
    said = cluster.driver.start(Verb.MIGRATE)
    assert (f"Kafka kafka: annotation {res.IBP} = 3.9" in said) is written
    assert annotated(cluster, res.KAFKA, "kafka") == {res.IBP: "3.9"}


def test_a_job_that_waits_for_the_ibp_gets_it() -> None:
    """The user has set kraft_ibp_version since; the originals of before the job stay as they are."""
    cluster = underway("SETUP", "SetupDeriveIBPVersion", ibp_version="3.9")
    assert cluster.driver.owed() == [f"Kafka kafka: annotation {res.IBP} = 3.9"]
    assert cluster.driver.start(Verb.MIGRATE)[-1] == f"Kafka kafka: annotation {res.IBP} = 3.9"
    assert writes(cluster) == [("patch", "Kafka", "kafka")]
    assert cluster.driver.owed() == []
    assert underway("SETUP", "SetupDeriveIBPVersion").driver.owed() == []
    # once it has derived one, an annotation changes nothing any more
    assert underway("SETUP", "SetupCheckHealthyKafka", ibp_version="3.9").driver.owed() == []


@pytest.mark.parametrize(
    ("kafka", "params", "code"),
    [
        (crs.kafka(tls={"secretRef": "t"}), {}, "controller-manifest"),
        (crs.kafka(), {"controller_node_id_base": 1}, "controller-id-clash"),
        (crs.kafka(dependencies={"zookeeper": {"endpoint": "zk1.example.com:2181"}}), {}, "operator-references"),
    ],
)
def test_what_cannot_be_made_is_refused_before_anything_is_written(kafka: Any, params: Any, code: str) -> None:
    cluster = before(ibp_version="3.9", **params)
    cluster.api.put(kafka)
    with pytest.raises((Unsupported, Refused)) as refused:
        cluster.driver.start(Verb.MIGRATE)
    assert getattr(refused.value, "code", "") == code
    assert cluster.api.calls == []
    # and preflight says so before
    assert code in [item.code for item in cluster.driver.findings()]


def test_a_name_that_is_taken_is_a_conflict() -> None:
    cluster = before()
    cluster.api.put(crs.job(kafka={"name": "other"}))
    with pytest.raises(Conflict):
        cluster.driver.start(Verb.MIGRATE)


# asking the job


@pytest.mark.parametrize(("verb", "key"), [(Verb.FINALIZE, res.FINALIZE), (Verb.ROLLBACK, res.ROLLBACK)])
def test_the_job_is_annotated_as_it_was_read(verb: Verb, key: str) -> None:
    cluster = underway("DUAL-WRITE", "MigrateDualWrite")
    uid = cluster.api.get(res.JOB, JOB, "n")["metadata"]["uid"]
    assert cluster.driver.start(verb) == [f"KRaftMigrationJob {JOB}: annotation {key} = true"]
    body = {"metadata": {"uid": uid, "annotations": {key: "true"}}}
    assert [each for each in cluster.api.bodies if each[1] != "PersistentVolumeClaim"] == [
        ("patch", "KRaftMigrationJob", JOB, body)
    ]
    assert cluster.driver.observe().asked == {verb}


def test_a_rollback_takes_over_the_job_that_a_user_made() -> None:
    """Only what carries our label is deleted afterwards. The others are locked by now: an admission policy would deny the label."""
    cluster = underway("DUAL-WRITE", "MigrateDualWrite")
    for item in (crs.job("DUAL-WRITE"), crs.controllers(held=False)):
        cluster.api.put(item)
    cluster.driver.start(Verb.ROLLBACK)
    volumes = [("PersistentVolumeClaim", f"data0-kafka-kraft-{number}") for number in range(3)]
    job = ("KRaftMigrationJob", JOB)
    assert [each[1:] for each in writes(cluster)] == [job, *volumes, job]
    assert cluster.api.get(res.JOB, JOB, "n")["metadata"]["labels"] == {"kraft.kafkaops.io/cluster": "kafka"}


@pytest.mark.parametrize("verb", [Verb.FINALIZE, Verb.ROLLBACK])
def test_without_a_job_there_is_nobody_to_ask(verb: Verb) -> None:
    cluster = before()
    with pytest.raises(Refused, match=r"no KRaftMigrationJob for kafka; run migrate\.yml first") as refused:
        cluster.driver.start(verb)
    assert refused.value.code == "wrong-state"
    assert cluster.api.calls == []


def test_a_job_that_was_made_anew_is_not_annotated() -> None:
    cluster = underway("DUAL-WRITE", "MigrateDualWrite")
    read = cluster.read_job
    another = crs.job("SETUP")
    another["metadata"]["uid"] = "another"

    def read_and_lose() -> Any:
        found = read()
        cluster.api.put(another)
        return found

    cluster.read_job = read_and_lose  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        cluster.driver.start(Verb.FINALIZE)


def test_the_job_of_other_resources_is_not_followed() -> None:
    """Bad input of issue 14: what the operator does to another cluster says nothing of this one."""
    cluster = before()
    cluster.api.put(crs.job("DUAL-WRITE", "MigrateDualWrite", kafka={"name": "other"}))
    assert cluster.driver.observe() == Progress()
    with pytest.raises(Refused, match="no KRaftMigrationJob"):
        cluster.driver.start(Verb.FINALIZE)
    cluster.api.drop("KRaftMigrationJob", "n", JOB)
    cluster.api.put(crs.job("DUAL-WRITE", name="mine", kRaftController={"name": "kraft2"}, zookeeper={"name": "zoo"}))
    cluster.changed()
    with pytest.raises(Refused, match="is for zookeeper n/zoo, the inventory for n/zookeeper") as refused:
        cluster.driver.check()
    assert refused.value.code == "operator-references"


def test_two_jobs_of_one_cluster_are_refused() -> None:
    cluster = underway()
    cluster.api.put(crs.job("SETUP", name="second"))
    with pytest.raises(Refused, match="a cluster has one job"):
        cluster.driver.observe()


def test_what_is_right_is_no_reason_to_refuse() -> None:
    underway().driver.check()
    before().driver.check()


def test_the_answer_to_the_znodes() -> None:
    cluster = underway(phases.ROLLBACK, "RollbackToZkWaitForManualNodeRemovalFromZk", res.ROLLBACK)
    assert cluster.driver.observe().waits_for is Wait.ZNODES
    cluster.driver.answer(Wait.ZNODES)
    assert cluster.api.bodies[0][3]["metadata"]["annotations"] == {res.CONTINUE: "true"}
    with pytest.raises(KraftError, match="not told by an answer"):
        cluster.driver.answer(Wait.DECISION)
    assert len(cluster.api.bodies) == 1


def test_running_controllers_are_left_to_the_operator() -> None:
    assert underway().driver.stop_controllers() == (
        "kafka-kraft-0, kafka-kraft-1, kafka-kraft-2 are the operator's, whose lock forbids to stop them"
    )
    assert before().driver.stop_controllers() == ""
    assert underway().api.calls == []


# what it shows


def test_the_permissions_are_those_of_the_published_role() -> None:
    needs, document = before().driver.needs()
    assert document == "docs/rbac-confluent.yml"
    assert {"kafkas", "zookeepers", "kraftcontrollers", "kraftmigrationjobs"} <= {need.resource for need in needs}


def test_the_plan_says_what_is_final() -> None:
    assert before().driver.plan_lines()[0] == (
        "plan: create KRaftController kafka-kraft, held and KRaftMigrationJob kraft-migration-kafka"
    )
    lines = underway().driver.plan_lines()
    assert lines[0] == f"plan: follow KRaftMigrationJob {JOB}"
    assert lines[-1].endswith("(final)")


def test_findings_are_those_of_the_custom_resources() -> None:
    codes = [item.code for item in before().driver.findings()]
    assert codes == ["operator-lock-not-enforced"]


def test_the_bundle_has_every_custom_resource() -> None:
    cluster = underway()
    kept = [f"{item['kind']}/{item['metadata']['name']}" for item in cluster.driver.objects()]
    assert kept == [
        "Kafka/kafka",
        "Zookeeper/zookeeper",
        "KRaftController/kafka-kraft",
        f"KRaftMigrationJob/{JOB}",
        "StatefulSet/kafka",
        "StatefulSet/kafka-kraft",
    ]
    cluster = underway()
    cluster.api.fail["list", "KRaftMigrationJob"] = Forbidden("no")
    assert [item["kind"] for item in cluster.driver.objects()] == ["StatefulSet", "StatefulSet"]


# exports and locks


def locked() -> Cluster:
    """At the end, with the operator's locks, and what was there before."""
    cluster = before()
    cluster.driver.start(Verb.MIGRATE)
    for item in (
        crs.kafka({res.LOCK: "true"}, dependencies={"kRaftController": {"clusterRef": {"name": "kafka-kraft"}}}),
        crs.zookeeper({res.LOCK: "true"}),
        crs.controllers({res.LOCK: "true"}, held=False, clusterID="x"),
        crs.job("COMPLETE"),
    ):
        cluster.api.put(item)
    cluster.changed()
    cluster.api.bodies.clear()
    return cluster


def test_what_changed_as_a_user_keeps_it() -> None:
    kafka, controllers = locked().driver.exports()
    assert kafka["object"] == "Kafka/kafka"
    assert "status" not in kafka["manifest"]
    assert res.LOCK not in kafka["manifest"]["metadata"].get("annotations", {})
    assert kafka["patch"] == {
        "spec": {"dependencies": {"zookeeper": None, "kRaftController": {"clusterRef": {"name": "kafka-kraft"}}}}
    }
    # made by us: nobody has it in git yet
    assert (controllers["object"], controllers["patch"]) == ("KRaftController/kafka-kraft", None)
    assert controllers["manifest"]["spec"]["clusterID"] == "x"


def test_without_the_originals_there_is_no_patch() -> None:
    cluster = locked()
    cluster.api.drop("Secret", "n", "kraft-migration-kafka-originals")
    assert [item["patch"] for item in cluster.driver.exports()] == [None, None]
    cluster.api.drop("KRaftController", "n", "kafka-kraft")
    cluster.changed()
    assert [item["object"] for item in cluster.driver.exports()] == ["Kafka/kafka"]


def unlock(cluster: Cluster) -> None:
    for kind, name in ((res.KAFKA, "kafka"), (res.ZOOKEEPER, "zookeeper"), (res.CONTROLLER, "kafka-kraft")):
        item = cluster.api.get(kind, name, "n")
        item["metadata"]["annotations"].pop(res.LOCK, None)
        cluster.api.put(item)


def test_the_locks_are_given_back_and_that_is_seen() -> None:
    cluster = locked()
    assert cluster.driver.locked() == ["Kafka n/kafka", "Zookeeper n/zookeeper", "KRaftController n/kafka-kraft"]
    timer = threading.Timer(0.1, unlock, [cluster])
    cluster.api.operator = lambda _verb, _kind, _name: timer.start()
    written = cluster.driver.release(print)
    assert written == [
        f"KRaftMigrationJob {JOB}: annotation {res.RELEASE} = true",
        "Kafka n/kafka is unlocked",
        "Zookeeper n/zookeeper is unlocked",
        "KRaftController n/kafka-kraft is unlocked",
    ]
    assert cluster.driver.locked() == []
    assert cluster.driver.release(print) == [], "nothing is written twice"
    assert len(cluster.api.bodies) == 1


def test_locks_that_stay_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "UNLOCKED", 0.1)
    with pytest.raises(
        DeadlineExceeded, match=r"Kafka kafka is still locked by CFK.*look at the operator's log"
    ) as kept:
        locked().driver.release(print)
    assert kept.value.code == "operator-lock-kept"


def test_locks_without_a_job_are_the_users() -> None:
    cluster = locked()
    cluster.api.drop("KRaftMigrationJob", "n", JOB)
    with pytest.raises(KraftError, match="their job is gone; remove it by hand"):
        cluster.driver.release(print)
    assert cluster.api.bodies == []


# an operator that does not answer


@pytest.mark.parametrize(
    ("pods", "words", "down"),
    [
        ([], "no pod in namespace n has the label app=confluent-operator: find out where", ()),
        ([True], "its pods: confluent-operator-0 is Ready; look at their logs", ()),
        ([False], "confluent-operator-0 is not Ready", ("confluent-operator-0",)),
        ([False, True], "confluent-operator-0 is not Ready, confluent-operator-1 is Ready", ()),
    ],
)
def test_what_is_seen_of_an_operator_that_does_not_answer(pods: list[bool], words: str, down: tuple[str, ...]) -> None:
    cluster = before()
    for number, ready in enumerate(pods):
        cluster.api.put(pod(f"confluent-operator-{number}", ready=ready, labels={"app": "confluent-operator"}))
    assert words in cluster.driver.why_silent()
    assert cluster.seen.operator_down == down


def test_an_operator_whose_pods_cannot_be_read() -> None:
    cluster = before()
    cluster.api.fail["list", "Pod"] = Forbidden("no")
    assert cluster.driver.why_silent() == "its pods could not be read: no"


def test_a_name_that_is_misspelt_does_not_pass_over_the_controllers_that_are_there() -> None:
    """Without security another KRaftController would simply be made."""
    cluster = before(controller_name="kraftcontroler")
    cluster.api.put(crs.controllers())
    (found,) = [item for item in cluster.driver.findings() if item.code == "operator-controller-unused"]
    assert found.where == "n/kafka-kraft"
    assert found.sentence.endswith("set kraft_controller_name to kafka-kraft")
    assert not found.blocking
    cluster = before(controller_name="kraftcontroler")
    cluster.api.put(crs.controllers(held=False))
    assert [item for item in cluster.driver.findings() if item.code == "operator-controller-unused"] == []
    other = crs.job(name="other", kafka={"name": "other", "namespace": "n"})
    for item in (crs.controllers(), other):
        cluster.api.put(item)
    cluster.changed()
    assert [item for item in cluster.driver.findings() if item.code == "operator-controller-unused"] == [], (
        "it is that job's"
    )


# a broker taken away


def settled(cluster: Cluster) -> Cluster:
    """Every pod is of the newest revision of its StatefulSet."""
    for item in cluster.statefulsets:
        metadata = item["metadata"]
        status = {"observedGeneration": metadata.get("generation"), "updateRevision": "r1"}
        cluster.api.put({**item, "status": status})
    for name in cluster.pods:
        cluster.api.patch(POD, name, "n", {"metadata": {"labels": {"controller-revision-hash": "r1"}}})
    return cluster


def test_the_very_pod_that_was_read_is_deleted() -> None:
    cluster = before()
    with pytest.raises(Conflict):
        cluster.driver.remove_pod("kafka-1", "another")
    cluster.driver.remove_pod("kafka-1", cluster.pods["kafka-1"]["metadata"]["uid"])
    assert "kafka-1" not in cluster.api.names("Pod")


def test_pods_that_cfk_is_about_to_restart() -> None:
    cluster = settled(before())
    assert cluster.driver.unsettled() == ""
    cluster.api.patch(POD, "kafka-1", "n", {"metadata": {"labels": {"controller-revision-hash": "r0"}}})
    assert cluster.driver.unsettled().startswith("pod kafka-1 is not of the newest revision of StatefulSet kafka")


def test_a_job_at_work_is_no_time_to_take_a_broker_away() -> None:
    assert settled(underway("MIGRATE", "MigrateEnsureKafkaRollComplete")).driver.unsettled() == (
        "the operator is at MIGRATE/MigrateEnsureKafkaRollComplete, and may restart pods"
    )
    assert settled(underway("DUAL-WRITE", "MigrateDualWrite")).driver.unsettled() == ""


def test_a_cfk_that_knows_no_jobs_is_at_work_on_none(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = settled(before())

    def refuse(code: str) -> Any:
        raise Refused("no such resource", code=code)

    monkeypatch.setattr(Confluent, "observe", lambda _driver: refuse("operator-crds"))
    assert cluster.driver.unsettled() == ""
    monkeypatch.setattr(Confluent, "observe", lambda _driver: refuse("operator-references"))
    with pytest.raises(Refused):
        cluster.driver.unsettled()
