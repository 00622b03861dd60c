# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sub-phases that write the brokers' settings of a stage; nothing is restarted here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import stages, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    controllers_ready,
    dual_write,
    migration_flag,
    rollback_plan,
    status,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Plan
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import (
    Decision,
    KraftAction,
    done,
    needed,
    not_needed,
)
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.broker_settings."""

    MODULE = "broker_settings"

    def decide(self, run: Run) -> Decision:
        """Written already, not needed, or what would be written."""
        cluster, stage = run.cluster, run.params["stage"]
        if stage in stages.BACK:
            return self._decide_rollback(run)
        over = status.already_over(cluster)
        if over:
            return not_needed(over)
        templates = set(cluster.driver.brokers.stages().values())
        if all(stages.past(found, stage) for found in templates):
            return done(f"past stage {stage}: the brokers' settings are at stage {', '.join(sorted(templates))}")
        if templates == {stage}:
            return done(f"the brokers' settings are already at stage {stage}")
        if stage == "ibp":
            own, why = cluster.driver.brokers.ibp_roll()
            if not own:
                return not_needed(why)
        waits = self._missing_first(run)
        if waits and run.check_mode:
            plans = cluster.driver.brokers.plan_ahead(stage)
            return needed(waits, *(item.diff() for item in plans))
        cluster.expect(lambda name: stages.allowed(name, stage, templates), f"stage {stage}")
        migration_flag.require(cluster)
        plans = [item for item in cluster.driver.brokers.plan(stage) if item.stage_now != stage]
        return needed(_summary(stage, plans), *(item.diff() for item in plans))

    def _decide_rollback(self, run: Run) -> Decision:
        cluster, stage = run.cluster, run.params["stage"]
        found = rollback_plan.answer(cluster, run.sub_phase, check_mode=run.check_mode)
        if not found.needed:
            return Decision.of(found)
        return Decision.of(found, *(item.diff() for item in _to_write(run, cluster.driver.brokers.plan(stage))))

    def _missing_first(self, run: Run) -> str:
        cluster, stage = run.cluster, run.params["stage"]
        if stage == "migration" and not controllers_ready.running(cluster):
            return "write the migration settings once the controllers run (SetupMutateKRaftController)"
        if stage == "kraft" and not stages.allowed(cluster.state.name, "kraft", ()):
            return "write the KRaft settings once the cluster is in hybrid dual-write"
        return ""

    def apply(self, run: Run) -> dict[str, Any]:
        """Keep the originals, then write each StatefulSet."""
        cluster, stage = run.cluster, run.params["stage"]
        if stage == "kraft" and set(cluster.modes.values()) != {state.MODE_KRAFT}:
            dual_write.prove_hybrid(cluster)
        if stage not in stages.BACK:
            run.journal.originals = {"secret": cluster.driver.originals.keep()}
            for text in cluster.driver.originals.missing():
                run.progress(f"continuing, but a rollback will need it: {text}")
        # under the lease the objects may be newer than those that were decided on
        cluster.changed(Part.OBJECTS)
        if stage == stages.RETURN:
            # first: whatever is written next, the way is back from here, and the soak begins anew
            run.journal.pure_since = ""
            run.record("begun", stage=stage)
            self._restore_flag(run)
        plans = _to_write(run, cluster.driver.brokers.plan(stage))
        run.will_make(stage, [name for item in plans for name in item.secrets])
        for item in plans:
            cluster.driver.brokers.write(item)
            run.progress(f"{item.name}: settings of stage {stage} written ({_keys(item)})")
            for note in item.changes.notes:
                run.progress(f"{item.name}: {note}")
        cluster.changed(Part.OBJECTS)
        hashes = cluster.driver.brokers.hashes()
        keys = {
            "keys_set": sorted({key for item in plans for key in item.changes.set}),
            "keys_removed": sorted({key for item in plans for key in item.changes.remove}),
        }
        run.record("written", stage=stage, settings_hash=hashes, **keys)
        return {
            "stage": stage,
            "settings_hash": hashes,
            "surface": sorted({item.source_kind for item in plans}),
            **keys,
            "notes": [note for item in plans for note in item.changes.notes],
        }

    def _restore_flag(self, run: Run) -> None:
        """Safety rule 2: what a restarted controller would read has the migration flag."""
        cluster = run.cluster
        if cluster.driver.controllers.stage() != "final":
            return
        run.will_make("migrating", cluster.driver.controllers.secrets("migrating"))
        cluster.driver.controllers.write("migrating")
        run.progress(f"{cluster.driver.controllers.name}: the migration flag is on again")


def _to_write(run: Run, plans: Sequence[Plan]) -> Sequence[Plan]:
    stage = run.params["stage"]
    if stage == stages.RETURN:
        return [item for item in plans if item.stage_now == "kraft"]
    if stage == stages.ORIGINAL:
        return [item for item in plans if item.stage_now]
    return [item for item in plans if item.stage_now != stage]


def _summary(stage: str, plans: Sequence[Plan]) -> str:
    return f"write the settings of stage {stage} to " + "; ".join(f"{item.name} ({_keys(item)})" for item in plans)


def _keys(item: Plan) -> str:
    return f"{len(item.changes.set)} set, {len(item.changes.remove)} removed"
