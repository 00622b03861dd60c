# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of an operator that does not go on, while it is followed."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.held_up import HeldUp
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError

from tests.unit.plugins.module_utils._platform._strimzi import crs
from tests.unit.plugins.module_utils._platform._strimzi.scene import Cluster, underway
from tests.unit.plugins.module_utils.fakes import pod

UNFORCEABLE = {
    "type": "NotReady",
    "status": "True",
    "reason": "UnforceableProblem",
    "message": "Pod kafka-kafka-1 cannot be",
}


class Stage:
    """A migration that is followed, with the operator's pod in the same namespace."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cluster: Cluster = underway(crs.kafka("KRaftDualWriting", "migration"))
        self.now = 100.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        self.held_up = HeldUp(self.cluster)
        self.operator(ready=True)

    def operator(self, *, ready: bool) -> None:
        made: Any = pod("strimzi-1", ready=ready)
        made["metadata"] = {"name": "strimzi-1", "namespace": "n", "labels": {"name": res.OPERATOR}}
        self.cluster.api.put(made)

    def look(self, seconds: float = 0.0) -> str:
        self.now += seconds
        return self.held_up.look(self.cluster.shown())


def test_an_operator_that_does_not_run_is_seen_and_that_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    assert stage.look() == ""
    stage.operator(ready=False)
    assert stage.look(2.0) == "", "its pods are not read every second"
    assert stage.look(3.0) == "no pod of the operator is Ready (strimzi-1): nobody goes on"
    stage.cluster.api.drop("Pod", "n", "strimzi-1")
    stage.cluster.api.put({"kind": "Deployment", "metadata": {"name": res.OPERATOR, "namespace": "n"}})
    assert stage.look(5.0) == f"no pod of the operator is Ready (Deployment {res.OPERATOR}): nobody goes on"
    stage.operator(ready=True)
    assert stage.look(5.0) == ""


def test_one_that_runs_elsewhere_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    stage.cluster.api.drop("Pod", "n", "strimzi-1")
    assert stage.look() == ""
    stage.cluster.api.fail["list", "Pod"] = KraftError("the API server is away")
    assert stage.held_up._look_for_operator() == ""
    stage.cluster.api.fail["list", "Pod"] = Forbidden("may not")
    with pytest.raises(Forbidden):
        stage.held_up._look_for_operator()


@pytest.mark.parametrize(
    ("kafka", "words"),
    [
        (crs.kafka("KRaftDualWriting", "enabled"), "was set to enabled before KRaftPostMigration"),
        (crs.kafka("KRaftMigration", "migrating"), "which Strimzi ignores without a word"),
        (crs.kafka("KRaftDualWriting", "migration", UNFORCEABLE), "will not restart a broker while a partition"),
        (crs.kafka("KRaftMigration", "migration", crs.WITHOUT_POOL), ""),
        (crs.kafka("KRaftPostMigration", "enabled"), ""),
    ],
)
def test_a_request_or_a_broker_that_holds_it_up_is_told(
    monkeypatch: pytest.MonkeyPatch, kafka: Any, words: str
) -> None:
    stage = Stage(monkeypatch)
    stage.cluster.api.put(kafka)
    said = stage.look()
    assert words in said
    assert bool(said) == bool(words)


def test_a_kafka_that_is_gone_is_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    shown = stage.cluster.shown()
    assert stage.held_up.look(type(shown)(None, (), (), {})) == ""
