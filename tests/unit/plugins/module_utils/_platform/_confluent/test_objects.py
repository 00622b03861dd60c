# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The held KRaftController and the job that are made from a Kafka CR, and CRs as a user keeps them in git."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.objects import Reference

from tests.unit.plugins.module_utils._platform._confluent import crs
from tests.unit.plugins.module_utils.fakes import PARAMS

LABELS = {names.LABEL_CLUSTER: "kafka", names.MANAGED_BY: names.MANAGER}


def controller(kafka: Any = None, *, log4j1: bool = False, **options: Any) -> Any:
    return objects.controller(kafka or crs.kafka(), "kafka-kraft", {**PARAMS, **options}, log4j1=log4j1)


@pytest.mark.parametrize(
    ("dependency", "found"),
    [
        ({"endpoint": "zookeeper.n.svc.cluster.local:2181"}, "n/zookeeper"),
        ({"endpoint": "zookeeper.other.svc:2181/chroot"}, "other/zookeeper"),
        ({"endpoint": "zookeeper.other:2181"}, "other/zookeeper"),
        ({"endpoint": "zookeeper:2182"}, "n/zookeeper"),
        ({"endpoint": "zk-a.n.svc.cluster.local:2182,zk-b.m.svc.cluster.local:2182/mrc"}, "n/zk-a"),
        # the region's own share of a shared ensemble, wherever it stands
        ({"endpoint": "zk-a.m.svc.cluster.local:2182,zk-b.n.svc.cluster.local:2182/mrc"}, "n/zk-b"),
        ({"endpoint": "zk-1.zk.n.svc.cluster.local:2182/mrc"}, "n/zk"),
        ({"endpoint": "zk1.example.com:2181"}, None),
        ({"endpoint": "no-port"}, None),
        ({"endpoint": ""}, None),
        ({"discovery": {"name": "zoo"}}, "n/zoo"),
        ({"discovery": {"name": "zoo", "namespace": "m"}, "endpoint": "zk1.example.com:2181"}, "m/zoo"),
        ({"discovery": {}, "endpoint": "zookeeper:2181"}, "n/zookeeper"),
        ({}, None),
        (None, None),
    ],
)
def test_which_zookeeper_a_kafka_names(dependency: Any, found: str | None) -> None:
    reference = objects.zookeeper_reference(crs.kafka(dependencies={"zookeeper": dependency}))
    assert (str(reference) if reference else None) == found


def test_what_a_job_migrates() -> None:
    assert {key: str(each) for key, each in objects.dependencies(crs.job()).items()} == {
        "kafka": "n/kafka",
        "zookeeper": "n/zookeeper",
        "kRaftController": "n/kafka-kraft",
    }
    # in the namespace of the job, when none is given; a lite job has no Kafka
    found = objects.dependencies(crs.job(kafka=None, zookeeper={"name": "zoo"}, kRaftController={"namespace": "n"}))
    assert found == {"kafka": None, "zookeeper": Reference("zoo", "n"), "kRaftController": None}
    assert set(objects.dependencies({"metadata": {"namespace": "n"}}).values()) == {None}


def test_overrides_as_a_mapping() -> None:
    lines = ["a=1", " b = x=y ", "# c=1", "a=2", "", "flag"]
    assert objects.overrides(crs.kafka(configOverrides={"server": lines})) == {
        "a": "2",
        "b": "x=y",
        "# c": "1",
        "flag": "",
    }
    assert objects.overrides(crs.kafka()) == objects.overrides(crs.kafka(configOverrides={"server": None})) == {}


@pytest.mark.parametrize(
    ("cr", "ids"),
    [
        (crs.kafka(), range(3)),
        (crs.kafka({res.ID_OFFSET: "100"}, replicas=2), range(100, 102)),
        (crs.controllers(), range(9990, 9993)),
        (crs.controllers({res.ID_OFFSET: "0"}, replicas=5), range(5)),
    ],
)
def test_node_ids(cr: Any, ids: range) -> None:
    assert objects.ids_of(cr) == ids


def test_node_ids_without_replicas_and_of_others() -> None:
    cr = crs.kafka()
    del cr["spec"]["replicas"]
    assert objects.ids_of(cr) == range(3)
    assert objects.ids_of(cr, 5) == range(5)
    with pytest.raises(Unsupported, match=r"Kafka kafka: annotation .*broker-id-offset is '-1', which is no number"):
        objects.ids_of(crs.kafka({res.ID_OFFSET: "-1"}))


def test_the_controller_is_made_held_from_the_kafka() -> None:
    kafka = crs.kafka(storageClass={"name": "fast"}, oneReplicaPerNode=True, replicas=4, metrics={"x": 1})
    found = controller(kafka, controller_replicas=5, controller_storage_size="20Gi")
    assert found == {
        "apiVersion": "platform.confluent.io/v1beta1",
        "kind": "KRaftController",
        "metadata": {
            "name": "kafka-kraft",
            "namespace": "n",
            "labels": LABELS,
            "annotations": {res.HOLD: "true", res.ID_OFFSET: "9990"},
        },
        "spec": {
            "replicas": 5,
            "image": crs.IMAGE,
            "dataVolumeCapacity": "20Gi",
            "storageClass": {"name": "fast"},
            "oneReplicaPerNode": True,
        },
    }
    assert "clusterID" not in found["spec"], "the field cannot be changed: the job fills it in"


def test_the_options_for_controllers_are_used() -> None:
    found = controller(
        crs.kafka(podTemplate={"serviceAccountName": "sa", "resources": {"requests": {"cpu": "4"}}}),
        log4j1=True,
        controller_storage_class="slow",
        controller_resources={"requests": {"cpu": "1"}},
        controller_labels={"team": "a", names.LABEL_CLUSTER: "other"},
        controller_annotations={"note": "b", res.HOLD: "false"},
        controller_node_id_base=100,
    )
    assert found["spec"]["storageClass"] == {"name": "slow"}
    assert found["spec"]["podTemplate"] == {"serviceAccountName": "sa", "resources": {"requests": {"cpu": "1"}}}
    assert found["metadata"]["labels"] == {"team": "a", **LABELS}
    marks = {"note": "b", res.HOLD: "true", res.ID_OFFSET: "100", res.LOG4J1: "true"}
    assert found["metadata"]["annotations"] == marks, "nobody takes the hold away by an option"


def test_the_kafka_itself_is_not_changed() -> None:
    kafka = crs.kafka(podTemplate={"resources": {"requests": {"cpu": "4"}}})
    before = copy.deepcopy(kafka)
    controller(kafka, controller_resources={"requests": {"cpu": "1"}})["spec"]["image"]["application"] = "x"
    assert kafka == before


@pytest.mark.parametrize(
    ("secured", "named"),
    [({"tls": {"secretRef": "t"}}, "spec.tls"), ({"tls": {"a": 1}, "authorization": {"b": 1}}, "spec.tls, spec.auth")],
)
def test_a_secured_cluster_needs_a_controller_of_its_owner(secured: Any, named: str) -> None:
    with pytest.raises(Unsupported, match="write its KRaftController yourself") as refused:
        controller(crs.kafka(**secured))
    assert refused.value.code == "controller-manifest"
    assert named in refused.value.message


@pytest.mark.parametrize(
    ("offset", "replicas", "made"), [("0", 3, "9990"), ("9990", 3, "9993"), ("9989", 3, "9992"), ("9993", 3, "9990")]
)
def test_controllers_get_ids_that_no_broker_has(offset: str, replicas: int, made: str) -> None:
    found = controller(crs.kafka({res.ID_OFFSET: offset}, replicas=replicas))
    assert found["metadata"]["annotations"][res.ID_OFFSET] == made


@pytest.mark.parametrize("base", [0, 2])
def test_ids_that_brokers_have_are_refused(base: int) -> None:
    with pytest.raises(Unsupported, match="which brokers of Kafka kafka have") as refused:
        controller(controller_node_id_base=base)
    assert refused.value.code == "controller-id-clash"
    assert controller(controller_node_id_base=3)["metadata"]["annotations"][res.ID_OFFSET] == "3"


def test_the_job_names_all_three_and_is_ours() -> None:
    made = objects.job("j", Reference("kafka", "n"), Reference("zoo", "m"), Reference("kafka-kraft", "n"))
    assert made["metadata"] == {"name": "j", "namespace": "n", "labels": LABELS}
    assert (made["apiVersion"], made["kind"]) == ("platform.confluent.io/v1beta1", "KRaftMigrationJob")
    assert made["spec"] == {
        "dependencies": {
            "kafka": {"name": "kafka", "namespace": "n"},
            "zookeeper": {"name": "zoo", "namespace": "m"},
            "kRaftController": {"name": "kafka-kraft", "namespace": "n"},
        }
    }
    assert "annotations" not in made["metadata"], "no finalize annotation from the beginning"


def test_what_is_kept_in_git() -> None:
    """Without status and managed fields, without what the migration put there; what the user wrote stays."""
    cr = crs.kafka(
        {
            res.LOCK: "true",
            res.HOLD: "true",
            res.CLEAN_METADATA: "true",
            res.IBP: "3.9",
            objects.LAST_APPLIED: "{}",
            "owner": "team",
        },
        labels={**LABELS, "team": "a"},
    )
    cr["metadata"].update(
        generation=7, resourceVersion="9", creationTimestamp="t", managedFields=[{}], finalizers=["f"], selfLink="/x"
    )
    kept = objects.for_git(cr)
    assert kept == {
        "apiVersion": "platform.confluent.io/v1beta1",
        "kind": "Kafka",
        "metadata": {
            "name": "kafka",
            "namespace": "n",
            "labels": {"team": "a"},
            "annotations": {res.IBP: "3.9", "owner": "team"},
        },
        "spec": cr["spec"],
    }
    kept["spec"]["replicas"] = 9
    assert cr["spec"]["replicas"] == 3
    assert cr["metadata"]["annotations"][res.LOCK] == "true"


def test_metadata_that_is_empty_afterwards_is_left_out() -> None:
    bare = objects.for_git(crs.controllers({res.LOCK: "true"}))
    assert bare["metadata"]["annotations"] == {res.LOG4J1: "true"}
    cr = crs.zookeeper({res.LOCK: "true"}, labels=LABELS)
    assert objects.for_git(cr)["metadata"] == {"name": "zookeeper", "namespace": "n"}
    cr["metadata"].update(labels=None, annotations=None)
    assert objects.for_git(cr)["metadata"] == {"name": "zookeeper", "namespace": "n"}
