# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SetupFetchKafkaClusterId: from ZooKeeper, cross-checked with every broker's meta.properties."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.identity import cluster_id
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import KraftAction
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.cluster_id_info."""

    MODULE = "cluster_id_info"

    def inspect(self, run: Run) -> dict[str, Any]:
        """Refuse when two sources differ."""
        found, sources = cluster_id(run.cluster)
        return {"msg": f"cluster id {found} ({len(sources)} sources agree)", "cluster_id": found, "sources": sources}
