# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two images of one cluster, and what is told of their differences."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.comparison import by_presence, compare
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.difference import Difference
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import (
    DEFAULT,
    HIDDEN,
    Image,
    PartitionImage,
    ProducerIds,
    TopicImage,
    make_entity,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.passwords import Password
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_image import Acl, DelegationToken

PARTITION = PartitionImage((1, 2, 3), frozenset({2, 1}), leader=1, leader_epoch=4, epoch=7)
QUOTA = make_entity({"client-id": None, "user": "a@b"})
ACL = Acl("Topic", "literal", "a", "User:app", "*", "Read", "Allow")
TOKEN = DelegationToken("User:app", "User:admin", ("User:a", "User:b"), 1, 2, 3)
CLUSTER = Image(
    cluster_id="4L6g3nShT-eMCtK--X86sw",
    topics={"b": TopicImage("id-b", {10: PARTITION, 2: PARTITION}), "a": TopicImage("id-a", {0: PARTITION})},
    topic_configs={"a": {"segment.bytes": "1", "cleanup.policy": "delete"}},
    broker_configs={DEFAULT: {"message.max.bytes": "7"}, "1": {"log.cleaner.threads": "2"}},
    quotas={QUOTA: {"producer_byte_rate": 1000.0}},
    producer_ids=ProducerIds(2000),
    acls=frozenset({ACL}),
    scram={("alice", "SCRAM-SHA-512"): "digest"},
    tokens={"id": TOKEN},
)


def changed(**fields: Any) -> Image:
    return dataclasses.replace(CLUSTER, **fields)


def with_partition(**fields: Any) -> Image:
    partition = dataclasses.replace(PARTITION, **fields)
    return changed(topics={**CLUSTER.topics, "a": TopicImage("id-a", {0: partition})})


def only(zookeeper: Image, kraft: Image) -> Difference:
    (difference,) = compare(zookeeper, kraft)
    return difference


def test_equal() -> None:
    twin = changed(topics={name: CLUSTER.topics[name] for name in sorted(CLUSTER.topics)})
    assert compare(CLUSTER, twin) == []
    assert CLUSTER.digest() == twin.digest()
    assert json.dumps(CLUSTER.as_dict()) == json.dumps(twin.as_dict())


@pytest.mark.parametrize("zookeeper", [None, "other"])
def test_cluster_id(zookeeper: str | None) -> None:
    difference = only(changed(cluster_id=zookeeper), CLUSTER)
    assert (difference.kind, difference.zookeeper, difference.kraft) == ("cluster-id", zookeeper, CLUSTER.cluster_id)
    assert compare(CLUSTER, changed(cluster_id=None)) == []
    assert CLUSTER.digest() == changed(cluster_id=None).digest()


def test_a_topic_in_one_store_only() -> None:
    without = changed(topics={"b": CLUSTER.topics["b"]}, topic_configs={})
    difference = only(CLUSTER, without)
    assert (difference.kind, difference.key) == ("topic", "a")
    assert (difference.zookeeper, difference.kraft) == ({"id": "id-a", "partitions": 1}, None)
    assert difference.sentence == "topic a is in ZooKeeper but not in KRaft"
    assert only(without, CLUSTER).sentence == "topic a is in KRaft but not in ZooKeeper"
    assert CLUSTER.digest() != without.digest()


def test_a_topic_that_was_made_anew() -> None:
    anew = changed(topics={**CLUSTER.topics, "a": TopicImage("new", {0: PARTITION})})
    difference = only(CLUSTER, anew)
    assert (difference.kind, difference.key) == ("topic", "a")
    assert difference.sentence == "the id of topic a is 'id-a' in ZooKeeper and 'new' in KRaft"
    missing = changed(topics={**CLUSTER.topics, "a": TopicImage(None, {0: PARTITION})})
    assert only(missing, anew).sentence == "the id of topic a is not set in ZooKeeper and 'new' in KRaft"


def test_a_missing_partition() -> None:
    fewer = changed(topics={**CLUSTER.topics, "b": TopicImage("id-b", {2: PARTITION})})
    difference = only(fewer, CLUSTER)
    assert (difference.kind, difference.key) == ("partition", "b-10")
    assert (difference.zookeeper, difference.kraft) == (None, PARTITION.as_dict())
    assert difference.sentence == "partition b-10 is in KRaft but not in ZooKeeper"


def test_a_partition_in_another_state() -> None:
    difference = only(CLUSTER, with_partition(leader=2, leader_epoch=5))
    assert difference == Difference(
        "partition",
        "a-0",
        {"leader": 1, "leader_epoch": 4},
        {"leader": 2, "leader_epoch": 5},
        "partition a-0 has leader 1 in ZooKeeper and 2 in KRaft, leader_epoch 4 in ZooKeeper and 5 in KRaft",
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"replicas": (2, 1, 3)},
        {"isr": frozenset({1})},
        {"adding": frozenset({3})},
        {"removing": frozenset({3})},
        {"recovering": True},
    ],
)
def test_every_part_of_a_partition_counts(fields: Mapping[str, Any]) -> None:
    other = with_partition(**fields)
    assert list(only(CLUSTER, other).kraft) == list(fields)
    assert CLUSTER.digest() != other.digest()


def test_a_topic_marked_for_deletion() -> None:
    marked = changed(pending_deletions=frozenset({"a", "gone"}))
    without = changed(topics={"b": CLUSTER.topics["b"]}, topic_configs={})
    # The copy leaves it out.
    assert compare(marked, without) == []
    assert marked.digest() == without.digest()
    # It would go after a rollback.
    difference = only(marked, CLUSTER)
    assert (difference.kind, difference.key) == ("pending-deletion", "a")
    assert difference.zookeeper == "/admin/delete_topics/a"


def test_settings() -> None:
    other = changed(
        topic_configs={"a": {"segment.bytes": "2", "cleanup.policy": "delete"}, "b": {"retention.ms": "5"}},
        broker_configs={"1": {}, DEFAULT: {"message.max.bytes": "7"}},
    )
    found = {(each.kind, each.key): (each.zookeeper, each.kraft, each.sentence) for each in compare(CLUSTER, other)}
    assert found == {
        ("topic-config", "a/segment.bytes"): (
            "1",
            "2",
            "segment.bytes of topic a is '1' in ZooKeeper and '2' in KRaft",
        ),
        ("topic-config", "b/retention.ms"): (
            None,
            "5",
            "retention.ms of topic b is not set in ZooKeeper and '5' in KRaft",
        ),
        ("broker-config", "1/log.cleaner.threads"): (
            "2",
            None,
            "log.cleaner.threads of broker 1 is '2' in ZooKeeper and not set in KRaft",
        ),
    }


def test_config_znodes_without_a_setting() -> None:
    empty = changed(
        topic_configs={**CLUSTER.topic_configs, "b": {}}, broker_configs={**CLUSTER.broker_configs, "9": {}}
    )
    assert compare(empty, CLUSTER) == []
    assert empty.digest() == CLUSTER.digest()


def test_settings_of_a_topic_that_is_nowhere() -> None:
    left_behind = changed(topic_configs={**CLUSTER.topic_configs, "gone": {"retention.ms": "5"}})
    assert compare(left_behind, CLUSTER) == []
    assert left_behind.digest() == CLUSTER.digest()


def test_quotas() -> None:
    other = changed(quotas={QUOTA: {"producer_byte_rate": 1001.0}})
    difference = only(CLUSTER, other)
    assert (difference.kind, difference.key) == ("quota", f"users/a%40b/clients/{DEFAULT}/producer_byte_rate")
    assert (difference.zookeeper, difference.kraft) == (1000.0, 1001.0)


@pytest.mark.parametrize(
    ("zookeeper", "kraft", "same"),
    [
        (ProducerIds(3000, 2999), ProducerIds(3000), True),
        # A KRaft controller wrote the block 3000 to 3999, still to be given out.
        (ProducerIds(3000, 3999), ProducerIds(3000), True),
        # ... and a copy out of ZooKeeper passed over it.
        (ProducerIds(3000, 3999), ProducerIds(4000), True),
        # KRaft would give out a second time what a broker in ZooKeeper mode got.
        (ProducerIds(3000, 2999), ProducerIds(2000), False),
        (ProducerIds(3000, 2999), None, False),
        (None, ProducerIds(1000), False),
        (None, None, True),
    ],
)
def test_producer_ids(zookeeper: ProducerIds | None, kraft: ProducerIds | None, same: bool) -> None:
    found = compare(changed(producer_ids=zookeeper), changed(producer_ids=kraft))
    assert [each.kind for each in found] == ([] if same else ["producer-ids"])


def test_an_image_with_problems_equals_nothing() -> None:
    bad = changed(problems=("Error at 5",))
    found = compare(bad, bad)
    assert [each.sentence for each in found] == [
        "ZooKeeper could not be read completely: Error at 5",
        "KRaft could not be read completely: Error at 5",
    ]


def test_an_acl_in_one_store_only() -> None:
    difference = only(CLUSTER, changed(acls=frozenset()))
    assert (difference.kind, difference.key) == ("acl", "Topic/literal/a/User:app/*/Read/Allow")
    assert (difference.zookeeper, difference.kraft) == (ACL.as_dict(), None)
    assert difference.sentence == (
        "the ACL Allow Read for User:app from host * on Topic a (literal) is in ZooKeeper but not in KRaft"
    )
    assert only(changed(acls=frozenset()), CLUSTER).sentence.endswith("is in KRaft but not in ZooKeeper")


@pytest.mark.parametrize("field", [each.name for each in dataclasses.fields(Acl)])
def test_every_part_of_an_acl_counts(field: str) -> None:
    found = compare(CLUSTER, changed(acls=frozenset({dataclasses.replace(ACL, **{field: "other"})})))
    assert [each.kind for each in found] == ["acl", "acl"]
    assert len({each.key for each in found}) == 2


def test_scram_credentials() -> None:
    difference = only(CLUSTER, changed(scram={("alice", "SCRAM-SHA-512"): "another"}))
    assert difference == Difference(
        "scram",
        "alice/SCRAM-SHA-512",
        HIDDEN,
        HIDDEN,
        "the SCRAM-SHA-512 login of user alice has other keys, another salt or other iterations in ZooKeeper than in KRaft (not shown)",
    )
    difference = only(CLUSTER, changed(scram={}))
    assert (difference.zookeeper, difference.kraft) == (HIDDEN, None)
    assert difference.sentence == "the SCRAM-SHA-512 login of user alice is in ZooKeeper but not in KRaft"
    assert only(changed(scram={}), CLUSTER).sentence.endswith("is in KRaft but not in ZooKeeper")


def test_delegation_tokens() -> None:
    difference = only(CLUSTER, changed(tokens={"id": dataclasses.replace(TOKEN, expires_ms=9)}))
    assert difference == Difference(
        "delegation-token",
        "id",
        {"expires_ms": 2},
        {"expires_ms": 9},
        "the delegation token id has expires_ms 2 in ZooKeeper and 9 in KRaft",
    )
    difference = only(CLUSTER, changed(tokens={}))
    assert (difference.zookeeper, difference.kraft) == (TOKEN.as_dict(), None)
    assert difference.sentence == "the delegation token id is in ZooKeeper but not in KRaft"


def with_passwords(**passwords: Password) -> Image:
    """Make an image with passwords of broker 1 by name, dots being underscores."""
    named = {name.replace("_", "."): each for name, each in passwords.items()}
    return Image(
        broker_configs={"1": dict.fromkeys(named, HIDDEN)} if named else {},
        passwords={("broker-config", f"1/{name}"): each for name, each in named.items()},
    )


def test_passwords() -> None:
    ours = with_passwords(ssl_key_password=Password("f", encrypted=True))
    same, other = (with_passwords(ssl_key_password=Password(each)) for each in ("f", "g"))
    assert compare(ours, same) == []
    assert by_presence(ours, same) == {}
    assert only(ours, other) == Difference(
        "broker-config",
        "1/ssl.key.password",
        HIDDEN,
        HIDDEN,
        "the password setting 1/ssl.key.password has one value in ZooKeeper and another in KRaft (neither is shown)",
    )
    # One that is not set in a store is one difference, not two.
    assert only(ours, with_passwords()).sentence.endswith("'<redacted>' in ZooKeeper and not set in KRaft")


def test_a_password_that_was_copied_as_ciphertext() -> None:
    ours = with_passwords(ssl_key_password=Password(why="no secret", encrypted=True))
    theirs = with_passwords(ssl_key_password=Password("f", encrypted=True))
    assert only(ours, theirs).sentence == (
        "the password setting 1/ssl.key.password is still encrypted in KRaft, as controllers without password.encoder.secret copy it; "
        "set it again"
    )
    assert by_presence(ours, theirs) == {}


def test_passwords_that_could_not_be_compared() -> None:
    ours = with_passwords(a_password=Password("f"), b_password=Password(why="no secret"), c_password=Password(why="x"))
    theirs = with_passwords(a_password=Password(why="unread"), b_password=Password("g"))
    # ... and one that KRaft does not have at all
    assert [each.key for each in compare(ours, theirs)] == ["1/c.password"]
    assert by_presence(ours, theirs) == {"1/a.password": "unread", "1/b.password": "no secret"}
