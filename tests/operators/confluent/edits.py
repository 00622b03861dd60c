# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the job writes into the CRs: merge patches, computed from the CR as it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from .names import CLEAN_UP, HOLD, IBP_KEY, LOCK, MIGRATION_FLAG, ZK_CONNECT, Object

#: The keys that SetupPreChecks refuses in the Kafka CR: what the job itself manages (a reconstruction, see README.md).
BLOCKED = (
    IBP_KEY,
    MIGRATION_FLAG,
    ZK_CONNECT,
    "process.roles",
    "node.id",
    "broker.id",
    "controller.quorum.voters",
    "controller.quorum.bootstrap.servers",
    "controller.listener.names",
    "confluent.cluster.link.metadata.topic.enable",
    "confluent.authorizer.access.rule.providers",
)


@dataclass(frozen=True)
class Edit:
    """A merge patch for one of the job's CRs, named by its kind."""

    kind: str
    patch: Object


def overrides(cr: Object) -> list[str]:
    """Return spec.configOverrides.server as it is."""
    return list(((cr.get("spec") or {}).get("configOverrides") or {}).get("server") or [])


def override(cr: Object, key: str) -> str:
    """Return the value of a key in spec.configOverrides.server, empty when it is not there. The last line wins."""
    return next((value for name, value in reversed(pairs(overrides(cr))) if name == key), "")


def pairs(lines: Collection[str]) -> list[tuple[str, str]]:
    """Return the key and the value of each line."""
    return [(key.strip(), value.strip()) for key, _equals, value in (line.partition("=") for line in lines)]


def blocked(cr: Object) -> list[str]:
    """Name the keys of the overrides that a migration does not allow."""
    return [key for key, _value in pairs(overrides(cr)) if key in BLOCKED]


def merged(cr: Object, added: Mapping[str, str]) -> Object:
    """Return a patch of spec that adds settings to the overrides; what else is there stays."""
    lines = [line for line in overrides(cr) if line.partition("=")[0].strip() not in added]
    return {"configOverrides": {"server": [*lines, *(f"{key}={value}" for key, value in added.items())]}}


def dropped(cr: Object, keys: Collection[str]) -> Object:
    """Return a patch of spec that takes settings out of the overrides, and the empty list with them."""
    lines = [line for line in overrides(cr) if line.partition("=")[0].strip() not in keys]
    if lines or not overrides(cr):
        return {"configOverrides": {"server": lines}} if overrides(cr) else {}
    only = set(cr["spec"].get("configOverrides") or {}) == {"server"}
    return {"configOverrides": None if only else {"server": None}}


def annotated(kind: str, key: str, value: str | None) -> Edit:
    """Return the edit that sets an annotation, or removes it (None)."""
    return Edit(kind, {"metadata": {"annotations": {key: value}}})


def locked(kinds: Collection[str], *, on: bool) -> tuple[Edit, ...]:
    """Return the edits that lock the CRs or release them."""
    return tuple(annotated(kind, LOCK, "true" if on else None) for kind in kinds)


def cleaning(kind: str, *, on: bool) -> Edit:
    """Return the edit that makes the brokers delete their copy of the metadata log at their next start, or stops it."""
    return annotated(kind, CLEAN_UP, "true" if on else None)


def ibp_upgrade(kind: str, kafka: Object, version: str) -> Edit:
    """Return the edit of the first roll."""
    return Edit(kind, {"spec": merged(kafka, {IBP_KEY: version})})


def released_controller(kind: str, controller: Object, *, cluster_id: str, connect: str, version: str) -> Edit:
    """Return the edit that lets the held controllers start, for a migration.

    A zookeeper.connect of the user's stays: examples for older operators need one there.
    """
    added = {ZK_CONNECT: override(controller, ZK_CONNECT) or connect, MIGRATION_FLAG: "true", IBP_KEY: version}
    patch = {"clusterID": cluster_id, **merged(controller, added)}
    return Edit(kind, {"metadata": {"annotations": {HOLD: None}}, "spec": patch})


def migrating_brokers(kind: str, kafka: Object, controller: Object) -> Edit:
    """Return the edit of the second roll: the controllers beside ZooKeeper, and the flag."""
    meta = controller["metadata"]
    reference = {"clusterRef": {"name": meta["name"], "namespace": meta["namespace"]}}
    return Edit(
        kind, {"spec": {"dependencies": {"kRaftController": reference}, **merged(kafka, {MIGRATION_FLAG: "true"})}}
    )


def without_zookeeper(kind: str, kafka: Object) -> Edit:
    """Return the edit of the third roll: the brokers run in KRaft mode."""
    return Edit(
        kind, {"spec": {"dependencies": {"zookeeper": None}, **dropped(kafka, (MIGRATION_FLAG, IBP_KEY, ZK_CONNECT))}}
    )


def finalized_controller(kind: str, controller: Object) -> Edit:
    """Return the edit after which there is no way back: controllers without the migration."""
    return Edit(kind, {"spec": dropped(controller, (MIGRATION_FLAG, IBP_KEY, ZK_CONNECT))})


def without_controller(kind: str, kafka: Object) -> Edit:
    """Return the edit of a rollback that leaves nothing of the migration in the Kafka CR."""
    spec = dropped(kafka, (MIGRATION_FLAG, IBP_KEY))
    if "kRaftController" in ((kafka.get("spec") or {}).get("dependencies") or {}):
        spec = {"dependencies": {"kRaftController": None}, **spec}
    return Edit(kind, {"spec": spec})


def without_roles(kind: str, kafka: Object) -> Edit | None:
    """Return the edit that takes process.roles out, None where it is not: brokers in dual write are in ZooKeeper mode here."""
    if not override(kafka, "process.roles"):
        return None
    return Edit(kind, {"spec": dropped(kafka, ("process.roles",))})
