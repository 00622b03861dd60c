# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far the znodes of partitions are behind KRaft's partition epochs, and how they are written until they are not.

KRaft counts each change of a partition; a controller in ZooKeeper mode takes the version of the partition's znode for that count. Changes
that get into one batch of the metadata log are one write to ZooKeeper: the version is behind from then on, for good (seen with Kafka 3.9.2).
A version that is ahead does no harm once brokers restart, and is left alone.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import Image, PartitionImage
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Partition


@dataclass(frozen=True)
class Epochs:
    """What two images say of the partitions that both have.

    :ivar behind: by how many writes the znode is behind.
    :ivar moving: the same of partitions that the images do not have alike: one of them is of another moment, so that the number may be
        too small or too large, and 0 or less as well. They have to be looked at again.
    """

    behind: Mapping[Partition, int] = field(default_factory=dict, hash=False)
    moving: Mapping[Partition, int] = field(default_factory=dict, hash=False)

    @property
    def wanted(self) -> dict[Partition, int]:
        """All that is behind as far as it was seen, for when there is no further look."""
        return {**self.behind, **{each: count for each, count in self.moving.items() if count > 0}}


def epochs_of(zookeeper: Image, kraft: Image) -> Epochs:
    """Compare the count of each partition that both stores have.

    Each change but an ISR that grows raises the leader epoch or changes the assignment, as long as brokers are in ZooKeeper mode
    (KAFKA-15109): partitions that look alike are of one moment, and their counts can be compared.
    """
    behind, moving = {}, {}
    for each, ours, theirs in _pairs(zookeeper, kraft):
        if ours.epoch is None or theirs.epoch is None:
            continue  # without a state: whoever writes it next makes the znode
        count = theirs.epoch - ours.epoch
        if ours != theirs:
            moving[each] = count
        elif count > 0:
            behind[each] = count
    return Epochs(behind, moving)


def _pairs(zookeeper: Image, kraft: Image) -> Iterator[tuple[Partition, PartitionImage, PartitionImage]]:
    for name in sorted(zookeeper.topics.keys() & kraft.topics.keys()):
        ours, theirs = zookeeper.topics[name].partitions, kraft.topics[name].partitions
        for number in sorted(ours.keys() & theirs.keys()):
            yield (name, number), ours[number], theirs[number]


class State(NamedTuple):
    """A znode as it was read, or as we wrote it."""

    version: int
    data: bytes


class Outcome(enum.Enum):
    """What became of a write on condition of a version."""

    WRITTEN = "written"
    #: somebody else wrote the znode since it was read
    CHANGED = "changed"
    GONE = "gone"
    #: no answer: it may have been carried out
    LOST = "lost"


class Raising:
    """Which znodes are to be written how often. Each is written as it was read, on condition of its version, one write at a time.

    One after the other, since of two writes of the same znode that are on their way the second could undo a change by somebody else
    that the first one failed at. What somebody else writes meanwhile raises KRaft's count as well, and does not count for ours. A write
    without an answer is done once more: one too many is harmless, one too few is not.
    """

    def __init__(self, wanted: Mapping[str, int]) -> None:
        self._left = {path: count for path, count in wanted.items() if count > 0}
        self._known: dict[str, State] = {}
        #: znodes that were written at least once
        self.raised: set[str] = set()
        #: writes that were carried out for sure
        self.writes = 0
        #: znodes that somebody else wrote meanwhile, that are gone, or of which no answer came: to be looked at again
        self.changed: set[str] = set()

    @property
    def left(self) -> int:
        """How many znodes are still to be written."""
        return len(self._left)

    def to_read(self) -> list[str]:
        """Znodes that have to be read (anew) before they can be written."""
        return [path for path in self._left if path not in self._known]

    def read(self, path: str, state: State | None) -> None:
        """Take in a znode, None for one that is gone."""
        if state is None:
            self._forget(path)
        else:
            self._known[path] = state

    def to_write(self) -> dict[str, State]:
        """What to write now: the data as they are, on condition of this version."""
        return dict(self._known)

    def answered(self, path: str, outcome: Outcome) -> None:
        """Take in what became of a write."""
        if outcome is Outcome.GONE:
            self._forget(path)
            return
        if outcome is not Outcome.WRITTEN:
            del self._known[path]
            self.changed.add(path)
            return
        self.writes += 1
        self.raised.add(path)
        self._left[path] -= 1
        if self._left[path]:
            self._known[path] = self._known[path]._replace(version=self._known[path].version + 1)
        else:
            del self._left[path], self._known[path]

    def _forget(self, path: str) -> None:
        self._left.pop(path)
        self._known.pop(path, None)
        self.changed.add(path)
