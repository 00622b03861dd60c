# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ACLs, credentials and tokens in the words of Kafka 3.9.2; what Kafka makes of the odd ones was tried with its own classes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_image import (
    Acl,
    DelegationToken,
    scram_digest,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_znodes import (
    parse_acls,
    parse_scram,
    parse_token,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import ZnodeError

SCRAM = "salt=c2FsdD4/fsO/,stored_key=c3RvcmVkPj9+w78=,server_key=c2VydmVyPj9+w78=,iterations=8192"
ACLS = b'{"acls":[{"principal":"User:*","permissionType":"Deny","host":"10.0.0.1","operation":"DescribeConfigs"}],"version":1}'
TOKEN = {
    "issueTimestamp": 1,
    "renewers": ["User%3Ar2", "User%3Aa%20b"],
    "tokenRequester": "User%3Aadmin",
    "tokenId": "Zk5-Jx_0T4u",
    "owner": "User%3Aapp",
    "expiryTimestamp": 2,
    "maxTimestamp": 3,
    "version": 3,
}


def acls(*entries: dict[str, Any], version: int = 1) -> bytes:
    usual = {"principal": "User:a", "permissionType": "Allow", "operation": "Read", "host": "*"}
    return json.dumps({"version": version, "acls": [usual | entry for entry in entries]}).encode()


def test_acls() -> None:
    found = parse_acls(ACLS, "Topic", "prefixed", "a*b")
    assert found == {Acl("Topic", "prefixed", "a*b", "User:*", "10.0.0.1", "DescribeConfigs", "Deny")}
    assert parse_acls(acls({}, {"host": "h"}, {}), "Group", "literal", "g") == {
        Acl("Group", "literal", "g", "User:a", "*", "Read", "Allow"),
        Acl("Group", "literal", "g", "User:a", "h", "Read", "Allow"),
    }


@pytest.mark.parametrize("data", [b"", b"null", acls()])
def test_no_acls(data: bytes) -> None:
    assert parse_acls(data, "Topic", "literal", "t") == frozenset()


def test_names_that_kafka_reads_all_the_same() -> None:
    (found,) = parse_acls(acls({"operation": "read", "permissionType": "DENY"}), "Topic", "literal", "t")
    assert (found.operation, found.permission) == ("Read", "Deny")
    (found,) = parse_acls(acls({"operation": "Bogus", "permissionType": "Bogus"}), "Topic", "literal", "t")
    assert (found.operation, found.permission) == ("Unknown", "Unknown")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"nojson", "is not JSON"),
        (b'{"version":1}', "contains no ACLs of version 1"),
        (acls({}, version=2), "contains no ACLs of version 1"),
        (b'{"version":1,"acls":["x"]}', "contains an ACL without principal, host, operation or permissionType"),
        (acls({"host": None}), "contains an ACL without principal, host, operation or permissionType"),
        (acls({"principal": "alice"}), "contains an ACL for 'alice', a principal without a type such as User:"),
    ],
)
def test_acls_that_stop_a_copy(data: bytes, why: str) -> None:
    with pytest.raises(ZnodeError) as raised:
        parse_acls(data, "Topic", "prefixed", "t")
    assert (raised.value.path, raised.value.why) == ("/kafka-acl-extended/prefixed/Topic/t", why)


def test_scram_credentials() -> None:
    settings = {"SCRAM-SHA-512": SCRAM, "producer_byte_rate": "7", "SCRAM-SHA-1": "x"}
    parts = ("salt>?~ÿ".encode(), "stored>?~ÿ".encode(), "server>?~ÿ".encode(), 8192)
    assert parse_scram(settings, "/p") == {"SCRAM-SHA-512": scram_digest("SCRAM-SHA-512", *parts)}
    assert parse_scram({"producer_byte_rate": "7"}, "/p") == {}
    turned = {"SCRAM-SHA-512": ",".join(reversed(SCRAM.split(",")))}
    assert parse_scram(turned, "/p") == parse_scram(settings, "/p")


@pytest.mark.parametrize(
    "text",
    ["x", SCRAM.replace(",iterations=8192", ""), SCRAM.replace("8192", "many"), SCRAM.replace("salt=", "salt=?")],
)
def test_a_credential_of_somebody_else(text: str) -> None:
    with pytest.raises(ZnodeError) as raised:
        parse_scram({"SCRAM-SHA-256": text}, "/config/users/u")
    assert raised.value.why == "contains a SCRAM-SHA-256 credential that is not in Kafka's form"


def test_tokens() -> None:
    found = parse_token(json.dumps(TOKEN).encode(), "Zk5-Jx_0T4u")
    assert found == DelegationToken("User:app", "User:admin", ("User:a b", "User:r2"), 1, 2, 3)
    old = {name: value for name, value in TOKEN.items() if name != "tokenRequester"} | {"version": 1}
    found = parse_token(json.dumps(old).encode(), "id")
    assert found is not None
    assert found.requester == "User:app"
    assert parse_token(b"", "id") is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"owner": None}, "contains no token with owner and renewers"),
        ({"tokenRequester": 1}, "contains no token with owner and renewers"),
        ({"renewers": "x"}, "contains no token with owner and renewers"),
        ({"maxTimestamp": "soon"}, "has no number in 'maxTimestamp'"),
    ],
)
def test_a_token_of_somebody_else(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ZnodeError) as raised:
        parse_token(json.dumps(TOKEN | change).encode(), "id")
    assert (raised.value.path, raised.value.why) == ("/delegation_token/tokens/id", why)
