# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quorum by the controllers' Jolokia agents: one request each, through the API server's pod proxy."""

from __future__ import annotations

import functools
import threading
import time
import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.metadata_records import MIGRATION_STATES
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.jolokia import Jolokia
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum_view import (
    Member,
    Quorum,
    leader_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError

_RAFT = "kafka.server:type=raft-metrics"
_CONTROLLER = "kafka.controller:type=KafkaController,name="
_ATTRIBUTES = (
    (_RAFT, "current-leader"),
    (_RAFT, "current-epoch"),
    (_RAFT, "high-watermark"),
    (_RAFT, "log-end-offset"),
    (f"{_CONTROLLER}ZkMigrationState", "Value"),
    (f"{_CONTROLLER}MigratingZkBrokerCount", "Value"),
    (f"{_CONTROLLER}ActiveBrokerCount", "Value"),
    (f"{_CONTROLLER}FencedBrokerCount", "Value"),
    (f"{_CONTROLLER}ZkWriteBehindLag", "Value"),
    (f"{_CONTROLLER}MetadataErrorCount", "Value"),
)
#: seconds in which a voter that follows fetches at least once: a fetch waits for 0.5 s at most (KafkaRaftClient)
FETCHES_WITHIN = 1.0
#: seconds between two looks at a voter that lags
PACE = 0.05
_COUNTS = ("migrating_brokers", "active_brokers", "fenced_brokers", "zk_write_lag", "metadata_errors")


def by_jolokia(client: KubeClient, namespace: str, members: Mapping[int, Member]) -> Quorum:
    """Ask every controller; each has to have an agent. Those that do not answer are in ``silent``."""
    silent: dict[int, str] = {}

    def ask(node: int) -> dict[str, t.Any] | None:
        member = members[node]
        try:
            values = Jolokia(client, namespace, member.pod, member.facts.jolokia_port or 0).read_many(_ATTRIBUTES)
        except KraftError as exc:
            silent[node] = exc.message
            return None
        names = ("leader", "epoch", "high_watermark", "end", "state", *_COUNTS)
        return {name: _number(value) for name, value in zip(names, values, strict=True)}

    answers = {node: answer for node in sorted(members) if (answer := ask(node)) is not None}
    leader, epoch = leader_of({node: (each["leader"], each["epoch"]) for node, each in answers.items()})
    lead = answers.get(leader) if leader is not None else None
    voters: dict[int, int] = {}
    if lead is not None and lead["end"] is not None:
        for node, each in answers.items():
            fresh = each if _lag(lead, each) == 0 else _second_look(functools.partial(ask, node), lead)
            if fresh is not None and fresh["epoch"] == epoch and fresh["end"] is not None:
                voters[node] = _lag(lead, fresh)
    return Quorum(
        leader=leader if lead is not None else None,
        epoch=epoch,
        high_watermark=-1 if lead is None or lead["high_watermark"] is None else lead["high_watermark"],
        voters=voters,
        source="jolokia",
        migration_states={
            node: MIGRATION_STATES.get(each["state"], str(each["state"]))
            for node, each in answers.items()
            if each["state"] is not None
        },
        counts={} if lead is None else {name: lead[name] for name in _COUNTS if lead[name] is not None},
        silent=silent,
    )


def _second_look(ask: Callable[[], dict[str, t.Any] | None], lead: Mapping[str, t.Any]) -> dict[str, t.Any] | None:
    """Ask a voter that lags again, until it has what the leader had at the first look or has had the time to fetch it.

    How much the leader has by then does not count: on a busy cluster a voter that follows always lacks the newest records.
    """
    deadline, never = time.monotonic() + FETCHES_WITHIN, threading.Event()
    while True:
        found = ask()
        if found is None or _lag(lead, found) == 0 or time.monotonic() >= deadline:
            return found
        never.wait(PACE)


def _lag(lead: Mapping[str, t.Any], each: Mapping[str, t.Any]) -> int:
    return max(0, lead["end"] - each["end"]) if each["end"] is not None else 1


def _number(value: t.Any) -> int | None:
    """Return a whole number; Raft metrics are floating point, and "NaN" comes as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value)
