# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Key stores and trust stores in PEM, PKCS #12 and, as far as certificates go, JKS, as what ``ssl`` needs.

Private to the collection. Private keys are on disk for a moment only, in memory where Linux has that, and for nobody else: ``ssl`` reads
them from a file and nowhere else. PKCS #12 needs the library ``cryptography``, which is optional. The private keys of a JKS store are
encrypted as only Java does it.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import java_store, pem
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.deps import missing_optional

#: in memory where Linux has it
_MEMORY = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
_CONVERT = "convert it with `keytool -importkeystore -srckeystore OLD -destkeystore NEW.p12 -deststoretype PKCS12`"
_JKS = "JKS"


class BadStore(Exception):
    """A store that cannot be used; the message is a clause to go after "it", and holds nothing of the store.

    :ivar convertible: whether it is one of Java's own; the message says how to convert it.
    """

    def __init__(self, why: str, *, convertible: bool = False) -> None:
        super().__init__(why)
        self.convertible = convertible


class NoLibrary(Exception):
    """A library is missing that reads a store; the message is a sentence that says how to add it."""


@dataclass(frozen=True)
class Opened:
    """What a store holds, in PEM; nothing of it is in the repr.

    :ivar certificates: of a key store, its own comes first; empty when there is none.
    :ivar key: private key, empty when there is none.
    :ivar password: that the key is still encrypted with, or empty.
    """

    certificates: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


def opened(content: bytes, password: str, what: str, *, key_password: str | None = None, kind: str = "") -> Opened:
    """Return what a store holds, its private key included. Its content decides what it is.

    :param password: of a store in PKCS #12, and of the key in PEM unless ``key_password`` is that.
    :param what: names the store in the message of NoLibrary.
    :param kind: of the settings; it counts where the content does not tell, and only when it is ``PEM``.
    :raises BadStore: when it is of another kind, or its password is wrong.
    :raises NoLibrary: when it is in PKCS #12 and the library for that is missing.
    """
    found = pem.format_of(content)
    if found == "PEM" or (not found and kind == "PEM"):
        text = content.decode(errors="replace")
        secret = password if key_password is None else key_password
        return Opened(pem.certificates(text), pem.private_key(text), secret)
    if found == "PKCS12":
        return _pkcs12(content, password, what)
    if found:
        whose = "whose private keys only Java reads" if found == _JKS else "which only Java reads"
        raise BadStore(f"is a {found} store, {whose}: {_CONVERT}", convertible=True)
    raise BadStore("is neither PEM nor PKCS #12")


def trusted(content: bytes, password: str, what: str, *, kind: str = "") -> str:
    """Return the certificates that a trust store has, in PEM; empty when it has none. Arguments and errors as of :func:`opened`."""
    if pem.format_of(content) != _JKS:
        return opened(content, password, what, kind=kind).certificates
    return "".join(map(ssl.DER_cert_to_PEM_cert, _java_store(content).anchors))


def chain(content: bytes, password: str, what: str, *, kind: str = "") -> str:
    """Return the certificates that a key store shows, its own first, in PEM. Arguments and errors as of :func:`opened`.

    :raises BadStore: when it has no certificate to show, or several private keys in JKS, one of which Java chooses.
    """
    if pem.format_of(content) != _JKS:
        found = opened(content, password, what, kind=kind)
        if not found.certificates or not (found.key or pem.format_of(content) == "PEM"):
            raise BadStore("has no certificate with its key")
        return found.certificates
    chains = [each for each in _java_store(content).chains if each]
    if len(chains) != 1:
        raise BadStore("has several private keys" if chains else "has no certificate with its key")
    return "".join(map(ssl.DER_cert_to_PEM_cert, chains[0]))


def _java_store(content: bytes) -> java_store.JavaStore:
    try:
        return java_store.parse(content)
    except java_store.Damaged:
        raise BadStore("is a JKS store that is damaged") from None


def client_context(trusted: str | None) -> ssl.SSLContext:
    """Return a context that trusts what Java would trust; names are not checked by it.

    :param trusted: certificates in PEM; None: the authorities of this machine.
    :raises BadStore: when they hold no certificate that can be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    # Java trusts each certificate of a trust store, not only those that signed themselves
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if trusted is None:
        context.load_default_certs()
        return context
    try:
        context.load_verify_locations(cadata=trusted)
    except (ssl.SSLError, ValueError):
        raise BadStore("holds no certificate that can be read") from None
    return context


def load_keys(context: ssl.SSLContext, keys: Opened) -> None:
    """Let a context show a certificate.

    :raises BadStore: when certificate, key and its password do not fit together.
    """
    folder = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="kraft-", dir=folder) as private:
        path = Path(private, "key.pem")
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write(keys.key + keys.certificates)
        try:
            # always with a password: without one OpenSSL would ask for it at the terminal
            context.load_cert_chain(path, password=keys.password)
        except (ssl.SSLError, ValueError):
            raise BadStore("does not hold a private key and its certificate, or its password is wrong") from None


def _pkcs12(content: bytes, password: str, what: str) -> Opened:
    if missing := missing_optional("cryptography", f"{what}, a PKCS #12 store,"):
        raise NoLibrary(missing)
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

    try:
        found = pkcs12.load_pkcs12(content, password.encode() or None)
    except ValueError:
        raise BadStore("is no PKCS #12 store, or its password is wrong") from None
    listed = [each for each in (found.cert, *found.additional_certs) if each is not None]
    chain = "".join(each.certificate.public_bytes(Encoding.PEM).decode() for each in listed)
    if found.key is None:
        return Opened(chain)
    return Opened(chain, found.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
