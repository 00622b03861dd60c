# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that controllers need, that no volume of theirs has, and that are not in the image either: something made them in the brokers' pods.

Private to the collection. An image's entrypoint may write a JAAS file before it starts the broker (Bitnami's does), a start command may
render one, and something in the cluster may inject files into pods. None of it is run for controllers: they start Kafka's own script.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controller_spec import CONTAINER
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import ControllerObjects
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.jvm_files import needed_paths
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import container_of, volume_at
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown, known
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.pod_files import made_at
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError


def findings(cluster: StatefulSetCluster, objects: ControllerObjects) -> Reading[list[Finding]]:
    """The files that are younger than the pod of a broker; a StatefulSet of the user's own brings what it needs."""
    paths = [] if cluster.params["controller_manifest"] else _in_no_volume(objects)
    if not paths:
        return []
    pod, facts = next(iter(known(cluster.facts).items()), ("", None))
    began = ((cluster.pods.get(pod) or {}).get("status") or {}).get("startTime")
    if facts is None or not began:
        return Unknown(f"whether {', '.join(paths)} is in the brokers' image (no broker runs)")
    try:
        made = made_at(cluster.client, cluster.namespace, pod, cluster.container, paths, pid=facts.pid)
    except KraftError as error:
        return Unknown(f"whether {', '.join(paths)} is in the brokers' image ({error.message})")
    since = datetime.fromisoformat(str(began)).timestamp()
    return [
        finding(
            "controller-file-missing",
            path,
            f"controllers need {path}, which is not in the brokers' image: it was made in pod {pod} when that started, by a start command, by the "
            "image's entrypoint, or by something that injects files into pods, and none of these is there for controllers: mount it from a "
            "Secret, have an init container write it into an emptyDir, or give kraft_controller_manifest a StatefulSet that has it",
        )
        for path, when in made.items()
        if when is not None and when > since
    ]


def _in_no_volume(objects: ControllerObjects) -> list[str]:
    container = container_of(objects.statefulset["spec"]["template"], CONTAINER)

    def texts() -> Iterator[str]:
        for entry in container.get("env") or []:
            yield from needed_paths(str(entry["name"]), str(entry.get("value") or ""))
        for value in objects.shown_settings.values():
            yield from needed_paths("", value)

    return sorted({path for path in texts() if volume_at(container, path) is None})
