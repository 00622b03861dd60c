# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of secrets are known as such, and harmless ones are not."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.secret_names import is_password, is_secret


@pytest.mark.parametrize(
    "name",
    [
        "ssl.keystore.password",
        "KAFKA_SSL_KEY_PASSWORD",
        "listener.name.internal.plain.sasl.jaas.config",
        "KAFKA_SASL_JAAS_CONFIG",
        "password.encoder.secret",
        "tls.key",
        "ssl.keystore.key",
        "KAFKA_SSL_KEYSTORE_KEY",
        "api_key",
        "AWS_CREDENTIALS",
        "bearerToken",
        "KEYSTORE_PASSWD",
        "ssl.key.passphrase",
        "listener.name.a.ssl.keystore.key",
        "privateKey",
    ],
)
def test_secret_names(name: str) -> None:
    assert is_secret(name)
    assert is_password(name)


@pytest.mark.parametrize(
    "name", ["topologyKey", "key", "broker.id", "zookeeper.connect", "ssl.keystore.location", "keystore", "monkey"]
)
def test_harmless_names(name: str) -> None:
    assert not is_secret(name)
    assert not is_password(name)


@pytest.mark.parametrize("key", ["ssl.keystore.certificate.chain", "listener.name.a.ssl.truststore.certificates"])
def test_certificates_are_encrypted_without_being_secret(key: str) -> None:
    assert not is_secret(key)
    assert is_password(key)
    assert not is_password(f"{key}.location")
