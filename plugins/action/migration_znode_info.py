# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What KRaft has written into ZooKeeper; read only."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import handover
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import KraftAction
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.migration_znode_info."""

    MODULE = "migration_znode_info"
    LED = None
    MUTATES = False

    def inspect(self, run: Run) -> dict[str, Any]:
        """The znodes that say who is the controller."""
        session = run.opened.zookeeper
        heads = handover.read_heads(session)
        return {
            "migration": vars(heads.migration) if heads.migration else None,
            "migration_present": heads.migration_node is not None,
            "controller": vars(heads.controller) if heads.controller else None,
            "controller_epoch": heads.epoch,
            "highest_stored_epoch": handover.highest_stored_epoch(session),
        }
