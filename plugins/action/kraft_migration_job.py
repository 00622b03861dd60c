# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator is asked for, and the end of the request. Nothing where the collection writes the cluster itself."""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import Decision, KraftAction, not_needed
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led_request import Request
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.kraft_migration_job."""

    MODULE = "kraft_migration_job"
    LED = Request

    def decide(self, run: Run) -> Decision:
        """No operator leads here."""
        return not_needed(
            f"no operator leads {run.opened.namespace}/{run.opened.name}: the playbooks carry each sub-phase out"
        )
