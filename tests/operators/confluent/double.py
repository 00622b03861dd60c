# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For tests: the double in one namespace, started and stopped as a process, its switches, and what people do by kubectl.

with operator("shop") as double:
    double.example()
    double.create_job()
    double.wait_for("DUAL-WRITE")
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.sandbox import fixtures
from tests.sandbox.cluster import Sandbox
from tests.sandbox.config import SandboxError
from tests.sandbox.fixtures import FixtureSpec
from tests.sandbox.kube import Kube
from tests.sandbox.manifests import topics as topics_of
from tests.tools.quality import environments

from ..common import account
from ..common.hosted import Hosted
from . import cursor, install, manifests, versions
from .api import Api
from .manifests import ExampleSpec
from .names import (
    BACK,
    BACK_STEPS,
    COMPONENTS,
    CONTROLLER,
    FAILURE,
    JOB,
    KAFKA,
    READY_CONDITION,
    SWITCHES,
    ZOOKEEPER,
    Object,
)
from .switches import parse


def python() -> str:
    """Return the interpreter of the environment that has kopf; it is built on the first call."""
    return str(environments.ensure("double").bin / "python")


class Double(Hosted):
    """The operator of one namespace."""

    def __init__(self, namespace: str, kube: Kube, kubeconfig: Path) -> None:
        super().__init__(namespace, kube, kubeconfig, SWITCHES)
        self.api = Api(kube, namespace)
        self.spec = ExampleSpec()
        #: namespaces of the other regions of its Kafka cluster
        self.beside: tuple[str, ...] = ()

    # -- the process --------------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the process with a fresh token of its account; one that runs is left as it is."""
        if self.running:
            return
        own = self.folder / "operator.kubeconfig"
        account.write_kubeconfig(self._kubeconfig, own, install.token(self.kube, self.namespace), self.namespace)
        command: list[str | Path] = [python(), "-m", "tests.operators.confluent.program"]
        command += ["--namespace", self.namespace, "--kubeconfig", own]
        for other in self.beside:
            command += ["--beside", other]
        self.launch(command, own)

    def know(self, *others: Double) -> None:
        """Start the process again as one region of several: its gate is about the brokers of the others, too."""
        for other in others:
            for body in manifests.neighbour(self.namespace, other.namespace):
                install.apply(self.kube, body)
        self.beside = tuple(other.namespace for other in others)
        self.restart()

    def check_switches(self, data: Mapping[str, str]) -> None:
        """Raise UnknownSwitchError for a switch or a value that is none."""
        parse(data)

    def enforce_locks(self, *, on: bool) -> None:
        """Bring the lock policy in or take it out."""
        install.set_enforcement(self.kube, self.namespace, on=on)

    # -- an example cluster -------------------------------------------------------------------------------------------------------

    def example(
        self, spec: ExampleSpec | None = None, *, held: bool = True, topics: int = 5, seconds: float = 180.0
    ) -> None:
        """Create Zookeeper, Kafka and a held KRaftController, wait until Kafka is ready, and create topics."""
        spec = spec or ExampleSpec()
        self.example_ensemble(spec, seconds=seconds)
        self.example_brokers(held=held, seconds=seconds)
        self.example_topics(topics, spec.brokers)

    def example_ensemble(self, spec: ExampleSpec, *, seconds: float = 180.0) -> None:
        """Create the Zookeeper of an example and wait until it is ready."""
        self.spec = spec
        version = versions.kafka_version(manifests.kafka(spec, self.namespace))
        if version != versions.DEFAULT_KAFKA:
            Sandbox().ensure_image("confluent", version)
        self.apply(manifests.zookeeper(spec, self.namespace))
        self.wait_ready(ZOOKEEPER, spec.zookeeper, seconds)

    def example_brokers(self, *, held: bool = True, seconds: float = 180.0) -> None:
        """Create its Kafka and KRaftController and wait until Kafka is ready."""
        self.apply(manifests.kafka(self.spec, self.namespace))
        self.apply(manifests.controller(self.spec, self.namespace, held=held))
        self.wait_ready(KAFKA, self.spec.kafka, seconds)

    def example_topics(self, topics: int, brokers: int) -> None:
        """Create topics, each on up to three of the brokers."""
        lines = topics_of(FixtureSpec(topics=topics, brokers=brokers))
        fixtures.create_topics(self.kube, self.namespace, f"{self.spec.kafka}-0", lines)

    def create_job(self, **annotations: str) -> None:
        """Create the job, with annotations from the start if there are any."""
        body = manifests.job(self.spec, self.namespace)
        if annotations:
            body["metadata"]["annotations"] = annotations
        self.apply(body)

    def apply(self, body: Object) -> None:
        """Create or change an object, as an administrator."""
        install.apply(self.kube, body)

    def cr(self, kind: str, name: str = "") -> Object:
        """Return a CR. Raises ApiError when it is not there."""
        found: Object = self.kube.request("GET", self.api.path(kind, name or self.name_of(kind)))
        return found

    def name_of(self, kind: str) -> str:
        """Return the name of the example's CR of a kind."""
        names = {KAFKA: self.spec.kafka, ZOOKEEPER: self.spec.zookeeper, CONTROLLER: self.spec.controller}
        return names.get(kind, self.spec.job)

    def annotate(self, kind: str, key: str, value: str | None = "true") -> None:
        """Set or remove (None) an annotation of a CR, as an administrator."""
        self.api.patch({**self.cr(kind), "kind": kind}, {"metadata": {"annotations": {key: value}}}, guarded=False)

    def delete(self, kind: str) -> None:
        """Delete a CR, as an administrator."""
        self.kube.request("DELETE", self.api.path(kind, self.name_of(kind)))

    # -- waiting ------------------------------------------------------------------------------------------------------------------

    @property
    def status(self) -> Object:
        """Return the status of the job."""
        found: Object = self.cr(JOB).get("status") or {}
        return found

    @property
    def place(self) -> tuple[str, str]:
        """Return phase and sub-phase of the job, in the spelling of the notes."""
        found = cursor.read(self.status)
        return (found.phase, found.sub_phase) if found else ("", "")

    def wait_for(self, wanted: str, seconds: float = 300.0) -> None:
        """Wait until the job is in a phase or sub-phase. Raises SandboxError when it fails, or is not there in time."""

        def reached() -> bool:
            phase, step = self.place
            if wanted not in (phase, step) and phase == FAILURE:
                raise SandboxError(f"the job failed in {step}: {self.status.get('conditions')}")
            return wanted in (phase, step)

        self.until(reached, f"the job is not in {wanted}", seconds)

    def wait_rolled_back(self, seconds: float = 600.0) -> None:
        """Wait until a rollback is complete."""
        self.until(lambda: self.place == (BACK, BACK_STEPS[-1]), "the rollback is not complete", seconds)

    def wait_ready(self, kind: str, name: str, seconds: float = 180.0) -> None:
        """Wait until a CR is ready and has been observed as it is now."""

        def ready() -> bool:
            cr = self.cr(kind, name)
            status = cr.get("status") or {}
            same = status.get("observedGeneration") == cr["metadata"]["generation"]
            conditions = status.get("conditions") or []
            return same and any(c["type"] == READY_CONDITION and c["status"] == "True" for c in conditions)

        self.until(ready, f"{kind} {name} is not ready", seconds)

    def remove(self, *, with_definitions: bool = False) -> None:
        """Stop the process and take everything of this namespace out of the cluster, the namespace too."""
        install.set_enforcement(self.kube, self.namespace, on=False)
        self.stop()
        install.uninstall(self.kube, self.namespace, with_definitions=with_definitions)
        fixtures.delete(FixtureSpec(namespace=self.namespace), kube=self.kube)


def connect(namespace: str, sandbox: Sandbox | None = None) -> Double:
    """Return the double of a namespace in the sandbox that is up, as it is."""
    sandbox = sandbox or Sandbox()
    return Double(namespace, sandbox.kube, sandbox.folders.kubeconfig)


@contextmanager
def operator(namespace: str, *, enforce_locks: bool = True, keep: bool = False) -> Iterator[Double]:
    """Install and start the double in a namespace of the sandbox; at the end everything is gone unless ``keep``.

    What an interrupted test has left in that namespace is removed first, which ``keep`` spares too.
    """
    sandbox = Sandbox()
    double = connect(namespace, sandbox)
    for flavour in ("file", "confluent"):
        sandbox.ensure_image(flavour, versions.DEFAULT_KAFKA)
    if not keep:
        double.remove()
    install.install(double.kube, namespace, enforce_locks=enforce_locks)
    double.clear()
    with double.started(keep=keep):
        yield double


#: the kinds that a test may want to look at
KINDS = (*COMPONENTS, JOB)
