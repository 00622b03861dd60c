# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stops a migration on its way: locks, changes by others, what a rollback needs, and the gates of its end."""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._catalogue.rule import block

LOCKS = (
    block(
        "lock-held",
        "another run is migrating this cluster",
        "wait for it; if that run is no longer alive, run unlock.yml",
    ),
    block(
        "lock-not-enforced",
        "kraft_lock_enforcement is admission, and the API server cannot enforce the lock",
        "see the sentence: apply docs/rbac-admission.yml, use Kubernetes 1.30 or later, or set kraft_lock_enforcement to auto",
    ),
    block("changed-by-others", "an object was changed by somebody else", "find out who and why, then run again"),
)

ENDS = (
    # rollback
    block(
        "rollback-impossible",
        "a finalized migration cannot be rolled back",
        "stay on KRaft, or mirror the topics into a new cluster",
    ),
    block(
        "rollback-behind",
        "ZooKeeper lags behind the quorum",
        "find the cause in the active controller's log",
        True,
    ),
    block(
        "rollback-out-of-sync",
        "replicas are out of sync when the controllers are to go",
        "get the brokers in sync; after the controllers' end an ISR may not grow, and an operator may restart nothing",
        True,
    ),
    block(
        "rollback-parity",
        "ZooKeeper and KRaft differ",
        "find the cause in the active controller's log; what only KRaft has would be lost",
        True,
    ),
    block(
        "rollback-parity-unknown",
        "ZooKeeper and KRaft could not be compared",
        "use an image that has kafka-dump-log.sh, or fix what the sentence names; what only KRaft has would be lost",
        True,
    ),
    block(
        "rollback-epochs-behind",
        "ZooKeeper's version of a partition is behind KRaft's partition epoch, and could not be raised",
        "let the login that the collection uses write the znodes of partitions, as the brokers do; after the rollback the leaders of these "
        "partitions could not change an ISR, and a restart could leave them without a leader",
        True,
    ),
    block(
        "rollback-pending",
        "an earlier attempt was not rolled back completely",
        "run rollback.yml, without kraft_rollback_cleanup: later",
    ),
    block("originals-missing", "the originals that a rollback restores are missing", "see the sentence"),
    block(
        "originals-stale",
        "the original that a rollback would restore belongs to another migration, or would undo a later change",
        "see the sentence; if accepted by name, it is restored as it is",
        True,
    ),
    block(
        "meta-properties-version-1",
        "a log directory was created in KRaft mode and cannot run in ZooKeeper mode",
        "move its partitions away and remove it first",
    ),
    # gates of finalize
    block(
        "gate-pure-dual-write",
        "the cluster is not in pure dual-write",
        "run finalize.yml until it stops at PURE_DUAL_WRITE",
    ),
    block(
        "gate-dual-write",
        "the operator does not wait in DUAL-WRITE, or the cluster is not in hybrid dual-write",
        "run migrate.yml to its end",
    ),
    block(
        "gate-registrations",
        "a broker is not registered as an unfenced KRaft broker",
        "get the broker running in KRaft mode",
    ),
    block(
        "gate-parity",
        "ZooKeeper and KRaft differ, or could not be compared",
        "find the cause; what only one of them has is lost with the other",
        True,
    ),
    block("gate-quorum", "the quorum is incomplete or lags", "get every controller running and caught up"),
    block("gate-soak", "the soak is not over", "wait, or set kraft_soak to fewer seconds", True),
    block(
        "gate-zookeeper-reference",
        "something in the pods still connects to ZooKeeper",
        "remove it from the pod template first",
    ),
    block(
        "gate-confirm", "the irreversible step is not confirmed", "set kraft_confirm to namespace/name of the cluster"
    ),
    block("controllers-not-ready", "the KRaft controllers are not ready", "see the reason in the sentence"),
    block(
        "migration-flag-lost",
        "a controller runs, or would restart, without the migration flag before the last step was confirmed",
        "restore its settings, or run rollback.yml",
    ),
    block(
        "wrong-state", "the cluster is not in the state that this step needs", "run status.yml and follow its next step"
    ),
)
