# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SetupFetchKafkaZookeeperEndpoint: connect string and chroot, reachable, and really this cluster's."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import status
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import KraftAction
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.zookeeper_endpoint_info."""

    MODULE = "zookeeper_endpoint_info"

    def inspect(self, run: Run) -> dict[str, Any]:
        """Refuse a chroot that does not hold this cluster's brokers."""
        cluster = run.cluster
        over = status.already_over(cluster)
        if over or cluster.zookeeper_connect is None:
            return {"msg": over or "the cluster runs in KRaft mode", "connect": None}
        connect, route, view = cluster.zookeeper_connect, cluster.route, cluster.view
        ours = set(cluster.pod_of_broker) & set(view.brokers)
        zookeeper_mode = [pod for pod, mode in cluster.modes.items() if mode in ("zookeeper", "migrating")]
        if view.cluster_id is None or (zookeeper_mode and not ours):
            raise Refused(
                f"chroot {route.chroot or '/'} of {connect} does not contain the brokers of {cluster.namespace}/{cluster.name}; correct the chroot",
                code="zookeeper-wrong-chroot",
            )
        return {
            "msg": f"{connect} belongs to the cluster; reached by {route.how}",
            "connect": str(connect),
            "servers": [f"{host}:{port}" for host, port in connect.servers],
            "chroot": connect.chroot,
            "how": route.how,
        }
