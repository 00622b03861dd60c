# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of clusters that Confluent for Kubernetes leads share: the double of its operator, a cluster, its traffic, our playbooks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.fleet import Cluster, Outcome
from tests.operators.confluent import names
from tests.operators.confluent.double import Double, operator
from tests.operators.confluent.manifests import ExampleSpec
from tests.operators.confluent.names import CONTROLLER, JOB, KAFKA, ZOOKEEPER
from tests.sandbox import traffic
from tests.sandbox.account import RBAC_CONFLUENT, grant, rules
from tests.sandbox.fixtures import Fixture, FixtureSpec
from tests.sandbox.kube import ApiError
from tests.sandbox.traffic import TrafficSpec

SOAK: dict[str, Any] = {"kraft_soak": 0}


class Led:
    """The double, and our playbooks on its cluster."""

    def __init__(self, double: Double, target: Cluster) -> None:
        self.double, self.target = double, target

    def play(self, playbook: str, *arguments: str, status: int = 0, **variables: Any) -> Outcome:
        """Run a playbook; fails when it ends otherwise."""
        done = self.target.play(playbook, *arguments, **variables)
        assert done.status == status, done.output
        return done

    def state(self) -> dict[str, Any]:
        """What status.yml says."""
        return self.play("status").result("Status")

    def refused(self, playbook: str, code: str, *arguments: str, **variables: Any) -> str:
        """Run a playbook that has to end with this code; returns what it said."""
        done = self.play(playbook, *arguments, status=2, **variables)
        assert done.failure["code"] == code, done.output
        return str(done.failure["msg"])

    def locked(self) -> list[str]:
        """The custom resources with CFK's lock."""
        found = []
        for kind in (ZOOKEEPER, KAFKA, CONTROLLER):
            try:
                cr = self.double.cr(kind)
            except ApiError:
                continue
            if (cr["metadata"].get("annotations") or {}).get(names.LOCK):
                found.append(kind)
        return found

    def gone(self, kind: str) -> bool:
        """Whether a custom resource does not exist."""
        try:
            self.double.cr(kind)
        except ApiError as error:
            return error.status == 404
        return False

    def rolled_back(self) -> None:
        """Nothing is left of the attempt, and no object is locked."""
        assert self.gone(JOB)
        assert self.gone(CONTROLLER)
        assert self.locked() == []
        assert self.state()["state"] == "ZOOKEEPER"
        claims = [
            item["metadata"]["name"] for item in self.double.kube.list("PersistentVolumeClaim", self.double.namespace)
        ]
        assert not [name for name in claims if self.double.spec.controller in name], claims
        server = (self.double.cr(KAFKA)["spec"].get("configOverrides") or {}).get("server") or []
        assert not [line for line in server if "migration.enable" in line], server


@contextmanager
def scene(namespace: str, folder: Path) -> Iterator[Led]:
    """A cluster that the double leads, without a KRaftController, under traffic; every acked record has to be there at the end."""
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster")
    with operator(namespace, keep=bool(os.environ.get("KRAFT_KEEP"))) as double:
        double.example(ExampleSpec(job="kraft-migration-kafka"))
        # the KRaftController is made by the playbook
        double.delete(CONTROLLER)
        fixture = Fixture(FixtureSpec(namespace=namespace), double.kube, {})
        token = grant(double.kube, namespace, allowed=rules(["kafka"], RBAC_CONFLUENT))
        variables = {"kraft_controller_name": double.spec.controller, "kraft_support_dir": str(folder / "support")}
        traffic.start(double.kube, TrafficSpec(namespace, "kafka", 300, dns_ttl=1))
        yield Led(double, Cluster(fixture, token, folder, variables))
        traffic.stop(double.kube, namespace)
        report = traffic.check(double.kube, namespace)
        print(report)
        assert report["ok"], report
