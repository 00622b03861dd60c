# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access to Kubernetes: the CRs, what belongs to them, and Jolokia of a pod through the API server."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from tests.sandbox.config import SandboxError
from tests.sandbox.kube import ApiError, Kube

from .names import CONTROLLER, GROUP, JOLOKIA, KAFKA, PLURALS, VERSION, Object
from .rolls import Health

_MERGE = "application/merge-patch+json"
_VALUE = "Value"
_UNDER_REPLICATED = "kafka.server:name=UnderReplicatedPartitions,type=ReplicaManager"
_ACTIVE = "kafka.controller:name=ActiveControllerCount,type=KafkaController"
_MIGRATION_STATE = "kafka.controller:name=ZkMigrationState,type=KafkaController"
_CLUSTER_ID = "kafka.server:name=ClusterId,type=KafkaServer"
_RAFT = "kafka.server:type=raft-metrics"


class Api:
    """One namespace. ``beside``: those of the other regions of its Kafka cluster."""

    def __init__(self, kube: Kube, namespace: str, beside: Sequence[str] = ()) -> None:
        self.kube = kube
        self.namespace = namespace
        self.beside = tuple(beside)

    def path(self, kind: str, name: str = "", namespace: str = "") -> str:
        """Return the path of a kind of CR, or of one CR."""
        where = f"/apis/{GROUP}/{VERSION}/namespaces/{namespace or self.namespace}/{PLURALS[kind]}"
        return where + (f"/{name}" if name else "")

    def crs(self, kind: str) -> list[Object]:
        """Return the CRs of a kind."""
        found = self.kube.request("GET", self.path(kind))["items"]
        # items of a list do not say of what kind they are
        return [{**item, "kind": kind} for item in found]

    def patch(self, cr: Object, patch: Object, *, guarded: bool = True) -> Object:
        """Change a CR by a merge patch; with ``guarded`` only the version that was read. Returns it as it is afterwards."""
        meta = cr["metadata"]
        body = dict(patch)
        if guarded:
            body["metadata"] = {**(patch.get("metadata") or {}), "resourceVersion": meta["resourceVersion"]}
        path = self.path(cr["kind"], meta["name"])
        return {**self.kube.request("PATCH", path, body, content=_MERGE), "kind": cr["kind"]}

    def put_status(self, cr: Object, status: Object) -> bool:
        """Replace a CR's status; False when it is as it was. A CR that is gone has none."""
        before = cr.get("status") or {}
        if status == before:
            return False
        body = {"status": {**dict.fromkeys(before), **status}}
        try:
            self.kube.request("PATCH", self.path(cr["kind"], cr["metadata"]["name"]) + "/status", body, content=_MERGE)
        except ApiError as error:
            if error.status != 404:
                raise
        return True

    def switches(self, name: str) -> dict[str, str]:
        """Return the data of a ConfigMap, empty when it is not there."""
        found = self.kube.get("ConfigMap", name, self.namespace)
        return dict((found or {}).get("data") or {})

    # -- Jolokia ------------------------------------------------------------------------------------------------------------------

    def _read(self, pod: str, bean: str, attribute: str = _VALUE, namespace: str = "") -> Any:
        """Return an attribute of a pod's MBean; None when it cannot be read now."""
        path = f"{Kube.path('Pod', namespace or self.namespace, pod)}:{JOLOKIA}/proxy/jolokia/read/{quote(bean, safe=':=,')}/{attribute}"
        try:
            answer = self.kube.request("GET", path, timeout=5)
        except SandboxError:
            return None
        if isinstance(answer, str):
            answer = _parsed(answer)
        return answer.get("value") if isinstance(answer, dict) and answer.get("status") == 200 else None

    def cluster_id(self, pods: Sequence[str]) -> str:
        """Return the cluster id that one of the brokers says, empty when none does."""
        return next((str(said) for said in (self._read(pod, _CLUSTER_ID) for pod in pods) if said), "")

    def migration_state(self, pods: Sequence[str]) -> int | None:
        """Return ZkMigrationState of the active controller, None when it cannot be read.

        When that is in another region: the state that all controllers here have learnt from the log.
        """
        active = [pod for pod in pods if self._read(pod, _ACTIVE) == 1]
        said = {self._read(pod, _MIGRATION_STATE) for pod in (active or pods if active or self.beside else ())}
        return int(said.pop()) if len(said) == 1 and None not in said else None

    def health(self, kind: str, pods: Sequence[str]) -> Health:
        """Return what all pods of a component say; of Kafka, those of the other regions, too."""
        if kind == KAFKA:
            said = [self._read(pod, _UNDER_REPLICATED) for pod in pods]
            said += [self._read(pod, _UNDER_REPLICATED, namespace=where) for where, pod in self._brokers_beside()]
            return Health(None if None in said or not said else sum(int(value) for value in said))
        if kind == CONTROLLER:
            states = [self._read(pod, _RAFT, "current-state") for pod in pods]
            led = states.count("leader") == 1 or (bool(self.beside) and "leader" not in states)
            return Health(quorum=led and states.count("leader") + states.count("follower") == len(pods))
        return Health()

    def _brokers_beside(self) -> list[tuple[str, str]]:
        """Return namespace and name of the brokers' pods in the other regions."""
        return [
            (where, pod["metadata"]["name"])
            for where in self.beside
            for cr in self.kube.request("GET", self.path(KAFKA, namespace=where))["items"]
            for pod in self.kube.list("Pod", where, labels=f"app={cr['metadata']['name']}")
        ]


def _parsed(text: str) -> Any:
    """Parse an answer that does not say that it is JSON."""
    import json

    try:
        return json.loads(text)
    except ValueError:
        return None


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """Return a time as Kubernetes writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_since(text: str, moment: datetime) -> float:
    """Return how long ago a time of Kubernetes was; 0 for one that is none."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text):
        return 0.0
    return (moment - datetime.fromisoformat(text)).total_seconds()
