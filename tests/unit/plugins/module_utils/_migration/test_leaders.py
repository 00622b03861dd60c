# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After a roll the leaders are where they were before it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rolling import Replicas
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import leaders
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.leaders import Leaders
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, NotFound, Unreachable

from tests.unit.plugins.module_utils.scenes import cluster_with, facts

OFF: dict[str, Any] = {"auto_leader_rebalance_enable": "false"}


def partitions(*leading: int) -> Any:
    """Partition n is preferred on broker n modulo 3."""
    return {
        ("t", number): Replicas((0, 1, 2), tuple((number + step) % 3 for step in range(3)), 2, leader=leader)
        for number, leader in enumerate(leading)
    }


class Scene:
    """A cluster after a roll."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *reads: Any, kraft: bool = False, **settings: str) -> None:
        self.said: list[str] = []
        self.elections: list[str] = []
        self.fails: KraftError | None = None
        quiet = {f"kafka-{number}": facts() for number in range(3)}
        deciding = facts(**settings)
        self.cluster = cluster_with(
            facts=quiet,
            effective={} if kraft else deciding.settings,
            controller_facts={"kafka-kraft-0": deciding} if kraft else {},
            container="kafka",
        )
        self.reads = list(reads)
        monkeypatch.setattr(leaders, "replicas_of", self._replicas_of)
        monkeypatch.setattr(leaders, "kraft_is_controller", lambda _cluster: kraft)
        monkeypatch.setattr(leaders, "wait_current", lambda *_: self.elections.append("followed"))
        monkeypatch.setattr(leaders, "elect_preferred", self._elect)

    def _replicas_of(self, _cluster: Any) -> Any:
        found = self.reads.pop(0) if len(self.reads) > 1 else self.reads[0]
        if isinstance(found, Exception):
            raise found
        return found

    def _elect(self, _client: Any, _namespace: str, pod: str, *_rest: Any) -> None:
        self.elections.append(pod)
        if self.fails:
            raise self.fails

    def put_back(self, were: Leaders) -> dict[str, Any]:
        return leaders.put_back(self.cluster, were, self.said.append)


@pytest.mark.parametrize("kraft", [False, True])
def test_they_are_elected_where_they_led_before(monkeypatch: pytest.MonkeyPatch, kraft: bool) -> None:
    scene = Scene(monkeypatch, partitions(0, 1, 0), partitions(0, 1, 2), kraft=kraft, **OFF)
    done = scene.put_back(Leaders(3, 3))
    assert scene.elections == ["kafka-0", "followed"]
    text = "3 of 3 partitions are led by their preferred replica after an election, 2 of 3 were before it"
    assert done == {
        "msg": text,
        "elected": True,
        "before": {"preferred": 3, "partitions": 3},
        "after": {"preferred": 2, "partitions": 3},
    }
    assert scene.said[-1] == text


@pytest.mark.parametrize("kraft", [False, True])
def test_a_cluster_that_balances_leaders_itself_is_left_to_do_so(monkeypatch: pytest.MonkeyPatch, kraft: bool) -> None:
    """Kafka's default; whoever is controller decides."""
    scene = Scene(monkeypatch, partitions(0, 1, 0), kraft=kraft, leader_imbalance_check_interval_seconds="60")
    done = scene.put_back(Leaders(3, 3))
    assert scene.elections == []
    assert "moves the others back every 60 s (auto.leader.rebalance.enable)" in done["msg"]


@pytest.mark.parametrize(
    ("leading", "were", "text"),
    [
        ((0, 1, 2), Leaders(3, 3), "3 of 3 partitions are led by their preferred replica"),
        (
            (0, 0, 0),
            Leaders(1, 3),
            "1 of 3 partitions are led by their preferred replica, 1 of 3 were before: left unchanged",
        ),
        ((), Leaders(0, 0), "0 of 0 partitions are led by their preferred replica"),
    ],
)
def test_what_was_not_so_before_is_left(
    monkeypatch: pytest.MonkeyPatch, leading: tuple[int, ...], were: Leaders, text: str
) -> None:
    scene = Scene(monkeypatch, partitions(*leading), **OFF)
    assert scene.put_back(were)["msg"] == text
    assert scene.elections == []


def test_an_election_that_fails_is_said_and_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, partitions(0, 1, 0), **OFF)
    scene.fails = NotFound("the image has no kafka-leader-election.sh")
    text = scene.put_back(Leaders(3, 3))["msg"]
    assert text.endswith(
        "it failed in part: the image has no kafka-leader-election.sh; run kafka-leader-election.sh --election-type preferred "
        "--all-topic-partitions"
    )
    scene = Scene(monkeypatch, Unreachable("ZooKeeper does not answer"), **OFF)
    assert scene.put_back(Leaders(3, 3))["msg"].startswith(
        "preferred leaders were not elected: ZooKeeper does not answer"
    )


def test_what_they_were_is_told_by_brokers_that_are_still_to_be_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was interrupted has moved the others already."""
    scene = Scene(monkeypatch, partitions(1, 1, 2))
    assert leaders.before(scene.cluster, ["kafka-0", "kafka-1", "kafka-2"]) == Leaders(2, 3)
    assert leaders.before(scene.cluster, ["kafka-1", "kafka-2"]) == Leaders(2, 2)
