# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of the check: with a disruption it needs the Lease, without one it takes none."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.action import cluster_check_info

from tests.unit.plugins.action.acting import Acts, action
from tests.unit.plugins.module_utils.scenes import cluster_with

ACTION = action(cluster_check_info)


class Check:
    """A check that only says what it was given."""

    def __init__(self, cluster: Any, progress: Any) -> None:
        self.cluster, self.progress = cluster, progress

    def plan(self) -> str:
        return "make a topic"

    def run(self) -> dict[str, Any]:
        return {"msg": f"{self.cluster.name} serves"}


@pytest.fixture(autouse=True)
def check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_check_info, "ClusterCheck", Check)


@pytest.mark.parametrize("disrupt", [True, False])
def test_only_a_disruption_takes_the_lease(disrupt: bool) -> None:
    decision = ACTION.decide(Acts(cluster_with(), disrupt=disrupt))
    assert (decision.needed, decision.reason, decision.only_waits) == (True, "make a topic", not disrupt)


def test_the_same_whoever_leads() -> None:
    assert ACTION.apply(Acts(cluster_with())) == {"msg": "kafka serves"}
    assert ACTION.LED is None
    assert (ACTION.SHOWS, ACTION.MIGRATES, ACTION.MUTATES) == (True, False, True)
