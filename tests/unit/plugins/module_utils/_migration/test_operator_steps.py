# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for an operator: until it is past a sub-phase, or until that would be in vain."""

from __future__ import annotations

import dataclasses
import time
from itertools import chain, repeat
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import progress
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import checks, phases, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import setting_rules
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    operator_preflight,
    operator_status,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.operator_steps import (
    agreement,
    rests,
    started_as,
    wait_for_znodes,
    wait_past,
    wait_until_it_waits,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import Signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded, KraftError

from tests.unit.plugins.module_utils.led_scene import AT_ZNODES, COMPLETE, DECIDING, ROLLED_BACK, Operator, led
from tests.unit.plugins.module_utils.scenes import facts

AT_START = Progress(True, phases.SETUP, "SetupPreChecks")
ROLLING_BACK = Progress(
    True, phases.ROLLBACK, "RollbackToZkEnsureKafkaRollIsComplete", asked=frozenset({Verb.ROLLBACK})
)
FAILED = Progress(True, phases.FAILURE, "SetupPreChecks", "a key is blocked", failed=True)


def test_a_sub_phase_is_waited_for_and_the_wait_is_told() -> None:
    said: list[str] = []
    seen = wait_past(led(Operator(AT_START, DECIDING)), "SetupComplete", said.append)
    assert seen == DECIDING
    assert said == [
        "the operator is at SETUP/SetupPreChecks, brokers 3/3 Ready",
        "the operator is past it: DUAL-WRITE/MigrateDualWrite",
    ]


def test_a_wait_says_again_what_it_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """No wait longer than 5 s without a line: the pods are looked at once a second."""
    monkeypatch.setattr("time.monotonic", chain([0.0, 3.9, 3.9, 4.1, 4.1], repeat(9.0)).__next__)
    said: list[str] = []
    wait_past(led(Operator(AT_START, AT_START, AT_START, DECIDING)), "SetupComplete", said.append)
    assert [line.rpartition("Ready")[2] for line in said[:3]] == ["", ", for 4 s", ", for 8 s"]


@pytest.mark.parametrize(
    ("seen", "sub_phase", "code", "words"),
    [
        (FAILED, "SetupComplete", "operator-failed", "given up at FAILURE/SetupPreChecks (a key is blocked)"),
        (DECIDING, "MoveToKRaftControllerComplete", "wrong-state", "waits for the decision"),
        (AT_ZNODES, "SetupComplete", "wrong-state", "rolls back"),
        (DECIDING, "RollbackToZkComplete", "wrong-state", "was not asked to roll back"),
    ],
)
def test_what_will_not_come_is_not_waited_for(seen: Progress, sub_phase: str, code: str, words: str) -> None:
    with pytest.raises(KraftError, match=f"{sub_phase} will not come") as vain:
        wait_past(led(Operator(seen)), sub_phase, lambda _text: None)
    assert vain.value.code == code
    assert words in vain.value.message


@pytest.mark.parametrize(
    "wait",
    [
        lambda cluster: wait_past(cluster, "SetupComplete", lambda _text: None),
        lambda cluster: wait_past(cluster, "RollbackToZkComplete", lambda _text: None),
        lambda cluster: wait_for_znodes(cluster, "RollbackToZkWaitForManualNodeRemovalFromZk", lambda _text: None),
        lambda cluster: wait_until_it_waits(cluster, lambda _text: None),
    ],
)
def test_a_request_that_is_deleted_meanwhile_ends_every_wait_at_once(wait: Any) -> None:
    """Nothing goes on without it: neither is that waited for until the standstill, nor is it taken for an end."""
    with pytest.raises(KraftError, match="somebody deleted it, and nothing goes on") as gone:
        wait(led(Operator(Progress())))
    assert gone.value.code == "wrong-state"


def test_a_standstill_names_what_it_stands_at() -> None:
    with pytest.raises(DeadlineExceeded, match=r"^nothing moved for 900 s \(kraft_wait_timeout\): ") as still:
        wait_past(led(Operator(AT_START)), "SetupComplete", lambda _text: None)
    assert still.value.code == "operator-stuck"
    assert "brokers 3/3 Ready" in still.value.detail["reason"]


@pytest.mark.parametrize(
    ("seen", "sub_phase", "told"),
    [(AT_START, "SetupComplete", True), (ROLLING_BACK, "RollbackToZkWaitForManualNodeRemovalFromZk", False)],
)
def test_what_the_controllers_write_of_a_copy_is_told(
    monkeypatch: pytest.MonkeyPatch, seen: Progress, sub_phase: str, told: bool
) -> None:
    monkeypatch.setattr(progress, "why_stuck", lambda _cluster: "c-0: Still waiting for all controller nodes ready")
    operator = Operator(seen)
    operator.waits_silently = False
    with pytest.raises(DeadlineExceeded) as still:
        wait_past(led(operator), sub_phase, lambda _text: None)
    assert ("c-0: Still waiting" in still.value.message) is told


def test_a_standstill_has_the_operators_own_words() -> None:
    seen = dataclasses.replace(AT_START, message="kafkaMetadataState ZooKeeper, strimzi.io/kraft migration")
    with pytest.raises(
        DeadlineExceeded, match=r"; it says kafkaMetadataState ZooKeeper, strimzi\.io/kraft migration; "
    ):
        wait_past(led(Operator(seen)), "SetupComplete", lambda _text: None)


def test_what_was_told_while_it_was_followed_is_not_said_twice() -> None:
    operator = Operator(AT_START)
    operator.signals = Signals(f"brokers 3/3 Ready; {operator.hint(AT_START)}", "")
    with pytest.raises(DeadlineExceeded) as still:
        wait_past(led(operator), "SetupComplete", lambda _text: None)
    assert still.value.message.count(operator.hint(AT_START)) == 1


@pytest.mark.parametrize(
    ("seen", "name", "agree"),
    [
        (DECIDING, state.HYBRID, True),
        (DECIDING, state.PURE, True),
        (DECIDING, state.PREMIGRATION, False),
        (COMPLETE, state.FINALIZED, True),
        (COMPLETE, state.PURE, False),
        (ROLLED_BACK, state.ZOOKEEPER, True),
        (ROLLED_BACK, state.HYBRID, False),
        (AT_START, state.MIXED, True),
        (AT_ZNODES, state.MIXED, True),
        (Progress(), state.ZOOKEEPER, True),
    ],
)
def test_the_operators_word_and_kafkas_own_state(seen: Progress, name: str, agree: bool) -> None:
    said = agreement(led(state=state.ClusterState(name, "why")), seen)
    assert said == ("" if agree else f"the operator says {seen.where}, but the cluster is {name}: why")


@pytest.mark.parametrize(
    ("seen", "verb", "words"),
    [
        (Progress(), Verb.MIGRATE, ""),
        (AT_START, Verb.MIGRATE, "was asked to migrate: it is at SETUP/SetupPreChecks"),
        (DECIDING, Verb.FINALIZE, ""),
        (COMPLETE, Verb.FINALIZE, "was asked to finalize: it is at COMPLETE"),
        (Progress(True, phases.COMPLETE), Verb.FINALIZE, "the migration is complete"),
        (DECIDING, Verb.ROLLBACK, ""),
        (AT_ZNODES, Verb.ROLLBACK, "was asked to roll back"),
        (Progress(True, "", "RollbackToZkComplete"), Verb.ROLLBACK, "the rollback is complete"),
        (Progress(), Verb.ROLLBACK, ""),
    ],
)
def test_what_was_asked_is_not_asked_again(seen: Progress, verb: Verb, words: str) -> None:
    assert words in started_as(seen, verb)
    assert bool(words) is bool(started_as(seen, verb))


# an operator that does not answer, and where one comes to rest


class Slow(Operator):
    """Whose every look takes a while, by the clock that the wait reads."""

    def __init__(self, clock: list[float], *says: Progress) -> None:
        super().__init__(*says)
        self.clock = clock

    def observe(self) -> Progress:
        self.clock[0] += 10
        return super().observe()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize("follow", [lambda *words: wait_past(words[0], "SetupComplete", words[1]), wait_until_it_waits])
@pytest.mark.parametrize(("timeout", "seconds"), [(900, 60), (25, 25)])
def test_an_operator_that_says_nothing_does_not_answer(
    clock: list[float], follow: Any, timeout: int, seconds: int
) -> None:
    cluster = led(Slow(clock, *repeat(Progress(True), 20)), params={"wait_timeout": timeout})
    said = f"has said nothing of the request for {seconds} s.*look at its log"
    with pytest.raises(DeadlineExceeded, match=said) as error:
        follow(cluster, [].append)
    assert error.value.code == "operator-silent"


def test_one_that_has_said_something_is_followed_on(clock: list[float]) -> None:
    cluster = led(Slow(clock, *repeat(AT_START, 20), DECIDING))
    assert wait_past(cluster, "SetupComplete", lambda _text: None) == DECIDING


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (DECIDING, "waits for the decision"),
        (AT_ZNODES, "waits for the removal of the znodes"),
        (COMPLETE, "is at its end: COMPLETE"),
        (ROLLED_BACK, "is at its end: RollbackToZk"),
    ],
)
def test_where_an_operator_comes_to_rest(seen: Progress, words: str) -> None:
    assert words in rests(seen)
    assert wait_until_it_waits(led(Operator(AT_START, seen)), lambda _text: None) == seen


@pytest.mark.parametrize(
    "seen", [Progress(), AT_START, FAILED, Progress(True, phases.DUAL_WRITE, asked=frozenset({Verb.FINALIZE}))]
)
def test_and_where_not(seen: Progress) -> None:
    assert rests(seen) == ""


# preflight


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Kafka's own rules, which other tests are about: only which of them is asked."""
    asked: list[str] = []

    def noted(name: str) -> Any:
        def rule(*_arguments: Any, **_words: Any) -> list[Any]:
            asked.append(name)
            return []

        return rule

    for name in ("membership_findings", "metadata_findings", "version_findings", "tool_findings", "zookeeper_rights"):
        monkeypatch.setattr(operator_preflight, name, noted(name))
    monkeypatch.setattr(operator_preflight, "blocking_settings", lambda _settings: [])
    monkeypatch.setattr(operator_preflight, "permission_findings", lambda _cluster, *_needs: [])
    monkeypatch.setattr(operator_preflight, "kraft_brokers", lambda _cluster: [])
    monkeypatch.setattr(checks, "stored", lambda *arguments: noted(f"stored with {arguments[3]}")())
    return asked


@pytest.mark.parametrize("connect", ["z:2181", None])
def test_preflight_asks_the_operator_and_kafka(rules: list[str], connect: Any) -> None:
    operator = Operator(Progress())
    of_operator = finding("operator-annotation", "n/kafka", "an annotation was left behind")
    operator.found = [of_operator]
    operator.remains = ["kafka-kraft-0", "PersistentVolumeClaim/data0-kafka-kraft-0"]
    found: list[Any] = list(operator_preflight.all_findings(led(operator, zookeeper_connect=connect)))
    assert found == [of_operator]
    assert rules[:4] == ["membership_findings", "metadata_findings", "version_findings", "tool_findings"]
    assert rules[4:] == (["zookeeper_rights", "stored with ['data0-kafka-kraft-0']"] if connect else [])


@pytest.mark.parametrize("seen", [AT_START, DECIDING])
def test_once_the_operator_has_begun_kafka_is_its_own(rules: list[str], seen: Progress) -> None:
    """It restarts brokers: a run that follows it again is not refused because one is down just now."""
    operator = Operator(seen)
    operator.found = ["of the operator"]
    found: list[Any] = list(operator_preflight.all_findings(led(operator)))
    assert (found, rules) == (["of the operator"], [])


@pytest.mark.parametrize("seen", [AT_ZNODES, ROLLED_BACK])
def test_an_attempt_that_is_rolled_back_comes_first(rules: list[str], seen: Progress) -> None:
    (found,) = operator_preflight.all_findings(led(Operator(seen)))
    assert found.code == "rollback-pending"
    assert "run rollback.yml again first" in found.sentence
    assert rules == []


@pytest.mark.parametrize("code", operator_preflight.FIRST)
def test_behind_some_findings_nothing_is_looked_at(rules: list[str], code: str) -> None:
    operator = Operator(Progress())
    operator.found = [finding(code, "n/kafka", "it is so")]
    assert operator_preflight.all_findings(led(operator)) == operator.found
    assert rules == []


def test_missing_permissions_are_told_alone(rules: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be read would come out as a finding of its own otherwise."""
    asked: list[Any] = []

    def missing(_cluster: Any, needs: Any, document: str) -> list[Any]:
        asked.append((needs, document))
        return ["a permission"]

    monkeypatch.setattr(operator_preflight, "permission_findings", missing)
    found: list[Any] = list(operator_preflight.all_findings(led(Operator(Progress()))))
    assert found == ["a permission"]
    assert (asked, rules) == ([(["needs"], "docs/rbac.yml")], [])


@pytest.mark.parametrize(
    ("seen", "modes", "found"),
    [
        (Progress(), {"kafka-0": state.MODE_KRAFT}, ["cluster-born-kraft"]),
        (Progress(), {"kafka-0": state.MODE_KRAFT, "kafka-1": state.MODE_UNKNOWN}, []),
        (COMPLETE, {"kafka-0": state.MODE_KRAFT}, []),
    ],
)
def test_a_cluster_of_kraft_brokers_has_nothing_to_migrate(
    rules: list[str], seen: Progress, modes: Any, found: Any
) -> None:
    assert [item.code for item in operator_preflight.all_findings(led(Operator(seen), modes=modes))] == found


def test_a_setting_that_blocks_is_named_once_with_a_pod(rules: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = setting_rules.blocking_settings({})
    monkeypatch.setattr(operator_preflight, "blocking_settings", lambda _settings: blocks)
    brokers = {"kafka-0": facts(), "kafka-1": facts(), "kafka-2": Unknown("exec failed")}
    found = operator_preflight.all_findings(led(Operator(Progress()), facts=brokers))
    assert [(item.code, item.where) for item in found] == [(item.code, f"kafka-1: {item.key}") for item in blocks]
    assert found[0].sentence.startswith("kafka-1: ")


# status


@pytest.mark.parametrize(
    ("seen", "now", "locked", "words"),
    [
        (FAILED, state.MIXED, True, "'An operator that has given up' in the guide of this operator (a key is blocked)"),
        (
            Progress(True, phases.FAILURE, failed=True),
            state.MIXED,
            True,
            "'An operator that has given up' in the guide of this operator (see its log)",
        ),
        (AT_ZNODES, state.HYBRID, True, "rollback.yml (resumes from here)"),
        (COMPLETE, state.FINALIZED, True, "finalize.yml (exports the changed manifests and gives the locks back)"),
        (COMPLETE, state.FINALIZED, False, "nothing: the migration is complete"),
        (Progress(True, phases.FINALIZE), state.MIXED, True, "finalize.yml -e kraft_confirm=n/kafka (follows"),
        (
            Progress(True, phases.DUAL_WRITE, asked=frozenset({Verb.FINALIZE})),
            state.HYBRID,
            True,
            "finalize.yml -e kraft_confirm=n/kafka (follows",
        ),
        (DECIDING, state.HYBRID, True, "finalize.yml -e kraft_confirm=n/kafka (irreversible, in one go;"),
        (Progress(), state.HYBRID, True, "preflight.yml (the operator's objects are locked"),
        (Progress(), state.ZOOKEEPER, False, "preflight.yml, then setup.yml or migrate.yml"),
        (Progress(), state.FINALIZED, False, "nothing: the cluster runs in KRaft mode"),
        (AT_START, state.ZOOKEEPER, True, "migrate.yml"),
        (
            dataclasses.replace(AT_START, asked=frozenset({Verb.FINALIZE}), revocable=True),
            state.ZOOKEEPER,
            True,
            "rollback.yml, or take the request to finalize back",
        ),
    ],
)
def test_what_to_run_next(seen: Progress, now: str, locked: bool, words: str) -> None:
    found = operator_status.next_command("n/kafka", seen, state.ClusterState(now, "so it is"), locked)
    assert found.startswith(words)


def test_brokers_in_kraft_mode_on_a_log_of_an_earlier_attempt_are_a_danger() -> None:
    now = state.ClusterState(state.MIXED, f"broker roll to KRaft under way; {state.NOTHING_COPIED}")
    found = operator_status.status(led(Operator(AT_START), state=now))
    assert found["next"] == "rollback.yml"
    assert found["dangers"][0].endswith("run rollback.yml")
    assert operator_status.status(led(Operator(ROLLING_BACK), state=now))["dangers"] == []


def test_the_status_shows_both_and_their_disagreement() -> None:
    operator = Operator(DECIDING)
    operator.locks = ["Kafka n/kafka"]
    found = operator_status.status(led(operator, state=state.ClusterState(state.PREMIGRATION, "no copy yet")))
    assert (found["state"], found["phase"], found["lock"]) == (
        state.PREMIGRATION,
        phases.DUAL_WRITE,
        "the operator: Kafka n/kafka",
    )
    assert found["dangers"] == [
        "the operator says DUAL-WRITE/MigrateDualWrite, but the cluster is PREMIGRATION: no copy yet"
    ]
    assert found["since"] == found["journal"][-1]["time"]
    assert [len(found[key]) for key in ("brokers", "controllers")] == [3, 3]
    assert operator_status.operator_line(found) == (
        "operator DUAL-WRITE/MigrateDualWrite; waits for the decision to finalize or to roll back"
    )


def test_the_status_without_anything_to_say() -> None:
    cluster = led(Operator(Progress()), state=state.ClusterState(state.ZOOKEEPER, "plain"), zookeeper_connect=None)
    cluster.journal.events.clear()
    found = operator_status.status(cluster)
    assert (found["since"], found["dangers"], found["lock"], found["zookeeper"]) == (None, [], "", None)
    assert operator_status.operator_line(found) == "operator not started"
    assert operator_status.status(led(Operator(AT_ZNODES)))["phase"] == phases.ROLLBACK
    said = operator_status.status(led(Operator(FAILED)))
    assert operator_status.operator_line(said) == "operator FAILURE/SetupPreChecks: a key is blocked"


@pytest.mark.parametrize(
    ("asked", "alarmed"), [([0, 0, 1, 1], 1), ([1, 1, 1, 1], 1), ([0, 0, 0, 0], 0), ([0, 1, 0, 1], 2)]
)
def test_somebody_who_finalizes_while_it_is_followed_is_an_alarm(asked: list[int], alarmed: int) -> None:
    """Strimzi then skips its stop: what is told at the end of the wait comes too late."""
    at = "MigrateEnsureKafkaRollComplete"
    says = [
        Progress(True, phases.MIGRATE, at, asked=frozenset({Verb.FINALIZE} if each else set[Verb]())) for each in asked
    ]
    said: list[str] = []
    wait_past(led(Operator(*says, COMPLETE)), at, said.append)
    assert len([line for line in said if "told the operator to finalize" in line]) == alarmed + (not asked[-1])


@pytest.mark.parametrize(
    ("change", "mode", "asked", "alarmed"),
    [
        (True, state.MODE_MIGRATING, {Verb.FINALIZE}, 1),
        (True, state.MODE_KRAFT, {Verb.FINALIZE}, 0),
        (False, state.MODE_MIGRATING, {Verb.FINALIZE}, 0),
        (True, state.MODE_MIGRATING, set(), 0),
        (True, state.MODE_MIGRATING, {Verb.ROLLBACK}, 0),
    ],
)
def test_controllers_that_change_too_early_are_an_alarm_though_the_operator_says_nothing(
    change: bool, mode: str, asked: set[Verb], alarmed: int
) -> None:
    """CFK shows one sub-phase for the whole last phase: what the StatefulSet of the controllers shows has to do."""
    begun = Progress(True, phases.FINALIZE, "MoveToKRaftControllerTriggerZkRemoval", asked=frozenset(asked))
    if Verb.ROLLBACK in asked:
        begun = Progress(True, phases.ROLLBACK, "RollbackToZkEnsureKafkaRollIsComplete", asked=frozenset(asked))
    operator = Operator(begun, begun, begun, begun)
    operator.signals = Signals("brokers 3/3 Ready", "", controllers_change=change)
    said: list[str] = []
    with pytest.raises(KraftError):
        wait_past(
            led(operator, modes={"kafka-0": mode}),
            "RollbackToZkComplete" if Verb.ROLLBACK in asked else "MoveToKRaftControllerComplete",
            said.append,
        )
    assert len([line for line in said if line.startswith("DANGER: ")]) == alarmed


def test_a_rollback_that_was_asked_for_too_late_is_told() -> None:
    late = Progress(True, phases.COMPLETE, asked=frozenset({Verb.FINALIZE, Verb.ROLLBACK}))
    found = operator_status.status(led(Operator(late), state=state.ClusterState(state.FINALIZED, "so it is")))
    assert any("goes to the end all the same; take that request back" in text for text in found["dangers"])
    assert "rollback.yml" not in found["next"]
