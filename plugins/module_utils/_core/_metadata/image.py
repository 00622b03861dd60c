# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster's metadata say, in one form for both stores, and what differs between two of them.

An :class:`Image` is read from ZooKeeper (``_zookeeper/image.py``) or from the KRaft metadata log (``image_records``).
What one store writes another way is made the same by the readers, after Kafka's own copy (``ZkTopicMigrationClient``,
``ZkConfigMigrationClient``, ``ZkMigrationClient``, 3.6 to 3.9): names are decoded, numbers are numbers, the default
entity is None, settings without a value are gone. What only one store has (znode versions, controller epochs,
directories, registrations) is not in it.

Passwords are never in an image: ZooKeeper has them encrypted and KRaft in plain text, so they could not be compared,
and nobody can leak what was not kept. That a password is set is known and compared.

To add a class of objects (ACLs, SCRAM credentials, delegation tokens): a field of :class:`Image`, its part of
:meth:`Image.as_dict`, and a function in ``_COMPARERS``.
"""

from __future__ import annotations

import hashlib
import json
import re
import typing as t
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

DEFAULT = "<default>"
"""Key of the settings that hold for all brokers, and ZooKeeper's name for the default of quotas (``ZooKeeperInternals``)."""

ENTITY_TYPES = ("user", "client-id", "ip")
"""Parts of a quota's entity, in the order in which an :data:`Entity` has them (``ClientQuotaEntity``)."""

HIDDEN = "<redacted>"
"""Stands for a password."""

# as text: ansible-test's pylint takes the runtime form X | Y for an error
Entity: t.TypeAlias = "tuple[tuple[str, str | None], ...]"
"""Whom a quota is for: types and names, a name of None being the default of that type."""

# DynamicBrokerConfig.isPasswordConfig goes by the end of the name, since listeners put a prefix before it; its list has
# two names that do not sound like secrets. Settings of plugins go by their sound.
_PASSWORDS = re.compile(
    r"ssl\.keystore\.(?:key|certificate\.chain)$|ssl\.truststore\.certificates$|password|secret|jaas|credential",
    re.IGNORECASE,
)
_ENTITY_FOLDERS = {"user": "users", "client-id": "clients", "ip": "ips"}


@dataclass(frozen=True)
class PartitionImage:
    """One partition.

    :ivar replicas: the preferred leader first; while a reassignment runs, those it adds and removes are among them.
    :ivar leader: broker id, -1 for none.
    :ivar recovering: whether the leader was elected uncleanly and has not recovered yet (``LeaderRecoveryState``).
    """

    replicas: tuple[int, ...]
    isr: frozenset[int]
    leader: int
    leader_epoch: int
    adding: frozenset[int] = frozenset()
    removing: frozenset[int] = frozenset()
    recovering: bool = False

    def as_dict(self) -> dict[str, t.Any]:
        """Return it for JSON, sets as sorted lists."""
        return {
            "replicas": list(self.replicas),
            "adding": sorted(self.adding),
            "removing": sorted(self.removing),
            "leader": self.leader,
            "leader_epoch": self.leader_epoch,
            "isr": sorted(self.isr),
            "recovering": self.recovering,
        }


@dataclass(frozen=True)
class TopicImage:
    """One topic.

    :ivar id: 22 characters; None where a broker before 2.8 made it and no controller has added one since.
    """

    id: str | None
    partitions: Mapping[int, PartitionImage] = field(hash=False)

    def as_dict(self) -> dict[str, t.Any]:
        """Return it for JSON, partitions by number."""
        return {"id": self.id, "partitions": {str(n): self.partitions[n].as_dict() for n in sorted(self.partitions)}}


@dataclass(frozen=True)
class ProducerIds:
    """Which producer ids are spent.

    :ivar next_id: first id that no broker was given, as far as this store knows.
    :ivar block_end: last id of the block in ZooKeeper, None on the KRaft side. Only where a KRaft controller wrote it
        (broker -1) that block is still to be given out, and ``next_id`` is its start (``writeProducerId``); a copy out
        of ZooKeeper passes over it all the same (``migrateProducerId``).
    """

    next_id: int
    block_end: int | None = None


@dataclass(frozen=True)
class Image:
    """The metadata of one cluster in one store.

    :ivar cluster_id: None when the store does not say.
    :ivar topics: by name.
    :ivar topic_configs: dynamic settings by topic; topics without any are left out.
    :ivar broker_configs: dynamic settings by broker id as text, and :data:`DEFAULT`.
    :ivar quotas: values by key (``producer_byte_rate``, ...), by entity.
    :ivar producer_ids: None before any producer asked for an id.
    :ivar pending_deletions: topics that ZooKeeper has marked for deletion; a copy leaves them out.
    :ivar problems: why the image may be wrong; such an image is equal to nothing.
    """

    cluster_id: str | None = None
    topics: Mapping[str, TopicImage] = field(default_factory=dict, hash=False, repr=False)
    topic_configs: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False, repr=False)
    broker_configs: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False, repr=False)
    quotas: Mapping[Entity, Mapping[str, float]] = field(default_factory=dict, hash=False, repr=False)
    producer_ids: ProducerIds | None = None
    pending_deletions: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, t.Any]:
        """Return it for JSON: every object under a key of its own, always in the same order."""
        return {
            "cluster_id": self.cluster_id,
            "topics": {name: self.topics[name].as_dict() for name in sorted(self.topics)},
            "topic_configs": _sorted(self.topic_configs),
            "broker_configs": _sorted(self.broker_configs),
            "quotas": _sorted({entity_path(entity): values for entity, values in self.quotas.items()}),
            "next_producer_id": None if self.producer_ids is None else self.producer_ids.next_id,
            "pending_deletions": sorted(self.pending_deletions),
            "problems": list(self.problems),
        }

    def digest(self) -> str:
        """Return a SHA-256 (hexadecimal) of what :func:`compare` looks at, without the cluster id.

        Stores that agree have the same one, unless KRaft passed over a block of producer ids. For quick looks and for
        the journal: :func:`compare` decides.
        """
        objects = self.as_dict()
        alive = self.topics.keys() - self.pending_deletions
        for key in ("topics", "topic_configs"):
            objects[key] = {name: each for name, each in objects[key].items() if name in alive}
        for key in ("cluster_id", "pending_deletions", "problems"):
            del objects[key]
        return hashlib.sha256(json.dumps(objects, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def counts(self) -> dict[str, int]:
        """Return how many objects of each class there are."""
        return {
            "topics": len(self.topics),
            "partitions": sum(len(topic.partitions) for topic in self.topics.values()),
            "topic_configs": sum(map(len, self.topic_configs.values())),
            "broker_configs": sum(map(len, self.broker_configs.values())),
            "quotas": sum(map(len, self.quotas.values())),
        }


@dataclass(frozen=True)
class Difference:
    """One object that the two stores do not agree on.

    :ivar kind: ``cluster-id``, ``topic``, ``partition``, ``topic-config``, ``broker-config``, ``quota``,
        ``producer-ids``, ``pending-deletion`` or ``problem``.
    :ivar key: the object within its kind, the same in every comparison: ``t``, ``t-0``, ``t/retention.ms``,
        ``users/u/producer_byte_rate``.
    :ivar zookeeper: value for JSON, None when ZooKeeper does not have the object. Passwords are hidden.
    :ivar kraft: the same for KRaft.
    :ivar sentence: what differs, for people.
    """

    kind: str
    key: str
    zookeeper: t.Any = field(hash=False)
    kraft: t.Any = field(hash=False)
    sentence: str


def make_entity(names: Mapping[str, str | None]) -> Entity:
    """Return the entity with the parts in their order; types that Kafka does not know come last."""
    known = [(kind, names[kind]) for kind in ENTITY_TYPES if kind in names]
    return (*known, *sorted((kind, name) for kind, name in names.items() if kind not in ENTITY_TYPES))


def entity_path(entity: Entity) -> str:
    """Return the entity as the path that ZooKeeper has it under (``users/a%40b/clients/<default>``)."""
    parts = []
    for kind, name in entity:
        encoded = DEFAULT if name is None else urllib.parse.quote(name, safe="")
        parts.append(f"{_ENTITY_FOLDERS.get(kind, kind)}/{encoded}")
    return "/".join(parts)


def without_passwords(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the settings with :data:`HIDDEN` for the values of those that Kafka encrypts, and of what sounds secret."""
    return {key: HIDDEN if _PASSWORDS.search(key) else value for key, value in settings.items()}


def compare(zookeeper: Image, kraft: Image) -> list[Difference]:
    """Return what differs between the stores, in a stable order; ``[]`` when they agree.

    ZooKeeper lags behind for a moment while controllers write both, so look again before believing a difference.
    Not reported: topics marked for deletion in ZooKeeper that KRaft does not have; a cluster id that the KRaft side
    does not know; a ZooKeeper block of producer ids that KRaft passed over; config znodes without a setting; settings
    of topics that neither store has.
    """
    return [difference for comparer in _COMPARERS for difference in comparer(zookeeper, kraft)]


def _problems(zookeeper: Image, kraft: Image) -> Iterator[Difference]:
    for store, image in (("ZooKeeper", zookeeper), ("KRaft", kraft)):
        for problem in image.problems:
            yield Difference(
                "problem", f"{store}: {problem}", None, None, f"{store} could not be read completely: {problem}"
            )


def _cluster_ids(zookeeper: Image, kraft: Image) -> Iterator[Difference]:
    if kraft.cluster_id is not None and zookeeper.cluster_id != kraft.cluster_id:
        yield _values("cluster-id", "cluster id", "the cluster id", zookeeper.cluster_id, kraft.cluster_id)


def _topics(zookeeper: Image, kraft: Image) -> Iterator[Difference]:
    for name in sorted({*zookeeper.topics, *kraft.topics}):
        ours, theirs = zookeeper.topics.get(name), kraft.topics.get(name)
        if theirs is None and name in zookeeper.pending_deletions:
            continue
        if ours is None or theirs is None:
            yield _one_sided("topic", name, f"topic {name}", _outline(ours), _outline(theirs))
            continue
        if ours.id != theirs.id:
            yield _values("topic", name, f"the id of topic {name}", ours.id, theirs.id)
        for number in sorted({*ours.partitions, *theirs.partitions}):
            yield from _partition(f"{name}-{number}", ours.partitions.get(number), theirs.partitions.get(number))


def _partition(key: str, ours: PartitionImage | None, theirs: PartitionImage | None) -> Iterator[Difference]:
    if ours == theirs:
        return
    left, right = (None if each is None else each.as_dict() for each in (ours, theirs))
    if left is None or right is None:
        yield _one_sided("partition", key, f"partition {key}", left, right)
    else:
        names = [name for name in left if left[name] != right[name]]
        words = [f"{name} {left[name]} in ZooKeeper and {right[name]} in KRaft" for name in names]
        sentence = f"partition {key} has {', '.join(words)}"
        yield Difference(
            "partition", key, {name: left[name] for name in names}, {name: right[name] for name in names}, sentence
        )


def _pending_deletions(zookeeper: Image, kraft: Image) -> Iterator[Difference]:
    # Kafka clears the marks at the first write to ZooKeeper. One that is left would delete the topic after a rollback.
    for name in sorted(zookeeper.pending_deletions & kraft.topics.keys()):
        sentence = f"topic {name} is marked for deletion in ZooKeeper but still exists in KRaft"
        yield Difference("pending-deletion", name, f"/admin/delete_topics/{name}", None, sentence)


def _topic_configs(zookeeper: Image, kraft: Image) -> Iterator[Difference]:
    # A topic that one store does not have is reported as a whole. Settings of a topic that no store has are without
    # effect, and Kafka does leave some behind (ConfigurationsDelta of 3.9, topic made and removed in one batch).
    both = zookeeper.topics.keys() & kraft.topics.keys()
    left, right = (
        {name: values for name, values in image.topic_configs.items() if name in both} for image in (zookeeper, kraft)
    )
    yield from _settings("topic-config", "topic", left, right)


def _broker_configs(zookeeper: Image, kraft: Image) -> Iterator[Difference]:
    yield from _settings("broker-config", "broker", zookeeper.broker_configs, kraft.broker_configs)


def _quotas(zookeeper: Image, kraft: Image) -> Iterator[Difference]:
    left, right = (
        {entity_path(entity): values for entity, values in image.quotas.items()} for image in (zookeeper, kraft)
    )
    yield from _settings("quota", "quota", left, right)


def _producer_ids(zookeeper: Image, kraft: Image) -> Iterator[Difference]:
    left, right = (None if each.producer_ids is None else each.producer_ids.next_id for each in (zookeeper, kraft))
    block_end = None if zookeeper.producer_ids is None else zookeeper.producer_ids.block_end
    if left != right and (block_end is None or right != block_end + 1):
        yield _values("producer-ids", "next producer id", "the next producer id", left, right)


_COMPARERS = (
    _problems,
    _cluster_ids,
    _topics,
    _pending_deletions,
    _topic_configs,
    _broker_configs,
    _quotas,
    _producer_ids,
)


def _settings(
    kind: str, noun: str, ours: Mapping[str, Mapping[str, t.Any]], theirs: Mapping[str, Mapping[str, t.Any]]
) -> Iterator[Difference]:
    for owner in sorted({*ours, *theirs}):
        left, right = ours.get(owner, {}), theirs.get(owner, {})
        for name in sorted({*left, *right}):
            if left.get(name) != right.get(name):
                what = f"{name} of {noun} {owner}"
                yield _values(kind, f"{owner}/{name}", what, left.get(name), right.get(name))


def _values(kind: str, key: str, what: str, ours: t.Any, theirs: t.Any) -> Difference:
    left, right = ("not set" if each is None else repr(each) for each in (ours, theirs))
    return Difference(kind, key, ours, theirs, f"{what} is {left} in ZooKeeper and {right} in KRaft")


def _one_sided(kind: str, key: str, what: str, ours: t.Any, theirs: t.Any) -> Difference:
    has, lacks = ("KRaft", "ZooKeeper") if ours is None else ("ZooKeeper", "KRaft")
    return Difference(kind, key, ours, theirs, f"{what} is in {has} but not in {lacks}")


def _outline(topic: TopicImage | None) -> dict[str, t.Any] | None:
    return None if topic is None else {"id": topic.id, "partitions": len(topic.partitions)}


def _sorted(owners: Mapping[str, Mapping[str, t.Any]]) -> dict[str, dict[str, t.Any]]:
    return {owner: dict(sorted(owners[owner].items())) for owner in sorted(owners) if owners[owner]}
