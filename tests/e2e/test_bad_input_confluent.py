# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users of Confluent for Kubernetes get wrong, on the double of its operator: one true sentence each, and no write in the audit log.

One cluster of one broker serves all of it. While something is planted, the double is stopped: it would act on it. The definitions (CRDs) are
those of the whole cluster and are put back at once; nobody else may use them meanwhile. The last tests are steps on one way: a
job that was told beforehand to finalize, with an operator that does not answer at first, to its end and to the end of the job.
"""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e import audit
from tests.e2e.fleet import ACCOUNT, ROOT, Cluster, Outcome
from tests.e2e.places import findings, one_sentence, refused
from tests.operators.confluent import crds, install, manifests, names
from tests.operators.confluent.double import Double, operator
from tests.operators.confluent.manifests import ExampleSpec
from tests.operators.confluent.names import CONTROLLER, GROUP, JOB, KAFKA, PLURALS, ZOOKEEPER, Object
from tests.sandbox.account import RBAC_CONFLUENT, grant, rules
from tests.sandbox.cluster import Sandbox
from tests.sandbox.fixtures import Fixture, FixtureSpec, delete
from tests.sandbox.kube import ApiError, Kube

NAMESPACE, NONE = "e2e-cfk-bad", "e2e-cfk-none"
SPEC = ExampleSpec(
    brokers=1,
    controllers=1,
    job="kraft-migration-kafka",
    annotations=((CONTROLLER, f"{GROUP}/use-log4j1", "true"),),
)
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
MERGE = "application/merge-patch+json"
WILL_NOT_STOP = f"{NAMESPACE}/kafka=operator-will-not-stop"
#: of one broker
CANNOT_ROLL = f"{NAMESPACE}/kafka=partition-cannot-roll"
#: what a job shows that the operator has taken up
STATUS = {
    "phase": "SETUP",
    "subPhase": "SetupPreChecks",
    "kafkaClusterId": "",
    "kafkaGeneration": 0,
    "kraftControllerGeneration": 0,
    "zkEndpointWithNode": "",
}


class Bad:
    """The double's cluster, and our playbooks on it."""

    def __init__(self, double: Double, target: Cluster, account: str = ACCOUNT) -> None:
        self.double, self.target, self.account = double, target, account

    def play(self, playbook: str, *arguments: str, **variables: Any) -> Outcome:
        """Run a playbook."""
        return self.target.play(playbook, *arguments, **variables)

    def module(self, **options: Any) -> Outcome:
        """Run the module alone."""
        folder = self.target.folder / "module.yml"
        variables = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        named = {
            key: f"{{{{ kraft_{key} }}}}" for key in ("namespace", "cluster", "host", "api_key", "controller_name")
        }
        named |= {"ca_cert": "{{ kraft_ca_cert | default(omit) }}", "support_dir": "{{ kraft_support_dir }}"}
        task = {"name": "Job", "kafkaops.kraft.kraft_migration_job": {**named, **options}}
        play = {"name": "Job", "hosts": "kafka_clusters", "gather_facts": False, "connection": "local"}
        folder.write_text(yaml.safe_dump([{**play, "vars": variables, "tasks": [task]}]), encoding="utf-8")
        return self.target.play(os.path.relpath(folder, ROOT / "playbooks").removesuffix(".yml"))

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Fail when the account wrote something in the block, by the API server's audit log."""
        mark = audit.position()
        yield
        writes = audit.writes_since(mark, NAMESPACE, self.account)
        assert not writes, f"written: {writes}"

    def by(self, account: str, allowed: list[Object]) -> Bad:
        """The same with another account, which may only do this."""
        token = grant(self.double.kube, NAMESPACE, account, allowed=allowed)
        return Bad(self.double, replace(self.target, token=token), account)

    def refuses(self, playbook: str, code: str, *words: str, **variables: Any) -> Object:
        """The playbook is refused with this code and these words, and nothing is written."""
        with self.unchanged():
            return refused(self.play(playbook, **variables), code, *words)

    def found(self, **variables: Any) -> dict[str, Object]:
        """What preflight finds, whether it ends with success or not."""
        with self.unchanged():
            done = self.play("preflight", **variables)
        task = next(each for each in done.tasks if each["task"].endswith("SetupPreChecks"))
        return findings(task["result"])

    @contextmanager
    def annotated(self, kind: str, key: str, value: str = "true") -> Iterator[None]:
        """One more annotation, or another value of one."""
        before = (self.double.cr(kind)["metadata"].get("annotations") or {}).get(key)
        self.double.annotate(kind, key, value)
        try:
            yield
        finally:
            self.double.annotate(kind, key, before)

    @contextmanager
    def spec(self, kind: str, **change: Any) -> Iterator[None]:
        """Another spec of a custom resource."""
        path = self.double.api.path(kind, self.double.name_of(kind))
        before = self.double.cr(kind)["spec"]
        self.double.kube.request("PATCH", path, {"spec": change}, content=MERGE)
        try:
            yield
        finally:
            now = self.double.cr(kind)
            now["spec"] = before
            self.double.kube.request("PUT", path, now)

    @contextmanager
    def job(
        self, *annotations: str, name: str = SPEC.job, status: Object | None = None, **references: Any
    ) -> Iterator[None]:
        """A job with a status; a reference that is None is left out."""
        body = manifests.job(replace(self.double.spec, job=name), NAMESPACE)
        wanted = body["spec"]["dependencies"]
        for key, reference in references.items():
            wanted[key] = {"name": reference, "namespace": NAMESPACE}
            if reference is None:
                del wanted[key]
        body["metadata"]["annotations"] = dict.fromkeys(annotations, "true")
        self.double.apply(body)
        path = self.double.api.path(JOB, name)
        shown = {"status": {**STATUS, **(status or {})}}
        self.double.kube.request("PATCH", f"{path}/status", shown, content=MERGE)
        try:
            yield
        finally:
            self.double.kube.request("DELETE", path)


@pytest.fixture(scope="module")
def kube() -> Iterator[Kube]:
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster")
    found = Sandbox().kube
    yield found
    found.close()


@pytest.fixture(scope="module")
def bad(kube: Kube, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bad]:
    with operator(NAMESPACE, enforce_locks=False, keep=bool(os.environ.get("KRAFT_KEEP"))) as double:
        double.example(SPEC, topics=2)
        double.stop()
        folder = tmp_path_factory.mktemp("bad-cfk")
        variables = {
            "kraft_platform": "confluent",
            "kraft_controller_name": SPEC.controller,
            "kraft_controller_replicas": 1,
            "kraft_accept": [CANNOT_ROLL],
            "kraft_support_dir": str(folder / "support"),
        }
        fixture = Fixture(FixtureSpec(namespace=NAMESPACE), kube, {})
        token = grant(kube, NAMESPACE, allowed=rules(["kafka"], RBAC_CONFLUENT))
        yield Bad(double, Cluster(fixture, token, folder, variables))


def until(done: Any, seconds: float = 30.0) -> None:
    """Wait until the API server serves, or no longer serves, what was changed."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "the API server did not take the definitions over"
        time.sleep(0.2)


def served(kube: Kube, version: str = names.VERSION) -> list[str]:
    """The resources of CFK's group."""
    try:
        found = kube.request("GET", f"/apis/{GROUP}/{version}")
    except ApiError as error:
        if error.status != 404:
            raise
        return []
    return [item["name"] for item in found["resources"]]


# definitions


def test_there_are_no_definitions(kube: Kube, tmp_path: Path) -> None:
    """Also with the platform detected: then there is nothing that could be migrated."""
    fixture = Fixture(FixtureSpec(namespace=NONE), kube, {})
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NONE}})
    target = Cluster(fixture, grant(kube, NONE, allowed=rules(["kafka"], RBAC_CONFLUENT)), tmp_path)
    try:
        for plural in PLURALS.values():
            try:
                kube.request("DELETE", f"{CRDS}/{plural}.{GROUP}")
            except ApiError as error:
                if error.status != 404:
                    raise
        until(lambda: not served(kube))
        mark = audit.position()
        done = target.play("setup", kraft_platform="confluent")
        refused(done, "operator-crds", "the API server has no platform.confluent.io: install the CRDs of CFK")
        refused(target.play("setup"), "cluster-not-found", f"Kafka cluster 'kafka' was not found in namespace '{NONE}'")
        assert audit.writes_since(mark, NONE, ACCOUNT) == []
    finally:
        install.definitions(kube)
        delete(fixture.spec, kube=kube)


def test_definitions_of_another_version(bad: Bad) -> None:
    """CFK has v1beta1 alone; a later one may not."""
    kube = bad.double.kube
    for body in crds.chosen()[1]:
        path = f"{CRDS}/{body['metadata']['name']}"
        now = kube.request("GET", path)
        (version,) = now["spec"]["versions"]
        later = {**copy.deepcopy(version), "name": "v1", "served": True, "storage": False}
        version["served"] = False
        now["spec"]["versions"] = [version, later]
        kube.request("PUT", path, now)
    try:
        until(lambda: not served(kube) and PLURALS[KAFKA] in served(kube, "v1"))
        words = ("has platform.confluent.io in version v1; this release knows v1beta1",)
        bad.refuses("setup", "operator-crds", *words)
        # found by itself, the StatefulSet shows that it is an operator's
        bad.refuses("setup", "operator-crds", *words, kraft_platform="auto")
    finally:
        install.definitions(kube)
        until(lambda: len(served(kube)) > len(PLURALS))


def test_definitions_of_an_operator_that_cannot_migrate(bad: Bad) -> None:
    """CFK before 2.8.4, or one that was upgraded without its definitions."""
    kube = bad.double.kube
    kube.request("DELETE", f"{CRDS}/{PLURALS[JOB]}.{GROUP}")
    try:
        until(lambda: PLURALS[JOB] not in served(kube))
        bad.refuses("setup", "operator-crds", "without kraftmigrationjobs", "older than 2.8.4", "upgrade CFK")
    finally:
        install.definitions(kube)
        until(lambda: PLURALS[JOB] in served(kube))


def test_a_kafka_that_does_not_exist(bad: Bad) -> None:
    bad.refuses("setup", "cluster-not-found", f"there is no Kafka CR {NAMESPACE}/orders", kraft_cluster="orders")


# permissions


@pytest.mark.parametrize("platform", ["confluent", "auto"])
def test_an_account_without_rights(bad: Bad, platform: str) -> None:
    nobody = bad.by("nobody", [])
    nobody.refuses("setup", "permission-missing", "may not", "docs/rbac-confluent.yml", kraft_platform=platform)


def test_the_account_of_the_other_manifest(bad: Bad) -> None:
    """docs/rbac.yml for a cluster that CFK leads: the StatefulSet shows whose it is."""
    other = bad.by("other", rules(["kafka"]))
    words = ("kafkas.platform.confluent.io", "docs/rbac-confluent.yml")
    other.refuses("setup", "permission-missing", *words, kraft_platform="auto")


@pytest.mark.parametrize("lacking", ["kraftmigrationjobs", "pods"])
def test_an_account_that_lacks_a_right(bad: Bad, lacking: str) -> None:
    half = bad.by("half", [rule for rule in rules(["kafka"], RBAC_CONFLUENT) if lacking not in rule["resources"]])
    failure = half.refuses("setup", "permission-missing", f"may not get {lacking}", "docs/rbac-confluent.yml")
    assert len(failure["detail"]["findings"]) > 1, "every verb that is missing"


# whose job


def test_a_job_for_other_resources(bad: Bad) -> None:
    with bad.job(zookeeper="zookeeper2"):
        words = f"is for zookeeper {NAMESPACE}/zookeeper2, the inventory for {NAMESPACE}/zookeeper"
        bad.refuses("setup", "operator-references", words, "kraft_cluster")
        # a task alone does not get past it either
        with bad.unchanged():
            done = bad.play("rollback", "--tags", "AskToRollBack")
        refused(done, "operator-references", words)


def test_two_jobs_for_one_cluster(bad: Bad) -> None:
    with bad.job(), bad.job(name="second"):
        bad.refuses("migrate", "operator-references", "a cluster has one job", f"{NAMESPACE}/second")


@pytest.mark.parametrize("tags", [(), ("--tags", "AskToMigrate")])
def test_the_lock_of_another_job(bad: Bad, tags: tuple[str, ...]) -> None:
    """Another cluster on the same ensemble, whose migration is over and whose locks were never given back."""
    over = {"phase": "COMPLETE", "subPhase": "MoveToKRaftControllerComplete"}
    references = {"kafka": "orders", "kRaftController": "orders-kraft"}
    with bad.annotated(ZOOKEEPER, names.LOCK), bad.job(name="orders", status=over, **references), bad.unchanged():
        done = bad.play("setup", *tags)
    words = (f"Zookeeper {NAMESPACE}/zookeeper has the lock of KRaftMigrationJob {NAMESPACE}/orders", names.RELEASE)
    refused(done, "operator-locked", *words)


def test_a_lock_without_a_job(bad: Bad) -> None:
    with bad.annotated(KAFKA, names.LOCK):
        words = (
            f"Kafka {NAMESPACE}/kafka has the lock of a migration",
            "no KRaftMigrationJob",
            "remove that annotation",
        )
        bad.refuses("setup", "operator-locked", *words)


def test_a_controller_that_another_cluster_uses(bad: Bad) -> None:
    with bad.job(name="orders", kafka="orders", zookeeper="zookeeper2"):
        bad.refuses("setup", "operator-references", "kraft_controller_name", "orders")


# where the job is


@pytest.mark.parametrize(
    "sub_phase", ["RollbackToZkEnsureKafkaRollIsComplete", "RollbackToZkComplete"], ids=["under way", "over"]
)
def test_a_job_that_rolls_back(bad: Bad, sub_phase: str) -> None:
    with bad.job(names.ROLLBACK, status={"phase": "RollbackToZK", "subPhase": sub_phase}):
        for playbook in ("setup", "migrate"):
            bad.refuses(playbook, "rollback-pending", sub_phase, "rollback.yml")


@pytest.mark.parametrize("key", [names.FINALIZE, names.CONTINUE, names.RELEASE])
def test_a_job_that_was_told_beforehand(bad: Bad, key: str) -> None:
    with bad.job(key):
        bad.refuses("setup", "operator-will-not-stop", key, "remove the annotation", f"kraft_accept: [{WILL_NOT_STOP}]")


def test_a_job_that_has_given_up(bad: Bad) -> None:
    with bad.job(status={"phase": "FAILURE"}):
        bad.refuses("setup", "operator-failed", "the operator has given up at FAILURE/SetupPreChecks")


@pytest.mark.parametrize("state", ["released", "absent"])
def test_a_job_under_way_is_kept(bad: Bad, state: str) -> None:
    """And one that is somebody else's."""
    with bad.job(), bad.annotated(KAFKA, names.LOCK), bad.unchanged():
        done = bad.module(state=state)
    code = {"released": "wrong-state", "absent": "foreign-object"}[state]
    words = {"released": "protect a migration that is under way", "absent": "was made by somebody else"}[state]
    refused(done, code, words)


# kinds of clusters


def test_a_kafka_that_is_kraft_already(bad: Bad) -> None:
    kraft = {"kRaftController": {"clusterRef": {"name": SPEC.controller}}}
    with bad.spec(KAFKA, dependencies={"zookeeper": None, **kraft}):
        bad.refuses("setup", "cluster-born-kraft", "runs in KRaft mode already", "nothing to migrate")
        with bad.unchanged():
            done = bad.play("setup", "--tags", "AskToMigrate")
        refused(done, "cluster-born-kraft", "runs in KRaft mode already")
    with bad.spec(KAFKA, dependencies=kraft):
        bad.refuses("setup", "operator-request-lost", "and ZooKeeper as well", "a job was deleted")


def test_a_job_without_brokers(bad: Bad) -> None:
    with bad.job(kafka=None):
        bad.refuses("setup", "operator-unsupported", "lite mode", "jobs of regions with brokers")


def test_a_dynamic_quorum(bad: Bad) -> None:
    with bad.spec(CONTROLLER, dynamicQuorumConfig={"enabled": True}):
        bad.refuses("setup", "operator-unsupported", "dynamic quorum", "static quorums")


@pytest.mark.parametrize(
    ("kind", "key", "value", "words"),
    [
        (KAFKA, names.BLOCK_RECONCILE, "true", "the operator ignores it"),
        (ZOOKEEPER, names.BLOCK_RECONCILE, "yes", "the operator ignores it"),
        (KAFKA, f"{GROUP}/maintenance-mode", "kafka-0", "do not run Kafka"),
    ],
)
def test_what_the_operator_would_ignore(bad: Bad, kind: str, key: str, value: str, words: str) -> None:
    with bad.annotated(kind, key, value):
        bad.refuses("setup", "operator-paused", f"{kind} {NAMESPACE}/", key, words, "remove it")


# annotations


@pytest.mark.parametrize(
    ("kind", "key", "value", "words"),
    [
        (KAFKA, f"{GROUP}/kraft-migration-ibp-versions", "3.9", f"{names.IBP} was probably meant"),
        (KAFKA, "platform.confluent.com/kraft-migration-ibp-version", "3.9", f"{names.IBP} was probably meant"),
        (CONTROLLER, "kraft-migration-hold-krc-creation", "true", f"{names.HOLD} was probably meant"),
        (CONTROLLER, f"{GROUP}/use-log4j1", "True", "'True'; no document says"),
        (ZOOKEEPER, names.FORCE_RECONCILE, "1", "'1'; no document says"),
        (KAFKA, names.FORCE_RECONCILE, "true ", "'true '; no document says"),
        (KAFKA, names.FINALIZE, "true", "the operator looks for on a KRaftMigrationJob only"),
    ],
)
def test_annotations_that_are_nearly_right(bad: Bad, kind: str, key: str, value: str, words: str) -> None:
    with bad.annotated(kind, key, value):
        said = bad.found()["operator-annotation"]["sentence"]
    assert key in said
    assert words in said


@pytest.mark.parametrize("value", ["True", "yes", "1", "true "])
def test_a_hold_that_may_be_none(bad: Bad, value: str) -> None:
    """Controllers that are not held start before their job, and cannot migrate."""
    with bad.annotated(CONTROLLER, names.HOLD, value):
        bad.refuses("setup", "controller-manifest", names.HOLD, repr(value))


# the image and the protocol version


@pytest.mark.parametrize(
    "image", ["registry.example.com/acme/kafka:kafka-3.9.2-x", "registry.example.com/confluentinc/cp-server:7.9.6"]
)
def test_an_image_of_which_nobody_knows_the_protocol_version(bad: Bad, image: str) -> None:
    """It is found before a job is there that waits for it, and nothing nonsensical is said of the version."""
    with bad.spec(KAFKA, image={"application": image}):
        said = bad.refuses("setup", "operator-ibp-unknown", image, "set kraft_ibp_version to 3.9")
        assert "version-unsupported" not in findings(said)
        assert "operator-ibp-unknown" not in bad.found(kraft_ibp_version="3.9")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("3.9-IV0", "major and minor version only"),
        ("3.5", "a migration needs 3.6-IV1 or later"),
        ("3.8", "cannot be lowered"),
        ("4.0", "major and minor version only"),
        ("3.12", "is not an inter.broker.protocol.version"),
    ],
)
def test_a_protocol_version_that_does_not_fit(bad: Bad, wanted: str, words: str) -> None:
    bad.refuses("setup", "operator-ibp-wrong", f"kraft_ibp_version is {wanted}", words, kraft_ibp_version=wanted)


# on the way


def test_an_operator_that_does_not_answer(bad: Bad) -> None:
    """The only sign is that the job has no status. What was written stays, and the next run goes on from it."""
    began = time.monotonic()
    done = bad.play("setup")
    assert done.status != 0
    assert done.failure["code"] == "operator-silent"
    one_sentence(
        done.failure["msg"],
        "has said nothing of the request for 60 s",
        "app=confluent-operator",
        "run the same playbook again",
    )
    assert time.monotonic() - began < 120
    assert [task.rpartition(" : ")[2] for task in done.changed] == ["AskToMigrate"]


def test_what_was_accepted_goes_to_the_end(bad: Bad) -> None:
    """The operator does not stop in DUAL-WRITE, so that no gate is asked; the rest is as always."""
    bad.double.annotate(JOB, names.FINALIZE, "true")
    bad.refuses("migrate", "operator-will-not-stop", names.FINALIZE)
    bad.double.start()
    done = bad.play("migrate", kraft_accept=[WILL_NOT_STOP, CANNOT_ROLL])
    assert done.status == 0, done.output
    shown = bad.play("finalize").result("FinalizeGates")
    assert (shown["gates"], "kraft_confirm" in shown["msg"]) == ([], True), shown
    done = bad.play("finalize", kraft_confirm="kafka")
    assert done.status == 0, done.output
    assert bad.double.place[0] == "COMPLETE"
    assert done.result("MoveToKRaftControllerComplete")["files"]


@pytest.mark.parametrize("playbook", ["preflight", "setup", "migrate", "finalize"])
def test_a_job_that_is_finished(bad: Bad, playbook: str) -> None:
    with bad.unchanged():
        done = bad.play(playbook)
    assert done.status == 0, done.output
    assert done.changed == []


def test_locks_that_were_kept_are_given_back_by_the_module(bad: Bad) -> None:
    bad.double.annotate(JOB, names.RELEASE, None)
    bad.double.annotate(KAFKA, names.LOCK)
    with bad.unchanged():
        refused(bad.module(state="absent"), "wrong-state", "still have the lock", "state: released")
    done = bad.module(state="released")
    assert done.status == 0, done.output
    assert done.changed == ["Job"]
    assert done.result("Job")["files"]
    assert names.LOCK not in (bad.double.cr(KAFKA)["metadata"].get("annotations") or {})
    with bad.unchanged():
        again = bad.module(state="released")
    assert (again.status, again.changed) == (0, [])


def test_the_job_is_deleted_and_nothing_begins_anew(bad: Bad) -> None:
    done = bad.module(state="absent")
    assert (done.status, done.changed) == (0, ["Job"]), done.output
    with bad.unchanged():
        again = bad.module(state="absent")
        assert (again.status, again.changed) == (0, []), again.output
        for playbook in ("setup", "migrate", "finalize"):
            done = bad.play(playbook)
            assert (done.status, done.changed) == (0, []), done.output
        refused(bad.play("rollback"), "rollback-impossible", "COMPLETE")
