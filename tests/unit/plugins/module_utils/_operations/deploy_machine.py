# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A namespace in which StatefulSets make their pods, and the cluster that deploy.yml makes there."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.start import INIT_CONTAINER, LOST
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.wanted import wanted
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations.deploy import Deploy
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.deployment import Deployment

from tests.unit.plugins.module_utils._core._deploy.given import EXISTING, options
from tests.unit.plugins.module_utils.fakes import FakeClient

Obj = dict[str, Any]


class Namespace(FakeClient):
    """Where the StatefulSet controller is at work. ``unready``: pods that do not become Ready; ``node_ports``: what the API server gives."""

    def __init__(self, *objects: Obj) -> None:
        self.unready: dict[str, Obj] = {}
        self.node_port = 31000
        super().__init__({"kind": "StorageClass", **EXISTING}, *objects)
        self.on_gone = lambda _pod: self._reconcile()

    def create(
        self, kind: Kind, body: Mapping[str, Any], namespace: str | None = None, *, dry_run: bool = False
    ) -> Obj:
        given: Obj = copy.deepcopy(dict(body))
        if kind.kind == "Service" and given["spec"].get("type") == "NodePort":
            given["spec"]["ports"][0]["nodePort"] = self.node_port
            self.node_port += 1
        made = super().create(kind, given, namespace, dry_run=dry_run)
        self._reconcile()
        return made

    def patch(self, kind: Kind, name: str, namespace: str | None, body: Mapping[str, Any], **more: Any) -> Obj:
        made = super().patch(kind, name, namespace, body, **more)
        self._reconcile()
        return made

    def delete(self, kind: Kind, name: str, namespace: str | None = None, *, uid: str, **more: Any) -> None:
        super().delete(kind, name, namespace, uid=uid, **more)
        self._reconcile()

    def _reconcile(self) -> None:
        sets = {item["metadata"]["name"]: item for item in self.list(STATEFUL_SET, "n")}
        for pod in self.list(POD, "n"):
            base, _dash, number = pod["metadata"]["name"].rpartition("-")
            if base not in sets or int(number) >= sets[base]["spec"]["replicas"]:
                self.drop("Pod", "n", pod["metadata"]["name"])
        for name, item in sets.items():
            for number in range(item["spec"]["replicas"]):
                own = f"{name}-{number}"
                if self.find(POD, own, "n") is None:
                    self.put(self._pod(own, item))
                claim = f"data-{own}"
                if self.find(CLAIM, claim, "n") is None:
                    labels = item["spec"]["volumeClaimTemplates"][0]["metadata"]["labels"]
                    self.put(
                        {
                            "kind": "PersistentVolumeClaim",
                            "metadata": {"name": claim, "namespace": "n", "labels": labels},
                        }
                    )

    def _pod(self, name: str, item: Obj) -> Obj:
        marks = item["spec"]["template"]["metadata"]
        ready = name not in self.unready
        return {
            "kind": "Pod",
            "metadata": {
                "name": name,
                "namespace": "n",
                "labels": marks["labels"],
                "annotations": marks["annotations"],
                "ownerReferences": [{"kind": "StatefulSet", "uid": item["metadata"]["uid"]}],
            },
            "spec": {},
            "status": {"conditions": [{"type": "Ready", "status": str(ready)}], **self.unready.get(name, {})},
        }

    def uids(self) -> dict[str, str]:
        """The pods that there are."""
        return {item["metadata"]["name"]: item["metadata"]["uid"] for item in self.list(POD, "n")}


POD, CLAIM = Kind("Pod", "", "v1", "pods"), Kind("PersistentVolumeClaim", "", "v1", "persistentvolumeclaims")
STATEFUL_SET = Kind("StatefulSet", "apps", "v1", "statefulsets")


def ended(code: int) -> Obj:
    """The status of a pod whose init container has failed."""
    state = {"terminated": {"exitCode": code, "reason": "Error"}}
    return {"initContainerStatuses": [{"name": INIT_CONTAINER, "state": state, "ready": False}]}


class Machine:
    """deploy.yml in a namespace. ``version``: what the brokers run; ``quorum``: what is read of it."""

    def __init__(self, **given: Any) -> None:
        self.api = Namespace()
        self.given = given
        self.told: list[str] = []
        self.version: Reading[Any] = SimpleNamespace(version="3.9.2")
        self.cluster: Any = SimpleNamespace(
            facts={"k-0": self.version},
            pods={},
            pod_of_broker={},
            controller_ids={},
            controller_pods={},
            controller_facts={},
            driver=SimpleNamespace(remove_pod=self._remove),
            changed=lambda *_parts: None,
            params={"accept": []},
        )

    def _remove(self, pod: str, uid: str) -> None:
        self.api.delete(POD, pod, "n", uid=uid)

    def deploy(self, **more: Any) -> Deploy:
        """A run with these options."""
        params = {**options(**self.given), **more, "pod_timeout": 0.3, "recovery_timeout": 1}
        there = Deployment(cast("Any", self.api), "n", "k")
        open_cluster: Callable[[], Any] = lambda: self.cluster  # noqa: E731
        return Deploy(cast("Any", self.api), params, wanted(params), there, open_cluster, self.told.append)

    def lose(self, *pods: str) -> None:
        """Pods come back on an empty volume."""
        for name in pods:
            self.api.unready[name] = ended(1)
            self.api.logs[name] = f"{LOST}, and so on"
            self.api.delete(POD, name, "n", uid=self.api.uids()[name])
