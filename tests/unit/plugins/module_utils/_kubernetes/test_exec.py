# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands in containers: output, exit status, and everything that is not an exit status."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import (
    channel,
    frames,
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

from tests.unit.plugins.module_utils._kubernetes.peer import OK, Peer, failed


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
        peer.finish(failed("7"))

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
    with pytest.raises(DeadlineExceeded) as raised:
        _run(client, timeout=0.3)
    assert time.monotonic() - started < 1
    assert gone.wait(2), "the connection was closed"
    assert raised.value.message.endswith("did not end within 0 s"), "it may be a file, or settings"
    with pytest.raises(DeadlineExceeded, match="did not end within 0 s; last output: still at it"):
        pod_exec.run_read_only(client, "n", "p", ["prog"], timeout=0.3, quote=True)


def test_nonsense_in_the_stream(api: Any, client: KubeClient) -> None:
    def serve(handler: Any) -> None:
        Peer(handler).accept()
        handler.connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")

    api.play(serve)
    with pytest.raises(Unreachable, match="not a plain WebSocket stream"):
        _run(client)
