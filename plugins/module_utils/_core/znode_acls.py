# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the ACL of a znode lets a session do. Pure; the rule is ``ZooKeeperServer.checkACL`` of ZooKeeper 3.8.

A server that was started with ``zookeeper.skipACL=yes``, or whose super user this session is, lets more happen: only the server knows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown

READ, WRITE, CREATE, DELETE, ADMIN = 1, 2, 4, 8, 16
Change = Literal["set", "delete"]
#: of the znode itself to set it, of its parent to delete it
_NEEDS = {"set": WRITE, "delete": DELETE}


@dataclass(frozen=True)
class Entry:
    """One entry of an ACL. ``perms`` is a sum of the constants above."""

    perms: int
    scheme: str
    id: str

    def __str__(self) -> str:
        # of the scheme digest it is user:hash
        return f"{self.scheme}:{self.id.partition(':')[0] if self.scheme == 'digest' else self.id}"


@dataclass(frozen=True)
class Identity:
    """Who a session is to ZooKeeper. ``x509``: subject of its certificate, Unknown when it has one that could not be read; "" without."""

    sasl: str = ""
    x509: Reading[str] = ""

    def __str__(self) -> str:
        words = [f"sasl:{self.sasl}"] if self.sasl else []
        if isinstance(self.x509, Unknown):
            words.append("a certificate")
        elif self.x509:
            words.append(f"x509:{self.x509}")
        return " and ".join(words) or "nobody (it has no login)"


@dataclass(frozen=True)
class Right:
    """Whether a session may change one znode.

    :ivar change: "set" or "delete".
    :ivar guard: the znode whose ACL decides: the parent for "delete".
    :ivar allowed: Unknown when it could not be found out.
    :ivar sentence: why not, or why that is unknown, and what to do; empty when it may.
    """

    path: str
    change: Change
    guard: str
    allowed: Reading[bool]
    sentence: str = ""


def guard_of(path: str, change: Change) -> str:
    """Return the znode whose ACL decides."""
    return path if change == "set" else path.rpartition("/")[0] or "/"


def judge(path: str, change: Change, acl: Reading[Sequence[Entry] | None], who: Identity) -> Right:
    """Say whether a session may change a znode.

    :param acl: of :func:`guard_of`; None when there is no such znode, which nothing forbids then.
    """
    guard = guard_of(path, change)
    if isinstance(acl, Unknown):
        sentence = (
            f"whether this session may {change} {path} in ZooKeeper could not be read: {acl.why}; log in as the brokers do, "
            "see kraft_zookeeper_secret"
        )
        return Right(path, change, guard, acl, sentence)
    relevant = [entry for entry in acl or () if entry.perms & _NEEDS[change]]
    # an ACL without any entry is open
    if not acl or any(_certain(entry, who) for entry in relevant):
        return Right(path, change, guard, True)
    if unsure := [entry for entry in relevant if _unsure(entry, who)]:
        why = f"the ACL of {guard} has {unsure[0]}, and only ZooKeeper knows whether that is this session"
        return Right(path, change, guard, Unknown(why), f"whether this session may {change} {path} is unknown: {why}")
    return Right(path, change, guard, False, _refusal(path, change, guard, relevant, who))


def _certain(entry: Entry, who: Identity) -> bool:
    if entry.scheme == "world":
        return entry.id == "anyone"
    if entry.scheme == "sasl":
        return bool(who.sasl) and who.sasl in (entry.id, "super")
    return entry.scheme == "x509" and not isinstance(who.x509, Unknown) and bool(who.x509) and who.x509 == entry.id


def _unsure(entry: Entry, who: Identity) -> bool:
    """An address is the one that the server sees; a certificate of ours may be the one."""
    return entry.scheme == "ip" or (entry.scheme == "x509" and isinstance(who.x509, Unknown))


def _refusal(path: str, change: Change, guard: str, relevant: Collection[Entry], who: Identity) -> str:
    may = ", ".join(str(entry) for entry in relevant) or "nobody"
    of = f"{guard}, the parent," if guard != path else path
    return (
        f"ZooKeeper would not let this session {change} {path}: by the ACL of {of} {may} may, and the session is {who}; log in as the brokers do, "
        "see kraft_zookeeper_secret"
    )
