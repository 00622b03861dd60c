# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Strimzi by the protocol of a platform that leads, and the cluster that it leads."""

from __future__ import annotations

import re
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Verb, Wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.permissions import DISRUPT
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.state import MIXED, NOTHING_COPIED, ClusterState
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform import registry
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import hints, states, zookeeper_pod
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.cluster import StrimziCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.driver import Strimzi
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Claim
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    Forbidden,
    KraftError,
    NotFound,
    Refused,
)

from tests.unit.plugins.module_utils._platform._confluent.scene import Api
from tests.unit.plugins.module_utils._platform._strimzi import crs
from tests.unit.plugins.module_utils._platform._strimzi.scene import GRANTED, Cluster, cluster, in_kraft, underway
from tests.unit.plugins.module_utils.fakes import PARAMS, pod

PAUSE = {res.PAUSE: "true"}


def claim(api: Api, **params: Any) -> Claim | None:
    return Strimzi.claim(api, {**PARAMS, **params})  # type: ignore[arg-type]


# whose cluster it is


def test_a_kafka_of_strimzi_is_claimed_and_opened() -> None:
    api = Api(crs.kafka())
    assert claim(api) == Claim("strimzi", "Kafka CR n/kafka of kafka.strimzi.io/v1beta2")
    assert claim(Api()) is None
    opened = registry.open_cluster(api, PARAMS)  # type: ignore[arg-type]
    assert isinstance(opened, StrimziCluster)
    assert isinstance(opened.driver, Strimzi)
    assert opened.by_operator
    assert opened.platform == "strimzi"


def test_regions_are_not_for_it() -> None:
    assert cluster().driver.regions() == ()
    assert not cluster().driver.turn(Verb.MIGRATE).waits
    cluster().driver.wait_turn(Verb.MIGRATE, idle=1.0, progress=print)
    with cluster().driver.turn_lock("me", timeout=1.0, progress=print) as sure:
        sure()
    with pytest.raises(Refused, match="kraft_region_of is for Kafka custom resources of Confluent"):
        registry.open_cluster(Api(crs.kafka()), {**PARAMS, "regions": "some"})  # type: ignore[arg-type]


def test_who_may_not_read_claims_nothing_unless_it_was_named() -> None:
    api = Api(crs.kafka())
    api.fail["get", "Kafka"] = Forbidden("kafkas is not allowed")
    assert claim(api) is None
    with pytest.raises(Forbidden):
        claim(api, platform="strimzi")
    made = Api(crs.kafka(), *crs.pods())
    made.fail["get", "Kafka"] = Forbidden("kafkas is not allowed")
    with pytest.raises(Forbidden):
        claim(made)
    made.fail["list", "Pod"] = Forbidden("pods is not allowed")
    assert claim(made) is None


@pytest.mark.parametrize(
    ("versions", "served", "code", "words"),
    [
        ([], [], "operator-crds", "has no kafka.strimzi.io: install the CRDs"),
        (["v1"], [], "operator-crds", "in version v1 and not v1beta2: that is a Strimzi that refuses"),
        (["v1beta2"], ["kafkatopics"], "operator-crds", "has no kafkas in kafka.strimzi.io/v1beta2"),
        (["v1beta2"], ["kafkas"], "cluster-not-found", "there is no Kafka CR n/kafka"),
    ],
)
def test_why_there_is_no_kafka(versions: list[str], served: list[str], code: str, words: str) -> None:
    api = Api()
    api.groups[res.GROUP] = versions
    api.plurals = served
    with pytest.raises(Refused) as refused:
        claim(api, platform="strimzi")
    assert words in refused.value.message
    assert refused.value.code == code
    # found by itself, the pods show whose the brokers are
    assert claim(api) is None
    for item in crs.pods():
        api.put(item)
    with pytest.raises(Refused, match=re.escape(words)):
        claim(api)


# what is found


def test_a_good_cluster_has_no_finding_and_the_server_was_asked_about_the_pool() -> None:
    found = cluster()
    assert found.driver.findings() == []
    assert found.api.calls == [("dry-run create", "KafkaNodePool", "controller")]
    assert "KafkaNodePool controller with the controllers" in found.driver.plan_lines()[0]


def test_what_the_server_says_to_the_pool_is_a_finding() -> None:
    found = cluster()
    found.api.fail["create", "KafkaNodePool"] = KraftError("spec.storage in body is required")
    (one,) = found.driver.findings()
    assert one.code == "controller-rejected"
    assert "spec.storage in body is required" in one.sentence
    found.api.fail["create", "KafkaNodePool"] = Forbidden("may not")
    with pytest.raises(Forbidden):
        found.driver.findings()


def test_the_server_is_asked_about_the_pool_that_takes_the_brokers_over_as_well() -> None:
    bare = crs.kafka(marks={res.NODE_POOLS: None})
    found = cluster(bare, strimzi_node_pools=True)
    found.api.drop("KafkaNodePool", "n", "kafka")
    found.changed()
    assert found.driver.findings() == []
    asked = [("dry-run create", "KafkaNodePool", each) for each in ("kafka", "controller")]
    assert found.api.calls == asked
    found.api.fail["create", "KafkaNodePool"] = KraftError("spec.storage.size in body is required")
    first, second = found.driver.findings()
    assert (first.code, second.code) == ("operator-node-pools", "controller-rejected")
    assert first.sentence.startswith("the API server would reject KafkaNodePool kafka: spec.storage.size")
    # one that is there is not made
    there = cluster(bare, strimzi_node_pools=True)
    assert there.driver.findings() == []
    assert there.api.calls == [("dry-run create", "KafkaNodePool", "controller")]


def test_what_was_accepted_keeps_nobody_from_asking_the_server() -> None:
    params = {"strimzi_version": "0.42.0", "accept": ["operator-rollback-fails"]}
    found = cluster(crs.kafka(version="3.7.0"), **params)
    found.api.fail["create", "KafkaNodePool"] = KraftError("no")
    assert [item.code for item in found.driver.findings()][-1] == "controller-rejected"


def test_node_pools_of_another_cluster_in_the_namespace_are_seen() -> None:
    def other(name: str, *labels: str, namespace: str = "n") -> Any:
        found = crs.pool(name)
        found["metadata"] |= {"namespace": namespace, "labels": dict.fromkeys([res.CLUSTER], *labels) if labels else {}}
        return found

    found = cluster(None, other("controller", "shop"), other("a"), other("b", "shop", namespace="m"))
    assert found.foreign_pools == {"controller": "shop", "a": ""}
    assert [item.code for item in found.driver.findings()] == ["operator-references"]


def test_the_server_is_asked_beside_warnings_too() -> None:
    found = cluster(crs.kafka(version="3.9.0"), strimzi_version="0.45.0")
    found.api.fail["create", "KafkaNodePool"] = KraftError("no")
    assert [item.code for item in found.driver.findings()] == ["operator-leaves-znodes", "controller-rejected"]


def test_a_manifest_that_is_none_is_a_finding() -> None:
    (one,) = cluster(controller_manifest={"kind": "Pod"}).driver.findings()
    assert one.code == "controller-manifest"


@pytest.mark.parametrize("kind", ["KafkaNodePool", "StrimziPodSet"])
def test_definitions_that_are_missing_are_found_whoever_asks(kind: str) -> None:
    """The Kafka CR is there, and so is the claim; each task looks at where the operator is first."""
    for ask in ("observe", "findings"):
        found = cluster(crs.kafka(marks=PAUSE))
        found.api.plurals = ["kafkas"]
        found.api.fail["list", kind] = NotFound("404 page not found")
        with pytest.raises(Refused) as stopped:
            getattr(found.driver, ask)()
        assert stopped.value.code == "operator-crds"
        assert "kafkanodepools.kafka.strimzi.io and no strimzipodsets.core.strimzi.io" in stopped.value.message


def test_once_it_was_asked_a_pool_that_is_refused_for_a_moment_is_no_finding() -> None:
    assert underway(crs.kafka("KRaftMigration", "migration", crs.WITHOUT_POOL)).driver.findings() == []


def test_everything_that_is_read_for_the_checks() -> None:
    found = cluster(None, *crs.claims(), *crs.claims("old", range(7, 8)))
    found.api.put(
        {
            **pod("strimzi-1", ready=False),
            "metadata": {"name": "strimzi-1", "namespace": "n", "labels": {"name": "strimzi-cluster-operator"}},
        }
    )
    sick = crs.pod_set()
    sick["metadata"]["annotations"] = {res.MANUAL_ROLL: "true"}
    found.api.put(sick)
    codes = [item.code for item in found.driver.findings()]
    assert codes == ["operator-silent", "operator-busy", "controller-volumes-leftover", "operator-controller-unused"]


def test_the_operators_deployment_tells_that_it_is_scaled_down_and_what_it_watches() -> None:
    env = [{"name": "STRIMZI_NAMESPACE", "value": "m"}, {"name": "X", "valueFrom": {"fieldRef": {}}}]
    spec = {"template": {"spec": {"containers": [{"env": env}, {}]}}}
    found = cluster(None, {"kind": "Deployment", "metadata": {"name": res.OPERATOR, "namespace": "n"}, "spec": spec})
    assert found.driver.findings()[0].sentence.startswith("Deployment strimzi-cluster-operator of the operator is not")
    item = pod("strimzi-1")
    item["metadata"]["labels"] = {"name": "strimzi-cluster-operator"}
    found.api.put(item)
    found.changed()
    assert "watches m (STRIMZI_NAMESPACE)" in found.driver.findings()[0].sentence


def test_an_operator_in_another_namespace_is_told_from_one_in_the_clusters() -> None:
    def codes(*there: Any) -> list[str]:
        found = cluster(crs.kafka(version="3.7.0"), *there, strimzi_version="0.42.0")
        return [item.code for item in found.driver.findings()]

    mine = pod("strimzi-1")
    mine["metadata"]["labels"] = {"name": res.OPERATOR}
    spec: Any = {"template": {"spec": {"containers": []}}}
    deployment = {"kind": "Deployment", "metadata": {"name": res.OPERATOR, "namespace": "n"}, "spec": spec}
    assert codes() == ["operator-leaves-znodes", "operator-rollback-fails"]
    assert codes(mine) == ["operator-leaves-znodes"]
    assert codes(deployment) == ["operator-silent", "operator-leaves-znodes"]


def test_a_cluster_that_was_born_in_kraft_with_combined_roles_is_told_so() -> None:
    kafka = crs.kafka("KRaft", "enabled")
    del kafka["spec"]["zookeeper"]
    found = cluster(kafka, crs.pool("dual", "controller", "broker"))
    assert [each.code for each in found.driver.findings()] == ["cluster-born-kraft"]
    assert_kept(found, ["KafkaNodePool/dual"])


def assert_kept(found: Cluster, left: list[str]) -> None:
    """Its controllers are there, and whoever would delete them as the rest of a rollback is refused."""
    assert found.driver.left() == left
    # none of them is told to run rollback.yml, which would delete volumes
    for step in (found.driver.check, *(partial(found.driver.refuse, verb) for verb in Verb)):
        with pytest.raises(Refused) as stopped:
            step()
        assert stopped.value.code == "cluster-born-kraft"


def test_the_controllers_of_a_cluster_that_was_born_in_kraft_are_no_rest_of_an_attempt() -> None:
    kafka = crs.kafka("KRaft", "enabled")
    del kafka["spec"]["zookeeper"]
    assert_kept(underway(kafka), ["KafkaNodePool/controller"])
    # one that was migrated has its journal, or ZooKeeper still in its manifest
    underway(crs.kafka("KRaft", "enabled")).driver.check()


def test_gitops_that_may_not_be_read_says_so() -> None:
    found = cluster(crs.kafka(marks={"argocd.argoproj.io/tracking-id": "argocd_shop:kafka.strimzi.io/Kafka:n/kafka"}))
    found.api.fail["get", "Application"] = Forbidden("may not")
    (one,) = found.driver.findings()
    assert one.code == "managed-by-gitops"
    assert "this account may not read (get applications.argoproj.io in namespace argocd)" in one.sentence


def test_the_authority_is_read_from_the_status() -> None:
    kafka = crs.kafka()
    kafka["status"]["listeners"] = [{"name": "tls", "certificates": ["no certificate"]}]
    (one,) = cluster(kafka).driver.findings()
    assert one.code == "check-incomplete"
    assert "there is no certificate in PEM form in it" in one.sentence


def test_a_lock_that_is_demanded_cannot_be_had() -> None:
    found = cluster(lock_enforcement="admission")
    assert [item.code for item in found.driver.findings()] == ["lock-not-enforced"]
    with pytest.raises(Refused, match="Strimzi has no lock"):
        found.driver.check()
    plain = cluster().driver.enforcement
    assert not plain.exists()
    assert not plain.remove()
    assert not plain.gone()
    assert not plain.open("m1", print)
    assert plain.by() == plain.enforce("m1", print).text == "nothing: Strimzi has no lock on its custom resources"


@pytest.mark.parametrize(
    ("given", "images", "status", "version"),
    [
        ("0.45.1", ["quay.io/strimzi/operator:0.40.0"], "0.45.2", (0, 45, 1)),
        (None, ["quay.io/strimzi/operator:0.40.0"], "0.45.2", (0, 40, 0)),
        (None, ["mirror/op:latest"], "0.44.0", (0, 44, 0)),
        (None, [], None, (0, 45, 2)),
        # a number of its vendor's is asked for last
        (None, ["registry.example/operator:2.9.0"], "2.9.0-0", (0, 45, 2)),
        (None, ["quay.io/strimzi/operator:0.44.0"], "2.9.0-0", (0, 44, 0)),
    ],
)
def test_where_the_version_is_from(given: Any, images: Any, status: Any, version: Any) -> None:
    kafka = crs.kafka()
    kafka["status"]["operatorLastSuccessfulVersion"] = status
    found = cluster(kafka, strimzi_version=given)
    for image in images:
        item = pod("strimzi-1")
        item["metadata"]["labels"] = {"name": "strimzi-cluster-operator"}
        item["spec"] = {"containers": [{"name": "op", "image": image}]}
        found.api.put(item)
    assert found.operator_version == version


@pytest.mark.parametrize(
    ("given", "goes_on"),
    [("0.40.0", True), ("0.41.0", False), ("0.45.0", False), ("0.45.1", True), ("0.45.2", True)],
)
def test_which_version_goes_on_without_a_controller(given: str, goes_on: bool) -> None:
    assert cluster(strimzi_version=given).driver.goes_on_unled is goes_on


def test_a_number_of_a_vendor_is_known_where_nothing_else_is() -> None:
    kafka = crs.kafka()
    kafka["status"]["operatorLastSuccessfulVersion"] = "2.9.0-0"
    found = cluster(kafka)
    for item in crs.pods():
        item["spec"]["containers"][0]["image"] = "registry.example/kafka-39:2.9.0-1"
        found.api.put(item)
    assert found.operator_version == (2, 9, 0)
    assert not found.driver.goes_on_unled
    assert [item.code for item in found.driver.findings()] == ["operator-version-unknown"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("latest", "'latest', which is no version of Strimzi: write it as it is released, for example 0.45.2"),
        ("2.9.0-0", "'2.9.0-0', which is no version of a Strimzi that has clusters with ZooKeeper: write that of the"),
    ],
)
def test_a_version_that_is_none_is_refused(given: str, words: str) -> None:
    with pytest.raises(Refused, match=f"kraft_strimzi_version is {words}") as stopped:
        cluster(strimzi_version=given).driver.findings()
    assert stopped.value.code == "operator-version-unknown"


# the cluster


def test_brokers_and_controllers_are_told_apart_by_their_labels() -> None:
    found = underway(crs.kafka("KRaftMigration", "migration"))
    found.api.put(pod("kafka-zookeeper-0"))
    assert list(found.pods) == ["kafka-kafka-0", "kafka-kafka-1", "kafka-kafka-2"]
    assert list(found.controller_pods) == ["kafka-controller-3", "kafka-controller-4", "kafka-controller-5"]
    assert found.has_controllers
    assert found.controllers_wanted == 3
    assert (found.container, found.controller_container) == ("kafka", "kafka")
    assert found.image == "quay.io/strimzi/kafka:0.45.2-kafka-3.9.2"
    found.read_processes()
    assert list(found.controller_facts) == list(found.controller_pods)


def test_a_broker_that_does_not_exist_is_still_expected() -> None:
    found = cluster()
    found.api.drop("Pod", "n", "kafka-kafka-1")
    assert list(found.facts) == ["kafka-kafka-0", "kafka-kafka-1", "kafka-kafka-2"]


def test_controllers_outlive_their_pool() -> None:
    found = cluster(None, *crs.pods("controller", range(3, 5), controller=True))
    assert list(found.controller_pods) == ["kafka-controller-3", "kafka-controller-4"]
    assert found.has_controllers
    assert list(found.controller_facts) == ["kafka-controller-3", "kafka-controller-4"]
    assert not cluster().has_controllers
    assert cluster().controllers_wanted == 0


def test_a_cluster_that_strimzi_has_not_made_yet() -> None:
    found = cluster()
    found.api.drop("StrimziPodSet", "n", "kafka-kafka")
    with pytest.raises(Refused, match="has made no StrimziPodSet") as refused:
        assert found.facts
    assert refused.value.code == "broker-not-healthy"
    fresh = crs.kafka("")
    del fresh["status"]
    found.api.put(fresh)
    found.changed()
    with pytest.raises(Refused, match="no Strimzi operator has looked at it") as refused:
        found.driver.findings()
    assert refused.value.code == "operator-silent"


@pytest.mark.parametrize(
    ("pools", "code"),
    [
        ([crs.pool("a", "controller"), crs.pool("b", "controller")], "operator-references"),
        ([crs.pool("a", "controller", "broker")], "combined-roles"),
    ],
)
def test_pools_of_which_none_can_be_the_controllers(pools: Any, code: str) -> None:
    with pytest.raises(Refused) as refused:
        cluster(None, *pools).driver.check()
    assert refused.value.code == code


def test_a_pool_that_was_deleted_too_early_is_a_dead_end_until_it_is_made_again() -> None:
    """Seen: rollback then does nothing at all."""
    found = cluster(crs.kafka("KRaftPostMigration", "migration", crs.WITHOUT_POOL), *crs.claims())
    with pytest.raises(
        Refused, match="Make it again with the same name, replicas and storage, on its volume claims"
    ) as refused:
        found.driver.check()
    assert refused.value.code == "operator-controllers-gone"
    assert "data-0-kafka-controller-3, data-0-kafka-controller-4" in refused.value.message
    # nor is the next run told that all is done
    assert [item.code for item in found.driver.findings()] == ["operator-controllers-gone"]
    with pytest.raises(Refused, match="delete no claim before"):
        found.driver.refuse(Verb.FINALIZE)
    underway(crs.kafka("KRaftPostMigration", "migration")).driver.check()
    cluster(crs.kafka("KRaftDualWriting", "rollback")).driver.check()


def test_one_that_was_deleted_while_brokers_are_restarted_in_kraft_mode_is_the_same() -> None:
    found = cluster(crs.kafka("KRaftDualWriting", "migration"), *crs.claims())
    found.driver.check()
    found.read["kafka-kafka-1"] = in_kraft(1)
    with pytest.raises(Refused, match="Make it again with the same name") as refused:
        found.driver.check()
    assert refused.value.code == "operator-controllers-gone"


def test_the_name_of_the_controllers() -> None:
    assert cluster().controllers_name == "controller"
    assert cluster(controller_name="ctl").controllers_name == "ctl"
    assert cluster(controller_manifest=crs.pool("mine", "controller")).controllers_name == "mine"
    assert cluster(None, crs.pool("there", "controller"), controller_name="ctl").controllers_name == "there"


# ZooKeeper


def test_zookeeper_is_reached_inside_its_pods_without_a_login(monkeypatch: pytest.MonkeyPatch) -> None:
    found = cluster()
    dialled: list[Any] = []

    def dial(*args: Any) -> Any:
        dialled.append(args[1:])
        return SimpleNamespace()

    for name, ready in (("kafka-zookeeper-0", True), ("kafka-zookeeper-1", False)):
        item = pod(name, ready=ready)
        item["metadata"]["labels"] = {res.CLUSTER: "kafka", res.NAME: "kafka-zookeeper"}
        found.api.put(item)
    monkeypatch.setattr(zookeeper_pod, "pod_dial", dial)
    route = found.route
    assert route.how == "port-forward to port 12181 of pod n/kafka-zookeeper-0"
    assert dialled == [("n", "kafka-zookeeper-0", 12181)]
    assert route.servers[0][0] == "127.0.0.1"
    assert route.names == ()
    assert not found.zookeeper_login.tls
    found.close()


def test_no_pod_of_zookeeper_is_ready() -> None:
    with pytest.raises(Refused, match="is Ready in namespace n") as refused:
        assert cluster().route
    assert refused.value.code == "zookeeper-unreachable"


def test_an_address_or_a_secret_of_the_users_is_taken_instead() -> None:
    found = cluster(zookeeper_connect="zk.example:2181")
    assert found.route.how == "directly at zk.example:2181"
    assert cluster(zookeeper_secret="zk")._inside is False


# its words


def test_observe_knows_a_migration_by_the_journal_or_by_the_cr() -> None:
    found = underway(crs.kafka("KRaftPostMigration", "migration"))
    assert found.driver.observe().waits_for is Wait.DECISION
    kafka = crs.kafka("KRaft", "enabled")
    del kafka["spec"]["zookeeper"]
    found = cluster(kafka)
    assert not found.driver.observe().started
    found.journal.migration_id = "m1"
    assert found.driver.observe().phase == phases.COMPLETE


@pytest.mark.parametrize(
    ("kafka", "pool", "words"),
    [
        (
            crs.kafka("KRaftDualWriting", "enabled"),
            True,
            "Strimzi fails in each pass without saying so, or skips the stop",
        ),
        (crs.kafka("KRaftMigration", "rollback"), True, "does nothing in KRaftMigration but keep Strimzi"),
        (crs.kafka("KRaftMigration", "migrating"), True, "ignores without a word"),
        (crs.kafka("", "migration", crs.PAUSED, marks=PAUSE), True, "Do not take the pause off"),
        (crs.kafka("", "migration", crs.PAUSED, marks=PAUSE), True, "--subresource=status"),
        # while it runs it would forget again
        (crs.kafka("", "migration", crs.PAUSED, marks=PAUSE), True, "Deployment to 0"),
        (
            crs.kafka("KRaftMigration", "migration", marks={**PAUSE, res.TURNED: "x"}),
            True,
            "ends the pass that is under way",
        ),
        (crs.kafka("KRaftMigration", "migration"), False, "make it again with the same name"),
        (
            crs.kafka(
                "KRaftDualWriting", "migration", {"type": "NotReady", "reason": "UnforceableProblem", "message": "m"}
            ),
            True,
            "min.insync",
        ),
        (
            crs.kafka("ZooKeeper", "migration", crs.WITHOUT_POOL),
            True,
            "Strimzi refuses the custom resources: The Kafka",
        ),
        (crs.kafka("KRaftMigration", "migration"), True, "Still waiting for ZK brokers"),
        (crs.kafka("ZooKeeper", "migration"), True, "Pending?"),
        (crs.kafka("PreKRaft", "enabled"), True, "look at the log of the Strimzi operator"),
    ],
)
def test_what_usually_holds_it_up(kafka: Any, pool: bool, words: str) -> None:
    assert words in hints.hint(kafka, pool=pool)
    found = underway(kafka) if pool else cluster(kafka)
    assert words in found.driver.hint(found.driver.observe())


def test_volumes_that_are_not_there_yet_hold_it_up() -> None:
    claim = crs.claims()[0]
    claim["status"] = {"phase": "Pending"}
    found = cluster(crs.kafka("ZooKeeper", "migration"), crs.controllers(), claim)
    assert found.driver.hint(found.driver.observe()).startswith(
        "the volume claims data-0-kafka-controller-3 are Pending"
    )


def test_why_it_is_silent() -> None:
    found = cluster()
    assert "find out where Strimzi runs" in found.driver.why_silent()
    item = pod("strimzi-1", ready=False)
    item["metadata"]["labels"] = {"name": "strimzi-cluster-operator"}
    found.api.put(item)
    assert found.driver.why_silent() == "its pods: strimzi-1 is not Ready; look at their logs"
    found.api.fail["list", "Pod"] = KraftError("no list")
    assert found.driver.why_silent() == "its pods could not be read: no list"


def test_its_end() -> None:
    found = underway(crs.kafka("KRaft", "enabled"))
    assert [item["object"] for item in found.driver.exports()] == [
        "Kafka/kafka",
        "KafkaNodePool/kafka",
        "KafkaNodePool/controller",
    ]
    assert found.driver.locked() == found.driver.release(print) == []
    with pytest.raises(Refused, match="there is nothing to delete"):
        found.driver.remove_request()
    assert found.driver.needs()[1] == "docs/rbac-strimzi.yml"
    assert "strimzi.io/kraft = disabled" in found.driver.answered_by()
    with pytest.raises(KraftError, match="is not told by an answer about"):
        found.driver.answer(Wait.DECISION)
    assert len(found.driver.objects()) == 5
    found.api.fail["get", "Kafka"] = KraftError("gone")
    found.changed()
    assert found.driver.objects() == []


def test_what_git_has_to_say_depends_on_the_state() -> None:
    """Applied before the end, the manifest of the end would finalize the migration without its gates."""
    for state, asked in (("KRaftPostMigration", "migration"), ("PreKRaft", "enabled"), ("ZooKeeper", "disabled")):
        manifest = underway(crs.kafka(state, asked)).driver.exports()[0]["manifest"]
        assert manifest["metadata"]["annotations"][res.KRAFT] == asked
        assert "zookeeper" in manifest["spec"]
    assert "zookeeper" not in underway(crs.kafka("KRaft", "enabled")).driver.exports()[0]["manifest"]["spec"]


def test_following_looks_at_zookeeper(monkeypatch: pytest.MonkeyPatch) -> None:
    found = underway(crs.kafka("KRaftMigration", "migration"))
    found.__dict__["zookeeper"] = "session"
    monkeypatch.setattr(
        "ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.handover.read_heads",
        lambda _session: SimpleNamespace(copied=True),
    )
    monkeypatch.setattr(
        "ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.proof.run_read_only",
        lambda *_words, **_options: SimpleNamespace(stdout='{"state":1}'),
    )
    lines: list[str] = []

    def judge(_seen: Any, signals: Any) -> tuple[bool, str]:
        return True, signals.text

    found.driver.follow(judge, idle=1.0, progress=lines.append)
    assert lines == ["brokers 3/3 Ready; controllers 3/3 Ready; both stores are written"]


@pytest.mark.parametrize(
    ("state", "asked", "marks", "says", "now"),
    [
        ("KRaftMigration", "migration", {}, "Reconciliation was paused", ("migration", "true")),
        ("KRaftDualWriting", "migration", {}, "Strimzi was asked to go back", ("rollback", None)),
        ("KRaftPostMigration", "migration", {}, "", ("migration", None)),
        ("KRaftMigration", "migration", {**PAUSE, res.TURNED: "true"}, "", ("migration", "true")),
    ],
)
def test_how_it_is_kept_from_going_on(state: str, asked: str, marks: Any, says: str, now: Any) -> None:
    found = underway(crs.kafka(state, asked, marks=marks))
    said = found.driver.halt()
    assert said.startswith(says)
    assert bool(said) == bool(says)
    annotations = found.kafka["metadata"]["annotations"]
    assert (annotations[res.KRAFT], annotations.get(res.PAUSE)) == now


def test_brokers_that_see_nobody_else_are_named() -> None:
    """Strimzi asks a broker in KRaft mode whether it may restart it; one on old metadata is alone in every ISR."""
    refused = {
        "type": "NotReady",
        "status": "True",
        "reason": "UnforceableProblem",
        "message": "cannot be updated right now",
    }
    found = underway(crs.kafka("KRaftDualWriting", "rollback", refused, marks={res.TURNED: "true"}))
    found.read["kafka-kafka-0"] = in_kraft(0)
    found.__dict__["state"] = ClusterState(MIXED, NOTHING_COPIED)
    found.changed = lambda *_parts: None  # type: ignore[method-assign]
    said = found.driver.hint(found.driver.observe())
    assert "kafka-kafka-0 run in KRaft mode on metadata of an earlier attempt" in said
    assert "kubectl -n n delete pod kafka-kafka-0" in said
    found.__dict__["state"] = ClusterState(MIXED, "broker roll under way")
    assert "earlier attempt" not in found.driver.hint(found.driver.observe())


# a broker taken away


def test_the_very_pod_that_was_read_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    """By an account that may: what a migration needs does not have it."""
    monkeypatch.setitem(GRANTED, ("", "pods"), {*GRANTED["", "pods"], *DISRUPT[0].verbs})
    found = cluster()
    uid = found.pods["kafka-kafka-1"]["metadata"]["uid"]
    with pytest.raises(Conflict):
        found.driver.remove_pod("kafka-kafka-1", "another")
    found.driver.remove_pod("kafka-kafka-1", uid)
    assert "kafka-kafka-1" not in found.api.names("Pod")


def annotated(name: str, **annotations: str) -> Cluster:
    """With a pod that somebody has annotated."""
    found = cluster()
    there = found.pods[name]
    there["metadata"]["annotations"] = {**(there["metadata"].get("annotations") or {}), **annotations}
    found.api.put(there)
    return found


def test_pods_that_strimzi_is_about_to_restart() -> None:
    assert cluster().driver.unsettled() == ""
    older = annotated("kafka-kafka-1", **{res.REVISION: "older"})
    assert older.driver.unsettled().startswith(
        "Strimzi has pods to restart: brokers 3/3 Ready and 2/3 on the new revision"
    )
    asked = annotated("kafka-kafka-1", **{res.MANUAL_ROLL: "true"})
    assert "kafka-kafka-1 wait for a restart that somebody asked Strimzi for" in asked.driver.unsettled()


def test_a_migration_under_way_is_no_time_to_take_a_broker_away() -> None:
    assert "the operator is at " in underway(crs.kafka(asked="migration", state=states.MIGRATING)).driver.unsettled()
    # it rests
    assert underway(crs.kafka(asked="migration", state=states.POST_MIGRATION)).driver.unsettled() == ""
