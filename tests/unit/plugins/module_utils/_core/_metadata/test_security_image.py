# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ACLs, credentials and tokens, as an image has them."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_image import (
    OPERATIONS,
    PERMISSIONS,
    RESOURCES,
    Acl,
    canonical,
    named,
    scram_digest,
)


def test_names_and_codes() -> None:
    assert [named(OPERATIONS, code) for code in (0, 3, 14, 15)] == ["Unknown", "Read", "DescribeTokens", "Unknown"]
    assert [canonical(PERMISSIONS, name) for name in ("allow", "DENY", "Allow", "Maybe")] == [
        *("Allow", "Deny", "Allow", "Unknown"),
    ]
    assert named(RESOURCES, 5) == "TransactionalId"


@pytest.mark.parametrize(
    ("pattern", "name", "principal", "doubtful"),
    [
        ("literal", "*", "User:*", False),
        ("literal", "orders", "User:app", False),
        ("prefixed", "orders", "User:app", False),
        ("prefixed", "*", "User:app", True),
        ("prefixed", "orders*", "User:app", True),
        ("literal", "orders*", "User:app", True),
        ("literal", "orders", "User:app*", True),
        ("literal", "orders", "User:CN=*.kafka", True),
    ],
)
def test_wildcards(pattern: str, name: str, principal: str, doubtful: bool) -> None:
    acl = Acl("Topic", pattern, name, principal, "*", "Read", "Allow")
    assert acl.doubtful_wildcard == doubtful


def test_every_part_of_a_credential_counts() -> None:
    usual = ("SCRAM-SHA-512", b"salt", b"stored", b"server", 4096)
    others = [
        ("SCRAM-SHA-256", b"salt", b"stored", b"server", 4096),
        ("SCRAM-SHA-512", b"salts", b"tored", b"server", 4096),
        ("SCRAM-SHA-512", b"salt", b"server", b"stored", 4096),
        ("SCRAM-SHA-512", b"salt", b"stored", b"server", 8192),
    ]
    digests = {scram_digest(*each) for each in [usual, *others]}
    assert len(digests) == 5
    assert scram_digest(*usual) in digests
