# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates of the irreversible step, each named. Evaluated inside the mutating actions, right before the write and each restart.

Private to the collection. Safety rule 1 of docs/architecture.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import parity
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import flags_off
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import (
    all_voters,
    caught_up,
    read_quorum,
    registrations,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import RULES
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known, unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import Scope
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import Quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import point_of_no_return
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
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


def evaluate(cluster: DirectCluster, *, thorough: bool = True) -> list[Gate]:
    """Evaluate every gate again.

    ``thorough`` reads each broker's registration from the metadata log, and compares both stores (a JVM start); without it the
    active controller's counts are enough where the log cannot be read in Kafka's protocol, and the stores, which were compared before the final settings
    were written, are not compared again.
    """
    return [
        _pure(cluster),
        *_of_quorum(cluster, thorough),
        *([_parity(cluster)] if thorough else []),
        _soak(cluster),
        _references(cluster),
        _confirmed(cluster),
    ]


def require(cluster: DirectCluster, *, thorough: bool = True) -> list[Gate]:
    """Evaluate every gate; raise Refused that names each one that is neither passed nor accepted.

    Once a controller without the flag has led there is nothing left to guard: whatever is closed, forward is the only way.
    """
    gates = evaluate(cluster, thorough=thorough)
    accepted = cluster.params["accept"]
    closed = [gate for gate in gates if not gate.passed and not (RULES[gate.code].acceptable and gate.code in accepted)]
    if closed and not point_of_no_return.known_passed(cluster):
        listed = "; ".join(f"{gate.code}: {gate.sentence}" for gate in closed)
        raise Refused(
            f"the irreversible step is refused, nothing was changed: {listed}",
            code=closed[0].code,
            detail={"gates": [gate.as_dict(accepted) for gate in gates]},
        )
    return gates


def _pure(cluster: DirectCluster) -> Gate:
    now, silent = cluster.state, unknown(cluster.flags)
    if silent:
        listed = "; ".join(f"{pod}: {why}" for pod, why in silent.items())
        return Gate("gate-pure-dual-write", False, f"not every controller could be read ({listed})")
    final = bool(flags_off(cluster)) and set(cluster.modes.values()) == {state.MODE_KRAFT}
    if now.name == state.PURE or (now.name == state.MIXED and final):
        if cluster.view.brokers:
            return Gate(
                "gate-pure-dual-write",
                False,
                f"brokers {sorted(cluster.view.brokers)} are still registered in ZooKeeper",
            )
        other = sorted(name for name, stage in cluster.driver.brokers.stages().items() if stage != "kraft")
        if other:
            return Gate(
                "gate-pure-dual-write",
                False,
                f"a broker of StatefulSet {', '.join(other)} whose pod is recreated would not run in KRaft mode: its settings are not at stage kraft",
            )
        return Gate("gate-pure-dual-write", True, now.reason)
    return Gate("gate-pure-dual-write", False, f"the cluster is {now.name}: {now.reason}")


def _of_quorum(cluster: DirectCluster, thorough: bool) -> list[Gate]:
    """The two gates that ask the quorum; they ask once, since where nothing else serves that is a JVM start."""
    try:
        quorum = read_quorum(cluster)
    except KraftError as error:
        return [
            Gate("gate-registrations", False, f"the registrations could not be read: {error.message}"),
            Gate("gate-quorum", False, error.message),
        ]
    return [_registrations(cluster, quorum, thorough), _quorum(cluster, quorum)]


def _registrations(cluster: DirectCluster, quorum: Quorum, thorough: bool) -> Gate:
    code = "gate-registrations"
    if not known(cluster.controller_facts):
        return Gate(code, False, "no controller runs")
    counts = {} if thorough else quorum.counts
    if {"migrating_brokers", "active_brokers", "fenced_brokers"} <= counts.keys():
        text = f"{counts['active_brokers']} active, {counts['fenced_brokers']} fenced, {counts['migrating_brokers']} migrating brokers"
        fine = (
            counts["active_brokers"] >= len(cluster.pods)
            and not counts["fenced_brokers"]
            and not counts["migrating_brokers"]
        )
        return Gate(code, fine, text)
    try:
        registered = registrations(cluster, quorum)
    except KraftError as error:
        return Gate(code, False, f"the registrations could not be read: {error.message}")
    expected = set(cluster.pod_of_broker) | cluster.view.assigned_brokers
    wrong = []
    for broker in sorted(expected):
        entry = registered.get(broker)
        if entry is None:
            wrong.append(f"broker {broker} is not registered in KRaft")
        elif entry.migrating:
            wrong.append(f"broker {broker} is still registered as a migrating ZooKeeper broker")
        elif entry.fenced:
            wrong.append(f"broker {broker} is fenced")
    if wrong:
        return Gate(code, False, "; ".join(wrong))
    return Gate(code, True, f"{len(expected)} brokers registered, unfenced, in KRaft mode")


def _quorum(cluster: DirectCluster, quorum: Quorum) -> Gate:
    code = "gate-quorum"
    ready = caught_up(quorum)
    wanted = cluster.controllers_wanted
    # somebody may have scaled the StatefulSet down: its voters are voters nevertheless
    wanted = max(wanted, len(all_voters(cluster, quorum)))
    if quorum.leader is None or len(ready) < max(wanted, 1):
        return Gate(code, False, f"{len(ready)} of {wanted} controllers have caught up, leader {quorum.leader}")
    return Gate(
        code, True, f"leader {quorum.leader}, {len(ready)} of {wanted} controllers caught up ({quorum.said_by})"
    )


def _parity(cluster: DirectCluster) -> Gate:
    """Both stores hold the same: the copy in ZooKeeper, which a rollback would need, and what the quorum has."""
    code = "gate-parity"
    try:
        found = parity.compared(cluster, lambda _text: None)
    except Forbidden:
        raise
    except KraftError as error:
        return Gate(code, False, f"ZooKeeper and KRaft could not be compared: {error.message}")
    return Gate(code, not found.differences, found.sentence)


def _soak(cluster: DirectCluster) -> Gate:
    code, wanted = "gate-soak", cluster.params["soak"]
    since = cluster.journal.pure_since
    if not since:
        return Gate(
            code, wanted <= 0, "PURE_DUAL_WRITE is not proven yet; run finalize.yml without kraft_confirm first"
        )
    passed = (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()
    return Gate(code, passed >= wanted, f"in PURE_DUAL_WRITE since {since} ({passed:.0f} s of kraft_soak {wanted} s)")


def _references(cluster: DirectCluster) -> Gate:
    found = cluster.driver.checks.references("gate-zookeeper-reference", ahead=False)
    text = "; ".join(item.sentence for item in found) or "nothing in the brokers' pods connects to ZooKeeper"
    return Gate("gate-zookeeper-reference", not found, text)


def _confirmed(cluster: DirectCluster) -> Gate:
    scope: Scope = cluster.params["scope"]
    wrong = scope.not_all_named("kraft_confirm", cluster.params["confirm"])
    if wrong:
        return Gate("gate-confirm", False, f"{wrong}: it confirms that a rollback will be impossible")
    return Gate("gate-confirm", True, f"kraft_confirm names {scope.name}")
