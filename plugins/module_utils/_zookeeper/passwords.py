# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the passwords that Kafka keeps encrypted in ZooKeeper, just long enough to take their fingerprints.

Kafka's default cipher, AES/CBC, and AES/GCM. AES comes from the library ``cryptography``, which is optional: without it, as without
the secret, a password is known to be set and no more.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import encoded_passwords
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.encoded_passwords import Encoded
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.passwords import (
    SECRET,
    EncoderSecrets,
    Password,
    ReadPassword,
    Seal,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.deps import missing_optional

NO_SECRET = f"no node's settings name {SECRET}"
PROVIDED_SECRET = f"a config provider fills in {SECRET} only when Kafka starts"
WRONG_SECRET = f"no {SECRET} that was found decrypts the value in ZooKeeper"


class _Unsupported(Exception):
    """Why a password cannot be decrypted here."""


def reader(secrets: EncoderSecrets, seal: Seal) -> ReadPassword:
    """Return what turns a value of ZooKeeper into what is kept of it; it raises nothing.

    A value that is not encrypted is taken as it is: Kafka encrypts settings that it knows as passwords, not what only sounds secret.

    :param secrets: tried in their order.
    """

    def read(value: str) -> Password:
        if not encoded_passwords.is_encoded(value):
            return Password(seal.fingerprint(value))
        if not secrets.values:
            return Password(why=PROVIDED_SECRET if secrets.provided else NO_SECRET, encrypted=True)
        try:
            encoded = encoded_passwords.parse(value)
            texts = (encoded.text(clear) for each in secrets.values if (clear := _decrypted(encoded, each)) is not None)
            text = next((text for text in texts if text is not None), None)
        except (_Unsupported, ValueError) as error:
            return Password(why=str(error), encrypted=True)
        if text is None:
            return Password(why=PROVIDED_SECRET if secrets.provided else WRONG_SECRET, encrypted=True)
        return Password(seal.fingerprint(text), encrypted=True)

    return read


def _decrypted(encoded: Encoded, secret: str) -> bytes | None:
    """Return the clear text, None where the secret is wrong.

    :raises _Unsupported: when the library is missing, or the cipher is another one.
    :raises ValueError: as :meth:`Encoded.key`.
    """
    if missing := missing_optional("cryptography", "decrypting it"):
        raise _Unsupported(missing)
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives import padding
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    algorithm, _slash, mode = encoded.cipher.upper().partition("/")
    if algorithm != "AES" or mode not in ("CBC/PKCS5PADDING", "GCM/NOPADDING"):
        raise _Unsupported(f"the cipher {encoded.cipher} is not known here")
    key = encoded.key(secret)
    try:
        if mode.startswith("CBC"):
            decryptor = Cipher(algorithms.AES(key), modes.CBC(encoded.initial)).decryptor()
            unpadder = padding.PKCS7(algorithms.AES.block_size).unpadder()
            padded = decryptor.update(encoded.data) + decryptor.finalize()
            return unpadder.update(padded) + unpadder.finalize()
        size = encoded.tag_bits // 8
        data, tag = encoded.data[:-size], encoded.data[-size:]
        decryptor = Cipher(algorithms.AES(key), modes.GCM(encoded.initial, tag, min_tag_length=size)).decryptor()
        return decryptor.update(data) + decryptor.finalize()
    except (InvalidTag, ValueError):
        return None
