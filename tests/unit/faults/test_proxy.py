# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxy of the tests of faults between the collection's client and a real HTTP server."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import kinds
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient, connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Unreachable

from tests.faults.answers import FalseAnswer, Pattern, Request
from tests.faults.proxy import ApiProxy
from tests.unit.plugins.module_utils._kubernetes.conftest import FakeApi, serving


@pytest.fixture
def server() -> Iterator[FakeApi]:
    with serving() as made:
        yield made


@pytest.fixture
def proxy(server: FakeApi) -> Iterator[ApiProxy]:
    with ApiProxy(server.url) as made:
        yield made


@pytest.fixture
def client(proxy: ApiProxy) -> Iterator[KubeClient]:
    made = connect({"host": proxy.url, "api_key": "hunter2"})
    yield made
    made.close()


class Once(Pattern):
    """Gives one false answer, to whatever comes first."""

    def __init__(self, false: FalseAnswer) -> None:
        super().__init__(1)
        self.false: FalseAnswer | None = false

    def answer(self, request: Request) -> FalseAnswer | None:
        false, self.false = self.false, None
        return false


def test_requests_pass_as_they_are(server: FakeApi, client: KubeClient, proxy: ApiProxy) -> None:
    server.play(lambda handler: handler.reply(200, {"echo": json.loads(handler.body or b"null")}))
    assert client.get(kinds.POD, "p", "n") == {"echo": None}
    assert client.patch(kinds.STATEFUL_SET, "s", "n", {"a": "b" * 200_000})["echo"] == {"a": "b" * 200_000}
    method, path, headers, _body = server.seen[1]
    assert (method, path) == ("PATCH", "/apis/apps/v1/namespaces/n/statefulsets/s?fieldManager=kafkaops.kraft")
    assert headers["Authorization"] == "Bearer hunter2"
    assert proxy.requests == 2


def test_a_watch_comes_event_by_event(server: FakeApi, client: KubeClient) -> None:
    more = threading.Event()

    def watch(handler: Any) -> None:
        handler.start_stream()
        handler.event("ADDED", {"metadata": {"name": "a"}})
        assert more.wait(5)
        handler.event("ADDED", {"metadata": {"name": "b"}})
        handler.chunk(b"")

    server.play(watch)
    seen = []
    for event in client.stream_watch(kinds.POD, "n", "1"):
        seen.append(event["object"]["metadata"]["name"])
        more.set()
    assert seen == ["a", "b"]


def upgraded(proxy: ApiProxy) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", proxy.port), timeout=5)
    sock.sendall(b"GET /exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly")
    return sock


def echo(handler: Any) -> None:
    """Upgrade, then send back whatever comes, with what came before the head of the answer was sent."""
    sock = handler.connection
    sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nhello ")
    handler.close_connection = True
    while data := handler.rfile.read1(65536):
        sock.sendall(data)


def read_until(sock: socket.socket, mark: bytes) -> bytes:
    seen = b""
    while not seen.endswith(mark):
        data = sock.recv(65536)
        assert data, f"the connection ended after {seen[-200:]!r}"
        seen += data
    return seen


def test_an_upgraded_connection_is_bytes_both_ways(server: FakeApi, proxy: ApiProxy) -> None:
    server.play(echo)
    with upgraded(proxy) as sock:
        assert read_until(sock, b"hello early").startswith(b"HTTP/1.1 101 ")
        sock.sendall(b"\x00\xff" * 100 + b"end")
        assert read_until(sock, b"end") == b"\x00\xff" * 100 + b"end"


@pytest.mark.parametrize("code", [409, 429, 500, 503])
def test_a_false_answer_is_one_of_the_api_server(
    server: FakeApi, client: KubeClient, proxy: ApiProxy, code: int
) -> None:
    """The collection takes it for one: it asks again, and the connection serves on."""
    proxy.pattern = Once(FalseAnswer(code))
    server.play(lambda handler: handler.reply(200, {"ok": 1}))
    assert client.patch(kinds.STATEFUL_SET, "s", "n", {}) == {"ok": 1}
    assert len(server.seen) == 1
    assert proxy.requests == 2


def test_a_false_answer_to_what_was_done(server: FakeApi, client: KubeClient, proxy: ApiProxy) -> None:
    proxy.pattern = Once(FalseAnswer(500, carried_out=True))
    server.play(lambda handler: handler.reply(200, {"ok": 1}))
    assert client.patch(kinds.STATEFUL_SET, "s", "n", {}) == {"ok": 1}
    assert len(server.seen) == 2


def test_away_refuses_and_cuts_and_comes_back(server: FakeApi, client: KubeClient, proxy: ApiProxy) -> None:
    client.patience = 0.3
    server.play(echo)
    with upgraded(proxy) as sock:
        read_until(sock, b"hello early")
        server.play(lambda handler: handler.reply(200, {"ok": 1}))
        assert client.get(kinds.POD, "p", "n") == {"ok": 1}
        with proxy.away():
            assert sock.recv(10) == b""
            with pytest.raises(Unreachable, match="connection refused"):
                client.get(kinds.POD, "p", "n")
    assert proxy.dropped >= 2, "both sides of the upgraded connection"
    client.patience = 5.0
    threading.Thread(target=away_for, args=(proxy, 0.5), daemon=True).start()
    time.sleep(0.1)
    assert client.get(kinds.POD, "p", "n") == {"ok": 1}, "who waits long enough is served"


def away_for(proxy: ApiProxy, seconds: float) -> None:
    with proxy.away():
        time.sleep(seconds)
