# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollback consists of from here; read only."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rollback
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import migration_flag, rollback_plan
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import Decision, KraftAction, done, not_needed
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led_shows import Plan
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.rollback_plan_info."""

    MODULE = "rollback_plan_info"
    LED = Plan
    MUTATES = False

    def decide(self, run: Run) -> Decision:
        """Refuse where a rollback is impossible; everything else is only shown."""
        cluster = run.cluster
        seen = rollback_plan.observe(cluster)
        code, sentence = rollback.refusal(seen)
        if code:
            raise Refused(f"{cluster.namespace}/{cluster.name}: {sentence}; nothing was changed", code=code)
        if seen.nothing:
            return not_needed(
                f"{cluster.namespace}/{cluster.name} is {seen.state} without a trace of a migration: nothing to roll back"
            )
        if seen.not_restored:
            # named before anything is touched
            cluster.driver.originals.check()
        for text in migration_flag.dangers(cluster):
            run.progress(f"DANGER: {text}")
        if seen.unflagged:
            # they have to be restarted first: that it would not help is said before anything is touched
            migration_flag.check_restart(cluster)
        for step in rollback.plan(seen):
            run.progress(f"plan: {step.sub_phase}: {step.answer.kind}: {step.answer.reason}")
        needed = sum(1 for step in rollback.plan(seen) if step.answer.needed)
        rolls = rollback.rolls(seen)
        return done(
            f"{seen.state}: a rollback has {needed} steps and {rolls} rolling restart{'' if rolls == 1 else 's'} of the brokers"
        )

    def inspect(self, run: Run) -> dict[str, Any]:
        """The plan as data."""
        seen = rollback_plan.observe(run.cluster)
        return {
            "state": seen.state,
            "broker_rolls": rollback.rolls(seen),
            "plan": [
                {"sub_phase": step.sub_phase, "decision": step.answer.kind, "reason": step.answer.reason}
                for step in rollback.plan(seen)
            ],
        }
