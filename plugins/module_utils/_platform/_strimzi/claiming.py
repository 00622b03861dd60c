# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose cluster it is: a Kafka CR of Strimzi, or what hides one.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD, Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform import operator_claims
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.operator_claims import Operator
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Claim
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden


def claim(client: KubeClient, params: Mapping[str, Any], name: str) -> Claim | None:
    """Return the claim of the platform ``name``, None when the cluster is none of Strimzi's. Raises Forbidden, Refused."""
    return operator_claims.claim(client, params, Operator(name, res.KAFKA, _made_by_strimzi, without_kafka))


def _made_by_strimzi(client: KubeClient, params: Mapping[str, Any]) -> bool:
    """Whether there are brokers with Strimzi's labels, which show without any right on custom resources."""
    cluster = params["cluster"]
    try:
        found = client.list(
            POD, params["namespace"], label_selector=f"{res.CLUSTER}={cluster},{res.NAME}={cluster}-kafka"
        )
    except Forbidden:
        return False
    return bool(found)


def without_kafka(versions: Sequence[str], resources: Collection[str], where: str) -> tuple[str, str]:
    """Why a Kafka CR is not found, as a code and a sentence.

    :param versions: in which the API server has Strimzi's group.
    :param resources: what it has in the version that this release knows.
    """
    if not versions:
        return (
            "operator-crds",
            f"kraft_platform is strimzi, but the API server has no {res.GROUP}: install the CRDs of Strimzi, or correct kraft_platform",
        )
    if res.VERSION not in versions:
        return (
            "operator-crds",
            (
                f"the API server has {res.GROUP} in version {', '.join(versions)} and not {res.VERSION}: that is a Strimzi that refuses clusters "
                "with ZooKeeper; migrate with 0.45.2, then upgrade the operator"
            ),
        )
    if res.KAFKA.plural not in resources:
        return (
            "operator-crds",
            f"the API server has no {res.KAFKA.plural} in {res.GROUP}/{res.VERSION}: install the CRDs of Strimzi, all of them",
        )
    return "cluster-not-found", f"there is no Kafka CR {where}; correct kraft_cluster or kraft_namespace"


def without(client: KubeClient, asked: Kind) -> str:
    """Which kinds the API server does not have, whoever asked for one of them."""
    lacking = [
        kind for kind in (res.NODE_POOL, res.POD_SET) if kind.plural not in client.resources(kind.group, kind.version)
    ]
    listed = " and no ".join(kind.resource for kind in lacking or [asked])
    return f"the API server has no {listed} in version {res.VERSION}: install the CRDs of Strimzi 0.40 to 0.45, all of them"
