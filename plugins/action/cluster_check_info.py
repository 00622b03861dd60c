# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check of a cluster: it serves, and with ``disrupt`` it survives the loss of a broker."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._operations.cluster_check import ClusterCheck
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import Decision, KraftAction, needed
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._decision import to_follow
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.cluster_check_info."""

    MODULE = "cluster_check_info"
    LED = None
    SHOWS = True
    MIGRATES = False

    def decide(self, run: Run) -> Decision:
        """Always done when it is asked for. Without a disruption it takes no Lease: it may run beside anything."""
        plan = ClusterCheck(run.opened, run.progress).plan()
        return needed(plan) if run.params["disrupt"] else to_follow(plan)

    def apply(self, run: Run) -> dict[str, Any]:
        """Check."""
        return ClusterCheck(run.opened, run.progress).run()
