# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ACLs and delegation tokens, read from ZooKeeper."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_image import Acl
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import ZnodeError
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.security import read_acls, read_tokens
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession

from tests.unit.plugins.module_utils._zookeeper.conftest import Server

ENTRY = {"principal": "User:u", "permissionType": "Allow", "operation": "Read", "host": "*"}
ACLS = {"version": 1, "acls": [ENTRY]}
TOKEN = {"owner": "User%3Au", "renewers": [], "issueTimestamp": 1, "expiryTimestamp": 2, "maxTimestamp": 3}


def acl(resource: str, pattern: str, name: str) -> Acl:
    return Acl(resource, pattern, name, "User:u", "*", "Read", "Allow")


def test_acls_of_every_type_and_pattern(server: Server, session: ZkSession) -> None:
    for path in (
        *("/kafka-acl/Topic/t", "/kafka-acl/Group/*", "/kafka-acl/Cluster/kafka-cluster", "/kafka-acl/User/User:x"),
        *("/kafka-acl/TransactionalId/a%40b", "/kafka-acl/DelegationToken/id"),
        *("/kafka-acl-extended/prefixed/Topic/t", "/kafka-acl-extended/prefixed/Group/g"),
        # no authorizer reads these
        *("/kafka-acl/Bogus/t", "/kafka-acl-extended/matched/Topic/t"),
    ):
        server.put(path, ACLS)
    server.put("/kafka-acl/Topic/emptied", {"version": 1, "acls": []})
    server.put("/kafka-acl/Topic/null", None)
    assert read_acls(session) == {
        acl("Topic", "literal", "t"),
        acl("Group", "literal", "*"),
        acl("Cluster", "literal", "kafka-cluster"),
        acl("User", "literal", "User:x"),
        # names are as they are, unlike those below /config
        acl("TransactionalId", "literal", "a%40b"),
        acl("DelegationToken", "literal", "id"),
        acl("Topic", "prefixed", "t"),
        acl("Group", "prefixed", "g"),
    }


def test_a_principal_without_a_type_is_read_by_whoever_names_it(server: Server, session: ZkSession) -> None:
    """The copy stops at it, and so does the comparison of both stores; preflight has to say which it is."""
    server.put("/kafka-acl/Topic/t", ACLS)
    server.put("/kafka-acl/Topic/u", {"version": 1, "acls": [{**ENTRY, "principal": "bob"}]})
    with pytest.raises(ZnodeError, match="an ACL for 'bob', a principal without a type"):
        read_acls(session)
    assert {each.principal for each in read_acls(session, any_principal=True)} == {"User:u", "bob"}


def test_tokens(server: Server, session: ZkSession) -> None:
    server.put("/delegation_token/tokens/one", TOKEN)
    server.put("/delegation_token/tokens/null", None)
    assert list(read_tokens(session)) == ["one"]


def test_nothing(server: Server, session: ZkSession) -> None:
    assert read_acls(session) == frozenset()
    assert read_tokens(session) == {}


def test_what_goes_between_two_rounds(server: Server, session: ZkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    server.put("/kafka-acl/Topic/t", ACLS)
    server.put("/delegation_token/tokens/one", TOKEN)
    listing = session.children_many

    def list_then_delete(paths: Any) -> dict[str, list[str]]:
        found = listing(paths)
        server.remove("/kafka-acl/Topic/t")
        server.remove("/delegation_token/tokens/one")
        return found

    monkeypatch.setattr(session, "children_many", list_then_delete)
    assert read_acls(session) == frozenset()
    server.put("/delegation_token/tokens/one", TOKEN)
    assert read_tokens(session) == {}
