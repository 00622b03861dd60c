# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords in ZooKeeper, as Kafka's own encoder wrote them, and what is kept of them."""

from __future__ import annotations

import sys

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.passwords import (
    EncoderSecrets,
    Password,
    Seal,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import passwords

from tests.unit.plugins.module_utils.encrypted import CBC, DES, GCM, PASSWORD, SECRET, SHA1

SEAL = Seal(b"k" * 32)


def read(value: str, *secrets: str) -> Password:
    return passwords.reader(EncoderSecrets(secrets), SEAL)(value)


@pytest.mark.parametrize("value", [CBC, GCM, SHA1])
def test_what_kafka_encrypted(value: str) -> None:
    wanted = Password(SEAL.fingerprint(PASSWORD), encrypted=True)
    assert read(value, SECRET) == wanted
    # The one in force is wrong for what was written before it changed.
    assert read(value, "another", SECRET) == wanted
    assert read(value, "another", "and another") == Password(why=passwords.WRONG_SECRET, encrypted=True)


def test_without_a_secret() -> None:
    assert read(CBC) == Password(why="no node's settings name password.encoder.secret", encrypted=True)


def test_a_secret_that_a_config_provider_fills_in() -> None:
    """What is set is compared, and why no more."""
    wanted = Password(why="a config provider fills in password.encoder.secret only when Kafka starts", encrypted=True)
    for values in ((), ("old",)):
        assert passwords.reader(EncoderSecrets(values, provided=True), SEAL)(CBC) == wanted
    known = passwords.reader(EncoderSecrets((SECRET,), provided=True), SEAL)(CBC)
    assert known.fingerprint == SEAL.fingerprint(PASSWORD)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    found = read(CBC, SECRET)
    assert found == Password(why=found.why, encrypted=True)
    assert found.why.startswith("decrypting it needs one more library: the Python library cryptography is missing")
    # What is not encrypted needs none.
    assert read("plain", SECRET).fingerprint


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (DES, "the cipher DESede/CBC/PKCS5Padding is not known here"),
        (CBC.replace("AES/CBC", "AES/XTS"), "the cipher AES/XTS/PKCS5Padding is not known here"),
        (CBC.replace("HmacSHA512", "HmacMD5"), "keys by PBKDF2WithHmacMD5 are not known here"),
        (CBC.replace("keyLength:128", "keyLength:x"), "the value is not in the form in which Kafka encrypts"),
        (CBC.replace("keyLength:128", "keyLength:64"), passwords.WRONG_SECRET),
        (CBC.replace("passwordLength:11", "passwordLength:12"), passwords.WRONG_SECRET),
    ],
)
def test_what_cannot_be_decrypted(value: str, why: str) -> None:
    assert read(value, SECRET) == Password(why=why, encrypted=True)


def test_a_setting_that_only_sounds_secret_is_in_clear_text() -> None:
    assert read("hunter2") == Password(SEAL.fingerprint("hunter2"))
