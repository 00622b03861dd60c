# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SetupDeriveIBPVersion: current and target inter.broker.protocol.version."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.metadata_version import derive_ibp
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.ibp import fold
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import status
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import KraftAction
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.ibp_version_info."""

    MODULE = "ibp_version_info"

    def inspect(self, run: Run) -> dict[str, Any]:
        """Derive both versions; unknown is a failure that names the override."""
        over = status.already_over(run.cluster)
        if over:
            return {"msg": over}
        decision = derive_ibp(run.cluster)
        folding = fold(decision.current)
        return {
            "msg": decision.reason,
            "current": str(decision.current) if decision.current else None,
            "current_source": decision.current_source,
            "target": str(decision.target),
            "target_source": decision.target_source,
            "fold": folding.folds,
            "reason": decision.reason,
        }
