# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a cluster runs as it should: every pod Ready, every process read, one cluster id, node ids that differ, somebody who is controller.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import partitions
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import caught_up
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.cluster_check import NOT_SERVED
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown, known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations.waiting import until
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError

#: seconds that a cluster gets to settle: a pod that was just restarted, an election
SETTLES = 60.0


@dataclass
class Serving:
    """What was found.

    :ivar controller: id of the broker that is controller, where brokers use ZooKeeper and one of them is.
    :ivar leader: node id of the quorum's leader, None where there is no quorum.
    :ivar voters: all of its voters.
    """

    zookeeper: bool = False
    cluster_id: str | None = None
    brokers: list[int] = field(default_factory=list)
    controller: int | None = None
    leader: int | None = None
    voters: list[int] = field(default_factory=list)

    @property
    def text(self) -> str:
        """For a person."""
        known_id = f"cluster id {self.cluster_id or 'not known'}"
        parts = [f"brokers {', '.join(map(str, self.brokers))} are Ready", known_id]
        if self.zookeeper:
            parts.append(f"controller in ZooKeeper: {self.controller}")
        if self.leader is not None:
            parts.append(f"quorum leader {self.leader}, all of {', '.join(map(str, self.voters))} caught up")
        return "; ".join(parts)


def require(cluster: Cluster, progress: Callable[[str], None]) -> Serving:
    """Wait a little until the cluster runs as it should. Raises DeadlineExceeded (check-not-served) with what is wrong."""
    seen: list[Serving] = []

    def look() -> str:
        cluster.changed()
        found = Serving()
        seen.append(found)
        return next(_wrong(cluster, found), "")

    until(look, min(SETTLES, cluster.params["wait_timeout"]), progress, NOT_SERVED)
    return seen[-1]


def _wrong(cluster: Cluster, found: Serving) -> Iterator[str]:
    """Say what is wrong, in the order in which a person would repair it; what is found goes into ``found``."""
    cluster.read_processes()
    yield from _not_running("broker", cluster.pods, cluster.facts)
    yield from _not_running("controller", cluster.controller_pods, cluster.controller_facts)
    if len(cluster.controller_facts) < cluster.controllers_wanted:
        yield f"{len(cluster.controller_facts)} of {cluster.controllers_wanted} controllers exist"
    yield from _identities(cluster, found)
    found.zookeeper = partitions.uses_zookeeper(cluster)
    try:
        if found.zookeeper:
            yield from _holder(cluster, found)
        yield from _quorum(cluster, found)
    except Forbidden:
        raise
    except KraftError as error:
        yield error.message


def _not_running(
    what: str, pods: Mapping[str, Mapping[str, Any]], facts: Mapping[str, Reading[ProcessFacts]]
) -> Iterator[str]:
    for pod, found in facts.items():
        if isinstance(found, Unknown):
            yield f"{what} pod {pod} could not be read: {found.why}"
        elif pod not in pods or not is_ready(pods[pod]):
            yield f"{what} pod {pod} is not Ready"
    if what == "broker" and not facts:
        yield "there are no brokers"


def _identities(cluster: Cluster, found: Serving) -> Iterator[str]:
    running = {**known(cluster.facts), **known(cluster.controller_facts)}
    node_of: dict[int, str] = {}
    for pod, facts in running.items():
        if facts.node_id is None:
            yield f"pod {pod} has no node id"
        elif facts.node_id in node_of:
            yield f"pods {node_of[facts.node_id]} and {pod} both run node {facts.node_id}"
        else:
            node_of[facts.node_id] = pod
    ids: dict[str, str] = {}
    for pod, facts in running.items():
        for meta in facts.meta:
            if meta.cluster_id:
                ids.setdefault(meta.cluster_id, pod)
    if len(ids) > 1:
        yield "the nodes are of several clusters: " + ", ".join(f"{each} (pod {pod})" for each, pod in ids.items())
    found.cluster_id = next(iter(ids), None)
    found.brokers = sorted(number for number, pod in node_of.items() if pod in cluster.facts)


def _holder(cluster: Cluster, found: Serving) -> Iterator[str]:
    holder = cluster.view.controller
    if holder is None:
        yield "nobody holds /controller in ZooKeeper: the cluster has no active controller"
    else:
        found.controller = holder.broker_id
        absent = sorted(set(found.brokers) - set(cluster.view.brokers) - _in_kraft(cluster))
        yield from (f"broker {each} is not registered in ZooKeeper" for each in absent)


def _in_kraft(cluster: Cluster) -> set[int]:
    """Brokers in KRaft mode are registered with the quorum, in the middle of a migration as well."""
    return {facts.node_id for facts in known(cluster.facts).values() if facts.roles and facts.node_id is not None}


def _quorum(cluster: Cluster, found: Serving) -> Iterator[str]:
    seen = partitions.see_quorum(cluster)
    if seen is None:
        if not found.zookeeper:
            yield f"no controller of {cluster.namespace}/{cluster.name} is known, and its brokers run in KRaft mode"
    elif seen.quorum.leader is None:
        yield seen.quorum.leaderless
    else:
        found.leader, found.voters = seen.quorum.leader, list(seen.voters)
        behind = sorted(set(seen.voters) - caught_up(seen.quorum))
        yield from (f"controller {each} has not caught up with leader {found.leader}" for each in behind)
