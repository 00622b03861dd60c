# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The :class:`Image` that the KRaft metadata log adds up to.

Replays what ``kafka-dump-log.sh --cluster-metadata-decoder`` prints, as Kafka's own image does (``TopicsDelta``,
``ConfigurationsDelta``, ``ClientQuotasDelta``, ``AclsDelta``, ``ScramDelta``, ``DelegationTokenDelta``, ``ProducerIdsDelta``,
``PartitionRegistration``). Which records count is :func:`metadata_records.replay`'s
business.

The tool leaves tagged fields out when they have their default, and the defaults of a ``PartitionChangeRecord`` say
"unchanged": no ISR, no replicas, leader -2, recovery state -1.
"""

from __future__ import annotations

import base64
import dataclasses
import typing as t
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.encoded_passwords import is_encoded
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
    apply_records,
    keep_pattern,
    replay,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.passwords import (
    Password,
    ReadPassword,
    Seal,
    taken,
    unread,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_image import (
    MECHANISMS,
    OPERATIONS,
    PATTERNS,
    PERMISSIONS,
    RESOURCES,
    Acl,
    DelegationToken,
    named,
    scram_digest,
)

Data = Mapping[str, t.Any]

_TOPIC, _BROKER = 2, 4  # ConfigResource.Type; others (client metrics, groups) exist in KRaft only
_UNCHANGED_LEADER = -2
_UNCHANGED_RECOVERY = -1


def parse_image(
    lines: Iterable[str], *, high_watermark: int | None, cluster_id: str | None = None, seal: Seal | None = None
) -> Image:
    """Return the image that a dump of the newest checkpoint and the log behind it adds up to.

    :param lines: with the offsets (no ``--skip-record-metadata``); the checkpoint first, then the segments by offset.
    :param high_watermark: first offset that is not committed; None takes every record, which is right only where
        nothing is being written.
    :param cluster_id: from elsewhere, since the log does not have it.
    :param seal: takes the fingerprints of passwords, which are in clear text here; without it none is taken.
    """
    state = _Replay()
    problems = replay(lines, high_watermark=high_watermark, apply=state.apply)
    return state.image(cluster_id, problems, unread if seal is None else _clear(seal))


def image_of_topics(records: Iterable[tuple[int, Mapping[str, t.Any]]]) -> Image:
    """Return topics, partitions and settings, from the records that the leader sent (``topic_records``); the rest of the image is empty."""
    state = _Replay()
    problems = apply_records(records, state.apply)
    return state.image(None, problems, unread)


def _clear(seal: Seal) -> ReadPassword:
    return lambda value: Password(seal.fingerprint(value), encrypted=is_encoded(value))


@dataclass
class _Topic:
    name: str
    partitions: dict[int, PartitionImage] = field(default_factory=dict)


@dataclass
class _Replay:
    topics: dict[str, _Topic] = field(default_factory=dict)
    configs: dict[tuple[int, str], dict[str, str]] = field(default_factory=dict, repr=False)  # passwords in clear text
    quotas: dict[Entity, dict[str, float]] = field(default_factory=dict)
    acls: dict[str, Acl] = field(default_factory=dict)
    scram: dict[tuple[str, str], str] = field(default_factory=dict)
    tokens: dict[str, DelegationToken] = field(default_factory=dict)
    next_producer_id: int | None = None

    def apply(self, kind: str, data: Data, _offset: int) -> str | None:
        handler = _HANDLERS.get(kind)
        return None if handler is None else handler(self, data)

    def image(self, cluster_id: str | None, problems: tuple[str, ...], read: ReadPassword) -> Image:
        topics = {topic.name: TopicImage(each, topic.partitions) for each, topic in self.topics.items()}
        configs = sorted(self.configs.items())
        of_topics = {name: each for (kind, name), each in configs if kind == _TOPIC}
        of_brokers = {name or DEFAULT: each for (kind, name), each in configs if kind == _BROKER}
        return Image(
            cluster_id=cluster_id,
            topics=dict(sorted(topics.items())),
            topic_configs={name: without_passwords(each) for name, each in of_topics.items()},
            broker_configs={name: without_passwords(each) for name, each in of_brokers.items()},
            quotas=self.quotas,
            acls=frozenset(self.acls.values()),
            scram=self.scram,
            tokens=self.tokens,
            passwords=taken("topic-config", of_topics, read) | taken("broker-config", of_brokers, read),
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
            epoch=int(data["partitionEpoch"]),
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
            settings[name] = str(value)
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

    def acl(self, data: Data) -> None:
        # Each has a random id, another one after each copy: only the removal goes by it.
        self.acls[str(data["id"])] = Acl(
            resource=named(RESOURCES, int(data["resourceType"])),
            pattern=named(PATTERNS, int(data["patternType"])),
            name=str(data["resourceName"]),
            principal=str(data["principal"]),
            host=str(data["host"]),
            operation=named(OPERATIONS, int(data["operation"])),
            permission=named(PERMISSIONS, int(data["permissionType"])),
        )

    def remove_acl(self, data: Data) -> str | None:
        if self.acls.pop(str(data["id"]), None) is None:
            return f"an ACL with the id {data['id']} is removed but was never created"
        return None

    def credential(self, data: Data) -> None:
        mechanism = named(MECHANISMS, int(data["mechanism"]))
        salt, stored, server = (base64.b64decode(data[name]) for name in ("salt", "storedKey", "serverKey"))
        digest = scram_digest(mechanism, salt, stored, server, int(data["iterations"]))
        self.scram[str(data["name"]), mechanism] = digest

    def remove_credential(self, data: Data) -> str | None:
        mechanism = named(MECHANISMS, int(data["mechanism"]))
        if self.scram.pop((str(data["name"]), mechanism), None) is None:
            return f"the {mechanism} login of user {data['name']} is removed but was never created"
        return None

    def token(self, data: Data) -> None:
        self.tokens[str(data["tokenId"])] = DelegationToken(
            owner=str(data["owner"]),
            requester=str(data["requester"]),
            renewers=tuple(sorted(map(str, data["renewers"]))),
            issued_ms=int(data["issueTimestamp"]),
            expires_ms=int(data["expirationTimestamp"]),
            ends_ms=int(data["maxTimestamp"]),
        )

    def remove_token(self, data: Data) -> None:
        # Unlike the others, Kafka takes the removal of one that is gone (DelegationTokenControlManager.replay).
        self.tokens.pop(str(data["tokenId"]), None)

    def producer_ids(self, data: Data) -> None:
        self.next_producer_id = int(data["nextProducerId"])


_HANDLERS: dict[str, Callable[[_Replay, Data], str | None]] = {
    "TOPIC_RECORD": _Replay.topic,
    "REMOVE_TOPIC_RECORD": _Replay.remove_topic,
    "PARTITION_RECORD": _Replay.partition,
    "PARTITION_CHANGE_RECORD": _Replay.change_partition,
    "CONFIG_RECORD": _Replay.config,
    "CLIENT_QUOTA_RECORD": _Replay.quota,
    "ACCESS_CONTROL_ENTRY_RECORD": _Replay.acl,
    "REMOVE_ACCESS_CONTROL_ENTRY_RECORD": _Replay.remove_acl,
    "USER_SCRAM_CREDENTIAL_RECORD": _Replay.credential,
    "REMOVE_USER_SCRAM_CREDENTIAL_RECORD": _Replay.remove_credential,
    "DELEGATION_TOKEN_RECORD": _Replay.token,
    "REMOVE_DELEGATION_TOKEN_RECORD": _Replay.remove_token,
    "PRODUCER_IDS_RECORD": _Replay.producer_ids,
}

KEEP = keep_pattern((*_HANDLERS, *TRANSACTIONS))
"""Extended regular expression for the lines that :func:`parse_image` needs."""


def _merged(old: PartitionImage, data: Data) -> PartitionImage:
    """Return the partition after a change (``PartitionRegistration.merge``).

    Naming a leader raises its epoch by one, the same leader included: that is how the controller raises the epoch when
    the ISR shrinks while brokers are in ZooKeeper mode (KAFKA-15109). Anything else leaves it. Each change counts.
    """
    changed: dict[str, t.Any] = {"epoch": None if old.epoch is None else old.epoch + 1}
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
