# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ZooKeeper has of a cluster, as one image; znodes in the words of Kafka 3.9.2."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import (
    DEFAULT,
    HIDDEN,
    Image,
    PartitionImage,
    ProducerIds,
    make_entity,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.passwords import Password, unread
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_image import (
    Acl,
    DelegationToken,
    scram_digest,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.image import zookeeper_image
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession

from tests.unit.plugins.module_utils._zookeeper.conftest import Server

BLOCK = "/latest_producer_id_block"
SCRAM = "salt=YQ==,stored_key=Yg==,server_key=Yw==,iterations=4096"


def settings(**values: str) -> dict[str, Any]:
    return {"version": 1, "config": {key.replace("__", "."): value for key, value in values.items()}}


def put_state(server: Server, number: int, **fields: Any) -> None:
    state = {"version": 1, "leader": 2, "leader_epoch": 5, "controller_epoch": 9, "isr": [2, 1]}
    server.put(f"/brokers/topics/t/partitions/{number}/state", state | fields)


@pytest.fixture
def cluster(server: Server) -> Server:
    server.put("/cluster/id", {"version": "1", "id": "4L6g3nShT-eMCtK--X86sw"})
    server.put(
        "/brokers/topics/t",
        {
            "version": 3,
            "topic_id": "TEUIPixUThm8VA5lAV6yww",
            "partitions": {"0": [1, 2], "1": [2, 7, 1], "2": [3, 1]},
            "adding_replicas": {"1": [7]},
            "removing_replicas": {"1": [1]},
        },
    )
    put_state(server, 0)
    put_state(server, 1)
    put_state(server, 1, leader_recovery_state=1)
    server.put("/brokers/topics/old", {"version": 1, "partitions": {"0": []}})
    server.put("/config/topics/t", settings(retention__ms="1"))
    server.put("/config/topics/old", settings())
    server.put(
        "/config/brokers/<default>", settings(message__max__bytes="7", ssl__keystore__certificate__chain="encrypted")
    )
    server.put(
        "/config/users/CN%3Da%20b%2CO%3D%C3%A9%2A",
        settings(**{"producer_byte_rate": "1000", "SCRAM-SHA-256": SCRAM, "SCRAM-SHA-512": SCRAM}),
    )
    server.put("/config/users/<default>/clients/<default>", settings(request_percentage="12.5"))
    server.put("/config/users/u", None)
    server.put("/config/users/u/clients/c%2Fd", settings(consumer_byte_rate="1.0E8"))
    server.put("/config/clients/%3Cdefault%3E", settings(producer_byte_rate="1"))
    server.put("/config/clients/emptied", settings())
    server.put("/config/clients/odd", settings(**{"producer_byte_rate": "2", "SCRAM-SHA-256": SCRAM}))
    server.put("/config/ips/<default>", settings(connection_creation_rate="50"))
    server.put(BLOCK, {"version": 1, "broker": 2, "block_start": "1000", "block_end": "1999"})
    server.put("/admin/delete_topics/doomed", None)
    acl = {"principal": "User:u", "permissionType": "Allow", "operation": "Read", "host": "*"}
    server.put("/kafka-acl/Topic/t", {"version": 1, "acls": [acl]})
    token = {"owner": "User%3Au", "renewers": [], "issueTimestamp": 1, "expiryTimestamp": 2, "maxTimestamp": 3}
    server.put("/delegation_token/tokens/id", token)
    return server


def test_a_cluster(cluster: Server, session: ZkSession) -> None:
    found = zookeeper_image(session)
    assert cluster.requests[0] == ("sync", "/")
    assert found.cluster_id == "4L6g3nShT-eMCtK--X86sw"
    assert {name: each.id for name, each in found.topics.items()} == {"old": None, "t": "TEUIPixUThm8VA5lAV6yww"}
    assert found.topics["t"].partitions == {
        0: PartitionImage((1, 2), frozenset({1, 2}), leader=2, leader_epoch=5),
        1: PartitionImage(
            (2, 7, 1), frozenset({1, 2}), 2, 5, adding=frozenset({7}), removing=frozenset({1}), recovering=True
        ),
        # No state yet: as Kafka's copy has it.
        2: PartitionImage((3, 1), frozenset({3, 1}), leader=3, leader_epoch=0),
    }
    assert [each.epoch for each in found.topics["t"].partitions.values()] == [0, 1, None], "the versions of the znodes"
    assert found.topics["old"].partitions == {0: PartitionImage((), frozenset(), leader=-1, leader_epoch=0)}
    assert found.topic_configs == {"t": {"retention.ms": "1"}}
    assert found.broker_configs == {
        DEFAULT: {"message.max.bytes": "7", "ssl.keystore.certificate.chain": HIDDEN},
    }
    assert found.quotas == {
        make_entity({"user": "CN=a b,O=é*"}): {"producer_byte_rate": 1000.0},
        make_entity({"user": None, "client-id": None}): {"request_percentage": 12.5},
        make_entity({"user": "u", "client-id": "c/d"}): {"consumer_byte_rate": 1e8},
        make_entity({"client-id": "<default>"}): {"producer_byte_rate": 1.0},
        make_entity({"client-id": "odd"}): {"producer_byte_rate": 2.0},
        make_entity({"ip": None}): {"connection_creation_rate": 50.0},
    }
    # Of users only; their names are decoded, too.
    assert found.scram == {
        ("CN=a b,O=é*", mechanism): scram_digest(mechanism, b"a", b"b", b"c", 4096)
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
    }
    assert found.acls == {Acl("Topic", "literal", "t", "User:u", "*", "Read", "Allow")}
    assert found.tokens == {"id": DelegationToken("User:u", "User:u", (), 1, 2, 3)}
    assert found.passwords == {
        ("broker-config", "<default>/ssl.keystore.certificate.chain"): unread("encrypted"),
    }
    assert found.producer_ids == ProducerIds(2000, 1999)
    assert found.pending_deletions == {"doomed"}
    assert found.problems == ()


def test_a_state_that_says_it_recovered(cluster: Server, session: ZkSession) -> None:
    put_state(cluster, 0, leader_recovery_state=0)
    assert not zookeeper_image(session).topics["t"].partitions[0].recovering


def test_a_block_that_a_kraft_controller_wrote(cluster: Server, session: ZkSession) -> None:
    cluster.put(BLOCK, b'{"version":1,"broker":-1,"block_start":"3000","block_end":"3999"}')
    assert zookeeper_image(session).producer_ids == ProducerIds(3000, 3999)


def test_no_block_yet(cluster: Server, session: ZkSession) -> None:
    cluster.put(BLOCK, None)
    assert zookeeper_image(session).producer_ids is None


def test_an_empty_zookeeper(server: Server, session: ZkSession) -> None:
    assert zookeeper_image(session) == Image()


@pytest.mark.parametrize(
    ("path", "data", "message"),
    [
        (BLOCK, b"{", "contains no block of producer ids"),
        (BLOCK, b"[]", "contains no block of producer ids"),
        (BLOCK, b'{"broker": 1}', "contains no block of producer ids"),
        (
            "/config/ips/x",
            json.dumps(settings(a="much")).encode(),
            "/config/ips/x contains a quota that is not a number",
        ),
        ("/config/users/u", b"{", "/config/users/u is not JSON"),
        ("/kafka-acl/Topic/t", b"{", "/kafka-acl/Topic/t is not JSON"),
        ("/delegation_token/tokens/id", b"{}", "tokens/id contains no token with owner and renewers"),
        ("/brokers/topics/t/partitions/0/state", b"{", "partitions/0/state is not JSON"),
        ("/brokers/topics/t", b"{", "/brokers/topics/t is not JSON"),
    ],
)
def test_a_znode_of_somebody_else(cluster: Server, session: ZkSession, path: str, data: bytes, message: str) -> None:
    cluster.put(path, data)
    with pytest.raises(KraftError, match=message) as raised:
        zookeeper_image(session)
    assert raised.value.detail == {"path": path}


def test_a_quota_that_goes_between_two_rounds(
    cluster: Server, session: ZkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = session.children_many

    def list_then_delete(paths: Any) -> dict[str, list[str]]:
        found = listing(paths)
        cluster.remove("/config/ips/<default>")
        return found

    monkeypatch.setattr(session, "children_many", list_then_delete)
    assert make_entity({"ip": None}) not in zookeeper_image(session).quotas


def test_what_is_kept_of_passwords(cluster: Server, session: ZkSession) -> None:
    cluster.put("/config/topics/t", settings(my__secret="hunter2"))
    found = zookeeper_image(session, lambda value: Password(value[::-1]))
    assert found.passwords == {
        ("topic-config", "t/my.secret"): Password("2retnuh"),
        ("broker-config", "<default>/ssl.keystore.certificate.chain"): Password("detpyrcne"),
    }
    assert found.topic_configs == {"t": {"my.secret": HIDDEN}}
