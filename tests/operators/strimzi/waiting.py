# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pass waits for, and the claims that it makes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from tests.sandbox.kube import pod_ready

from .api import Api
from .names import OPERATION_TIMEOUT, Object
from .pod_sets import SLOW_CLASS
from .validation import FailureError

#: seconds between two looks
LOOK = 0.3


def there(api: Api, bodies: Sequence[Object]) -> None:
    """Wait until pods exist. Raises FailureError."""

    def missing() -> list[str]:
        names = [body["metadata"]["name"] for body in bodies]
        return [name for name in names if not api.get("Pod", name)]

    _until(api, missing)


def ready(api: Api, bodies: Sequence[Object]) -> None:
    """Wait until pods are Ready. Raises FailureError."""

    def missing() -> list[str]:
        found = {body["metadata"]["name"]: api.get("Pod", body["metadata"]["name"]) for body in bodies}
        return [name for name, pod in found.items() if not (pod and pod_ready(pod))]

    _until(api, missing)


def _until(api: Api, missing: Callable[[], list[str]]) -> None:
    deadline = time.monotonic() + OPERATION_TIMEOUT
    while left := missing():
        if time.monotonic() > deadline:
            milliseconds = f"{OPERATION_TIMEOUT * 1000:.0f}ms"
            what = f"Pods resource {left[0]} in namespace {api.namespace} to be ready"
            raise FailureError("TimeoutException", f"Exceeded timeout of {milliseconds} while waiting for {what}")
        time.sleep(LOOK)


def claims(api: Api, bodies: Sequence[Object], *, slow: bool) -> None:
    """Make claims; of those that are there only the owner is changed. slow: new ones get their volumes later."""
    for body in bodies:
        meta = body["metadata"]
        found = api.get("PersistentVolumeClaim", meta["name"])
        if found is None:
            late = {"storageClassName": SLOW_CLASS} if slow else {}
            api.create({**body, "spec": {**body["spec"], **late}})
        elif bool(found["metadata"].get("ownerReferences")) != bool(meta["ownerReferences"]):
            patch = {"ownerReferences": meta["ownerReferences"], "annotations": meta["annotations"]}
            api.patch("PersistentVolumeClaim", meta["name"], {"metadata": patch})
