# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sub-phases that delete the brokers' left-over metadata log, while the brokers run in plain ZooKeeper mode."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known, unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import exec as pod_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import rollback_plan
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Refused
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
        deleted = {pod: list(paths) for pod, paths in _left(cluster).items()}
        for pod, paths in deleted.items():
            _delete(cluster, pod, paths)
            run.progress(f"{pod}: {', '.join(paths)} deleted")
        cluster.changed()
        left = _left(cluster)
        if left:
            raise KraftError(f"pods {', '.join(left)} still have a metadata log after it was deleted; check the volume")
        run.record("cleaned", deleted=deleted)
        return {"msg": f"deleted the metadata log of {len(deleted)} brokers", "deleted": deleted}


def _left(cluster: DirectCluster) -> dict[str, tuple[str, ...]]:
    """The metadata logs of each broker that has some. Raises KraftError when a broker cannot be read."""
    unread = unknown(cluster.facts)
    if unread:
        listed = "; ".join(f"{pod}: {why}" for pod, why in unread.items())
        raise KraftError(f"it is not known whether every metadata log is deleted: {listed}", code="broker-not-healthy")
    return {pod: facts.metadata_logs for pod, facts in known(cluster.facts).items() if facts.metadata_logs}


def _delete(cluster: DirectCluster, pod: str, paths: list[str]) -> None:
    """Delete the directories of a broker that does not use them (LogManager leaves __cluster_metadata alone in ZooKeeper mode)."""
    if cluster.modes[pod] != state.MODE_ZOOKEEPER:
        raise Refused(
            f"pod {pod} runs in mode {cluster.modes[pod]} and uses its metadata log; restart it first",
            code="wrong-state",
        )
    wrong = [path for path in paths if not path.endswith("/__cluster_metadata-0")]
    if wrong:
        raise Refused(f"pod {pod}: {', '.join(wrong)} is not a metadata log", code="wrong-state")
    found = pod_exec.run(
        cluster.client, cluster.namespace, pod, ["rm", "-rf", "--", *paths], container=cluster.container
    )
    if found.rc != 0:
        raise KraftError(f"pod {pod}: {', '.join(paths)} could not be deleted: {found.stderr.strip()}")
