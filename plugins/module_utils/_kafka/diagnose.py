# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a pod is not back: one sentence from its status, its events' outcome in the status, and its log.

Private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError

LOG_LINES = 5


def why_not_back(client: KubeClient, namespace: str, pod: str, container: str) -> str:
    """Return what the pod's status and log say, or an empty string when the pod is fine. Never raises KraftError."""
    try:
        found = client.find(POD, pod, namespace)
    except KraftError as error:
        return error.message
    if found is None:
        return "the StatefulSet has not made the pod again"
    reason = status_reason(found)
    crashed = any(item.get("restartCount", 0) for item in (found.get("status") or {}).get("containerStatuses") or [])
    if not reason and not crashed:
        return ""
    failing = failing_init(found)
    if failing:
        container, crashed = failing, True
    lines = _last_lines(client, namespace, pod, container, crashed)
    return "; ".join(part for part in (reason, f"last log lines: {' | '.join(lines)}" if lines else "") if part)


def status_reason(pod: Mapping[str, Any]) -> str:
    """Return why a pod is not Ready, from its status; an empty string when it is."""
    status = pod.get("status") or {}
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] != "True":
            return f"{condition.get('reason', 'not scheduled')}: {condition.get('message', '')}".strip()
    for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        state = container.get("state") or {}
        waiting = state.get("waiting") or {}
        ended = (container.get("lastState") or {}).get("terminated") or {}
        if waiting.get("reason") and waiting["reason"] not in ("PodInitializing", "ContainerCreating"):
            exit_code = f", last exit code {ended['exitCode']}" if "exitCode" in ended else ""
            return f"container {container['name']}: {waiting['reason']}{exit_code}"
    for condition in status.get("conditions") or []:
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


def _last_lines(client: KubeClient, namespace: str, pod: str, container: str, crashed: bool) -> list[str]:
    for previous in (crashed, False):
        try:
            text = client.pod_log(pod, namespace, container=container, tail_lines=60, previous=previous)
        except KraftError:
            continue
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        telling = [line for line in lines if " ERROR " in line or " FATAL " in line or "Exception" in line]
        if lines:
            return [line[:300] for line in (telling or lines)[-LOG_LINES:]]
    return []
