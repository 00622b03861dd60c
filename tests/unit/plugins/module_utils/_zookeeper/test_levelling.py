# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 12: znodes of partitions are written again, each as it was read."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.partition_epochs import Outcome
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import state_path
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, Forbidden, Unreachable
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import levelling
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import session as session_module
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.levelling import Raised
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.records import SetData
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession
from kazoo import exceptions

from tests.unit.plugins.module_utils._zookeeper.conftest import Client, Server

FIRST, SECOND = ("t", 0), ("t", 1)


@pytest.fixture
def partitions(server: Server) -> Server:
    """Two partitions."""
    for each in (FIRST, SECOND):
        server.put(state_path(each), f"state of {each[1]}".encode())
    return server


def version(server: Server, partition: Any) -> tuple[bytes | None, int]:
    data, stat = server.nodes[state_path(partition)]
    return data, stat.version


def test_written_as_often_as_it_is_behind(partitions: Server, session: ZkSession) -> None:
    said: list[str] = []
    assert levelling.raise_versions(session, {FIRST: 3, SECOND: 1}, said.append) == Raised(2, 4, False)
    assert version(partitions, FIRST) == (b"state of 0", 3)
    assert version(partitions, SECOND) == (b"state of 1", 1)
    assert said == [
        f"{count} partitions are behind KRaft's partition epoch in ZooKeeper: writing their znodes again"
        for count in (2, 1)
    ]


def test_nothing_behind_is_nothing_asked(partitions: Server, session: ZkSession) -> None:
    partitions.requests.clear()
    assert levelling.raise_versions(session, {}, print) == Raised(0, 0, False)
    assert partitions.requests == []


def test_many_are_on_their_way_at_once(server: Server, session: ZkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """100 000 partitions must not take as many round trips."""
    monkeypatch.setattr(session_module, "PIPELINE", 10)
    wanted = {("many", number): 1 for number in range(25)}
    for each in wanted:
        server.put(state_path(each), b"s")
    server.requests.clear()
    assert levelling.raise_versions(session, wanted, print) == Raised(25, 25, False)
    assert [kind for kind, _path in server.requests].count("set") == 25
    assert {version(server, each) for each in wanted} == {(b"s", 1)}


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    """Do something right before the first write gets there."""
    real, acted = Client.set_async, list[bool]()

    def set_async(client: Client, path: str, value: bytes, version: int) -> Any:
        if not acted:
            acted.append(True)
            act(path)
        return real(client, path, value, version)

    monkeypatch.setattr(Client, "set_async", set_async)


def test_what_kraft_writes_meanwhile_stays(
    partitions: Server, session: ZkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, lambda path: partitions.put(path, b"of KRaft"))
    assert levelling.raise_versions(session, {FIRST: 1}, print) == Raised(1, 1, True)
    assert version(partitions, FIRST) == (b"of KRaft", 2)


def test_a_topic_that_is_deleted_meanwhile_is_left(
    partitions: Server, session: ZkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, partitions.remove)
    assert levelling.raise_versions(session, {FIRST: 1, ("gone", 0): 1, SECOND: 1}, print) == Raised(1, 1, True)


def test_one_that_never_rests_is_a_conflict(
    partitions: Server, session: ZkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Client.set_async

    def set_async(client: Client, path: str, value: bytes, version: int) -> Any:
        partitions.put(path, b"of somebody")
        return real(client, path, value, version)

    monkeypatch.setattr(Client, "set_async", set_async)
    with pytest.raises(Conflict, match="1 znodes of partitions were changed by somebody else at each of 21 attempts"):
        levelling.raise_versions(session, {FIRST: 1}, print)
    assert version(partitions, FIRST)[0] == b"of somebody"


def test_an_acl_is_told(partitions: Server, session: ZkSession) -> None:
    partitions.denied.add(state_path(FIRST))
    with pytest.raises(Forbidden, match=f"let this session change {state_path(FIRST)}") as denied:
        levelling.raise_versions(session, {FIRST: 1}, print)
    assert denied.value.code == "zookeeper-acl"


def test_a_lost_answer_is_written_again(partitions: Server, session: ZkSession) -> None:
    """One too many is harmless."""
    node = session.get(state_path(FIRST))
    assert node is not None
    writes = [SetData(state_path(FIRST), node.version, node.data)]
    partitions.fail_next = [exceptions.ConnectionLoss()]
    assert session.write_many(writes) == {state_path(FIRST): Outcome.LOST}
    partitions.fail_next = []
    assert session.write_many(writes) == {state_path(FIRST): Outcome.WRITTEN}
    assert session.write_many(writes) == {state_path(FIRST): Outcome.CHANGED}
    assert session.write_many([SetData("/gone", 0, b"")]) == {"/gone": Outcome.GONE}


def test_a_server_that_is_silent(partitions: Server, session: ZkSession) -> None:
    partitions.silent = True
    with pytest.raises(Unreachable, match="no reply within"):
        session.write_many([SetData(state_path(FIRST), 0, b"")])
    partitions.silent, partitions.fail_next = False, [exceptions.ZookeeperError("odd")]
    with pytest.raises(Unreachable, match=f"failed to change {state_path(FIRST)}"):
        session.write_many([SetData(state_path(FIRST), 0, b"")])


def test_whether_a_partition_was_written_since(partitions: Server, session: ZkSession) -> None:
    assert levelling.last_write(session) == -1
    partitions.put("/migration", {})
    before = levelling.last_write(session)
    assert not levelling.written_since(session, before)
    partitions.put("/migration", {})
    assert not levelling.written_since(session, before), "KRaft writes that all the time"
    partitions.put(state_path(SECOND), b"other")
    assert levelling.written_since(session, before)
