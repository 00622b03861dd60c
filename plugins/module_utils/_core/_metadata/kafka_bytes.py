# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The primitive types of Kafka's protocol (https://kafka.apache.org/protocol#protocol_types), as far as flexible versions use them.

Why not a library: docs/architecture.md, "Kafka's own protocol".
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

#: a number of variable length has at most so many bytes (int64)
_LONGEST = 10


class Malformed(ValueError):
    """The bytes are no message of Kafka's protocol."""


class Reader:
    """Reads one value after the other; each method raises Malformed where the bytes end too early or make no sense."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """Bytes that were not read yet."""
        return len(self._data) - self._at

    def raw(self, size: int) -> bytes:
        """Return so many bytes."""
        if not 0 <= size <= self.left:
            raise Malformed(f"{size} bytes are announced, and {self.left} are there")
        self._at += size
        return self._data[self._at - size : self._at]

    def int8(self) -> int:
        """Return a signed number of 1 byte."""
        return int(struct.unpack(">b", self.raw(1))[0])

    def int16(self) -> int:
        """Return a signed number of 2 bytes."""
        return int(struct.unpack(">h", self.raw(2))[0])

    def int32(self) -> int:
        """Return a signed number of 4 bytes."""
        return int(struct.unpack(">i", self.raw(4))[0])

    def int64(self) -> int:
        """Return a signed number of 8 bytes."""
        return int(struct.unpack(">q", self.raw(8))[0])

    def boolean(self) -> bool:
        """Return a BOOLEAN."""
        return self.int8() != 0

    def uvarint(self) -> int:
        """Return an UNSIGNED_VARINT, or the unsigned half of a VARLONG."""
        value = 0
        for index in range(_LONGEST):
            byte = self.raw(1)[0]
            value |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                return value
        raise Malformed("a variable-length integer does not end")

    def compact_bytes(self) -> bytes | None:
        """Return COMPACT_BYTES, COMPACT_NULLABLE_BYTES or COMPACT_RECORDS; None for null."""
        size = self.uvarint()
        return None if size == 0 else self.raw(size - 1)

    def compact_string(self) -> str | None:
        """Return a COMPACT_STRING or COMPACT_NULLABLE_STRING; None for null."""
        found = self.compact_bytes()
        try:
            return None if found is None else found.decode()
        except UnicodeDecodeError as error:
            raise Malformed(f"a string is not UTF-8: {error}") from error

    def compact_array(self, item: Callable[[], T]) -> list[T]:
        """Return a COMPACT_ARRAY whose elements ``item`` reads; an empty list for null."""
        count = self.uvarint() - 1
        if count > self.left:
            raise Malformed(f"{count} elements are announced, and {self.left} bytes are there")
        return [item() for _index in range(count)]

    def tags(self) -> dict[int, bytes]:
        """Return the tagged fields by tag, not decoded."""
        found = {}
        for _index in range(self.uvarint()):
            tag = self.uvarint()
            found[tag] = self.raw(self.uvarint())
        return found


def uvarint(value: int) -> bytes:
    """Return an UNSIGNED_VARINT."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def compact_string(text: str) -> bytes:
    """Return a COMPACT_STRING."""
    data = text.encode()
    return uvarint(len(data) + 1) + data


def compact_array(items: Iterable[bytes]) -> bytes:
    """Return a COMPACT_ARRAY of elements that are encoded already."""
    listed = list(items)
    return uvarint(len(listed) + 1) + b"".join(listed)


#: a structure without tagged fields ends with this
NO_TAGS = uvarint(0)
