# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates of the irreversible step, each named. Evaluated inside the mutating actions, right before the write and each restart.

Private to the collection. Safety rule 1 of docs/architecture.md.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import flags_off
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import read_quorum, registrations
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known, unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import Quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import gate, point_of_no_return
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.gate import Gate
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError


def evaluate(cluster: DirectCluster, *, thorough: bool = True) -> list[Gate]:
    """Evaluate every gate again.

    ``thorough`` reads each broker's registration from the metadata log, and compares both stores (a JVM start); without it the
    active controller's counts are enough where the log cannot be read in Kafka's protocol, and the stores, which were compared before the final settings
    were written, are not compared again.
    """
    return [
        _pure(cluster),
        *_of_quorum(cluster, thorough),
        *([gate.of_parity(cluster)] if thorough else []),
        _soak(cluster),
        _references(cluster),
        gate.confirmed(cluster),
    ]


def require(cluster: DirectCluster, *, thorough: bool = True) -> list[Gate]:
    """Evaluate every gate; raise Refused that names each one that is neither passed nor accepted.

    Once a controller without the flag has led there is nothing left to guard: whatever is closed, forward is the only way.
    """
    gates = evaluate(cluster, thorough=thorough)
    accepted = cluster.params["accept"]
    if gate.closed(gates, accepted) and not point_of_no_return.known_passed(cluster):
        gate.refuse(gates, accepted)
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
    return [_registrations(cluster, quorum, thorough), gate.of_quorum(cluster, quorum)]


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


def _soak(cluster: DirectCluster) -> Gate:
    otherwise = "PURE_DUAL_WRITE is not proven yet; run finalize.yml without kraft_confirm first"
    return gate.of_soak(cluster, state.PURE, cluster.journal.pure_since, otherwise)


def _references(cluster: DirectCluster) -> Gate:
    found = cluster.driver.checks.references("gate-zookeeper-reference", ahead=False)
    text = "; ".join(item.sentence for item in found) or "nothing in the brokers' pods connects to ZooKeeper"
    return Gate("gate-zookeeper-reference", not found, text)
