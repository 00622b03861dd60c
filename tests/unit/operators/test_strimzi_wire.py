# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the double of Strimzi speaks to Kafka and ZooKeeper, beside servers that answer by the book; and its certificates."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from tests.operators.strimzi import certificates, wire, zookeeper_wire
from tests.operators.strimzi.kafka_wire import Client, KafkaError
from tests.operators.strimzi.rolls import Partition
from tests.operators.strimzi.wire import Reader, number, text
from tests.sandbox.secured.certificates import Identity

NAME = "server.example"


@pytest.fixture(scope="module")
def authority() -> Identity:
    return certificates.issue("cluster-ca v0")


class Server:
    """Answers each request of one connection by ``answer``; keeps what it was asked. It wants a certificate of the authority."""

    def __init__(self, authority: Identity, folder: Path, answer: Callable[[bytes], bytes | None]) -> None:
        self.asked: list[bytes] = []
        own = certificates.issue("server", authority, [NAME])
        (folder / "server.pem").write_text(own.certificate + own.key)
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=authority.certificate)
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._context.load_cert_chain(folder / "server.pem")
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with self._listener, self._listener.accept()[0] as raw:
            try:
                with self._context.wrap_socket(raw, server_side=True) as link:
                    while head := link.recv(4):
                        request = link.recv(int.from_bytes(head, "big"))
                        self.asked.append(request)
                        said = self._answer(request)
                        if said is None:
                            return
                        link.sendall(number(len(said), 4) + said)
            except OSError:
                return

    def end(self) -> None:
        self._thread.join(5)


def client_side(authority: Identity, folder: Path, signer: Identity | None = None) -> ssl.SSLContext:
    own = certificates.issue("cluster-operator", signer or authority)
    (folder / "client.pem").write_text(own.certificate + own.key)
    context = ssl.create_default_context(cadata=authority.certificate)
    context.load_cert_chain(folder / "client.pem")
    return context


def ints(*values: int) -> bytes:
    return number(len(values), 4) + b"".join(number(value, 4) for value in values)


METADATA = (
    number(0, 4) + number(1, 4) + number(0, 4) + text("host") + number(9092, 4) + text(None) + text("cluster-id") + number(2, 4)
    + number(1, 4) + number(0, 2) + text("t") + b"\0" + number(1, 4) + number(0, 2) + number(7, 4) + number(0, 4) + ints(0, 1, 2) + ints(1, 2)
)  # fmt: skip
CONFIGS = (
    number(0, 4) + number(1, 4) + number(0, 2) + text(None) + number(2, 1) + text("t")
    + number(1, 4) + text("min.insync.replicas") + text("2") + b"\0\1\0"
    + number(1, 4) + text("min.insync.replicas") + text("2") + number(5, 1)
)  # fmt: skip
QUORUM = (
    b"\0" + number(0, 2) + b"\x02" + wire.compact_text("__cluster_metadata") + b"\x02" + number(0, 4) + number(0, 2) + number(4, 4)
    + number(9, 4) + number(100, 8) + b"\x03" + number(3, 4) + number(1, 8) * 2 + number(10, 8) + b"\0" + number(4, 4) + number(1, 8) * 2
    + number(12, 8) + b"\0" + b"\x01\0\0\0"
)  # fmt: skip


def kafka(request: bytes) -> bytes | None:
    api, correlation = int.from_bytes(request[:2], "big"), request[4:8]
    found = {3: METADATA, 32: CONFIGS, 55: QUORUM}[api]
    return correlation + found


def test_kafka_is_asked(authority: Identity, tmp_path: Path) -> None:
    server = Server(authority, tmp_path, kafka)
    client = Client("127.0.0.1", server.port, NAME, client_side(authority, tmp_path))
    found = client.metadata()
    assert (found.cluster, found.controller, found.brokers) == ("cluster-id", 2, (0,))
    assert client.partitions() == [Partition("t", 7, (0, 1, 2), (1, 2), 2)]
    quorum = client.quorum()
    assert (quorum.leader, dict(quorum.caught_up)) == (4, {3: 10, 4: 12})
    client.close()
    server.end()


def test_a_broker_that_refuses(authority: Identity, tmp_path: Path) -> None:
    server = Server(authority, tmp_path, lambda _request: None)
    client = Client("127.0.0.1", server.port, NAME, client_side(authority, tmp_path))
    with pytest.raises(KafkaError, match="request 55 is not answered"):
        client.quorum()
    client.close()
    server.end()


def test_an_answer_that_ends_too_early(authority: Identity, tmp_path: Path) -> None:
    server = Server(authority, tmp_path, lambda request: request[4:6])
    client = Client("127.0.0.1", server.port, NAME, client_side(authority, tmp_path))
    with pytest.raises(KafkaError, match="is not answered"):
        client.metadata()
    client.close()
    server.end()


def test_another_name_is_not_trusted(authority: Identity, tmp_path: Path) -> None:
    server = Server(authority, tmp_path, kafka)
    with pytest.raises(KafkaError, match="cannot be reached"):
        Client("127.0.0.1", server.port, "other.example", client_side(authority, tmp_path))
    server.end()


def test_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(KafkaError, match="cannot be reached"):
        Client("127.0.0.1", port, NAME, ssl.create_default_context())


@pytest.mark.parametrize(("error", "there"), [(0, True), (-101, False)])
def test_znode_is_deleted(error: int, there: bool, authority: Identity, tmp_path: Path) -> None:
    server = Server(authority, tmp_path, lambda _request: number(1, 4) + number(5, 8) + number(error, 4))
    tls = client_side(authority, tmp_path)
    assert zookeeper_wire.delete("127.0.0.1", server.port, NAME, tls, "/migration") is there
    server.end()
    assert server.asked[1] == number(1, 4) + number(2, 4) + text("/migration", 4) + number(-1, 4)


def test_zookeeper_refuses(authority: Identity, tmp_path: Path) -> None:
    server = Server(authority, tmp_path, lambda _request: number(1, 4) + number(5, 8) + number(-102, 4))
    with pytest.raises(zookeeper_wire.ZooKeeperError, match="error -102"):
        zookeeper_wire.delete("127.0.0.1", server.port, NAME, client_side(authority, tmp_path), "/controller")
    server.end()


def test_numbers_and_strings() -> None:
    reader = Reader(number(-2, 8) + text("é") + b"\x80\x01" + wire.compact_text("ab") + b"\x01\x05\x02xy" + b"\xff\xff")
    assert (reader.number(8), reader.text(), reader.varint(), reader.compact_text()) == (-2, "é", 128, "ab")
    reader.tags()
    assert reader.text() == ""
    with pytest.raises(wire.ShortError):
        reader.take(1)


# -- certificates -----------------------------------------------------------------------------------------------------------------


def test_secrets_of_the_authority(authority: Identity) -> None:
    public, private = certificates.authority_data(authority)
    assert set(public) == {"ca.crt", "ca.p12", "ca.password"}
    assert certificates.decoded({"data": private}, "ca.key") == authority.key
    store = pkcs12.load_pkcs12(base64.b64decode(public["ca.p12"]), base64.b64decode(public["ca.password"]))
    assert [one.certificate.subject.rfc4514_string() for one in store.additional_certs] == [
        "CN=cluster-ca v0,O=io.strimzi"
    ]


def test_certificates_of_pods_stay_and_new_ones_come(authority: Identity) -> None:
    names = {"a": certificates.kafka_names("c", "n", "a")}
    before = certificates.nodes_data(authority, "c-kafka", names, {})
    after = certificates.nodes_data(authority, "c-kafka", {**names, "b": ["b"]}, before)
    assert set(after) == {"a.crt", "a.key", "b.crt", "b.key"}
    assert after["a.crt"] == before["a.crt"]
    assert set(certificates.nodes_data(authority, "c-kafka", {"b": ["b"]}, after)) == {"b.crt", "b.key"}
    own = x509.load_pem_x509_certificate(base64.b64decode(after["a.crt"]))
    own.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate.encode()))
    told = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
    assert {"a.c-kafka-brokers.n.svc", "a.c-kafka-brokers.n.svc.cluster.local", "c-kafka-bootstrap.n.svc"} <= set(told)


def test_zookeeper_is_known_by_the_name_that_brokers_connect_to() -> None:
    assert {"c-zookeeper-client", "c-zookeeper-0.c-zookeeper-nodes.n.svc"} <= set(
        certificates.zookeeper_names("c", "n", "c-zookeeper-0")
    )


def test_operator_has_a_store_of_its_own(authority: Identity) -> None:
    own = certificates.issue("cluster-operator", authority)
    data = certificates.identity_data("cluster-operator", own, authority)
    assert set(data) == {f"cluster-operator.{end}" for end in ("crt", "key", "p12", "password")}
    password = base64.b64decode(data["cluster-operator.password"])
    store = pkcs12.load_pkcs12(base64.b64decode(data["cluster-operator.p12"]), password)
    assert store.cert is not None
    assert store.cert.certificate.subject.rfc4514_string() == "CN=cluster-operator,O=io.strimzi"
