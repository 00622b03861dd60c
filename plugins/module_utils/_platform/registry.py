# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The platforms that there are, and which one drives the cluster that the options name.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.cluster import ConfluentCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.driver import Confluent
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.deployment import Deployment
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.driver import StatefulSets
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.cluster import StrimziCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.driver import Strimzi
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import LedCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.made import Made
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Claim, DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

#: what an operator leads comes first: its StatefulSets are nobody else's to claim
LED = (Confluent, Strimzi)
DIRECT = (StatefulSets,)


def claimed(client: KubeClient, params: Mapping[str, Any]) -> Claim:
    """Return the one claim on the cluster that ``params`` name. Raises Refused (cluster-ambiguous) for none, or for several."""
    wanted = params["platform"]
    claims: list[Claim] = []
    for kind in (LED, DIRECT):
        claims = [
            claim
            for platform in kind
            if wanted in ("auto", platform.name) and (claim := platform.claim(client, params)) is not None
        ]
        if claims:
            break
    if len(claims) == 1:
        return claims[0]
    where = f"{params['namespace']}/{params['cluster']}"
    listed = "; ".join(f"{claim.platform}: {claim.why}" for claim in claims)
    said = f"several platforms match {where} ({listed})" if claims else f"no platform matches {where}"
    raise Refused(f"{said}; set kraft_platform to the one that runs the brokers", code="cluster-ambiguous")


def open_cluster(client: KubeClient, params: Mapping[str, Any]) -> DirectCluster | LedCluster:
    """Return the cluster that ``params`` name, with what drives it. Raises Refused when not exactly one platform claims it."""
    platform = claimed(client, params).platform
    if platform == Confluent.name:
        led = ConfluentCluster(client, params)
        led.driver = Confluent(led)
        return led
    if params.get("regions") is not None:
        raise Refused(
            f"kraft_region_of is for Kafka custom resources of Confluent for Kubernetes; {params['namespace']}/{params['cluster']} is none. "
            "Leave it out; name the StatefulSets of one Kafka cluster in kraft_statefulsets",
            code="operator-unsupported",
        )
    if platform == Strimzi.name:
        of_strimzi = StrimziCluster(client, params)
        of_strimzi.driver = Strimzi(of_strimzi)
        return of_strimzi
    cluster = StatefulSetCluster(client, params)
    cluster.driver = StatefulSets(cluster)
    return cluster


def made(client: KubeClient, params: Mapping[str, Any]) -> Made:
    """Return the objects of the cluster that deploy.yml makes, or has made."""
    return Deployment(client, str(params["namespace"]), str(params["cluster"]))
