# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watching a KRaftMigrationJob together with the pods that it restarts.

Private to the collection. The job says nothing while it rolls, so that what the pods show decides whether anything moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD, STATEFUL_SET
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Watcher
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.job import progress_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import Signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.pods import why_not_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.watching import Following, until_judged

Obj = Mapping[str, Any]
REVISION = "controller-revision-hash"
#: what the pods of the KRaftController are called in a line of progress
CONTROLLERS = "controllers"


def of_workload(name: str, role: str, statefulset: Obj | None, pods: Mapping[str, Obj]) -> tuple[str, str]:
    """What one workload's pods show: a short text, and what changes whenever something moved."""
    if statefulset is None:
        return f"no {role} yet", f"{name}: -"
    uid, status = statefulset["metadata"]["uid"], statefulset.get("status") or {}
    wanted = int(statefulset["spec"].get("replicas", 1))
    newest = status.get("updateRevision")
    own = {
        pod: item
        for pod, item in sorted(pods.items())
        if any(owner.get("uid") == uid for owner in item["metadata"].get("ownerReferences") or [])
    }
    ready = [pod for pod, item in own.items() if is_ready(item) and not item["metadata"].get("deletionTimestamp")]
    fresh = [pod for pod, item in own.items() if (item["metadata"].get("labels") or {}).get(REVISION) == newest]
    text = f"{role} {len(ready)}/{wanted} Ready"
    if newest != status.get("currentRevision") or len(fresh) < len(own):
        text += f" and {len(fresh)}/{wanted} on the new revision"
    away = [pod for pod in own if pod not in ready]
    if away:
        why = {pod: why_not_ready(own[pod]) for pod in away}
        text += f" (waiting for {', '.join(f'{pod}, which {why[pod]}' if why[pod] else pod for pod in away)})"
    # not how often its containers were restarted: one that crashes again and again would keep a wait alive for ever
    moves = [f"{pod} {item['metadata']['uid']} {pod in ready}" for pod, item in own.items()]
    return text, f"{name} {statefulset['metadata'].get('generation')} {newest}: {'; '.join(moves)}"


def signals(workloads: Mapping[str, str], statefulsets: Mapping[str, Obj], pods: Mapping[str, Obj]) -> Signals:
    """What the pods of all workloads show. ``workloads``: name of the StatefulSet to what its pods are."""
    found = [of_workload(name, role, statefulsets.get(name), pods) for name, role in workloads.items()]
    controllers = [
        statefulsets[name] for name, role in workloads.items() if role == CONTROLLERS and name in statefulsets
    ]
    return Signals(
        "; ".join(text for text, _moves in found),
        "\n".join(moves for _text, moves in found),
        controllers_change=any(_changes(item.get("status") or {}) for item in controllers),
    )


def _changes(status: Obj) -> bool:
    """Whether a StatefulSet has a new template that not all of its pods are made of."""
    return bool(status.get("updateRevision")) and status.get("updateRevision") != status.get("currentRevision")


@dataclass(frozen=True)
class Place:
    """One region: where its job and its pods are.

    :ivar job: picks its job out of those of the namespace.
    :ivar workloads: name of each StatefulSet to what its pods are.
    :ivar look: looks at the pods after every change of them, and raises when going on waiting is in vain.
    """

    client: KubeClient
    namespace: str
    job: Callable[[Mapping[str, Obj]], Obj | None]
    workloads: Mapping[str, str]
    look: Callable[[Iterable[Obj]], None] = lambda _pods: None


#: what a wait thinks of what each place shows, in their order: done or not, and what it waits for
JudgeAll = Callable[[Sequence[tuple[Progress, Signals]]], tuple[bool, str]]


def follow(places: Sequence[Place], judge: JudgeAll, *, idle: float, progress: Callable[[str], None]) -> list[Progress]:
    """Watch until the judge says that it is done; returns what was seen last, in the order of the places.

    :param idle: seconds without any change of the jobs and of the pods, after which the wait is given up.
    :raises DeadlineExceeded: with the last reason.
    """
    with ExitStack() as stack:
        watchers = [
            [stack.enter_context(Watcher(place.client, kind, place.namespace)) for kind in (res.JOB, STATEFUL_SET, POD)]
            for place in places
        ]

        def judged(shown: Sequence[tuple[Progress, Signals]]) -> tuple[bool, str]:
            # at every change, not only when something moved: a container that crashes again is no movement
            for place, (_jobs, _statefulsets, pods) in zip(places, watchers, strict=True):
                place.look(pods.objects.values())
            return judge(shown)

        following = Following(
            read=lambda: [
                _shown(place, *(watcher.objects for watcher in of)) for place, of in zip(places, watchers, strict=True)
            ],
            mark=lambda shown: tuple((seen.step, signs.moves) for seen, signs in shown),
            judge=judged,
            spoken=lambda shown: shown[0][0].spoken(),
        )
        every = [watcher for of_place in watchers for watcher in of_place]
        return [seen for seen, _signs in until_judged(every, following, idle=idle, progress=progress)]


def _shown(
    place: Place, jobs: Mapping[str, Obj], statefulsets: Mapping[str, Obj], pods: Mapping[str, Obj]
) -> tuple[Progress, Signals]:
    return progress_of(place.job(jobs)), signals(place.workloads, statefulsets, pods)
