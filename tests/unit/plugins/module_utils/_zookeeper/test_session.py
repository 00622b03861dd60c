# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The session: deadlines, errors, the chroot, pipelining and watches."""

from __future__ import annotations

import logging
import re
import threading
import time

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.zookeeper_login import (
    Store,
    ZookeeperLogin,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Forbidden,
    KraftError,
    NotFound,
    Unreachable,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import connection
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import session as session_module
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.records import Znode
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.refusals import denied
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession, open_session
from kazoo import exceptions
from kazoo.handlers.threading import KazooTimeoutError

from tests.unit.plugins.module_utils._zookeeper.conftest import Server, stat


def there(node: Znode | None) -> Znode:
    assert node is not None
    return node


def test_reads(server: Server, session: ZkSession) -> None:
    server.put("/a", b"1", ephemeral=True)
    server.put("/a", b"2", ephemeral=True)
    server.put("/b", None)
    node = there(session.get("/a"))
    assert (node.data, node.version, node.mtime_ms, node.ephemeral) == (b"2", 1, 1002, True)
    assert there(session.get("/b")).data == b""
    assert session.get("/c") is None
    assert session.get_many(["/a", "/c"])["/c"] is None
    assert session.children("/") == ["a", "b"]
    assert session.children("/none") == []
    assert session.children_many(["/", "/none"]) == {"/": ["a", "b"], "/none": []}
    session.sync()
    assert server.requests[-1] == ("sync", "/")
    assert session.connected


def test_many_reads_go_in_windows(server: Server, session: ZkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "PIPELINE", 2)
    for number in range(5):
        server.put(f"/n/{number}", b"x")
    assert len(session.get_many(f"/n/{number}" for number in range(5))) == 5


def test_the_chroot_is_prepended(server: Server) -> None:
    server.put("/kafka/cluster/id", b"x")
    with open_session("127.0.0.1", 2181, chroot="kafka/") as session:
        assert session.address == "127.0.0.1:2181/kafka"
        assert there(session.get("/cluster/id")).data == b"x"
        session.sync()
    assert server.requests[-1] == ("sync", "/kafka")


def test_an_ipv6_address(server: Server) -> None:
    with open_session("::1", 2181):
        assert server.client.options["hosts"] == "[::1]:2181"


def test_a_wrong_chroot(server: Server) -> None:
    server.put("/kafka/brokers/ids/1", b"x")
    server.put("/other/thing", b"x")
    with pytest.raises(NotFound, match=r"has no /kafak: Kafka clusters are under /kafka; check zookeeper.connect"):
        open_session("127.0.0.1", 2181, chroot="/kafak")
    server.put("/brokers/ids/1", b"x")
    with pytest.raises(NotFound, match=r"under / \(no chroot\), /kafka;"):
        open_session("127.0.0.1", 2181, chroot="/kafak")


def test_a_wrong_chroot_on_an_empty_zookeeper(server: Server) -> None:
    with pytest.raises(NotFound, match="it contains no Kafka cluster"):
        open_session("127.0.0.1", 2181, chroot="/kafka")


def test_no_session_in_time(server: Server) -> None:
    server.reachable = False
    with pytest.raises(Unreachable, match=r"ZooKeeper at 127.0.0.1:2181 granted no session within 0.05 s"):
        open_session("127.0.0.1", 2181, timeout=0.05)
    assert server.client.ended
    with pytest.raises(Unreachable, match=r"127.0.0.1:2181 \(by pod z-0\) granted no session"):
        open_session("127.0.0.1", 2181, timeout=0.05, via=lambda: "by pod z-0")


def test_without_kazoo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "KAZOO_IMPORT_ERROR", "ImportError: kazoo")
    monkeypatch.setattr(session_module, "missing_libraries", lambda: "kazoo is missing")
    with pytest.raises(KraftError, match="kazoo is missing"):
        open_session("127.0.0.1", 2181)


def test_closing_twice_and_against_a_stuck_server(server: Server) -> None:
    session = open_session("127.0.0.1", 2181)
    server.silent = True
    session.close()
    session.close()
    assert server.client.ended == ["stop"]


def test_a_lost_connection_is_asked_again(server: Server, session: ZkSession) -> None:
    server.put("/a", b"1")
    server.fail_next = [exceptions.ConnectionLoss(), exceptions.SessionExpiredError()]
    assert there(session.get("/a")).data == b"1"


def test_a_lost_connection_is_waited_for(server: Server, session: ZkSession) -> None:
    server.put("/a", b"1")
    server.fail_next = [exceptions.ConnectionLoss()]
    server.lose_connection()
    assert not session.connected
    threading.Timer(0.05, server.come_back).start()
    assert there(session.get("/a")).data == b"1"
    assert session.wait_connected(0)


def test_several_servers_are_all_given_to_kazoo(server: Server) -> None:
    server.put("/k/cluster/id", b"x")
    with open_session("a", 1, ("::1", 2), chroot="k") as session:
        assert server.client.options["hosts"] == "a:1,[::1]:2"
        assert session.address == "a:1,[::1]:2/k"


def test_the_first_reads_after_a_lost_connection_follow_a_sync(server: Server, session: ZkSession) -> None:
    """The next server may lag behind what was seen: kazoo forgets that when the session expires."""
    server.put("/a", b"1")
    session.get("/a")
    assert ("sync", "/") not in server.requests
    server.lose_connection()
    server.come_back()
    session.get_many(["/a", "/b"])
    session.get("/a")
    assert server.requests[1:] == [("sync", "/"), ("get", "/a"), ("get", "/b"), ("get", "/a")]


def test_reads_whose_sync_was_lost_are_asked_again(server: Server, session: ZkSession) -> None:
    """They may have been answered by whoever comes after that loss."""
    server.put("/a", b"old")
    server.lose_connection()
    server.come_back()
    server.fail_next = [exceptions.ConnectionLoss()]
    real = server.client.get_async
    answers = iter([b"lags behind", b"new"])

    def get_async(path: str, watch: object = None) -> object:
        server.put("/a", next(answers))
        return real(path)

    server.client.get_async = get_async  # type: ignore[method-assign,assignment]
    assert there(session.get("/a")).data == b"new"


def test_a_long_wait_is_told(server: Server, session: ZkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads may wait longer than a connection may take to stand, and somebody is told why."""
    monkeypatch.setattr(session_module, "SOON", 0.1)
    said: list[str] = []
    session.patience, session.progress = 5.0, said.append
    server.put("/a", b"1")
    server.fail_next = [exceptions.ConnectionLoss()]
    server.lose_connection()
    threading.Timer(0.5, server.come_back).start()
    assert there(session.get("/a")).data == b"1"
    assert said == ["ZooKeeper at 127.0.0.1:2181 does not answer; waiting for it for up to 5 s"]


def test_a_connection_that_stays_away(server: Server, session: ZkSession) -> None:
    server.fail_next = [exceptions.ConnectionLoss()]
    server.lose_connection()
    with pytest.raises(Unreachable, match=r"no reply within 0.3 s, the connection is lost"):
        session.get("/a")
    assert not session.wait_connected(0)


def test_a_server_that_is_silent(server: Server, session: ZkSession) -> None:
    server.silent = True
    with pytest.raises(Unreachable, match=r"the connection is up"):
        session.get("/a")


class Slow:
    """Answers that each take a moment, as over a slow path; from ``silent_after`` on there are none."""

    def __init__(self, silent_after: float = float("inf")) -> None:
        self.left = silent_after

    def get(self, timeout: float) -> tuple[bytes, object]:
        if self.left <= 0 or timeout <= 0:
            threading.Event().wait(timeout)
            raise KazooTimeoutError
        self.left -= 1
        threading.Event().wait(0.002)
        return b"{}", stat()


def test_many_reads_may_take_long_while_answers_flow(
    server: Server, session: ZkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred thousand states over a slow path are no silence."""
    monkeypatch.setattr(session, "_send", lambda *_request: Slow())
    monkeypatch.setattr(session_module, "PIPELINE", 50)
    monkeypatch.setattr(session_module, "SLOW", 0.3)
    said: list[str] = []
    session.patience, session.progress = 0.2, said.append
    begin = time.monotonic()
    assert len(session.get_many(f"/n/{number}" for number in range(400))) == 400
    assert time.monotonic() - begin > 2 * session.patience
    assert re.fullmatch(r"reading from ZooKeeper at 127.0.0.1:2181 is slow: \d+ of 400 znodes in 0 s", said[0])


def test_a_server_that_falls_silent_in_many_reads_is_found_as_soon_as_ever(
    server: Server, session: ZkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Slow(silent_after=150)
    monkeypatch.setattr(session, "_send", lambda *_request: answers)
    session.patience = 0.2
    begin = time.monotonic()
    with pytest.raises(Unreachable, match=r"no reply within 0.2 s"):
        session.get_many(f"/n/{number}" for number in range(400))
    assert time.monotonic() - begin < 150 * 0.01 + 0.4


def test_a_closed_session_does_not_wait(server: Server, session: ZkSession) -> None:
    session.close()
    server.fail_next = [exceptions.ConnectionClosedError()]
    begin = time.monotonic()
    with pytest.raises(Unreachable):
        session.get("/a")
    assert time.monotonic() - begin < 0.2


@pytest.mark.parametrize(
    ("login", "who"),
    [
        (None, "has no login"),
        (ZookeeperLogin("kafka", "c4n4ry", "Secret a/b"), "logs in as user 'kafka' by Secret a/b"),
        (ZookeeperLogin(keys=Store("/k")), "has no login"),
    ],
)
def test_a_znode_with_an_acl(
    server: Server, monkeypatch: pytest.MonkeyPatch, login: ZookeeperLogin | None, who: str
) -> None:
    monkeypatch.setattr(connection, "missing_optional", lambda _module, _purpose: "")
    with open_session("127.0.0.1", 2181, login=login) as session:
        server.fail_next = [exceptions.NoAuthError()]
        with pytest.raises(Forbidden, match="does not let this session read /a") as caught:
            session.get("/a")
    assert caught.value.code == "zookeeper-acl"
    assert caught.value.message.endswith(f"and the session {who}; log in as the brokers do, see kraft_zookeeper_secret")


def test_the_sentence_names_the_certificate() -> None:
    login = ZookeeperLogin("kafka", "c4n4ry", "x", tls=True, keys=Store("/k"))
    assert "as user 'kafka' by x and with the certificate of /k;" in denied("z", login, "read", "/a").message


def test_any_other_failure(server: Server, session: ZkSession) -> None:
    server.fail_next = [exceptions.MarshallingError("x")]
    with pytest.raises(Unreachable, match="failed to read /a: MarshallingError x"):
        session.get("/a")


def test_watches_call_once(server: Server, session: ZkSession) -> None:
    calls: list[str] = []
    assert session.watch("/a", lambda: calls.append("a")) is None
    server.put("/a", b"1")
    server.put("/a", b"2")
    assert calls == ["a"]
    assert there(session.watch("/a", lambda: calls.append("b"))).data == b"2"
    server.lose_connection()
    assert calls == ["a", "b"]
    server.come_back()
    found = session.watch_many(["/a", "/x"], calls.append)
    assert there(found["/a"]).data == b"2"
    server.put("/x", b"1")
    assert calls[2:] == ["/x"]


def test_kazoo_is_silent(session: ZkSession) -> None:
    for name in ("kazoo", "kafkaops.kraft.zookeeper"):
        assert not logging.getLogger(name).propagate
        assert logging.getLogger(name).handlers
