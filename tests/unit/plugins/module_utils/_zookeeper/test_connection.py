# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The login of a session: tried again when it fails, given up when it never worked, and never shown."""

from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.zookeeper_login import ZookeeperLogin
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, Unreachable
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import connection
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession, open_session
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.tls import Sockets
from kazoo import exceptions

from tests.unit.plugins.module_utils._zookeeper.conftest import Server

CANARY = "c4n4ry"
LOGIN = ZookeeperLogin("kafka", CANARY, "Secret shop/zk")

# the library is needed by a real login only
pytestmark = pytest.mark.usefixtures("library")


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "missing_optional", lambda _module, _purpose: "")
    monkeypatch.setattr(connection, "AGAIN", 0.01)


def logged_in(**more: float) -> ZkSession:
    return open_session("127.0.0.1", 2181, login=LOGIN, timeout=more.get("timeout", 1.0))


def test_a_login(server: Server) -> None:
    with logged_in() as session:
        assert server.requests == [("exists", "/")], "the first answer shows that the login was right"
        assert session.login == LOGIN
    options = server.client.options
    assert options["sasl_options"] == {
        "mechanism": "DIGEST-MD5",
        "service": "zookeeper",
        "username": "kafka",
        "password": CANARY.encode(),
    }
    assert isinstance(options["handler"], Sockets)


def test_no_login(server: Server) -> None:
    with open_session("127.0.0.1", 2181):
        assert not {"sasl_options", "handler"} & set(server.client.options)
        assert not server.requests


@pytest.mark.parametrize(
    ("password", "hashed"), [("wörd", b"w\xf6rd"), ("w€rd", b"w\xe2\x82\xacrd"), ("word", b"word")]
)
def test_the_bytes_of_a_password(server: Server, password: str, hashed: bytes) -> None:
    """Seen with ZooKeeper 3.8.4: with UTF-8 for all of them it refuses the first one."""
    with open_session("127.0.0.1", 2181, login=ZookeeperLogin("kafka", password)):
        assert server.client.options["sasl_options"]["password"] == hashed


def test_a_wrong_password(server: Server) -> None:
    server.refusals = 9
    with pytest.raises(Forbidden) as caught:
        logged_in()
    assert server.refusals == 9 - connection.TRIES
    assert caught.value.code == "zookeeper-login-failed"
    assert caught.value.message == (
        "ZooKeeper at 127.0.0.1:2181 refused the login of user 'kafka': correct the password in Secret shop/zk, or the servers' own JAAS section "
        "(Server), which has to know that user"
    )


def test_a_connection_that_breaks_under_the_first_login(server: Server) -> None:
    """To kazoo that is a login that failed."""
    server.refusals = 1
    with logged_in() as session:
        assert session.get("/") is not None


def test_a_connection_that_breaks_under_a_later_login(server: Server) -> None:
    """However often: it worked before."""
    server.put("/a", b"1")
    with logged_in(timeout=5) as session:
        calls: list[int] = []
        session.watch("/a", lambda: calls.append(1))
        server.refusals = connection.TRIES + 2
        server.lose_connection()
        server.client.fail_login()
        assert session.get("/a") is not None
        assert calls == [1]
        assert ("sync", "/") in server.requests, "the new session may have met a server that lags behind"


def test_a_later_login_that_is_cut_before_the_server_is_gone(server: Server) -> None:
    """The password is right: nobody is told to correct it."""
    with logged_in() as session:
        session.patience = 0.3
        server.reachable = False
        server.client.fail_login()
        with pytest.raises(Unreachable, match="does not answer") as raised:
            session.get("/a")
    assert raised.value.code == "zookeeper-unreachable"


def test_a_password_that_was_changed_meanwhile(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "AGAIN", 0.01)
    with logged_in() as session:
        session.patience = 0.3
        server.refusals = 10_000
        server.client.fail_login()
        with pytest.raises(Forbidden, match="refused the login of user 'kafka'"):
            session.get("/a")


def test_a_closed_session_does_not_log_in_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "AGAIN", 0.1)
    session = logged_in()
    before = server.client
    before.fail_login()
    session.close()
    session.close()
    threading.Event().wait(0.3)
    assert server.client is before


def test_a_server_without_sasl(server: Server) -> None:
    """It answers each step of the login with nothing (ZooKeeper 3.8.4), so that kazoo never comes to the requests."""
    server.silent = True
    begin = time.monotonic()
    with pytest.raises(
        Forbidden, match=r"did not finish the login of user 'kafka' by Secret shop/zk: check that its servers have SASL"
    ) as caught:
        logged_in(timeout=0.2)
    assert caught.value.code == "zookeeper-login-failed"
    assert time.monotonic() - begin < 5


def test_a_server_that_lets_in_nobody_without_a_login(server: Server) -> None:
    error = getattr(exceptions, "SessionClosedRequireSaslError", None)
    if error is None:
        pytest.skip("this kazoo does not know that answer")
    with open_session("127.0.0.1", 2181) as session:
        server.fail_next = [error()]
        with pytest.raises(Forbidden, match="lets in nobody without a login: give username") as caught:
            session.get("/a")
    assert caught.value.code == "zookeeper-login-failed"


def test_an_error_that_kazoo_does_not_expect_is_not_written_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise RuntimeError(CANARY)

    Sockets(None, (), True).spawn(fail).join(5)
    assert capfd.readouterr() == ("", "")


def test_cutting_what_was_never_connected_is_harmless() -> None:
    Sockets(None, (), True).cut()
