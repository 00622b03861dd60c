# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real cluster in which things are planted for one test and taken away again, and the proof that nothing else changed."""

from __future__ import annotations

import copy
import itertools
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.forward import pod_forward
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import (
    CONFIG_MAP,
    LEASE,
    PDB,
    PVC,
    SECRET,
    SERVICE,
    STATEFUL_SET,
    Kind,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import NotFound
from kazoo.client import KazooClient

from tests.e2e import audit, removing
from tests.e2e.fleet import Cluster, Outcome
from tests.sandbox.secured.settings import zookeeper_port

Obj = dict[str, Any]
#: what a migration may write, and so must not write here
WATCHED = (STATEFUL_SET, CONFIG_MAP, SECRET, SERVICE, PDB, PVC, LEASE)
SERVICE_ACCOUNT = "bad-input"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Scratch:
    """A copy of the cluster's znodes under a chroot of its own: anything may be broken in it.

    :ivar zk: a session at that chroot.
    :ivar variables: what makes our playbooks read the copy.
    """

    zk: KazooClient
    variables: dict[str, str]

    def change(self, path: str, **fields: Any) -> None:
        """Set fields of a JSON znode; None takes a field away."""
        data = json.loads(self.zk.get(path)[0])
        data |= fields
        self.zk.set(path, json.dumps({key: value for key, value in data.items() if value is not None}).encode())

    def put(self, path: str, data: bytes | Obj | None) -> None:
        """Make or overwrite a znode; None makes one with null data, which only a client of old can."""
        raw = json.dumps(data).encode() if isinstance(data, dict) else data
        if self.zk.exists(path):
            self.zk.set(path, raw)
        else:
            self.zk.create(path, raw, makepath=True)

    def drop(self, path: str) -> None:
        """Delete a znode and all below it."""
        self.zk.delete(path, recursive=True)


@dataclass(frozen=True)
class Place:
    """A fixture cluster that many tests share; none of them leaves anything in it."""

    cluster: Cluster
    client: KubeClient

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return self.cluster.namespace

    @property
    def name(self) -> str:
        """The cluster's name."""
        return self.cluster.fixture.spec.name

    def play(self, playbook: str, *arguments: str, **variables: Any) -> Outcome:
        """Run one of our playbooks on it."""
        return self.cluster.play(playbook, *arguments, **variables)

    # what is there

    def snapshot(self) -> dict[str, Any]:
        """Every object that a migration could write, without what moves by itself, and the znodes."""
        seen: dict[str, Any] = {}
        for kind in WATCHED:
            for item in self.client.list(kind, self.namespace):
                seen[f"{kind.kind}/{item['metadata']['name']}"] = _stands_still(item)
        with self.zookeeper() as zk:
            seen["znodes"] = dict(tree(zk, "/"))
        return seen

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Fail when an object, a znode or the audit log shows that the block changed something."""
        before, mark = self.snapshot(), audit.position()
        yield
        after = self.snapshot()
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        assert not changed, f"changed: {sorted(changed)}"
        writes = audit.writes_since(mark, self.namespace, SERVICE_ACCOUNT)
        assert not writes, f"written: {writes}"

    # what is planted

    @contextmanager
    def zookeeper(self, chroot: str | None = None) -> Iterator[KazooClient]:
        """A session that may write, through a port forwarded by our own layer."""
        spec = self.cluster.fixture.spec
        where = spec.chroot if chroot is None else chroot
        with (
            pod_forward(self.client, self.namespace, "zookeeper-0", zookeeper_port(spec)) as forward,
            tempfile.TemporaryDirectory() as folder,
        ):
            zk = KazooClient(hosts=f"{forward.host}:{forward.port}{where}", timeout=30.0, **self.login(folder))
            zk.start(timeout=30)
            try:
                yield zk
            finally:
                zk.stop()
                zk.close()

    def login(self, folder: str) -> dict[str, Any]:
        """What a session with ZooKeeper logs in by, as options of kazoo; files that it needs are made in the folder."""
        return {}

    @contextmanager
    def scratch(self) -> Iterator[Scratch]:
        """A copy of the znodes; the brokers know nothing of it."""
        chroot = f"/scratch-{next(_numbers)}"
        with pod_forward(self.client, self.namespace, "zookeeper-0", 2181) as forward:
            root = KazooClient(hosts=f"{forward.host}:{forward.port}", timeout=30.0)
            root.start(timeout=30)
            try:
                for path, data in tree(root, self.cluster.fixture.spec.chroot):
                    root.create(chroot + path.removeprefix(self.cluster.fixture.spec.chroot), data, makepath=True)
                root.chroot = chroot
                yield Scratch(root, {"kraft_zookeeper_connect": f"127.0.0.1:{forward.port}{chroot}"})
            finally:
                root.chroot = ""
                root.delete(chroot, recursive=True)
                root.stop()
                root.close()

    @contextmanager
    def znode(self, path: str, data: bytes | None) -> Iterator[None]:
        """One more znode below the cluster's own chroot."""
        with self.zookeeper() as zk:
            zk.create(path, data)
        try:
            yield
        finally:
            with self.zookeeper() as zk:
                zk.delete(path, recursive=True)

    @contextmanager
    def planted(self, kind: Kind, body: Obj) -> Iterator[Obj]:
        """One more object."""
        name = body["metadata"]["name"]
        made = self.client.create(kind, body, self.namespace)
        try:
            yield made
        finally:
            self.remove(kind, name)

    def remove(self, kind: Kind, name: str) -> None:
        """Delete an object, if it is there."""
        try:
            removing.remove(self.client, kind, name, self.namespace)
        except NotFound:
            return

    @contextmanager
    def marked(self, **metadata: Any) -> Iterator[None]:
        """Labels, annotations or ownerReferences on the brokers' StatefulSet."""
        name = self.name
        before = self.client.get(STATEFUL_SET, name, self.namespace)["metadata"]
        self.client.patch(STATEFUL_SET, name, self.namespace, {"metadata": metadata})
        try:
            yield
        finally:
            self.client.patch(STATEFUL_SET, name, self.namespace, {"metadata": _undo(before, metadata)})

    @contextmanager
    def template(self, change: Mapping[str, Any]) -> Iterator[None]:
        """Another pod template (a merge patch); the update strategy is OnDelete, so no pod restarts."""
        before = self.client.get(STATEFUL_SET, self.name, self.namespace)["spec"]["template"]
        patch = {"spec": {"template": {"spec": change}}}
        self.client.patch(STATEFUL_SET, self.name, self.namespace, patch)
        try:
            yield
        finally:
            item = self.client.get(STATEFUL_SET, self.name, self.namespace)
            item["spec"]["template"] = before
            del item["metadata"]["resourceVersion"]
            self.client.replace(STATEFUL_SET, item, self.namespace)

    def container(self, **change: Any) -> Obj:
        """A merge patch for the brokers' one container, to hand to template()."""
        found = self.client.get(STATEFUL_SET, self.name, self.namespace)["spec"]["template"]["spec"]["containers"]
        changed: Obj = {"containers": [{**found[0], **change}]}
        return changed


def tree(zk: KazooClient, path: str) -> Iterator[tuple[str, bytes]]:
    """Every znode from ``path`` on with its data."""
    below = [child for child in zk.get_children(path) if path != "/" or not child.startswith("zookeeper")]
    if path != "/":
        yield path, zk.get(path)[0]
    for child in sorted(below):
        yield from tree(zk, f"{path.rstrip('/')}/{child}")


def _stands_still(item: Obj) -> Obj:
    kept = copy.deepcopy(item)
    kept.pop("status", None)
    if item["kind"] == PVC.kind:
        kept.pop("spec", None)  # the volume's name comes when it is bound
        kept["metadata"].pop("annotations", None)
    for key in ("resourceVersion", "managedFields"):
        kept["metadata"].pop(key, None)
    return kept


def _undo(before: Obj, patch: Mapping[str, Any]) -> Obj:
    undone: Obj = {}
    for key, value in patch.items():
        had = before.get(key)
        undone[key] = {name: (had or {}).get(name) for name in value} if isinstance(value, Mapping) else had
    return undone


def folder_of(path: Path) -> Path:
    """A folder that exists."""
    path.mkdir(parents=True, exist_ok=True)
    return path


# what a refusal looks like


def refused(outcome: Outcome, code: str, *words: str) -> Obj:
    """The run failed with this code in one clear sentence that has these words; returns the failed task's result."""
    assert outcome.status != 0, outcome.output
    failure: Obj = outcome.failure
    assert failure.get("code") == code, failure["msg"]
    one_sentence(failure["msg"], *words)
    assert outcome.changed == []
    return failure


def one_sentence(text: str, *words: str) -> None:
    """One line, no traceback, and it says what these words say."""
    assert "\n" not in text.strip(), text
    assert "Traceback" not in text, text
    assert len(text) < 1500, text
    for word in words:
        assert word in text, text


def findings(result: Mapping[str, Any]) -> dict[str, Obj]:
    """Code to finding, of a result of preflight that failed or did not."""
    listed = result.get("findings") or (result.get("detail") or {}).get("findings") or []
    return {item["code"]: item for item in listed}
