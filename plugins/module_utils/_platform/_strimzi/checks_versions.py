# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions of Strimzi and Kafka, and those that the operator compares before it migrates. Pure.

Private to the collection. Source: ``KRaftUtils.validateVersionsForKRaftMigration`` of Strimzi 0.45.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.seen import Seen
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.versions import (
    FIRST_KAFKA,
    KAFKAS,
    LAST,
    NEWEST,
    UNIDIRECTIONAL,
    leaves_migration,
    migrates,
    of_vendor,
    rolls_back_at_home,
    short,
    spelled,
    version,
)

__all__ = ["UNIDIRECTIONAL", "abroad", "kafka", "metadata", "operator", "spelled"]


def operator(seen: Seen) -> Iterator[Finding]:
    """The operator is one that migrates."""
    found = seen.operator
    if not found:
        yield finding(
            "operator-version-unknown",
            f"Kafka {seen.name}",
            f"neither the status of Kafka {seen.name} nor an image says which version of Strimzi leads it: set kraft_strimzi_version, for example "
            f"to {NEWEST}",
        )
    elif of_vendor(found):
        yield finding(
            "operator-version-unknown",
            f"Kafka {seen.name}",
            f"the operator of Kafka {seen.name} says that it is {spelled(found)}, which is a number of its vendor's, or of a Strimzi that refuses clusters "
            f"with ZooKeeper: set kraft_strimzi_version to the version of Strimzi that it is built of, for example to {NEWEST}",
        )
    elif not migrates(found):
        what = (
            f"refuses clusters with ZooKeeper: go back to {NEWEST}, which is the last that migrates"
            if found[:2] > LAST
            else f"cannot migrate: upgrade it to {NEWEST} first, line by line"
        )
        yield finding(
            "operator-unsupported",
            f"Strimzi {spelled(found)}",
            f"Strimzi {spelled(found)} leads Kafka {seen.name}, and {what}",
        )
    elif leaves_migration(found):
        yield finding(
            "operator-leaves-znodes",
            f"Strimzi {spelled(found)}",
            f"Strimzi {spelled(found)} leaves /migration in ZooKeeper when it rolls back, and the next attempt would then copy nothing and delete "
            f"topics: upgrade it to "
            f"{NEWEST}, and never roll back but by rollback.yml, which removes it",
        )


def abroad(seen: Seen) -> Iterator[Finding]:
    """The operator finds ZooKeeper when it rolls back: some versions only in their own namespace."""
    if seen.operator_abroad and rolls_back_at_home(seen.operator):
        yield finding(
            "operator-rollback-fails",
            f"Strimzi {spelled(seen.operator)}",
            f"Strimzi {spelled(seen.operator)} leads Kafka {seen.name}, and was not found in its namespace: from another one it does not find ZooKeeper "
            f"when it rolls back, and a rollback never ends; upgrade it to {NEWEST} first, or accept this if it runs in namespace "
            f"{seen.kafka['metadata']['namespace']} under another name",
        )


def kafka(seen: Seen) -> Iterator[Finding]:
    """The version of Kafka is one that migrates, and that the operator runs."""
    wanted = str(seen.of_kafka.get("version") or (seen.kafka.get("status") or {}).get("kafkaVersion") or "")
    runs = KAFKAS.get(seen.operator[:2], ())
    if wanted and version(wanted)[:2] < FIRST_KAFKA:
        yield finding(
            "version-unsupported",
            f"Kafka {seen.name}",
            f"Kafka {seen.name} is {wanted}, and Strimzi migrates 3.7.0 or later: upgrade Kafka first",
        )
    elif wanted and runs and wanted not in runs:
        yield finding(
            "version-unsupported",
            f"Kafka {seen.name}",
            f"Kafka {seen.name} has spec.kafka.version {wanted}, which Strimzi {spelled(seen.operator)} does not run ({', '.join(runs)}); upgrade "
            f"Kafka first",
        )


def metadata(seen: Seen) -> Iterator[Finding]:
    """The operator refuses to migrate unless these three are the same; what is left out is that of the Kafka version."""
    of_kafka = short(str(seen.of_kafka.get("version") or (seen.kafka.get("status") or {}).get("kafkaVersion") or ""))
    if not of_kafka:
        return
    said = {
        "spec.kafka.metadataVersion": seen.of_kafka.get("metadataVersion"),
        "inter.broker.protocol.version": seen.config.get("inter.broker.protocol.version"),
        "log.message.format.version": seen.config.get("log.message.format.version"),
    }
    found = {key: short(str(value)) if value else of_kafka for key, value in said.items()}
    if len(set(found.values())) > 1:
        listed = ", ".join(f"{key} {value}{'' if said[key] else ' (by default)'}" for key, value in found.items())
        yield finding(
            "operator-versions-differ",
            f"Kafka {seen.name}",
            f"Kafka {seen.name} has {listed}: Strimzi migrates only when the three are the same; raise them to {of_kafka} and let that roll end first",
        )
