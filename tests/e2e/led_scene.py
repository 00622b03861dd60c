# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of clusters share that an operator leads, whoever it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.e2e.fleet import Cluster, Outcome
from tests.sandbox import traffic
from tests.sandbox.kube import Kube
from tests.sandbox.traffic import TrafficSpec

SOAK: dict[str, Any] = {"kraft_soak": 0}


class Played:
    """Our playbooks on a cluster."""

    def __init__(self, target: Cluster) -> None:
        self.target = target

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


@contextmanager
def under_traffic(kube: Kube, namespace: str, rate: int, *, alone: bool = False) -> Iterator[dict[str, Any]]:
    """Run clients during the block; every acked record has to be there at the end, once and in order. Yields what they saw, which is empty until then.

    alone: of one broker, whose restarts are outages: a producer that tried for long enough may write a record twice.
    """
    traffic.start(kube, TrafficSpec(namespace, "kafka", rate, dns_ttl=1))
    seen: dict[str, Any] = {}
    yield seen
    traffic.stop(kube, namespace)
    seen.update(traffic.check(kube, namespace))
    print(seen)
    assert seen["ok"] or (alone and seen["acked"] and not seen["lost"] and not seen["displaced"]), seen
