# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quorum in Kafka's own protocol: who leads, who has caught up, and when the tools are asked instead."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import caught_up
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.quorum_messages import (
    Described,
    Replica,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import leader_search, quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Unreachable

from tests.unit.plugins.module_utils.quorum_members import (
    CLIENT,
    Agents,
    Pods,
    answered,
    asking,
    closed_ports,
    member,
    members,
    metrics,
)


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed_ports(monkeypatch)


@pytest.fixture
def pod(monkeypatch: pytest.MonkeyPatch) -> Pods:
    return answered(monkeypatch)


NOW = 1_795_953_372_157


def replica(node: int, end: int, *, fetched: int = 300, caught_up: int = 300) -> Replica:
    """A voter that fetched, and had everything, so many milliseconds ago."""
    return Replica(node, end, NOW - fetched, NOW - caught_up)


class Asked:
    """Answers ask_controllers; nobody may start a tool."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *voters: Replica, leader: int = 101) -> None:
        self.said = leader_search.Said(Described(leader, 5, 9000, voters, ()) if voters else None, (100, 102), {})
        self.controllers: Any = None
        monkeypatch.setattr(leader_search, "ask_controllers", self._ask)

    def _ask(
        self, _client: object, _namespace: str, controllers: Any, *, secure: Any, first: int | None
    ) -> leader_search.Said:
        self.controllers = controllers, first
        return self.said


def status(**options: Any) -> quorum.Quorum:
    chosen = options.pop("members", None) or members(jolokia=False)
    return quorum.quorum_status(CLIENT, "ns", chosen, migration=False, **options)


def test_by_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    """Voters that lack 50 records at every look, since the cluster is busy, follow; one that stands still does not."""
    asked = Asked(
        monkeypatch,
        replica(100, 9000 - 50, caught_up=480),
        Replica(101, 9000, NOW, NOW),
        replica(102, 700, fetched=100, caught_up=600_000),
    )
    found = status()
    assert asked.controllers == ({each: (f"kraft-{each - 100}", 9093) for each in (100, 101, 102)}, 101)
    assert (found.leader, found.epoch, found.high_watermark, found.said_by) == (101, 5, 9000, "protocol")
    assert found.voters == {100: 50, 101: 0, 102: 8300}
    assert found.behind_ms == {100: 480, 101: 0, 102: 600_000}
    assert caught_up(found) == {100, 101}


def test_the_bound_is_the_fetch_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    Asked(
        monkeypatch,
        replica(100, 8990, caught_up=2000),
        Replica(101, 9000, NOW, NOW),
        replica(102, 8990, caught_up=1999),
    )
    assert caught_up(status()) == {101, 102}
    longer: dict[str, Any] = {"controller.quorum.fetch.timeout.ms": "5000"}
    slow = {node: member(node, jolokia=False, **longer) for node in (100, 101, 102)}
    assert caught_up(status(members=slow)) == {100, 101, 102}


def test_a_voter_that_was_never_heard_of_has_not_caught_up(monkeypatch: pytest.MonkeyPatch) -> None:
    Asked(monkeypatch, replica(100, 9000), Replica(101, 9000, NOW, NOW), Replica(102, -1, -1, -1))
    found = status()
    assert found.voters == {100: 0, 101: 0}
    assert caught_up(found) == {100, 101}
    Asked(monkeypatch, replica(100, 9000), Replica(101, 9000, NOW, NOW), Replica(102, 8999, NOW, -1))
    assert caught_up(status()) == {100, 101}


def test_a_leader_whom_no_majority_follows_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is cut off says that it leads until it steps down, and does not know what was committed without it."""
    gone = replica(100, 9000, fetched=3001), Replica(101, 9000, NOW, NOW), Replica(102, 9000, -1, -1)
    Asked(monkeypatch, *gone)
    found = status()
    assert (found.leader, found.high_watermark, found.voters) == (None, -1, {})
    assert found.silent == {101: "controller 101 claims to lead, but no majority of the voters follows it"}
    assert found.leaderless == (
        "the quorum has no leader (controller 101 claims to lead, but no majority of the voters follows it)"
    )
    assert caught_up(found) == set()
    # whoever stopped the followers wants to hear it nevertheless
    found = status(alone=True)
    assert (found.leader, found.high_watermark) == (101, 9000)
    Asked(monkeypatch, replica(100, 9000, fetched=3000), *gone[1:])
    assert status().leader == 101


def test_no_tool_is_started_for_a_leader_alone(pod: Pods) -> None:
    """It has stepped down before a JVM has started; an agent answers in time."""
    with pytest.raises(Unreachable, match=r"pods/portforward is forbidden; Kafka's tools are too slow here"):
        status(alone=True)
    assert pod.calls == []
    agents = asking(Agents({"kraft-1": [metrics(504.0)]}))
    found = quorum.quorum_status(agents, "ns", {101: member(101)}, migration=False, alone=True)
    assert (found.leader, found.high_watermark, found.source) == (101, 500, "jolokia")


def test_with_agents_the_protocol_of_kafka_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    Asked(monkeypatch, replica(100, 9000), Replica(101, 9000, NOW, NOW), replica(102, 9000))
    assert status(members=members()).source == "protocol"


def test_nobody_leads_by_protocol(monkeypatch: pytest.MonkeyPatch, pod: Pods) -> None:
    """A follower that answers shows that the way is open: no JVM is started for what is not there."""
    Asked(monkeypatch)
    found = status()
    assert (found.leader, found.epoch, found.source, found.why) == (None, -1, "protocol", "")
    assert found.leaderless == "the quorum has no leader"
    assert pod.calls == []


def test_controllers_that_name_no_listener_are_left_to_the_tools(pod: Pods) -> None:
    unknown: dict[str, Any] = {"controller.listener.names": "Z"}
    strange = {100: member(100, jolokia=False, **unknown), 101: member(101, jolokia=False), 102: member(102)}
    found = status(members=strange)
    assert found.source == "tool"
    assert "name no controller listener" in found.why


@pytest.mark.parametrize("followers", [(), (100,)])
def test_controllers_that_let_nobody_in_are_left_to_the_tools(
    monkeypatch: pytest.MonkeyPatch, pod: Pods, followers: tuple[int, ...]
) -> None:
    """One that could not be asked may lead, whatever the others say."""
    said = leader_search.Said(None, followers, {101: "it refuses the login"}, {101: "quorum-login-failed"})
    monkeypatch.setattr(leader_search, "ask_controllers", lambda *_args, **_options: said)
    found = status()
    assert (found.source, found.why, found.code) == ("tool", "it refuses the login", "quorum-login-failed")
    with pytest.raises(Unreachable, match="it refuses the login; Kafka's tools are too slow here") as raised:
        status(alone=True)
    assert raised.value.code == "quorum-login-failed"


@pytest.mark.parametrize(
    ("settings", "security"),
    [
        ({}, "PLAINTEXT"),
        ({"listener.security.protocol.map": "c:SSL"}, "SSL"),
        ({"controller.listener.names": "SASL_PLAINTEXT", "listeners": "SASL_PLAINTEXT://h:1"}, "SASL_PLAINTEXT"),
        (
            {
                "controller.listener.names": "SSL",
                "listeners": "SSL://h:1",
                "listener.security.protocol.map": "SSL:PLAINTEXT",
            },
            "PLAINTEXT",
        ),
    ],
)
def test_security_of_the_listener(settings: dict[str, Any], security: str) -> None:
    assert member(100, **settings).security == security


def test_the_migration_state_in_the_protocol_of_kafka(monkeypatch: pytest.MonkeyPatch, pod: Pods) -> None:
    Asked(monkeypatch, replica(100, 9000), Replica(101, 9000, NOW, NOW), replica(102, 40))
    pod.log = [(44, {"type": "ZK_MIGRATION_STATE_RECORD", "data": {"zkMigrationState": 1}})]
    found = quorum.quorum_status(CLIENT, "ns", members(jolokia=False))
    # 102 does not have the record at offset 44 yet
    assert (found.migration_states, found.source) == ({100: "MIGRATION", 101: "MIGRATION"}, "protocol")
    assert pod.calls == [("log", 5, 9000)]
