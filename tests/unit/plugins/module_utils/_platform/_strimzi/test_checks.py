# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is found beforehand, read off the custom resources: each rule finds its fault, and nothing in a good cluster."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.certificates import Certificate
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import checks, checks_ca
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.seen import Seen

from tests.unit.plugins.module_utils._platform._strimzi import crs

OLD = {"operator": (0, 45, 0)}


def seen(kafka: Any = None, **more: Any) -> Seen:
    """A cluster that can be migrated; ``more`` changes what was read."""
    base = Seen(
        kafka=kafka or crs.kafka(),
        pools=(crs.pool(),),
        controllers=crs.controllers(),
        operator=(0, 45, 2),
        brokers=frozenset({0, 1, 2}),
    )
    return replace(base, **more)


def found(*args: Any, **more: Any) -> list[tuple[str, str]]:
    return [(item.code, item.sentence) for item in checks.findings(seen(*args, **more))]


def code(*args: Any, **more: Any) -> str:
    (one,) = found(*args, **more)
    return one[0]


def without(**status: Any) -> Any:
    """A Kafka CR with another status."""
    kafka = crs.kafka()
    kafka["status"].update(status)
    return kafka


def test_nothing_is_wrong_with_a_good_cluster() -> None:
    assert found() == []
    assert found(pools=(crs.pool(), crs.controllers()), planned=False) == []


@pytest.mark.parametrize("state", ["KRaft", "ZooKeeper", ""])
def test_a_cluster_without_zookeeper_has_no_other_finding(state: str) -> None:
    kafka = crs.kafka(state, "", marks={res.PAUSE: "true"})
    if state != "KRaft":
        del kafka["spec"]["zookeeper"]
    assert code(kafka) == "cluster-born-kraft"


@pytest.mark.parametrize("value", ["true", "yes", "1"])
def test_paused(value: str) -> None:
    assert found(crs.kafka(marks={res.PAUSE: value}))[0][0] == "operator-paused"
    assert found(crs.kafka(marks={res.PAUSE: "false"})) == []


def test_an_operator_that_does_not_answer() -> None:
    assert code(operator_down=("strimzi-1",)) == "operator-silent"
    assert code(without(conditions=[])) == "operator-silent"
    kafka = crs.kafka()
    kafka["metadata"]["generation"] = 2
    ((what, text),) = found(kafka)
    assert what == "operator-silent"
    assert "(generation 2, seen 1)" in text


@pytest.mark.parametrize(
    ("watched", "silent"), [("n", False), ("*", False), ("", False), ("m, n", False), ("m", True), ("nn", True)]
)
def test_an_operator_that_watches_another_namespace(watched: str, silent: bool) -> None:
    codes = [each for each, _text in found(environment={"STRIMZI_NAMESPACE": watched})]
    assert codes == (["operator-silent"] if silent else [])


@pytest.mark.parametrize(("value", "silent"), [("true", True), ("True", True), ("false", False), ("", False)])
def test_an_operator_that_looks_after_pods_alone(value: str, silent: bool) -> None:
    kafka = crs.kafka()
    told = found(kafka, environment={"STRIMZI_POD_SET_RECONCILIATION_ONLY": value})
    assert [each for each, _text in told] == (["operator-silent"] if silent else [])
    if silent:
        assert "looks after StrimziPodSets alone (STRIMZI_POD_SET_RECONCILIATION_ONLY)" in told[0][1]


def test_feature_gates() -> None:
    assert code(environment={"STRIMZI_FEATURE_GATES": "+Other, -UseKRaft"}) == "operator-unsupported"
    assert code(environment={"STRIMZI_FEATURE_GATES": "-KafkaNodePools"}) == "operator-unsupported"
    assert found(environment={"STRIMZI_FEATURE_GATES": "+UseKRaft,-Other"}) == []


def test_not_ready() -> None:
    ((what, text),) = found(crs.kafka("ZooKeeper", "", crs.WITHOUT_POOL))
    assert what == "operator-not-ready"
    assert "At least one KafkaNodePool" in text
    assert code(crs.kafka("ZooKeeper", "", crs.REMOVAL)) == "operator-not-ready"


def test_a_pool_of_controllers_that_is_there_before_the_request_is_no_fault() -> None:
    """Seen: the operator then says NotReady, until it is asked to migrate."""
    said = {
        **crs.WITHOUT_POOL,
        "message": f"The Kafka cluster kafka is invalid: [KafkaNodePool controller ...: {checks.POOL_TOO_EARLY}]",
    }
    assert found(crs.kafka("ZooKeeper", "", said), pools=(crs.pool(), crs.controllers()), planned=False) == []


def test_an_operator_that_has_something_else_to_do() -> None:
    assert code(without(autoRebalance={"state": "RebalanceOnScaleUp"})) == "operator-busy"
    assert found(without(autoRebalance={"state": "Idle"})) == []
    assert code(rolls=("kafka-kafka",)) == "operator-busy"


def test_what_was_asked_beforehand() -> None:
    assert code(crs.kafka("ZooKeeper", "enabled")) == "operator-will-not-stop"
    assert code(crs.kafka("ZooKeeper", "rollback")) == "operator-annotation"
    assert found(crs.kafka("ZooKeeper", "disabled")) == []


def test_gitops() -> None:
    kafka = crs.kafka(marks={"argocd.argoproj.io/tracking-id": "shop:kafka.strimzi.io/Kafka:n/kafka"})
    assert code(kafka) == "managed-by-gitops"
    assert "Application shop, which does not appear to be paused; it would" in found(kafka)[0][1]
    assert found(kafka, gitops={"Argo CD Application shop": ""}) == []
    unread = {"Argo CD Application shop": "this account may not read"}
    assert "Application shop, which this account may not read; it would" in found(kafka, gitops=unread)[0][1]


@pytest.mark.parametrize(
    ("operator", "what"),
    [
        ((), "operator-version-unknown"),
        ((2, 9, 0), "operator-version-unknown"),
        ((1, 0, 0), "operator-version-unknown"),
        ((0, 46), "operator-unsupported"),
        ((0, 39, 0), "operator-unsupported"),
        ((0, 45, 0), "operator-leaves-znodes"),
        ((0, 40, 0), "operator-leaves-znodes"),
        ((0, 45, 1), ""),
    ],
)
def test_the_version_of_the_operator(operator: Any, what: str) -> None:
    versions = {(0, 40, 0): "3.7.0", (0, 45, 0): "3.9.0", (0, 45, 1): "3.9.0"}
    kafka = crs.kafka(version=versions.get(operator, "3.9.2"))
    assert [each for each, _text in found(kafka, operator=operator)] == ([what] if what else [])


def test_a_number_of_a_vendor_sends_nobody_back() -> None:
    """As the status has it under an operator of another product: nothing says which Strimzi that is."""
    ((what, text),) = found(operator=(2, 9, 0))
    assert what == "operator-version-unknown"
    assert "says that it is 2.9.0" in text
    assert "set kraft_strimzi_version to the version of Strimzi that it is built of, for example to 0.45.2" in text


@pytest.mark.parametrize(
    ("operator", "fails"),
    [
        ((0, 40, 0), False),
        ((0, 41, 0), True),
        ((0, 42, 0), True),
        ((0, 43, 0), False),
        ((0, 45, 2), False),
        ((), False),
    ],
)
def test_an_operator_that_ends_no_rollback_from_another_namespace(operator: Any, fails: bool) -> None:
    """It looks for ZooKeeper by a name that is known in its own namespace only."""
    kafka = crs.kafka(version="3.7.0")
    abroad = dict(found(kafka, operator=operator, operator_abroad=True))
    assert ("operator-rollback-fails" in abroad) == fails
    assert "operator-rollback-fails" not in dict(found(kafka, operator=operator))
    if fails:
        assert "was not found in its namespace" in abroad["operator-rollback-fails"]
        assert "upgrade it to 0.45.2 first" in abroad["operator-rollback-fails"]


def test_the_version_of_kafka() -> None:
    assert code(crs.kafka(version="3.6.2")) == "version-unsupported"
    assert code(crs.kafka(version="3.7.0")) == "version-unsupported"
    assert found(crs.kafka(version=None)) == []


@pytest.mark.parametrize(
    ("spec", "differ"),
    [
        ({}, False),
        ({"config": {"inter.broker.protocol.version": "3.9", "log.message.format.version": 3.9}}, False),
        ({"metadataVersion": "3.9-IV0"}, False),
        ({"config": {"inter.broker.protocol.version": "3.8"}}, True),
        ({"config": {"log.message.format.version": "3.8"}}, True),
        ({"metadataVersion": "3.8-IV0"}, True),
        (
            {
                "metadataVersion": "3.8",
                "config": {"inter.broker.protocol.version": "3.8", "log.message.format.version": "3.8"},
            },
            False,
        ),
    ],
)
def test_the_three_versions_that_strimzi_compares(spec: Any, differ: bool) -> None:
    assert [each for each, _text in found(crs.kafka(**spec))] == (["operator-versions-differ"] if differ else [])


def test_without_node_pools_the_operator_says_nothing_and_we_do() -> None:
    bare = crs.kafka(marks={res.NODE_POOLS: None})
    ((what, text),) = found(bare, pools=())
    assert what == "operator-node-pools"
    assert "set kraft_strimzi_node_pools to true" in text
    assert found(bare, pools=(), may_pool=True) == []
    assert code(bare, pools=(crs.pool("brokers"),), may_pool=True) == "operator-node-pools"
    assert code(crs.kafka(), pools=()) == "operator-node-pools"
    empty = crs.kafka(marks={res.NODE_POOLS: None}, replicas=None)
    assert code(empty, pools=(), may_pool=True) == "operator-node-pools"


@pytest.mark.parametrize(
    ("label", "words"),
    [("shop", "is of Kafka shop (label strimzi.io/cluster)"), ("", "is of no cluster (it has no label")],
)
def test_a_node_pool_of_another_cluster_has_the_name(label: str, words: str) -> None:
    """The names of node pools are those of the namespace, whatever clusters are in it."""
    bare = crs.kafka(marks={res.NODE_POOLS: None})
    ((what, text),) = found(bare, pools=(), may_pool=True, foreign={"kafka": label, "other": "shop"})
    assert what == "operator-node-pools"
    assert f"and that in their namespace {words}" in text
    # brokers that are in a pool of their own need none of that name
    assert found(pools=(crs.pool("mine"),), foreign={"kafka": label}) == []
    ((what, text),) = found(foreign={"controller": label})
    assert what == "operator-references"
    assert words in text
    assert "choose another one in kraft_controller_name" in text
    assert found(foreign={"quorum": label}) == []


def test_controllers_that_cannot_be_made_or_used() -> None:
    assert code(controllers=crs.pool("kafka", "controller")) == "operator-references"
    clash = crs.pool("brokers", "controller")
    assert code(controllers=clash, pools=(crs.pool(), crs.pool("brokers"))) == "operator-references"
    assert (
        code(controllers=crs.pool("controller", "controller", marks={res.NEXT_IDS: "[1-3]"})) == "controller-id-clash"
    )
    assert found(controllers=None) == []


def test_volumes_of_earlier_controllers() -> None:
    """Seen with 0.45.2: started on them, brokers are restarted with old metadata."""
    assert code(claims=("data-0-kafka-controller-3",)) == "controller-volumes-leftover"
    ((what, text),) = found(stray={"data-0-kafka-old-3": "old", "data-0-kafka-old-4": "old"})
    assert what == "operator-controller-unused"
    assert "data-0-kafka-old-3, data-0-kafka-old-4 are of node pool old" in text


EPHEMERAL = {"type": "ephemeral"}
MIXED = {"type": "jbod", "volumes": [{"id": 0, **crs.STORAGE}, {"id": 1, **EPHEMERAL}]}


@pytest.mark.parametrize(
    ("storage", "what"), [(EPHEMERAL, "(spec.storage): whenever"), (MIXED, "(spec.storage, volumes 1): whenever")]
)
def test_brokers_whose_data_is_gone_with_the_pod(storage: Any, what: str) -> None:
    pool = crs.pool(storage=storage)
    codes = dict(found(pools=(crs.pool("a"), pool)))
    assert "KafkaNodePool kafka has brokers on ephemeral storage " + what in codes["broker-data-lost"]
    # of controllers it is told otherwise, and what spec.kafka says of storage is nobody's beside node pools
    assert code(controllers=crs.controllers(storage=storage)) == "controllers-emptydir"
    assert found(crs.kafka(storage=EPHEMERAL)) == []
    # nor is it to be accepted
    (one,) = [item for item in checks.findings(seen(pools=(pool,))) if item.code == "broker-data-lost"]
    assert one.blocking
    assert not one.as_dict(["broker-data-lost"])["accepted"]


def test_brokers_without_a_pool_whose_data_is_gone_with_the_pod() -> None:
    bare = crs.kafka(marks={res.NODE_POOLS: None}, storage=EPHEMERAL)
    ((what, text),) = found(bare, pools=(), may_pool=True)
    assert what == "broker-data-lost"
    assert "Kafka n/kafka has brokers on ephemeral storage (spec.kafka.storage)" in text


def test_several_disks() -> None:
    jbod = {"type": "jbod", "volumes": [{"id": 0}, {"id": 1}]}
    assert code(pools=(crs.pool(storage=jbod),)) == "setting-warns"
    kafka = crs.kafka(version="3.7.0")
    codes = [each for each, _text in found(kafka, pools=(crs.pool(storage=jbod),), operator=(0, 40, 0))]
    assert codes == ["operator-leaves-znodes", "operator-unsupported"]
    # those of the controllers are no matter
    assert found(pools=(crs.pool(), crs.controllers(storage=jbod)), planned=False) == []
    bare = crs.kafka(marks={res.NODE_POOLS: None}, storage=jbod)
    assert code(bare, pools=(), may_pool=True) == "setting-warns"


@pytest.mark.parametrize(("kind", "refused"), [("simple", False), ("custom", True), ("opa", True)])
def test_an_authorizer_that_strimzi_does_not_change(kind: str, refused: bool) -> None:
    assert [each for each, _text in found(crs.kafka(authorization={"type": kind}))] == (
        ["operator-authorizer"] if refused else []
    )


def test_the_topic_operator_of_the_first_version() -> None:
    kafka = crs.kafka(version="3.7.0")
    kafka["spec"]["entityOperator"] = {"topicOperator": {}}
    codes = [each for each, _text in found(kafka, operator=(0, 40, 0))]
    assert codes == ["operator-leaves-znodes", "operator-annotation"]
    assert "operator-annotation" not in [each for each, _text in found(kafka, operator=(0, 41, 0))]


def test_misspelled_annotations_of_every_object() -> None:
    kafka = crs.kafka(marks={"strimzi.io/kraft-migration": "true"})
    codes = found(kafka, pools=(crs.pool(marks={res.KRAFT: "migration"}),))
    assert [each for each, _text in codes] == ["operator-annotation", "operator-annotation"]
    assert codes[1][1].startswith("KafkaNodePool n/kafka has the annotation strimzi.io/kraft, which")


ABROAD = ["operator-leaves-znodes", "operator-rollback-fails"]


def test_underway_only_what_still_matters_is_said() -> None:
    kafka = crs.kafka("KRaftMigration", "migration", crs.WITHOUT_POOL, marks={"strimzi.io/kraft-x": "1"})
    found = [item.code for item in checks.underway(seen(kafka, claims=("data-0-kafka-controller-3",)))]
    assert found == ["operator-annotation"]


@pytest.mark.parametrize(
    ("marks", "spec", "more", "what"),
    [
        ({}, {}, {}, []),
        ({res.NODE_POOLS: None}, {}, {}, ["operator-node-pools"]),
        ({res.NODE_POOLS: None}, {}, {"may_pool": True}, ["operator-node-pools"]),
        ({}, {"metadataVersion": "3.8"}, {}, ["operator-versions-differ"]),
        ({}, {}, {"operator": (0, 46)}, ["operator-unsupported"]),
        ({}, {"version": "3.7.0"}, {"operator": (0, 42, 0), "operator_abroad": True}, ABROAD),
        ({}, {}, {"controllers": crs.controllers(storage={"type": "ephemeral"})}, ["controllers-emptydir"]),
        ({}, {}, {"claims": ("data-0-kafka-controller-3",)}, ["controller-volumes-leftover"]),
        ({}, {}, {"pools": (crs.pool(storage=EPHEMERAL),)}, ["broker-data-lost"]),
        # it exists, and the operator is about to use it: nobody is kept from following that
        ({}, {}, {"controllers": crs.controllers(storage={"type": "ephemeral"}), "planned": False}, []),
    ],
)
def test_what_somebody_asked_for_and_the_operator_cannot_begin_with(
    marks: Any, spec: Any, more: Any, what: list[str]
) -> None:
    """Seen: nothing is reported without node pools. And what is still to be made is checked, whoever asked for it."""
    kafka = crs.kafka("ZooKeeper", "migration", marks=marks, **spec)
    assert [item.code for item in checks.underway(seen(kafka, **more))] == what
    if what == ["operator-node-pools"]:
        assert "set strimzi.io/kraft to disabled, then run again" in checks.underway(seen(kafka, **more))[0].sentence
    begun = crs.kafka("KRaftMigration", "migration", marks=marks, **spec)
    assert checks.underway(seen(begun, **more)) == []


# its certificate authority

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def renewed(days: int, **of_ca: Any) -> list[str]:
    kafka = crs.kafka()
    kafka["spec"]["clusterCa"] = of_ca
    authority = Certificate("CN=cluster-ca", (), NOW + timedelta(days=days))
    return [item.code for item in checks_ca.renewal(seen(kafka, authority=authority), NOW)]


@pytest.mark.parametrize(
    ("days", "of_ca", "soon"),
    [
        (38, {}, False),
        (36, {}, True),
        (10, {}, True),
        (-1, {}, True),
        (68, {"renewalDays": 60}, False),
        (66, {"renewalDays": 60}, True),
        (10, {"generateCertificateAuthority": False}, False),
    ],
)
def test_an_authority_that_is_renewed_soon(days: int, of_ca: Any, soon: bool) -> None:
    assert renewed(days, **of_ca) == (["operator-ca-renewal"] if soon else [])


def test_an_authority_that_cannot_be_read_is_said_and_one_that_nothing_tells_is_not() -> None:
    (one,) = checks_ca.renewal(seen(authority=Unknown("it is damaged")), NOW)
    assert one.code == "check-incomplete"
    assert "it is damaged" in one.sentence
    assert list(checks_ca.renewal(seen(), NOW)) == []


def test_the_authority_is_that_of_a_listener_with_strimzis_own_certificate() -> None:
    kafka = crs.kafka(listeners=[{"name": "mine", "configuration": {"brokerCertChainAndKey": {}}}, {"name": "tls"}])
    assert checks_ca.authority(kafka) == ""
    told = [{"name": "plain"}, {"name": "mine", "certificates": ["other"]}, {"name": "tls", "certificates": ["pem"]}]
    kafka["status"]["listeners"] = told
    assert checks_ca.authority(kafka) == "pem"
