# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a pod is not back: one sentence from its status, its events' outcome in the status, and its log.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError

LOG_LINES = 5
#: reasons of a container that waits for nothing but its turn
_IN_TURN = ("PodInitializing", "ContainerCreating")


@dataclass(frozen=True)
class Trouble:
    """A container that does not run, and not for its turn has not come.

    :ivar restarts: how often it was started again; with ``text`` it says whether anything has changed.
    """

    container: str
    init: bool
    restarts: int
    text: str


def troubles(pod: Mapping[str, Any]) -> list[Trouble]:
    """Return the containers of a pod that have failed or cannot start, init containers first; sidecars among them."""
    status = pod.get("status") or {}
    found = []
    for init, key in ((True, "initContainerStatuses"), (False, "containerStatuses")):
        for container in status.get(key) or []:
            text = _trouble(container)
            if text:
                found.append(Trouble(container["name"], init, int(container.get("restartCount", 0)), text))
    return found


def _trouble(container: Mapping[str, Any]) -> str:
    state = container.get("state") or {}
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    last = (container.get("lastState") or {}).get("terminated") or {}
    if waiting.get("reason") and waiting["reason"] not in _IN_TURN:
        exit_code = f", last exit code {last['exitCode']}" if "exitCode" in last else ""
        return f"{waiting['reason']}{exit_code}"
    if ended.get("exitCode"):
        return f"{ended.get('reason') or 'Error'}, exit code {ended['exitCode']}"
    return ""


def why_not_ready(client: KubeClient, namespace: str, pod: str, container: str) -> str:
    """Return what the pod's status and log say, or an empty string when the pod is fine. Never raises KraftError."""
    try:
        found = client.find(POD, pod, namespace)
    except KraftError as error:
        return error.message
    if found is None:
        return "the StatefulSet has not created the pod again"
    reason = status_reason(found)
    crashed = {
        item["name"]: bool(item.get("restartCount", 0))
        for item in (found.get("status") or {}).get("containerStatuses") or []
    }
    if not reason and not any(crashed.values()):
        return ""
    # the log of the one that fails, which need not be Kafka's
    failing = [each.container for each in troubles(found)]
    stuck = failing_init(found)
    failing += [stuck] if stuck and stuck not in failing else []
    failed = container if crashed.get(container) or container in failing or not failing else failing[0]
    lines = last_lines(client, namespace, pod, failed, failed in failing or crashed.get(failed, False))
    return "; ".join(part for part in (reason, f"last log lines: {' | '.join(lines)}" if lines else "") if part)


def status_reason(pod: Mapping[str, Any]) -> str:
    """Return why a pod is not Ready, from its status; an empty string when it is."""
    conditions = (pod.get("status") or {}).get("conditions") or []
    for condition in conditions:
        if condition["type"] == "PodScheduled" and condition["status"] != "True":
            return f"{condition.get('reason', 'not scheduled')}: {condition.get('message', '')}".strip()
    for trouble in troubles(pod):
        return f"container {trouble.container}: {trouble.text}"
    for condition in conditions:
        if condition["type"] == "Ready" and condition["status"] != "True":
            return f"not Ready: {condition.get('message') or condition.get('reason') or 'the readiness probe fails'}"
    return ""


def failing_init(pod: Mapping[str, Any]) -> str:
    """Return the name of the init container that the pod is stuck in after it failed, or an empty string."""
    for container in (pod.get("status") or {}).get("initContainerStatuses") or []:
        ended = [(container.get(key) or {}).get("terminated") or {} for key in ("state", "lastState")]
        if not container.get("ready") and any(item.get("exitCode") for item in ended):
            return str(container["name"])
    return ""


def last_lines(
    client: KubeClient, namespace: str, pod: str, container: str, crashed: bool, limit: int = LOG_LINES
) -> list[str]:
    """Return the last lines of a container's log that say something, of the run before when it has ``crashed``; [] when there are none."""
    for previous in (crashed, False):
        try:
            text = client.pod_log(pod, namespace, container=container, tail_lines=60, previous=previous)
        except KraftError:
            continue
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        errors = [line for line in lines if " ERROR " in line or " FATAL " in line or "Exception" in line]
        if lines:
            return [line[:300] for line in (errors or lines)[-limit:]]
    return []
