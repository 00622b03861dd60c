# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controllers of plain StatefulSets, carried out by the modules beside this one.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import marks
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
    controller_plan,
    controllers,
    ownership,
    volumes,
    writes,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Obj


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
        return controller_plan.plan_lines(self._cluster)

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
