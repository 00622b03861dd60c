# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes of the protocols of Kafka and ZooKeeper: what both are written in."""

from __future__ import annotations

import struct


class ShortError(ValueError):
    """An answer that ends too early, or has something that cannot be."""


class Reader:
    """Reads an answer from its beginning."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        if count < 0 or self._at + count > len(self._data):
            raise ShortError(f"{count} bytes at {self._at} of {len(self._data)}")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, size: int) -> int:
        """Return a signed number of 1, 2, 4 or 8 bytes."""
        return int.from_bytes(self.take(size), "big", signed=True)

    def text(self, size: int = 2) -> str:
        """Return a string with a length before it; one that is null is empty."""
        length = self.number(size)
        return self.take(length).decode() if length >= 0 else ""

    def varint(self) -> int:
        """Return an unsigned number of variable length."""
        found = shift = 0
        while True:
            byte = self.take(1)[0]
            found |= (byte & 0x7F) << shift
            if byte < 0x80:
                return found
            shift += 7

    def compact_text(self) -> str:
        """Return a string with a length of variable length."""
        return self.take(max(0, self.varint() - 1)).decode()

    def tags(self) -> None:
        """Skip tagged fields."""
        for _each in range(self.varint()):
            self.varint()
            self.take(self.varint())


def number(value: int, size: int) -> bytes:
    """Return a signed number."""
    return value.to_bytes(size, "big", signed=True)


def text(value: str | None, size: int = 2) -> bytes:
    """Return a string with a length before it."""
    if value is None:
        return number(-1, size)
    data = value.encode()
    return number(len(data), size) + data


def compact_text(value: str) -> bytes:
    """Return a short string of the newer form."""
    data = value.encode()
    return struct.pack("B", len(data) + 1) + data
