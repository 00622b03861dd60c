# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings that controllers need at each stage, ``migrating`` and ``final``, as plain data.

Rules are those of KafkaConfig.scala and of the migration chapter in Kafka's operations documentation for 3.7 to 3.9.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.listener_logins import client_text
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.principals import (
    inter_broker_mechanism,
    inter_broker_protocol,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.providers import (
    is_provided,
    settings_of_providers,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import (
    AUTHORIZER,
    CONNECT,
    CONTROLLER_LISTENERS,
    IBP,
    KRAFT_AUTHORIZER,
    LISTENERS,
    PROTOCOL_MAP,
    VOTERS,
    ZOOKEEPER_AUTHORIZERS,
    inter_broker_listener,
    protocol_map,
    value_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.versions import MetadataVersion
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.state import FLAG

ControllerStage = Literal["migrating", "final"]

# What a KRaft controller evaluates itself, whatever its listener.
_CARRIED = (
    "default.replication.factor",
    "num.partitions",
    "min.insync.replicas",
    "unclean.leader.election.enable",
    "auto.leader.rebalance.enable",
    "leader.imbalance.check.interval.seconds",
    "leader.imbalance.per.broker.percentage",
    "delete.topic.enable",
    "auto.create.topics.enable",
    "create.topic.policy.class.name",
    "alter.config.policy.class.name",
    "remote.log.storage.system.enable",
    "super.users",
    "allow.everyone.if.no.acl.found",
    "principal.builder.class",
    "security.providers",
)
_TOKENS = "delegation.token."
_MIGRATING = ("zookeeper.", "password.encoder.")
_JAAS = "sasl.jaas.config"
#: Kafka compares it with sasl.mechanism.inter.broker.protocol at the start of a controller, too (``KafkaConfig.validateValues``)
_MECHANISMS = "sasl.enabled.mechanisms"
#: of a listener, what only those need who serve it
_SERVER = "sasl.server."


@dataclass(frozen=True)
class ControllerContext:
    """What the controllers' settings depend on beside the brokers' own.

    ``security``: further settings that their listener and the authorizer need, see security.py. ``zookeeper_connect`` stands in when the
    brokers' settings name no ZooKeeper (any more). ``before``: what brokers ran with before the migration, for what only ZooKeeper needs
    and brokers in KRaft mode do not have any more: its TLS, zookeeper.set.acl, the encoder of passwords.
    """

    target: MetadataVersion
    voters: str
    log_dir: str
    controller_listener: str = "CONTROLLER"
    controller_protocol: str = "PLAINTEXT"
    security: Mapping[str, str] = field(default_factory=dict, repr=False)
    port: int = 9093
    zookeeper_connect: str = ""
    before: Mapping[str, str] = field(default_factory=dict, repr=False)


def controller_settings(
    stage: ControllerStage, broker_effective: Mapping[str, str], context: ControllerContext
) -> dict[str, str]:
    """Return the controllers' settings, all but ``node.id``, which each pod makes of its ordinal.

    ``advertised.listeners`` is never among them (controllers refuse it before 3.9), nor are the brokers' ``log.dirs``.

    What a config provider fills in stays as it is, and comes with the providers.

    :raises Unsupported: ``setting-blocks`` when nothing says where ZooKeeper is, or only a config provider does: the collection needs it too.
    """
    settings = {
        "process.roles": "controller",
        VOTERS: context.voters,
        CONTROLLER_LISTENERS: context.controller_listener,
        LISTENERS: f"{context.controller_listener}://:{context.port}",
        PROTOCOL_MAP: protocol_map(broker_effective, context.controller_listener, context.controller_protocol),
        "inter.broker.listener.name": inter_broker_listener(broker_effective),
        "log.dirs": context.log_dir,
        **context.security,
    }
    if stage == "migrating":
        left = {key: value for key, value in context.before.items() if key.startswith(_MIGRATING)}
        broker_effective = left | dict(broker_effective)
        connect = value_of(broker_effective, CONNECT) or context.zookeeper_connect
        if not connect:
            raise Unsupported(
                f"{CONNECT} is not among the brokers' settings, so the controllers cannot be given ZooKeeper's address",
                code="setting-blocks",
            )
        if is_provided(connect):
            raise Unsupported(
                f"{CONNECT} is {connect}, which a config provider fills in only when a process starts, and which has to be known before: write the "
                "value itself into the brokers' settings, or take it from the environment (EnvVarConfigProvider)",
                code="setting-blocks",
            )
        # Kafka formats with the metadata version it finds here when nobody passes one, so that no way of starting can miss it.
        settings |= {FLAG: "true", CONNECT: connect, IBP: context.target.setting}
    carried = _carry_rule(stage, broker_effective, context)
    login = f"listener.name.{inter_broker_listener(broker_effective).lower()}."
    for key in sorted(broker_effective.keys() - settings.keys()):
        if key != FLAG and carried(key):
            value = value_of(broker_effective, key)
            settings[key] = client_text(value) if key.startswith(login) and key.endswith(_JAAS) else value
    authorizer = value_of(broker_effective, AUTHORIZER)
    if authorizer:
        settings[AUTHORIZER] = KRAFT_AUTHORIZER if authorizer in ZOOKEEPER_AUTHORIZERS else authorizer
    if any(map(is_provided, settings.values())):
        settings |= settings_of_providers(broker_effective)
    return settings


def _carry_rule(
    stage: ControllerStage, effective: Mapping[str, str], context: ControllerContext
) -> Callable[[str], bool]:
    """Tell which settings of brokers a controller has: for its own listener, and while migrating as a client of the brokers.

    What is for every listener comes along only where a listener that the controller knows uses it: key stores and passwords of others
    stay where they are.
    """
    migrating = stage == "migrating"
    ours, theirs = (
        f"listener.name.{name.lower()}." for name in (context.controller_listener, inter_broker_listener(effective))
    )
    between = inter_broker_protocol(effective)
    own_prefixes: tuple[str, ...] = (_TOKENS, ours)
    if context.controller_protocol.endswith("SSL") or (migrating and between.endswith("SSL")):
        own_prefixes += ("ssl.",)
    if "SASL_" in (context.controller_protocol[:5], between[:5]):
        own_prefixes += ("sasl.",)
    as_client = (f"{theirs}ssl.", f"{theirs}sasl.", f"{theirs}{inter_broker_mechanism(effective).lower()}.sasl.")

    def rule(key: str) -> bool:
        # Kafka takes no login from a setting without the name of a listener
        if key in _CARRIED or (key.startswith(own_prefixes) and key != _JAAS):
            return True
        if key.startswith(as_client):
            return (migrating and _SERVER not in key) or key == f"{theirs}{_MECHANISMS}"
        return migrating and key.startswith(_MIGRATING)

    return rule
