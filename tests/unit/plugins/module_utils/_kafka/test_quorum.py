# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quorum by Jolokia and by tools, on answers as Kafka 3.9.2 gives them."""

from __future__ import annotations

import contextlib
import dataclasses
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import caught_up
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.metadata_records import Registration
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.quorum_messages import (
    Denied,
    Described,
    Replica,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import quorum, quorum_jolokia, quorum_tool, wire
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import exec as pod_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, NotFound, Unreachable

TABLE = """
NodeId\tDirectoryId           \tLogEndOffset\tLag\tLastFetchTimestamp\tLastCaughtUpTimestamp\tStatus  \t
101   \tAAAAAAAAAAAAAAAAAAAAAA\t504         \t0  \t1795253352907     \t1795253352907        \tLeader  \t
100   \t1fT1L9q9o5w9vSUL-Fu6zg\t503         \t1  \t1795253352841     \t1795253352841        \tFollower\t
102   \t1fT1L9q9o5w9vSUL-Fu6zg\t40          \t464\t1795253352841     \t1795253352841        \tFollower\t
1     \tAyLj2uUnYPaDW6gs5rBZ8w\t504         \t0  \t1795253352840     \t1795253352840        \tObserver\t
"""
OLD_TABLE = """
NodeId  LogEndOffset    Lag     LastFetchTimestamp      LastCaughtUpTimestamp   Status
100     8               0       1700000000000           1700000000000           Leader
"""
DUMP = """Dumping /data/__cluster_metadata-0/00000000000000000000.log
| offset: 5 CreateTime: 1 payload: {"type":"REGISTER_CONTROLLER_RECORD","data":{"controllerId":100,"zkMigrationReady":true}}
| offset: 44 CreateTime: 1 payload: {"type":"ZK_MIGRATION_STATE_RECORD","version":0,"data":{"zkMigrationState":1}}
| offset: 502 CreateTime: 1 payload: {"type":"REGISTER_BROKER_RECORD","data":{"brokerId":1,"fenced":false,"isMigratingZkBroker":true,"brokerEpoch":9}}
| offset: 503 CreateTime: 1 payload: {"type":"UNREGISTER_BROKER_RECORD","data":{"brokerId":1}}
"""

CLIENT = cast(KubeClient, None)
"""Nobody asks it: tools and exec are replaced."""


def member(
    node: int, *, jolokia: bool = True, leader: int | None = 101, epoch: int = 4, **settings: str
) -> quorum.Member:
    state = None if leader is None else {"leaderId": leader, "leaderEpoch": epoch}
    facts = types.SimpleNamespace(
        jolokia_port=7777 if jolokia else None,
        quorum_state=state,
        metadata_dir="/data/",
        tools={},
        settings={"controller.listener.names": "C, D", "listeners": "X://:1,C://h:9093"} | settings,
    )
    return quorum.Member(f"kraft-{node - 100}", "kafka", cast(ProcessFacts, facts))


def members(**options: Any) -> dict[int, quorum.Member]:
    return {node: member(node, **options) for node in (100, 101, 102)}


class Agents:
    """Jolokia in three pods: each answer may be used up one after the other."""

    def __init__(self, answers: dict[str, list[Any]]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def pod_proxy(self, pod: str, *_args: object, **_options: object) -> list[dict[str, Any]]:
        self.asked.append(pod)
        answers = self.answers[pod]
        values = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(values, Exception):
            raise values
        return [{"status": 404} if value is None else {"status": 200, "value": value} for value in values]


def asking(agents: Agents) -> KubeClient:
    return cast(KubeClient, agents)


def metrics(
    end: float, *, leader: float = 101.0, epoch: float = 4.0, state: int = 1, high: float | None = 500.0
) -> list[Any]:
    return [leader, epoch, high, end, state, 3, 3, 0, 0, None]


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No port can be forwarded, unless a test opens the way."""
    said = wire.Said(None, (), {100: "pods/portforward is forbidden"})
    monkeypatch.setattr(wire, "ask_controllers", lambda *_args, **_options: said)


def test_by_jolokia() -> None:
    client = Agents({pod: [metrics(504.0)] for pod in ("kraft-0", "kraft-1", "kraft-2")})
    found = quorum.quorum_status(asking(client), "ns", members())
    assert (found.leader, found.epoch, found.high_watermark, found.source) == (101, 4, 500, "jolokia")
    assert found.voters == {100: 0, 101: 0, 102: 0}
    assert found.migration_states == dict.fromkeys((100, 101, 102), "MIGRATION")
    assert (found.why, found.said_by) == ("pods/portforward is forbidden", "jolokia")
    assert found.counts == {"migrating_brokers": 3, "active_brokers": 3, "fenced_brokers": 0, "zk_write_lag": 0}
    assert client.asked == ["kraft-0", "kraft-1", "kraft-2"]


def test_a_follower_asked_before_the_leader_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quorum_jolokia, "FETCHES_WITHIN", 0.1)
    client = Agents(
        {"kraft-0": [metrics(503.0), metrics(505.0)], "kraft-1": [metrics(504.0)], "kraft-2": [metrics(90.0, state=2)]}
    )
    found = quorum.quorum_status(asking(client), "ns", members())
    assert found.voters == {100: 0, 101: 0, 102: 414}
    assert found.migration_states[102] == "PRE_MIGRATION"


def test_silent_and_confused_controllers() -> None:
    gone = Unreachable("pod kraft-0 does not answer")
    client = Agents(
        {
            "kraft-0": [gone],
            "kraft-1": [metrics(504.0)],
            "kraft-2": [[101.0, 3.0, "NaN", "NaN", None, None, None, None, None, True]],
        }
    )
    found = quorum.quorum_status(asking(client), "ns", members())
    assert found.silent == {100: "pod kraft-0 does not answer"}
    assert found.voters == {101: 0}
    assert found.migration_states == {101: "MIGRATION"}


@pytest.mark.parametrize("leader", [-1.0, 100.0])
def test_no_leader_by_jolokia(leader: float) -> None:
    away = Unreachable("away")
    client = Agents({"kraft-0": [away], "kraft-1": [metrics(5.0, leader=leader, high=None)], "kraft-2": [away]})
    found = quorum.quorum_status(asking(client), "ns", members())
    assert (found.leader, found.epoch, found.high_watermark, found.voters) == (None, 4, -1, {})


def test_nobody_answers() -> None:
    client = Agents({f"kraft-{each}": [Unreachable("away")] for each in range(3)})
    found = quorum.quorum_status(asking(client), "ns", members())
    assert (found.leader, found.epoch, len(found.silent)) == (None, -1, 3)


@dataclass
class Pods:
    """What tools and ``ls`` print, and what was run."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)
    replication: str = TABLE
    dump: str = DUMP
    ls: str = "00000000000000000000.log quorum-state"
    rc: int = 0
    first: int | None = None
    #: what the leader hands out of its log, or says instead
    log: list[Any] | Exception = field(default_factory=lambda: Unreachable("it does not answer"))

    def metadata_log(self, epoch: int, high_watermark: int) -> list[Any]:
        """As the leader in a conversation."""
        self.calls.append(("log", epoch, high_watermark))
        if isinstance(self.log, Exception):
            raise self.log
        return self.log


@pytest.fixture
def pod(monkeypatch: pytest.MonkeyPatch) -> Pods:
    """Answer tools and ``ls`` in pods."""
    seen = Pods()

    def ask_controllers(*_args: object, first: int | None = None) -> wire.Said:
        seen.first = first
        return wire.Said(None, (), {100: "pods/portforward is forbidden"})

    def run_tool(_client: object, _namespace: str, where: str, *rest: Any, keep: str = "") -> str:
        _container, _facts, tool, args, timeout = rest
        seen.calls.append((where, tool, tuple(args), timeout, bool(keep)))
        return seen.replication if tool == "kafka-metadata-quorum" else seen.dump

    def run(
        _client: object, _namespace: str, where: str, command: Sequence[str], **_options: object
    ) -> pod_exec.ExecResult:
        seen.calls.append((where, *command))
        return pod_exec.ExecResult(seen.ls, "ls: gone", seen.rc)

    @contextlib.contextmanager
    def conversation(*_args: object, **_options: object) -> Iterator[Any]:
        yield seen

    monkeypatch.setattr(wire, "ask_controllers", ask_controllers)
    monkeypatch.setattr(wire, "conversation", conversation)
    monkeypatch.setattr(quorum, "run_tool", run_tool)
    monkeypatch.setattr(quorum_tool, "run_tool", run_tool)
    monkeypatch.setattr(pod_exec, "run", run)
    return seen


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


def test_the_migration_state_in_the_protocol_of_kafka(monkeypatch: pytest.MonkeyPatch, pod: Pods) -> None:
    Asked(monkeypatch, replica(100, 9000), Replica(101, 9000, NOW, NOW), replica(102, 40))
    pod.log = [(44, {"type": "ZK_MIGRATION_STATE_RECORD", "data": {"zkMigrationState": 1}})]
    found = quorum.quorum_status(CLIENT, "ns", members(jolokia=False))
    # 102 does not have the record at offset 44 yet
    assert (found.migration_states, found.source) == ({100: "MIGRATION", 101: "MIGRATION"}, "protocol")
    assert pod.calls == [("log", 5, 9000)]


@pytest.mark.parametrize(
    ("error", "settings", "why"),
    [
        (Unreachable("it does not answer"), {}, "it does not answer"),
        (Denied(74), {}, "controller kraft-1 refuses to hand out its log: error 74"),
        (
            Unreachable("is not asked"),
            {"listener.security.protocol.map": "C:SSL"},
            "the controllers' listener in pod kraft-1 uses SSL",
        ),
    ],
)
def test_the_log_by_the_tool(pod: Pods, error: Exception, settings: dict[str, Any], why: str) -> None:
    pod.log = error
    found = quorum.metadata_log(CLIENT, "ns", {101: member(101, **settings)}, LEADS)
    assert (found.migration_state, found.why) == ("MIGRATION", why)
    assert [call[1] for call in pod.calls if call[0] != "log"] == ["ls", "kafka-dump-log"]
    assert (("log", 4, 503) in pod.calls) == (not settings)


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


# in Kafka's own protocol

NOW = 1_795_953_372_157


def replica(node: int, end: int, *, fetched: int = 300, caught_up: int = 300) -> Replica:
    """A voter that fetched, and had everything, so many milliseconds ago."""
    return Replica(node, end, NOW - fetched, NOW - caught_up)


class Asked:
    """Answers ask_controllers; nobody may start a tool."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *voters: Replica, leader: int = 101) -> None:
        self.said = wire.Said(Described(leader, 5, 9000, voters, ()) if voters else None, (100, 102), {})
        self.controllers: Any = None
        monkeypatch.setattr(wire, "ask_controllers", self._ask)

    def _ask(self, _client: object, _namespace: str, controllers: Any, *, first: int | None) -> wire.Said:
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


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (
            {"listener.security.protocol.map": "x:PLAINTEXT, c : sasl_ssl"},
            "the controllers' listener in pod kraft-0 uses SASL_SSL",
        ),
        ({"controller.listener.names": "SSL", "listeners": "SSL://:9093"}, "in pod kraft-0 uses SSL"),
        ({"controller.listener.names": "Z"}, "name no controller listener"),
    ],
)
def test_other_listeners_are_left_to_the_tools(pod: Pods, settings: dict[str, Any], why: str) -> None:
    secured = {100: member(100, jolokia=False, **settings), 101: member(101, jolokia=False), 102: member(102)}
    found = status(members=secured)
    assert found.source == "tool"
    assert why in found.why
    assert [call[1] for call in pod.calls] == ["kafka-metadata-quorum"]


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


def test_a_voter_that_follows_lacks_something_at_every_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """By Jolokia: what the leader had at the first look is what counts."""
    monkeypatch.setattr(quorum_jolokia, "PACE", 0.0)
    monkeypatch.setattr(quorum_jolokia, "FETCHES_WITHIN", 0.2)
    client = Agents(
        {
            "kraft-0": [metrics(454.0), metrics(480.0), metrics(503.0), metrics(504.0)],
            "kraft-1": [metrics(504.0), metrics(999.0)],
            "kraft-2": [metrics(490.0)],
        }
    )
    found = quorum.quorum_status(asking(client), "ns", members())
    assert found.voters == {100: 0, 101: 0, 102: 14}
    assert caught_up(found) == {100, 101}
