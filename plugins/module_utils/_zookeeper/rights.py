# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a session may change in ZooKeeper, read from the ACLs before anything is changed. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.znode_acls import (
    Change,
    Entry,
    Identity,
    Right,
    guard_of,
    judge,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.stores import subject_of

ROLLBACK: tuple[tuple[str, Change], ...] = (
    ("/controller_epoch", "set"),
    ("/migration", "delete"),
    ("/controller", "delete"),
)
"""What ``handover.remove`` may do. The deletions need a permission of the chroot, also for znodes that are not there yet."""


def may_write(session: ZkSession, changes: Iterable[tuple[str, Change]] = ROLLBACK) -> list[Right]:
    """Say for each change whether this session may make it, in that order. Changes nothing.

    :param changes: (path below the chroot, "set" or "delete").
    :raises Unreachable: when ZooKeeper does not answer; an ACL that may not be read is a value.
    """
    wanted = list(changes)
    login = session.login
    who = Identity(login.username, subject_of(login))
    acls = {guard: _acl(session, guard) for guard in dict.fromkeys(guard_of(*each) for each in wanted)}
    return [judge(path, change, acls[guard_of(path, change)], who) for path, change in wanted]


def _acl(session: ZkSession, path: str) -> Reading[tuple[Entry, ...] | None]:
    try:
        return session.acl(path)
    except Forbidden as error:
        if error.code != "zookeeper-acl":
            raise
        return Unknown(f"ZooKeeper does not let this session read the ACL of {path}")
