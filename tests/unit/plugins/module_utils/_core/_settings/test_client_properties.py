# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Kafka's tools are given to reach a secured listener."""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_properties import (
    ClientProperties,
    client_properties,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_security import (
    ClientSide,
    broker_client,
    controller_client,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.jvm_options import JAAS_OPTION
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import Properties
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown

CANARY = "c4n4ry"
SETTINGS = {
    "inter.broker.listener.name": "IN",
    "listener.security.protocol.map": "IN:SASL_SSL",
    "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
    "listener.name.in.scram-sha-512.sasl.jaas.config": f'm required username="b" password="{CANARY}" user_b="{CANARY}2";',
    "listener.name.in.scram-sha-512.sasl.login.class": "my.Login",
    "listener.name.in.ssl.truststore.location": "/t.p12",
    "ssl.truststore.location": "/general",
    "ssl.truststore.password": CANARY,
    "ssl.client.auth": "required",
    "ssl.principal.mapping.rules": "DEFAULT",
    "sasl.enabled.mechanisms": "PLAIN",
    "sasl.kerberos.service.name": "kafka",
    "log.dirs": "/data",
}


def made(settings: dict[str, str], jaas_text: str = "") -> ClientProperties:
    side = broker_client(settings, [f"{JAAS_OPTION}/j"])
    assert isinstance(side, ClientSide)
    found = client_properties(side, jaas_text)
    assert isinstance(found, ClientProperties), found
    assert CANARY not in repr(found)
    return found


def test_as_the_process_itself() -> None:
    found = made(SETTINGS)
    assert found.values == {
        "security.protocol": "SASL_SSL",
        "ssl.truststore.location": "/t.p12",
        "ssl.truststore.password": CANARY,
        "sasl.kerberos.service.name": "kafka",
        "sasl.login.class": "my.Login",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.jaas.config": f'm required username="b" password="{CANARY}";',
    }
    assert Properties.parse(found.text()).as_dict() == found.values
    assert found


def test_by_a_jaas_file() -> None:
    settings = {key: value for key, value in SETTINGS.items() if not key.endswith("jaas.config")}
    text = f'KafkaServer {{ k required keyTab="/x"; m required username="b" password="{CANARY}"; }};'
    assert made(settings, text).values["sasl.jaas.config"] == f'm required username="b" password="{CANARY}";'
    kerberos = made(settings | {"sasl.mechanism.inter.broker.protocol": "GSSAPI"}, "KafkaServer { k required a=b; };")
    assert kerberos.values["sasl.jaas.config"] == 'k required a="b";'


def test_a_login_that_is_none() -> None:
    side = broker_client(SETTINGS | {"listener.name.in.scram-sha-512.sasl.jaas.config": "m required;"})
    assert isinstance(side, ClientSide)
    assert client_properties(side) == Unknown(
        "the JAAS configuration of listener IN has no username and password of its own"
    )
    side = broker_client(SETTINGS | {"listener.name.in.scram-sha-512.sasl.jaas.config": f"m {CANARY}"})
    assert isinstance(side, ClientSide)
    found = client_properties(side)
    assert isinstance(found, Unknown)
    assert CANARY not in found.why


def test_without_security_nothing_is_needed() -> None:
    side = controller_client({"controller.listener.names": "C", "config.providers": "env"})
    assert isinstance(side, ClientSide)
    assert client_properties(side) == ClientProperties()
    assert not client_properties(side)


def test_what_a_provider_fills_in_is_filled_in_by_the_tool() -> None:
    provider = {"config.providers": "env", "config.providers.env.class": "org.EnvVarConfigProvider"}
    assert not provider.keys() & made(SETTINGS | provider).values.keys()
    found = made(SETTINGS | provider | {"ssl.truststore.password": "${env:SECRET}"})
    assert found.values.items() >= provider.items()


def test_secrets_are_hidden_in_what_a_tool_says() -> None:
    found = made(SETTINGS | {"ssl.truststore.password": "st0re"})
    assert found.hide(f"m of {CANARY} and st0re at /t.p12") == "m of <redacted> and <redacted> at /t.p12"
    odd = ClientProperties({"sasl.jaas.config": "no jaas", "ssl.key.password": CANARY})
    assert odd.hide(f"{CANARY} no jaas") == "<redacted> <redacted>"
    assert ClientProperties(path="/mounted")
