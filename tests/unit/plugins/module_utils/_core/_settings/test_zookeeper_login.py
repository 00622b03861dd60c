# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a broker's session with ZooKeeper logs in, from its settings and the options of its JVM."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import REDACTED
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.zookeeper_login import (
    KEYS,
    LOGIN,
    TRUST,
    Store,
    ZookeeperLogin,
    broker_login,
    jaas_file,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown

CANARY = "c4n4ry"
FILE = "/etc/kafka/jaas.conf"
OPTION = f"-Djava.security.auth.login.config={FILE}"
DIGEST = f'org.apache.zookeeper.server.auth.DigestLoginModule required username="kafka" password="{CANARY}";'
NETTY = {"zookeeper.clientCnxnSocket": "org.apache.zookeeper.ClientCnxnSocketNetty"}
TLS = {"zookeeper.ssl.client.enable": "true", **NETTY}


def test_nothing() -> None:
    login = broker_login({"zookeeper.connect": "z"}, ["-Xmx1g", "-Dx"], "")
    assert login == ZookeeperLogin()
    assert not login.files
    assert not login.unsupported


@pytest.mark.parametrize(
    "module",
    [
        "org.apache.zookeeper.server.auth.DigestLoginModule",
        # what images write: any module that leaves user and password in the subject does (ZooKeeper 3.8.4)
        "org.apache.kafka.common.security.plain.PlainLoginModule",
        "org.apache.kafka.common.security.scram.ScramLoginModule",
    ],
)
def test_a_password(module: str) -> None:
    text = f'Client {{ {module} required username="kafka" password="{CANARY}"; }};'
    login = broker_login({}, [OPTION], text)
    assert (login.username, login.password, login.source) == ("kafka", CANARY, f"section Client of {FILE}")
    assert not login.tls
    assert CANARY not in repr(login)


def test_another_section_and_the_last_option_counts() -> None:
    options = ["-Djava.security.auth.login.config=/old", "-Dzookeeper.sasl.clientconfig=Zk", "-Dwho=me", OPTION]
    text = f'Client {{ {DIGEST} }}; Zk {{ a.B optional; a.C required username="${{who}}" password=p; }};'
    login = broker_login({}, options, text)
    assert (login.username, login.source) == ("me", f"section Zk of {FILE}")


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ([], ""),
        ([OPTION], FILE),
        ([f"-Djava.security.auth.login.config=={FILE}"], FILE),
        ([f"-Djava.security.auth.login.config=file:{FILE}"], FILE),
        ([f"-Djava.security.auth.login.config=file://{FILE}"], FILE),
        ([OPTION, "-Dzookeeper.sasl.client=false"], ""),
        ([OPTION, "-Dzookeeper.sasl.client=true"], FILE),
    ],
)
def test_the_file(options: list[str], path: str) -> None:
    assert jaas_file(options) == path


@pytest.mark.parametrize(
    "options",
    [
        'username="kafka" password="${zk.password}"',
        'username="kafka" password="a${zk.password}b"',
        'username="${zk.password}" password="p"',
    ],
)
def test_a_login_that_is_in_a_hidden_property_is_not_guessed(options: str) -> None:
    """What was read of the JVM has the text that hides it; a session with that would be refused as if the password were wrong."""
    text = f"Client {{ a.B required {options}; }};"
    login = broker_login({}, [OPTION, f"-Dzk.password={REDACTED}"], text)
    assert (login.username, login.password, login.code) == ("", "", "zookeeper-login-failed")
    assert login.unsupported == (
        f"section Client of {FILE} takes the login from a system property of the brokers' JVM whose value is a secret and is not read from there; "
        "name a Secret in kraft_zookeeper_secret with the login to ZooKeeper"
    )
    assert broker_login({}, [OPTION, "-Dzk.password=seen"], text).unsupported == ""


def test_a_session_that_shall_not_log_in_does_not() -> None:
    assert broker_login({}, [OPTION, "-Dzookeeper.sasl.client=false"], f"Client {{ {DIGEST} }};") == ZookeeperLogin()


def test_a_file_without_the_section() -> None:
    assert broker_login({}, [OPTION], f"KafkaServer {{ {DIGEST} }};") == ZookeeperLogin()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (Unknown("no file"), f"the brokers' JAAS file {FILE} could not be read (no file); name a Secret"),
        ("Client {", f"the brokers' JAAS file {FILE}, section Client: the class of a login module is missing"),
        (
            'Client { com.sun.security.auth.module.Krb5LoginModule required keyTab="/x"; };',
            f"section Client of {FILE} logs in by Kerberos, which is not supported",
        ),
        ("Client { a.B required username=kafka; };", f"section Client of {FILE} has neither username nor password"),
    ],
)
def test_a_login_that_cannot_be_used(text: Reading[str], sentence: str) -> None:
    login = broker_login({}, [OPTION], text)
    assert list(login.problems) == [LOGIN]
    assert login.unsupported.startswith(sentence)
    assert login.code == "zookeeper-login-failed"
    assert not login.username


@pytest.mark.parametrize(
    ("settings", "options", "tls"),
    [
        (TLS, [], True),
        ({}, ["-Dzookeeper.client.secure=true", "-Dzookeeper.clientCnxnSocket=ClientCnxnSocketNetty"], True),
        # the socket of NIO, the default, speaks no TLS whatever is wanted of it
        ({"zookeeper.ssl.client.enable": "true"}, [], False),
        ({**TLS, "zookeeper.clientCnxnSocket": "org.apache.zookeeper.ClientCnxnSocketNIO"}, [], False),
        ({**TLS, "zookeeper.ssl.client.enable": "false"}, ["-Dzookeeper.client.secure=true"], False),
        (NETTY, [], False),
    ],
)
def test_tls(settings: dict[str, str], options: list[str], tls: bool) -> None:
    assert broker_login(settings, options, "").tls is tls


@pytest.mark.parametrize(
    ("settings", "options", "verifies"),
    [
        ({}, [], True),
        ({}, ["-Dzookeeper.ssl.hostnameVerification=false"], False),
        (
            {"zookeeper.ssl.endpoint.identification.algorithm": "https"},
            ["-Dzookeeper.ssl.hostnameVerification=false"],
            True,
        ),
        ({"zookeeper.ssl.endpoint.identification.algorithm": " "}, [], False),
    ],
)
def test_names(settings: dict[str, str], options: list[str], verifies: bool) -> None:
    assert broker_login({**TLS, **settings}, options, "").verify_names is verifies


def test_stores() -> None:
    settings = {
        **TLS,
        "zookeeper.ssl.keystore.location": "/tls/key.jks",
        "zookeeper.ssl.keystore.password": CANARY,
        "zookeeper.ssl.truststore.location": "/tls/trust",
        "zookeeper.ssl.truststore.type": "pkcs12",
    }
    options = ["-Dzookeeper.ssl.trustStore.location=/not", "-Dzookeeper.ssl.trustStore.passwordPath=/tls/pw"]
    login = broker_login(settings, options, "")
    assert login.keys == Store("/tls/key.jks", "JKS", None, CANARY)
    assert login.trust == Store("/tls/trust", "PKCS12", None, "", "/tls/pw")
    assert login.files == ("/tls/trust", "/tls/key.jks", "/tls/pw")
    full = login.with_files({"/tls/trust": b"t", "/tls/key.jks": b"k", "/tls/pw": CANARY.encode() + b"\nmore"})
    assert full.trust == Store("/tls/trust", "PKCS12", b"t", CANARY)
    assert full.keys == Store("/tls/key.jks", "JKS", b"k", CANARY)
    assert not full.files
    assert not full.unsupported
    assert full.with_files({}) == full
    assert CANARY not in repr(full)
    empty = login.with_files({"/tls/trust": b"t", "/tls/key.jks": b"k", "/tls/pw": b""})
    assert empty.trust == Store("/tls/trust", "PKCS12", b"t")
    lacking = login.with_files({"/tls/trust": b"t", "/tls/pw": Unknown("no such file")})
    assert list(lacking.problems) == [TRUST, KEYS]
    assert lacking.unsupported.startswith(
        "the file /tls/pw, which the brokers' sessions with ZooKeeper use, could not be read (no such file); name a Secret"
    )
    assert "/tls/key.jks" in lacking.problems[KEYS]
    assert "it was not looked for" in lacking.problems[KEYS]
    assert lacking.code == "zookeeper-tls"


def test_a_store_whose_type_nothing_tells() -> None:
    login = broker_login({**TLS, "zookeeper.ssl.truststore.location": "/tls/ca"}, [], "")
    assert login.trust == Store("/tls/ca")
    assert login.keys is None


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({"zookeeper.ssl.keystore.password": "${file:/x:y}"}, []),
        ({}, ["-Dzookeeper.ssl.keyStore.password=<redacted>"]),
        ({}, ["-Dzookeeper.ssl.keyStore.passwordPath=<redacted>"]),
    ],
)
def test_a_password_that_is_not_in_the_settings(settings: dict[str, str], options: list[str]) -> None:
    login = broker_login({**TLS, "zookeeper.ssl.keystore.location": "/k.pem", **settings}, options, "")
    assert login.unsupported.startswith("zookeeper.ssl.keystore.password of the brokers is not in their settings")
    assert login.code == "zookeeper-tls"
