# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small proxy before the API server: it can give false answers, and be away.

What the runner sees of the API server goes through it; the server itself, on which others depend, is never touched. It takes
plain HTTP and speaks TLS to the server; the token of the runner passes, a certificate of its own it does not show.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from tests.faults.answers import FalseAnswer, Pattern, Request
from tests.faults.wire import Stream, pump, read_body, read_head, relay_body

#: seconds to reach the server; a watch may be silent for long, so that there is no limit afterwards
CONNECT = 10.0


class ApiProxy:
    """Serves while the ``with`` block runs, in threads of this process.

    :ivar pattern: gives the false answers; None while there are to be none.
    :ivar requests: how many came, false answers included. ``dropped``: connections that were cut when it went away.
    """

    def __init__(self, server: str, authority: str = "") -> None:
        """``server``: URL of the API server; ``authority``: file with the certificates that are trusted (https only)."""
        parts = urlsplit(server)
        self._address = (parts.hostname or "", parts.port or 443)
        self._tls = ssl.create_default_context(cafile=authority or None) if parts.scheme == "https" else None
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket
        self.port = 0
        self.pattern: Pattern | None = None
        self.requests = 0
        self.dropped = 0

    @classmethod
    def of_kubeconfig(cls) -> ApiProxy:
        """A proxy before the server of the file that KUBECONFIG names."""
        config = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text(encoding="utf-8"))
        server = config["clusters"][0]["cluster"]
        return cls(server["server"], server.get("certificate-authority", ""))

    @property
    def url(self) -> str:
        """Where it is, for kraft_host."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> ApiProxy:
        self._reserve()
        self._listen()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop_listening()
        self._cut_all()

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Refuse every connection and cut those that are open, watches and channels included, while the block runs."""
        self._stop_listening()
        self._reserve()
        self.dropped += self._cut_all()
        try:
            yield
        finally:
            self._listen()

    # the listener

    def _reserve(self) -> None:
        """Bind the port without listening: connections are refused, and nobody else can take it."""
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]

    def _listen(self) -> None:
        self._listener.listen(64)
        threading.Thread(target=self._accept, args=(self._listener,), name="faults-proxy", daemon=True).start()

    def _stop_listening(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept() up; close() alone does not
        self._listener.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _peer = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), name="faults-proxy-connection", daemon=True).start()

    # connections

    @contextlib.contextmanager
    def _known(self, sock: socket.socket) -> Iterator[socket.socket]:
        with self._lock:
            self._open.add(sock)
        try:
            yield sock
        finally:
            with self._lock:
                self._open.discard(sock)
            sock.close()

    def _cut_all(self) -> int:
        with self._lock:
            cut = list(self._open)
        for sock in cut:
            with contextlib.suppress(OSError):
                # below TLS, whose state another thread may be using
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        return len(cut)

    def _dial(self, stack: contextlib.ExitStack) -> Stream:
        sock = socket.create_connection(self._address, timeout=CONNECT)
        if self._tls is not None:
            sock = self._tls.wrap_socket(sock, server_hostname=self._address[0])
        sock.settimeout(None)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Stream(stack.enter_context(self._known(sock)))

    def _serve(self, client: socket.socket) -> None:
        """Serve the requests of one connection, one after the other."""
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        far: Stream | None = None
        # a cut or broken connection is an end like any other
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            near = Stream(stack.enter_context(self._known(client)))
            while (head := read_head(near)) is not None:
                request, body = head.request(), read_body(near, head)
                false = self._false_answer(request)
                if false is not None and not false.carried_out:
                    client.sendall(false.as_bytes())
                    continue
                if far is None or not far.is_quiet():
                    far = self._dial(stack)
                far.sock.sendall(head.raw + body)
                if not self._answer(near, far, request, false):
                    return

    def _false_answer(self, request: Request) -> FalseAnswer | None:
        with self._lock:
            self.requests += 1
            pattern = self.pattern
        return pattern.answer(request) if pattern is not None else None

    def _answer(self, near: Stream, far: Stream, request: Request, false: FalseAnswer | None) -> bool:
        """Pass the server's answer on, or throw it away and give the false one; False when the connection is over."""
        head = read_head(far)
        if head is None:
            return False
        if head.status == 101:
            near.sock.sendall(head.raw)
            pump(near, far)
            return False
        sink = near.sock.sendall if false is None else _nowhere
        sink(head.raw)
        goes_on = relay_body(far, head, request.method, sink)
        if false is not None:
            near.sock.sendall(false.as_bytes())
        return goes_on


def _nowhere(_data: bytes) -> None:
    """Throw it away."""
