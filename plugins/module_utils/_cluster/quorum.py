# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quorum of a cluster's controllers, from the cheapest source that its pods have.

Private to the collection.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.metadata_records import Registration
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import (
    Member,
    Quorum,
    broker_registrations,
    metadata_log,
    quorum_status,
)

#: seconds; a JVM start on a busy node
TOOL_TIMEOUT = 180.0


def members(cluster: Cluster) -> dict[int, Member]:
    """The controllers that run, by node id."""
    container, running = cluster.controller_container, known(cluster.controller_facts)
    return {number: Member(pod, container, running[pod]) for number, pod in cluster.controller_ids.items()}


def read_quorum(cluster: Cluster, *, migration: bool = False) -> Quorum:
    """Read leader, voters and lags; with ``migration`` also each controller's ZkMigrationState. Raises KraftError.

    Only the leader knows all of it: where there are several regions, the one is asked whose controllers have it.
    """
    found = quorum_status(cluster.client, cluster.namespace, members(cluster), migration=migration)
    for other in cluster.others if found.leader not in cluster.controller_ids else ():
        if other.has_controllers:
            there = quorum_status(other.client, other.namespace, members(other), migration=migration)
            if there.leader in other.controller_ids:
                return there
    return found


def seat(cluster: Cluster, quorum: Quorum) -> Cluster:
    """The region in which the leader is; this one where that is not known."""
    return next((each for each in (cluster, *cluster.others) if quorum.leader in each.controller_ids), cluster)


def caught_up(quorum: Quorum) -> set[int]:
    """The voters that follow: they had everything that the leader had less than a fetch timeout ago.

    As Strimzi does (KafkaQuorumCheck). How many records they lack at one look says nothing: on a busy cluster it is never few.
    Where nobody knows the time, the lag at a second look counts: what the leader had at the first one they have to have.
    """
    return {
        voter
        for voter, lag in quorum.voters.items()
        if (quorum.behind_ms[voter] < quorum.fetch_timeout_ms if voter in quorum.behind_ms else lag == 0)
    }


def all_voters(cluster: Cluster, quorum: Quorum) -> list[int]:
    """Every voter, those included that do not answer: the quorum names only the voters that were heard of.

    Source: controller.quorum.voters (``id@host:port,...``) of the controllers that run.
    """
    found = set(quorum.voters)
    return sorted(found | named_voters(cluster))


def possible_leaders(cluster: Cluster) -> list[int]:
    """Who may hold /controller for the quorum: one that is just being restarted may be the next to lead."""
    return sorted(named_voters(cluster) | set(cluster.controller_ids))


def named_voters(cluster: Cluster) -> set[int]:
    """The voters that the settings of the running controllers name, those included that do not run now."""
    found = set()
    for facts in known(cluster.controller_facts).values():
        for entry in facts.settings.get("controller.quorum.voters", "").split(","):
            number = entry.strip().partition("@")[0]
            if number.isdigit():
                found.add(int(number))
    return found


def registrations(cluster: Cluster, quorum: Quorum) -> dict[int, Registration]:
    """The brokers that the quorum knows, from the committed part of the metadata log."""
    at = seat(cluster, quorum)
    return broker_registrations(at.client, at.namespace, members(at), quorum, timeout=TOOL_TIMEOUT)


def registered_controllers(cluster: Cluster, quorum: Quorum) -> dict[int, bool]:
    """Controller to whether it is registered as ready for the migration, from the metadata log."""
    if quorum.ready:
        return dict(quorum.ready)
    at = seat(cluster, quorum)
    log = metadata_log(at.client, at.namespace, members(at), quorum, timeout=TOOL_TIMEOUT)
    return dict(log.controllers)
