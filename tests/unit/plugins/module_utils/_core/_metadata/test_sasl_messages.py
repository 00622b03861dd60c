# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SaslHandshake and SaslAuthenticate."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import sasl_messages as messages
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.kafka_bytes import Malformed
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.quorum_messages import Denied


def test_requests() -> None:
    assert messages.ask_handshake(7, "PLAIN") == b"\0\x11\0\1\0\0\0\7\0\x0ekafkaops-kraft\0\5PLAIN"
    assert messages.ask_authenticate(8, b"abc") == b"\0\x24\0\2\0\0\0\x08\0\x0ekafkaops-kraft\0\4abc\0"
    assert messages.plain_token("us", "pä") == b"\0us\0p\xc3\xa4"


def test_a_mechanism_that_is_enabled() -> None:
    messages.read_handshake(b"\0\0\0\1\0\0\0\0\0\1\0\5PLAIN", 1)


def test_one_that_is_not() -> None:
    with pytest.raises(messages.NotEnabled, match="UNSUPPORTED_SASL_MECHANISM") as raised:
        messages.read_handshake(b"\0\0\0\1\0\x21\0\0\0\2\0\1A\0\1B", 1)
    assert raised.value.enabled == ("A", "B")


def test_a_listener_without_sasl() -> None:
    with pytest.raises(Denied, match="ILLEGAL_SASL_STATE"):
        messages.read_handshake(b"\0\0\0\1\0\x22\0\0\0\0", 1)


@pytest.mark.parametrize(
    "answer", [b"\0\0\0\2\0\0\0\0\0\0", b"\0\0\0\1\0\0\xff\xff\xff\xff", b"\0\0\0\1\0\0\0\0\0\1\0\5A"]
)
def test_no_answer(answer: bytes) -> None:
    with pytest.raises(Malformed):
        messages.read_handshake(answer, 1)


def test_a_token() -> None:
    assert messages.read_authenticate(b"\0\0\0\1\0\0\0\0\4abc" + bytes(8) + b"\0", 1) == b"abc"
    assert messages.read_authenticate(b"\0\0\0\1\0\0\0\0\0" + bytes(8) + b"\0", 1) == b""


def test_a_refusal_does_not_say_what_the_other_side_says() -> None:
    with pytest.raises(Denied) as raised:
        messages.read_authenticate(b"\0\0\0\1\0\0\x3a\7c4n4ry\1" + bytes(8) + b"\0", 1)
    assert str(raised.value) == "SASL_AUTHENTICATION_FAILED"
    assert raised.value.number == messages.LOGIN_FAILED
