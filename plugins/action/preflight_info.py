# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SetupPreChecks: every blocking check, the plan and what it will cost."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import blocking
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import status
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.preflight import all_findings, when_settled
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import KraftAction
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led_shows import Preflight
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


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
        accepted = run.params["accept"]
        found = when_settled(cluster, all_findings, run.progress)
        for item in found:
            mark = "BLOCK" if item in blocking([item], accepted) else "accepted" if item.blocking else "warn "
            run.progress(f"{mark} {item.code}: {item.sentence}")
        stopping = blocking(found, accepted)
        data: dict[str, Any] = {"findings": [item.as_dict(accepted) for item in found]}
        if stopping:
            rest = f" (and {len(stopping) - 1} more findings, listed above)" if len(stopping) > 1 else ""
            raise Refused(stopping[0].sentence + rest, code=stopping[0].code, detail=data)
        estimate = status.estimate(cluster)
        settings = cluster.driver.brokers.settings_ahead()
        lines = map(cluster.driver.brokers.settings_line, settings)
        for line in [*estimate.lines(), *lines, *cluster.driver.controllers.plan_lines()]:
            run.progress(line)
        warnings = sum(1 for item in found if not item.blocking)
        return {
            **data,
            "msg": f"no blocking finding, {warnings} warning{'' if warnings == 1 else 's'}; {estimate.summary()}",
            "plan": [{"sub_phase": item.name, "phase": item.phase, "does": item.does} for item in phases.SUB_PHASES],
            "settings": settings,
            "rolls": estimate.broker_rolls,
            "eta": round(estimate.seconds),
        }
