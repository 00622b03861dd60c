# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose cluster it is: a Kafka CR of CFK, or what hides one.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import STATEFUL_SET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform import operator_claims
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import definitions
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.operator_claims import Operator
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Claim
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden


def claim(client: KubeClient, params: Mapping[str, Any], name: str) -> Claim | None:
    """Return the claim of the platform ``name``, None when the cluster is none of CFK's. Raises Forbidden, Refused."""
    return operator_claims.claim(client, params, Operator(name, res.KAFKA, _made_by_cfk, definitions.without_kafka))


def _made_by_cfk(client: KubeClient, params: Mapping[str, Any]) -> bool:
    """Whether a Kafka CR owns the StatefulSet of that name, which shows without any right on custom resources."""
    try:
        found = client.find(STATEFUL_SET, params["cluster"], params["namespace"])
    except Forbidden:
        return False
    owners = found["metadata"].get("ownerReferences") or [] if found else []
    return any(
        owner.get("kind") == res.KAFKA.kind and str(owner.get("apiVersion")).startswith(res.PREFIX) for owner in owners
    )
