# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stage that demo and benchmark play on: which Kubernetes, an account with exactly our permissions, our playbooks on it."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.demo.usage import watch
from tests.sandbox import builds, fixtures, image
from tests.sandbox.account import RBAC, grant
from tests.sandbox.cluster import Sandbox
from tests.sandbox.config import SandboxError
from tests.sandbox.fixtures import Fixture, FixtureSpec
from tests.sandbox.kube import Kube
from tests.sandbox.kubeconfig import load

ROOT = Path(__file__).resolve().parents[2]
CALLBACKS = ROOT / "tests" / "e2e" / "callback_plugins"
#: on every namespace that is made here; on a cluster of the user's own no other one is ever deleted
LABEL = "kraft.kafkaops.io/demo"
#: seconds for which clients, and brokers if not said otherwise, keep an address: the clients then need no pause between restarts
DNS_TTL = 1
OFFICIAL_IMAGE = "apache/kafka:3.9.2"


@dataclass(frozen=True)
class Place:
    """The Kubernetes to work on. ``sandbox`` is None on a cluster of the user's own."""

    kubeconfig: Path
    sandbox: Sandbox | None

    @property
    def kube(self) -> Kube:
        """A client with the rights of the kubeconfig."""
        return Kube(load(self.kubeconfig))

    @property
    def image(self) -> str:
        """The image of brokers and clients; empty for the sandbox's own."""
        return "" if self.sandbox else os.environ.get("KRAFT_DEMO_IMAGE") or OFFICIAL_IMAGE


def place() -> Place:
    """Return where to work: the cluster that KUBECONFIG names, else the sandbox (which may not be up yet)."""
    sandbox = Sandbox()
    named = os.environ.get("KUBECONFIG", "")
    if named and Path(named).absolute() != sandbox.folders.kubeconfig:
        return Place(Path(named).absolute(), None)
    return Place(sandbox.folders.kubeconfig, sandbox)


def missing_programs() -> list[str]:
    """Return what is not there but needed, each with how to get it."""
    missing = [name for name in ("ansible", "kubernetes", "kazoo") if not importlib.util.find_spec(name)]
    found = [f"Python library {name} (use make demo, which installs it)" for name in missing]
    if not (Path(sys.executable).parent / "ansible-playbook").exists():
        found.append("ansible-playbook beside this Python (use make demo, which installs it)")
    found += [str(path.relative_to(ROOT)) for path in (RBAC, ROOT / "playbooks" / "migrate.yml") if not path.exists()]
    if not (ROOT / ".collections" / "ansible_collections" / "kafkaops" / "kraft").exists():
        found.append("the link .collections (run make deps)")
    return found


def to_build(sandbox: Sandbox, versions: tuple[str, ...] = ("3.9.2",)) -> list[str]:
    """Return the parts that a first start of the sandbox builds, empty when it is warm."""
    cache = sandbox.folders.cache
    parts = builds.missing_parts(cache)
    for version in versions:
        parts += [part for part in image.missing_parts(cache, version) if part not in parts]
    return parts


def make_cluster(where: Place, spec: FixtureSpec) -> Fixture:
    """Make the fixture cluster anew in its namespace; one left by an earlier run is deleted first.

    Raises SandboxError when the user's cluster has a namespace of that name that was not made here.
    """
    kube = where.kube
    found = kube.get("Namespace", spec.namespace)
    if found is not None:
        ours = LABEL in (found["metadata"].get("labels") or {})
        if where.sandbox is None and not ours:
            raise SandboxError(
                f"namespace {spec.namespace} exists and was not created by the demo: choose another with --namespace"
            )
        fixtures.delete(spec, kube=kube, sandbox=where.sandbox)
    path = kube.path("Namespace")
    labels = {"metadata": {"name": spec.namespace, "labels": {LABEL: "true"}}}
    kube.request("POST", path, {"apiVersion": "v1", "kind": "Namespace", **labels})
    return fixtures.create(spec, sandbox=where.sandbox, kube=None if where.sandbox else kube)


def remove_cluster(where: Place, spec: FixtureSpec) -> None:
    """Delete the namespace of a cluster that was made here."""
    found = where.kube.get("Namespace", spec.namespace)
    if found is not None and (where.sandbox or LABEL in (found["metadata"].get("labels") or {})):
        fixtures.delete(spec, kube=where.kube, sandbox=where.sandbox)


def account(
    kube: Kube,
    namespace: str,
    cluster: str,
    kubeconfig: Path,
    folder: Path,
    *,
    name: str = "kafkaops-kraft",
    allowed: Sequence[Any] | None = None,
) -> Path:
    """Make the account with exactly the permissions of docs/rbac.yml; returns a kubeconfig for it, readable by us alone.

    ``allowed``: other rules, for an account of that ``name``.
    """
    token = grant(kube, namespace, name, allowed, clusters=[cluster])
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "demo",
        "contexts": [{"name": "demo", "context": {"cluster": "demo", "user": "demo", "namespace": namespace}}],
        "clusters": [{"name": "demo", "cluster": _server(kubeconfig)}],
        "users": [{"name": "demo", "user": {"token": token}}],
    }
    path = folder / f"{namespace}-{name}.kubeconfig"
    path.touch(mode=0o600)
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def _server(kubeconfig: Path) -> dict[str, Any]:
    """The cluster entry of the current context, with the path of its authority made absolute."""
    config = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    current = next(item["context"] for item in config["contexts"] if item["name"] == config["current-context"])
    entry = next(dict(item["cluster"]) for item in config["clusters"] if item["name"] == current["cluster"])
    if entry.get("certificate-authority"):
        entry["certificate-authority"] = str(kubeconfig.parent / entry["certificate-authority"])
    return entry


@dataclass(frozen=True)
class Play:
    """One run of a playbook. ``tasks``: name, result and seconds of each, in order."""

    status: int
    seconds: float
    memory_mib: float
    tasks: list[dict[str, Any]] = field(default_factory=list)

    def result(self, name: str) -> dict[str, Any]:
        """The result of the task of that name; empty when it did not run."""
        found = (task["result"] for task in self.tasks if task["task"].split(" : ")[-1] == name)
        return dict(next(found, {}))

    @property
    def failure(self) -> str:
        """What the first failed task says."""
        failed = (task["result"] for task in self.tasks if task["status"] == "failed")
        return next((str(result.get("msg", "")) for result in failed), "")

    def seconds_of_tasks(self) -> dict[str, float]:
        """How long each task took, by its name; those of one name together."""
        found: dict[str, float] = {}
        for task in self.tasks:
            name = task["task"].split(" : ")[-1]
            found[name] = round(found.get(name, 0.0) + task["seconds"], 2)
        return found


@dataclass(frozen=True)
class Stage:
    """A fixture cluster with the account that the playbooks use.

    ``root`` and ``collections``: the checkout whose playbooks are run, and the path on which Ansible finds it as a collection.
    ``always``: variables of every playbook.
    """

    fixture: Fixture
    kubeconfig: Path
    folder: Path
    root: Path = ROOT
    collections: Path = ROOT / ".collections"
    always: Mapping[str, Any] = field(default_factory=dict)

    @property
    def inventory(self) -> Path:
        """The inventory that the playbooks get: one host, which is the cluster."""
        spec = self.fixture.spec
        host = {
            "kraft_namespace": spec.namespace,
            "kraft_cluster": spec.name,
            "kraft_kubeconfig": str(self.kubeconfig),
            "kraft_controller_storage_size": spec.storage,
            # the clients here look addresses up again at once: see DNS_TTL
            "kraft_restart_interval": 0,
        }
        path = self.folder / f"{spec.namespace}.yml"
        path.write_text(yaml.safe_dump({"kafka_clusters": {"hosts": {spec.name: host}}}), encoding="utf-8")
        return path

    def command(self, playbook: str, variables: Mapping[str, Any]) -> list[str]:
        """The command line of a playbook; ``playbook`` is a path from the root of the checkout."""
        every = {**self.always, **variables}
        extra = ["-e", json.dumps(every)] if every else []
        return [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(self.inventory), playbook, *extra]

    def play(self, playbook: str, *, log: Path | None = None, **variables: Any) -> Play:
        """Run a playbook; its output goes straight to the terminal, or to ``log``."""
        results = self.folder / "results.jsonl"
        results.unlink(missing_ok=True)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "K8S_AUTH_"))}
        environment = kept | {
            "ANSIBLE_CONFIG": str(self.root / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "results_file",
            "KRAFT_RESULTS_FILE": str(results),
            "PYTHONUNBUFFERED": "1",
        }
        if log is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ:
            environment["ANSIBLE_FORCE_COLOR"] = "1"
        begin = time.monotonic()
        with (log or Path(os.devnull)).open("w", encoding="utf-8") as sink:
            output = sink if log else None
            process = subprocess.Popen(
                self.command(playbook, variables), cwd=self.root, env=environment, stdout=output, stderr=output
            )
            status, memory = watch(process)
        lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
        return Play(status, time.monotonic() - begin, memory, [json.loads(line) for line in lines])


def cache_folder() -> Path:
    """Return the folder for what is kept between runs, outside the checkout."""
    return Path(os.environ.get("KRAFT_CACHE") or Path.home() / ".cache" / "kafkaops-kraft").expanduser()


def workplace(name: str) -> Path:
    """Return an empty folder for inventories and kubeconfigs, outside the checkout."""
    folder = cache_folder() / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder
