# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The WebSocket codec: every size, cut anywhere."""

from __future__ import annotations

import os

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import frames


def _server_frame(payload: bytes, opcode: int = frames.BINARY, *, final: bool = True) -> bytes:
    size = len(payload)
    head = bytes(((0x80 if final else 0) | opcode,))
    if size < 126:
        return head + bytes((size,)) + payload
    if size < 65536:
        return head + b"\x7e" + size.to_bytes(2, "big") + payload
    return head + b"\x7f" + size.to_bytes(8, "big") + payload


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 1_000_003])
def test_what_is_encoded_is_masked_and_decodes_to_the_same(size: int) -> None:
    payload = os.urandom(size)
    wire = frames.encode(payload)
    assert wire[0] == 0x82
    assert wire[1] & 0x80, "a client must mask"
    assert frames.Decoder().feed(wire) == [frames.Frame(frames.BINARY, payload)]


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_cut_anywhere(step: int) -> None:
    payloads = [b"", b"a", b"b" * 200, os.urandom(300), b"c" * 70_000 if step > 2 else b"c" * 700]
    wire = b"".join(map(_server_frame, payloads))
    decoder, out = frames.Decoder(), []
    for start in range(0, len(wire), step):
        out += decoder.feed(wire[start : start + step])
    assert [frame.payload for frame in out] == payloads


def test_fragments_are_joined_and_control_frames_pass_between_them() -> None:
    wire = (
        _server_frame(b"one ", final=False)
        + _server_frame(b"ping", frames.PING)
        + _server_frame(b"two ", frames.CONTINUATION, final=False)
        + _server_frame(b"three", frames.CONTINUATION)
    )
    assert frames.Decoder().feed(wire) == [
        frames.Frame(frames.PING, b"ping"),
        frames.Frame(frames.BINARY, b"one two three"),
    ]


@pytest.mark.parametrize(
    "wire",
    [b"HTTP/1.1 400 Bad", b"\xf2\x00", b"\x82\x7f" + (1 << 40).to_bytes(8, "big")],
    ids=["http", "reserved", "huge"],
)
def test_nonsense_is_an_error(wire: bytes) -> None:
    with pytest.raises(frames.FrameError):
        frames.Decoder().feed(wire)


def test_endless_fragments_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MAX_MESSAGE", 100)
    decoder = frames.Decoder()
    decoder.feed(_server_frame(b"x" * 60, final=False))
    with pytest.raises(frames.FrameError):
        decoder.feed(_server_frame(b"x" * 60, frames.CONTINUATION, final=False))
