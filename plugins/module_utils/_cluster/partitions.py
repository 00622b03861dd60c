# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leaders and in-sync replicas of every partition, read freshly from whoever keeps them: ZooKeeper, or the quorum's committed log.

Private to the collection. What could not be read is a value. While brokers use ZooKeeper its znodes count, which a KRaft controller
writes as well until the end of a migration. The log is read from its leader, in Kafka's own protocol where that can be (some 30 ms), else by a tool
(a JVM start).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster, Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import (
    TOOL_TIMEOUT,
    members,
    read_quorum,
    seat,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rolling, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import DEFAULT
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import VOTERS
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown, known
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rolling import Partition, Replicas
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.image import quorum_topics
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import Member, Quorum, quorum_status
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError

CONTROLLER = "controller"


@dataclass(frozen=True)
class Seen:
    """The quorum at one moment, and whom it was asked of.

    :ivar members: controller's node id to its pod.
    :ivar voters: every voter, those included that do not answer.
    """

    cluster: Cluster
    members: Mapping[int, Member]
    quorum: Quorum
    voters: tuple[int, ...]


def uses_zookeeper(cluster: Cluster) -> bool:
    """Whether a broker uses ZooKeeper; where no broker could be read, whether anybody names one."""
    modes = {mode for mode in cluster.modes.values() if mode != state.MODE_UNKNOWN}
    return bool(modes - {state.MODE_KRAFT}) if modes else cluster.zookeeper_connect is not None


def quorum_members(cluster: Cluster) -> dict[int, Member]:
    """The controllers that run, by node id: those in pods of their own, and brokers that are controllers as well."""
    found = members(cluster)
    for pod, facts in known(cluster.facts).items():
        if CONTROLLER in facts.roles and facts.node_id is not None:
            found.setdefault(facts.node_id, Member(pod, cluster.container, facts))
    return found


def see_quorum(cluster: Cluster) -> Seen | None:
    """Read the quorum; None where no controller is to be found. Raises KraftError."""
    own = quorum_members(cluster)
    if not own and not cluster.controllers_wanted:
        return None
    if set(own) - set(cluster.controller_ids):
        found, at = quorum_status(cluster.client, cluster.namespace, own, migration=False), cluster
    else:
        found = read_quorum(cluster)
        at = seat(cluster, found)
    running = quorum_members(at)
    return Seen(at, running, found, tuple(sorted({*found.voters, *_named(running)})))


def _named(running: Mapping[int, Member]) -> set[int]:
    """The voters that the controllers' settings name; none where the quorum keeps them itself (KIP-853)."""
    entries = (each for member in running.values() for each in member.facts.settings.get(VOTERS, "").split(","))
    return {int(number) for number in (each.strip().partition("@")[0] for each in entries) if number.isdecimal()}


def read(cluster: Cluster, *, zookeeper: bool) -> Reading[dict[Partition, Replicas]]:
    """Read every partition; one without any state has no leader and no ISR. Raises Forbidden.

    :param zookeeper: what ``uses_zookeeper`` said: it asks the processes, which need not be asked at every look.
    """
    try:
        return _of_zookeeper(cluster) if zookeeper else _of_quorum(cluster)
    except Forbidden:
        raise
    except KraftError as error:
        return Unknown(error.message)


def _of_zookeeper(cluster: Cluster) -> dict[Partition, Replicas]:
    cluster.changed(Part.ZOOKEEPER)
    view = cluster.read_partitions()
    defaults = (view.broker_configs.get(DEFAULT, {}), cluster.effective)
    found = {}
    for name, topic in view.topics.items():
        minimum = rolling.min_isr_of(name, view.topic_configs, *defaults)
        for number, replicas in topic.partitions.items():
            now = view.states.get((name, number))
            found[name, number] = (
                Replicas((), tuple(replicas), minimum, leader=-1)
                if now is None
                else Replicas(tuple(now.isr), tuple(replicas), minimum, leader=now.leader, epoch=now.version)
            )
    return found


def _of_quorum(cluster: Cluster) -> dict[Partition, Replicas]:
    seen = see_quorum(cluster)
    if seen is None:
        raise KraftError(f"no controller of {cluster.namespace}/{cluster.name} is known whose quorum could be asked")
    if seen.quorum.leader is None:
        raise KraftError(seen.quorum.leaderless)
    at = seen.cluster
    image = quorum_topics(at.client, at.namespace, seen.members, seen.quorum, timeout=TOOL_TIMEOUT)
    if image.problems:
        raise KraftError(f"the metadata log cannot be trusted: {image.problems[0]}")
    defaults = (image.broker_configs.get(DEFAULT, {}), cluster.effective)
    found = {}
    for name, topic in image.topics.items():
        minimum = rolling.min_isr_of(name, image.topic_configs, *defaults)
        for number, now in topic.partitions.items():
            epoch = -1 if now.epoch is None else now.epoch
            found[name, number] = Replicas(
                tuple(sorted(now.isr)), now.replicas, minimum, leader=now.leader, epoch=epoch
            )
    return found
