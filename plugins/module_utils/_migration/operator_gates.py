# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates of the irreversible step where an operator goes from hybrid dual-write to the end in one go.

Private to the collection. Safety rule 1 of docs/architecture.md: such a platform has no stop in pure dual-write, so that the gates
are asked in hybrid, right before the operator is told.
"""

from __future__ import annotations

from datetime import UTC, datetime

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import parity
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import flag_on_everywhere
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import (
    all_voters,
    caught_up,
    read_quorum,
    registrations,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import RULES
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import Scope
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import Quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.gates import Gate
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import LedCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError, Refused


def evaluate(cluster: LedCluster) -> list[Gate]:
    """Evaluate every gate again."""
    seen = cluster.driver.observe()
    return [_hybrid(cluster, seen), *_of_quorum(cluster), _parity(cluster), _soak(cluster), _confirmed(cluster)]


def require(cluster: LedCluster) -> list[Gate]:
    """Evaluate every gate; raise Refused that names each one that is neither passed nor accepted."""
    gates = evaluate(cluster)
    accepted = cluster.params["accept"]
    closed = [gate for gate in gates if not gate.passed and not (RULES[gate.code].acceptable and gate.code in accepted)]
    if closed:
        listed = "; ".join(f"{gate.code}: {gate.sentence}" for gate in closed)
        raise Refused(
            f"the irreversible step is refused, nothing was changed: {listed}",
            code=closed[0].code,
            detail={"gates": [gate.as_dict(accepted) for gate in gates]},
        )
    return gates


def _hybrid(cluster: LedCluster, seen: Progress) -> Gate:
    code, now = "gate-dual-write", cluster.state
    if seen.waits_for is not Wait.DECISION:
        return Gate(code, False, f"the operator is at {seen.where}, not in DUAL-WRITE")
    if now.name != state.HYBRID:
        return Gate(code, False, f"the operator says {seen.where}, but the cluster is {now.name}: {now.reason}")
    if not flag_on_everywhere(cluster):
        return Gate(code, False, "not every controller is known to run with the migration flag")
    return Gate(code, True, f"the operator waits in DUAL-WRITE; {now.reason}")


def _of_quorum(cluster: LedCluster) -> list[Gate]:
    try:
        quorum = read_quorum(cluster)
        return [_registrations(cluster, quorum), _quorum(cluster, quorum)]
    except Forbidden:
        raise
    except KraftError as error:
        return [
            Gate("gate-registrations", False, f"the registrations could not be read: {error.message}"),
            Gate("gate-quorum", False, error.message),
        ]


def _registrations(cluster: LedCluster, quorum: Quorum) -> Gate:
    """Every broker is known to the quorum, as one that migrates."""
    code, registered = "gate-registrations", registrations(cluster, quorum)
    expected = set(cluster.pod_of_broker) | cluster.view.assigned_brokers
    without = [pod for pod in cluster.facts if cluster.broker_id(pod) is None]
    wrong = [f"the broker id of {pod} could not be read" for pod in without]
    for broker in sorted(expected):
        entry = registered.get(broker)
        if entry is None:
            wrong.append(f"broker {broker} is not registered in KRaft")
        elif not entry.migrating:
            wrong.append(f"broker {broker} is registered, but not as a migrating ZooKeeper broker")
    if wrong:
        return Gate(code, False, "; ".join(wrong))
    return Gate(code, True, f"{len(expected)} brokers registered as migrating")


def _quorum(cluster: LedCluster, quorum: Quorum) -> Gate:
    code, ready = "gate-quorum", caught_up(quorum)
    wanted = max(cluster.controllers_wanted, len(all_voters(cluster, quorum)), 1)
    if quorum.leader is None or len(ready) < wanted:
        return Gate(code, False, f"{len(ready)} of {wanted} controllers have caught up, leader {quorum.leader}")
    return Gate(
        code, True, f"leader {quorum.leader}, {len(ready)} of {wanted} controllers caught up ({quorum.said_by})"
    )


def _parity(cluster: LedCluster) -> Gate:
    code = "gate-parity"
    try:
        found = parity.compared(cluster, lambda _text: None)
    except Forbidden:
        raise
    except KraftError as error:
        return Gate(code, False, f"ZooKeeper and KRaft could not be compared: {error.message}")
    return Gate(code, not found.differences, found.sentence)


def _soak(cluster: LedCluster) -> Gate:
    """Without a stop in pure dual-write the soak is in hybrid, from the first time it was proved."""
    code, wanted = "gate-soak", cluster.params["soak"]
    since = cluster.journal.time_of("MigrateDualWrite")
    if not since:
        return Gate(code, wanted <= 0, "DUAL-WRITE is not recorded yet; run migrate.yml to its end first")
    passed = (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()
    return Gate(code, passed >= wanted, f"in DUAL-WRITE since {since} ({passed:.0f} s of kraft_soak {wanted} s)")


def _confirmed(cluster: LedCluster) -> Gate:
    scope: Scope = cluster.params["scope"]
    wrong = scope.not_all_named("kraft_confirm", cluster.params["confirm"])
    if wrong:
        return Gate("gate-confirm", False, f"{wrong}: it confirms that a rollback will be impossible")
    return Gate("gate-confirm", True, f"kraft_confirm names {scope.name}")
