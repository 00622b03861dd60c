# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the KRaft quorum stands, by whatever the controllers' pods offer.

With a Jolokia agent one request per controller answers everything in some milliseconds. Without one, the leader is asked in
Kafka's own protocol through the forwarded port, which takes no longer. Where that cannot be (the controllers' listener speaks
TLS or SASL, the account may not forward ports), the voters' own ``quorum-state`` files name the leader (they are part of
:func:`pod_facts`, no JVM), and two tools fill in the rest, each a JVM start in the leader's pod: ``kafka-metadata-quorum`` for
offsets and lags, ``kafka-dump-log`` for the migration state. :attr:`Quorum.source` says which way it was.
"""

from __future__ import annotations

import dataclasses
import functools
import threading
import time
import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import metadata_records
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.metadata_records import (
    MIGRATION_STATES,
    MetadataLog,
    Registration,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import wire
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.jolokia import Jolokia
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum_tool import by_tool
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum_view import (
    PLAINTEXT,
    STEPS_DOWN,
    Member,
    Quorum,
    claims,
    fetch_timeout_ms,
    leader_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.tools import run_tool
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import exec as pod_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, NotFound, Unreachable

__all__ = ["Member", "Quorum", "broker_registrations", "dump_metadata", "metadata_log", "quorum_status"]

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


def quorum_status(
    client: KubeClient,
    namespace: str,
    members: Mapping[int, Member],
    *,
    migration: bool = True,
    alone: bool = False,
    timeout: float = 60.0,
) -> Quorum:
    """Ask the controllers.

    By Jolokia when every controller has an agent that the pod proxy reaches, else in Kafka's protocol, else by tools.

    :param members: controller's node id to its pod.
    :param migration: False spares the reading of the metadata log without Jolokia; ``migration_states`` is empty then.
    :param alone: the followers were stopped on purpose: what a leader says whom nobody follows counts, too, and no tool is started,
        since such a leader steps down before a JVM has started.
    :param timeout: seconds for one tool.
    :raises KraftError: when a tool fails. Controllers that do not answer are no error: they are in ``silent``.
    """
    if members and all(member.facts.jolokia_port for member in members.values()):
        return _by_jolokia(client, namespace, members)
    found, ends = _by_protocol(client, namespace, members, alone=alone)
    if found.why and not alone:
        found, ends = by_tool(client, namespace, members, why=found.why, timeout=timeout)
    if not migration or found.leader not in members:
        return found
    log = metadata_log(client, namespace, members, found, timeout=timeout)
    # The log is one for all: a controller whose copy holds the committed record is in that state.
    holders = [node for node, end in sorted(ends.items()) if end > log.migration_offset]
    states = dict.fromkeys(holders, log.migration_state) if log.migration_state else {}
    return dataclasses.replace(found, migration_states=states, ready=log.controllers)


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
            f"the KRaft quorum in namespace {namespace} has no leader among {', '.join(map(str, sorted(members))) or 'no controllers'}: "
            "nothing in its log is sure"
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


def _by_protocol(
    client: KubeClient, namespace: str, members: Mapping[int, Member], *, alone: bool
) -> tuple[Quorum, Mapping[int, int]]:
    """Ask the leader; return the quorum, and where each voter's log ends. ``why`` is set where another way has to be taken."""
    patience = fetch_timeout_ms(members)
    empty = Quorum(None, -1, -1, {}, "protocol", {}, fetch_timeout_ms=patience)
    asked, why = {}, ""
    for node, member in members.items():
        try:
            asked[node] = (member.pod, member.port)
            if member.security != PLAINTEXT:
                why = f"the controllers' listener in pod {member.pod} speaks {member.security}"
        except NotFound as error:
            why = error.message
    if why or not asked:
        return dataclasses.replace(empty, why=why), {}
    claimed, _epoch = leader_of(claims(members))
    said = wire.ask_controllers(client, namespace, asked, first=claimed)
    if said.described is None:
        # a follower that answers shows that the way is open: there is no leader, or it cannot be reached
        why = "" if said.followers else "; ".join(said.silent.values())
        return dataclasses.replace(empty, silent=said.silent, why=why), {}
    found = said.described
    silent = dict(said.silent)
    now = max((each.caught_up_ms for each in found.voters if each.node == found.leader), default=-1)
    known = [each for each in found.voters if each.end >= 0]
    end = max((each.end for each in known if each.node == found.leader), default=-1)
    follow = [
        each
        for each in found.voters
        if each.node == found.leader or 0 <= now - each.fetched_ms <= patience * STEPS_DOWN
    ]
    followed = alone or len(follow) * 2 > len(found.voters)
    if not followed:
        silent[found.leader] = f"controller {found.leader} says that it leads, but no majority of the voters follows it"
    return dataclasses.replace(
        empty,
        leader=found.leader if followed else None,
        epoch=found.epoch,
        high_watermark=found.high_watermark if followed else -1,
        voters={each.node: max(0, end - each.end) for each in sorted(known, key=lambda each: each.node)}
        if followed
        else {},
        behind_ms={each.node: max(0, now - each.caught_up_ms) for each in known if each.caught_up_ms > 0 and now > 0},
        silent=silent,
    ), {each.node: each.end for each in known}


def _lag(lead: Mapping[str, t.Any], each: Mapping[str, t.Any]) -> int:
    return max(0, lead["end"] - each["end"]) if each["end"] is not None else 1


def _number(value: t.Any) -> int | None:
    """Return a whole number; Raft metrics are floating point, and "NaN" comes as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value)
