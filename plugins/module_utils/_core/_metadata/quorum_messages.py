# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests that a KRaft controller is asked for its quorum, and its answers: ApiVersions and DescribeQuorum.

Pure. Both are in flexible versions (KIP-482) only, which every controller speaks. A frame is its size in 4 bytes and the message.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.kafka_bytes import (
    NO_TAGS,
    Malformed,
    Reader,
    compact_array,
    compact_string,
)

API_VERSIONS, DESCRIBE_QUORUM = 18, 55
#: highest versions that are understood here
API_VERSIONS_VERSION, DESCRIBE_QUORUM_VERSION = 3, 2
TOPIC = "__cluster_metadata"
CLIENT = "kafkaops-kraft"
#: bytes; an answer that claims to be longer is none
LARGEST = 64 * 1024 * 1024

NOT_LEADER = 6
UNSUPPORTED_VERSION = 35
ERRORS = {
    -1: "UNKNOWN_SERVER_ERROR",
    3: "UNKNOWN_TOPIC_OR_PARTITION",
    NOT_LEADER: "NOT_LEADER_OR_FOLLOWER",
    7: "REQUEST_TIMED_OUT",
    29: "TOPIC_AUTHORIZATION_FAILED",
    31: "CLUSTER_AUTHORIZATION_FAILED",
    33: "UNSUPPORTED_SASL_MECHANISM",
    34: "ILLEGAL_SASL_STATE",
    UNSUPPORTED_VERSION: "UNSUPPORTED_VERSION",
    42: "INVALID_REQUEST",
    58: "SASL_AUTHENTICATION_FAILED",
}


class Denied(ValueError):
    """Kafka answered with an error.

    :ivar number: the error code of the protocol.
    """

    def __init__(self, number: int, text: str | None = None) -> None:
        super().__init__(f"{ERRORS.get(number, f'error {number}')}{f' ({text})' if text else ''}")
        self.number = number


@dataclass(frozen=True)
class Replica:
    """A voter or an observer as the leader knows it.

    :ivar end: offset behind its last record; -1 when unknown.
    :ivar fetched_ms: when it last fetched; of the leader itself, and where it is unknown, -1.
    :ivar caught_up_ms: until when it had everything that the leader had; of the leader itself, now. -1 when unknown.
    """

    node: int
    end: int
    fetched_ms: int = -1
    caught_up_ms: int = -1


@dataclass(frozen=True)
class Described:
    """The quorum as its leader describes it; times are milliseconds since 1970 by the leader's clock.

    :ivar leader: node id; -1 when unknown.
    :ivar high_watermark: first offset that is not committed; -1 when unknown.
    """

    leader: int
    epoch: int
    high_watermark: int
    voters: tuple[Replica, ...]
    observers: tuple[Replica, ...]


def framed(message: bytes) -> bytes:
    """Return a message with its size before it."""
    return struct.pack(">i", len(message)) + message


def frame_size(head: bytes) -> int:
    """Return the size of the message from the first 4 bytes of an answer. Raises Malformed when it is out of all reason."""
    size = Reader(head).int32()
    if not 4 <= size <= LARGEST:
        raise Malformed(f"an answer of {size} bytes is not a Kafka response")
    return size


def request_header(api: int, version: int, correlation: int) -> bytes:
    """Return a request header, version 2."""
    client = CLIENT.encode()
    return struct.pack(">hhih", api, version, correlation, len(client)) + client + NO_TAGS


def answer_body(message: bytes, correlation: int, *, header_tags: bool = True) -> Reader:
    """Return what follows the response header (version 1, or 0 without ``header_tags``).

    :raises Malformed: when it answers another request.
    """
    reader = Reader(message)
    found = reader.int32()
    if found != correlation:
        raise Malformed(f"it answers request {found} instead of {correlation}")
    if header_tags:
        reader.tags()
    return reader


def ask_api_versions(correlation: int) -> bytes:
    """Return an ApiVersions request."""
    head = request_header(API_VERSIONS, API_VERSIONS_VERSION, correlation)
    return head + compact_string(CLIENT) + compact_string("1") + NO_TAGS


def read_api_versions(message: bytes, correlation: int) -> dict[int, tuple[int, int]]:
    """Return lowest and highest version by API key.

    :raises Denied: when the answer is an error.
    :raises Malformed: when the bytes are no such answer.
    """
    # its header never has tagged fields: who asks does not know yet what the other side speaks
    reader = answer_body(message, correlation, header_tags=False)
    error = reader.int16()
    if error:
        raise Denied(error)

    def api() -> tuple[int, tuple[int, int]]:
        key, low, high = reader.int16(), reader.int16(), reader.int16()
        reader.tags()
        return key, (low, high)

    return dict(reader.compact_array(api))


def pick_version(known: Mapping[int, tuple[int, int]], api: int, highest: int, lowest: int = 0) -> int:
    """Return the highest version of an API that both sides speak. Raises Denied (UNSUPPORTED_VERSION) when there is none."""
    low, high = known.get(api, (0, -1))
    if max(low, lowest) > min(high, highest):
        raise Denied(UNSUPPORTED_VERSION, f"API {api} in version {low} to {high}" if api in known else f"no API {api}")
    return min(high, highest)


def ask_quorum(correlation: int, version: int) -> bytes:
    """Return a DescribeQuorum request for the metadata log."""
    partition = struct.pack(">i", 0) + NO_TAGS
    topic = compact_string(TOPIC) + compact_array([partition]) + NO_TAGS
    return request_header(DESCRIBE_QUORUM, version, correlation) + compact_array([topic]) + NO_TAGS


def read_quorum(message: bytes, correlation: int, version: int) -> Described:
    """Return the quorum.

    :param version: that was asked with: 1 brought the times, 2 (KIP-853) messages and directory ids.
    :raises Denied: when the answer is an error: NOT_LEADER_OR_FOLLOWER by all but the leader.
    :raises Malformed: when the bytes are no such answer.
    """
    reader = answer_body(message, correlation)

    def check_error() -> None:
        error, text = reader.int16(), reader.compact_string() if version >= 2 else None
        if error:
            raise Denied(error, text)

    def replica() -> Replica:
        node = reader.int32()
        if version >= 2:
            reader.raw(16)
        end = reader.int64()
        fetched, caught_up = (reader.int64(), reader.int64()) if version >= 1 else (-1, -1)
        reader.tags()
        return Replica(node, end, fetched, caught_up)

    def partition() -> Described:
        reader.int32()
        check_error()
        found = Described(
            reader.int32(),
            reader.int32(),
            reader.int64(),
            tuple(reader.compact_array(replica)),
            tuple(reader.compact_array(replica)),
        )
        reader.tags()
        return found

    def topic() -> list[Described]:
        reader.compact_string()
        found = reader.compact_array(partition)
        reader.tags()
        return found

    check_error()
    found = [each for listed in reader.compact_array(topic) for each in listed]
    if len(found) != 1:
        raise Malformed(f"it describes {len(found)} partitions instead of one")
    return found[0]
