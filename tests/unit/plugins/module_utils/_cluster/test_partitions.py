# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leaders and ISRs from whoever keeps them, and the quorum of controllers of their own, of combined nodes, and of other regions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import partitions
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import members
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import (
    DEFAULT,
    Image,
    PartitionImage,
    TopicImage,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rolling import Replicas
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, Unreachable

from tests.unit.plugins.module_utils.scenes import FakeCluster, cluster_with, facts, quorum


def node(number: int, *roles: str, **settings: Any) -> Any:
    found = facts(**settings)
    found.roles, found.node_id = roles, number
    return found


def brokers(*roles: str, **settings: Any) -> dict[str, Any]:
    return {f"kafka-{number}": node(number, *roles, **settings) for number in range(3)}


def controllers() -> dict[str, Any]:
    voters = "3000@a:9093,3001@b:9093,3002@c:9093"
    return {f"kafka-kraft-{n}": node(3000 + n, "controller", controller_quorum_voters=voters) for n in range(3)}


def cluster(**changed: Any) -> FakeCluster:
    base = {
        "facts": brokers("broker"),
        "controller_facts": controllers(),
        "container": "kafka",
        "controller_container": "kafka",
        "effective": {"min.insync.replicas": "2"},
    }
    found: FakeCluster = cluster_with(**{**base, **changed})
    return found


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The members that were asked, one entry for each look; the leader is 3000, or node 0 of combined ones."""
    seen: list[Any] = []

    def status(_client: Any, _namespace: str, of: Any, **_options: Any) -> Any:
        seen.append(sorted(of))
        return quorum(leader=min(of, default=None), voters=dict.fromkeys(of, 0))

    monkeypatch.setattr(partitions, "quorum_status", status)
    monkeypatch.setattr(partitions, "read_quorum", lambda each: status(None, "", members(each)))
    return seen


MODES = ("kafka-0", "kafka-1", "kafka-2")


@pytest.mark.parametrize(
    ("modes", "connect", "said"),
    [
        ([state.MODE_KRAFT] * 3, "zookeeper:2181", False),
        ([state.MODE_KRAFT, state.MODE_MIGRATING, state.MODE_KRAFT], None, True),
        ([state.MODE_ZOOKEEPER] * 3, None, True),
        ([state.MODE_UNKNOWN, state.MODE_KRAFT, state.MODE_KRAFT], "zookeeper:2181", False),
        ([state.MODE_UNKNOWN] * 3, "zookeeper:2181", True),
        ([state.MODE_UNKNOWN] * 3, None, False),
    ],
)
def test_who_keeps_the_partitions(modes: list[str], connect: str | None, said: bool) -> None:
    found = cluster(modes=dict(zip(MODES, modes, strict=True)), zookeeper_connect=connect)
    assert partitions.uses_zookeeper(found) is said


def test_controllers_of_their_own(asked: list[Any]) -> None:
    seen = partitions.see_quorum(cluster())
    assert seen is not None
    assert (seen.quorum.leader, seen.voters, sorted(seen.members)) == (3000, (3000, 3001, 3002), [3000, 3001, 3002])
    assert asked == [[3000, 3001, 3002]]


def test_brokers_that_are_controllers_as_well(asked: list[Any]) -> None:
    combined = brokers("broker", "controller", controller_quorum_voters="0@a:1,1@b:1,2@c:1,7@gone:1")
    found = cluster(facts=combined, controllers=None, controller_facts={}, controller_ids={})
    seen = partitions.see_quorum(found)
    assert seen is not None
    # one that does not answer is a voter all the same
    assert (seen.quorum.leader, seen.voters, sorted(seen.members)) == (0, (0, 1, 2, 7), [0, 1, 2])
    assert seen.members[1].pod == "kafka-1"
    assert seen.cluster is found
    assert asked == [[0, 1, 2]]


def test_no_controller_at_all(asked: list[Any]) -> None:
    found = cluster(controllers=None, controller_facts={}, controller_ids={})
    assert partitions.see_quorum(found) is None
    assert asked == []
    reading = partitions.read(found, zookeeper=False)
    assert isinstance(reading, Unknown)
    assert reading.why == "no controller of n/kafka is known whose quorum could be asked"


def test_the_region_of_the_leader_is_the_one_that_has_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    there = cluster(name="west", controller_ids={4000: "west-kraft-0"}, controller_facts={"west-kraft-0": node(4000)})
    here = cluster(others=(there,))
    monkeypatch.setattr(partitions, "read_quorum", lambda _cluster: quorum(leader=4000, voters={4000: 0, 3000: 0}))
    seen = partitions.see_quorum(here)
    assert seen is not None
    assert seen.cluster is there
    assert seen.voters == (3000, 4000)


def view(**changed: Any) -> Any:
    topics = {"a": SimpleNamespace(partitions={0: (0, 1, 2), 1: (1, 2)}), "b": SimpleNamespace(partitions={0: (2,)})}
    states = {
        ("a", 0): SimpleNamespace(isr=(1, 0), leader=1, version=7),
        ("b", 0): SimpleNamespace(isr=(2,), leader=2, version=0),
    }
    base = {
        "topics": topics,
        "states": states,
        "topic_configs": {"b": {"min.insync.replicas": "1"}},
        "broker_configs": {DEFAULT: {"min.insync.replicas": "3"}},
    }
    return SimpleNamespace(**{**base, **changed})


FOUND = {
    ("a", 0): Replicas((1, 0), (0, 1, 2), 3, leader=1, epoch=7),
    ("a", 1): Replicas((), (1, 2), 3, leader=-1),
    ("b", 0): Replicas((2,), (2,), 1, leader=2, epoch=0),
}


def test_in_zookeeper_a_partition_without_a_state_has_no_leader() -> None:
    assert partitions.read(cluster(view=view()), zookeeper=True) == FOUND


def test_in_the_log_of_the_quorum(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    topics = {
        "a": TopicImage(
            None,
            {
                0: PartitionImage((0, 1, 2), frozenset({1, 0}), 1, 5, epoch=7),
                1: PartitionImage((1, 2), frozenset(), -1, 5),
            },
        ),
        "b": TopicImage(None, {0: PartitionImage((2,), frozenset({2}), 2, 0, epoch=0)}),
    }
    image = Image(topics=topics, topic_configs=view().topic_configs, broker_configs=view().broker_configs)
    read: list[Any] = []

    def quorum_topics(_client: Any, namespace: str, of: Any, found: Any, *, timeout: float) -> Image:
        read.append((namespace, sorted(of), found.leader, timeout))
        return image

    monkeypatch.setattr(partitions, "quorum_topics", quorum_topics)
    found = partitions.read(cluster(), zookeeper=False)
    assert found == {**FOUND, ("a", 0): Replicas((0, 1), (0, 1, 2), 3, leader=1, epoch=7)}
    assert read == [("n", [3000, 3001, 3002], 3000, 180.0)]
    image = Image(problems=("the tool could not decode the record at offset 7",))
    reading = partitions.read(cluster(), zookeeper=False)
    assert isinstance(reading, Unknown)
    assert reading.why == "the metadata log cannot be trusted: the tool could not decode the record at offset 7"


def test_what_could_not_be_read_is_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "read_quorum", lambda _cluster: quorum(leader=None))
    reading = partitions.read(cluster(), zookeeper=False)
    assert isinstance(reading, Unknown)
    assert reading.why == "the quorum has no leader"

    def fails(error: Exception) -> Any:
        def read_partitions() -> Any:
            raise error

        return cluster(read_partitions=read_partitions)

    reading = partitions.read(fails(Unreachable("ZooKeeper is away")), zookeeper=True)
    assert isinstance(reading, Unknown)
    assert reading.why == "ZooKeeper is away"
    # a missing right is no state of the cluster
    with pytest.raises(Forbidden):
        partitions.read(fails(Forbidden("no exec")), zookeeper=True)
