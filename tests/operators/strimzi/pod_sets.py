# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The StrimziPodSets: missing pods are made, superfluous ones deleted, and slow claims get their volumes at last."""

from __future__ import annotations

import logging
import time

from tests.sandbox.config import PROVISIONER
from tests.sandbox.kube import ApiError, pod_ready

from . import names, status
from .api import Api
from .names import CORE, OWNER_LABEL, POD_SET, VERSION, Object
from .switches import Switches

log = logging.getLogger("StrimziPodSetController")
#: of claims that have to wait: no provisioner has this name until the double says another one
SLOW_CLASS = "strimzi-double-slow"
_PROVISIONER_MARK = "volume.kubernetes.io/storage-provisioner"


def owned(pod_set: Object, pod: Object) -> Object:
    """Return a pod with the reference to its pod set."""
    meta = pod_set["metadata"]
    owner = {
        "apiVersion": f"{CORE}/{VERSION}",
        "kind": POD_SET,
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
        "blockOwnerDeletion": False,
    }
    return {**pod, "metadata": {**pod["metadata"], "ownerReferences": [owner]}}


def plan(pod_set: Object, pods: list[Object]) -> tuple[list[Object], list[str]]:
    """Return the pods to make and the names of those to delete. One that is going has to be gone first."""
    wanted = {pod["metadata"]["name"]: pod for pod in pod_set["spec"]["pods"]}
    there = {pod["metadata"]["name"]: pod for pod in pods}
    # a pod of a set that was deleted and made again belongs to the old one, which the garbage collector takes away
    make = [owned(pod_set, pod) for name, pod in wanted.items() if name not in there]
    drop = [name for name, pod in there.items() if name not in wanted and "deletionTimestamp" not in pod["metadata"]]
    return make, drop


class PodSets:
    """The pod sets of one namespace."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._waiting: dict[str, float] = {}

    def look(self, switches: Switches) -> None:
        """Look once and act."""
        for pod_set in self._api.list(POD_SET):
            if "deletionTimestamp" in pod_set["metadata"]:
                continue
            pods = self._api.list("Pod", f"{OWNER_LABEL}={pod_set['metadata']['name']}")
            make, drop = plan(pod_set, pods)
            for pod in make:
                self._make(pod)
            for name in drop:
                self._api.delete("Pod", name)
            found = status.pod_set(pod_set, pods, sum(pod_ready(pod) for pod in pods))
            if pod_set.get("status") != found:
                self._api.put_status(pod_set, found)
        self._claims(switches)

    def _make(self, pod: Object) -> None:
        try:
            self._api.create(pod)
        except ApiError as error:
            # a pod set that is being deleted, or an object in the way: the next look settles it
            log.info("%s", error)

    def _claims(self, switches: Switches) -> None:
        """Let the sandbox's provisioner have the claims that have waited long enough."""
        for claim in self._api.list("PersistentVolumeClaim", names.CLUSTER_LABEL):
            name = claim["metadata"]["name"]
            if claim["spec"].get("storageClassName") != SLOW_CLASS or claim["spec"].get("volumeName"):
                self._waiting.pop(name, None)
                continue
            begin = self._waiting.setdefault(name, time.monotonic())
            if time.monotonic() - begin >= switches.slow_claims:
                patch = {"metadata": {"annotations": {_PROVISIONER_MARK: PROVISIONER}}}
                self._api.patch("PersistentVolumeClaim", name, patch)
