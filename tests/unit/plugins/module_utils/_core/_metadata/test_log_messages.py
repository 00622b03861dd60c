# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch and FetchSnapshot of the metadata log, and its records, against what real leaders sent and kafka-dump-log printed."""

from __future__ import annotations

import contextlib
import struct

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import (
    kafka_bytes,
    log_messages,
    log_records,
    metadata_records,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.kafka_bytes import Malformed
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.log_messages import SnapshotId
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.log_records import Copy
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.metadata_records import (
    MetadataLog,
    Registration,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.quorum_messages import Denied
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils.log_captures import LOGS, MIDDLE, MIDDLE_DUMPED, MIDDLE_ENDS

BEHIND = LOGS["3.9.2"].behind
NO_TAGS = kafka_bytes.NO_TAGS


@pytest.mark.parametrize("version", LOGS)
def test_a_real_log_says_what_the_tool_says(version: str) -> None:
    capture = LOGS[version]
    beginning = log_messages.read_log(capture.beginning, 1)
    assert beginning.snapshot is not None
    assert beginning.records == b""
    piece = log_messages.read_snapshot(capture.checkpoint, 4)
    assert (piece.position, piece.size) == (0, len(piece.data))
    behind = log_messages.read_log(capture.behind, 5)
    copy = Copy(behind.high_watermark)
    copy.take_checkpoint(piece.data, beginning.snapshot.end, beginning.snapshot.epoch)
    assert (copy.offset, copy.epoch, copy.complete) == (beginning.snapshot.end, beginning.snapshot.epoch, False)
    copy.take_log(behind.records)
    assert copy.complete
    assert metadata_records.parse_records(copy.records) == capture.dumped


def test_the_records_of_a_real_copy_are_those_that_the_tool_lists() -> None:
    """From the middle of the log on, where the transaction of the copy is."""
    copy = Copy(MIDDLE_ENDS, offset=50, epoch=1)
    copy.take_log(log_messages.read_log(MIDDLE, 8).records)
    assert [(offset, found["type"]) for offset, found in copy.records] == MIDDLE_DUMPED
    assert {"BEGIN_TRANSACTION_RECORD", "END_TRANSACTION_RECORD"} <= {kind for _offset, kind in MIDDLE_DUMPED}


def test_what_is_not_committed_does_not_count() -> None:
    for offset, kind in MIDDLE_DUMPED:
        copy = Copy(offset, offset=50, epoch=1)
        copy.take_log(log_messages.read_log(MIDDLE, 8).records)
        assert offset not in dict(copy.records)
        copy = Copy(offset + 1, offset=50, epoch=1)
        copy.take_log(log_messages.read_log(MIDDLE, 8).records)
        assert copy.records[-1][0] == offset
        assert copy.records[-1][1]["type"] == kind


def test_what_was_there_already_does_not_count_twice() -> None:
    data = log_messages.read_log(MIDDLE, 8).records
    copy = Copy(MIDDLE_ENDS + 1, offset=50, epoch=1)
    copy.take_log(data)
    assert not copy.complete
    with pytest.raises(Malformed, match=rf"the log ends at offset {MIDDLE_ENDS}, but offsets below {MIDDLE_ENDS + 1}"):
        copy.take_log(data)
    assert [offset for offset, _found in copy.records] == [offset for offset, _kind in MIDDLE_DUMPED]


def test_errors() -> None:
    head = "00000005 00 00000000 "
    with pytest.raises(Denied, match="CLUSTER_AUTHORIZATION_FAILED"):
        log_messages.read_log(bytes.fromhex(head + "001f 00000000 01 00"), 5)
    with pytest.raises(Denied, match="UNKNOWN_SERVER_ERROR"):
        log_messages.read_snapshot(bytes.fromhex(head + "ffff 01 00"), 5)
    with pytest.raises(Malformed, match="about 0 partitions"):
        log_messages.read_log(bytes.fromhex(head + "0000 00000000 01 00"), 5)


def partition(tags: bytes, aborted: str = "00", records: bytes = b"\0") -> bytes:
    """An answer to a Fetch with one partition, high watermark 7."""
    numbers = struct.pack(">ihqqq", 0, 0, 7, 7, 0)
    inner = numbers + bytes.fromhex(aborted) + struct.pack(">i", -1) + records + tags
    topic = bytes(15) + b"\1" + kafka_bytes.compact_array([inner]) + NO_TAGS
    return bytes.fromhex("00000005 00 00000000 0000 00000000") + kafka_bytes.compact_array([topic]) + NO_TAGS


def test_a_log_that_has_diverged() -> None:
    with pytest.raises(Malformed, match="no such epoch"):
        log_messages.read_log(partition(bytes.fromhex("01 00 0d 00000001 0000000000000003 00")), 5)


def test_fields_of_no_interest_are_read_over() -> None:
    found = log_messages.read_log(partition(NO_TAGS, aborted="02" + "00" * 17), 5)
    assert (found.high_watermark, found.snapshot, found.records) == (7, None, b"")


def test_requests_are_those_that_real_leaders_answered() -> None:
    """As they were captured with 3.9.2; the client's name is in the header."""
    head = "000e6b61666b616f70732d6b7261667400"
    asked = log_messages.ask_log(5, 1, 94, 60).hex()
    assert asked == (
        f"0001000d00000005{head}ffffffff0000000000000000008000000000000000ffffffff02"
        "0000000000000000000000000000000102000000000000000100000000000000 5e0000003cffffffffffffffff00800000000001 0100"
    ).replace(" ", "")
    wanted = SnapshotId(94, 1)
    asked = log_messages.ask_snapshot(4, 1, wanted, 10).hex()
    assert asked == (
        f"003b000000000004{head}ffffffff0080000002135f5f636c75737465725f6d65746164617461020000000000000001"
        "000000000000005e0000000100000000000000000a000000"
    )


def batch(*values: bytes, base: int = 0, magic: int = 2, attributes: int = 0, count: int | None = None) -> bytes:
    """A batch as a leader sends it."""
    records = b""
    for delta, value in enumerate(values):
        inner = b"\0\0" + varint(delta) + varint(-1) + varint(len(value)) + value + varint(0)
        records += varint(len(inner)) + inner
    numbers = (4, magic, 0, attributes, len(values) - 1, 0, 0, -1, -1, -1, len(values) if count is None else count)
    body = struct.pack(">ibIhiqqqhii", *numbers) + records
    return struct.pack(">qi", base, len(body)) + body


def varint(number: int) -> bytes:
    return kafka_bytes.uvarint((number << 1) ^ (number >> 63))


def state(*values: str) -> MetadataLog:
    """What records in hexadecimal digits add up to."""
    copy = Copy(len(values))
    copy.take_log(batch(*(bytes.fromhex(each) for each in values)))
    return metadata_records.parse_records(copy.records)


REGISTER_0 = "01 00 00 00000007" + "00" * 16 + "0000000000000009 01 01 00 01 00"
REGISTER_3 = (
    "01 00 03 00000007 01" + "00" * 16 + "0000000000000009"
    "02 0641424344 45 0468 6f73 2384 0000 00" + "02 026d 0001 0015 00" + "02 72 00 01 00"
)
CHANGE = "01 11 02 00000007 0000000000000009 "


@pytest.mark.parametrize(
    ("values", "broker"),
    [
        ((REGISTER_0,), Registration(fenced=True, migrating=False, epoch=9)),
        ((REGISTER_3,), Registration(fenced=False, migrating=True, epoch=9, in_controlled_shutdown=True)),
        ((REGISTER_0, CHANGE + "01 00 01 ff"), Registration(fenced=False, migrating=False, epoch=9)),
        ((REGISTER_3, CHANGE + "02 00 01 01 01 01 ff"), Registration(fenced=True, migrating=True, epoch=9)),
        ((REGISTER_3, CHANGE + "00"), Registration(False, True, 9, True)),
        ((REGISTER_3, "01 07 00 00000007 0000000000000009"), Registration(True, True, 9, True)),
        ((REGISTER_0, "01 08 00 00000007 0000000000000009"), Registration(False, False, 9)),
        ((REGISTER_0, "01 01 00 00000007 0000000000000009"), None),
        # neither begins nor ends: a transaction that was aborted, and one that is open
        (("01 17 00 00", REGISTER_0, "01 19 00 00"), None),
        (("01 17 00 00", REGISTER_0), None),
        (("01 17 00 00", REGISTER_0, "01 18 00 00"), Registration(True, False, 9)),
    ],
)
def test_registrations_of_brokers(values: tuple[str, ...], broker: Registration | None) -> None:
    assert state(*values).brokers == ({} if broker is None else {7: broker})


def test_other_records() -> None:
    """Feature level, migration state, registration of a controller; a NoOp and a kind that nobody knows are passed over."""
    found = state(
        "01 0c 00 02 78 0015 00",
        "01 14 00 00",
        "01 15 00 03 00",
        "01 1b 00 00000bb8" + "00" * 16 + "01 01 01 00",
        "01 ff01 00",
    )
    assert found == MetadataLog({}, {3000: True}, "POST_MIGRATION", {"x": 21}, migration_offset=2)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\0" * 12, "a batch of 0 bytes"),
        (batch(b"x", magic=1), "a batch of format 1"),
        (batch(b"x", attributes=4), "a compressed batch"),
        (batch(b"\1\x14\0\0", count=2), "ends before its 2 records do"),
        (batch(b"x")[:61] + b"\x7f" + batch(b"x")[62:], "longer than its batch"),
        (batch(b"x")[:61] + b"\x7e" + batch(b"x")[62:], "longer than its batch"),
        (batch(bytes.fromhex("02 00 00")), "a metadata record in frame 2"),
        (batch(bytes.fromhex("01 00 04")), r"REGISTER_BROKER_RECORD in version 4, but only versions up to 3"),
        (batch(bytes.fromhex("01 00 03")), "4 bytes are announced, and 0 are there"),
    ],
)
def test_bytes_that_are_no_log(data: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        Copy(99).take_log(data)


def test_a_batch_that_is_cut_off_waits_for_the_next_answer() -> None:
    first, second = batch(b"\1\x14\0\0"), batch(b"\1\x14\0\0", base=1)
    for cut in range(len(second)):
        assert [each.last for each in log_records.batches(first + second[:cut])] == [0]
    assert [each.last for each in log_records.batches(first + second)] == [0, 1]


def test_control_batches_hold_no_metadata() -> None:
    found = list(log_records.batches(batch(b"whatever", attributes=0x20)))
    assert [(each.last, each.epoch, each.values) for each in found] == [(0, 4, ())]


@given(st.integers(0, len(BEHIND) - 1), st.binary(min_size=1, max_size=4))
def test_a_damaged_log_is_never_an_accident(at: int, noise: bytes) -> None:
    for damaged in (BEHIND[:at], BEHIND[:at] + noise + BEHIND[at + len(noise) :]):
        with contextlib.suppress(Malformed, Denied):
            found = log_messages.read_log(damaged, 5)
            Copy(found.high_watermark, found.high_watermark - 20).take_log(found.records)
