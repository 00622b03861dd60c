# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox as a whole: up, down, status."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from . import builds, components, image, network, pki, preconditions
from .archive import archive_layer
from .cache import key_of, locked, remove
from .config import DEFAULT_KAFKA, NODE_NAME, PROVISIONER, SOURCES, STORAGE_CLASS, Folders, SandboxError
from .console import run, say, step
from .kube import Kube, Object, pod_ready
from .kubeconfig import load
from .oci import Layer, import_image
from .processes import Processes

# In the order in which they are ended, after the pods.
_ORDER = ("kubelet", "kube-proxy", "coredns", "provisioner", "apiserver", "containerd", "etcd")
ALL = ("controller-manager", "scheduler", *_ORDER)


class Sandbox:
    """The one sandbox that this machine can have."""

    def __init__(self, folders: Folders | None = None) -> None:
        self.folders = folders or Folders()
        self.processes = Processes(self.folders.state)

    @property
    def kube(self) -> Kube:
        """Return a client with the administrator's rights."""
        if not self.folders.kubeconfig.is_file():
            raise SandboxError(f"the sandbox is not up ({self.folders.state} has no kubeconfig): run 'up' first")
        return Kube(load(self.folders.kubeconfig))

    def is_up(self) -> bool:
        """Tell whether every process runs."""
        return all(self.processes.alive(name) for name in ALL)

    def prepare(self, *, version: str = DEFAULT_KAFKA) -> None:
        """Say what is missing and how long it takes, then install and build it."""
        preconditions.check_machine()
        cache = self.folders.cache
        parts = [*builds.missing_parts(cache), *image.missing_parts(cache, version)]
        packages = preconditions.missing_packages(
            preconditions.RUN_PACKAGES, preconditions.BUILD_PACKAGES if parts else {}
        )
        if packages or parts:
            _announce(packages, parts)
        preconditions.check_space(cache, 12 if builds.PART in parts else 3)
        preconditions.install(packages)
        # The Go build takes all cores, Debian and Maven mostly wait for the network: side by side.
        with ThreadPoolExecutor(3) as pool:
            jobs: list[Future[object]] = [
                pool.submit(builds.programs, cache),
                pool.submit(image.rootfs, cache),
                pool.submit(image.jars, cache, version),
                pool.submit(image.pause_layer, cache),
                pool.submit(archive_layer, cache, image.FLAVOURS["file"], version),
            ]
            for job in jobs:
                job.result()
        if builds.PART in parts:
            # Modules and objects of the Go build: several GiB that only another version would need again.
            for folder in ("gocache", "gopath"):
                remove(cache / folder)

    def up(self) -> None:
        """Bring the sandbox up; a running one is left as it is."""
        with locked(self.folders.cache / ".sandbox.lock"):
            self._up()

    def _up(self) -> None:
        if self.is_up():
            say("the sandbox is already up")
            return
        self.prepare()
        self._clear_leftovers()
        preconditions.check_ports()
        begin = time.monotonic()
        state = self.folders.state
        state.mkdir(parents=True, exist_ok=True)
        state.chmod(0o711)
        pki.make(state / "pki")
        pki.write_kubeconfig(self.folders.kubeconfig, state / "pki", "admin")
        pki.write_kubeconfig(state / "kubelet.kubeconfig", state / "pki", "kubelet")
        components.write_files(self.folders)
        network.up()
        self._start()
        say(f"the sandbox is up, {time.monotonic() - begin:.1f} s after the start of the first process")
        say(f"KUBECONFIG={self.folders.kubeconfig}")

    def _start(self) -> None:
        """Start the processes, the ones that others need first, and import the images meanwhile."""
        folders, start = self.folders, self.processes.start
        programs = builds.programs(folders.cache)
        kubernetes = programs / "kubernetes"
        start("etcd", components.etcd())
        start("apiserver", [kubernetes, *components.apiserver(folders)])
        start("containerd", ["containerd", "-c", "containerd.toml"])
        with ThreadPoolExecutor(1) as pool:
            images = pool.submit(self._first_images)
            self._await("API server", self._api_ready)
            start("controller-manager", [kubernetes, *components.controller_manager(folders)])
            start("scheduler", [kubernetes, *components.scheduler(folders)])
            start("kube-proxy", [kubernetes, "kube-proxy", "--config=proxy.json"])
            start("coredns", [programs / "coredns", "-conf", "Corefile"])
            start("provisioner", [sys.executable, "-m", f"{__package__}.provisioner"], env=self._python_environment())
            self._storage_class()
            images.result()
        start("kubelet", [kubernetes, *components.kubelet(folders)])
        with step("waiting for the node"):
            self.kube.wait("Node", "", _node_reason, seconds=60)
        self.kube.wait("ServiceAccount", "default", lambda seen: "" if seen else "no service account yet", seconds=60)
        self.processes.check(*ALL)

    def _python_environment(self) -> dict[str, str]:
        root = SOURCES.parents[len((__package__ or "").split(".")) - 1]
        return {**os.environ, "PYTHONPATH": str(root), "KRAFT_SANDBOX_STATE": str(self.folders.state),
                "KRAFT_SANDBOX_CACHE": str(self.folders.cache)}  # fmt: skip

    def _api_ready(self) -> bool:
        self.processes.check("etcd", "apiserver")
        try:
            return str(self.kube.request("GET", "/readyz", timeout=2)).strip() == "ok"
        except SandboxError:
            return False

    def _await(self, what: str, ready: Callable[[], bool], seconds: float = 90.0) -> None:
        """Wait for something that cannot be watched."""
        with step(f"waiting for {what}"):
            deadline = time.monotonic() + seconds
            while not ready():
                if time.monotonic() > deadline:
                    raise SandboxError(f"{what} did not get ready within {seconds:.0f} s, see {self.folders.logs}")
                time.sleep(0.1)

    def _storage_class(self) -> None:
        self.kube.apply({
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": STORAGE_CLASS, "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "provisioner": PROVISIONER,
            "reclaimPolicy": "Delete",
            "volumeBindingMode": "Immediate",
        })  # fmt: skip

    # -- images ---------------------------------------------------------------------------------------------------------------------

    @property
    def _ctr(self) -> list[str | Path]:
        return ["ctr", "--address", self.folders.state / "containerd.sock"]

    def _containerd_ready(self) -> bool:
        self.processes.check("containerd")
        return subprocess.run([*map(str, self._ctr), "version"], capture_output=True, check=False).returncode == 0

    def _first_images(self) -> None:
        self._await("containerd", self._containerd_ready)
        cache = self.folders.cache
        self._import(
            components.PAUSE_IMAGE,
            key_of(SOURCES / "container/pause.c"),
            lambda: import_image(components.PAUSE_IMAGE, [image.pause_layer(cache)], {"Cmd": ["/pause"]}, self._ctr),
        )
        self.ensure_image("file", DEFAULT_KAFKA)

    def _require_containerd(self) -> None:
        if not self.processes.alive("containerd"):
            raise SandboxError(
                f"the sandbox is not up (no containerd recorded in {self.folders.state}): run 'up' first"
            )

    def bring_image(self, name: str, key: str, layers: Callable[[], Sequence[Layer]], config: object) -> None:
        """Import an image of somebody else's making unless containerd has just this build of it (``key``)."""
        self._require_containerd()
        preconditions.install(preconditions.missing_packages(preconditions.BUILD_PACKAGES))
        self._import(name, key, lambda: import_image(name, layers(), config, self._ctr))

    def name_image(self, name: str, further: str) -> None:
        """Give an image that containerd has a further name."""
        self._require_containerd()
        run([*self._ctr, "-n", "k8s.io", "images", "tag", "--force", name, further])

    def ensure_image(self, flavour: str, version: str) -> str:
        """Return the name of a Kafka image that containerd has, built and imported when it is not there yet."""
        self._require_containerd()
        name, cache = image.image_name(flavour, version), self.folders.cache
        if image.missing_parts(cache, version):
            preconditions.install(preconditions.missing_packages(preconditions.BUILD_PACKAGES))

        def bring() -> None:
            about = image.FLAVOURS[flavour]
            layers = [
                image.rootfs(cache),
                image.kafka_layer(cache, about, version),
                archive_layer(cache, about, version),
            ]
            import_image(name, layers, image.kafka_config(about), self._ctr)

        self._import(name, image.image_key(flavour, version), bring)
        return name

    def _import(self, name: str, key: str, bring: Callable[[], None]) -> None:
        """Import an image unless containerd has just this build of it."""
        with locked(self.folders.cache / ".images.lock"):
            self._import_locked(name, key, bring)

    def _import_locked(self, name: str, key: str, bring: Callable[[], None]) -> None:
        listed = run([*self._ctr, "-n", "k8s.io", "images", "ls", "-q"]).split()
        file = components.containerd_root(self.folders) / "sandbox-images.json"
        known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        if name in listed and known.get(name) == key:
            return
        with step(f"importing image {name}"):
            bring()
        file.write_text(json.dumps({**known, name: key}), encoding="utf-8")

    # -- down -----------------------------------------------------------------------------------------------------------------------

    def down(self) -> None:
        """End everything that was started and take its traces away; the cache stays."""
        if not (self.folders.state / "containerd.toml").is_file():
            say("the sandbox is not there")
            return
        preconditions.check_machine()
        with locked(self.folders.cache / ".sandbox.lock"), step("taking the sandbox down"):
            self.processes.stop("controller-manager", "scheduler")
            self._delete_pods()
            self._clear_leftovers()
        say(f"gone; the cache {self.folders.cache} stays")

    def _delete_pods(self) -> None:
        """Let the kubelet end the pods, which also takes their mounts and network away."""
        if not all(self.processes.alive(name) for name in ("apiserver", "kubelet", "containerd")):
            return
        try:
            kube = self.kube
            for pod in kube.list("Pod"):
                kube.delete("Pod", pod["metadata"]["name"], pod["metadata"]["namespace"], grace=1)
            kube.wait("Pod", "", lambda pods: f"{len(pods)} pods are still there" if pods else "", seconds=40)
        except SandboxError as error:
            say(f"pods are ended the hard way: {error}")

    def _clear_leftovers(self) -> None:
        """Remove what a sandbox has left, be it ended in order, killed, or lost in a reboot."""
        state = self.folders.state
        if not state.is_dir():
            return
        self.processes.stop(
            *(name for name in _ORDER if name not in ("containerd", "etcd")),
            "controller-manager",
            "scheduler",
            patience=2,
        )
        self._reap_containers()
        self.processes.stop("containerd", "etcd", patience=5)
        _unmount_below(state)
        program = next(self.folders.cache.glob("kubernetes-*/kubernetes"), None)
        network.down(program)
        for path in state.iterdir():
            if path.name in ("pki", "last-log"):
                continue
            if path.name == "log":  # kept once, for whoever wonders what happened
                remove(state / "last-log")
                path.rename(state / "last-log")
            elif path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def _reap_containers(self) -> None:
        """End containers that no kubelet looks after any more, through the containerd that owns them."""
        state, root = self.folders.state, components.containerd_root(self.folders)
        if not (root.is_dir() and (state / "containerd.toml").is_file() and shutil.which("containerd")):
            return
        if not self.processes.alive("containerd"):
            self.processes.start("containerd", ["containerd", "-c", "containerd.toml"])
            self._await("containerd", self._containerd_ready)
        ctr = [*self._ctr, "-n", "k8s.io"]
        for task in run([*ctr, "tasks", "ls", "-q"]).split():
            run([*ctr, "tasks", "kill", "--all", "--signal", "SIGKILL", task], check=False)
            run([*ctr, "tasks", "delete", "--force", task], check=False)
        for container in run([*ctr, "containers", "ls", "-q"]).split():
            run([*ctr, "containers", "delete", container], check=False)

    def purge(self) -> None:
        """Remove the cache and the state folder as well."""
        self.down()
        for folder in (self.folders.state, self.folders.cache):
            remove(folder)

    # -- status ---------------------------------------------------------------------------------------------------------------------

    def status(self) -> dict[str, object]:
        """Return what runs: processes, nodes, pods."""
        recorded = self.processes.recorded()
        about: dict[str, object] = {
            "state": str(self.folders.state),
            "cache": str(self.folders.cache),
            "processes": {
                name: recorded[name].pid if name in recorded and recorded[name].alive else None for name in ALL
            },
            "up": self.is_up(),
        }
        if self.is_up():
            pods = self.kube.list("Pod")
            about["kubeconfig"] = str(self.folders.kubeconfig)
            about["audit_log"] = str(self.folders.audit_log)
            about["pods"] = {f"{pod['metadata']['namespace']}/{pod['metadata']['name']}": "Ready" if pod_ready(pod) else pod["status"].get("phase")
                             for pod in pods}  # fmt: skip
        return about


def _announce(packages: list[str], parts: list[str]) -> None:
    seconds = {builds.PART: 300, "rootfs": 70}
    total = (30 if packages else 0) + sum(seconds.get(part, 25) for part in parts if part != "rootfs")
    if packages:
        say(f"missing Debian packages: {', '.join(packages)}")
    if parts:
        say(f"not in the cache, to be built: {', '.join(parts)}")
    say(f"this takes about {max(total, 60) / 60:.0f} minutes on 2 cores, once")


def _node_reason(nodes: dict[str, Object]) -> str:
    node = nodes.get(f"/{NODE_NAME}")
    return "" if node and pod_ready(node) else f"node {NODE_NAME} is not Ready"


def _unmount_below(folder: Path) -> None:
    """Unmount everything below a folder, the deepest first."""
    mounts = [
        line.split()[4].replace("\\040", " ")
        for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    ]
    for mount in sorted((mount for mount in mounts if mount.startswith(f"{folder}/")), key=len, reverse=True):
        run(["umount", "--lazy", mount], check=False)
