# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One region of several: whose brokers and controllers the gates, the preflight and a rollback look at."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import quorum as quorums
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import checks, phases, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.metadata_records import Registration
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Controller, Migration
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import journal
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.regions import Region
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    gate,
    operator_gates,
    operator_preflight,
    operator_rollback,
    operator_status,
    preflight,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError, Refused
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import handover
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.handover import Heads

from tests.unit.plugins.module_utils.led_scene import AT_ZNODES, DECIDING, ROLLED_BACK, Operator, led
from tests.unit.plugins.module_utils.scenes import ago, quorum

MIGRATING, IN_KRAFT = Registration(fenced=False, migrating=True), Registration(fenced=False, migrating=False)


def soaked(seconds: float) -> journal.Journal:
    """A journal that has DUAL-WRITE since so long."""
    found = journal.Journal("kafka")
    found.add(ago(seconds), phases.DUAL_WRITE, "MigrateDualWrite", "MigrateDualWrite")
    return found


class Unread(SimpleNamespace):
    """A region whose journal cannot be read."""

    @property
    def journal(self) -> Any:
        raise KraftError("the API server is away")


def region(*, flag: Any = True, mode: str = state.MODE_MIGRATING, leads: bool = False, **changed: Any) -> Any:
    """The other region: broker 100, controller 9900."""
    base = {
        "namespace": "west",
        "name": "kafka",
        "client": "its client",
        "flags": {"kafka-kraft-0": flag} if flag is not None else {},
        "modes": {"kafka-0": mode},
        "pod_of_broker": {100: "kafka-0"},
        "controller_ids": {9900: "kafka-kraft-0"} if leads else {},
        "controller_facts": {},
        "controller_container": "kafka",
        "has_controllers": flag is not None,
        "journal": soaked(2 * 86400),
        "changed": lambda *_parts: None,
    }
    return SimpleNamespace(**{**base, **changed})


def cluster(other: Any, **changed: Any) -> Any:
    return led(changed.pop("operator", None), others=(other,), elsewhere={100: "west/kafka"}, **changed)


# the quorum


def test_the_quorum_is_asked_where_its_leader_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A follower knows neither what is committed nor how far the others are."""
    asked: list[Any] = []

    def status(client: Any, namespace: str, members: Any, *, migration: bool) -> Any:
        asked.append(namespace)
        return quorum(leader=9900 if namespace == "west" else None)

    monkeypatch.setattr(quorums, "quorum_status", status)
    there = cluster(region(leads=True))
    monkeypatch.setattr(quorums, "members", lambda _each: {})
    found = quorums.read_quorum(there)
    assert asked == ["n", "west"]
    assert found.leader == 9900
    assert quorums.seat(there, found) is there.others[0]
    registered: list[Any] = []

    def note(client: Any, *_arguments: Any, **_options: Any) -> dict[int, Any]:
        registered.append(client)
        return {}

    monkeypatch.setattr(quorums, "broker_registrations", note)
    quorums.registrations(there, found)
    assert registered == ["its client"]


def test_a_leader_here_is_not_looked_for_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def status(_client: Any, namespace: str, _members: Any, *, migration: bool) -> Any:
        asked.append(namespace)
        return quorum(leader=3000)

    monkeypatch.setattr(quorums, "quorum_status", status)
    monkeypatch.setattr(quorums, "members", lambda _each: {})
    here = cluster(region(leads=True))
    assert quorums.seat(here, quorums.read_quorum(here)) is here
    assert asked == ["n"]
    # no leader anywhere: what this region says, and this region
    monkeypatch.setattr(quorums, "quorum_status", lambda *_a, **_o: quorum(leader=None))
    assert quorums.seat(here, quorums.read_quorum(here)) is here
    assert quorums.read_quorum(cluster(region(flag=None))).leader is None


# the gates


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> dict[int, Registration]:
    found = {**dict.fromkeys(range(3), MIGRATING), 100: MIGRATING}
    monkeypatch.setattr(operator_gates, "read_quorum", lambda _cluster: quorum())
    monkeypatch.setattr(operator_gates, "registrations", lambda _cluster, _quorum: found)
    monkeypatch.setattr(gate, "of_parity", lambda _cluster: gate.Gate("gate-parity", False, "they differ"))
    return found


def gates(there: Any) -> dict[str, gate.Gate]:
    return {each.code: each for each in operator_gates.evaluate(there)}


def test_the_brokers_of_the_other_regions_have_to_be_registered(registered: dict[int, Registration]) -> None:
    assert gates(cluster(region()))["gate-registrations"].sentence == "4 brokers registered as migrating, none fenced"
    del registered[100]
    found = gates(cluster(region()))["gate-registrations"]
    assert (found.passed, found.sentence) == (False, "broker 100 is not registered in KRaft")


def test_those_of_a_finalized_region_run_in_kraft_mode_and_no_others(registered: dict[int, Registration]) -> None:
    registered[100] = IN_KRAFT
    assert not gates(cluster(region()))["gate-registrations"].passed, "its controllers have the flag"
    assert not gates(cluster(region(flag=Unknown("exec failed"))))["gate-registrations"].passed
    found = gates(cluster(region(flag=False)))["gate-registrations"]
    assert found.passed
    assert found.sentence == "3 brokers registered as migrating, 1 in KRaft mode, none fenced"
    registered[100] = Registration(fenced=True, migrating=False)
    assert not gates(cluster(region(flag=False)))["gate-registrations"].passed
    registered[100], registered[1] = IN_KRAFT, IN_KRAFT
    assert not gates(cluster(region(flag=False)))["gate-registrations"].passed, "a broker of ours"


@pytest.mark.parametrize(
    ("flag", "passed"), [(True, True), (False, True), (Unknown("exec failed"), False), (None, False)]
)
def test_every_controller_has_the_flag_where_a_region_is_not_finalized(
    registered: dict[int, Registration], flag: Any, passed: bool
) -> None:
    assert gates(cluster(region(flag=flag)))["gate-dual-write"].passed is passed


def test_stores_are_compared_until_a_region_is_final(registered: dict[int, Registration]) -> None:
    """Afterwards ZooKeeper may not be written any more, and is no way back."""
    assert not gates(cluster(region()))["gate-parity"].passed
    assert not gates(cluster(region(flag=Unknown("exec failed"))))["gate-parity"].passed
    found = gates(cluster(region(flag=False)))["gate-parity"]
    assert found.passed
    assert found.sentence.startswith("not compared: west/kafka is finalized")


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (region(journal=soaked(60)), " s of kraft_soak 86400 s)"),
        (region(journal=journal.Journal("kafka")), "DUAL-WRITE is not recorded yet in west/kafka"),
        (
            Unread(**{key: value for key, value in vars(region()).items() if key != "journal"}),
            "the journal of west/kafka could not be read: the API server is away",
        ),
    ],
)
def test_the_soak_is_that_of_the_latest_region(registered: dict[int, Registration], other: Any, words: str) -> None:
    """Else the first is finalized, and the other stays behind until its own soak is over."""
    found = gates(cluster(other))["gate-soak"]
    assert not found.passed
    assert words in found.sentence
    assert gates(cluster(region()))["gate-soak"].passed


def test_behind_the_point_of_no_return_nobody_soaks(registered: dict[int, Registration]) -> None:
    found = gates(cluster(region(flag=False, journal=journal.Journal("kafka"))))["gate-soak"]
    assert found.passed
    assert found.sentence.startswith("not asked: west/kafka is finalized")


@pytest.mark.parametrize(
    ("flag", "leader", "words"),
    [
        (
            False,
            9900,
            "controller 9900 of west/kafka leads, which is finalized: the brokers of n/kafka are told of no new leaders",
        ),
        (False, 3000, ""),
        (False, None, ""),
        (True, 9900, ""),
        (False, KraftError("no answer"), "it could not be read which controller leads: no answer"),
    ],
)
def test_a_leader_without_the_flag_is_a_danger(
    monkeypatch: pytest.MonkeyPatch, flag: bool, leader: Any, words: str
) -> None:
    def read(_cluster: Any) -> Any:
        if isinstance(leader, KraftError):
            raise leader
        return quorum(leader=leader)

    monkeypatch.setattr(operator_gates, "read_quorum", read)
    found = operator_gates.left_alone(cluster(region(flag=flag, leads=True)))
    assert words in found
    assert bool(words) is bool(found)


def test_who_may_not_read_the_quorum_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_cluster: Any) -> Any:
        raise Forbidden("no exec")

    monkeypatch.setattr(operator_gates, "read_quorum", read)
    with pytest.raises(Forbidden):
        operator_gates.left_alone(cluster(region(flag=False)))


# preflight


def test_brokers_of_the_other_regions_are_no_strangers() -> None:
    there = cluster(region())
    there.view.brokers = dict.fromkeys((0, 1, 2, 100))
    assert preflight.membership_findings(there) == []
    there.elsewhere = {}
    assert [item.code for item in preflight.membership_findings(there)] == ["stranger-broker"]


@pytest.mark.parametrize(
    ("others", "words"),
    [((), "write kraft_region_of with the same name"), ((region(),), "add the host of its region, or stop it")],
)
def test_a_stranger_may_be_in_a_region_that_was_not_named(
    monkeypatch: pytest.MonkeyPatch, others: Any, words: str
) -> None:
    for rule in ("metadata_findings", "tool_findings", "_elsewhere", "zookeeper_rights"):
        monkeypatch.setattr(operator_preflight, rule, lambda _cluster: [])
    monkeypatch.setattr(operator_preflight, "version_findings", lambda _cluster, _target, _oldest: [])
    monkeypatch.setattr(operator_preflight, "permission_findings", lambda _cluster, *_needs: [])
    monkeypatch.setattr(checks, "stored", lambda *_words: [])
    there = led(Operator(Progress()), others=others)
    there.view.brokers = dict.fromkeys((0, 1, 2, 100))
    found = [item for item in operator_preflight.all_findings(there) if item.code == "stranger-broker"]
    assert [item.where for item in found] == ["broker 100"]
    assert words in found[0].sentence


@pytest.mark.parametrize(
    ("mode", "known", "codes"),
    [
        (state.MODE_ZOOKEEPER, (0, 1, 2, 100), []),
        (state.MODE_ZOOKEEPER, (0, 1, 2), ["broker-not-healthy"]),
        (state.MODE_UNKNOWN, (0, 1, 2), ["broker-not-healthy"]),
        (state.MODE_KRAFT, (0, 1, 2), []),
    ],
)
def test_brokers_of_the_other_regions_are_registered(mode: str, known: tuple[int, ...], codes: list[str]) -> None:
    there = cluster(region(mode=mode))
    there.view.brokers = dict.fromkeys(known)
    found = operator_preflight._elsewhere(there)  # pylint: disable=protected-access
    assert [item.code for item in found] == codes
    assert all("broker 100 of west/kafka" in item.sentence for item in found)


# status


def test_the_status_says_where_the_other_regions_are() -> None:
    there = cluster(region(), operator=Operator(DECIDING))
    west = Region("west", 1, 100, Progress(True, "MIGRATE", "MigrateMonitorMigrationProgress"))
    there.driver.regions = lambda: [Region("east", 2, 0), west, Region("north", 1, 200)]
    found = operator_status.status(there)
    assert found["regions"][0] == {
        "region": "west",
        "phase": "MIGRATE",
        "sub_phase": "MigrateMonitorMigrationProgress",
        "voters": 1,
    }
    line = operator_status.operator_line(found)
    assert line.endswith("; region west MIGRATE/MigrateMonitorMigrationProgress; region north not started")
    assert found["dangers"] == []


def test_a_region_that_cannot_be_read_is_a_danger_and_no_end_of_the_status() -> None:
    there = cluster(region(), operator=Operator(DECIDING))

    def unreadable() -> Any:
        raise Refused("region west could not be read", code="region-unreadable")

    there.driver.regions = unreadable
    found = operator_status.status(there)
    assert (found["regions"], found["dangers"]) == ([], ["region west could not be read"])


# rolling back


@pytest.mark.parametrize("mode", [state.MODE_KRAFT, state.MODE_UNKNOWN])
def test_znodes_stay_while_a_broker_anywhere_needs_the_quorum(mode: str) -> None:
    there = cluster(region(mode=mode), operator=Operator(AT_ZNODES))
    with pytest.raises(Refused, match="run in KRaft mode, or could not be read") as refused:
        operator_rollback.remove_znodes(there, lambda _text: None)
    assert refused.value.code == "wrong-state"


def test_controllers_of_another_region_know_what_is_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours may be gone: while theirs lead, ZooKeeper has to have everything before the znodes go."""
    heads = Heads(None, None, None, Controller(9900, 7, False), 3, Migration(9900, 7, 141, 7))
    monkeypatch.setattr(handover, "read_heads", lambda _session: heads)
    monkeypatch.setattr(handover, "highest_stored_epoch", lambda _session: 6)
    asked: list[str] = []

    def read(_cluster: Any) -> Any:
        asked.append("asked")
        return quorum(leader=None)

    monkeypatch.setattr(operator_rollback, "read_quorum", read)
    other = region(controller_facts={"kafka-kraft-0": SimpleNamespace(settings={})})
    there = cluster(other, operator=Operator(AT_ZNODES), controller_facts={})
    with pytest.raises(Refused, match="ZooKeeper lags behind the quorum"):
        operator_rollback.remove_znodes(there, lambda _text: None)
    assert asked == ["asked"]


def heads_after(monkeypatch: pytest.MonkeyPatch, migration: Any = None, controller: Any = None) -> None:
    held = controller or Controller(2, -1, True)
    node = SimpleNamespace(data=b"{}") if migration else None
    monkeypatch.setattr(handover, "read_heads", lambda _s: Heads(None, None, node, held, 8, None))  # type: ignore[arg-type]


def test_the_last_region_proves_that_the_migration_znode_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The controllers of the others may write it at any time: a region that comes before says so, and cannot prove it."""
    heads_after(monkeypatch, migration=True)
    plain = dict.fromkeys(("kafka-0", "kafka-1", "kafka-2"), state.MODE_ZOOKEEPER)
    first = cluster(region(), operator=Operator(ROLLED_BACK), modes=plain)
    proof = operator_rollback.prove(first)
    assert proof[0]["evidence"] == "left to the rollback of west/kafka, whose controllers still exist"
    last = cluster(region(flag=None), operator=Operator(ROLLED_BACK), modes=plain)
    with pytest.raises(KraftError, match="/migration"):
        operator_rollback.prove(last)
    heads_after(monkeypatch)
    assert operator_rollback.prove(last)[0]["evidence"] == "there is none"


def test_every_region_proves_that_a_broker_is_controller(monkeypatch: pytest.MonkeyPatch) -> None:
    heads_after(monkeypatch, controller=Controller(9900, 7, False))
    plain = dict.fromkeys(("kafka-0", "kafka-1", "kafka-2"), state.MODE_ZOOKEEPER)
    with pytest.raises(KraftError, match="/controller"):
        operator_rollback.prove(cluster(region(), operator=Operator(ROLLED_BACK), modes=plain))
