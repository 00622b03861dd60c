# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may hold /controller when the hybrid state is waited for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.action import migration_progress
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import dual_write

from tests.unit.plugins.action.acting import Acts, action
from tests.unit.plugins.module_utils.scenes import cluster_with, facts

VOTERS = "3000@a:9093,3001@b:9093,3002@c:9093"


def short_of_one() -> Any:
    """The active controller was killed a moment ago: its process cannot be read."""
    running = {f"kafka-kraft-{number}": facts(controller_quorum_voters=VOTERS) for number in (1, 2)}
    migration = SimpleNamespace(offset=9, controller_id=3000)
    return cluster_with(
        controller_facts=running,
        controller_ids={3001: "kafka-kraft-1", 3002: "kafka-kraft-2"},
        view=SimpleNamespace(controller=SimpleNamespace(is_kraft=True), migration=migration, brokers={}),
        zookeeper=None,
        reload=lambda: None,
        expect=lambda *_arguments: None,
    )


def test_a_controller_that_is_down_now_may_lead_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a hybrid state led by it would not be taken for one, for the whole time limit."""
    asked: list[list[int]] = []
    hybrid = SimpleNamespace(noticed_ms=2, happened_ms=1, migration=SimpleNamespace(offset=9, controller_id=3000))

    def wait(_session: Any, controllers: list[int], **_options: Any) -> Any:
        asked.append(controllers)
        return hybrid

    monkeypatch.setattr(migration_progress, "wait_hybrid", wait)
    monkeypatch.setattr(dual_write, "wait_hybrid", wait)
    cluster = short_of_one()
    action(migration_progress).apply(Acts(cluster))
    dual_write.prove_hybrid(cluster)
    assert asked == [[3000, 3001, 3002]] * 2
