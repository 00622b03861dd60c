# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roll that a hand-written playbook does, to compare with: delete a pod, then look every 5 seconds.

What ``kubectl delete pod``, ``kubectl get pod`` and ``kafka-topics.sh --under-replicated-partitions`` in a pod come to, with a
loop of ``until``/``retries``/``delay: 5`` around each.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from tests.sandbox.config import SandboxError
from tests.sandbox.fixtures import FixtureSpec
from tests.sandbox.kube import Kube, pod_ready

#: seconds between two looks
DELAY = 5.0
#: looks before it is given up
RETRIES = 60

_UNDER_REPLICATED = (
    "unset KAFKA_OPTS KAFKA_JMX_OPTS JMX_PORT; KAFKA_HEAP_OPTS=-Xmx128m exec /opt/kafka/bin/kafka-topics.sh "
    "--bootstrap-server localhost:9092 --describe --under-replicated-partitions"
)


@dataclass(frozen=True)
class Restart:
    """Seconds from the deletion of a pod until the loop went on."""

    pod: str
    to_ready: float
    to_next: float


def roll(kube: Kube, spec: FixtureSpec) -> dict[str, Any]:
    """Restart every broker once; returns the times in seconds."""
    restarts: list[Restart] = []
    begin = time.monotonic()
    for pod in spec.broker_ids:
        old = kube.get("Pod", pod, spec.namespace) or {"metadata": {"uid": ""}}
        uid = old["metadata"]["uid"]
        deleted = time.monotonic()
        kube.delete("Pod", pod, spec.namespace)
        _until(f"pod {pod} is Ready", lambda pod=pod, uid=uid: _ready(kube, spec, pod, uid))  # type: ignore[misc]
        ready = time.monotonic()
        _until("no partition is under-replicated", lambda pod=pod: _in_sync(kube, spec, pod))  # type: ignore[misc]
        restarts.append(Restart(pod, round(ready - deleted, 2), round(time.monotonic() - deleted, 2)))
    return {"seconds": round(time.monotonic() - begin, 2), "pods": [asdict(restart) for restart in restarts]}


def _until(what: str, holds: Callable[[], bool]) -> None:
    for _attempt in range(RETRIES):
        if holds():
            return
        time.sleep(DELAY)
    raise SandboxError(f"the naive roll gave up: not true after {RETRIES} looks: {what}")


def _ready(kube: Kube, spec: FixtureSpec, pod: str, old: str) -> bool:
    found = kube.get("Pod", pod, spec.namespace)
    return found is not None and found["metadata"]["uid"] != old and pod_ready(found)


def _in_sync(kube: Kube, spec: FixtureSpec, pod: str) -> bool:
    """Ask a broker that was not just restarted."""
    other = next(name for name in spec.broker_ids if name != pod)
    try:
        done = kube.exec(spec.namespace, other, ["bash", "-c", _UNDER_REPLICATED], timeout=180)
    except (SandboxError, OSError):
        return False  # as a task with retries takes it: not yet
    return done.status == 0 and not done.stdout.strip()
