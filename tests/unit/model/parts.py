# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster is made of, in the model, and what must never happen to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state

ZOOKEEPER, MIGRATING, KRAFT = state.MODE_ZOOKEEPER, state.MODE_MIGRATING, state.MODE_KRAFT
CONTROLLERS = (3000, 3001, 3002)
#: settings hash of a template -> its stage annotation, and the mode of a broker that runs it
STAGES = {"": "", "ibp": "ibp", "migration": "migration", "kraft": "kraft", "original-ibp": ""}
MODES = {"migration": MIGRATING, "kraft": KRAFT}


class Disaster(AssertionError):
    """What no trace may lead to."""


@dataclass
class Broker:
    """A broker's pod and process.

    ``wait``: time until it starts, and until it has caught up. ``remembers``: the quorum that its Raft client has met, 0 = none.
    """

    id: int
    group: str
    digest: str = ""
    mode: str = ZOOKEEPER
    up: bool = True
    broken: bool = False
    metadata_dir: bool = False
    remembers: int = 0
    wait: int = 0

    def end(self) -> None:
        """Its process ends."""
        self.up, self.wait = False, 2

    @property
    def pod(self) -> str:
        """Name of its pod."""
        return f"{self.group}-{self.id}"

    @property
    def settled_mode(self) -> str:
        """The mode that its process runs in, or will when it starts."""
        return self.mode if self.up else MODES.get(self.digest, ZOOKEEPER)


@dataclass
class Controller:
    """A controller's pod and process. ``synced``: it has what the leader has. ``hung``: its pod does not end."""

    id: int
    stage: str
    up: bool = False
    broken: bool = False
    synced: bool = False
    ending: bool = False
    hung: bool = False

    @property
    def flag(self) -> bool:
        """Whether its process has, or will start with, the migration flag."""
        return self.stage == "migrating"


@dataclass
class Log:
    """The metadata log of one quorum. ``copied``: state MIGRATION; ``finalized``: state POST_MIGRATION."""

    number: int
    copying: bool = False
    copied: bool = False
    finalized: bool = False
    #: the driver has nothing to go on with: the copy is in the log and not in /migration
    inactive: bool = False
    end: int = 5
    #: failed elections count too: often higher than /controller_epoch, which counts claims
    epoch: int = 4


@dataclass
class Partition:
    """One partition. ``epoch``: controller_epoch of its state znode."""

    replicas: tuple[int, ...]
    min_isr: int
    isr: list[int]
    leader: int
    epoch: int = 1


@dataclass
class Soak:
    """Whether the cluster is in pure dual-write, and whether a soak is over; ``once``: at any time of this attempt."""

    pure: bool = False
    over: bool = False
    pure_once: bool = False
    over_once: bool = False


@dataclass
class StatefulSet:
    """The controllers' StatefulSet. ``locked``: it has the annotation of the migration."""

    stage: str
    replicas: int
    locked: bool = False


@dataclass
class ZooKeeperHeads:
    """The three znodes. ``holder``: who holds /controller, with its KRaft epoch or -1; ``offset``: of /migration."""

    holder: tuple[int, int] | None = (0, -1)
    epoch: int = 1
    offset: int | None = None
    offset_epoch: int = -1
    versions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("/controller", "/controller_epoch"), 0))

    @property
    def kraft_holds(self) -> bool:
        """Whether KRaft wrote /controller."""
        return self.holder is not None and self.holder[1] >= 0

    def touch(self, path: str) -> None:
        """Count a write."""
        self.versions[path] = self.versions.get(path, 0) + 1
