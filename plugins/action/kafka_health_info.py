# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SetupCheckHealthyKafka: brokers registered, partitions in sync, one controller, no reassignment."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rolling
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import blocking
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.broker_roll import replicas_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.preflight import health_findings, when_settled
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import KraftAction
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.kafka_health_info."""

    MODULE = "kafka_health_info"

    def inspect(self, run: Run) -> dict[str, Any]:
        """Refuse when something is not healthy."""
        cluster = run.cluster
        stopping = blocking(when_settled(cluster, health_findings, run.progress), run.params["accept"])
        if stopping:
            raise Refused(
                stopping[0].sentence, code=stopping[0].code, detail={"findings": [item.as_dict() for item in stopping]}
            )
        if cluster.zookeeper_connect is None:
            return {
                "msg": f"all {len(cluster.pods)} brokers are Ready (KRaft mode)",
                "brokers": sorted(cluster.pod_of_broker),
            }
        partitions = replicas_of(cluster)
        holder = cluster.view.controller
        return {
            "msg": f"{len(cluster.pods)} brokers healthy, {len(partitions)} partitions in sync, controller {holder.broker_id if holder else '-'}",
            "brokers": sorted(cluster.pod_of_broker),
            "partitions": len(partitions),
            "under_replicated": len(rolling.under_replicated(partitions)),
            "offline": sum(1 for item in partitions.values() if item.leader < 0),
            "controller": holder.broker_id if holder else None,
        }
