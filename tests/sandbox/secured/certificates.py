# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of a fixture with TLS, made by the library ``cryptography`` (tests/requirements-sandbox.txt) when the cluster is made.

Elliptic curve keys: a dozen of them takes a few milliseconds, RSA keys of the same strength take seconds.
"""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..config import SandboxError

ORGANISATION = "Example"
#: days that everything but the brokers' certificate is valid
_DAYS = 365


@dataclass(frozen=True)
class Identity:
    """A certificate and its private key, both in PEM (PKCS #8, not encrypted)."""

    certificate: str
    key: str


@dataclass(frozen=True)
class Certificates:
    """Everything that a cluster with TLS needs.

    authority: signs all of them but ``stranger`` and ``listener``. second: another authority, which signed ``listener``: the certificate that the listener
    PASSWORD has by a dynamic setting; its clients trust no other. brokers: one for all brokers, and for their sessions with ZooKeeper, as cert-manager would
    make it; the same subject everywhere is what zookeeper.set.acl wants. people: user to identity.
    """

    authority: Identity
    brokers: Identity
    zookeeper: Identity
    people: Mapping[str, Identity]
    stranger: Identity
    second: Identity
    listener: Identity

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for a Secret."""
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Certificates:
        """Return what ``as_dict`` was made from."""
        one = {
            name: Identity(**data[name])
            for name in ("authority", "brokers", "zookeeper", "stranger", "second", "listener")
        }
        return cls(people={name: Identity(**value) for name, value in data["people"].items()}, **one)


def broker_names(name: str, namespace: str, controllers: str) -> list[str]:
    """Return the DNS names of the brokers' certificate.

    controllers: "wildcard" (any pod of the controllers' headless Service NAME-kraft), "names" (three pods by name), "none" (a certificate that
    was made before anybody thought of controllers).
    """
    found = ["localhost"]
    for suffix in _suffixes(namespace):
        found += [f"{name}{suffix}", f"*.{name}{suffix}"]
    if controllers == "wildcard":
        found += [f"*.{name}-kraft{suffix}" for suffix in _suffixes(namespace)]
    if controllers == "names":
        found += [f"{name}-kraft-{n}.{name}-kraft{suffix}" for n in range(3) for suffix in _suffixes(namespace)]
    return found


def make(name: str, namespace: str, *, controllers: str, people: Sequence[str], days: int = _DAYS) -> Certificates:
    """Make an authority and all certificates.

    days: that the brokers' certificate is still valid. Raises SandboxError when the library is not there.
    """
    authority = _issue(("certificate-authority", "authorities"), None, [], days=_DAYS)
    zookeeper_names = [
        "localhost",
        *(f"{star}zookeeper{suffix}" for suffix in _suffixes(namespace) for star in ("", "*.")),
    ]
    other = _issue(("certificate-authority", "authorities"), None, [], days=_DAYS)
    second = _issue(("second-authority", "authorities"), None, [], days=_DAYS)
    return Certificates(
        authority=authority,
        second=second,
        # Kafka takes a new certificate of a listener only with the subject and all the names of the old one.
        listener=brokers(second, name, namespace, controllers=controllers, days=_DAYS),
        brokers=brokers(authority, name, namespace, controllers=controllers, days=days),
        zookeeper=_issue(("zookeeper", "zookeeper"), authority, zookeeper_names, days=_DAYS),
        people={each: _issue((each, "people"), authority, [], days=_DAYS) for each in people},
        stranger=_issue(("admin", "people"), other, [], days=_DAYS),
    )


def brokers(authority: Identity, name: str, namespace: str, *, controllers: str, days: int) -> Identity:
    """Make the brokers' certificate; with ``days`` below 0 it expired so many days ago."""
    return _issue(("broker", "brokers"), authority, broker_names(name, namespace, controllers), days=days)


def pkcs12(identity: Identity, authority: Identity, password: str) -> bytes:
    """Return a key store with the key and its chain."""
    _hashes, serialization, x509, store = _library()
    key = serialization.load_pem_private_key(identity.key.encode(), None)
    chain = [x509.load_pem_x509_certificate(each.certificate.encode()) for each in (identity, authority)]
    sealed = serialization.BestAvailableEncryption(password.encode())
    made: bytes = store.serialize_key_and_certificates(b"key", key, chain[0], chain[1:], sealed)
    return made


def truststore(authority: Identity, password: str, alias: str = "ca") -> bytes:
    """Return a trust store that Java takes: without its own attribute a certificate in PKCS #12 is no trust anchor to it."""
    _hashes, serialization, x509, store = _library()
    certificate = x509.load_pem_x509_certificate(authority.certificate.encode())
    trusted = [store.PKCS12Certificate(certificate, alias.encode())]
    made: bytes = store.serialize_java_truststore(trusted, serialization.BestAvailableEncryption(password.encode()))
    return made


def _suffixes(namespace: str) -> list[str]:
    return [f".{namespace}", f".{namespace}.svc", f".{namespace}.svc.cluster.local"]


def _library() -> tuple[Any, Any, Any, Any]:
    """Return hashes and curves, serialization, x509 and PKCS #12 of the library."""
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.serialization import pkcs12 as store

        store.serialize_java_truststore  # noqa: B018 - it came with 45
    except (ImportError, AttributeError) as error:
        raise SandboxError(
            "certificates are made by the Python library cryptography 45 or newer: python3 -m pip install -r tests/requirements-sandbox.txt"
        ) from error
    return hashes, serialization, x509, store


def _issue(subject: tuple[str, str], issuer: Identity | None, names: Sequence[str], *, days: int) -> Identity:
    """Return a new key and its certificate; without an issuer it is an authority that signs itself."""
    # Java prints a subject from its end: CN=broker,OU=brokers,O=Example
    words = (
        ("ORGANIZATION_NAME", ORGANISATION),
        ("ORGANIZATIONAL_UNIT_NAME", subject[1]),
        ("COMMON_NAME", subject[0]),
    )
    now = datetime.datetime.now(datetime.UTC)
    end = now + datetime.timedelta(days=days)
    # a clock that is a little behind must not refuse it
    start = min(end, now) - datetime.timedelta(days=2)
    return signed(words, issuer, names, addresses=["127.0.0.1"] if names else [], start=start, end=end)


def signed(
    subject: Sequence[tuple[str, str]],
    issuer: Identity | None,
    names: Sequence[str],
    *,
    addresses: Sequence[str] = (),
    start: datetime.datetime,
    end: datetime.datetime,
) -> Identity:
    """Return a new key on an elliptic curve and its certificate; without an issuer it is an authority that signs itself.

    subject: parts of the name, by what the library calls them (``COMMON_NAME``). names: DNS names.
    """
    hashes, serialization, x509, _store = _library()
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    title = x509.Name([x509.NameAttribute(getattr(x509.oid.NameOID, kind), text) for kind, text in subject])
    signing, by = key, title
    if issuer is not None:
        signing = serialization.load_pem_private_key(issuer.key.encode(), None)
        by = x509.load_pem_x509_certificate(issuer.certificate.encode()).subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(title)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    alternatives = [x509.DNSName(name) for name in names]
    alternatives += [x509.IPAddress(ipaddress.ip_address(each)) for each in addresses]
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    certificate = builder.sign(signing, hashes.SHA256())
    return Identity(
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
    )
