# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates of the irreversible step, shown. The step itself evaluates them again."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import gates, migration_flag, status
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import KraftAction
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led_shows import Gates
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._shown import show_gates


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.finalize_gates_info."""

    MODULE = "finalize_gates_info"
    LED = Gates

    def inspect(self, run: Run) -> dict[str, Any]:
        """Show every gate; never fails for a closed gate."""
        over = status.already_over(run.cluster)
        if over:
            return {"msg": over, "gates": []}
        dangers = migration_flag.dangers(run.cluster)
        for text in dangers:
            run.progress(f"DANGER: {text}")
        rows, closed = show_gates(run, gates.evaluate(run.cluster))
        where = f"{run.cluster.namespace}/{run.cluster.name} is {run.cluster.state.name}"
        text = (
            f"{where}, still reversible; closed gates: {', '.join(closed)}"
            if closed
            else f"{where}; every gate is open"
        )
        return {"msg": "; DANGER: ".join([text, *dangers]), "gates": rows, "dangers": dangers}
