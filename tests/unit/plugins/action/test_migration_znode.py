# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 9: ZooKeeper has everything, the quorum is gone, the znodes go, a broker is controller, the volumes go."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.action import migration_znode
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Controller
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rollback import Answer
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    election,
    level_epochs,
    quorum_removal,
    rollback_plan,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import brokers, locks
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded, Refused

from tests.unit.plugins.action.acting import Acts, action
from tests.unit.plugins.module_utils.fakes import FakeClient, pod
from tests.unit.plugins.module_utils.scenes import cluster_with

PARTS = ("settle", "stop", "hand_over", "delete")


def scene(monkeypatch: pytest.MonkeyPatch, **fails: Exception) -> Acts:
    """Each part is only noted, or fails."""
    client = FakeClient(*(pod(f"kafka-{number}") for number in range(3)))
    pods = {name: client.get(POD, name, "n") for name in client.names("Pod")}
    cluster = cluster_with(client=client, pods=pods, zookeeper="session")
    cluster.changed = lambda *_parts: None
    run = Acts(cluster, state="absent", origin="migrate")
    for part in PARTS:
        monkeypatch.setattr(quorum_removal, part, run.note(part, fails.get(part)))
    return run


def test_the_parts_and_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    run = scene(monkeypatch)
    action(migration_znode).apply(run)
    assert run.log == ["settle", "record stopping", "stop", "hand_over", "delete", "record removed"]


@pytest.mark.parametrize("part", ["settle", "stop", "delete"])
def test_what_fails_stops_the_rest(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """Rule 9: each part is proved before the next; a quorum that does not stop leaves ZooKeeper alone."""
    run = scene(monkeypatch, **{part: DeadlineExceeded("it does not end", code="controllers-not-ready")})
    with pytest.raises(DeadlineExceeded):
        action(migration_znode).apply(run)
    done = [line for line in run.log if not line.startswith("record")]
    assert done == list(PARTS[: PARTS.index(part) + 1])


def test_a_controller_that_still_runs_is_no_reason_to_restart_a_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    run = scene(monkeypatch, hand_over=Refused("controllers still run", code="controllers-not-ready"))
    with pytest.raises(Refused):
        action(migration_znode).apply(run)
    assert run.client.calls == []
    assert run.log[-1] == "hand_over"


def test_when_nobody_takes_over_one_broker_is_restarted_on_its_original_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """KAFKA-16101."""
    run = scene(monkeypatch, hand_over=DeadlineExceeded("nobody holds /controller"))
    monkeypatch.setattr(brokers, "plan_return", lambda _cluster, stage: [SimpleNamespace(stage=stage, secrets=["s"])])
    monkeypatch.setattr(brokers, "write_stage", lambda _cluster, plan: run.log.append(f"{plan.stage} written"))
    monkeypatch.setattr(election, "choose", run.note("chosen", "kafka-1"))
    monkeypatch.setattr(locks, "check", run.note("lock looked at"))

    def restart(_cluster: Any, pod: str, guard: Any, _progress: Any) -> Any:
        guard()
        run.log.append(f"{pod} restarted")
        return Controller(1, -1, True), 5

    monkeypatch.setattr(election, "restart_one", restart)
    done = action(migration_znode).apply(run)
    # which broker can be spared is known before anything is written
    assert run.log[3:] == [
        "hand_over",
        "chosen",
        "record begun",
        "original written",
        "lock looked at",
        "kafka-1 restarted",
        "delete",
        "record removed",
    ]
    assert (done["controller"], done["elected_ms"]) == (1, 5)
    assert done["notes"] == ["nobody holds /controller: a broker was restarted so that it can be elected"]


def test_check_mode_says_how_many_partitions_would_be_levelled(monkeypatch: pytest.MonkeyPatch) -> None:
    run = scene(monkeypatch)
    answers = [Answer("needed", "stop the quorum"), Answer("needed", "stop the quorum"), Answer("done", "no quorum")]
    monkeypatch.setattr(rollback_plan, "answer", lambda *_words, **_options: answers.pop(0))
    monkeypatch.setattr(level_epochs, "would", lambda _cluster: "; 2 partitions would be")
    assert action(migration_znode).decide(run).reason == "stop the quorum"
    run.check_mode = True
    assert action(migration_znode).decide(run).reason == "stop the quorum; 2 partitions would be"
    assert action(migration_znode).decide(run).reason == "no quorum"


def test_whose_turn_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    run = scene(monkeypatch)
    asked: list[Any] = []

    def answer(_cluster: Any, sub_phase: str, *, check_mode: bool) -> Any:
        asked.append((sub_phase, check_mode))
        raise Refused("brokers still run in KRaft mode", code="wrong-state")

    monkeypatch.setattr(rollback_plan, "answer", answer)
    run.sub_phase = "RollbackToZkWaitForManualNodeRemovalFromZk"
    with pytest.raises(Refused):
        action(migration_znode).decide(run)
    assert asked == [(run.sub_phase, False)]
