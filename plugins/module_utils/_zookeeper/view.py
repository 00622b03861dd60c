# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ZooKeeper knows about one Kafka cluster, read as a whole.

Three rounds of pipelined reads, preceded by a sync: the fixed znodes and the lists; then brokers, topics and settings;
then the partition states. Nothing guarantees that the rounds see one moment: a topic that was deleted in between
simply is not in the result.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import znodes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import (
    BrokerRegistration,
    Controller,
    Migration,
    Partition,
    PartitionState,
    Topic,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.records import Znode
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.states import (
    controller_of,
    read_states,
    unreadable,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.waits import (
    Hybrid,
    InSync,
    wait_hybrid,
    wait_in_sync,
)

__all__ = ["Hybrid", "InSync", "ZkView", "read_states", "read_view", "wait_hybrid", "wait_in_sync"]

_T = t.TypeVar("_T")

_FIXED = ("/cluster/id", "/controller", "/controller_epoch", "/migration", "/admin/reassign_partitions")
_LISTS = ("/brokers/ids", "/brokers/topics", "/config/topics", "/config/brokers", "/admin/delete_topics")


@dataclass(frozen=True)
class ZkView:
    """One cluster as ZooKeeper has it.

    :ivar cluster_id: None when no broker ever started here (wrong chroot).
    :ivar controller: who holds ``/controller``, None while nobody does.
    :ivar controller_epoch: None when ``/controller_epoch`` is missing; a KRaft controller cannot claim without it.
    :ivar migration: None when ``/migration`` is missing or without a value; see the two flags.
    :ivar migration_present: whether the znode exists.
    :ivar migration_null: it exists without a value, which stops every migration (KAFKA-19480).
    :ivar brokers: the running brokers in ZooKeeper mode, by id.
    :ivar states: state of each partition that has one; empty when they were not asked for.
    :ivar topic_configs: dynamic settings by topic; topics without any are left out.
    :ivar broker_configs: dynamic settings by broker id as text, ``<default>`` for the cluster-wide ones. May hold
        secrets: goes through ``redact`` before anything shows it.
    :ivar pending_deletions: topics whose deletion was asked for and is not done.
    :ivar reassigning: partitions (``topic-0``) that a reassignment moves.
    :ivar partial: whether the states were not asked for.
    """

    cluster_id: str | None
    controller: Controller | None
    controller_epoch: int | None
    migration: Migration | None
    migration_null: bool
    migration_present: bool
    brokers: Mapping[int, BrokerRegistration]
    topics: Mapping[str, Topic]
    states: Mapping[Partition, PartitionState] = field(repr=False)
    topic_configs: Mapping[str, Mapping[str, str]] = field(repr=False)
    broker_configs: Mapping[str, Mapping[str, str]] = field(repr=False)
    pending_deletions: tuple[str, ...]
    reassigning: tuple[str, ...]
    partial: bool = False

    @property
    def broker_is_controller(self) -> bool:
        """Whether a broker in ZooKeeper mode is the controller right now."""
        return self.controller is not None and not self.controller.is_kraft and self.controller.ephemeral

    @property
    def under_replicated(self) -> tuple[Partition, ...]:
        """Return the partitions whose ISR misses one of their replicas, or that have no state.

        :raises ValueError: when the states were not asked for, without which each would be one.
        """
        if self.partial:
            raise ValueError("the states of the partitions were not read")
        return tuple(
            (name, number)
            for name, topic in self.topics.items()
            for number, replicas in topic.partitions.items()
            if (state := self.states.get((name, number))) is None or not set(replicas) <= set(state.isr)
        )

    @property
    def assigned_brokers(self) -> frozenset[int]:
        """Return every broker id that some assignment names, running or not."""
        return frozenset(
            broker for topic in self.topics.values() for ids in topic.partitions.values() for broker in ids
        )


def read_view(session: ZkSession, *, partitions: bool = True) -> ZkView:
    """Read the cluster.

    :param partitions: False leaves the partition states out, which are most of the reads on a large cluster.
    :raises KraftError: when a znode holds something that Kafka would not have written; names the path.
    :raises Unreachable: when ZooKeeper stops answering.
    """
    session.sync()
    fixed = session.get_many(_FIXED)
    names = session.children_many(_LISTS)
    paths = [f"{parent}/{name}" for parent in _LISTS[:-1] for name in names[parent]]
    nodes = session.get_many(paths)
    try:
        topics = _below(names, nodes, "/brokers/topics", znodes.parse_topic)
        wanted = [(name, number) for name, topic in topics.items() for number in topic.partitions]
        states = read_states(session, wanted) if partitions else {}
        return replace(_assembled(fixed, names, nodes, topics, states), partial=not partitions)
    except znodes.ZnodeError as exc:
        raise unreadable(session, exc) from exc


def _assembled(
    fixed: Mapping[str, Znode | None],
    names: Mapping[str, list[str]],
    nodes: Mapping[str, Znode | None],
    topics: Mapping[str, Topic],
    states: Mapping[Partition, PartitionState],
) -> ZkView:
    cluster, epoch, migration = fixed["/cluster/id"], fixed["/controller_epoch"], fixed["/migration"]
    legacy = fixed["/admin/reassign_partitions"]
    moving = {znodes.partition_name((topic.name, n)) for topic in topics.values() for n in topic.reassigning}
    return ZkView(
        cluster_id=None if cluster is None else znodes.parse_cluster_id(cluster.data),
        controller=controller_of(fixed["/controller"]),
        controller_epoch=None if epoch is None else znodes.parse_controller_epoch(epoch.data),
        migration=None if migration is None else znodes.parse_migration(migration.data),
        migration_null=migration is not None and znodes.is_null_data(migration.data),
        migration_present=migration is not None,
        brokers=_brokers(names, nodes),
        topics=topics,
        states=states,
        topic_configs=_configs(names, nodes, "/config/topics"),
        broker_configs=_configs(names, nodes, "/config/brokers"),
        pending_deletions=tuple(names["/admin/delete_topics"]),
        reassigning=tuple(sorted({*moving, *znodes.parse_legacy_reassignment(legacy.data if legacy else None)})),
    )


def _brokers(names: Mapping[str, list[str]], nodes: Mapping[str, Znode | None]) -> dict[int, BrokerRegistration]:
    def parse(name: str, data: bytes) -> BrokerRegistration:
        if not name.isdecimal():
            raise znodes.ZnodeError(f"/brokers/ids/{name}", "is not a broker id")
        return znodes.parse_broker(int(name), data)

    found = _below(names, nodes, "/brokers/ids", parse)
    return {broker.id: broker for broker in sorted(found.values(), key=lambda broker: broker.id)}


def _configs(
    names: Mapping[str, list[str]], nodes: Mapping[str, Znode | None], parent: str
) -> dict[str, dict[str, str]]:
    found = _below(names, nodes, parent, lambda name, data: znodes.parse_config(data, f"{parent}/{name}"))
    return {znodes.entity_name(name): settings for name, settings in found.items() if settings}


def _below(
    names: Mapping[str, list[str]],
    nodes: Mapping[str, Znode | None],
    parent: str,
    parse: Callable[[str, bytes], _T],
) -> dict[str, _T]:
    """Parse the znodes below a parent; those that went between listing and reading are left out."""
    found = ((name, nodes[f"{parent}/{name}"]) for name in names[parent])
    return {name: parse(name, node.data) for name, node in found if node is not None}
