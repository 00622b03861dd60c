# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP/1.1 as far as a proxy has to understand it: where a message ends, and what comes after an upgrade."""

from __future__ import annotations

import selectors
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from tests.faults.answers import Request

CHUNK = 64 * 1024
#: bytes; no head of a message that Kubernetes sends is longer
LONGEST_HEAD = 1024 * 1024
END = b"\r\n\r\n"
Sink = Callable[[bytes], object]


@dataclass(frozen=True)
class Head:
    """The head of a request or an answer. ``fields``: names in lower case; ``raw``: as it came."""

    first: str
    fields: Mapping[str, str]
    raw: bytes

    @property
    def length(self) -> int | None:
        """Bytes of the body, None when the head does not say."""
        return int(self.fields["content-length"]) if "content-length" in self.fields else None

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks."""
        return "chunked" in self.fields.get("transfer-encoding", "").lower()

    @property
    def status(self) -> int:
        """HTTP status of an answer."""
        return int(self.first.split()[1])

    def request(self) -> Request:
        """What is asked for, when this is the head of a request."""
        method, target, _version = self.first.split(" ", 2)
        parts = urlsplit(target)
        watching = parse_qs(parts.query).get("watch", ["0"])[-1] in ("1", "true")
        return Request(method, parts.path, watching, "upgrade" in self.fields)


class Stream:
    """One side of a connection, read with a buffer whose rest can be taken over."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._buffer = bytearray()

    def _more(self) -> bool:
        data = self.sock.recv(CHUNK)
        self._buffer += data
        return bool(data)

    def until(self, mark: bytes) -> bytes:
        """Return everything up to and with the mark; b"" when the connection ends before anything came.

        Raises ConnectionError when it ends in between.
        """
        while (at := self._buffer.find(mark)) < 0:
            if len(self._buffer) > LONGEST_HEAD:
                raise ConnectionError("no end of a head in sight")
            if not self._more():
                if self._buffer:
                    raise ConnectionError("the connection ended in the middle of a message")
                return b""
        return self._cut(at + len(mark))

    def pass_on(self, count: int, sink: Sink) -> None:
        """Hand so many bytes to the sink, piece by piece. Raises ConnectionError when they do not come."""
        while count > 0:
            if not self._buffer and not self._more():
                raise ConnectionError("the connection ended in the middle of a body")
            piece = self._cut(min(count, len(self._buffer)))
            count -= len(piece)
            sink(piece)

    def pass_on_all(self, sink: Sink) -> None:
        """Hand everything to the sink until the connection ends."""
        while self._buffer or self._more():
            sink(self._cut(len(self._buffer)))

    def rest(self) -> bytes:
        """Take what was read already."""
        return self._cut(len(self._buffer))

    def is_quiet(self) -> bool:
        """Whether an idle connection is still good: one that the peer has closed is readable."""
        if isinstance(self.sock, ssl.SSLSocket) and self.sock.pending():
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(self.sock, selectors.EVENT_READ)
            return not selector.select(0)

    def _cut(self, count: int) -> bytes:
        piece = bytes(self._buffer[:count])
        del self._buffer[:count]
        return piece


def read_head(stream: Stream) -> Head | None:
    """Return the next head, None at the end of the connection. Raises ConnectionError."""
    raw = stream.until(END)
    if not raw:
        return None
    first, *lines = raw[: -len(END)].decode("latin-1").split("\r\n")
    fields = {}
    for line in lines:
        name, _colon, value = line.partition(":")
        fields[name.strip().lower()] = value.strip()
    return Head(first, fields, raw)


def read_body(stream: Stream, head: Head) -> bytes:
    """Return the body of a request, which says its length when it has one. Raises ConnectionError."""
    body = bytearray()
    stream.pass_on(head.length or 0, body.extend)
    return bytes(body)


def relay_body(stream: Stream, head: Head, method: str, sink: Sink) -> bool:
    """Hand the body of an answer to the sink as it comes; False when the end of the connection was its end."""
    if method == "HEAD" or head.status in (204, 304):
        return True
    if head.chunked:
        _relay_chunks(stream, sink)
        return True
    if head.length is None:
        stream.pass_on_all(sink)
        return False
    stream.pass_on(head.length, sink)
    return head.fields.get("connection", "").lower() != "close"


def _relay_chunks(stream: Stream, sink: Sink) -> None:
    while True:
        line = stream.until(b"\r\n")
        if not line:
            raise ConnectionError("the connection ended between two chunks")
        sink(line)
        size = int(line.partition(b";")[0], 16)
        if size:
            stream.pass_on(size + 2, sink)
            continue
        while (trailer := stream.until(b"\r\n")) not in (b"", b"\r\n"):
            sink(trailer)
        sink(b"\r\n")
        return


def pump(near: Stream, far: Stream) -> None:
    """Move bytes both ways until either side ends. One thread does both: two on one TLS socket are not safe."""
    for one, other in ((near, far), (far, near)):
        other.sock.sendall(one.rest())
    with selectors.DefaultSelector() as selector:
        selector.register(near.sock, selectors.EVENT_READ, (near, far))
        selector.register(far.sock, selectors.EVENT_READ, (far, near))
        while True:
            held = [pair for pair in ((near, far), (far, near)) if _holds(pair[0].sock)]
            for one, other in held or [key.data for key, _events in selector.select()]:
                data = _take(one.sock)
                if data == b"":
                    return
                if data:
                    other.sock.sendall(data)


def _holds(sock: socket.socket) -> bool:
    """Whether a TLS socket has data that no selector tells of."""
    return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0


def _take(sock: socket.socket) -> bytes | None:
    """Return what is there, b"" at the end, None when it was nothing for us (a record of TLS itself)."""
    sock.setblocking(False)
    try:
        return sock.recv(CHUNK)
    except (BlockingIOError, ssl.SSLWantReadError):
        return None
    finally:
        sock.setblocking(True)
