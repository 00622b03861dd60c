# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SetupComplete, MigrateDualWrite, MoveToKRaftControllerComplete: what the run has reached, written down."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, rollback, stages, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import rollback_plan, rollback_proof, status
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import (
    Decision,
    KraftAction,
    done,
    needed,
    not_needed,
)
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led import Event
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run, now

#: the last event of a migration
MOVED = "MoveToKRaftControllerComplete"
#: events that open another phase than the one that their sub-phase is part of
_PHASES = {MOVED: phases.COMPLETE, "MigrateDualWrite": phases.DUAL_WRITE}


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.migration_journal."""

    MODULE = "migration_journal"
    LED = Event

    def decide(self, run: Run) -> Decision:
        """Recorded already, or to be recorded now that the state is reached."""
        event, cluster = run.params["event"], run.cluster
        if event == rollback.COMPLETE:
            return Decision.of(rollback_plan.answer(cluster, event, check_mode=run.check_mode))
        over = status.already_over(cluster)
        if over and event != MOVED:
            return not_needed(over)
        if run.journal.has(event) and not (event == MOVED and cluster.driver.ownership.locked_by()):
            return done(f"{event} is recorded")
        if over and not run.journal.migration_id:
            return not_needed(over)
        if run.check_mode and cluster.state.name not in stages.REACHED[event]:
            return needed(f"record {event} once the cluster reaches it")
        cluster.expect(
            lambda name: name in stages.REACHED[event] or (event == "SetupComplete" and name == state.MIXED), event
        )
        return needed(f"record {event}: the cluster is {cluster.state.name}")

    def inspect(self, run: Run) -> dict[str, Any]:
        """The event and the state."""
        return {"event": run.params["event"], "state": status.reported_state(run.cluster)}

    def apply(self, run: Run) -> dict[str, Any]:
        """Write the event; at COMPLETE put the update strategy back and take the lock off."""
        event, cluster = run.params["event"], run.cluster
        if event == rollback.COMPLETE:
            return self._complete_rollback(run)
        where = cluster.state.name
        if event == MOVED:
            cluster.driver.restore_rolls(run.progress)
            run.unlock(over=True)
        phase = _PHASES.get(event) or phases.BY_NAME[event].phase
        run.journal.add(now(), phase, event, event, state=where, by=run.lease.holder)
        run.save_journal()
        run.lease.stop()
        run.lease.release()
        return {"event": event, "state": where}

    def _complete_rollback(self, run: Run) -> dict[str, Any]:
        """Prove that nothing is left, then take away what is ours and end the attempt."""
        cluster = run.cluster
        cluster.driver.restore_rolls(run.progress)
        deleted = cluster.driver.delete_settings()
        deleted += ["Secret with the originals"] if cluster.driver.originals.forget() else []
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
        noted = run.journal.lock_policy or run.journal.lock_why
        run.unlock()
        if noted:
            run.save_journal()
        run.lease.stop()
        run.lease.release()
        return {
            "event": rollback.COMPLETE,
            "state": cluster.state.name,
            "proof": proof,
            "deleted": deleted,
            "msg": f"{cluster.namespace}/{cluster.name} is back in plain ZooKeeper mode: nothing is left of the attempt; a new one can start",
        }
