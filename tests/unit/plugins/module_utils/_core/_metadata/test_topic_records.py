# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records about topics, in the bytes that leaders of three versions sent, and in bytes made by hand for what those do not have."""

from __future__ import annotations

import struct

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import log_messages, topic_records
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image_records import image_of_topics
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.kafka_bytes import (
    NO_TAGS,
    Malformed,
    compact_array,
    compact_string,
    uvarint,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.log_records import Copy

from tests.unit.plugins.module_utils.log_captures import LOGS

ID = bytes(range(16))
NAME = "AAECAwQFBgcICQoLDA0ODw"


def record(key: int, version: int, *parts: bytes) -> bytes:
    return b"\x01" + uvarint(key) + uvarint(version) + b"".join(parts)


def int32(number: int) -> bytes:
    return struct.pack(">i", number)


def brokers(*ids: int) -> bytes:
    return compact_array(map(int32, ids))


def tagged(**fields: bytes) -> bytes:
    listed = [(int(tag[1:]), data) for tag, data in fields.items()]
    return uvarint(len(listed)) + b"".join(uvarint(tag) + uvarint(len(data)) + data for tag, data in listed)


@pytest.mark.parametrize("version", LOGS)
def test_a_real_log(version: str) -> None:
    capture = LOGS[version]
    beginning, behind = log_messages.read_log(capture.beginning, 1), log_messages.read_log(capture.behind, 5)
    assert beginning.snapshot is not None
    copy = Copy(behind.high_watermark, decode=topic_records.payload)
    copy.take_checkpoint(
        log_messages.read_snapshot(capture.checkpoint, 4).data, beginning.snapshot.end, beginning.snapshot.epoch
    )
    copy.take_log(behind.records)
    found = image_of_topics(copy.records)
    assert found.problems == ()
    assert {name: len(topic.partitions) for name, topic in found.topics.items()} == {
        "topic-00": 3,
        "topic-01": 6,
        "topic-02": 4,
    }
    for topic in found.topics.values():
        for each in topic.partitions.values():
            assert set(each.replicas) == each.isr == {0, 1, 2}
            assert each.leader in each.isr
            assert each.epoch is not None
            assert each.epoch > 0
    assert found.topic_configs["topic-01"] == {"min.insync.replicas": "2"}


def test_topics_come_and_go() -> None:
    assert topic_records.payload(record(2, 0, compact_string("shop"), ID, NO_TAGS)) == {
        "type": "TOPIC_RECORD",
        "data": {"name": "shop", "topicId": NAME},
    }
    assert topic_records.payload(record(9, 0, ID, NO_TAGS)) == {
        "type": "REMOVE_TOPIC_RECORD",
        "data": {"topicId": NAME},
    }


@pytest.mark.parametrize("version", [0, 1, 2])
def test_a_partition(version: int) -> None:
    directories = compact_array([ID, ID]) if version else b""
    lists = [brokers(1, 2), brokers(2), brokers(1), brokers(3)]
    found = topic_records.payload(
        record(3, version, int32(7), ID, *lists, int32(2), int32(5), int32(9), directories, tagged(t0=b"\x01"))
    )
    assert found is not None
    assert found["data"] == {
        "partitionId": 7,
        "topicId": NAME,
        "replicas": [1, 2],
        "isr": [2],
        "removingReplicas": [1],
        "addingReplicas": [3],
        "leader": 2,
        "leaderEpoch": 5,
        "partitionEpoch": 9,
        "leaderRecoveryState": 1,
    }


def test_a_change_has_what_changed() -> None:
    assert topic_records.payload(record(5, 0, int32(7), ID, NO_TAGS)) == {
        "type": "PARTITION_CHANGE_RECORD",
        "data": {"partitionId": 7, "topicId": NAME},
    }
    changed = tagged(t0=brokers(2), t1=int32(-1), t2=brokers(2, 3), t3=brokers(), t4=brokers(3), t5=b"\x00", t8=b"new")
    found = topic_records.payload(record(5, 2, int32(7), ID, changed))
    assert found is not None
    assert found["data"] == {
        "partitionId": 7,
        "topicId": NAME,
        "isr": [2],
        "leader": -1,
        "replicas": [2, 3],
        "removingReplicas": [],
        "addingReplicas": [3],
        "leaderRecoveryState": 0,
    }


@pytest.mark.parametrize(("value", "text"), [(uvarint(0), None), (compact_string("2"), "2")])
def test_a_setting(value: bytes, text: str | None) -> None:
    found = topic_records.payload(record(4, 0, b"\x02", compact_string("shop"), compact_string("k"), value, NO_TAGS))
    assert found == {
        "type": "CONFIG_RECORD",
        "data": {"resourceType": 2, "resourceName": "shop", "name": "k", "value": text},
    }


def test_other_records_are_left_out_and_newer_ones_are_refused() -> None:
    assert topic_records.payload(record(0, 3, b"a broker")) is None
    assert topic_records.payload(record(23, 0, NO_TAGS)) == {"type": "BEGIN_TRANSACTION_RECORD", "data": {}}
    with pytest.raises(Malformed, match="PARTITION_RECORD in version 3, but only versions up to 2 are known"):
        topic_records.payload(record(3, 3))
