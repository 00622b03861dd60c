# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One gate of the irreversible step, what a closed one means, and the gates that are the same on every platform.

Private to the collection. Safety rule 1 of docs/architecture.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import parity
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import all_voters, caught_up
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import RULES
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import Scope
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import Quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError, Refused


@dataclass(frozen=True)
class Gate:
    """One gate: open, or why it is closed."""

    code: str
    passed: bool
    sentence: str

    def as_dict(self, accepted: list[str]) -> dict[str, Any]:
        """Plain data: name, code, passed, accepted, sentence."""
        return {
            **vars(self),
            "name": self.code.removeprefix("gate-"),
            "accepted": not self.passed and RULES[self.code].acceptable and self.code in accepted,
        }


def closed(gates: Sequence[Gate], accepted: list[str]) -> list[Gate]:
    """The gates that are neither passed nor accepted."""
    return [gate for gate in gates if not gate.passed and not (RULES[gate.code].acceptable and gate.code in accepted)]


def refuse(gates: Sequence[Gate], accepted: list[str]) -> None:
    """Raise Refused that names each gate that is closed, if any is."""
    shut = closed(gates, accepted)
    if not shut:
        return
    listed = "; ".join(f"{gate.code}: {gate.sentence}" for gate in shut)
    raise Refused(
        f"the irreversible step is refused, nothing was changed: {listed}",
        code=shut[0].code,
        detail={"gates": [gate.as_dict(accepted) for gate in gates]},
    )


def of_quorum(cluster: Cluster, quorum: Quorum) -> Gate:
    """Every controller follows, and one leads."""
    code, ready = "gate-quorum", caught_up(quorum)
    # somebody may have scaled the StatefulSet down: its voters are voters nevertheless
    wanted = max(cluster.controllers_wanted, len(all_voters(cluster, quorum)))
    if quorum.leader is None or len(ready) < max(wanted, 1):
        return Gate(code, False, f"{len(ready)} of {wanted} controllers have caught up, leader {quorum.leader}")
    return Gate(
        code, True, f"leader {quorum.leader}, {len(ready)} of {wanted} controllers caught up ({quorum.said_by})"
    )


def of_parity(cluster: Cluster) -> Gate:
    """Both stores hold the same: the copy in ZooKeeper, which a rollback would need, and what the quorum has."""
    code = "gate-parity"
    try:
        found = parity.compared(cluster, lambda _text: None)
    except Forbidden:
        raise
    except KraftError as error:
        return Gate(code, False, f"ZooKeeper and KRaft could not be compared: {error.message}")
    return Gate(code, not found.differences, found.sentence)


def of_soak(cluster: Cluster, where: str, since: str, otherwise: str) -> Gate:
    """The cluster has been in the last reversible state for long enough.

    :param where: that state; ``since``: when it was first proven, "" when it was not, which is what ``otherwise`` says.
    """
    code, wanted = "gate-soak", cluster.params["soak"]
    if not since:
        return Gate(code, wanted <= 0, otherwise)
    passed = (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()
    return Gate(code, passed >= wanted, f"in {where} since {since} ({passed:.0f} s of kraft_soak {wanted} s)")


def confirmed(cluster: Cluster) -> Gate:
    """Whoever runs this has typed the cluster's name."""
    scope: Scope = cluster.params["scope"]
    wrong = scope.not_all_named("kraft_confirm", cluster.params["confirm"])
    if wrong:
        return Gate("gate-confirm", False, f"{wrong}: it confirms that a rollback will be impossible")
    return Gate("gate-confirm", True, f"kraft_confirm names {scope.name}")
