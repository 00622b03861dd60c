# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parsers for the ACLs, SCRAM credentials and delegation tokens that Kafka writes into ZooKeeper.

The shapes are those of ``AclEntry``, ``ScramCredentialUtils`` and ``DelegationTokenManager`` (3.6 to 3.9). No error has a value of a
secret.
"""

from __future__ import annotations

import base64
import typing as t
import urllib.parse
from collections.abc import Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_image import (
    LITERAL,
    MECHANISMS,
    OPERATIONS,
    PERMISSIONS,
    PREFIXED,
    Acl,
    DelegationToken,
    canonical,
    scram_digest,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import (
    ZnodeError,
    int_of,
    is_null_data,
    object_of,
)

ACL_FOLDERS = {LITERAL: "/kafka-acl", PREFIXED: "/kafka-acl-extended/prefixed"}
"""Pattern of the ACLs to their folder (``ZkAclStore``); below are types, and below these the names of resources, as they are."""

TOKENS = "/delegation_token/tokens"
"""Below are the ids of the tokens."""

_ACL_FIELDS = ("principal", "host", "operation", "permissionType")
_SCRAM_FIELDS = {"salt", "stored_key", "server_key", "iterations"}
_ACL_VERSION = 1


def parse_acls(data: bytes, resource: str, pattern: str, name: str, *, any_principal: bool = False) -> frozenset[Acl]:
    """Return the ACLs of one resource; none for a znode without a value.

    :param resource: type of the resource, ``Topic``.
    :param any_principal: whether a principal without a type, which stops the whole copy, is taken: for whoever names it.
    :raises ZnodeError: when Kafka would not have written them.
    """
    path = f"{ACL_FOLDERS[pattern]}/{resource}/{name}"
    if is_null_data(data):
        return frozenset()
    node = object_of(path, data)
    entries = node.get("acls")
    if int_of(path, node, "version") != _ACL_VERSION or not isinstance(entries, list):
        raise ZnodeError(path, f"contains no ACLs of version {_ACL_VERSION}")
    found = frozenset(_acl(path, entry, resource, pattern, name) for entry in entries)
    without = next((each.principal for each in found if ":" not in each.principal), None)
    if without is not None and not any_principal:
        raise ZnodeError(path, f"contains an ACL for {without!r}, a principal without a type such as User:")
    return found


def _acl(path: str, entry: t.Any, resource: str, pattern: str, name: str) -> Acl:
    fields = [entry.get(each) if isinstance(entry, dict) else None for each in _ACL_FIELDS]
    if not all(isinstance(each, str) for each in fields):
        raise ZnodeError(path, f"contains an ACL without {', '.join(_ACL_FIELDS[:-1])} or {_ACL_FIELDS[-1]}")
    principal, host, operation, permission = map(str, fields)
    return Acl(
        resource, pattern, name, principal, host, canonical(OPERATIONS, operation), canonical(PERMISSIONS, permission)
    )


def parse_scram(settings: Mapping[str, str], path: str) -> dict[str, str]:
    """Return the digest of each SCRAM credential of a user, by mechanism.

    :param settings: of the user's znode; what is no credential is left alone.
    :raises ZnodeError: when a credential is not as Kafka writes it.
    """
    return {each: _credential(each, settings[each], path) for each in MECHANISMS.values() if each in settings}


def _credential(mechanism: str, text: str, path: str) -> str:
    pairs = {name: value for name, _sign, value in (each.partition("=") for each in text.split(","))}
    try:
        if pairs.keys() != _SCRAM_FIELDS:
            raise KeyError
        salt, stored, server = (base64.b64decode(pairs[n], validate=True) for n in ("salt", "stored_key", "server_key"))
        return scram_digest(mechanism, salt, stored, server, int(pairs["iterations"]))
    except (KeyError, ValueError):
        raise ZnodeError(path, f"contains a {mechanism} credential that is not in Kafka's form") from None


def parse_token(data: bytes, token_id: str) -> DelegationToken | None:
    """Return a token; None for a znode without a value. Principals are URL-encoded there (``Sanitizer``).

    :raises ZnodeError: when Kafka would not have written it.
    """
    path = f"{TOKENS}/{token_id}"
    if is_null_data(data):
        return None
    node = object_of(path, data)
    owner, renewers = node.get("owner"), node.get("renewers")
    # Before version 3 (KIP-373) a token could be had for oneself alone.
    requester = node.get("tokenRequester", owner)
    if not isinstance(owner, str) or not isinstance(requester, str) or not isinstance(renewers, list):
        raise ZnodeError(path, "contains no token with owner and renewers")
    return DelegationToken(
        owner=urllib.parse.unquote(owner),
        requester=urllib.parse.unquote(requester),
        renewers=tuple(sorted(urllib.parse.unquote(str(each)) for each in renewers)),
        issued_ms=int_of(path, node, "issueTimestamp"),
        expires_ms=int_of(path, node, "expiryTimestamp"),
        ends_ms=int_of(path, node, "maxTimestamp"),
    )
