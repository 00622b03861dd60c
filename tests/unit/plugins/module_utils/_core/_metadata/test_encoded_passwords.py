# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Kafka's own encoder wrote, taken apart."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import encoded_passwords
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.encoded_passwords import is_encoded, parse

from tests.unit.plugins.module_utils.encrypted import CBC, DES, GCM, PASSWORD, SECRET, SHA1


@pytest.mark.parametrize("value", [CBC, GCM, SHA1, DES])
def test_an_encrypted_password(value: str) -> None:
    assert is_encoded(value)
    found = parse(value)
    assert (found.iterations, found.length, found.tag_bits, len(found.salt)) == (1024, 11, 128, 256)
    assert len(found.key(SECRET)) * 8 == found.key_bits
    assert found.cipher in repr(found)
    for hidden in ("salt", "initial", "data"):
        assert hidden not in repr(found)


@pytest.mark.parametrize("value", ["", "hunter2", "a:b,c:d", "salt:YQ==,cipherAlgorithm:AES", "user:x,password:y"])
def test_clear_text(value: str) -> None:
    assert not is_encoded(value)
    with pytest.raises(ValueError, match="not in the form in which Kafka encrypts") as raised:
        parse(value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    "value",
    [
        CBC.replace("keyLength:128", "keyLength:many"),
        CBC.replace("keyLength:128", "keyLength:0"),
        CBC.replace("salt:", "salt:?"),
        f"{CBC},passwordLength:",
        CBC.replace("iterations:1024", "iterations:0"),
        # would keep one waiting
        CBC.replace("iterations:1024", "iterations:1000000000"),
    ],
)
def test_what_kafka_did_not_write(value: str) -> None:
    assert is_encoded(value)
    with pytest.raises(ValueError, match="not in the form in which Kafka encrypts"):
        parse(value)


def test_the_way_to_the_key() -> None:
    assert parse(SHA1).key_factory == "PBKDF2WithHmacSHA1"
    # PasswordEncoder's default, where the value does not name one
    nameless = parse(CBC.replace(",keyFactoryAlgorithm:PBKDF2WithHmacSHA512", ""))
    assert nameless.key(SECRET) == parse(CBC).key(SECRET)
    assert parse(CBC).key(SECRET) != parse(CBC).key("another")
    for unknown in ("PBEWithMD5AndDES", "PBKDF2WithHmacMD5", "SHA512"):
        with pytest.raises(ValueError, match=f"keys by {unknown} are not known here"):
            dataclasses.replace(parse(CBC), key_factory=unknown).key(SECRET)


def test_the_clear_text_is_checked_as_kafka_does() -> None:
    found = parse(CBC)
    # Java counts the emoji as two.
    assert found.text(PASSWORD.encode()) == PASSWORD
    assert found.text(PASSWORD[:-1].encode()) is None
    assert found.text(b"\xff" * 11) is None


def test_the_marks_are_kafkas() -> None:
    assert all(mark in CBC for mark in encoded_passwords._MARKS)
