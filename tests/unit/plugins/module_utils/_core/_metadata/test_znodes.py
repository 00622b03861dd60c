# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Znodes as Kafka 0.8 to 3.9 writes them, and as it would never write them."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import znodes


def test_cluster_id() -> None:
    assert znodes.parse_cluster_id(b'{"version":"1","id":"4L6g3nShT-eMCtK--X86sw"}') == "4L6g3nShT-eMCtK--X86sw"
    with pytest.raises(znodes.ZnodeError, match="znode /cluster/id: contains no cluster id"):
        znodes.parse_cluster_id(b'{"version":"1"}')


def test_controller_of_a_broker() -> None:
    data = b'{"version":2,"brokerid":1,"timestamp":"1700000000000","kraftControllerEpoch":-1}'
    controller = znodes.parse_controller(data, ephemeral=True)
    assert controller == znodes.Controller(1, -1, True)
    assert not controller.is_kraft


def test_controller_of_the_quorum() -> None:
    data = b'{"version":2,"brokerid":100,"timestamp":"1700000000000","kraftControllerEpoch":3}'
    controller = znodes.parse_controller(data, ephemeral=False)
    assert controller == znodes.Controller(100, 3, False)
    assert controller.is_kraft


def test_controller_of_old_software_has_no_epoch() -> None:
    controller = znodes.parse_controller(b'{"version":1,"brokerid":1,"timestamp":"17"}', ephemeral=True)
    assert controller.kraft_epoch == znodes.NO_KRAFT_EPOCH


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is empty"),
        (b"null", "is not a JSON object"),
        (b"{", "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b"{}", "has no number in 'brokerid'"),
        (b'{"brokerid":true}', "has no number in 'brokerid'"),
        (b'{"brokerid":"x"}', "has no number in 'brokerid'"),
        (b'{"brokerid":1.5}', "has no number in 'brokerid'"),
    ],
)
def test_controller_of_somebody_else(data: bytes, why: str) -> None:
    with pytest.raises(znodes.ZnodeError) as raised:
        znodes.parse_controller(data, ephemeral=True)
    assert (raised.value.path, raised.value.why) == ("/controller", why)


def test_controller_epoch() -> None:
    assert znodes.parse_controller_epoch(b"12") == 12
    with pytest.raises(znodes.ZnodeError, match="contains no number"):
        znodes.parse_controller_epoch(b"")


def test_migration_before_and_after_the_copy() -> None:
    before = znodes.parse_migration(
        b'{"version":0,"kraft_controller_id":-1,"kraft_controller_epoch":-1,'
        b'"kraft_metadata_offset":-1,"kraft_metadata_epoch":-1}'
    )
    after = znodes.parse_migration(
        b'{"version":0,"kraft_controller_id":100,"kraft_controller_epoch":2,'
        b'"kraft_metadata_offset":417,"kraft_metadata_epoch":1}'
    )
    assert before == znodes.Migration(-1, -1, -1, -1)
    assert after == znodes.Migration(100, 2, 417, 1)
    assert before is not None
    assert after is not None
    assert (before.copy_done, after.copy_done) == (False, True)


@pytest.mark.parametrize("data", [None, b"", b"null", b" null\n", b"  "])
def test_null_migration(data: bytes | None) -> None:
    assert znodes.is_null_data(data)
    assert znodes.parse_migration(data) is None


def test_migration_with_something_else_in_it_is_not_null() -> None:
    assert not znodes.is_null_data(b"{}")
    with pytest.raises(znodes.ZnodeError, match="kraft_controller_id"):
        znodes.parse_migration(b"{}")


def test_broker_version_5() -> None:
    broker = znodes.parse_broker(
        1,
        b'{"features":{},"listener_security_protocol_map":{"IN":"PLAINTEXT","OUT":"SASL_SSL"},'
        b'"endpoints":["IN://kafka-1.kafka:9092","OUT://kafka-1:9093"],"jmx_port":-1,"port":9092,'
        b'"host":"kafka-1.kafka","version":5,"timestamp":"1700000000000","rack":"a"}',
    )
    assert broker.endpoints == ("IN://kafka-1.kafka:9092", "OUT://kafka-1:9093")
    assert (broker.id, broker.host, broker.port, broker.rack) == (1, "kafka-1.kafka", 9092, "a")
    assert broker.timestamp_ms == 1700000000000


def test_broker_without_plain_listener() -> None:
    broker = znodes.parse_broker(1, b'{"endpoints":["SSL://h:9093"],"port":-1,"host":null,"version":2}')
    assert (broker.host, broker.port, broker.rack, broker.timestamp_ms) == (None, -1, None, -1)
    assert broker.endpoints == ("SSL://h:9093",)


def test_broker_version_1_has_one_plain_endpoint() -> None:
    broker = znodes.parse_broker(7, b'{"version":1,"host":"h","port":9092,"jmx_port":9999,"timestamp":"17"}')
    assert broker.endpoints == ("PLAINTEXT://h:9092",)
    assert znodes.parse_broker(7, b'{"version":1}').endpoints == ()


def test_topic_version_3() -> None:
    topic = znodes.parse_topic(
        "t",
        b'{"removing_replicas":{"1":[2]},"partitions":{"10":[1],"1":[2,3],"0":[1,2]},'
        b'"topic_id":"UlCgC5mBTx2YCJKtMgRkHg","adding_replicas":{"1":[3],"0":[]},"version":3}',
    )
    assert topic.id == "UlCgC5mBTx2YCJKtMgRkHg"
    assert dict(topic.partitions) == {0: (1, 2), 1: (2, 3), 10: (1,)}
    assert list(topic.partitions) == [0, 1, 10]
    assert topic.adding == {1: (3,)}
    assert topic.removing == {1: (2,)}
    assert topic.reassigning == (1,)


def test_topic_version_1_has_no_id() -> None:
    topic = znodes.parse_topic("t", b'{"version":1,"partitions":{"0":[1]}}')
    assert topic.id is None
    assert topic.reassigning == ()
    assert hash(topic) == hash(znodes.parse_topic("t", b'{"version":1,"partitions":{"0":[1]}}'))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"{}", "has no map of partitions"),
        (b'{"partitions":{"x":[1]}}', "has a partition that is not a number"),
        (b'{"partitions":{"0":1}}', "has no list of broker ids"),
        (b'{"partitions":{"0":["a"]}}', "has no list of broker ids"),
    ],
)
def test_topic_of_somebody_else(data: bytes, why: str) -> None:
    with pytest.raises(znodes.ZnodeError, match=why):
        znodes.parse_topic("t", data)


def test_partition_state() -> None:
    state = znodes.parse_partition_state(
        ("t", 0),
        b'{"controller_epoch":9,"leader":1,"version":1,"leader_epoch":5,"isr":[1,2]}',
        version=7,
        mtime_ms=17,
    )
    assert state == znodes.PartitionState(1, 5, 9, (1, 2), 7, 17)
    with pytest.raises(znodes.ZnodeError, match="/brokers/topics/t/partitions/0/state: has no list of broker ids"):
        znodes.parse_partition_state(
            ("t", 0), b'{"controller_epoch":9,"leader":1,"leader_epoch":5}', version=0, mtime_ms=0
        )


def test_config() -> None:
    path = "/config/topics/t"
    assert znodes.parse_config(b'{"version":1,"config":{"a":"1","b":null}}', path) == {"a": "1", "b": ""}
    assert znodes.parse_config(b"", path) == {}
    with pytest.raises(znodes.ZnodeError, match="contains no settings"):
        znodes.parse_config(b'{"version":1}', path)


def test_legacy_reassignment() -> None:
    data = b'{"version":1,"partitions":[{"topic":"t","partition":1,"replicas":[1]},{"topic":"a","partition":0}]}'
    assert znodes.parse_legacy_reassignment(data) == ("a-0", "t-1")
    assert znodes.parse_legacy_reassignment(None) == ()
    assert znodes.parse_legacy_reassignment(b"") == ()
    assert znodes.parse_legacy_reassignment(b"{}") == ()
    with pytest.raises(znodes.ZnodeError, match="contains no list of partitions"):
        znodes.parse_legacy_reassignment(b'{"partitions":[1]}')


def test_names() -> None:
    assert znodes.entity_name("user%40example.com") == "user@example.com"
    assert znodes.entity_name("<default>") == "<default>"
    assert znodes.partition_name(("a-b", 3)) == "a-b-3"
    assert znodes.state_path(("t", 3)) == "/brokers/topics/t/partitions/3/state"
