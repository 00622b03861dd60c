# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server's end of the WebSockets that carry commands and forwarded ports."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import (
    channel,
    frames,
)

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Peer:
    """The server's end of a WebSocket, in blocking style."""

    def __init__(self, handler: Any, protocol: str = channel.V5) -> None:
        key = handler.headers["Sec-WebSocket-Key"] + GUID
        handler.close_connection = True
        head = [
            "HTTP/1.1 101 Switching Protocols",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Accept: "
            + base64.b64encode(hashlib.sha1(key.encode(), usedforsecurity=False).digest()).decode(),
            f"Sec-WebSocket-Protocol: {protocol}",
        ]
        self._head = "\r\n".join([*head, "", ""]).encode()
        self._sock: socket.socket = handler.connection
        self._decoder = frames.Decoder()
        self._frames: list[frames.Frame] = []
        self.offered = handler.headers["Sec-WebSocket-Protocol"]

    def send(self, number: int, data: bytes, *, opcode: int = frames.BINARY) -> None:
        """Send a message, with the head of the answer before the first one (in one packet: the client must not lose it)."""
        payload = bytes((number,)) + data if opcode == frames.BINARY else data
        size = len(payload)
        length = bytes((size,)) if size < 126 else b"\x7f" + size.to_bytes(8, "big")
        self._sock.sendall(self._head + bytes((0x80 | opcode,)) + length + payload)
        self._head = b""

    def accept(self) -> None:
        """Send the head of the answer alone."""
        self._sock.sendall(self._head)
        self._head = b""

    def receive(self) -> frames.Frame | None:
        """The next frame, or None at the end."""
        while not self._frames:
            data = self._sock.recv(65536)
            if not data:
                return None
            self._frames = self._decoder.feed(data)
        return self._frames.pop(0)

    def finish(self, status: dict[str, Any] | bytes) -> None:
        """Send the status of a command and close."""
        self.send(3, status if isinstance(status, bytes) else json.dumps(status).encode())
        self.send(0, b"", opcode=frames.CLOSE)
        while self.receive() is not None:  # closing with unread bytes would reset the connection
            pass


OK = {"status": "Success"}


def failed(rc: str) -> dict[str, Any]:
    return {
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": rc}]},
    }
