# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Primitive types of the protocol, there and back, and bytes that are none."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import kafka_bytes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.kafka_bytes import Malformed, Reader
from hypothesis import given
from hypothesis import strategies as st


@given(st.integers(0, 2**64 - 1))
def test_numbers_of_variable_length(number: int) -> None:
    reader = Reader(kafka_bytes.uvarint(number))
    assert reader.uvarint() == number
    assert reader.left == 0


@given(st.lists(st.text(), max_size=20))
def test_texts_in_an_array(texts: list[str]) -> None:
    reader = Reader(kafka_bytes.compact_array(map(kafka_bytes.compact_string, texts)) + b"!")
    assert reader.compact_array(reader.compact_string) == texts
    assert reader.left == 1


def test_numbers_of_fixed_length_are_signed() -> None:
    reader = Reader(b"\xff" * 15 + b"\x01\x00")
    assert (reader.int8(), reader.int16(), reader.int32(), reader.int64()) == (-1, -1, -1, -1)
    assert (reader.boolean(), reader.boolean()) == (True, False)


def test_null() -> None:
    reader = Reader(b"\x00\x00\x00")
    assert reader.compact_string() is None
    assert reader.compact_bytes() is None
    assert reader.compact_array(reader.int8) == []


def test_tagged_fields_are_kept_as_they_are() -> None:
    reader = Reader(bytes.fromhex("02 00 01 ff 07 02 0102 2a"))
    assert reader.tags() == {0: b"\xff", 7: b"\x01\x02"}
    assert reader.int8() == 42


@pytest.mark.parametrize(
    ("data", "read", "why"),
    [
        (b"\x00", "int16", "2 bytes are announced, and 1 are there"),
        (b"", "uvarint", "1 bytes are announced, and 0 are there"),
        (b"\xff" * 11, "uvarint", "does not end"),
        (b"\x05abc", "compact_string", "4 bytes are announced, and 3 are there"),
        (b"\x02\xff", "compact_string", "not UTF-8"),
        (b"\x01\x00\x09abc", "tags", "9 bytes are announced"),
    ],
)
def test_bytes_that_are_none(data: bytes, read: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        getattr(Reader(data), read)()


def test_an_array_that_cannot_be_that_long() -> None:
    reader = Reader(kafka_bytes.uvarint(2**40) + b"abc")
    with pytest.raises(Malformed, match="elements are announced, and 3 bytes are there"):
        reader.compact_array(reader.int8)


@given(st.binary(max_size=60))
def test_any_bytes_give_a_value_or_are_malformed(data: bytes) -> None:
    reader = Reader(data)
    try:
        for read in (reader.compact_string, reader.uvarint, reader.tags, reader.compact_bytes):
            read()
    except Malformed:
        pass
    assert 0 <= reader.left <= len(data)
