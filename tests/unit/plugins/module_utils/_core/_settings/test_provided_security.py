# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a config provider fills in: it goes on as it is written, with the providers, and nobody takes it for what it stands for."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import listener_logins, principals
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_properties import (
    ClientProperties,
    client_properties,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_security import (
    ClientSide,
    broker_client,
    controller_client,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.controller_settings import (
    ControllerContext,
    controller_settings,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.security import (
    Credentials,
    Wanted,
    controller_security,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.security_rules import super_user_rules
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.versions import parse_ibp
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown

from tests.unit.plugins.module_utils._core._settings.secured_brokers import PLAIN, SASL, TLS

PROVIDERS = {
    "config.providers": "file,dir,secrets,env",
    "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider",
    "config.providers.dir.class": "org.apache.kafka.common.config.provider.DirectoryConfigProvider",
    "config.providers.dir.param.allowed.paths": "/mnt",
    "config.providers.secrets.class": "io.strimzi.kafka.KubernetesSecretConfigProvider",
    "config.providers.env.class": "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
}
FORMS = ("${file:/mnt/x.properties:key}", "${dir:/mnt:key}", "${secrets:ns/name:key}", "${env:KEY}")
CONTEXT = ControllerContext(parse_ibp("3.9"), "1000@a:9093", "/d")
JAAS = "listener.name.internal.plain.sasl.jaas.config"
TARGET = "listener.name.controller.plain.sasl.jaas.config"
MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule"


# controllers


@pytest.mark.parametrize("value", FORMS)
def test_it_goes_to_the_controllers_as_it_is_and_so_do_the_providers(value: str) -> None:
    keys = (
        "password.encoder.secret",
        "delegation.token.secret.key",
        "ssl.truststore.password",
        "zookeeper.ssl.keystore.password",
        "listener.name.replication.ssl.keystore.password",
        "super.users",
    )
    found = controller_settings("migrating", TLS | PROVIDERS | dict.fromkeys(keys, value), CONTEXT)
    assert {key: found[key] for key in keys} == dict.fromkeys(keys, value)
    assert found.items() >= PROVIDERS.items()


def test_providers_that_nothing_needs_stay_away() -> None:
    """A provider may have a password of its own, and a class that is not there."""
    found = controller_settings("migrating", TLS | PROVIDERS, CONTEXT)
    assert not found.keys() & PROVIDERS.keys()
    final = controller_settings("final", TLS | PROVIDERS | {"password.encoder.secret": FORMS[0]}, CONTEXT)
    assert not final.keys() & PROVIDERS.keys(), "what needed them is left out at this stage"


def test_the_address_of_zookeeper_is_needed_by_the_collection_itself() -> None:
    with pytest.raises(Unsupported, match=r"zookeeper\.connect is \$\{file:/x:zk\}, which a config provider") as raised:
        controller_settings("migrating", SASL | PROVIDERS | {"zookeeper.connect": "${file:/x:zk}"}, CONTEXT)
    assert raised.value.code == "setting-blocks"


# logins


@pytest.mark.parametrize("value", FORMS)
def test_a_login_that_is_filled_in_as_a_whole_is_nobodys(value: str) -> None:
    """It may have users of the brokers, who would be let in at the controllers."""
    with pytest.raises(
        Unsupported, match=r"\(a config provider fills in the user name only when Kafka starts\): set"
    ) as no:
        controller_security(PLAIN | PROVIDERS | {JAAS: value}, Wanted())
    assert no.value.code == "controller-login-missing"
    assert principals.broker_principal(PLAIN | {JAAS: value}) is None
    # the user's own word comes first
    said = controller_security(PLAIN | {JAAS: value}, Wanted(credentials=Credentials("kraft", "p")))
    assert said.principal == "User:kraft"


def test_a_password_that_is_filled_in_stays_one() -> None:
    line = f'{MODULE} required username="broker" password="{FORMS[0]}" user_broker="{FORMS[0]}" user_a="{FORMS[1]}";'
    found = controller_security(PLAIN | {JAAS: line}, Wanted())
    assert found.principal == "User:broker"
    (server,), (client,) = (listener_logins.logins(each[TARGET]) for each in (found.controllers, found.brokers))
    assert client.options == {"username": "broker", "password": FORMS[0]}
    assert server.options == {**client.options, "user_broker": FORMS[0]}


def test_a_user_name_that_is_filled_in_could_not_be_told() -> None:
    line = f'{MODULE} required username="{FORMS[0]}" password="canary";'
    assert principals.broker_principal(PLAIN | {JAAS: line}) is None
    with pytest.raises(
        Unsupported, match=r"\(a config provider fills in the user name only when Kafka starts\): set"
    ) as no:
        controller_security(PLAIN | {JAAS: line}, Wanted())
    assert no.value.code == "controller-login-missing"
    assert "canary" not in no.value.message


def test_who_asks_for_certificates_could_not_be_told() -> None:
    asks = TLS | {"listener.name.replication.ssl.client.auth": FORMS[0]}
    assert controller_security(asks, Wanted()).principal is None, "it may be somebody anonymous, and may not"
    assert principals.broker_principal(asks, by_certificate="User:b") is None


# super users


def test_super_users_that_are_filled_in_are_kept_and_added_to() -> None:
    have = SASL | {"super.users": FORMS[0]}
    assert principals.with_super_users(have, ["User:kraft"]) == f"{FORMS[0]};User:kraft"
    assert principals.without_type([FORMS[0], FORMS[3], "nobody"]) == ["nobody"]


@pytest.mark.parametrize(
    ("broker", "by_certificate", "expected"),
    [
        ("User:b", None, "super-user-added"),
        ("User:ANONYMOUS", None, "super-user-unknown"),
        (None, "User:CN=b", "super-user-unknown"),
        (None, None, "super-user-unknown"),
    ],
)
def test_nobody_is_missing_among_super_users_that_nobody_knows(
    broker: str | None, by_certificate: str | None, expected: str
) -> None:
    have = SASL | {"super.users": f"{FORMS[0]};User:kraft"}
    kraft = controller_security(SASL, Wanted(credentials=Credentials("kraft", "p")))
    (found,) = super_user_rules(have, kraft, broker, by_certificate, (), set())
    assert found.code == expected
    name = by_certificate or broker
    if name:
        assert super_user_rules(have, kraft, broker, by_certificate, [name], set()) == []


# our own connections


@pytest.mark.parametrize("value", FORMS)
def test_we_do_not_log_in_by_a_text_that_is_no_login_and_the_tools_do(value: str) -> None:
    side = broker_client(PLAIN | PROVIDERS | {JAAS: value})
    assert isinstance(side, ClientSide)
    wanted = Unknown("the login of listener INTERNAL is filled in by a config provider only when Kafka starts")
    assert side.login() == wanted
    found = client_properties(side)
    assert isinstance(found, ClientProperties)
    assert found.values["sasl.jaas.config"] == value
    assert found.values.items() >= PROVIDERS.items()


def test_a_file_that_java_fills_in_is_for_nobody_else() -> None:
    settings = {"controller.listener.names": "C", "listener.security.protocol.map": "C:SASL_PLAINTEXT"}
    side = controller_client(
        settings | {"sasl.mechanism.controller.protocol": "PLAIN"}, ["-Djava.security.auth.login.config=/j"]
    )
    assert isinstance(side, ClientSide)
    found = client_properties(side, 'KafkaServer { m required username="b" password="${of.java}"; };')
    assert found == Unknown("the login of listener C is filled in by Java, from its system properties")
