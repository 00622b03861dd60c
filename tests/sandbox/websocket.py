# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exec over a WebSocket (subprotocol v5.channel.k8s.io, v4 before Kubernetes 1.30), by the standard library."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from .config import SandboxError

_STDIN, _STDOUT, _STDERR, _STATUS, _CLOSE = 0, 1, 2, 3, 255
_TEXT, _BINARY, _END, _PING, _PONG = 1, 2, 8, 9, 10


@dataclass(frozen=True)
class ExecResult:
    """What a command in a container gave."""

    stdout: bytes
    stderr: bytes
    status: int

    @property
    def text(self) -> str:
        """Return the standard output as text."""
        return self.stdout.decode(errors="replace")


class _Frames:
    """Frames of one connection after the handshake."""

    def __init__(self, link: socket.socket, rest: bytes) -> None:
        self._link = link
        self._buffer = bytearray(rest)

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            chunk = self._link.recv(1 << 16)
            if not chunk:
                raise EOFError
            self._buffer += chunk
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def send(self, code: int, payload: bytes) -> None:
        """Send one whole frame, masked as clients must."""
        size = len(payload)
        head = bytes([0x80 | code])
        if size < 126:
            head += bytes([0x80 | size])
        else:
            head += (
                bytes([0x80 | 126]) + struct.pack(">H", size)
                if size < 1 << 16
                else bytes([0x80 | 127]) + struct.pack(">Q", size)
            )
        mask = os.urandom(4)
        self._link.sendall(head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload)))

    def receive(self) -> tuple[int, bytes]:
        """Return opcode and payload of the next message; pings are answered here."""
        message, kind = b"", 0
        while True:
            first, second = self._take(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack(">H", self._take(2))
            elif size == 127:
                (size,) = struct.unpack(">Q", self._take(8))
            payload = self._take(size)
            code = first & 0x0F
            if code == _PING:
                self.send(_PONG, payload)
            elif code in (_END, _PONG):
                if code == _END:
                    return code, payload
            else:
                kind = code or kind
                message += payload
                if first & 0x80:
                    return kind, message


def run_exec(link: socket.socket, host: str, path: str, headers: Mapping[str, str], stdin: str | None) -> ExecResult:
    """Do the handshake, send the standard input, and collect everything until the command has ended.

    Raises SandboxError when the server refuses or the connection breaks before the exit status came.
    """
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
             f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
             "Sec-WebSocket-Protocol: v5.channel.k8s.io, v4.channel.k8s.io",
             *(f"{name}: {value}" for name, value in headers.items())]  # fmt: skip
    link.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = link.recv(1 << 16)
        if not chunk:
            break
        received += chunk
    head, _sep, rest = received.partition(b"\r\n\r\n")
    if b" 101 " not in head.split(b"\r\n")[0]:
        raise SandboxError(
            f"exec refused: {head.splitlines()[0].decode() if head else 'no answer'} {rest[:300].decode(errors='replace')}"
        )
    frames = _Frames(link, rest)
    if stdin is not None:
        if b"v5.channel.k8s.io" not in head:
            raise SandboxError(
                "exec with standard input needs Kubernetes 1.30 (the end of it cannot be told by the older protocol)"
            )
        data = stdin.encode()
        for start in range(0, len(data), 1 << 14):
            frames.send(_BINARY, bytes([_STDIN]) + data[start : start + (1 << 14)])
        frames.send(_BINARY, bytes([_CLOSE, _STDIN]))
    return _collect(frames)


def _collect(frames: _Frames) -> ExecResult:
    output: dict[int, list[bytes]] = {_STDOUT: [], _STDERR: [], _STATUS: []}
    try:
        while True:
            code, payload = frames.receive()
            if code == _END:
                break
            if payload[:1]:
                output.setdefault(payload[0], []).append(payload[1:])
    except EOFError:
        pass
    if not output[_STATUS]:
        raise SandboxError("exec: the connection broke before the command had ended")
    status = json.loads(b"".join(output[_STATUS]))
    number = 0
    if status.get("status") != "Success":
        causes = (status.get("details") or {}).get("causes") or []
        codes = [cause["message"] for cause in causes if cause.get("reason") == "ExitCode"]
        number = int(codes[0]) if codes else 126
        if not codes:
            output[_STDERR].append(str(status.get("message", "")).encode())
    return ExecResult(b"".join(output[_STDOUT]), b"".join(output[_STDERR]), number)
