# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SetupPreChecks: every blocking check, the plan and what it will cost."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import status
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.preflight import (
    all_findings,
    lock_line,
    when_settled,
)
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import KraftAction
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led_shows import Preflight
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._shown import show_findings


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.preflight_info."""

    MODULE = "preflight_info"
    LED = Preflight
    SHOWS = True

    def inspect(self, run: Run) -> dict[str, Any]:
        """Apply every rule; refuse when a blocking finding is not accepted by name."""
        cluster = run.cluster
        over = status.already_over(cluster)
        if over:
            return {"msg": over, "findings": [], "plan": [], "settings": [], "rolls": 0, "eta": 0}
        found = when_settled(cluster, all_findings, run.progress)
        rows = show_findings(run, found)
        estimate = status.estimate(cluster)
        settings = cluster.driver.brokers.settings_ahead()
        lines = map(cluster.driver.brokers.settings_line, settings)
        for line in [*estimate.lines(), *lines, *cluster.driver.controllers.plan_lines(), lock_line(cluster)]:
            run.progress(line)
        warnings = sum(1 for item in found if not item.blocking)
        return {
            "findings": rows,
            "msg": f"no blocking finding, {warnings} warning{'' if warnings == 1 else 's'}; {estimate.summary()}",
            "plan": [{"sub_phase": item.name, "phase": item.phase, "does": item.does} for item in phases.SUB_PHASES],
            "settings": settings,
            "rolls": estimate.broker_rolls,
            "eta": round(estimate.seconds),
        }
