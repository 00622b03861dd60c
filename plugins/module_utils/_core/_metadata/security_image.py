# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ACLs, SCRAM credentials and delegation tokens, as an image has them.

ZooKeeper names types, operations and permissions (``SecurityUtils``), KRaft has their codes (``ResourceType``, ``PatternType``,
``AclOperation``, ``AclPermissionType``, ``ScramMechanism``, 3.7 to 3.9). Here they have ZooKeeper's names. Codes and names that are
not known here are what Kafka 3.9 itself makes of them: ``Unknown``.
"""

from __future__ import annotations

import hashlib
import typing as t
from collections.abc import Mapping
from dataclasses import asdict, dataclass

LITERAL, PREFIXED = "literal", "prefixed"
UNKNOWN = "Unknown"

RESOURCES = {2: "Topic", 3: "Group", 4: "Cluster", 5: "TransactionalId", 6: "DelegationToken", 7: "User"}
"""``ResourceType``: code to the name of its folder in ZooKeeper."""

PATTERNS = {3: LITERAL, 4: PREFIXED}
"""``PatternType``: those that an ACL may have."""

OPERATIONS = dict(
    enumerate(
        (
            *("Any", "All", "Read", "Write", "Create", "Delete", "Alter", "Describe", "ClusterAction"),
            *("DescribeConfigs", "AlterConfigs", "IdempotentWrite", "CreateTokens", "DescribeTokens"),
        ),
        start=1,
    )
)
"""``AclOperation``."""

PERMISSIONS = {1: "Any", 2: "Deny", 3: "Allow"}
"""``AclPermissionType``."""

MECHANISMS = {1: "SCRAM-SHA-256", 2: "SCRAM-SHA-512"}
"""``ScramMechanism``."""

_WILDCARD = "*"


@dataclass(frozen=True, order=True)
class Acl:
    """One access control entry.

    :ivar resource: a value of :data:`RESOURCES`.
    :ivar pattern: ``literal`` or ``prefixed``.
    :ivar principal: with its type: ``User:alice``.
    :ivar operation: a value of :data:`OPERATIONS`.
    :ivar permission: ``Allow`` or ``Deny``.
    """

    resource: str
    pattern: str
    name: str
    principal: str
    host: str
    operation: str
    permission: str

    @property
    def key(self) -> str:
        """Return it as one word, the same in every comparison: ``Topic/literal/orders/User:app/*/Read/Allow``."""
        return "/".join(self.as_dict().values())

    @property
    def sentence(self) -> str:
        """Return it for people: ``the ACL Allow Read for User:app from host * on Topic orders (literal)``."""
        return (
            f"the ACL {self.permission} {self.operation} for {self.principal} from host {self.host} "
            f"on {self.resource} {self.name} ({self.pattern})"
        )

    @property
    def doubtful_wildcard(self) -> bool:
        """Whether an asterisk in it does not mean what it seems to mean.

        Only ``*`` alone, as a literal name or as the name of a principal, stands for everything. A prefix ``*``, ``orders*`` or a
        principal ``User:app*`` is taken as it is written. Kafka copies such ACLs as they are (``AclControlManager.replay``).
        """
        name = _WILDCARD in self.name and (self.pattern == PREFIXED or self.name != _WILDCARD)
        principal = self.principal.partition(":")[2]
        return name or (_WILDCARD in principal and principal != _WILDCARD)

    def as_dict(self) -> dict[str, str]:
        """Return it for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class DelegationToken:
    """Who may use a token, and for how long. Its HMAC is what a client logs in with; it is not here.

    :ivar owner: principal, ``User:app``.
    :ivar requester: principal who asked for it.
    :ivar renewers: principals, in the order of the alphabet.
    :ivar issued_ms: when, in milliseconds since 1970; likewise the others.
    :ivar expires_ms: when it ends unless it is renewed.
    :ivar ends_ms: up to when it can be renewed.
    """

    owner: str
    requester: str
    renewers: tuple[str, ...]
    issued_ms: int
    expires_ms: int
    ends_ms: int

    def as_dict(self) -> dict[str, t.Any]:
        """Return it for JSON."""
        return {**asdict(self), "renewers": list(self.renewers)}


def named(names: Mapping[int, str], code: int) -> str:
    """Return the name of a code, :data:`UNKNOWN` for one that is not known here."""
    return names.get(code, UNKNOWN)


def canonical(names: Mapping[int, str], text: str) -> str:
    """Return a name as the table spells it; Kafka reads them without regard to case."""
    return next((name for name in names.values() if name.lower() == text.lower()), UNKNOWN)


def scram_digest(mechanism: str, salt: bytes, stored_key: bytes, server_key: bytes, iterations: int) -> str:
    """Return a SHA-256 (hexadecimal) over a SCRAM credential.

    It is the same in every run, and says nothing of the password: the keys are 256 bits or more, and the salt is not shown.
    """
    found = hashlib.sha256()
    for part in (mechanism.encode(), salt, stored_key, server_key, str(iterations).encode()):
        found.update(len(part).to_bytes(4, "big") + part)
    return found.hexdigest()
