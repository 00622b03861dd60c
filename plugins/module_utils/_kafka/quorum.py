# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the KRaft quorum stands, by whatever the controllers' pods offer.

The leader is asked in Kafka's own protocol, through the forwarded port of its pod: some 30 ms, no JVM. It logs in and is trusted as the
controllers do among each other. Where that cannot be (a store or a login that only Java can use, an account that may not forward ports),
one request to the Jolokia agent of each controller answers everything. Without agents, the voters' own ``quorum-state`` files name the
leader (they are part of :func:`pod_facts`), and two tools fill in the rest, each a JVM start in its pod: ``kafka-metadata-quorum`` for
offsets and times, ``kafka-dump-log`` for the migration state. :attr:`Quorum.source` says which way it was.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import metadata_records
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.metadata_records import (
    MetadataLog,
    Registration,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.quorum_messages import Denied
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import leader_search, wire
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum_jolokia import by_jolokia
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum_security import Keys
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum_tool import by_tool
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum_view import (
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

    In Kafka's protocol; where that cannot be, by Jolokia when every controller has an agent that the pod proxy reaches, else by tools.

    :param members: controller's node id to its pod.
    :param migration: False spares the reading of the metadata log, where it is needed; ``migration_states`` is empty then.
    :param alone: the followers were stopped on purpose: what a leader says whom nobody follows counts, too, and no tool is started,
        since such a leader steps down before a JVM has started.
    :param timeout: seconds for one tool.
    :raises Unreachable: with ``alone``, when a tool would have to be started.
    :raises KraftError: when a tool fails. Controllers that do not answer are no error: they are in ``silent``.
    """
    found, ends = _by_protocol(client, namespace, members, alone=alone)
    if found.why and members and all(member.facts.jolokia_port for member in members.values()):
        return dataclasses.replace(by_jolokia(client, namespace, members), why=found.why, code=found.code)
    if found.why and alone:
        raise Unreachable(
            f"{found.why}; Kafka's tools are too slow here, since a leader without followers soon steps down",
            code=found.code,
        )
    if found.why:
        code = found.code
        found, ends = by_tool(client, namespace, members, why=found.why, timeout=timeout)
        found = dataclasses.replace(found, code=code)
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

    No metric has this per broker, so it is read in the metadata log (:func:`metadata_log`).
    """
    return dict(metadata_log(client, namespace, members, quorum, timeout=timeout).brokers)


def metadata_log(
    client: KubeClient, namespace: str, members: Mapping[int, Member], quorum: Quorum, *, timeout: float = 60.0
) -> MetadataLog:
    """Add up what the committed part of the leader's metadata log says about the quorum and the migration.

    In Kafka's protocol, as an observer reads it; by kafka-dump-log where that cannot be, and ``why`` says it then.

    :param timeout: seconds for the tool.
    :raises Unreachable: when there is no leader or its high watermark is unknown (:func:`dump_metadata`).
    """
    why = quorum.why
    leader = quorum.leader
    member = members.get(leader) if leader is not None else None
    if leader is not None and member is not None and quorum.high_watermark >= 0 and not why:
        try:
            security = Keys(client, namespace, members).of(leader)
            with wire.conversation(
                client, namespace, member.pod, member.port, security=security, timeout=wire.LOG_TIMEOUT
            ) as talk:
                return metadata_records.parse_records(talk.metadata_log(quorum.epoch, quorum.high_watermark))
        except KraftError as error:
            why = error.message
        except Denied as error:
            why = f"controller {member.pod} refuses to hand out its log: {error}"
    keep = metadata_records.KEEP
    lines = dump_metadata(client, namespace, members, quorum, keep=keep, timeout=timeout)
    found = metadata_records.parse_dump(lines, high_watermark=quorum.high_watermark)
    return dataclasses.replace(found, why=why)


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
            "nothing in its log is certain"
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
        except NotFound as error:
            why = error.message
    if why or not asked:
        return dataclasses.replace(empty, why=why), {}
    claimed, _epoch = leader_of(claims(members))
    said = leader_search.ask_controllers(
        client, namespace, asked, secure=Keys(client, namespace, members), first=claimed
    )
    if said.described is None:
        # a follower that answers shows that the way is open: there is no leader, or it cannot be reached; but one that does not let us in,
        # or is not who it should be, may lead
        why = "" if said.followers and not said.codes else "; ".join(said.silent.values())
        code = next(iter(said.codes.values()), "")
        return dataclasses.replace(empty, silent=said.silent, why=why, code=code), {}
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
        silent[found.leader] = f"controller {found.leader} claims to lead, but no majority of the voters follows it"
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
