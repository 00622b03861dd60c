# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One broker's pod is deleted, and it is watched how the cluster gets over that.

Private to the collection. Safety rule 4 of docs/architecture.md holds here as in a roll: nothing is deleted that the cluster could not spare
now, which is looked at again right before the deletion.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import partitions
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import caught_up
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import cluster_check, rolling
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.budgets import allows_none
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.cluster_check import (
    NOT_RECOVERED,
    NOT_SERVED,
    UNSAFE,
    Acks,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rolling import Partition, Replicas
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.diagnose import status_reason, why_not_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import PDB, POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict, wait_for
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations.waiting import until
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import LedCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    KraftError,
    Refused,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.parallel import Background

Progress = Callable[[str], None]
Partitions = dict[Partition, Replicas]


@dataclass
class Times:
    """Seconds from the deletion of the pod."""

    isr_shrunk: float = 0.0
    pod_ready: float = 0.0
    isr_complete: float = 0.0


@dataclass
class Disruption:
    """The broker whose pod is deleted, and what is watched.

    :ivar zookeeper: whether the partitions are read in ZooKeeper.
    :ivar topic: that of the check.
    """

    cluster: DirectCluster | LedCluster
    zookeeper: bool
    topic: str
    progress: Progress
    times: Times = field(default_factory=Times)

    def refuse(self, broker: int | None = None) -> None:
        """Raise Refused (check-unsafe) when no broker, or this one, may be taken away now. Everything is read again."""
        self.cluster.changed()
        why = self._not_now() or ("" if broker is None else self._cannot_spare(broker))
        if why:
            raise Refused(f"no pod of {self._where} is deleted: {why}", code=UNSAFE)

    def pod_of(self, broker: int, wanted: str) -> tuple[int, str]:
        """Return broker and pod to take: the broker that is given, or that of the pod that somebody wants. Raises Refused."""
        pods = self.cluster.pod_of_broker
        if not wanted and broker in pods:
            return broker, pods[broker]
        for number, pod in pods.items():
            if pod == wanted:
                return number, pod
        listed = ", ".join(pods.values())
        named = f"kraft_check_pod {wanted}" if wanted else f"broker {broker}"
        raise Refused(f"{named} is none of the brokers' pods of {self._where}: {listed}", code=UNSAFE)

    def run(self, broker: int, pod: str, produce: Callable[[], Acks]) -> Acks:
        """Delete the pod, and wait until everything is as before; returns what was acknowledged meanwhile.

        :param produce: writes records, by another broker's pod.
        :raises KraftError: check-not-recovered, or what ``produce`` raises.
        """
        cluster = self.cluster
        self.refuse(broker)
        before = cluster_check.of_topic(self._read(), self.topic)
        found = cluster.client.get(POD, pod, cluster.namespace)
        uid = str(found["metadata"]["uid"])
        began = time.monotonic()
        cluster.driver.remove_pod(pod, uid)
        self.progress(f"deleted pod {pod} (broker {broker}); watching the ISRs")
        writing = Background(produce)
        self._wait_shrunk(broker, before)
        self.times.isr_shrunk = _since(began)
        self.progress(f"the ISR went on without broker {broker} after {self.times.isr_shrunk} s")
        self._wait_ready(pod, uid)
        self.times.pod_ready = _since(began)
        self.progress(f"pod {pod} is Ready again after {self.times.pod_ready} s")
        self._same_node(broker, pod)
        acks = writing.result()
        self.progress(f"{len(acks.values)} records were acknowledged with acks=all while broker {broker} was away")
        self._wait_complete()
        self.times.isr_complete = _since(began)
        self.progress(f"every partition of the cluster has a complete ISR again after {self.times.isr_complete} s")
        return acks

    # whether it may go

    def _not_now(self) -> str:
        """Why nobody may be taken away, or an empty string."""
        cluster = self.cluster
        if len(cluster.facts) < cluster_check.ENOUGH:
            return f"it has {len(cluster.facts)} brokers; {cluster_check.ENOUGH} are needed"
        away = [pod for pod in cluster.facts if pod not in cluster.pods or not is_ready(cluster.pods[pod])]
        if away:
            return f"pod {away[0]} is not Ready"
        modes = sorted(set(cluster.modes.values()))
        if len(modes) > 1:
            return f"its brokers run in several modes ({', '.join(modes)}): a roll is under way, or was interrupted"
        return cluster.driver.unsettled() or cluster_check.not_complete(self._read())

    def _cannot_spare(self, broker: int) -> str:
        """Why this broker may not be taken away, or an empty string."""
        cluster = self.cluster
        low = cluster_check.unsafe(self._read(), broker)
        if low:
            return low
        quorum = self._quorum(broker)
        if quorum:
            return quorum
        labels = cluster.pods[cluster.pod_of_broker[broker]]["metadata"].get("labels") or {}
        return allows_none(cluster.client.list(PDB, cluster.namespace), labels)

    def _quorum(self, broker: int) -> str:
        """Why the quorum cannot spare a broker that is a controller as well, or an empty string."""
        seen = partitions.see_quorum(self.cluster)
        if seen is None or broker not in seen.voters:
            return ""
        ready = caught_up(seen.quorum)
        if rolling.quorum_survives(seen.voters, ready, broker):
            return ""
        return f"without node {broker} the caught-up voters {sorted(ready)} are not a majority of {list(seen.voters)}"

    def _read(self) -> Partitions:
        found = partitions.read(self.cluster, zookeeper=self.zookeeper)
        if isinstance(found, Unknown):
            raise KraftError(f"the partitions of {self._where} could not be read: {found.why}", code=NOT_SERVED)
        return found

    # what is watched

    def _wait_shrunk(self, broker: int, before: dict[int, Replicas]) -> None:
        def look() -> str:
            found = partitions.read(self.cluster, zookeeper=self.zookeeper)
            if isinstance(found, Unknown):
                return f"the partitions could not be read: {found.why}"
            return cluster_check.not_shrunk(cluster_check.of_topic(found, self.topic), before, broker)

        self._until(look, f"the ISR of {self.topic} does not go on without broker {broker}")

    def _wait_ready(self, pod: str, uid: str) -> None:
        cluster = self.cluster

        def said(text: str) -> None:
            self.progress(f"{pod}: {text}")

        try:
            wait_for(
                cluster.client,
                POD,
                cluster.namespace,
                lambda pods: _verdict(pods.get(pod), uid),
                timeout=cluster.params["pod_timeout"],
                name=pod,
                progress=said,
            )
        except KraftError as error:
            why = why_not_ready(cluster.client, cluster.namespace, pod, cluster.container)
            text = f"pod {pod} is not Ready again: {error.message}" + (f"; {why}" if why else "")
            raise DeadlineExceeded(text, code=NOT_RECOVERED, detail=error.detail) from error

    def _same_node(self, broker: int, pod: str) -> None:
        def look() -> str:
            self.cluster.changed()
            now = self.cluster.broker_id(pod)
            if now == broker:
                return ""
            return f"pod {pod} does not run broker {broker}" + (" yet" if now is None else f" but broker {now}")

        self._until(look, "the broker is not back")

    def _wait_complete(self) -> None:
        def look() -> str:
            found = partitions.read(self.cluster, zookeeper=self.zookeeper)
            if isinstance(found, Unknown):
                return f"the partitions could not be read: {found.why}"
            return cluster_check.not_complete(found)

        self._until(look, "not every ISR is complete again")

    def _until(self, look: Callable[[], str], what: str) -> None:
        try:
            until(look, self.cluster.params["wait_timeout"], self.progress, NOT_RECOVERED)
        except DeadlineExceeded as error:
            raise DeadlineExceeded(f"{what}: {error.message}", code=NOT_RECOVERED) from error

    @property
    def _where(self) -> str:
        return f"{self.cluster.namespace}/{self.cluster.name}"


def _since(began: float) -> float:
    return round(time.monotonic() - began, 2)


def _verdict(pod: Mapping[str, Any] | None, uid: str) -> Verdict:
    """Whether there is a new pod that is Ready; whoever makes the pods."""
    if pod is None:
        return Verdict(False, "it is gone, and not made again yet")
    if pod["metadata"]["uid"] == uid:
        return Verdict(False, "shutting down")
    if is_ready(pod):
        return Verdict(True, "Ready")
    return Verdict(False, status_reason(pod) or "starting")
