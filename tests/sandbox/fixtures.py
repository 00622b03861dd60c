# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kafka clusters in ZooKeeper mode to migrate: what they may look like, creating and removing them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from . import manifests
from .cluster import Sandbox
from .config import DEFAULT_KAFKA, KAFKA_VERSIONS, SandboxError
from .console import say
from .image import FLAVOURS
from .kube import Kube, Object, pod_ready
from .secured import keeping, making, proofs
from .secured import settings as security

#: surface -> image family
SURFACES = {
    "file": "file",
    "secret": "file",
    "own-variable": "file",
    "overrides": "file",
    "confluent": "confluent",
    "env-from": "confluent",
    "bitnami": "bitnami",
}


@dataclass(frozen=True)
class FixtureSpec:
    """One cluster in a namespace of its own.

    surface: where the brokers' settings are: "file" (server.properties in a ConfigMap), "secret" (the same in a Secret), "own-variable" (a file
    whose zookeeper.connect the start command takes from a variable), "overrides" (arguments of the start command), "confluent" or "bitnami"
    (environment variables), "env-from" (Confluent's, from a ConfigMap and a Secret).
    image: empty = the sandbox's own image for surface and version; else any image with the layout of apache/kafka (surface "file" only).
    ibp: inter.broker.protocol.version, empty = not set. dns_ttl: seconds that the JVM keeps an address, None = its default (30).
    hardened: read-only root file system, no fsGroup, init containers that change the volume's owner and make the files (surface "file" only).
    secured: "" (nothing), "sasl" or "tls", see secured/settings.py. inter_broker: with "sasl", SCRAM-SHA-512 on the clients' listener, or PLAIN on its own.
    dynamic_login: with "sasl", each broker has a user more by a dynamic setting, which brokers in KRaft mode do not honour.
    controller_names: with "tls", what the brokers' certificate has for future controllers: "wildcard", "names", "none".
    certificate_days: with "tls", how long that certificate is valid; 0 or less: a good one is exchanged for an expired one once all brokers run.
    rebalance: auto.leader.rebalance.enable. storage: size of each claim. topics: number of topics besides Kafka's own.
    """

    name: str = "kafka"
    namespace: str = "demo"
    kafka_version: str = DEFAULT_KAFKA
    surface: str = "file"
    image: str = ""
    jolokia: bool = True
    first_id: int = 0
    statefulsets: int = 1
    zookeepers: int = 1
    ibp: str = "3.9"
    brokers: int = 3
    topics: int = 20
    update_strategy: str = "OnDelete"
    #: of the update strategy RollingUpdate; None: there is none
    partition: int | None = None
    pod_management: str = "Parallel"
    rebalance: bool = True
    pdb: bool = True
    dns_ttl: int | None = None
    storage: str = "1Gi"
    chroot: str = "/kafka"
    hardened: bool = False
    secured: str = ""
    inter_broker: str = security.SCRAM
    dynamic_login: bool = False
    controller_names: str = "wildcard"
    certificate_days: int = 365

    def __post_init__(self) -> None:
        """Refuse what the manifests cannot express; raises SandboxError."""
        if self.surface not in SURFACES:
            raise SandboxError(f"surface {self.surface!r} is none of {', '.join(SURFACES)}")
        if self.image and self.surface != "file":
            raise SandboxError("an image of your own goes with surface 'file' only")
        if not self.image and self.kafka_version not in KAFKA_VERSIONS:
            raise SandboxError(f"Kafka {self.kafka_version} is none of {', '.join(KAFKA_VERSIONS)}")
        if self.hardened and self.surface != "file":
            raise SandboxError("hardened brokers go with surface 'file' only")
        if self.statefulsets not in (1, 2) or self.brokers < self.statefulsets:
            raise SandboxError("statefulsets is 1 or 2, and each has at least one broker")
        if self.update_strategy not in ("OnDelete", "RollingUpdate"):
            raise SandboxError(f"update strategy {self.update_strategy!r} is neither OnDelete nor RollingUpdate")
        if self.partition is not None and self.update_strategy != "RollingUpdate":
            raise SandboxError("a partition goes with update strategy RollingUpdate only")
        security.check(self)
        if self.pod_management not in ("Parallel", "OrderedReady"):
            raise SandboxError(f"pod management {self.pod_management!r} is neither Parallel nor OrderedReady")

    @property
    def flavour(self) -> str:
        """Return the image family that the surface goes with."""
        return SURFACES[self.surface]

    @property
    def in_secrets(self) -> bool:
        """Return whether settings come from a Secret, so that the stages of a migration are Secrets too."""
        return self.surface in ("secret", "env-from")

    @property
    def broker_sets(self) -> list[tuple[str, int, int]]:
        """Return (StatefulSet, replicas, first broker id); with two sets the second one's ids start 100 higher."""
        if self.statefulsets == 1:
            return [(self.name, self.brokers, self.first_id)]
        first = (self.brokers + 1) // 2
        return [(f"{self.name}-a", first, self.first_id), (f"{self.name}-b", self.brokers - first, self.first_id + 100)]

    @property
    def broker_ids(self) -> dict[str, int]:
        """Return {pod: broker id}."""
        return {
            f"{name}-{index}": first + index for name, replicas, first in self.broker_sets for index in range(replicas)
        }

    @property
    def zookeeper_pods(self) -> list[str]:
        """Return the names of the ZooKeeper servers' pods."""
        return [f"zookeeper-{index}" for index in range(self.zookeepers)]

    @property
    def bootstrap(self) -> str:
        """Return bootstrap servers that resolve inside the cluster of Kubernetes; of a secured cluster the listener CLIENT."""
        return ",".join(f"{pod}.{self.name}.{self.namespace}:9092" for pod in self.broker_ids)

    @property
    def zookeeper_connect(self) -> str:
        """Return the connect string with the chroot."""
        port = security.zookeeper_port(self)
        hosts = [f"zookeeper-{index}.zookeeper.{self.namespace}:{port}" for index in range(self.zookeepers)]
        return ",".join(hosts) + self.chroot

    def image_of(self, flavour: str = "") -> str:
        """Return the image of the brokers, or of another flavour of the sandbox."""
        if self.image:
            return self.image
        return f"{FLAVOURS[flavour or self.flavour].repository}:{self.kafka_version}"


@dataclass(frozen=True)
class Fixture:
    """A cluster that was created. ``seconds``: how long each part took."""

    spec: FixtureSpec
    kube: Kube
    seconds: dict[str, float]


def create(spec: FixtureSpec | None = None, *, sandbox: Sandbox | None = None, kube: Kube | None = None) -> Fixture:
    """Create the cluster and return when all brokers are Ready and all topics are there.

    With ``kube`` (a cluster of the user's own) no image is imported. Raises SandboxError when something is not Ready in time.
    """
    spec = spec or FixtureSpec()
    begin = time.monotonic()
    if kube is None:
        sandbox = sandbox or Sandbox()
        kube = sandbox.kube
        for flavour in sorted({spec.flavour, "file"}):
            sandbox.ensure_image(flavour, spec.kafka_version)
    seconds = {"images": time.monotonic() - begin}
    begin = time.monotonic()
    _wait_namespace_free(kube, spec.namespace)
    material = making.material(kube, spec) if spec.secured else None
    items = manifests.cluster(spec, material)
    brokers = [item for item in items if manifests.is_brokers(item, spec)]
    for item in items:
        if item not in brokers:
            kube.apply(item)
    if material:
        _wait_ready(kube, spec, spec.zookeeper_pods)
        making.before_brokers(kube, spec, material)
    for item in brokers:
        kube.apply(item)
    _wait_ready(kube, spec, [*spec.broker_ids, *spec.zookeeper_pods])
    seconds["ready"] = time.monotonic() - begin
    say(f"{spec.namespace}/{spec.name}: ZooKeeper and {spec.brokers} brokers Ready after {seconds['ready']:.1f} s")
    if material:
        begin = time.monotonic()
        making.after_brokers(kube, spec, material)
        proofs.require(kube, spec, seconds=60)
        if spec.certificate_days <= 0:
            making.replace_certificate(kube, spec, days=spec.certificate_days, controllers=spec.controller_names)
        seconds["secured"] = time.monotonic() - begin
    begin = time.monotonic()
    create_topics(kube, spec.namespace, next(iter(spec.broker_ids)), manifests.topics(spec))
    seconds["topics"] = time.monotonic() - begin
    say(f"{spec.namespace}/{spec.name}: {spec.topics} topics after {seconds['topics']:.1f} s")
    return Fixture(spec, kube, seconds)


def create_topics(kube: Kube, namespace: str, pod: str, lines: list[str]) -> None:
    """Create topics that are not there yet, from within a broker's pod; a line is ``name partitions replicationFactor [key=value]*``.

    In a namespace with a secured fixture its helper does it.
    """
    if not lines:
        return
    if secured := keeping.cluster_in(kube, namespace):
        making.create_topics(kube, namespace, secured, lines)
        return
    command = ["bash", "-c", manifests.TOPICS_SCRIPT, "topics", "localhost:9092"]
    done = kube.exec(namespace, pod, command, stdin="\n".join(lines) + "\n", timeout=180)
    if done.status != 0:
        raise SandboxError(
            f"topics could not be created in {namespace}/{pod}: {done.stderr.decode(errors='replace')[-600:]}"
        )


def delete(
    spec: FixtureSpec, *, kube: Kube | None = None, sandbox: Sandbox | None = None, seconds: float = 120.0
) -> bool:
    """Delete the namespace of a cluster with everything in it and wait until it is gone; False when it was not there."""
    kube = kube or (sandbox or Sandbox()).kube
    if kube.get("Namespace", spec.namespace) is None:
        return False
    # The namespace controller looks at what is left only every 15 s or more: leave it nothing to wait for.
    for kind, grace in (("StatefulSet", None), ("Pod", 1), ("PersistentVolumeClaim", None)):
        for item in kube.list(kind, spec.namespace):
            # Orphaned, since the garbage collector would give the pods their full minute before our second gets to them.
            kube.delete(
                kind,
                item["metadata"]["name"],
                spec.namespace,
                grace=grace,
                propagation="Orphan" if kind == "StatefulSet" else "Background",
            )
    for kind in ("Pod", "PersistentVolumeClaim"):
        kube.wait(kind, spec.namespace, _none_left, seconds=seconds)
    kube.delete("Namespace", spec.namespace)
    _wait_namespace_free(kube, spec.namespace, seconds)
    return True


def _none_left(seen: dict[str, Object]) -> str:
    return f"still there: {', '.join(sorted(seen))}" if seen else ""


def _wait_namespace_free(kube: Kube, namespace: str, seconds: float = 120.0) -> None:
    """Wait while a namespace of that name is still being deleted."""
    found = kube.get("Namespace", namespace)
    if found is not None and (found["status"].get("phase") == "Terminating"):
        kube.wait(
            "Namespace",
            "",
            lambda seen: f"namespace {namespace} is still there" if f"/{namespace}" in seen else "",
            seconds=seconds,
        )


def _wait_ready(kube: Kube, spec: FixtureSpec, wanted: list[str], seconds: float = 180.0) -> None:
    def reason(pods: dict[str, Object]) -> str:
        missing = [
            name for name in sorted(wanted) if not pod_ready(pods.get(f"{spec.namespace}/{name}", {"metadata": {}}))
        ]
        return f"not Ready: {', '.join(missing)}" if missing else ""

    kube.wait("Pod", spec.namespace, reason, seconds=seconds)
