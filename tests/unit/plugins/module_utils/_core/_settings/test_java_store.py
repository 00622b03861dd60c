# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of a store that keytool wrote; what is none, or cut off anywhere, is said."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.java_store import Damaged, JavaStore, parse

from tests.unit.plugins.module_utils.java_stores import KEYS, TRUST


def test_a_trust_store() -> None:
    found = parse(TRUST)
    assert (len(found.trusted), found.chains) == (1, ())
    assert found.anchors == found.trusted
    assert found.trusted[0][:2] == b"\x30\x82"
    assert b"authority" in found.trusted[0]


def test_a_key_store() -> None:
    found = parse(KEYS)
    ((own, issuer),) = found.chains
    assert b"*.kafka-kraft.demo.svc" in own
    assert found.trusted == (issuer,) == parse(TRUST).trusted
    assert found.anchors == (issuer, own)
    assert "b'" not in repr(found)
    assert JavaStore(((), (b"a", b"b"))).anchors == (b"a",)


@pytest.mark.parametrize("end", [0, 3, 8, 11, 12, 15, 30, 200, len(TRUST) - 21, len(TRUST) - 1])
def test_a_store_that_is_cut_off(end: int) -> None:
    with pytest.raises(Damaged):
        parse(TRUST[:end])


@pytest.mark.parametrize(
    "content",
    [
        b"\xce\xce\xce\xce" + TRUST[4:],
        TRUST[:7] + b"\x01" + TRUST[8:],
        TRUST[:15] + b"\x03" + TRUST[16:],
        TRUST + b"\0",
        TRUST[:11] + b"\x02" + TRUST[12:],
    ],
)
def test_what_is_no_such_store(content: bytes) -> None:
    with pytest.raises(Damaged):
        parse(content)
