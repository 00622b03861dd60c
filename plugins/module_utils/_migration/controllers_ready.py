# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the controllers are ready: for the copy, and after their last restart.

Private to the collection.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import registered_controllers
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.logs import pod_signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import Quorum


def running(cluster: Cluster) -> bool:
    """Whether every wanted controller process runs."""
    wanted = cluster.controllers_wanted
    return bool(wanted) and len(known(cluster.controller_facts)) == wanted


def not_ready_for_migration(cluster: Cluster, quorum: Quorum) -> str:
    """Return why the controllers are not ready to begin the copy, or an empty string."""
    expected = set(cluster.controller_ids)
    wrong = {
        number: found
        for number, found in quorum.migration_states.items()
        if found not in ("PRE_MIGRATION", "MIGRATION")
    }
    none = sorted(number for number, found in wrong.items() if found == "NONE")
    if none:
        # also what a controller reports between its start and its first look at the log (ControllerMetadataMetricsPublisher)
        return (
            f"controllers {none} report ZkMigrationState NONE; if that persists, they were once started without the migration flag: "
            "run rollback.yml, which deletes them with their volumes, then migrate.yml again"
        )
    silent = sorted(expected - set(quorum.migration_states))
    if wrong or silent:
        return f"controllers {sorted(set(wrong) | set(silent))} are not in PRE_MIGRATION yet"
    return _driver_waits(cluster, quorum)


def _driver_waits(cluster: Cluster, quorum: Quorum) -> str:
    """Return what the active controller's migration driver still waits for among the controllers, or an empty string.

    PRE_MIGRATION does not say that every controller has registered as ready (KAFKA-20247): only the driver's log does, or,
    where the log is silent, the registrations in the metadata log (a JVM start).
    """
    pod = cluster.controller_ids.get(quorum.leader) if quorum.leader is not None else None
    if pod is None:
        return "the quorum has no leader"
    said = pod_signals(cluster.client, cluster.namespace, pod, cluster.controller_container)
    if said.driver_state is None:
        ready = {number for number, said_so in registered_controllers(cluster, quorum).items() if said_so}
        unready = sorted(set(cluster.controller_ids) - ready)
        return f"controllers {unready} are not registered as ready for the migration yet" if unready else ""
    if said.driver_state in ("UNINITIALIZED", "INACTIVE", "WAIT_FOR_CONTROLLER_QUORUM"):
        return said.waiting or f"the migration driver of {pod} is in state {said.driver_state}"
    return ""


def not_final(facts: ProcessFacts) -> str:
    """Return what a restarted controller still has of the migration, or an empty string."""
    left = [key for key in facts.settings if key.startswith("zookeeper.")]
    return f"{', '.join(sorted(left))} is still set" if left else ""
