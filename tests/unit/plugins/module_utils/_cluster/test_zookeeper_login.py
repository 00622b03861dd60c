# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The login that is found for the collection's own session: the brokers', and what a Secret puts in its place."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_login import find_login
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.zookeeper_login import (
    Store,
    ZookeeperLogin,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

from tests.unit.plugins.module_utils.fakes import FakeClient

CANARY = "c4n4ry"
OPTIONS = ["-Djava.security.auth.login.config=/jaas.conf"]
JAAS = f'Client {{ a.B required username="kafka" password="{CANARY}"; }};'.encode()
TLS = {
    "zookeeper.ssl.client.enable": "true",
    "zookeeper.clientCnxnSocket": "org.apache.zookeeper.ClientCnxnSocketNetty",
    "zookeeper.ssl.truststore.location": "/trust.pem",
}


def client_with(**values: str) -> Any:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    secret = {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "zk", "namespace": "shop"}, "data": data}
    return FakeClient(secret)


def empty() -> Any:
    return FakeClient()


def files(**contents: bytes) -> Callable[[str], Reading[bytes]]:
    there = {f"/{name.replace('_', '.')}": content for name, content in contents.items()}
    return lambda path: there.get(path, Unknown("no such file"))


def test_as_the_brokers_do() -> None:
    login = find_login(empty(), "shop", TLS, OPTIONS, files(jaas_conf=JAAS, trust_pem=b"CA"))
    assert login == ZookeeperLogin(
        "kafka", CANARY, "section Client of /jaas.conf", tls=True, trust=Store("/trust.pem", "PEM", b"CA")
    )
    assert find_login(empty(), "shop", {}, [], files()) == ZookeeperLogin()


def test_files_that_cannot_be_read_are_no_silence() -> None:
    login = find_login(empty(), "shop", TLS, OPTIONS, files())
    assert list(login.problems) == ["login", "trust"]
    assert login.unsupported.startswith(
        "the brokers' JAAS file /jaas.conf could not be read (no such file); name a Secret"
    )


def test_a_secret_comes_first() -> None:
    login = find_login(client_with(username="me", password="p"), "shop", TLS, OPTIONS, files(trust_pem=b"CA"), "zk")
    assert (login.username, login.source, login.unsupported) == ("me", "Secret shop/zk", "")
    assert login.trust == Store("/trust.pem", "PEM", b"CA")


@pytest.mark.parametrize(
    ("client", "message"),
    [
        (empty(), "the Secret shop/zk of kraft_zookeeper_secret does not exist; make it, or correct the name"),
        (client_with(username=CANARY), "Secret shop/zk has username but no password; add it"),
        (client_with(), "Secret shop/zk has nothing to log in to ZooKeeper with"),
    ],
)
def test_a_secret_that_cannot_be_used(client: Any, message: str) -> None:
    with pytest.raises(Refused) as caught:
        find_login(client, "shop", {}, [], files(), "zk")
    assert caught.value.message.startswith(message)
    assert caught.value.code == "secret-missing"
    assert CANARY not in caught.value.message
