# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One exec or port-forward connection: Kubernetes' numbered byte channels over a WebSocket on a non-blocking socket.

Private to the collection. Protocols v4.channel.k8s.io and v5.channel.k8s.io (KEP-4006; v5 can close stdin). The
handshake is done by http.client, so that a refusal is an HTTP answer with a reason, impersonation and proxies work as
in every other request, and one TLS context serves all.
"""

from __future__ import annotations

import base64
import http.client
import os
import selectors
import ssl
import threading
from urllib.parse import urlencode

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import faults, frames
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.rest import Backoff
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.transport import Wire, dial

V4, V5 = "v4.channel.k8s.io", "v5.channel.k8s.io"
STDIN, STDOUT, STDERR, STATUS = 0, 1, 2, 3
_END_OF_STREAM = b"\xff"  # v5: the byte after it is the channel that ends

PIECE = 32 * 1024  # bytes of payload in a frame that we send
BUDGET = 512 * 1024  # bytes taken from the socket in one go
CHUNK = 64 * 1024

HANDSHAKE = 2.0  # seconds of retries when the server does not open the channel now: nothing runs before it does
NOT_NOW = (429, 500, 502, 503, 504)


class Channel:
    """Numbered byte streams to a container. All methods are for one thread; fileno() is for its selector.

    :ivar protocol: what was agreed on, V4 or V5.
    :ivar ended: the peer has closed, or the connection is gone; what was received before is still given out.
    :ivar lost: why the connection ended other than by a proper close, or an empty string.
    """

    def __init__(self, wire: Wire, answer: http.client.HTTPResponse) -> None:
        self._wire = wire
        self._sock = wire.sock
        self.protocol = answer.getheader("Sec-WebSocket-Protocol") or V4
        self.ended = False
        self.lost = ""
        self._decoder = frames.Decoder()
        self._out = bytearray()
        self._sock.setblocking(False)
        self._early = _read_ahead(answer)

    def fileno(self) -> int:
        """File descriptor for a selector."""
        return self._sock.fileno()

    @property
    def interest(self) -> int:
        """Selector events that send what is waiting; reading is up to the caller."""
        return selectors.EVENT_WRITE if self._out else 0

    @property
    def unsent(self) -> int:
        """Bytes that wait for the socket."""
        return len(self._out)

    @property
    def has_more(self) -> bool:
        """Whether receive() can return something that no selector will tell of."""
        return bool(self._early) or (
            isinstance(self._sock, ssl.SSLSocket) and not self.ended and self._sock.pending() > 0
        )

    def send(self, channel: int, data: bytes) -> None:
        """Queue bytes for a channel and send what the socket takes now."""
        prefix = bytes((channel,))
        for start in range(0, len(data), PIECE):
            self._out += frames.encode(prefix + data[start : start + PIECE])
        self.flush()

    def close_stream(self, channel: int) -> bool:
        """End a channel in our direction (stdin); False when the protocol cannot."""
        if self.protocol != V5:
            return False
        self._out += frames.encode(_END_OF_STREAM + bytes((channel,)))
        self.flush()
        return True

    def ping(self) -> None:
        """Send a ping, so that load balancers do not take the connection for dead."""
        self._out += frames.encode(b"", frames.PING)
        self.flush()

    def flush(self) -> None:
        """Send what the socket takes now."""
        while self._out and not self.ended:
            try:
                with memoryview(self._out) as view:
                    sent = self._sock.send(view[:CHUNK])
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                return
            except OSError as error:
                self._end(faults.cause_of(error))
                return
            del self._out[:sent]

    def receive(self) -> list[tuple[int, bytes]]:
        """Return ``(channel, bytes)`` for all that is there, without waiting; sets ``ended``."""
        out = self._feed(self._early)
        self._early = b""
        taken = 0
        while taken < BUDGET and not self.ended:
            try:
                data = self._sock.recv(CHUNK)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                break
            except OSError as error:
                self._end(faults.cause_of(error))
                break
            if not data:
                self._end("the connection was closed")
                break
            taken += len(data)
            out += self._feed(data)
        return out

    def _feed(self, data: bytes) -> list[tuple[int, bytes]]:
        try:
            return self._sort(self._decoder.feed(data))
        except frames.FrameError as error:
            self._end(str(error))
            return []

    def _sort(self, received: list[frames.Frame]) -> list[tuple[int, bytes]]:
        out: list[tuple[int, bytes]] = []
        for frame in received:
            if frame.opcode == frames.CLOSE:
                self._end("")
            elif frame.opcode == frames.PING:
                self._out += frames.encode(frame.payload, frames.PONG)
                self.flush()
            elif frame.opcode in (frames.BINARY, frames.TEXT) and frame.payload[:1] not in (b"", _END_OF_STREAM):
                out.append((frame.payload[0], frame.payload[1:]))
        return out

    def _end(self, lost: str) -> None:
        if not self.ended:
            self.ended, self.lost = True, lost

    def close(self) -> None:
        """Say goodbye without waiting for an answer, and free the socket."""
        if not self.ended:
            self._out += frames.encode(b"\x03\xe8", frames.CLOSE)  # 1000: normal closure
            self.flush()
        self.ended = True
        self._wire.close()


def open_channel(
    client: KubeClient,
    path: str,
    query: list[tuple[str, str]],
    protocols: tuple[str, ...],
    *,
    doing: str,
    timeout: float,
) -> Channel:
    """Open a WebSocket; tried again for a moment (2 s) when the server answers 429 or 5xx instead.

    :param query: may name a parameter several times (``command``).
    :param timeout: seconds until the server must have answered, for each try.

    Raises Unreachable, Forbidden, NotFound, Refused, KraftError.
    """
    headers = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", base64.b64encode(os.urandom(16)).decode()),
        ("Sec-WebSocket-Protocol", ", ".join(protocols)),
    ]
    backoff = Backoff(threading.Event(), min(HANDSHAKE, timeout))
    while True:
        client.count_request()
        try:
            wire, answer = dial(client.endpoint, f"{path}?{urlencode(query)}", headers, answer_timeout=timeout)
        except (OSError, http.client.HTTPException) as error:
            raise faults.unreachable(client.label, error, doing=doing) from error
        if answer.status == http.HTTPStatus.SWITCHING_PROTOCOLS:
            return Channel(wire, answer)
        body = _refusal(wire, answer)
        if answer.status not in NOT_NOW or not backoff.pause(answer.getheader("Retry-After")):
            raise faults.answer_error(max(answer.status, 400), body, label=client.label, doing=doing)


def _refusal(wire: Wire, answer: http.client.HTTPResponse) -> bytes:
    try:
        return answer.read(65536)
    except (OSError, http.client.HTTPException):
        return b""
    finally:
        wire.close()


def _read_ahead(answer: http.client.HTTPResponse) -> bytes:
    """Return what http.client has already read behind the head of the answer; the socket is non-blocking by now."""
    try:
        ahead: bytes = answer.fp.peek() if answer.fp is not None else b""
    except (BlockingIOError, ssl.SSLWantReadError, TimeoutError):
        return b""
    return ahead
