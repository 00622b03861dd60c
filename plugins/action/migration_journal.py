# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SetupComplete, MigrateDualWrite, MoveToKRaftControllerComplete: what the run has reached, written down."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, phases, rollback, stages, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import rollback_plan, rollback_proof, status
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import locks, originals, writes
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import (
    Decision,
    KraftAction,
    done,
    needed,
    not_needed,
)
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run, now


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.migration_journal."""

    MODULE = "migration_journal"

    def judge(self, run: Run) -> Decision:
        """Recorded already, or to be recorded now that the state is reached."""
        event, cluster = run.params["event"], run.cluster
        if event == rollback.COMPLETE:
            return Decision.of(rollback_plan.answer(cluster, event, check_mode=run.check_mode))
        over = status.already_over(cluster)
        if over and event != "MoveToKRaftControllerComplete":
            return not_needed(over)
        if run.journal.has(event) and not (event == "MoveToKRaftControllerComplete" and locks.current_id(cluster)):
            return done(f"{event} is recorded")
        if over and not run.journal.migration_id:
            return not_needed(over)
        if run.check_mode and cluster.state.name not in stages.REACHED[event]:
            return needed(f"record {event} once it is reached")
        cluster.expect(
            lambda name: name in stages.REACHED[event] or (event == "SetupComplete" and name == state.MIXED), event
        )
        return needed(f"record {event}: the cluster is {cluster.state.name}")

    def inspect(self, run: Run) -> dict[str, Any]:
        """The event and the state."""
        return {"event": run.params["event"], "state": status.state_to_tell(run.cluster)}

    def apply(self, run: Run) -> dict[str, Any]:
        """Write the event; at COMPLETE put the update strategy back and take the lock off."""
        event, cluster = run.params["event"], run.cluster
        if event == rollback.COMPLETE:
            return self._complete_rollback(run)
        where = cluster.state.name
        if event == "MoveToKRaftControllerComplete":
            for item in locks.managed(cluster):
                if writes.restore_strategy(cluster.client, item, run.params["wait_timeout"], run.progress):
                    run.progress(_handed_over(item))
            cluster.changed(Part.OBJECTS)
            locks.release(cluster, over=True)
        phase = phases.COMPLETE if event == "MoveToKRaftControllerComplete" else phases.BY_NAME[event].phase
        phase = phases.DUAL_WRITE if event == "MigrateDualWrite" else phase
        run.journal.add(now(), phase, event, event, state=where, by=run.lease.holder)
        run.save_journal()
        run.lease.stop()
        run.lease.release()
        return {"event": event, "state": where}

    def _complete_rollback(self, run: Run) -> dict[str, Any]:
        """Prove that nothing is left, then take away what is ours and end the attempt."""
        cluster = run.cluster
        for item in cluster.statefulsets:
            if writes.restore_strategy(cluster.client, item, run.params["wait_timeout"], run.progress):
                run.progress(f"StatefulSet {item['metadata']['name']}: update strategy put back")
        deleted = rollback_plan.delete_settings(cluster)
        deleted += ["Secret with the originals"] if originals.forget(cluster) else []
        cluster.changed()
        proof = rollback_proof.prove(cluster)
        for line in proof:
            run.progress(f"ready to retry: {line['what']}: {line['evidence']}")
        run.record(
            rollback.COMPLETE,
            state=cluster.state.name,
            deleted=deleted,
            proof=proof,
            migration_id=run.journal.migration_id,
        )
        run.journal.close_attempt()
        run.save_journal()
        # last: while it is held, a run that was killed before comes here again
        locks.release(cluster)
        run.lease.stop()
        run.lease.release()
        return {
            "event": rollback.COMPLETE,
            "state": cluster.state.name,
            "proof": proof,
            "deleted": deleted,
            "msg": f"{cluster.namespace}/{cluster.name} is back in plain ZooKeeper mode: nothing of the attempt is left, a new one may begin",
        }


def _handed_over(statefulset: dict[str, Any]) -> str:
    """What the user has to know of a StatefulSet from now on."""
    name = statefulset["metadata"]["name"]
    strategy = json.loads(writes.annotations_of(statefulset).get(names.UPDATE_STRATEGY, "{}")).get(
        "type", "RollingUpdate"
    )
    text = f"StatefulSet {name}: update strategy {strategy} is in force"
    if strategy == "RollingUpdate":
        text += "; from now on Kubernetes restarts its pods, one by one, whenever its pod template changes"
    return text
