# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings that brokers need at each stage, as plain data; the controllers' are in controller_settings.py.

Stages: ``ibp`` (only the metadata version), ``migration`` (ZooKeeper mode, known to the quorum), ``kraft``. Rules are those of
KafkaConfig.scala and of the migration chapter in Kafka's operations documentation for 3.7 to 3.9.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.versions import MetadataVersion, parse_ibp
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.state import FLAG

IBP = "inter.broker.protocol.version"
CONNECT = "zookeeper.connect"
VOTERS = "controller.quorum.voters"
CONTROLLER_LISTENERS = "controller.listener.names"
PROTOCOL_MAP = "listener.security.protocol.map"
CONTROL_PLANE = "control.plane.listener.name"
AUTHORIZER = "authorizer.class.name"
METADATA_DIR = "metadata.log.dir"
LISTENERS = "listeners"
ADVERTISED = "advertised.listeners"

ZOOKEEPER_AUTHORIZERS = ("kafka.security.authorizer.AclAuthorizer", "kafka.security.auth.SimpleAclAuthorizer")
KRAFT_AUTHORIZER = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
LISTENER_NAMES = ("CONTROLLER", "KRAFT", "KRAFTCONTROLLER")
DEFAULT_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
DEFAULT_RESERVED_MAX_ID = 1000

BrokerStage = Literal["ibp", "migration", "kraft"]

# Keys that a broker knows in ZooKeeper mode only. KRaft ignores them, except the migration flag.
_ZOOKEEPER_ONLY = (IBP, "broker.id.generation.enable", "reserved.broker.max.id", "log.message.format.version")
_ZOOKEEPER_ONLY_PREFIXES = ("zookeeper.", "authorizer.zookeeper.", "password.encoder.")


@dataclass(frozen=True)
class Changes:
    """What to set and to remove so that settings become the wanted ones; empty when they already are."""

    set: Mapping[str, str] = field(repr=False)
    remove: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.set or self.remove)

    def applied_to(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Return the settings after the changes."""
        return {key: value for key, value in settings.items() if key not in self.remove} | dict(self.set)


@dataclass(frozen=True)
class BrokerContext:
    """What the brokers' settings depend on beside themselves.

    ``security``: further settings that the controllers' listener and the authorizer need, see security.py. ``fixed`` names settings
    that the settings source cannot change, because the start command writes them.
    """

    target: MetadataVersion
    voters: str = ""
    controller_listener: str = "CONTROLLER"
    controller_protocol: str = "PLAINTEXT"
    security: Mapping[str, str] = field(default_factory=dict, repr=False)
    broker_ids: tuple[int, ...] = ()
    fixed: frozenset[str] = frozenset()


def value_of(effective: Mapping[str, str], key: str) -> str:
    """Return a setting as Kafka takes it (``ConfigDef`` trims), or "" when it is not set."""
    return effective.get(key, "").strip()


def is_true(effective: Mapping[str, str], key: str, default: bool = False) -> bool:
    """Return a boolean setting as Kafka reads it."""
    return (value_of(effective, key).lower() or str(default).lower()) == "true"


def entries(text: str) -> list[str]:
    """Split a list setting at its commas."""
    return [entry.strip() for entry in text.split(",") if entry.strip()]


def listener_names(effective: Mapping[str, str]) -> list[str]:
    """Return the names of the broker's listeners, in upper case as Kafka normalises them."""
    return [entry.split("://")[0].upper() for entry in entries(value_of(effective, LISTENERS) or "PLAINTEXT://:9092")]


def protocols(effective: Mapping[str, str]) -> dict[str, str]:
    """Return the security protocol of each listener name, Kafka's default map included when none is set."""
    pairs = [entry.partition(":") for entry in entries(value_of(effective, PROTOCOL_MAP))]
    return {name.strip().upper(): protocol.strip().upper() for name, _colon, protocol in pairs} or {
        name: name for name in DEFAULT_PROTOCOLS
    }


def inter_broker_listener(effective: Mapping[str, str]) -> str:
    """Return the listener that brokers, and migrating controllers, reach brokers on."""
    named = value_of(effective, "inter.broker.listener.name")
    return named or value_of(effective, "security.inter.broker.protocol") or "PLAINTEXT"


def controller_listener_name(effective: Mapping[str, str], protocol: str = "PLAINTEXT") -> str:
    """Choose the name of the controllers' listener: the one in use already, else the first that no broker listener has.

    A controller listener must not be among the broker's ``listeners``, and must not be its control plane listener. A name that the
    protocol map gives to another protocol than the controllers' is left alone.
    """
    used = entries(value_of(effective, CONTROLLER_LISTENERS))
    if used:
        return used[0]
    taken = {*listener_names(effective), value_of(effective, CONTROL_PLANE).upper()}
    taken |= {name for name, other in protocols(effective).items() if other != protocol}
    for name in LISTENER_NAMES:
        if name not in taken:
            return name
    raise Unsupported(
        "the brokers' listeners and their protocol map use every possible name for a controller listener: "
        f"{', '.join(name for name in LISTENER_NAMES if name in taken)}; rename one",
        code="setting-blocks",
    )


def protocol_map(effective: Mapping[str, str], listener: str, protocol: str) -> str:
    """Return an explicit protocol map that has the controllers' listener; as it is when it has it already."""
    known = protocols(effective)
    own = value_of(effective, PROTOCOL_MAP)
    if own:
        return own if listener.upper() in known else f"{own},{listener}:{protocol}"
    return ",".join(f"{name}:{kind}" for name, kind in ({listener: protocol} | known).items())


def broker_changes(stage: BrokerStage, effective: Mapping[str, str], context: BrokerContext) -> Changes:
    """Return what has to change in the brokers' settings for a stage.

    :param effective: the settings that the brokers are configured with, start command included.
    """
    if stage == "ibp":
        return _difference(effective, {IBP: context.target.setting}, (), [])
    notes: list[str] = []
    wanted = {
        VOTERS: context.voters,
        CONTROLLER_LISTENERS: context.controller_listener,
        PROTOCOL_MAP: protocol_map(effective, context.controller_listener, context.controller_protocol),
        **context.security,
    }
    log_dirs = entries(value_of(effective, "log.dirs") or value_of(effective, "log.dir"))
    # what the source does not give as a plain value may differ from broker to broker
    theirs = context.fixed & {"log.dirs", "log.dir"}
    if len(log_dirs) > 1 and not theirs and not value_of(effective, METADATA_DIR):
        wanted[METADATA_DIR] = log_dirs[0]
        notes.append(f"{METADATA_DIR} is pinned to {log_dirs[0]}, so that the order of log.dirs does not matter")
    if stage == "migration":
        wanted |= {FLAG: "true", IBP: context.target.setting} | _reserved_id(effective, context)
        return _difference(effective, wanted, (), notes)
    return _kraft_changes(effective, context, {"process.roles": "broker"} | wanted, notes)


def _reserved_id(effective: Mapping[str, str], context: BrokerContext) -> dict[str, str]:
    """Explicit ids above ``reserved.broker.max.id`` are refused at start while generation of ids is enabled."""
    own = value_of(effective, "reserved.broker.max.id")
    limit = int(own) if own.isdecimal() else DEFAULT_RESERVED_MAX_ID
    highest = max(context.broker_ids, default=0)
    if highest > limit and is_true(effective, "broker.id.generation.enable", True):
        return {"reserved.broker.max.id": str(highest)}
    return {}


def _kraft_changes(
    effective: Mapping[str, str], context: BrokerContext, wanted: dict[str, str], notes: list[str]
) -> Changes:
    remove = [key for key in effective if key in _ZOOKEEPER_ONLY or key.startswith(_ZOOKEEPER_ONLY_PREFIXES)]
    if value_of(effective, AUTHORIZER) in ZOOKEEPER_AUTHORIZERS:
        wanted[AUTHORIZER] = KRAFT_AUTHORIZER
    control_plane = value_of(effective, CONTROL_PLANE)
    if control_plane:
        remove.append(CONTROL_PLANE)
        if context.fixed & {LISTENERS, ADVERTISED}:
            notes.append(
                f"listener {control_plane} stays as an ordinary one, because the start command sets the listeners"
            )
        else:
            wanted |= {
                key: _without(effective[key], control_plane) for key in (LISTENERS, ADVERTISED) if key in effective
            }
    return _difference(effective, wanted, tuple(remove), notes)


def _without(listeners: str, name: str) -> str:
    return ",".join(entry for entry in entries(listeners) if entry.split("://")[0].upper() != name.upper())


def _difference(
    effective: Mapping[str, str], wanted: Mapping[str, str], remove: tuple[str, ...], notes: list[str]
) -> Changes:
    changed = {key: value for key, value in wanted.items() if not _same(key, value_of(effective, key), value)}
    return Changes(changed, tuple(key for key in remove if key in effective), tuple(notes))


def _same(key: str, have: str, wanted: str) -> bool:
    if key == IBP and have:
        try:
            return parse_ibp(have) == parse_ibp(wanted)
        except Unsupported:
            return False
    return (have.lower() == wanted) if key == FLAG else (have == wanted)


def ignored_in_kraft(key: str) -> bool:
    """Tell whether a broker in KRaft mode starts and works with this ZooKeeper setting left over.

    The migration flag is not among them: with it KRaft demands ``zookeeper.connect`` and halts on any failing log
    directory (``ReplicaManager.scala``); the control plane listener is refused at start.
    """
    return key != FLAG and (key in _ZOOKEEPER_ONLY or key.startswith(_ZOOKEEPER_ONLY_PREFIXES))
