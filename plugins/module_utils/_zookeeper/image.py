# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The :class:`Image` of what ZooKeeper has of a cluster.

Read as Kafka's own copy reads it (``ZkTopicMigrationClient``, ``ZkConfigMigrationClient``, ``ZkMigrationClient``; ``security``),
with many reads in flight. The rounds of reads do not see one moment; whoever compares looks twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import security_znodes, znodes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import (
    DEFAULT,
    Entity,
    Image,
    PartitionImage,
    ProducerIds,
    TopicImage,
    entity_path,
    make_entity,
    without_passwords,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.passwords import (
    ReadPassword,
    taken,
    unread,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Topic, ZnodeError
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.records import Znode
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.security import read_acls, read_tokens
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.states import unreadable
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.view import read_view

_FOLDERS = {"user": "/config/users", "client-id": "/config/clients", "ip": "/config/ips"}
_BLOCK = "/latest_producer_id_block"
_SCRAM = "SCRAM-"  # SCRAM-SHA-256, SCRAM-SHA-512: credentials, kept with the quotas of a user
_KRAFT_WROTE = -1


def zookeeper_image(session: ZkSession, read_password: ReadPassword = unread) -> Image:
    """Read everything that a copy to KRaft takes along.

    A partition without a state counts as Kafka's copy counts it: led by its first replica, all replicas in sync,
    leader epoch 0.

    :param read_password: what to keep of the passwords (``passwords.reader``); without it, that they are set.
    :raises KraftError: when a znode holds something that Kafka would not have written; names the path.
    :raises Forbidden: when the session may not read a part of it.
    :raises Unreachable: when ZooKeeper stops answering.
    """
    view = read_view(session, partitions=False)  # starts with a sync
    try:
        quotas, scram = _entities(session)
        return Image(
            cluster_id=view.cluster_id,
            topics=_topics(session, view.topics),
            topic_configs={name: without_passwords(each) for name, each in view.topic_configs.items()},
            broker_configs={name: without_passwords(each) for name, each in view.broker_configs.items()},
            quotas=quotas,
            acls=read_acls(session),
            scram=scram,
            tokens=read_tokens(session),
            passwords=taken("topic-config", view.topic_configs, read_password)
            | taken("broker-config", view.broker_configs, read_password),
            producer_ids=_producer_ids(session.get(_BLOCK)),
            pending_deletions=frozenset(view.pending_deletions),
        )
    except ZnodeError as exc:
        raise unreadable(session, exc) from exc


def _topics(session: ZkSession, topics: Mapping[str, Topic]) -> dict[str, TopicImage]:
    paths = {(name, number): znodes.state_path((name, number)) for name in topics for number in topics[name].partitions}
    nodes = session.get_many(paths.values())
    return {
        name: TopicImage(
            topic.id,
            {number: _partition(topic, number, nodes[paths[name, number]]) for number in topic.partitions},
        )
        for name, topic in sorted(topics.items())
    }


def _partition(topic: Topic, number: int, node: Znode | None) -> PartitionImage:
    replicas = topic.partitions[number]
    leader, leader_epoch, isr, recovering = replicas[0] if replicas else -1, 0, replicas, False
    version = None if node is None else node.version
    if node is not None:
        state = znodes.parse_partition_state(
            (topic.name, number), node.data, version=node.version, mtime_ms=node.mtime_ms
        )
        leader, leader_epoch, isr = state.leader, state.leader_epoch, state.isr
        # Kafka writes the field while it is 1 only.
        recovering = b'"leader_recovery_state"' in node.data and json.loads(node.data)["leader_recovery_state"] == 1
    return PartitionImage(
        replicas=replicas,
        isr=frozenset(isr),
        leader=leader,
        leader_epoch=leader_epoch,
        adding=frozenset(topic.adding.get(number, ())),
        removing=frozenset(topic.removing.get(number, ())),
        recovering=recovering,
        epoch=version,
    )


def _entities(session: ZkSession) -> tuple[dict[Entity, dict[str, float]], dict[tuple[str, str], str]]:
    """Read quotas, and the SCRAM credentials that users have in the same znodes."""
    users = _FOLDERS["user"]
    names = session.children_many(_FOLDERS.values())
    names |= session.children_many([f"{users}/{user}/clients" for user in names[users]])
    paths = {f"{parent}/{name}": _entity(parent, name) for parent, found in names.items() for name in found}
    nodes = session.get_many(paths)
    settings = {path: znodes.parse_config(node.data, path) for path, node in nodes.items() if node is not None}
    values = {paths[path]: _values(each, path) for path, each in settings.items()}
    scram = {
        (znodes.entity_name(name), mechanism): digest
        for name in names[users]
        for mechanism, digest in security_znodes.parse_scram(
            settings.get(f"{users}/{name}", {}), f"{users}/{name}"
        ).items()
    }
    return {
        entity: each for entity, each in sorted(values.items(), key=lambda item: entity_path(item[0])) if each
    }, scram


def _entity(parent: str, name: str) -> Entity:
    """Return whom a znode is for: ``/config/users`` and ``u``, or ``/config/users/u/clients`` and ``c``."""
    kind = next((kind for kind, folder in _FOLDERS.items() if folder == parent), None)
    if kind is not None:
        return make_entity({kind: _name(name)})
    return make_entity({"user": _name(parent.split("/")[3]), "client-id": _name(name)})


def _name(znode: str) -> str | None:
    # Somebody who is really called "<default>" is encoded, too.
    return None if znode == DEFAULT else znodes.entity_name(znode)


def _values(settings: Mapping[str, str], path: str) -> dict[str, float]:
    try:
        return {key: float(value) for key, value in settings.items() if not key.startswith(_SCRAM)}
    except ValueError:
        raise ZnodeError(path, "contains a quota that is not a number") from None


def _producer_ids(node: Znode | None) -> ProducerIds | None:
    """Return what the last block says; its znode is empty until a producer asked for an id."""
    if node is None or znodes.is_null_data(node.data):
        return None
    try:
        block = json.loads(node.data)
        broker, start, end = (int(block[name]) for name in ("broker", "block_start", "block_end"))
    except (KeyError, TypeError, ValueError):
        raise ZnodeError(_BLOCK, "contains no block of producer ids") from None
    return ProducerIds(next_id=start if broker == _KRAFT_WROTE else end + 1, block_end=end)
