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

from tests.e2e.fleet import Cluster
from tests.e2e.led_scene import SOAK, Played, under_traffic
from tests.operators.strimzi import names
from tests.operators.strimzi.double import Double, operator
from tests.operators.strimzi.manifests import ExampleSpec
from tests.operators.strimzi.names import POOL
from tests.sandbox.account import RBAC_STRIMZI, grant, rules
from tests.sandbox.fixtures import Fixture, FixtureSpec

FINAL: dict[str, Any] = {"kraft_confirm": "kafka", **SOAK}
MARK = "kraft.kafkaops.io/rollback"
#: records a second that the clients of a scene are asked for
RATE = 1200


class Led(Played):
    """The double, and our playbooks on its cluster."""

    def __init__(self, double: Double, target: Cluster) -> None:
        super().__init__(target)
        self.double = double
        #: what the clients of a scene saw, once it is over
        self.traffic: dict[str, Any] = {}

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
    with (
        calm(namespace, folder, spec=spec, version=version, **switches) as led,
        under_traffic(led.double.kube, namespace, RATE, alone=led.double.spec.brokers == 1) as led.traffic,
    ):
        yield led
