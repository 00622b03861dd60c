# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Kafka takes from the environment when it starts is known; what another provider gives, and secrets, are not."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.providers import (
    is_provided,
    resolved,
    settings_of_providers,
    variables_of,
)

CLASSES = {
    "config.providers": "env, file",
    "config.providers.env.class": "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
    "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider",
}


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("zookeeper.connect", "${env:ZK}", "zk:2181"),
        ("advertised.listeners", "PLAINTEXT://${env:POD}.kafka:9092", "PLAINTEXT://kafka-0.kafka:9092"),
        ("zookeeper.connect", "${env::ZK}", "zk:2181"),
        ("x", "${env:NONE}", "${env:NONE}"),
        ("x", "${file:/etc/x:ZK}", "${file:/etc/x:ZK}"),
        ("ssl.key.password", "${env:ZK}", "${env:ZK}"),
        ("x", "${ZK}", "${ZK}"),
    ],
)
def test_the_environment_fills_in(key: str, text: str, value: str) -> None:
    assert resolved({**CLASSES, key: text}, {"ZK": "zk:2181", "POD": "kafka-0"})[key] == value


def test_without_a_provider_nothing_is_filled_in() -> None:
    assert resolved({"x": "${env:ZK}"}, {"ZK": "zk"}) == {"x": "${env:ZK}"}
    assert is_provided("a ${env:ZK}")
    assert not is_provided("${ZK}")


def test_which_variables_settings_need() -> None:
    needed = {**CLASSES, "a": "${env:ONE} ${env::TWO}", "ssl.key.password": "${env:ONE}", "b": "${file:/x:y}", "c": "d"}
    assert variables_of(needed) == ["ONE", "TWO"]
    assert variables_of({"a": "${env:ONE}"}) == [], "nobody fills it in"
    assert settings_of_providers(needed | {"config.providersx": "y"}) == CLASSES
