# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controllers: made and held, started for the migration, and at the end without the migration flag."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, stages, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.diagnose import why_not_back
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.diff import before_after
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict, wait_for
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    controllers_ready,
    gates,
    rollback_plan,
    status,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    controllers,
    ownership,
    volumes,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.writes import template_annotation
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded, Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import (
    Decision,
    KraftAction,
    done,
    needed,
    not_needed,
)
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.kraft_controller."""

    MODULE = "kraft_controller"

    def judge(self, run: Run) -> Decision:
        """At this stage or past it already, or what would be written."""
        cluster, wanted = run.cluster, run.params["state"]
        over = status.already_over(cluster)
        if over:
            return not_needed(over)
        controllers.check_plan(cluster)
        existing = cluster.controllers
        now = template_annotation(existing, names.STAGE) if existing else ""
        if stages.past(now, wanted):
            return done(f"the controllers are past stage {wanted}: stage {now}")
        if wanted == "held":
            return self._judge_held(run)
        if now == wanted and self._up(run):
            return done(f"the controllers are at stage {wanted}")
        if wanted == "final":
            return self._judge_final(run)
        if run.check_mode and existing is None:
            return needed("start the controllers for the migration once they exist")
        _refuse_leftovers(cluster, begun=now == wanted)
        return needed(
            f"start {run.params['controller_replicas']} controllers for the migration", self._diff(run, wanted)
        )

    def _judge_held(self, run: Run) -> Decision:
        if run.cluster.controllers is not None:
            return done(f"StatefulSet {run.cluster.controllers_name} exists")
        ownership.refuse(volumes.claim_findings(run.cluster))
        text = f"make StatefulSet, Service and PodDisruptionBudget {run.cluster.controllers_name}, held at 0 replicas"
        return needed(text, self._diff(run, "held"))

    def _judge_final(self, run: Run) -> Decision:
        cluster = run.cluster
        if run.check_mode and cluster.state.name != state.PURE:
            return needed(
                "take the migration flag off the controllers once the cluster is in pure dual-write and the gates are open"
            )
        # a quick look before the Lease is taken; the whole one comes right before the write
        gates.require(cluster, thorough=False)
        return needed(
            "take the migration flag and ZooKeeper out of the controllers' settings (irreversible)",
            self._diff(run, "final"),
        )

    def _up(self, run: Run) -> bool:
        return run.params["state"] == "final" or controllers_ready.running(run.cluster)

    def _diff(self, run: Run, stage: str) -> dict[str, str]:
        objects = controllers.build(run.cluster, stage)
        before: dict[str, Any] = {}
        if run.cluster.controllers is not None:
            spec = run.cluster.controllers["spec"]
            before = {"replicas": spec.get("replicas"), "template": spec["template"]}
        after: dict[str, Any] = {
            "replicas": objects.statefulset["spec"]["replicas"],
            "template": objects.statefulset["spec"]["template"],
        }
        if objects.config_map is not None:
            after["config_map"] = objects.config_map
        return before_after(before, after)

    def apply(self, run: Run) -> dict[str, Any]:
        """Write the objects of the stage; for migrating also wait until the pods are Ready."""
        cluster, stage = run.cluster, run.params["state"]
        objects = controllers.build(cluster, stage)
        if stage == "held":
            made = controllers.create(cluster, objects)
            run.ensure_lock()
            run.record("created", objects=made)
            return {**controllers.summary(cluster, objects), "objects": made}
        now = template_annotation(cluster.controllers or {"spec": {"template": {}}}, names.STAGE)
        if stage == "final":
            # right before the write: a drain right after it could already elect an unflagged controller
            opened = gates.require(cluster)
            run.record(
                "gates", gates=[gate.as_dict(run.params["accept"]) for gate in opened], confirmed_by=run.lease.holder
            )
        else:
            _refuse_leftovers(cluster, begun=now == stage)
        # a rollback that was given up on has scaled them down
        wanted = objects.statefulset["spec"]["replicas"]
        scaled = cluster.controllers is not None and cluster.controllers["spec"].get("replicas") == wanted
        if now != stage or not scaled:
            controllers.write(cluster, objects)
            run.progress(f"StatefulSet {cluster.controllers_name}: settings of stage {stage} written")
        if stage == "migrating":
            self._wait_ready(run, int(wanted))
        cluster.changed()
        run.record("written", stage=stage)
        return {**controllers.summary(cluster, objects), "stage": stage}

    def _wait_ready(self, run: Run, wanted: int) -> None:
        cluster = run.cluster
        if cluster.controllers is None:
            raise Refused("the controllers' StatefulSet does not exist", code="controllers-not-ready")
        pods = [f"{cluster.controllers_name}-{ordinal}" for ordinal in range(wanted)]

        def judge(objects: Any) -> Verdict:
            ready = [
                pod
                for pod in pods
                if pod in objects and is_ready(objects[pod]) and ownership.is_controller_pod(cluster, objects[pod])
            ]
            return Verdict(len(ready) == wanted, f"{len(ready)} of {wanted} controllers are Ready")

        try:
            wait_for(
                run.client, POD, cluster.namespace, judge, timeout=run.params["pod_timeout"], progress=run.progress
            )
        except DeadlineExceeded as error:
            reasons = [why_not_back(run.client, cluster.namespace, pod, cluster.controller_container) for pod in pods]
            why = "; ".join(f"{pod}: {reason}" for pod, reason in zip(pods, reasons, strict=True) if reason)
            raise DeadlineExceeded(f"{error.message}; {why}", code="controllers-not-ready") from error


def _refuse_leftovers(cluster: StatefulSetCluster, *, begun: bool) -> None:
    """Nothing of an earlier attempt may be left: neither in ZooKeeper, nor on volumes, nor in a broker's memory.

    ``begun``: these controllers were started before. As long as their volumes are there, what ZooKeeper holds is their own.
    """
    if not begun or not (volumes.leftover_volumes(cluster) or volumes.foreign_claims(cluster)):
        volumes.refuse_leftovers(cluster)
    left = rollback_plan.pending(cluster)
    if left:
        raise Refused(left, code="rollback-pending")
