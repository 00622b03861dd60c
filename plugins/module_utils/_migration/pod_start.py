# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A restarted pod until it is Ready: what it waits for, and what can never become good.

Private to the collection. Only Kafka's own container decides that a pod is not coming back: a sidecar may crash for as long as the
broker is not up, and an init container until what it looks for is there.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.diagnose import last_lines, status_reason, troubles
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD, STATEFUL_SET
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError

#: Kafka's container that has crashed this often since its pod was made is not coming back by waiting
CRASHES = 4
#: seconds that a StatefulSet takes to make a pod where nothing is wrong, well counted
MADE = 1.0


def runs(pod: Mapping[str, Any]) -> bool:
    """Whether any container of a pod runs."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    return any("running" in (each.get("state") or {}) for each in statuses)


class PodStart:
    """Looks at one pod from its removal until the new one is Ready."""

    def __init__(self, client: KubeClient, namespace: str, pod: str, container: str, old_uid: str) -> None:
        """Name the pod, Kafka's container in it, and the uid of the pod that went ("" when nobody knows)."""
        self._client, self._namespace, self._pod, self._container = client, namespace, pod, container
        self._old_uid = old_uid
        self._gone_since = 0.0
        #: (container, restarts) to the last line of its log
        self._lines: dict[tuple[str, int], str] = {}

    def verdict(self, pod: Mapping[str, Any] | None) -> Verdict:
        """Whether the new pod is Ready, and if not, why."""
        if pod is None:
            return Verdict(False, self._not_made())
        if pod["metadata"]["uid"] == self._old_uid:
            return Verdict(False, "shutting down")
        found = troubles(pod)
        for each in found:
            if each.container == self._container and each.restarts >= CRASHES and "CrashLoopBackOff" in each.text:
                return Verdict(False, f"container {each.container} crashed {each.restarts} times", fatal=True)
        if is_ready(pod):
            return Verdict(True, "Ready")
        others = "; ".join(
            f"{'init container' if each.init else 'container'} {each.container}: {each.text}"
            + (f" (restarted {each.restarts} times)" if each.restarts else "")
            + self._last_line(each.container, each.restarts)
            for each in found
            if each.init or each.container != self._container
        )
        return Verdict(False, f"starting; {others}" if others else "starting")

    def _not_made(self) -> str:
        """Why there is no new pod yet; a set that makes its pods in order may wait for another one."""
        self._gone_since = self._gone_since or time.monotonic()
        text = "pod is gone, waiting for the StatefulSet to create the new one"
        if time.monotonic() - self._gone_since < MADE:
            return text
        return made_after(self._client, self._namespace, self._pod) or text

    def _last_line(self, container: str, restarts: int) -> str:
        """The last line of a container's log, read once for each of its runs."""
        key = container, restarts
        if key not in self._lines:
            lines = last_lines(self._client, self._namespace, self._pod, container, restarts > 0, 1)
            self._lines[key] = f": {lines[0]}" if lines else ""
        return self._lines[key]


def made_after(client: KubeClient, namespace: str, pod: str) -> str:
    """Return which pod keeps a StatefulSet that makes its pods in order from making this one, or an empty string.

    With podManagementPolicy OrderedReady each pod is made only when those with a lower ordinal are Ready.
    """
    name, _dash, ordinal = pod.rpartition("-")
    try:
        found = client.find(STATEFUL_SET, name, namespace)
        spec = (found or {}).get("spec") or {}
        if spec.get("podManagementPolicy") != "OrderedReady" or not ordinal.isdecimal():
            return ""
        labels = (spec.get("selector") or {}).get("matchLabels") or {}
        wanted = ",".join(f"{key}={value}" for key, value in labels.items())
        pods = {item["metadata"]["name"]: item for item in client.list(POD, namespace, label_selector=wanted)}
    except Forbidden:
        raise
    except KraftError as error:
        return error.message
    first = int((spec.get("ordinals") or {}).get("start") or 0)
    for number in range(first, int(ordinal)):
        other = f"{name}-{number}"
        there = pods.get(other)
        if there is not None and is_ready(there):
            continue
        why = status_reason(there) if there is not None else "it does not exist"
        return (
            f"pod {other} is not Ready and the StatefulSet creates its pods in order (podManagementPolicy OrderedReady): {pod} is created "
            "only after it" + (f"; {other}: {why}" if why else "")
        )
    return ""
