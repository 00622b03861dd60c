# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is found before anything is asked: all that the checks look at, and what the API server says to the node pools that will be made.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, blocking, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import (
    asking,
    checks,
    checks_ca,
    checks_pools,
    pod_sets,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.cluster import StrimziCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.seen import Seen
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.gitops import not_paused_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Enforcement
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.certificates import read_pem
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError


def findings(cluster: StrimziCluster, enforcement: Enforcement, *, started: bool) -> list[Finding]:
    """What would stop the operator; once it was asked, only what still matters."""
    in_kraft = born(cluster)
    if in_kraft is not None and not started:
        return [in_kraft]
    seen = _seen(cluster)
    if started:
        gone = checks_pools.controllers_gone(cluster.kafka, cluster.controllers_pool, seen.claims)
        return [*([gone] if gone is not None else []), *checks.underway(seen)]
    found = checks.findings(seen) + list(checks_ca.renewal(seen, datetime.now(UTC))) + enforcement.findings()
    try:
        controllers = asking.planned_controllers(cluster)
    except Unsupported as error:
        return [*found, finding(error.code, f"KafkaNodePool {cluster.controllers_name}", error.message)]
    if blocking(found, cluster.params["accept"]):
        return found
    brokers = asking.planned_brokers(cluster)
    return [*found, *_rejected(cluster, brokers, "operator-node-pools"), *_rejected(cluster, controllers)]


def born(cluster: StrimziCluster) -> Finding | None:
    """That the cluster runs in KRaft mode, however it came there; None for every other one."""
    return next(checks.born_kraft(Seen(kafka=cluster.kafka)), None)


def _rejected(
    cluster: StrimziCluster, pool: Mapping[str, Any] | None, code: str = "controller-rejected"
) -> list[Finding]:
    """What the API server says to a node pool, by the published schema and whatever else admits: nothing is stored."""
    if pool is None:
        return []
    try:
        cluster.client.create(res.NODE_POOL, pool, cluster.namespace, dry_run=True)
    except Forbidden:
        raise
    except KraftError as error:
        name = f"KafkaNodePool {pool['metadata']['name']}"
        return [finding(code, name, f"the API server would reject {name}: {error.message}")]
    return []


def _environment(deployment: Mapping[str, Any] | None) -> dict[str, str]:
    """The variables of the operator that are written in its Deployment; one that refers to something else is left out."""
    containers = deployment["spec"]["template"]["spec"]["containers"] if deployment is not None else []
    return {
        str(item["name"]): str(item["value"])
        for each in containers
        for item in each.get("env") or []
        if "value" in item
    }


def _seen(cluster: StrimziCluster) -> Seen:
    """Everything that the checks look at."""
    pool = cluster.controllers_pool
    try:
        controllers = pool if pool is not None else asking.planned_controllers(cluster)
    except Unsupported:
        controllers = None
    authority = checks_ca.authority(cluster.kafka)
    return Seen(
        kafka=cluster.kafka,
        pools=tuple(cluster.pools),
        foreign=cluster.foreign_pools,
        controllers=controllers,
        planned=pool is None,
        may_pool=bool(cluster.params["strimzi_node_pools"]),
        operator=cluster.operator_version,
        operator_down=cluster.operator_down,
        operator_abroad=not cluster.operator_pods and cluster.operator_deployment is None,
        environment=_environment(cluster.operator_deployment),
        authority=read_pem(authority) if authority else None,
        brokers=frozenset(cluster.pod_of_broker),
        gitops=not_paused_of(cluster.client, (cluster.kafka, *cluster.pools), cluster.namespace),
        claims=tuple(cluster.controllers_claims),
        stray={name: res.label(claim, res.POOL) for name, claim in cluster.stray_claims.items()},
        rolls=tuple(pod_sets.manual_rolls((*cluster.statefulsets, *cluster.pods.values()))),
    )
