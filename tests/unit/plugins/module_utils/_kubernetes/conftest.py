# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small real HTTP server that plays the API server: each test says what it answers."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient, connect

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the function that the test has put into the server's script."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: FakeApi
    body = b""

    def _serve(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.server.lock:
            self.server.seen.append((self.command, self.path, self.headers, self.body))
            step = self.server.script.pop(0) if len(self.server.script) > 1 else self.server.script[0]
        step(self)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - names given by http.server

    def log_message(self, *args: Any) -> None:
        """Stay quiet."""

    def reply(self, code: int, body: Any, headers: dict[str, str] | None = None) -> None:
        """Send a whole answer; dicts as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def start_stream(self) -> None:
        """Begin a chunked answer."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        """Send one chunk; an empty one ends the answer."""
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def event(self, kind: str, item: dict[str, Any]) -> None:
        """Send one watch event."""
        self.chunk(json.dumps({"type": kind, "object": item}).encode() + b"\n")

    def drop(self) -> None:
        """Cut the connection."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


class FakeApi(ThreadingHTTPServer):
    """The server; ``script`` holds one function per request, the last one serves all further requests."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.script: list[Answer] = [lambda handler: handler.reply(200, {})]
        self.seen: list[tuple[str, str, Any, bytes]] = []

    @property
    def url(self) -> str:
        """Address for the option ``host``."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def play(self, *steps: Answer) -> None:
        """Set what the next requests get."""
        self.script = list(steps)

    def handle_error(self, *_args: Any) -> None:
        """A cut connection is what some tests are about."""


@contextmanager
def serving() -> Iterator[FakeApi]:
    """Run a server while the block runs."""
    server = FakeApi()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def api() -> Iterator[FakeApi]:
    """A running server."""
    with serving() as server:
        yield server


@pytest.fixture
def client(api: FakeApi) -> Iterator[KubeClient]:
    """A client of that server."""
    made = connect({"host": api.url, "api_key": "hunter2"})
    yield made
    made.close()


def status(code: int, reason: str, message: str, **details: Any) -> dict[str, Any]:
    """A Status object as the API server sends it."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": message,
        "details": details,
    }


@pytest.fixture
def make_status() -> Callable[..., dict[str, Any]]:
    """The function above, for test modules."""
    return status
