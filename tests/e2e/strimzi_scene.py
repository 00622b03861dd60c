# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of clusters that Strimzi leads share: the double of its operator, a cluster, its traffic, our playbooks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.fleet import Cluster, Outcome
from tests.operators.strimzi import names
from tests.operators.strimzi.double import Double, operator
from tests.operators.strimzi.manifests import ExampleSpec
from tests.operators.strimzi.names import POOL
from tests.sandbox import traffic
from tests.sandbox.account import RBAC_STRIMZI, grant, rules
from tests.sandbox.fixtures import Fixture, FixtureSpec
from tests.sandbox.traffic import TrafficSpec

SOAK: dict[str, Any] = {"kraft_soak": 0}
FINAL: dict[str, Any] = {"kraft_confirm": "kafka", **SOAK}
MARK = "kraft.kafkaops.io/rollback"
#: records a second that the clients of a scene are asked for
RATE = 1200


class Led:
    """The double, and our playbooks on its cluster."""

    def __init__(self, double: Double, target: Cluster) -> None:
        self.double, self.target = double, target
        #: what the clients of a scene saw, once it is over
        self.traffic: dict[str, Any] = {}

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

    @property
    def asked(self) -> str:
        """The annotation of the migration."""
        return str((self.double.cr["metadata"].get("annotations") or {}).get(names.KRAFT) or "")

    @property
    def pools(self) -> list[str]:
        """Names of the node pools."""
        return sorted(item["metadata"]["name"] for item in self.double.api.list(POOL))

    def rolled_back(self) -> None:
        """Nothing is left of the attempt."""
        assert self.double.state == names.ZOOKEEPER
        assert self.asked == "disabled"
        assert MARK not in self.double.cr["metadata"]["annotations"]
        assert self.pools == [self.double.spec.broker_pool]
        assert self.double.claims() == []
        assert self.state()["state"] == "ZOOKEEPER"


@contextmanager
def calm(
    namespace: str, folder: Path, *, spec: ExampleSpec | None = None, version: str = names.NEWEST, **switches: str
) -> Iterator[Led]:
    """A cluster that the double leads, without clients. switches: of the double, from the start."""
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster")
    with operator(namespace, version=version, keep=bool(os.environ.get("KRAFT_KEEP")), **switches) as double:
        double.example(spec)
        fixture = Fixture(FixtureSpec(namespace=namespace), double.kube, {})
        token = grant(double.kube, namespace, allowed=rules(["kafka"], RBAC_STRIMZI))
        variables = {"kraft_controller_storage_size": "1Gi", "kraft_support_dir": str(folder / "support")}
        yield Led(double, Cluster(fixture, token, folder, variables))


@contextmanager
def scene(
    namespace: str, folder: Path, *, spec: ExampleSpec | None = None, version: str = names.NEWEST, **switches: str
) -> Iterator[Led]:
    """A cluster that the double leads, under traffic; every acked record has to be there at the end."""
    with calm(namespace, folder, spec=spec, version=version, **switches) as led:
        kube = led.double.kube
        traffic.start(kube, TrafficSpec(namespace, "kafka", RATE, dns_ttl=1))
        yield led
        traffic.stop(kube, namespace)
        led.traffic.update(traffic.check(kube, namespace))
        print(led.traffic)
        assert led.traffic["ok"], led.traffic
