# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof that both stores are written, and the brake: neither the gauge nor the operator's state is taken for it."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import asking, proof
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.proof import Proof
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import handover

from tests.unit.plugins.module_utils._platform._strimzi import crs
from tests.unit.plugins.module_utils._platform._strimzi.scene import Cluster, heads, underway

COPIED = {"kraft": True, "offset": 975}
#: as it was seen: the controllers are inactive, and both znodes say that nothing was copied
STALE = {"kraft": False, "offset": -1}


class Stage:
    """A migration that is looked at each second."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, state: str = "KRaftMigration", asked: str = "migration"
    ) -> None:
        self.cluster: Cluster = underway(crs.kafka(state, asked))
        self.znodes: Any = STALE
        self.gauge: Any = '{"state":2}'
        self.now = 100.0
        self.asked = 0
        self.cluster.__dict__["zookeeper"] = "session"
        monkeypatch.setattr(handover, "read_heads", self._heads)
        monkeypatch.setattr(proof, "run_read_only", self._run)
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        self.proof = Proof(self.cluster, lambda _text: None)

    def _heads(self, session: Any) -> Any:
        assert session == "session"
        if isinstance(self.znodes, Exception):
            raise self.znodes
        return heads(**self.znodes)

    def _run(self, _client: Any, namespace: str, pod: str, command: Any, *, container: str, timeout: float) -> Any:
        assert (namespace, container, timeout) == ("n", "kafka", 10.0)
        assert pod.startswith("kafka-controller-")
        assert command[-1] == "http://localhost:8080/v1/kraft-migration/"
        self.asked += 1
        if isinstance(self.gauge, Exception):
            raise self.gauge
        return SimpleNamespace(stdout=self.gauge)

    def becomes(self, state: str, asked: str = "migration", *conditions: Any, marks: Any = None) -> None:
        self.cluster.api.put(crs.kafka(state, asked, *conditions, marks=marks))

    def look(self, seconds: int = 1) -> str:
        text = ""
        for _second in range(seconds):
            text = self.proof.look(self.cluster.shown())
            self.now += 1.0
        return text

    @property
    def paused(self) -> bool:
        return res.is_paused(self.cluster.api.get(res.KAFKA, "kafka", "n"))


def test_what_zookeeper_shows_is_told_until_both_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    assert stage.look() == "broker 5 holds /controller, /migration has offset -1"
    stage.znodes = {"kraft": True, "offset": None}
    assert stage.look(2) == "KRaft node 5 holds /controller, /migration is absent"
    stage.znodes, stage.gauge = COPIED, '{"state":1}'
    assert stage.look(6) == "both stores are written"
    # and is not asked again
    stage.znodes = KraftError("gone")
    assert stage.look(30) == "both stores are written"
    assert not stage.paused


def test_a_copy_that_takes_its_time_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    stage.look(300)
    assert not stage.paused
    assert 30 <= stage.asked <= 61  # an exec every five seconds


def test_a_gauge_that_zookeeper_contradicts_pulls_the_brake_while_the_first_roll_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage(monkeypatch)
    stage.gauge = '{"state":1}'
    stage.look(10)
    assert not stage.paused
    with pytest.raises(
        KraftError, match="the gauge of kafka-controller-3 says that the copy is done, and ZooKeeper"
    ) as stopped:
        stage.look(4)
    assert stopped.value.code == "operator-copy-unproved"
    assert "run rollback.yml" in stopped.value.message
    assert stage.paused


@pytest.mark.parametrize(
    "znodes", [STALE, {"kraft": True, "offset": 0}, {"kraft": False, "offset": 975}, {"kraft": True, "offset": None}]
)
def test_the_operators_state_is_no_proof(monkeypatch: pytest.MonkeyPatch, znodes: Any) -> None:
    stage = Stage(monkeypatch, "KRaftDualWriting")
    stage.znodes = znodes
    stage.look()
    with pytest.raises(
        KraftError, match="the operator says KRaftDualWriting, and ZooKeeper shows that it is not"
    ) as stopped:
        stage.look(4)
    # with a pause Strimzi would forget the state from which it can take brokers back
    assert not stage.paused
    assert res.asked(stage.cluster.api.get(res.KAFKA, "kafka", "n")) == "rollback"
    assert "Strimzi was asked to go back" in stopped.value.message


def test_the_brake_is_by_what_the_operator_says_at_the_moment_of_the_write(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    stage.becomes("KRaftPostMigration")
    assert asking.brake(stage.cluster) == "strimzi.io/kraft = rollback"
    stage.becomes("KRaftMigration")
    assert asking.brake(stage.cluster) == "strimzi.io/pause-reconciliation"
    assert stage.paused


def test_kafka_may_be_a_moment_behind_its_gauge(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    stage.gauge = '{"state":1}'
    stage.look(8)
    stage.znodes = COPIED
    assert stage.look(10) == "both stores are written"
    assert not stage.paused


def test_a_gauge_that_goes_back_counts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    stage.gauge = '{"state":1}'
    stage.look(8)
    stage.gauge = '{"state":2}'
    stage.look(6)
    stage.gauge = '{"state":1}'
    stage.look(8)
    assert not stage.paused


def test_what_cannot_be_read_is_said_and_is_neither_proof_nor_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, "KRaftDualWriting")
    stage.znodes = KraftError("no pod of ZooKeeper is Ready")
    assert stage.look(60) == "whether both stores are written could not be read: no pod of ZooKeeper is Ready"
    assert not stage.paused
    stage.znodes = Forbidden("no exec")
    with pytest.raises(Forbidden):
        stage.look(3)


@pytest.mark.parametrize(
    "gauge",
    [KraftError("no curl"), "ZooKeeper migration state metric not found", "[]", '{"state":null}', '{"state":"1"}'],
)
def test_a_gauge_that_cannot_be_read_is_no_fault(monkeypatch: pytest.MonkeyPatch, gauge: Any) -> None:
    stage = Stage(monkeypatch)
    stage.gauge = gauge
    stage.look(60)
    assert not stage.paused
    assert stage.asked >= 3  # the others are asked
    stage.gauge = Forbidden("pods/exec is not allowed")
    with pytest.raises(Forbidden):
        stage.look(6)


def test_znodes_of_an_earlier_attempt_are_no_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen with Kafka 3.9.2: the controllers have an empty log, and delete every topic in ZooKeeper as soon as it is long enough."""
    stage = Stage(monkeypatch)
    stage.znodes = COPIED
    assert stage.look(10) == (
        "KRaft node 5 holds /controller, /migration has offset 975, and the gauge of the controllers says that nothing was copied"
    )
    with pytest.raises(KraftError, match="it is left of an earlier attempt") as stopped:
        stage.look(4)
    assert stopped.value.code == "operator-copy-unproved"
    assert "Run rollback.yml now" in stopped.value.message
    assert not stage.paused, "Strimzi waits by itself"


def test_kafkas_gauge_may_be_a_moment_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    stage.znodes = COPIED
    stage.look(8)
    stage.gauge = '{"state":1}'
    assert stage.look(20) == "both stores are written"
    stage.gauge = '{"state":2}'
    assert stage.look(20) == "both stores are written", "it is not asked again"


def test_without_a_gauge_the_znodes_are_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    stage.znodes, stage.gauge = COPIED, KraftError("no curl")
    assert stage.look(60) == "both stores are written"


@pytest.mark.parametrize(
    ("state", "asked"),
    [
        ("ZooKeeper", "migration"),
        ("KRaftPostMigration", "migration"),
        ("KRaftPostMigration", "enabled"),
        ("KRaftDualWriting", "rollback"),
        ("KRaftDualWriting", "disabled"),
    ],
)
def test_elsewhere_nothing_is_looked_at(monkeypatch: pytest.MonkeyPatch, state: str, asked: str) -> None:
    stage = Stage(monkeypatch, state, asked)
    stage.znodes = AssertionError("nobody asks")
    assert stage.look(5) == ""
    stage.becomes(state, asked, marks={res.TURNED: "x"})
    assert stage.look(5) == ""


def test_a_pause_of_somebody_else_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strimzi forgets its state when it sees one: nothing would come any more, and to take it off would begin anew."""
    stage = Stage(monkeypatch)
    stage.becomes("", "migration", crs.PAUSED, marks={res.PAUSE: "true"})
    with pytest.raises(KraftError, match="Do not take the pause off") as stopped:
        stage.look()
    assert stopped.value.code == "operator-paused"
    # in a rollback it is ours
    stage.becomes("", "migration", crs.PAUSED, marks={res.PAUSE: "true", res.TURNED: "x"})
    assert stage.look() == ""
