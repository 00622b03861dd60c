# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Partitions whose znodes are behind KRaft's partition epochs are levelled before brokers take over. The same whoever leads.

Private to the collection. Safety rule 12 of docs/architecture.md. After a rollback a leader that is ahead of its znode is answered
NOT_CONTROLLER for ever, with all partitions of the same broker; by two or more, a restart of it leaves the partition without a leader
(Kafka 3.9.2). KRaft runs on meanwhile, so that what changed under our hands is looked at again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import parity
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.partition_epochs import Epochs
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import losses
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import handover, levelling

#: so often both stores are looked at, the comparison before it included; what still moves then is raised by what was seen last
LOOKS = 3
#: a write that a znode's ACL does not allow; any other missing permission cannot be accepted
ACL = "zookeeper-acl"
#: what a comparison ahead leaves in the journal: the transaction after which nothing was behind
LEVEL_AT = "level_at"

Tell = Callable[[str], None]


class Evidence(losses.Evidence, Protocol):
    """What is written down of it."""

    raised_versions: dict[str, int]


def level(cluster: Cluster, evidence: Evidence, epochs: Epochs | None, tell: Tell) -> None:
    """Write each znode that is behind as often as it is.

    :param epochs: what the comparison of both stores has seen just now, None to look now.
    :raises Refused: rollback-epochs-behind, acceptable, when a znode cannot be written.
    """
    done = {"partitions": 0, "writes": 0}
    seen: Epochs | None = epochs
    try:
        for number in range(LOOKS):
            if number:
                tell(f"partitions changed at look {number} at their epochs: looking again")
                threading.Event().wait(parity.PAUSE)
            if number or seen is None:
                seen = parity.partition_epochs(cluster)
            last = number == LOOKS - 1
            raised = levelling.raise_versions(cluster.zookeeper, seen.wanted if last else seen.behind, tell)
            done["partitions"] += raised.partitions
            done["writes"] += raised.writes
            if not seen.moving and not raised.changed:
                break
        else:
            evidence.notes.append(
                "partitions kept changing: ZooKeeper's version of some may be behind KRaft's epoch still"
            )
    except KraftError as error:
        if isinstance(error, Forbidden) and error.code != ACL:
            raise
        text = f"ZooKeeper's version of partitions could not be raised to KRaft's partition epoch: {error.message}"
        remedy = (
            "after the rollback their leaders could not change an ISR, and a restart could leave them without a leader. "
            "Fix that, or accept the risk"
        )
        losses.accept_or_refuse(cluster, evidence, losses.EPOCHS, text, remedy)
    evidence.raised_versions = done
    if done["writes"]:
        text = f"{done['partitions']} partitions: ZooKeeper's version raised to KRaft's partition epoch, by {done['writes']} writes"
        evidence.notes.append(text)
        tell(text)


def level_compared(cluster: Cluster, evidence: Evidence, found: parity.Parity | None, tell: Tell) -> None:
    """Do :func:`level` with what a comparison of both stores found; None is one that could not be made, which was accepted by name."""
    if found is None:
        evidence.notes.append(
            "KRaft's partition epochs could not be read: ZooKeeper's version of partitions may be behind them"
        )
        return
    level(cluster, evidence, found.epochs, tell)


def level_again(cluster: Cluster, evidence: Evidence, ahead: dict[str, Any], tell: Tell) -> None:
    """Do :func:`level` where both stores were compared some time ago.

    Brokers may have been restarted since, so that numbers of then are worth nothing for what changed: it is looked at again, which costs one
    start of Kafka's tool. Not where nothing was behind then and no partition was written since, which ZooKeeper alone can tell.
    """
    level_at = ahead.get(LEVEL_AT)
    if level_at is not None and not levelling.written_since(cluster.zookeeper, level_at):
        return
    tell("reading KRaft's partition epochs, since partitions may have fallen behind in ZooKeeper")
    level(cluster, evidence, None, tell)


def level_at(found: parity.Parity | None, before: int) -> int | None:
    """Return what :func:`level_again` goes by: the transaction from before the comparison, None when a partition was behind or moved."""
    return before if found is not None and not found.epochs.wanted and not found.epochs.moving else None


def would(cluster: Cluster) -> str:
    """Say what :func:`level` would do now, for check mode; an empty string where nothing was copied. Never raises KraftError."""
    try:
        if not handover.read_heads(cluster.zookeeper).copied:
            return ""
        wanted = parity.partition_epochs(cluster).wanted
    except KraftError as error:
        return f"; whether partitions are behind in ZooKeeper could not be read: {error.message}"
    if not wanted:
        return "; no partition is behind in ZooKeeper"
    writes = sum(wanted.values())
    return f"; {len(wanted)} partitions: ZooKeeper's version would be raised to KRaft's partition epoch, by {writes} writes"
