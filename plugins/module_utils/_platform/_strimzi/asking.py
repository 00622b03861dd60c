# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Strimzi is asked for: one annotation of the Kafka CR, each time behind a look at where it is, and only on what was looked at.

Private to the collection. The operator reports nothing for an annotation that it cannot act on: whatever it needs is checked before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state as kafka_state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Verb
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict, wait_for
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import (
    hints,
    making,
    removing,
    sentences,
    states,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.cluster import StrimziCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, Refused

Obj = Mapping[str, Any]
#: the operator writes the status at any time, which changes the version of the object
ATTEMPTS = 10


def annotate(cluster: StrimziCluster, wanted: Callable[[Obj], Mapping[str, str | None]]) -> list[str]:
    """Write the annotations that ``wanted`` says for the Kafka CR as it is at that very moment; returns one line each. It may raise Refused."""
    for _attempt in range(ATTEMPTS):
        kafka = cluster.client.get(res.KAFKA, cluster.name, cluster.namespace)
        annotations = {
            key: value for key, value in wanted(kafka).items() if (res.annotation(kafka, key) or None) != value
        }
        if not annotations:
            return []
        metadata = {"uid": kafka["metadata"]["uid"], "annotations": annotations}
        version = kafka["metadata"]["resourceVersion"]
        try:
            cluster.client.patch(
                res.KAFKA, cluster.name, cluster.namespace, {"metadata": metadata}, resource_version=version
            )
        except Conflict:
            continue
        cluster.changed()
        return [
            f"Kafka {cluster.name}: annotation {key} {'removed' if value is None else f'= {value}'}"
            for key, value in annotations.items()
        ]
    raise Conflict(
        f"Kafka {cluster.namespace}/{cluster.name} was changed by somebody else at each of {ATTEMPTS} attempts to annotate it"
    )


def refuse(cluster: StrimziCluster, verb: Verb) -> None:
    """Raise Refused, Unsupported for what is not asked for as things are now, read anew; the same is looked at again in each write."""
    cluster.changed()
    if verb is Verb.MIGRATE:
        _refuse_migration(cluster)
    elif verb is Verb.FINALIZE:
        _refuse_end(cluster.kafka)
    else:
        _refuse_way_back(cluster, cluster.kafka)


# forward


def planned_controllers(cluster: StrimziCluster) -> dict[str, Any] | None:
    """The controllers' node pool that is to be made, None when it exists. Raises Unsupported."""
    if cluster.controllers_pool is not None:
        return None
    return making.of_controllers(cluster.kafka, cluster.pools, cluster.controllers_name, cluster.params)


def planned_brokers(cluster: StrimziCluster) -> dict[str, Any] | None:
    """The node pool that is to be made to take the brokers over, None when they are in one, or it is there or is not wanted. Raises Unsupported."""
    there = any(pool["metadata"]["name"] == res.ADOPTING for pool in cluster.pools)
    if there or res.has_pools(cluster.kafka) or not cluster.params["strimzi_node_pools"]:
        return None
    return making.of_brokers(cluster.kafka)


def migrate(cluster: StrimziCluster) -> list[str]:
    """Have the brokers in a node pool, ask for the migration, and make the controllers' pool right after it.

    Each of the last two is refused without the other. In this order the pass that the annotation begins finds the pool when it comes to look for it.
    """
    refuse(cluster, Verb.MIGRATE)
    asked = res.asked(cluster.kafka) == res.MIGRATION
    brokers, controllers = None if asked else planned_brokers(cluster), planned_controllers(cluster)
    # what the server would refuse is refused before anything is written
    for each in filter(None, (brokers, controllers)):
        cluster.client.create(res.NODE_POOL, each, cluster.namespace, dry_run=True)
    written = [] if asked else _pool_of_brokers(cluster, brokers)

    def wanted(kafka: Obj) -> Mapping[str, str | None]:
        if states.state_of(kafka) not in (states.ZOOKEEPER, "") or res.is_paused(kafka):
            raise Refused(
                f"the operator is not in ZooKeeper any more: {states.message_of(kafka)}; run status.yml",
                code="wrong-state",
            )
        return {res.KRAFT: res.MIGRATION}

    written += [] if asked else annotate(cluster, wanted)
    if controllers is not None:
        cluster.client.create(res.NODE_POOL, controllers, cluster.namespace)
        written.append(f"{res.NODE_POOL.kind} {controllers['metadata']['name']} created")
    cluster.changed()
    return written


def _refuse_migration(cluster: StrimziCluster) -> None:
    """What the operator would do wrong, or not act on and say nothing of, whoever asks it."""
    asked = res.asked(cluster.kafka) == res.MIGRATION
    if planned_controllers(cluster) is not None or not asked:
        refuse_leftovers(cluster)
    if not asked:
        refuse_start(cluster)
    if not res.has_pools(cluster.kafka) and (asked or not cluster.params["strimzi_node_pools"]):
        raise Refused(sentences.without_pools(cluster.kafka), code="operator-node-pools")


def refuse_leftovers(cluster: StrimziCluster) -> None:
    """Raise Refused for controllers that would start on the volumes of earlier ones, whatever was accepted before."""
    claims = removing.left(cluster)
    if claims:
        raise Refused(
            f"{', '.join(claims)} are left of earlier controllers: started on them, Strimzi would take their old log for the end of the copy and "
            "restart the brokers with old metadata; run rollback.yml, which deletes them",
            code="controller-volumes-leftover",
        )


def refuse_start(cluster: StrimziCluster) -> None:
    """Raise Refused for what the operator would not act on, and say nothing of."""
    kafka = cluster.kafka
    if res.may_be_paused(kafka):
        raise Refused(
            f"Kafka {res.where(kafka)} has the annotation {res.PAUSE}: remove it first", code="operator-paused"
        )
    if states.state_of(kafka) != states.ZOOKEEPER:
        raise Refused(
            f"Strimzi does not say that Kafka {res.where(kafka)} is in ZooKeeper: {states.message_of(kafka)}; wait until it is Ready",
            code="wrong-state",
        )


def _pool_of_brokers(cluster: StrimziCluster, planned: Mapping[str, Any] | None) -> list[str]:
    """Have the operator take the brokers over into a pool, where they are in none; returns what was written. Raises DeadlineExceeded.

    :param planned: that pool, None when it is there.
    """
    if res.has_pools(cluster.kafka):
        return []
    written = []
    if planned is not None:
        cluster.client.create(res.NODE_POOL, planned, cluster.namespace)
        written.append(f"{res.NODE_POOL.kind} {res.ADOPTING} created, which takes the brokers over")
    before = {name: pod["metadata"]["uid"] for name, pod in cluster.pods.items()}
    written += annotate(cluster, lambda _kafka: {res.NODE_POOLS: res.ENABLED})
    wanted = len(before)

    def judge(found: Mapping[str, Any]) -> Verdict:
        ids = (found.get(res.ADOPTING, {}).get("status") or {}).get("nodeIds") or []
        return Verdict(
            len(ids) >= wanted, f"the brokers are taken over into node pool {res.ADOPTING}: {len(ids)} of {wanted}"
        )

    timeout = cluster.params["wait_timeout"]
    wait_for(cluster.client, res.NODE_POOL, cluster.namespace, judge, timeout=timeout, progress=cluster.client.progress)
    cluster.changed()
    changed = [
        name for name, uid in before.items() if name not in cluster.pods or cluster.pods[name]["metadata"]["uid"] != uid
    ]
    if changed:
        raise Refused(
            f"{', '.join(changed)} were restarted when node pool {res.ADOPTING} took the brokers over, which should restart nothing; compare the pool with "
            "spec.kafka of the Kafka CR before anything else",
            code="operator-node-pools",
        )
    return written


def finalize(cluster: StrimziCluster) -> list[str]:
    """Ask for the end, in KRaftPostMigration only: before it the operator fails in silence, or skips its stop."""

    def wanted(kafka: Obj) -> Mapping[str, str | None]:
        _refuse_end(kafka)
        return {res.KRAFT: res.ENABLED}

    return annotate(cluster, wanted)


def _refuse_end(kafka: Obj) -> None:
    if states.state_of(kafka) != states.POST_MIGRATION or states.turned(kafka) or res.is_paused(kafka):
        raise Refused(
            f"the operator does not wait in {states.POST_MIGRATION}: {states.message_of(kafka)}; nothing was changed",
            code="wrong-state",
        )


# backward


def roll_back(cluster: StrimziCluster) -> list[str]:
    """Ask for the way back: by the operator's own request once it knows one, before that by a pause, since it would go on forward."""
    cluster.changed(Part.BROKERS)

    def wanted(kafka: Obj) -> Mapping[str, str | None]:
        _refuse_way_back(cluster, kafka)
        return turn(kafka)

    return annotate(cluster, wanted)


def _refuse_way_back(cluster: StrimziCluster, kafka: Obj) -> None:
    """What is final, and what would send brokers in KRaft mode to ZooKeeper by an operator that has forgotten them."""
    state = states.state_of(kafka)
    if state in (states.PRE_KRAFT, states.KRAFT) or (
        state == states.POST_MIGRATION and res.asked(kafka) == res.ENABLED
    ):
        raise Refused(
            f"Strimzi was told to finalize, and goes to the end: {states.message_of(kafka)}; nothing was changed",
            code="rollback-impossible",
        )
    in_kraft = [] if state else [pod for pod, mode in cluster.modes.items() if mode == kafka_state.MODE_KRAFT]
    if in_kraft:
        raise Refused(
            f"{', '.join(in_kraft)} run in KRaft mode, and {hints.PAUSED}{hints.restored(kafka)}",
            code="operator-paused",
        )


def turn(kafka: Obj) -> Mapping[str, str | None]:
    """The annotations that turn the operator round where it is.

    Where brokers may run in KRaft mode that is its own request for a rollback, whatever it was asked for: a pause would make it forget its state, from which
    alone it can restart them. Before that it knows no such request. A pass that is under way ends as it was begun.
    """
    if states.state_of(kafka) in states.GO_BACK:
        return {res.TURNED: "true", res.KRAFT: res.ROLLBACK, res.PAUSE: None}
    return {res.TURNED: "true", res.PAUSE: "true"}


def brake(cluster: StrimziCluster) -> str:
    """Keep the operator from going on forward from where it is by now; returns how, for a message."""
    chosen: list[str] = []

    def wanted(kafka: Obj) -> Mapping[str, str | None]:
        back = states.state_of(kafka) in states.GO_BACK
        chosen[:] = [f"{res.KRAFT} = {res.ROLLBACK}" if back else res.PAUSE]
        return turn(kafka) if back else {res.PAUSE: "true"}

    annotate(cluster, wanted)
    return chosen[0]


def keep_turned(cluster: StrimziCluster) -> None:
    """Mark a rollback that somebody else began, so that a later run knows of it when the operator has forgotten it."""
    pool = bool(cluster.controllers_pools)

    def wanted(kafka: Obj) -> Mapping[str, str | None]:
        too_early = (
            pool
            and states.state_of(kafka) in (states.MIGRATING, states.DUAL_WRITING)
            and res.asked(kafka) == res.DISABLED
        )
        begun = states.turned(kafka) or too_early
        over = states.state_of(kafka) in (states.ZOOKEEPER, states.PRE_KRAFT, states.KRAFT) and not res.annotation(
            kafka, res.TURNED
        )
        return turn(kafka) if begun and not over and _waits(kafka) else {}

    annotate(cluster, wanted)


def _waits(kafka: Obj) -> bool:
    """Whether the operator has not been told to go on yet: our mark and disabled without a pause say that it has."""
    return not (res.annotation(kafka, res.TURNED) and res.asked(kafka) == res.DISABLED and not res.is_paused(kafka))


def go_on(cluster: StrimziCluster) -> list[str]:
    """Have the operator restart the brokers in plain ZooKeeper mode, once the controllers and their volumes are gone."""
    removing.require_gone(cluster)
    return annotate(cluster, lambda _kafka: {res.TURNED: "true", res.KRAFT: res.DISABLED, res.PAUSE: None})
