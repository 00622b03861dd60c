# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a znode that was read to what it means; shared by the view and the waits."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import znodes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import (
    Controller,
    Partition,
    PartitionState,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.records import Znode
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession


def read_states(session: ZkSession, partitions: Iterable[Partition]) -> dict[Partition, PartitionState]:
    """Read the states of some partitions; those without a state are left out.

    :raises KraftError: when a znode holds something that Kafka would not have written; names the path.
    """
    paths = {znodes.state_path(partition): partition for partition in partitions}
    nodes = session.get_many(paths)
    try:
        found = {partition: state_of(partition, nodes[path]) for path, partition in paths.items()}
    except znodes.ZnodeError as exc:
        raise unreadable(session, exc) from exc
    return {partition: state for partition, state in found.items() if state is not None}


def state_of(partition: Partition, node: Znode | None) -> PartitionState | None:
    """Return the state in a znode that was read, None for a missing one."""
    if node is None:
        return None
    return znodes.parse_partition_state(partition, node.data, version=node.version, mtime_ms=node.mtime_ms)


def controller_of(node: Znode | None) -> Controller | None:
    """Return the holder in a ``/controller`` that was read, None for a missing one."""
    return None if node is None else znodes.parse_controller(node.data, ephemeral=node.ephemeral)


def unreadable(session: ZkSession, exc: znodes.ZnodeError) -> KraftError:
    """Return the error for a znode that Kafka cannot have written."""
    return KraftError(
        f"ZooKeeper at {session.address}: the znode {exc.path} {exc.why}; Kafka did not write that; check it "
        "before anything else",
        detail={"path": exc.path},
    )
