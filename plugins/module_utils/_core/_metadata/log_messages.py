# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests that read the metadata log from its leader as an observer does: Fetch and FetchSnapshot (KIP-595, KIP-630).

Pure. Who names no replica id (-1) is no follower to the leader: such a request moves no high watermark and counts in no quorum.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TypeVar

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.kafka_bytes import (
    NO_TAGS,
    Malformed,
    Reader,
    compact_array,
    compact_string,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.quorum_messages import (
    TOPIC,
    Denied,
    answer_body,
    request_header,
)

T = TypeVar("T")

FETCH, FETCH_SNAPSHOT = 1, 59
#: the first version that names the topic by its id, as the Raft layer wants it; later ones add nothing that is needed here
FETCH_VERSION, SNAPSHOT_VERSION = 13, 0
#: bytes that one answer may hold; the leader gives no more than 8 MiB
PIECE = 8 * 1024 * 1024

_TOPIC_ID = bytes(15) + b"\x01"
_NOBODY = -1
_DIVERGING, _SNAPSHOT = 0, 2


@dataclass(frozen=True)
class SnapshotId:
    """A checkpoint: it holds what the log says up to ``end`` (not included), whose last record is of ``epoch``."""

    end: int
    epoch: int


@dataclass(frozen=True)
class Fetched:
    """A part of the log.

    :ivar high_watermark: first offset that is not committed; -1 when unknown.
    :ivar snapshot: the checkpoint to begin with, where the log cannot be read from the offset that was asked for.
    :ivar records: batches, the last of which may be cut off; some of them may not be committed.
    """

    high_watermark: int
    snapshot: SnapshotId | None
    records: bytes


@dataclass(frozen=True)
class Piece:
    """A part of a checkpoint, which is ``size`` bytes long."""

    size: int
    position: int
    data: bytes


def ask_log(correlation: int, leader_epoch: int, offset: int, last_epoch: int) -> bytes:
    """Return a Fetch request that is answered at once.

    :param leader_epoch: of the leader that is asked; another one refuses.
    :param last_epoch: epoch of the record before ``offset``.
    """
    partition = struct.pack(">iiqiqi", 0, leader_epoch, offset, last_epoch, -1, PIECE) + NO_TAGS
    topic = _TOPIC_ID + compact_array([partition]) + NO_TAGS
    # replica, longest wait, fewest bytes, most bytes, isolation, session, epoch of the session: none
    body = struct.pack(">iiiibii", _NOBODY, 0, 0, PIECE, 0, 0, -1)
    forgotten, rack = compact_array([]), compact_string("")
    return (
        request_header(FETCH, FETCH_VERSION, correlation) + body + compact_array([topic]) + forgotten + rack + NO_TAGS
    )


def read_log(message: bytes, correlation: int) -> Fetched:
    """Return the answer to :func:`ask_log`.

    :raises Denied: when it is an error.
    :raises Malformed: when the bytes are no such answer.
    """
    reader = answer_body(message, correlation)
    reader.int32()
    _check_error(reader)
    reader.int32()

    def aborted() -> None:
        reader.raw(16)
        reader.tags()

    def partition() -> Fetched:
        reader.int32()
        _check_error(reader)
        high_watermark = reader.int64()
        # the last stable offset and the start of the log
        reader.int64()
        reader.int64()
        reader.compact_array(aborted)
        reader.int32()
        records = reader.compact_bytes() or b""
        tags = reader.tags()
        if _DIVERGING in tags:
            raise Malformed("the log has no such epoch at that offset")
        return Fetched(high_watermark, _snapshot_id(Reader(tags[_SNAPSHOT])) if _SNAPSHOT in tags else None, records)

    def topic() -> list[Fetched]:
        reader.raw(16)
        found = reader.compact_array(partition)
        reader.tags()
        return found

    return _only([each for listed in reader.compact_array(topic) for each in listed])


def ask_snapshot(correlation: int, leader_epoch: int, wanted: SnapshotId, position: int) -> bytes:
    """Return a FetchSnapshot request for the part of a checkpoint that begins at a position."""
    partition = struct.pack(">iiqi", 0, leader_epoch, wanted.end, wanted.epoch) + NO_TAGS
    partition += struct.pack(">q", position) + NO_TAGS
    topic = compact_string(TOPIC) + compact_array([partition]) + NO_TAGS
    body = struct.pack(">ii", _NOBODY, PIECE) + compact_array([topic]) + NO_TAGS
    return request_header(FETCH_SNAPSHOT, SNAPSHOT_VERSION, correlation) + body


def read_snapshot(message: bytes, correlation: int) -> Piece:
    """Return the answer to :func:`ask_snapshot`; errors as in :func:`read_log`."""
    reader = answer_body(message, correlation)
    reader.int32()
    _check_error(reader)

    def partition() -> Piece:
        reader.int32()
        _check_error(reader)
        _snapshot_id(reader)
        found = Piece(reader.int64(), reader.int64(), reader.compact_bytes() or b"")
        reader.tags()
        return found

    def topic() -> list[Piece]:
        reader.compact_string()
        found = reader.compact_array(partition)
        reader.tags()
        return found

    return _only([each for listed in reader.compact_array(topic) for each in listed])


def _snapshot_id(reader: Reader) -> SnapshotId:
    found = SnapshotId(reader.int64(), reader.int32())
    reader.tags()
    return found


def _check_error(reader: Reader) -> None:
    error = reader.int16()
    if error:
        raise Denied(error)


def _only(found: list[T]) -> T:
    if len(found) != 1:
        raise Malformed(f"it is about {len(found)} partitions instead of one")
    return found[0]
