# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roll engine once a pod has gone: when it is back, and every way not to come back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import log_recovery, pod_start
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.pod_start import made_after
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Forbidden,
    Interrupted,
    Unreachable,
)

from tests.unit.plugins.module_utils.fakes import FakeClient, Obj
from tests.unit.plugins.module_utils.fakes import pod as made_pod
from tests.unit.plugins.module_utils.roll_scene import PDB, Scene, crashing


def test_the_old_pod_is_never_taken_for_the_new_one() -> None:
    scene = Scene(timeout=5)
    old = scene.client.get(POD, "kafka-0", "n")

    def lingering(gone: Any) -> None:
        # still there with its grace period, and still Ready
        scene.client.put({**old, "metadata": {**gone["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}})
        threading.Timer(0.3, lambda: scene.client.put(made_pod("kafka-0", uid="new"))).start()
        scene.client.on_gone = scene.again

    scene.client.on_gone = lingering
    scene.run()
    assert "broker 1/2: kafka-0: shutting down" in scene.said


def test_the_new_pod_counts_only_when_it_is_ready() -> None:
    scene = Scene()
    scene.made = lambda name: made_pod(name, ready=False)
    threading.Timer(0.3, lambda: scene.client.put(made_pod("kafka-0", uid="uid-3"))).start()

    def later(gone: Any) -> None:
        scene.client.put(made_pod("kafka-0", ready=False, uid="new"))
        threading.Timer(0.3, lambda: scene.client.put(made_pod("kafka-0", uid="new"))).start()
        scene.client.on_gone = lambda item: scene.client.put(made_pod(item["metadata"]["name"]))

    scene.client.on_gone = later
    scene.run()
    assert "broker 1/2: kafka-0: starting" in scene.said


def test_a_pod_that_nobody_makes_again() -> None:
    scene = Scene(timeout=0.2)
    scene.made = None
    error = scene.fails(DeadlineExceeded)
    assert error.message == (
        "broker 1/2: kafka-0 did not come back: waited 1 s: pod is gone, waiting for the StatefulSet to create the new one; "
        "the StatefulSet has not created the pod again; the rolling restart stops here"
    )
    assert scene.client.names("Pod") == ["kafka-1"]
    assert scene.engine.restarts == []


def test_a_crash_loop_ends_the_wait_at_once_with_the_last_log_lines() -> None:
    scene = Scene(timeout=60)
    scene.made = crashing(pod_start.CRASHES)
    scene.client.logs["kafka-0"] = (
        "[t] INFO fine\n\n[t] ERROR Exiting Kafka due to a fatal exception (kafka.Kafka$)\nbye\n"
    )
    error = scene.fails()
    assert "container kafka crashed 4 times" in error.message
    assert "container kafka: CrashLoopBackOff, last exit code 3" in error.message
    assert (
        "last log lines: [t] ERROR Exiting Kafka due to a fatal exception (kafka.Kafka$); the rolling restart stops here"
        in error.message
    )
    assert error.message.endswith("; the rolling restart stops here")
    assert scene.client.calls == [("delete", "Pod", "kafka-0")]


def test_a_few_crashes_may_heal() -> None:
    scene = Scene(timeout=0.2)
    scene.made = crashing(pod_start.CRASHES - 1)
    assert "waited 1 s: starting" in scene.fails(DeadlineExceeded).message


def beside(*statuses: Obj, init: bool = False) -> Callable[[str], Obj]:
    """A pod whose Kafka runs, or waits for its init container, beside containers that fail."""

    def made(name: str) -> Obj:
        item = made_pod(name, ready=False)
        if init:
            item["status"]["containerStatuses"] = [
                {"name": "kafka", "restartCount": 0, "state": {"waiting": {"reason": "PodInitializing"}}}
            ]
            item["status"]["initContainerStatuses"] = list(statuses)
        else:
            item["status"]["containerStatuses"] += list(statuses)
        return item

    return made


def failing(name: str, count: int) -> Obj:
    return {
        "name": name,
        "restartCount": count,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 7}},
    }


@pytest.mark.parametrize("init", [False, True])
def test_only_kafkas_own_container_ends_the_roll(init: bool) -> None:
    """An exporter crashes until the broker is up, an init container until ZooKeeper is there: reasons, with their own last words."""
    scene = Scene(timeout=3)
    scene.target.left = ["kafka-0"]
    scene.made = beside(failing("exporter", 9), init=init)
    scene.client.logs["kafka-0"] = "[t] connecting\nconnection refused\n"
    threading.Timer(0.5, lambda: scene.client.put(made_pod("kafka-0", uid="new"))).start()
    assert [restart.pod for restart in scene.run()] == ["kafka-0"]
    kind = "init container" if init else "container"
    assert scene.said[1] == (
        f"broker 1/1: kafka-0: starting; {kind} exporter: CrashLoopBackOff, last exit code 7 (restarted 9 times): connection refused"
    )


def test_a_sidecar_that_never_comes_up_is_named_at_the_deadline() -> None:
    scene = Scene(timeout=0.2)
    scene.made = beside(failing("exporter", 9))
    scene.client.logs["kafka-0"] = "connection refused\n"
    message = scene.fails(DeadlineExceeded).message
    assert "waited 1 s: starting; container exporter: CrashLoopBackOff, last exit code 7 (restarted 9 times)" in message
    assert "last log lines: connection refused" in message


def ordered(policy: str = "OrderedReady") -> Obj:
    return {
        "kind": "StatefulSet",
        "metadata": {"name": "kafka", "namespace": "n"},
        "spec": {"podManagementPolicy": policy, "selector": {"matchLabels": {"app": "kafka"}}},
    }


def test_a_set_that_makes_its_pods_in_order_waits_for_another_one(monkeypatch: Any) -> None:
    """OrderedReady: kafka-0 fell while kafka-1 was restarted; nobody makes kafka-1 before kafka-0 is Ready."""
    monkeypatch.setattr(pod_start, "MADE", 0.1)
    scene = Scene(ordered(), timeout=5)
    scene.target.left = ["kafka-1"]

    def falls(_gone: Obj) -> None:
        scene.client.put(made_pod("kafka-0", ready=False, uid="uid-0"))
        threading.Timer(1.5, recovers).start()

    def recovers() -> None:
        scene.client.put(made_pod("kafka-0", uid="uid-0"))
        scene.client.put(made_pod("kafka-1", uid="new"))

    scene.client.on_gone = falls
    scene.run()
    assert (
        "broker 1/1: kafka-1: pod kafka-0 is not Ready and the StatefulSet creates its pods in order (podManagementPolicy OrderedReady): kafka-1 "
        "is created only after it; kafka-0: not Ready: the readiness probe fails"
    ) in scene.said
    # the readiness of the others is the controller's affair otherwise
    assert made_after(scene.client, "n", "kafka-0") == ""
    from_one = ordered()
    from_one["spec"]["ordinals"] = {"start": 1}
    for client in (FakeClient(ordered("Parallel")), FakeClient(), FakeClient(from_one)):
        scene.client = client
        assert made_after(scene.client, "n", "kafka-1") == ""


def test_no_pod_goes_that_would_not_be_made_again() -> None:
    scene = Scene(ordered(), timeout=5)
    scene.target.left = ["kafka-1"]
    scene.client.drop("Pod", "n", "kafka-0")
    reads: list[list[Any]] = []

    def comes() -> None:
        reads.append(list(scene.client.calls))
        scene.client.put(made_pod("kafka-0"))

    threading.Timer(0.3, comes).start()
    scene.run()
    # what is safe is looked at again after that wait
    assert (reads, scene.client.calls) == ([[]], [("delete", "Pod", "kafka-1")])
    assert scene.log[:5] == ["safe kafka-1", "guard kafka-1", "safe kafka-1", "guard kafka-1", "gone kafka-1"]
    assert any(line.endswith("kafka-1 is created only after it; kafka-0: it does not exist") for line in scene.said)
    scene = Scene(ordered(), timeout=0.2)
    scene.target.left = ["kafka-1"]
    scene.client.drop("Pod", "n", "kafka-0")
    assert "pod kafka-0 is not Ready" in scene.fails(DeadlineExceeded).message
    assert scene.client.calls == []


def test_what_cannot_be_looked_up_does_not_end_the_wait() -> None:
    client: Any = FakeClient(ordered())
    client.fail["list", "Pod"] = Unreachable("the API server does not answer")
    assert made_after(client, "n", "kafka-1") == "the API server does not answer"
    client.fail["list", "Pod"] = Forbidden("may not list pods")
    with pytest.raises(Forbidden):
        made_after(client, "n", "kafka-1")


def test_a_pod_that_cannot_be_scheduled_says_why() -> Any:
    scene = Scene(timeout=0.2)

    def pending(name: str) -> Obj:
        item = made_pod(name, ready=False)
        item["status"] = {
            "conditions": [
                {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are free"}
            ]
        }
        return item

    scene.made = pending
    assert "Unschedulable: 0/1 nodes are free" in scene.fails(DeadlineExceeded).message


def test_a_pod_with_other_settings_stops_the_roll() -> None:
    scene = Scene()
    scene.target.wanted = False
    assert "did not come back: other settings" in scene.fails().message
    assert scene.client.calls == [("delete", "Pod", "kafka-0")]


def test_a_broker_that_does_not_get_into_sync_keeps_its_kind_of_error() -> None:
    scene = Scene()
    scene.target.lost = DeadlineExceeded(
        "t-0 lacks broker 0", code="partition-not-healthy", detail={"partitions": ["t-0"]}
    )
    error = scene.fails(DeadlineExceeded)
    assert (error.code, error.detail) == ("partition-not-healthy", {"partitions": ["t-0"]})
    assert "t-0 lacks broker 0" in error.message
    assert scene.log == ["safe kafka-0", "guard kafka-0", "gone kafka-0", "back kafka-0"]


def test_an_interruption_ends_the_roll_at_once() -> None:
    """The pod comes back by itself: it is not looked into, and the next one is not touched."""
    scene = Scene()
    scene.target.lost = Interrupted("stopped by SIGTERM")
    with pytest.raises(Interrupted) as raised:
        scene.run()
    assert raised.value.message == "stopped by SIGTERM"
    assert scene.log == ["safe kafka-0", "guard kafka-0", "gone kafka-0", "back kafka-0"]


def test_a_pod_that_serves_nobody_is_not_asked_for() -> None:
    """Its budget allows no eviction while it is not Ready, so that it would be waited for in vain."""
    scene = Scene(PDB)
    scene.client.put(made_pod("kafka-0") | {"status": {"conditions": [{"type": "Ready", "status": "False"}]}})
    scene.client.evictions = [True]
    scene.run()
    assert scene.client.calls == [("delete", "Pod", "kafka-0"), ("evict", "Pod", "kafka-1")]


class Recovering:
    """kafka-0 recovers one of 100 logs at each look at its log, and is Ready when all are loaded."""

    def __init__(self, scene: Scene, stops_at: int = 100) -> None:
        self.scene, self.stops_at, self.count = scene, stops_at, 0
        scene.target.left = ["kafka-0"]
        scene.made = lambda name: made_pod(name, ready=False, uid="new")
        scene.client.pod_log = self.log

    def log(self, *_arguments: Any, since_seconds: int | None = None, **_options: Any) -> str:
        begins = "" if since_seconds else "Loading logs from log dirs x\nRecovering 100 logs from /d since no clean\n"
        self.count = min(self.count + 1, self.stops_at)
        line = f"({self.count}/100 completed in /d) (kafka.log.LogManager)\n"
        if self.count < 100:
            return begins + line
        self.scene.client.put(made_pod("kafka-0", uid="new"))
        return begins + line + "Loaded 100 logs in 5ms\n"


def test_a_pod_that_recovers_its_logs_has_time_as_long_as_it_does(monkeypatch: Any) -> None:
    """It takes longer than the deadline of a start, and is told of."""
    monkeypatch.setattr(log_recovery, "PATIENCE", 0.05)
    monkeypatch.setattr(log_recovery, "EVERY", 0.03)
    scene = Scene(timeout=1.0)
    Recovering(scene)
    began = time.monotonic()
    assert [restart.pod for restart in scene.run()] == ["kafka-0"]
    assert time.monotonic() - began > 2.0
    said = [line for line in scene.said if "recovered" in line]
    assert said[0] == "broker 1/1: kafka-0: it recovered 1 of 100 logs"
    assert len(said) > 10


def test_a_recovery_that_stands_still_ends_the_wait(monkeypatch: Any) -> None:
    monkeypatch.setattr(log_recovery, "PATIENCE", 0.05)
    monkeypatch.setattr(log_recovery, "EVERY", 0.03)
    scene = Scene(timeout=0.5)
    scene.engine.recovery_timeout = 0.4
    Recovering(scene, stops_at=12)
    error = scene.fails(DeadlineExceeded)
    assert (
        "kafka-0 did not come back: it recovered 12 of 100 logs, and has recovered none for 0 s (kraft_recovery_timeout)"
        in error.message
    )


def test_once_every_log_is_loaded_the_rest_of_the_start_has_its_own_time(monkeypatch: Any) -> None:
    monkeypatch.setattr(log_recovery, "PATIENCE", 0.05)
    monkeypatch.setattr(log_recovery, "EVERY", 0.05)
    scene = Scene(timeout=1.5)
    scene.target.left = ["kafka-0"]
    scene.made = lambda name: made_pod(name, ready=False, uid="new")
    lines = ["Loading logs from log dirs x\nRecovering 1 logs from /d since no clean\n"] * 10
    scene.client.pod_log = lambda *_a, **_k: lines.pop() if lines else "Loaded 1 logs in 5ms\n"
    threading.Timer(2.0, lambda: scene.client.put(made_pod("kafka-0", uid="new"))).start()
    assert [restart.pod for restart in scene.run()] == ["kafka-0"]


def test_a_log_that_cannot_be_read_gives_no_time(monkeypatch: Any) -> None:
    monkeypatch.setattr(log_recovery, "PATIENCE", 0.05)
    scene = Scene(timeout=0.2)
    scene.target.left = ["kafka-0"]
    scene.made = lambda name: made_pod(name, ready=False, uid="new")

    def fails(*_arguments: Any, **_options: Any) -> str:
        raise Unreachable("the kubelet does not answer")

    scene.client.pod_log = fails
    assert "waited 1 s: starting" in scene.fails(DeadlineExceeded).message
