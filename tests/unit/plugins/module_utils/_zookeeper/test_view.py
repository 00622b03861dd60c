# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole view of a cluster."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Controller, Migration
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.view import read_states, read_view

from tests.unit.plugins.module_utils._zookeeper.conftest import Server


@pytest.fixture
def cluster(server: Server) -> Server:
    server.put("/cluster/id", {"version": "1", "id": "abc"})
    server.put("/controller", {"version": 2, "brokerid": 1, "kraftControllerEpoch": -1}, ephemeral=True)
    server.put("/controller_epoch", b"4")
    for broker in (1, 2, 10):
        server.put(f"/brokers/ids/{broker}", {"version": 5, "host": "h", "port": 9, "endpoints": ["P://h:9"]})
    server.put(
        "/brokers/topics/t",
        {
            "version": 3,
            "topic_id": "id",
            "partitions": {"0": [1, 2], "1": [2, 7]},
            "adding_replicas": {"1": [7]},
            "removing_replicas": {},
        },
    )
    for number, isr in ((0, [1, 2]), (1, [2])):
        server.put(
            f"/brokers/topics/t/partitions/{number}/state",
            {"version": 1, "leader": 2, "leader_epoch": 0, "controller_epoch": 4, "isr": isr},
        )
    server.put("/brokers/topics/new", {"version": 3, "partitions": {"0": [1]}})
    server.put("/config/topics/t", {"version": 1, "config": {"retention.ms": "1"}})
    server.put("/config/topics/u", {"version": 1, "config": {}})
    server.put("/config/brokers/<default>", {"version": 1, "config": {"a": "b"}})
    server.put("/admin/delete_topics/gone", None)
    server.put("/admin/reassign_partitions", {"version": 1, "partitions": [{"topic": "t", "partition": 0}]})
    return server


def test_a_cluster_in_zookeeper_mode(cluster: Server, session: ZkSession) -> None:
    view = read_view(session)
    assert cluster.requests[1] == ("sync", "/") or cluster.requests[0] == ("sync", "/")
    assert view.cluster_id == "abc"
    assert view.controller == Controller(1, -1, True)
    assert view.broker_is_controller
    assert view.controller_epoch == 4
    assert (view.migration, view.migration_present, view.migration_null) == (None, False, False)
    assert list(view.brokers) == [1, 2, 10]
    assert set(view.topics) == {"t", "new"}
    assert set(view.states) == {("t", 0), ("t", 1)}
    assert view.under_replicated == (("new", 0), ("t", 1))
    assert view.assigned_brokers == {1, 2, 7}
    assert view.topic_configs == {"t": {"retention.ms": "1"}}
    assert view.broker_configs == {"<default>": {"a": "b"}}
    assert view.pending_deletions == ("gone",)
    assert view.reassigning == ("t-0", "t-1")
    assert "retention" not in repr(view)
    assert not read_view(session, partitions=False).states


def test_a_cluster_in_migration(cluster: Server, session: ZkSession) -> None:
    cluster.put("/controller", {"version": 2, "brokerid": 100, "kraftControllerEpoch": 3})
    cluster.put(
        "/migration",
        {
            "version": 0,
            "kraft_controller_id": 100,
            "kraft_controller_epoch": 3,
            "kraft_metadata_offset": 5,
            "kraft_metadata_epoch": 2,
        },
    )
    view = read_view(session)
    assert view.migration == Migration(100, 3, 5, 2)
    assert not view.broker_is_controller


def test_a_null_migration(cluster: Server, session: ZkSession) -> None:
    cluster.put("/migration", None)
    view = read_view(session)
    assert (view.migration, view.migration_present, view.migration_null) == (None, True, True)


def test_an_empty_zookeeper(server: Server, session: ZkSession) -> None:
    view = read_view(session)
    assert view.cluster_id is None
    assert view.controller is None
    assert not view.broker_is_controller
    assert view.under_replicated == ()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/controller", "/controller is not JSON"),
        ("/brokers/ids/x", "/brokers/ids/x is not a broker id"),
        ("/brokers/topics/t", "/brokers/topics/t is not JSON"),
        ("/brokers/topics/t/partitions/0/state", "partitions/0/state is not JSON"),
    ],
)
def test_a_znode_of_somebody_else(cluster: Server, session: ZkSession, path: str, message: str) -> None:
    cluster.put(path, b"{")
    with pytest.raises(KraftError, match=message) as raised:
        read_view(session)
    assert raised.value.detail == {"path": path}


def test_states(cluster: Server, session: ZkSession) -> None:
    assert read_states(session, [("t", 1), ("t", 9)])[("t", 1)].isr == (2,)


def test_a_topic_that_goes_between_two_rounds(
    cluster: Server, session: ZkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = session.children_many

    def list_then_delete(paths: Iterable[str]) -> dict[str, list[str]]:
        found = listing(paths)
        cluster.remove("/brokers/topics/new")
        return found

    monkeypatch.setattr(session, "children_many", list_then_delete)
    assert set(read_view(session).topics) == {"t"}


def test_without_states_nobody_is_told_that_all_are_out_of_sync(cluster: Server, session: ZkSession) -> None:
    view = read_view(session, partitions=False)
    with pytest.raises(ValueError, match="were not read"):
        assert view.under_replicated
