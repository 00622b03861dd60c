# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controllers that are played by a server on the loopback, behind what pod_forward returns."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

Handler = Callable[[socket.socket], None]


def frame(message: bytes) -> bytes:
    return struct.pack(">i", len(message)) + message


def take(sock: socket.socket) -> bytes:
    """Read one request."""
    head = _take(sock, 4)
    return _take(sock, struct.unpack(">i", head)[0]) if len(head) == 4 else b""


def _take(sock: socket.socket, size: int) -> bytes:
    """Read so much, or what comes until the end; TLS knows no MSG_WAITALL."""
    found = b""
    while len(found) < size:
        piece = sock.recv(size - len(found))
        if not piece:
            break
        found += piece
    return found


def says(*answers: bytes, slowly: bool = False) -> Handler:
    """A controller that answers each request in turn, byte by byte if need be."""

    def handle(sock: socket.socket) -> None:
        for answer in answers:
            if not take(sock):
                return
            data = frame(answer)
            for piece in [data[at : at + 1] for at in range(len(data))] if slowly else [data]:
                sock.sendall(piece)
        silent(sock)

    return handle


def silent(sock: socket.socket) -> None:
    while take(sock):
        pass


class Forwards:
    """What pod_forward returns, each pod played by a handler; None: nothing listens behind the local port."""

    def __init__(self) -> None:
        self.pods: dict[str, Handler] = {}
        self.reasons: dict[str, str] = {}
        self.asked: list[str] = []

    def __call__(self, _client: object, _namespace: str, pod: str, _port: int) -> Any:
        self.asked.append(pod)
        return _Forward(self.pods[pod], self.reasons.get(pod, ""))


class _Forward:
    host = "127.0.0.1"

    def __init__(self, handler: Handler, reason: str) -> None:
        self._handler, self.last_error = handler, reason
        self._listener = socket.create_server((self.host, 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        try:
            sock, _peer = self._listener.accept()
        except OSError:
            return
        with sock:
            try:
                self._handler(sock)
            except OSError:
                return

    def __enter__(self) -> _Forward:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        assert not self._thread.is_alive()
