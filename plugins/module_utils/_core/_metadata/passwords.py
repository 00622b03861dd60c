# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How two stores that keep passwords differently are compared without showing them.

ZooKeeper has the passwords among the brokers' dynamic settings encrypted (``encoded_passwords``), KRaft has them in clear text. An
image keeps neither: only that one is set, and, where its clear text could be had, a fingerprint that nobody can compare with
anything after the run.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.secret_names import is_password

HIDDEN = "<redacted>"
"""Stands for a password."""

SECRET, OLD_SECRET = "password.encoder.secret", "password.encoder.old.secret"

_KEY_SIZE = 32


@dataclass(frozen=True)
class Password:
    """What is kept of the value of a password setting.

    :ivar fingerprint: of its clear text, by the :class:`Seal` of this run; "" where the clear text could not be had.
    :ivar why: why not, as a clause without a full stop.
    :ivar encrypted: whether the store has it encrypted, as ZooKeeper should have it and KRaft should not.
    """

    fingerprint: str = ""
    why: str = ""
    encrypted: bool = False


ReadPassword = Callable[[str], Password]
"""Turns the value of a password setting, as a store has it, into what is kept of it."""


class Seal:
    """Makes the fingerprints of one run (HMAC-SHA-256): equal texts have equal ones.

    :param key: at least 32 random bytes that no other run has and that are not kept.
    :raises ValueError: when the key is shorter.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < _KEY_SIZE:
            raise ValueError(f"a key of at least {_KEY_SIZE} bytes is needed")
        self._key = key

    def fingerprint(self, text: str) -> str:
        """Return the fingerprint, hexadecimal."""
        return hmac.new(self._key, text.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class EncoderSecrets:
    """What Kafka's nodes encrypt passwords in ZooKeeper with, in the order in which to try it.

    :ivar values: never in the repr.
    :ivar provided: whether a config provider fills in one more when Kafka starts, which is not known here.
    """

    values: tuple[str, ...] = field(default=(), repr=False)
    provided: bool = False

    @classmethod
    def among(cls, nodes: Iterable[Mapping[str, str]], is_provided: Callable[[str], bool]) -> EncoderSecrets:
        """Return those that the settings of nodes name: the ones in force first, then the old ones.

        :param is_provided: tells whether a config provider fills in a value: its text is no secret to decrypt with.
        """
        listed = list(nodes)
        found = [settings.get(name) or "" for name in (SECRET, OLD_SECRET) for settings in listed]
        named = dict.fromkeys(each for each in found if each)
        return cls(tuple(each for each in named if not is_provided(each)), any(map(is_provided, named)))


def without_passwords(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the settings with :data:`HIDDEN` for the values of those that Kafka encrypts, and of what sounds secret."""
    return {key: HIDDEN if is_password(key) else value for key, value in settings.items()}


def unread(_value: str) -> Password:
    """Keep no more of a password than that it is set."""
    return Password(why="the values were not asked for")


def taken(kind: str, owners: Mapping[str, Mapping[str, str]], read: ReadPassword) -> dict[tuple[str, str], Password]:
    """Return what is kept of the passwords among settings, by the kind and the key that a difference would have.

    :param owners: settings by topic or broker, as the store has them.
    """
    return {
        (kind, f"{owner}/{name}"): read(value)
        for owner, settings in owners.items()
        for name, value in settings.items()
        if is_password(name)
    }
