# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The form in which Kafka keeps a password in ZooKeeper (``EncryptingPasswordEncoder``, 3.7 to 3.9; before that ``PasswordEncoder``).

It names all it was made with but the secret: ``name:value`` pairs, joined by commas, bytes in base64. To decrypt AES is left to
whoever has a library for it.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

_MARKS = {"cipherAlgorithm", "encryptedPassword", "salt"}
_KEY_FACTORY, _HASHES = "PBKDF2WithHmac", ("SHA1", "SHA224", "SHA256", "SHA384", "SHA512")
_TAG_BITS = 128
_KEY_BITS = range(8, 4097)
_NOT_ENCODED = "the value is not in the form in which Kafka encrypts"
#: Kafka's default is 4096; more than this would take minutes
_ITERATIONS = range(1, 10_000_001)


@dataclass(frozen=True)
class Encoded:
    """One encrypted password. Only the algorithms are in the repr.

    :ivar key_factory: how the key is made of the secret: ``PBKDF2WithHmacSHA512``.
    :ivar cipher: ``AES/CBC/PKCS5Padding``.
    :ivar key_bits: size of the key.
    :ivar length: of the clear text, in UTF-16 units as Java counts.
    :ivar tag_bits: size of the tag at the end of ``data`` where the cipher is AES/GCM.
    """

    key_factory: str
    cipher: str
    key_bits: int
    iterations: int
    length: int
    tag_bits: int
    salt: bytes = field(repr=False)
    initial: bytes = field(repr=False)
    data: bytes = field(repr=False)

    def key(self, secret: str) -> bytes:
        """Return the key that a secret makes.

        :raises ValueError: when it is made another way than known here; names the way.
        """
        digest = self.key_factory.removeprefix(_KEY_FACTORY)
        if digest == self.key_factory or digest not in _HASHES:
            raise ValueError(f"keys by {self.key_factory} are not known here")
        return hashlib.pbkdf2_hmac(digest.lower(), secret.encode(), self.salt, self.iterations, self.key_bits // 8)

    def text(self, clear: bytes) -> str | None:
        """Return the password that was decrypted, None when it cannot be the right one: Kafka's own check."""
        try:
            text = clear.decode()
        except UnicodeDecodeError:
            return None
        return text if len(text.encode("utf-16-le")) == 2 * self.length else None


def is_encoded(value: str) -> bool:
    """Say whether a value is an encrypted password rather than one in clear text."""
    return _pairs(value).keys() >= _MARKS


def parse(value: str) -> Encoded:
    """Return an encrypted password.

    :raises ValueError: when it is none; says nothing of the value.
    """
    pairs = _pairs(value)
    try:
        found = Encoded(
            key_factory=pairs.get("keyFactoryAlgorithm", f"{_KEY_FACTORY}SHA512"),
            cipher=pairs["cipherAlgorithm"],
            key_bits=int(pairs["keyLength"]),
            iterations=int(pairs["iterations"]),
            length=int(pairs["passwordLength"]),
            tag_bits=int(pairs.get("authenticationTagLength", _TAG_BITS)),
            salt=base64.b64decode(pairs["salt"], validate=True),
            initial=base64.b64decode(pairs["initializationVector"], validate=True),
            data=base64.b64decode(pairs["encryptedPassword"], validate=True),
        )
    except (KeyError, ValueError):
        raise ValueError(_NOT_ENCODED) from None
    if found.iterations not in _ITERATIONS or found.key_bits not in _KEY_BITS:
        raise ValueError(_NOT_ENCODED)
    return found


def _pairs(value: str) -> dict[str, str]:
    found = (each.partition(":") for each in value.split(","))
    return {name.strip(): text.strip() for name, _colon, text in found}
