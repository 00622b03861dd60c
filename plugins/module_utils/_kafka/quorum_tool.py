# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quorum by kafka-metadata-quorum: a JVM start in the leader's pod, where nothing cheaper is to be had."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum_security import tool_properties
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum_view import (
    Member,
    Quorum,
    claims,
    fetch_timeout_ms,
    leader_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.tools import run_tool
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError


@dataclass(frozen=True)
class Row:
    """A line of ``kafka-metadata-quorum describe --replication``; ``caught_up_ms`` is -1 where it is unknown."""

    end: int
    lag: int
    status: str
    caught_up_ms: int


def parse_replication(output: str) -> dict[int, Row]:
    """Return the replicas by node id from ``kafka-metadata-quorum describe --replication``.

    Columns differ by version (3.9 added a directory id), so they are found by their heading. Pure.

    :raises ValueError: when there is no such table.
    """
    rows = [line.split() for line in output.splitlines() if line.strip()]
    heads = next((at for at, row in enumerate(rows) if row[:1] == ["NodeId"] and "Status" in row), None)
    if heads is None:
        raise ValueError("no table of replicas")
    names = rows[heads]
    found = {}
    for row in rows[heads + 1 :]:
        if len(row) == len(names) and row[0].isdecimal():
            cells = dict(zip(names, row, strict=True))
            found[int(row[0])] = Row(
                int(cells["LogEndOffset"]), int(cells["Lag"]), cells["Status"], int(cells["LastCaughtUpTimestamp"])
            )
    return found


def by_tool(
    client: KubeClient, namespace: str, members: Mapping[int, Member], *, why: str, timeout: float
) -> tuple[Quorum, Mapping[int, int]]:
    """Use the voters' own files for the leader, then the tool in its pod; return the quorum, and where each voter's log ends."""
    said = claims(members)
    silent = {node: "it has no quorum-state file yet" for node in members if node not in said}
    leader, epoch = leader_of(said)
    empty = Quorum(None, epoch, -1, {}, "tool", {}, silent=silent, fetch_timeout_ms=fetch_timeout_ms(members), why=why)
    if leader is None or leader not in members:
        return empty, {}
    member = members[leader]
    at, properties = tool_properties(client, namespace, leader, member)
    args = ["--bootstrap-controller", at, "describe", "--replication"]
    facts, tool = member.facts, "kafka-metadata-quorum"
    output = run_tool(
        client, namespace, member.pod, member.container, facts, tool, args, timeout, properties=properties
    )
    try:
        replicas = parse_replication(output)
    except ValueError as exc:
        raise KraftError(f"kafka-metadata-quorum in pod {namespace}/{member.pod} printed {exc}") from exc
    voters = {node: row for node, row in sorted(replicas.items()) if row.status in ("Leader", "Follower")}
    leaders = [node for node, row in voters.items() if row.status == "Leader"]
    now = voters[leaders[0]].caught_up_ms if leaders else -1
    # What a majority has is committed: the middle of the sorted ends, or the one below it.
    ends = sorted((row.end for row in voters.values()), reverse=True)
    quorum = dataclasses.replace(
        empty,
        leader=leaders[0] if leaders else None,
        high_watermark=ends[len(ends) // 2] if ends else -1,
        voters={node: max(0, row.lag) for node, row in voters.items()},
        behind_ms={
            node: max(0, now - row.caught_up_ms) for node, row in voters.items() if row.caught_up_ms > 0 and now > 0
        },
    )
    return quorum, {node: row.end for node, row in voters.items()}
