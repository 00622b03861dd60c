# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sub-phases that stop the quorum and give ZooKeeper back to the brokers."""

from __future__ import annotations

import dataclasses
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import stages
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    election,
    level_epochs,
    quorum_removal,
    rollback_plan,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.quorum_removal import Evidence
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import Decision, KraftAction
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led import RemoveZnodes
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.migration_znode."""

    MODULE = "migration_znode"
    LED = RemoveZnodes

    def decide(self, run: Run) -> Decision:
        """Whether anything of the quorum, or of its traces, is left."""
        found = Decision.of(rollback_plan.answer(run.cluster, run.sub_phase, check_mode=run.check_mode))
        if not (found.needed and run.check_mode):
            return found
        return dataclasses.replace(found, reason=found.reason + level_epochs.would(run.cluster))

    def apply(self, run: Run) -> dict[str, Any]:
        """In this order: ZooKeeper has everything, nothing more is committed, the quorum is gone, one transaction, an election, volumes."""
        cluster, evidence = run.cluster, Evidence()
        quorum_removal.settle(cluster, evidence, run.progress)
        run.record("stopping", **evidence.as_dict())
        quorum_removal.quiesce_quorum(cluster, evidence, run.progress)
        quorum_removal.stop(cluster, evidence, run.progress)
        try:
            quorum_removal.hand_over(cluster, evidence, run.progress)
        except DeadlineExceeded as error:
            self._restart_for_election(run, evidence, error)
        quorum_removal.delete(cluster, evidence, run.progress)
        run.record("removed", **evidence.as_dict())
        return {
            "msg": f"the quorum is gone, broker {evidence.controller} is controller"
            + (
                f" {evidence.elected_ms - evidence.committed_ms} ms after the znodes were removed"
                if evidence.removed
                else ""
            ),
            **evidence.as_dict(),
        }

    def _restart_for_election(self, run: Run, evidence: Evidence, error: DeadlineExceeded) -> None:
        """No broker took /controller: one that starts on plain ZooKeeper settings tries by itself (KAFKA-16101)."""
        cluster = run.cluster
        pod = election.choose(cluster)
        evidence.notes.append(f"{error.message}: a broker was restarted so that it can be elected")
        run.progress(f"{error.message}; restarting {pod} on its original settings, so that it tries again")
        plans = cluster.driver.brokers.plan(stages.ORIGINAL)
        run.will_make(stages.ORIGINAL, [name for item in plans for name in item.secrets])
        for item in plans:
            cluster.driver.brokers.write(item)
        cluster.changed()

        def guard() -> None:
            cluster.changed(Part.OBJECTS)
            cluster.driver.ownership.check(run.journal.migration_id)

        controller, evidence.elected_ms = election.restart_one(cluster, pod, guard, run.progress)
        evidence.controller = controller.broker_id
        cluster.changed()
