# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conversations with controllers that are played by a server on the loopback, with the bytes of real ones."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any, cast

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import (
    kafka_bytes,
    log_messages,
    metadata_records,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.quorum_messages import Denied
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import leader_search, wire
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Unreachable

from tests.unit.plugins.module_utils.captures import BROKER, CAPTURES
from tests.unit.plugins.module_utils.log_captures import LOGS
from tests.unit.plugins.module_utils.played_controllers import Forwards, Handler, frame, says, silent, take

CLIENT = cast(KubeClient, None)
REAL = CAPTURES["3.9.2"]


def leads(sock: socket.socket) -> None:
    says(REAL.api_versions, REAL.leader)(sock)


def follows(sock: socket.socket) -> None:
    says(REAL.api_versions, REAL.follower)(sock)


def closes(sock: socket.socket) -> None:
    take(sock)


@pytest.fixture
def forwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[Forwards]:
    seen = Forwards()
    monkeypatch.setattr(wire, "pod_forward", seen)
    before = threading.active_count()
    yield seen
    assert threading.active_count() == before, "a thread was left"


def describe(forwards: Forwards, handler: Handler, timeout: float = 5.0) -> Any:
    forwards.pods["c"] = handler
    with wire.conversation(CLIENT, "ns", "c", 9093, timeout=timeout) as talk:
        return talk.describe_quorum()


@pytest.mark.parametrize("slowly", [False, True])
@pytest.mark.parametrize("version", CAPTURES)
def test_a_real_leader(forwards: Forwards, version: str, slowly: bool) -> None:
    capture = CAPTURES[version]
    assert describe(forwards, says(capture.api_versions, capture.leader, slowly=slowly)) == capture.described


def test_versions_are_asked_for_once(forwards: Forwards) -> None:
    again = REAL.leader[:3] + b"\3" + REAL.leader[4:]
    forwards.pods["c"] = says(REAL.api_versions, REAL.leader, again)
    with wire.conversation(CLIENT, "ns", "c", 9093) as talk:
        assert talk.describe_quorum() == talk.describe_quorum() == REAL.described


def test_a_controller_that_does_not_lead(forwards: Forwards) -> None:
    with pytest.raises(Denied, match="NOT_LEADER_OR_FOLLOWER"):
        describe(forwards, follows)


def test_one_that_does_not_know_the_request(forwards: Forwards) -> None:
    with pytest.raises(Denied, match=r"UNSUPPORTED_VERSION \(no API 55\)"):
        describe(forwards, says(BROKER))


def half(sock: socket.socket) -> None:
    """Begins to answer."""
    take(sock)
    sock.sendall(frame(REAL.api_versions)[:100])
    take(sock)


def drips(sock: socket.socket) -> None:
    """Sends a byte now and then, so that it is never silent for long."""
    take(sock)
    for byte in frame(REAL.api_versions):
        sock.sendall(bytes([byte]))
        threading.Event().wait(0.05)


@pytest.mark.parametrize("handler", [silent, half, says(REAL.api_versions), drips])
def test_the_deadline_is_that_of_the_whole_conversation(forwards: Forwards, handler: Handler) -> None:
    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"the controller at port 9093 of pod ns/c did not answer in time"):
        describe(forwards, handler, timeout=0.3)
    assert time.monotonic() - began < 3


def test_a_closed_connection_says_what_the_forward_knows(forwards: Forwards) -> None:
    with pytest.raises(Unreachable, match=r"the controller at port 9093 of pod ns/c closed the connection"):
        describe(forwards, closes)
    forwards.reasons["c"] = 'pods "c" is forbidden: cannot create pods/portforward'
    with pytest.raises(Unreachable, match="cannot create pods/portforward"):
        describe(forwards, closes)


@pytest.mark.parametrize(
    "garbage",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\0\0\0\2xx",
        b"\x15\x03\x03\x00\x02\x02\x46",
        frame(b"\0\0\0\x01\0\0\xff\xff"),
    ],
)
def test_garbage(forwards: Forwards, garbage: bytes) -> None:
    def handle(sock: socket.socket) -> None:
        take(sock)
        sock.sendall(garbage)
        take(sock)

    with pytest.raises(KraftError, match="did not answer in Kafka's protocol"):
        describe(forwards, handle)


def test_nothing_listens(forwards: Forwards, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(Unreachable, match=r"the connection to the controller at port 9093 of pod ns/c failed: refused"):
        describe(forwards, closes)


LEADER = REAL.described.leader
FIRST, SECOND = sorted({each.node for each in REAL.described.voters} - {LEADER})
CONTROLLERS = {FIRST: ("a", 1), SECOND: ("b", 1), LEADER: ("c", 1)}


def test_whoever_most_likely_leads_is_asked_first(forwards: Forwards) -> None:
    forwards.pods |= {"c": leads}
    said = leader_search.ask_controllers(CLIENT, "ns", CONTROLLERS, first=LEADER)
    assert (said.described, said.followers, said.silent) == (REAL.described, (), {})
    assert forwards.asked == ["c"]


def test_the_others_are_asked_when_it_does_not(forwards: Forwards) -> None:
    forwards.pods |= {"a": follows, "b": closes, "c": leads}
    said = leader_search.ask_controllers(CLIENT, "ns", CONTROLLERS, first=FIRST)
    assert (said.described, said.followers, set(said.silent)) == (REAL.described, (FIRST,), {SECOND})
    assert forwards.asked[0] == "a"


def test_one_that_hangs_does_not_hold_up_the_look_at_the_others(
    forwards: Forwards, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leader_search, "AT_ONCE", 0.1)
    forwards.pods |= {"a": silent, "b": follows, "c": leads}
    said = leader_search.ask_controllers(CLIENT, "ns", CONTROLLERS, first=FIRST, timeout=0.5)
    assert (said.described, said.followers) == (REAL.described, (SECOND,))
    assert said.silent == {FIRST: "the controller at port 1 of pod ns/a did not answer in time"}


def test_a_leader_that_is_slow_is_asked_again(forwards: Forwards, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leader_search, "AT_ONCE", 0.1)

    def slow(sock: socket.socket) -> None:
        threading.Event().wait(0.3)
        leads(sock)

    forwards.pods |= {"a": follows, "b": follows, "c": slow}
    said = leader_search.ask_controllers(CLIENT, "ns", CONTROLLERS, first=LEADER)
    assert (said.described, set(said.followers), said.silent) == (REAL.described, {FIRST, SECOND}, {})
    assert forwards.asked[0] == "c"
    assert len(forwards.asked) == 4


def test_of_two_that_claim_to_lead_the_later_one_does(forwards: Forwards) -> None:
    epoch = REAL.described.epoch
    newer = REAL.leader.replace(struct.pack(">ii", LEADER, epoch), struct.pack(">ii", SECOND, epoch + 1))
    forwards.pods |= {"a": closes, "b": says(REAL.api_versions, newer), "c": leads}
    said = leader_search.ask_controllers(CLIENT, "ns", CONTROLLERS)
    assert said.described is not None
    assert (said.described.leader, said.described.epoch) == (SECOND, epoch + 1)


def test_nobody_leads(forwards: Forwards) -> None:
    refused = bytes.fromhex("00000002 00 001f 00 01 01 00")
    forwards.pods |= {"a": follows, "b": says(REAL.api_versions, refused), "c": closes}
    said = leader_search.ask_controllers(CLIENT, "ns", CONTROLLERS, first=7)
    assert said.described is None
    assert said.followers == (FIRST,)
    assert said.silent[SECOND] == "controller b refuses to describe the quorum: CLUSTER_AUTHORIZATION_FAILED"
    assert "closed the connection" in said.silent[LEADER]


# the metadata log

LOG = LOGS["3.9.2"]
FETCHED = log_messages.read_log(LOG.behind, 5)
SNAPSHOT = log_messages.read_snapshot(LOG.checkpoint, 4)


def numbered(message: bytes, request: int) -> bytes:
    """A captured answer, as the answer to another request."""
    return struct.pack(">i", request) + message[4:]


def piece(request: int, size: int, position: int, data: bytes) -> bytes:
    """An answer to a FetchSnapshot request."""
    inner = struct.pack(">ihqi", 0, 0, 94, 1) + b"\0" + struct.pack(">qq", size, position)
    inner += kafka_bytes.uvarint(len(data) + 1) + data + b"\0"
    topic = kafka_bytes.compact_string("__cluster_metadata") + kafka_bytes.compact_array([inner]) + b"\0"
    return struct.pack(">i", request) + b"\0" + struct.pack(">ih", 0, 0) + kafka_bytes.compact_array([topic]) + b"\0"


def read_log(forwards: Forwards, *answers: bytes) -> Any:
    forwards.pods["c"] = says(REAL.api_versions, *answers)
    with wire.conversation(CLIENT, "ns", "c", 9093, timeout=5) as talk:
        return metadata_records.parse_records(talk.metadata_log(1, FETCHED.high_watermark))


def test_a_real_log(forwards: Forwards) -> None:
    assert (
        read_log(forwards, numbered(LOG.beginning, 2), numbered(LOG.checkpoint, 3), numbered(LOG.behind, 4))
        == LOG.dumped
    )


def test_a_checkpoint_in_pieces(forwards: Forwards) -> None:
    data, half = SNAPSHOT.data, len(SNAPSHOT.data) // 2
    pieces = piece(3, len(data), 0, data[:half]), piece(4, len(data), half, data[half:])
    assert read_log(forwards, numbered(LOG.beginning, 2), *pieces, numbered(LOG.behind, 5)) == LOG.dumped


@pytest.mark.parametrize("wrong", [piece(3, 100, 7, b"x"), piece(3, 100, 0, b"")])
def test_a_checkpoint_that_does_not_go_on(forwards: Forwards, wrong: bytes) -> None:
    with pytest.raises(KraftError, match=r"a checkpoint continues at \d, 0 of 100 bytes arrived"):
        read_log(forwards, numbered(LOG.beginning, 2), wrong)


def test_a_log_that_cannot_be_read_behind_its_checkpoint(forwards: Forwards) -> None:
    with pytest.raises(KraftError, match=r"the log cannot be read from offset \d+"):
        read_log(forwards, numbered(LOG.beginning, 2), numbered(LOG.checkpoint, 3), numbered(LOG.beginning, 4))


def test_one_that_does_not_lead_any_more(forwards: Forwards) -> None:
    """FENCED_LEADER_EPOCH, as its number: the epoch that was asked for is over."""
    fenced = numbered(LOG.behind, 2)
    at = len(bytes.fromhex("00000002 00 00000000 0000 00000000 02") + bytes(16) + bytes.fromhex("02 00000000"))
    with pytest.raises(Denied, match="error 74"):
        read_log(forwards, fenced[:at] + struct.pack(">h", 74) + fenced[at + 2 :])


def test_a_controller_that_hands_out_no_log(forwards: Forwards) -> None:
    """API 1, Fetch, in version 0 to 12 only: before the topic was named by its id."""
    fetch = bytes.fromhex("0001 0000 0011 00")
    old = REAL.api_versions.replace(fetch, bytes.fromhex("0001 0000 000c 00"))
    assert old != REAL.api_versions
    forwards.pods["c"] = says(old)
    with (
        wire.conversation(CLIENT, "ns", "c", 9093, timeout=5) as talk,
        pytest.raises(Denied, match="UNSUPPORTED_VERSION"),
    ):
        talk.metadata_log(1, 9)
