# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The brokers' settings: what each stage needs, where it is written, and whether a process really runs it.

Private to the collection. The original ConfigMap stays untouched; each stage is a new object or a new template revision.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.identity import cluster_id
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.metadata_version import derive_ibp, target_version
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, stages, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import marks
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import (
    START_COMMAND_SETTINGS,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import main_container
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.ibp import fold
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import REDACTED, shown
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import (
    BrokerContext,
    BrokerStage,
    Changes,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.planning import (
    Brokers,
    Needs,
    PlannedStage,
    plan,
    plan_all,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._sources.source import (
    DNS_TTL_OPTION,
    SettingsSource,
    StageChange,
    needed_secrets,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.diff import before_after
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    controllers,
    originals,
    security,
    writes,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden

#: the stages of the way forward, in order
FORWARD: tuple[BrokerStage, ...] = ("ibp", "migration", "kraft")
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
    source: SettingsSource
    changes: Changes
    written: StageChange

    @property
    def name(self) -> str:
        """The StatefulSet's name."""
        return str(self.statefulset["metadata"]["name"])

    @property
    def stage_now(self) -> str:
        """The stage that the template is at, "" for the user's own."""
        return stage_of(self.statefulset)

    @property
    def source_kind(self) -> str:
        """What kind of settings source it has."""
        return self.source.kind

    @property
    def secrets(self) -> list[str]:
        """Names of the Secrets that it makes."""
        return [str(body["metadata"]["name"]) for body in self.written.objects_to_create if body["kind"] == "Secret"]

    def diff(self) -> dict[str, str]:
        """Before and after, for diff mode; values of Secrets are hidden."""
        given, hidden = self.source.given(), self.source.hidden()
        set_ = {key: REDACTED if key in hidden else shown(key, value) for key, value in self.changes.set.items()}
        before = {"settings": given, "template": self.source.template}
        after = {"settings": replace(self.changes, set=set_).applied_to(given), "template": self.written.template}
        return before_after(before, after)


def ibp_roll(cluster: StatefulSetCluster) -> tuple[bool, str]:
    """Whether the IBP has to be raised in a roll of its own, and why or why not."""
    decision = derive_ibp(cluster)
    if decision.current is not None and decision.current >= decision.target:
        return False, f"the IBP is {decision.current} already: no separate roll is needed"
    folding = fold(decision.current)
    return not folding.folds, folding.reason


def _running(cluster: StatefulSetCluster, statefulset: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """Settings and settings file of a running broker of the set, of one that has the template's settings already where there is one."""
    wanted = marks.template_annotation(statefulset, names.SETTINGS_HASH)
    found: tuple[dict[str, str], str] = ({}, "")
    for pod, facts in known(cluster.facts).items():
        if pod.rpartition("-")[0] != statefulset["metadata"]["name"]:
            continue
        this = (dict(facts.settings), facts.config_path or "")
        found = found if found[0] else this
        if (cluster.pods[pod]["metadata"].get("annotations") or {}).get(names.SETTINGS_HASH, "") == wanted:
            return this
    return found


def _brokers(
    cluster: StatefulSetCluster, template: dict[str, Any], effective: Mapping[str, str], config_path: str
) -> Brokers:
    """What the settings of a pod template are made of; only the Secrets that may hold settings are read."""
    container = cluster.params["container"] or main_container(template)
    wanted = needed_secrets(template, container, cluster.config_maps, config_path)
    secrets = {}
    for name in wanted:
        # one that may not be read is missing only where the settings turn out to be in it
        with suppress(Forbidden):
            found = cluster.secret(name)
            if found is not None:
                secrets[name] = found
    where = f"{cluster.namespace}/{cluster.name}"
    return Brokers(template, cluster.config_maps, secrets, effective, container, where, config_path)


def as_they_run(cluster: StatefulSetCluster) -> dict[str, Brokers]:
    """The brokers of each StatefulSet: its template, and what a running broker of it uses."""
    return {
        str(item["metadata"]["name"]): _brokers(cluster, item["spec"]["template"], *_running(cluster, item))
        for item in cluster.statefulsets
    }


def sources(cluster: StatefulSetCluster) -> dict[str, SettingsSource]:
    """The settings source of each StatefulSet, checked against what a running broker uses. Raises Unsupported."""
    return {name: brokers.source() for name, brokers in as_they_run(cluster).items()}


def source_at(cluster: StatefulSetCluster, source: SettingsSource, template: dict[str, Any]) -> SettingsSource:
    """A settings source in another revision of its pod template."""
    return source.at(template, _brokers(cluster, template, {}, "").secrets)


def leaving_variables(cluster: StatefulSetCluster) -> dict[str, list[tuple[str, str]]]:
    """By StatefulSet, (container, variable) of those that only serve ZooKeeper's settings and leave with them."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, brokers in as_they_run(cluster).items():
        try:
            found[name] = brokers.source().leaving(brokers.effective)
        except Unsupported:
            found[name] = []
    return found


def plan_stage(cluster: StatefulSetCluster, stage: BrokerStage) -> list[StagePlan]:
    """Compute, for each StatefulSet, what the stage writes; nothing is written. Raises Unsupported, Refused."""
    found = as_they_run(cluster)
    return [
        _stage_plan(item, plan(found[str(item["metadata"]["name"])], stage, *_planning(cluster, stage)))
        for item in cluster.statefulsets
    ]


def plan_ahead(cluster: StatefulSetCluster) -> dict[str, list[StagePlan]]:
    """Compute every stage that is still to come, each as it is written over the one before; nothing is written.

    What the brokers need to know of the controllers is derived from their planned names. Raises Unsupported, Refused.
    """
    found: dict[str, list[StagePlan]] = {}
    brokers_of = as_they_run(cluster)
    first = "ibp" if ibp_roll(cluster)[0] else "migration"
    for item in cluster.statefulsets:
        brokers = brokers_of[str(item["metadata"]["name"])]
        now = stage_of(item)
        ahead = [stage for stage in FORWARD[FORWARD.index(first) :] if stage != now and not stages.past(now, stage)]
        for planned in plan_all(brokers, ahead, lambda stage: _planning(cluster, stage)):
            found.setdefault(planned.stage, []).append(_stage_plan(item, planned))
    return found


def _stage_plan(statefulset: dict[str, Any], planned: PlannedStage) -> StagePlan:
    return StagePlan(statefulset, planned.source, planned.changes, planned.written)


def _planning(cluster: StatefulSetCluster, stage: BrokerStage) -> Needs:
    """What a stage depends on beside the brokers: their context, our JVM option, the cluster id."""
    ttl = cluster.params["dns_ttl"]
    target, voters = target_version(cluster), "" if stage == "ibp" else controllers.voters_of(cluster)

    def context(stage: BrokerStage, configured: Mapping[str, str]) -> BrokerContext:
        if stage == "ibp":
            return BrokerContext(target=target)
        # a setting whose value only the pod knows is taken from what runs
        chosen = security.of_controllers(cluster, configured)
        return BrokerContext(
            target=target,
            voters=voters,
            controller_listener=chosen.listener,
            controller_protocol=chosen.protocol,
            security={**chosen.brokers, **security.super_users(cluster, configured, chosen)},
            broker_ids=tuple(cluster.pod_of_broker),
        )

    identity = cluster_id(cluster)[0] if stage == "kraft" else ""
    return context, DNS_TTL_OPTION.format(seconds=ttl) if ttl > 0 else "", identity


def plan_return(cluster: StatefulSetCluster, stage: str) -> list[StagePlan]:
    """Compute, for each StatefulSet, what leads it back: ``return`` (migrating ZooKeeper mode) or ``original``.

    Both are made of the kept originals. The IBP is never lowered (safety rule 8): for the return to ZooKeeper mode it is the
    quorum's metadata.version, which registration demands (ClusterControlManager), and a raise stays. Raises Refused, Unsupported.
    """
    plans = []
    for name, original in originals.load(cluster).items():
        item = next(sts for sts in cluster.statefulsets if sts["metadata"]["name"] == name)
        brokers = _brokers(cluster, original.template, original.effective, _running(cluster, item)[1])
        if stage == stages.RETURN:
            # the same settings, and so the same hash, as those that a broker which has not switched yet still runs
            plans.append(_stage_plan(item, plan(brokers, "migration", *_planning(cluster, "migration"))))
        else:
            plans.append(_plan_original(cluster, item, brokers))
    return plans


def _plan_original(cluster: StatefulSetCluster, statefulset: dict[str, Any], brokers: Brokers) -> StagePlan:
    kept, now = derive_ibp(cluster, brokers.effective).current, derive_ibp(cluster).current
    if now is None or kept == now:
        unchanged = StageChange((), copy.deepcopy(brokers.template), "")
        return StagePlan(statefulset, brokers.source(), Changes({}), unchanged)
    planned = plan(brokers, "ibp", lambda _stage, _configured: BrokerContext(target=now))
    # no stage any more, but a hash: it tells the pods that have it from those that have not
    marks = planned.written.template["metadata"]["annotations"]
    for mark in (names.STAGE, START_COMMAND_SETTINGS):
        marks.pop(mark, None)
    return _stage_plan(statefulset, planned)


def stage_of(statefulset: Mapping[str, Any]) -> str:
    """The stage of a StatefulSet's template, "" for the user's own."""
    return marks.template_annotation(statefulset, names.STAGE)


def write_stage(cluster: StatefulSetCluster, item: StagePlan) -> None:
    """Write a stage: OnDelete first, then the new ConfigMap, then the template that names it."""
    held = writes.hold_rolls(cluster.client, item.statefulset)
    for body in item.written.objects_to_create:
        writes.create_settings(cluster.client, cluster.namespace, cluster.name, body)
    writes.write_template(cluster.client, held, copy.deepcopy(item.written.template))


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
