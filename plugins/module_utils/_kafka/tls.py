# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS over a forwarded port.

Private to the collection. The local end is 127.0.0.1, which no certificate has: the chain is checked against the given authorities, and the
names against those that the listener has inside the cluster.
"""

from __future__ import annotations

import socket
import ssl

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_security import Security
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.peer_names import (
    certificate_names,
    is_named,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Unreachable
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.tls_stores import (
    BadStore,
    Opened,
    client_context,
    load_keys,
)

CODE = "quorum-tls"
#: names of a certificate that a message lists
_LISTED = 6

# numbers of OpenSSL (x509_vfy.h)
_EXPIRED, _NOT_YET = 10, 9
_UNKNOWN_CA = (2, 18, 19, 20, 21)
#: what the other side says of our certificate, as OpenSSL names the alerts of TLS
_OURS = {
    "CERTIFICATE_REQUIRED": "demands a client certificate",
    "BAD_CERTIFICATE": "refuses our client certificate, or demands one",
    "HANDSHAKE_FAILURE": "refuses our client certificate, demands one, or has no cipher in common with us",
    "UNKNOWN_CA": "does not trust the authority that issued our client certificate",
    "CERTIFICATE_EXPIRED": "says that our client certificate has expired",
    "CERTIFICATE_UNKNOWN": "does not accept our client certificate",
    "UNSUPPORTED_CERTIFICATE": "does not accept our client certificate",
    "DECRYPT_ERROR": "does not accept our client certificate",
    "ACCESS_DENIED": "does not accept our client certificate",
}
_OTHER_PROTOCOL = ("WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")


def secured(sock: socket.socket, security: Security, what: str) -> ssl.SSLSocket:
    """Return a connected socket with TLS; the plain one is no longer usable.

    Its timeout holds for each step of the handshake.

    :param what: whom this talks to, for messages.
    :raises KraftError: ``quorum-tls``: unknown authority, expired certificate, name not covered, our certificate refused, ...
    :raises Unreachable: with that code, when the other side closes the connection, as one does that knows no TLS.
    :raises TimeoutError: when it does not answer in time.
    """
    context = _context(security, what)
    try:
        wrapped = context.wrap_socket(sock, server_hostname=security.names[0] if security.names else None)
    except TimeoutError:
        raise
    except OSError as error:
        raise fault(error, what) from error
    try:
        if security.check_names:
            _check_names(wrapped, security, what)
    except BaseException:
        wrapped.close()
        raise
    return wrapped


def fault(error: OSError, what: str) -> KraftError:
    """Return what an error of a connection with TLS means, in one sentence."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return KraftError(_chain(error, what), code=CODE)
    # an error that Python itself makes has none
    reason = str(getattr(error, "reason", None) or "")
    for alert, meaning in _OURS.items():
        if reason.endswith(f"ALERT_{alert}"):
            return KraftError(f"{what} {meaning}", code=CODE)
    if any(each in reason for each in _OTHER_PROTOCOL):
        return KraftError(f"{what} does not speak TLS, although the settings say so", code=CODE)
    if isinstance(error, ssl.SSLError) and not isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return KraftError(
            f"there is no TLS with {what}: {reason.lower().replace('_', ' ') or 'unknown reason'}", code=CODE
        )
    return closed(what)


def closed(what: str) -> Unreachable:
    """Return that the other side closed the connection, before it answered."""
    return Unreachable(
        f"{what} closed the connection at the beginning of TLS: it does not speak TLS, or refuses our client certificate",
        code=CODE,
    )


def _chain(error: ssl.SSLCertVerificationError, what: str) -> str:
    if error.verify_code == _EXPIRED:
        return f"the certificate of {what}, or of its authority, has expired: renew it"
    if error.verify_code == _NOT_YET:
        return f"the certificate of {what} is not valid yet: compare the clocks"
    if error.verify_code in _UNKNOWN_CA:
        return f"the certificate of {what} was issued by an authority that is not in the trust store of the settings"
    return f"the certificate of {what} is not accepted: {error.verify_message}"


def _check_names(wrapped: ssl.SSLSocket, security: Security, what: str) -> None:
    certificate = wrapped.getpeercert() or {}
    if is_named(certificate, security.names):
        return
    found = [name for _kind, name in certificate_names(certificate)]
    wanted = " or ".join(security.names) or "any name: none is known"
    listed = ", ".join(found[:_LISTED]) or "no names"
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    raise KraftError(f"the certificate of {what} does not cover {wanted}: it has {listed}{more}", code=CODE)


def _context(security: Security, what: str) -> ssl.SSLContext:
    try:
        context = client_context(security.ca)
    except BadStore as error:
        raise KraftError(f"the trust store for {what} {error}", code=CODE) from None
    if security.certificate:
        try:
            load_keys(context, Opened(security.certificate, security.key, security.key_password))
        except BadStore:
            raise KraftError(
                f"the client certificate for {what} cannot be used: certificate, key and the key's password do not fit together",
                code=CODE,
            ) from None
    return context
