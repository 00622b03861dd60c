# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a rollback that stands still looks like one that waits for the znodes, and that nothing follows from it alone."""

from __future__ import annotations

from itertools import chain, repeat
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Controller
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import in_sync, silent_wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.operator_steps import (
    answered_too_early,
    partitions,
    wait_for_znodes,
    wait_past,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import Signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Forbidden,
    KraftError,
    Refused,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper import handover
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.handover import Heads

from tests.unit.plugins.module_utils.fakes import PARAMS
from tests.unit.plugins.module_utils.led_scene import AT_ZNODES, DECIDING, ROLLED_BACK, Operator, led

ASKED = frozenset({Verb.ROLLBACK})
MAKE_EMPTY, REMOVE = "RollbackToZkMakeProcessRoleEmpty", "RollbackToZkWaitForManualNodeRemovalFromZk"
HIDDEN = Progress(True, phases.ROLLBACK, MAKE_EMPTY, asked=ASKED)
LATER = Progress(True, phases.ROLLBACK, "RollbackToZkRemoveKRaftControllerDepsInKafka", asked=ASKED)
KRAFT = Heads(None, None, None, Controller(3000, 7, False), 3, None)
BROKER = Heads(None, None, None, Controller(1, -1, True), 3, None)
EARLY = Progress(True, phases.ROLLBACK, MAKE_EMPTY, asked=ASKED, answered=True)
ACCEPTED = {**PARAMS, "accept": [silent_wait.CODE]}


def given(answer: Any) -> Any:
    """An answer, or the error in its place."""
    if isinstance(answer, Exception):
        raise answer
    return answer


@pytest.fixture
def heads(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What ZooKeeper has; a test changes it."""
    found: list[Any] = [KRAFT]
    monkeypatch.setattr(handover, "read_heads", lambda _session: given(found[0]))
    return found


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has moved for long enough."""
    monkeypatch.setattr(silent_wait.Quiet, "due", lambda *_words: True)


@pytest.mark.parametrize(
    ("seen", "changed", "there", "words"),
    [
        (HIDDEN, {}, KRAFT, "and a KRaft controller holds /controller"),
        (Progress(True, phases.ROLLBACK, "", asked=ASKED), {}, KRAFT, "and a KRaft controller holds /controller"),
        (HIDDEN, {}, BROKER, "and the controllers (c-0) still exist"),
        (HIDDEN, {"controller_pods": {}}, BROKER, ""),
        (HIDDEN, {"modes": {"kafka-0": state.MODE_KRAFT}}, KRAFT, ""),
        (HIDDEN, {"modes": {"kafka-0": state.MODE_UNKNOWN}}, KRAFT, ""),
        (LATER, {}, KRAFT, ""),
        (AT_ZNODES, {}, KRAFT, ""),
        (ROLLED_BACK, {}, KRAFT, ""),
        (DECIDING, {}, KRAFT, ""),
        (Progress(True, phases.SETUP, "SetupComplete", asked=ASKED), {}, KRAFT, ""),
        (Progress(True, phases.ROLLBACK, MAKE_EMPTY, asked=ASKED, answered=True), {}, KRAFT, ""),
    ],
)
def test_when_it_looks_like_a_wait(heads: list[Any], seen: Progress, changed: Any, there: Any, words: str) -> None:
    heads[0] = there
    cluster = led(Operator(seen), **{"controller_pods": {"c-0": {}}, **changed})
    found = silent_wait.found(cluster, seen)
    assert bool(found.like) is bool(words)
    assert words in found.like
    assert found.unread == ""


def test_an_operator_that_shows_its_waits_is_never_taken_to_hide_one(heads: list[Any], quiet: None) -> None:
    operator, said = Operator(HIDDEN), list[str]()
    operator.waits_silently = False
    with pytest.raises(DeadlineExceeded) as still:
        wait_past(led(operator, params=ACCEPTED), MAKE_EMPTY, said.append)
    assert still.value.code == "operator-stuck"
    assert "kraft_accept" not in still.value.message + "".join(said)


def test_a_zookeeper_that_cannot_be_read_is_told(heads: list[Any], quiet: None) -> None:
    heads[0] = KraftError("no ZooKeeper answers")
    said: list[str] = []
    with pytest.raises(DeadlineExceeded) as still:
        wait_past(led(Operator(HIDDEN), params=ACCEPTED), MAKE_EMPTY, said.append)
    told = "waits for the removal of the znodes without saying so cannot be told, since ZooKeeper could not be read: no ZooKeeper answers"
    assert told in said[1]
    assert told in still.value.message
    assert still.value.code == "operator-stuck", "nothing is accepted of what was not seen"


def test_a_missing_permission_is_told(heads: list[Any]) -> None:
    heads[0] = Forbidden("pods/portforward is not allowed")
    with pytest.raises(Forbidden):
        silent_wait.found(led(Operator(HIDDEN)), HIDDEN)


def test_the_cluster_is_looked_at_once_after_each_quiet_while(monkeypatch: pytest.MonkeyPatch) -> None:
    quiet, still = silent_wait.Quiet(), Signals("", "a")
    times = chain([0.0, 19.0, 21.0, 30.0, 42.0, 50.0, 60.0, 71.0], repeat(0.0))
    monkeypatch.setattr("time.monotonic", times.__next__)
    assert [quiet.due(HIDDEN, still) for _look in range(5)] == [False, False, True, False, True]
    # a pod moved: everything begins again
    assert [quiet.due(HIDDEN, Signals("", "b")) for _look in range(3)] == [False, False, True]


def test_what_kafka_says_of_its_replicas(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = led(Operator(HIDDEN))
    monkeypatch.setattr(in_sync, "out_of_sync", lambda _cluster: {("orders", 4): 1, ("orders", 3): 2})
    assert partitions(cluster) == "2 partitions are under-replicated: orders-3, orders-4"

    def unreadable(_cluster: Any) -> Any:
        raise KraftError("no ZooKeeper answers")

    monkeypatch.setattr(in_sync, "out_of_sync", unreadable)
    assert partitions(cluster) == "the partitions could not be read: no ZooKeeper answers"


@pytest.mark.parametrize("sub_phase", [MAKE_EMPTY, REMOVE])
def test_nothing_follows_unless_it_was_accepted(heads: list[Any], quiet: None, sub_phase: str) -> None:
    said: list[str] = []
    with pytest.raises(DeadlineExceeded) as still:
        wait_past(led(Operator(HIDDEN)), sub_phase, said.append)
    assert still.value.code == silent_wait.CODE
    assert "kraft_accept" in still.value.message
    assert said[0] == "nothing moved for 20 s; no partition is under-replicated"
    assert "kraft_accept" in said[1], "told as soon as it is seen, not only at the end"
    seen = wait_past(led(Operator(HIDDEN), params=ACCEPTED), sub_phase, said.append)
    assert seen == HIDDEN
    assert said[-1].endswith("it is taken to wait for the removal of the znodes, as was accepted by name")


def test_a_later_sub_phase_is_never_taken_for_that_wait(heads: list[Any], quiet: None) -> None:
    with pytest.raises(DeadlineExceeded) as still:
        wait_past(led(Operator(HIDDEN), params=ACCEPTED), LATER.sub_phase, lambda _text: None)
    assert still.value.code == "operator-stuck"


@pytest.mark.parametrize(
    ("says", "params", "waits"),
    [
        ([HIDDEN, AT_ZNODES], PARAMS, True),
        ([HIDDEN, HIDDEN], ACCEPTED, True),
        ([HIDDEN, LATER], PARAMS, False),
        # told by a run that was killed then
        ([EARLY, LATER], ACCEPTED, False),
    ],
)
def test_waiting_for_the_wait(heads: list[Any], quiet: None, says: list[Progress], params: Any, waits: bool) -> None:
    assert wait_for_znodes(led(Operator(*says), params=params), REMOVE, lambda _text: None)[1] is waits


@pytest.mark.parametrize("seen", [EARLY, Progress(True, phases.DUAL_WRITE, "MigrateDualWrite", answered=True)])
def test_an_operator_that_was_told_too_early_is_not_waited_for(heads: list[Any], seen: Progress) -> None:
    """It would pass its wait by, and restart the brokers while a KRaft controller holds ZooKeeper."""
    cluster = led(Operator(seen))
    with pytest.raises(Refused, match=r"told already that the znodes are gone \(annotation continue\)") as early:
        wait_for_znodes(cluster, REMOVE, lambda _text: None)
    assert early.value.code == "operator-will-not-stop"
    cluster.journal.add("2026-01-01T00:00:00Z", phases.ROLLBACK, REMOVE, "removed")
    assert answered_too_early(cluster, seen) == "", "we told it"
