# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 1: the gates of the irreversible step, each alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import parity
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.parity import Parity
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import Difference, Image
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.metadata_records import Registration
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import journal
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import Scope
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import gates
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Forbidden,
    KraftError,
    Refused,
)

from tests.unit.plugins.module_utils.fakes import PARAMS, statefulset
from tests.unit.plugins.module_utils.scenes import ago, at_stage, cluster_with, quorum


def shut(cluster: Any, **options: Any) -> Any:
    with pytest.raises(Refused) as raised:
        gates.require(cluster, **options)
    rows = raised.value.detail["gates"]
    closed = [row["code"] for row in rows if not row["passed"] and not row["accepted"]]
    assert raised.value.code == closed[0]
    for code in closed:
        assert f"{code}: " in raised.value.message
    return closed


def test_every_gate_is_open(registered: Any, seen: Any) -> None:
    rows = gates.require(cluster_with())
    assert [row.code for row in rows if not row.passed] == []
    assert {row.as_dict([])["name"] for row in rows} >= {
        "pure-dual-write",
        "registrations",
        "quorum",
        "soak",
        "confirm",
    }


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"state": state.ClusterState(state.HYBRID, "migrating")}, "gate-pure-dual-write"),
        ({"state": state.ClusterState(state.MIXED, "a roll is under way")}, "gate-pure-dual-write"),
        (
            {"view": SimpleNamespace(brokers={1: None}, assigned_brokers=set(), broker_is_controller=False)},
            "gate-pure-dual-write",
        ),
        # a rollback wrote other settings and was given up
        (
            {"statefulsets": [at_stage("kafka", "kraft"), at_stage("kafka-b", "migration")]},
            "gate-pure-dual-write",
        ),
        ({"flags": {"kafka-kraft-0": True, "kafka-kraft-1": Unknown("the exec failed")}}, "gate-pure-dual-write"),
        ({"controller_facts": {}}, "gate-registrations"),
        ({"journal": journal.Journal("kafka")}, "gate-soak"),
        ({"journal": journal.Journal("kafka", pure_since=ago(30))}, "gate-soak"),
        ({"params": {**PARAMS, "soak": 0}}, "gate-confirm"),
        (
            {"params": {**PARAMS, "confirm": ["other"], "soak": 0}},
            "gate-confirm",
        ),
    ],
)
def test_each_gate_is_named_when_it_is_shut(registered: Any, seen: Any, changed: Any, code: Any) -> None:
    """Rule 1: without each of them the irreversible step is refused."""
    assert shut(cluster_with(**changed)) == [code]


def differ(monkeypatch: Any, answer: Any) -> None:
    def compared(_cluster: Any, _progress: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(parity, "compared", compared)


UNLIKE = Parity(Image(), (Difference("topic", "t", None, {"id": "x"}, "topic t is only in KRaft"),))


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (UNLIKE, "gate-parity: ZooKeeper and KRaft differ: topic t is only in KRaft"),
        (DeadlineExceeded("did not end"), "gate-parity: ZooKeeper and KRaft could not be compared: did not end"),
    ],
)
def test_stores_that_differ_or_cannot_be_compared_close_a_gate(
    registered: Any, seen: Any, monkeypatch: Any, answer: Any, text: str
) -> None:
    differ(monkeypatch, answer)
    with pytest.raises(Refused) as refused:
        gates.require(cluster_with())
    assert text in refused.value.message
    accepting = cluster_with()
    accepting.params = {**accepting.params, "accept": ["gate-parity"]}
    assert [row.code for row in gates.require(accepting) if not row.passed] == ["gate-parity"]


def test_a_missing_permission_is_no_closed_gate(registered: Any, seen: Any, monkeypatch: Any) -> None:
    differ(monkeypatch, Forbidden("pods/exec is not allowed"))
    with pytest.raises(Forbidden):
        gates.require(cluster_with())


def test_between_restarts_the_stores_are_not_compared_again(registered: Any, seen: Any, monkeypatch: Any) -> None:
    differ(monkeypatch, AssertionError("compared"))
    assert "gate-parity" not in [row.code for row in gates.require(cluster_with(), thorough=False)]


def test_a_confirmation_of_a_namesake_opens_nothing(registered: Any, seen: Any) -> None:
    """Rule 1: kraft_confirm=kafka by -e reaches every cluster of that name; each has to be named with its namespace."""
    hosts = {"orders": "orders/kafka", "payments": "payments/kafka"}
    for namespace in hosts:
        scope = Scope(namespace, "kafka", namespace, hosts)
        for confirm, closed in (
            (["kafka"], ["gate-confirm"]),
            (["orders/kafka"], ["gate-confirm"]),
            (["orders/kafka", "payments/kafka"], []),
        ):
            cluster = cluster_with(namespace=namespace)
            cluster.params = {**cluster.params, "scope": scope, "confirm": confirm}
            if closed:
                assert shut(cluster) == closed
            else:
                gates.require(cluster)


def test_after_the_point_of_no_return_no_gate_stops_the_rest(registered: Any, seen: Any) -> None:
    """One controller without the flag has led: whoever stops now leaves the cluster in between for ever."""
    flags = {"kafka-kraft-0": True, "kafka-kraft-1": False, "kafka-kraft-2": True}
    cluster = cluster_with(flags=flags, state=state.ClusterState(state.MIXED, "why"), journal=journal.Journal("kafka"))
    assert shut(cluster) == ["gate-soak"]
    seen[:] = [quorum(leader=3001)]
    gates.require(cluster)


def test_gates_that_nobody_can_accept(registered: Any, seen: Any) -> None:
    """Rule 1: accepting by name opens only what the catalogue marks as acceptable."""
    accept = ["gate-pure-dual-write", "gate-registrations", "gate-quorum", "gate-confirm"]
    hybrid = state.ClusterState(state.HYBRID, "migrating")
    cluster = cluster_with(state=hybrid, params={**PARAMS, "accept": accept, "soak": 0})
    del registered[1]
    seen[:] = [quorum(leader=None)]
    assert shut(cluster) == ["gate-pure-dual-write", "gate-registrations", "gate-quorum", "gate-confirm"]


def test_the_gate_stays_open_while_the_controllers_are_rolled(registered: Any, seen: Any) -> None:
    cluster = cluster_with(
        state=state.ClusterState(state.MIXED, "controller roll under way"),
        flags={"kafka-kraft-0": False, "kafka-kraft-1": True, "kafka-kraft-2": True},
    )
    gates.require(cluster)


@pytest.mark.parametrize(
    ("broker", "entry", "words"),
    [
        (1, None, "broker 1 is not registered in KRaft"),
        (1, Registration(False, True), "broker 1 is still registered as a migrating ZooKeeper broker"),
        (2, Registration(True, False), "broker 2 is fenced"),
        (7, None, "broker 7 is not registered in KRaft"),
    ],
)
def test_every_broker_that_replicas_expect_is_registered(
    registered: Any, seen: Any, broker: Any, entry: Any, words: Any
) -> None:
    """Rule 1: a broker id in assignments counts although no pod runs it."""
    cluster = cluster_with()
    cluster.view.assigned_brokers = {0, 1, 2, broker}
    registered.pop(broker, None)
    if entry:
        registered[broker] = entry
    assert shut(cluster) == ["gate-registrations"]
    assert words in gates.evaluate(cluster)[1].sentence


@pytest.mark.parametrize(
    ("counts", "passed"),
    [
        ({"migrating_brokers": 0, "active_brokers": 3, "fenced_brokers": 0}, True),
        ({"migrating_brokers": 1, "active_brokers": 3, "fenced_brokers": 0}, False),
        ({"migrating_brokers": 0, "active_brokers": 2, "fenced_brokers": 0}, False),
        ({"migrating_brokers": 0, "active_brokers": 3, "fenced_brokers": 1}, False),
        # without the counts the registrations are read
        ({"active_brokers": 0}, True),
    ],
)
def test_the_counts_of_the_active_controller_between_restarts(
    registered: Any, seen: Any, counts: Any, passed: Any
) -> None:
    seen[:] = [quorum(counts=counts)]
    assert gates.evaluate(cluster_with(), thorough=False)[1].passed is passed


def test_registrations_that_cannot_be_read_shut_the_gate(registered: Any, seen: Any, monkeypatch: Any) -> None:
    def fails(_cluster: Any, _quorum: Any) -> None:
        raise KraftError("the tool failed")

    monkeypatch.setattr(gates, "registrations", fails)
    assert shut(cluster_with()) == ["gate-registrations"]


@pytest.mark.parametrize(
    "answer",
    [
        quorum(leader=None),
        quorum(voters={3000: 0, 3001: 0, 3002: 11}),
        quorum(voters={3000: 0, 3001: 0}),
    ],
)
def test_the_quorum_is_complete_and_caught_up(registered: Any, seen: Any, answer: Any) -> None:
    seen[:] = [answer]
    assert shut(cluster_with()) == ["gate-quorum"]


def test_a_quorum_that_cannot_be_asked_shuts_both_gates_that_need_it(registered: Any, seen: Any) -> None:
    seen[:] = [KraftError("no controller answered")]
    assert shut(cluster_with()) == ["gate-registrations", "gate-quorum"]
    assert [gate.sentence for gate in gates.evaluate(cluster_with())[1:3]] == [
        "the registrations could not be read: no controller answered",
        "no controller answered",
    ]


def test_the_quorum_is_asked_once_for_all_gates(registered: Any, seen: Any, monkeypatch: Any) -> None:
    """By tool it is a JVM start in a controller's pod, before every restart of a controller."""
    answers = iter([quorum()])
    monkeypatch.setattr(gates, "read_quorum", lambda _cluster: next(answers))
    gates.evaluate(cluster_with(), thorough=False)
    assert next(answers, None) is None


def test_voters_of_a_statefulset_that_was_scaled_down_are_still_voters(registered: Any, seen: Any) -> None:
    seen[:] = [quorum(voters={3000: 0})]
    assert shut(cluster_with(controllers=statefulset("kafka-kraft", replicas=1))) == ["gate-quorum"]
    assert shut(cluster_with(controllers=None)) == ["gate-quorum"]


def test_what_reaches_for_zookeeper_shuts_the_gate(registered: Any, seen: Any) -> None:
    """Rule 1: nothing in the pods still reaches for ZooKeeper."""
    waiting = at_stage("kafka", "kraft")
    waiting["spec"]["template"]["spec"]["initContainers"] = [
        {"name": "wait", "image": "busybox", "command": ["nc", "-z", "zookeeper", "2181"]}
    ]
    assert shut(cluster_with(statefulsets=[waiting])) == ["gate-zookeeper-reference"]
