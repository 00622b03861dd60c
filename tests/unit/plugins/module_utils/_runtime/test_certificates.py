# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates are read from PEM and PKCS #12, and what cannot be read is a value that quotes nothing."""

from __future__ import annotations

import dataclasses
import datetime
import sys
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.certificates import Authority, Certificate
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime import certificates

from tests.unit.plugins.module_utils import java_stores

pytest.importorskip("cryptography", reason="cryptography is not installed")


def made(*names: str) -> tuple[str, bytes]:
    """A certificate as PEM behind its key, and as PKCS #12 with the password "right"."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import pkcs12

    key = ec.generate_private_key(ec.SECP256R1())
    oid = x509.oid.NameOID
    words = ((oid.ORGANIZATION_NAME, "Example"), (oid.ORGANIZATIONAL_UNIT_NAME, "brokers"), (oid.COMMON_NAME, "broker"))
    title = x509.Name([x509.NameAttribute(kind, text) for kind, text in words])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(title)
        .issuer_name(title)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=365))
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
        )
    signed = builder.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    store = pkcs12.serialize_key_and_certificates(
        b"key", key, signed, None, serialization.BestAvailableEncryption(b"right")
    )
    return (private + signed.public_bytes(serialization.Encoding.PEM)).decode(), store


def test_both_forms_are_read() -> None:
    text, store = made("*.kafka-kraft.demo.svc", "localhost")
    ends = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
    names = ("*.kafka-kraft.demo.svc", "localhost")
    begins = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    wanted = Certificate("CN=broker,OU=brokers,O=Example", names, ends, begins)
    assert certificates.read_pem(text) == wanted
    assert certificates.read_store(store, "right") == wanted
    assert certificates.read_store(text.encode(), "", "PEM") == wanted
    # encrypted is only the key
    begins, ends = (datetime.datetime(*day, 13, 26, 29, tzinfo=datetime.UTC) for day in ((2026, 1, 1), (2125, 12, 8)))
    authorities = (Authority("CN=authority", ends - datetime.timedelta(seconds=1), root=True),)
    java = dataclasses.replace(wanted, begins=begins, ends=ends, authorities=authorities)
    assert certificates.read_store(java_stores.KEYS, "") == java
    # as Java does where there are no other names
    nameless = certificates.read_pem(made()[0])
    assert isinstance(nameless, Certificate)
    assert nameless.names == ("broker",)


def test_what_cannot_be_read_is_said() -> None:
    text, store = made("x")
    broken = text.replace("-----BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\ncanary")
    for read, words in (
        (certificates.read_pem("canary"), "no certificate"),
        (certificates.read_pem(broken), "damaged"),
        (certificates.read_store(store, "canary"), "it is no PKCS #12 store, or its password is wrong"),
        (certificates.read_store(b"canary", ""), "it is neither PEM nor PKCS #12"),
        (certificates.read_store(java_stores.KEYS[:-1], "canary"), "it is a JKS store that is damaged"),
    ):
        assert isinstance(read, Unknown)
        assert words in read.why
        assert "canary" not in read.why


def test_a_store_without_a_key() -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12
    from cryptography.x509 import load_pem_x509_certificate

    text = made("x")[0]
    only = load_pem_x509_certificate(text[text.index("-----BEGIN CERTIFICATE") :].encode())
    store = pkcs12.serialize_key_and_certificates(b"ca", None, None, [only], serialization.NoEncryption())
    read = certificates.read_store(store, "")
    assert isinstance(read, Unknown)
    assert read.why == "it has no certificate with its key"


def test_an_old_library_has_no_time_zone() -> None:
    class Old:
        not_valid_after = datetime.datetime(2027, 1, 1)  # noqa: DTZ001 - as it was

    assert certificates._ends(Old()) == datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)


def test_the_library_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    missing: Any = None
    monkeypatch.setitem(sys.modules, "cryptography", missing)
    for read in (certificates.read_pem(made_before[0]), certificates.read_store(made_before[1], "right")):
        assert isinstance(read, Unknown)
        assert "pipx inject ansible-core cryptography" in read.why


made_before = made("x")
