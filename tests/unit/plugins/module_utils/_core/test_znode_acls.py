# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the ACL of a znode lets a session do."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.znode_acls import (
    ADMIN,
    CREATE,
    DELETE,
    READ,
    WRITE,
    Change,
    Entry,
    Identity,
    guard_of,
    judge,
)

ALL = READ | WRITE | CREATE | DELETE | ADMIN
KAFKA = Entry(ALL, "sasl", "kafka")
#: as Kafka makes most znodes with zookeeper.set.acl=true
BY_KAFKA = [KAFKA, Entry(READ, "world", "anyone")]
DN = "CN=broker,O=Example"
HIDDEN = Unknown("no library")


@pytest.mark.parametrize(
    ("path", "change", "guard"),
    [
        ("/controller_epoch", "set", "/controller_epoch"),
        ("/controller", "delete", "/"),
        ("/a/b", "delete", "/a"),
    ],
)
def test_whose_acl_decides(path: str, change: Change, guard: str) -> None:
    assert guard_of(path, change) == guard


@pytest.mark.parametrize(
    ("acl", "who", "allowed"),
    [
        (BY_KAFKA, Identity("kafka"), True),
        (BY_KAFKA, Identity("super"), True),
        (BY_KAFKA, Identity("other"), False),
        (BY_KAFKA, Identity(), False),
        ([Entry(ALL - WRITE, "sasl", "kafka")], Identity("kafka"), False),
        ([Entry(ALL, "sasl", "")], Identity(), False),
        ([Entry(WRITE, "world", "anyone")], Identity(), True),
        ([Entry(WRITE, "world", "else")], Identity(), False),
        ([Entry(ALL, "x509", DN)], Identity(x509=DN), True),
        ([Entry(ALL, "x509", DN)], Identity(x509="CN=other"), False),
        ([Entry(ALL, "x509", "")], Identity(), False),
        ([Entry(ALL, "x509", DN)], Identity(x509=HIDDEN), None),
        ([Entry(ALL, "x509", DN), KAFKA], Identity("kafka", HIDDEN), True),
        ([Entry(READ, "x509", DN)], Identity(x509=HIDDEN), False),
        ([Entry(ALL, "ip", "127.0.0.1")], Identity("kafka"), None),
        ([Entry(ALL, "digest", "kafka:h4sh")], Identity("kafka"), False),
        # what nothing guards
        ([], Identity(), True),
        (None, Identity(), True),
    ],
)
def test_set(acl: list[Entry] | None, who: Identity, allowed: bool | None) -> None:
    right = judge("/controller_epoch", "set", acl, who)
    if allowed is None:
        assert isinstance(right.allowed, Unknown)
        assert right.sentence.startswith(
            "whether this session may set /controller_epoch is unknown: the ACL of /controller_epoch has"
        )
    else:
        assert right.allowed is allowed
        assert bool(right.sentence) is not allowed
    assert "h4sh" not in right.sentence


def test_delete_needs_the_permission_of_the_parent() -> None:
    assert judge("/controller", "delete", [Entry(DELETE, "sasl", "kafka")], Identity("kafka")).allowed is True
    right = judge(
        "/controller",
        "delete",
        [Entry(ALL - DELETE, "sasl", "kafka"), Entry(DELETE, "digest", "a:h4sh")],
        Identity("kafka"),
    )
    assert right.allowed is False
    assert right.sentence == (
        "ZooKeeper would not let this session delete /controller: by the ACL of /, the parent, digest:a may, and the session is sasl:kafka; log in as the "
        "brokers do, see kraft_zookeeper_secret"
    )


@pytest.mark.parametrize(
    ("who", "text"),
    [
        (Identity(), "nobody (it has no login)"),
        (Identity("kafka", DN), f"sasl:kafka and x509:{DN}"),
        (Identity("", HIDDEN), "a certificate"),
    ],
)
def test_who_it_is(who: Identity, text: str) -> None:
    assert str(who) == text


def test_nobody_may() -> None:
    assert (
        ": by the ACL of /e nobody may, and"
        in judge("/e", "set", [Entry(READ, "world", "anyone")], Identity()).sentence
    )


def test_an_acl_that_could_not_be_read_is_no_silence() -> None:
    acl: Reading[list[Entry]] = Unknown("no permission")
    right = judge("/e", "set", acl, Identity())
    assert isinstance(right.allowed, Unknown)
    assert right.sentence.startswith(
        "whether this session may set /e in ZooKeeper could not be read: no permission; log in"
    )
