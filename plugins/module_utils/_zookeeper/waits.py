# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits on ZooKeeper, driven by watches: nothing is read unless it changed.

A watch only says that something changed. Its callback, in kazoo's thread, notes the path and wakes the waiting thread,
which reads that path again and sets the next watch. When the connection is lost every watch calls, so everything that
is still open is read again on the next connection: no change can be missed, and a wait outlives a restart of
ZooKeeper for as long as its own deadline allows.
"""

from __future__ import annotations

import functools
import math
import threading
import time
import typing as t
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import znodes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import (
    Controller,
    Migration,
    Partition,
    PartitionState,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    KraftError,
    Unreachable,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.records import Znode
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.states import (
    controller_of,
    state_of,
    unreadable,
)

_T = t.TypeVar("_T")

Progress = Callable[[str], None]
"""Called with one sentence at each change of what is waited for."""

NAMED = 5
"""So many partitions are named when a wait runs out of time."""


PACE = 1.0
"""Seconds between two lines about the number of partitions; they come back by the hundred."""


@dataclass(frozen=True)
class InSync:
    """When the last partition had its broker back.

    :ivar happened_ms: time of the last of the writes that completed it, by ZooKeeper's clock, in milliseconds since
        1970; 0 when there was nothing to wait for. A state that was already complete at the first look counts with its
        last change, which may be a later one than the one that completed it.
    :ivar noticed_ms: when this process knew, by its own clock, in milliseconds since 1970. The two clocks differ: a
        difference is exact only where both are the same machine's.
    """

    happened_ms: int
    noticed_ms: int


@dataclass(frozen=True)
class Hybrid:
    """When the KRaft controllers had taken over and were writing to ZooKeeper (times as in :class:`InSync`).

    How the proof of :func:`wait_hybrid` goes on an idle cluster, seen with Kafka 3.9.2: in dual-write ``/migration``
    is written again every 500 ms with an offset one higher, although nothing changed, because the active controller
    appends a NoOp record whenever ``metadata.max.idle.interval.ms`` (default 500) went by, and each committed batch
    moves the offset, empty or not. The first such write came 2 ms after the driver's log line "transitioning from
    KRAFT_CONTROLLER_TO_BROKER_COMM to DUAL_WRITE". Where that setting is 0 there are no NoOp records, and the wait
    lasts until the next real change (a topic, a setting, an ISR).
    """

    happened_ms: int
    noticed_ms: int
    migration: Migration


def wait_in_sync(
    session: ZkSession,
    want: Mapping[Partition, int],
    *,
    timeout: float,
    progress: Progress | None = None,
    check_leaders: Callable[[set[int]], None] | None = None,
    every: float = math.inf,
) -> InSync:
    """Wait until each partition has its broker in the ISR.

    Only partitions that miss their broker are watched; each event reads one of them again. A partition whose topic is
    deleted meanwhile is no longer waited for. The caller sees to it that the broker really went away before: the
    ISR of a broker that was killed shrinks only when its ZooKeeper session ends
    (``BrokerRegistration.timestamp_ms`` tells the new incarnation from the old one).

    While brokers run in KRaft mode and the controllers still write to ZooKeeper (pure dual-write) the states are kept
    up to date there, too, behind the quorum by the write lag (``ZkWriteBehindLag``).

    :param want: partition to the broker id that must be in its ISR.
    :param timeout: seconds.
    :param progress: called with one sentence at the start and, once a second at most, when fewer partitions are left.
    :param check_leaders: called each ``every`` seconds with the leaders of the partitions that are left; what it raises ends the wait.
    :raises DeadlineExceeded: names up to five partitions, their leader and the broker that is missing.
    :raises KraftError: when a znode holds something that Kafka would not have written.
    """
    changes = Changes(session, timeout, progress)
    changes.patiently(session.sync)
    found: dict[Partition, PartitionState | None] = {}
    missing, unread, happened = set(want), set(want), 0
    next_check = time.monotonic() + every
    while True:
        states, gone = changes.patiently(_reader(session, changes, unread))
        found.update(states)
        done = {each for each, state in states.items() if state is not None and want[each] in state.isr}
        happened = max([happened, *(state.mtime_ms for each in done if (state := states[each]) is not None)])
        missing -= done | gone
        if not missing:
            return InSync(happened, _now_ms())
        changes.say(f"{len(missing)} of {len(want)} partitions are not in sync yet", pace=PACE)
        woken = changes.wait(next_check)
        if not woken and changes.over:
            raise DeadlineExceeded(_missing_names(missing, want, found, timeout))
        if check_leaders is not None and time.monotonic() >= next_check:
            check_leaders({state.leader for each in missing if (state := found[each]) is not None})
            next_check = time.monotonic() + every
        unread = {each for path in woken for each in changes.partitions_at(path)} & missing


def wait_hybrid(
    session: ZkSession,
    controller_ids: Collection[int],
    *,
    timeout: float,
    progress: Progress | None = None,
) -> Hybrid:
    """Wait until a KRaft controller is active and writes to ZooKeeper.

    MIGRATION in the metadata log is not enough: that record comes before the copy back to ZooKeeper and before the
    brokers hear of their new controller. Taken as proof is that one of the controllers holds ``/controller`` with a
    KRaft epoch, that the initial copy is complete (``/migration`` has an offset > 0), and that after this the offset moved
    once more. The writes of the full sync (SYNC_KRAFT_TO_ZK) touch the znode but not the offset in it; only the
    handler of later metadata changes moves it, in the states KRAFT_CONTROLLER_TO_BROKER_COMM and DUAL_WRITE
    (``KRaftMigrationDriver.MetadataChangeEvent``).

    :param controller_ids: node ids of the KRaft controllers.
    :param timeout: seconds.
    :param progress: called with one sentence at each change of what is missing.
    :raises DeadlineExceeded: says what is missing.
    :raises KraftError: when ``/migration`` has no value (KAFKA-19480), so that no waiting helps, or when a znode holds
        something that Kafka would not have written.
    """
    changes = Changes(session, timeout, progress)
    changes.patiently(session.sync)
    nodes: dict[str, Znode | None] = {}
    check_leaders: Collection[str] = ("/controller", "/migration")
    first: tuple[int, tuple[int, int]] | None = None
    while True:
        nodes.update(changes.patiently(functools.partial(session.watch_many, tuple(check_leaders), changes.note)))
        controller, migration = _heads(session, nodes)
        reason = _not_hybrid(controller, migration, controller_ids)
        if not reason and controller is not None and migration is not None:
            position = (migration.epoch, migration.offset)
            if first is None or first[0] != controller.kraft_epoch:
                first = (controller.kraft_epoch, position)
            elif position > first[1] and migration.controller_id == controller.broker_id:
                node = nodes["/migration"]
                return Hybrid(node.mtime_ms if node else 0, _now_ms(), migration)
            reason = (
                f"the initial copy is complete (offset {first[1][1]}); controller {controller.broker_id} has not written "
                "to ZooKeeper since"
            )
        changes.say(reason)
        check_leaders = changes.wait()
        if not check_leaders and changes.over:
            raise DeadlineExceeded(
                f"no KRaft controller was active and writing to ZooKeeper after {timeout:g} s: {reason}"
            )


class Changes:
    """Collects the paths that watches report, for one waiting thread with one deadline."""

    def __init__(self, session: ZkSession, timeout: float, progress: Progress | None) -> None:
        self._session, self._timeout, self._progress = session, timeout, progress
        self._deadline = time.monotonic() + timeout
        self._said, self._said_at = "", float("-inf")
        self._lock = threading.Lock()
        self._event = threading.Event()
        self._paths: set[str] = set()
        self._watched: dict[str, set[Partition]] = {}

    @property
    def over(self) -> bool:
        """Whether the deadline is past."""
        return time.monotonic() >= self._deadline

    def note(self, path: str) -> None:
        """Take up a change. Runs in kazoo's thread and never blocks it for longer than a set takes to grow."""
        with self._lock:
            self._paths.add(path)
        self._event.set()

    def wait(self, until: float = math.inf) -> set[str]:
        """Wait for changes until the deadline, or an earlier moment of the monotonic clock, and return their paths, once each."""
        self._event.wait(max(0.0, min(until, self._deadline) - time.monotonic()))
        self._event.clear()
        with self._lock:
            woken, self._paths = self._paths, set()
        return woken

    def say(self, reason: str, *, pace: float = 0.0) -> None:
        """Pass a sentence on, unless it was said last or, with a pace, the last one was so many seconds ago or less."""
        now = time.monotonic()
        if reason == self._said or now - self._said_at < pace:
            return
        self._said, self._said_at = reason, now
        if self._progress is not None:
            self._progress(reason)

    def remember(self, path: str, partition: Partition) -> None:
        """Note which partition a path is watched for."""
        self._watched.setdefault(path, set()).add(partition)

    def partitions_at(self, path: str) -> Iterable[Partition]:
        """Return the partitions that a path is watched for."""
        return self._watched.get(path, ())

    def patiently(self, read: Callable[[], _T]) -> _T:
        """Read, and when ZooKeeper is away, read again once it is back; until the deadline."""
        while True:
            try:
                return read()
            except Unreachable as exc:
                self.say(f"ZooKeeper does not answer; trying again: {exc.message}")
                back = self._session.wait_connected(self._deadline - time.monotonic())
                if not back or self.over:
                    raise DeadlineExceeded(f"gave up after {self._timeout:g} s: {exc.message}") from exc


def _reader(
    session: ZkSession, changes: Changes, partitions: Collection[Partition]
) -> Callable[[], tuple[dict[Partition, PartitionState | None], set[Partition]]]:
    """Return a function that reads states, sets the next watches, and finds the partitions that are gone for good."""

    def read() -> tuple[dict[Partition, PartitionState | None], set[Partition]]:
        paths = {znodes.state_path(each): each for each in partitions}
        for path, each in paths.items():
            changes.remember(path, each)
        try:
            nodes = session.watch_many(paths, changes.note)
            states = {paths[path]: state_of(paths[path], node) for path, node in nodes.items()}
        except znodes.ZnodeError as exc:
            raise unreadable(session, exc) from exc
        # A state goes before its topic does, and a new topic comes before its states: watch the topic as well.
        topics = {f"/brokers/topics/{each[0]}" for each, state in states.items() if state is None}
        for each in (each for each, state in states.items() if state is None):
            changes.remember(f"/brokers/topics/{each[0]}", each)
        there = session.watch_many(topics, changes.note)
        gone = {each for each, state in states.items() if state is None and there[f"/brokers/topics/{each[0]}"] is None}
        return states, gone

    return read


def _heads(session: ZkSession, nodes: Mapping[str, Znode | None]) -> tuple[Controller | None, Migration | None]:
    migration = nodes["/migration"]
    if migration is not None and znodes.is_null_data(migration.data):
        raise KraftError(
            f"ZooKeeper at {session.address}: /migration exists without a value, which stops the controllers' "
            "migration permanently (KAFKA-19480): delete the znode and restart the active controller"
        )
    try:
        return (
            controller_of(nodes["/controller"]),
            None if migration is None else znodes.parse_migration(migration.data),
        )
    except znodes.ZnodeError as exc:
        raise unreadable(session, exc) from exc


def _not_hybrid(controller: Controller | None, migration: Migration | None, controller_ids: Collection[int]) -> str:
    """Return what is missing before the offset in ``/migration`` counts, or an empty text."""
    if controller is None:
        return "nobody holds /controller"
    if not controller.is_kraft:
        return f"/controller is held by broker {controller.broker_id} in ZooKeeper mode"
    if controller.broker_id not in controller_ids:
        known = ", ".join(str(each) for each in sorted(controller_ids))
        return f"/controller is held by KRaft node {controller.broker_id}, which is not one of the controllers {known}"
    if migration is None:
        return "/migration does not exist: no controller with the migration flag has started"
    if not migration.copy_done:
        return f"controller {controller.broker_id} is active, but the initial copy of the metadata is not complete"
    return ""


def _missing_names(
    missing: Iterable[Partition],
    want: Mapping[Partition, int],
    found: Mapping[Partition, PartitionState | None],
    timeout: float,
) -> str:
    names = sorted(missing)
    parts = []
    for each in names[:NAMED]:
        state = found.get(each)
        leader = "no state" if state is None else "no leader" if state.leader < 0 else f"leader {state.leader}"
        parts.append(f"{znodes.partition_name(each)} misses broker {want[each]} ({leader})")
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{len(names)} of {len(want)} partitions not in sync after {timeout:g} s: {'; '.join(parts)}{more}"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
