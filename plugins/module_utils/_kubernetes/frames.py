# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The few frames of RFC 6455 (WebSocket) that Kubernetes' channels need, as a pure codec.

Own code instead of websocket-client's reader, because a forwarded connection must be pumped by one thread on
non-blocking sockets (two threads on one TLS connection are not safe) and must never decode bytes as text.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
MAX_MESSAGE = 64 * 1024 * 1024


class FrameError(Exception):
    """The peer sent something that is no WebSocket frame."""


@dataclass(frozen=True)
class Frame:
    """A whole message or a control frame.

    :ivar opcode: TEXT, BINARY, CLOSE, PING or PONG.
    :ivar payload: unmasked bytes.
    """

    opcode: int
    payload: bytes


def encode(payload: bytes, opcode: int = BINARY) -> bytes:
    """Return one final frame as a client sends it (masked)."""
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, 0x80 | size))
    elif size < 65536:
        head = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((0x80 | opcode, 0x80 | 127)) + size.to_bytes(8, "big")
    mask = os.urandom(4)
    return head + mask + xor(payload, mask)


def xor(payload: bytes, mask: bytes) -> bytes:
    """Apply a 4-byte mask. One big-integer operation: about 1 ms for a megabyte where a loop takes a second."""
    size = len(payload)
    if not size:
        return b""
    stream = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")


class Decoder:
    """Cuts a byte stream into messages; keeps what is not whole yet."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._parts: list[bytes] = []
        self._opcode = BINARY

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes and return the messages that they complete.

        :raises FrameError: when the bytes are no frames, or a message is larger than 64 MiB.
        """
        self._buffer += data
        out: list[Frame] = []
        while (frame := self._next()) is not None:
            out.append(frame)
        return out

    def _next(self) -> Frame | None:
        while (raw := self._cut()) is not None:
            final, opcode, payload = raw
            if opcode >= CLOSE:
                return Frame(opcode, payload)
            if opcode != CONTINUATION:
                self._opcode, self._parts = opcode, []
            self._parts.append(payload)
            if sum(map(len, self._parts)) > MAX_MESSAGE:
                raise FrameError("a message is larger than 64 MiB")
            if final:
                whole, self._parts = b"".join(self._parts), []
                return Frame(self._opcode, whole)
        return None

    def _cut(self) -> tuple[bool, int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        first, second = buffer[0], buffer[1]
        if first & 0x70:
            raise FrameError("reserved bits are set; this is not a plain WebSocket stream")
        size, start = second & 0x7F, 2
        if size >= 126:
            width = 2 if size == 126 else 8
            start += width
            if len(buffer) < start:
                return None
            size = int.from_bytes(buffer[2:start], "big")
        if size > MAX_MESSAGE:
            raise FrameError("a frame is larger than 64 MiB")
        mask = b""
        if second & 0x80:
            mask = bytes(buffer[start : start + 4])
            start += 4
        if len(buffer) < start + size:
            return None
        payload = bytes(memoryview(buffer)[start : start + size])
        del buffer[: start + size]
        return bool(first & 0x80), first & 0x0F, xor(payload, mask) if mask else payload
