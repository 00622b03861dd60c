# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 4 where nobody is controller: which broker is restarted so that it is elected."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Controller
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rolling import Replicas
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import election
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded, Refused
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import handover

from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient, pod
from tests.unit.plugins.module_utils.scenes import at_stage, cluster_with

FINE = {("t", 0): Replicas((0, 1, 2), (0, 1, 2), 2, leader=0), ("t", 1): Replicas((1, 2, 0), (0, 1, 2), 2, leader=0)}
BUDGET = {"kind": "PodDisruptionBudget", "metadata": {"name": "kafka", "namespace": "n"}, "spec": {"selector": {}}}


class Scene:
    """Three brokers on their original settings, and nobody who is controller."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, partitions: Any, *, up: Any = (0, 1, 2), **changed: Any
    ) -> None:
        self.said: list[str] = []
        ready = changed.pop("ready", up)
        pods = [pod(f"kafka-{number}", ready=number in ready, uid=f"old-{number}") for number in range(3)]
        self.client = FakeClient(*pods, *changed.pop("objects", ()))
        self.client.on_gone = self._again
        self.partitions = [partitions]
        params = {**PARAMS, "pod_timeout": 0.3, "accept": changed.pop("accept", [])}
        self.cluster = cluster_with(client=self.client, params=params, statefulsets=[at_stage("kafka", "original")])
        self.cluster.pods = {f"kafka-{number}": self.client.get(POD, f"kafka-{number}", "n") for number in range(3)}
        ids = {number: f"kafka-{number}" for number in range(3)}
        self.cluster.pod_of_broker = {number: name for number, name in ids.items() if number in up}
        self.cluster.pod_of_broker_or_down, self.cluster.container = ids, "kafka"
        self.cluster.view = SimpleNamespace(brokers=dict.fromkeys(up))
        self.cluster.zookeeper = SimpleNamespace(get=lambda _path: None)
        monkeypatch.setattr(election, "replicas_of", self._replicas_of)
        monkeypatch.setattr(handover, "wait_broker_is_controller", lambda *_a, **_k: (Controller(1, -1, True), 5))

    def _replicas_of(self, _cluster: Any) -> Any:
        return self.partitions.pop(0) if len(self.partitions) > 1 else self.partitions[0]

    def _again(self, gone: Any) -> None:
        self.client.put(pod(gone["metadata"]["name"], annotations={names.SETTINGS_HASH: "new"}))

    def nudge(self) -> Any:
        return election.restart_one(self.cluster, election.choose(self.cluster), lambda: None, self.said.append)


def test_the_broker_that_leads_least_is_restarted_as_in_a_roll(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evicted where a budget covers it, and by the uid that was read."""
    scene = Scene(monkeypatch, FINE, objects=[BUDGET])
    assert scene.nudge() == (Controller(1, -1, True), 5)
    assert scene.client.calls == [("evict", "Pod", "kafka-1")]


def test_a_broker_that_alone_is_in_sync_is_never_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 4: with its pod the partition would be gone, and nobody could elect another leader."""
    alone = {**FINE, ("u", 0): Replicas((1,), (0, 1, 2), 1, leader=1), ("u", 1): Replicas((0, 2), (0, 2), 2, leader=0)}
    scene = Scene(monkeypatch, alone)
    with pytest.raises(Refused) as refused:
        scene.nudge()
    assert refused.value.message == (
        "no broker is restarted to be elected: u-1 would fall below min.insync.replicas without broker 0; "
        "u-0 would fall below min.insync.replicas without broker 1; u-1 would fall below min.insync.replicas without broker 2. "
        "Start the brokers that are down, then run rollback.yml again"
    )
    assert refused.value.code == "partition-not-healthy"
    assert scene.client.calls == []
    # what can never be spared and was accepted by name is no reason; the last one in sync of others still is
    scene = Scene(monkeypatch, alone, accept=["partition-cannot-roll"])
    scene.nudge()
    assert scene.client.calls == [("delete", "Pod", "kafka-2")]


def test_one_that_is_down_takes_nothing_away(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, FINE, up=(0, 1))
    assert scene.nudge()[0].broker_id == 1
    assert scene.client.calls == [("delete", "Pod", "kafka-2")]


def test_one_that_is_down_goes_before_one_that_leads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its restart costs nobody anything."""
    scene = Scene(monkeypatch, {("t", 0): Replicas((1,), (1,), 1, leader=1)}, up=(0, 1))
    scene.nudge()
    assert scene.client.calls == [("delete", "Pod", "kafka-2")]


def test_an_isr_without_a_controller_keeps_brokers_that_died(monkeypatch: pytest.MonkeyPatch) -> None:
    """Broker 2 is not registered any more: with another one gone, one of three would be left, whatever the ISR says."""
    scene = Scene(monkeypatch, FINE, up=(0, 1), ready=(0, 1, 2))
    with pytest.raises(Refused, match="broker 2 is Ready, but not registered in ZooKeeper"):
        scene.nudge()
    assert scene.client.calls == []


def test_what_was_true_when_it_was_chosen_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, FINE)
    scene.partitions = [FINE, {("t", 0): Replicas((1, 2), (0, 1, 2), 2, leader=2)}]
    with pytest.raises(Refused, match="kafka-1 is not restarted to be elected: t-0 would fall below"):
        scene.nudge()
    assert scene.client.calls == []


def test_nobody_who_is_known_is_nobody_who_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, FINE)
    scene.cluster.pod_of_broker_or_down = {}
    with pytest.raises(Refused, match="no broker id is known"):
        scene.nudge()
    scene = Scene(monkeypatch, {("t", 0): Replicas((0, 1, 2), (0, 1, 2), 3)})
    scene.cluster.pod_of_broker_or_down[3] = "kafka-3"
    scene.cluster.view.brokers[3] = None
    scene.partitions = [{("t", 0): Replicas((0, 1, 2, 3), (0, 1, 2, 3), 4)}]
    with pytest.raises(Refused, match="without broker 2; and 1 more"):
        scene.nudge()


def test_nobody_is_elected(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, FINE)

    def nobody(*_arguments: Any, **_options: Any) -> Any:
        raise DeadlineExceeded("nobody holds /controller")

    monkeypatch.setattr(handover, "wait_broker_is_controller", nobody)
    with pytest.raises(DeadlineExceeded, match="kafka-1 did not come back: nobody holds /controller"):
        scene.nudge()
    assert scene.client.calls == [("delete", "Pod", "kafka-1")]
