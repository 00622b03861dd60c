# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Strimzi refuses, and the warnings that it gives: from the CR, its pools and the phase alone. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from . import messages
from .layout import Pool, uses_pools
from .names import BROKER, CONTROLLER, IBP_KEY, LMF_KEY, VERSIONS, Object, Phase, title

Warning_ = tuple[str, str]


class FailureError(Exception):
    """A pass that failed: type NotReady with this reason and this message."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason, self.message = reason, message


class SilentError(Exception):
    """A pass that ended before there was a status to write: the log is the only trace. kind: class of Java's exception."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.message = kind, message


def before(cr: Object, phase: Phase) -> None:
    """Check what is checked before anything is written. Raises SilentError."""
    if phase > Phase.ZK and not uses_pools(cr):
        raise SilentError("io.strimzi.operator.common.InvalidConfigurationException", messages.NEEDS_POOLS)


def check(cr: Object, pools: Sequence[Pool], phase: Phase) -> None:
    """Check the pools and the versions. Raises FailureError."""
    name, _namespace = title(cr)
    if phase == Phase.ZK:
        wrong = [messages.only_brokers(pool.name) for pool in pools if pool.controls]
    else:
        wrong = [
            messages.needs_role(role)
            for role in (CONTROLLER, BROKER)
            if not any(role in pool.roles and pool.ids for pool in pools)
        ]
    if wrong:
        raise FailureError("InvalidResourceException", messages.invalid(name, *wrong))
    if phase == Phase.PRE_MIGRATION:
        _same_versions(cr)


def _same_versions(cr: Object) -> None:
    version, metadata = kafka_version(cr), metadata_version(cr)
    ibp, lmf = (configured(cr, key) or line_of(version) for key in (IBP_KEY, LMF_KEY))
    if len({line_of(metadata), line_of(ibp), line_of(lmf)}) > 1:
        text = messages.versions_differ(version, metadata, ibp, lmf)
        raise FailureError("InvalidConfigurationException", text)


# -- versions ---------------------------------------------------------------------------------------------------------------------

_METADATA = {"3.7": "3.7-IV4", "3.8": "3.8-IV0", "3.9": "3.9-IV0"}


def kafka_version(cr: Object) -> str:
    """Return spec.kafka.version, the newest without it."""
    return str(cr["spec"]["kafka"].get("version") or VERSIONS["0.45.2"])


def line_of(version: str) -> str:
    """Return major.minor."""
    return ".".join(version.partition("-")[0].split(".")[:2])


def metadata_version(cr: Object) -> str:
    """Return spec.kafka.metadataVersion, without it that of the Kafka version, in the spelling of Kafka."""
    told = str(cr["spec"]["kafka"].get("metadataVersion") or line_of(kafka_version(cr)))
    return told if "-" in told else _METADATA.get(told, f"{told}-IV0")


def configured(cr: Object, key: str) -> str:
    """Return a setting of spec.kafka.config, empty when the user has not set it."""
    value = (cr["spec"]["kafka"].get("config") or {}).get(key)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


# -- warnings ---------------------------------------------------------------------------------------------------------------------


def warnings(cr: Object, phase: Phase, operator: str) -> list[Warning_]:
    """Return reason and message of the warnings about what the CR says, those about ZooKeeper first."""
    found: list[Warning_] = []
    spec, kafka = cr["spec"], cr["spec"]["kafka"]
    if phase == Phase.ZK and line_of(operator) == "0.45":
        found.append(messages.ZOOKEEPER_REMOVAL)
    if phase == Phase.KRAFT:
        found += [messages.UNUSED_ZOOKEEPER] if spec.get("zookeeper") else []
        found += [messages.UNUSED_IBP] if configured(cr, IBP_KEY) else []
        found += [messages.UNUSED_LMF] if configured(cr, LMF_KEY) else []
    if uses_pools(cr):
        found += [messages.UNUSED_REPLICAS] if kafka.get("replicas") else []
        found += [messages.UNUSED_STORAGE] if kafka.get("storage") else []
    return found
