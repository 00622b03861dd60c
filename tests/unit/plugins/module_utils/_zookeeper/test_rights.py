# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""That NoAuth is foreseen: what a session may change, by the ACLs as they are."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.zookeeper_login import ZookeeperLogin
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import connection
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.rights import ROLLBACK, may_write
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession, open_session
from kazoo.security import ACL, Id

from tests.unit.plugins.module_utils._zookeeper.conftest import Server

BY_KAFKA = [ACL(31, Id("sasl", "kafka")), ACL(1, Id("world", "anyone"))]


@pytest.fixture
def secured(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """As with zookeeper.set.acl=true; /migration is not there yet."""
    monkeypatch.setattr(connection, "missing_optional", lambda _module, _purpose: "")
    server.put("/kafka/controller", b"{}")
    server.put("/kafka/controller_epoch", b"1")
    server.acls = {"/kafka": BY_KAFKA, "/kafka/controller_epoch": BY_KAFKA, "/kafka/controller": []}
    return server


def session_of(user: str = "") -> ZkSession:
    login = ZookeeperLogin(user, "p", "x") if user else None
    return open_session("127.0.0.1", 2181, chroot="/kafka", timeout=0.3, login=login)


def test_the_brokers_user_may(secured: Server) -> None:
    with session_of("kafka") as session:
        assert [(right.path, right.allowed) for right in may_write(session)] == [
            (path, True) for path, _how in ROLLBACK
        ]
    asked = [path for kind, path in secured.requests if kind == "acl"]
    assert asked == ["/kafka/controller_epoch", "/kafka"], (
        "to delete takes a permission of the chroot, and of nothing else"
    )
    assert not [kind for kind, _path in secured.requests if kind == "multi"]


def test_nobody_may_not(secured: Server) -> None:
    with session_of() as session:
        rights = may_write(session)
    assert [right.allowed for right in rights] == [False] * 3
    assert (
        "delete /controller: by the ACL of /, the parent, sasl:kafka may, and the session is nobody"
        in rights[2].sentence
    )


def test_an_acl_that_may_not_be_read(secured: Server) -> None:
    secured.denied = {"/kafka"}
    with session_of() as session:
        rights = may_write(session)
    assert rights[0].allowed is False
    assert [type(right.allowed) for right in rights[1:]] == [Unknown, Unknown]
    assert "could not be read: ZooKeeper does not let this session read the ACL of /;" in rights[1].sentence


def test_a_znode_that_is_not_there(secured: Server) -> None:
    with session_of() as session:
        assert [right.allowed for right in may_write(session, [("/nowhere", "set")])] == [True]
        assert session.acl("/nowhere") is None


def test_a_login_that_fails_meanwhile_is_no_verdict(secured: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "AGAIN", 0.01)
    with session_of("kafka") as session:
        session.patience = 0.2
        secured.refusals = 10_000
        secured.client.fail_login()
        with pytest.raises(Forbidden, match="refused the login"):
            may_write(session)
