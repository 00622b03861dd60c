# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Topics that are created and deleted all the time, by Kafka's own tools in the brokers' pods, while a migration runs."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections import Counter
from pathlib import Path

from tests.sandbox.config import SandboxError
from tests.sandbox.fixtures import create_topics
from tests.sandbox.kube import Kube
from tests.sandbox.kubeconfig import load

PREFIX = "churn-"
#: seconds between two operations; each one starts a JVM next to seven others on two cores
PACE = 5.0
#: operations in turn
TURNS = ("create", "create", "delete")
_DELETE = r"""
unset KAFKA_OPTS KAFKA_JMX_OPTS JMX_PORT
exec /opt/kafka/bin/kafka-topics.sh --bootstrap-server localhost:9092 --delete --if-exists --topic "$1"
"""


class Churn:
    """Works in a thread from ``start`` to ``settle``.

    An operation that failed may have been done or not: it is repeated by ``settle`` until it succeeds, since both tools do
    nothing when there is nothing to do.

    :ivar done: operation to how often it succeeded. ``failed``: what the failed ones said, the newest last.
    """

    def __init__(self, namespace: str, pods: list[str]) -> None:
        """``pods``: brokers in whose pods the tools run, in turn: one of them may be restarting."""
        self._namespace = namespace
        self._pods = itertools.cycle(pods)
        self._wanted: dict[str, bool] = {}
        self._unsure: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="faults-churn", daemon=True)
        self.done: Counter[str] = Counter()
        self.failed: list[str] = []

    def __enter__(self) -> Churn:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin; nothing happens when it has begun."""
        if not self._thread.is_alive() and not self._stop.is_set():
            self._thread.start()

    def stop(self) -> None:
        """End after the operation that is under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=120)

    def settle(self, seconds: float = 120.0) -> set[str]:
        """Stop, repeat what is not sure, and return the topics that have to exist. Fails when something cannot be made sure."""
        self.stop()
        assert not self._thread.is_alive(), "an operation on topics hangs"
        kube, deadline = _kube(), time.monotonic() + seconds
        while self._unsure:
            name = min(self._unsure)
            self._operate(kube, name, self._wanted[name])
            assert name not in self._unsure or time.monotonic() < deadline, (
                f"{name} cannot be settled: {self.failed[-3:]}"
            )
        kube.close()
        return {name for name, wanted in self._wanted.items() if wanted}

    def _work(self) -> None:
        kube = _kube()
        numbers, turns = itertools.count(1), itertools.cycle(TURNS)
        while not self._stop.wait(PACE):
            there = [name for name, wanted in self._wanted.items() if wanted]
            if next(turns) == "delete" and there:
                self._operate(kube, there[0], wanted=False)
            else:
                self._operate(kube, f"{PREFIX}{next(numbers):03d}", wanted=True)
        kube.close()

    def _operate(self, kube: Kube, name: str, wanted: bool) -> None:
        """Create or delete one topic and note what became of it."""
        self._wanted[name] = wanted
        self._unsure.add(name)
        pod = next(self._pods)
        try:
            if wanted:
                create_topics(kube, self._namespace, pod, [f"{name} 2 3 retention.ms=777000"])
            else:
                ended = kube.exec(self._namespace, pod, ["bash", "-c", _DELETE, "delete", name], timeout=120)
                if ended.status != 0:
                    raise SandboxError(f"{name} could not be deleted in {pod}: {ended.text[-300:]}")
        except (SandboxError, OSError, EOFError) as error:
            self.failed.append(str(error)[-300:])
            return
        self._unsure.discard(name)
        self.done["create" if wanted else "delete"] += 1


def _kube() -> Kube:
    """A client of one thread's own."""
    return Kube(load(Path(os.environ["KUBECONFIG"])))
