# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roll engine with a target and an API server of the test: order, budgets, identity of pods, and every way not to come back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import log_recovery, pod_start, roll_engine
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.pod_start import made_after
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.roll_engine import (
    Back,
    OtherFirst,
    Restart,
    RollEngine,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Ending,
    Forbidden,
    Interrupted,
    KraftError,
    Refused,
    Unreachable,
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
        self.unsure: KraftError | None = None
        self.lost: Ending | None = None
        self.wanted = True

    def next(self) -> tuple[str | None, int]:
        return (self.left[0], len(self.left)) if self.left else (None, 0)

    def node_id(self, pod: str) -> int:
        return int(pod.rpartition("-")[2])

    def make_sure(self, pod: str) -> None:
        self.log.append(f"sure {pod}")
        throw(self.unsure)

    def wait_until_safe(self, pod: str, timeout: float, progress: Callable[[str], None]) -> None:
        self.log.append(f"safe {pod}")
        throw(self.unsafe)

    def judge(self, pod: Mapping[str, Any]) -> Verdict:
        return Verdict(self.wanted, "other settings", fatal=not self.wanted)

    def restarted(self, pod: Mapping[str, Any]) -> bool:
        return str(pod["metadata"]["uid"]) == "somebody restarted it"

    def started(self, pod: str) -> None:
        """Nothing is read early here."""

    def wait_until_back(self, pod: str, timeout: float, progress: Callable[[str], None]) -> Back:
        self.log.append(f"back {pod}")
        if self.lost:
            raise self.lost
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
        return self.engine.run(self.target, lambda restart: self.log.append(f"told {restart.pod}"))

    def fails(self, kind: type[KraftError] = KraftError) -> KraftError:
        with pytest.raises(kind) as raised:
            self.run()
        return raised.value


def test_another_pod_may_have_to_go_first() -> None:
    """The target found out while it waited; the count grows with what it found."""
    scene = Scene()

    class Mute(FakeTarget):
        def wait_until_safe(self, pod: str, timeout: float, progress: Callable[[str], None]) -> None:
            super().wait_until_safe(pod, timeout, progress)
            if self.log == ["safe kafka-0"]:
                self.left = ["kafka-1", "kafka-0"]
                raise OtherFirst

    scene.target = Mute(scene.log, "kafka-0")
    assert [restart.pod for restart in scene.run()] == ["kafka-1", "kafka-0"]
    assert [text.split(" (")[0] for text in scene.said if "restarting" in text] == [
        "broker 1/1: kafka-0: restarting",
        "broker 1/2: kafka-1: restarting",
        "broker 2/2: kafka-0: restarting",
    ]


def test_one_pod_at_a_time_each_checked_right_before() -> None:
    """Rules 6.1 and 6.6: safety and gates are evaluated before each restart, and the next waits for the last to be back."""
    scene = Scene()
    restarts = scene.run()
    steps = ["safe", "sure", "gone", "back", "told"]
    assert scene.log == [f"{step} {name}" for name in ("kafka-0", "kafka-1") for step in steps]
    assert scene.client.calls == [("delete", "Pod", "kafka-0"), ("delete", "Pod", "kafka-1")]
    assert [(item.pod, item.node_id, item.back_ms, item.noticed_ms, item.note) for item in restarts] == [
        ("kafka-0", 0, 1, 2, "in sync"),
        ("kafka-1", 1, 1, 2, "in sync"),
    ]
    assert scene.said[0] == "broker 1/2: kafka-0: restarting (elapsed 0 s, ETA 84 s)"
    assert any(line.startswith("broker 2/2: kafka-1: back after ") for line in scene.said)


def test_clients_are_given_time_between_two_restarts() -> None:
    scene = Scene()
    scene.engine.interval = 0.4
    first, second = scene.run()
    assert second.deleted_ms - first.deleted_ms >= 399
    assert 0 < second.paused_ms <= 400
    assert first.paused_ms == 0
    (said,) = [line for line in scene.said if "kraft_restart_interval" in line]
    assert said.startswith("broker 2/2: kafka-1: in 0 s, since clients may still use the old address")


def test_clients_are_given_time_after_an_earlier_roll() -> None:
    scene = Scene()
    scene.engine.interval, scene.engine.previous_ms = 0.4, int(time.time() * 1000)
    assert scene.run()[0].paused_ms > 300


def test_a_clock_that_is_behind_does_not_stop_the_roll() -> None:
    scene = Scene()
    scene.engine.interval, scene.engine.previous_ms = 0.1, int(time.time() * 1000) + 3_600_000
    assert scene.run()[0].paused_ms <= 100


def test_nothing_left_is_nothing_done() -> None:
    scene = Scene()
    scene.target.left = []
    assert scene.run() == []
    assert scene.client.calls == []


@pytest.mark.parametrize("attribute", ["unsafe", "unsure"])
def test_what_is_not_safe_is_not_restarted(attribute: Any) -> None:
    """Rules 6.1 and 6.6: without them no pod is deleted."""
    scene = Scene()
    setattr(scene.target, attribute, Refused("not now", code="wrong-state"))
    assert scene.fails(Refused).message == "not now"
    assert scene.client.calls == []


def test_a_restart_in_plain_data() -> None:
    data = Restart("kafka-0", 0, 1000, 3000, 4000, 4500, "x").as_dict()
    assert (data["pod"], data["to_ready"], data["to_back"]) == ("kafka-0", 2.0, 3.5)


def test_a_pod_under_a_budget_is_evicted_and_not_deleted() -> None:
    scene = Scene(PDB)
    scene.run()
    assert scene.client.calls == [("evict", "Pod", "kafka-0"), ("evict", "Pod", "kafka-1")]


def test_a_budget_of_others_does_not_matter() -> None:
    other = {**PDB, "spec": {"selector": {"matchLabels": {"app": "web"}}}}
    scene = Scene(other)
    scene.run()
    assert scene.client.calls[0][0] == "delete"


def test_a_budget_that_allows_nothing_now_is_waited_for() -> None:
    closed = {**PDB, "status": {"disruptionsAllowed": 0}}
    scene = Scene(closed)
    scene.client.evictions = [False, True]
    threading.Timer(0.2, lambda: scene.client.put({**PDB, "status": {"disruptionsAllowed": 1}})).start()
    scene.run()
    assert "broker 1/2: kafka-0: the PodDisruptionBudget allows no eviction yet" in scene.said
    assert scene.client.calls[:2] == [("evict", "Pod", "kafka-0")] * 2


def test_a_budget_that_never_allows_it_is_named_and_nothing_is_deleted() -> None:
    scene = Scene({**PDB, "status": {"disruptionsAllowed": 0}}, timeout=0.3)
    scene.client.evictions = [False] * 50
    error = scene.fails(DeadlineExceeded)
    assert "PodDisruptionBudget kafka allows no disruption now" in error.message
    assert sorted(scene.client.names("Pod")) == ["kafka-0", "kafka-1"]


def test_two_budgets_for_one_pod_are_both_named_and_nothing_is_tried() -> None:
    """D17: the API server answers 500 to each try, however long it is asked."""
    other = {**PDB, "metadata": {"name": "all-pods", "namespace": "n"}}
    scene = Scene(PDB, other)
    error = scene.fails(Refused)
    assert error.code == "budget-blocks"
    assert "PodDisruptionBudgets all-pods and kafka cover the same pods (kafka-0)" in error.message
    assert scene.client.calls == []


NOTHING = {**PDB, "spec": {"selector": {}, "maxUnavailable": 0}, "status": {"disruptionsAllowed": 0, "expectedPods": 2}}


def test_a_budget_that_never_allows_an_eviction_is_not_waited_for(monkeypatch: Any) -> None:
    monkeypatch.setattr(roll_engine, "NEVER", 0.1)
    scene = Scene(NOTHING, timeout=60)
    scene.client.evictions = [False] * 50
    error = scene.fails(Refused)
    assert error.code == "budget-blocks"
    assert "PodDisruptionBudget kafka never allows an eviction of kafka-0 (maxUnavailable: 0)" in error.message
    assert scene.client.calls == [("evict", "Pod", "kafka-0")]


def test_a_budget_that_still_counts_without_the_last_pod_is_no_such_one() -> None:
    """minAvailable: 2, and one of the three pods was away when it counted."""
    spec = {"selector": {}, "minAvailable": 2}
    late = {**PDB, "spec": spec, "status": {"disruptionsAllowed": 0, "expectedPods": 2}}
    now = {**PDB, "spec": spec, "status": {"disruptionsAllowed": 1, "expectedPods": 3}}
    scene = Scene(late)
    scene.client.evictions = [False, True]
    threading.Timer(0.2, lambda: scene.client.put(now)).start()
    scene.run()
    assert scene.client.calls[:2] == [("evict", "Pod", "kafka-0")] * 2


def test_evictions_that_are_refused_until_the_end_are_not_forced() -> None:
    scene = Scene({**PDB, "status": {"disruptionsAllowed": 1}}, timeout=0.0)
    scene.client.evictions = [False] * 50
    error = scene.fails(DeadlineExceeded)
    assert error.message == "kafka-0: its PodDisruptionBudget allowed no eviction for 0 s"
    assert all(call[0] == "evict" for call in scene.client.calls)


def test_only_the_very_pod_that_was_looked_at_is_deleted() -> Any:
    scene = Scene()
    real = scene.client.delete

    def replaced(kind: Any, name: Any, namespace: Any, **conditions: Any) -> Any:
        scene.client.put(made_pod(name, uid="somebody restarted it"))
        return real(kind, name, namespace, **conditions)

    scene.client.delete = replaced
    scene.run()
    assert {scene.client.get(POD, name, "n")["metadata"]["uid"] for name in ("kafka-0", "kafka-1")} == {
        "somebody restarted it"
    }
    assert [line for line in scene.log if line.startswith(("gone", "back"))] == ["back kafka-0", "back kafka-1"]


def test_a_pod_that_somebody_else_restarted_is_not_restarted_again() -> None:
    """It came back on the new settings: it is only looked at."""
    scene = Scene(PDB)
    real, others = scene.client.evict, ["kafka-1"]

    def somebody_evicts_the_next_one(pod: str, namespace: str, *, uid: str) -> bool:
        for name in others:
            scene.client.put(made_pod(name, uid="somebody restarted it"))
        others.clear()
        evicted: bool = real(pod, namespace, uid=uid)
        return evicted

    scene.client.evict = somebody_evicts_the_next_one
    restarts = scene.run()
    assert scene.client.calls == [("evict", "Pod", "kafka-0")]
    assert [each.pod for each in restarts] == ["kafka-0", "kafka-1"]
    assert "back kafka-1" in scene.log
    assert "broker 2/2: kafka-1: somebody else restarted it; waiting until it is back" in scene.said


def test_a_pod_that_somebody_else_is_just_replacing_is_waited_for() -> None:
    scene = Scene()
    scene.client.drop("Pod", "n", "kafka-0")
    threading.Timer(0.2, lambda: scene.client.put(made_pod("kafka-0", uid="somebody restarted it"))).start()
    scene.run()
    assert scene.client.calls == [("delete", "Pod", "kafka-1")]


def test_what_was_safe_before_a_budget_refused_is_looked_at_again() -> None:
    """Rule 6.6: the budget was used up by somebody else's eviction, whose broker is not back in every ISR yet."""
    scene = Scene({**PDB, "status": {"disruptionsAllowed": 1}})
    scene.client.evictions = [False, True]
    scene.run()
    assert scene.log[:5] == ["safe kafka-0", "sure kafka-0", "safe kafka-0", "sure kafka-0", "gone kafka-0"]


def test_a_removal_whose_answer_was_lost_is_looked_up(monkeypatch: Any) -> None:
    """Done or not: what the API server says then decides."""
    monkeypatch.setattr(roll_engine, "PAUSE", 0.01)
    scene = Scene()
    real, lost = scene.client.delete, iter([False, True, True, False])

    def answer_lost(kind: Any, name: Any, namespace: Any, **conditions: Any) -> Any:
        carried_out = next(lost)
        if carried_out:
            real(kind, name, namespace, **conditions)
        if name == "kafka-0":
            raise Unreachable("the connection was closed")

    scene.client.delete = answer_lost
    scene.run()
    assert scene.client.calls == [("delete", "Pod", "kafka-0"), ("delete", "Pod", "kafka-1")]
    assert scene.said.count("broker 1/2: kafka-0: the connection was closed; trying again") == 1


def test_a_removal_that_fails_to_the_end_stops_the_roll() -> None:
    scene = Scene(timeout=0.0)
    scene.client.fail["delete", "Pod"] = Unreachable("the API server does not answer")
    assert scene.fails(Unreachable).message == "the API server does not answer"
    assert sorted(scene.client.names("Pod")) == ["kafka-0", "kafka-1"]


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
    """D26: kafka-0 fell while kafka-1 was restarted; nobody makes kafka-1 before kafka-0 is Ready."""
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
    looks: list[list[Any]] = []

    def comes() -> None:
        looks.append(list(scene.client.calls))
        scene.client.put(made_pod("kafka-0"))

    threading.Timer(0.3, comes).start()
    scene.run()
    # what is safe is looked at again after that wait
    assert (looks, scene.client.calls) == ([[]], [("delete", "Pod", "kafka-1")])
    assert scene.log[:5] == ["safe kafka-1", "sure kafka-1", "safe kafka-1", "sure kafka-1", "gone kafka-1"]
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
    assert scene.log == ["safe kafka-0", "sure kafka-0", "gone kafka-0", "back kafka-0"]


def test_an_interruption_ends_the_roll_at_once() -> None:
    """The pod comes back by itself: it is not looked into, and the next one is not touched."""
    scene = Scene()
    scene.target.lost = Interrupted("stopped by SIGTERM")
    with pytest.raises(Interrupted) as raised:
        scene.run()
    assert raised.value.message == "stopped by SIGTERM"
    assert scene.log == ["safe kafka-0", "sure kafka-0", "gone kafka-0", "back kafka-0"]


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
    """D19: it takes longer than the deadline of a start, and is told of."""
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
