# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What in a broker's settings stops a migration, and what a person should know before it.

The rules are drawn from KafkaConfig.scala and Kafka's issues; keys that the tool sets right by itself are not among
them, see settings.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import (
    AUTHORIZER,
    KRAFT_AUTHORIZER,
    ZOOKEEPER_AUTHORIZERS,
    entries,
    is_true,
    value_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.versions import (
    DIRECTORIES,
    KafkaVersion,
    MetadataVersion,
)


class SettingFinding(NamedTuple):
    """One setting that matters: its key, the rule's code in the catalogue of findings, and one sentence."""

    key: str
    code: str
    sentence: str


_UNFINISHED = ("eligible.leader.replicas.enable", "unstable.api.versions.enable", "unstable.feature.versions.enable")
_OTHER_ENSEMBLE = tuple(
    f"authorizer.zookeeper.{name}"
    for name in ("url", "connection.timeout.ms", "session.timeout.ms", "max.in.flight.requests")
)
_BROKER_SESSION_MS = 9000  # default of broker.session.timeout.ms


def blocking_settings(effective: Mapping[str, str], target: MetadataVersion | None = None) -> list[SettingFinding]:
    """Return the settings of a broker with which it cannot migrate.

    :param target: metadata version the cluster will migrate at; several log directories depend on it.
    """
    found = _identity(effective)
    authorizer = value_of(effective, AUTHORIZER)
    if authorizer and authorizer not in (*ZOOKEEPER_AUTHORIZERS, KRAFT_AUTHORIZER):
        found.append(
            SettingFinding(
                AUTHORIZER,
                "authorizer-custom",
                f"{AUTHORIZER}={authorizer} is not Kafka's own: what it knows is not copied, and it may not support KRaft; move to Kafka's own "
                "authorizer first, or ask its vendor for a migration",
            )
        )
    found += [
        SettingFinding(
            key,
            "setting-blocks",
            f"{key} is set: ACLs kept in another ZooKeeper are not copied, move them",
        )
        for key in _OTHER_ENSEMBLE
        if value_of(effective, key)
    ]
    found += [
        SettingFinding(
            key, "setting-blocks", f"{key}=true is not allowed with a production metadata.version; remove it"
        )
        for key in _UNFINISHED
        if is_true(effective, key)
    ]
    if _several_dirs(effective) and target is not None and target < DIRECTORIES:
        found.append(
            SettingFinding(
                "log.dirs",
                "setting-blocks",
                f"log.dirs names several directories, which migrating brokers do not support below {DIRECTORIES}: "
                f"the version would be {target}",
            )
        )
    return found


def _identity(effective: Mapping[str, str]) -> list[SettingFinding]:
    found = []
    broker_id, node_id = value_of(effective, "broker.id"), value_of(effective, "node.id")
    own = broker_id or node_id
    if not own or own.startswith("-"):
        found.append(
            SettingFinding(
                "broker.id",
                "broker-id-generated",
                "broker.id is not set, so ids are generated, which a migrating broker refuses: give each broker the id "
                "it has in meta.properties",
            )
        )
    if broker_id and node_id and broker_id != node_id:
        found.append(
            SettingFinding(
                "node.id",
                "setting-blocks",
                f"node.id={node_id} differs from broker.id={broker_id}; they must be equal",
            )
        )
    roles = entries(value_of(effective, "process.roles"))
    if "controller" in roles and "broker" in roles:
        found.append(
            SettingFinding(
                "process.roles",
                "combined-roles",
                "process.roles combines broker and controller in one process, which cannot be a migration target",
            )
        )
    return found


_NAMED = {
    "log.message.format.version": "is ignored since 3.0 and removed in 4.0; it is dropped",
    "principal.builder.class": "must implement KafkaPrincipalSerde, and its jar must be on the controllers",
    "create.topic.policy.class.name": "runs on the controllers in KRaft: its jar must be there",
    "alter.config.policy.class.name": "runs on the controllers in KRaft, with different input (KAFKA-19026); its jar must be there",
    "metric.reporters": "is not given to the controllers; check that it needs no ZooKeeper",
    "kafka.metrics.reporters": "is not given to the controllers; check that it needs no ZooKeeper",
    "controlled.shutdown.max.retries": "has no effect in KRaft",
    "controlled.shutdown.retry.backoff.ms": "has no effect in KRaft",
}


def warning_settings(effective: Mapping[str, str], running: KafkaVersion | None = None) -> list[SettingFinding]:
    """Return the settings of a broker that change their meaning, sorted by key.

    :param running: version of the brokers' software; some settings depend on it.
    """
    found = [
        SettingFinding(key, "setting-warns", f"{key} {sentence}")
        for key, sentence in _NAMED.items()
        if value_of(effective, key)
    ]
    return sorted(found + _situations(effective, running))


def _situations(effective: Mapping[str, str], running: KafkaVersion | None) -> list[SettingFinding]:
    """Return the warnings that depend on a value, not only on the key."""
    found = []

    def warn(applies: bool, key: str, sentence: str) -> None:
        if applies:
            found.append(SettingFinding(key, "setting-warns", sentence))

    warn(
        _several_dirs(effective),
        "log.dirs",
        "log.dirs names several directories: during the migration, a failing one halts the broker (KAFKA-16431)",
    )
    warn(
        is_true(effective, "unclean.leader.election.enable")
        and (running is None or (running.major, running.minor) < (3, 9)),
        "unclean.leader.election.enable",
        "unclean.leader.election.enable has no effect in KRaft before 3.9 (KAFKA-12670)",
    )
    warn(
        _slow_session(effective),
        "zookeeper.session.timeout.ms",
        "zookeeper.session.timeout.ms is above 9 s, but in KRaft broker.session.timeout.ms (9 s) decides: "
        "raise that too if slow disks or long pauses were the reason",
    )
    warn(
        value_of(effective, "delete.topic.enable").lower() == "false",
        "delete.topic.enable",
        "delete.topic.enable=false: deletions still queued in ZooKeeper become final with the migration",
    )
    warn(
        is_true(effective, "remote.log.storage.system.enable"),
        "remote.log.storage.system.enable",
        "tiered storage is early access before 3.9; its metadata client needs the inter-broker listener",
    )
    warn(
        any(key.startswith("confluent.") for key in effective),
        "confluent.*",
        "settings of Confluent Server are kept as they are; its own features have separate migration rules",
    )
    return found


def _several_dirs(effective: Mapping[str, str]) -> bool:
    return len(entries(value_of(effective, "log.dirs"))) > 1


def _slow_session(effective: Mapping[str, str]) -> bool:
    timeout = value_of(effective, "zookeeper.session.timeout.ms")
    return (
        timeout.isdecimal()
        and int(timeout) > _BROKER_SESSION_MS
        and not value_of(effective, "broker.session.timeout.ms")
    )
