# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controllers: made and held, started for the migration, and at the end without the migration flag."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import stages, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.diagnose import why_not_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict, wait_for
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    controllers_ready,
    gates,
    rollback_plan,
    status,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
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

    def decide(self, run: Run) -> Decision:
        """At this stage or past it already, or what would be written."""
        cluster, wanted = run.cluster, run.params["state"]
        over = status.already_over(cluster)
        if over:
            return not_needed(over)
        controllers = cluster.driver.controllers
        controllers.check_plan()
        now = controllers.stage()
        if stages.past(now, wanted):
            return done(f"the controllers are past stage {wanted}: stage {now}")
        if wanted == "held":
            return self._decide_held(run)
        if now == wanted and self._up(run):
            return done(f"the controllers are at stage {wanted}")
        if wanted == "final":
            return self._decide_final(run)
        if run.check_mode and not cluster.has_controllers:
            return needed("start the controllers for the migration once they exist")
        _refuse_leftovers(cluster, begun=now == wanted)
        return needed(
            f"start {run.params['controller_replicas']} controllers for the migration", controllers.diff(wanted)
        )

    def _decide_held(self, run: Run) -> Decision:
        controllers = run.cluster.driver.controllers
        if run.cluster.has_controllers:
            return done(f"{controllers.name} exists")
        controllers.refuse_foreign_claims()
        return needed(f"create the controllers {controllers.name}, held at 0 replicas", controllers.diff("held"))

    def _decide_final(self, run: Run) -> Decision:
        cluster = run.cluster
        if run.check_mode and cluster.state.name != state.PURE:
            return needed(
                "remove the migration flag from the controllers once the cluster is in pure dual-write and the gates are open"
            )
        # a quick look before the Lease is taken; the whole one comes right before the write
        gates.require(cluster, thorough=False)
        return needed(
            "remove the migration flag and ZooKeeper from the controllers' settings (irreversible)",
            cluster.driver.controllers.diff("final"),
        )

    def _up(self, run: Run) -> bool:
        return run.params["state"] == "final" or controllers_ready.running(run.cluster)

    def apply(self, run: Run) -> dict[str, Any]:
        """Write the objects of the stage; for migrating also wait until the pods are Ready."""
        cluster, stage = run.cluster, run.params["state"]
        controllers = cluster.driver.controllers
        if stage == "held":
            made = controllers.make()
            run.ensure_lock()
            run.record("created", objects=made)
            return {**controllers.summary(stage), "objects": made}
        now = controllers.stage()
        if stage != "final":
            _refuse_leftovers(cluster, begun=now == stage)
        # a rollback that was given up on has scaled them down
        wanted = controllers.planned_replicas(stage)
        to_write = now != stage or controllers.replicas() != wanted
        if to_write:
            run.will_make(stage, controllers.secrets(stage))
        if stage == "final":
            # right before the write: a drain right after it could already elect an unflagged controller
            opened = gates.require(cluster)
            run.record(
                "gates", gates=[gate.as_dict(run.params["accept"]) for gate in opened], confirmed_by=run.lease.holder
            )
        if to_write:
            if stage == "final" and cluster.driver.enforcement.open(run.journal.migration_id, run.progress):
                cluster.changed()  # that took a moment: the gates are of right before the write
                gates.require(cluster)
            controllers.write(stage)
            run.progress(f"{controllers.name}: settings of stage {stage} written")
        if stage == "migrating":
            self._wait_ready(run, wanted)
        cluster.changed()
        run.record("written", stage=stage)
        return {**controllers.summary(stage), "stage": stage}

    def _wait_ready(self, run: Run, wanted: int) -> None:
        cluster = run.cluster
        controllers = cluster.driver.controllers
        pods = controllers.pod_names(wanted)

        def check(objects: Any) -> Verdict:
            ready = [
                pod for pod in pods if pod in objects and is_ready(objects[pod]) and controllers.is_pod(objects[pod])
            ]
            return Verdict(len(ready) == wanted, f"{len(ready)} of {wanted} controllers are Ready")

        try:
            wait_for(
                run.client, POD, cluster.namespace, check, timeout=run.params["pod_timeout"], progress=run.progress
            )
        except DeadlineExceeded as error:
            reasons = [why_not_ready(run.client, cluster.namespace, pod, cluster.controller_container) for pod in pods]
            why = "; ".join(f"{pod}: {reason}" for pod, reason in zip(pods, reasons, strict=True) if reason)
            raise DeadlineExceeded(f"{error.message}; {why}", code="controllers-not-ready") from error


def _refuse_leftovers(cluster: DirectCluster, *, begun: bool) -> None:
    """Nothing of an earlier attempt may be left: neither in ZooKeeper, nor on volumes, nor in a broker's memory.

    ``begun``: these controllers were started before. As long as their volumes are there, what ZooKeeper holds is their own.
    """
    controllers = cluster.driver.controllers
    if not begun or not (controllers.claims() or cluster.driver.checks.claims()):
        controllers.refuse_leftovers()
    left = rollback_plan.pending(cluster)
    if left:
        raise Refused(left, code="rollback-pending")
