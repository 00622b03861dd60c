# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificates in a key store of Java's own format (JKS), which are not encrypted there; the private keys are, and stay what they are.

Private to the collection. Source: ``sun.security.provider.JavaKeyStore`` (OpenJDK 8 to 21), version 2 of the format, which Java 1.2 brought.
The checksum at the end needs the password and is not looked at: it tells Java whether somebody changed the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_HEAD = bytes.fromhex("feedfeed00000002")
_KEY, _TRUSTED = 1, 2
_CHECKSUM = 20


class Damaged(ValueError):
    """The content is no such store, or not all of it."""


@dataclass(frozen=True)
class JavaStore:
    """Certificates, DER.

    :ivar chains: of each private key its own certificate, and those of its authorities.
    :ivar trusted: those without a private key.
    """

    chains: tuple[tuple[bytes, ...], ...] = field(default=(), repr=False)
    trusted: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def anchors(self) -> tuple[bytes, ...]:
        """What Java trusts when this is a trust store (``TrustStoreUtil``): the first certificate of each chain, too."""
        return (*self.trusted, *(chain[0] for chain in self.chains if chain))


def parse(content: bytes) -> JavaStore:
    """Read the certificates of a store.

    :raises Damaged: when it is cut off, or something else.
    """
    reader = _Reader(content)
    if reader.take(len(_HEAD)) != _HEAD:
        raise Damaged("it does not begin as one")
    chains, trusted = [], []
    for _entry in range(reader.number(4)):
        tag = reader.number(4)
        reader.take(reader.number(2))  # alias
        reader.take(8)  # when it was made
        if tag == _KEY:
            reader.take(reader.number(4))
            chains.append(tuple(reader.certificate() for _each in range(reader.number(4))))
        elif tag == _TRUSTED:
            trusted.append(reader.certificate())
        else:
            raise Damaged("it has an entry of another kind")
    if reader.left != _CHECKSUM:
        raise Damaged("it does not end as one")
    return JavaStore(tuple(chains), tuple(trusted))


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    @property
    def left(self) -> int:
        return len(self._content) - self._at

    def take(self, size: int) -> bytes:
        if size > self.left:
            raise Damaged("it is cut off")
        self._at += size
        return self._content[self._at - size : self._at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def certificate(self) -> bytes:
        self.take(self.number(2))  # its type, X.509
        return self.take(self.number(4))
