# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests by which somebody logs in at a listener with SASL, and their answers: SaslHandshake and SaslAuthenticate.

Pure. Source: SaslHandshakeRequest.json (version 1, never flexible) and SaslAuthenticateRequest.json (version 2, since Kafka 2.5).
"""

from __future__ import annotations

import struct

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.kafka_bytes import (
    NO_TAGS,
    Malformed,
    uvarint,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.quorum_messages import (
    CLIENT,
    Denied,
    answer_body,
    request_header,
)

HANDSHAKE, HANDSHAKE_VERSION = 17, 1
AUTHENTICATE, AUTHENTICATE_VERSION = 36, 2

UNSUPPORTED_MECHANISM = 33
ILLEGAL_STATE = 34
LOGIN_FAILED = 58


class NotEnabled(Denied):
    """The listener has other mechanisms.

    :ivar enabled: their names.
    """

    def __init__(self, enabled: tuple[str, ...]) -> None:
        super().__init__(UNSUPPORTED_MECHANISM)
        self.enabled = enabled


def ask_handshake(correlation: int, mechanism: str) -> bytes:
    """Return a SaslHandshake request."""
    client, name = CLIENT.encode(), mechanism.encode()
    head = struct.pack(">hhih", HANDSHAKE, HANDSHAKE_VERSION, correlation, len(client)) + client
    return head + struct.pack(">h", len(name)) + name


def read_handshake(message: bytes, correlation: int) -> None:
    """Read the answer.

    :raises NotEnabled: when the listener does not have that mechanism.
    :raises Denied: when the answer is another error: ILLEGAL_SASL_STATE where nobody logs in.
    :raises Malformed: when the bytes are no such answer.
    """
    reader = answer_body(message, correlation, header_tags=False)
    error, count = reader.int16(), reader.int32()
    if not 0 <= count <= reader.left:
        raise Malformed(f"{count} mechanisms are announced, and {reader.left} bytes are there")
    enabled = tuple(reader.raw(reader.int16()).decode("ascii", "replace") for _index in range(count))
    if error == UNSUPPORTED_MECHANISM:
        raise NotEnabled(enabled)
    if error:
        raise Denied(error)


def ask_authenticate(correlation: int, token: bytes) -> bytes:
    """Return a SaslAuthenticate request."""
    head = request_header(AUTHENTICATE, AUTHENTICATE_VERSION, correlation)
    return head + uvarint(len(token) + 1) + token + NO_TAGS


def read_authenticate(message: bytes, correlation: int) -> bytes:
    """Return what the other side says in the exchange of the mechanism.

    :raises Denied: when the answer is an error: SASL_AUTHENTICATION_FAILED for a wrong password. Its text is the server's own, and is left
        out: nobody knows what is in it.
    :raises Malformed: when the bytes are no such answer.
    """
    reader = answer_body(message, correlation)
    error = reader.int16()
    reader.compact_string()
    token = reader.compact_bytes()
    if error:
        raise Denied(error)
    return token or b""


def plain_token(username: str, password: str) -> bytes:
    """Return the one message of PLAIN (RFC 4616)."""
    return b"\0".join((b"", username.encode(), password.encode()))
