# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions over TLS with a real server: whom they trust, what they say, and that keys are not left on disk."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.zookeeper_login import (
    Store,
    ZookeeperLogin,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime import tls_stores
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Refused, Unreachable
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import connection
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import open_session
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.stores import context_of, subject_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.tls import speaks_tls, tls_reason

from tests.unit.plugins.module_utils import java_stores
from tests.unit.plugins.module_utils._zookeeper.tls_server import DAY, Authority, Pair, TlsServer, serving

CANARY = "c4n4ry"
HOST = "zookeeper.shop.svc"


@pytest.fixture(autouse=True)
def few_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """kazoo waits longer after each."""
    monkeypatch.setattr(connection, "TLS_TRIES", 2)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("authority")


@pytest.fixture(scope="module")
def good(authority: Authority) -> Pair:
    return authority.issue("zookeeper", "zookeeper.shop", HOST)


@pytest.fixture
def server(tmp_path: Path, good: Pair) -> Iterator[TlsServer]:
    with serving(tmp_path, good) as it:
        yield it


def trusting(authority: Authority, **more: Any) -> ZookeeperLogin:
    return ZookeeperLogin(tls=True, trust=Store("ca.crt", content=authority.pair.certificate), **more)


def refused(port: int, login: ZookeeperLogin | None, *names: str, timeout: float = 5.0) -> str:
    """Why there is no session."""
    with pytest.raises(Unreachable) as caught:
        open_session("127.0.0.1", port, login=login, names=names or (HOST,), timeout=timeout)
    assert caught.value.code == "zookeeper-tls"
    return caught.value.message.removeprefix(f"ZooKeeper at 127.0.0.1:{port}")


def test_a_session(server: TlsServer, authority: Authority) -> None:
    with open_session("127.0.0.1", server.port, login=trusting(authority), names=("z", HOST)) as session:
        found = session.get("/a")
        assert found is not None
        assert found.data == b""
    assert server.names_asked == ["z"]


def test_answers_that_come_in_one_record_are_all_seen(server: TlsServer, authority: Authority) -> None:
    """TLS has read them by then, and nothing more comes on the socket."""
    server.together = 50
    with open_session("127.0.0.1", server.port, login=trusting(authority), names=(HOST,), timeout=5) as session:
        begin = time.monotonic()
        assert len(session.get_many(f"/{number}" for number in range(200))) == 200
        assert time.monotonic() - begin < 2


def test_an_unknown_authority(server: TlsServer) -> None:
    begin = time.monotonic()
    assert refused(server.port, trusting(Authority("other")), timeout=30).startswith(
        ": its certificate comes from an authority that is not trusted: give the right one, as ca.crt or truststore.p12"
    )
    assert time.monotonic() - begin < 15, "it is given up before the time is over"


def test_the_authorities_of_the_machine_do_not_count_beside_a_trust_store(authority: Authority) -> None:
    assert len(context_of(trusting(authority)).get_ca_certs()) == 1


def test_without_a_trust_store_the_authorities_of_the_machine_count(server: TlsServer) -> None:
    assert "not trusted" in refused(server.port, ZookeeperLogin(tls=True))


def test_a_certificate_of_the_server_itself_is_a_trust_anchor_as_for_java(server: TlsServer, good: Pair) -> None:
    login = ZookeeperLogin(tls=True, trust=Store("ca.crt", content=good.certificate))
    with open_session("127.0.0.1", server.port, login=login, names=(HOST,)) as session:
        assert session.connected


def test_an_expired_certificate(tmp_path: Path, authority: Authority) -> None:
    with serving(tmp_path, authority.issue("zookeeper", HOST, ends=-DAY)) as server:
        assert (
            refused(server.port, trusting(authority))
            == ": its certificate, or that of its authority, has expired: renew it"
        )


def test_a_certificate_that_is_not_valid_yet(tmp_path: Path, authority: Authority) -> None:
    with serving(tmp_path, authority.issue("zookeeper", HOST, ends=9 * DAY)) as server:
        assert "is not valid yet: check the clocks" in refused(server.port, trusting(authority))


def test_another_name(server: TlsServer, authority: Authority) -> None:
    assert refused(server.port, trusting(authority), "zk.example.com") == (
        f": its certificate names zookeeper.shop, {HOST}, and none of zk.example.com: use the names of its certificate in zookeeper.connect, or have a "
        "certificate made that names them"
    )
    login = trusting(authority, verify_names=False)
    with open_session("127.0.0.1", server.port, login=login, names=("zk.example.com",)) as session:
        assert session.connected


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_wants_a_certificate(
    tmp_path: Path, authority: Authority, good: Pair, newest: ssl.TLSVersion
) -> None:
    with serving(tmp_path, good, authority.pair.certificate) as server:
        server.context.maximum_version = newest
        assert ": it asks for a certificate of the client (" in refused(server.port, trusting(authority))
        stranger = Store("tls.crt", content=Authority("x").pair.both)
        assert ": it refuses our certificate (" in refused(server.port, trusting(authority, keys=stranger))
        keys = Store("tls.crt", content=authority.issue("broker").both)
        with open_session("127.0.0.1", server.port, login=trusting(authority, keys=keys), names=(HOST,)) as session:
            assert session.connected
        assert server.subjects[-1] == ((("commonName", "broker"),),)


def test_a_server_with_old_versions_only(authority: Authority, server: TlsServer) -> None:
    server.context.minimum_version = ssl.TLSVersion.TLSv1_3
    login = trusting(authority)
    context = context_of(login)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", server.port)) as plain, pytest.raises(ssl.SSLError) as caught:
        context.wrap_socket(plain)
    assert tls_reason(caught.value, has_certificate=False).startswith(
        "it has no version of TLS that this machine allows ("
    )


def test_a_server_that_wants_tls(server: TlsServer) -> None:
    assert refused(server.port, None, timeout=0.5).startswith(" wants TLS, which this session does not use: set")


@pytest.fixture
def plain_port() -> Iterator[int]:
    """A port that speaks no TLS: ZooKeeper closes the connection on what it does not understand."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(4)

    threading.Thread(target=accept, daemon=True).start()
    yield int(listener.getsockname()[1])
    listener.close()


def test_a_server_without_tls(plain_port: int, authority: Authority) -> None:
    why = refused(plain_port, trusting(authority))
    assert why.startswith(
        ": it ended the handshake of TLS: check that the port is the one for TLS (secureClientPort), and that it asks for"
    )
    with pytest.raises(Unreachable, match="granted no session") as caught:
        open_session("127.0.0.1", plain_port, timeout=0.3)
    assert caught.value.code == "zookeeper-unreachable"


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert not speaks_tls("127.0.0.1", port)


odd = ssl.SSLError(1, "x")
odd.reason = "ODD"


@pytest.mark.parametrize(
    ("problem", "has_certificate", "text"),
    [
        (TimeoutError(), False, "it did not answer the handshake of TLS in time"),
        (
            ConnectionResetError(),
            True,
            "it ended the handshake of TLS: check that the port is the one for TLS (secureClientPort)",
        ),
        (odd, False, "TLS failed (ODD): check its certificate and its cipher suites"),
        (ssl.SSLCertVerificationError(1, "x"), False, "its certificate is refused (no purpose): have a new one made"),
    ],
)
def test_other_reasons(problem: Exception, has_certificate: bool, text: str) -> None:
    if isinstance(problem, ssl.SSLCertVerificationError):
        problem.verify_code, problem.verify_message = 26, "no purpose"
    assert tls_reason(problem, has_certificate=has_certificate).startswith(text)


# stores


def pkcs12_of(pair: Pair, password: str, authority: Pair | None = None) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12

    key = load_pem_private_key(pair.key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    chain = [x509.load_pem_x509_certificate(authority.certificate)] if authority else []
    sealed = BestAvailableEncryption(password.encode())
    return pkcs12.serialize_key_and_certificates(
        b"key", key, x509.load_pem_x509_certificate(pair.certificate), chain, sealed
    )


def test_pkcs12(tmp_path: Path, authority: Authority, good: Pair) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

    anchor = x509.load_pem_x509_certificate(authority.pair.certificate)
    trust = pkcs12.serialize_key_and_certificates(None, None, None, [anchor], BestAvailableEncryption(CANARY.encode()))
    keys = pkcs12_of(authority.issue("broker"), CANARY, authority.pair)
    login = ZookeeperLogin(
        tls=True, trust=Store("t.p12", content=trust, password=CANARY), keys=Store("k.jks", "JKS", keys, CANARY)
    )
    assert subject_of(login) == "CN=broker"
    with (
        serving(tmp_path, good, authority.pair.certificate) as server,
        open_session("127.0.0.1", server.port, login=login, names=(HOST,)) as session,
    ):
        assert session.connected


def test_an_encrypted_key(authority: Authority) -> None:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_pem_private_key,
    )

    pair = authority.issue("broker")
    sealed = load_pem_private_key(pair.key, None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(CANARY.encode())
    )
    store = Store("tls.crt", content=sealed + pair.certificate, password=CANARY)
    context_of(trusting(authority, keys=store))
    with pytest.raises(Refused, match=r"tls.crt cannot be used .* or its password is wrong"):
        context_of(trusting(authority, keys=Store("tls.crt", content=store.content)))


def test_of_a_jks_store_certificates_are_read_and_keys_are_not() -> None:
    trust = Store("t.jks", "JKS", java_stores.TRUST)
    assert len(context_of(ZookeeperLogin(tls=True, trust=trust)).get_ca_certs()) == 1
    keys = ZookeeperLogin(tls=True, trust=trust, keys=Store("k.jks", "JKS", java_stores.KEYS, CANARY))
    with pytest.raises(Refused, match=r"k\.jks cannot be used .* whose private keys only Java reads: convert it with"):
        context_of(keys)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            b"\xce\xce\xce\xce" + CANARY.encode(),
            "is a JCEKS store, which only Java reads: convert it with `keytool -importkeystore",
        ),
        (java_stores.TRUST[:-1], "is a JKS store that is damaged"),
        (b"\x30" + CANARY.encode(), "is no PKCS #12 store, or its password is wrong"),
        (b"-----BEGIN CERTIFICATE-----\n" + CANARY.encode(), "holds no certificate that can be read"),
        (CANARY.encode(), "is neither PEM nor PKCS #12"),
        (None, "was not read"),
    ],
)
def test_stores_that_cannot_be_used(content: bytes | None, why: str) -> None:
    pytest.importorskip("cryptography")
    login = ZookeeperLogin(tls=True, trust=Store("/tls/trust", content=content, password=CANARY))
    with pytest.raises(Refused) as caught:
        context_of(login)
    assert caught.value.code == "zookeeper-tls"
    assert caught.value.message.startswith(f"/tls/trust cannot be used for the session with ZooKeeper: it {why}")
    assert CANARY not in caught.value.message


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_stores, "missing_optional", lambda module, purpose: f"{purpose} needs {module}")
    store = Store("k.p12", content=b"\x30")
    with pytest.raises(KraftError, match=r"k.p12, a PKCS #12 store, needs cryptography"):
        context_of(ZookeeperLogin(tls=True, trust=store))
    assert isinstance(subject_of(ZookeeperLogin(tls=True, keys=store)), Unknown)


def test_the_subject(authority: Authority) -> None:
    assert subject_of(ZookeeperLogin(tls=True)) == ""
    assert subject_of(ZookeeperLogin(keys=Store("k", content=b"x"))) == ""
    for content in (b"x", b"-----BEGIN CERTIFICATE-----"):
        assert isinstance(subject_of(ZookeeperLogin(tls=True, keys=Store("k", content=content))), Unknown)


def test_a_login_that_cannot_be_used_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for part, code in (("login", "zookeeper-login-failed"), ("keys", "zookeeper-tls")):
        with pytest.raises(Refused, match="by Kerberos") as caught:
            open_session("127.0.0.1", 1, login=ZookeeperLogin(problems={part: "by Kerberos"}))
        assert caught.value.code == code
    monkeypatch.setattr(connection, "missing_optional", lambda module, purpose: f"{purpose} needs {module}")
    with pytest.raises(KraftError, match="a login to ZooKeeper by password needs puresasl"):
        open_session("127.0.0.1", 1, login=ZookeeperLogin("kafka", CANARY))
