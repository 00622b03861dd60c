# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 9: one transaction, each znode as it was read, /controller only when KRaft wrote it, the epoch guard in it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import waiting
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    DeadlineExceeded,
    Forbidden,
    KraftError,
    Unreachable,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import handover
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.records import Check, Delete, SetData
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession
from kazoo import exceptions

from tests.unit.plugins.module_utils._zookeeper.conftest import Server
from tests.unit.plugins.module_utils._zookeeper.test_waits import later

KRAFT = {"version": 2, "brokerid": 1001, "timestamp": "1", "kraftControllerEpoch": 7}
BROKER = {"version": 2, "brokerid": 2, "timestamp": "1", "kraftControllerEpoch": -1}
MIGRATION = {
    "version": 0,
    "kraft_controller_id": 1001,
    "kraft_controller_epoch": 7,
    "kraft_metadata_offset": 141,
    "kraft_metadata_epoch": 7,
}


@pytest.fixture
def hybrid(server: Server) -> Server:
    """What ZooKeeper holds in hybrid dual-write."""
    server.put("/controller", KRAFT)
    server.put("/controller_epoch", b"3")
    server.put("/migration", MIGRATION)
    return server


def multis(server: Server) -> list[str]:
    return [path for kind, path in server.requests if kind == "multi"]


def test_one_transaction_with_the_epoch_raised(hybrid: Server, session: ZkSession) -> None:
    done = handover.remove(session, [5])
    assert multis(hybrid) == ["set:/controller_epoch delete:/migration delete:/controller"]
    assert hybrid.nodes["/controller_epoch"][0] == b"8"
    assert "/migration" not in hybrid.nodes
    assert "/controller" not in hybrid.nodes
    assert done.epoch == 8
    assert set(done.removed) == {"/migration", "/controller"}
    assert '"kraft_metadata_offset": 141' in done.removed["/migration"]


def test_an_epoch_that_is_high_enough_is_only_checked(hybrid: Server, session: ZkSession) -> None:
    hybrid.put("/controller_epoch", b"12")
    assert handover.remove(session, [11]).epoch is None
    assert multis(hybrid) == ["check:/controller_epoch delete:/migration delete:/controller"]
    assert hybrid.nodes["/controller_epoch"][0] == b"12"


def test_the_highest_epoch_of_any_partition_counts(hybrid: Server, session: ZkSession) -> None:
    """KAFKA-20488: without it those partitions would have no leader."""
    for number, epoch in enumerate((4, 19, 6)):
        hybrid.put(
            f"/brokers/topics/t/partitions/{number}/state",
            {"version": 1, "leader": 1, "leader_epoch": 0, "controller_epoch": epoch, "isr": [1]},
        )
    stored = handover.highest_stored_epoch(session)
    assert stored == 19
    assert handover.remove(session, [stored]).epoch == 20


def test_no_partitions_no_epoch(server: Server, session: ZkSession) -> None:
    assert handover.highest_stored_epoch(session) == -1


def test_a_brokers_own_znode_is_left_alone(hybrid: Server, session: ZkSession) -> None:
    """Before the copy a broker is controller: taking its znode away would only make another election."""
    hybrid.put("/controller", BROKER, ephemeral=True)
    handover.remove(session, [])
    assert multis(hybrid) == ["delete:/migration"]
    assert "/controller" in hybrid.nodes


def test_nothing_left_is_nothing_done(server: Server, session: ZkSession) -> None:
    server.put("/controller", BROKER, ephemeral=True)
    server.put("/controller_epoch", b"3")
    assert handover.remove(session, []).removed == {}
    assert multis(server) == []


def test_a_missing_epoch_is_not_made(server: Server, session: ZkSession) -> None:
    server.put("/controller", KRAFT)
    assert handover.operations(handover.read_heads(session), []) == [Delete("/controller", 0)]


def test_versions_are_those_that_were_read(hybrid: Server, session: ZkSession) -> None:
    hybrid.put("/migration", MIGRATION)
    assert handover.operations(handover.read_heads(session), [2]) == [
        SetData("/controller_epoch", 0, b"8"),
        Delete("/migration", 1),
        Delete("/controller", 0),
    ]


def test_a_znode_that_moves_is_read_again(hybrid: Server, session: ZkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    real = session.transact
    moved: list[bool] = []

    def transact(operations: Any) -> None:
        if not moved:
            moved.append(True)
            hybrid.put("/migration", MIGRATION)
        real(operations)

    monkeypatch.setattr(session, "transact", transact)
    assert handover.remove(session, []).epoch == 8
    assert len(multis(hybrid)) == 2


def test_a_writer_that_does_not_end_is_a_conflict(
    hybrid: Server, session: ZkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A controller that still runs somewhere: nothing was removed."""
    real = session.transact

    def transact(operations: Any) -> None:
        hybrid.put("/migration", MIGRATION)
        real(operations)

    monkeypatch.setattr(session, "transact", transact)
    with pytest.raises(Conflict, match="still runs somewhere"):
        handover.remove(session, [])
    assert {"/migration", "/controller"} <= hybrid.nodes.keys()
    assert hybrid.nodes["/controller_epoch"][0] == b"3"


def test_a_lost_answer_is_looked_up(hybrid: Server, session: ZkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    real = session.transact
    lost: list[bool] = []

    def transact(operations: Any) -> None:
        real(operations)
        if not lost:
            lost.append(True)
            raise Unreachable("the connection was lost")

    monkeypatch.setattr(session, "transact", transact)
    done = handover.remove(session, [7])
    assert done.removed.keys() == {"/migration", "/controller"}, "what it removed is not forgotten"
    assert (done.epoch, hybrid.nodes["/controller_epoch"][0]) == (8, b"8")
    assert "/migration" not in hybrid.nodes
    assert len(multis(hybrid)) == 1


def test_a_transaction_that_was_lost_on_its_way_is_made_from_what_is_read_then(
    hybrid: Server, session: ZkSession
) -> None:
    """Its result is unknown: nothing is repeated with the versions of before."""
    real = hybrid.client.transaction
    tried: list[bool] = []

    def transaction() -> Any:
        if not tried:
            tried.append(True)
            hybrid.fail_next = [exceptions.ConnectionLoss()]
        else:
            assert hybrid.requests[-1][0] == "get"
            assert ("sync", "/") in hybrid.requests[-6:]
        return real()

    hybrid.client.transaction = transaction  # type: ignore[method-assign]
    assert handover.remove(session, []).removed.keys() == {"/migration", "/controller"}
    assert len(multis(hybrid)) == 2
    assert not {"/migration", "/controller"} & hybrid.nodes.keys()


def test_what_others_removed_after_a_lost_try_and_a_look_is_not_ours(
    hybrid: Server, session: ZkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = iter([Unreachable("lost"), Conflict("changed")])

    def transact(_operations: Any) -> None:
        error = next(tries)
        if isinstance(error, Conflict):
            hybrid.remove("/migration")
            hybrid.remove("/controller")
        raise error

    monkeypatch.setattr(session, "transact", transact)
    assert handover.remove(session, []).removed == {}


def test_a_transaction_fails_as_a_whole(hybrid: Server, session: ZkSession) -> None:
    with pytest.raises(Conflict, match="/controller changed since it was read"):
        session.transact([Check("/controller_epoch", 0), Delete("/migration", 0), Delete("/controller", 9)])
    with pytest.raises(Conflict, match="/nowhere"):
        session.transact([Delete("/nowhere", 0)])
    assert "/migration" in hybrid.nodes
    hybrid.denied = {"/migration"}
    with pytest.raises(Forbidden, match="change /migration: the znode has an ACL"):
        session.transact([Delete("/migration", 0)])
    hybrid.fail_next = [exceptions.ConnectionLoss()]
    with pytest.raises(Unreachable, match="ConnectionLoss"):
        session.transact([Delete("/migration", 0)])
    assert "/migration" in hybrid.nodes


def test_an_unreadable_znode_is_named(server: Server, session: ZkSession) -> None:
    server.put("/migration", b"{")
    with pytest.raises(KraftError, match="/migration is not JSON"):
        handover.read_heads(session)
    with pytest.raises(KraftError, match="/migration is not JSON"):
        handover.wait_written(session, 1, timeout=1, progress=lambda _text: None)


def test_waiting_until_zookeeper_has_everything(hybrid: Server, session: ZkSession) -> None:
    said: list[str] = []
    thread = later(lambda: hybrid.put("/migration", {**MIGRATION, "kraft_metadata_offset": 150}))
    assert handover.wait_written(session, 150, timeout=5, progress=said.append).offset == 150
    thread.join()
    assert said == ["ZooKeeper has the metadata up to offset 141, the quorum up to 150"]


def test_a_standing_offset_is_named(hybrid: Server, session: ZkSession) -> None:
    with pytest.raises(DeadlineExceeded, match="offset 141, the quorum up to 150"):
        handover.wait_written(session, 150, timeout=0.1, progress=lambda _text: None)


def test_what_is_written_anew_is_not_yet_written_up_to_there(hybrid: Server, session: ZkSession) -> None:
    """/migration moves all the time, however far behind ZooKeeper is."""
    written = [later(lambda: hybrid.put("/migration", {**MIGRATION, "kraft_metadata_offset": 142}))]
    with pytest.raises(DeadlineExceeded, match="up to offset 142, the quorum up to 90000"):
        handover.wait_written(session, 90000, timeout=0.5, progress=lambda _text: None)
    written[0].join()


def test_waiting_for_a_broker(hybrid: Server, session: ZkSession) -> None:
    said: list[str] = []
    thread = later(
        lambda: hybrid.remove("/controller"), lambda: hybrid.put("/controller", BROKER, ephemeral=True), pause=0.05
    )
    controller, _at = handover.wait_broker_is_controller(session, timeout=5, progress=said.append)
    thread.join()
    assert controller.broker_id == 2
    assert said[0] == "KRaft node 1001 holds /controller, no broker has taken it yet"
    assert said[-1] == "nobody holds /controller, no broker has taken it yet"


def test_no_broker_takes_over(server: Server, session: ZkSession) -> None:
    with pytest.raises(DeadlineExceeded, match="nobody holds /controller"):
        handover.wait_broker_is_controller(session, timeout=0.1, progress=lambda _text: None)


def test_a_broker_that_keeps_controller(server: Server, session: ZkSession) -> None:
    server.put("/controller", BROKER, ephemeral=True)
    said: list[str] = []
    assert handover.lost_within(session, 0.1, said.append) == ""
    assert said == ["broker 2 is controller; looking for 0 s whether it stays"]


def test_a_wait_says_again_what_it_waits_for(
    server: Server, session: ZkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No wait longer than 5 s without a line."""
    assert waiting.EVERY < 5
    monkeypatch.setattr(waiting, "EVERY", 1.0)
    server.put("/controller", BROKER, ephemeral=True)
    said: list[str] = []
    assert handover.lost_within(session, 1.3, said.append) == ""
    assert said[1:] == [f"{said[0]}, for 1 s"]


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        (lambda server: server.remove("/controller"), "nobody holds /controller"),
        (lambda server: server.put("/controller", KRAFT), "KRaft node 1001 took /controller"),
        (lambda server: server.put("/migration", MIGRATION), "a KRaft controller wrote /migration"),
    ],
)
def test_a_broker_that_loses_controller(server: Server, session: ZkSession, change: Any, lost: str) -> None:
    """A KRaft controller that still runs takes it again, or begins another migration: /migration shows it first."""
    server.put("/controller", BROKER, ephemeral=True)
    thread = later(lambda: change(server))
    assert handover.lost_within(session, 5, lambda _text: None) == lost
    thread.join()
