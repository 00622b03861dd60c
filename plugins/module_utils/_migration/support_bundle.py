# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A support bundle: what a person needs who was not there when a step failed. One JSON file, without secrets.

Private to the collection. Written on the machine of ansible-playbook; nothing in the cluster changes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.diagnose import status_reason
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import LedCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.redact import redact, redact_text

#: lines of each container's log
TAIL = 300


def write(
    cluster: DirectCluster | LedCluster,
    status: Callable[[], Any],
    folder: str,
    stamp: str,
    failure: Mapping[str, Any],
) -> str:
    """Write the bundle and return its path. ``status`` says where the cluster is; ``stamp`` goes into the name. Raises OSError when it cannot be written.

    What cannot be read is in the bundle as the sentence that says why.
    """
    cluster.changed()
    content = {
        "failure": dict(failure),
        "status": _or_why(status),
        "journal": _or_why(cluster.journal.as_dict),
        "workloads": _or_why(lambda: [_without_noise(item) for item in cluster.driver.objects()]),
        "pods": _or_why(lambda: _pods(cluster)),
        "zookeeper": _or_why(lambda: _zookeeper(cluster)),
    }
    # all of it at the end: a reason why something could not be read may quote what was read
    plain = redact(json.loads(json.dumps(content, default=str)))
    target = Path(folder).expanduser()
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = target / f"kraft-support-{cluster.name}-{stamp}.json"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(plain, file, indent=2)
    return str(path)


def _or_why(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except KraftError as error:
        return {"unreadable": error.message}


def _without_noise(item: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in item["metadata"].items() if key != "managedFields"}
    return {**item, "metadata": metadata}


def _pods(cluster: Cluster) -> dict[str, Any]:
    found = {}
    for pods, container in ((cluster.pods, cluster.container), (cluster.controller_pods, cluster.controller_container)):
        for name, pod in pods.items():
            found[name] = {
                "reason": status_reason(pod),
                "status": pod.get("status"),
                "log": _log(cluster, name, container),
            }
    return found


def _log(cluster: Cluster, pod: str, container: str) -> list[str]:
    try:
        text = cluster.client.pod_log(pod, cluster.namespace, container=container, tail_lines=TAIL)
    except KraftError as error:
        return [error.message]
    return redact_text(text).splitlines()


def _zookeeper(cluster: Cluster) -> dict[str, Any]:
    view = cluster.view
    return {
        "controller": vars(view.controller) if view.controller else None,
        "controller_epoch": view.controller_epoch,
        "migration": vars(view.migration) if view.migration else None,
        "brokers": sorted(view.brokers),
        "topics": len(view.topics),
    }
