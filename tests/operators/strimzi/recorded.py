# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sequences that were seen on the real 0.45.2 (reference/strimzi_real.md), and how a run of the double is compared with them.

Times are not compared, only what followed what. A roll is one step: which broker comes last is decided by Kafka's own election.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from .watch import Sight

READY = "Ready:"
STATE_WARNING = f"Warning:KafkaMetadataStateWarning {READY}"
REMOVAL = f"Warning:ZooKeeperRemoval {READY}"
INVALID = "NotReady:InvalidResourceException"


class Step(NamedTuple):
    """A step of a sequence."""

    kind: str
    what: str


def _roll(*nodes: int) -> Step:
    return Step("roll", ",".join(map(str, nodes)))


BROKERS, CONTROLLERS = _roll(0, 1, 2), _roll(3, 4, 5)

#: annotation migration in ZooKeeper, three brokers, three controllers
FORWARD = (
    Step("phase", "1"),
    Step("state", "KRaftMigration"),
    Step("conditions", READY),
    Step("phase", "2"),
    BROKERS,
    Step("state", "KRaftDualWriting"),
    Step("phase", "3"),
    BROKERS,
    Step("state", "KRaftPostMigration"),
    Step("conditions", STATE_WARNING),
)
#: annotation rollback in KRaftPostMigration
BACK_TO_DUAL = (
    Step("phase", "2"),
    BROKERS,
    Step("state", "KRaftDualWriting"),
    Step("conditions", READY),
    Step("conditions", STATE_WARNING),
)
#: the pool deleted, then annotation disabled
BACK_TO_ZOOKEEPER = (
    Step("conditions", INVALID),
    Step("phase", "0"),
    BROKERS,
    Step("state", "ZooKeeper"),
    Step("conditions", REMOVAL),
)
#: annotation enabled in KRaftPostMigration, IBP not set by the user
FINALIZED = (
    Step("phase", "4"),
    CONTROLLERS,
    BROKERS,
    Step("state", "PreKRaft"),
    Step("conditions", f"Warning:UnusedZooKeeperConfiguration {READY}"),
    Step("state", "KRaft"),
)


def steps(seen: Sequence[Sight]) -> list[Step]:
    """Return what was seen as steps: the restarts of one roll together, each node once."""
    found: list[Step] = []
    rolling: list[int] = []
    for sight in seen:
        if sight.kind == "restart":
            node = int(re.sub(r".*-", "", sight.what))
            if rolling and (node >= 3) != (rolling[-1] >= 3):
                found.append(_roll(*sorted(rolling)))
                rolling = []
            rolling.append(node)
            continue
        if rolling and sight.kind in ("phase", "state"):
            found.append(_roll(*sorted(rolling)))
            rolling = []
        found.append(Step(sight.kind, sight.what))
    return found + ([_roll(*sorted(rolling))] if rolling else [])


def missing(seen: Sequence[Sight], wanted: Sequence[Step]) -> list[Step]:
    """Return the steps from the first one on that was not seen where it should have been; empty when all were, in their order."""
    left = list(wanted)
    for step in steps(seen):
        if left and step == left[0]:
            left.pop(0)
    return left


def unexpected(seen: Sequence[Sight], wanted: Sequence[Step]) -> list[Step]:
    """Return the rolls, phases and states that the sequence does not have."""
    kinds = ("roll", "phase", "state")
    left = [step for step in wanted if step.kind in kinds]
    found = []
    for step in steps(seen):
        if step.kind not in kinds:
            continue
        if left and step == left[0]:
            left.pop(0)
        else:
            found.append(step)
    return found


def order(seen: Sequence[Sight]) -> list[int]:
    """Return the ids of the restarted nodes in the order of their restarts."""
    return [int(re.sub(r".*-", "", sight.what)) for sight in seen if sight.kind == "restart"]
