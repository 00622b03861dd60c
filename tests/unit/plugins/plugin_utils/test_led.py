# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions do where an operator leads: what they wait for, what they refuse, and what they write in which order."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    level_epochs,
    operator_gates,
    operator_rollback,
    silent_wait,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.gate import Gate
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.operator_rollback import Evidence
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.silent_wait import Looks
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    KraftError,
    Refused,
)
from ansible_collections.kafkaops.kraft.plugins.plugin_utils import _exports
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._decision import DONE, NEEDED, NOT_NEEDED
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led import (
    Ask,
    Event,
    LedStep,
    RemoveZnodes,
    export,
)

from tests.unit.plugins.action.acting import Acts
from tests.unit.plugins.module_utils.led_scene import AT_ZNODES, COMPLETE, DECIDING, ROLLED_BACK, Operator, led

AT_START = Progress(True, phases.SETUP, "SetupPreChecks")
ROLLING = Progress(
    True, phases.FINALIZE, "MoveToKRaftControllerEnsureKafkaRollIsComplete", asked=frozenset({Verb.FINALIZE})
)
FAILED = Progress(True, phases.FAILURE, "SetupPreChecks", "a key is blocked", failed=True)
AFTER_ZNODES = Progress(True, phases.ROLLBACK, "RollbackToZkRemoveKRaftControllerDepsInKafka")
REMOVE, FROM_SETUP = (
    "RollbackToZkWaitForManualNodeRemovalFromZk",
    "RollbackToZkFromSetupWaitForManualNodeRemovalFromZk",
)
END, BACK = "MoveToKRaftControllerComplete", "RollbackToZkComplete"
POINT_OF_NO_RETURN = "MoveToKRaftControllerTriggerKRaftControllerMigrationModeRemoval"


def run_of(*says: Progress, sub_phase: str = "", cluster: Any = None, **params: Any) -> Any:
    """A run on a cluster whose operator says these things, one after the other."""
    found = cluster or led()
    run: Any = Acts(found, sub_phase, **params)
    found.driver = Operator(*says, log=run.log)
    run.leads = True
    return run


# a sub-phase is only waited for


@pytest.mark.parametrize("sub_phase", list(phases.BY_NAME))
def test_nothing_is_written_for_a_sub_phase_alone(sub_phase: str) -> None:
    """--tags on a cluster that an operator leads: it is waited for and checked."""
    backwards = phases.BY_NAME[sub_phase].phase == phases.ROLLBACK
    run = run_of(AT_ZNODES if backwards else ROLLING, ROLLED_BACK if backwards else COMPLETE, sub_phase=sub_phase)
    LedStep().decide(run)
    LedStep().apply(run)
    assert run.log == []
    assert LedStep.MUTATES is False


@pytest.mark.parametrize(
    ("seen", "sub_phase", "kind", "words"),
    [
        (DECIDING, "SetupComplete", DONE, "the operator is past it"),
        (AT_START, "SetupComplete", NEEDED, "wait for the operator, which is at SETUP/SetupPreChecks"),
        (
            DECIDING,
            "MoveToKRaftControllerTriggerZkRemoval",
            NOT_NEEDED,
            "goes from DUAL-WRITE to KRaft alone in one go",
        ),
        (Progress(), REMOVE, NOT_NEEDED, "no migration was started"),
        (AT_ZNODES, FROM_SETUP, NOT_NEEDED, "this rollback waits in"),
        (AT_START, "cluster_info", DONE, "read only"),
    ],
)
def test_what_a_sub_phase_has_to_do(seen: Progress, sub_phase: str, kind: str, words: str) -> None:
    run = run_of(seen, sub_phase=sub_phase, confirm=[])
    found = LedStep().decide(run)
    assert found.kind == kind
    assert words in found.reason
    assert LedStep().inspect(run)["operator"]["sub_phase"] == seen.sub_phase


@pytest.mark.parametrize(
    ("seen", "sub_phase", "code"),
    [
        (FAILED, "SetupComplete", "operator-failed"),
        (Progress(), "SetupComplete", "wrong-state"),
        (AT_ZNODES, "SetupComplete", "wrong-state"),
        (DECIDING, BACK, "wrong-state"),
    ],
)
def test_what_will_not_come_is_refused(seen: Progress, sub_phase: str, code: str) -> None:
    run = run_of(seen, sub_phase=sub_phase)
    with pytest.raises(Refused, match=f"{sub_phase} will not come") as refused:
        LedStep().decide(run)
    assert refused.value.code == code
    run.check_mode = True
    if seen.failed:
        with pytest.raises(Refused):
            LedStep().decide(run)
    else:
        # what would ask the operator has not run either
        assert LedStep().decide(run).reason.startswith("wait for the operator once it was asked: ")


def test_with_a_confirmation_the_last_phase_is_not_passed_by() -> None:
    run = run_of(DECIDING, sub_phase=END, confirm=["n/kafka"])
    with pytest.raises(Refused, match="waits for the decision"):
        LedStep().decide(run)


@pytest.mark.parametrize(
    ("seen", "mode", "alarmed"),
    [
        (Progress(True, phases.FINALIZE, POINT_OF_NO_RETURN), state.MODE_MIGRATING, True),
        (Progress(True, phases.FINALIZE, POINT_OF_NO_RETURN), state.MODE_UNKNOWN, True),
        (Progress(True, phases.FINALIZE, POINT_OF_NO_RETURN), state.MODE_KRAFT, False),
        (ROLLING, state.MODE_MIGRATING, False),
        (COMPLETE, state.MODE_UNKNOWN, False),
    ],
)
def test_a_broker_that_is_left_behind_is_an_alarm(seen: Progress, mode: str, alarmed: bool) -> None:
    """The controllers lose the migration flag with the next step: a broker in ZooKeeper mode loses its controller."""
    modes = {"kafka-0": state.MODE_KRAFT, "kafka-1": mode}
    run = run_of(seen, sub_phase="MoveToKRaftControllerTriggerZkRemoval", cluster=led(modes=modes))
    LedStep().apply(run)
    assert (
        any(line.startswith("DANGER: ") and "kafka-1 do not run in KRaft mode" in line for line in run.said) is alarmed
    )


# asking


@pytest.fixture
def gates(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Open gates; a test shuts them. Each time they are asked is noted in the list."""
    asked: list[str] = []

    def require(cluster: Any) -> list[Gate]:
        asked.append("asked")
        cluster.driver.log.append("gates asked")
        if "shut" in asked:
            raise Refused("the irreversible step is refused, nothing was changed: gate-soak", code="gate-soak")
        return [Gate("gate-soak", True, "soaked")]

    monkeypatch.setattr(operator_gates, "require", require)
    return asked


@pytest.mark.parametrize(
    ("seen", "wanted", "kind", "words"),
    [
        (Progress(), "present", NEEDED, "ask the operator to migrate"),
        (AT_START, "present", DONE, "was asked to migrate: it is at SETUP/SetupPreChecks"),
        (DECIDING, "finalize", NEEDED, "to KRaft alone, which it does in one go (irreversible)"),
        (ROLLING, "finalize", DONE, "was asked to finalize"),
        (COMPLETE, "finalize", DONE, "was asked to finalize"),
        (DECIDING, "rollback", NEEDED, "ask the operator to roll back"),
        (AT_ZNODES, "rollback", DONE, "was asked to roll back"),
        (ROLLED_BACK, "rollback", DONE, "was asked to roll back"),
        (Progress(), "rollback", NOT_NEEDED, "never asked to migrate"),
    ],
)
def test_what_is_asked(gates: list[str], seen: Progress, wanted: str, kind: str, words: str) -> None:
    found = Ask().decide(run_of(seen, state=wanted))
    assert found.kind == kind
    assert words in found.reason


@pytest.mark.parametrize(
    "seen",
    [
        COMPLETE,
        ROLLING,
        Progress(True, phases.COMPLETE),
        Progress(True, phases.FINALIZE),
        Progress(True, phases.DUAL_WRITE, asked=frozenset({Verb.FINALIZE})),
    ],
)
def test_a_rollback_after_finalize_is_refused(seen: Progress) -> None:
    run = run_of(seen, state="rollback")
    with pytest.raises(Refused, match="nothing was changed") as refused:
        Ask().decide(run)
    assert refused.value.code == "rollback-impossible"
    assert run.log == []


@pytest.mark.parametrize(
    ("state", "verb", "seen", "owes"),
    [
        ("present", Verb.MIGRATE, Progress(), []),
        ("present", Verb.MIGRATE, AT_START, ["a pool"]),
        ("finalize", Verb.FINALIZE, DECIDING, []),
        ("rollback", Verb.ROLLBACK, DECIDING, []),
    ],
)
def test_what_the_operator_would_not_be_asked_for_is_refused_before_the_lease_is_taken(
    gates: list[str], state: str, verb: Verb, seen: Progress, owes: list[str]
) -> None:
    run = run_of(seen, state=state)
    run.led.driver.owes = owes
    run.led.driver.fails[f"refuse to {verb.value}"] = Refused("it is paused", code="operator-paused")
    with pytest.raises(Refused, match="it is paused"):
        Ask().decide(run)
    assert run.log == []


def test_an_operator_that_has_given_up_is_not_asked_to_roll_back() -> None:
    """No document says that it would: nothing is written on a guess."""
    run = run_of(FAILED, state="rollback")
    with pytest.raises(
        Refused, match=r"given up at FAILURE/SetupPreChecks \(a key is blocked\); look at SetupPreChecks"
    ) as refused:
        Ask().decide(run)
    assert refused.value.code == "operator-failed"
    assert run.log == []


@pytest.mark.parametrize("seen", [ROLLED_BACK, AT_ZNODES])
def test_a_rollback_that_is_not_cleaned_up_comes_first(seen: Progress) -> None:
    run = run_of(seen, state="present")
    with pytest.raises(Refused, match=r"run rollback\.yml again first") as refused:
        Ask().decide(run)
    assert refused.value.code == "rollback-pending"
    assert run.log == []


def test_closed_gates_refuse_before_anything_is_written(gates: list[str]) -> None:
    gates.append("shut")
    run = run_of(DECIDING, state="finalize")
    for step in (Ask().decide, Ask().apply):
        with pytest.raises(Refused) as refused:
            step(run)
        assert refused.value.code == "gate-soak"
    assert run.log == ["gates asked"] * 2


def test_the_gates_are_asked_again_right_before_the_write(gates: list[str]) -> None:
    """Rule 6.1: while the run waited for its Lease everything may have changed."""
    run = run_of(DECIDING, state="finalize")
    assert Ask().decide(run).needed
    done = Ask().apply(run)
    assert run.log == ["gates asked", "gates asked", "record gates", "asked to finalize", "record asked"]
    assert () in run.cluster.stale, "they are asked of what is there now"
    assert done["written"] == ["annotation finalize"]
    gates.append("shut")
    with pytest.raises(Refused):
        Ask().apply(run)
    assert run.log.count("asked to finalize") == 1


def test_check_mode_asks_the_gates_only_where_they_could_be_open(gates: list[str]) -> None:
    run = run_of(AT_START, state="finalize")
    run.check_mode = True
    assert (
        Ask().decide(run).reason == "tell the operator to finalize once it waits in DUAL-WRITE and the gates are open"
    )
    assert gates == []
    run.driver = run.cluster.driver = Operator(DECIDING)
    assert Ask().decide(run).needed
    assert gates == ["asked"]


@pytest.fixture(autouse=True)
def _stores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operator_rollback, "compare_ahead", lambda *_words: None)


def test_both_stores_are_compared_before_a_rollback_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the operator does not wait for it; and what would be lost is told while nothing has begun."""
    run = run_of(DECIDING, state="rollback")

    kept = {"parity": {"topics": 3}, "notes": ["accepted by name: x"], "level_at": 7}

    def compare(_cluster: Any, _tell: Any) -> dict[str, Any]:
        run.log.append("compared")
        return kept

    monkeypatch.setattr(operator_rollback, "compare_ahead", compare)
    Ask().apply(run)
    assert run.log[:3] == ["compared", "record compared", "asked to roll back"]
    assert run.details["compared"] == kept


@pytest.mark.parametrize(("wanted", "verb"), [("present", "migrate"), ("rollback", "roll back")])
def test_what_is_reversible_needs_no_gate(gates: list[str], wanted: str, verb: str) -> None:
    run = run_of(AT_START, state=wanted)
    done = Ask().apply(run)
    assert run.log == [f"asked to {verb}", "record asked"]
    assert run.said == [f"annotation {verb}"]
    assert done["operator"]["phase"] == phases.SETUP
    assert Ask.MUTATES


# the znodes


@pytest.fixture
def kraft_holds(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether a KRaft controller holds /controller; a test says so."""
    found = [False]
    monkeypatch.setattr(operator_rollback, "left_in_zookeeper", lambda _cluster: found[0])
    return found


@pytest.fixture
def removing(monkeypatch: pytest.MonkeyPatch, kraft_holds: list[bool]) -> None:
    def remove(cluster: Any, _tell: Any) -> Evidence:
        cluster.driver.log.append("removed")
        return Evidence(controller=2, committed_ms=1, elected_ms=3)

    monkeypatch.setattr(operator_rollback, "remove_znodes", remove)


def test_the_znodes_are_removed_once_the_operator_waits_for_it(removing: None) -> None:
    rolling = Progress(True, phases.ROLLBACK, "RollbackToZkEnsureKafkaRollIsComplete")
    run = run_of(rolling, rolling, AT_ZNODES, AFTER_ZNODES, sub_phase=REMOVE)
    assert RemoveZnodes().decide(run).reason == "remove /controller and /migration once the operator waits for it"
    done = RemoveZnodes().apply(run)
    assert run.log == ["marked", "removed", "record removed"]
    assert (done["controller"], done["znodes_to_election_ms"]) == (2, 2)
    assert done["operator"]["sub_phase"] == AFTER_ZNODES.sub_phase
    assert run.cluster.stale, "the brokers' modes are read again before"


def test_check_mode_says_how_many_partitions_would_be_levelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(level_epochs, "would", lambda _cluster: "; 2 partitions would be")
    rolling = Progress(True, phases.ROLLBACK, "RollbackToZkEnsureKafkaRollIsComplete")
    run = run_of(rolling, sub_phase=REMOVE)
    assert not RemoveZnodes().decide(run).reason.endswith("would be")
    run.check_mode = True
    assert RemoveZnodes().decide(run).reason.endswith("once the operator waits for it; 2 partitions would be")


@pytest.mark.parametrize(
    ("sub_phase", "kind"), [(FROM_SETUP, NOT_NEEDED), (REMOVE, NEEDED), ("RollbackToZkMakeProcessRoleEmpty", DONE)]
)
def test_only_the_wait_that_it_is_in(removing: None, sub_phase: str, kind: str) -> None:
    assert RemoveZnodes().decide(run_of(AT_ZNODES, sub_phase=sub_phase)).kind == kind


@pytest.mark.parametrize(
    ("sub_phase", "then"), [(FROM_SETUP, AT_ZNODES), (REMOVE, AFTER_ZNODES), (REMOVE, ROLLED_BACK)]
)
def test_a_rollback_that_needs_none_passes_by(removing: None, sub_phase: str, then: Progress) -> None:
    """From SETUP before the controllers started the operator goes to the end by itself."""
    run = run_of(then, sub_phase=sub_phase)
    done = RemoveZnodes().apply(run)
    assert run.log == ["marked"]
    assert done["changed"] is False
    assert done["msg"] == f"nothing to remove here: the operator is at {then.where}"


ANSWERED = dataclasses.replace(AFTER_ZNODES, answered=True)


@pytest.mark.parametrize(
    ("seen", "sub_phase", "holds", "kind"),
    [
        (AFTER_ZNODES, REMOVE, True, NEEDED),
        (AFTER_ZNODES, REMOVE, False, DONE),
        (AFTER_ZNODES, FROM_SETUP, True, DONE),
        # a controller came back, or it was told before it waited: whoever holds ZooKeeper decides
        (ANSWERED, REMOVE, True, NEEDED),
        (ANSWERED, REMOVE, False, DONE),
        (ROLLED_BACK, REMOVE, True, DONE),
    ],
)
def test_an_operator_that_went_on_without_a_wait(
    removing: None, kraft_holds: list[bool], seen: Progress, sub_phase: str, holds: bool, kind: str
) -> None:
    kraft_holds[0] = holds
    assert RemoveZnodes().decide(run_of(seen, sub_phase=sub_phase)).kind == kind


def test_the_brokers_get_zookeeper_back_from_an_operator_that_went_on(removing: None, kraft_holds: list[bool]) -> None:
    kraft_holds[0] = True
    run = run_of(AFTER_ZNODES, sub_phase=REMOVE)
    RemoveZnodes().apply(run)
    assert run.log == ["marked", "removed", "record removed"]
    assert any(line.startswith("DANGER: the operator is at RollbackToZk/") for line in run.said)


def test_a_wait_that_is_not_shown_is_answered_when_it_was_accepted(
    removing: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = Progress(True, phases.ROLLBACK, "RollbackToZkMakeProcessRoleEmpty")
    monkeypatch.setattr(silent_wait.Quiet, "due", lambda *_words: True)
    monkeypatch.setattr(silent_wait, "found", lambda _cluster, _seen: Looks("nothing moves"))
    run = run_of(hidden, hidden, AFTER_ZNODES, sub_phase=REMOVE, accept=["operator-silent-wait"])
    run.cluster.params = run.params
    RemoveZnodes().apply(run)
    assert run.log == ["marked", "removed", "record removed"]
    run = run_of(hidden, sub_phase=REMOVE)
    with pytest.raises(DeadlineExceeded, match="if its log says that it waits") as still:
        RemoveZnodes().apply(run)
    assert still.value.code == "operator-silent-wait"
    assert run.log == ["marked"]


def test_an_operator_that_gave_up_is_not_waited_for(removing: None) -> None:
    failed = Progress(True, phases.FAILURE, REMOVE, failed=True)
    with pytest.raises(KraftError, match="given up at FAILURE") as gave_up:
        RemoveZnodes().apply(run_of(failed, sub_phase=REMOVE))
    assert gave_up.value.code == "operator-failed"


def test_an_operator_that_never_waits_for_it_stands_still(removing: None, monkeypatch: pytest.MonkeyPatch) -> None:
    rolling = Progress(True, phases.ROLLBACK, "RollbackToZkEnsureKafkaRollIsComplete")
    monkeypatch.setattr(silent_wait, "found", lambda _cluster, _seen: Looks())
    with pytest.raises(DeadlineExceeded, match=r"^nothing moved for") as still:
        RemoveZnodes().apply(run_of(rolling, sub_phase=REMOVE))
    assert still.value.code == "operator-stuck"


# the ends of phases


@pytest.mark.parametrize(
    ("event", "seen", "phase"),
    [
        ("SetupComplete", DECIDING, phases.SETUP),
        ("MigrateDualWrite", DECIDING, phases.DUAL_WRITE),
    ],
)
def test_the_end_of_a_phase_is_recorded(event: str, seen: Progress, phase: str) -> None:
    run = run_of(seen, sub_phase=event, event=event)
    run.journal.events.clear()
    assert Event().decide(run).reason == f"record {event}: the operator is at {seen.where}"
    done = Event().apply(run)
    # a rollback deletes the controllers' volumes, and the operator may have stopped the controllers by then
    assert run.log == ["marked", f"end {phase} with {event}"]
    assert done["state"] == state.HYBRID


def test_what_is_recorded_is_done() -> None:
    assert Event().decide(run_of(DECIDING, sub_phase="MigrateDualWrite", event="MigrateDualWrite")).kind == DONE
    run = run_of(AT_START, sub_phase="SetupComplete", event="SetupComplete")
    assert Event().decide(run).needed


def test_an_end_that_kafka_does_not_show_is_not_recorded() -> None:
    """The operator's word and Kafka's own state have to agree."""
    cluster = led(state=state.ClusterState(state.PREMIGRATION, "no copy yet"))
    run = run_of(DECIDING, sub_phase="MigrateDualWrite", event="MigrateDualWrite", cluster=cluster)
    with pytest.raises(KraftError, match="but the cluster is PREMIGRATION") as wrong:
        Event().apply(run)
    assert wrong.value.code == "wrong-state"
    assert run.log == []


UNCOPIED = state.ClusterState(state.MIXED, f"every broker runs in KRaft mode; {state.NOTHING_COPIED}")


def test_whoever_joins_where_nothing_was_copied_keeps_the_operator_from_going_on() -> None:
    seen = Progress(True, phases.MIGRATE, "MigrateDualWrite")
    run = run_of(seen, state="present", cluster=led(state=UNCOPIED))
    with pytest.raises(
        KraftError, match=r"nothing was copied.*it was kept from going on\. Run rollback\.yml now"
    ) as wrong:
        Ask().decide(run)
    assert wrong.value.code == "operator-copy-unproved"
    assert "halted" in run.led.driver.log

    checked = run_of(seen, state="present", cluster=led(state=UNCOPIED))
    checked.check_mode = True
    with pytest.raises(KraftError, match="nothing was copied"):
        Ask().decide(checked)
    assert "halted" not in checked.led.driver.log

    event = run_of(DECIDING, sub_phase="MigrateDualWrite", event="MigrateDualWrite", cluster=led(state=UNCOPIED))
    with pytest.raises(KraftError, match="it was kept from going on") as wrong:
        Event().apply(event)
    assert wrong.value.code == "operator-copy-unproved"


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where the exports are written to, in place of the disk."""
    found: list[str] = []

    def write(_folder: str, cluster: str, exports: Any) -> list[str]:
        found.extend(f"{cluster}: {item['object']}" for item in exports)
        return found

    monkeypatch.setattr(_exports, "write", write)
    return found


def finalized(**changed: Any) -> Any:
    cluster = led(state=state.ClusterState(state.FINALIZED, "no controller has the flag"), **changed)
    run = run_of(COMPLETE, sub_phase=END, event=END, cluster=cluster, confirm=["n/kafka"], support_dir="x")
    cluster.driver.locks = ["Kafka n/kafka"]
    return run


def test_manifests_are_exported_before_the_locks_go(files: list[str]) -> None:
    """Afterwards a pipeline may put the old ones back, and nobody has the new ones."""
    run = finalized()
    done = Event().apply(run)
    assert run.log == ["exported", "released", f"end {phases.COMPLETE} with {END}"]
    assert done["files"] == files == ["n/kafka: Kafka/kafka"]
    assert "changed manifest for your repository: n/kafka: Kafka/kafka" in run.said
    assert done["released"] == ["released"]


def test_locks_that_were_not_given_back_are_another_reason_to_come_here() -> None:
    run = finalized()
    run.journal.add("t", phases.COMPLETE, END, END)
    assert Event().decide(run).needed
    run.cluster.driver.locks = []
    assert Event().decide(run).kind == DONE


def test_manifests_that_cannot_be_written_keep_the_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: Any) -> list[str]:
        raise KraftError("no space left on device")

    monkeypatch.setattr(_exports, "write", full)
    run = finalized()
    with pytest.raises(KraftError, match="no space"):
        Event().apply(run)
    assert "released" not in run.log


def test_a_lock_that_stays_keeps_the_end_open(files: list[str]) -> None:
    run = finalized()
    run.cluster.driver.fails["released"] = DeadlineExceeded("still locked", code="operator-lock-kept")
    with pytest.raises(DeadlineExceeded):
        Event().apply(run)
    assert run.log == ["exported", "released"]


@pytest.mark.parametrize("event", ["SetupComplete", "MigrateDualWrite"])
def test_nothing_is_recorded_of_a_migration_that_is_over(event: str) -> None:
    """The job was driven by hand, and is finished: setup.yml and migrate.yml change nothing."""
    run = run_of(COMPLETE, sub_phase=event, event=event)
    run.journal.events.clear()
    found = Event().decide(run)
    assert (found.kind, found.reason) == (DONE, f"the migration is complete: {event} is behind it")
    run = run_of(COMPLETE, sub_phase=END, event=END)
    assert Event().decide(run).needed, "the exports and the locks are still to do"


# the end of a rollback


def back(*says: Progress) -> Any:
    """A run at the end of a rollback: every broker is in ZooKeeper mode again."""
    return run_of(
        *says, sub_phase=BACK, event=BACK, cluster=led(modes=dict.fromkeys(("kafka-0", "kafka-1"), "zookeeper"))
    )


@pytest.fixture
def proving(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    proof: list[Any] = [{"what": "znode /migration", "evidence": "there is none"}]

    def prove(cluster: Any) -> list[Any]:
        cluster.driver.log.append("proved")
        wrong = [item for item in proof if isinstance(item, Exception)]
        for error in wrong:
            raise error
        return proof

    monkeypatch.setattr(operator_rollback, "remove_what_came_back", lambda *_words: [])
    monkeypatch.setattr(operator_rollback, "left_behind", lambda _cluster: [])
    monkeypatch.setattr(operator_rollback, "prove", prove)
    return proof


def test_a_rollback_ends_with_the_proof(proving: list[Any]) -> None:
    run = back(ROLLED_BACK)
    assert Event().decide(run).needed
    done = Event().apply(run)
    assert run.log == ["released", "cleaned up", "proved", f"end {phases.ROLLBACK} with {BACK}"]
    assert run.journal.migration_id == ""
    assert (done["deleted"], done["proof"]) == (["KRaftController/kafka-kraft"], proving)
    assert run.said[-1] == "ready to retry: znode /migration: there is none"


def test_what_is_left_keeps_the_attempt_open(proving: list[Any]) -> None:
    proving[0] = KraftError("still there: locks", code="rollback-pending")
    run = back(ROLLED_BACK)
    with pytest.raises(KraftError, match="still there"):
        Event().apply(run)
    assert run.log[-1] == "proved"
    assert run.journal.migration_id == "m1"


def test_a_clean_up_that_was_killed_is_finished(proving: list[Any]) -> None:
    """The request is deleted first: without it the operator says nothing, and the rest has to go nevertheless."""
    run = back(Progress())
    run.cluster.driver.remains = ["KRaftController/kafka-kraft"]
    assert Event().decide(run).reason == "clean up after a rollback: KRaftController/kafka-kraft"
    Event().apply(run)
    assert run.log == ["released", "cleaned up", "proved", f"end {phases.ROLLBACK} with {BACK}"]
    # everything is deleted, and the proof was not written down
    run = back(Progress())
    assert "nothing is left, which is to be proved" in Event().decide(run).reason


def test_what_a_rollback_by_hand_has_left_is_removed(proving: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operator_rollback, "left_behind", lambda _cluster: ["znode /migration"])
    run = back(Progress())
    run.journal.migration_id = ""
    assert Event().decide(run).reason == "clean up after a rollback: znode /migration"
    Event().apply(run)
    assert run.log == ["released", "cleaned up", "proved", f"end {phases.ROLLBACK} with {BACK}"]


def test_an_end_of_the_last_phase_is_not_awaited_without_a_confirmation() -> None:
    run = run_of(DECIDING, sub_phase=END, event=END, confirm=[])
    assert Event().decide(run).kind == NOT_NEEDED


def test_without_an_attempt_there_is_nothing_to_roll_back(proving: list[Any]) -> None:
    run = back(Progress())
    run.journal.migration_id = ""
    assert Event().decide(run).kind == NOT_NEEDED


@pytest.mark.parametrize("seen", [Progress(), ROLLED_BACK])
@pytest.mark.parametrize("mode", [state.MODE_MIGRATING, state.MODE_KRAFT, state.MODE_UNKNOWN])
def test_the_controllers_stay_while_a_broker_may_need_them(proving: list[Any], seen: Progress, mode: str) -> None:
    """Somebody deleted the request in the middle, or the operator's word is not what Kafka shows: nothing is given back or deleted."""
    run = back(seen)
    run.cluster.driver.remains = ["KRaftController/kafka-kraft"]
    run.cluster.modes["kafka-1"] = mode
    assert Event().decide(run).needed
    with pytest.raises(
        KraftError, match=r"^kafka-1 do not run in plain ZooKeeper mode, or could not be read"
    ) as refused:
        Event().apply(run)
    assert refused.value.code == "wrong-state"
    assert run.log == []
    assert (Part.BROKERS,) in run.cluster.stale, "they are read again right before"


# a request that is made anew


@pytest.mark.parametrize(
    ("seen", "reached", "ended"),
    [
        (Progress(), ("SetupComplete",), True),
        (Progress(), ("SetupComplete", "MigrateDualWrite"), True),
        (Progress(), ("SetupPreChecks",), False),
        (AT_START, ("SetupComplete", "MigrateDualWrite"), False),
    ],
)
def test_the_soak_of_an_attempt_that_others_ended_is_none_of_the_next_one(
    seen: Progress, reached: tuple[str, ...], ended: bool
) -> None:
    """Rolled back by hand, or its request deleted: what it recorded would open the gate of the next attempt at once."""
    run = run_of(seen, state="present")
    run.journal.events.clear()
    for name in reached:
        run.journal.add("2026-01-01T00:00:00Z", "", name, name)
    Ask().apply(run)
    asked = ["asked to migrate", "record asked"]
    assert run.log == (["record ended-by-others", *asked] if ended else asked)


@pytest.mark.parametrize("asked", [frozenset(), frozenset({Verb.ROLLBACK})])
def test_an_operator_that_was_told_too_early_is_not_rolled_back(asked: frozenset[Verb]) -> None:
    """It would not wait for the removal of the znodes."""
    seen = Progress(True, phases.DUAL_WRITE, "MigrateDualWrite", asked=asked, answered=True)
    run = run_of(seen, state="rollback")
    with pytest.raises(Refused, match=r"Take that back, then run rollback.yml again") as early:
        Ask().decide(run)
    assert early.value.code == "operator-will-not-stop"
    assert run.log == []


def test_an_object_without_its_original_has_no_patch(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of(COMPLETE, support_dir="/s")
    monkeypatch.setattr(_exports, "write", lambda *_words: ["/s/kafka.yaml"])
    run.cluster.driver.exports = lambda: [{"object": "Kafka/kafka", "manifest": {}, "patch": None}]
    assert export(run) == ["/s/kafka.yaml"]
    assert run.said[-1].startswith("no patch for Kafka/kafka: it was not kept as it was before the migration")
