# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SCRAM as a client (RFC 5802, RFC 7677), without channel binding, as Kafka's ``ScramSaslClient`` does it.

Pure: the nonce comes from the caller. No message of an error holds a word of the exchange.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.kafka_bytes import Malformed

HASHES = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}
#: iterations that a client accepts: fewer are too weak (``ScramMechanism``), and a liar must not keep it busy for ever
FEWEST, MOST = 4096, 1_000_000
_NO_BINDING = "n,,"


class NotTheServer(ValueError):
    """The other side could not prove that it knows the password."""


class Scram:
    """One login: ``first()``, then ``final(...)``, then ``verify(...)``."""

    def __init__(self, mechanism: str, username: str, password: str, nonce: str) -> None:
        """Take who logs in.

        :param mechanism: a key of HASHES.
        :param nonce: printable ASCII without a comma, new for each login.
        """
        self._hash = HASHES[mechanism]
        self._password, self._nonce = password.encode(), nonce
        self._bare = f"n={username.replace('=', '=3D').replace(',', '=2C')},r={nonce}"
        self._signature = b""

    def first(self) -> bytes:
        """Return the client's first message."""
        return f"{_NO_BINDING}{self._bare}".encode()

    def final(self, answer: bytes) -> bytes:
        """Return the client's last message.

        :param answer: the server's first message.
        :raises Malformed: when that is none.
        """
        given = _attributes(answer, "r", "s", "i")
        nonce, count = given["r"], given["i"]
        if not nonce.startswith(self._nonce) or nonce == self._nonce:
            raise Malformed("its nonce does not begin with ours")
        if not (count.isascii() and count.isdecimal()) or not FEWEST <= int(count) <= MOST:
            raise Malformed(f"its number of iterations is not between {FEWEST} and {MOST}")
        salted = hashlib.pbkdf2_hmac(self._hash, self._password, _decoded(given["s"]), int(count))
        client_key = self._mac(salted, b"Client Key")
        bare = f"c={base64.b64encode(_NO_BINDING.encode()).decode()},r={nonce}".encode()
        said = b",".join((self._bare.encode(), answer, bare))
        proof = _xor(client_key, self._mac(hashlib.new(self._hash, client_key).digest(), said))
        self._signature = self._mac(self._mac(salted, b"Server Key"), said)
        return bare + b",p=" + base64.b64encode(proof)

    def verify(self, answer: bytes) -> None:
        """Check the server's last message.

        :raises NotTheServer: when its signature is wrong.
        :raises Malformed: when it has none.
        """
        if not hmac.compare_digest(_decoded(_attributes(answer, "v")["v"]), self._signature):
            raise NotTheServer("its signature is not one of somebody who knows the password")

    def _mac(self, key: bytes, text: bytes) -> bytes:
        return hmac.new(key, text, self._hash).digest()


def _attributes(message: bytes, *names: str) -> dict[str, str]:
    parts = message.decode("utf-8", "replace").split(",")
    found = {each[:1]: each[2:] for each in parts if each[1:2] == "="}
    if any(name not in found for name in names):
        raise Malformed("a message of SCRAM lacks a part")
    return found


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("a message of SCRAM has a part that is not base64") from None


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
