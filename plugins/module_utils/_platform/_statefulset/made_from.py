# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the objects alone say about the end of a migration: no process is looked at.

Private to the collection. Good for one conclusion, that there is nothing to do, which does no harm where it is wrong. The settings of
a stage are immutable and have their hash in the pod template: a pod that was made from the template runs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.marks import (
    annotations_of,
    owner_uid,
    template_annotation,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.pods import wanted_pods

Obj = Mapping[str, Any]


def finalized(cluster: StatefulSetCluster) -> bool:
    """Whether every broker was made for stage kraft and every controller for stage final, and all of them are Ready.

    False means "not known by the objects alone": ask the processes.
    """
    controllers = cluster.controllers
    if controllers is None or not _all_made(controllers, cluster.controller_pods, "final"):
        return False
    return all(_all_made(item, cluster.pods, "kraft") for item in cluster.statefulsets)


def _all_made(statefulset: Obj, pods: Mapping[str, Obj], stage: str) -> bool:
    """Whether exactly the pods that should exist do, Ready, each from the StatefulSet's template, which is at ``stage``."""
    digest, uid = template_annotation(statefulset, names.SETTINGS_HASH), statefulset["metadata"]["uid"]
    if template_annotation(statefulset, names.STAGE) != stage or not digest:
        return False
    wanted = set(wanted_pods(statefulset))
    own = {name: pod for name, pod in pods.items() if owner_uid(pod) == uid}
    return bool(wanted) and set(own) == wanted and all(_is_made(pod, stage, digest) for pod in own.values())


def _is_made(pod: Obj, stage: str, digest: str) -> bool:
    marks = annotations_of(pod)
    return is_ready(pod) and marks.get(names.STAGE) == stage and marks.get(names.SETTINGS_HASH) == digest
