# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who brokers are, and who is a super user."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import principals
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown

from tests.unit.plugins.module_utils._core._settings.secured_brokers import PLAIN_JAAS, SASL, TLS


def test_a_broker_is_who_it_logs_in_as() -> None:
    assert principals.broker_principal(SASL) == "User:broker"
    plain = SASL | {"inter.broker.listener.name": "INTERNAL", "sasl.mechanism.inter.broker.protocol": "PLAIN"}
    assert principals.broker_principal(plain) is None
    assert principals.broker_principal(plain, PLAIN_JAAS) == "User:broker"
    general = PLAIN_JAAS.replace("internal.KafkaServer", "KafkaServer")
    assert principals.broker_principal(plain, general) == "User:broker"
    assert principals.broker_principal(plain, PLAIN_JAAS.replace("internal", "other")) is None
    gssapi = {key: value for key, value in SASL.items() if key != "sasl.mechanism.inter.broker.protocol"}
    assert principals.inter_broker_mechanism(gssapi) == "GSSAPI"
    assert principals.broker_principal(gssapi) is None


def test_a_jaas_file_that_tells_nothing() -> None:
    plain = SASL | {"inter.broker.listener.name": "INTERNAL", "sasl.mechanism.inter.broker.protocol": "PLAIN"}
    assert principals.needs_jaas_file(plain)
    assert not principals.needs_jaas_file(SASL), "a setting has it"
    assert not principals.needs_jaas_file(TLS)
    assert principals.inter_broker_login(plain, Unknown("no such file")) is None
    assert principals.broker_principal(plain, Unknown("no such file")) is None
    assert principals.broker_principal(SASL, Unknown("no such file")) == "User:broker"
    # Java fills it in; the very text would be another name, and another password
    for word in ('"broker"', '"canary-plain"', '"canary-admin"'):
        filled = PLAIN_JAAS.replace(word, '"${of.java}"')
        assert principals.inter_broker_login(plain, filled) is None


def test_a_broker_is_what_its_certificate_makes_of_it() -> None:
    assert principals.broker_principal(TLS) is None
    assert principals.broker_principal(TLS, by_certificate="User:broker") == "User:broker"
    one_way = TLS | {"listener.name.replication.ssl.client.auth": "none"}
    assert principals.broker_principal(one_way, by_certificate="User:broker") == "User:ANONYMOUS"
    assert principals.broker_principal({}) == "User:ANONYMOUS"


def test_nobody_knows_what_a_builder_of_the_user_makes() -> None:
    assert principals.broker_principal(SASL | {"principal.builder.class": "com.example.Builder"}) is None
    own = "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder"
    assert principals.broker_principal(SASL | {"principal.builder.class": own}) == "User:broker"


RULES = "RULE:^CN=[^,]+,OU=brokers,O=Example$/broker/,RULE:^CN=([^,]+),OU=People,O=Example$/$1/L"


@pytest.mark.parametrize(
    ("subject", "rules", "principal"),
    [
        ("CN=k,O=x", "", "User:CN=k,O=x"),
        ("CN=k,O=x", "DEFAULT", "User:CN=k,O=x"),
        ("CN=kafka-0,OU=brokers,O=Example", RULES, "User:broker"),
        ("CN=Ann,OU=People,O=Example", RULES, "User:ann"),
        ("CN=Ann,OU=Robots,O=Example", RULES, None),
        ("CN=Ann,OU=Robots,O=Example", RULES + ",DEFAULT", "User:CN=Ann,OU=Robots,O=Example"),
        ("CN=ann", "RULE:^CN=(.*)$/$1/U", "User:ANN"),
        ("CN=ann", "RULE:^CN=(.*$/$1/", None),
        ("CN=ann", "RULE:^CN=.*$/$1/", None),
    ],
)
def test_mapping_rules(subject: str, rules: str, principal: str | None) -> None:
    assert principals.of_certificate(subject, rules) == principal


def test_super_users_are_only_added() -> None:
    have = {"super.users": " User:a ; User:b"}
    assert principals.super_users(have) == ["User:a", "User:b"]
    assert principals.with_super_users(have, ["User:b", ""]) == "User:a ; User:b"
    assert principals.with_super_users(have, ["User:c", "User:a", "User:c"]) == "User:a;User:b;User:c"
    assert principals.with_super_users({}, ["User:c"]) == "User:c"
    assert principals.with_super_users({}, []) == ""


def test_a_principal_has_a_type() -> None:
    names = ["User:a", "a", ":a", "User:", "Group:x:y", ""]
    # Kafka takes whatever has a colon
    assert principals.without_type(names) == ["a", ""]
    assert principals.incomplete(names) == ["a", ":a", "User:", ""]
