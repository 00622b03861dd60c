# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The brokers as a roll target: the ISR in ZooKeeper's znodes decides, which are written up to the end of pure dual-write.

Private to the collection. Safety rule 4 of docs/architecture.md: no pod goes while a partition would fall under min.insync.replicas; the
ZooKeeper-mode controller broker goes last.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import stalled_isr
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster, Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rolling
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.marks import owner_uid, pod_settings_hash
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import (
    PartitionState,
    Topic,
    parse_controller,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import NotRunning, Unknown, known
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import acceptance
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts, pod_facts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.following import (
    kraft_is_controller,
    wait_current,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.hash_target import HashTarget
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.roll_engine import Back, OtherFirst
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    KraftError,
    Refused,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.parallel import Background
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.states import read_states
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.waits import InSync, wait_in_sync

Partition = tuple[str, int]
#: a TTL that costs nothing
_FAST = 0
#: seconds without an ISR that grows after which it is looked for brokers that cannot change one, each time
STALLED_INTERVAL = 10.0
#: seconds after which a wait for the ISR is explained by the controller's address cache
SLOW = 8.0


class _Found(Exception):
    """Brokers were found that cannot change an ISR any more."""


class BrokerRoll(HashTarget):
    """Restarts the brokers whose pod does not have ``settings_hash`` yet."""

    what, id_name, unknown = "broker", "broker id", "broker-not-healthy"

    def __init__(
        self,
        cluster: DirectCluster,
        hash_of_set: Mapping[str, str],
        wrong: Callable[[str, ProcessFacts], str],
        guard: Callable[[], None],
        *,
        registers: bool,
        down_too: bool = False,
        handed_over: bool = False,
    ) -> None:
        """Take the settings hash that the pods of each StatefulSet (by uid) must have.

        ``wrong(pod, facts)`` returns what is wrong with a running process, or an empty string; ``guard`` checks
        gates and foreign changes before each restart. ``registers``: the restarted brokers run in ZooKeeper mode and
        register there. ``down_too``: a broker that does not run is restarted as well, and first. ``handed_over``: the brokers
        that are still to be restarted have seen the controller change from KRaft to ZooKeeper, see stalled_isr.py.
        """
        pods = cluster.pod_of_broker_or_down if down_too else cluster.pod_of_broker

        def has_hash(pod: Mapping[str, Any]) -> bool:
            return pod_settings_hash(pod) == hash_of_set.get(owner_uid(pod))

        super().__init__(
            {pod: broker for broker, pod in pods.items()},
            has_hash,
            {name: pod for name, pod in cluster.pods.items() if not has_hash(pod)},
        )
        self.cluster = cluster
        self._wrong = wrong
        self._guard = guard
        self._down_too = down_too
        self._handed_over = handed_over
        self._registers = registers
        self._registered_ms: int = 0
        self._reading: Background[ProcessFacts] | None = None
        #: pods of brokers that cannot change an ISR any more; best restarted while every ISR is complete
        self._stalled = {
            pod
            for pod, facts in known(cluster.facts).items()
            if handed_over and pod in self._left and stalled_isr.has_lost_a_channel(facts)
        }

    # Target

    def next(self) -> tuple[str | None, int]:
        """The next broker; whoever is controller in ZooKeeper mode now goes last."""
        if not self._left:
            return None, 0
        node = self.cluster.zookeeper.get("/controller") if len(self._left) > 1 else None
        last = None
        if node is not None and node.ephemeral:
            last = self.cluster.pod_of_broker.get(parse_controller(node.data, ephemeral=True).broker_id)
        # one that does not run takes nothing away when it is restarted, and may be what keeps the others waiting
        down = [pod for pod in self._left if self._down_too and isinstance(self.cluster.facts.get(pod), NotRunning)]
        first = down or [pod for pod in self._left if pod in self._stalled]
        return (first or rolling.order(self._left, last))[0], len(self._left)

    def guard(self, pod: str) -> None:
        """Gates and foreign changes."""
        self.node_id(pod)
        self._guard()

    def wait_until_safe(self, pod: str, timeout: float, progress: Callable[[str], None]) -> None:
        """Wait until no partition would fall under min.insync.replicas without this broker, or lacks another replica."""
        broker = self.node_id(pod)
        deadline = time.monotonic() + timeout
        while True:
            wait_current(self.cluster, max(deadline - time.monotonic(), 0.0), progress)
            partitions = replicas_of(self.cluster, broker)
            tolerated = (
                rolling.never_safe(partitions) if "partition-cannot-roll" in self.cluster.params["accept"] else []
            )
            if pod in self._stalled:
                # the others are in sync, only it cannot say so: whoever leads next does, in about a second
                progress(
                    f"broker {broker} lost its connection to the controller at the last controller change and can no longer change the "
                    "ISRs that it leads (stalled ISR): it is restarted first, which may refuse writes for about a second"
                )
                tolerated += rolling.led_by(partitions, broker)
            low = rolling.endangered(partitions, broker, tolerated)
            bad = low or rolling.lacking(partitions, broker, tolerated)
            if not bad:
                node = self.cluster.zookeeper.get(f"/brokers/ids/{broker}")
                self._registered_ms = node.mtime_ms if node else 0
                return
            text = (
                f"{rolling.named(bad)} would fall below min.insync.replicas without broker {broker}"
                if low
                else f"{rolling.named(bad)} already lack another replica; broker {broker} waits until it is back"
            )
            never_safe = [name for name in bad if len(partitions[name].replicas) <= max(partitions[name].min_isr, 1)]
            if never_safe:
                accept = acceptance(f"{self.cluster.namespace}/{self.cluster.name}", "partition-cannot-roll")
                raise Refused(
                    f"{rolling.named(never_safe)} cannot stay available while broker {broker} restarts: as many replicas as "
                    f"min.insync.replicas; raise the replication factor, or accept it with {accept}",
                    code="partition-cannot-roll",
                )
            progress(text)
            # the ISR of these partitions must grow by somebody else's broker: watch exactly those
            want = {name: _missing(partitions[name], broker) for name in bad}
            left = deadline - time.monotonic()
            if left <= 0:
                raise DeadlineExceeded(f"{text} for {timeout:.0f} s")
            try:
                self._in_sync(want, left, progress)
            except _Found:
                if pod not in self._stalled:
                    raise OtherFirst from None

    def restarted(self, pod: Mapping[str, Any]) -> bool:
        """Whether somebody else has restarted it onto the wanted settings."""
        if not super().restarted(pod):
            return False
        self._registered_ms = -1  # it may have registered before we looked
        return True

    def started(self, pod: str) -> None:
        """Begin to read the new process, so that it is known by the time the broker is in the ISR."""
        self._reading = self._reading or self._read(pod)

    def _read(self, pod: str) -> Background[ProcessFacts]:
        client, namespace, container = self.cluster.client, self.cluster.namespace, self.cluster.container
        return Background(lambda: pod_facts(client, namespace, pod, container))

    def _facts(self, pod: str, reading: Background[ProcessFacts]) -> ProcessFacts:
        try:
            facts = reading.result()
        except KraftError:
            facts = None
        # read too early: the start script was still at work
        return facts if facts is not None and facts.settings else self._read(pod).result()

    def wait_until_back(self, pod: str, timeout: float, progress: Callable[[str], None]) -> Back:
        """Wait until the process runs the wanted settings and the broker is in every ISR."""
        broker = self.node_id(pod)
        deadline = time.monotonic() + timeout
        reading = self._reading or self._read(pod)
        self._reading = None
        self._stalled.discard(pod)
        if self._registers:
            self._wait_registered(broker, deadline, progress)
        # an ISR that ZooKeeper has not heard of since would still name the broker from before its restart
        wait_current(self.cluster, max(deadline - time.monotonic(), 0.0), progress)
        slow = threading.Timer(SLOW, lambda: self._explain(progress))
        slow.daemon = True
        slow.start()
        try:
            synced, note = self._wait_in_sync(pod, deadline, progress)
        finally:
            slow.cancel()
        differs = self._wrong(pod, self._facts(pod, reading))
        if differs:
            raise KraftError(
                f"the broker runs with settings that differ from those written: {differs}", code="setting-overridden"
            )
        del self._left[pod]
        return Back(synced.happened_ms, int(time.time() * 1000), note)

    def _wait_in_sync(self, pod: str, deadline: float, progress: Callable[[str], None]) -> tuple[InSync, str]:
        """Wait until the broker is in every ISR but those of brokers that cannot change one; returns what is left out."""
        broker, note = self.node_id(pod), ""
        while True:
            want = dict.fromkeys(_assigned(self.cluster, broker), broker)
            states = replicas_of(self.cluster, broker) if self._stalled else {}
            cannot = {self._ids[other] for other in self._stalled}
            led = {name for other in cannot for name in rolling.led_by(states, other)}
            if led:
                want = {name: number for name, number in want.items() if name not in led}
                note = f"not yet in the ISRs that brokers {sorted(cannot)} lead, which can no longer change them"
            try:
                return self._in_sync(want, max(deadline - time.monotonic(), 0.1), progress), note
            except _Found:
                continue

    def _in_sync(self, want: Mapping[Partition, int], timeout: float, progress: Callable[[str], None]) -> InSync:
        """Wait for ISRs; raises _Found as soon as their leaders are found to be ones that cannot change them."""

        def check_leaders(leaders: set[int]) -> None:
            # before a KRaft controller was ever active no broker can have lost its channel by that
            if (self._handed_over or kraft_is_controller(self.cluster)) and self._find_stalled(leaders):
                raise _Found

        return wait_in_sync(
            self.cluster.zookeeper,
            want,
            timeout=timeout,
            progress=progress,
            check_leaders=check_leaders,
            every=STALLED_INTERVAL,
        )

    def _find_stalled(self, leaders: set[int]) -> bool:
        """Look whether any of these brokers cannot change an ISR any more; returns whether there is a new one.

        One that runs the wanted settings already is restarted once more: nothing else helps it.
        """
        cluster = self.cluster
        found = (
            stalled_isr.among(cluster, {pod for pod, broker in self._ids.items() if broker in leaders}) - self._stalled
        )
        self._stalled |= found
        for pod in found - self._left.keys():
            self._left[pod] = cluster.client.get(POD, pod, cluster.namespace)["metadata"]["uid"]
        return bool(found)

    def _wait_registered(self, broker: int, deadline: float, progress: Callable[[str], None]) -> None:
        path = f"/brokers/ids/{broker}"
        while True:
            changed = threading.Event()
            node = self.cluster.zookeeper.watch(path, changed.set)
            if node is not None and node.mtime_ms != self._registered_ms:
                return
            progress(f"waiting for broker {broker} to register in ZooKeeper")
            if not changed.wait(max(deadline - time.monotonic(), 0.0)):
                raise DeadlineExceeded(f"broker {broker} did not register in {path}")

    def extra_wait(self) -> float:
        """One TTL of the controller's address cache for each restart in ZooKeeper mode."""
        ttl = self._slow_controller()
        return 0.0 if ttl is _FAST else rolling.dns_cost(ttl, 2)

    def _slow_controller(self) -> int | None:
        """TTL of the broker that is controller now; _FAST when KRaft is, or one that was restarted with our option."""
        node = self.cluster.zookeeper.get("/controller")
        if node is None or not node.ephemeral:
            return _FAST
        pod = self.cluster.pod_of_broker.get(parse_controller(node.data, ephemeral=True).broker_id, "")
        facts = self.cluster.facts.get(pod) if pod in self._left else None
        return _FAST if facts is None or isinstance(facts, Unknown) else facts.dns_ttl

    def _explain(self, progress: Callable[[str], None]) -> None:
        try:
            seconds = self.extra_wait()
        except KraftError:
            return
        if seconds:
            progress(
                f"the controller's JVM caches the pod's old address for up to {seconds:.0f} s (networkaddress.cache.ttl) and cannot "
                "reach the restarted broker until then; brokers restarted by this roll resolve it again after kraft_dns_ttl seconds"
            )


def replicas_of(cluster: Cluster, broker: int | None = None) -> dict[Partition, rolling.Replicas]:
    """Read the partitions (of one broker, or all) freshly: ISR, replicas, min.insync.replicas."""
    session = cluster.zookeeper
    wanted = _assigned(cluster, broker) if broker is not None else _all(cluster.view.topics)
    view = cluster.view  # the one that was just read: it has each topic that is wanted
    session.sync()
    states: Mapping[Partition, PartitionState] = read_states(session, wanted)
    defaults = (view.broker_configs.get("<default>", {}), cluster.effective)
    return {
        (topic, number): rolling.Replicas(
            isr=tuple(states[topic, number].isr),
            replicas=tuple(view.topics[topic].partitions[number]),
            min_isr=rolling.min_isr_of(topic, view.topic_configs, *defaults),
            leader=states[topic, number].leader,
        )
        for topic, number in wanted
        if (topic, number) in states
    }


def _all(topics: Mapping[str, Topic]) -> list[Partition]:
    return [(name, number) for name, topic in topics.items() for number in topic.partitions]


def _assigned(cluster: Cluster, broker: int) -> list[Partition]:
    # topics may have been created since the last look: a roll lasts for minutes
    cluster.changed(Part.ZOOKEEPER)
    topics = cluster.view.topics
    return [
        (name, number) for name, topic in topics.items() for number, ids in topic.partitions.items() if broker in ids
    ]


def _missing(state: rolling.Replicas, broker: int) -> int:
    others: Iterable[int] = (replica for replica in state.replicas if replica not in state.isr and replica != broker)
    return next(iter(others), broker)
