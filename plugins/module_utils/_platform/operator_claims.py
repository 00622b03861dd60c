# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a cluster is the custom resource of an operator. The same whoever it is.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Claim
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, Refused


@dataclass(frozen=True)
class Operator:
    """What tells an operator's clusters.

    :ivar name: the platform.
    :ivar kafka: its custom resource of a Kafka cluster.
    :ivar made: whether it made what runs there, which shows without any right on custom resources.
    :ivar without_kafka: why that custom resource is not found, as a code and a sentence: by the versions in which the API server has its group,
        the resources of the version that this release knows, and ``namespace/name``.
    """

    name: str
    kafka: Kind
    made: Callable[[KubeClient, Mapping[str, Any]], bool]
    without_kafka: Callable[[Sequence[str], Collection[str], str], tuple[str, str]]


def claim(client: KubeClient, params: Mapping[str, Any], operator: Operator) -> Claim | None:
    """Return the claim of an operator's platform on the cluster that ``params`` name, None when it is none of its own.

    Raises Forbidden, Refused (operator-crds, cluster-not-found) where it has to be one: it was named, or the operator made what runs there.
    """
    kafka, where = operator.kafka, f"{params['namespace']}/{params['cluster']}"
    try:
        found = client.find(kafka, params["cluster"], params["namespace"])
    except Forbidden:
        if params["platform"] == operator.name or operator.made(client, params):
            raise
        return None
    if found is not None:
        return Claim(operator.name, f"Kafka CR {where} of {kafka.api_version}")
    # a version of the definitions that this release does not know hides the custom resource, but not what was made of it
    if params["platform"] != operator.name and not operator.made(client, params):
        return None
    versions, resources = client.group_versions(kafka.group), client.resources(kafka.group, kafka.version)
    code, why = operator.without_kafka(versions, resources, where)
    raise Refused(why, code=code)
