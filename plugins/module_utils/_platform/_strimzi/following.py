# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watching a Kafka CR together with the node pools and the pods that the operator restarts.

Private to the collection. The CR says nothing while pods are restarted, so that what these show decides whether anything moves.
"""

from __future__ import annotations

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
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.watching import Following, until_judged

Obj = Mapping[str, Any]


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
    selector = f"{res.CLUSTER}={cluster}"
    with ExitStack() as stack:
        kafkas = stack.enter_context(Watcher(client, res.KAFKA, namespace, name=cluster))
        pools, sets, pods = (
            stack.enter_context(Watcher(client, kind, namespace, label_selector=selector))
            for kind in (res.NODE_POOL, res.POD_SET, POD)
        )

        def read() -> tuple[Shown, Progress, Signals]:
            shown = Shown(
                kafkas.objects.get(cluster),
                tuple(pools.objects.values()),
                tuple(pod_sets.of_kafka(sets.objects.values(), cluster)),
                pods.objects,
            )
            return shown, shown.progress(known=known), shown.signals()

        def judged(found: tuple[Shown, Progress, Signals]) -> tuple[bool, str]:
            shown, seen, signs = found
            beside = look(shown)
            return judge(seen, replace(signs, text="; ".join(filter(None, (signs.text, beside)))))

        following = Following(
            read=read,
            mark=lambda found: (found[1].step, found[2].moves),
            judge=judged,
            spoken=lambda found: found[1].spoken(),
        )
        _shown, seen, _signs = until_judged((kafkas, pools, sets, pods), following, idle=idle, progress=progress)
        return seen
