# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between the images of the two stores."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.difference import (
    Difference,
    of_settings,
    of_values,
    one_sided,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import (
    Image,
    PartitionImage,
    TopicImage,
    entity_path,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.passwords import HIDDEN, Password
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.security_image import DelegationToken


def compare(zookeeper: Image, kraft: Image) -> list[Difference]:
    """Return what differs between the stores, in a stable order; ``[]`` when they agree.

    ZooKeeper lags behind for a moment while controllers write both, so look again before believing a difference.
    Not reported: topics marked for deletion in ZooKeeper that KRaft does not have; a cluster id that the KRaft side
    does not know; a ZooKeeper block of producer ids that KRaft passed over; config znodes without a setting; settings
    of topics that neither store has; values of passwords that could not be compared (:func:`by_presence`).
    """
    return [difference for comparer in _COMPARERS for difference in comparer(zookeeper, kraft)]


def by_presence(zookeeper: Image, kraft: Image) -> dict[str, str]:
    """Return the password settings that both stores have and whose values were not compared: key of the difference to why."""
    found = {}
    for kind, key in sorted(zookeeper.passwords.keys() & kraft.passwords.keys()):
        ours, theirs = zookeeper.passwords[kind, key], kraft.passwords[kind, key]
        if not theirs.encrypted and not (ours.fingerprint and theirs.fingerprint):
            found[key] = ours.why or theirs.why
    return found


def _problems(zookeeper: Image, kraft: Image) -> Iterator[Difference]:
    for store, image in (("ZooKeeper", zookeeper), ("KRaft", kraft)):
        for problem in image.problems:
            yield Difference(
                "problem", f"{store}: {problem}", None, None, f"{store} could not be read completely: {problem}"
            )


def _cluster_ids(zookeeper: Image, kraft: Image) -> Iterator[Difference]:
    if kraft.cluster_id is not None and zookeeper.cluster_id != kraft.cluster_id:
        yield of_values("cluster-id", "cluster id", "the cluster id", zookeeper.cluster_id, kraft.cluster_id)


def _topics(zookeeper: Image, kraft: Image) -> Iterator[Difference]:
    for name in sorted({*zookeeper.topics, *kraft.topics}):
        ours, theirs = zookeeper.topics.get(name), kraft.topics.get(name)
        if theirs is None and name in zookeeper.pending_deletions:
            continue
        if ours is None or theirs is None:
            yield one_sided("topic", name, f"topic {name}", _outline(ours), _outline(theirs))
            continue
        if ours.id != theirs.id:
            yield of_values("topic", name, f"the id of topic {name}", ours.id, theirs.id)
        for number in sorted({*ours.partitions, *theirs.partitions}):
            yield from _partition(f"{name}-{number}", ours.partitions.get(number), theirs.partitions.get(number))


def _partition(key: str, ours: PartitionImage | None, theirs: PartitionImage | None) -> Iterator[Difference]:
    if ours != theirs:
        left, right = (None if each is None else each.as_dict() for each in (ours, theirs))
        yield from _fields("partition", key, f"partition {key}", left, right)


def _fields(
    kind: str, key: str, what: str, left: Mapping[str, t.Any] | None, right: Mapping[str, t.Any] | None
) -> Iterator[Difference]:
    """Compare two objects field by field."""
    if left is None or right is None:
        yield one_sided(kind, key, what, left, right)
        return
    names = [name for name in left if left[name] != right[name]]
    if names:
        words = [f"{name} {left[name]} in ZooKeeper and {right[name]} in KRaft" for name in names]
        ours, theirs = ({name: side[name] for name in names} for side in (left, right))
        yield Difference(kind, key, ours, theirs, f"{what} has {', '.join(words)}")


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
    yield from of_settings("topic-config", "topic", left, right)


def _broker_configs(zookeeper: Image, kraft: Image) -> Iterator[Difference]:
    yield from of_settings("broker-config", "broker", zookeeper.broker_configs, kraft.broker_configs)


def _passwords(zookeeper: Image, kraft: Image) -> Iterator[Difference]:
    # one that a store does not have is among the differences of settings already
    for kind, key in sorted(zookeeper.passwords.keys() & kraft.passwords.keys()):
        ours, theirs = zookeeper.passwords[kind, key], kraft.passwords[kind, key]
        sentence = _unlike(f"the password setting {key}", ours, theirs)
        if sentence:
            yield Difference(kind, key, HIDDEN, HIDDEN, sentence)


def _unlike(what: str, ours: Password, theirs: Password) -> str:
    if theirs.encrypted:
        # ControllerServer copies with PasswordEncoder.NOOP when it has no secret: brokers would take this text for the password.
        return (
            f"{what} is still encrypted in KRaft, as controllers without password.encoder.secret copy it; set it again"
        )
    if ours.fingerprint and theirs.fingerprint and ours.fingerprint != theirs.fingerprint:
        return f"{what} has one value in ZooKeeper and another in KRaft (neither is shown)"
    return ""


def _quotas(zookeeper: Image, kraft: Image) -> Iterator[Difference]:
    left, right = (
        {entity_path(entity): values for entity, values in image.quotas.items()} for image in (zookeeper, kraft)
    )
    yield from of_settings("quota", "quota", left, right)


def _producer_ids(zookeeper: Image, kraft: Image) -> Iterator[Difference]:
    left, right = (None if each.producer_ids is None else each.producer_ids.next_id for each in (zookeeper, kraft))
    block_end = None if zookeeper.producer_ids is None else zookeeper.producer_ids.block_end
    if left != right and (block_end is None or right != block_end + 1):
        yield of_values("producer-ids", "next producer id", "the next producer id", left, right)


def _acls(zookeeper: Image, kraft: Image) -> Iterator[Difference]:
    for acl in sorted(zookeeper.acls ^ kraft.acls):
        left, right = (acl.as_dict() if acl in image.acls else None for image in (zookeeper, kraft))
        yield one_sided("acl", acl.key, acl.sentence, left, right)


def _scram(zookeeper: Image, kraft: Image) -> Iterator[Difference]:
    for user, mechanism in sorted({*zookeeper.scram, *kraft.scram}):
        ours, theirs = (image.scram.get((user, mechanism)) for image in (zookeeper, kraft))
        left, right = (None if each is None else HIDDEN for each in (ours, theirs))
        key, what = f"{user}/{mechanism}", f"the {mechanism} login of user {user}"
        if left != right:
            yield one_sided("scram", key, what, left, right)
        elif ours != theirs:
            sentence = f"{what} has other keys, another salt or other iterations in ZooKeeper than in KRaft (not shown)"
            yield Difference("scram", key, left, right, sentence)


def _tokens(zookeeper: Image, kraft: Image) -> Iterator[Difference]:
    for token in sorted({*zookeeper.tokens, *kraft.tokens}):
        yield from _token(token, zookeeper.tokens.get(token), kraft.tokens.get(token))


def _token(key: str, ours: DelegationToken | None, theirs: DelegationToken | None) -> Iterator[Difference]:
    left, right = (None if each is None else each.as_dict() for each in (ours, theirs))
    yield from _fields("delegation-token", key, f"the delegation token {key}", left, right)


_COMPARERS = (
    _problems,
    _cluster_ids,
    _topics,
    _pending_deletions,
    _topic_configs,
    _broker_configs,
    _passwords,
    _quotas,
    _acls,
    _scram,
    _tokens,
    _producer_ids,
)


def _outline(topic: TopicImage | None) -> dict[str, t.Any] | None:
    return None if topic is None else {"id": topic.id, "partitions": len(topic.partitions)}
