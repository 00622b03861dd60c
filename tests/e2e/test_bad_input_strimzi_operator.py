# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operators, definitions and states in which Strimzi cannot be asked: one true sentence each, and nothing is changed.

The definitions (CRDs) are those of the whole API server and are put back at once; no other Kafka CR may be there meanwhile. From the operator
that does not answer on, the tests are steps on one way: to KRaftPostMigration, without controllers there, and to the end.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests.e2e import audit
from tests.e2e.places import one_sentence
from tests.e2e.strimzi_places import SMALL, Bad, bad_place
from tests.operators.common import definitions
from tests.operators.common.definitions import CRDS
from tests.operators.strimzi import crds, manifests, names
from tests.operators.strimzi.names import CONTROLLER, CUSTOM, GROUP, KAFKA, OPERATOR, PAUSE, POOL, VERSION
from tests.sandbox.kube import ApiError, pod_ready

NAMESPACE = "e2e-bad-strimzi-operator"
WHERE = f"Kafka {NAMESPACE}/kafka"
BORN = replace(SMALL, name="born", broker_pool="born-brokers", controller_pool="born-controllers", born_kraft=True)
FINAL: dict[str, Any] = {"kraft_confirm": "kafka", "kraft_soak": 0}


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bad]:
    with bad_place(NAMESPACE, tmp_path_factory.mktemp("bad"), ("kafka", "born", "orders")) as found:
        yield found


# definitions


def served(bad: Bad, group: str, version: str = VERSION) -> list[str]:
    """The resources of a group."""
    try:
        found = bad.double.kube.request("GET", f"/apis/{group}/{version}")
    except ApiError as error:
        if error.status != 404:
            raise
        return []
    return [item["name"] for item in found["resources"]]


@contextmanager
def unserved(bad: Bad, kinds: Sequence[str] = tuple(CUSTOM), version: str = "") -> Iterator[None]:
    """Definitions whose versions are served no longer, or in one other version alone; no object is lost by that."""
    kube = bad.double.kube
    everywhere = kube.request("GET", f"/apis/{GROUP}/{VERSION}/kafkas")["items"]
    others = [cr["metadata"]["namespace"] for cr in everywhere if cr["metadata"]["namespace"] != NAMESPACE]
    assert not others, f"{others} have Kafka CRs, whose operators would lose them"

    def gone() -> bool:
        return all(
            plural not in served(bad, group) and (not version or plural in served(bad, group, version))
            for group, plural in (CUSTOM[kind] for kind in kinds)
        )

    def there() -> bool:
        known = [(served(bad, group), plural) for group, plural in CUSTOM.values()]
        return all(plural in found for found, plural in known) and not served(bad, GROUP, "v1")

    for group, plural in (CUSTOM[kind] for kind in kinds):
        now = kube.request("GET", f"{CRDS}/{plural}.{group}")
        (stored,) = [each for each in now["spec"]["versions"] if each["storage"]]
        later = [{**copy.deepcopy(stored), "name": version, "served": True, "storage": False}] if version else []
        now["spec"]["versions"] = [{**each, "served": False} for each in now["spec"]["versions"]] + later
        kube.request("PUT", f"{CRDS}/{plural}.{group}", now)
    try:
        bad.double.until(gone, "the definitions are still served", 30)
        yield
    finally:
        definitions.define(kube, crds.chosen()[1])
        bad.double.until(there, "the definitions are not served again", 30)


def definitions_refuse(bad: Bad, *words: str, **variables: Any) -> None:
    """The custom resources cannot be read meanwhile: what was written is in the audit log alone."""
    mark = audit.position()
    for playbook in ("preflight", "migrate", "rollback"):
        done = bad.play(playbook, **variables)
        assert done.status != 0, done.output
        assert done.failure["code"] == "operator-crds", done.output
        one_sentence(done.failure["msg"], *words)
    assert audit.writes_since(mark, NAMESPACE, bad.account) == []


def test_definitions_of_another_version(bad: Bad) -> None:
    """Strimzi that has v1 alone refuses clusters with ZooKeeper."""
    words = (f"has {GROUP} in version v1 and not {VERSION}", "migrate with 0.45.2, then upgrade the operator")
    before = bad.snapshot()
    with unserved(bad, version="v1"):
        definitions_refuse(bad, *words)
        # found by itself, the pods show whose the brokers are
        definitions_refuse(bad, *words, kraft_platform="auto")
    assert bad.snapshot() == before


def test_no_definitions(bad: Bad) -> None:
    with unserved(bad):
        definitions_refuse(
            bad, f"the API server has no {GROUP}: install the CRDs of Strimzi, or correct kraft_platform"
        )


@pytest.mark.parametrize("kind", [POOL, names.POD_SET])
def test_definitions_that_are_incomplete(bad: Bad, kind: str) -> None:
    group, plural = CUSTOM[kind]
    with unserved(bad, [kind]):
        definitions_refuse(
            bad, f"the API server has no {plural}.{group} in version {VERSION}", "0.40 to 0.45, all of them"
        )


def test_a_kafka_that_does_not_exist(bad: Bad) -> None:
    words = (f"there is no Kafka CR {NAMESPACE}/orders", "correct kraft_cluster or kraft_namespace")
    bad.refuses("setup", "cluster-not-found", *words, kraft_cluster="orders")


# the operator


@contextmanager
def operator_pods(bad: Bad, replicas: int, watched: str = "", **variables: str) -> Iterator[None]:
    """Another Deployment of the operator, with more variables; none at all for a negative number."""
    api = bad.double.api

    def settled(wanted: int) -> bool:
        pods = api.list("Pod", f"name={OPERATOR}")
        return len(pods) == wanted and all(map(pod_ready, pods))

    if replicas < 0:
        api.delete("Deployment", OPERATOR)
    else:
        body = manifests.deployment(NAMESPACE, names.NEWEST, replicas=replicas, watched=watched)
        (container,) = body["spec"]["template"]["spec"]["containers"]
        container["env"] += [{"name": name, "value": value} for name, value in variables.items()]
        api.apply(body)
    bad.double.until(lambda: settled(max(replicas, 0)), "the operator's pods are not as wanted", 60)
    try:
        yield
    finally:
        api.apply(manifests.deployment(NAMESPACE, names.NEWEST))
        bad.double.until(lambda: settled(1), "the operator's pod is not Ready again", 60)


def test_an_operator_that_is_scaled_to_zero(bad: Bad) -> None:
    with operator_pods(bad, 0):
        words = (f"Deployment {OPERATOR} of the operator is not Ready", "get the operator running first")
        bad.refuses("setup", "operator-silent", *words)


def test_an_operator_that_watches_another_namespace(bad: Bad) -> None:
    with operator_pods(bad, 1, watched="shop,orders"):
        words = (f"in namespace {NAMESPACE} watches shop, orders (STRIMZI_NAMESPACE)", "have it watch this namespace")
        bad.refuses("setup", "operator-silent", *words)


def test_an_operator_that_looks_after_pods_alone(bad: Bad) -> None:
    with operator_pods(bad, 1, STRIMZI_POD_SET_RECONCILIATION_ONLY="true"):
        words = (f"in namespace {NAMESPACE} looks after StrimziPodSets alone", "and at no Kafka CR", "take that out")
        bad.refuses("setup", "operator-silent", *words)


def test_an_operator_that_has_not_looked(bad: Bad) -> None:
    """It was killed, and its pod says nothing of that; only what it has not seen does."""
    with bad.kafka({"config": {"log.retention.hours": 7}}, acted=False):
        words = (
            f"{WHERE} was changed, and Strimzi has not acted on it yet",
            "wait until it has, or get the operator running",
        )
        bad.refuses("setup", "operator-silent", *words)
    with bad.planted(manifests.kafka(replace(SMALL, name="orders"), NAMESPACE, names.NEWEST)):
        words = (f"Kafka {NAMESPACE}/orders has no status", f"watches the namespace {NAMESPACE}")
        bad.refuses("setup", "operator-silent", *words, kraft_cluster="orders")


def test_an_operator_in_another_namespace_that_does_not_migrate(bad: Bad) -> None:
    """Where its pods are not seen, the status of the Kafka CR says its version."""
    with operator_pods(bad, -1), bad.kafka(status={"operatorLastSuccessfulVersion": "0.46.1"}):
        bad.refuses("setup", "operator-unsupported", f"Strimzi 0.46.1 leads {WHERE}", "go back to 0.45.2")


def test_an_operator_in_another_namespace_whose_rollback_never_ends(bad: Bad) -> None:
    """By its version; where it runs in the cluster's namespace, it is none."""
    words = (f"Strimzi 0.42.0 leads {WHERE}", "was not found in its namespace", "upgrade it to 0.45.2 first")
    with bad.kafka({"version": "3.7.1"}):
        with operator_pods(bad, -1):
            bad.refuses("setup", "operator-rollback-fails", *words, kraft_strimzi_version="0.42.0")
        bad.warns("operator-leaves-znodes", "Strimzi 0.42.0 leaves /migration", kraft_strimzi_version="0.42.0")


# on the way


def test_an_operator_that_does_not_answer(bad: Bad) -> None:
    """It was killed, and its pod is Ready: nothing tells it beforehand. What was written stays, and a later run goes on from it."""
    began = time.monotonic()
    done = bad.play("setup", kraft_wait_timeout=15)
    assert done.status != 0
    assert done.failure["code"] == "operator-stuck", done.output
    one_sentence(
        done.failure["msg"], "nothing moved for 15 s", "whether Strimzi runs", f"{OPERATOR}-", "look at their logs"
    )
    assert time.monotonic() - began < 90
    assert [task.rpartition(" : ")[2] for task in done.changed] == ["AskToMigrate"]
    bad.double.start()
    done = bad.play("migrate")
    assert done.status == 0, done.output
    assert bad.double.state == names.POST_MIGRATION


def test_controllers_that_were_deleted_too_early(bad: Bad) -> None:
    """Seen: nothing goes on, forward or back, until the pool is made again; with its volumes it is."""
    bad.double.delete_pool()
    bad.double.wait_condition("InvalidResourceException", "controller role")
    bad.double.wait_gone(CONTROLLER)
    words = (
        "brokers of",
        WHERE,
        "run in KRaft mode",
        "no KafkaNodePool of controllers",
        "same name, replicas and storage",
    )
    claims = ", ".join(bad.double.claims())
    for playbook in ("migrate", "rollback"):
        bad.refuses(playbook, "operator-controllers-gone", *words, f"({claims})", "delete no claim before")
    bad.refuses("finalize", "operator-controllers-gone", *words, **FINAL)
    assert bad.play("status").result("Status")["dangers"], "Kafka's own state is not what the operator says"
    bad.double.pool(CONTROLLER)
    bad.double.wait_ready()
    shown = bad.play("status").result("Status")
    assert shown["state"] == "PURE_DUAL_WRITE", shown


def test_a_pause_in_pure_dual_write(bad: Bad) -> None:
    """By its source Strimzi has forgotten its state then: brokers in KRaft mode are sent to no other mode."""
    bad.double.annotate("true", PAUSE)
    try:
        bad.double.until(lambda: ("ReconciliationPaused", "", "") in bad.double.conditions, "the pause is not seen", 30)
        assert bad.double.state == ""
        words = (
            "kafka-kafka-0 run in KRaft mode",
            "Do not take the pause off",
            "Deployment to 0",
            "--subresource=status",
        )
        bad.refuses("rollback", "operator-paused", *words, names.POST_MIGRATION)
        bad.refuses("migrate", "operator-paused", WHERE, "is paused", "Do not take the pause off; run status.yml")
        bad.refuses(
            "finalize", "wrong-state", "it has forgotten where its migration was", "nothing was changed", **FINAL
        )
    finally:  # as the sentence says
        bad.double.stop()
        path = bad.double.kube.path(KAFKA, NAMESPACE, "kafka")
        patch = {"status": {"kafkaMetadataState": names.POST_MIGRATION}}
        bad.double.kube.request("PATCH", f"{path}/status", patch, content="application/merge-patch+json")
        bad.double.annotate(None, PAUSE)
        bad.double.start()
    bad.double.wait_ready()
    assert bad.double.state == names.POST_MIGRATION
    assert bad.play("status").result("Status")["state"] == "PURE_DUAL_WRITE"


def test_rollback_after_finalize(bad: Bad) -> None:
    done = bad.play("finalize", **FINAL)
    assert done.status == 0, done.output
    assert bad.double.state == names.IN_KRAFT
    zookeeper = "kafka-zookeeper-0"
    bad.double.until(lambda: bad.double.api.get("Pod", zookeeper) is None, "ZooKeeper is still there", 60)
    words = ("COMPLETE", "was told to finalize", "nothing was changed")
    bad.refuses("rollback", "rollback-impossible", *words)
    bad.refuses("rollback", "rollback-impossible", *words, tags="AskToRollBack")
    # somebody wants it by hand: Strimzi only warns, and it makes no difference
    bad.double.annotate("rollback")
    bad.double.wait_condition("KafkaMetadataStateWarning", "already KRaft")
    bad.refuses("rollback", "rollback-impossible", *words)
    bad.double.annotate("enabled")
    bad.double.wait_ready()
    for playbook in ("preflight", "migrate", "finalize"):
        with bad.unchanged():
            done = bad.play(playbook)
        assert (done.status, done.changed) == (0, []), done.output


def test_a_cluster_that_was_born_in_kraft_mode(bad: Bad) -> None:
    """There is nothing to migrate, and nothing of it may be taken for the rest of a rollback."""
    ours, bad.double.spec = bad.double.spec, BORN
    try:
        bad.double.example(BORN, topics=1)
        words = (f"{NAMESPACE}/born", "KRaft mode", "nothing to migrate")
        for playbook in ("preflight", "setup", "migrate"):
            bad.refuses(playbook, "cluster-born-kraft", *words, "its state is KRaft", kraft_cluster="born")
        bad.refuses("migrate", "cluster-born-kraft", *words, tags="AskToMigrate", kraft_cluster="born")
        bad.refuses("rollback", "cluster-born-kraft", *words, kraft_cluster="born")
        more: dict[str, Any] = {**FINAL, "kraft_confirm": "born"}
        bad.refuses("finalize", "cluster-born-kraft", *words, kraft_cluster="born", **more)
        assert bad.double.claims(BORN.controller_pool), "its volumes are there"
    finally:
        bad.double.spec = ours
