# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read from ZooKeeper, and what a transaction is made of. Private to the collection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Znode:
    """What one read returned.

    :ivar data: the value; ``b""`` also for a znode whose value is null.
    :ivar version: version of the data.
    :ivar mtime_ms: time of the last change of the data in milliseconds, by ZooKeeper's clock.
    :ivar ephemeral: whether it belongs to a session and goes with it.
    :ivar ctime_ms: when the znode was created, in milliseconds, by ZooKeeper's clock.
    :ivar zxid: number of the transaction that changed the data last; they are numbered in the order in which they were committed.
    """

    data: bytes
    version: int
    mtime_ms: int
    ephemeral: bool
    ctime_ms: int = 0
    zxid: int = 0


@dataclass(frozen=True)
class Operation:
    """Part of a transaction: a znode as it was read. ``version`` is that of its data."""

    path: str
    version: int


@dataclass(frozen=True)
class Check(Operation):
    """The znode has this version."""


@dataclass(frozen=True)
class SetData(Operation):
    """Write a znode that has this version."""

    value: bytes


@dataclass(frozen=True)
class Delete(Operation):
    """Delete a znode that has this version."""


def znode_of(answer: Any) -> Znode | None:
    """Return what kazoo answered to a read (value, stat); None for a missing znode."""
    if answer is None:
        return None
    data, stat = answer
    return Znode(
        data=data or b"",
        version=stat.version,
        mtime_ms=stat.mtime,
        ephemeral=stat.ephemeralOwner != 0,
        ctime_ms=stat.ctime,
        zxid=stat.mzxid,
    )
