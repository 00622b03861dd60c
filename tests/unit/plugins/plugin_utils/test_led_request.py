# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""kraft_migration_job in all its states: asked for, followed, locks given back, deleted; each of them twice, and in check mode."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import operator_gates, operator_rollback
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.gate import Gate
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils import _exports
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._decision import DONE, NEEDED
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led import END, observe
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led_request import Request

from tests.unit.plugins.action.acting import Acts
from tests.unit.plugins.module_utils.led_scene import AT_ZNODES, COMPLETE, DECIDING, ROLLED_BACK, Operator, led

AT_START = Progress(True, phases.SETUP, "SetupPreChecks")
MIGRATING = Progress(True, phases.MIGRATE, "MigrateEnsureKafkaRollComplete")
FAILED = Progress(True, phases.FAILURE, "SetupPreChecks", "a key is blocked", failed=True)
TOLD = frozenset({Verb.FINALIZE})
ROLLING = Progress(True, phases.FINALIZE, "MoveToKRaftControllerEnsureKafkaRollIsComplete", asked=TOLD)
LAST = Progress(True, phases.FINALIZE, "MoveToKRaftControllerTriggerKRaftControllerMigrationModeRemoval", asked=TOLD)
FINALIZED = state.ClusterState(state.FINALIZED, "every controller is final")


def run_of(*says: Progress, cluster: Any = None, **params: Any) -> Any:
    found = cluster or led()
    run: Any = Acts(found, "kraft_migration_job", **{"follow": False, "follow_to": None, "support_dir": "s", **params})
    found.driver = Operator(*says, log=run.log)
    run.leads = True
    return run


@pytest.fixture(autouse=True)
def _gates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operator_gates, "require", lambda _cluster: [Gate("gate-soak", True, "soaked")])
    monkeypatch.setattr(_exports, "write", lambda folder, where, _exports: [f"{folder}/{where}/kafka.yaml"])
    monkeypatch.setattr(operator_rollback, "compare_ahead", lambda *_words: None)


def decided(run: Any) -> Any:
    return Request().decide(run)


def acted(run: Any) -> dict[str, Any]:
    """Decide, then act, as the base does."""
    step = Request()
    assert step.decide(run).needed
    return step.apply(run)


# followed


@pytest.mark.parametrize(
    ("wanted", "says", "end", "words"),
    [
        ("present", (Progress(), AT_START, MIGRATING, DECIDING), phases.DUAL_WRITE, "let it soak, then state finalize"),
        ("rollback", (DECIDING, DECIDING, MIGRATING, AT_ZNODES), phases.ROLLBACK, "migration_znode removes the znodes"),
        ("rollback", (AT_START, AT_START, ROLLED_BACK), phases.ROLLBACK, "RollbackToZkComplete deletes what is left"),
    ],
)
def test_it_is_followed_to_where_it_waits_or_ends(wanted: str, says: Any, end: str, words: str) -> None:
    run = run_of(*says, state=wanted, follow=True)
    done = acted(run)
    assert done["operator"]["phase"] == end
    assert words in done["msg"]
    assert "changed" not in done, "something was written"
    assert [line for line in run.log if line.startswith("asked to")] == [
        f"asked to {Verb[{'present': 'MIGRATE', 'rollback': 'ROLLBACK'}[wanted]].value}"
    ]


def test_finalize_is_followed_to_its_end() -> None:
    run = run_of(DECIDING, DECIDING, ROLLING, LAST, COMPLETE, state="finalize", follow=True)
    run.cluster.modes = dict.fromkeys(run.cluster.modes, state.MODE_KRAFT)
    run.cluster.state = FINALIZED
    done = acted(run)
    assert done["operator"]["phase"] == phases.COMPLETE
    assert "state released writes the changed manifests" in done["msg"]


def test_a_broker_that_is_left_behind_is_an_alarm_while_it_is_followed() -> None:
    run = run_of(
        DECIDING,
        DECIDING,
        ROLLING,
        LAST,
        state="finalize",
        follow=True,
        follow_to="MoveToKRaftControllerEnsureKafkaRollIsComplete",
    )
    run.cluster.modes = {"kafka-0": state.MODE_MIGRATING}
    acted(run)
    assert any(line.startswith("DANGER: ") for line in run.said)


def test_an_end_that_kafka_does_not_show_is_none() -> None:
    run = run_of(ROLLING, ROLLING, COMPLETE, state="finalize", follow=True)
    with pytest.raises(KraftError, match=r"the operator says COMPLETE/.*but the cluster is HYBRID"):
        acted(run)


@pytest.mark.parametrize(
    ("wanted", "target", "says", "end"),
    [
        ("present", "SetupComplete", (Progress(), AT_START, MIGRATING), "MigrateEnsureKafkaRollComplete"),
        ("rollback", "RollbackToZkMakeProcessRoleEmpty", (DECIDING, DECIDING, AT_ZNODES), AT_ZNODES.sub_phase),
    ],
)
def test_it_is_followed_to_a_sub_phase(wanted: str, target: str, says: Any, end: str) -> None:
    assert acted(run_of(*says, state=wanted, follow=True, follow_to=target))["operator"]["sub_phase"] == end


@pytest.mark.parametrize(
    ("wanted", "follow", "target", "words"),
    [
        ("present", False, "SetupComplete", "only used with follow"),
        ("present", True, "RollbackToZkComplete", "state present leads to DUAL-WRITE, and not by RollbackToZkComplete"),
        ("present", True, END, "state present leads to DUAL-WRITE, and not by"),
        ("rollback", True, "SetupComplete", "state rollback leads to RollbackToZk, and not by SetupComplete"),
        ("finalize", True, "RollbackToZkComplete", "state finalize leads to COMPLETE, and not by"),
        ("finalize", True, "SetupComplete", "state finalize leads to COMPLETE, and not by"),
    ],
)
def test_a_target_that_will_not_come(wanted: str, follow: bool, target: str, words: str) -> None:
    run = run_of(DECIDING, state=wanted, follow=follow, follow_to=target)
    with pytest.raises(Refused, match=words):
        decided(run)
    assert run.log == []


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        ("present", DECIDING),
        ("present", COMPLETE),
        ("finalize", COMPLETE),
        ("rollback", AT_ZNODES),
        ("rollback", ROLLED_BACK),
    ],
)
def test_nothing_is_done_twice(wanted: str, seen: Progress) -> None:
    run = run_of(seen, state=wanted, follow=True)
    assert decided(run).kind == DONE
    assert run.log == []


def test_what_was_asked_before_is_only_followed() -> None:
    """Nothing is written then: no Lease, and nothing is changed."""
    run = run_of(AT_START, AT_START, MIGRATING, DECIDING, state="present", follow=True)
    step = Request()
    found = step.decide(run)
    assert (found.needed, found.only_waits) == (True, True)
    run.cluster.driver.owes = ["something since"]
    done = step.apply(run)
    assert done["changed"] is False
    assert done["operator"]["phase"] == phases.DUAL_WRITE
    assert run.log == [], "what only follows holds no Lease"
    # check mode waits for nothing
    run = run_of(AT_START, state="present", follow=True)
    run.check_mode = True
    assert decided(run).kind == DONE


def test_an_operator_that_gives_up_is_not_followed_on() -> None:
    for says, options in (((AT_START, AT_START, FAILED), {}), ((FAILED,), {"follow_to": "SetupComplete"})):
        run = run_of(*says, state="present", follow=True, **options)
        with pytest.raises(KraftError, match="the operator has given up") as failed:
            acted(run)
        assert failed.value.code == "operator-failed"


def test_without_follow_it_is_asked_and_no_more() -> None:
    run = run_of(Progress(), AT_START, state="present")
    done = acted(run)
    assert done["written"] == ["annotation migrate"]
    assert run.log == ["asked to migrate", "record asked"]


def test_what_the_operator_looks_for_is_given_to_it() -> None:
    """kraft_ibp_version was set after the job was made: it would wait for ever otherwise."""
    run = run_of(AT_START, state="present")
    run.cluster.driver.owes = ["Kafka kafka: annotation ibp = 3.9"]
    assert decided(run).reason == "give the operator what it waits for: Kafka kafka: annotation ibp = 3.9"
    acted(run)
    assert run.log == ["asked to migrate", "record asked"]
    # nothing is owed for what is asked later, or is over
    for seen, wanted in ((ROLLING, "finalize"), (COMPLETE, "present")):
        run = run_of(seen, state=wanted)
        run.cluster.driver.owes = ["x"]
        assert decided(run).kind == DONE


# a migration whose request was deleted after its end


def test_a_migration_whose_request_is_gone_is_complete() -> None:
    run = run_of(Progress(), state="present")
    run.cluster.state = FINALIZED
    assert observe(run) == Progress(), "nothing is recorded"
    run.journal.add("2026-01-01T00:00:00Z", phases.COMPLETE, END, END)
    assert observe(run).complete
    for wanted in ("present", "finalize"):
        run.params["state"] = wanted
        assert decided(run).kind == DONE
    run.params["state"] = "rollback"
    with pytest.raises(Refused) as refused:
        decided(run)
    assert refused.value.code == "rollback-impossible"
    assert run.log == []
    # the record alone says nothing: the cluster may have been made anew
    run.cluster.state = state.ClusterState(state.ZOOKEEPER, "plain")
    assert observe(run) == Progress()


# locks given back


def test_locks_without_a_request_are_not_called_a_migration() -> None:
    run = run_of(Progress(), state="released")
    run.cluster.driver.locks = ["Kafka n/kafka"]
    with pytest.raises(Refused, match="Kafka n/kafka are locked, and there is no request to the operator") as refused:
        decided(run)
    assert refused.value.code == "operator-locked"
    run.cluster.driver.fails["check"] = Refused("they are those of job n/other", code="operator-locked")
    with pytest.raises(Refused, match="they are those of job n/other"):
        decided(run)
    assert run.log == ["check", "check"]


@pytest.mark.parametrize("seen", [AT_START, DECIDING, ROLLING, AT_ZNODES])
def test_locks_of_a_migration_under_way_are_kept(seen: Progress) -> None:
    run = run_of(seen, state="released")
    run.cluster.driver.locks = ["Kafka n/kafka"]
    with pytest.raises(
        Refused, match=r"the locks on Kafka n/kafka protect a migration that is under way: the operator is at"
    ) as refused:
        decided(run)
    assert refused.value.code == "wrong-state"
    assert "\n" not in refused.value.message
    assert run.log == []


@pytest.mark.parametrize(("seen", "exported"), [(COMPLETE, True), (FAILED, True), (ROLLED_BACK, False)])
def test_locks_are_given_back_after_the_exports(seen: Progress, exported: bool) -> None:
    """Afterwards somebody may change the objects; after a rollback they are as they were."""
    run = run_of(seen, state="released")
    run.cluster.driver.locks = ["Kafka n/kafka"]
    done = acted(run)
    assert run.log == [*(["exported"] if exported else []), "released", "record released"]
    assert done["files"] == (["s/n/kafka/kafka.yaml"] if exported else [])
    assert done["released"] == ["released"]
    # the second time
    assert decided(run).reason == "no object is locked"


def test_locks_that_come_back_are_no_release() -> None:
    run = run_of(COMPLETE, state="released")
    operator = run.cluster.driver
    operator.locks = ["Kafka n/kafka"]
    operator.release = lambda _progress: ["released"]
    with pytest.raises(KraftError, match="Kafka n/kafka are locked again") as kept:
        acted(run)
    assert kept.value.code == "operator-lock-kept"
    assert "record released" not in run.log


# deleted


def test_the_request_is_deleted_at_its_end() -> None:
    run = run_of(COMPLETE, state="absent")
    done = acted(run)
    assert run.log == ["request deleted", "record deleted"]
    assert (done["deleted"], done["msg"]) == (["Request/kafka"], "deleted Request/kafka")
    assert decided(run).reason == "there is no request to the operator"


def test_what_an_attempt_left_is_named() -> None:
    run = run_of(ROLLED_BACK, state="absent")
    run.cluster.driver.remains = ["KRaftController/kafka-kraft"]
    assert "there are still KRaftController/kafka-kraft: run rollback.yml" in acted(run)["msg"]


def test_a_request_that_may_not_go_is_refused() -> None:
    run = run_of(COMPLETE, state="absent")
    run.cluster.driver.kept = finding("foreign-object", "n/job", "somebody else made it")
    with pytest.raises(Refused, match="somebody else made it") as refused:
        decided(run)
    assert refused.value.code == "foreign-object"
    assert run.log == []


@pytest.mark.parametrize("wanted", ["released", "absent"])
def test_there_is_something_to_do_in_check_mode(wanted: str) -> None:
    run = run_of(COMPLETE, state=wanted)
    run.check_mode = True
    run.cluster.driver.locks = ["Kafka n/kafka"]
    assert decided(run).kind == NEEDED
    assert run.log == []


def test_nothing_is_done_before_it_was_decided() -> None:
    with pytest.raises(KraftError, match="nothing was decided"):
        Request().apply(run_of(COMPLETE, state="absent"))
    assert Request.MUTATES is True


def test_a_request_that_has_failed_goes_only_while_every_broker_is_in_zookeeper_mode(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed = Progress(True, phases.FAILURE, "SetupPreChecks", failed=True)
    assert decided(run_of(failed, state="absent", cluster=led(modes={"kafka-0": state.MODE_ZOOKEEPER}))).needed
    with pytest.raises(KraftError, match="do not run in plain ZooKeeper mode") as refused:
        decided(run_of(failed, state="absent", cluster=led(modes={"kafka-0": state.MODE_MIGRATING})))
    assert refused.value.code == "wrong-state"
