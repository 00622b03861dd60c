# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What StrimziPodSets describe, and what their pods show of it. Pure.

Private to the collection. A StrimziPodSet lists whole pods, each with the revision that it should have; one is current when it carries that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import Signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.pods import ordinal_key, why_not_ready

Obj = Mapping[str, Any]
Pods = Mapping[str, Obj]


def of_kafka(objects: Iterable[Obj], cluster: str) -> list[Obj]:
    """Those of brokers and controllers: the others are ZooKeeper's, or of other clusters."""
    return [
        item
        for item in objects
        if res.label(item, res.CLUSTER) == cluster and res.label(item, res.NAME) == f"{cluster}-kafka"
    ]


def described(pod_set: Obj) -> list[Obj]:
    """The pods that should exist."""
    return list((pod_set.get("spec") or {}).get("pods") or [])


def is_of_controllers(obj: Obj) -> bool:
    """Whether a pod is a controller and no broker."""
    return res.label(obj, res.CONTROLLER_ROLE) == "true" and res.label(obj, res.PREFIX + "broker-role") != "true"


def holds_controllers(pod_set: Obj) -> bool:
    """Whether a StrimziPodSet is one of controllers."""
    pods = described(pod_set)
    return bool(pods) and all(is_of_controllers(pod) for pod in pods)


def revisions(pod_sets: Iterable[Obj]) -> dict[str, str]:
    """The revision that each pod should have, by its name, in their order."""
    wanted = {
        str(pod["metadata"]["name"]): res.annotation(pod, res.REVISION) for item in pod_sets for pod in described(item)
    }
    return dict(sorted(wanted.items(), key=lambda item: ordinal_key(item[0])))


def settled(pod_sets: Iterable[Obj], pods: Pods) -> bool:
    """Whether each pod that should exist is Ready, and current."""
    wanted = revisions(pod_sets)
    return bool(wanted) and all(
        name in pods and is_ready(pods[name]) and res.annotation(pods[name], res.REVISION) == revision
        for name, revision in wanted.items()
    )


def _of_role(role: str, pod_sets: list[Obj], pods: Pods) -> tuple[str, str]:
    """What the pods of one role show: a short text, and what changes whenever something moved."""
    wanted = revisions(pod_sets)
    if not wanted:
        return f"no {role} yet", f"{role}: -"
    ready = [name for name in wanted if name in pods and is_ready(pods[name])]
    current = [
        name for name, want in wanted.items() if name in pods and res.annotation(pods[name], res.REVISION) == want
    ]
    text = f"{role} {len(ready)}/{len(wanted)} Ready"
    if len(current) < len(wanted):
        text += f" and {len(current)}/{len(wanted)} on the new revision"
    away = {
        name: why_not_ready(pods[name]) if name in pods else "does not exist" for name in wanted if name not in ready
    }
    if away:
        text += f" (waiting for {', '.join(f'{name}, which {why}' if why else name for name, why in away.items())})"
    # not how often a container was restarted: one that crashes again and again would keep a wait alive for ever
    moves = [
        f"{name} {want} {pods[name]['metadata']['uid'] if name in pods else '-'} {name in ready}"
        for name, want in wanted.items()
    ]
    return text, f"{role}: {'; '.join(moves)}"


def signals(pod_sets: Iterable[Obj], pods: Pods) -> Signals:
    """What the pods of brokers and controllers show."""
    every = list(pod_sets)
    controllers = [item for item in every if holds_controllers(item)]
    brokers = [item for item in every if item not in controllers]
    shown = [_of_role("brokers", brokers, pods), _of_role("controllers", controllers, pods)]
    wanted = revisions(controllers)
    changes = any(name in pods and res.annotation(pods[name], res.REVISION) != want for name, want in wanted.items())
    return Signals("; ".join(text for text, _moves in shown), "\n".join(moves for _text, moves in shown), changes)


def manual_rolls(objects: Iterable[Obj]) -> list[str]:
    """What somebody asked the operator to restart."""
    return [
        str(item["metadata"]["name"]) for item in objects if res.annotation(item, res.MANUAL_ROLL).lower() == "true"
    ]
