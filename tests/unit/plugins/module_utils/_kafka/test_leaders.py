# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a tool in a broker's pod reaches the broker."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_properties import ClientProperties
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import leaders
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, NotFound

MAP = "CONTROLLER:PLAINTEXT,inside:plaintext,OUTSIDE:SASL_SSL"


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, "localhost:9092"),
        ({"listeners": "PLAINTEXT://0.0.0.0:19092"}, "localhost:19092"),
        ({"listeners": "SSL://:9093,PLAINTEXT://10.0.0.1:9092"}, "10.0.0.1:9092"),
        ({"listeners": "PLAINTEXT://[::]:9092"}, "localhost:9092"),
        (
            {
                "listeners": "CONTROLLER://:9090,OUTSIDE://:9091,INSIDE://:9092",
                "listener.security.protocol.map": MAP,
                "controller.listener.names": "CONTROLLER",
            },
            "localhost:9092",
        ),
    ],
)
def test_the_listener_that_a_tool_can_use(settings: dict[str, str], address: str) -> None:
    assert leaders.plain_address(settings) == address


def test_a_cluster_without_such_a_listener() -> None:
    with pytest.raises(NotFound):
        leaders.plain_address({"listeners": "SSL://:9093"})


def facts_of(settings: dict[str, str]) -> Any:
    return SimpleNamespace(settings=settings, options=(), pid=1)


CANARY = "c4n4ry"
SECURED = {
    "listeners": "PLAIN://:9091,IN://0.0.0.0:9093",
    "advertised.listeners": "PLAIN://kafka-0.kafka:9091,IN://kafka-0.kafka:9094",
    "listener.security.protocol.map": "PLAIN:PLAINTEXT,IN:SASL_PLAINTEXT",
    "inter.broker.listener.name": "IN",
    "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
    "listener.name.in.scram-sha-512.sasl.jaas.config": f'm required username="b" password="{CANARY}";',
    "authorizer.class.name": "kafka.security.authorizer.AclAuthorizer",
}
NOBODY: Any = None


def way(settings: dict[str, str], **options: str) -> tuple[str, Any]:
    return leaders.way_in(NOBODY, "n", "kafka-0", "kafka", facts_of(settings), **options)


def test_an_authorizer_asks_who_it_is() -> None:
    at, properties = way(SECURED)
    assert (at, properties.values["security.protocol"]) == ("localhost:9093", "SASL_PLAINTEXT")
    assert CANARY not in repr(properties)
    at, properties = way({key: value for key, value in SECURED.items() if key != "authorizer.class.name"})
    assert (at, bool(properties)) == ("localhost:9091", False)


def test_a_certificate_has_the_name_that_is_advertised() -> None:
    over_tls = SECURED | {"listener.security.protocol.map": "PLAIN:SSL,IN:SASL_SSL"}
    assert way(over_tls)[0] == "kafka-0.kafka:9094"
    bound = over_tls | {"advertised.listeners": "", "listeners": "IN://kafka-0.local:9095"}
    assert way(bound)[0] == "kafka-0.local:9095"
    with pytest.raises(NotFound, match="the settings do not say where listener IN of the brokers is"):
        way(over_tls | {"advertised.listeners": ""})


def test_client_settings_that_the_user_named() -> None:
    at, properties = way(SECURED, tool_settings="/mounted")
    assert (at, properties.path, dict(properties.values)) == ("localhost:9093", "/mounted", {})
    unsecured = SECURED | {"inter.broker.listener.name": "PLAIN"}
    assert way(unsecured, tool_settings="/mounted") == ("localhost:9091", ClientProperties())


def test_a_login_that_cannot_be_told() -> None:
    with pytest.raises(KraftError, match=r"neither .* nor a JAAS file in the options of Java \(pod n/kafka-0\)"):
        way(SECURED | {"sasl.mechanism.inter.broker.protocol": "PLAIN"})


def test_the_tool_is_asked_for_every_partition(monkeypatch: Any) -> None:
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(leaders, "run_tool", lambda *arguments, **_options: calls.append(arguments[1:]))
    client: Any = None
    facts = facts_of({})
    leaders.elect_preferred(client, "n", "kafka-0", "kafka", facts, 60.0)
    words = ["--bootstrap-server", "localhost:9092", "--election-type", "preferred", "--all-topic-partitions"]
    assert calls == [("n", "kafka-0", "kafka", facts, "kafka-leader-election", words, 60.0)]
