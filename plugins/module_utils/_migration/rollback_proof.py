# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof that nothing of an attempt is left, so that a new one may begin: what was looked for, and what was seen.

Private to the collection. Safety rules 3 and 10 of docs/architecture.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.handover import Heads, read_heads

#: what was looked for, the evidence that it is gone, and what is left of it
Check = tuple[str, str, Sequence[str]]


def prove(cluster: DirectCluster) -> list[dict[str, str]]:
    """Look at everything freshly; return what was checked, each with its evidence. Raises KraftError for what is left."""
    driver = cluster.driver
    # what others may have put on them is theirs: the next attempt is told of them before it begins
    alone = driver.checks.claims()
    checks = (
        *of_znodes(read_heads(cluster.zookeeper)),
        (
            "controllers",
            f"no StatefulSet, Service, PodDisruptionBudget or pod {driver.controllers.name}",
            [*driver.controllers.pods(), *driver.controllers.left()],
        ),
        (
            "volumes of the controllers",
            "no PersistentVolumeClaim of the controllers" + "".join(f"; left alone: {each.sentence}" for each in alone),
            list(driver.controllers.claims()),
        ),
        (
            "settings of the brokers",
            "no template has a migration stage, and every pod runs its template",
            [*(name for name, stage in driver.brokers.stages().items() if stage), *driver.brokers.outdated()],
        ),
        of_processes(cluster),
        (
            "metadata log of the brokers",
            "no broker has __cluster_metadata",
            _metadata_logs(cluster),
        ),
        ("ConfigMaps and Secrets of stages", "every one that is left is in use", driver.unused_settings()),
    )
    return conclude(cluster, checks, "; run rollback.yml again, and remove by hand only what it names once more")


def of_znodes(heads: Heads) -> tuple[Check, Check]:
    """What KRaft writes to ZooKeeper is gone, and a broker is controller."""
    held = heads.controller
    return (
        ("znode /migration", "there is none", [] if heads.migration_node is None else ["/migration"]),
        (
            "znode /controller",
            f"held by the session of broker {held.broker_id}" if held else "held by nobody",
            [] if held is not None and not held.is_kraft and held.ephemeral else ["/controller"],
        ),
    )


def of_processes(cluster: Cluster) -> Check:
    """Every broker runs in plain ZooKeeper mode."""
    return (
        "processes of the brokers",
        f"{len(cluster.modes)} of {len(cluster.modes)} in plain ZooKeeper mode",
        [pod for pod, mode in cluster.modes.items() if mode != state.MODE_ZOOKEEPER],
    )


def conclude(cluster: Cluster, checks: Sequence[Check], remedy: str = "") -> list[dict[str, str]]:
    """Return each check with its evidence. Raises KraftError (rollback-pending) for what is left; ``remedy`` ends its sentence."""
    left = [f"{what}: {', '.join(map(str, found))}" for what, _evidence, found in checks if found]
    if left:
        raise KraftError(
            f"{cluster.namespace}/{cluster.name} is not ready for a new attempt, still there: {'; '.join(left)}{remedy}",
            code="rollback-pending",
        )
    return [{"what": what, "evidence": evidence} for what, evidence, _found in checks]


def _metadata_logs(cluster: DirectCluster) -> list[str]:
    """Brokers that have a metadata log, and those that could not be read."""
    return [
        pod if isinstance(facts, Unknown) else f"{pod} has one"
        for pod, facts in cluster.facts.items()
        if isinstance(facts, Unknown) or facts.metadata_logs
    ]
