# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two broker pods, a target and an API server of the test, for the roll engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.roll_engine import (
    Back,
    Restart,
    RollEngine,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Ending,
    KraftError,
)

from tests.unit.plugins.module_utils.fakes import FakeClient, Obj
from tests.unit.plugins.module_utils.fakes import pod as made_pod
from tests.unit.plugins.module_utils.scenes import cluster_with


def throw(error: BaseException | None) -> None:
    if error is not None:
        raise error


class FakeTarget:
    """Rolls the pods that it is given; what happens is written into ``log``."""

    what = "broker"

    def __init__(self, log: list[str], *pods: str) -> None:
        self.left = list(pods)
        self.log = log
        self.unsafe: KraftError | None = None
        self.refused: KraftError | None = None
        self.lost: Ending | None = None
        self.wanted = True

    def next(self) -> tuple[str | None, int]:
        return (self.left[0], len(self.left)) if self.left else (None, 0)

    def node_id(self, pod: str) -> int:
        return int(pod.rpartition("-")[2])

    def guard(self, pod: str) -> None:
        self.log.append(f"guard {pod}")
        throw(self.refused)

    def wait_until_safe(self, pod: str, timeout: float, progress: Callable[[str], None]) -> None:
        self.log.append(f"safe {pod}")
        throw(self.unsafe)

    def check_settings(self, pod: Mapping[str, Any]) -> Verdict:
        return Verdict(self.wanted, "other settings", fatal=not self.wanted)

    def restarted(self, pod: Mapping[str, Any]) -> bool:
        return str(pod["metadata"]["uid"]) == "somebody restarted it"

    def started(self, pod: str) -> None:
        """Nothing is read early here."""

    def wait_until_back(self, pod: str, timeout: float, progress: Callable[[str], None]) -> Back:
        self.log.append(f"back {pod}")
        throw(self.lost)
        self.left.remove(pod)
        return Back(1, 2, "in sync")

    def extra_wait(self) -> float:
        return 30.0


PDB = {"kind": "PodDisruptionBudget", "metadata": {"name": "kafka", "namespace": "n"}, "spec": {"selector": {}}}


class Scene:
    """Two broker pods, the StatefulSet controller that makes them again, and an engine."""

    client: Any

    def __init__(self, *objects: Obj, timeout: float = 5.0) -> None:
        self.log: list[str] = []
        self.said: list[str] = []
        self.client = FakeClient(made_pod("kafka-0"), made_pod("kafka-1"), *objects)
        self.client.on_gone = self.again
        self.target = FakeTarget(self.log, "kafka-0", "kafka-1")
        client: Any = self.client
        driver = cluster_with(client=client).driver
        self.engine = RollEngine(client, driver, "n", "kafka", timeout, self.said.append)
        self.made: Callable[[str], Obj] | None = made_pod

    def again(self, gone: Obj) -> None:
        name = gone["metadata"]["name"]
        self.log.append(f"gone {name}")
        if self.made:
            self.client.put(self.made(name))

    def run(self) -> list[Restart]:
        return self.engine.run(self.target, lambda restart: self.log.append(f"noted {restart.pod}"))

    def fails(self, kind: type[KraftError] = KraftError) -> KraftError:
        with pytest.raises(kind) as raised:
            self.run()
        return raised.value


def crashing(count: Any, reason: Any = "CrashLoopBackOff") -> Any:
    def made(name: str) -> Obj:
        item = made_pod(name, ready=False)
        item["status"]["containerStatuses"] = [
            {
                "name": "kafka",
                "restartCount": count,
                "state": {"waiting": {"reason": reason}},
                "lastState": {"terminated": {"exitCode": 3}},
            }
        ]
        return item

    return made
