# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which store is active, checked right before a step that needs one: both are written, or ZooKeeper alone.

Private to the collection.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster, Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import possible_leaders
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded, Refused
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.waits import wait_hybrid


def check_hybrid_or_beyond(cluster: Cluster) -> None:
    """Refuse the KRaft roll unless KRaft holds /controller and the copy is done (checked again before each restart)."""
    cluster.changed(Part.ZOOKEEPER)
    view = cluster.view
    held = view.controller is not None and view.controller.is_kraft
    if not held or view.migration is None or view.migration.offset <= 0:
        raise Refused(
            f"{cluster.namespace}/{cluster.name} is not in dual-write: KRaft does not hold /controller, or the copy is not complete; run migrate.yml",
            code="wrong-state",
        )


def check_zookeeper_alone(cluster: Cluster) -> None:
    """Refuse the roll to plain ZooKeeper mode unless a broker is controller and no trace of a quorum is left.

    Without it a restarted broker could not be elected, or a quorum would still lead the others (safety rule 9).
    """
    cluster.changed(Part.ZOOKEEPER)
    view = cluster.view
    if not view.broker_is_controller or view.migration_present:
        raise Refused(
            f"{cluster.namespace}/{cluster.name}: no broker holds /controller, or /migration is still there; run rollback.yml",
            code="wrong-state",
        )


def prove_hybrid(cluster: Cluster, timeout: float = 60.0) -> None:
    """Refuse the KRaft settings unless KRaft holds /controller and /migration is seen to advance within ``timeout`` seconds.

    The MIGRATION record alone precedes the copy back to ZooKeeper and the brokers' RPCs (KRaftMigrationDriver).
    """
    check_hybrid_or_beyond(cluster)
    try:
        wait_hybrid(cluster.zookeeper, possible_leaders(cluster), timeout=timeout)
    except DeadlineExceeded as error:
        raise Refused(
            f"{cluster.namespace}/{cluster.name} does not write to both stores: {error.message}; run migrate.yml",
            code="wrong-state",
        ) from error
