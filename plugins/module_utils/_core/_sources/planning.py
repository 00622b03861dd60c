# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every stage of the brokers, one after the other, as each is written over the one before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import (
    StageChange,
    settings_hash,
    with_jvm_option,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import (
    BrokerContext,
    BrokerStage,
    Changes,
    broker_changes,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.protocol import SettingsSource
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.source import detect

Obj = dict[str, Any]


@dataclass(frozen=True)
class Brokers:
    """One pod template and what its settings are made of: objects of the namespace by name, and what a running broker uses.

    :ivar cluster: ``namespace/name`` of the Kafka cluster.
    """

    template: Obj
    config_maps: Mapping[str, Obj]
    secrets: Mapping[str, Obj]
    effective: Mapping[str, str]
    container: str
    cluster: str
    config_path: str = ""

    def source(self) -> SettingsSource:
        """Return where the settings come from. Raises Unsupported."""
        return detect(self.template, self.config_maps, self.effective, self.container, self.secrets, self.config_path)

    def after(self, plan: PlannedStage) -> Brokers:
        """Return the brokers once a stage is written and rolled."""
        made: dict[str, dict[str, Obj]] = {"ConfigMap": {}, "Secret": {}}
        for item in plan.written.objects_to_create:
            made[item["kind"]][item["metadata"]["name"]] = item
        return replace(
            self,
            template=plan.written.template,
            config_maps={**self.config_maps, **made["ConfigMap"]},
            secrets={**self.secrets, **made["Secret"]},
            effective=plan.changes.applied_to(plan.source.configured(self.effective)),
        )


@dataclass(frozen=True)
class PlannedStage:
    """What a stage changes, and where it is written."""

    stage: BrokerStage
    source: SettingsSource
    changes: Changes
    written: StageChange


#: what a stage depends on beside the brokers: their context, our JVM option, the cluster id
Needs = tuple[Callable[[BrokerStage, Mapping[str, str]], BrokerContext], str, str]


def plan(
    brokers: Brokers,
    stage: BrokerStage,
    context_of: Callable[[BrokerStage, Mapping[str, str]], BrokerContext],
    option: str = "",
    cluster_id: str = "",
) -> PlannedStage:
    """Return one stage.

    :param context_of: what the settings depend on beside themselves, of the stage and the configured settings.
    :param option: our JVM option, "" for none.
    :raises Unsupported: as ``detect``, ``broker_changes`` and ``SettingsSource.apply``.
    """
    source, effective = brokers.source(), brokers.effective
    configured = source.configured(effective)
    context = replace(context_of(stage, configured), fixed=source.fixed(effective) | source.opaque())
    changes = broker_changes(stage, configured, context)
    digest = settings_hash(source.wanted(changes), brokers.cluster, option)
    written = source.apply(changes, stage, digest, effective, cluster_id)
    template = with_jvm_option(written.template, source.container, option, brokers.config_maps, brokers.secrets)
    return PlannedStage(stage, source, changes, replace(written, template=template))


def plan_all(
    brokers: Brokers, stages: Sequence[BrokerStage], needs_of: Callable[[BrokerStage], Needs]
) -> list[PlannedStage]:
    """Return the stages in order, each planned over the one before. Raises Unsupported as ``plan``.

    :param needs_of: the last three arguments of ``plan`` for a stage.
    """
    found = []
    for stage in stages:
        found.append(plan(brokers, stage, *needs_of(stage)))
        brokers = brokers.after(found[-1])
    return found
