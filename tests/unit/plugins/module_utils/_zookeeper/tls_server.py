# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small server that speaks ZooKeeper's protocol over TLS, on the loopback, and the certificates for it."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Pair:
    """A certificate with its key, in PEM."""

    certificate: bytes
    key: bytes

    @property
    def both(self) -> bytes:
        return self.key + self.certificate


class Authority:
    """Signs certificates; skips the test where the library is not there."""

    def __init__(self, name: str) -> None:
        pytest.importorskip("cryptography")
        self.pair = self.issue(name, authority=True)

    def issue(self, name: str, *hosts: str, authority: bool = False, ends: datetime.timedelta = DAY) -> Pair:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, name)])
        issuer, signing = subject, key
        if not authority:
            issuer = x509.load_pem_x509_certificate(self.pair.certificate).subject
            loaded = serialization.load_pem_private_key(self.pair.key, None)
            assert isinstance(loaded, ec.EllipticCurvePrivateKey)
            signing = loaded
        end = datetime.datetime.now(datetime.UTC) + ends
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - 3 * DAY)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in hosts]), False)
        made = builder.sign(signing, hashes.SHA256())
        encoding, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return Pair(
            made.public_bytes(encoding),
            key.private_bytes(encoding, private, serialization.NoEncryption()),
        )


class TlsServer:
    """Grants a session to whoever connects, and answers each request with an empty znode.

    :ivar together: answers that are sent in one record of TLS.
    """

    def __init__(self, folder: Path, pair: Pair, clients: bytes | None = None) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        file = folder / "server.pem"
        file.write_bytes(pair.both)
        self.context.load_cert_chain(file)
        if clients is not None:
            self.context.verify_mode = ssl.CERT_REQUIRED
            self.context.load_verify_locations(cadata=clients.decode())
        self.together = 1
        self.subjects: list[Any] = []
        self.names_asked: list[str | None] = []
        self.context.sni_callback = lambda _socket, name, _context: self.names_asked.append(name)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), plain:
            plain.settimeout(10)
            with self.context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False) as secure:
                self._shake_hands(secure)
                self.subjects.append((secure.getpeercert() or {}).get("subject"))
                self._talk(secure)

    def _shake_hands(self, secure: ssl.SSLSocket) -> None:
        try:
            secure.do_handshake()
        except ssl.SSLError:
            # closed at once, with bytes that nobody has read, the client would see a reset instead of the alert
            threading.Event().wait(0.2)
            raise

    def _talk(self, secure: ssl.SSLSocket) -> None:
        _frame(secure)
        # protocol version, timeout in ms, session id, length of the password, password, read-only
        _send(secure, struct.pack(">iiqi16sb", 0, 10_000, 7, 16, b"p" * 16, 0))
        held = []
        while True:
            request = _frame(secure)
            xid, kind = struct.unpack(">ii", request[:8])
            if kind == -11:  # close
                _send(secure, struct.pack(">iqi", xid, 1, 0))
                return
            stat = struct.pack(">qqqqiiiqiiq", *[0] * 11)
            body = stat if kind == 3 else struct.pack(">i", 0) + stat
            held.append(_framed(struct.pack(">iqi", xid, 1, 0) + (body if kind in (3, 4) else b"")))
            if len(held) >= self.together:
                secure.sendall(b"".join(held))
                held = []

    def close(self) -> None:
        self.listener.close()


def _framed(body: bytes) -> bytes:
    return struct.pack(">i", len(body)) + body


def _send(secure: ssl.SSLSocket, body: bytes) -> None:
    secure.sendall(_framed(body))


def _frame(secure: ssl.SSLSocket) -> bytes:
    return _exactly(secure, struct.unpack(">i", _exactly(secure, 4))[0])


def _exactly(secure: ssl.SSLSocket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = secure.recv(count - len(found))
        if not more:
            raise ValueError("closed")
        found += more
    return found


@contextlib.contextmanager
def serving(folder: Path, pair: Pair, clients: bytes | None = None) -> Iterator[TlsServer]:
    """Run a server as long as the block runs."""
    server = TlsServer(folder, pair, clients)
    try:
        yield server
    finally:
        server.close()
