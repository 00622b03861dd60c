# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of clusters that Confluent for Kubernetes leads share: the double of its operator, a cluster, its traffic, our playbooks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.fleet import Cluster
from tests.e2e.led_scene import Played, under_traffic
from tests.operators.confluent import names
from tests.operators.confluent.double import Double, operator
from tests.operators.confluent.manifests import ExampleSpec
from tests.operators.confluent.names import CONTROLLER, JOB, KAFKA, ZOOKEEPER
from tests.sandbox.account import RBAC_CONFLUENT, grant, rules
from tests.sandbox.fixtures import Fixture, FixtureSpec
from tests.sandbox.kube import ApiError


class Led(Played):
    """The double, and our playbooks on its cluster."""

    def __init__(self, double: Double, target: Cluster) -> None:
        super().__init__(target)
        self.double = double

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
        with under_traffic(double.kube, namespace, 300):
            yield Led(double, Cluster(fixture, token, folder, variables))
