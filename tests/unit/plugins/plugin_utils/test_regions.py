# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts of the inventory are regions of the same Kafka cluster, and turns that a task takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible.errors import AnsibleUndefinedVariable
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report.journal import Journal
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.regions import Regions, Turn
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import operator_gates, operator_rollback
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.operator_rollback import Evidence
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, DeadlineExceeded, Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils import _turns
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led import Ask
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._regions import regions_of
from jinja2 import StrictUndefined

from tests.unit.plugins.action.acting import Acts
from tests.unit.plugins.module_utils.led_scene import AT_ZNODES, DECIDING, ROLLED_BACK, Operator, led

EAST = {"kraft_namespace": "e", "kraft_cluster": "kafka", "kraft_region_of": "orders"}
WEST = {"kraft_namespace": "w", "kraft_cluster": "kafka", "kraft_region_of": "orders", "kraft_api_key": "sekret-west"}
OTHER = {"kraft_namespace": "o", "kraft_cluster": "kafka", "kraft_region_of": "payments"}
PLAIN = {"kraft_namespace": "p", "kraft_cluster": "kafka"}
HOSTS = {"east": EAST, "west": WEST, "other": OTHER, "plain": PLAIN}


def found(host: str = "east", group: Any = "orders", **task_vars: Any) -> tuple[Regions | None, set[str], str]:
    known = {"inventory_hostname": host, "hostvars": HOSTS, "ansible_play_batch": ["east", "west"], **task_vars}
    return regions_of(known, {"region_of": group})


def test_the_regions_are_the_hosts_with_the_same_name() -> None:
    regions, secrets, problem = found()
    assert (problem, secrets) == ("", {"sekret-west"})
    assert regions is not None
    assert (regions.host, [each.host for each in regions.others], regions.crowded) == ("east", ["west"], "")
    params = regions.others[0].params
    assert (params["namespace"], params["cluster"], params["api_key"]) == ("w", "kafka", "sekret-west")
    assert params["wait_timeout"] == 900, "what a host does not say has its default"


@pytest.mark.parametrize("group", [None, ""])
def test_without_the_variable_there_is_one_region(group: Any) -> None:
    assert found(group=group) == (None, set(), "")


@pytest.mark.parametrize(("batch", "present"), [(["east", "west"], True), (["east"], False), ([], False)])
def test_a_region_outside_of_the_run_is_there_all_the_same(batch: list[str], present: bool) -> None:
    """--limit, a batch of serial that comes later, a host that has failed: its turn does not come in this run."""
    regions, _secrets, _problem = found(ansible_play_batch=batch)
    assert regions is not None
    assert [each.present for each in regions.others] == [present]


def test_a_name_that_nobody_else_has_is_a_mistake() -> None:
    regions, _secrets, problem = found("other", "payments")
    assert regions is None
    assert "kraft_region_of is payments, and no other host of the inventory has that value" in problem


def test_a_region_whose_variables_cannot_be_used_is_not_passed_by() -> None:
    wrong = {**HOSTS, "west": {"kraft_region_of": "orders", "kraft_namespace": "w"}}
    regions, _secrets, problem = found(hostvars=wrong)
    assert regions is None
    assert "the variables of host west" in problem
    assert "cluster" in problem
    wrong["west"] = {**WEST, "kraft_wait_timeout": "soon"}
    assert "wait_timeout" in found(hostvars=wrong)[2]


def test_a_variable_that_cannot_be_resolved_counts_as_not_set() -> None:
    class Unresolved(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            if key == "kraft_support_dir":
                raise AnsibleUndefinedVariable("x is undefined")
            return super().__getitem__(key)

    for west in (Unresolved(WEST), {**WEST, "kraft_support_dir": StrictUndefined()}):
        regions, _secrets, problem = found(hostvars={**HOSTS, "west": west})
        assert problem == ""
        assert regions is not None


@pytest.mark.parametrize(("forks", "crowded"), [(1, True), (2, False), (5, False), (None, False)])
def test_hosts_that_wait_leave_a_fork_for_the_others(forks: int | None, crowded: bool) -> None:
    regions, _secrets, _problem = found(ansible_forks=forks)
    assert regions is not None
    assert ("use --forks 2" in regions.crowded) is crowded


# turns


class Led(Operator):
    """``turns``: what it says of the turn, one after the other, the last one for ever."""

    def __init__(self, *says: Progress, log: list[str], turns: list[Turn]) -> None:
        super().__init__(*says, log=log)
        self.turns = turns
        self.gives_up: DeadlineExceeded | None = None

    def turn(self, verb: Verb) -> Turn:
        self._note(f"looked for {verb.value}")
        return self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]

    def wait_turn(self, verb: Verb, *, idle: float, progress: Any) -> None:
        assert idle == 900
        self._note(f"waited to {verb.value}")
        if self.gives_up is not None:
            raise self.gives_up

    @contextmanager
    def turn_lock(self, holder: str, *, timeout: float, progress: Any) -> Iterator[Callable[[], None]]:
        assert (holder, timeout) == ("me", 120)
        self._note("locked")
        yield lambda: self._note("sure")
        self._note("unlocked")


def run_of(*says: Progress, turns: list[Turn] | None = None, crowded: str = "", **params: Any) -> Any:
    regions = Regions("east", (), crowded)
    # rolled back, and nothing recorded yet
    cluster = led(modes=dict.fromkeys(("kafka-0", "kafka-1"), state.MODE_ZOOKEEPER), journal=Journal("kafka", "m1"))
    run: Any = Acts(cluster, "AskTo", regions=regions, wait_timeout=900, lock_timeout=120, **params)
    run.cluster.driver = Led(*says, log=run.log, turns=turns or [Turn()])
    run.driver = run.cluster.driver
    return run


IDLE = Progress()


def test_a_region_is_asked_under_the_lock_after_another_look() -> None:
    run = run_of(IDLE, turns=[Turn(waits="until east stands still"), Turn()], state="present")
    decided = Ask().decide(run)
    assert decided.reason == "ask the operator to migrate when it is this region's turn, until east stands still"
    run.log.clear()
    Ask().apply(run)
    assert run.log == [
        "waited to migrate",
        "locked",
        "looked for migrate",
        "sure",
        "asked to migrate",
        "record asked",
        "unlocked",
    ]


def test_nothing_is_asked_once_the_lock_was_lost() -> None:
    """Another region may be asked by now."""
    run = run_of(IDLE, state="present")
    run.driver.fails["sure"] = Conflict("lost")
    with pytest.raises(Conflict):
        Ask().apply(run)
    assert "asked to migrate" not in run.log


def test_a_turn_that_was_lost_before_the_lock_is_waited_for_again() -> None:
    run = run_of(IDLE, turns=[Turn(waits="until it is back"), Turn()], state="present")
    Ask().apply(run)
    assert run.log.count("waited to migrate") == 2
    assert run.log.count("asked to migrate") == 1
    assert run.log.index("asked to migrate") > run.log.index("unlocked")


@pytest.mark.parametrize(("wanted", "seen"), [("present", IDLE), ("finalize", DECIDING), ("rollback", DECIDING)])
def test_waiting_in_vain_is_a_refusal_before_anything_is_written(wanted: str, seen: Progress) -> None:
    run = run_of(seen, turns=[Turn(never="region west has failed", code="operator-failed")], state=wanted)
    for step in (Ask().decide, Ask().apply):
        with pytest.raises(Refused, match="region west has failed") as refused:
            step(run)
        assert refused.value.code == "operator-failed"
    assert not [line for line in run.log if line.startswith(("asked", "record"))]


def test_hosts_that_would_wait_with_too_few_forks_are_refused() -> None:
    run = run_of(
        IDLE, turns=[Turn(waits="until x")], crowded="this run has 6 hosts at a time and 5 forks", state="present"
    )
    with pytest.raises(Refused, match="6 hosts at a time and 5 forks"):
        Ask().decide(run)
    # whoever need not wait is asked
    assert Ask().decide(run_of(IDLE, crowded="too few", state="present")).needed


def test_a_wait_for_regions_that_stand_still_is_given_up() -> None:
    run = run_of(IDLE, state="present")
    run.cluster.driver.gives_up = DeadlineExceeded("waiting for region west")
    with pytest.raises(
        DeadlineExceeded, match=r"no region has moved for 900 s \(kraft_wait_timeout\): waiting for region west"
    ) as late:
        Ask().apply(run)
    assert late.value.code == "operator-stuck"
    assert "asked to migrate" not in run.log


def test_the_gates_are_asked_when_the_turn_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of(DECIDING, state="finalize")

    def require(_cluster: Any) -> list[Any]:
        run.log.append("gates asked")
        return []

    monkeypatch.setattr(operator_gates, "require", require)
    monkeypatch.setattr(operator_gates, "left_alone", lambda _cluster: "controller 1 leads")
    Ask().apply(run)
    assert run.said[1] == "DANGER: controller 1 leads"
    assert run.log[:4] == ["waited to finalize", "locked", "looked for finalize", "gates asked"]
    assert run.log[-1] == "unlocked"
    # in check mode and before its turn nothing is asked of the gates
    run = run_of(DECIDING, turns=[Turn(waits="until west is final")], state="finalize")
    assert Ask().decide(run).needed
    assert "gates asked" not in run.log


# a rollback of several regions


@pytest.fixture(autouse=True)
def ends(monkeypatch: pytest.MonkeyPatch) -> None:
    def remove(cluster: Any, _tell: Any) -> Evidence:
        cluster.driver.log.append("removed")
        return Evidence(controller=2, removed={"/controller": "{}"})

    monkeypatch.setattr(operator_rollback, "remove_znodes", remove)
    monkeypatch.setattr(operator_rollback, "remove_what_came_back", lambda *_words: [])
    monkeypatch.setattr(operator_rollback, "remove_metadata_logs", lambda *_words: [])
    monkeypatch.setattr(operator_rollback, "compare_ahead", lambda *_words: None)
    monkeypatch.setattr(operator_rollback, "prove", lambda _cluster: [{"what": "x", "evidence": "none"}])


def test_a_rollback_of_one_region_is_one_task() -> None:
    """The next region waits in the same task: were the rest in later tasks, they would never begin."""
    after = Progress(True, phases.ROLLBACK, "RollbackToZkRemoveKRaftControllerDepsInKafka")
    run = run_of(DECIDING, AT_ZNODES, AT_ZNODES, AT_ZNODES, after, ROLLED_BACK, state="rollback")
    run.journal.migration_id = "m1"
    done = Ask().apply(run)
    assert [line for line in run.log if line in ("asked to roll back", "removed", "released", "cleaned up")] == [
        "asked to roll back",
        "removed",
        "released",
        "cleaned up",
    ]
    assert run.log.index("unlocked") < run.log.index("removed"), "the lock is for the asking alone"
    assert run.log[-1] == f"end {phases.ROLLBACK} with RollbackToZkComplete"
    assert done["removed"] == {"/controller": "{}"}
    assert done["changed"] is True
    assert run.sub_phase == "AskTo", "what comes after is about the task again"


@pytest.mark.parametrize("seen", [AT_ZNODES, ROLLED_BACK])
def test_a_rollback_that_was_interrupted_goes_on_without_a_turn(seen: Progress) -> None:
    run = run_of(seen, ROLLED_BACK, turns=[Turn(waits="until east is back")], state="rollback")
    assert Ask().decide(run).reason.startswith("go on with the rollback of this region")
    run = run_of(seen, seen, seen, seen, ROLLED_BACK, turns=[Turn(waits="until east is back")], state="rollback")
    Ask().apply(run)
    assert "asked to roll back" not in run.log
    assert "cleaned up" in run.log


def test_what_is_left_after_the_request_is_gone_is_cleaned_up() -> None:
    run = run_of(IDLE, state="rollback")
    run.cluster.driver.remains = ["PersistentVolumeClaim/data0"]
    assert Ask().decide(run).needed
    Ask().apply(run)
    assert "asked to roll back" not in run.log
    assert "cleaned up" in run.log
    assert Ask().decide(run_of(IDLE, state="rollback")).kind == "not needed"


def test_one_region_alone_has_its_rollback_in_tasks() -> None:
    run = run_of(DECIDING, state="rollback")
    run.params["regions"] = None
    assert not _turns.several(run)
    Ask().apply(run)
    assert run.log == ["asked to roll back", "record asked"]
