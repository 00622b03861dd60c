# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conversations over real TLS and with a login, with controllers on the loopback that check both."""

from __future__ import annotations

import dataclasses
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.quorum_messages import Denied
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_security import OPEN, Security
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import leader_search, tls, wire
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Unreachable
from cryptography.hazmat.primitives import serialization

from tests.sandbox.secured import certificates
from tests.sandbox.secured.certificates import Certificates
from tests.unit.plugins.module_utils.played_controllers import Forwards, Handler, silent, take
from tests.unit.plugins.module_utils.secured_controllers import REAL, Listener, server_context

CLIENT = cast(KubeClient, None)
CANARY = "c4n4ry-pässword"
NAME = "k-kraft-1.k-kraft.ns.svc.cluster.local"
WHAT = "the controller at port 9093 of pod ns/c"


@pytest.fixture(scope="module")
def made() -> Certificates:
    return certificates.make("k", "ns", controllers="names", people=["admin"])


@pytest.fixture
def forwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[Forwards]:
    seen = Forwards()
    monkeypatch.setattr(wire, "pod_forward", seen)
    before = threading.active_count()
    yield seen
    assert threading.active_count() == before, "a thread was left"


def ask(forwards: Forwards, handler: Handler, security: Security, timeout: float = 5.0) -> Any:
    forwards.pods["c"] = handler
    with wire.conversation(CLIENT, "ns", "c", 9093, security=security, timeout=timeout) as talk:
        return talk.describe_quorum()


def refused(forwards: Forwards, handler: Handler, security: Security, code: str) -> str:
    """The sentence with which it fails; no secret is in it."""
    with pytest.raises(KraftError) as raised:
        ask(forwards, handler, security)
    assert raised.value.code == code
    texts = [raised.value.message, repr(raised.value.detail), repr(security)]
    for secret in (CANARY, *filter(None, (security.key[40:80],))):
        assert not [text for text in texts if secret in text]
    return raised.value.message


def trusting(made: Certificates, **more: Any) -> Security:
    return Security("SSL", ca=made.authority.certificate, names=(NAME,), **more)


def plain(**more: Any) -> Security:
    return Security("SASL_PLAINTEXT", "PLAIN", "admin", CANARY, **more)


# TLS


@pytest.mark.parametrize("tls13", [True, False])
@pytest.mark.parametrize("own", [True, False])
def test_tls(forwards: Forwards, made: Certificates, tmp_path: Path, own: bool, tls13: bool) -> None:
    person = made.people["admin"]
    security = trusting(made, certificate=person.certificate, key=person.key) if own else trusting(made)
    context = server_context(tmp_path, made.brokers, made.authority if own else None, tls13=tls13)
    assert ask(forwards, Listener(context), security) == REAL.described


def test_a_key_with_a_password(forwards: Forwards, made: Certificates, tmp_path: Path) -> None:
    person = made.people["admin"]
    key = serialization.load_pem_private_key(person.key.encode(), None)
    sealed = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(CANARY.encode()),
    ).decode()
    security = trusting(made, certificate=person.certificate, key=sealed, key_password=CANARY)
    listener = Listener(server_context(tmp_path, made.brokers, made.authority))
    assert ask(forwards, listener, security) == REAL.described
    for wrong in ("", "wrong"):
        said = refused(forwards, silent, dataclasses.replace(security, key_password=wrong), "quorum-tls")
        assert (
            said
            == f"the client certificate for {WHAT} cannot be used: certificate, key and the key's password do not fit together"
        )


def test_an_unknown_authority(forwards: Forwards, made: Certificates, tmp_path: Path) -> None:
    security = dataclasses.replace(trusting(made), ca=made.second.certificate)
    said = refused(forwards, Listener(server_context(tmp_path, made.brokers)), security, "quorum-tls")
    assert (
        said == f"the certificate of {WHAT} was issued by an authority that is not in the trust store of the settings"
    )


def test_what_is_no_root_is_trusted_as_java_does(forwards: Forwards, made: Certificates, tmp_path: Path) -> None:
    """A trust store with the listener's certificate alone."""
    security = dataclasses.replace(trusting(made), ca=made.brokers.certificate)
    assert ask(forwards, Listener(server_context(tmp_path, made.brokers)), security) == REAL.described


def test_an_expired_certificate(forwards: Forwards, made: Certificates, tmp_path: Path) -> None:
    old = certificates.brokers(made.authority, "k", "ns", controllers="names", days=-1)
    said = refused(forwards, Listener(server_context(tmp_path, old)), trusting(made), "quorum-tls")
    assert said == f"the certificate of {WHAT}, or of its authority, has expired: renew it"


def test_a_name_that_is_not_covered(forwards: Forwards, made: Certificates, tmp_path: Path) -> None:
    without = certificates.brokers(made.authority, "k", "ns", controllers="none", days=9)
    listener = Listener(server_context(tmp_path, without))
    said = refused(forwards, listener, trusting(made), "quorum-tls")
    assert said.startswith(f"the certificate of {WHAT} does not cover {NAME}: it has localhost, k.ns, *.k.ns")
    nameless = dataclasses.replace(trusting(made), names=())
    assert "does not cover any name: none is known" in refused(forwards, listener, nameless, "quorum-tls")
    unchecked = dataclasses.replace(trusting(made), check_names=False)
    assert ask(forwards, listener, unchecked) == REAL.described


@pytest.mark.parametrize("tls13", [True, False])
def test_a_client_certificate_is_demanded(forwards: Forwards, made: Certificates, tmp_path: Path, tls13: bool) -> None:
    listener = Listener(server_context(tmp_path, made.brokers, made.authority, tls13=tls13))
    said = refused(forwards, listener, trusting(made), "quorum-tls")
    assert said.startswith(WHAT)
    assert "client certificate" in said


@pytest.mark.parametrize("tls13", [True, False])
def test_a_client_certificate_of_a_stranger(
    forwards: Forwards, made: Certificates, tmp_path: Path, tls13: bool
) -> None:
    stranger = made.stranger
    security = trusting(made, certificate=stranger.certificate, key=stranger.key)
    listener = Listener(server_context(tmp_path, made.brokers, made.authority, tls13=tls13))
    assert "client certificate" in refused(forwards, listener, security, "quorum-tls")


def test_a_trust_store_with_nothing_in_it(forwards: Forwards, made: Certificates) -> None:
    empty = dataclasses.replace(trusting(made), ca="")
    said = refused(forwards, silent, empty, "quorum-tls")
    assert said == f"the trust store for {WHAT} holds no certificate that can be read"


def hangs_up(sock: socket.socket) -> None:
    """As Kafka does at a PLAINTEXT listener: the beginning of TLS is a request of 369 MB to it."""
    sock.recv(8)


def speaks_kafka(sock: socket.socket) -> None:
    sock.recv(8)
    sock.sendall(struct.pack(">i", 4) + b"\0\0\0\1")
    sock.recv(1 << 16)


def test_a_listener_without_tls(forwards: Forwards, made: Certificates) -> None:
    said = refused(forwards, hangs_up, trusting(made), "quorum-tls")
    assert (
        said
        == f"{WHAT} closed the connection at the beginning of TLS: it does not speak TLS, or refuses our client certificate"
    )
    assert refused(forwards, speaks_kafka, trusting(made), "quorum-tls") == (
        f"{WHAT} does not speak TLS, although the settings say so"
    )


def test_one_that_hangs_up_after_the_handshake(forwards: Forwards, made: Certificates, tmp_path: Path) -> None:
    context = server_context(tmp_path, made.brokers)

    def handler(sock: socket.socket) -> None:
        with context.wrap_socket(sock, server_side=True) as safe:
            take(safe)

    assert "closed the connection at the beginning of TLS" in refused(forwards, handler, trusting(made), "quorum-tls")
    later = Listener(context, answers=(REAL.api_versions,))
    forwards.pods["c"] = later

    def ends(sock: socket.socket) -> None:
        with context.wrap_socket(sock, server_side=True) as safe:
            safe.sendall(struct.pack(">i", len(REAL.api_versions)) + take(safe)[4:8] + REAL.api_versions[4:])

    with pytest.raises(Unreachable, match="closed the connection") as raised:
        ask(forwards, ends, trusting(made))
    assert raised.value.code == ""


def test_the_forward_knows_better_why(forwards: Forwards, made: Certificates) -> None:
    forwards.reasons["c"] = "pod ns/c is gone"
    with pytest.raises(Unreachable, match="pod ns/c is gone") as raised:
        ask(forwards, hangs_up, trusting(made))
    assert raised.value.code == ""


def says_nothing(sock: socket.socket) -> None:
    while sock.recv(4096):
        pass


def test_a_handshake_that_hangs(forwards: Forwards, made: Certificates) -> None:
    with pytest.raises(Unreachable, match=f"{WHAT} did not answer in time"):
        ask(forwards, says_nothing, trusting(made), 0.3)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ssl.SSLError(1, "x"), "there is no TLS with it: unknown reason"),
        (ConnectionResetError(), "it closed the connection at the beginning of TLS"),
    ],
)
def test_other_errors(error: OSError, said: str) -> None:
    found = tls.fault(error, "it")
    assert found.message.startswith(said)
    assert found.code == "quorum-tls"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (9, "the certificate of it is not valid yet: compare the clocks"),
        (3, "the certificate of it is not accepted: CRL"),
    ],
)
def test_other_certificates(code: int, said: str) -> None:
    error = ssl.SSLCertVerificationError()
    error.verify_code, error.verify_message = code, "CRL"
    assert tls.fault(error, "it").message == said


# logins


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_login(forwards: Forwards, mechanism: str) -> None:
    listener = Listener(mechanisms=("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"), users={"admin": CANARY})
    assert ask(forwards, listener, dataclasses.replace(plain(), mechanism=mechanism)) == REAL.described
    assert listener.came == ["admin"]


def test_login_over_tls(forwards: Forwards, made: Certificates, tmp_path: Path) -> None:
    listener = Listener(server_context(tmp_path, made.brokers), users={"admin": CANARY})
    security = dataclasses.replace(plain(), protocol="SASL_SSL", ca=made.authority.certificate, names=("x", NAME))
    assert ask(forwards, listener, security) == REAL.described


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
@pytest.mark.parametrize("users", [{"admin": "else"}, {"other": CANARY}])
def test_a_wrong_password(forwards: Forwards, mechanism: str, users: dict[str, str]) -> None:
    listener = Listener(mechanisms=(mechanism,), users=users)
    said = refused(forwards, listener, dataclasses.replace(plain(), mechanism=mechanism), "quorum-login-failed")
    assert said == (
        f"{WHAT} refuses the login of user admin by {mechanism}: the password is wrong, or the user does not exist there"
    )


def test_a_mechanism_that_is_not_enabled(forwards: Forwards) -> None:
    listener = Listener(mechanisms=("SCRAM-SHA-512", "GSSAPI"), users={"admin": CANARY})
    said = refused(forwards, listener, plain(), "quorum-login-failed")
    assert said == f"{WHAT} has no PLAIN enabled: it offers SCRAM-SHA-512, GSSAPI"


@pytest.mark.parametrize("mechanism", ["GSSAPI", ""])
def test_a_mechanism_that_is_not_ours(forwards: Forwards, mechanism: str) -> None:
    said = refused(forwards, silent, dataclasses.replace(plain(), mechanism=mechanism), "quorum-login-failed")
    assert said == f"only Kafka's own tools can log in at {WHAT} by {mechanism or 'no mechanism'}"


def test_a_listener_that_takes_no_login(forwards: Forwards) -> None:
    said = refused(forwards, Listener(), plain(), "quorum-login-failed")
    assert said == f"{WHAT} takes no login, although the settings say SASL_PLAINTEXT"


def test_a_server_that_does_not_know_the_password(forwards: Forwards) -> None:
    listener = Listener(mechanisms=("SCRAM-SHA-256",), users={"admin": CANARY}, lies=True)
    said = refused(forwards, listener, dataclasses.replace(plain(), mechanism="SCRAM-SHA-256"), "quorum-login-failed")
    assert said == f"{WHAT} does not know the password of user admin: it is not who it should be"


def test_another_refusal(forwards: Forwards) -> None:
    def handler(sock: socket.socket) -> None:
        sock.sendall(struct.pack(">i", 10) + take(sock)[4:8] + struct.pack(">hi", 35, 0))
        silent(sock)

    said = refused(forwards, handler, plain(), "quorum-login-failed")
    assert said == f"{WHAT} refuses the login by PLAIN: UNSUPPORTED_VERSION"


def test_garbage_in_a_login(forwards: Forwards) -> None:
    def handler(sock: socket.socket) -> None:
        take(sock)
        sock.sendall(b"HTTP/1.1 400 Bad Request")
        silent(sock)

    assert "did not answer in Kafka's protocol" in refused(forwards, handler, plain(), "")


# who is asked for the keys


class Keys:
    """Says what is given, and after a refusal what is given next."""

    def __init__(self, *given: Security | Exception) -> None:
        self.given = list(given)

    def of(self, node: int) -> Security:
        if isinstance(self.given[0], Exception):
            raise self.given[0]
        return self.given[0]

    def forget(self, node: int) -> bool:
        if len(self.given) == 1:
            return False
        del self.given[0]
        return True


def said_by(forwards: Forwards, handler: Handler, keys: Keys) -> leader_search.Said:
    forwards.pods["c"] = handler
    return leader_search.ask_controllers(CLIENT, "ns", {1: ("c", 9093)}, secure=keys)


def test_a_password_that_has_changed_is_read_again(forwards: Forwards) -> None:
    listener = Listener(users={"admin": CANARY})
    said = said_by(forwards, listener, Keys(dataclasses.replace(plain(), password="old"), plain()))
    assert said.described == REAL.described
    assert forwards.asked == ["c", "c"]


def test_a_refusal_has_its_code(forwards: Forwards) -> None:
    said = said_by(forwards, Listener(users={"admin": "else"}), Keys(plain()))
    assert said.described is None
    assert "refuses the login" in said.silent[1]
    assert said.codes == {1: "quorum-login-failed"}


def test_keys_that_cannot_be_read(forwards: Forwards) -> None:
    said = said_by(forwards, silent, Keys(KraftError("no key", code="quorum-tls")))
    assert (said.silent, said.codes, forwards.asked) == ({1: "no key"}, {1: "quorum-tls"}, [])
    said = said_by(forwards, silent, Keys(KraftError("forbidden"), OPEN))
    assert (said.silent, said.codes) == ({1: "forbidden"}, {})


def test_somebody_who_may_not_ask(forwards: Forwards) -> None:
    denied = bytes.fromhex("00000002 00 001f 00 01 01 00")
    listener = Listener(users={"admin": CANARY}, answers=(REAL.api_versions, denied))
    with pytest.raises(Denied, match="CLUSTER_AUTHORIZATION_FAILED"):
        ask(forwards, listener, plain())
