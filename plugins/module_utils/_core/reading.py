# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was read, or why it could not be read: unknown is a value.

Private to the collection. A mapping of readings has an entry for every node that should be there. Whoever needs only those that
could be read says so with ``known()``; a rule that needs all of them asks ``unknown()`` first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

Key = TypeVar("Key")
T = TypeVar("T")


@dataclass(frozen=True)
class Unknown:
    """Could not be read. ``why`` is one clause without a full stop: "pod kafka-0 does not exist"."""

    why: str

    def __bool__(self) -> bool:
        """Refuse to be taken for false, or for true."""
        raise TypeError(f"unknown is neither true nor false: {self.why}")


class NotRunning(Unknown):
    """No process runs there, so that nobody could be asked: a pod that does not exist, or whose container does not run."""


Reading: TypeAlias = T | Unknown


def known(readings: Mapping[Key, Reading[T]]) -> dict[Key, T]:
    """Return what could be read, in the order of ``readings``."""
    return {key: value for key, value in readings.items() if not isinstance(value, Unknown)}


def unknown(readings: Mapping[Key, Reading[T]]) -> dict[Key, str]:
    """Return why each of the others could not be read, in the order of ``readings``."""
    return {key: value.why for key, value in readings.items() if isinstance(value, Unknown)}


def known_or_none(reading: Reading[T] | None) -> T | None:
    """Return what was read, or None: for output only, never for a decision."""
    return None if isinstance(reading, Unknown) else reading
