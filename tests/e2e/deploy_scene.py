# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of new clusters on plain StatefulSets share: a namespace that lets in no privileged pod, an account, our playbooks, clients."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.fleet import Cluster, Outcome
from tests.e2e.led_scene import Played
from tests.sandbox.account import RBAC_DEPLOY, grant, rules
from tests.sandbox.cluster import Sandbox
from tests.sandbox.fixtures import Fixture, FixtureSpec, delete
from tests.sandbox.kube import Kube, Object, pod_ready

VERSION = "3.9.2"
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
#: small brokers, and what the tests' clients look for
SMALL: dict[str, Any] = {
    "kraft_kafka_version": VERSION,
    "kraft_image": f"localhost/kafka:{VERSION}",
    "kraft_heap": "256m",
    "kraft_storage_size": "1Gi",
    "kraft_termination_grace": 60,
    "kraft_settings": {"log.cleaner.dedupe.buffer.size": 4194304, "offsets.topic.num.partitions": 6},
    "kraft_deploy_labels": {"app": "kafka", "cluster": "kafka"},
}


class New(Played):
    """A namespace, and our playbooks for one cluster in it."""

    def __init__(self, target: Cluster) -> None:
        super().__init__(target)
        self.kube: Kube = target.fixture.kube
        self.namespace = target.namespace

    def deploy(self, *arguments: str, status: int = 0, **variables: Any) -> Outcome:
        """Run deploy.yml; variables stay for the next run."""
        self.target.variables.update(variables)
        return self.play("deploy", *arguments, status=status)

    def unchanged(self) -> None:
        """A second run finds nothing to do."""
        assert self.deploy().changed == []

    def objects(self) -> list[str]:
        """Everything in the namespace that the cluster consists of, as kind/name."""
        kinds = (
            "StatefulSet",
            "Service",
            "ConfigMap",
            "PodDisruptionBudget",
            "PersistentVolumeClaim",
            "Pod",
        )
        found = [
            f"{kind}/{item['metadata']['name']}" for kind in kinds for item in self.kube.list(kind, self.namespace)
        ]
        return sorted(name for name in found if name != "ConfigMap/kube-root-ca.crt")

    def pods(self) -> dict[str, Object]:
        """The pods by name."""
        return {item["metadata"]["name"]: item for item in self.kube.list("Pod", self.namespace)}

    def uids(self) -> dict[str, str]:
        """Which pods they are."""
        return {name: item["metadata"]["uid"] for name, item in self.pods().items()}

    def run(self, script: str, pod: str = "kafka-0") -> str:
        """Run a script in a pod, where Kafka's tools are on the path; returns what it printed."""
        words = ["bash", "-c", f"export KAFKA_HEAP_OPTS=-Xmx128m PATH=/opt/kafka/bin:$PATH LOG_DIR=/tmp/logs; {script}"]
        done = self.kube.exec(self.namespace, pod, words, container="kafka", timeout=180)
        assert done.status == 0, done.text + done.stderr.decode(errors="replace")
        return done.text

    def isr(self, topic: str) -> dict[int, set[int]]:
        """The ISR of each partition, as Kafka's own tool says it."""
        said = self.run(f"kafka-topics.sh --bootstrap-server localhost:9092 --describe --topic {topic}")
        found = re.findall(r"Partition: (\d+).*?Isr: ([\d,]+)", said)
        return {int(number): {int(each) for each in isr.split(",")} for number, isr in found}

    def ready(self, seconds: float = 180.0) -> None:
        """Wait until every pod is Ready."""

        def reason(pods: dict[str, Object]) -> str:
            own = {name: pod for name, pod in pods.items() if name.startswith(f"{self.namespace}/kafka")}
            waiting = [name for name, pod in own.items() if not pod_ready(pod)]
            return f"not Ready: {waiting}" if waiting or not own else ""

        self.kube.wait("Pod", self.namespace, reason, seconds=seconds)


@contextmanager
def place(namespace: str, folder: Path, **variables: Any) -> Iterator[New]:
    """An empty namespace, in which deploy.yml may make a cluster called kafka."""
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster")
    sandbox = Sandbox()
    sandbox.ensure_image("file", VERSION)
    kube, spec = sandbox.kube, FixtureSpec(namespace=namespace)
    try:
        delete(spec, kube=kube)
        kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": RESTRICTED}})
        token = grant(kube, namespace, allowed=rules(["kafka"], RBAC_DEPLOY))
        own = {"kraft_support_dir": str(folder / "support"), **SMALL, **variables}
        yield New(Cluster(Fixture(spec, kube, {}), token, folder, own))
    finally:
        if not os.environ.get("KRAFT_KEEP"):
            delete(spec, kube=kube)
        kube.close()
