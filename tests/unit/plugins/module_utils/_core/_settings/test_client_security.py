# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client side of a listener, by the settings of the process that has it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import client_security as security
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_security import (
    ClientSide,
    Security,
    Store,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.jvm_options import JAAS_OPTION
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown

CANARY = "c4n4ry"
PLAIN = f'm.Plain required username="controller" password="{CANARY}" user_controller="{CANARY}";'
CONTROLLER = {"controller.listener.names": "CTL,OTHER", "listener.security.protocol.map": "ctl:SASL_SSL,B:SSL"}
LOGIN = CONTROLLER | {
    "sasl.mechanism.controller.protocol": "plain",
    "listener.name.ctl.plain.sasl.jaas.config": PLAIN,
}


def side(settings: dict[str, str], *options: str) -> ClientSide:
    found = security.controller_client(settings, options)
    assert isinstance(found, ClientSide), found
    assert CANARY not in repr(found)
    return found


def why(found: Any) -> str:
    assert isinstance(found, Unknown), found
    assert CANARY not in found.why
    return found.why


def test_no_secret_in_a_repr() -> None:
    found = Security("SASL_SSL", "PLAIN", "u", CANARY, CANARY, CANARY, CANARY, CANARY)
    assert CANARY not in repr(found)
    assert (found.tls, found.sasl) == (True, True)
    assert (security.OPEN.tls, security.OPEN.sasl) == (False, False)
    assert CANARY not in repr(Store("PEM", "/x", CANARY, CANARY, CANARY))
    assert found.hide(f"it is {CANARY}!") == "it is <redacted>!"
    assert security.hide("abcd ab", ["ab", "", "abcd"]) == "<redacted> <redacted>"


@pytest.mark.parametrize(
    ("settings", "name", "protocol"),
    [
        ({}, "PLAINTEXT", "PLAINTEXT"),
        ({}, "Ssl", "SSL"),
        ({}, "CONTROLLER", "PLAINTEXT"),
        ({"listener.security.protocol.map": "a:sasl_ssl"}, "A", "SASL_SSL"),
        ({"listener.security.protocol.map": "SSL:PLAINTEXT"}, "SSL", "PLAINTEXT"),
        ({"listener.security.protocol.map": "a:SSL"}, "SASL_SSL", "SASL_SSL"),
    ],
)
def test_protocol(settings: dict[str, str], name: str, protocol: str) -> None:
    assert security.listener_protocol(settings, name) == protocol


def test_the_prefix_of_the_listener_comes_first() -> None:
    settings = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.password": "general",
        "listener.name.ctl.ssl.keystore.type": "PKCS12",
        "listener.name.b.ssl.keystore.type": "JKS",
        "sasl.jaas.config": "nobody reads it",
        "plain.sasl.jaas.config": "nor this",
    }
    assert security.in_force(settings, "CTL") == {"ssl.keystore.type": "PKCS12", "ssl.keystore.password": "general"}


def test_login_by_a_setting() -> None:
    found = side(LOGIN)
    assert (found.listener, found.protocol, found.mechanism, found.jaas_file) == ("CTL", "SASL_SSL", "PLAIN", "")
    assert found.login() == ("controller", CANARY)


@pytest.mark.parametrize(
    ("listed", "user"),
    [("ctl.KafkaServer", "own"), ("KafkaServer", "own")],
)
def test_login_by_a_file(listed: str, user: str) -> None:
    settings = CONTROLLER | {"sasl.mechanism.controller.protocol": "SCRAM-SHA-512"}
    found = side(settings, "-Xmx1g", f"{JAAS_OPTION}/old", f"{JAAS_OPTION}=file:/etc/jaas.conf")
    assert found.jaas_file == "/etc/jaas.conf"
    text = f'{listed} {{ m required username={user} password="{CANARY}"; }};'
    assert found.login(text) == (user, CANARY)
    assert why(found.login("Client { m required; };")) == "the JAAS file /etc/jaas.conf has no section KafkaServer"
    assert "is no JAAS configuration: " in why(found.login(f"KafkaServer {{ {CANARY}"))
    filled = f'{listed} {{ m required username={user} password="${{secret}}"; }};'
    assert "filled in by a config provider only when Kafka starts" in why(found.login(filled))


def test_the_section_of_the_listener_comes_first() -> None:
    found = side(CONTROLLER | {"sasl.mechanism.controller.protocol": "PLAIN"}, f"{JAAS_OPTION}/j")
    text = "KafkaServer { m required username=a password=b; }; ctl.KafkaServer { m required username=c password=d; };"
    assert found.login(text) == ("c", "d")


@pytest.mark.parametrize(
    ("jaas", "reason"),
    [
        ("m required;", "the JAAS configuration of listener CTL has no username and password of its own"),
        (f"m {CANARY};", "listener.name.ctl.plain.sasl.jaas.config is no JAAS configuration"),
        ('m required username="u" password="${file:/x:y}";', "filled in by a config provider only when Kafka starts"),
    ],
)
def test_a_login_that_cannot_be_told(jaas: str, reason: str) -> None:
    assert reason in why(side(LOGIN | {"listener.name.ctl.plain.sasl.jaas.config": jaas}).login())


def test_a_dollar_in_a_password_is_one() -> None:
    jaas = 'm required username="u" password="a${b";'
    assert side(LOGIN | {"listener.name.ctl.plain.sasl.jaas.config": jaas}).login() == ("u", "a${b")


def test_what_only_tools_can_log_in_by() -> None:
    found = side(CONTROLLER, f"{JAAS_OPTION}/j")
    assert why(found.login()) == "listener CTL uses GSSAPI, which only Kafka's own tools can log in by"


def test_no_login_is_needed() -> None:
    found = side(CONTROLLER | {"listener.security.protocol.map": "CTL:PLAINTEXT"})
    assert found.login() == ("", "")
    assert found.trust_store() is found.key_store() is None


def test_no_login_is_there() -> None:
    reason = why(security.controller_client(CONTROLLER | {"sasl.mechanism.controller.protocol": "PLAIN"}))
    assert "neither listener.name.ctl.plain.sasl.jaas.config nor a JAAS file" in reason
    assert why(security.controller_client({})) == "controller.listener.names is not set"
    strange = CONTROLLER | {"listener.security.protocol.map": "CTL:TLS"}
    assert "a security protocol that Kafka does not know" in why(security.controller_client(strange))


def test_the_inter_broker_listener() -> None:
    settings = {"security.inter.broker.protocol": "SSL", "ssl.truststore.location": "/t"}
    found = security.broker_client(settings)
    assert isinstance(found, ClientSide)
    assert (found.listener, found.protocol, found.mechanism) == ("SSL", "SSL", "")
    named = {
        "inter.broker.listener.name": "B",
        "listener.security.protocol.map": "B:SASL_PLAINTEXT",
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
        "listener.name.b.scram-sha-512.sasl.jaas.config": PLAIN,
    }
    found = security.broker_client(named)
    assert isinstance(found, ClientSide)
    assert (found.tls, found.login()) == (False, ("controller", CANARY))


def test_stores_in_files() -> None:
    stores = {
        "ssl.keystore.location": "/k",
        "ssl.keystore.password": CANARY,
        "ssl.key.password": CANARY,
        "ssl.truststore.location": "/t",
        "listener.name.ctl.ssl.truststore.type": "pkcs12",
        "ssl.truststore.password": " other ",
    }
    found = side(LOGIN | stores)
    assert found.key_store() == Store("JKS", "/k", "", CANARY, CANARY)
    assert found.trust_store() == Store("PKCS12", "/t", "", "other")


def test_stores_in_the_settings() -> None:
    stores = {
        "ssl.keystore.certificate.chain": "CHAIN",
        "ssl.keystore.key": "KEY",
        "ssl.truststore.certificates": "CA",
        "ssl.keystore.type": "PEM",
    }
    found = side(LOGIN | stores)
    assert found.key_store() == Store("PEM", "", "KEY\nCHAIN\n")
    assert found.trust_store() == Store("PEM", "", "CA")
    half = side(LOGIN | stores | {"ssl.keystore.key": ""})
    assert "has only one of ssl.keystore.key and ssl.keystore.certificate.chain" in why(half.key_store())


def test_stores_that_cannot_be_told() -> None:
    assert "has no trust store of its own" in why(side(LOGIN).trust_store())
    assert side(LOGIN).key_store() is None
    given = {"ssl.truststore.location": "/t", "ssl.truststore.password": "${env:X}"}
    assert "the truststore of listener CTL is filled in by a config provider" in why(side(LOGIN | given).trust_store())


@pytest.mark.parametrize(("value", "checked"), [(None, True), ("https", True), ("", False), (" ", False)])
def test_names_are_checked_unless_the_settings_turn_it_off(value: str | None, checked: bool) -> None:
    key = "listener.name.ctl.ssl.endpoint.identification.algorithm"
    assert side(LOGIN | ({} if value is None else {key: value})).check_names is checked
