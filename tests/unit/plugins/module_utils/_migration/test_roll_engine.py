# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roll engine until a pod goes: order, pauses, budgets, and identity of pods."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import roll_engine
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.roll_engine import (
    OtherFirst,
    Restart,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Refused,
    Unreachable,
)

from tests.unit.plugins.module_utils.fakes import pod as made_pod
from tests.unit.plugins.module_utils.roll_scene import PDB, FakeTarget, Scene


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
    """Rules 1 and 4: safety and gates are evaluated before each restart, and the next waits for the last to be back."""
    scene = Scene()
    restarts = scene.run()
    steps = ["safe", "guard", "gone", "back", "noted"]
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


@pytest.mark.parametrize("attribute", ["unsafe", "refused"])
def test_what_is_not_safe_is_not_restarted(attribute: Any) -> None:
    """Rules 1 and 4: without them no pod is deleted."""
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
    """The API server answers 500 to each try, however long it is asked."""
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
    """Rule 4: the budget was used up by somebody else's eviction, whose broker is not back in every ISR yet."""
    scene = Scene({**PDB, "status": {"disruptionsAllowed": 1}})
    scene.client.evictions = [False, True]
    scene.run()
    assert scene.log[:5] == ["safe kafka-0", "guard kafka-0", "safe kafka-0", "guard kafka-0", "gone kafka-0"]


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
