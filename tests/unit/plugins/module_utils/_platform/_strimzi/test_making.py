# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The node pools that a migration makes: what they take over, and how big the controllers are."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import making
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res

from tests.unit.plugins.module_utils._platform._strimzi import crs
from tests.unit.plugins.module_utils.fakes import PARAMS


def made(**options: Any) -> Any:
    return making.of_controllers(crs.kafka(), (), "controller", {**PARAMS, **options})


def test_the_pool_that_takes_the_brokers_over_has_exactly_their_name_number_and_storage() -> None:
    found = making.of_brokers(crs.kafka())
    assert found["metadata"] == {"name": "kafka", "namespace": "n", "labels": {res.CLUSTER: "kafka"}}
    assert found["spec"] == {"replicas": 3, "roles": ["broker"], "storage": crs.STORAGE}


@pytest.mark.parametrize("missing", ["replicas", "storage"])
def test_nothing_to_take_over(missing: str) -> None:
    kafka = crs.kafka()
    del kafka["spec"]["kafka"][missing]
    with pytest.raises(Unsupported, match="has no spec") as refused:
        making.of_brokers(kafka)
    assert refused.value.code == "operator-node-pools"


def test_controllers_keep_their_volumes_when_the_pool_is_deleted() -> None:
    found = made()
    assert found["spec"]["roles"] == ["controller"]
    assert found["spec"]["storage"]["volumes"] == [
        {"id": 0, "type": "persistent-claim", "size": "10Gi", "deleteClaim": False}
    ]
    assert found["spec"]["replicas"] == 3
    assert "annotations" not in found["metadata"]


def test_controllers_of_options() -> None:
    found = made(
        controller_replicas=1,
        controller_storage_class="fast",
        controller_storage_size="5Gi",
        controller_resources={"limits": {"memory": "1Gi"}},
        controller_node_id_base=100,
        controller_labels={"team": "a", res.CLUSTER: "other"},
        controller_annotations={"note": "b"},
    )
    assert found["spec"]["storage"]["volumes"][0]["class"] == "fast"
    assert found["spec"]["storage"]["volumes"][0]["size"] == "5Gi"
    assert found["spec"]["resources"] == {"limits": {"memory": "1Gi"}}
    assert found["metadata"]["annotations"] == {"note": "b", res.NEXT_IDS: "[100-100]"}
    # an option cannot give them to another cluster
    assert found["metadata"]["labels"][res.CLUSTER] == "kafka"
    assert found["metadata"]["labels"]["team"] == "a"


def of(kafka: Any, *there: Any, **options: Any) -> Any:
    """The spec of the controllers' pool beside what is there."""
    return making.of_controllers(kafka, there, "controller", {**PARAMS, **options})["spec"]


def storage_class(kafka: Any, *there: Any, **options: Any) -> Any:
    return of(kafka, *there, **options)["storage"]["volumes"][0].get("class")


def test_controllers_are_on_the_storage_of_the_brokers_unless_one_is_named() -> None:
    jbod = {"type": "jbod", "volumes": [{"id": 0, "class": "slow"}, {"id": 1}]}
    bare = crs.kafka(marks={res.NODE_POOLS: None}, storage=jbod)
    assert storage_class(bare) == "slow"
    assert storage_class(bare, controller_storage_class="fast") == "fast"
    assert storage_class(crs.kafka(marks={res.NODE_POOLS: None}, storage={**crs.STORAGE, "class": "one"})) == "one"
    # with node pools those have the brokers' volumes, and what the Kafka CR still says is nobody's
    first, second = crs.pool("a", storage=jbod), crs.pool("b", storage={**crs.STORAGE, "class": "other"})
    of_controllers = crs.pool("0", "controller", storage={**crs.STORAGE, "class": "theirs"})
    kafka = crs.kafka(storage={**crs.STORAGE, "class": "old"})
    assert storage_class(kafka, second, first, of_controllers) == "slow"
    assert storage_class(kafka, crs.pool()) is None
    assert storage_class(kafka, first, controller_storage_class="fast") == "fast"


BIG = {"requests": {"cpu": "8", "memory": "64Gi"}, "limits": {"memory": "64Gi"}}
FITTING = {"requests": {"cpu": "1", "memory": "5Gi"}, "limits": {"memory": "5Gi"}}
HEAP = {"-Xmx": "32g", "-Xms": "32g", "gcLoggingEnabled": True}


def test_controllers_are_not_as_big_as_brokers_that_are_sized_for_their_data() -> None:
    """Left out, they would have the resources and the heap of spec.kafka."""
    spec = of(crs.kafka(resources=BIG, jvmOptions=HEAP), crs.pool())
    assert spec["resources"] == FITTING
    # four fifths of the memory
    assert spec["jvmOptions"] == {"-Xmx": "4096m", "-Xms": "4096m", "gcLoggingEnabled": True}
    without_pools = of(crs.kafka(marks={res.NODE_POOLS: None}, resources=BIG, jvmOptions=HEAP))
    assert without_pools["resources"] == FITTING
    assert without_pools["jvmOptions"]["-Xmx"] == "4096m"


def test_controllers_are_sized_by_the_pool_of_the_brokers_before_the_kafka_cr() -> None:
    spec = of(crs.kafka(), crs.pool(resources=BIG, jvmOptions=HEAP))
    assert spec["resources"] == FITTING
    assert spec["jvmOptions"]["-Xms"] == "4096m"
    small = {"limits": {"memory": "2Gi"}}
    spec = of(crs.kafka(resources=BIG, jvmOptions=HEAP), crs.pool(resources=small, jvmOptions={"-Xmx": "1g"}))
    assert spec["resources"] == small
    assert spec["jvmOptions"] == {"-Xmx": "1g"}
    # nothing of the brokers' is nothing of the controllers', and not what the Kafka CR says
    spec = of(crs.kafka(resources=BIG, jvmOptions=HEAP), crs.pool(resources={}, jvmOptions={}))
    assert (spec["resources"], spec["jvmOptions"]) == ({}, {})


def test_controllers_of_small_brokers_leave_to_the_kafka_cr_what_it_says() -> None:
    spec = of(
        crs.kafka(resources={"limits": {"memory": "2Gi"}}, jvmOptions={"-Xmx": "1g", "-XX": {"a": "b"}}), crs.pool()
    )
    assert spec.keys() == {"replicas", "roles", "storage"}
    assert of(crs.kafka(), crs.pool()).keys() == {"replicas", "roles", "storage"}


def test_resources_that_are_named_are_taken_and_the_heap_fits_them() -> None:
    wanted = {"limits": {"memory": "2Gi"}}
    spec = of(crs.kafka(resources=BIG, jvmOptions=HEAP), crs.pool(), controller_resources=wanted)
    assert spec["resources"] == wanted
    assert spec["jvmOptions"]["-Xmx"] == "1638m"
    # none at all, when that is what is named
    assert of(crs.kafka(resources=BIG), crs.pool(), controller_resources={})["resources"] == {}


def test_resources_that_are_no_quantities() -> None:
    with pytest.raises(Unsupported, match="'lots' is not a quantity such as 500m or 4Gi") as refused:
        made(controller_resources={"limits": {"memory": "lots"}})
    assert refused.value.code == "controller-manifest"


def test_a_manifest_is_taken_as_it_is() -> None:
    manifest = crs.controllers(replicas=5)
    del manifest["metadata"]["labels"]
    found = made(controller_manifest=manifest)
    assert found["spec"] == manifest["spec"]
    assert found["metadata"]["labels"] == {res.CLUSTER: "kafka"}
    assert "labels" not in manifest["metadata"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "StatefulSet"}, "wanted is kafka.strimzi.io/v1beta2 KafkaNodePool"),
        ({"apiVersion": "kafka.strimzi.io/v1"}, "wanted is kafka.strimzi.io/v1beta2"),
        ({"metadata": {}}, "has no metadata.name"),
        ({"metadata": {"name": "c", "labels": {res.CLUSTER: "other"}}}, "which is another cluster"),
        ({"metadata": {"name": "c", "namespace": "m"}}, "is in namespace m"),
    ],
)
def test_a_manifest_of_something_else(change: Any, words: str) -> None:
    with pytest.raises(Unsupported, match=words) as refused:
        made(controller_manifest={**crs.controllers(), **change})
    assert refused.value.code == "controller-manifest"
