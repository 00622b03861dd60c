# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects in memory for the double of Strimzi: pods are Ready at once, pods of a deleted pool are gone at once, Kafka answers as it is told."""

from __future__ import annotations

import copy
import itertools
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.operators.strimzi import manifests, names, pod_sets
from tests.operators.strimzi.api import Api
from tests.operators.strimzi.kafka_wire import KafkaError, Metadata
from tests.operators.strimzi.manifests import ExampleSpec
from tests.operators.strimzi.names import KAFKA, POD_SET, POOL
from tests.operators.strimzi.reconcile import Pass
from tests.operators.strimzi.rolls import Partition, Quorum
from tests.operators.strimzi.switches import parse

NAMESPACE = "shop"
Object = dict[str, Any]


class Killed(BaseException):
    """The process ends here."""


class FakeKafka:
    """What a broker answers. settings: None = it does not say them."""

    def __init__(self) -> None:
        self.controller = 1
        self.leader = 3
        self.partitions_: list[Partition] = []
        self.refuses_settings: set[int] = set()
        self.refuses_quorum = False

    def metadata(self) -> Metadata:
        return Metadata("cluster-id", self.controller, (0, 1, 2), {})

    def broker_settings(self, broker: int) -> dict[str, str]:
        if broker in self.refuses_settings:
            raise KafkaError("no answer")
        return {}

    def partitions(self) -> list[Partition]:
        return self.partitions_

    def quorum(self) -> Quorum:
        if self.refuses_quorum:
            raise KafkaError("the broker has closed the connection")
        return Quorum(self.leader, {3: 10, 4: 10, 5: 10})


class FakeApi(Api):
    """kill_after: number of the write after which the process ends."""

    def __init__(self) -> None:
        self.namespace = NAMESPACE
        self.objects: dict[tuple[str, str], Object] = {}
        self.kafka_ = FakeKafka()
        self.gauge: int | None = 2
        self.znodes = {"/controller"}
        self.restarts: list[str] = []
        self.deleted: list[str] = []
        self.statuses: list[Object] = []
        self.events: list[tuple[str, str, str]] = []
        self.writes = self.kill_after = 0
        #: done at each deletion
        self.at_delete: Callable[[], None] = lambda: None
        self._number = itertools.count()

    # -- Kubernetes ---------------------------------------------------------------------------------------------------------------

    def get(self, kind: str, name: str) -> Object | None:
        found = self.objects.get((kind, name))
        return copy.deepcopy(found)

    def list(self, kind: str, labels: str = "") -> list[Object]:
        wanted = [part.split("=") for part in labels.split(",") if "=" in part]
        return [
            copy.deepcopy(found)
            for (of, _name), found in sorted(self.objects.items())
            if of == kind and all(found["metadata"].get("labels", {}).get(key) == value for key, value in wanted)
        ]

    def _written(self) -> None:
        self.writes += 1
        if self.writes == self.kill_after:
            raise Killed

    def apply(self, body: Object) -> None:
        self.put(body)
        if body["kind"] == POD_SET:
            self._settle()
        self._written()

    def put(self, body: Object) -> None:
        key = (body["kind"], body["metadata"]["name"])
        before = self.objects.get(key) or {}
        made = copy.deepcopy(body)
        made["metadata"]["uid"] = (before.get("metadata") or {}).get("uid") or f"u{next(self._number)}"
        made["metadata"]["generation"] = 1
        if "status" in before:
            made["status"] = before["status"]
        self.objects[key] = made

    def create(self, body: Object) -> bool:
        if "name" not in body["metadata"] or (body["kind"], body["metadata"]["name"]) in self.objects:
            return False
        self.apply(body)
        return True

    def patch(self, kind: str, name: str, patch: Object) -> None:
        merge(self.objects[kind, name], patch)
        self._written()

    def delete(self, kind: str, name: str) -> bool:
        self.at_delete()
        there = self.objects.pop((kind, name), None)
        if kind == "Pod" and there:
            self.restarts.append(name)
        else:
            self.deleted.append(f"{kind}/{name}")
        self._collect()
        self._settle()
        self._written()
        return there is not None

    def _collect(self) -> None:
        """Take away what belongs to something that is gone, as the garbage collector does."""
        alive = {found["metadata"]["uid"] for found in self.objects.values()}
        lost = [
            key
            for key, found in self.objects.items()
            if (owners := found["metadata"].get("ownerReferences")) and not any(one["uid"] in alive for one in owners)
        ]
        for key in lost:
            del self.objects[key]
        if lost:
            self._collect()

    def _settle(self) -> None:
        """Do what the controller of the pod sets and the kubelet do."""
        for pod_set in self.list(POD_SET):
            there = self.list("Pod", f"{names.OWNER_LABEL}={pod_set['metadata']['name']}")
            for pod in pod_sets.plan(pod_set, there)[0]:
                ready = {"status": {"podIP": "10.0.0.1", "conditions": [{"type": "Ready", "status": "True"}]}}
                self.put(pod)
                self.objects["Pod", pod["metadata"]["name"]] |= ready

    def put_status(self, cr: Object, status: Object) -> None:
        if found := self.objects.get((cr["kind"], cr["metadata"]["name"])):
            found["status"] = copy.deepcopy(status)
            self.statuses.append(found["status"])
            self._written()

    def event(self, pod: str, uid: str, reason: str, note: str) -> None:
        self.events.append((pod, reason, note))

    # -- inside of the pods -------------------------------------------------------------------------------------------------------

    def tls(self, cluster: str) -> ssl.SSLContext:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    @contextmanager
    def kafka(self, cluster: str, pod: str, tls: Any) -> Iterator[Any]:
        if not self.get("Pod", pod):
            raise KafkaError(f"{pod} cannot be reached")
        yield self.kafka_

    def agent(self, cluster: str, pod: str, tls: Any, path: str) -> Any:
        if "migration" in path:
            return None if self.gauge is None else {"state": self.gauge}
        return {"brokerState": 3}

    def delete_znode(self, cluster: str, tls: Any, path: str) -> bool:
        there = path in self.znodes
        self.znodes.discard(path)
        self.deleted.append(path)
        return there


def merge(target: Object, patch: Object) -> None:
    for key, value in patch.items():
        if isinstance(value, dict):
            merge(target.setdefault(key, {}), value)
        elif value is None:
            target.pop(key, None)
        else:
            target[key] = value


class World:
    """A cluster in memory, and its operator, pass by pass."""

    def __init__(self, spec: ExampleSpec | None = None, **switches: str) -> None:
        self.api, self.spec = FakeApi(), spec or ExampleSpec()
        self.data = {key.replace("_", "-"): value for key, value in switches.items()}
        if self.spec.pools:
            self.add(names.BROKER)
        self.api.put(manifests.kafka(self.spec, NAMESPACE, "0.45.2"))

    def add(self, role: str) -> None:
        self.api.put(manifests.pool(self.spec, NAMESPACE, role))

    def drop(self) -> None:
        self.api.delete(POOL, "controller")

    def annotate(self, value: str | None, key: str = names.KRAFT) -> None:
        merge(self.cr, {"metadata": {"annotations": {key: value}}})

    @property
    def cr(self) -> Object:
        return self.api.objects[KAFKA, "kafka"]

    @property
    def status(self) -> Object:
        found: Object = self.cr.get("status") or {}
        return found

    @property
    def state(self) -> str:
        return str(self.status.get("kafkaMetadataState") or "")

    @property
    def conditions(self) -> list[tuple[str, str]]:
        return [(c["type"], c.get("reason", "")) for c in self.status.get("conditions", [])]

    def message(self, reason: str) -> str:
        return next(str(c["message"]) for c in self.status["conditions"] if c.get("reason") == reason)

    def once(self) -> list[str]:
        """Make one pass; returns the pods that it restarted."""
        self.api.restarts.clear()
        cr = self.api.get(KAFKA, "kafka")
        assert cr is not None
        Pass(self.api, cr, parse(self.data)).run()
        return list(self.api.restarts)

    def settle(self) -> None:
        """Make passes until the status stays as it is."""
        for _each in range(10):
            before = copy.deepcopy(self.status)
            self.once()
            if self.status == before:
                return
        raise AssertionError("the status never settles")

    def phases(self) -> set[str]:
        return {
            found["data"]["metadata.state"] for found in self.api.list("ConfigMap") if "metadata.state" in found["data"]
        }
