# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quorum and its log by tools, on answers as Kafka 3.9.2 gives them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.metadata_records import Registration
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.quorum_messages import (
    Denied,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import quorum, quorum_tool
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, NotFound, Unreachable

from tests.unit.plugins.module_utils.quorum_members import (
    CLIENT,
    OLD_TABLE,
    Pods,
    answered,
    closed_ports,
    member,
    members,
)


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed_ports(monkeypatch)


@pytest.fixture
def pod(monkeypatch: pytest.MonkeyPatch) -> Pods:
    return answered(monkeypatch)


def test_by_tool(pod: Pods) -> None:
    found = quorum.quorum_status(CLIENT, "ns", members(jolokia=False), timeout=9)
    assert (found.leader, found.epoch, found.high_watermark, found.source) == (101, 4, 503, "tool")
    assert (found.why, found.said_by) == ("pods/portforward is forbidden", "tool: pods/portforward is forbidden")
    assert pod.first == 101
    assert found.voters == {100: 1, 101: 0, 102: 464}
    assert found.behind_ms == {100: 66, 101: 0, 102: 66}
    # 102 does not have the record at offset 44 yet.
    assert found.migration_states == {100: "MIGRATION", 101: "MIGRATION"}
    assert found.ready == {100: True}
    folder = "/data/__cluster_metadata-0"
    assert pod.calls == [
        (
            "kraft-1",
            "kafka-metadata-quorum",
            ("--bootstrap-controller", "localhost:9093", "describe", "--replication"),
            9,
            False,
        ),
        ("kraft-1", "ls", folder),
        (
            "kraft-1",
            "kafka-dump-log",
            ("--cluster-metadata-decoder", "--files", f"{folder}/00000000000000000000.log"),
            9,
            True,
        ),
    ]


def test_registrations_below_the_high_watermark_only(pod: Pods) -> None:
    status = quorum.quorum_status(CLIENT, "ns", members(jolokia=False))
    found = quorum.broker_registrations(CLIENT, "ns", members(), status)
    assert found == {1: Registration(fenced=False, migrating=True, epoch=9)}


def test_one_mixed_pod_is_enough_for_tools(pod: Pods) -> None:
    mixed = members() | {102: member(102, jolokia=False)}
    assert quorum.quorum_status(CLIENT, "ns", mixed, migration=False).migration_states == {}
    assert len(pod.calls) == 1


def test_a_log_without_a_migration_state(pod: Pods) -> None:
    pod.dump = ""
    assert quorum.quorum_status(CLIENT, "ns", members(jolokia=False)).migration_states == {}


def test_an_older_table(pod: Pods) -> None:
    assert quorum_tool.parse_replication(OLD_TABLE) == {100: quorum_tool.Row(8, 0, "Leader", 1700000000000)}
    pod.replication = "oops"
    with pytest.raises(KraftError, match="in pod ns/kraft-1 printed no table of replicas"):
        quorum.quorum_status(CLIENT, "ns", members(jolokia=False))
    pod.replication = "NodeId LogEndOffset Lag LastCaughtUpTimestamp Status\nshort row\n"
    found = quorum.quorum_status(CLIENT, "ns", members(jolokia=False))
    assert (found.leader, found.high_watermark) == (None, -1)


@pytest.mark.parametrize("leader", [None, -1, 7])
def test_no_leader_by_tool(pod: Pods, leader: int | None) -> None:
    found = quorum.quorum_status(CLIENT, "ns", members(jolokia=False, leader=leader))
    assert found.leader is None
    assert pod.calls == []
    assert bool(found.silent) == (leader is None)


def test_no_controllers() -> None:
    assert quorum.quorum_status(CLIENT, "ns", {}).leader is None


def test_a_log_that_nobody_can_vouch_for() -> None:
    empty = quorum.Quorum(None, -1, -1, {}, "tool", {})
    with pytest.raises(Unreachable, match=r"has no leader among 100, 101, 102: nothing in its log is certain"):
        quorum.metadata_log(CLIENT, "ns", members(), empty)
    with pytest.raises(Unreachable, match="among no controllers"):
        quorum.metadata_log(CLIENT, "ns", {}, quorum.Quorum(100, 1, -1, {}, "tool", {}))


LEADS = quorum.Quorum(101, 4, 503, {}, "protocol", {})


def test_the_log_in_the_protocol_of_kafka(pod: Pods) -> None:
    """No JVM: neither for the registrations, nor for the state of the migration."""
    pod.log = [(44, {"type": "ZK_MIGRATION_STATE_RECORD", "data": {"zkMigrationState": 3}})]
    found = quorum.metadata_log(CLIENT, "ns", members(jolokia=False), LEADS)
    assert (found.migration_state, found.migration_offset, found.why) == ("POST_MIGRATION", 44, "")
    assert pod.calls == [("log", 4, 503)]


@pytest.mark.parametrize(
    ("error", "settings", "why"),
    [
        (Unreachable("it does not answer"), {}, "it does not answer"),
        (Denied(74), {}, "controller kraft-1 refuses to hand out its log: error 74"),
        (
            Unreachable("is not asked"),
            {"listener.security.protocol.map": "C:SSL"},
            "listener C has no trust store of its own: what Kafka trusts is in its Java (pod ns/kraft-1)",
        ),
    ],
)
def test_the_log_by_the_tool(pod: Pods, error: Exception, settings: dict[str, Any], why: str) -> None:
    pod.log = error
    found = quorum.metadata_log(CLIENT, "ns", {101: member(101, **settings)}, LEADS)
    assert (found.migration_state, found.why) == ("MIGRATION", why)
    assert [call[1] for call in pod.calls if call[0] != "log"] == ["ls", "kafka-dump-log"]
    assert (("log", 4, 503) in pod.calls) == (not settings)


SECURED: dict[str, Any] = {
    "listener.security.protocol.map": "C:SASL_PLAINTEXT",
    "sasl.mechanism.controller.protocol": "PLAIN",
    "listener.name.c.plain.sasl.jaas.config": 'm required username="u" password="p";',
}


def test_the_log_of_a_controller_that_wants_a_login(pod: Pods) -> None:
    pod.log = []
    quorum.metadata_log(CLIENT, "ns", {101: member(101, **SECURED)}, LEADS)
    assert (pod.security.protocol, pod.security.username, pod.security.password) == ("SASL_PLAINTEXT", "u", "p")


def test_the_tool_logs_in(pod: Pods) -> None:
    secured = {number: member(number, jolokia=False, **SECURED) for number in (100, 101, 102)}
    quorum.quorum_status(CLIENT, "ns", secured, migration=False)
    assert pod.properties.values["sasl.jaas.config"] == 'm required username="u" password="p";'
    pod.replication = "x"
    with pytest.raises(KraftError, match="printed no table of replicas"):
        quorum.quorum_status(CLIENT, "ns", members(jolokia=False), migration=False)
    assert not pod.properties


def test_a_way_that_was_closed_is_not_tried_again(pod: Pods) -> None:
    found = quorum.metadata_log(CLIENT, "ns", members(), dataclasses.replace(LEADS, why="may not forward"))
    assert found.why == "may not forward"
    assert not [call for call in pod.calls if call[0] == "log"]


def test_no_log_files(pod: Pods) -> None:
    pod.ls, pod.rc = "", 2
    with pytest.raises(NotFound, match=r"no metadata log in /data/__cluster_metadata-0 of pod ns/kraft-1: ls: gone"):
        quorum.metadata_log(CLIENT, "ns", members(), quorum.Quorum(101, 1, 5, {}, "tool", {}))


def test_controller_port() -> None:
    assert member(100).port == 9093
    with pytest.raises(NotFound, match="name no controller listener"):
        str(member(100, listeners="X://:1,C://nothing").port)
