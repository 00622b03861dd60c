# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""check.yml on real clusters: plain StatefulSets in ZooKeeper mode and finalized, and Strimzi's double; with and without a broker taken away.

The tests of the plain cluster are steps on one way and run in their order.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import LEASE, PDB, POD

from tests.e2e import audit
from tests.e2e.fleet import ACCOUNT, Outcome
from tests.e2e.places import one_sentence
from tests.e2e.strimzi_scene import Led, calm
from tests.e2e.trip import FINAL, Trip, quiet, until
from tests.sandbox.fixtures import FixtureSpec

SPEC = FixtureSpec(namespace="e2e-check", topics=2, dns_ttl=1)
TOPIC = re.compile(r"kraft-check-[a-z0-9]{6}")
DISRUPT: dict[str, Any] = {"kraft_check_disrupt": True}
BROKERS = {0, 1, 2}


@pytest.fixture(scope="module")
def trip(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trip]:
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster")
    with quiet(SPEC, tmp_path_factory.mktemp("check")) as found:
        yield found


def own_topics(trip: Trip) -> list[str]:
    """Topics of checks that are there."""
    return [name for name in trip.topics() if TOPIC.fullmatch(name)]


def served(done: Outcome, ids: set[int], records: int = 300) -> dict[str, Any]:
    """What a check found that went well: partitions on three brokers, every record."""
    found = done.result("Check")
    assert TOPIC.fullmatch(found["topic"])
    assert found["topic"] in done.output
    assert [row["partition"] for row in found["partitions"]] == [0, 1, 2]
    for row in found["partitions"]:
        assert set(row["isr"]) == set(row["replicas"]) == ids
        assert row["leader"] in row["isr"]
    assert found["records"] == {"produced": records, "consumed": records}
    assert found["left"] == []
    return found


def shrank_and_recovered(trip: Trip, done: Outcome, mark: int) -> dict[str, Any]:
    """A check with a broker taken away that went well: that pod alone was deleted, and the times are in their order."""
    found = served(done, BROKERS, 600)
    gone, seconds = found["disrupted"], found["seconds"]
    assert audit.removals_since(mark, trip.place.namespace, ACCOUNT) == [gone["pod"]]
    assert 0 < seconds["isr_shrunk"] <= seconds["isr_complete"]
    assert seconds["pod_ready"] <= seconds["isr_complete"]
    assert f"the ISR went on without broker {gone['broker']}" in done.output
    assert "every partition of the cluster has a complete ISR again" in done.output
    assert own_topics(trip) == []
    lease = trip.place.client.find(LEASE, "kraft-migration-kafka", trip.place.namespace)
    assert not (lease or {"spec": {}})["spec"].get("holderIdentity"), "the Lease is given back"
    return found


def refused(trip: Trip, code: str, *words: str, **variables: Any) -> None:
    """The check ends with this code in one sentence; nothing was deleted, and no topic is left."""
    mark = audit.position()
    done = trip.target.play("check", **variables)
    assert done.status != 0, done.output
    assert done.failure["code"] == code, done.failure["msg"]
    one_sentence(done.failure["msg"], *words)
    assert audit.removals_since(mark, trip.place.namespace, ACCOUNT) == []
    assert own_topics(trip) == []


def test_check_mode_makes_nothing(trip: Trip) -> None:
    mark = audit.position()
    done = trip.target.play("check", "--check", **DISRUPT)
    assert done.status == 0, done.output
    assert "would run: make topic kraft-check-" in done.result("Check")["msg"]
    assert audit.writes_since(mark, trip.place.namespace, ACCOUNT) == []
    assert own_topics(trip) == []


def test_a_cluster_in_zookeeper_mode_serves(trip: Trip) -> None:
    mark, pods = audit.position(), trip.pods()
    found = served(trip.run("check"), BROKERS)
    assert found["controller"] in BROKERS
    assert found["quorum_leader"] is None
    assert found["disrupted"] is None
    # neither a Lease nor anything else in Kubernetes
    assert audit.writes_since(mark, trip.place.namespace, ACCOUNT) == []
    assert trip.pods() == pods
    assert own_topics(trip) == []


def test_other_numbers(trip: Trip) -> None:
    done = trip.run("check", kraft_check_partitions=1, kraft_check_replication_factor=1, kraft_check_records=7)
    found = done.result("Check")
    assert len(found["partitions"]) == 1
    assert len(found["partitions"][0]["isr"]) == 1
    assert found["records"] == {"produced": 7, "consumed": 7}


def test_topic_isr_shrinks_isr_recovers_in_zookeeper_mode(trip: Trip) -> None:
    mark = audit.position()
    found = shrank_and_recovered(trip, trip.run("check", **DISRUPT), mark)
    print(found["seconds"])


@pytest.mark.parametrize(
    ("variables", "code", "words"),
    [
        ({"kraft_check_partitions": 0}, "check-options", ["kraft_check_partitions is 0"]),
        ({"kraft_check_records": 1000000}, "check-options", ["1 to 10000"]),
        ({"kraft_check_replication_factor": 4}, "check-options", ["there are 3 brokers"]),
        ({"kraft_check_pod": "kafka-1"}, "check-options", ["kraft_check_disrupt"]),
        ({**DISRUPT, "kraft_check_replication_factor": 1}, "check-options", ["cannot survive"]),
        ({**DISRUPT, "kraft_check_pod": "zookeeper-0"}, "check-unsafe", ["zookeeper-0", "kafka-0, kafka-1, kafka-2"]),
    ],
)
def test_options_that_make_no_sense(trip: Trip, variables: dict[str, Any], code: str, words: list[str]) -> None:
    refused(trip, code, *words, **variables)


def test_a_partition_that_cannot_spare_the_broker(trip: Trip) -> None:
    trip.make("single 3 1")
    try:
        refused(trip, "check-unsafe", "single-", "min.insync.replicas", kraft_check_pod="kafka-1", **DISRUPT)
        # the leader of the new topic's partition 0 is known only when there is one
        refused(trip, "check-unsafe", "single-", **DISRUPT)
    finally:
        trip.kafka("kafka-topics --delete --topic single")


def test_a_budget_that_allows_none(trip: Trip) -> None:
    client, namespace = trip.place.client, trip.place.namespace
    budget = client.list(PDB, namespace)[0]["metadata"]["name"]
    before = client.get(PDB, budget, namespace)["spec"]
    client.patch(PDB, budget, namespace, {"spec": {"maxUnavailable": 0, "minAvailable": None}})
    try:
        until(
            lambda: client.get(PDB, budget, namespace)["status"].get("disruptionsAllowed") == 0,
            "the budget allows some",
        )
        refused(trip, "check-unsafe", f"PodDisruptionBudget {budget}", kraft_check_pod="kafka-1", **DISRUPT)
    finally:
        client.patch(PDB, budget, namespace, {"spec": {"maxUnavailable": None, "minAvailable": None, **before}})


def test_a_run_that_is_killed_leaves_nothing_or_it_is_told(trip: Trip) -> None:
    output = trip.target.kill("check", r"partition 2: leader")
    killed = TOPIC.search(output)
    assert killed is not None
    found = trip.run("check").result("Check")
    # its removal was begun in the pod; where that took too long the next check tells what is left, and does not touch it
    assert found["left"] in ([], [killed[0]])
    if own_topics(trip):
        print(f"left by a run that was killed: {killed[0]}")
        trip.kafka(f"kafka-topics --delete --if-exists --topic {killed[0]}")
    until(lambda: own_topics(trip) == [], f"topic {killed[0]} is still there", 60)


def test_the_topic_of_another_check_is_told(trip: Trip) -> None:
    trip.make("kraft-check-abc123 1 3")
    try:
        done = trip.run("check")
        assert done.result("Check")["left"] == ["kraft-check-abc123"]
        assert "kafka-topics.sh --bootstrap-server BROKER:9092 --delete --topic kraft-check-abc123" in done.output
        assert own_topics(trip) == ["kraft-check-abc123"]
    finally:
        trip.kafka("kafka-topics --delete --topic kraft-check-abc123")


def test_a_finalized_cluster_serves(trip: Trip) -> None:
    trip.run("migrate")
    # brokers in ZooKeeper mode, and a quorum beside them
    found = served(trip.run("check"), BROKERS)
    assert found["quorum_leader"] in found["quorum_voters"]
    trip.run("finalize", **FINAL)
    found = served(trip.run("check"), BROKERS)
    assert found["controller"] is None
    assert found["quorum_voters"] == [1000, 1001, 1002]
    assert found["quorum_leader"] in found["quorum_voters"]


def test_topic_isr_shrinks_isr_recovers_in_kraft_mode(trip: Trip) -> None:
    mark = audit.position()
    found = shrank_and_recovered(trip, trip.run("check", kraft_check_pod="kafka-2", **DISRUPT), mark)
    assert found["disrupted"] == {"pod": "kafka-2", "broker": 2}
    print(found["seconds"])


def test_a_pod_that_is_not_ready_is_told(trip: Trip) -> None:
    trip.kafka("kafka-topics --list")
    client, namespace = trip.place.client, trip.place.namespace
    uid = client.get(POD, "kafka-1", namespace)["metadata"]["uid"]
    client.delete(POD, "kafka-1", namespace, uid=uid)
    done = trip.target.play("check", **DISRUPT)
    # it was refused, or the pod was back in time
    if done.status:
        assert done.failure["code"] in ("check-unsafe", "check-not-served"), done.failure["msg"]
        one_sentence(done.failure["msg"], "kafka-")
    trip.settle()


@pytest.fixture(scope="module")
def led(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Led]:
    with calm("e2e-check-strimzi", tmp_path_factory.mktemp("strimzi")) as found:
        yield found


def test_topic_isr_shrinks_isr_recovers_where_strimzi_leads(led: Led) -> None:
    before = {name: pod["metadata"]["uid"] for name, pod in led.double.pods().items()}
    found = led.play("check").result("Check")
    assert found["records"] == {"produced": 300, "consumed": 300}
    assert {name: pod["metadata"]["uid"] for name, pod in led.double.pods().items()} == before
    done = led.play("check", **DISRUPT)
    found = done.result("Check")
    assert found["records"] == {"produced": 600, "consumed": 600}
    now = {name: pod["metadata"]["uid"] for name, pod in led.double.pods().items()}
    assert [name for name, uid in before.items() if now.get(name) != uid] == [found["disrupted"]["pod"]]
    assert TOPIC.search(led.target.play("check", "--check").output) is None
