# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Members of a quorum, and pods whose tools, logs and ports answer what a test says."""

from __future__ import annotations

import contextlib
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import leader_search, quorum, quorum_tool, wire
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import exec as pod_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Unreachable

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
        options=(),
        pid=1,
        settings={"controller.listener.names": "C, D", "listeners": "X://:1,C://h:9093"} | settings,
    )
    return quorum.Member(f"kraft-{node - 100}", "kafka", cast(ProcessFacts, facts))


def members(**options: Any) -> dict[int, quorum.Member]:
    return {node: member(node, **options) for node in (100, 101, 102)}


@dataclass
class Pods:
    """What tools and ``ls`` print, and what was run."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)
    replication: str = TABLE
    dump: str = DUMP
    ls: str = "00000000000000000000.log quorum-state"
    rc: int = 0
    first: int | None = None
    #: client settings of the last tool
    properties: Any = None
    #: of the last conversation
    security: Any = None
    #: what the leader hands out of its log, or says instead
    log: list[Any] | Exception = field(default_factory=lambda: Unreachable("it does not answer"))

    def metadata_log(self, epoch: int, high_watermark: int) -> list[Any]:
        """As the leader in a conversation."""
        self.calls.append(("log", epoch, high_watermark))
        if isinstance(self.log, Exception):
            raise self.log
        return self.log


def answered(monkeypatch: pytest.MonkeyPatch) -> Pods:
    """Answer tools and ``ls`` in pods."""
    seen = Pods()

    def ask_controllers(*_args: object, secure: object = None, first: int | None = None) -> leader_search.Said:
        seen.first = first
        return leader_search.Said(None, (), {100: "pods/portforward is forbidden"})

    def run_tool(
        _client: object, _namespace: str, where: str, *rest: Any, keep: str = "", properties: Any = None
    ) -> str:
        _container, _facts, tool, args, timeout = rest
        seen.calls.append((where, tool, tuple(args), timeout, bool(keep)))
        seen.properties = properties
        return seen.replication if tool == "kafka-metadata-quorum" else seen.dump

    def run(
        _client: object, _namespace: str, where: str, command: Sequence[str], **_options: object
    ) -> pod_exec.ExecResult:
        seen.calls.append((where, *command))
        return pod_exec.ExecResult(seen.ls, "ls: gone", seen.rc)

    @contextlib.contextmanager
    def conversation(*_args: object, security: Any = None, **_options: object) -> Iterator[Any]:
        seen.security = security
        yield seen

    monkeypatch.setattr(leader_search, "ask_controllers", ask_controllers)
    monkeypatch.setattr(wire, "conversation", conversation)
    monkeypatch.setattr(quorum, "run_tool", run_tool)
    monkeypatch.setattr(quorum_tool, "run_tool", run_tool)
    monkeypatch.setattr(pod_exec, "run", run)
    return seen


def closed_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """No port can be forwarded, unless a test opens the way."""
    said = leader_search.Said(None, (), {100: "pods/portforward is forbidden"})
    monkeypatch.setattr(leader_search, "ask_controllers", lambda *_args, **_options: said)


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
