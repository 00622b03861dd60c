# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which settings are passwords, and what is kept of them."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import passwords
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.passwords import (
    HIDDEN,
    EncoderSecrets,
    Password,
    Seal,
    taken,
    unread,
    without_passwords,
)


@pytest.mark.parametrize(
    "key",
    [
        # DynamicBrokerConfig.DynamicPasswordConfigs of 3.9.2
        *("ssl.keystore.certificate.chain", "ssl.keystore.password", "ssl.key.password", "sasl.jaas.config"),
        *("ssl.keystore.key", "ssl.truststore.password", "ssl.truststore.certificates"),
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config",
        "my.plugin.client.Secret",
    ],
)
def test_passwords_are_not_kept(key: str) -> None:
    assert without_passwords({key: "hunter2"}) == {key: HIDDEN}
    assert list(taken("k", {"1": {key: "hunter2"}}, unread)) == [("k", f"1/{key}")]


def test_other_settings_are_kept() -> None:
    settings = {"ssl.keystore.location": "/k", "ssl.keystore.type": "PEM", "log.retention.ms": "1"}
    assert without_passwords(settings) == settings
    assert taken("k", {"1": settings}, unread) == {}


def test_fingerprints_mean_something_within_one_run_only() -> None:
    one, other = Seal(b"1" * 32), Seal(b"2" * 32)
    assert one.fingerprint("hunter2") == Seal(b"1" * 32).fingerprint("hunter2")
    assert one.fingerprint("hunter2") != one.fingerprint("hunter3")
    assert one.fingerprint("hunter2") != other.fingerprint("hunter2")
    assert one.fingerprint("\ud800") != one.fingerprint("")
    assert "1111" not in repr(one)
    with pytest.raises(ValueError, match="32 bytes"):
        Seal(b"1" * 31)


def test_what_is_taken() -> None:
    seal = Seal(b"1" * 32)
    found = taken("k", {"1": {"a.password": "x", "b": "y"}}, lambda value: Password(seal.fingerprint(value)))
    assert found == {("k", "1/a.password"): Password(seal.fingerprint("x"))}
    assert not unread("x").fingerprint


def test_secrets_in_force_come_first() -> None:
    nodes = [
        {passwords.SECRET: "new", passwords.OLD_SECRET: "old"},
        {passwords.SECRET: "other", passwords.OLD_SECRET: ""},
        {passwords.SECRET: "new"},
        {},
    ]
    assert not EncoderSecrets.among(nodes, lambda _value: False).provided
    nodes.append({passwords.SECRET: "${file:/x:y}"})
    found = EncoderSecrets.among(nodes, lambda value: value == "${file:/x:y}")
    assert found.values == ("new", "other", "old"), "a reference is no secret"
    assert found.provided
    assert "new" not in repr(found)
    assert EncoderSecrets.among([], str.isalpha) == EncoderSecrets()
