# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Having a broker elected controller where none takes /controller by itself: one is restarted, which makes it try (KAFKA-16101).

Private to the collection. Safety rule 4. Nobody is controller meanwhile, so that no ISR in ZooKeeper loses a broker that died, and no
partition gets another leader: what counts as in sync are the members of an ISR that are registered.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Collection, Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rolling
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Controller
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.broker_roll import (
    BrokerRoll,
    Partition,
    replicas_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.roll_engine import Back, RollEngine
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import handover

Progress = Callable[[str], None]
#: so many brokers are named with what keeps them
NAMED = 3


def choose(cluster: DirectCluster) -> str:
    """Return the pod whose restart costs the least: one that is down, else the one that leads the fewest partitions.

    Raises Refused (partition-not-healthy) when each of them would take a partition under min.insync.replicas.
    """
    partitions, tolerated = _live(cluster)
    kept: dict[int, str] = {}
    chosen: list[tuple[bool, int, int, str]] = []
    for broker, pod in cluster.pod_of_broker_or_down.items():
        why = _keeps(cluster, broker, pod, partitions, tolerated)
        if why:
            kept[broker] = why
        else:
            led = sum(state.leader == broker for state in partitions.values())
            chosen.append((_is_up(cluster, broker), led, broker, pod))
    if chosen:
        return min(chosen)[3]
    listed = "; ".join(why for _broker, why in sorted(kept.items())[:NAMED])
    raise Refused(
        f"no broker is restarted to be elected: {listed or 'no broker id is known'}"
        + (f"; and {len(kept) - NAMED} more" if len(kept) > NAMED else "")
        + ". Start the brokers that are down, then run rollback.yml again",
        code="partition-not-healthy",
    )


def restart_one(
    cluster: DirectCluster, pod: str, guard: Callable[[], None], progress: Progress
) -> tuple[Controller, int]:
    """Restart a broker as a roll would; returns who took /controller, and when (ZooKeeper's clock, milliseconds since 1970).

    The StatefulSets hold the original settings already. Raises KraftError when the pod may not go or nobody is elected.
    """
    target = _Candidate(cluster, pod, guard)
    engine = RollEngine(
        cluster.client, cluster.driver, cluster.namespace, cluster.container, cluster.params["pod_timeout"], progress
    )
    engine.run(target, lambda _restart: None)
    return target.elected[-1]


class _Candidate(BrokerRoll):
    """One broker, which is back as soon as somebody is controller: no ISR grows before that."""

    def __init__(self, cluster: DirectCluster, pod: str, guard: Callable[[], None]) -> None:
        hashes = cluster.driver.brokers.hashes_by_uid()
        super().__init__(cluster, hashes, lambda _pod, _facts: "", guard, registers=True, down_too=True)
        self._left = {pod: str(cluster.pods[pod]["metadata"]["uid"])}
        #: who was elected, and when
        self.elected: list[tuple[Controller, int]] = []

    def wait_until_safe(self, pod: str, timeout: float, progress: Progress) -> None:
        """What it was chosen for holds still; nothing to wait for, since no ISR grows. Raises Refused."""
        partitions, tolerated = _live(self.cluster)
        why = _keeps(self.cluster, self.node_id(pod), pod, partitions, tolerated)
        if why:
            raise Refused(f"{pod} is not restarted to be elected: {why}", code="partition-not-healthy")

    def wait_until_back(self, pod: str, timeout: float, progress: Progress) -> Back:
        """Wait until a broker holds /controller."""
        controller, when_ms = handover.wait_broker_is_controller(
            self.cluster.zookeeper, timeout=timeout, progress=progress
        )
        self.elected.append((controller, when_ms))
        self._left.clear()
        return Back(when_ms, int(time.time() * 1000))


def _live(cluster: DirectCluster) -> tuple[Mapping[Partition, rolling.Replicas], Collection[Partition]]:
    """The partitions with those of their ISR that are registered now, and those that nobody can spare and somebody accepted."""
    cluster.changed(Part.ZOOKEEPER)
    partitions = replicas_of(cluster)
    registered = set(cluster.view.brokers)
    accepted = "partition-cannot-roll" in cluster.params["accept"]
    live = {
        name: dataclasses.replace(state, isr=tuple(each for each in state.isr if each in registered))
        for name, state in partitions.items()
    }
    return live, rolling.never_safe(partitions) if accepted else ()


def _is_up(cluster: DirectCluster, broker: int) -> bool:
    return broker in cluster.view.brokers


def _keeps(
    cluster: DirectCluster,
    broker: int,
    pod: str,
    partitions: Mapping[Partition, rolling.Replicas],
    tolerated: Collection[Partition],
) -> str:
    """Return why a broker may not be restarted, or an empty string."""
    if not _is_up(cluster, broker):
        found = cluster.client.find(POD, pod, cluster.namespace)
        if found is not None and is_ready(found):
            return f"broker {broker} is Ready, but not registered in ZooKeeper: it is not known what it serves"
        return ""
    low = rolling.endangered(partitions, broker, tolerated)
    if low:
        return f"{rolling.named(low)} would fall below min.insync.replicas without broker {broker}"
    return ""
