# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The brokers' settings: what each stage needs, where it is written, and whether a process really runs it.

Private to the collection. The original ConfigMap stays untouched; each stage is a new object or a new template revision.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.identity import cluster_id
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.metadata_version import derive_ibp, target_level
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, stages, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import (
    START_COMMAND_SETTINGS,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.ibp import fold
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import (
    BrokerContext,
    BrokerStage,
    Changes,
    broker_changes,
    controller_listener_name,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.source import (
    DNS_TTL_OPTION,
    Surface,
    SurfaceChange,
    detect,
    settings_hash,
    with_jvm_option,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    controllers,
    originals,
    writes,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster

#: stages in order; a later one is never undone by an earlier one
#: the mode that a broker on the settings of a stage runs in
_MODES = {
    "ibp": state.MODE_ZOOKEEPER,
    "migration": state.MODE_MIGRATING,
    "kraft": state.MODE_KRAFT,
    stages.RETURN: state.MODE_MIGRATING,
    stages.ORIGINAL: state.MODE_ZOOKEEPER,
}


@dataclass(frozen=True)
class StagePlan:
    """What a stage means for one StatefulSet."""

    statefulset: dict[str, Any]
    surface: Surface
    changes: Changes
    written: SurfaceChange

    @property
    def name(self) -> str:
        """The StatefulSet's name."""
        return str(self.statefulset["metadata"]["name"])


def ibp_roll(cluster: StatefulSetCluster) -> tuple[bool, str]:
    """Whether the IBP has to be raised in a roll of its own, and why or why not."""
    decision = derive_ibp(cluster)
    if decision.current is not None and decision.current >= decision.target:
        return False, f"the IBP is {decision.current} already: no roll of its own is needed"
    folding = fold(decision.current)
    return not folding.folds, folding.reason


def _effective(cluster: StatefulSetCluster, statefulset: Mapping[str, Any]) -> dict[str, str]:
    """Settings of a running broker of the set, of one that has the template's settings already where there is one."""
    wanted = writes.template_annotation(statefulset, names.SETTINGS_HASH)
    found: dict[str, str] = {}
    for pod, facts in known(cluster.facts).items():
        if pod.rpartition("-")[0] != statefulset["metadata"]["name"]:
            continue
        found = found or dict(facts.settings)
        if (cluster.pods[pod]["metadata"].get("annotations") or {}).get(names.SETTINGS_HASH, "") == wanted:
            return dict(facts.settings)
    return found


def surfaces(cluster: StatefulSetCluster) -> dict[str, Surface]:
    """The settings surface of each StatefulSet, checked against what a running broker uses. Raises Unsupported."""
    found = {}
    for item in cluster.statefulsets:
        effective = _effective(cluster, item)
        found[str(item["metadata"]["name"])] = detect(
            item["spec"]["template"], cluster.config_maps, effective, cluster.container
        )
    return found


def plan_stage(cluster: StatefulSetCluster, stage: BrokerStage) -> list[StagePlan]:
    """Compute, for each StatefulSet, what the stage writes; nothing is written. Raises Unsupported, Refused."""
    plans = []
    for name, surface in surfaces(cluster).items():
        item = next(sts for sts in cluster.statefulsets if sts["metadata"]["name"] == name)
        plans.append(_plan(cluster, item, surface, _effective(cluster, item), stage))
    return plans


def _plan(
    cluster: StatefulSetCluster,
    statefulset: dict[str, Any],
    surface: Surface,
    effective: Mapping[str, str],
    stage: BrokerStage,
) -> StagePlan:
    ttl = cluster.params["dns_ttl"]
    option = DNS_TTL_OPTION.format(seconds=ttl) if ttl > 0 else ""
    configured = surface.configured(effective)
    context = BrokerContext(
        target=target_level(cluster),
        voters="" if stage == "ibp" else controllers.voters_of(cluster),
        controller_listener=controller_listener_name(configured),
        broker_ids=tuple(cluster.pod_of_broker),
        fixed=surface.fixed(effective),
    )
    changes = broker_changes(stage, configured, context)
    digest = settings_hash(surface.wanted(changes), option)
    identity = cluster_id(cluster)[0] if stage == "kraft" else ""
    written = surface.apply(changes, stage, digest, effective, identity)
    template = with_jvm_option(written.template, surface.container, option, cluster.config_maps)
    return StagePlan(statefulset, surface, changes, replace(written, template=template))


def plan_return(cluster: StatefulSetCluster, stage: str) -> list[StagePlan]:
    """Compute, for each StatefulSet, what leads it back: ``return`` (migrating ZooKeeper mode) or ``original``.

    Both are made of the kept originals. The IBP is never lowered (safety rule 8): for the return to ZooKeeper mode it is the
    quorum's metadata.version, which registration demands (ClusterControlManager), and a raise stays. Raises Refused, Unsupported.
    """
    plans = []
    for name, original in originals.load(cluster).items():
        item = next(sts for sts in cluster.statefulsets if sts["metadata"]["name"] == name)
        surface = detect(original.template, cluster.config_maps, original.effective, cluster.container)
        if stage == stages.RETURN:
            # the same settings, and so the same hash, as those that a broker which has not switched yet still runs
            plans.append(_plan(cluster, item, surface, original.effective, "migration"))
        else:
            plans.append(_plan_original(cluster, item, surface, original.effective))
    return plans


def _plan_original(
    cluster: StatefulSetCluster, statefulset: dict[str, Any], surface: Surface, effective: Mapping[str, str]
) -> StagePlan:
    kept, now = derive_ibp(cluster, effective).current, derive_ibp(cluster).current
    if now is None or kept == now:
        nothing = Changes({})
        return StagePlan(statefulset, surface, nothing, SurfaceChange((), copy.deepcopy(surface.template), ""))
    changes = broker_changes("ibp", surface.configured(effective), BrokerContext(target=now))
    digest = settings_hash(surface.wanted(changes))
    written = surface.apply(changes, "ibp", digest, effective)
    # no stage any more, but a hash: it tells the pods that have it from those that have not
    marks = written.template["metadata"]["annotations"]
    for mark in (names.STAGE, START_COMMAND_SETTINGS):
        marks.pop(mark, None)
    return StagePlan(statefulset, surface, changes, written)


def stage_of(statefulset: Mapping[str, Any]) -> str:
    """The stage of a StatefulSet's template, "" for the user's own."""
    return writes.template_annotation(statefulset, names.STAGE)


def write_stage(cluster: StatefulSetCluster, plan: StagePlan) -> None:
    """Write a stage: OnDelete first, then the new ConfigMap, then the template that names it."""
    held = writes.hold_rolls(cluster.client, plan.statefulset)
    for body in plan.written.config_maps_to_create:
        writes.create_config_map(cluster.client, cluster.namespace, cluster.name, body)
    writes.write_template(cluster.client, held, copy.deepcopy(plan.written.template))


def not_as_wanted(cluster: StatefulSetCluster, stage: str, facts: ProcessFacts) -> str:
    """Return what a restarted broker runs with that differs from the stage's settings, or an empty string."""
    mode = state.mode_of(facts.settings)
    expected = _MODES[stage]
    if mode != expected:
        return f"it runs in mode {mode}, not {expected}"
    wanted = controllers.voters_of(cluster) if expected != state.MODE_ZOOKEEPER else None
    if wanted and facts.settings.get("controller.quorum.voters", "").strip() != wanted:
        return f"controller.quorum.voters is {facts.settings.get('controller.quorum.voters')!r}, not {wanted!r}"
    if stage == "kraft" and facts.settings.get("zookeeper.metadata.migration.enable", "").strip().lower() == "true":
        return "the migration flag is still on"
    return ""
