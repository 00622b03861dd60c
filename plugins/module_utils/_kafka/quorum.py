# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the KRaft quorum stands, by whatever the controllers' pods offer.

With a Jolokia agent one request per controller answers everything in some milliseconds. Without one, the voters' own
``quorum-state`` files name the leader (they are part of :func:`pod_facts`, no JVM), and two tools fill in the rest,
each a JVM start in the leader's pod: ``kafka-metadata-quorum`` for offsets and lags, ``kafka-dump-log`` for the
migration state. :attr:`Quorum.source` says which way it was.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import metadata_records
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.metadata_records import (
    MIGRATION_STATES,
    MetadataLog,
    Registration,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.jolokia import Jolokia
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.tools import run_tool
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import exec as pod_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, NotFound, Unreachable

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
_COUNTS = ("migrating_brokers", "active_brokers", "fenced_brokers", "zk_write_lag", "metadata_errors")


@dataclass(frozen=True)
class Member:
    """A controller's pod."""

    pod: str
    container: str | None
    facts: ProcessFacts

    @property
    def port(self) -> int:
        """Return the port of the first controller listener.

        :raises NotFound: when the settings name none.
        """
        names = {each.strip() for each in self.facts.settings.get("controller.listener.names", "").split(",")}
        for listener in self.facts.settings.get("listeners", "").split(","):
            name, _sep, address = listener.strip().partition("://")
            port = address.rpartition(":")[2]
            if name in names and port.isdecimal():
                return int(port)
        raise NotFound(f"the settings of pod {self.pod} name no controller listener")


@dataclass(frozen=True)
class Quorum:
    """The quorum at one moment.

    :ivar leader: node id of the active controller, None while there is none.
    :ivar epoch: its leader epoch; -1 when unknown.
    :ivar high_watermark: first offset that is not committed; -1 when unknown.
    :ivar voters: records that each voter lacks of what the leader had; a voter that did not answer, or that follows
        another leader, is left out. By tool, 1 is a NoOp record on its way (one every 500 ms) as often as not: ask again.
    :ivar source: ``jolokia`` or ``tool``.
    :ivar migration_states: state by controller (``PRE_MIGRATION``, ...); left out where it could not be read.
    :ivar counts: of the active controller, by Jolokia only: migrating_brokers, active_brokers, fenced_brokers,
        zk_write_lag (records), metadata_errors.
    :ivar ready: controller to whether it said it is ready for a migration; by tool only.
    :ivar silent: why controllers did not answer.
    """

    leader: int | None
    epoch: int
    high_watermark: int
    voters: Mapping[int, int]
    source: str
    migration_states: Mapping[int, str]
    counts: Mapping[str, int] = field(default_factory=dict)
    ready: Mapping[int, bool] = field(default_factory=dict)
    silent: Mapping[int, str] = field(default_factory=dict)


def quorum_status(
    client: KubeClient, namespace: str, members: Mapping[int, Member], *, migration: bool = True, timeout: float = 60.0
) -> Quorum:
    """Ask the controllers.

    By Jolokia when every controller has an agent that the pod proxy reaches, else by tools.

    :param members: controller's node id to its pod.
    :param migration: False spares the second JVM start of the way by tools; ``migration_states`` is empty then.
    :param timeout: seconds for one tool.
    :raises KraftError: when a tool fails. Controllers that do not answer are no error: they are in ``silent``.
    """
    if members and all(member.facts.jolokia_port for member in members.values()):
        return _by_jolokia(client, namespace, members)
    return _by_tool(client, namespace, members, migration=migration, timeout=timeout)


def broker_registrations(
    client: KubeClient, namespace: str, members: Mapping[int, Member], quorum: Quorum, *, timeout: float = 60.0
) -> dict[int, Registration]:
    """Return the brokers that the quorum knows, with whether each is fenced or still in ZooKeeper mode.

    No metric has this per broker, so it is read off the metadata log (:func:`metadata_log`).
    """
    return dict(metadata_log(client, namespace, members, quorum, timeout=timeout).brokers)


def metadata_log(
    client: KubeClient, namespace: str, members: Mapping[int, Member], quorum: Quorum, *, timeout: float = 60.0
) -> MetadataLog:
    """Add up what the committed part of the leader's metadata log says about the quorum and the migration.

    :raises Unreachable: when there is no leader or its high watermark is unknown (:func:`dump_metadata`).
    """
    keep = metadata_records.KEEP
    lines = dump_metadata(client, namespace, members, quorum, keep=keep, timeout=timeout)
    return metadata_records.parse_dump(lines, high_watermark=quorum.high_watermark)


def dump_metadata(
    client: KubeClient,
    namespace: str,
    members: Mapping[int, Member],
    quorum: Quorum,
    *,
    keep: str,
    timeout: float = 60.0,
) -> list[str]:
    """Return the lines of a dump of the metadata log (newest checkpoint, then the segments), made in the leader's pod.

    The end of the log may hold records that the quorum does not have yet and a new leader would drop, so only those
    below the high watermark count; the caller's ``quorum`` has it, and it was read before the dump. The leader's copy
    is taken, since it is the one that surely reaches up to that high watermark.

    :param keep: extended regular expression; only matching lines leave the pod (``metadata_records.keep_pattern``).
    :param timeout: seconds for the tool.
    :raises Unreachable: when there is no leader or its high watermark is unknown.
    :raises NotFound: when the pod has no metadata log, or no kafka-dump-log.
    :raises KraftError: when the tool fails.
    """
    member = members.get(quorum.leader) if quorum.leader is not None else None
    if member is None or quorum.high_watermark < 0:
        raise Unreachable(
            f"the KRaft quorum in namespace {namespace} has no leader among {_ids(members)}: nothing in its log is sure"
        )
    folder = f"{member.facts.metadata_dir.rstrip('/')}/__cluster_metadata-0"
    listed = pod_exec.run(client, namespace, member.pod, ["ls", folder], container=member.container)
    files = metadata_records.choose_files(listed.stdout.split())
    if listed.rc != 0 or not files:
        raise NotFound(f"no metadata log in {folder} of pod {namespace}/{member.pod}: {listed.stderr.strip()}")
    output = run_tool(
        client,
        namespace,
        member.pod,
        member.container,
        member.facts,
        "kafka-dump-log",
        ["--cluster-metadata-decoder", "--files", ",".join(f"{folder}/{name}" for name in files)],
        timeout,
        keep=keep,
    )
    # Not splitlines(): Kafka leaves U+2028 and its like in a name or a value as they are.
    return output.split("\n")


def parse_replication(output: str) -> dict[int, tuple[int, int, str]]:
    """Return log end offset, lag and role by node id from ``kafka-metadata-quorum describe --replication``.

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
            found[int(row[0])] = (int(cells["LogEndOffset"]), int(cells["Lag"]), cells["Status"])
    return found


def _by_jolokia(client: KubeClient, namespace: str, members: Mapping[int, Member]) -> Quorum:
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
    leader, epoch = _leader({node: (each["leader"], each["epoch"]) for node, each in answers.items()})
    lead = answers.get(leader) if leader is not None else None
    voters: dict[int, int] = {}
    if lead is not None and lead["end"] is not None:
        for node, each in answers.items():
            fresh: dict[str, t.Any] | None = each
            if _lag(lead, each) > 0:
                # A follower that was asked before the leader is behind only because time went by: ask it again.
                fresh = ask(node)
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


def _by_tool(
    client: KubeClient, namespace: str, members: Mapping[int, Member], *, migration: bool, timeout: float
) -> Quorum:
    """Use the voters' own files for the leader, then the tools in its pod."""
    claims = {
        node: (int(state.get("leaderId", -1)), int(state.get("leaderEpoch", -1)))
        for node, member in members.items()
        if (state := member.facts.quorum_state) is not None
    }
    silent = {node: "it has no quorum-state file yet" for node in members if node not in claims}
    leader, epoch = _leader(claims)
    empty = Quorum(None, epoch, -1, {}, "tool", {}, silent=silent)
    if leader is None or leader not in members:
        return empty
    member = members[leader]
    args = ["--bootstrap-controller", f"localhost:{member.port}", "describe", "--replication"]
    facts = member.facts
    output = run_tool(client, namespace, member.pod, member.container, facts, "kafka-metadata-quorum", args, timeout)
    try:
        replicas = parse_replication(output)
    except ValueError as exc:
        raise KraftError(f"kafka-metadata-quorum in pod {namespace}/{member.pod} printed {exc}") from exc
    voters = {node: row for node, row in replicas.items() if row[2] in ("Leader", "Follower")}
    leaders = [node for node, row in voters.items() if row[2] == "Leader"]
    # What a majority has is committed: the middle of the sorted ends, or the one below it.
    ends = sorted((row[0] for row in voters.values()), reverse=True)
    quorum = dataclasses.replace(
        empty,
        leader=leaders[0] if leaders else None,
        high_watermark=ends[len(ends) // 2] if ends else -1,
        voters={node: max(0, row[1]) for node, row in sorted(voters.items())},
    )
    if not migration or quorum.leader not in members:
        return quorum
    log = metadata_log(client, namespace, members, quorum, timeout=timeout)
    # The log is one for all: a controller whose copy holds the committed record is in that state.
    holders = [node for node, row in sorted(voters.items()) if row[0] > log.migration_offset]
    states = dict.fromkeys(holders, log.migration_state) if log.migration_state else {}
    return dataclasses.replace(quorum, migration_states=states, ready=log.controllers)


def _leader(claims: Mapping[int, tuple[int | None, int | None]]) -> tuple[int | None, int]:
    """Return the leader of the highest epoch that anybody knows, and that epoch."""
    epochs = [epoch for _leader_id, epoch in claims.values() if epoch is not None]
    if not epochs:
        return None, -1
    newest = max(epochs)
    names = Counter(each for each, epoch in claims.values() if epoch == newest and each is not None and each >= 0)
    return (names.most_common(1)[0][0] if names else None), newest


def _lag(lead: Mapping[str, t.Any], each: Mapping[str, t.Any]) -> int:
    return max(0, lead["end"] - each["end"]) if each["end"] is not None else 1


def _number(value: t.Any) -> int | None:
    """Return a whole number; Raft metrics are floating point, and "NaN" comes as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value)


def _ids(members: Mapping[int, Member]) -> str:
    return ", ".join(str(each) for each in sorted(members)) or "no controllers"
