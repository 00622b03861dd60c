# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An API server in memory with what the platform layer relies on: versions, conflicts, dry runs, UIDs, watches."""

from __future__ import annotations

import base64
import copy
import itertools
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import Scope
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, KraftError, NotFound

Obj = dict[str, Any]
Objects = list[Obj]
Key = tuple[str, Any, str]


class Stream:
    """One WATCH: an iterator of events that any thread may close."""

    def __init__(self) -> None:
        self.events: queue.SimpleQueue[Obj | None] = queue.SimpleQueue()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Obj]:
        while (event := self.events.get()) is not None:
            yield event

    def close(self) -> None:
        self.events.put(None)


class FakeClient:
    """The KubeClient of tests.

    :ivar calls: the mutating calls, as (verb, kind, name); dry runs are ``dry-run replace``.
    :ivar fail: (verb, kind) to the error that it raises.
    :ivar evictions: answers of the next evictions; True when there is none.
    :ivar groups: API group to the versions in which the server has it.
    :ivar plurals: plural names of the resources of an operator's group.
    :ivar kinds: kinds that the server says it has.
    :ivar user: who we are.
    :ivar admit: what admission does: called with verb, kind, the object as it was and as it would be; raises to deny.
    :ivar on_gone: called with a pod that was deleted or evicted: the StatefulSet controller.
    """

    def __init__(self, *objects: Obj) -> None:
        self.calls: list[tuple[str, str, str]] = []
        self.fail: dict[tuple[str, str], KraftError] = {}
        self.evictions: list[bool] = []
        self.allowed: Callable[[str, str, str], bool] = lambda _verb, _resource, _subresource: True
        self.on_gone: Callable[[Obj], None] = lambda _pod: None
        self.logs: dict[str, str] = {}
        self.groups: dict[str, list[str]] = {}
        self.plurals: list[str] = [
            *("kafkas", "zookeepers", "kraftcontrollers", "kraftmigrationjobs"),
            *("kafkanodepools", "strimzipodsets"),
        ]
        self.kinds: set[str] = set()
        self.user = "system:serviceaccount:n:kafkaops-kraft"
        self.progress: Callable[[str], None] = lambda _text: None
        self.admit: Callable[[str, str, Obj, Obj | None], None] = lambda _verb, _kind, _old, _new: None
        self._store: dict[Key, Obj] = {}
        self._numbers = itertools.count(1)
        self._streams: list[tuple[str, Stream]] = []
        self._gone_at: list[tuple[int, str, Obj]] = []
        #: a test may write from other threads
        self._mutex = threading.RLock()
        for item in objects:
            self.put(item)

    # what a test does

    def put(self, item: Obj) -> Obj:
        """Store an object as it is, as somebody else would."""
        with self._mutex:
            return self._put(item)

    def _put(self, item: Obj) -> Obj:
        stored = copy.deepcopy(item)
        number = next(self._numbers)
        stored["metadata"].setdefault("uid", f"uid-{number}")
        stored["metadata"]["resourceVersion"] = str(number)
        if "stringData" in stored:
            coded = {name: base64.b64encode(text.encode()).decode() for name, text in stored.pop("stringData").items()}
            stored["data"] = {**stored.get("data", {}), **coded}
        key = (stored["kind"], stored["metadata"].get("namespace"), stored["metadata"]["name"])
        there = self._store.get(key)
        if there is not None and "generation" in there["metadata"]:
            # as the API server counts: changes of the spec only
            changed = there.get("spec") != stored.get("spec")
            stored["metadata"]["generation"] = there["metadata"]["generation"] + changed
        kind = "MODIFIED" if there is not None else "ADDED"
        self._store[key] = stored
        self._notify(stored["kind"], kind, stored)
        return copy.deepcopy(stored)

    def drop(self, kind: str, namespace: str | None, name: str) -> Obj:
        """Take an object away."""
        with self._mutex:
            gone = self._store.pop((kind, namespace, name))
            self._gone_at.append((next(self._numbers), kind, gone))
            self._notify(kind, "DELETED", gone)
        return gone

    def names(self, kind: str) -> list[str]:
        """Names of the stored objects of a kind."""
        return sorted(name for of, _namespace, name in list(self._store) if of == kind)

    def _notify(self, kind: str, what: str, item: Obj) -> None:
        for of, stream in self._streams:
            if of == kind:
                stream.events.put({"type": what, "object": copy.deepcopy(item)})

    def _check(self, verb: str, kind: Kind) -> None:
        if (verb, kind.kind) in self.fail:
            raise self.fail[verb, kind.kind]

    # what the layers call

    def find(self, kind: Kind, name: str, namespace: str | None = None) -> Obj | None:
        self._check("get", kind)
        found = self._store.get((kind.kind, namespace, name))
        return copy.deepcopy(found) if found is not None and _of_group(found, kind) else None

    def get(self, kind: Kind, name: str, namespace: str | None = None) -> Obj:
        found = self.find(kind, name, namespace)
        if found is None:
            raise NotFound(f"{kind.kind} {name} is not there")
        return found

    def list(
        self,
        kind: Kind,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        **_: Any,
    ) -> Objects:
        self._check("list", kind)
        name = field_selector.partition("metadata.name=")[2]
        wanted = dict(pair.split("=") for pair in label_selector.split(",") if pair)
        return [
            copy.deepcopy(item)
            for (of, where, named), item in list(self._store.items())
            if of == kind.kind
            and _of_group(item, kind)
            and namespace in (None, where)
            and name in ("", named)
            and wanted.items() <= (item["metadata"].get("labels") or {}).items()
        ]

    def list_with_version(self, kind: Kind, namespace: str | None = None, **more: Any) -> tuple[Objects, str]:
        with self._mutex:
            return self.list(kind, namespace, **more), str(next(self._numbers))

    def stream_watch(self, kind: Kind, namespace: str | None, version: str, **more: Any) -> Stream:
        stream = Stream()
        with self._mutex:
            self._streams.append((kind.kind, stream))
            # what went between LIST and WATCH
            for number, of, gone in list(self._gone_at):
                if of == kind.kind and number > int(version):
                    stream.events.put({"type": "DELETED", "object": copy.deepcopy(gone)})
            for item in self.list(kind, namespace, **more):
                stream.events.put({"type": "MODIFIED", "object": item})
        return stream

    def create(
        self, kind: Kind, body: Mapping[str, Any], namespace: str | None = None, *, dry_run: bool = False
    ) -> Obj:
        self._check("create", kind)
        name = body["metadata"]["name"]
        self.calls.append(("dry-run create" if dry_run else "create", kind.kind, name))
        if (kind.kind, namespace, name) in self._store:
            raise Conflict(f"{kind.kind} {name} exists")
        if dry_run:
            return copy.deepcopy({**body, "metadata": {**body["metadata"], "namespace": namespace}})
        return self.put({"kind": kind.kind, **body, "metadata": {**body["metadata"], "namespace": namespace}})

    def replace(
        self, kind: Kind, body: Mapping[str, Any], namespace: str | None = None, *, dry_run: bool = False
    ) -> Obj:
        self._check("replace", kind)
        name = body["metadata"]["name"]
        self.calls.append(("dry-run replace" if dry_run else "replace", kind.kind, name))
        there = self.get(kind, name, namespace)
        self._same_version(there, body["metadata"].get("resourceVersion"))
        stored = self.defaulted({"kind": kind.kind, **copy.deepcopy(dict(body))})
        if dry_run:
            return stored
        stored["status"] = there.get("status", {})
        return self.put(stored)

    def defaulted(self, item: Obj) -> Obj:
        """Add what an API server adds to a pod template."""
        template = item.get("spec", {}).get("template")
        if template:
            template.setdefault("spec", {}).setdefault("dnsPolicy", "ClusterFirst")
        return item

    def patch(
        self,
        kind: Kind,
        name: str,
        namespace: str | None,
        body: Mapping[str, Any],
        *,
        resource_version: str | None = None,
        dry_run: bool = False,
    ) -> Obj:
        self._check("patch", kind)
        self.calls.append(("dry-run patch" if dry_run else "patch", kind.kind, name))
        there = self.get(kind, name, namespace)
        self._same_version(there, resource_version)
        merged: Obj = _merged(there, body)
        self.admit("patch", kind.kind, there, merged)
        if dry_run:
            return merged
        if merged["metadata"]["uid"] != there["metadata"]["uid"]:
            raise Conflict(f"{kind.kind} {name} is another one")
        return self.put(merged)

    def delete(
        self,
        kind: Kind,
        name: str,
        namespace: str | None = None,
        *,
        uid: str,
        grace_seconds: int | None = None,
        resource_version: str | None = None,
    ) -> None:
        # grace period 0 takes the object away while the process may still run
        assert grace_seconds != 0
        self._check("delete", kind)
        self.calls.append(("delete", kind.kind, name))
        there = self.get(kind, name, namespace)
        if there["metadata"]["uid"] != uid:
            raise Conflict(f"{kind.kind} {name} is another one")
        self._same_version(there, resource_version)
        if not there["metadata"].get("finalizers"):
            self._gone(kind, name, namespace)

    def evict(self, pod: str, namespace: str, *, uid: str) -> bool:
        self.calls.append(("evict", "Pod", pod))
        if self.evictions and not self.evictions.pop(0):
            return False
        there = self._store[("Pod", namespace, pod)]
        if there["metadata"]["uid"] != uid:
            raise Conflict(f"pod {pod} is another one")
        self._gone(Kind("Pod", "", "v1", "pods"), pod, namespace)
        return True

    def _gone(self, kind: Kind, name: str, namespace: str | None) -> None:
        gone = self.drop(kind.kind, namespace, name)
        if kind.kind == "Pod":
            self.on_gone(gone)

    def _same_version(self, there: Obj, version: str | None) -> None:
        if version is not None and there["metadata"]["resourceVersion"] != version:
            raise Conflict(f"{there['kind']} {there['metadata']['name']} has moved on")

    def can_i(
        self, verb: str, resource: str, namespace: str | None, *, group: str = "", subresource: str = "", name: str = ""
    ) -> bool:
        return self.allowed(verb, resource, subresource)

    def served(self, kind: Kind) -> bool:
        return kind.kind in self.kinds

    def user_name(self) -> str:
        return self.user

    def group_versions(self, group: str) -> Sequence[str]:
        return self.groups.get(group, [])

    def resources(self, group: str, version: str) -> Sequence[str]:
        assert group
        assert version
        return self.plurals

    def pod_log(self, pod: str, namespace: str, **_: Any) -> str:
        return self.logs.get(pod, "")


def _of_group(item: Obj, kind: Kind) -> bool:
    """Whether an object is of the API group of a kind; one that a test wrote without an apiVersion is of any."""
    version = str(item.get("apiVersion") or "")
    return not version or version.rpartition("/")[0] == kind.group


def _merged(target: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value)
    return result


#: the validated options of a task, as far as the platform layer reads them
PARAMS: Obj = {
    "namespace": "n",
    "cluster": "kafka",
    "platform": "auto",
    "statefulsets": [],
    "container": None,
    "zookeeper_connect": None,
    "ibp_version": None,
    "strimzi_version": None,
    "strimzi_node_pools": False,
    "dns_ttl": 1,
    "controller_name": None,
    "controller_replicas": 3,
    "controller_node_id_base": None,
    "controller_storage_size": "10Gi",
    "controller_storage_class": None,
    "controller_resources": None,
    "controller_labels": {},
    "controller_annotations": {},
    "controller_manifest": None,
    "controller_container": None,
    "controller_security": "auto",
    "controller_sasl_mechanism": "PLAIN",
    "controller_secret": None,
    "zookeeper_secret": None,
    "super_users": [],
    "accept": [],
    "confirm": [],
    "scope": Scope("n", "kafka", "shop", {"shop": "n/kafka"}),
    "soak": 86400,
    "pod_timeout": 600,
    "recovery_timeout": 300,
    "rollback_cleanup": "now",
    "wait_timeout": 900,
    "lock_timeout": 120,
    "lock_enforcement": "auto",
    "lock_allowed_users": [],
}


#: what the objects of the controllers of cluster kafka carry
OURS = {names.LABEL_CLUSTER: "kafka", names.LABEL_ROLE: names.ROLE_CONTROLLER}


def ours(item: Obj) -> Obj:
    """The same object with our labels for the controllers of cluster kafka."""
    return {**item, "metadata": {**item["metadata"], "labels": dict(OURS)}}


def controller(name: str, **metadata: Any) -> Obj:
    """A pod of the controllers' StatefulSet kafka-kraft."""
    owner = {"kind": "StatefulSet", "name": "kafka-kraft", "uid": "uid-kafka-kraft"}
    return pod(name, **{"labels": dict(OURS), "ownerReferences": [owner], **metadata})


def statefulset(name: str = "kafka", namespace: str = "n", **spec: Any) -> Obj:
    """A brokers' StatefulSet."""
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{name}", "generation": 1},
        "spec": {
            "replicas": 3,
            "updateStrategy": {"type": "OnDelete"},
            "template": {"spec": {"containers": [{"name": "kafka", "image": "apache/kafka:3.9.2"}]}},
            **spec,
        },
        "status": {"observedGeneration": 1, "updatedReplicas": 3},
    }


def pod(name: str, namespace: str = "n", *, ready: bool = True, owner: str = "uid-kafka", **metadata: Any) -> Obj:
    """A pod of a StatefulSet."""
    return {
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {"app": "kafka"},
            "ownerReferences": [{"kind": "StatefulSet", "name": "kafka", "uid": owner}],
            **metadata,
        },
        "spec": {},
        "status": {
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [{"name": "kafka", "restartCount": 0, "state": {"running": {}}}],
        },
    }
