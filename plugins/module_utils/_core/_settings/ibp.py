# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which ``inter.broker.protocol.version`` the brokers run at, and which one they and the quorum will migrate at.

A migrating broker registers with min = max = its own version, so brokers and ``metadata.version`` must be equal, and
Kafka 3.8.1 and later start no migration below 3.6-IV1 (metadata transactions).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.versions import (
    TOPIC_IDS,
    TRANSACTIONS,
    KafkaVersion,
    MetadataVersion,
    image_version,
    latest_for,
    parse_ibp,
    parse_version,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

OVERRIDE_VARIABLE = "kraft_ibp_version"
SETTING = "inter.broker.protocol.version"

Source = Literal["setting", "running version", "image tag", "override", "current", "unknown"]


@dataclass(frozen=True)
class IbpDecision:
    """Current and wanted version, where each was taken from, and the choice in one sentence.

    ``current`` is None only when nothing shows it and the user named the target.
    """

    current: MetadataVersion | None
    current_source: Source
    target: MetadataVersion
    target_source: Source
    reason: str

    @property
    def changed(self) -> bool:
        """Whether the brokers' version has to be changed."""
        return self.current != self.target


@dataclass(frozen=True)
class Fold:
    """Whether raising the version can ride on the migration roll, and why."""

    folds: bool
    reason: str


def derive(
    *, effective_setting: str | None, running_version: str | None, image_tag: str | None, override: str | None
) -> IbpDecision:
    """Decide the version to migrate at.

    :param effective_setting: ``inter.broker.protocol.version`` that the running broker uses, None when not set.
    :param running_version: software version that the broker reports.
    :param image_tag: image reference or tag; used last, since tags lie.
    :param override: the user's ``kraft_ibp_version``.
    :raises Unsupported: ``ibp-unknown``: not to be told, too low, lowered, or above what the software knows.
    """
    software, software_source = _software(running_version, image_tag)
    newest = latest_for(software) if software else None
    current, current_source = _current(effective_setting, newest, software_source)
    target, target_source, reason = _target(current, newest, software_source, override)
    if target < TRANSACTIONS:
        raise Unsupported(
            f"{SETTING} would be {target}, but a migration needs {TRANSACTIONS} or later: "
            + (f"set {OVERRIDE_VARIABLE} to a later version" if override else "upgrade Kafka first"),
            code="ibp-unknown",
        )
    if current is not None and target < current:
        raise Unsupported(
            f"{OVERRIDE_VARIABLE}={target.setting} is lower than the {current} that the brokers run at; "
            f"the version cannot be lowered, so leave the variable unset or set it to {current.setting} or later",
            code="ibp-unknown",
        )
    # A tag lies, so only the version that a broker reports can overrule what it was told.
    if newest is not None and target > newest and software_source == "running version":
        raise Unsupported(
            f"{SETTING} would be {target}, but Kafka {running_version} supports versions up to {newest} only: "
            f"upgrade Kafka first, or correct {OVERRIDE_VARIABLE if override else SETTING}",
            code="ibp-unknown",
        )
    return IbpDecision(current, current_source, target, target_source, reason)


def _software(running_version: str | None, image_tag: str | None) -> tuple[KafkaVersion | None, Source]:
    if running_version:
        return parse_version(running_version), "running version"
    tagged = image_version(image_tag) if image_tag else None
    return tagged, "image tag" if tagged else "unknown"


def _current(
    setting: str | None, newest: MetadataVersion | None, software_source: Source
) -> tuple[MetadataVersion | None, Source]:
    if setting and setting.strip():
        return parse_ibp(setting), "setting"
    return newest, software_source


def _target(
    current: MetadataVersion | None, newest: MetadataVersion | None, software_source: Source, override: str | None
) -> tuple[MetadataVersion, Source, str]:
    if override and override.strip():
        return parse_ibp(override), "override", f"{OVERRIDE_VARIABLE} says {override.strip()}"
    if current is not None and current >= TRANSACTIONS:
        return current, "current", f"the brokers run at {current}, which is {TRANSACTIONS} or later, so it stays"
    if current is not None and newest is not None:
        return (
            newest,
            software_source,
            f"the brokers run at {current}, a migration needs {TRANSACTIONS} or later; the newest that the software supports is {newest}",
        )
    raise Unsupported(
        f"the version to migrate at cannot be derived: {SETTING} is "
        + ("not set" if current is None else f"{current}, too old to migrate at,")
        + " and neither the brokers nor their image tag show the Kafka version; "
        + f"set {OVERRIDE_VARIABLE}, for example to 3.9",
        code="ibp-unknown",
    )


def fold(current: MetadataVersion | None) -> Fold:
    """Tell whether the version can be raised in the migration roll itself, saving one roll.

    The copy cannot start before all brokers are registered at the target version, so raising it there is safe, except
    below 2.8-IV0: such topics may have no id, and only a ZooKeeper controller at 2.8 or later hands ids out.
    """
    if current is None:
        return Fold(
            False, "the current version is not known and topics may lack ids, so it is raised in a separate roll"
        )
    if current < TOPIC_IDS:
        return Fold(
            False, f"at {current} topics may lack ids, which a controller at {TOPIC_IDS} or later must assign first"
        )
    return Fold(True, f"from {current} on topics have ids, so the migration roll itself raises the version")
