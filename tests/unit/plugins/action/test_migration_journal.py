# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of each way: what is proved, and that the lock goes last."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.action import migration_journal
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rollback, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import rollback_proof, status
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    locks,
    originals,
    stage_objects,
    writes,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, KraftError, Refused

from tests.unit.plugins.action.acting import Acts, action
from tests.unit.plugins.module_utils.scenes import cluster_with

END = "MoveToKRaftControllerComplete"
PROOF = [{"what": "znode /migration", "evidence": "there is none"}]


def scene(monkeypatch: pytest.MonkeyPatch, event: str, **changed: Any) -> Acts:
    """Everything below is only noted."""
    cluster = cluster_with(**changed)
    cluster.changed = lambda *_parts: None
    cluster.journal.migration_id = "m1"
    run = Acts(cluster, event=event)
    monkeypatch.setattr(writes, "restore_strategy", run.note("strategy put back", True))
    monkeypatch.setattr(stage_objects, "delete_unused", run.note("settings deleted", ["ConfigMap/kafka-migration-1"]))
    monkeypatch.setattr(originals, "forget", lambda _cluster: True)
    monkeypatch.setattr(rollback_proof, "prove", run.note("proved", PROOF))
    monkeypatch.setattr(locks, "release", run.note("released"))
    return run


def test_a_rollback_is_proved_before_the_lock_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the lock is held, a run that was killed before comes here again."""
    run = scene(monkeypatch, rollback.COMPLETE, controllers=None)
    result = action(migration_journal).apply(run)
    assert run.log == [
        "strategy put back",  # first: until then a pod may be made from a revision that needs the settings of a stage
        "settings deleted",
        "proved",
        f"record {rollback.COMPLETE}",
        "save",
        "released",
        "lease stopped",
        "lease released",
    ]
    assert result["proof"] == PROOF
    assert result["deleted"] == ["ConfigMap/kafka-migration-1", "Secret with the originals"]
    assert (run.journal.migration_id, run.journal.pure_since) == ("", "")


def test_what_is_left_keeps_the_lock_and_the_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 3: the end is not recorded as long as anything is left."""
    run = scene(monkeypatch, rollback.COMPLETE, controllers=None)
    monkeypatch.setattr(rollback_proof, "prove", run.note("not proved", KraftError("still there: volumes")))
    with pytest.raises(KraftError, match="volumes"):
        action(migration_journal).apply(run)
    assert run.log == ["strategy put back", "settings deleted", "not proved"]
    assert run.journal.migration_id == "m1"


def test_the_end_of_the_way_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    finalized = state.ClusterState(state.FINALIZED, "no controller has the flag")
    run = scene(monkeypatch, END, state=finalized)
    action(migration_journal).apply(run)
    # brokers and controllers
    assert run.log[:3] == ["strategy put back", "strategy put back", "released"]
    assert run.journal.phase() == "COMPLETE"


def test_pods_of_an_older_revision_keep_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    run = scene(monkeypatch, END, state=state.ClusterState(state.FINALIZED, "final"))
    monkeypatch.setattr(writes, "restore_strategy", run.note("not put back", Conflict("1 of 3 pods")))
    with pytest.raises(Conflict):
        action(migration_journal).apply(run)
    assert run.log == ["not put back"]
    assert run.journal.events == []


@pytest.mark.parametrize(
    ("event", "name", "recorded"),
    [
        ("SetupComplete", state.ZOOKEEPER, False),
        ("SetupComplete", state.PREMIGRATION, True),
        ("SetupComplete", state.MIXED, True),
        ("MigrateDualWrite", state.PREMIGRATION, False),
        ("MigrateDualWrite", state.MIXED, False),
        ("MigrateDualWrite", state.HYBRID, True),
        (END, state.PURE, False),
        (END, state.MIXED, False),
    ],
)
def test_only_what_is_reached_is_recorded(
    monkeypatch: pytest.MonkeyPatch, event: str, name: str, recorded: bool
) -> None:
    run = scene(monkeypatch, event, state=state.ClusterState(name, "why"))
    monkeypatch.setattr(status, "already_over", lambda _cluster: "")

    def expect(wanted: Any, step: str) -> None:
        if not wanted(name):
            raise Refused(step, code="wrong-state")

    run.cluster.expect = expect
    if recorded:
        assert action(migration_journal).decide(run).needed
        return
    with pytest.raises(Refused):
        action(migration_journal).decide(run)
