# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the custom resources of regions make one Kafka cluster, and the signs that a cluster is only a part of one."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import blocking
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.checks import Seen
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.region_checks import (
    Part,
    findings,
    undeclared,
)

from tests.unit.plugins.module_utils._platform._confluent import crs

Obj = dict[str, Any]
ENDPOINT = "zk-east.example.com:2182,zookeeper.n.svc.cluster.local:2182/mrc"
VOTERS = [{"nodeId": number, "brokerEndpoint": f"c{number}.example.com:9074"} for number in (9900, 9990, 9991)]
HIGH = {"default.replication.factor": "3", "offsets.topic.replication.factor": "3"}


def part(host: str = "east", **changed: Any) -> Part:
    """East: brokers 0 and 1, controllers 9990 and 9991. West: broker 100, controller 9900."""
    east = host == "east"
    offsets = ("0", "9990", 2) if east else ("100", "9900", 1)
    kafka = crs.kafka(
        {res.ID_OFFSET: offsets[0]}, replicas=offsets[2], dependencies={"zookeeper": {"endpoint": ENDPOINT}}
    )
    controller = crs.controllers(
        {res.ID_OFFSET: offsets[1]}, replicas=offsets[2], controllerQuorumVoters=copy.deepcopy(VOTERS)
    )
    for cr in (kafka, controller):
        cr["metadata"]["namespace"] = host
        cr["metadata"]["uid"] += host
    seen = {"kafka": kafka, "zookeeper": crs.zookeeper(), "controller": controller, "cluster_id": "same"}
    settings = changed.pop("settings", HIGH)
    return Part(host, Seen(**{**seen, **changed}), settings)


def of_controller(of: Part) -> Obj:
    """Its KRaftController, to be changed."""
    assert isinstance(of.seen.controller, dict)
    return of.seen.controller


def codes(mine: Part, *others: Part) -> list[str]:
    return [item.code for item in findings(mine, others)]


def test_two_regions_that_fit_have_no_finding() -> None:
    assert codes(part(), part("west")) == []
    assert codes(part("west"), part()) == []


def test_hosts_that_name_the_same_kafka() -> None:
    other = Part("twin", part().seen)
    found = findings(part(), [other])
    assert "hosts east and twin both name Kafka east/kafka" in found[0].sentence
    assert {item.code for item in found} > {"region-disagrees", "controller-id-clash"}


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("zk:2181/other", "the regions use different chroots of ZooKeeper: /other in region east, /mrc in region west"),
        ("zk:2181", "has no chroot, so that CFK puts it below one of its own"),
        ("zk:2181/", "has no chroot"),
    ],
)
def test_another_chroot_is_another_kafka_cluster(endpoint: str, words: str) -> None:
    mine = part()
    mine.seen.kafka["spec"]["dependencies"]["zookeeper"]["endpoint"] = endpoint
    found = [item for item in findings(mine, [part("west")]) if words in item.sentence]
    assert [item.code for item in found] == ["region-disagrees"]


def test_a_chroot_is_the_same_with_a_slash_behind_it() -> None:
    mine = part()
    mine.seen.kafka["spec"]["dependencies"]["zookeeper"]["endpoint"] = "zk:2181/mrc/"
    assert codes(mine, part("west")) == []


def test_another_cluster_id_is_another_kafka_cluster() -> None:
    assert codes(part(), part("west", cluster_id="other")) == ["region-disagrees"]


def test_a_cluster_id_that_could_not_be_read_is_said_and_that_of_the_status_will_do() -> None:
    assert codes(part(), part("west", cluster_id="")) == ["check-incomplete"]
    other = part("west", cluster_id="")
    other.seen.kafka["status"]["clusterID"] = "same"
    assert codes(part(), other) == []
    other.seen.kafka["status"]["clusterID"] = "another"
    assert codes(part(), other) == ["region-disagrees"]


@pytest.mark.parametrize(
    ("kind", "offset", "who", "number"),
    [
        ("kafka", "1", "brokers of region east and brokers of region west", 1),
        ("kafka", "9991", "controllers of region east and brokers of region west", 9991),
        ("controller", "0", "brokers of region east and controllers of region west", 0),
        ("controller", "9991", "controllers of region east and controllers of region west", 9991),
    ],
)
def test_no_two_nodes_have_the_same_id(kind: str, offset: str, who: str, number: int) -> None:
    other = part("west")
    getattr(other.seen, kind)["metadata"]["annotations"][res.ID_OFFSET] = offset
    found = [item for item in findings(part(), [other]) if item.code == "controller-id-clash"]
    assert [(item.where, f"the node ids [{number}]" in item.sentence) for item in found] == [(who, True)]


def test_an_offset_that_is_no_number_is_refused() -> None:
    other = part("west")
    other.seen.kafka["metadata"]["annotations"][res.ID_OFFSET] = "many"
    with pytest.raises(Unsupported):
        findings(part(), [other])


def test_every_controller_is_a_voter_everywhere() -> None:
    other = part("west")
    del of_controller(other)["spec"]["controllerQuorumVoters"][2]
    found = findings(part(), [other])
    assert [item.code for item in found] == ["region-disagrees"]
    assert "(region west) lacks the voters [9991]" in found[0].sentence


def test_a_voter_of_nobody_is_a_region_that_was_not_named() -> None:
    """A region without brokers among them: its job is a lite one."""
    mine, other = part(), part("west")
    for each in (mine, other):
        of_controller(each)["spec"]["controllerQuorumVoters"].append({"nodeId": 1, "brokerEndpoint": "c1:9074"})
    found = findings(mine, [other])
    assert [item.code for item in found] == ["region-disagrees"] * 2
    assert "has voters [1], which are controllers of no host" in found[0].sentence


def test_voters_have_the_same_addresses_everywhere() -> None:
    other = part("west")
    of_controller(other)["spec"]["controllerQuorumVoters"][0]["brokerEndpoint"] = "elsewhere:9074"
    found = findings(part(), [other])
    assert [item.code for item in found] == ["region-disagrees"]
    assert "for the voters [9900]" in found[0].sentence


def test_a_region_without_controllers_gets_none_made() -> None:
    """What is made from a Kafka CR knows no voters of other regions."""
    found = findings(part(), [part("west", controller=None)])
    assert [item.code for item in found] == ["controller-manifest"]
    assert "region west has no KRaftController" in found[0].sentence


def test_once_a_region_is_final_its_resources_are_as_cfk_left_them() -> None:
    other = part("west")
    other.seen.kafka["spec"]["dependencies"] = {"kRaftController": {}}
    of_controller(other)["spec"].pop("controllerQuorumVoters")
    assert codes(part(), other) == []


def test_one_region_has_a_majority_of_the_voters() -> None:
    mine = part()
    of_controller(mine)["spec"]["replicas"] = 1
    found = [item for item in findings(mine, [part("west")]) if item.code == "operator-unsupported"]
    assert "no region has a majority of the voters (east 1, west 1)" in found[0].sentence
    assert blocking(found, ["operator-unsupported"]), "it cannot be accepted"


def test_the_controllers_of_all_regions_are_counted() -> None:
    mine = part()
    of_controller(mine)["spec"]["replicas"] = 3
    found = [item for item in findings(mine, [part("west")]) if item.code == "controller-differs"]
    assert [item.sentence for item in found] == [
        "the regions have 4 controllers together; 3 or 5 survive the loss of one"
    ]


@pytest.mark.parametrize(("phase", "refused"), [("", True), ("SETUP", True), ("MIGRATE", True), ("DUAL_WRITE", False)])
def test_no_job_finalizes_by_itself(phase: str, refused: bool) -> None:
    found = codes(part(), part("west", job=crs.job(phase, "", res.FINALIZE)))
    assert found == (["operator-unsupported"] if refused else [])
    assert codes(part(), part("west", job=crs.job(phase))) == []


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"offsets.topic.replication.factor": "1"}, ["region-replication-factor"]),
        ({"transaction.state.log.replication.factor": "2"}, ["region-replication-factor"]),
        ({"default.replication.factor": "3"}, []),
        ({}, []),
        ({"offsets.topic.replication.factor": "many"}, []),
    ],
)
def test_factors_that_are_derived_from_one_region(settings: dict[str, str], found: list[str]) -> None:
    assert codes(part(settings=settings), part("west")) == found


def test_two_brokers_in_all_can_have_two_replicas() -> None:
    mine = part(settings={"offsets.topic.replication.factor": "2"})
    mine.seen.kafka["spec"]["replicas"] = 1
    assert codes(mine, part("west")) == []


# without kraft_region_of


def test_one_cluster_alone_shows_no_sign() -> None:
    plain = Seen(kafka=crs.kafka(), zookeeper=crs.zookeeper(), controller=crs.controllers())
    assert undeclared(plain) == []
    own = crs.controllers(
        controllerQuorumVoters=[{"nodeId": number, "brokerEndpoint": "x"} for number in range(9990, 9993)]
    )
    assert undeclared(Seen(kafka=crs.kafka(), zookeeper=None, controller=own)) == []
    several = "a.n.svc.cluster.local:2181,zookeeper-1.zookeeper.n.svc.cluster.local:2181,b:2181/x"
    assert (
        undeclared(
            Seen(kafka=crs.kafka(dependencies={"zookeeper": {"endpoint": several}}), zookeeper=None, controller=None)
        )
        == []
    )


def test_voters_of_others_are_a_sign_that_cannot_be_accepted() -> None:
    found = undeclared(part().seen)
    assert [item.code for item in found] == ["region-undeclared"]
    assert "9900 (c9900.example.com:9074)" in found[0].sentence
    assert "write kraft_region_of with the same name to the hosts of all regions" in found[0].sentence
    assert blocking(found, ["region-undeclared"])


def test_zookeeper_in_several_namespaces_is_a_sign_that_can_be_accepted() -> None:
    endpoint = "zookeeper.a.svc.cluster.local:2181,zookeeper.b.svc.cluster.local:2181/mrc"
    kafka = crs.kafka(dependencies={"zookeeper": {"endpoint": endpoint}})
    found = undeclared(Seen(kafka=kafka, zookeeper=None, controller=None))
    assert [item.code for item in found] == ["region-suspected"]
    assert "of the namespaces a, b" in found[0].sentence
    assert blocking(found, []) == found
    assert blocking(found, ["region-suspected"]) == []
