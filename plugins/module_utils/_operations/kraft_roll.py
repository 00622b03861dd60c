# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The brokers of a KRaft cluster as a roll target: the ISR in the quorum's metadata decides; of combined nodes the quorum too.

Private to the collection. Safety rules 1 and 4 of docs/architecture.md: no pod goes while a partition would fall under min.insync.replicas, or while
the caught-up voters that stay are no majority; the active controller goes last.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import partitions
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import caught_up, read_quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rolling
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.marks import pod_settings_hash
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import acceptance
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.controller_roll import cannot_spare
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.hash_target import HashTarget
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.roll_engine import Back, OtherFirst
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    KraftError,
    Refused,
    Unreachable,
)

#: seconds between two looks at the partitions: each may start a JVM in the leader's pod
PACE = 1.0


class KraftRoll(HashTarget):
    """Restarts the brokers that were not made with ``digest`` yet, or those that are named."""

    what, id_name, unknown = "broker", "node id", "broker-not-healthy"

    def __init__(
        self, cluster: DirectCluster, digest: str, left: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        """``left``: the pods to restart although they were made with it."""

        def has_hash(pod: Mapping[str, Any]) -> bool:
            return pod_settings_hash(pod) == digest

        old = {name: pod for name, pod in cluster.pods.items() if not has_hash(pod)}
        super().__init__(
            {pod: number for number, pod in cluster.pod_of_broker.items()}, has_hash, old | dict(left or {})
        )
        self.cluster = cluster

    def next(self) -> tuple[str | None, int]:
        """The next broker; of combined nodes the active controller at the end."""
        if not self._left:
            return None, 0
        last = None
        if len(self._left) > 1:
            leader = read_quorum(self.cluster).leader
            last = next((pod for pod, number in self._ids.items() if number == leader), None)
        return rolling.order(self._left, last)[0], len(self._left)

    def guard(self, pod: str) -> None:
        """The majority, again right before the restart."""
        if self._votes(pod) and cannot_spare(self.cluster, self.node_id(pod)):
            raise OtherFirst

    def _votes(self, pod: str) -> bool:
        return pod in self.cluster.controller_facts

    def wait_until_safe(self, pod: str, timeout: float, progress: Callable[[str], None]) -> None:
        """Wait until no partition would fall under min.insync.replicas without this broker, or lacks another replica."""
        broker = self.node_id(pod)

        def check() -> str:
            if self._votes(pod) and (why := cannot_spare(self.cluster, broker)):
                return why
            return self._unsafe(broker)

        _paced(check, timeout, progress)

    def _unsafe(self, broker: int) -> str:
        found = partitions_of(self.cluster)
        tolerated = rolling.never_safe(found) if "partition-cannot-roll" in self.cluster.params["accept"] else []
        low = rolling.endangered(found, broker, tolerated)
        bad = low or rolling.lacking(found, broker, tolerated)
        if not bad:
            return ""
        never = [name for name in bad if len(found[name].replicas) <= max(found[name].min_isr, 1)]
        if never:
            accept = acceptance(f"{self.cluster.namespace}/{self.cluster.name}", "partition-cannot-roll")
            raise Refused(
                f"{rolling.named(never)} cannot stay available while broker {broker} restarts: as many replicas as min.insync.replicas; raise "
                f"the replication factor, or accept it with {accept}",
                code="partition-cannot-roll",
            )
        if low:
            return f"{rolling.named(bad)} would fall below min.insync.replicas without broker {broker}"
        return f"{rolling.named(bad)} already lack another replica; broker {broker} waits until it is back"

    def started(self, pod: str) -> None:
        """Nothing to do early."""

    def wait_until_back(self, pod: str, timeout: float, progress: Callable[[str], None]) -> Back:
        """Wait until the broker is in the ISR of every partition that is assigned to it, and has caught up where it votes."""
        broker = self.node_id(pod)
        self.cluster.changed(Part.BROKERS, Part.CONTROLLERS)

        def check() -> str:
            if self._votes(pod) and broker not in caught_up(read_quorum(self.cluster)):
                return f"controller {broker} has not caught up with the leader"
            behind = sorted(
                name
                for name, state in partitions_of(self.cluster).items()
                if broker in state.replicas and broker not in state.isr
            )
            return f"broker {broker} is not in the ISR of {rolling.named(behind)}" if behind else ""

        _paced(check, timeout, progress)
        noticed = int(time.time() * 1000)
        del self._left[pod]
        return Back(noticed, noticed)

    def extra_wait(self) -> float:
        """Controllers in KRaft mode wait for nobody's address cache."""
        return 0.0


def _paced(check: Callable[[], str], timeout: float, progress: Callable[[str], None]) -> None:
    """Call ``check`` until it returns "" or the time is over: nobody can be notified of an ISR. Raises DeadlineExceeded with the last reason."""
    deadline = time.monotonic() + timeout
    told, never = "", threading.Event()
    while True:
        try:
            reason = check()
        except Unreachable as error:
            reason = error.message
        if not reason:
            return
        if reason != told:
            progress(reason)
            told = reason
        left = deadline - time.monotonic()
        if left <= 0:
            raise DeadlineExceeded(f"waited {timeout:.0f} s: {reason}")
        never.wait(min(PACE, left))


def held_by(cluster: DirectCluster, brokers: set[int]) -> list[rolling.Partition]:
    """Return the partitions of which one of these brokers has a replica. Raises KraftError when that cannot be read."""
    return sorted(name for name, state in partitions_of(cluster).items() if brokers & set(state.replicas))


def partitions_of(cluster: DirectCluster) -> dict[rolling.Partition, rolling.Replicas]:
    """The partitions by the quorum, read freshly. Raises KraftError when they cannot be read."""
    found = partitions.read(cluster, zookeeper=False)
    if isinstance(found, Unknown):
        raise KraftError(f"the partitions could not be read: {found.why}")
    return found
