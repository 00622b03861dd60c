# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster's metadata say, in one form for both stores.

An :class:`Image` is read from ZooKeeper (``_zookeeper/image.py``) or from the KRaft metadata log (``image_records``);
``comparison`` says what differs between two of them.
What one store writes another way is made the same by the readers, after Kafka's own copy (``ZkTopicMigrationClient``,
``ZkConfigMigrationClient``, ``ZkAclMigrationClient``, ``ZkMigrationClient``, 3.6 to 3.9): names are decoded, numbers are
numbers, the default entity is None, settings without a value are gone. What only one store has (controller epochs, directories,
registrations, ids of ACLs) is not in it.

No secret is ever in an image: nobody can leak what was not kept. Of a password is known that it is set, and a fingerprint
that means nothing after the run (``passwords``); of a SCRAM credential a digest (``security_image``).

To add a class of objects: a field of :class:`Image`, its part of :meth:`Image.as_dict`, and a function in ``comparison``.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.difference import Difference
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.passwords import (
    HIDDEN,
    Password,
    without_passwords,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_image import Acl, DelegationToken

__all__ = [
    "DEFAULT",
    "ENTITY_TYPES",
    "HIDDEN",
    "Difference",
    "Entity",
    "Image",
    "PartitionImage",
    "ProducerIds",
    "TopicImage",
    "entity_path",
    "make_entity",
    "without_passwords",
]

DEFAULT = "<default>"
"""Key of the settings that hold for all brokers, and ZooKeeper's name for the default of quotas (``ZooKeeperInternals``)."""

ENTITY_TYPES = ("user", "client-id", "ip")
"""Parts of a quota's entity, in the order in which an :data:`Entity` has them (``ClientQuotaEntity``)."""

# as text: ansible-test's pylint takes the runtime form X | Y for an error
Entity: t.TypeAlias = "tuple[tuple[str, str | None], ...]"
"""Whom a quota is for: types and names, a name of None being the default of that type."""

_ENTITY_FOLDERS = {"user": "users", "client-id": "clients", "ip": "ips"}


@dataclass(frozen=True)
class PartitionImage:
    """One partition.

    :ivar replicas: the preferred leader first; while a reassignment runs, those it adds and removes are among them.
    :ivar leader: broker id, -1 for none.
    :ivar recovering: whether the leader was elected uncleanly and has not recovered yet (``LeaderRecoveryState``).
    :ivar epoch: KRaft's count of changes, or the version of the znode, None where there is none. No difference: ``partition_epochs``
        says what it means.
    """

    replicas: tuple[int, ...]
    isr: frozenset[int]
    leader: int
    leader_epoch: int
    adding: frozenset[int] = frozenset()
    removing: frozenset[int] = frozenset()
    recovering: bool = False
    epoch: int | None = field(default=None, compare=False)

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
    :ivar acls: what AclAuthorizer and StandardAuthorizer go by.
    :ivar scram: digest of each SCRAM credential, by user and mechanism.
    :ivar tokens: delegation tokens by id.
    :ivar passwords: what is kept of the password settings, by kind and key of a difference. Not in :meth:`as_dict`, where
        they are hidden, and not in :meth:`digest`: they mean something within one run only.
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
    acls: frozenset[Acl] = field(default=frozenset(), repr=False)
    scram: Mapping[tuple[str, str], str] = field(default_factory=dict, hash=False, repr=False)
    tokens: Mapping[str, DelegationToken] = field(default_factory=dict, hash=False, repr=False)
    passwords: Mapping[tuple[str, str], Password] = field(default_factory=dict, hash=False, repr=False, compare=False)
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
            "acls": [acl.as_dict() for acl in sorted(self.acls)],
            "scram": {f"{user}/{mechanism}": self.scram[user, mechanism] for user, mechanism in sorted(self.scram)},
            "delegations": {each: self.tokens[each].as_dict() for each in sorted(self.tokens)},
            "pending_deletions": sorted(self.pending_deletions),
            "problems": list(self.problems),
        }

    def digest(self) -> str:
        """Return a SHA-256 (hexadecimal) of what ``comparison.compare`` looks at, without the cluster id and values of passwords.

        Stores that agree have the same one, unless KRaft passed over a block of producer ids. For quick looks and for
        the journal: the comparison decides.
        """
        objects = self.as_dict()
        alive = self.topics.keys() - self.pending_deletions
        for key in ("topics", "topic_configs"):
            objects[key] = {name: each for name, each in objects[key].items() if name in alive}
        for key in ("cluster_id", "pending_deletions", "problems"):
            del objects[key]
        return hashlib.sha256(json.dumps(objects, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def counts(self) -> dict[str, int]:
        """Return how many objects of each class there are.

        No name sounds secret: journal and report would hide the number (``redact``).
        """
        return {
            "topics": len(self.topics),
            "partitions": sum(len(topic.partitions) for topic in self.topics.values()),
            "topic_configs": sum(map(len, self.topic_configs.values())),
            "broker_configs": sum(map(len, self.broker_configs.values())),
            "quotas": sum(map(len, self.quotas.values())),
            "acls": len(self.acls),
            "scram_logins": len(self.scram),
            "delegations": len(self.tokens),
        }


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


def _sorted(owners: Mapping[str, Mapping[str, t.Any]]) -> dict[str, dict[str, t.Any]]:
    return {owner: dict(sorted(owners[owner].items())) for owner in sorted(owners) if owners[owner]}
