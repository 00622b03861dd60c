# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exec and port-forward against a real WebSocket server that plays the kubelet."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import (
    channel,
    forward,
    frames,
    pump,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import exec as pod_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Forbidden,
    KraftError,
    NotFound,
    Unreachable,
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


def _failed(rc: str) -> dict[str, Any]:
    return {
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": rc}]},
    }


def _run(client: KubeClient, **options: Any) -> pod_exec.ExecResult:
    return pod_exec.run(client, "n", "p", ["prog", "a b", "&"], **options)


def test_output_and_exit_status(api: Any, client: KubeClient) -> None:
    big = os.urandom(1000).hex().encode() * 1000

    def serve(handler: Any) -> None:
        peer = Peer(handler)
        peer.send(1, "h\u00e4".encode()[:2])  # the character is cut in two
        peer.send(1, "h\u00e4".encode()[2:])
        peer.send(0, b"", opcode=frames.PING)
        peer.send(2, b"err")
        peer.send(1, big)
        peer.finish(_failed("7"))

    api.play(serve)
    result = _run(client, container="c")
    assert (result.stderr, result.rc) == ("err", 7)
    assert result.stdout == "h\u00e4" + big.decode()
    method, path, headers, _body = api.seen[0]
    assert (method, path) == (
        "GET",
        "/api/v1/namespaces/n/pods/p/exec?command=prog&command=a+b&command=%26&stdout=true&stderr=true&container=c",
    )
    assert headers["Authorization"] == "Bearer hunter2"
    assert headers["Sec-WebSocket-Protocol"] == "v5.channel.k8s.io, v4.channel.k8s.io"


def test_stdin_of_v5_is_closed(api: Any, client: KubeClient) -> None:
    def serve(handler: Any) -> None:
        peer = Peer(handler)
        peer.accept()
        got = b""
        while (frame := peer.receive()) is not None and frame.payload != b"\xff\x00":
            got += frame.payload[1:]
        peer.send(1, str(len(got)).encode())
        peer.finish(OK)

    api.play(serve)
    assert _run(client, stdin="x" * 3_000_000) == pod_exec.ExecResult("3000000", "", 0)


def test_stdin_of_v4_is_counted_in_the_container(api: Any, client: KubeClient) -> None:
    def serve(handler: Any) -> None:
        peer = Peer(handler, channel.V4)
        peer.accept()
        frame = peer.receive()
        if frame is None or frame.opcode == frames.CLOSE:
            return
        peer.send(1, frame.payload[1:])
        peer.finish(OK)

    api.play(serve)
    assert _run(client, stdin="\u00e4").stdout == "\u00e4"
    assert "command=sh&command=-c&" in api.seen[-1][1]
    assert "command=sh&command=2&command=prog&command=a+b" in api.seen[-1][1]


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        ({"message": 'exec: "prog": executable file not found in $PATH'}, NotFound, "not in the container's image"),
        ({"message": "container not found (c)"}, NotFound, "container not found"),
        ({"message": "out of memory"}, KraftError, "cannot run prog in Pod p in namespace n: out of memory"),
        (b"no json", KraftError, "cannot be read"),
    ],
)
def test_failures_of_the_runtime(api: Any, client: KubeClient, status: Any, kind: type[Exception], words: str) -> None:
    api.play(lambda handler: Peer(handler).finish(status))
    with pytest.raises(kind, match=words):
        _run(client)


def test_refusals_before_the_command_runs(
    api: Any, client: KubeClient, make_status: Callable[..., dict[str, Any]]
) -> None:
    denied = 'x: User "u" cannot create resource "pods/exec" in API group "" in the namespace "n"'
    api.play(
        lambda h: h.reply(403, make_status(403, "Forbidden", denied)),
        lambda h: h.reply(404, make_status(404, "NotFound", 'pods "p" not found')),
        lambda h: h.reply(200, b"not a websocket"),
        lambda h: h.drop(),
    )
    with pytest.raises(Forbidden, match="u may not create pods/exec in namespace n"):
        _run(client)
    with pytest.raises(NotFound, match='pods "p" not found'):
        _run(client)
    with pytest.raises(KraftError):
        _run(client)
    with pytest.raises(Unreachable, match="the connection was closed"):
        _run(client)


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_channel_that_is_not_opened_now_is_opened_later(api: Any, client: KubeClient, code: int) -> None:
    """Nothing runs before the server has opened it, so that another try does nothing twice."""

    def serve(handler: Any) -> None:
        peer = Peer(handler)
        peer.send(1, b"done")
        peer.finish(OK)

    api.play(lambda h: h.reply(code, {}, {"Retry-After": "0"}), serve)
    assert _run(client).stdout == "done"


def test_a_channel_that_is_never_opened(api: Any, client: KubeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "HANDSHAKE", 0.3)
    api.play(lambda h: h.reply(500, b"container is not running"))
    with pytest.raises(KraftError, match=r"\(HTTP 500\): container is not running"):
        _run(client)
    assert len(api.seen) == 2


def test_what_only_looks_looks_again_when_the_server_is_back(api: Any, client: KubeClient) -> None:
    def serve(handler: Any) -> None:
        peer = Peer(handler)
        peer.send(1, b"done")
        peer.finish(OK)

    def lose(handler: Any) -> None:
        Peer(handler).send(1, b"half")
        handler.drop()

    api.play(lose, lambda h: h.reply(503, b"starting"), lambda h: h.reply(200, {}), serve)
    assert pod_exec.run_read_only(client, "n", "p", ["prog"]).stdout == "done"
    paths = [path.partition("?")[0].rpartition("/")[2] for _method, path, _headers, _body in api.seen]
    assert paths == ["exec", "p", "p", "exec"]
    api.play(lose, lambda h: h.reply(200, {}), lose)
    with pytest.raises(Unreachable):
        pod_exec.run_read_only(client, "n", "p", ["prog"])


def test_a_lost_connection_is_no_exit_status(api: Any, client: KubeClient) -> None:
    def serve(handler: Any) -> None:
        Peer(handler).send(1, b"half")
        handler.drop()

    api.play(serve)
    with pytest.raises(Unreachable, match="it is not known whether it was done"):
        _run(client)


def test_a_command_that_does_not_end(api: Any, client: KubeClient) -> None:
    gone = threading.Event()

    def serve(handler: Any) -> None:
        peer = Peer(handler)
        peer.send(1, b"still at it")
        while peer.receive() is not None:
            pass
        gone.set()

    api.play(serve)
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded, match="did not end within 0 s; last output: still at it"):
        _run(client, timeout=0.3)
    assert time.monotonic() - started < 1
    assert gone.wait(2), "the connection was closed"


def test_nonsense_in_the_stream(api: Any, client: KubeClient) -> None:
    def serve(handler: Any) -> None:
        Peer(handler).accept()
        handler.connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")

    api.play(serve)
    with pytest.raises(Unreachable, match="not a plain WebSocket stream"):
        _run(client)


# -- forwarding


def _port_echo(handler: Any) -> None:
    """Kubelet's side of a port-forward to an echo server that ends when it has seen ``bye``."""
    peer = Peer(handler, channel.V4)
    peer.send(0, (2181).to_bytes(2, "little"))
    peer.send(1, (2181).to_bytes(2, "little"))
    while (frame := peer.receive()) is not None:
        if frame.opcode == frames.BINARY:
            peer.send(0, frame.payload[1:])
            if frame.payload.endswith(b"bye"):
                peer.send(0, b"", opcode=frames.CLOSE)
                return


@pytest.fixture
def no_thread_stays() -> Iterator[None]:
    yield
    left = [thread for thread in threading.enumerate() if thread.name.startswith("forward-")]
    assert not left


def _read_all(sock: socket.socket) -> bytes:
    sock.settimeout(5)
    parts = []
    while data := sock.recv(65536):
        parts.append(data)
    return b"".join(parts)


@pytest.mark.usefixtures("no_thread_stays")
def test_bytes_pass_unchanged_in_both_directions(api: Any, client: KubeClient) -> None:
    api.play(_port_echo)
    data = bytes(range(256)) * 20_000 + b"bye"
    with forward.pod_forward(client, "n", "p", 2181) as local:
        assert local.host == "127.0.0.1"
        with socket.create_connection((local.host, local.port)) as sock:
            sender = threading.Thread(target=sock.sendall, args=(data,))
            sender.start()
            assert _read_all(sock) == data
            sender.join()
    assert api.seen[0][1] == "/api/v1/namespaces/n/pods/p/portforward?ports=2181"
    assert api.seen[0][2]["Sec-WebSocket-Protocol"] == channel.V4
    assert local.last_error == ""


@pytest.mark.usefixtures("no_thread_stays")
def test_several_connections_and_an_exit_while_they_are_open(api: Any, client: KubeClient) -> None:
    api.play(_port_echo)
    socks = []
    with forward.pod_forward(client, "n", "p", 2181) as local:
        for number in range(5):
            sock = socket.create_connection((local.host, local.port), timeout=5)
            sock.sendall(b"%d" % number)
            assert sock.recv(10) == b"%d" % number
            socks.append(sock)
        assert len([each for each in threading.enumerate() if each.name.endswith("-connection")]) == 5
        started = time.monotonic()
    assert time.monotonic() - started < 0.5
    for sock in socks:
        with sock:
            assert _read_all(sock) == b""
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((local.host, local.port))


@pytest.mark.usefixtures("no_thread_stays")
def test_a_client_that_does_not_read_holds_the_far_side_back(api: Any, client: KubeClient) -> None:
    sent = []

    def serve(handler: Any) -> None:
        peer = Peer(handler, channel.V4)
        peer.send(0, b"\x01\x00")
        try:
            for _turn in range(400):
                peer.send(0, b"x" * 100_000)
                sent.append(1)
        finally:
            peer.send(0, b"", opcode=frames.CLOSE)

    api.play(serve)
    with forward.pod_forward(client, "n", "p", 1) as local, socket.create_connection((local.host, local.port)) as sock:
        previous = -1
        while len(sent) != previous:
            previous = len(sent)
            time.sleep(0.3)
        assert previous < 300, "40 MB must not pile up in our memory"
        assert len(_read_all(sock)) == 40_000_000


@pytest.mark.usefixtures("no_thread_stays")
def test_half_close_still_gets_the_answer_and_silence_ends_it(
    api: Any, client: KubeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pump, "LINGER", 0.5)
    ended = threading.Event()

    def serve(handler: Any) -> None:
        peer = Peer(handler, channel.V4)
        peer.send(0, b"\x01\x00")
        peer.receive()
        time.sleep(0.2)
        peer.send(0, b"answer")
        while (frame := peer.receive()) is not None and frame.opcode != frames.CLOSE:
            pass
        ended.set()

    api.play(serve)
    with forward.pod_forward(client, "n", "p", 1) as local, socket.create_connection((local.host, local.port)) as sock:
        sock.sendall(b"question")
        sock.shutdown(socket.SHUT_WR)
        assert _read_all(sock) == b"answer"
        assert ended.wait(2)


@pytest.mark.usefixtures("no_thread_stays")
def test_why_a_connection_failed(api: Any, client: KubeClient, make_status: Callable[..., dict[str, Any]]) -> None:
    def refused(handler: Any) -> None:
        peer = Peer(handler, channel.V4)
        peer.send(0, b"\x01\x00")
        peer.send(1, b"\x01\x00")
        peer.send(1, b"dial tcp4 127.0.0.1:1:\n connection refused")

    def cut(handler: Any) -> None:
        Peer(handler, channel.V4).send(0, b"\x01\x00")
        handler.drop()

    api.play(lambda h: h.reply(404, make_status(404, "NotFound", "no pod p")), refused, cut)
    with forward.pod_forward(client, "n", "p", 1) as local:
        for words in (
            "no pod p",
            "port 1 of Pod p in namespace n: dial tcp4 127.0.0.1:1: connection refused",
            "was closed",
        ):
            with socket.create_connection((local.host, local.port)) as sock:
                assert _read_all(sock) == b""
            for _turn in range(100):
                if words in local.last_error:
                    break
                time.sleep(0.01)
            assert words in local.last_error


@pytest.mark.usefixtures("no_thread_stays")
def test_idle_connections_are_kept_alive(api: Any, client: KubeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pump, "PING_AFTER", 0.1)
    pings = threading.Semaphore(0)

    def serve(handler: Any) -> None:
        peer = Peer(handler, channel.V4)
        peer.accept()
        while (frame := peer.receive()) is not None:
            if frame.opcode == frames.PING:
                pings.release()

    api.play(serve)
    with forward.pod_forward(client, "n", "p", 1) as local, socket.create_connection((local.host, local.port)):
        assert pings.acquire(timeout=2)
        assert pings.acquire(timeout=2)


@pytest.mark.usefixtures("no_thread_stays")
def test_relay(api: Any, client: KubeClient) -> None:
    data = bytes(range(256)) * 1000

    def echo(handler: Any) -> None:
        peer = Peer(handler)
        peer.accept()
        got = 0
        while got < len(data) and (frame := peer.receive()) is not None:
            got += len(frame.payload) - 1
            peer.send(1, frame.payload[1:])
        peer.finish(OK)

    def refused(handler: Any) -> None:
        peer = Peer(handler)
        peer.send(2, b"bash: connect: Connection refused\n")
        peer.finish(_failed("111"))

    api.play(echo, refused)
    dial = forward.relay_dial(client, "n", "p", "c", "zk.other", 2181)
    with forward.LocalForward(dial, "relaying to zk.other:2181 through Pod p in namespace n") as local:
        with socket.create_connection((local.host, local.port)) as sock:
            sock.sendall(data)
            assert _read_all(sock) == data
        with socket.create_connection((local.host, local.port)) as sock:
            assert _read_all(sock) == b""
        for _turn in range(100):
            if local.last_error:
                break
            time.sleep(0.01)
    assert (
        local.last_error == "relaying to zk.other:2181 through Pod p in namespace n: bash: connect: Connection refused"
    )
    assert "command=bash&command=-c&" in api.seen[0][1]
    assert "command=relay&command=zk.other&command=2181" in api.seen[0][1]
    assert "stdin=true" in api.seen[0][1]
