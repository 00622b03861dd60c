# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sub-phases that delete the brokers' left-over metadata log, while the brokers run in plain ZooKeeper mode."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import metadata_logs, rollback_plan
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import Decision, KraftAction
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.metadata_cleanup."""

    MODULE = "metadata_cleanup"

    def decide(self, run: Run) -> Decision:
        """Whether a broker still has a metadata log."""
        return Decision.of(rollback_plan.answer(run.cluster, run.sub_phase, check_mode=run.check_mode))

    def apply(self, run: Run) -> dict[str, Any]:
        """Mark and delete, or take the mark off."""
        cluster = run.cluster
        if run.params["state"] == "absent":
            cluster.driver.brokers.mark(None)
            run.record("unmarked")
            return {"msg": "no broker has a metadata log, the annotation is gone"}
        cluster.driver.brokers.mark("true")
        deleted = {pod: list(paths) for pod, paths in metadata_logs.left(cluster).items()}
        for pod, paths in deleted.items():
            metadata_logs.delete(cluster, pod, paths)
            run.progress(f"{pod}: {', '.join(paths)} deleted")
        cluster.changed()
        left = metadata_logs.left(cluster)
        if left:
            raise KraftError(f"pods {', '.join(left)} still have a metadata log after it was deleted; check the volume")
        run.record("cleaned", deleted=deleted)
        return {"msg": f"deleted the metadata log of {len(deleted)} brokers", "deleted": deleted}
