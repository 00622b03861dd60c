# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controllers' listener is never weaker than the brokers' own by itself, and never one that controllers cannot start with."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import listener_logins
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.security import (
    Credentials,
    Wanted,
    controller_security,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

from tests.unit.plugins.module_utils._core._settings.secured_brokers import PLAIN, PLAIN_JAAS, SASL, TLS

AUTO = Wanted()
KRAFT = Credentials("kraft", "canary-kraft")


def test_plain_brokers_have_plain_controllers() -> None:
    found = controller_security({"listeners": "PLAINTEXT://:9092"}, AUTO)
    assert (found.listener, found.protocol, found.principal) == ("CONTROLLER", "PLAINTEXT", "User:ANONYMOUS")
    assert found.brokers == found.controllers == {}
    assert "PLAINTEXT" in found.reason


def test_scram_cannot_start_controllers_and_the_choice_is_said() -> None:
    with pytest.raises(Unsupported) as raised:
        controller_security(SASL, AUTO)
    assert raised.value.code == "controller-listener-scram"
    for words in (
        "SCRAM-SHA-512 (listener CLIENT)",
        "kraft_controller_secret",
        "username and password",
        "kraft_controller_security to SSL",
    ):
        assert words in raised.value.message


@pytest.mark.parametrize("security", ["auto", "SASL_PLAINTEXT"])
def test_a_secret_gives_the_login_where_brokers_use_scram(security: str) -> None:
    found = controller_security(SASL, Wanted(security, credentials=KRAFT))
    assert (found.protocol, found.principal) == ("SASL_PLAINTEXT", "User:kraft")
    key = "listener.name.controller.plain.sasl.jaas.config"
    (client,), (server,) = listener_logins.logins(found.brokers[key]), listener_logins.logins(found.controllers[key])
    assert client.options == {"username": "kraft", "password": "canary-kraft"}
    assert server.options == {**client.options, "user_kraft": "canary-kraft"}
    assert found.brokers["sasl.mechanism.controller.protocol"] == "PLAIN"
    assert found.controllers["listener.name.controller.sasl.enabled.mechanisms"] == "PLAIN"
    assert "canary" not in repr(found)


def test_the_login_of_brokers_that_use_plain_is_theirs() -> None:
    found = controller_security(PLAIN, AUTO, PLAIN_JAAS)
    (server,) = listener_logins.logins(found.controllers["listener.name.controller.plain.sasl.jaas.config"])
    assert server.options == {
        "username": "broker",
        "password": "canary-plain",
        "user_broker": "canary-plain",
    }, "other users of the brokers are no business of the controllers', which have no ACLs yet"
    assert found.principal == "User:broker"
    own_builder = PLAIN | {"principal.builder.class": "com.example.Builder"}
    assert controller_security(own_builder, AUTO, PLAIN_JAAS).principal is None


def test_what_checks_passwords_comes_along_with_the_brokers_own_login_alone() -> None:
    own, new = "listener.name.internal.plain.", "listener.name.controller.plain."
    handler = {f"{own}sasl.server.callback.handler.class": "com.example.Checks", f"{own}ldap.url": "ldaps://x"}
    found = controller_security(PLAIN | handler, AUTO, PLAIN_JAAS).controllers
    assert found[f"{new}sasl.server.callback.handler.class"] == "com.example.Checks"
    assert found[f"{new}ldap.url"] == "ldaps://x"
    given = controller_security(PLAIN | handler, Wanted(credentials=Credentials("kraft", "p")), PLAIN_JAAS).controllers
    assert not [key for key in given if "handler" in key or "ldap" in key], "it does not know this user"


def test_a_builder_of_the_listener_between_brokers_comes_along_where_its_certificates_do() -> None:
    builder = {"principal.builder.class": "com.example.Builder"}
    named = {f"listener.name.internal.{key}": value for key, value in builder.items()}
    over_tls = {
        **PLAIN,
        **named,
        "listener.security.protocol.map": "CLIENT:SASL_SSL,INTERNAL:SASL_SSL",
        "ssl.keystore.location": "/k",
        "ssl.truststore.location": "/t",
    }
    assert controller_security(over_tls, AUTO, PLAIN_JAAS).principal is None
    assert controller_security(PLAIN | named, AUTO, PLAIN_JAAS).principal == "User:broker"
    tls = TLS | {"listener.name.replication.principal.builder.class": "com.example.Builder", "ssl.client.auth": "none"}
    assert controller_security(tls, AUTO).principal is None


@pytest.mark.parametrize("option", ["username", "password"])
def test_a_file_that_only_the_jvm_can_fill_in_is_not_taken_by_its_letters(option: str) -> None:
    options = {"username": "broker", "password": "p"} | {option: "${broker.x}"}
    line = " ".join(f'{key}="{value}"' for key, value in options.items())
    text = f"KafkaServer {{ org.apache.kafka.common.security.plain.PlainLoginModule required {line}; }};"
    with pytest.raises(Unsupported) as error:
        controller_security(PLAIN, AUTO, text)
    assert error.value.code == "controller-login-missing"


@pytest.mark.parametrize(
    ("effective", "wanted", "file"),
    [
        (PLAIN, AUTO, ""),
        (PLAIN, AUTO, PLAIN_JAAS.replace(' password="canary-plain"', "")),
        (SASL, Wanted("SASL_PLAINTEXT"), ""),
        ({"listeners": "PLAINTEXT://:9092"}, Wanted("SASL_PLAINTEXT"), ""),
    ],
)
def test_a_login_that_nobody_knows_is_asked_for(effective: dict[str, str], wanted: Wanted, file: str) -> None:
    with pytest.raises(Unsupported) as raised:
        controller_security(effective, wanted, file)
    assert raised.value.code == "controller-login-missing"
    assert "kraft_controller_secret" in raised.value.message
    assert "canary" not in raised.value.message


@pytest.mark.parametrize("mechanism", ["GSSAPI", "OAUTHBEARER"])
def test_other_mechanisms_are_refused_by_name(mechanism: str) -> None:
    with pytest.raises(Unsupported) as raised:
        controller_security(SASL | {"sasl.mechanism.inter.broker.protocol": mechanism}, AUTO)
    assert raised.value.code == "controller-listener-mechanism"
    assert mechanism in raised.value.message
    with pytest.raises(Unsupported) as raised:
        controller_security(SASL, Wanted("SASL_SSL", mechanism))
    assert raised.value.code == "controller-listener-mechanism"
    assert raised.value.message.endswith(": leave the option at PLAIN")


def test_scram_that_is_asked_for_is_refused_with_its_reason() -> None:
    with pytest.raises(Unsupported) as raised:
        controller_security(SASL, Wanted(mechanism="SCRAM-SHA-512", credentials=KRAFT))
    assert raised.value.code == "controller-listener-scram"
    assert raised.value.message.startswith("kraft_controller_sasl_mechanism is SCRAM-SHA-512, but")
    assert raised.value.message.endswith("only with the copy: leave the option at PLAIN")


def test_the_keys_of_the_listener_between_brokers_are_the_controllers() -> None:
    found = controller_security(TLS, AUTO)
    assert (found.protocol, found.principal) == ("SSL", None)
    assert found.brokers == found.controllers
    prefix = "listener.name.controller.ssl."
    assert {key.removeprefix(prefix): value for key, value in found.brokers.items()} == {
        "keystore.type": "PKCS12",
        "keystore.location": "/etc/kafka-tls/keystore.p12",
        "keystore.password": "canary-store",
        "truststore.type": "PKCS12",
        "truststore.location": "/etc/kafka-tls/truststore.p12",
        "truststore.password": "canary-store",
        "client.auth": "required",
    }


def test_keys_for_all_listeners_stay_where_they_are() -> None:
    """A password that is for all listeners breaks one with PEM files (Kafka 3.9.2), so nothing is moved there."""
    for_all = {key: value for key, value in TLS.items() if not key.startswith("listener.name.")}
    found = controller_security(for_all, AUTO)
    assert found.brokers == {}
    assert found.principal is None
    one_way = controller_security(for_all | {"ssl.client.auth": "none"}, AUTO)
    assert one_way.principal == "User:ANONYMOUS"
    assert not any(not key.startswith("listener.name.controller.") for key in controller_security(TLS, AUTO).brokers)


def test_tls_instead_of_scram_asks_for_certificates() -> None:
    stores = {key: value for key, value in TLS.items() if key.startswith("ssl.") and "client" not in key}
    found = controller_security(SASL | stores, Wanted("SSL"))
    assert found.brokers == {"listener.name.controller.ssl.client.auth": "required"}
    assert found.principal is None
    both = controller_security(SASL | stores, Wanted("SASL_SSL", credentials=KRAFT))
    assert both.protocol == "SASL_SSL"
    assert "listener.name.controller.ssl.client.auth" not in both.brokers


@pytest.mark.parametrize(("gone", "words"), [("keystore", "no key store"), ("truststore", "no trust store")])
def test_stores_that_are_not_among_the_static_settings_are_missed(gone: str, words: str) -> None:
    with pytest.raises(Unsupported) as raised:
        controller_security({key: value for key, value in TLS.items() if gone not in key}, AUTO)
    assert raised.value.code == "controller-listener-keys"
    assert words in raised.value.message


def test_a_listener_without_a_protocol_is_refused() -> None:
    with pytest.raises(Unsupported) as raised:
        controller_security(TLS | {"inter.broker.listener.name": "ODD"}, AUTO)
    assert raised.value.code == "setting-blocks"


def test_a_name_that_the_map_has_for_another_protocol_is_left_alone() -> None:
    used = TLS["listener.security.protocol.map"] + ",CONTROLLER:PLAINTEXT"
    assert controller_security(TLS | {"listener.security.protocol.map": used}, AUTO).listener == "KRAFT"
    ours = TLS["listener.security.protocol.map"] + ",CONTROLLER:SSL"
    assert controller_security(TLS | {"listener.security.protocol.map": ours}, AUTO).listener == "CONTROLLER"
