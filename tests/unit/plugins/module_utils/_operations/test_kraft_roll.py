# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which broker of a KRaft cluster goes next, when it may, and when it is back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import partitions
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rolling import Replicas
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.roll_engine import OtherFirst
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations import kraft_roll
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations.kraft_roll import KraftRoll, held_by
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    KraftError,
    Refused,
    Unreachable,
)

NEW, OLD = "new", "old"
#: a look at the partitions that finds nobody
GONE = "gone"


def pod(name: str, digest: str = OLD) -> dict[str, Any]:
    marks = {"kraft.kafkaops.io/settings-hash": digest}
    return {"metadata": {"name": name, "uid": f"uid-{name}-{digest}", "annotations": marks}}


def replicas(*isr: int, minimum: int = 2, of: tuple[int, ...] = (0, 1, 2)) -> Replicas:
    return Replicas(tuple(isr), of, minimum, isr[0] if isr else -1)


class Stage:
    """A combined cluster of three. ``looks``: what is read of the partitions, the last one for ever."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, votes: bool = True) -> None:
        self.looks: list[Any] = [{("t", 0): replicas(0, 1, 2)}]
        self.spare: list[str] = [""]
        self.behind: set[int] = set()
        self.leader = 0
        self.told: list[str] = []
        names = [f"k-{n}" for n in range(3)]
        self.cluster: Any = SimpleNamespace(
            namespace="n",
            name="k",
            pods={name: pod(name) for name in names},
            pod_of_broker=dict(enumerate(names)),
            controller_facts=dict.fromkeys(names) if votes else {},
            params={"accept": []},
            changed=lambda *_parts: None,
        )

        def read(_cluster: Any, *, zookeeper: bool) -> Any:
            assert not zookeeper
            found = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
            if found is GONE:
                raise Unreachable("the pod is not there yet")
            return found

        monkeypatch.setattr(partitions, "read", read)
        monkeypatch.setattr(kraft_roll, "read_quorum", lambda _cluster: SimpleNamespace(leader=self.leader))
        monkeypatch.setattr(kraft_roll, "caught_up", lambda _quorum: {0, 1, 2} - self.behind)
        monkeypatch.setattr(
            kraft_roll, "cannot_spare", lambda *_a: self.spare.pop(0) if len(self.spare) > 1 else self.spare[0]
        )
        monkeypatch.setattr(kraft_roll, "PACE", 0.01)

    def roll(self) -> KraftRoll:
        return KraftRoll(self.cluster, NEW)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(monkeypatch)


def test_the_active_controller_goes_last(stage: Stage) -> None:
    assert stage.roll().next() == ("k-1", 3)
    stage.leader = 1
    roll = stage.roll()
    order = []
    while (name := roll.next()[0]) is not None:
        order.append(name)
        roll.wait_until_back(name, 1, stage.told.append)
    assert order == ["k-0", "k-2", "k-1"]


def test_what_was_made_so_already_is_left_alone(stage: Stage) -> None:
    stage.cluster.pods["k-0"] = pod("k-0", NEW)
    assert stage.roll().left == ["k-1", "k-2"]
    named = KraftRoll(stage.cluster, NEW, {"k-0": pod("k-0", NEW)})
    assert sorted(named.left) == ["k-0", "k-1", "k-2"]


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (replicas(0, 1), "t-0 would fall below min.insync.replicas without broker 1"),
        (replicas(0, 1, minimum=1), "t-0 already lack another replica; broker 1 waits until it is back"),
    ],
)
def test_it_waits_until_every_partition_can_spare_the_broker(stage: Stage, now: Replicas, words: str) -> None:
    stage.looks = [{("t", 0): now}, {("t", 0): replicas(0, 1, 2)}]
    stage.roll().wait_until_safe("k-1", 5, stage.told.append)
    assert stage.told == [words]
    stage.looks = [{("t", 0): now}]
    with pytest.raises(DeadlineExceeded, match="t-0"):
        stage.roll().wait_until_safe("k-1", 0, stage.told.append)


def test_a_partition_that_can_never_spare_it_is_refused_unless_accepted(stage: Stage) -> None:
    stage.looks = [{("t", 0): replicas(1, of=(1,), minimum=1)}]
    with pytest.raises(Refused, match="cannot stay available while broker 1 restarts") as refused:
        stage.roll().wait_until_safe("k-1", 5, stage.told.append)
    assert refused.value.code == "partition-cannot-roll"
    stage.cluster.params["accept"] = ["partition-cannot-roll"]
    stage.roll().wait_until_safe("k-1", 5, stage.told.append)


def test_a_quorum_that_cannot_spare_it_is_waited_for(stage: Stage) -> None:
    stage.spare = ["without controller 1 there is no majority", ""]
    stage.roll().wait_until_safe("k-1", 5, stage.told.append)
    assert stage.told == ["without controller 1 there is no majority"]
    stage.spare = ["no majority"]
    with pytest.raises(OtherFirst):
        stage.roll().guard("k-1")


def test_brokers_that_do_not_vote_are_not_asked_about_the_quorum(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, votes=False)
    stage.spare, stage.behind = ["no majority"], {1}
    roll = stage.roll()
    roll.guard("k-1")
    roll.wait_until_safe("k-1", 5, stage.told.append)
    roll.wait_until_back("k-1", 5, stage.told.append)
    assert stage.told == []


def test_it_is_back_when_it_is_in_every_isr_and_has_caught_up(stage: Stage) -> None:
    stage.looks = [{("t", 0): replicas(0, 2)}, GONE, {("t", 0): replicas(0, 1, 2)}]
    roll = stage.roll()
    back = roll.wait_until_back("k-1", 5, stage.told.append)
    assert back.noticed_ms > 0
    assert stage.told == ["broker 1 is not in the ISR of t-0", "the pod is not there yet"]
    assert "k-1" not in roll.left
    stage.behind = {2}
    with pytest.raises(DeadlineExceeded, match="controller 2 has not caught up"):
        roll.wait_until_back("k-2", 0, stage.told.append)


def test_what_cannot_be_read_is_no_partition_without_replicas(stage: Stage) -> None:
    stage.looks = [Unknown("nobody leads")]
    with pytest.raises(KraftError, match="could not be read: nobody leads"):
        held_by(stage.cluster, {3})
    stage.looks = [{("t", 0): replicas(0, 1), ("u", 1): replicas(0, 3, of=(0, 3))}]
    assert held_by(stage.cluster, {3, 4}) == [("u", 1)]


def test_nothing_else_is_waited_for(stage: Stage) -> None:
    roll = stage.roll()
    roll.started("k-1")
    assert roll.extra_wait() == 0.0
