# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding the brokers' StatefulSets by name, and saying clearly why not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.names import LABEL_ROLE, LOCK, STAGE
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import discovery
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient, statefulset
from tests.unit.plugins.module_utils.scenes import facts


def named(name: Any, *, image: Any = "apache/kafka:3.9.2", labels: Any = None, **container: Any) -> Any:
    item = statefulset(name)
    item["metadata"]["labels"] = labels
    item["spec"]["template"]["spec"]["containers"] = [{"name": "c", "image": image, **container}]
    return item


@pytest.mark.parametrize(
    ("container", "kafka"),
    [
        ({"image": "apache/kafka:3.9.2"}, True),
        ({"image": "registry:5000/bitnami/kafka:3.9"}, True),
        ({"image": "confluentinc/cp-kafka:7.9.0"}, True),
        ({"image": "confluentinc/cp-server:7.9.0", "env": [{"name": "KAFKA_ZOOKEEPER_CONNECT"}]}, True),
        ({"image": "own/broker", "env": [{"name": "KAFKA_CFG_ZOOKEEPER_CONNECT"}]}, True),
        ({"image": "own/jdk", "command": ["/opt/kafka/bin/kafka-server-start.sh"]}, True),
        ({"image": "own/jdk", "args": ["java kafka.Kafka server.properties"]}, True),
        # the same image serves as ZooKeeper in many manifests
        ({"image": "apache/kafka:3.9.2", "command": ["/opt/kafka/bin/zookeeper-server-start.sh"]}, False),
        ({"image": "apache/kafka:3.9.2", "args": ["org.apache.zookeeper.server.quorum.QuorumPeerMain"]}, False),
        ({"image": "zookeeper:3.8"}, False),
        ({"image": "redis:7"}, False),
        # what stands beside brokers and carries their name
        ({"image": "danielqsj/kafka-exporter:1"}, False),
        ({"image": "confluentinc/cp-kafka-connect:7.9.0"}, False),
        ({"image": "confluentinc/cp-kafka-rest:7.9.0"}, False),
        ({"image": "provectuslabs/kafka-ui"}, False),
        ({"image": "strimzi/kafka-bridge"}, False),
    ],
)
def test_what_looks_like_kafka(container: Any, kafka: Any) -> None:
    assert discovery.looks_like_kafka(named("x", **container)) is kafka


def test_a_side_car_of_kafka_does_not_hide_it() -> None:
    item = named("kafka")
    item["spec"]["template"]["spec"]["containers"].insert(0, {"name": "e", "image": "danielqsj/kafka-exporter"})
    assert discovery.looks_like_kafka(item)


def chosen(cluster: Any, *items: Any, explicit: Any = ()) -> Any:
    return [discovery.name_of(item) for item in discovery.choose(cluster, "n", items, explicit)]


def test_the_one_of_that_name() -> None:
    assert chosen("kafka", named("kafka"), named("kafka-b"), named("zoo", image="zookeeper")) == ["kafka"]


def test_several_that_share_the_name_or_the_label() -> None:
    items = [
        named("shop-a"),
        named("shop-b"),
        named("other", labels={"app.kubernetes.io/instance": "shop"}),
        named("unrelated"),
        named("shop-connect", image="confluentinc/cp-kafka-connect:7.9.0"),
        named("shop-kraft", labels={LABEL_ROLE: "controller"}),
    ]
    assert chosen("shop", *items) == ["shop-a", "shop-b", "other"]


def test_the_ones_that_the_user_names() -> None:
    assert chosen("kafka", named("kafka"), named("b"), explicit=["b", "kafka"]) == ["b", "kafka"]


def refused(*arguments: Any, **named_: Any) -> Any:
    with pytest.raises(Refused) as raised:
        chosen(*arguments, **named_)
    return raised.value


def test_nothing_of_that_name_offers_near_ones() -> None:
    error = refused("kafak", named("kafka"), named("zookeeper", image="zookeeper"))
    assert error.code == "cluster-not-found"
    assert error.message == (
        "Kafka cluster 'kafak' was not found in namespace 'n' (similar names: kafka); correct kraft_cluster or kraft_namespace"
    )
    assert error.detail == {"near": ["kafka"]}


def test_nothing_near_lists_what_there_is() -> None:
    assert "(similar names: kafka-a, kafka-b)" in refused("xyz", named("kafka-b"), named("kafka-a")).message
    assert "(there is no Kafka StatefulSet)" in refused("xyz", named("web", image="nginx")).message
    assert "(there is no Kafka StatefulSet)" in refused("xyz").message


def test_a_named_statefulset_that_is_not_there() -> None:
    error = refused("kafka", named("kafka-a"), explicit=["kafka-a", "kafka-c"])
    assert error.message.startswith("StatefulSet kafka-c of kraft_statefulsets was not found in namespace 'n'")


def test_the_name_of_something_that_is_no_kafka() -> None:
    error = refused("web", named("web", image="nginx"), named("webby"))
    assert error.code == "cluster-not-found"
    assert "StatefulSet n/web does not start Kafka brokers" in error.message
    assert "(similar names: webby" in error.message


def test_the_controllers_are_never_taken_for_brokers() -> None:
    controllers = named("kafka-kraft", labels={LABEL_ROLE: "controller"})
    assert refused("kafka-kraft", controllers, named("kafka")).code == "cluster-not-found"


def test_a_kraft_cluster_that_only_fits_the_name_is_no_part_of_it() -> None:
    """Its brokers would be rolled, and the state would be derived from them."""
    old, new = named("kafka-a"), named("kafka-new")
    with pytest.raises(
        Refused, match="StatefulSet kafka-new matches the name 'kafka' and runs in KRaft mode"
    ) as refused:
        discovery.no_other_cluster({"kafka-a": "z:2181", "kafka-new": ""}, [old, new], "kafka")
    assert refused.value.code == "cluster-ambiguous"
    # one that is scaled to 0 has no process: its template would be written over while it sleeps
    with pytest.raises(
        Refused, match="StatefulSet kafka-new matches the name 'kafka' and has no process that could be read"
    ):
        discovery.no_other_cluster({"kafka-a": "z:2181"}, [old, new], "kafka")
    # all of them run in KRaft mode: nobody is left to compare with
    discovery.no_other_cluster({"kafka-a": "", "kafka-new": ""}, [old, new], "kafka")
    # a migration of ours is under way
    new["metadata"]["annotations"] = {LOCK: "m1"}
    discovery.no_other_cluster({"kafka-a": "z:2181", "kafka-new": ""}, [old, new], "kafka")
    new["metadata"]["annotations"], new["spec"]["template"]["metadata"] = None, {"annotations": {STAGE: "kraft"}}
    discovery.no_other_cluster({"kafka-a": "z:2181", "kafka-new": ""}, [old, new], "kafka")


@pytest.mark.parametrize("explicit", [[], ["kafka-a", "kafka-new"]])
def test_whoever_names_the_statefulsets_knows(explicit: list[str]) -> None:
    client: Any = FakeClient(statefulset("kafka-a"), statefulset("kafka-new", replicas=0))
    cluster = StatefulSetCluster(client, {**PARAMS, "statefulsets": explicit})
    cluster.__dict__["facts"] = {"kafka-a-0": facts(zookeeper_connect="z:2181")}
    cluster.__dict__["controller_facts"] = {}
    if explicit:
        assert str(cluster.zookeeper_connect) == "z:2181"
        return
    with pytest.raises(Refused, match="kafka-new matches the name"):
        assert cluster.zookeeper_connect


def test_one_zookeeper_is_one_cluster() -> None:
    discovery.same_zookeeper({"kafka-a": "z:2181/k", "kafka-b": "z:2181/k"}, "kafka")
    discovery.same_zookeeper({}, "kafka")
    with pytest.raises(Refused) as raised:
        discovery.same_zookeeper({"kafka-b": "z:2181/b", "kafka-a": "z:2181/a"}, "kafka")
    assert raised.value.code == "cluster-ambiguous"
    assert "kafka-a uses z:2181/a; kafka-b uses z:2181/b; name the StatefulSets of one" in raised.value.message


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("z0:2181,z1:2181/k", "z1:2181,z0:2181/k"),
        ("z0,z1:2181/k", "z0:2181,z1/k"),
        ("z0:2181/k/", "z0:2181/k"),
        ("z0:2181/", "z0:2181"),
        ("Z0.Infra:2181/k", "z0.infra.:2181/k"),
        # a set that was added later names the servers that were added, too
        ("z0:2181/k", "z2:2181,z1:2181,z0:2181/k"),
    ],
)
def test_one_zookeeper_may_be_written_in_several_ways(one: str, other: str) -> None:
    discovery.same_zookeeper({"kafka-a": one, "kafka-b": other}, "kafka")


def test_servers_may_be_shared_by_way_of_a_third() -> None:
    discovery.same_zookeeper({"a": "z0,z1/k", "c": "z2,z3/k", "b": "z1,z2/k"}, "kafka")


@pytest.mark.parametrize("other", ["z0:2181/K", "z0:2182/k", "z1:2181/k", "z0:2181"])
def test_another_chroot_port_or_host_is_another_zookeeper(other: str) -> None:
    with pytest.raises(Refused) as raised:
        discovery.same_zookeeper({"kafka-a": "z0:2181/k", "kafka-b": other}, "kafka")
    assert raised.value.code == "cluster-ambiguous"


def test_a_namespace_that_does_not_exist_offers_near_ones() -> None:
    discovery.namespace_among("kafka", ["default", "kafka"])
    with pytest.raises(Refused) as raised:
        discovery.namespace_among("kafak", ["default", "kafka"])
    assert raised.value.message == "namespace 'kafak' does not exist (similar names: kafka); correct kraft_namespace"
    with pytest.raises(Refused) as raised:
        discovery.namespace_among("xyz", ["default"])
    assert (raised.value.code, raised.value.message) == (
        "cluster-not-found",
        "namespace 'xyz' does not exist; correct kraft_namespace",
    )
