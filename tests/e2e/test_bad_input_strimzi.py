# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users of Strimzi write into custom resources and options that cannot be migrated: one true sentence each, and nothing is changed.

One cluster of one broker serves all of it; what each test plants is what the real operator would say or leave, since most of it is reported
nowhere. Node pools are in test_bad_input_strimzi_pools.py; definitions, the operator and other states in test_bad_input_strimzi_operator.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.places import findings
from tests.e2e.strimzi_places import CANNOT_ROLL, CLAIM, EPHEMERAL, Bad, bad_place
from tests.operators.strimzi import names
from tests.operators.strimzi.names import CONTROLLER, KRAFT, NODE_POOLS, PAUSE, POOL
from tests.sandbox.account import RBAC_STRIMZI, rules

NAMESPACE = "e2e-bad-strimzi"
WHERE = f"Kafka {NAMESPACE}/kafka"


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bad]:
    with bad_place(NAMESPACE, tmp_path_factory.mktemp("bad")) as found:
        yield found


def not_ready(message: str, reason: str = "UnforceableProblem") -> dict[str, Any]:
    return {"conditions": [{"type": "NotReady", "status": "True", "reason": reason, "message": message}]}


# what is asked for already


def test_nothing_is_wrong_with_the_cluster_itself(bad: Bad) -> None:
    """Every refusal below is of what its test plants."""
    with bad.unchanged():
        done = bad.play("preflight")
    assert done.status == 0, done.output
    accepted = [row["code"] for row in done.result("SetupPreChecks")["findings"] if row["severity"] == "block"]
    assert set(accepted) <= {CANNOT_ROLL}


@pytest.mark.parametrize("value", ["enabled", "Enabled"])
def test_enabled_beforehand(bad: Bad, value: str) -> None:
    with bad.kafka(annotations={KRAFT: value}):
        words = (
            WHERE,
            f"{KRAFT}: enabled beforehand",
            "finalizes it without a stop",
            "Set it to disabled, in git as well",
        )
        bad.refuses("setup", "operator-will-not-stop", *words)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        (KRAFT, "migrating", ("'migrating', which the operator ignores", "; migration was probably meant")),
        (KRAFT, "rollback", ("rollback, and there is nothing to roll back", "Strimzi only warns")),
        ("strimzi.io/kraft-migration", "enabled", ("strimzi.io/kraft-migration", f"{KRAFT} was probably meant")),
        ("strimzi.io/nodepools", "enabled", ("strimzi.io/nodepools", f"{NODE_POOLS} was probably meant")),
        ("kafka.strimzi.io/kraft", "migration", ("kafka.strimzi.io/kraft", f"{KRAFT} was probably meant")),
    ],
)
def test_annotations_that_are_nearly_right(bad: Bad, key: str, value: str, words: tuple[str, ...]) -> None:
    with bad.kafka(annotations={key: value}):
        bad.warns("operator-annotation", WHERE, *words)


def test_an_annotation_where_nobody_looks_for_it(bad: Bad) -> None:
    with bad.kafka(labels={KRAFT: "migration"}), bad.broker_pool(annotations={KRAFT: "migration"}):
        bad.warns("operator-annotation", f"{WHERE} has the label {KRAFT}", "looks for among the annotations")
        bad.warns("operator-annotation", f"KafkaNodePool {NAMESPACE}/kafka", KRAFT, "looks for on a Kafka only")


@pytest.mark.parametrize("value", ["true", "yes"])
def test_a_pause(bad: Bad, value: str) -> None:
    with bad.kafka(annotations={PAUSE: value}):
        words = (WHERE, PAUSE)
        bad.refuses("setup", "operator-paused", *words, "Strimzi would do nothing; remove it", "forgets its state")
        # a task alone does not get past it either
        bad.refuses("setup", "operator-paused", *words, "remove it first", tags="AskToMigrate")


# what somebody asked for, and the operator cannot begin: it would say nothing, or stay where it is


def test_migration_was_set_without_node_pools(bad: Bad) -> None:
    """Seen: nothing at all is reported; and pools that are switched on now would be numbered anew."""
    with bad.kafka(annotations={NODE_POOLS: None, KRAFT: "migration"}):
        words = (WHERE, "has no node pools", f"set {KRAFT} to disabled")
        bad.refuses("migrate", "operator-node-pools", *words)
        bad.refuses("migrate", "operator-node-pools", *words, kraft_strimzi_node_pools=True)
        bad.refuses("migrate", "operator-node-pools", *words, tags="AskToMigrate", kraft_strimzi_node_pools=True)
        with bad.planted(bad.pool()):
            bad.refuses("migrate", "operator-node-pools", *words)


@pytest.mark.parametrize("there", [False, True], ids=["without a pool", "with a pool"])
def test_migration_was_set_and_nothing_is_wrong(bad: Bad, there: bool) -> None:
    """Somebody, or a run that was killed, asked for it: nobody is kept from following that, and preflight does not begin it."""
    with bad.planted(*([bad.pool()] if there else [])), bad.kafka(annotations={KRAFT: "migration"}), bad.unchanged():
        done = bad.play("preflight")
    assert done.status == 0, done.output
    assert done.result("SetupPreChecks")["operator"]["sub_phase"] == "SetupKRaftControllerHealthy"


def test_migration_was_set_with_versions_that_differ(bad: Bad) -> None:
    config = {"inter.broker.protocol.version": "3.8"}
    said = not_ready("Migration cannot be performed with Kafka version 3.9.2", "InvalidConfigurationException")
    with bad.kafka({"config": config}, annotations={KRAFT: "migration"}, status=said):
        bad.refuses("migrate", "operator-versions-differ", "inter.broker.protocol.version 3.8", "raise them to 3.9")


def test_migration_was_set_and_the_controllers_would_be_of_the_wrong_kind(bad: Bad) -> None:
    with bad.kafka(annotations={KRAFT: "migration"}):
        manifest = bad.pool(storage=EPHEMERAL)
        bad.refuses("migrate", "controllers-emptydir", "ephemeral storage", kraft_controller_manifest=manifest)


def test_migration_was_set_on_volumes_of_earlier_controllers(bad: Bad) -> None:
    with bad.planted(bad.claim(CONTROLLER)), bad.kafka(annotations={KRAFT: "migration"}):
        words = ("data-0-kafka-controller-1", "rollback.yml, which deletes them")
        bad.refuses("migrate", "controller-volumes-leftover", *words)
        bad.refuses("migrate", "controller-volumes-leftover", *words, tags="AskToMigrate")


# rights


@pytest.mark.parametrize("platform", ["strimzi", "auto"])
def test_an_account_without_rights(bad: Bad, platform: str) -> None:
    bad.by("nobody", []).refuses("setup", "permission-missing", "may not", "docs/rbac", kraft_platform=platform)


def test_the_account_of_the_other_manifest(bad: Bad) -> None:
    """docs/rbac.yml for a cluster that Strimzi leads: the pods show whose it is."""
    words = ("kafkas.kafka.strimzi.io", "docs/rbac-strimzi.yml")
    bad.by("other", rules(["kafka"])).refuses("setup", "permission-missing", *words, kraft_platform="auto")


@pytest.mark.parametrize(
    ("verb", "lacking"), [("list", "kafkanodepools"), ("get", "pods"), ("list", "persistentvolumeclaims")]
)
def test_an_account_that_lacks_a_right(bad: Bad, verb: str, lacking: str) -> None:
    half = bad.by("half", [rule for rule in rules(["kafka"], RBAC_STRIMZI) if lacking not in rule["resources"]])
    failure = half.refuses("setup", "permission-missing", f"may not {verb} {lacking}", "docs/rbac-strimzi.yml")
    assert len(failure["detail"]["findings"]) > 1, "every verb that is missing"


# volumes


def test_volumes_of_earlier_controllers(bad: Bad) -> None:
    words = ("data-0-kafka-controller-1", "left of earlier controllers", "old metadata")
    with bad.planted(bad.claim(CONTROLLER)):
        bad.refuses("setup", "controller-volumes-leftover", *words, "Run rollback.yml, which deletes them")
        bad.refuses("setup", "controller-volumes-leftover", *words, tags="AskToMigrate")
        accepted = bad.play("setup", kraft_accept=[f"{NAMESPACE}/kafka=controller-volumes-leftover"])
        assert accepted.status != 0, "it is not to be accepted"
        assert "controller-volumes-leftover" in accepted.output
        with bad.planted(bad.pool()):
            bad.refuses("setup", "controller-volumes-leftover", *words)


def test_volumes_of_a_pool_that_does_not_exist(bad: Bad) -> None:
    with bad.planted(bad.claim("quorum")):
        words = ("data-0-kafka-quorum-1", "node pool quorum, which does not exist", "delete them")
        bad.warns("operator-controller-unused", *words)


# what Kafka is


@pytest.mark.parametrize(
    ("kafka", "words"),
    [
        ({"config": {"inter.broker.protocol.version": "3.8"}}, "inter.broker.protocol.version 3.8"),
        ({"config": {"log.message.format.version": "3.8"}}, "log.message.format.version 3.8"),
        ({"metadataVersion": "3.8-IV0"}, "spec.kafka.metadataVersion 3.8"),
    ],
)
def test_versions_that_the_operator_compares(bad: Bad, kafka: dict[str, Any], words: str) -> None:
    with bad.kafka(kafka):
        bad.refuses("setup", "operator-versions-differ", WHERE, words, "3.9 (by default)", "raise them to 3.9")


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("3.6.2", ("is 3.6.2, and Strimzi migrates 3.7.0 or later: upgrade Kafka first",)),
        ("3.7.1", ("3.7.1, which Strimzi 0.45.2 does not run", "3.9.2); upgrade Kafka first")),
    ],
)
def test_a_kafka_that_is_too_old(bad: Bad, version: str, words: tuple[str, ...]) -> None:
    with bad.kafka({"version": version}):
        bad.refuses("setup", "version-unsupported", WHERE, *words)


@pytest.mark.parametrize(
    "authorization",
    [
        {"type": "custom", "authorizerClass": "com.example.Mine"},
        {"type": "opa", "url": "http://opa:8181/v1/data/kafka/allow"},
    ],
    ids=["custom", "opa"],
)
def test_an_authorizer_that_strimzi_keeps_in_every_mode(bad: Bad, authorization: dict[str, str]) -> None:
    with bad.kafka({"authorization": authorization}):
        kind = f"spec.kafka.authorization.type {authorization['type']}"
        words = (WHERE, kind, "keeps its class in every mode", "then accept this")
        bad.refuses("setup", "operator-authorizer", *words)
        accepted = [f"{NAMESPACE}/kafka={code}" for code in ("operator-authorizer", CANNOT_ROLL)]
        assert findings(bad.play("preflight", kraft_accept=accepted).result("SetupPreChecks"))["operator-authorizer"]


# which operator


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("0.39.0", ("Strimzi 0.39.0 leads", "cannot migrate: upgrade it to 0.45.2 first, line by line")),
        ("0.46.0", ("Strimzi 0.46.0 leads", "refuses clusters with ZooKeeper: go back to 0.45.2, which is the last")),
    ],
)
def test_an_operator_that_does_not_migrate(bad: Bad, version: str, words: tuple[str, ...]) -> None:
    bad.refuses("setup", "operator-unsupported", *words, kraft_strimzi_version=version)


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("latest", "no version of Strimzi: write it as it is released"),
        ("1.0.0", "no version of a Strimzi that has clusters with ZooKeeper"),
        ("2.9.0-0", "no version of a Strimzi that has clusters with ZooKeeper"),
    ],
)
def test_a_version_that_is_none(bad: Bad, version: str, words: str) -> None:
    sentence = (f"kraft_strimzi_version is '{version}'", words, "for example 0.45.2")
    bad.refuses("setup", "operator-version-unknown", *sentence, kraft_strimzi_version=version)


def test_an_operator_that_leaves_znodes(bad: Bad) -> None:
    words = ("Strimzi 0.45.0 leaves /migration", "upgrade it to 0.45.2", "never roll back but by rollback.yml")
    with bad.kafka({"version": "3.9.0"}):
        bad.warns("operator-leaves-znodes", *words, kraft_strimzi_version="0.45.0")


# what the operator says of it


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (not_ready("Pod kafka-kafka-0 cannot be updated right now."), "Pod kafka-kafka-0 cannot be updated right now."),
        ({**not_ready("Kafka cluster is being deployed", "Creating"), "kafkaMetadataState": None}, "is being deployed"),
        ({"conditions": [{"type": "Warning", "status": "True", "reason": "X"}]}, "neither Ready nor why not"),
    ],
    ids=["refused", "creating", "neither"],
)
def test_a_kafka_that_is_not_ready(bad: Bad, status: dict[str, Any], words: str) -> None:
    with bad.kafka(status=status):
        bad.refuses("setup", "operator-not-ready", f"{WHERE} is not Ready", words, "fix that first")


def test_a_rebalance_and_a_restart_that_somebody_asked_for(bad: Bad) -> None:
    with bad.kafka(status={"autoRebalance": {"state": "RebalanceOnScaleUp"}}):
        bad.refuses("setup", "operator-busy", "Cruise Control rebalances", WHERE, "wait until it is Idle")
    pod = "kafka-kafka-0"
    bad.double.api.patch("Pod", pod, {"metadata": {"annotations": {names.MANUAL_ROLL: "true"}}})
    try:
        bad.refuses("setup", "operator-busy", pod, names.MANUAL_ROLL, "wait for that, or remove it")
    finally:
        bad.double.api.patch("Pod", pod, {"metadata": {"annotations": {names.MANUAL_ROLL: None}}})


def test_nothing_is_left_of_all_this(bad: Bad) -> None:
    """The operator, started again, has nothing to do: no pod is restarted."""
    before = {name: pod["metadata"]["uid"] for name, pod in bad.double.pods().items()}
    bad.double.start()
    bad.double.wait_ready()
    assert {name: pod["metadata"]["uid"] for name, pod in bad.double.pods().items()} == before
    assert [item["metadata"]["name"] for item in bad.double.api.list(POOL)] == ["kafka"]
    assert not [item for item in bad.double.api.list(CLAIM) if "controller" in item["metadata"]["name"]]
