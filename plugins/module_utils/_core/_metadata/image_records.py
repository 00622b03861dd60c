# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The :class:`Image` that the KRaft metadata log adds up to.

Replays what ``kafka-dump-log.sh --cluster-metadata-decoder`` prints, as Kafka's own image does (``TopicsDelta``,
``ConfigurationsDelta``, ``ClientQuotasDelta``, ``ProducerIdsDelta``, ``PartitionRegistration``). Which records count
is :func:`metadata_records.replay`'s business.

The tool leaves tagged fields out when they have their default, and the defaults of a ``PartitionChangeRecord`` say
"unchanged": no ISR, no replicas, leader -2, recovery state -1.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import (
    DEFAULT,
    Entity,
    Image,
    PartitionImage,
    ProducerIds,
    TopicImage,
    make_entity,
    without_passwords,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.metadata_records import (
    TRANSACTIONS,
    keep_pattern,
    replay,
)

Data = Mapping[str, t.Any]

_TOPIC, _BROKER = 2, 4  # ConfigResource.Type; others (client metrics, groups) exist in KRaft only
_UNCHANGED_LEADER = -2
_UNCHANGED_RECOVERY = -1


def parse_image(lines: Iterable[str], *, high_watermark: int | None, cluster_id: str | None = None) -> Image:
    """Return the image that a dump of the newest checkpoint and the log behind it adds up to.

    :param lines: with the offsets (no ``--skip-record-metadata``); the checkpoint first, then the segments by offset.
    :param high_watermark: first offset that is not committed; None takes every record, which is right only where
        nothing is being written.
    :param cluster_id: from elsewhere, since the log does not have it.
    """
    state = _Replay()
    problems = replay(lines, high_watermark=high_watermark, apply=state.apply)
    return state.image(cluster_id, problems)


@dataclass
class _Topic:
    name: str
    partitions: dict[int, PartitionImage] = field(default_factory=dict)


@dataclass
class _Replay:
    topics: dict[str, _Topic] = field(default_factory=dict)
    configs: dict[tuple[int, str], dict[str, str]] = field(default_factory=dict)
    quotas: dict[Entity, dict[str, float]] = field(default_factory=dict)
    next_producer_id: int | None = None

    def apply(self, kind: str, data: Data, _offset: int) -> str | None:
        handler = _HANDLERS.get(kind)
        return None if handler is None else handler(self, data)

    def image(self, cluster_id: str | None, problems: tuple[str, ...]) -> Image:
        topics = {topic.name: TopicImage(each, topic.partitions) for each, topic in self.topics.items()}
        return Image(
            cluster_id=cluster_id,
            topics=dict(sorted(topics.items())),
            topic_configs={name: each for (kind, name), each in sorted(self.configs.items()) if kind == _TOPIC},
            broker_configs={
                name or DEFAULT: each for (kind, name), each in sorted(self.configs.items()) if kind == _BROKER
            },
            quotas=self.quotas,
            producer_ids=None if self.next_producer_id is None else ProducerIds(self.next_producer_id),
            problems=problems,
        )

    def topic(self, data: Data) -> None:
        self.topics[str(data["topicId"])] = _Topic(str(data["name"]))

    def remove_topic(self, data: Data) -> str | None:
        topic = self.topics.pop(str(data["topicId"]), None)
        if topic is None:
            return f"a topic with the id {data['topicId']} is removed but was never created"
        self.configs.pop((_TOPIC, topic.name), None)
        return None

    def partition(self, data: Data) -> str | None:
        topic, number = self.topics.get(str(data["topicId"])), int(data["partitionId"])
        if topic is None:
            return f"partition {number} belongs to no topic: no topic has the id {data['topicId']}"
        topic.partitions[number] = PartitionImage(
            replicas=tuple(data["replicas"]),
            isr=frozenset(data["isr"]),
            leader=int(data["leader"]),
            leader_epoch=int(data["leaderEpoch"]),
            adding=frozenset(data["addingReplicas"]),
            removing=frozenset(data["removingReplicas"]),
            recovering=bool(data.get("leaderRecoveryState", 0)),
        )
        return None

    def change_partition(self, data: Data) -> str | None:
        topic, number = self.topics.get(str(data["topicId"])), int(data["partitionId"])
        if topic is None or number not in topic.partitions:
            return f"partition {number} of the topic with the id {data['topicId']} changed but was never created"
        topic.partitions[number] = _merged(topic.partitions[number], data)
        return None

    def config(self, data: Data) -> None:
        owner, name, value = (int(data["resourceType"]), str(data["resourceName"])), str(data["name"]), data["value"]
        settings = self.configs.setdefault(owner, {})
        settings.pop(name, None)
        if value is not None:
            settings |= without_passwords({name: str(value)})
        if not settings:
            del self.configs[owner]

    def quota(self, data: Data) -> None:
        entity = make_entity({str(each["entityType"]): each["entityName"] for each in data["entity"]})
        values = self.quotas.setdefault(entity, {})
        values.pop(str(data["key"]), None)
        if not data["remove"]:
            values[str(data["key"])] = float(data["value"])
        if not values:
            del self.quotas[entity]

    def producer_ids(self, data: Data) -> None:
        self.next_producer_id = int(data["nextProducerId"])


_HANDLERS: dict[str, Callable[[_Replay, Data], str | None]] = {
    "TOPIC_RECORD": _Replay.topic,
    "REMOVE_TOPIC_RECORD": _Replay.remove_topic,
    "PARTITION_RECORD": _Replay.partition,
    "PARTITION_CHANGE_RECORD": _Replay.change_partition,
    "CONFIG_RECORD": _Replay.config,
    "CLIENT_QUOTA_RECORD": _Replay.quota,
    "PRODUCER_IDS_RECORD": _Replay.producer_ids,
}

KEEP = keep_pattern((*_HANDLERS, *TRANSACTIONS))
"""Extended regular expression for the lines that :func:`parse_image` needs."""


def _merged(old: PartitionImage, data: Data) -> PartitionImage:
    """Return the partition after a change (``PartitionRegistration.merge``).

    Naming a leader raises its epoch by one, the same leader included: that is how the controller raises the epoch when
    the ISR shrinks while brokers are in ZooKeeper mode (KAFKA-15109). Anything else leaves it.
    """
    changed: dict[str, t.Any] = {}
    if data.get("replicas") is not None:
        changed["replicas"] = tuple(data["replicas"])
    for ours, name in (("isr", "isr"), ("adding", "addingReplicas"), ("removing", "removingReplicas")):
        if data.get(name) is not None:
            changed[ours] = frozenset(data[name])
    if data.get("leader", _UNCHANGED_LEADER) != _UNCHANGED_LEADER:
        changed |= {"leader": int(data["leader"]), "leader_epoch": old.leader_epoch + 1}
    if data.get("leaderRecoveryState", _UNCHANGED_RECOVERY) != _UNCHANGED_RECOVERY:
        changed["recovering"] = bool(data["leaderRecoveryState"])
    return dataclasses.replace(old, **changed)
