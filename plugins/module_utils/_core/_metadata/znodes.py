# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parsers for what Kafka writes into ZooKeeper, version by version.

The shapes are those of ``kafka/zk/ZkData.scala`` (3.6 to 3.9) and of its readers, which also accept what older brokers
left behind: a topic of Kafka 2.7 has no id, a broker of Kafka 0.8 has no endpoints. Nothing here reads anything: the
callers hand in the bytes of a znode and get a small frozen object, or a :class:`ZnodeError` that names the path.
"""

from __future__ import annotations

import json
import typing as t
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field

NO_KRAFT_EPOCH = -1
"""``kraftControllerEpoch`` of a ``/controller`` that a ZooKeeper-mode broker wrote."""

Partition = tuple[str, int]
"""Topic name and partition number."""


class ZnodeError(ValueError):
    """A znode does not hold what Kafka would have written.

    :ivar path: the znode, below the chroot.
    :ivar why: what is wrong with it, without a capital or a full stop.
    """

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"znode {path}: {why}")
        self.path = path
        self.why = why


@dataclass(frozen=True)
class Controller:
    """Who holds ``/controller``.

    :ivar broker_id: node id of the holder: a broker, or a KRaft controller once it claimed the znode.
    :ivar kraft_epoch: leader epoch of the KRaft quorum that claimed it; -1 when a ZooKeeper-mode broker holds it.
    :ivar ephemeral: a broker's znode goes with its session; that of a KRaft controller stays (``KafkaZkClient.scala``).
    """

    broker_id: int
    kraft_epoch: int
    ephemeral: bool

    @property
    def is_kraft(self) -> bool:
        """Whether a KRaft controller holds it.

        The epoch decides. Software before Kafka 3.4 writes no epoch at all, but always an ephemeral znode.
        """
        return self.kraft_epoch > NO_KRAFT_EPOCH and not self.ephemeral


@dataclass(frozen=True)
class Migration:
    """``/migration`` (``ZkMigrationLeadershipState``): how far the KRaft controllers have written.

    :ivar controller_id: KRaft controller that wrote last; -1 before the first claim.
    :ivar controller_epoch: its leader epoch; -1 before the first claim.
    :ivar offset: offset in the metadata log up to which ZooKeeper has everything; -1 before the first copy.
    :ivar epoch: leader epoch at that offset.
    """

    controller_id: int
    controller_epoch: int
    offset: int
    epoch: int

    @property
    def copy_done(self) -> bool:
        """Whether Kafka takes the first copy as done: exactly its own test (``initialZkMigrationComplete``)."""
        return self.offset > 0


@dataclass(frozen=True)
class BrokerRegistration:
    """``/brokers/ids/<id>``: a running broker in ZooKeeper mode.

    :ivar host: host of the first PLAINTEXT endpoint, or None when the broker has none.
    :ivar port: its port, or -1.
    :ivar endpoints: as ``LISTENER://host:port``.
    :ivar timestamp_ms: when the broker registered, by its own clock, in milliseconds; -1 when unknown.
    """

    id: int
    host: str | None
    port: int
    endpoints: tuple[str, ...]
    rack: str | None
    timestamp_ms: int = -1


@dataclass(frozen=True)
class Topic:
    """``/brokers/topics/<name>``.

    :ivar id: topic id, or None where a broker before 2.8 made the topic and no controller has added one since.
    :ivar partitions: partition to its replicas, the preferred leader first.
    :ivar adding: replicas that a running reassignment adds, by partition; empty lists are left out.
    :ivar removing: the same for those it removes.
    """

    name: str
    id: str | None
    partitions: Mapping[int, tuple[int, ...]] = field(hash=False)
    adding: Mapping[int, tuple[int, ...]] = field(hash=False)
    removing: Mapping[int, tuple[int, ...]] = field(hash=False)

    @property
    def reassigning(self) -> tuple[int, ...]:
        """Return the partitions that a reassignment is moving."""
        return tuple(sorted({*self.adding, *self.removing}))


@dataclass(frozen=True)
class PartitionState:
    """``/brokers/topics/<topic>/partitions/<n>/state``.

    :ivar leader: broker id, or -1 when the partition has none.
    :ivar controller_epoch: epoch of the controller that wrote it; a KRaft controller stamps its own epoch here
        (KAFKA-20488), which may be above ``/controller_epoch``.
    :ivar version: version of the znode (Kafka's partition epoch while in ZooKeeper mode).
    :ivar mtime_ms: when it was written, by ZooKeeper's clock, in milliseconds.
    """

    leader: int
    leader_epoch: int
    controller_epoch: int
    isr: tuple[int, ...]
    version: int
    mtime_ms: int


def is_null_data(data: bytes | None) -> bool:
    """Say whether a znode exists without a value.

    A ``/migration`` like that stops the migration driver for good (KAFKA-19480): it can decode neither null nor empty
    data nor a JSON null.
    """
    return not data or data.strip() in (b"", b"null")


def parse_cluster_id(data: bytes, path: str = "/cluster/id") -> str:
    """Return the cluster id (22 characters).

    :raises ZnodeError: when the znode is not Kafka's.
    """
    value = object_of(path, data).get("id")
    if not isinstance(value, str) or not value:
        raise ZnodeError(path, "contains no cluster id")
    return value


def parse_controller(data: bytes, *, ephemeral: bool, path: str = "/controller") -> Controller:
    """Return who holds ``/controller``.

    :param ephemeral: whether the znode belongs to a session (``ephemeralOwner`` is not 0).
    :raises ZnodeError: when the znode is not Kafka's.
    """
    node = object_of(path, data)
    return Controller(
        broker_id=int_of(path, node, "brokerid"),
        kraft_epoch=int_of(path, node, "kraftControllerEpoch", default=NO_KRAFT_EPOCH),
        ephemeral=ephemeral,
    )


def parse_controller_epoch(data: bytes, path: str = "/controller_epoch") -> int:
    """Return the decimal number in ``/controller_epoch``.

    :raises ZnodeError: when it is no number.
    """
    try:
        return int(data)
    except ValueError:
        raise ZnodeError(path, "contains no number") from None


def parse_migration(data: bytes | None, path: str = "/migration") -> Migration | None:
    """Return what ``/migration`` says, or None for a znode without a value (see :func:`is_null_data`).

    :raises ZnodeError: when there is a value, but not Kafka's.
    """
    if data is None or is_null_data(data):
        return None
    node = object_of(path, data)
    return Migration(
        controller_id=int_of(path, node, "kraft_controller_id"),
        controller_epoch=int_of(path, node, "kraft_controller_epoch"),
        offset=int_of(path, node, "kraft_metadata_offset"),
        epoch=int_of(path, node, "kraft_metadata_epoch"),
    )


def parse_broker(broker_id: int, data: bytes) -> BrokerRegistration:
    """Return a registration of any version (1 to 5).

    :raises ZnodeError: when the znode is not Kafka's.
    """
    path = f"/brokers/ids/{broker_id}"
    node = object_of(path, data)
    host = node.get("host")
    port = int_of(path, node, "port", default=-1)
    endpoints = tuple(str(item) for item in node.get("endpoints") or ())
    rack = node.get("rack")
    return BrokerRegistration(
        id=broker_id,
        host=str(host) if host else None,
        port=port,
        # Version 1 (Kafka 0.8) knows one plain listener only and does not spell it out.
        endpoints=endpoints or ((f"PLAINTEXT://{host}:{port}",) if host else ()),
        rack=str(rack) if rack is not None else None,
        timestamp_ms=int_of(path, node, "timestamp", default=-1),
    )


def parse_topic(name: str, data: bytes) -> Topic:
    """Return an assignment of any version (1 to 3).

    :raises ZnodeError: when the znode is not Kafka's.
    """
    path = f"/brokers/topics/{name}"
    node = object_of(path, data)
    topic_id = node.get("topic_id")
    return Topic(
        name=name,
        id=str(topic_id) if topic_id else None,
        partitions=_replicas(path, node, "partitions"),
        adding=_moved(path, node, "adding_replicas"),
        removing=_moved(path, node, "removing_replicas"),
    )


def parse_partition_state(partition: Partition, data: bytes, *, version: int, mtime_ms: int) -> PartitionState:
    """Return the state of one partition.

    :param version: version of the znode.
    :param mtime_ms: time of its last change in milliseconds, by ZooKeeper's clock.
    :raises ZnodeError: when the znode is not Kafka's.
    """
    path = state_path(partition)
    node = object_of(path, data)
    return PartitionState(
        leader=int_of(path, node, "leader"),
        leader_epoch=int_of(path, node, "leader_epoch"),
        controller_epoch=int_of(path, node, "controller_epoch"),
        isr=_ids(path, node.get("isr"), "isr"),
        version=version,
        mtime_ms=mtime_ms,
    )


def parse_config(data: bytes, path: str) -> dict[str, str]:
    """Return the dynamic settings of one entity, ``{}`` for a znode without any.

    :raises ZnodeError: when the znode is not Kafka's.
    """
    if is_null_data(data):
        return {}
    config = object_of(path, data).get("config")
    if not isinstance(config, dict):
        raise ZnodeError(path, "contains no settings")
    return {str(key): "" if value is None else str(value) for key, value in config.items()}


def parse_legacy_reassignment(data: bytes | None, path: str = "/admin/reassign_partitions") -> tuple[str, ...]:
    """Return the partitions (``topic-0``) of a reassignment of the old kind (before KIP-455).

    :raises ZnodeError: when the znode is not Kafka's.
    """
    if data is None or is_null_data(data):
        return ()
    entries = object_of(path, data).get("partitions") or ()
    try:
        return tuple(sorted({partition_name((str(entry["topic"]), int(entry["partition"]))) for entry in entries}))
    except (KeyError, TypeError, ValueError):
        raise ZnodeError(path, "contains no list of partitions") from None


def entity_name(znode: str) -> str:
    """Return the name of a user, client or address from the name of its znode.

    Kafka writes it URL-encoded (``Sanitizer``); ``<default>`` is not.
    """
    return urllib.parse.unquote(znode)


def state_path(partition: Partition) -> str:
    """Return the path of the state of a partition, below the chroot."""
    topic, number = partition
    return f"/brokers/topics/{topic}/partitions/{number}/state"


def partition_name(partition: Partition) -> str:
    """Return ``topic-0``, as Kafka's own tools and log lines write it."""
    topic, number = partition
    return f"{topic}-{number}"


def object_of(path: str, data: bytes) -> dict[str, t.Any]:
    """Return the JSON object in a znode. Raises ZnodeError."""
    try:
        node = json.loads(data)
    except ValueError:
        raise ZnodeError(path, "is empty" if is_null_data(data) else "is not JSON") from None
    if not isinstance(node, dict):
        raise ZnodeError(path, "is not a JSON object")
    return node


def int_of(path: str, node: Mapping[str, t.Any], key: str, default: int | None = None) -> int:
    """Return a number. Kafka writes some of them as text ("timestamp"). Raises ZnodeError."""
    value = node.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ZnodeError(path, f"has no number in {key!r}")
    try:
        return int(value)
    except ValueError:
        raise ZnodeError(path, f"has no number in {key!r}") from None


def _ids(path: str, value: t.Any, key: str) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(isinstance(item, int) for item in value):
        raise ZnodeError(path, f"has no list of broker ids in {key!r}")
    return tuple(value)


def _replicas(path: str, node: Mapping[str, t.Any], key: str) -> dict[int, tuple[int, ...]]:
    value = node.get(key)
    if not isinstance(value, dict):
        raise ZnodeError(path, f"has no map of partitions in {key!r}")
    try:
        return {int(number): _ids(path, value[number], key) for number in sorted(value, key=int)}
    except ValueError as exc:
        if isinstance(exc, ZnodeError):
            raise
        raise ZnodeError(path, f"has a partition that is not a number in {key!r}") from None


def _moved(path: str, node: Mapping[str, t.Any], key: str) -> dict[int, tuple[int, ...]]:
    if not node.get(key):
        return {}
    return {number: ids for number, ids in _replicas(path, node, key).items() if ids}
