# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One difference between two images, and how it is told."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Difference:
    """One object that the two stores do not agree on.

    :ivar kind: ``cluster-id``, ``topic``, ``partition``, ``topic-config``, ``broker-config``, ``quota``, ``acl``, ``scram``,
        ``delegation-token``, ``producer-ids``, ``pending-deletion`` or ``problem``.
    :ivar key: the object within its kind, the same in every comparison: ``t``, ``t-0``, ``t/retention.ms``,
        ``users/u/producer_byte_rate``, ``Topic/literal/t/User:u/*/Read/Allow``, ``u/SCRAM-SHA-512``.
    :ivar zookeeper: value for JSON, None when ZooKeeper does not have the object. Passwords and SCRAM credentials are hidden.
    :ivar kraft: the same for KRaft.
    :ivar sentence: what differs, for people.
    """

    kind: str
    key: str
    zookeeper: t.Any = field(hash=False)
    kraft: t.Any = field(hash=False)
    sentence: str


def of_settings(
    kind: str, noun: str, ours: Mapping[str, Mapping[str, t.Any]], theirs: Mapping[str, Mapping[str, t.Any]]
) -> Iterator[Difference]:
    """Yield the settings that differ, owner by owner.

    :param noun: what an owner is, for the sentence: ``topic``.
    """
    for owner in sorted({*ours, *theirs}):
        left, right = ours.get(owner, {}), theirs.get(owner, {})
        for name in sorted({*left, *right}):
            if left.get(name) != right.get(name):
                what = f"{name} of {noun} {owner}"
                yield of_values(kind, f"{owner}/{name}", what, left.get(name), right.get(name))


def of_values(kind: str, key: str, what: str, ours: t.Any, theirs: t.Any) -> Difference:
    """Return a difference of two values, either of which may be None for not set.

    :param what: for the sentence, with its article.
    """
    left, right = ("not set" if each is None else repr(each) for each in (ours, theirs))
    return Difference(kind, key, ours, theirs, f"{what} is {left} in ZooKeeper and {right} in KRaft")


def one_sided(kind: str, key: str, what: str, ours: t.Any, theirs: t.Any) -> Difference:
    """Return the difference of an object that one store does not have: None there."""
    has, lacks = ("KRaft", "ZooKeeper") if ours is None else ("ZooKeeper", "KRaft")
    return Difference(kind, key, ours, theirs, f"{what} is in {has} but not in {lacks}")
