# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the entrypoints of images make of environment variables."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.entrypoints import (
    APACHE,
    BITNAMI,
    CONFLUENT,
    ImageRules,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported


@pytest.mark.parametrize(
    ("variable", "rules", "key"),
    [
        ("KAFKA_ZOOKEEPER_CONNECT", CONFLUENT, "zookeeper.connect"),
        ("KAFKA_A__B___C_D", APACHE, "a_b-c.d"),
        ("KAFKA_HEAP_OPTS", CONFLUENT, None),
        ("KAFKA_LOG4J_LOGGERS", CONFLUENT, None),
        ("KAFKA_PORT_9092_TCP", APACHE, None),
        ("KAFKA_KRAFT_CLUSTER_ID", APACHE, None),
        ("KAFKA_CFG_LISTENERS", CONFLUENT, None),
        ("CLUSTER_ID", CONFLUENT, None),
        ("KAFKA_CFG_LISTENERS", BITNAMI, "listeners"),
        ("KAFKA_CFG_ZOOKEEPER_CLIENTCNXNSOCKET", BITNAMI, "zookeeper.clientCnxnSocket"),
        ("KAFKA_CFG_LISTENER_NAME_SASL_SSL_X", BITNAMI, "listener.name.sasl_ssl.x"),
        ("KAFKA_CFG_LISTENER_NAME_SASL_PLAINTEXT_X", BITNAMI, "listener.name.sasl_plaintext.x"),
        ("KAFKA_HEAP_OPTS", BITNAMI, None),
    ],
)
def test_variables_become_settings(variable: str, rules: ImageRules, key: str | None) -> None:
    assert rules.setting(variable) == key


@pytest.mark.parametrize(
    ("key", "rules", "variable"),
    [
        ("zookeeper.metadata.migration.enable", CONFLUENT, "KAFKA_ZOOKEEPER_METADATA_MIGRATION_ENABLE"),
        ("listener.name.my_own-one.x", APACHE, "KAFKA_LISTENER_NAME_MY__OWN___ONE_X"),
        ("process.roles", BITNAMI, "KAFKA_CFG_PROCESS_ROLES"),
        ("zookeeper.clientCnxnSocket", BITNAMI, "KAFKA_CFG_ZOOKEEPER_CLIENTCNXNSOCKET"),
        ("listener.name.sasl_ssl.x", BITNAMI, "KAFKA_CFG_LISTENER_NAME_SASL_SSL_X"),
    ],
)
def test_settings_become_variables(key: str, rules: ImageRules, variable: str) -> None:
    assert rules.variable(key) == variable


@pytest.mark.parametrize(
    ("key", "rules"),
    [
        ("zookeeper.clientCnxnSocket", CONFLUENT),
        ("listener.name.my_own.x", BITNAMI),
        ("a-b", BITNAMI),
        ("heap.opts", APACHE),
    ],
)
def test_what_no_variable_can_give_is_named(key: str, rules: ImageRules) -> None:
    with pytest.raises(Unsupported, match=key) as caught:
        rules.variable(key)
    assert caught.value.code == "setting-blocks"
    assert f"{rules.name}'s image" in caught.value.message
