# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The brokers' settings: what each stage needs, where it is written, and whether a process really runs it.

Private to the collection. The original ConfigMap stays untouched; each stage is a new object or a new template revision.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.ibp import fold
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.settings import (
    BrokerContext,
    BrokerStage,
    Changes,
    broker_changes,
    controller_listener_name,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.surface import (
    DNS_TTL_OPTION,
    Surface,
    SurfaceChange,
    detect,
    settings_hash,
    with_jvm_option,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import SECRET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform import controllers, writes
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.identity import cluster_id
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.level import derive_ibp, target_level
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.statefulset import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, DeadlineExceeded, Refused
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.waits import wait_hybrid

#: stages in order; a later one is never undone by an earlier one
ORDER = ("", "ibp", "migration", "kraft")


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
    for pod, facts in cluster.facts.items():
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
    ttl = cluster.params["dns_ttl"]
    option = DNS_TTL_OPTION.format(seconds=ttl) if ttl > 0 else ""
    plans = []
    for name, surface in surfaces(cluster).items():
        item = next(sts for sts in cluster.statefulsets if sts["metadata"]["name"] == name)
        effective = _effective(cluster, item)
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
        plans.append(StagePlan(item, surface, changes, replace(written, template=template)))
    return plans


def stage_of(statefulset: Mapping[str, Any]) -> str:
    """The stage of a StatefulSet's template, "" for the user's own."""
    return writes.template_annotation(statefulset, names.STAGE)


def keep_originals(cluster: StatefulSetCluster) -> str:
    """Keep the original pod templates in a Secret (they may hold passwords) before anything is written; returns its name."""
    name = names.originals_name(cluster.name)
    if cluster.client.find(SECRET, name, cluster.namespace) is not None:
        return name
    originals = {}
    for item in cluster.statefulsets:
        if stage_of(item):
            raise Conflict(
                f"StatefulSet {item['metadata']['name']} is at stage {stage_of(item)} but Secret {name} with its original is gone; "
                "restore that Secret before going on",
                code="changed-by-others",
            )
        spec = {key: item["spec"][key] for key in ("template", "updateStrategy", "replicas") if key in item["spec"]}
        originals[f"{item['metadata']['name']}.json"] = json.dumps(spec, sort_keys=True)
    cluster.client.create(
        SECRET,
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": name,
                "namespace": cluster.namespace,
                "labels": {names.LABEL_CLUSTER: cluster.name, names.MANAGED_BY: names.MANAGER},
            },
            "stringData": originals,
        },
        cluster.namespace,
    )
    return name


def write_stage(cluster: StatefulSetCluster, plan: StagePlan) -> None:
    """Write a stage: OnDelete first, then the new ConfigMap, then the template that names it."""
    held = writes.hold_rolls(cluster.client, plan.statefulset)
    for body in plan.written.config_maps_to_create:
        writes.create_config_map(cluster.client, cluster.namespace, cluster.name, body)
    writes.write_template(cluster.client, held, copy.deepcopy(plan.written.template))


def not_as_wanted(cluster: StatefulSetCluster, stage: str, facts: ProcessFacts) -> str:
    """Return what a restarted broker runs with that differs from the stage's settings, or an empty string."""
    mode = state.mode_of(facts.settings)
    expected = {"ibp": state.MODE_ZOOKEEPER, "migration": state.MODE_MIGRATING, "kraft": state.MODE_KRAFT}[stage]
    if mode != expected:
        return f"it runs in mode {mode}, not {expected}"
    wanted = controllers.voters_of(cluster) if stage != "ibp" else None
    if wanted and facts.settings.get("controller.quorum.voters", "").strip() != wanted:
        return f"controller.quorum.voters is {facts.settings.get('controller.quorum.voters')!r}, not {wanted!r}"
    if stage == "kraft" and facts.settings.get("zookeeper.metadata.migration.enable", "").strip().lower() == "true":
        return "the migration flag is still on"
    return ""


def check_hybrid_or_beyond(cluster: StatefulSetCluster) -> None:
    """Refuse the KRaft roll unless KRaft holds /controller and the copy is done (checked again before each restart)."""
    cluster.forget("view")
    view = cluster.view
    held = view.controller is not None and view.controller.is_kraft
    if not held or view.migration is None or view.migration.offset <= 0:
        raise Refused(
            f"{cluster.namespace}/{cluster.name} is not in dual-write: /controller is not held by KRaft or the copy is not done; run migrate.yml",
            code="wrong-state",
        )


def prove_hybrid(cluster: StatefulSetCluster, timeout: float = 60.0) -> None:
    """Refuse the KRaft settings unless KRaft holds /controller and /migration is seen to advance within ``timeout`` seconds.

    The MIGRATION record alone precedes the copy back to ZooKeeper and the brokers' RPCs (KRaftMigrationDriver).
    """
    check_hybrid_or_beyond(cluster)
    try:
        wait_hybrid(cluster.zookeeper, sorted(cluster.controller_ids), timeout=timeout)
    except DeadlineExceeded as error:
        raise Refused(
            f"{cluster.namespace}/{cluster.name} does not write to both stores: {error.message}; run migrate.yml",
            code="wrong-state",
        ) from error
