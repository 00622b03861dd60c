# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The node pools that are made, and what is wrong with one that somebody wrote."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import objects, pools
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res

from tests.unit.plugins.module_utils._platform._strimzi import crs
from tests.unit.plugins.module_utils.fakes import PARAMS


def made(**options: Any) -> Any:
    return pools.of_controllers(crs.kafka(), "controller", {**PARAMS, **options})


def codes(found: Any) -> list[str]:
    return [item.code for item in found]


def test_the_pool_that_takes_the_brokers_over_has_exactly_their_name_number_and_storage() -> None:
    found = pools.of_brokers(crs.kafka())
    assert found["metadata"] == {"name": "kafka", "namespace": "n", "labels": {res.CLUSTER: "kafka"}}
    assert found["spec"] == {"replicas": 3, "roles": ["broker"], "storage": crs.STORAGE}


@pytest.mark.parametrize("missing", ["replicas", "storage"])
def test_nothing_to_take_over(missing: str) -> None:
    kafka = crs.kafka()
    del kafka["spec"]["kafka"][missing]
    with pytest.raises(Unsupported, match="has no spec") as refused:
        pools.of_brokers(kafka)
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


def test_controllers_are_on_the_storage_of_the_brokers_unless_one_is_named() -> None:
    kafka = crs.kafka(storage={"type": "jbod", "volumes": [{"id": 0, "class": "slow"}, {"id": 1}]})
    assert pools.of_controllers(kafka, "c", PARAMS)["spec"]["storage"]["volumes"][0]["class"] == "slow"
    kafka = crs.kafka(storage={"type": "persistent-claim", "class": "one"})
    assert pools.of_controllers(kafka, "c", PARAMS)["spec"]["storage"]["volumes"][0]["class"] == "one"


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


def wrong(*, marks: Any = None, **spec: Any) -> list[str]:
    return codes(pools.wrong_controllers(crs.pool("controller", "controller", marks=marks, **spec), {0, 1, 2}))


def test_a_good_pool_of_controllers() -> None:
    assert wrong() == []
    assert wrong(marks={res.NEXT_IDS: "[100-102]"}) == []
    assert wrong(marks={res.NEXT_IDS: "[7, 8,9]"}) == []


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"roles": ["controller", "broker"]}, "combined-roles"),
        ({"roles": ["broker"]}, "combined-roles"),
        ({"replicas": 0}, "controller-manifest"),
        ({"replicas": None}, "controller-manifest"),
        ({"replicas": 4}, "controller-differs"),
        ({"storage": {"type": "ephemeral"}}, "controllers-emptydir"),
        (
            {"storage": {"type": "jbod", "volumes": [{"type": "persistent-claim"}, {"type": "ephemeral"}]}},
            "controllers-emptydir",
        ),
        (
            {
                "storage": {
                    "type": "jbod",
                    "volumes": [{"id": 0, "kraftMetadata": "shared"}, {"id": 1, "kraftMetadata": "shared"}],
                }
            },
            "controller-manifest",
        ),
        ({"marks": {res.NEXT_IDS: "[2-5]"}}, "controller-id-clash"),
        ({"marks": {res.NEXT_IDS: "[5-2]"}}, "controller-id-clash"),
        ({"marks": {res.NEXT_IDS: "[100]"}}, "controller-id-clash"),
        ({"marks": {res.NEXT_IDS: "100-102"}}, "controller-id-clash"),
        ({"marks": {res.NEXT_IDS: "[a]"}}, "controller-id-clash"),
    ],
)
def test_what_is_wrong_with_a_pool_of_controllers(spec: Any, code: str) -> None:
    assert wrong(**spec) == [code]


def brokers(*there: Any, **spec: Any) -> list[str]:
    return codes(pools.wrong_brokers(crs.kafka(**spec), there))


def test_a_pool_takes_brokers_over_only_as_they_are() -> None:
    assert brokers(crs.pool(), crs.controllers()) == []
    assert brokers(crs.pool("brokers")) == ["operator-node-pools"]
    assert brokers(crs.pool(replicas=2)) == ["operator-node-pools"]
    # seen: jbod with one volume is not the same as that volume
    assert brokers(crs.pool(storage={"type": "jbod", "volumes": [{"id": 0, **crs.STORAGE}]})) == ["operator-node-pools"]


# what git has to say


def test_the_patch_takes_zookeeper_and_what_is_outdated_out() -> None:
    config = {"inter.broker.protocol.version": "3.9", "log.message.format.version": "3.9", "min.insync.replicas": 2}
    kafka = crs.kafka("KRaft", "enabled", marks={res.TURNED: "x", "note": "kept"}, config=config)
    exported, pool = objects.exports(kafka, [crs.controllers()], over=True)
    assert exported["object"] == "Kafka/kafka"
    assert exported["patch"] == {
        "metadata": {"annotations": {res.KRAFT: "enabled", res.NODE_POOLS: "enabled"}},
        "spec": {
            "zookeeper": None,
            "kafka": {
                "replicas": None,
                "storage": None,
                "config": {"inter.broker.protocol.version": None, "log.message.format.version": None},
            },
        },
    }
    manifest = exported["manifest"]
    assert manifest["metadata"] == {
        "name": "kafka",
        "namespace": "n",
        "annotations": {"note": "kept", res.KRAFT: "enabled", res.NODE_POOLS: "enabled"},
    }
    assert manifest["spec"]["kafka"]["config"] == {"min.insync.replicas": 2}
    assert "status" not in manifest
    assert pool["object"] == "KafkaNodePool/controller"
    assert pool["manifest"]["spec"] == crs.controllers()["spec"]
    assert "uid" not in pool["manifest"]["metadata"]
    # the object that was read stays as it was
    assert "zookeeper" in kafka["spec"]


def test_a_cluster_with_nothing_outdated() -> None:
    kafka = crs.kafka("KRaft", "enabled")
    del kafka["spec"]["zookeeper"]
    del kafka["spec"]["kafka"]["replicas"]
    del kafka["spec"]["kafka"]["storage"]
    (exported,) = objects.exports(kafka, [], over=True)
    assert exported["patch"] == {"metadata": {"annotations": {res.KRAFT: "enabled", res.NODE_POOLS: "enabled"}}}


@pytest.mark.parametrize("asked", ["migration", "rollback", "disabled"])
def test_what_is_committed_before_the_end_finalizes_nothing(asked: str) -> None:
    kafka = crs.kafka("KRaftPostMigration", asked, marks={res.TURNED: "x", res.PAUSE: "true"})
    exported, _pool = objects.exports(kafka, [crs.controllers()], over=False)
    annotations = {res.KRAFT: asked, res.NODE_POOLS: "enabled"}
    assert exported["patch"] == {"metadata": {"annotations": annotations}}
    assert exported["manifest"]["metadata"]["annotations"] == annotations
    assert exported["manifest"]["spec"] == kafka["spec"]
