# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps a cluster from being one that serves, and what is said of one that does."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import partitions
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import NotRunning, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations import serving
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Forbidden,
    Unreachable,
)

from tests.unit.plugins.module_utils._operations.world import CLUSTER_ID, process, world
from tests.unit.plugins.module_utils.fakes import pod
from tests.unit.plugins.module_utils.scenes import quorum


def wrong(made: Any) -> str:
    """What is wrong with a cluster, at the first look."""
    with pytest.raises(DeadlineExceeded) as caught:
        serving.require(made.option(wait_timeout=0), made.said.append)
    assert caught.value.code == "check-not-served"
    text, _comma, after = caught.value.message.rpartition(",")
    assert after == " after 0 s"
    return text


def test_a_cluster_in_kraft_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    found = serving.require(world(monkeypatch), print)
    assert (found.cluster_id, found.brokers, found.controller) == (CLUSTER_ID, [0, 1, 2], None)
    assert (found.leader, found.voters) == (3000, [3000, 3001, 3002])
    assert found.text == (
        f"brokers 0, 1, 2 are Ready; cluster id {CLUSTER_ID}; quorum leader 3000, all of 3000, 3001, 3002 caught up"
    )


def in_zookeeper(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> Any:
    """Brokers in ZooKeeper mode, without any quorum."""
    view = SimpleNamespace(controller=SimpleNamespace(broker_id=1), brokers={0: None, 1: None, 2: None})
    made = world(
        monkeypatch,
        **{
            "view": view,
            "facts": {f"kafka-{n}": process(n) for n in range(3)},
            "controllers": None,
            "controller_facts": {},
            "controller_pods": {},
            **changed,
        },
    )
    monkeypatch.setattr(partitions, "uses_zookeeper", lambda _cluster: True)
    monkeypatch.setattr(partitions, "see_quorum", lambda _cluster: None)
    return made


def test_a_cluster_in_zookeeper_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    made = in_zookeeper(monkeypatch)
    found = serving.require(made, print)
    assert (found.zookeeper, found.controller, found.leader) == (True, 1, None)
    assert found.text.endswith("; controller in ZooKeeper: 1")
    made.view.controller = None
    assert wrong(made) == "nobody holds /controller in ZooKeeper: the cluster has no active controller"
    made.view.controller = SimpleNamespace(broker_id=1)
    del made.view.brokers[2]
    assert wrong(made) == "broker 2 is not registered in ZooKeeper"
    # in the middle of a migration the quorum has it
    made.facts["kafka-2"] = process(2, "broker")
    assert serving.require(made, print).zookeeper


def set_fact(name: str, value: Any) -> Callable[[Any], None]:
    def change(made: Any) -> None:
        (made.facts if name in made.facts else made.controller_facts)[name] = value

    return change


def set_pod(name: str, value: Any) -> Callable[[Any], None]:
    def change(made: Any) -> None:
        pods = made.pods if name in made.pods else made.controller_pods
        if value is None:
            del pods[name]
        else:
            pods[name] = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (set_fact("kafka-1", Unknown("the exec failed")), "broker pod kafka-1 could not be read: the exec failed"),
        (
            set_fact("kafka-1", NotRunning("the pod does not exist")),
            "broker pod kafka-1 could not be read: the pod does not exist",
        ),
        (set_pod("kafka-1", pod("kafka-1", ready=False)), "broker pod kafka-1 is not Ready"),
        (set_pod("kafka-1", None), "broker pod kafka-1 is not Ready"),
        (set_pod("kafka-kraft-2", pod("kafka-kraft-2", ready=False)), "controller pod kafka-kraft-2 is not Ready"),
        (set_fact("kafka-1", process(0)), "pods kafka-0 and kafka-1 both run node 0"),
        (set_fact("kafka-kraft-0", process(2)), "pods kafka-2 and kafka-kraft-0 both run node 2"),
        (
            set_fact("kafka-2", process(2, cluster_id="another")),
            f"the nodes are of several clusters: {CLUSTER_ID} (pod kafka-0), another (pod kafka-2)",
        ),
    ],
)
def test_what_is_wrong_with_a_node(monkeypatch: pytest.MonkeyPatch, change: Callable[[Any], None], said: str) -> None:
    made = world(monkeypatch)
    change(made)
    assert wrong(made) == said


def test_a_node_whose_identity_cannot_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    made.facts["kafka-1"].node_id = None
    assert wrong(made) == "pod kafka-1 has no node id"
    made = world(monkeypatch)
    for facts in (*made.facts.values(), *made.controller_facts.values()):
        facts.meta = ()
    assert "cluster id not known" in serving.require(made, print).text


def test_nodes_that_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wrong(world(monkeypatch, facts={}, pods={})) == "there are no brokers"
    made = world(monkeypatch)
    del made.controller_facts["kafka-kraft-2"]
    assert wrong(made) == "2 of 3 controllers exist"


def test_the_quorum(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)

    def sees(found: Any, voters: tuple[int, ...] = (3000, 3001, 3002)) -> None:
        monkeypatch.setattr(partitions, "see_quorum", lambda _cluster: partitions.Seen(made, {}, found, voters))

    sees(quorum(leader=None))
    assert wrong(made) == "the quorum has no leader"
    sees(quorum(voters={3000: 0, 3001: 7, 3002: 0}))
    assert wrong(made) == "controller 3001 has not caught up with leader 3000"
    # it does not answer, and is a voter
    sees(quorum(voters={3000: 0, 3001: 0}))
    assert wrong(made) == "controller 3002 has not caught up with leader 3000"
    monkeypatch.setattr(partitions, "see_quorum", lambda _cluster: None)
    assert wrong(made) == "no controller of n/kafka is known, and its brokers run in KRaft mode"


def test_what_cannot_be_read_is_waited_for_and_a_missing_right_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    made = world(monkeypatch)
    errors: list[Exception] = [Unreachable("the controllers do not answer")]

    def see_quorum(cluster: Any) -> Any:
        if errors:
            raise errors.pop()
        return made.see_quorum(cluster)

    monkeypatch.setattr(partitions, "see_quorum", see_quorum)
    assert serving.require(made, made.said.append).leader == 3000
    assert made.said == ["the controllers do not answer"]
    errors.append(Forbidden("no exec"))
    with pytest.raises(Forbidden):
        serving.require(made, print)
