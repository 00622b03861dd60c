# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controllers with TLS and a login, played on the loopback: they speak the frames of Kafka that a login needs, and check it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import socket
import ssl
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.sandbox.secured.certificates import Identity
from tests.unit.plugins.module_utils.captures import CAPTURES
from tests.unit.plugins.module_utils.played_controllers import frame, silent, take

REAL = CAPTURES["3.9.2"]
HASHES = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}


def server_context(
    folder: Path, identity: Identity, trusted: Identity | None = None, *, tls13: bool = True
) -> ssl.SSLContext:
    """Make the server's side; with ``trusted`` it demands a client certificate."""
    chain = folder / "server.pem"
    chain.write_text(identity.key + identity.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    if not tls13:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if trusted is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=trusted.certificate)
    return context


@dataclass
class Listener:
    """A controller's listener.

    ``users``: passwords; empty: nobody logs in. ``lies``: it signs with another password. ``came``: who logged in.
    """

    context: ssl.SSLContext | None = None
    mechanisms: tuple[str, ...] = ("PLAIN",)
    users: Mapping[str, str] = field(default_factory=dict)
    lies: bool = False
    answers: tuple[bytes, ...] = (REAL.api_versions, REAL.leader)
    came: list[str] = field(default_factory=list)

    def __call__(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), self._secured(sock) as safe:
            first = take(safe)
            if first[:2] == b"\0\x11":
                if not self._login(safe, first):
                    return
                first = take(safe)
            elif self.users:
                return
            for answer in self.answers:
                if not first:
                    return
                safe.sendall(frame(first[4:8] + answer[4:]))
                first = take(safe)
            silent(safe)

    @contextlib.contextmanager
    def _secured(self, sock: socket.socket) -> Iterator[socket.socket]:
        if self.context is None:
            yield sock
            return
        with self.context.wrap_socket(sock, server_side=True) as safe:
            yield safe

    def _login(self, sock: socket.socket, message: bytes) -> bool:
        wanted = _text(message)
        listed = b"".join(struct.pack(">h", len(each)) + each.encode() for each in self.mechanisms)
        error = 0 if wanted in self.mechanisms else 33
        if not self.users:
            error, listed = 34, b""
        count = struct.pack(">hi", error, len(self.mechanisms) if listed else 0)
        sock.sendall(frame(message[4:8] + count + listed))
        if error:
            return False
        return self._plain(sock) if wanted == "PLAIN" else self._scram(sock, HASHES[wanted])

    def _plain(self, sock: socket.socket) -> bool:
        number, token = _token(take(sock))
        _nobody, user, password = token.decode().split("\0")
        return self._decide(sock, number, user, self.users.get(user) == password, b"")

    def _scram(self, sock: socket.socket, name: str) -> bool:
        number, token = _token(take(sock))
        bare = token.decode().removeprefix("n,,")
        user, _comma, nonce = bare.removeprefix("n=").partition(",r=")
        salt = b"salt and pepper"
        first = f"r={nonce}more,s={base64.b64encode(salt).decode()},i=4096"
        _answer(sock, number, 0, first.encode())
        number, token = _token(take(sock))
        last, _comma, proof = token.decode().partition(",p=")
        said = f"{bare},{first},{last}".encode()

        def mac(key: bytes, text: bytes) -> bytes:
            return hmac.new(key, text, name).digest()

        salted = hashlib.pbkdf2_hmac(name, self.users.get(user, "").encode(), salt, 4096)
        key = mac(salted, b"Client Key")
        mask = mac(hashlib.new(name, key).digest(), said)
        expected = bytes(a ^ b for a, b in zip(key, mask, strict=True))
        signature = mac(mac(b"else" if self.lies else salted, b"Server Key"), said)
        fine = user in self.users and base64.b64decode(proof) == expected
        return self._decide(sock, number, user, fine, b"v=" + base64.b64encode(signature))

    def _decide(self, sock: socket.socket, number: bytes, user: str, fine: bool, token: bytes) -> bool:
        _answer(sock, number, 0 if fine else 58, token)
        if fine:
            self.came.append(user)
        return fine


def _text(message: bytes) -> str:
    """The last string of a request that is not flexible."""
    client = struct.unpack(">h", message[8:10])[0]
    return message[10 + client + 2 :].decode()


def _token(message: bytes) -> tuple[bytes, bytes]:
    """Number and token of a SaslAuthenticate request, version 2; the token is shorter than 16 KiB."""
    client = struct.unpack(">h", message[8:10])[0]
    rest = message[10 + client + 1 : -1]
    return message[4:8], rest[2:] if rest[0] & 0x80 else rest[1:]


def _answer(sock: socket.socket, number: bytes, error: int, token: bytes) -> None:
    """Error, a text of its own, the token, and how long the session may last."""
    text = b"\x10Password is bad" if error else b"\0"
    size = len(token) + 1
    varint = bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])
    sock.sendall(frame(number + b"\0" + struct.pack(">h", error) + text + varint + token + bytes(8) + b"\0"))
