# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For tests: the double in one namespace, started and stopped as a process, its switches, and what people do by kubectl.

with operator("shop") as double:
    double.example()
    double.pool("controller")
    double.annotate("migration")
    double.wait_state("KRaftPostMigration")
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.sandbox import fixtures
from tests.sandbox.cluster import Sandbox
from tests.sandbox.config import SandboxError
from tests.sandbox.fixtures import FixtureSpec
from tests.sandbox.kube import Kube, pod_ready
from tests.sandbox.kubeconfig import load
from tests.sandbox.manifests import topics as topics_of

from ..common import account
from ..common.hosted import Hosted
from . import image, install, manifests, names
from .api import Api, Cluster
from .manifests import ExampleSpec
from .names import BROKER, CONTROLLER, IN_KRAFT, KAFKA, NEWEST, POD_SET, POOL, SWITCHES, ZOOKEEPER, Object
from .switches import parse


class Double(Hosted):
    """The operator of one namespace."""

    kube: Cluster

    def __init__(self, namespace: str, kube: Cluster, kubeconfig: Path) -> None:
        super().__init__(namespace, kube, kubeconfig, SWITCHES)
        self.api = Api(kube, namespace)
        self.spec = ExampleSpec()

    # -- the process --------------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the process with a fresh token of its account; its pod, which only sleeps, is there as well from then on."""
        if self.running:
            return
        own = self.folder / "operator.kubeconfig"
        secret = account.token(self.kube, self.namespace, names.ACCOUNT, manifests.LIFETIME)
        account.write_kubeconfig(self._kubeconfig, own, secret, self.namespace)
        command: list[str | Path] = [sys.executable, "-m", "tests.operators.strimzi.program"]
        self.launch([*command, "--namespace", self.namespace, "--kubeconfig", own], own)
        self._pods(1)

    def stop(self) -> None:
        """End the process in order, as a Deployment without replicas would."""
        super().stop()
        self._pods(0)

    def _pods(self, count: int) -> None:
        if self.kube.get("Deployment", names.OPERATOR, self.namespace):
            self.api.patch("Deployment", names.OPERATOR, {"spec": {"replicas": count}})

    def check_switches(self, data: Mapping[str, str]) -> None:
        """Raise UnknownSwitchError for a switch or a value that is none."""
        parse(data)

    @property
    def version(self) -> str:
        """Return which version of Strimzi it is now."""
        return parse(self.switched).version

    def become(self, version: str) -> None:
        """Turn into another version: its behaviour, its images, its Deployment. The brokers are rolled to the other image."""
        image.ensure(Sandbox(), version)
        self.switch("version", version)
        self.api.apply(manifests.deployment(self.namespace, version))

    # -- an example cluster -------------------------------------------------------------------------------------------------------

    def example(self, spec: ExampleSpec | None = None, *, topics: int = 5, seconds: float = 240.0) -> None:
        """Create a cluster, in ZooKeeper mode unless the specification says otherwise, wait until it is Ready, and create topics."""
        self.spec = spec or ExampleSpec()
        self.api.apply(manifests.traffic_service(self.spec, self.namespace))
        if self.spec.pools:
            self.pool(BROKER)
        if self.spec.born_kraft:
            self.pool(CONTROLLER)
        self.apply(manifests.kafka(self.spec, self.namespace, self.version))
        self.wait_state(IN_KRAFT if self.spec.born_kraft else ZOOKEEPER, seconds)
        self.wait_ready(seconds)
        lines = topics_of(FixtureSpec(topics=topics, brokers=self.spec.brokers))
        fixtures.create_topics(self.kube, self.namespace, f"{self.spec.name}-{self.spec.broker_pool}-0", lines)

    def apply(self, body: Object) -> None:
        """Create or change an object, as an administrator."""
        self.api.apply(body)

    def pool(self, role: str) -> None:
        """Create the example's pool of a role."""
        self.apply(manifests.pool(self.spec, self.namespace, role))

    def delete_pool(self, role: str = CONTROLLER) -> None:
        """Delete a pool; its claims stay unless they are to go with it."""
        self.api.delete(POOL, self.spec.controller_pool if role == CONTROLLER else self.spec.broker_pool)

    def claims(self, pool: str = "") -> list[str]:
        """Return the claims of the controllers' pool, or of another one."""
        labels = f"{names.POOL_LABEL}={pool or self.spec.controller_pool}"
        return [item["metadata"]["name"] for item in self.api.list("PersistentVolumeClaim", labels)]

    def delete_claims(self) -> None:
        """Delete the claims of the controllers' pool and wait until they are gone."""
        for name in self.claims():
            self.api.delete("PersistentVolumeClaim", name)
        self.until(lambda: not self.claims(), "the claims of the controllers are still there", 60)

    @property
    def cr(self) -> Object:
        """Return the Kafka CR. Raises SandboxError when it is not there."""
        found = self.api.get(KAFKA, self.spec.name)
        if found is None:
            raise SandboxError(f"Kafka {self.spec.name} is not there")
        return found

    def annotate(self, value: str | None, key: str = names.KRAFT) -> None:
        """Set or remove (None) an annotation of the Kafka CR, that of the migration without a key."""
        self.api.patch(KAFKA, self.spec.name, {"metadata": {"annotations": {key: value}}})

    # -- looking and waiting ------------------------------------------------------------------------------------------------------

    @property
    def status(self) -> Object:
        """Return the status of the Kafka CR."""
        found: Object = self.cr.get("status") or {}
        return found

    @property
    def state(self) -> str:
        """Return the state that the status shows, empty for none."""
        return str(self.status.get("kafkaMetadataState") or "")

    @property
    def conditions(self) -> list[tuple[str, str, str]]:
        """Return type, reason and message of each condition."""
        found = self.status.get("conditions") or []
        return [(c["type"], str(c.get("reason") or ""), str(c.get("message") or "")) for c in found]

    def pods(self, pool: str = "") -> dict[str, Object]:
        """Return the pods of Kafka by name, or those of one pool."""
        labels = f"{names.NAME_LABEL}={self.spec.name}-kafka" + (f",{names.POOL_LABEL}={pool}" if pool else "")
        return {pod["metadata"]["name"]: pod for pod in self.api.list("Pod", labels)}

    def wait_state(self, wanted: str, seconds: float = 300.0) -> None:
        """Wait until the status shows a state."""
        self.until(lambda: self.state == wanted, f"the state is not {wanted}", seconds)

    def wait_ready(self, seconds: float = 180.0) -> None:
        """Wait until the CR is Ready and has been observed as it is now."""

        def ready() -> bool:
            cr = self.cr
            same = (cr.get("status") or {}).get("observedGeneration") == cr["metadata"]["generation"]
            return same and ("Ready", "", "") in self.conditions

        self.until(ready, "the Kafka CR is not Ready", seconds)

    def wait_condition(self, reason: str, text: str = "", seconds: float = 60.0) -> str:
        """Wait for a condition with a reason and a text in its message; returns the whole message."""
        found: list[str] = []

        def there() -> bool:
            found[:] = [message for _type, why, message in self.conditions if why == reason and text in message]
            return bool(found)

        self.until(there, f"no condition {reason} with {text!r}", seconds)
        return found[0]

    def wait_rolled(self, seconds: float = 300.0) -> None:
        """Wait until every pod runs what its pod set wants, and is Ready."""

        def rolled() -> bool:
            found = [one.get("status") or {} for one in self.api.list(POD_SET)]
            return all(one.get("pods") == one.get("readyPods") == one.get("currentPods") for one in found)

        self.until(rolled, "pods are still rolled", seconds)

    def wait_gone(self, pool: str, seconds: float = 90.0) -> None:
        """Wait until a pool has no pod."""
        self.until(lambda: not self.pods(pool), f"pool {pool} still has pods", seconds)

    def wait_pods(self, pool: str, seconds: float = 120.0) -> None:
        """Wait until all pods of a pool are Ready."""
        self.until(lambda: all(map(pod_ready, self.pods(pool).values())), f"pods of {pool} are not Ready", seconds)

    def remove(self, *, with_definitions: bool = False) -> None:
        """Stop the process and take everything of this namespace out of the cluster, the namespace too."""
        super().stop()
        install.uninstall(self.kube, self.namespace, with_definitions=with_definitions)
        fixtures.delete(FixtureSpec(namespace=self.namespace), kube=self.kube)


def connect(namespace: str, sandbox: Sandbox | None = None) -> Double:
    """Return the double of a namespace in the sandbox that is up, as it is."""
    kubeconfig = (sandbox or Sandbox()).folders.kubeconfig
    return Double(namespace, Cluster(load(kubeconfig)), kubeconfig)


@contextmanager
def operator(namespace: str, *, version: str = NEWEST, keep: bool = False, **switches: str) -> Iterator[Double]:
    """Install and start the double in a namespace of the sandbox; at the end everything is gone unless ``keep``.

    What an interrupted test has left in that namespace is removed first, which ``keep`` spares too. switches: on from the start.
    """
    sandbox = Sandbox()
    double = connect(namespace, sandbox)
    image.ensure(sandbox, version)
    # for the clients of the sandbox
    sandbox.ensure_image("file", "3.9.2")
    if not keep:
        double.remove()
    install.install(double.kube, namespace, version)
    double.clear()
    double.switch("version", version)
    for name, value in switches.items():
        double.switch(name.replace("_", "-"), value)
    with double.started(keep=keep):
        yield double


def settings_of(kube: Kube, namespace: str, pod: str) -> str:
    """Return server.config of a node."""
    found = kube.get("ConfigMap", pod, namespace) or {}
    return str((found.get("data") or {}).get("server.config", ""))
