# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pods of a StatefulSet: which should exist, in which order, and why one does not run. Pure.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.rollout import REVISION_LABEL

#: reasons of a container that is only being started
STARTING = ("ContainerCreating", "PodInitializing")


def ordinal_key(pod: str) -> tuple[str, int]:
    """Sort key of a StatefulSet's pod: (set, ordinal)."""
    base, _dash, number = pod.rpartition("-")
    return (base, int(number)) if number.isdigit() else (pod, -1)


def wanted_pods(statefulset: Mapping[str, Any]) -> list[str]:
    """Names of the pods that a StatefulSet should have."""
    spec, name = statefulset["spec"], statefulset["metadata"]["name"]
    first = int((spec.get("ordinals") or {}).get("start", 0))
    return [f"{name}-{first + number}" for number in range(int(spec.get("replicas", 1)))]


def other_revision(statefulsets: Iterable[Mapping[str, Any]], pods: Mapping[str, Mapping[str, Any]]) -> str:
    """Return which pod would come back from another template than it was made of, or an empty string.

    :param pods: by name, those of the StatefulSets among them.
    """
    for item in statefulsets:
        metadata, status = item["metadata"], item.get("status") or {}
        if not status.get("updateRevision") or status.get("observedGeneration") != metadata.get("generation"):
            return f"the status of StatefulSet {metadata['name']} is older than its template: it is not known what a pod would be made of"
        for name in wanted_pods(item):
            labels = (pods[name]["metadata"].get("labels") or {}) if name in pods else {}
            if name in pods and labels.get(REVISION_LABEL) != status["updateRevision"]:
                return (
                    f"pod {name} is not of the newest revision of StatefulSet {metadata['name']} and would come back with another template: a "
                    "rollout is to be finished first"
                )
    return ""


def why_not_running(pod: Mapping[str, Any], container: str) -> str:
    """Return why the container does not run, as its status says, or an empty string when it runs."""
    status = pod.get("status") or {}
    for each in status.get("containerStatuses") or []:
        if each["name"] != container:
            continue
        now: Mapping[str, Mapping[str, Any]] = each.get("state") or {"waiting": {}}
        if "running" in now:
            return ""
        kind = next(iter(now))
        reason = now[kind].get("reason")
        return f"container {container} is {kind}" + (f" ({reason})" if reason else "")
    return f"container {container} has not started (the pod is {status.get('phase') or 'Pending'})"


def why_not_ready(pod: Mapping[str, Any]) -> str:
    """Return what keeps a pod from being Ready, as its status says; an empty string when it only takes its time."""
    if pod["metadata"].get("deletionTimestamp"):
        return "is being deleted"
    status = pod.get("status") or {}
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return f"is not scheduled: {condition.get('message') or condition.get('reason') or 'no reason given'}"
    for each in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        waiting = (each.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") and waiting["reason"] not in STARTING:
            return f"container {each['name']} is waiting ({waiting['reason']})"
    return ""
