# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a step of a job is decided on, and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .cursor import Cursor
from .edits import Edit
from .names import Object
from .switches import Switches


@dataclass(frozen=True)
class Observed:
    """Everything that a step is decided on.

    kafka, zookeeper, controller: the CRs, None when they are not there. kafka_rolled, controller_rolled: every pod runs what its CR says and is
    Ready. cluster_id: by Jolokia, empty when it could not be read (or was not asked for). migration_state: Kafka's ZkMigrationState, None alike.
    """

    cursor: Cursor
    job: Object
    kafka: Object | None = None
    zookeeper: Object | None = None
    controller: Object | None = None
    kafka_rolled: bool = False
    controller_rolled: bool = False
    cluster_id: str = ""
    migration_state: int | None = None
    switches: Switches = field(default_factory=Switches)

    @property
    def status(self) -> Mapping[str, object]:
        """Return the job's status as it was read."""
        found: Mapping[str, object] = self.job.get("status") or {}
        return found


@dataclass(frozen=True)
class Action:
    """What to do: first the edits, in order, then the status.

    next: where the job is afterwards, None = here. found: further fields of the status. waiting: why the job stays. failed: why it ends.
    """

    edits: tuple[Edit, ...] = ()
    found: Mapping[str, str] = field(default_factory=dict)
    next: Cursor | None = None
    waiting: str = ""
    failed: str = ""
