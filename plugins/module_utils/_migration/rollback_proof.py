# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof that nothing of an attempt is left, so that a new one may begin: what was looked for, and what was seen.

Private to the collection. Safety rules 3 and 10 of docs/architecture.md.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import PDB, SERVICE
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import rollback_plan
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import ownership, volumes, writes
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.handover import read_heads


def prove(cluster: StatefulSetCluster) -> list[dict[str, str]]:
    """Look at everything freshly; return what was checked, each with its evidence. Raises KraftError for what is left."""
    heads = read_heads(cluster.zookeeper)
    name, namespace = cluster.controllers_name, cluster.namespace
    held = heads.controller
    # what others may have put on them is theirs: the next attempt is told of them before it begins
    alone = volumes.claim_findings(cluster)
    checks = (
        ("znode /migration", "there is none", [] if heads.migration_node is None else ["/migration"]),
        (
            "znode /controller",
            f"held by broker {held.broker_id} by its session" if held else "held by nobody",
            [] if held is not None and not held.is_kraft and held.ephemeral else ["/controller"],
        ),
        (
            "controllers",
            f"no StatefulSet, Service, PodDisruptionBudget or pod {name}",
            [
                *ownership.controller_pods(cluster),
                *([f"StatefulSet {name}"] if cluster.controllers is not None else []),
                *(f"{kind.kind} {name}" for kind in (SERVICE, PDB) if ownership.has_ours(cluster, kind, name)),
            ],
        ),
        (
            "volumes of the controllers",
            "no PersistentVolumeClaim of theirs" + "".join(f"; left alone: {each.sentence}" for each in alone),
            volumes.leftover_volumes(cluster),
        ),
        (
            "settings of the brokers",
            "no template has a stage of a migration, every pod was made from it",
            [
                *(
                    item["metadata"]["name"]
                    for item in cluster.statefulsets
                    if writes.template_annotation(item, names.STAGE)
                ),
                *rollback_plan.outdated(cluster),
            ],
        ),
        (
            "processes of the brokers",
            f"{len(cluster.modes)} of {len(cluster.modes)} in plain ZooKeeper mode",
            [pod for pod, mode in cluster.modes.items() if mode != state.MODE_ZOOKEEPER],
        ),
        (
            "metadata log of the brokers",
            "no broker has __cluster_metadata",
            [
                pod if isinstance(facts, Unknown) else f"{pod} has one"
                for pod, facts in cluster.facts.items()
                if isinstance(facts, Unknown) or facts.metadata_logs
            ],
        ),
        ("ConfigMaps of stages", "none that nothing shows", rollback_plan.own_config_maps(cluster)),
        ("Secrets of stages", "none that nothing shows", rollback_plan.own_secrets(cluster)),
    )
    left = [f"{what}: {', '.join(map(str, found))}" for what, _evidence, found in checks if found]
    if left:
        raise KraftError(
            f"{namespace}/{cluster.name} is not ready for a new attempt, there is still: {'; '.join(left)}",
            code="rollback-pending",
        )
    return [{"what": what, "evidence": evidence} for what, evidence, _found in checks]
