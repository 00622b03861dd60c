# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stores become what ``ssl`` needs; keys are not left on disk, and no message holds anything of a store."""

from __future__ import annotations

import ssl
import stat
import tempfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import java_store
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime import tls_stores
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.tls_stores import (
    BadStore,
    NoLibrary,
    Opened,
    chain,
    client_context,
    load_keys,
    opened,
    trusted,
)

from tests.sandbox.secured import certificates
from tests.sandbox.secured.certificates import Certificates
from tests.unit.plugins.module_utils import java_stores

CANARY = "c4n4ry"


@pytest.fixture(scope="module")
def made() -> Certificates:
    return certificates.make("k", "ns", controllers="names", people=["admin"])


def test_pem(made: Certificates) -> None:
    own = made.brokers
    text = f"# {CANARY}\n{own.certificate}{own.key}{made.authority.certificate}".encode()
    found = opened(text, CANARY, "x")
    assert (found.certificates, found.key) == (own.certificate + made.authority.certificate, own.key)
    assert found.password == CANARY
    assert opened(text, CANARY, "x", key_password="").password == ""
    assert CANARY not in repr(found)
    assert "BEGIN" not in repr(found)
    assert opened(b"", "", "x", kind="PEM") == Opened()


def test_pkcs12(made: Certificates) -> None:
    found = opened(certificates.pkcs12(made.brokers, made.authority, CANARY), CANARY, "x", kind="JKS")
    assert found == Opened(made.brokers.certificate + made.authority.certificate, made.brokers.key)
    trust = opened(certificates.truststore(made.authority, CANARY), CANARY, "x", key_password="y")
    assert trust == Opened(made.authority.certificate)


@pytest.mark.parametrize(
    ("content", "kind", "why"),
    [
        (
            b"\xfe\xed\xfe\xed" + CANARY.encode(),
            "",
            "is a JKS store, whose private keys only Java reads: convert it with `keytool -",
        ),
        (b"\xce\xce\xce\xce", "PEM", "is a JCEKS store, which only Java reads: "),
        (b"\x30" + CANARY.encode(), "", "is no PKCS #12 store, or its password is wrong"),
        (CANARY.encode(), "JKS", "is neither PEM nor PKCS #12"),
    ],
)
def test_what_cannot_be_used(content: bytes, kind: str, why: str) -> None:
    with pytest.raises(BadStore) as caught:
        opened(content, CANARY, "x", kind=kind)
    assert str(caught.value).startswith(why)
    assert CANARY not in str(caught.value)
    assert caught.value.convertible is ("keytool" in why or "JCEKS" in why)


def test_whom_a_trust_store_trusts(made: Certificates) -> None:
    authority = made.authority.certificate
    assert trusted(authority.encode(), "", "x", kind="PEM") == authority
    assert trusted(certificates.truststore(made.authority, CANARY), CANARY, "x") == authority
    # as Java, the certificate of a private key too
    (root,), ((own, _issuer),) = (java_store.parse(java_stores.KEYS).trusted, java_store.parse(java_stores.KEYS).chains)
    assert trusted(java_stores.KEYS, "", "x") == "".join(map(ssl.DER_cert_to_PEM_cert, (root, own)))
    assert len(client_context(trusted(java_stores.TRUST, "", "x", kind="JKS")).get_ca_certs()) == 1
    with pytest.raises(BadStore, match="is a JKS store that is damaged"):
        trusted(java_stores.TRUST[:-1], "", "x")


def test_what_a_key_store_shows(made: Certificates) -> None:
    own = made.brokers
    both = own.certificate + made.authority.certificate
    assert chain(f"{own.key}{both}".encode(), "", "x") == both
    assert chain(both.encode(), "", "x") == both, "the key may be in another file"
    assert chain(certificates.pkcs12(own, made.authority, CANARY), CANARY, "x", kind="JKS") == both
    ((leaf, issuer),) = java_store.parse(java_stores.KEYS).chains
    assert chain(java_stores.KEYS, "", "x") == "".join(map(ssl.DER_cert_to_PEM_cert, (leaf, issuer)))
    for nothing in (b"-----BEGIN ", certificates.truststore(made.authority, CANARY), java_stores.TRUST):
        with pytest.raises(BadStore, match="has no certificate with its key"):
            chain(nothing, CANARY, "x")


def test_of_several_keys_java_chooses_one(monkeypatch: pytest.MonkeyPatch) -> None:
    two = java_store.JavaStore(((b"a",), (b"b",), ()))
    monkeypatch.setattr(java_store, "parse", lambda _content: two)
    with pytest.raises(BadStore, match="has several private keys"):
        chain(java_stores.KEYS, "", "x")


def test_a_wrong_password(made: Certificates) -> None:
    store = certificates.truststore(made.authority, "right")
    for wrong in (CANARY, ""):
        with pytest.raises(BadStore, match="is no PKCS #12 store, or its password is wrong"):
            opened(store, wrong, "x")


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_stores, "missing_optional", lambda module, purpose: f"{purpose} needs {module}")
    with pytest.raises(NoLibrary, match="the store of x, a PKCS #12 store, needs cryptography"):
        opened(b"\x30", "", "the store of x")


def test_whom_a_context_trusts(made: Certificates) -> None:
    context = client_context(made.authority.certificate)
    assert len(context.get_ca_certs()) == 1, "the authorities of the machine do not count beside a trust store"
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, False)
    assert context.verify_flags & ssl.VERIFY_X509_PARTIAL_CHAIN
    assert client_context(None).verify_mode is ssl.CERT_REQUIRED
    for nothing in ("", "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"):
        with pytest.raises(BadStore, match="holds no certificate that can be read"):
            client_context(nothing)


@pytest.mark.parametrize("works", [True, False])
@pytest.mark.parametrize("memory", [True, False])
def test_keys_are_on_disk_for_a_moment_only_and_for_nobody_else(
    made: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, works: bool, memory: bool
) -> None:
    folder = tmp_path / "shm"
    if memory:
        folder.mkdir()
    monkeypatch.setattr(tls_stores, "_MEMORY", folder)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen: list[int] = []
    folders: list[Path] = []
    load = ssl.SSLContext.load_cert_chain

    def look(self: ssl.SSLContext, path: Path, password: Any) -> None:
        seen.extend(stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent))
        folders.append(path.parent.parent)
        assert isinstance(password, str), "OpenSSL asks for it at the terminal"
        load(self, path, password=password)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", look)
    context = client_context(made.authority.certificate)
    if works:
        load_keys(context, Opened(made.brokers.certificate, made.brokers.key))
    else:
        with pytest.raises(BadStore, match="does not hold a private key and its certificate, or its password is wrong"):
            load_keys(context, Opened(made.brokers.certificate, made.people["admin"].key))
    assert seen == [0o600, 0o700]
    assert folders == [folder if memory else tmp_path]
    assert not [each for each in tmp_path.rglob("*") if each != folder]


def test_keys_are_in_memory_where_linux_has_it() -> None:
    assert Path("/dev/shm") == tls_stores._MEMORY
