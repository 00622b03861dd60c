# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sockets of a session with ZooKeeper that logs in. Private to the collection.

kazoo's own TLS is not used: it trusts every authority of the machine besides the given one, compares names with the address that it
connects to (here the local end of a forwarded port), before 2.10 takes a server without a certificate, and waits for bytes on a socket
that TLS has read already: of answers that come in one record it sees the next one only when something else arrives.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.peer_names import (
    certificate_names,
    is_named,
)

_Threads: Any
try:
    from kazoo.handlers.threading import SequentialThreadingHandler as _Threads
except ImportError:
    # session.py says that it is missing
    _Threads = object

PROBE_SECONDS = 3.0
_GIVEN_IN = "the Secret of kraft_zookeeper_secret"
_EXPIRED, _NOT_YET = 10, 9
_UNKNOWN_ISSUER = (2, 18, 19, 20, 21)
_OURS = (
    "ALERT_CERTIFICATE",
    "ALERT_BAD_CERTIFICATE",
    "ALERT_UNKNOWN_CA",
    "ALERT_HANDSHAKE_FAILURE",
    "ALERT_ACCESS_DENIED",
)
_VERSIONS = ("UNSUPPORTED_PROTOCOL", "ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE")
_PLAINTEXT = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")


class WrongName(ssl.SSLCertVerificationError):
    """The server's certificate is good, but of somebody else. The message is a clause."""


class Sockets(_Threads):  # type: ignore[misc]
    """kazoo's threads, with sockets of our own.

    :ivar problem: why a connection failed in TLS last, None when none did.
    :ivar failures: connections that failed in TLS.
    """

    def __init__(self, context: ssl.SSLContext | None, names: Sequence[str], verify_names: bool) -> None:
        super().__init__()
        self._context, self._names, self._verify_names = context, tuple(names), verify_names
        self.problem: Exception | None = None
        self.failures = 0
        self._socket: socket.socket | None = None
        if context is not None:
            context.sslsocket_class = _noting(self.lost)

    def failed(self, problem: Exception) -> None:
        """Note why TLS failed."""
        self.problem = problem
        self.failures += 1

    def lost(self, problem: OSError) -> None:
        """Note how a connection ended after the handshake: an alert says why; one that just breaks counts when TLS failed before."""
        if isinstance(problem, ssl.SSLError) and "ALERT" in (problem.reason or ""):
            self.problem = problem
        if self.problem is not None:
            self.failures += 1

    def create_connection(
        self, address: tuple[str, int], timeout: float | None = None, **_options: Any
    ) -> socket.socket:
        """Connect as kazoo asks for; all that it says about TLS is left out."""
        plain = socket.create_connection(address, timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = plain
        if self._context is None:
            return plain
        try:
            secure = self._context.wrap_socket(plain, server_hostname=next(iter(self._names), None))
        except OSError as error:
            plain.close()
            self.failed(error)
            raise
        try:
            self._check_names(secure)
        except WrongName as error:
            secure.close()
            self.failed(error)
            raise
        self._socket = secure
        return secure

    def cut(self) -> None:
        """Break the connection: a server without SASL answers each step of a login with nothing, and kazoo begins it again without end."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _check_names(self, secure: ssl.SSLSocket) -> None:
        certificate = secure.getpeercert() or {}
        if self._verify_names and not is_named(certificate, self._names):
            has = ", ".join(name for _kind, name in certificate_names(certificate)) or "no name"
            raise WrongName(f"its certificate names {has}, and none of {', '.join(self._names)}")

    def select(self, *args: Any, **kwargs: Any) -> Any:
        """Wait as kazoo does, but never for what TLS has read already."""
        readers = args[0] if args else ()
        waiting = [each for each in readers if isinstance(each, ssl.SSLSocket) and each.pending() > 0]
        if not waiting:
            return super().select(*args, **kwargs)
        others = super().select([each for each in readers if each not in waiting], *args[1:3], 0)
        return [*waiting, *others[0]], others[1], others[2]

    def spawn(self, func: Callable[..., None], *args: Any, **kwargs: Any) -> Any:
        """Start a thread; an error that kazoo does not expect ends it, and is not written to the terminal."""

        def quiet() -> None:
            with contextlib.suppress(Exception):
                func(*args, **kwargs)

        return super().spawn(quiet)


def _noting(lost: Callable[[OSError], None]) -> type[ssl.SSLSocket]:
    """Return sockets that tell of an alert after the handshake: with TLS 1.3 a client hears only then that its certificate is not liked."""

    class Noting(ssl.SSLSocket):
        def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
            try:
                return super().recv(buflen, flags)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                raise
            except OSError as error:
                lost(error)
                raise

        def send(self, data: Any, flags: int = 0) -> int:
            try:
                return super().send(data, flags)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                raise
            except OSError as error:
                # the alert may have come before, and nobody has read it yet
                with contextlib.suppress(OSError):
                    self.recv(1)
                lost(error)
                raise

    return Noting


def tls_reason(problem: Exception, *, has_certificate: bool) -> str:
    """Return why TLS failed and what to do, to go after "ZooKeeper at ...: "."""
    if isinstance(problem, WrongName):
        return f"{problem.args[-1]}: use the names of its certificate in zookeeper.connect, or have a certificate made that names them"
    if isinstance(problem, ssl.SSLCertVerificationError):
        return _verification_reason(problem)
    if isinstance(problem, TimeoutError):
        return (
            "it did not answer the handshake of TLS in time: check that the port is the one for TLS (secureClientPort)"
        )
    reason = (problem.reason or "") if isinstance(problem, ssl.SSLError) else ""
    if any(each in reason for each in _OURS) and has_certificate:
        return f"it refuses our certificate ({reason}): use one that its trust store knows and that has not expired"
    if any(each in reason for each in _OURS):
        return f"it asks for a certificate of the client ({reason}): add tls.crt and tls.key, or keystore.p12, to {_GIVEN_IN}"
    if any(each in reason for each in _VERSIONS):
        return f"it has no version of TLS that this machine allows ({reason}): enable TLSv1.2 or TLSv1.3 on it"
    if any(each in reason for each in _PLAINTEXT) or isinstance(problem, ssl.SSLEOFError) or not reason:
        more = "" if has_certificate else ", and that it asks for no certificate of the client (ssl.clientAuth)"
        return f"it ended the handshake of TLS: check that the port is the one for TLS (secureClientPort){more}"
    return f"TLS failed ({reason}): check its certificate and its cipher suites"


def _verification_reason(problem: ssl.SSLCertVerificationError) -> str:
    code = problem.verify_code
    if code == _EXPIRED:
        return "its certificate, or that of its authority, has expired: renew it"
    if code == _NOT_YET:
        return "its certificate is not valid yet: check the clocks of this machine and of the authority"
    if code in _UNKNOWN_ISSUER:
        return f"its certificate comes from an authority that is not trusted: give the right one, as ca.crt or truststore.p12 in {_GIVEN_IN}"
    return f"its certificate is refused ({problem.verify_message}): have a new one made"


def speaks_tls(host: str, port: int, timeout: float = PROBE_SECONDS) -> bool:
    """Whether a server answers the beginning of TLS. Nothing is trusted, and nothing is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), timeout) as plain, context.wrap_socket(plain):
            return True
    except ssl.SSLError as error:
        # an alert is an answer
        return "ALERT" in (error.reason or "")
    except OSError:
        return False
