# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates of the irreversible step where an operator goes from hybrid dual-write to the end in one go.

Private to the collection. Safety rule 1 of docs/architecture.md: such a platform has no stop in pure dual-write, so that the gates
are asked in hybrid, right before the operator is told.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster, flag_on_everywhere
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import read_quorum, registrations, seat
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import Quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import gate
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.gate import Gate
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.preflight import kraft_brokers
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import LedCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError


def evaluate(cluster: LedCluster) -> list[Gate]:
    """Evaluate every gate again."""
    seen = cluster.driver.observe()
    return [
        _hybrid(cluster, seen),
        *_of_quorum(cluster),
        _parity(cluster),
        _soak(cluster),
        gate.confirmed(cluster),
    ]


def require(cluster: LedCluster) -> list[Gate]:
    """Evaluate every gate; raise Refused that names each one that is neither passed nor accepted."""
    gates = evaluate(cluster)
    gate.refuse(gates, cluster.params["accept"])
    return gates


def _hybrid(cluster: LedCluster, seen: Progress) -> Gate:
    code, now = "gate-dual-write", cluster.state
    if seen.waits_for is not Wait.DECISION:
        return Gate(code, False, f"the operator is at {seen.where}, not in DUAL-WRITE")
    # it is documented nowhere in which mode an operator's brokers are in DUAL-WRITE; both go back, and ZooKeeper has all changes in both
    if now.name not in (state.HYBRID, state.PURE):
        return Gate(code, False, f"the operator says {seen.where}, but the cluster is {now.name}: {now.reason}")
    over = _final(cluster)
    if not all(flag_on_everywhere(each) for each in (cluster, *cluster.others) if _where(each) not in over):
        return Gate(code, False, "not every controller is known to run with the migration flag")
    return Gate(code, True, f"the operator waits in DUAL-WRITE; {now.reason}")


def _where(cluster: Cluster) -> str:
    return f"{cluster.namespace}/{cluster.name}"


def _final(cluster: Cluster) -> list[str]:
    """The other regions of the Kafka cluster that are finalized: their controllers are known to run without the flag."""
    return [
        _where(each) for each in cluster.others if each.flags and all(flag is False for flag in each.flags.values())
    ]


def left_alone(cluster: LedCluster) -> str:
    """Return that a controller of a finalized region leads, or an empty string.

    It has no migration flag, and tells brokers in ZooKeeper mode of no new leaders: those of this region have to be restarted soon.
    """
    over = _final(cluster)
    if not over:
        return ""
    try:
        quorum = read_quorum(cluster)
    except Forbidden:
        raise
    except KraftError as error:
        return f"{', '.join(over)} is finalized, and it could not be read which controller leads: {error.message}"
    at = seat(cluster, quorum)
    if quorum.leader is None or _where(at) not in over:
        return ""
    return (
        f"controller {quorum.leader} of {_where(at)} leads, which is finalized: the brokers of {_where(cluster)} are told of no new leaders "
        "until they run in KRaft mode; finish this region now"
    )


def _parity(cluster: LedCluster) -> Gate:
    """Where a region is final there is no way back any more, and ZooKeeper may not be written any more either."""
    over = _final(cluster)
    if over:
        return Gate(
            "gate-parity",
            True,
            f"not compared: {', '.join(over)} is finalized, so that ZooKeeper is no way back any more",
        )
    return gate.of_parity(cluster)


def _of_quorum(cluster: LedCluster) -> list[Gate]:
    """The two gates that ask the quorum; they ask once."""
    try:
        quorum = read_quorum(cluster)
    except Forbidden:
        raise
    except KraftError as error:
        return [
            Gate("gate-registrations", False, f"the registrations could not be read: {error.message}"),
            Gate("gate-quorum", False, error.message),
        ]
    return [_registrations(cluster, quorum), gate.of_quorum(cluster, quorum)]


def _registrations(cluster: LedCluster, quorum: Quorum) -> Gate:
    """Every broker is known to the quorum, as one that migrates and is alive."""
    code = "gate-registrations"
    try:
        registered = registrations(cluster, quorum)
    except Forbidden:
        raise
    except KraftError as error:
        return Gate(code, False, f"the registrations could not be read: {error.message}")
    elsewhere, over = cluster.elsewhere, _final(cluster)
    expected = set(cluster.pod_of_broker) | cluster.view.assigned_brokers | set(elsewhere)
    own_kraft = kraft_brokers(cluster)
    without = [pod for pod in cluster.facts if cluster.broker_id(pod) is None]
    wrong = [f"the broker id of {pod} could not be read" for pod in without]
    for broker in sorted(expected):
        entry = registered.get(broker)
        if entry is None:
            wrong.append(f"broker {broker} is not registered in KRaft")
        elif not entry.migrating and elsewhere.get(broker) not in over and broker not in own_kraft:
            wrong.append(f"broker {broker} is registered, but not as a migrating ZooKeeper broker")
        elif entry.migrating and broker in own_kraft:
            # KAFKA-20960: a controller without the flag must not lead before every broker is known to be one of KRaft
            wrong.append(f"broker {broker} runs in KRaft mode, and is still registered as a migrating ZooKeeper broker")
        elif entry.fenced:
            wrong.append(f"broker {broker} is fenced")
    if wrong:
        return Gate(code, False, "; ".join(wrong))
    in_kraft = sum(1 for broker in expected if not registered[broker].migrating)
    more = f", {in_kraft} in KRaft mode" if in_kraft else ""
    return Gate(code, True, f"{len(expected) - in_kraft} brokers registered as migrating{more}, none fenced")


def _soak(cluster: LedCluster) -> Gate:
    """Without a stop in pure dual-write the soak is in hybrid, from the first time it was proved.

    In every region, and before the first one is finalized: none may be left behind because it was a little later.
    """
    over = _final(cluster)
    if over:
        return Gate(
            "gate-soak", True, f"not asked: {', '.join(over)} is finalized, so that there is no way back any more"
        )
    found = []
    for each in (cluster, *cluster.others):
        otherwise = f"DUAL-WRITE is not recorded yet in {_where(each)}; run migrate.yml to its end first"
        try:
            since = each.journal.time_of("MigrateDualWrite")
        except Forbidden:
            raise
        except KraftError as error:
            return Gate("gate-soak", False, f"the journal of {_where(each)} could not be read: {error.message}")
        found.append(gate.of_soak(cluster, phases.DUAL_WRITE, since, otherwise))
    return next((each for each in found if not each.passed), found[0])
