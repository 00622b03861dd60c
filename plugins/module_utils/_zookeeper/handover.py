# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Giving ZooKeeper back to the brokers: what KRaft left in it, and one transaction that takes it away.

Safety rule 9 of docs/architecture.md: the quorum is stopped before; ``/controller_epoch``, ``/migration`` and ``/controller`` change together or
not at all, each only as it was read; ``/controller`` goes only when a KRaft controller wrote it.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import waiting
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import znodes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Controller, Migration
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rollback import guarded_epoch
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    DeadlineExceeded,
    Unreachable,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.records import (
    Check,
    Delete,
    Operation,
    SetData,
    Znode,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.states import (
    controller_of,
    read_states,
    unreadable,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.waits import Changes

CONTROLLER, EPOCH, MIGRATION = "/controller", "/controller_epoch", "/migration"
#: a broker that is elected meanwhile changes /controller under the transaction; each try reads anew
ATTEMPTS = 5

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Heads:
    """The three znodes that say who is the controller.

    :ivar epoch: value of ``/controller_epoch``, None when it is missing.
    """

    controller_node: Znode | None
    epoch_node: Znode | None
    migration_node: Znode | None
    controller: Controller | None
    epoch: int | None
    migration: Migration | None

    @property
    def kraft_holds(self) -> bool:
        """Whether ``/controller`` was written by a KRaft controller."""
        return self.controller is not None and self.controller.is_kraft

    @property
    def copied(self) -> bool:
        """Whether KRaft has ``/controller``, and has copied everything: from then on it writes ZooKeeper what it has."""
        return self.kraft_holds and self.migration is not None and self.migration.copy_done

    @property
    def epochs(self) -> list[int]:
        """The KRaft leader epochs that the two znodes name."""
        found = [self.controller.kraft_epoch] if self.controller is not None else []
        return found + ([self.migration.controller_epoch] if self.migration is not None else [])


@dataclass(frozen=True)
class Removal:
    """What one transaction did.

    :ivar removed: path to what it held; kept, since it is gone now.
    :ivar epoch: what ``/controller_epoch`` was raised to, None when it was high enough.
    :ivar committed_ms: when the transaction was answered, by our clock, in milliseconds since 1970.
    """

    removed: dict[str, str]
    epoch: int | None
    committed_ms: int


def read_heads(session: ZkSession) -> Heads:
    """Read the three znodes after a sync on the same session. Raises KraftError for what Kafka cannot have written."""
    session.sync()
    found = session.get_many((CONTROLLER, EPOCH, MIGRATION))
    controller, epoch, migration = found[CONTROLLER], found[EPOCH], found[MIGRATION]
    try:
        return Heads(
            controller,
            epoch,
            migration,
            controller_of(controller),
            None if epoch is None else znodes.parse_controller_epoch(epoch.data),
            None if migration is None else znodes.parse_migration(migration.data),
        )
    except znodes.ZnodeError as exc:
        raise unreadable(session, exc) from exc


def highest_stored_epoch(session: ZkSession) -> int:
    """Return the highest ``controller_epoch`` in any partition state, -1 when there is none (KAFKA-20488).

    To be read while the quorum still runs: on a large cluster it is most of the time without a controller otherwise.
    """
    session.sync()
    topics = session.children("/brokers/topics")
    below = session.children_many(f"/brokers/topics/{topic}/partitions" for topic in topics)
    wanted = [
        (topic, int(number))
        for topic in topics
        for number in below[f"/brokers/topics/{topic}/partitions"]
        if number.isdecimal()
    ]
    return max((each.controller_epoch for each in read_states(session, wanted).values()), default=-1)


def operations(heads: Heads, stored: Iterable[int]) -> list[Operation]:
    """Return the operations that give ZooKeeper back, each conditional on the version that was read; [] when nothing is left."""
    found: list[Operation] = []
    if heads.kraft_holds and heads.epoch_node is not None and heads.epoch is not None:
        raised = guarded_epoch(heads.epoch, [*stored, *heads.epochs])
        version = heads.epoch_node.version
        found.append(Check(EPOCH, version) if raised is None else SetData(EPOCH, version, str(raised).encode()))
    if heads.migration_node is not None:
        found.append(Delete(MIGRATION, heads.migration_node.version))
    if heads.kraft_holds and heads.controller_node is not None:
        found.append(Delete(CONTROLLER, heads.controller_node.version))
    return found


def remove(session: ZkSession, stored: Iterable[int]) -> Removal:
    """Remove what the quorum left, in one transaction; nothing is left to do when it was removed before.

    :param stored: KRaft epochs seen elsewhere: in the partition states, of the quorum.
    :raises Conflict: when the znodes keep changing: somebody still writes them.
    """
    known = list(stored)
    unsure: Removal | None = None
    for _attempt in range(ATTEMPTS):
        heads = read_heads(session)
        todo = operations(heads, known)
        if not any(isinstance(each, Delete) for each in todo):
            return replace(unsure or Removal({}, None, 0), committed_ms=int(time.time() * 1000))
        nodes = {MIGRATION: heads.migration_node, CONTROLLER: heads.controller_node}
        removed = {
            each.path: node.data.decode(errors="replace")
            for each in todo
            if isinstance(each, Delete) and (node := nodes[each.path]) is not None
        }
        raised = next((int(each.value) for each in todo if isinstance(each, SetData)), None)
        done, unsure = Removal(removed, raised, 0), None
        try:
            session.transact(todo)
        except Conflict:
            continue
        except Unreachable:
            # Lost the connection: it may have been carried out, which the next look tells. It cannot be any more after that look:
            # ZooKeeper keeps the order of a session, also over a change of servers (SessionMovedException).
            unsure = done
            continue
        return replace(done, committed_ms=int(time.time() * 1000))
    raise Conflict(
        f"ZooKeeper at {session.address}: {MIGRATION} and {CONTROLLER} were changed by somebody else at each of {ATTEMPTS} attempts "
        "to remove them; a KRaft controller still runs somewhere: stop it, then run again",
        code="changed-by-others",
    )


def wait_written(session: ZkSession, offset: int, *, timeout: float, progress: Progress) -> Migration:
    """Wait until ``/migration`` says that ZooKeeper has everything up to an offset of the metadata log.

    :param timeout: seconds.
    :raises DeadlineExceeded: names the offset that it stands at (KAFKA-16667).
    """

    def check(nodes: dict[str, Znode | None]) -> tuple[Any, str]:
        node = nodes[MIGRATION]
        migration = znodes.parse_migration(node.data) if node is not None else None
        at = migration.offset if migration is not None else -1
        if migration is not None and at >= offset:
            return migration, ""
        return None, f"ZooKeeper has the metadata up to offset {at}, the quorum up to {offset}"

    found: Migration = _wait(session, (MIGRATION,), check, timeout, progress)
    return found


def wait_broker_is_controller(session: ZkSession, *, timeout: float, progress: Progress) -> tuple[Controller, int]:
    """Wait until a broker in ZooKeeper mode holds ``/controller``; returns it and when it took it.

    The time is ZooKeeper's, in milliseconds since 1970.

    :param timeout: seconds.
    :raises DeadlineExceeded: says who holds it.
    """

    def check(nodes: dict[str, Znode | None]) -> tuple[Any, str]:
        node = nodes[CONTROLLER]
        controller = controller_of(node)
        if node is not None and controller is not None and not controller.is_kraft:
            return (controller, node.ctime_ms), ""
        holder = "nobody" if controller is None else f"KRaft node {controller.broker_id}"
        return None, f"{holder} holds /controller, no broker has taken it yet"

    found: tuple[Controller, int] = _wait(session, (CONTROLLER,), check, timeout, progress)
    return found


def lost_within(session: ZkSession, seconds: float, progress: Progress) -> str:
    """Watch whether a broker keeps ``/controller``; returns who took it away, or an empty string after ``seconds`` without that."""

    def judge(nodes: dict[str, Znode | None]) -> tuple[Any, str]:
        controller = controller_of(nodes[CONTROLLER])
        if controller is None:
            return "nobody holds /controller", ""
        if controller.is_kraft:
            return f"KRaft node {controller.broker_id} took /controller", ""
        if nodes[MIGRATION] is not None:
            return "a KRaft controller wrote /migration", ""
        return None, f"broker {controller.broker_id} is controller; looking for {seconds:.0f} s whether it stays"

    try:
        return str(_wait(session, (CONTROLLER, MIGRATION), judge, seconds, progress))
    except DeadlineExceeded:
        return ""


def _wait(
    session: ZkSession,
    paths: tuple[str, ...],
    check: Callable[[dict[str, Znode | None]], tuple[Any, str]],
    timeout: float,
    progress: Progress,
) -> Any:
    """Look at some znodes at each change of them, and every few seconds, until ``check`` returns something."""
    began = time.monotonic()
    changes = Changes(session, timeout, progress)
    changes.patiently(session.sync)
    while True:
        nodes = changes.patiently(functools.partial(session.watch_many, paths, changes.note))
        try:
            found, reason = check(nodes)
        except znodes.ZnodeError as exc:
            raise unreadable(session, exc) from exc
        if found is not None:
            return found
        now = time.monotonic()
        changes.say(waiting.lasting(reason, now - began))
        if not changes.wait(now + waiting.EVERY) and changes.over:
            raise DeadlineExceeded(f"{reason}, after {timeout:g} s")
