# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The node pools: brokers that are in one, controllers that can be made, and nothing left of earlier ones. Pure.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import making, pools, sentences, states
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.seen import Obj, Seen
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.versions import SEVERAL_DISKS, spelled

#: the type of a volume that is gone with the pod
EPHEMERAL = "ephemeral"


def node_pools(seen: Seen) -> Iterator[Finding]:
    """The brokers are in a node pool, or may be taken over into one."""
    if res.has_pools(seen.kafka):
        if not any(res.BROKER in res.roles(pool) for pool in seen.pools):
            yield finding(
                "operator-node-pools",
                f"Kafka {seen.name}",
                f"Kafka {seen.name} has the annotation {res.NODE_POOLS}: {res.ENABLED}, and no KafkaNodePool of brokers with the label {res.CLUSTER}: "
                f"{seen.kafka['metadata']['name']}; write one with the name {res.ADOPTING}",
            )
        return
    if not seen.may_pool or res.asked(seen.kafka) == res.MIGRATION:
        yield finding("operator-node-pools", f"Kafka {seen.name}", sentences.without_pools(seen.kafka))
        return
    yield from pools.wrong_brokers(seen.kafka, seen.pools)
    if not any(pool["metadata"]["name"] == res.ADOPTING for pool in seen.pools):
        try:
            making.of_brokers(seen.kafka)
        except Unsupported as error:
            yield finding(error.code, f"Kafka {seen.name}", error.message)
    if res.ADOPTING in seen.foreign:
        yield finding(
            "operator-node-pools",
            f"KafkaNodePool {res.ADOPTING}",
            f"the brokers of Kafka {seen.name} can be taken over only by a node pool with the name {res.ADOPTING}, and that in their namespace "
            f"{_whose(seen, res.ADOPTING)}: correct the label if the pool was written for them; else the other cluster has to give the name up first, "
            "with its partitions moved to brokers of a pool with another one",
        )


def _whose(seen: Seen, name: str) -> str:
    """Whose a node pool of another cluster is, as the end of a sentence."""
    cluster = seen.foreign[name]
    return (
        f"is of Kafka {cluster} (label {res.CLUSTER})"
        if cluster
        else f"is of no cluster (it has no label {res.CLUSTER})"
    )


def controllers(seen: Seen) -> Iterator[Finding]:
    """The controllers' pool, there or planned, is one that a migration can use."""
    if seen.controllers is None:
        return
    name = str(seen.controllers["metadata"]["name"])
    taken = next(
        (pool for pool in seen.pools if pool["metadata"]["name"] == name and res.BROKER in res.roles(pool)), None
    )
    if seen.planned and (taken is not None or name == res.ADOPTING):
        yield finding(
            "operator-references",
            f"KafkaNodePool {name}",
            f"the controllers' node pool would have the name {name}, which is that of the brokers; choose another one in kraft_controller_name",
        )
        return
    if seen.planned and name in seen.foreign:
        yield finding(
            "operator-references",
            f"KafkaNodePool {name}",
            f"the controllers' node pool would have the name {name}, and the one that has it in this namespace {_whose(seen, name)}; choose another one in "
            "kraft_controller_name, or in your manifest",
        )
        return
    yield from pools.wrong_controllers(seen.controllers, seen.brokers)


def controllers_gone(
    kafka: Obj, pool: Obj | None, claims: Iterable[str], in_kraft: Callable[[], Collection[str]] = tuple
) -> Finding | None:
    """That the controllers' pool was deleted while brokers need it: Strimzi then does nothing, whatever it is asked for.

    :param in_kraft: the brokers that run in KRaft mode; asked where the state does not tell.
    """
    state = states.state_of(kafka)
    if pool is not None or state not in states.GO_BACK or (state == states.DUAL_WRITING and not in_kraft()):
        return None
    return finding(
        "operator-controllers-gone",
        f"Kafka {res.where(kafka)}",
        f"brokers of Kafka {res.where(kafka)} run in KRaft mode, and there is no KafkaNodePool of controllers: Strimzi goes on nowhere from "
        f"here. Make it again with the same name, replicas and storage, on its volume claims ({', '.join(claims) or 'none'}), and wait until it "
        f"is Ready; delete no claim before",
    )


def leftovers(seen: Seen) -> Iterator[Finding]:
    """No volume of earlier controllers: their log would be taken for a copy that never happens."""
    if seen.claims:
        yield finding(
            "controller-volumes-leftover",
            ", ".join(seen.claims),
            f"the volume claims {', '.join(seen.claims)} are left of earlier controllers: Strimzi would take their old log for the end of the "
            f"copy, and restart the "
            "brokers with old metadata. Run rollback.yml, which deletes them",
        )
    by_pool: dict[str, list[str]] = {}
    for claim, pool in seen.stray.items():
        by_pool.setdefault(pool, []).append(claim)
    for pool, claims in by_pool.items():
        yield finding(
            "operator-controller-unused",
            f"KafkaNodePool {pool}",
            f"the volume claims {', '.join(claims)} are of node pool {pool}, which does not exist: if it was of controllers of an earlier "
            f"attempt, delete them",
        )


def broker_data(seen: Seen) -> Iterator[Finding]:
    """The brokers' data outlives the pods: the first roll would delete it, whoever accepts that."""
    for name, field, spec in pools.brokers_now(seen.kafka, seen.pools):
        of = pools.volumes({"spec": spec})
        gone = [each for each in of if each.get("type") == EPHEMERAL]
        if gone:
            some = f", volumes {', '.join(str(each.get('id', '-')) for each in gone)}" if len(gone) < len(of) else ""
            yield finding(
                "broker-data-lost",
                f"{name}: {field}.storage",
                f"{name} has brokers on ephemeral storage ({field}.storage{some}): whenever Strimzi restarts a pod its data is deleted, and a migration "
                "restarts every broker several times. Each of its replicas would have to be copied again from the other brokers, and a partition with "
                "one replica would be LOST; move the data to brokers of a new node pool with persistent-claim first",
            )


def disks(seen: Seen) -> Iterator[Finding]:
    """Brokers with several disks: refused by the first versions, and less robust in every one."""
    for pool in seen.pools or ({"metadata": {"name": "-"}, "spec": seen.of_kafka},):
        if res.roles(pool) == {res.CONTROLLER} or len(pools.volumes(pool)) < 2:
            continue
        if seen.operator and seen.operator < SEVERAL_DISKS:
            yield finding(
                "operator-unsupported",
                f"Kafka {seen.name}",
                f"the brokers of Kafka {seen.name} have several disks, which Strimzi {spelled(seen.operator)} does not migrate; upgrade it first",
            )
        else:
            yield finding(
                "setting-warns",
                f"Kafka {seen.name}",
                f"the brokers of Kafka {seen.name} have several disks: while they migrate, a broker shuts down when any one of its disks fails (KAFKA-16431)",
            )
        return
