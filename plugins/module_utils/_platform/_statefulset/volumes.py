# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The volumes of the controllers: ours by our labels, somebody else's by their name alone, and what is left of earlier attempts.

Private to the collection.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import DATA_VOLUME
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.ownership import (
    is_of_controllers,
    owner_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import claim_names, claims_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.checks import stored
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD, PVC
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import controllers, ownership
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Refused

Obj = dict[str, Any]


def leftover_claims(cluster: StatefulSetCluster) -> dict[str, Obj]:
    """The PersistentVolumeClaims of this cluster's controllers by name: those that carry our labels.

    The claim templates have them, and the StatefulSet controller puts them on each claim, together with the selector's.
    """
    wanted = f"{names.LABEL_CLUSTER}={cluster.name},{names.LABEL_ROLE}={names.ROLE_CONTROLLER}"
    found = cluster.client.list(PVC, cluster.namespace, label_selector=wanted)
    return {
        str(item["metadata"]["name"]): item for item in sorted(found, key=lambda item: str(item["metadata"]["name"]))
    }


def leftover_volumes(cluster: StatefulSetCluster) -> list[str]:
    """Names of the PersistentVolumeClaims of this cluster's controllers."""
    return list(leftover_claims(cluster))


def foreign_claims(cluster: StatefulSetCluster) -> dict[str, Obj]:
    """PersistentVolumeClaims that a controller would mount by their name, and that do not carry our labels.

    Nobody knows what is on them: they are told of, and never deleted.
    """
    wanted = {
        f"{template}-{cluster.controllers_name}-{ordinal}"
        for template in _claim_templates(cluster)
        for ordinal in range(cluster.params["controller_replicas"])
    }
    return {
        name: item
        for item in cluster.client.list(PVC, cluster.namespace)
        if (name := str(item["metadata"]["name"])) in wanted and not is_of_controllers(item, cluster.name)
    }


def _claim_templates(cluster: StatefulSetCluster) -> list[str]:
    if cluster.controllers is not None:
        return claim_names(cluster.controllers)
    try:
        return claim_names(controllers.build(cluster, "held").statefulset)
    except (KraftError, Unsupported):  # why they cannot be made is a finding of its own
        return [DATA_VOLUME, *claim_names({"spec": {}, **(cluster.params["controller_manifest"] or {})})]


def claim_findings(cluster: StatefulSetCluster) -> list[Finding]:
    """One finding for each claim of somebody else that a controller would take up."""
    claims = foreign_claims(cluster)
    pods = cluster.client.list(POD, cluster.namespace) if claims else []
    found = []
    for name, item in sorted(claims.items()):
        where = f"PersistentVolumeClaim {cluster.namespace}/{name}"
        users = sorted(str(pod["metadata"]["name"]) for pod in pods if name in claims_of(pod))
        used = f", and pod {', '.join(users)} mounts it" if users else ", and no pod mounts it"
        found.append(
            finding(
                ownership.FOREIGN,
                where,
                f"{where} has the name of a controller's volume, so a controller would start on its old data, and does not carry the labels "
                f"of this migration; it seems to belong to {owner_of(item)}{used}; set kraft_controller_name to a name that is free, or "
                "delete the claim if you know that nobody needs it",
            )
        )
    return found


def refuse_leftovers(cluster: StatefulSetCluster) -> None:
    """Before empty controllers start: /migration must not say that a copy was done, and no old volumes may be taken up.

    Safety rule 3: Kafka would write the empty image, or the old one, over ZooKeeper (KRaftMigrationDriver).
    """
    ownership.refuse(claim_findings(cluster))
    found = stored(cluster.view, cluster.route.chroot, False, leftover_volumes(cluster))
    for item in found:
        if item.code in (
            "migration-stale",
            "migration-null",
            "controller-leftover",
            "controller-volumes-leftover",
            "controller-epoch-missing",
        ):
            raise Refused(item.sentence, code=item.code)
