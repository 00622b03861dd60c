# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what in a secured fixture: users, ACLs, quotas, and the topics that they are about. Pure data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..config import SandboxError

#: have a SCRAM-SHA-512 credential, and a certificate where there is TLS
USERS = ("broker", "admin", "traffic", "app", "metered", "intruder")
#: of SCRAM; 4096 is Kafka's default, and another number shows whether it is kept
ITERATIONS = 8192
SUPER_USERS = "User:broker;User:admin"

#: topics: one that the prefixed ACL opens, one that a DENY closes again, one that no ACL names, the one of the quota
OPEN, CLOSED, UNNAMED, METERED = "orders-open", "orders-closed", "nobody", "metered"
TOPICS = (OPEN, CLOSED, UNNAMED, METERED)
#: bytes a second that the user ``metered`` may produce
QUOTA = 10240


@dataclass(frozen=True)
class Acl:
    """One ACL, in the words of Kafka's Admin API."""

    resource: str
    name: str
    pattern: str
    principal: str
    operation: str
    permission: str = "ALLOW"


def _allow(principal: str, resource: str, name: str, pattern: str, *operations: str) -> list[Acl]:
    return [Acl(resource, name, pattern, f"User:{principal}", operation) for operation in operations]


def acls(topic: str = "traffic") -> list[Acl]:
    """Return all ACLs, DENY first: nobody is let in for a moment while they are written one after the other.

    topic: of the live traffic. The intruder may describe one topic: so what it tries there is refused by each leader, not for lack of metadata.
    No DENY names it: nothing but the lack of an ALLOW keeps it out.
    """
    return [
        Acl("TOPIC", CLOSED, "LITERAL", "User:app", "WRITE", "DENY"),
        *_allow("app", "TOPIC", "orders-", "PREFIXED", "READ", "WRITE", "DESCRIBE"),
        *_allow("app", "GROUP", "orders-", "PREFIXED", "READ"),
        *_allow("app", "TRANSACTIONAL_ID", "orders-", "PREFIXED", "WRITE", "DESCRIBE"),
        *_allow("legacy", "TOPIC", OPEN, "LITERAL", "READ", "DESCRIBE"),
        *_allow("dynamic", "TOPIC", OPEN, "LITERAL", "READ", "DESCRIBE"),
        *_allow("metered", "TOPIC", METERED, "LITERAL", "WRITE", "DESCRIBE"),
        *_allow("traffic", "TOPIC", topic, "PREFIXED", "READ", "WRITE", "DESCRIBE"),
        *_allow("traffic", "GROUP", "traffic-", "PREFIXED", "READ"),
        *_allow("intruder", "TOPIC", OPEN, "LITERAL", "DESCRIBE"),
        *_allow("monitor", "TOPIC", "*", "LITERAL", "DESCRIBE"),
        *_allow("monitor", "CLUSTER", "kafka-cluster", "LITERAL", "DESCRIBE"),
        *_allow("monitor", "DELEGATION_TOKEN", "*", "LITERAL", "DESCRIBE"),
    ]


def quotas() -> list[dict[str, Any]]:
    """Return quotas of each kind of entity; only the first one is ever reached. A name None is the default entity."""
    return [
        {"entity": {"user": "metered"}, "values": {"producer_byte_rate": QUOTA}},
        {"entity": {"user": "app", "client-id": "batch"}, "values": {"consumer_byte_rate": 50_000_000}},
        {"entity": {"client-id": None}, "values": {"request_percentage": 1000}},
        {"entity": {"user": "o'neil@example.com/x"}, "values": {"controller_mutation_rate": 50}},
        {"entity": {"ip": "192.0.2.7"}, "values": {"connection_creation_rate": 20}},
    ]


def preparation(topic: str = "traffic") -> dict[str, Any]:
    """Return what the helper has to make, as plain data: ACLs, quotas, topics and the topics that get a record in each partition."""
    return {
        "acls": [asdict(acl) for acl in acls(topic)],
        "quotas": quotas(),
        "topics": [f"{name} 3" for name in TOPICS],
        "seeded": list(TOPICS),
    }


def topic_line(line: str, brokers: int) -> str:
    """Return ``name partitions`` as a line that names the replicas as well. Raises SandboxError for anything else."""
    words = line.split()
    if len(words) != 2 or brokers < 1:
        raise SandboxError(f"{line!r} is not a topic and its partitions, or there are {brokers} brokers")
    factor = min(3, brokers)
    return f"{line} {factor} min.insync.replicas={2 if factor == 3 else 1}"
