# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook that is started again while the broker that the dead run restarted is on its way back."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import preflight
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import locks

from tests.unit.plugins.module_utils.fakes import PARAMS
from tests.unit.plugins.module_utils.scenes import cluster_with

AWAY = finding("broker-not-healthy", "kafka-0", "pod kafka-0 is not Ready")
BEHIND = finding("partition-not-healthy", "partitions", "under-replicated: t-0")
WRONG = finding("migration-stale", "ZooKeeper", "/migration says that a copy was done")


def reads(
    monkeypatch: pytest.MonkeyPatch, *answers: list[Finding], locked: str = "m1"
) -> tuple[list[Finding], list[str]]:
    """What is found at last, and what was said meanwhile. The last answer stays."""
    monkeypatch.setattr(preflight, "PACE", 0.01)
    monkeypatch.setattr(locks, "current_id", lambda _cluster: locked)
    left, said = list(answers), list[str]()
    cluster: Any = cluster_with(params={**PARAMS, "accept": [], "pod_timeout": 0.2})
    cluster.changed = lambda *_parts: None
    found = preflight.when_settled(cluster, lambda _cluster: left.pop(0) if len(left) > 1 else left[0], said.append)
    return found, said


def test_what_an_earlier_run_has_restarted_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    found, said = reads(monkeypatch, [AWAY], [AWAY, BEHIND], [BEHIND], [])
    assert found == []
    assert [line.rpartition(": ")[2] for line in said] == ["pod kafka-0 is not Ready", "t-0"]


def test_what_does_not_pass_by_itself_stops_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reads(monkeypatch, [AWAY, WRONG], []) == ([AWAY, WRONG], [])


def test_before_a_migration_nothing_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reads(monkeypatch, [AWAY], [], locked="") == ([AWAY], [])


def test_a_broker_that_stays_away_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    found, said = reads(monkeypatch, [AWAY])
    assert found == [AWAY]
    assert len(said) == 1
