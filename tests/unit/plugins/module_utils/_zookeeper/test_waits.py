# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits: what wakes them, what they say, and how they end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded, KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import waits
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.waits import wait_hybrid, wait_in_sync
from kazoo import exceptions

from tests.unit.plugins.module_utils._zookeeper.conftest import Server


def state(server: Server, number: int, isr: list[int], leader: int = 2) -> None:
    server.put(
        f"/brokers/topics/t/partitions/{number}/state",
        {"version": 1, "leader": leader, "leader_epoch": 0, "controller_epoch": 4, "isr": isr},
    )


@pytest.fixture
def topic(server: Server) -> Server:
    server.put("/brokers/topics/t", {"version": 3, "partitions": {}})
    return server


def later(*steps: Callable[[], None], pause: float = 0.03) -> threading.Thread:
    """Run steps in another thread, one after the other, as a cluster would."""

    def run() -> None:
        for step in steps:
            time.sleep(pause)
            step()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_nothing_to_wait_for(topic: Server, session: ZkSession) -> None:
    state(topic, 0, [1, 2])
    result = wait_in_sync(session, {("t", 0): 1}, timeout=1)
    assert result.happened_ms == topic.clock
    assert result.noticed_ms > 1_700_000_000_000
    assert wait_in_sync(session, {}, timeout=1).happened_ms == 0


def test_each_event_reads_one_partition_again(
    topic: Server, session: ZkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waits, "PACE", 0.0)
    for number in range(3):
        state(topic, number, [2])
    lines: list[str] = []
    thread = later(
        lambda: state(topic, 0, [2, 1]),
        lambda: state(topic, 1, [2, 3]),
        lambda: state(topic, 1, [2, 3, 1]),
        topic.requests.clear,
        lambda: state(topic, 2, [2, 1]),
    )
    result = wait_in_sync(session, {("t", n): 1 for n in range(3)}, timeout=5, progress=lines.append)
    thread.join()
    assert lines == [f"{left} of 3 partitions are not in sync yet" for left in (3, 2, 1)]
    path = "/brokers/topics/t/partitions/2/state"
    assert topic.requests == [("exists", path), ("get", path)]
    assert result.happened_ms == topic.clock


def test_lines_are_paced(topic: Server, session: ZkSession) -> None:
    for number in range(3):
        state(topic, number, [2])
    lines: list[str] = []
    thread = later(*(lambda n=n: state(topic, n, [1]) for n in range(3)))
    wait_in_sync(session, {("t", n): 1 for n in range(3)}, timeout=5, progress=lines.append)
    thread.join()
    assert lines == ["3 of 3 partitions are not in sync yet"]


def test_the_deadline_names_partitions_and_leaders(topic: Server, session: ZkSession) -> None:
    for number in range(7):
        state(topic, number, [2], leader=-1 if number == 1 else 2)
    want = {("t", n): 1 for n in range(7)} | {("t", 9): 3}
    with pytest.raises(DeadlineExceeded) as raised:
        wait_in_sync(session, want, timeout=0.1)
    assert raised.value.message == (
        "8 of 8 partitions not in sync after 0.1 s: t-0 misses broker 1 (leader 2); t-1 misses broker 1 (no leader); "
        "t-2 misses broker 1 (leader 2); t-3 misses broker 1 (leader 2); t-4 misses broker 1 (leader 2) and 3 more"
    )
    with pytest.raises(DeadlineExceeded, match=r"t-9 misses broker 3 \(no state\)$"):
        wait_in_sync(session, {("t", 9): 3}, timeout=0.05)


def test_the_leaders_of_what_is_left_are_looked_at(topic: Server, session: ZkSession) -> None:
    """What the look raises ends the wait, long before its deadline."""
    state(topic, 0, [2])
    state(topic, 1, [1, 0])
    reads: list[set[int]] = []

    def check_leaders(leaders: set[int]) -> None:
        reads.append(leaders)
        if len(reads) == 2:
            raise RuntimeError("seen enough")

    with pytest.raises(RuntimeError, match="seen enough"):
        wait_in_sync(session, {("t", 0): 0, ("t", 1): 0}, timeout=30, check_leaders=check_leaders, every=0.05)
    assert reads == [{2}, {2}]


def test_a_deleted_topic_is_not_waited_for(topic: Server, session: ZkSession) -> None:
    state(topic, 0, [2])
    assert wait_in_sync(session, {("gone", 0): 1}, timeout=1).happened_ms == 0
    thread = later(
        lambda: topic.remove("/brokers/topics/t/partitions/0/state"), lambda: topic.remove("/brokers/topics/t")
    )
    wait_in_sync(session, {("t", 0): 1}, timeout=5)
    thread.join()


def test_a_new_topic_gets_its_state(topic: Server, session: ZkSession) -> None:
    thread = later(lambda: state(topic, 0, [1]))
    wait_in_sync(session, {("t", 0): 1}, timeout=5)
    thread.join()


def test_a_lost_connection_reads_everything_again(topic: Server, session: ZkSession) -> None:
    state(topic, 0, [2])
    lines: list[str] = []

    def away() -> None:
        topic.fail_next = [exceptions.ConnectionLoss()] * 2
        topic.lose_connection()

    def back() -> None:
        topic.fail_next = []
        state(topic, 0, [1])
        topic.watchers.clear()
        topic.come_back()

    # Longer than the session's own deadline of 0.3 s.
    thread = later(away, back, pause=0.5)
    wait_in_sync(session, {("t", 0): 1}, timeout=5, progress=lines.append)
    thread.join()
    assert lines[1].startswith("ZooKeeper does not answer; trying again: ")


def test_a_connection_that_stays_away(topic: Server, session: ZkSession) -> None:
    topic.fail_next = [exceptions.ConnectionLoss()]
    topic.lose_connection()
    with pytest.raises(DeadlineExceeded, match=r"gave up after 0.5 s: ZooKeeper at .* does not answer"):
        wait_in_sync(session, {("t", 0): 1}, timeout=0.5)


def test_a_state_of_somebody_else(topic: Server, session: ZkSession) -> None:
    topic.put("/brokers/topics/t/partitions/0/state", b"{")
    with pytest.raises(KraftError, match="Kafka did not write that"):
        wait_in_sync(session, {("t", 0): 1}, timeout=1)


def controller(server: Server, node: int, epoch: int) -> None:
    server.put("/controller", {"version": 2, "brokerid": node, "kraftControllerEpoch": epoch}, ephemeral=epoch < 0)


def migration(server: Server, offset: int, *, node: int = 100, epoch: int = 3) -> None:
    server.put(
        "/migration",
        {
            "version": 0,
            "kraft_controller_id": node,
            "kraft_controller_epoch": epoch,
            "kraft_metadata_offset": offset,
            "kraft_metadata_epoch": epoch,
        },
    )


def test_hybrid_step_by_step(server: Server, session: ZkSession) -> None:
    lines: list[str] = []
    thread = later(
        lambda: controller(server, 1, -1),
        lambda: controller(server, 7, 3),
        lambda: controller(server, 100, 3),
        lambda: migration(server, -1),
        lambda: migration(server, 45),
        lambda: migration(server, 45),
        lambda: migration(server, 46),
    )
    result = wait_hybrid(session, [100, 101], timeout=5, progress=lines.append)
    thread.join()
    assert lines == [
        "nobody holds /controller",
        "/controller is held by broker 1 in ZooKeeper mode",
        "/controller is held by KRaft node 7, which is not one of the controllers 100, 101",
        "/migration does not exist: no controller with the migration flag has started",
        "controller 100 is active, but the initial copy of the metadata is not complete",
        "the initial copy is complete (offset 45); controller 100 has not written to ZooKeeper since",
    ]
    assert result.migration.offset == 46
    assert result.happened_ms == server.clock


def test_a_failover_starts_the_proof_anew(server: Server, session: ZkSession) -> None:
    controller(server, 100, 3)
    migration(server, 45)
    thread = later(
        lambda: controller(server, 101, 4),
        lambda: migration(server, 46, epoch=4),  # the old one's last write
        lambda: migration(server, 47, node=101, epoch=4),
    )
    result = wait_hybrid(session, [100, 101], timeout=5)
    thread.join()
    assert result.migration.offset == 47


def test_hybrid_deadline(server: Server, session: ZkSession) -> None:
    controller(server, 100, 3)
    migration(server, 45)
    with pytest.raises(
        DeadlineExceeded,
        match=r"no KRaft controller was active and writing to ZooKeeper after 0.1 s: the initial copy is complete \(offset 45\)",
    ):
        wait_hybrid(session, [100], timeout=0.1)


def test_a_null_migration_ends_the_wait(server: Server, session: ZkSession) -> None:
    server.put("/migration", None)
    with pytest.raises(KraftError, match="KAFKA-19480"):
        wait_hybrid(session, [100], timeout=5)


def test_a_controller_of_somebody_else(server: Server, session: ZkSession) -> None:
    server.put("/controller", b"{")
    with pytest.raises(KraftError, match="/controller is not JSON"):
        wait_hybrid(session, [100], timeout=5)
