# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forwarded ports and relays: bytes, back-pressure, ends, and why a connection failed."""

from __future__ import annotations

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
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient

from tests.unit.plugins.module_utils._kubernetes.peer import OK, Peer, failed


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
        peer.finish(failed("111"))

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
