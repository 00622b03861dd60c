# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For tests: the real operator as a process on this machine, clusters of each topology, operations on them.

with operator() as kubeblocks:
    spec = ClusterSpec(topology="separated", namespace="shop")
    kubeblocks.create(spec)
    kubeblocks.wait_running(spec)
    kubeblocks.operate(spec, "Stop")
    kubeblocks.delete(spec)
"""

from __future__ import annotations

import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.sandbox.cache import locked
from tests.sandbox.cluster import Sandbox
from tests.sandbox.config import SandboxError
from tests.sandbox.console import step
from tests.sandbox.kubeconfig import load

from ..common.hosted import LOOK, Running
from . import addon, build, clusters, image, install, status, zookeeper
from .api import KubeBlocks
from .clusters import ClusterSpec
from .names import COMPONENT_LABEL, INSTANCE_LABEL, SYSTEM, TOOLS_IMAGE, Object

#: seconds that a cluster has to stay as it is to count as running
_HELD = 3.0


class Operator(Running):
    """The one operator of the sandbox: it looks after all namespaces."""

    kube: KubeBlocks

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        kubeconfig = sandbox.folders.kubeconfig
        super().__init__(SYSTEM, KubeBlocks(load(kubeconfig)), kubeconfig)
        self._numbers = 0

    # -- the process --------------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the operator, with an administrator's rights, and wait until it says that it is ready."""
        if self.running:
            return
        manager, port = build.programs(self.sandbox.folders.cache) / "manager", _free_port()
        options = ["--extensions=false", "--metrics-bind-address=0", f"--health-probe-bind-address=127.0.0.1:{port}"]
        self.launch([manager, *options], self._kubeconfig, CM_NAMESPACE=SYSTEM, KUBEBLOCKS_TOOLS_IMAGE=TOOLS_IMAGE)
        self.until(lambda: _answers(f"http://127.0.0.1:{port}/readyz") or not self.running, "it is not ready", 60)
        self._processes.check("operator")

    def install(self) -> None:
        """Bring in everything, start the operator, and wait until it takes the definitions."""
        image.ensure(self.sandbox)
        with step("bringing in KubeBlocks"):
            install.before(self.kube, build.definitions(self.sandbox.folders.cache))
            self.start()
            for body in addon.definitions():
                self.kube.apply(body)
            self.until(lambda: not install.unavailable(self.kube), "a definition is not Available", 60)

    def remove(self, *, with_definitions: bool = True) -> None:
        """Take everything out of the cluster that is of KubeBlocks, and end the process."""
        if install.users_objects(self.kube) or install.definitions_there(self.kube):
            self._remove_objects()
        self.stop()
        for left in (install.users_objects(self.kube), install.definitions_there(self.kube)):
            install.delete(self.kube, left)
            install.release(self.kube, left)
        install.namespaces(self.kube)
        if with_definitions:
            install.undefine(self.kube)

    def _remove_objects(self) -> None:
        """Let the operator itself end what it has made; one that was killed is started again for that."""
        if self.kube.get("Namespace", SYSTEM):
            self.start()
        install.delete(self.kube, install.users_objects(self.kube, all_of_them=False))
        self._end(lambda: not install.users_objects(self.kube), 90)
        install.delete(self.kube, install.definitions_there(self.kube))
        self._end(lambda: not install.definitions_there(self.kube), 20)

    def _end(self, done: Callable[[], bool], seconds: float) -> None:
        """Wait for an end that may not come: what is left then is ended without the operator."""
        deadline = time.monotonic() + seconds
        while not done() and self.running and time.monotonic() < deadline:
            time.sleep(LOOK)

    # -- clusters -----------------------------------------------------------------------------------------------------------------

    def make_namespace(self, name: str) -> None:
        """Create a namespace that is taken away with the operator."""
        self.kube.apply(install.namespace(name))

    def create(self, spec: ClusterSpec) -> None:
        """Create a cluster, and its namespace when that is not there; does not wait."""
        image.ensure_kafka(self.sandbox, spec.kafka_version)
        self.make_namespace(spec.namespace)
        self.kube.create(clusters.cluster(spec))

    def plain_zookeeper(self, namespace: str) -> Object:
        """Create a ZooKeeper that is not of KubeBlocks, wait for it, and return the reference to it."""
        image.ensure_zookeeper(self.sandbox)
        self.make_namespace(namespace)
        for body in zookeeper.plain(namespace):
            self.kube.apply(body)

        def ready() -> bool:
            servers = self.kube.get("StatefulSet", zookeeper.NAME, namespace) or {}
            about = self.kube.get("ServiceDescriptor", zookeeper.NAME, namespace) or {}
            return servers.get("status", {}).get("readyReplicas") == 1 and status.phase(about) == "Available"

        self.until(ready, f"ZooKeeper in {namespace} is not ready", 90)
        return zookeeper.by_descriptor(namespace)

    def zookeeper_of_kubeblocks(self, namespace: str) -> Object:
        """Create a ZooKeeper as a cluster of KubeBlocks, wait for it, and return the reference to it."""
        image.ensure_zookeeper(self.sandbox)
        self.make_namespace(namespace)
        self.kube.apply(zookeeper.definition())
        self.kube.create(zookeeper.cluster(namespace))
        self.wait_running(ClusterSpec(zookeeper.CLUSTER, namespace))
        return zookeeper.by_selector(namespace)

    def cluster(self, spec: ClusterSpec) -> Object:
        """Return the Cluster. Raises SandboxError when it is not there."""
        found = self.kube.get("Cluster", spec.name, spec.namespace)
        if found is None:
            raise SandboxError(f"Cluster {spec.namespace}/{spec.name} is not there")
        return found

    def phase(self, spec: ClusterSpec) -> str:
        """Return the phase of the Cluster."""
        return status.phase(self.cluster(spec))

    def phases(self, spec: ClusterSpec) -> dict[str, str]:
        """Return the phase of each component."""
        return status.phases(self.cluster(spec))

    def component(self, spec: ClusterSpec, component: str) -> Object:
        """Return a Component object, empty when it is not there."""
        return self.kube.get("Component", f"{spec.name}-{component}", spec.namespace) or {}

    def not_running(self, spec: ClusterSpec) -> str:
        """Return why the cluster is not running as it is written now, empty when it is."""
        return status.missing(self.cluster(spec), self.kube.list("Component", spec.namespace))

    def wait_running(self, spec: ClusterSpec, seconds: float = 240.0) -> None:
        """Wait until every component runs what is written now, and has done so for some seconds."""
        since: list[float] = []

        def held() -> bool:
            if self.not_running(spec):
                since.clear()
                return False
            since[:] = since or [time.monotonic()]
            return time.monotonic() - since[0] >= _HELD

        try:
            self.until(held, f"Cluster {spec.namespace}/{spec.name} does not run", seconds)
        except SandboxError as error:
            raise SandboxError(f"{self.not_running(spec) or 'it runs now'}: {error}") from error

    def wait_phase(self, spec: ClusterSpec, *wanted: str, component: str = "", seconds: float = 180.0) -> str:
        """Wait until the Cluster, or a component of it, is in one of the phases; returns which."""

        def now() -> str:
            return self.phases(spec)[component] if component else self.phase(spec)

        self.until(lambda: now() in wanted, f"{component or spec.name} is not {' or '.join(wanted)}", seconds)
        return now()

    def pods(self, spec: ClusterSpec, component: str) -> list[str]:
        """Return the pods of a component that are there."""
        labels = f"{INSTANCE_LABEL}={spec.name},{COMPONENT_LABEL}={component}"
        return sorted(pod["metadata"]["name"] for pod in self.kube.list("Pod", spec.namespace, labels=labels))

    def hold(self, spec: ClusterSpec, component: str, *, stopped: bool) -> None:
        """Stop or start one component by its own switch in the Cluster."""
        self.set(spec, component, "stop", stopped)

    def set(self, spec: ClusterSpec, component: str, field: str, value: object) -> None:
        """Set one field of a component in the Cluster."""
        index = [one["name"] for one in self.cluster(spec)["spec"]["componentSpecs"]].index(component)
        self.kube.change("Cluster", spec.name, spec.namespace, f"/spec/componentSpecs/{index}/{field}", value)

    def delete_zookeeper(self, namespace: str) -> None:
        """Delete the ZooKeeper of a namespace, of whichever kind."""
        if self.kube.get("Cluster", zookeeper.CLUSTER, namespace):
            self.delete(ClusterSpec(zookeeper.CLUSTER, namespace))
        for body in zookeeper.plain(namespace):
            self.kube.delete(body["kind"], body["metadata"]["name"], namespace)

    def delete(self, spec: ClusterSpec, seconds: float = 90.0) -> None:
        """Delete a cluster and wait until it and its pods are gone."""
        self.kube.delete("Cluster", spec.name, spec.namespace)

        def gone() -> bool:
            labels = f"{INSTANCE_LABEL}={spec.name}"
            there = self.kube.get("Cluster", spec.name, spec.namespace)
            return not there and not self.kube.list("Pod", spec.namespace, labels=labels)

        self.until(gone, f"Cluster {spec.name} is still there", seconds)

    # -- operations ---------------------------------------------------------------------------------------------------------------

    def operate(self, spec: ClusterSpec, kind: str, *, patience: int = 0, **body: object) -> str:
        """Create an OpsRequest and return its name, which is always a new one."""
        self._numbers += 1
        name = f"{spec.name}-{kind.lower()}-{self._numbers}"
        self.kube.create(clusters.operation(spec, name, kind, patience=patience, **body))
        return name

    def operation(self, spec: ClusterSpec, name: str) -> Object:
        """Return the status of an OpsRequest."""
        found = self.kube.get("OpsRequest", name, spec.namespace) or {}
        return dict(found.get("status") or {})

    def wait_operation(self, spec: ClusterSpec, name: str, *wanted: str, seconds: float = 180.0) -> Object:
        """Wait until an OpsRequest is in one of the phases (that of success is called Succeed); returns its status."""
        phases = wanted or ("Succeed",)
        self.until(
            lambda: self.operation(spec, name).get("phase") in phases, f"{name} is not {' or '.join(phases)}", seconds
        )
        return self.operation(spec, name)

    # -- Kafka itself -------------------------------------------------------------------------------------------------------------

    def tool(self, spec: ClusterSpec, script: str, *words: str, stdin: str | None = None) -> str:
        """Run a script in the first broker's pod, without the variables that would make a tool behave like a server."""
        environment = "unset JMX_PORT KAFKA_OPTS; export KAFKA_HEAP_OPTS=-Xmx64m KAFKA_JVM_PERFORMANCE_OPTS='-XX:+UseSerialGC -XX:TieredStopAtLevel=1'\n"
        command = ["bash", "-euc", f"PATH=/opt/bitnami/kafka/bin:$PATH\n{environment}{script}", "tool", *words]
        done = self.kube.exec(spec.namespace, spec.pods()[0], command, container="kafka", stdin=stdin, timeout=120)
        if done.status != 0:
            raise SandboxError(f"{spec.pods()[0]}: {done.stderr.decode(errors='replace').strip()[-600:]}")
        return done.stdout.decode()

    def record(self, spec: ClusterSpec, text: str, *, count: int = 1, topic: str = "records") -> list[str]:
        """Write a record through the services of the brokers, and return that many from the beginning of the topic's first partition."""
        script = (
            'echo "$2" | kafka-console-producer.sh --bootstrap-server "$1" --topic "$3" --request-required-acks all > /dev/null\n'
            'kafka-console-consumer.sh --bootstrap-server "$1" --topic "$3" --partition 0 --offset 0 --max-messages "$4" --timeout-ms 30000'
        )
        return self.tool(spec, script, spec.bootstrap, text, topic, str(count)).split()


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def connect(sandbox: Sandbox | None = None) -> Operator:
    """Return the operator of the sandbox that is up, as it is."""
    return Operator(sandbox or Sandbox())


@contextmanager
def operator(*, keep: bool = False) -> Iterator[Operator]:
    """Build, install and start the operator; at the end everything of it is gone unless ``keep``.

    What an interrupted test has left is removed first, which ``keep`` spares too. A second caller waits: there can be only one.
    """
    sandbox = Sandbox()
    with locked(sandbox.folders.cache / ".kubeblocks-operator.lock"):
        made = connect(sandbox)
        if not keep:
            made.remove()
        try:
            made.install()
            yield made
        finally:
            if not keep:
                made.remove()
            made.kube.close()
