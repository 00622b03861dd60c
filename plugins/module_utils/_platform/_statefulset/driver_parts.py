# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ownership, originals, brokers, controllers and checks of plain StatefulSets, carried out by the modules beside this one.

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
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.diff import before_after
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import (
    CONFIG_MAP,
    PDB,
    PVC,
    SECRET,
    SERVICE,
    STATEFUL_SET,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    brokers,
    checks,
    controller_checks,
    controllers,
    locks,
    originals,
    ownership,
    volumes,
    writes,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.brokers import StagePlan
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import (
    Enforcement,
    Obj,
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


class StatefulSetControllers:
    def __init__(self, cluster: StatefulSetCluster) -> None:
        self._cluster = cluster

    @property
    def name(self) -> str:
        return self._cluster.controllers_name

    def stage(self) -> str:
        return controllers.stage_of(self._cluster)

    def settings_hash(self) -> str:
        found = self._cluster.controllers
        return marks.template_annotation(found, names.SETTINGS_HASH) if found else ""

    def outdated(self) -> list[str]:
        wanted = self.settings_hash()
        return [pod for pod, obj in self._cluster.controller_pods.items() if marks.pod_settings_hash(obj) != wanted]

    def replicas(self) -> int | None:
        found = self._cluster.controllers
        return None if found is None else int(found["spec"].get("replicas", 1))

    def node_ids(self) -> list[int]:
        return controllers.node_ids(self._cluster)

    def check_plan(self) -> None:
        controllers.check_plan(self._cluster)

    def plan_lines(self) -> list[str]:
        return controller_checks.plan_lines(self._cluster)

    def diff(self, stage: str) -> dict[str, str]:
        objects = controllers.build(self._cluster, stage)
        before: Obj = {}
        if self._cluster.controllers is not None:
            spec = self._cluster.controllers["spec"]
            before = {"replicas": spec.get("replicas"), "template": spec["template"]}
        after: Obj = {
            "replicas": objects.statefulset["spec"]["replicas"],
            "template": objects.statefulset["spec"]["template"],
        }
        if objects.settings is not None:
            after["settings"] = dict(objects.shown_settings)
        return before_after(before, after)

    def planned_replicas(self, stage: str) -> int:
        return int(controllers.build(self._cluster, stage).statefulset["spec"]["replicas"])

    def pod_names(self, replicas: int) -> list[str]:
        return [f"{self.name}-{ordinal}" for ordinal in range(replicas)]

    def make(self) -> list[str]:
        return controllers.create(self._cluster, controllers.build(self._cluster, "held"))

    def secrets(self, stage: str) -> list[str]:
        settings = controllers.build(self._cluster, stage).settings or {}
        return [str(settings["metadata"]["name"])] if settings.get("kind") == "Secret" else []

    def write(self, stage: str) -> None:
        controllers.write(self._cluster, controllers.build(self._cluster, stage))

    def summary(self, stage: str) -> dict[str, Any]:
        return controllers.summary(self._cluster, controllers.build(self._cluster, stage))

    def stop(self) -> None:
        cluster = self._cluster
        if cluster.controllers is not None:
            writes.scale(cluster.client, cluster.controllers, 0)
            cluster.changed(Part.OBJECTS)

    def would_lack_flag(self) -> str:
        return controllers.would_lack_flag(self._cluster)

    def pods(self) -> dict[str, Obj]:
        return ownership.controller_pods(self._cluster)

    def is_pod(self, pod: Mapping[str, Any]) -> bool:
        return ownership.is_controller_pod(self._cluster, pod)

    def remove(self) -> tuple[list[str], list[str]]:
        cluster = self._cluster
        deleted: list[str] = []
        left_alone: list[str] = []
        secrets = controllers.secret_names(cluster)
        for kind in (STATEFUL_SET, SERVICE, PDB):
            done = ownership.delete_ours(cluster, kind, self.name)
            if done == "deleted":
                deleted.append(f"{kind.kind}/{self.name}")
            elif done != "absent":
                left_alone.append(done)
        wanted = f"{names.LABEL_CLUSTER}={cluster.name},{names.LABEL_ROLE}={names.ROLE_CONTROLLER}"
        deleted += [
            f"ConfigMap/{item['metadata']['name']}"
            for item in cluster.client.list(CONFIG_MAP, cluster.namespace, label_selector=wanted)
            if ownership.delete_read(cluster, CONFIG_MAP, item) == "deleted"
        ]
        deleted += [f"Secret/{name}" for name in secrets if ownership.delete_ours(cluster, SECRET, name) == "deleted"]
        return deleted, left_alone

    def left(self) -> list[str]:
        cluster = self._cluster
        there = [f"StatefulSet {self.name}"] if cluster.controllers is not None else []
        others = (kind for kind in (SERVICE, PDB) if ownership.has_ours(cluster, kind, self.name))
        return there + [f"{kind.kind} {self.name}" for kind in others]

    def claims(self) -> dict[str, Obj]:
        return volumes.leftover_claims(self._cluster)

    def remove_claim(self, claim: Mapping[str, Any]) -> bool:
        return ownership.delete_read(self._cluster, PVC, claim) == "deleted"

    def refuse_foreign_claims(self) -> None:
        ownership.refuse(volumes.claim_findings(self._cluster))

    def refuse_leftovers(self) -> None:
        volumes.refuse_leftovers(self._cluster)


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
