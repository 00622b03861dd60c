# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ownership, originals, brokers and checks of plain StatefulSets, carried out by the modules beside this one.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, stages
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import marks
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import BrokerStage
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import (
    STATEFUL_SET,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    brokers,
    checks,
    locks,
    originals,
    ownership,
    volumes,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.brokers import StagePlan
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import (
    Enforcement,
    Plan,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.pods import wanted_pods

#: on a StatefulSet of the brokers while their left-over metadata logs are being deleted
CLEAN_UP = names.PREFIX + "format-cluster-metadata-in-kafka"


class StatefulSetOwnership:
    def __init__(self, cluster: StatefulSetCluster, enforcement: Enforcement) -> None:
        self._cluster = cluster
        self._enforcement = enforcement

    def check_names(self) -> None:
        ownership.refuse(self.foreign_by_name())

    def check_foreign(self) -> None:
        ownership.refuse(self.foreign())

    def check(self, migration_id: str) -> None:
        locks.check(self._cluster, migration_id)

    def foreign(self) -> list[Finding]:
        return ownership.findings(self._cluster)

    def foreign_by_name(self) -> list[Finding]:
        return ownership.of_statefulsets(self._cluster)

    def locked_by(self) -> str:
        return locks.current_id(self._cluster)

    def holder(self) -> str:
        return marks.annotations_of(self._cluster.statefulsets[0]).get(names.LOCK_HOLDER, "")

    def unlocked(self) -> list[str]:
        return [
            str(item["metadata"]["name"])
            for item in locks.managed(self._cluster)
            if names.LOCK not in marks.annotations_of(item)
        ]

    def lock(self, migration_id: str, holder: str, since: str) -> bool:
        return locks.annotate(self._cluster, migration_id, holder, since)

    def unlock(self, *, over: bool = False) -> bool:
        # the policy first: a run that is killed in between finds the lock, and comes here again
        removed = self._enforcement.remove()
        return locks.release(self._cluster, over=over) or removed


class StatefulSetOriginals:
    def __init__(self, cluster: StatefulSetCluster) -> None:
        self._cluster = cluster

    def keep(self) -> str:
        return originals.keep(self._cluster)

    def check(self) -> None:
        originals.load(self._cluster)

    def missing(self) -> list[str]:
        return originals.missing(self._cluster)

    def forget(self) -> bool:
        return originals.forget(self._cluster)


class StatefulSetBrokers:
    def __init__(self, cluster: StatefulSetCluster) -> None:
        self._cluster = cluster

    def stages(self) -> dict[str, str]:
        return {str(item["metadata"]["name"]): brokers.stage_of(item) for item in self._cluster.statefulsets}

    def hashes(self) -> dict[str, str]:
        return {
            str(item["metadata"]["name"]): marks.template_annotation(item, names.SETTINGS_HASH)
            for item in self._cluster.statefulsets
        }

    def hashes_by_uid(self) -> dict[str, str]:
        return {
            str(item["metadata"]["uid"]): marks.template_annotation(item, names.SETTINGS_HASH)
            for item in self._cluster.statefulsets
        }

    def outdated(self) -> list[str]:
        wanted = self.hashes_by_uid()
        return [
            pod
            for pod, obj in self._cluster.pods.items()
            if marks.pod_settings_hash(obj) != wanted.get(marks.owner_uid(obj))
        ]

    def ibp_roll(self) -> tuple[bool, str]:
        return brokers.ibp_roll(self._cluster)

    def plan(self, stage: str) -> Sequence[Plan]:
        if stage in stages.BACK:
            return brokers.plan_return(self._cluster, stage)
        return brokers.plan_stage(self._cluster, cast(BrokerStage, stage))

    def plan_ahead(self, stage: str) -> Sequence[Plan]:
        return brokers.plan_ahead(self._cluster).get(stage, [])

    def settings_ahead(self) -> list[dict[str, Any]]:
        return checks.stage_settings(self._cluster)

    def settings_line(self, item: Mapping[str, Any]) -> str:
        return checks.stage_line(item)

    def write(self, plan: Plan) -> None:
        brokers.write_stage(self._cluster, cast(StagePlan, plan))
        self._cluster.changed(Part.OBJECTS)

    def not_as_wanted(self, stage: str, facts: ProcessFacts) -> str:
        return brokers.not_as_wanted(self._cluster, stage, facts)

    def marked(self) -> list[str]:
        return [
            str(item["metadata"]["name"])
            for item in self._cluster.statefulsets
            if CLEAN_UP in marks.annotations_of(item)
        ]

    def mark(self, value: str | None) -> None:
        cluster = self._cluster
        for item in cluster.statefulsets:
            metadata = item["metadata"]
            if marks.annotations_of(item).get(CLEAN_UP) != value:
                body = {"metadata": {"uid": metadata["uid"], "annotations": {CLEAN_UP: value}}}
                cluster.client.patch(STATEFUL_SET, metadata["name"], cluster.namespace, body)
        cluster.changed(Part.OBJECTS)

    def stage_of_pod(self, pod: str) -> str:
        cluster = self._cluster
        if pod in cluster.pods:
            return marks.annotations_of(cluster.pods[pod]).get(names.STAGE, "")
        sets = [item for item in cluster.statefulsets if pod in wanted_pods(item)]
        return marks.template_annotation(sets[0], names.STAGE) if sets else ""


class StatefulSetChecks:
    def __init__(self, cluster: StatefulSetCluster) -> None:
        self._cluster = cluster

    def objects(self) -> list[Finding]:
        return checks.object_findings(self._cluster)

    def claims(self) -> list[Finding]:
        return volumes.claim_findings(self._cluster)

    def missing_pods(self) -> list[Finding]:
        return checks.missing_pods(self._cluster)

    def workloads(self) -> list[Finding]:
        return checks.workload_findings(self._cluster)

    def settings(self) -> list[Finding]:
        return checks.plan_findings(self._cluster)

    def references(self, code: str, *, ahead: bool) -> list[Finding]:
        leaving = brokers.leaving_variables(self._cluster) if ahead else None
        return checks.reference_findings(self._cluster, code, leaving)

    def controllers(self) -> list[Finding]:
        return checks.controller_findings(self._cluster)

    def termination(self) -> list[Finding]:
        return checks.termination(self._cluster)
