# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The secrets of a secured fixture. Each contains a random string, so that any output can be searched for it."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

#: what every secret of a fixture contains, once
PATTERN = re.compile(r"canary[0-9a-f]{16}")

#: name of each secret: the users' passwords have the users' names
NAMES = (
    "broker",
    "admin",
    "traffic",
    "app",
    "metered",
    "intruder",
    "legacy",
    "dynamic",
    "zookeeper",
    "encoder",
    "token-key",
    "keystore",
    "dynamic-store",
    "wrong",
)


@dataclass(frozen=True)
class Vault:
    """The secrets of one cluster.

    values: name to secret. found: secrets that Kafka made itself or that cannot contain a string of ours (the HMAC of a delegation token,
    a line of each private key).
    """

    values: Mapping[str, str]
    found: tuple[str, ...] = ()

    @classmethod
    def fresh(cls) -> Vault:
        """Make every secret anew."""
        return cls({name: f"{name}-canary{secrets.token_hex(8)}" for name in NAMES})

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def canaries(self) -> list[str]:
        """Return the strings that no output may contain."""
        return [PATTERN.findall(value)[0] for value in self.values.values()] + list(self.found)


def leaks(text: str, canaries: Iterable[str]) -> list[str]:
    """Return the canaries that a text contains, as they are or in base64 (as in the data of a Secret)."""
    return [canary for canary in canaries if any(form in text for form in _forms(canary))]


def _forms(canary: str) -> Iterator[str]:
    yield canary
    # What stands before it in the encoded text shifts it by 0, 1 or 2 bytes; the characters at both ends mix with their neighbours.
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + canary.encode()).decode().rstrip("=")
        yield encoded[(0, 2, 3)[shift] : len(encoded) - (len(encoded) * 6 > (shift + len(canary)) * 8)]


def line_of_key(pem: str) -> str:
    """Return a line of a private key in PEM that no other key has: the second one of its body."""
    return pem.strip().splitlines()[2]
