# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watching a Kafka CR together with the node pools and the pods that the operator restarts.

Private to the collection. The CR says nothing while pods are restarted, so that what these show decides whether anything moves.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Watcher
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import pod_sets, states
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import Judge, Signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded

Obj = Mapping[str, Any]
#: seconds until a judge is asked again though nothing changed: it may look at the clock
HEARTBEAT = 1.0


@dataclass(frozen=True)
class Shown:
    """What was read of one cluster at one moment.

    :ivar pools: the node pools of the cluster.
    :ivar sets: the StrimziPodSets of its brokers and controllers.
    :ivar pods: its pods by name.
    """

    kafka: Obj | None
    pools: tuple[Obj, ...]
    sets: tuple[Obj, ...]
    pods: Mapping[str, Obj]

    def progress(self, *, known: bool) -> Progress:
        """What the operator says. ``known``: the journal has a migration of this cluster."""
        brokers = [item for item in self.sets if not pod_sets.holds_controllers(item)]
        controllers = any(res.CONTROLLER in res.roles(pool) for pool in self.pools)
        around = states.Around(controllers, pod_sets.settled(brokers, self.pods), known)
        return states.progress_of(self.kafka, around)

    def signals(self) -> Signals:
        """What the pods show."""
        return pod_sets.signals(self.sets, self.pods)


def follow(
    client: KubeClient,
    namespace: str,
    cluster: str,
    judge: Judge,
    *,
    known: bool,
    look: Callable[[Shown], str],
    idle: float,
    progress: Callable[[str], None],
) -> Progress:
    """Watch until the judge says that it is done; returns what was seen last.

    :param look: looks at what is shown after every change, and each second; what it returns is told beside the pods. Raises when going on
        waiting is in vain.
    :param idle: seconds without any change of what the operator says and of the pods, after which the wait is given up.
    :raises DeadlineExceeded: with the last reason.
    """
    changed = threading.Event()
    selector = f"{res.CLUSTER}={cluster}"
    with ExitStack() as stack:
        kafkas = stack.enter_context(Watcher(client, res.KAFKA, namespace, name=cluster))
        pools, sets, pods = (
            stack.enter_context(Watcher(client, kind, namespace, label_selector=selector))
            for kind in (res.NODE_POOL, res.POD_SET, POD)
        )
        every = (kafkas, pools, sets, pods)
        for watcher in every:
            watcher.add_listener(changed)
        moved, mark, told = time.monotonic(), None, None
        while True:
            changed.clear()
            for watcher in every:
                watcher.check()
            shown = Shown(
                kafkas.objects.get(cluster),
                tuple(pools.objects.values()),
                tuple(pod_sets.of_kafka(sets.objects.values(), cluster)),
                pods.objects,
            )
            seen, signs = shown.progress(known=known), shown.signals()
            if mark != (seen.step, signs.moves):
                moved, mark = time.monotonic(), (seen.step, signs.moves)
            beside = look(shown)
            over, reason = judge(seen, replace(signs, text="; ".join(filter(None, (signs.text, beside)))))
            trouble = next((watcher.trouble for watcher in every if watcher.trouble), "")
            reason = f"{reason} ({trouble})" if trouble else reason
            if reason != told:
                progress(reason)
                told = reason
            if over:
                return seen
            if time.monotonic() - moved > idle:
                raise DeadlineExceeded(reason, detail={"reason": reason, "operator": seen.spoken()})
            changed.wait(HEARTBEAT)
