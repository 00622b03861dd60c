# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 6.1 where an operator goes from hybrid to the end in one go: each gate alone, open, closed and unreadable."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import parity
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.parity import Parity
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import Difference, Image
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.metadata_records import Registration
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import journal
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import Scope
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import operator_gates
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Forbidden,
    KraftError,
    Refused,
)

from tests.unit.plugins.module_utils.fakes import PARAMS
from tests.unit.plugins.module_utils.led_scene import AT_ZNODES, COMPLETE, DECIDING, Operator, led
from tests.unit.plugins.module_utils.scenes import ago, facts, quorum

ALL = ["gate-dual-write", "gate-registrations", "gate-quorum", "gate-parity", "gate-soak", "gate-confirm"]


def closed(cluster: Any) -> dict[str, str]:
    """The gates that are closed, with their sentences; empty when the step would be taken."""
    found = {gate.code: gate.sentence for gate in operator_gates.evaluate(cluster) if not gate.passed}
    accepted = cluster.params["accept"]
    if not set(found) - set(accepted):
        assert [gate.code for gate in operator_gates.require(cluster)] == ALL
        return found
    with pytest.raises(Refused, match="nothing was changed") as refused:
        operator_gates.require(cluster)
    for code, sentence in found.items():
        assert f"{code}: {sentence}" in refused.value.message or code in accepted
    assert [row["code"] for row in refused.value.detail["gates"]] == ALL
    return found


def book(seconds: float | None) -> journal.Journal:
    made = journal.Journal("kafka")
    if seconds is not None:
        made.add(ago(seconds), phases.DUAL_WRITE, "MigrateDualWrite", "MigrateDualWrite")
    return made


def test_every_gate_is_open(migrating: Any, seen: Any) -> None:
    assert closed(led()) == {}
    sentences = [gate.sentence for gate in operator_gates.evaluate(led())]
    assert sentences[1] == "3 brokers registered as migrating, none fenced"
    assert sentences[5] == "kraft_confirm names n/kafka"


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (Progress(), "the operator is at not started, not in DUAL-WRITE"),
        (Progress(True, phases.MIGRATE, "MigrateMonitorMigrationProgress"), "is at MIGRATE/Migrate"),
        (Progress(True, phases.DUAL_WRITE, asked=frozenset({Verb.ROLLBACK})), "not in DUAL-WRITE"),
        (Progress(True, phases.FAILURE, failed=True), "is at FAILURE, not in DUAL-WRITE"),
        (AT_ZNODES, "not in DUAL-WRITE"),
        (COMPLETE, "not in DUAL-WRITE"),
    ],
)
def test_the_operator_waits_for_the_decision(migrating: Any, seen: Any, says: Progress, words: str) -> None:
    found = closed(led(Operator(says)))
    assert list(found) == ["gate-dual-write"]
    assert words in found["gate-dual-write"]


@pytest.mark.parametrize("name", [state.PREMIGRATION, state.MIXED, state.ZOOKEEPER, state.FINALIZED])
def test_what_the_operator_says_is_not_enough(migrating: Any, seen: Any, name: str) -> None:
    found = closed(led(state=state.ClusterState(name, "so the pods say")))
    assert found == {
        "gate-dual-write": f"the operator says {DECIDING.where}, but the cluster is {name}: so the pods say"
    }


def test_brokers_may_be_in_kraft_mode_in_dual_write(migrating: Any, seen: Any) -> None:
    """It is documented nowhere in which mode CFK's brokers are there; in both ZooKeeper has every change."""
    there = led(state=state.ClusterState(state.PURE, "so the pods say"))
    there.modes = dict.fromkeys(there.modes, state.MODE_KRAFT)
    migrating.update(dict.fromkeys(range(3), Registration(fenced=False, migrating=False)))
    assert closed(there) == {}
    there.modes["kafka-1"] = state.MODE_MIGRATING
    assert list(closed(there)) == ["gate-registrations"], "it says something else than it is"


def test_a_broker_in_kraft_mode_has_to_be_known_as_one(migrating: Any, seen: Any) -> None:
    """KAFKA-20960: before the first controller without the flag leads."""
    there = led(state=state.ClusterState(state.PURE, "so the pods say"))
    there.modes = dict.fromkeys(there.modes, state.MODE_KRAFT)
    migrating.update(dict.fromkeys((0, 2), Registration(fenced=False, migrating=False)))
    assert closed(there) == {
        "gate-registrations": "broker 1 runs in KRaft mode, and is still registered as a migrating ZooKeeper broker"
    }


@pytest.mark.parametrize(
    "flags", [{"kafka-kraft-0": True, "kafka-kraft-1": False}, {"kafka-kraft-0": Unknown("exec failed")}, {}]
)
def test_every_controller_has_the_flag(migrating: Any, seen: Any, flags: Any) -> None:
    """Rule 6.2: a restarted controller without it would end the migration by itself."""
    assert list(closed(led(flags=flags))) == ["gate-dual-write"]


@pytest.mark.parametrize(
    ("broker", "entry", "words"),
    [
        (1, None, "broker 1 is not registered in KRaft"),
        (1, Registration(False, False), "broker 1 is registered, but not as a migrating ZooKeeper broker"),
        (2, Registration(True, True), "broker 2 is fenced"),
        (7, None, "broker 7 is not registered in KRaft"),
    ],
)
def test_every_broker_is_registered_as_migrating(
    migrating: Any, seen: Any, broker: int, entry: Any, words: str
) -> None:
    """A broker id in assignments counts although no pod runs it: it would stay behind in ZooKeeper mode."""
    view = SimpleNamespace(brokers={}, assigned_brokers={0, 1, 2, broker})
    migrating.pop(broker, None)
    if entry:
        migrating[broker] = entry
    assert closed(led(view=view)) == {"gate-registrations": words}


def test_a_broker_whose_id_cannot_be_read_closes_the_gate(migrating: Any, seen: Any) -> None:
    brokers = {"kafka-0": facts(), "kafka-1": facts(), "kafka-2": Unknown("exec failed")}
    found = closed(led(facts=brokers, ids={"kafka-0": 0, "kafka-1": 1}, pod_of_broker={0: "kafka-0", 1: "kafka-1"}))
    assert found == {"gate-registrations": "the broker id of kafka-2 could not be read"}


def fails(error: Exception) -> Any:
    def raising(*_arguments: Any) -> Any:
        raise error

    return raising


def test_registrations_that_cannot_be_read_close_their_gate_alone(
    migrating: Any, seen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operator_gates, "registrations", fails(KraftError("the log could not be fetched")))
    assert closed(led()) == {"gate-registrations": "the registrations could not be read: the log could not be fetched"}
    monkeypatch.setattr(operator_gates, "registrations", fails(Forbidden("pods/exec")))
    with pytest.raises(Forbidden):
        operator_gates.evaluate(led())


@pytest.mark.parametrize(
    "answer", [quorum(leader=None), quorum(voters={3000: 0, 3001: 0, 3002: 11}), quorum(voters={3000: 0, 3001: 0})]
)
def test_the_quorum_is_complete_and_caught_up(migrating: Any, seen: Any, answer: Any) -> None:
    seen[:] = [answer]
    assert list(closed(led())) == ["gate-quorum"]


def test_a_quorum_that_cannot_be_asked_closes_both(migrating: Any, seen: Any) -> None:
    seen[:] = [KraftError("no controller answered")]
    assert closed(led()) == {
        "gate-registrations": "the registrations could not be read: no controller answered",
        "gate-quorum": "no controller answered",
    }
    seen[:] = [Forbidden("pods/exec")]
    with pytest.raises(Forbidden):
        operator_gates.evaluate(led())


UNLIKE = Parity(Image(), (Difference("topic", "t", None, {"id": "x"}, "topic t is only in KRaft"),))


@pytest.mark.parametrize(
    ("compared", "words"),
    [
        (lambda *_arguments: UNLIKE, "ZooKeeper and KRaft differ: topic t is only in KRaft"),
        (fails(DeadlineExceeded("did not end")), "ZooKeeper and KRaft could not be compared: did not end"),
    ],
)
def test_both_stores_hold_the_same(
    migrating: Any, seen: Any, monkeypatch: pytest.MonkeyPatch, compared: Any, words: str
) -> None:
    monkeypatch.setattr(parity, "compared", compared)
    assert closed(led()) == {"gate-parity": words}
    assert closed(led(params={**PARAMS, "confirm": ["kafka"], "accept": ["gate-parity"]})) == {"gate-parity": words}
    monkeypatch.setattr(parity, "compared", fails(Forbidden("pods/exec")))
    with pytest.raises(Forbidden):
        operator_gates.evaluate(led())


@pytest.mark.parametrize(
    ("since", "soak", "words"),
    [
        (None, 86400, "DUAL-WRITE is not recorded yet in n/kafka; run migrate.yml to its end first"),
        (None, 0, ""),
        (30, 86400, "in DUAL-WRITE since"),
        (90000, 86400, ""),
        (1, 0, ""),
    ],
)
def test_the_soak_is_in_hybrid(migrating: Any, seen: Any, since: Any, soak: int, words: str) -> None:
    found = closed(led(journal=book(since), params={**PARAMS, "confirm": ["kafka"], "soak": soak}))
    assert list(found) == (["gate-soak"] if words else [])
    assert words in found.get("gate-soak", "")


def test_a_soak_of_an_attempt_that_was_rolled_back_does_not_count(migrating: Any, seen: Any) -> None:
    again = book(2 * 86400)
    again.add(ago(86400), phases.ROLLBACK, "RollbackToZkComplete", "RollbackToZkComplete")
    assert list(closed(led(journal=again))) == ["gate-soak"]


@pytest.mark.parametrize("confirm", [[], ["other"]])
def test_the_name_is_typed(migrating: Any, seen: Any, confirm: Any) -> None:
    assert list(closed(led(params={**PARAMS, "confirm": confirm}))) == ["gate-confirm"]


def test_a_confirmation_of_a_namesake_opens_nothing(migrating: Any, seen: Any) -> None:
    hosts = {"orders": "orders/kafka", "payments": "payments/kafka"}
    params = {**PARAMS, "scope": Scope("orders", "kafka", "orders", hosts)}
    assert list(closed(led(params={**params, "confirm": ["kafka"]}))) == ["gate-confirm"]
    assert closed(led(params={**params, "confirm": ["orders/kafka", "payments/kafka"]})) == {}


def test_gates_that_nobody_can_accept(migrating: Any, seen: Any) -> None:
    """Rule 6.1: accepting by name opens only what the catalogue marks as acceptable."""
    accept = ["gate-dual-write", "gate-registrations", "gate-quorum", "gate-confirm"]
    del migrating[1]
    seen[:] = [quorum(leader=None)]
    cluster = led(Operator(Progress()), params={**PARAMS, "confirm": [], "accept": accept})
    with pytest.raises(Refused) as refused:
        operator_gates.require(cluster)
    assert [row["code"] for row in refused.value.detail["gates"] if not row["passed"]] == accept
    assert not any(row["accepted"] for row in refused.value.detail["gates"])
