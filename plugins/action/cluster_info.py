# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the cluster is, since when, and what is next."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import status
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import KraftAction
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led_shows import Status
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.cluster_info."""

    MODULE = "cluster_info"
    LED = Status
    SHOWS = True

    def inspect(self, run: Run) -> dict[str, Any]:
        """Read everything that a person wants to see and show it as a short table."""
        found = status.status(run.cluster)
        for line in status.status_lines(found):
            run.progress(line)
        text = f"{run.cluster.namespace}/{run.cluster.name} is {found['state']}: {found['reason']}"
        return {**found, "msg": "; DANGER: ".join([text, *found["dangers"]])}
