# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the double of Strimzi makes of a cluster: pools, node ids, settings, pods and which settings make them roll, claims, status."""

from __future__ import annotations

from typing import Any

import pytest

from tests.operators.strimzi import layout, manifests, names, objects, settings, status, validation
from tests.operators.strimzi.layout import Pool
from tests.operators.strimzi.manifests import ExampleSpec
from tests.operators.strimzi.names import BROKER, CONTROLLER, Phase

NAMESPACE = "shop"
Object = dict[str, Any]


def cr(spec: ExampleSpec | None = None, version: str = "0.45.2") -> Object:
    made = manifests.kafka(spec or ExampleSpec(), NAMESPACE, version)
    made["metadata"] |= {"uid": "u-kafka", "generation": 1}
    return made


def pool(role: str, spec: ExampleSpec | None = None, **status_: Any) -> Object:
    made = manifests.pool(spec or ExampleSpec(), NAMESPACE, role)
    made["metadata"] |= {"uid": f"u-{made['metadata']['name']}", "generation": 1}
    return made | ({"status": status_} if status_ else {})


def both(spec: ExampleSpec | None = None) -> list[Pool]:
    found = [pool(CONTROLLER, spec), pool(BROKER, spec, nodeIds=[0, 1, 2])]
    return layout.pools(cr(spec), found)


# -- pools and node ids -----------------------------------------------------------------------------------------------------------


def test_the_brokers_of_a_cluster_without_pools_and_its_pool_kafka_are_the_same_pods() -> None:
    classic, pooled = cr(ExampleSpec(pools=False)), cr()
    before = layout.pools(classic, [])
    after = layout.pools(pooled, [pool(BROKER)])
    assert (
        [n.pod for n in layout.nodes(before)]
        == [n.pod for n in layout.nodes(after)]
        == [f"kafka-kafka-{n}" for n in range(3)]
    )
    sets = [objects.pod_set(c, p[0], p, Phase.ZK, "0.45.2") for c, p in ((classic, before), (pooled, after))]
    assert sets[0]["spec"]["pods"] == sets[1]["spec"]["pods"]
    assert [one["metadata"]["ownerReferences"][0]["kind"] for one in sets] == ["Kafka", "KafkaNodePool"]


def test_pools_without_the_annotation_are_ignored() -> None:
    (found,) = layout.pools(cr(ExampleSpec(pools=False, brokers=1)), [pool(BROKER), pool(CONTROLLER)])
    assert (found.name, found.ids, found.owner["kind"]) == ("kafka", (0,), "Kafka")


@pytest.mark.parametrize(
    ("have", "count", "mark", "others", "ids"),
    [
        ([], 3, "", [0, 1, 2], (3, 4, 5)),
        ([], 3, "", [0, 2], (1, 3, 4)),
        ([7, 8, 9], 3, "", [0, 1, 2], (7, 8, 9)),
        ([7, 8, 9], 2, "", [0, 1, 2], (7, 8)),
        ([], 2, "[100-199]", [0, 1, 2], (100, 101)),
        ([], 3, "[2, 9]", [0, 1, 2], (3, 4, 9)),
        ([], 2, "one hundred", [0], (1, 2)),
    ],
)
def test_node_ids(have: list[int], count: int, mark: str, others: list[int], ids: tuple[int, ...]) -> None:
    one = pool(CONTROLLER, ExampleSpec(controllers=count), **({"nodeIds": have} if have else {}))
    one["metadata"]["annotations"] = {names.NEXT_IDS: mark}
    found = layout.assign([one, pool(BROKER, ExampleSpec(brokers=len(others)), nodeIds=others)])
    assert found["controller"] == ids
    assert found["kafka"] == tuple(others)


def test_the_pool_kafka_takes_over_the_first_ids_though_controller_comes_first_by_name() -> None:
    assert layout.assign([pool(CONTROLLER), pool(BROKER)]) == {"kafka": (0, 1, 2), "controller": (3, 4, 5)}


def test_ranges() -> None:
    assert layout.ranges("[0, 10-12, 5-4]") == [0, 10, 11, 12, 5, 4]
    assert layout.ranges("[]") == layout.ranges("1-2") == []


def test_volumes() -> None:
    jbod = {
        "type": "jbod",
        "volumes": [
            {"id": 2, "type": "persistent-claim"},
            {"id": 1, "type": "persistent-claim", "kraftMetadata": "shared"},
        ],
    }
    node = layout.Node(4, "c-p-4", Pool("p", "c", (BROKER,), (4,), layout.volumes(jbod), {}, {}))
    assert [v.claim_of("c-p-4") for v in node.pool.volumes] == ["data-2-c-p-4", "data-1-c-p-4"]
    assert node.folders() == ["/var/lib/kafka/data-2/kafka-log4", "/var/lib/kafka/data-1/kafka-log4"]
    assert node.metadata_folder() == "/var/lib/kafka/data-1/kafka-log4"
    (single,) = layout.volumes({"type": "persistent-claim"})
    assert (single.claim_of("p"), single.mount) == ("data-p", "/var/lib/kafka/data")
    (gone,) = layout.volumes({"type": "ephemeral"})
    assert gone.claim_of("p") == ""


# -- settings by phase ------------------------------------------------------------------------------------------------------------

B, C = 0, 3
ZOOKEEPER_KEYS = ("zookeeper.connect", "zookeeper.clientCnxnSocket", "zookeeper.ssl.client.enable")
#: node, key -> phases in which it is there
WHERE = {
    (B, "broker.id"): "012",
    (B, "node.id"): "01234",
    **{(B, key): "012" for key in ZOOKEEPER_KEYS},
    (B, "zookeeper.metadata.migration.enable"): "2",
    (B, "controller.listener.names"): "234",
    (B, "controller.quorum.voters"): "234",
    (B, "metadata.log.dir"): "234",
    (B, "process.roles"): "34",
    (B, "control.plane.listener.name"): "012",
    (B, "inter.broker.protocol.version"): "0123",
    (B, "log.message.format.version"): "0123",
    (C, "process.roles"): "1234",
    (C, "controller.quorum.voters"): "1234",
    (C, "metadata.log.dir"): "1234",
    **{(C, key): "123" for key in (*ZOOKEEPER_KEYS, "zookeeper.metadata.migration.enable")},
    (C, "inter.broker.listener.name"): "123",
    (C, "broker.id"): "",
    (C, "control.plane.listener.name"): "",
}


def config(node: int, phase: Phase, spec: ExampleSpec | None = None) -> dict[str, str]:
    pools = both(spec)
    found = next(n for n in layout.nodes(pools) if n.id == node)
    lines = settings.server(cr(spec), found, pools, phase).splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


@pytest.mark.parametrize(("node", "key"), WHERE)
def test_settings_by_phase(node: int, key: str) -> None:
    phases = [phase for phase in Phase if node == B or phase != Phase.ZK]
    assert "".join(str(int(phase)) for phase in phases if key in config(node, phase)) == WHERE[node, key]


def test_addresses() -> None:
    zk, kraft, controller = config(B, Phase.ZK), config(B, Phase.KRAFT), config(C, Phase.MIGRATION)
    assert zk["zookeeper.connect"] == "kafka-zookeeper-client:2181"
    assert zk["listeners"].startswith("CONTROLPLANE-9090://0.0.0.0:9090,REPLICATION-9091://0.0.0.0:9091,PLAIN-9092://")
    assert "9090" not in kraft["listeners"]
    assert kraft["controller.quorum.voters"].startswith(
        "3@kafka-controller-3.kafka-kafka-brokers.shop.svc.cluster.local:9090,4@"
    )
    assert controller["listeners"] == "CONTROLPLANE-9090://0.0.0.0:9090"
    assert controller["process.roles"] == "controller"


@pytest.mark.parametrize(
    ("node", "kind"),
    [(B, "kafka.security.authorizer.AclAuthorizer"), (C, "org.apache.kafka.metadata.authorizer.StandardAuthorizer")],
)
def test_authorizer_of_type_simple(node: int, kind: str) -> None:
    spec = ExampleSpec(authorization=True)
    assert config(node, Phase.MIGRATION, spec)["authorizer.class.name"] == kind
    assert config(node, Phase.POST_MIGRATION, spec)["authorizer.class.name"].endswith("StandardAuthorizer")
    assert "CN=kafka-kafka,O=io.strimzi" in config(node, Phase.MIGRATION, spec)["super.users"]
    assert "authorizer.class.name" not in config(node, Phase.MIGRATION)


def test_zookeeper_speaks_tls_to_others_and_plain_text_in_its_pod() -> None:
    lines = dict(line.split("=", 1) for line in settings.zookeeper(cr()).splitlines())
    assert (lines["secureClientPort"], lines["clientPort"], lines["clientPortAddress"]) == (
        "2181",
        "12181",
        "127.0.0.1",
    )
    assert lines["ssl.clientAuth"] == "need"
    assert lines["ssl.keyStore.location"] == "/tmp/zookeeper/cluster.keystore.p12"
    assert lines["ssl.trustStore.location"] == "/tmp/zookeeper/cluster.truststore.p12"
    assert not [key for key in lines if key.startswith("server.")]
    three = settings.zookeeper(cr(ExampleSpec(zookeepers=3)))
    assert "server.3=kafka-zookeeper-2.kafka-zookeeper-nodes.shop.svc:2888:3888" in three
    assert "ssl.quorum.keyStore.location=/tmp/zookeeper/cluster.keystore.p12" in three


def test_settings_of_the_user_win() -> None:
    assert config(B, Phase.ZK, ExampleSpec(ibp="3.8"))["inter.broker.protocol.version"] == "3.8"
    assert config(B, Phase.KRAFT, ExampleSpec(ibp="3.8"))["inter.broker.protocol.version"] == "3.8"


def revisions(phase: Phase, spec: ExampleSpec | None = None) -> dict[str, str]:
    pools = both(spec)
    found = [objects.pod_set(cr(spec), one, pools, phase, "0.45.2") for one in pools]
    return {pod["metadata"]["name"]: status.revision(pod) for one in found for pod in one["spec"]["pods"]}


def rolled(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {"controllers" if "controller" in name else "brokers" for name in before if before[name] != after[name]}


@pytest.mark.parametrize("ibp", ["", "3.9"])
def test_who_is_rolled_on_the_way(ibp: str) -> None:
    spec = ExampleSpec(ibp=ibp)
    found = [revisions(phase, spec) for phase in Phase]
    assert rolled(found[0], found[1]) <= {"controllers"}
    assert rolled(found[1], found[2]) == {"brokers"}
    assert rolled(found[2], found[3]) == {"brokers"}
    assert rolled(found[3], found[4]) == {"brokers", "controllers"}


def test_removing_the_protocol_version_in_kraft_rolls_everything_and_removing_zookeeper_nothing() -> None:
    with_ibp, without = revisions(Phase.KRAFT, ExampleSpec(ibp="3.9")), revisions(Phase.KRAFT)
    assert rolled(with_ibp, without) == {"brokers", "controllers"}
    body = cr()
    pools = both()
    before = objects.pod_set(body, pools[0], pools, Phase.KRAFT, "0.45.2")
    del body["spec"]["zookeeper"]
    assert objects.pod_set(body, pools[0], pools, Phase.KRAFT, "0.45.2") == before


# -- objects ----------------------------------------------------------------------------------------------------------------------


def test_config_map_of_a_node() -> None:
    pools = both()
    node = layout.nodes(pools)[3]
    made = objects.node_config(cr(), node, pools, Phase.PRE_MIGRATION, "cluster")
    assert made["metadata"]["name"] == "kafka-controller-3"
    assert {key: made["data"][key] for key in ("cluster.id", "metadata.version", "metadata.state")} == {
        "cluster.id": "cluster", "metadata.version": "3.9-IV0", "metadata.state": "1",
    }  # fmt: skip
    assert made["metadata"]["ownerReferences"][0]["kind"] == "KafkaNodePool"


def test_labels_of_a_pod() -> None:
    pools = both()
    (first, *_rest) = objects.pod_set(cr(), pools[0], pools, Phase.MIGRATION, "0.45.2")["spec"]["pods"]
    labels, marks = first["metadata"]["labels"], first["metadata"]["annotations"]
    wanted = {
        "strimzi.io/cluster": "kafka", "strimzi.io/name": "kafka-kafka", "strimzi.io/kind": "Kafka", "strimzi.io/pool-name": "controller",
        "strimzi.io/broker-role": "false", "strimzi.io/controller-role": "true",
    }  # fmt: skip
    assert wanted.items() <= labels.items()
    assert marks["strimzi.io/inter-broker-protocol-version"] == "3.9"
    assert first["spec"]["containers"][0]["image"] == "quay.io/strimzi/kafka:0.45.2-kafka-3.9.2"
    assert first["spec"]["containers"][0]["workingDir"] == "/opt/kafka"


@pytest.mark.parametrize("delete", [True, False])
def test_claims_go_with_their_pool_only_when_it_says_so(delete: bool) -> None:
    spec = ExampleSpec(delete_claim=delete)
    found = {one["metadata"]["name"]: one["metadata"] for one in objects.claims(cr(spec), both(spec))}
    assert set(found) == {f"data-0-kafka-kafka-{n}" for n in range(3)} | {
        f"data-0-kafka-controller-{n}" for n in (3, 4, 5)
    }
    mine = found["data-0-kafka-controller-3"]
    assert mine["labels"]["strimzi.io/pool-name"] == "controller"
    assert [one["kind"] for one in mine["ownerReferences"]] == (["KafkaNodePool"] if delete else [])
    assert found["data-0-kafka-kafka-0"]["ownerReferences"] == []


def test_agent_is_bound_to_the_pod_from_0_44_on() -> None:
    pools = both()
    for version, host in (("0.43.0", ""), ("0.45.0", "localhost")):
        (first, *_rest) = objects.pod_set(cr(version=version), pools[0], pools, Phase.MIGRATION, version)["spec"][
            "pods"
        ]
        env = {one["name"]: one["value"] for one in first["spec"]["containers"][0]["env"]}
        assert env["STRIMZI_AGENT_HOST"] == host


# -- what is refused --------------------------------------------------------------------------------------------------------------


def refused(pools: list[Pool], phase: Phase, body: Object | None = None) -> tuple[str, str]:
    with pytest.raises(validation.FailureError) as caught:
        validation.check(body or cr(), pools, phase)
    return caught.value.reason, caught.value.message


def test_refusals_word_for_word() -> None:
    brokers = layout.pools(cr(), [pool(BROKER)])
    assert refused(brokers, Phase.PRE_MIGRATION) == (
        "InvalidResourceException",
        (
            "The Kafka cluster kafka is invalid: [At least one KafkaNodePool with the controller role and at least one replica is required "
            "when KRaft mode is enabled]"
        ),
    )
    assert refused(both(), Phase.ZK) == (
        "InvalidResourceException",
        (
            "The Kafka cluster kafka is invalid: [KafkaNodePool controller contains invalid roles configuration. In a ZooKeeper-based Kafka "
            "cluster, the KafkaNodePool role has to be always set only to the 'broker' role.]"
        ),
    )
    validation.check(cr(), brokers, Phase.ZK)
    validation.check(cr(), both(), Phase.PRE_MIGRATION)


def test_versions_have_to_be_equal_before_the_migration_alone() -> None:
    spec = ExampleSpec(ibp="3.8")
    reason, message = refused(both(spec), Phase.PRE_MIGRATION, cr(spec))
    assert reason == "InvalidConfigurationException"
    assert message.startswith(
        "Migration cannot be performed with Kafka version 3.9.2, metadata version 3.9-IV0, inter.broker.protocol.version 3.8"
    )
    validation.check(cr(spec), both(spec), Phase.MIGRATION)


def test_without_pools_the_log_is_the_only_trace() -> None:
    with pytest.raises(
        validation.SilentError, match="KRaft can only be used with a Kafka cluster that uses KafkaNodePool resources"
    ):
        validation.before(cr(ExampleSpec(pools=False)), Phase.PRE_MIGRATION)
    validation.before(cr(ExampleSpec(pools=False)), Phase.ZK)


def reasons(body: Object, phase: Phase, version: str = "0.45.2") -> list[str]:
    return [reason for reason, _message in validation.warnings(body, phase, version)]


def test_warnings() -> None:
    assert reasons(cr(), Phase.ZK) == ["ZooKeeperRemoval"]
    assert reasons(cr(), Phase.ZK, "0.43.0") == []
    assert reasons(cr(), Phase.PRE_MIGRATION) == []
    assert reasons(cr(), Phase.KRAFT) == ["UnusedZooKeeperConfiguration"]
    assert reasons(cr(ExampleSpec(ibp="3.9")), Phase.KRAFT) == [
        "UnusedZooKeeperConfiguration",
        "KafkaInterBrokerProtocolVersionInKRaft",
    ]
    mixed = cr(ExampleSpec(pools=False))
    mixed["metadata"]["annotations"] = {names.NODE_POOLS: names.ENABLED}
    assert reasons(mixed, Phase.ZK) == ["ZooKeeperRemoval", "UnusedReplicasConfiguration", "UnusedStorageConfiguration"]


# -- status -----------------------------------------------------------------------------------------------------------------------

NOW = "2026-01-01T00:00:00Z"


def test_a_failed_pass_keeps_the_state() -> None:
    body = cr() | {
        "status": {
            "kafkaMetadataState": "KRaftDualWriting",
            "registeredNodeIds": [0],
            "clusterId": "x",
            "kafkaVersion": "3.9.2",
        }
    }
    found = status.failed(
        body, status.Draft([("ZooKeeperRemoval", "gone soon")]), validation.FailureError("Why", "what"), NOW
    )
    assert [(c["type"], c["status"], c["reason"]) for c in found["conditions"]] == [
        ("Warning", "True", "ZooKeeperRemoval"),
        ("NotReady", "True", "Why"),
    ]
    assert (found["kafkaMetadataState"], found["registeredNodeIds"], found["kafkaVersion"]) == (
        "KRaftDualWriting",
        [0],
        "3.9.2",
    )


def test_a_pass_that_succeeded() -> None:
    draft = status.Draft(state="KRaftMigration", pools=both(), cluster_id="x")
    found = status.ready(cr(), draft, "0.45.2", NOW)
    assert found["registeredNodeIds"] == [0, 1, 2, 3, 4, 5]
    assert found["kafkaNodePools"] == [{"name": "controller"}, {"name": "kafka"}]
    assert found["conditions"] == [{"type": "Ready", "status": "True", "lastTransitionTime": NOW}]
    assert "kafkaMetadataVersion" not in found
    assert [one["bootstrapServers"] for one in found["listeners"]] == [
        "kafka-kafka-bootstrap.shop.svc:9092",
        "kafka-kafka-bootstrap.shop.svc:9093",
    ]


def test_times_alone_are_no_change() -> None:
    one, two = status.deploying(cr(), NOW), status.deploying(cr(), "later")
    assert one != two
    assert status.same(one, two)
    assert not status.same(one, status.paused(cr(), NOW))


def test_a_pause_forgets_the_state_unless_it_is_told_to_keep_it() -> None:
    before = cr()
    before["status"] = {"kafkaMetadataState": "KRaftMigration", "clusterId": "x", "conditions": []}
    forgotten, kept = status.paused(before, NOW), status.paused(before, NOW, keeps=True)
    assert (forgotten.get("kafkaMetadataState"), forgotten["clusterId"]) == (None, "x")
    assert (kept["kafkaMetadataState"], kept["clusterId"]) == ("KRaftMigration", "x")
    assert [one["type"] for one in forgotten["conditions"]] == ["ReconciliationPaused"]


def test_status_of_a_pool() -> None:
    found = status.pool(both()[0], "x")
    assert (found["nodeIds"], found["roles"], found["replicas"], found["clusterId"]) == (
        [3, 4, 5],
        ["controller"],
        3,
        "x",
    )
    assert "strimzi.io/pool-name=controller" in found["labelSelector"]
