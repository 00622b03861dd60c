# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing the znodes of partitions again, unchanged, so that their versions are as high as KRaft's counts.

Safety rule 12 of docs/architecture.md: each write is on condition of the version that was read, and has the data that were read. KRaft may write
the same znodes meanwhile, which it does without a condition: nothing of its writes is ever undone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import znodes
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.partition_epochs import Raising, State
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Partition
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.records import SetData
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession

#: rounds beyond those that are needed; a partition changes a few times a second at most
MORE_ROUNDS = 20
#: rounds that are told; the first two are the long ones, with 100 000 partitions a minute
TOLD = 2


@dataclass(frozen=True)
class Raised:
    """What was done.

    :ivar partitions: how many of them were written.
    :ivar writes: by how many writes.
    :ivar changed: whether one changed meanwhile, so that it may be behind again.
    """

    partitions: int
    writes: int
    changed: bool


def raise_versions(session: ZkSession, wanted: Mapping[Partition, int], tell: Callable[[str], None]) -> Raised:
    """Write the states of partitions so many times.

    :raises Conflict: when they keep changing.
    :raises Forbidden: when a znode's ACL does not allow it.
    :raises Unreachable: when ZooKeeper stops answering.
    """
    raising = Raising({znodes.state_path(each): count for each, count in wanted.items()})
    rounds = max(wanted.values(), default=0) + MORE_ROUNDS
    for number in range(rounds):
        if not raising.left:
            break
        if number < TOLD:
            tell(
                f"{raising.left} partitions are behind KRaft's partition epoch in ZooKeeper: writing their znodes again"
            )
        unread = raising.to_read()
        if unread:
            session.sync()  # the server of this session may lag behind the one that KRaft writes to
        for path, node in session.get_many(unread).items():
            raising.read(path, None if node is None else State(node.version, node.data))
        writes = [SetData(path, state.version, state.data) for path, state in raising.to_write().items()]
        for path, outcome in session.write_many(writes).items():
            raising.answered(path, outcome)
    if raising.left:
        raise Conflict(
            f"ZooKeeper at {session.address}: {raising.left} znodes of partitions were changed by somebody else at each of {rounds} attempts",
            code="changed-by-others",
        )
    return Raised(len(raising.raised), raising.writes, bool(raising.changed))


def last_write(session: ZkSession) -> int:
    """Return the number of the last transaction that ``/migration`` knows of, -1 without one. KRaft writes it along with anything else."""
    session.sync()
    node = session.get("/migration")
    return -1 if node is None else node.zxid


def written_since(session: ZkSession, zxid: int) -> bool:
    """Whether the state of any partition was written after that transaction, read freshly."""
    session.sync()
    topics = session.children("/brokers/topics")
    below = session.children_many(f"/brokers/topics/{topic}/partitions" for topic in topics)
    paths = [f"{parent}/{number}/state" for parent, found in below.items() for number in found]
    return any(node is not None and node.zxid > zxid for node in session.get_many(paths).values())
