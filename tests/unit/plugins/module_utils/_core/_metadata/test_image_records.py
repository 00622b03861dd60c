# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dumps of a metadata log as one image; the long lines are of kafka-dump-log 3.9.2, from a cluster with one node."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import image_records
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import (
    DEFAULT,
    HIDDEN,
    Image,
    PartitionImage,
    ProducerIds,
    make_entity,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image_records import parse_image
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.passwords import Password, Seal
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_image import (
    Acl,
    DelegationToken,
    scram_digest,
)

from tests.unit.plugins.module_utils.encrypted import CBC

LOG = "Dumping /data/__cluster_metadata-0/00000000000000000000.log"
HEAD = "CreateTime: 1795265379345 keySize: -1 valueSize: 65 sequence: -1 headerKeys: [] payload:"
ORDERS, GONE, AGAIN = "TEUIPixUThm8VA5lAV6yww", "z954KWZYSwa1iEgn7U8JrQ", "gIE6qGl6TEuYhsMJJWFCbA"

REAL = r"""Dumping data/__cluster_metadata-0/00000000000000000000.log
Log starting offset: 0
| offset: 0 CreateTime: 1795265375769 keySize: 4 valueSize: 19 sequence: -1 headerKeys: [] controlType: LEADER_CHANGE(2)
| offset: 1 HEAD {"type":"BEGIN_TRANSACTION_RECORD","version":0,"data":{"name":"Bootstrap records"}}
| offset: 4 HEAD {"type":"END_TRANSACTION_RECORD","version":0,"data":{}}
| offset: 14 HEAD {"type":"TOPIC_RECORD","version":0,"data":{"name":"orders","topicId":"TEUIPixUThm8VA5lAV6yww"}}
| offset: 15 HEAD {"type":"CONFIG_RECORD","version":0,"data":{"resourceType":2,"resourceName":"orders","name":"cleanup.policy","value":"compact,delete"}}
| offset: 16 HEAD {"type":"CONFIG_RECORD","version":0,"data":{"resourceType":2,"resourceName":"orders","name":"retention.ms","value":"600000"}}
| offset: 17 HEAD {"type":"PARTITION_RECORD","version":1,"data":{"partitionId":0,"topicId":"TEUIPixUThm8VA5lAV6yww","replicas":[1],"isr":[1],"removingReplicas":[],"addingReplicas":[],"leader":1,"leaderEpoch":0,"partitionEpoch":0,"directories":["EdYdRpO_4YXxEupQqXc0_Q"]}}
| offset: 20 HEAD {"type":"TOPIC_RECORD","version":0,"data":{"name":"gone","topicId":"z954KWZYSwa1iEgn7U8JrQ"}}
| offset: 21 HEAD {"type":"CONFIG_RECORD","version":0,"data":{"resourceType":2,"resourceName":"gone","name":"retention.ms","value":"5"}}
| offset: 22 HEAD {"type":"PARTITION_RECORD","version":1,"data":{"partitionId":0,"topicId":"z954KWZYSwa1iEgn7U8JrQ","replicas":[1],"isr":[1],"removingReplicas":[],"addingReplicas":[],"leader":1,"leaderEpoch":0,"partitionEpoch":0,"directories":["EdYdRpO_4YXxEupQqXc0_Q"]}}
| offset: 27 HEAD {"type":"REMOVE_TOPIC_RECORD","version":0,"data":{"topicId":"z954KWZYSwa1iEgn7U8JrQ"}}
| offset: 28 HEAD {"type":"TOPIC_RECORD","version":0,"data":{"name":"gone","topicId":"gIE6qGl6TEuYhsMJJWFCbA"}}
| offset: 31 HEAD {"type":"CONFIG_RECORD","version":0,"data":{"resourceType":4,"resourceName":"1","name":"listener.name.plaintext.ssl.key.password","value":"hunter2"}}
| offset: 33 HEAD {"type":"CONFIG_RECORD","version":0,"data":{"resourceType":4,"resourceName":"","name":"message.max.bytes","value":"2000000"}}
| offset: 34 HEAD {"type":"CONFIG_RECORD","version":0,"data":{"resourceType":4,"resourceName":"","name":"my.plugin.note","value":"one\nx \"q\" payload: {z}"}}
| offset: 35 HEAD {"type":"CONFIG_RECORD","version":0,"data":{"resourceType":2,"resourceName":"orders","name":"retention.ms","value":null}}
| offset: 37 HEAD {"type":"CLIENT_QUOTA_RECORD","version":0,"data":{"entity":[{"entityType":"user","entityName":"CN=a b,O=é*"}],"key":"producer_byte_rate","value":1000.0,"remove":false}}
| offset: 39 HEAD {"type":"CLIENT_QUOTA_RECORD","version":0,"data":{"entity":[{"entityType":"client-id","entityName":"c"},{"entityType":"user","entityName":"u"}],"key":"consumer_byte_rate","value":1.0E8,"remove":false}}
| offset: 40 HEAD {"type":"CLIENT_QUOTA_RECORD","version":0,"data":{"entity":[{"entityType":"client-id","entityName":null},{"entityType":"user","entityName":null}],"key":"controller_mutation_rate","value":3.0,"remove":false}}
| offset: 41 HEAD {"type":"CLIENT_QUOTA_RECORD","version":0,"data":{"entity":[{"entityType":"client-id","entityName":"temp"}],"key":"producer_byte_rate","value":7.0,"remove":false}}
| offset: 43 HEAD {"type":"CLIENT_QUOTA_RECORD","version":0,"data":{"entity":[{"entityType":"client-id","entityName":"temp"}],"key":"producer_byte_rate","value":0.0,"remove":true}}
| offset: 45 HEAD {"type":"PRODUCER_IDS_RECORD","version":0,"data":{"brokerId":1,"brokerEpoch":6,"nextProducerId":1000}}
| offset: 219 HEAD {"type":"PARTITION_CHANGE_RECORD","version":1,"data":{"partitionId":0,"topicId":"TEUIPixUThm8VA5lAV6yww","leader":-1}}
| offset: 233 HEAD {"type":"PARTITION_CHANGE_RECORD","version":1,"data":{"partitionId":0,"topicId":"TEUIPixUThm8VA5lAV6yww","leader":1}}
""".replace("HEAD", HEAD)  # noqa: E501


# Payloads as the JSON converters of Kafka 3.9.2 write them.
ACL_ID = "AAAAAAAAAAAAAAAAAAAAAQ"
ACL = {
    "id": ACL_ID,
    "resourceType": 2,
    "resourceName": "ord*rs",
    "patternType": 4,
    "principal": "User:CN=a b,O=é",
    "host": "*",
    "operation": 3,
    "permissionType": 3,
}
SCRAM = {
    "name": "a@b",
    "mechanism": 2,
    "salt": "c2FsdD4/fsO/",
    "storedKey": "c3RvcmVkPj9+w78=",
    "serverKey": "c2VydmVyPj9+w78=",
    "iterations": 8192,
}
TOKEN = {
    "owner": "User:app",
    "requester": "User:admin",
    "renewers": ["User:r2", "User:r1"],
    "issueTimestamp": 1,
    "maxTimestamp": 3,
    "expirationTimestamp": 2,
    "tokenId": "Zk5-Jx_0T4u",
}


def record(offset: int, kind: str, **data: Any) -> str:
    return f"| offset: {offset} {HEAD} {json.dumps({'type': kind, 'version': 0, 'data': data})}"


def partition(offset: int, **data: Any) -> str:
    fields: dict[str, Any] = {"replicas": [1, 2, 3], "isr": [1, 2], "removingReplicas": [], "addingReplicas": [3]}
    fields |= {"partitionId": 0, "topicId": ORDERS, "leader": 1, "leaderEpoch": 4, "partitionEpoch": 9}
    return record(offset, "PARTITION_RECORD", **fields | data)


def change(offset: int, **data: Any) -> str:
    return record(offset, "PARTITION_CHANGE_RECORD", **{"partitionId": 0, "topicId": ORDERS} | data)


def topic(offset: int, name: str = "orders", topic_id: str = ORDERS) -> str:
    return record(offset, "TOPIC_RECORD", name=name, topicId=topic_id)


def config(offset: int, name: str, value: str | None, *, kind: int = 2, owner: str = "orders") -> str:
    return record(offset, "CONFIG_RECORD", resourceType=kind, resourceName=owner, name=name, value=value)


def read(*lines: str, high_watermark: int | None = None) -> Image:
    return parse_image([LOG, *lines], high_watermark=high_watermark)


def test_a_real_dump() -> None:
    found = parse_image(REAL.split("\n"), high_watermark=234, cluster_id="4L6g3nShT-eMCtK--X86sw")
    assert found.cluster_id == "4L6g3nShT-eMCtK--X86sw"
    assert {name: each.id for name, each in found.topics.items()} == {"gone": AGAIN, "orders": ORDERS}
    # Two changes of leader: gone, and back.
    assert found.topics["orders"].partitions == {0: PartitionImage((1,), frozenset({1}), leader=1, leader_epoch=2)}
    assert found.topics["orders"].partitions[0].epoch == 2, "each change counts"
    assert found.topics["gone"].partitions == {}
    assert found.topic_configs == {"orders": {"cleanup.policy": "compact,delete"}}
    assert found.broker_configs == {
        DEFAULT: {"message.max.bytes": "2000000", "my.plugin.note": 'one\nx "q" payload: {z}'},
        "1": {"listener.name.plaintext.ssl.key.password": HIDDEN},
    }
    assert found.quotas == {
        make_entity({"user": "CN=a b,O=é*"}): {"producer_byte_rate": 1000.0},
        make_entity({"user": "u", "client-id": "c"}): {"consumer_byte_rate": 1e8},
        make_entity({"user": None, "client-id": None}): {"controller_mutation_rate": 3.0},
    }
    assert found.producer_ids == ProducerIds(1000)
    assert found.problems == ()


def test_each_change_of_a_partition_counts_whatever_it_changes() -> None:
    found = read(topic(1), partition(2), change(3, isr=[1, 2, 3]), change(4, leader=2), change(5, directories=["a"]))
    assert found.topics["orders"].partitions[0].epoch == 12


def test_nothing_at_all() -> None:
    assert read() == Image()


def test_the_filter_keeps_what_the_parser_wants() -> None:
    kept = [line for line in REAL.split("\n") if re.search(image_records.KEEP, line)]
    assert len(kept) == REAL.count("\n") - 2
    assert parse_image(kept, high_watermark=234) == parse_image(REAL.split("\n"), high_watermark=234)
    assert not re.search(image_records.KEEP, record(1, "REGISTER_BROKER_RECORD", brokerId=1))


@pytest.mark.parametrize(
    ("data", "want"),
    [
        ({}, {}),
        ({"isr": None, "leader": -2, "leaderRecoveryState": -1}, {}),
        ({"leader": 2}, {"leader": 2, "leader_epoch": 5}),
        ({"leader": -1}, {"leader": -1, "leader_epoch": 5}),
        # A shrunk ISR alone leaves the epoch; while brokers are in ZooKeeper mode the controller names the leader, too.
        ({"isr": [1]}, {"isr": frozenset({1})}),
        ({"isr": [1], "leader": 1}, {"isr": frozenset({1}), "leader_epoch": 5}),
        ({"replicas": [3, 2]}, {"replicas": (3, 2)}),
        (
            {"addingReplicas": [], "removingReplicas": [1]},
            {"adding": frozenset(), "removing": frozenset({1})},
        ),
        ({"leaderRecoveryState": 1}, {"recovering": True}),
    ],
)
def test_changes_of_a_partition(data: dict[str, Any], want: dict[str, Any]) -> None:
    before = PartitionImage((1, 2, 3), frozenset({1, 2}), 1, 4, adding=frozenset({3}))
    assert read(topic(1), partition(2)).topics["orders"].partitions[0] == before
    after = read(topic(1), partition(2), change(3, **data)).topics["orders"].partitions[0]
    assert after == PartitionImage(**vars(before) | want)


def test_recovery_comes_and_goes() -> None:
    lines = [topic(1), partition(2, leaderRecoveryState=1)]
    assert read(*lines).topics["orders"].partitions[0].recovering
    assert not read(*lines, change(3, leaderRecoveryState=0)).topics["orders"].partitions[0].recovering


def test_a_partition_written_anew() -> None:
    assert read(topic(1), partition(2), partition(3, leader=7)).topics["orders"].partitions[0].leader == 7


def test_settings_go_with_their_topic() -> None:
    removed = record(3, "REMOVE_TOPIC_RECORD", topicId=ORDERS)
    assert read(topic(1), config(2, "a", "b"), removed, topic(4, topic_id=AGAIN)).topic_configs == {}
    assert read(topic(1), removed).topics == {}


def test_settings_that_were_taken_away() -> None:
    assert read(topic(1), config(2, "a", "b"), config(3, "a", None)).topic_configs == {}
    assert read(config(3, "never.set", None, kind=4, owner="1")).broker_configs == {}
    # Client metrics and groups are resources that ZooKeeper does not know.
    assert read(config(3, "interval.ms", "1", kind=16, owner="m")) == Image()


def test_quotas_that_were_taken_away() -> None:
    entity = [{"entityType": "ip", "entityName": None}]
    lines = [
        record(n, "CLIENT_QUOTA_RECORD", entity=entity, key=key, value=3, remove=remove)
        for n, key, remove in ((1, "a", False), (2, "b", False), (3, "a", True))
    ]
    assert read(*lines).quotas == {(("ip", None),): {"b": 3.0}}
    assert read(lines[2]).quotas == {}


def test_transactions() -> None:
    begin, end = record(1, "BEGIN_TRANSACTION_RECORD"), record(9, "END_TRANSACTION_RECORD")
    abort = record(9, "ABORT_TRANSACTION_RECORD", reason="x")
    assert set(read(begin, topic(2), end).topics) == {"orders"}
    assert read(begin, topic(2), abort) == Image()
    still_open = read(begin, topic(2), end, high_watermark=9)
    assert still_open.topics == {}
    assert still_open.problems == ("a metadata transaction with 1 known records is open; they do not count",)


def test_uncommitted_records_do_not_count() -> None:
    lines = [topic(1), topic(2, "late", AGAIN)]
    assert set(read(*lines, high_watermark=2).topics) == {"orders"}
    assert set(read(*lines, high_watermark=3).topics) == {"orders", "late"}


def test_checkpoint_then_log() -> None:
    lines = [
        "Dumping /data/__cluster_metadata-0/00000000000000000100-0000000003.checkpoint",
        "Snapshot end offset: 100, epoch: 3",
        '| offset: 0 CreateTime: 1795265562736 headerKeys: [] SnapshotHeader {"version":0}',
        topic(1),
        partition(2),
        record(3, "PRODUCER_IDS_RECORD", brokerId=-1, brokerEpoch=-1, nextProducerId=1000),
        LOG,
        change(99, leader=3),
        change(100, leader=2),
    ]
    found = parse_image(lines, high_watermark=101)
    assert found.topics["orders"].partitions[0].leader == 2
    assert found.topics["orders"].partitions[0].leader_epoch == 5
    assert found.producer_ids == ProducerIds(1000)


def test_what_does_not_add_up() -> None:
    found = read(
        partition(1),
        change(2),
        topic(3),
        change(4),
        record(5, "REMOVE_TOPIC_RECORD", topicId=GONE),
        "Error at 6, skipping. Could not decode",
        record(7, "NO_OP_RECORD"),
    )
    assert found.problems == (
        f"partition 0 belongs to no topic: no topic has the id {ORDERS}",
        f"partition 0 of the topic with the id {ORDERS} changed but was never created",
        f"partition 0 of the topic with the id {ORDERS} changed but was never created",
        f"a topic with the id {GONE} is removed but was never created",
        "the tool could not decode the record at offset 6",
    )


def test_acls() -> None:
    created = record(1, "ACCESS_CONTROL_ENTRY_RECORD", **ACL)
    wanted = Acl("Topic", "prefixed", "ord*rs", "User:CN=a b,O=é", "*", "Read", "Allow")
    assert read(created).acls == {wanted}
    # The same ACL twice, under two ids: gone when both are.
    twin, gone = ACL | {"id": ORDERS}, record(3, "REMOVE_ACCESS_CONTROL_ENTRY_RECORD", id=ACL_ID)
    assert read(created, record(2, "ACCESS_CONTROL_ENTRY_RECORD", **twin), gone).acls == {wanted}
    assert read(created, gone) == Image()
    literal = ACL | {"patternType": 3, "resourceType": 99, "operation": 0, "permissionType": 2}
    (found,) = read(record(1, "ACCESS_CONTROL_ENTRY_RECORD", **literal)).acls
    assert (found.pattern, found.resource, found.operation, found.permission) == (
        *("literal", "Unknown", "Unknown", "Deny"),
    )


def test_scram_credentials() -> None:
    created = record(1, "USER_SCRAM_CREDENTIAL_RECORD", **SCRAM)
    parts = ("salt>?~ÿ".encode(), "stored>?~ÿ".encode(), "server>?~ÿ".encode(), 8192)
    assert read(created).scram == {("a@b", "SCRAM-SHA-512"): scram_digest("SCRAM-SHA-512", *parts)}
    altered = record(2, "USER_SCRAM_CREDENTIAL_RECORD", **SCRAM | {"iterations": 4096})
    assert read(created, altered).scram != read(created).scram
    gone = record(3, "REMOVE_USER_SCRAM_CREDENTIAL_RECORD", name="a@b", mechanism=2)
    assert read(created, gone) == Image()
    other = record(4, "USER_SCRAM_CREDENTIAL_RECORD", **SCRAM | {"mechanism": 1})
    assert list(read(created, other, gone).scram) == [("a@b", "SCRAM-SHA-256")]


def test_delegation_tokens() -> None:
    created = record(1, "DELEGATION_TOKEN_RECORD", **TOKEN)
    wanted = DelegationToken("User:app", "User:admin", ("User:r1", "User:r2"), 1, 2, 3)
    assert read(created).tokens == {"Zk5-Jx_0T4u": wanted}
    renewed = record(2, "DELEGATION_TOKEN_RECORD", **TOKEN | {"expirationTimestamp": 9})
    assert read(created, renewed).tokens["Zk5-Jx_0T4u"].expires_ms == 9
    gone = record(3, "REMOVE_DELEGATION_TOKEN_RECORD", tokenId="Zk5-Jx_0T4u")
    assert read(created, gone, gone) == Image()


def test_what_is_removed_but_was_never_there() -> None:
    found = read(
        record(1, "REMOVE_ACCESS_CONTROL_ENTRY_RECORD", id=ACL_ID),
        record(2, "REMOVE_USER_SCRAM_CREDENTIAL_RECORD", name="u", mechanism=1),
    )
    assert found.problems == (
        f"an ACL with the id {ACL_ID} is removed but was never created",
        "the SCRAM-SHA-256 login of user u is removed but was never created",
    )


def test_passwords() -> None:
    lines = [
        topic(1),
        config(2, "ssl.key.password", "hunter1", kind=4, owner="1"),
        config(3, "ssl.key.password", "hunter2", kind=4, owner="1"),
        config(4, "my.secret", "hunter3"),
        config(5, "sasl.jaas.config", "hunter4", kind=4, owner="2"),
        config(6, "sasl.jaas.config", None, kind=4, owner="2"),
        config(7, "ssl.keystore.password", CBC, kind=4, owner="3"),
    ]
    seal = Seal(b"k" * 32)
    found = parse_image([LOG, *lines], high_watermark=None, seal=seal)
    assert found.passwords == {
        ("broker-config", "1/ssl.key.password"): Password(seal.fingerprint("hunter2")),
        ("broker-config", "3/ssl.keystore.password"): Password(seal.fingerprint(CBC), encrypted=True),
        ("topic-config", "orders/my.secret"): Password(seal.fingerprint("hunter3")),
    }
    assert found.broker_configs["1"] == {"ssl.key.password": HIDDEN}
    unsealed = read(*lines).passwords
    assert unsealed.keys() == found.passwords.keys()
    assert {each.fingerprint for each in unsealed.values()} == {""}
