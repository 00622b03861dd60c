# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a node pool that somebody wrote, and what git has to say at the end."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import objects, pools
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res

from tests.unit.plugins.module_utils._platform._strimzi import crs


def codes(found: Any) -> list[str]:
    return [item.code for item in found]


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
