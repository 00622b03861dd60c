# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a certificate beside its names: from when it is valid, what it is for, and who has signed it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.certificates import Authority, Certificate
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime import certificates

pytest.importorskip("cryptography", reason="cryptography is not installed")

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def signed(name: str, days: int, by: tuple[str, Any] | None = None, usages: tuple[str, ...] = ()) -> tuple[str, Any]:
    """(PEM, (name, key)) of a certificate; one that nobody else signs is a root."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    def title(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, text)])

    key = ec.generate_private_key(ec.SECP256R1())
    issuer, signer = by or (name, key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(title(name))
        .issuer_name(title(issuer))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(START)
        .not_valid_after(START + datetime.timedelta(days=days))
    )
    if usages:
        listed = [x509.ObjectIdentifier(each) for each in usages]
        builder = builder.add_extension(x509.ExtendedKeyUsage(listed), critical=False)
    found = builder.sign(signer, hashes.SHA256())
    return found.public_bytes(serialization.Encoding.PEM).decode(), (name, key)


def test_everything_of_a_chain() -> None:
    root, ca = signed("ca", 900)
    middle, under = signed("middle", 500, ca)
    usages = ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2")
    own, _key = signed("broker", 365, under, usages)
    other, _other = signed("other", 1)
    read = certificates.read_pem(own + other + root + middle)
    assert isinstance(read, Certificate)
    assert (read.subject, read.begins, read.usages) == ("CN=broker", START, usages)
    assert read.authorities == (
        Authority("CN=middle", START + datetime.timedelta(days=500)),
        Authority("CN=ca", START + datetime.timedelta(days=900), root=True),
    )
    alone = certificates.read_pem(own + other)
    assert isinstance(alone, Certificate)
    assert alone.authorities == ()


def test_a_circle_of_authorities_ends() -> None:
    _first, ca = signed("b", 9)
    one, other = signed("a", 9, ca)
    again, _key = signed("b", 9, other)
    own, _own = signed("broker", 9, other)
    read = certificates.read_pem(own + one + again)
    assert isinstance(read, Certificate)
    assert [each.subject for each in read.authorities] == ["CN=a", "CN=b"]


def test_an_old_library_has_no_time_zone() -> None:
    class Old:
        not_valid_before = datetime.datetime(2026, 1, 1)  # noqa: DTZ001 - as it was

    assert certificates._begins(Old()) == START
