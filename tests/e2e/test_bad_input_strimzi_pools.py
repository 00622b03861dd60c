# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Node pools of Strimzi that cannot take part in a migration: one true sentence each, and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.strimzi_places import EPHEMERAL, SMALL, UNPOOLED, Bad, bad_place
from tests.operators.strimzi import manifests, names
from tests.operators.strimzi.names import BROKER, CONTROLLER, NEXT_IDS

NAMESPACE = "e2e-bad-strimzi-pools"
WHERE = f"Kafka {NAMESPACE}/kafka"
JBOD = {"type": "jbod", "volumes": [{"id": 0, "type": "persistent-claim", "size": "1Gi"}, {"id": 1, **EPHEMERAL}]}
#: what the brokers of this cluster would be without a node pool
REPLICAS = {"replicas": 1, "storage": manifests.storage(SMALL)}


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bad]:
    with bad_place(NAMESPACE, tmp_path_factory.mktemp("bad")) as found:
        yield found


# node pools of brokers


def test_no_node_pools(bad: Bad) -> None:
    with bad.kafka(annotations=UNPOOLED):
        words = (WHERE, "has no node pools", "set kraft_strimzi_node_pools to true", "without a restart")
        bad.refuses("setup", "operator-node-pools", *words)
        bad.refuses("setup", "operator-node-pools", *words, tags="AskToMigrate")


@pytest.mark.parametrize(
    ("kafka", "words"),
    [
        ({}, ("no spec.kafka.replicas and spec.kafka.storage", "write it yourself")),
        ({**REPLICAS, "replicas": 3}, ("another spec.replicas than spec.kafka.replicas", "copy it literally")),
        ({**REPLICAS, "storage": EPHEMERAL}, ("another spec.storage than spec.kafka.storage", "copy it literally")),
    ],
)
def test_brokers_that_would_not_be_taken_over(bad: Bad, kafka: dict[str, Any], words: tuple[str, ...]) -> None:
    with bad.kafka(kafka, annotations=UNPOOLED):
        # without the pool there is only the Kafka CR to make it of
        out = {"labels": {names.CLUSTER_LABEL: "other"}} if not kafka else {}
        with bad.broker_pool(**out):
            bad.refuses("setup", "operator-node-pools", *words, kraft_strimzi_node_pools=True)


def test_a_pool_of_brokers_with_another_name(bad: Bad) -> None:
    words = (
        "KafkaNodePool brokers is of brokers",
        "only a pool with the name kafka",
        "new and empty brokers: delete it",
    )
    with bad.kafka(REPLICAS, annotations=UNPOOLED), bad.planted(bad.pool("brokers", BROKER)):
        bad.refuses("setup", "operator-node-pools", *words, kraft_strimzi_node_pools=True)


def test_the_pool_that_would_take_the_brokers_over_is_of_another_cluster(bad: Bad) -> None:
    with bad.kafka(REPLICAS, annotations=UNPOOLED):
        for label, whose in (("shop", "is of Kafka shop (label"), (None, "is of no cluster (it has no label")):
            with bad.broker_pool(labels={names.CLUSTER_LABEL: label}):
                words = (
                    "by a node pool with the name kafka",
                    whose,
                    "correct the label if the pool was written for them",
                )
                bad.refuses("setup", "operator-node-pools", *words, kraft_strimzi_node_pools=True)


def test_the_controllers_pool_is_of_another_cluster(bad: Bad) -> None:
    body = bad.pool()
    body["metadata"]["labels"] = {names.CLUSTER_LABEL: "shop"}
    with bad.planted(body):
        words = ("would have the name controller", "is of Kafka shop", "choose another one in kraft_controller_name")
        bad.refuses("setup", "operator-references", *words)


def test_node_pools_without_one_of_brokers(bad: Bad) -> None:
    with bad.broker_pool(labels={names.CLUSTER_LABEL: "other"}):
        words = (WHERE, "no KafkaNodePool of brokers with the label strimzi.io/cluster: kafka")
        bad.refuses("setup", "operator-node-pools", *words)


@pytest.mark.parametrize(
    ("storage", "words"),
    [(EPHEMERAL, "(spec.storage): whenever"), (JBOD, "(spec.storage, volumes 1): whenever")],
    ids=["alone", "jbod"],
)
def test_brokers_on_ephemeral_storage(bad: Bad, storage: dict[str, Any], words: str) -> None:
    with bad.planted(bad.pool("scratch", BROKER, storage=storage)):
        sentence = (f"KafkaNodePool scratch has brokers on ephemeral storage {words}", "with persistent-claim first")
        bad.refuses("setup", "broker-data-lost", *sentence)


# node pools of controllers


@pytest.mark.parametrize(
    ("ids", "replicas", "words"),
    [
        ("[0-2]", 1, ("asks for the node ids [0]", "which brokers have; choose others")),
        ("[0]", 1, ("asks for the node ids [0]", "which brokers have; choose others")),
        ("100-102", 1, ("'100-102', which Strimzi ignores", "write it as [100-102]")),
        ("[100-101]", 3, ("asks for 2 node ids", "has 3 replicas; ask for as many")),
    ],
)
@pytest.mark.parametrize("there", [False, True], ids=["planned", "there"])
def test_ids_that_controllers_cannot_have(
    bad: Bad, ids: str, replicas: int, words: tuple[str, ...], there: bool
) -> None:
    body = bad.pool(annotations={NEXT_IDS: ids}, replicas=replicas)
    with bad.planted(*([body] if there else [])):
        more: dict[str, Any] = {} if there else {"kraft_controller_manifest": body}
        bad.refuses("setup", "controller-id-clash", "KafkaNodePool controller", *words, **more)


def test_a_base_of_ids_that_is_a_brokers(bad: Bad) -> None:
    bad.refuses("setup", "controller-id-clash", "asks for the node ids [0]", kraft_controller_node_id_base=0)


@pytest.mark.parametrize("storage", [EPHEMERAL, JBOD], ids=["alone", "jbod"])
@pytest.mark.parametrize("there", [False, True], ids=["planned", "there"])
def test_controllers_on_ephemeral_storage(bad: Bad, storage: dict[str, Any], there: bool) -> None:
    body = bad.pool(storage=storage)
    with bad.planted(*([body] if there else [])):
        words = ("KafkaNodePool controller has ephemeral storage", "would lose the metadata; use persistent-claim")
        more: dict[str, Any] = {} if there else {"kraft_controller_manifest": body}
        bad.refuses("setup", "controllers-emptydir", *words, **more)


def test_controllers_that_are_brokers_as_well(bad: Bad) -> None:
    body = bad.pool(CONTROLLER, CONTROLLER, BROKER)
    words = ("KafkaNodePool controller", "roles")
    bad.refuses("setup", "combined-roles", *words, "write roles: [controller]", kraft_controller_manifest=body)
    with bad.planted(body):
        bad.refuses("setup", "combined-roles", *words, "give it one role, and write another pool")
        bad.refuses("setup", "combined-roles", *words, tags="AskToMigrate")


def test_two_pools_of_controllers(bad: Bad) -> None:
    with bad.planted(bad.pool(), bad.pool("second")):
        bad.refuses("setup", "operator-references", "KafkaNodePools controller, second", "delete the others")


def test_an_even_number_of_controllers(bad: Bad) -> None:
    bad.warns(
        "controller-differs", "has 2 replicas", "survives no more failures than one less", kraft_controller_replicas=2
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "Kafka"}, ("is kafka.strimzi.io/v1beta2 Kafka; wanted is kafka.strimzi.io/v1beta2 KafkaNodePool",)),
        ({"apiVersion": "kafka.strimzi.io/v1"}, ("is kafka.strimzi.io/v1 KafkaNodePool; wanted is",)),
        ({"metadata": {"name": "c", "labels": {names.CLUSTER_LABEL: "orders"}}}, ("orders, which is another cluster",)),
        ({"metadata": {"name": "c", "namespace": "shop"}}, ("is in namespace shop", "that of the Kafka CR")),
    ],
)
def test_a_manifest_of_something_else(bad: Bad, change: dict[str, Any], words: tuple[str, ...]) -> None:
    body = {**bad.pool(), **change}
    bad.refuses("setup", "controller-manifest", "kraft_controller_manifest", *words, kraft_controller_manifest=body)


def test_controllers_with_the_name_of_the_brokers_pool(bad: Bad) -> None:
    words = ("would have the name kafka, which is that of the brokers", "choose another one in kraft_controller_name")
    bad.refuses("setup", "operator-references", *words, kraft_controller_name="kafka")


def test_controllers_that_the_api_server_rejects(bad: Bad) -> None:
    """By the definition of the API server itself, in a dry run."""
    body = bad.pool(storage={"type": "persistent-claims"})
    words = ("the API server would reject KafkaNodePool controller", "spec.storage.type")
    bad.refuses("setup", "controller-rejected", *words, kraft_controller_manifest=body)
