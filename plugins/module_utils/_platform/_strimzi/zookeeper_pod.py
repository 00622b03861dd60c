# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way to Strimzi's ZooKeeper: its port without TLS, which listens in each of its pods alone.

Private to the collection. The port for clients demands a certificate of the cluster, and network policies keep others from it. A
port-forward ends inside the pod: neither is met there, no Secret is read, and nothing secret is sent. Source: ``zookeeper_config_generator.sh``
of Strimzi 0.40 to 0.45.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import (
    Connect,
    Route,
    ServerRoute,
    forwarded,
    is_ready,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.forward import pod_dial
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

#: the port without TLS, at 127.0.0.1 of each pod
PORT = 12181


def routes(client: KubeClient, namespace: str, cluster: str) -> list[ServerRoute]:
    """How each server is reached. Raises Refused when no pod of ZooKeeper is Ready."""
    selector = f"{res.CLUSTER}={cluster},{res.NAME}={cluster}-zookeeper"
    found = [pod for pod in client.list(POD, namespace, label_selector=selector) if is_ready(pod)]
    if not found:
        raise Refused(
            f"no pod of ZooKeeper with the label {res.NAME}={cluster}-zookeeper is Ready in namespace {namespace}; get one running first",
            code="zookeeper-unreachable",
        )
    return [
        ServerRoute(f"port-forward to port {PORT} of pod {namespace}/{name}", pod_dial(client, namespace, name, PORT))
        for name in sorted(str(pod["metadata"]["name"]) for pod in found)
    ]


def open_route(client: KubeClient, namespace: str, cluster: str, connect: Connect) -> AbstractContextManager[Route]:
    """Return a Route for a with-statement. Entering it raises Unreachable, Forbidden, Refused."""
    return forwarded(lambda: routes(client, namespace, cluster), connect, f"ZooKeeper of {cluster}")
