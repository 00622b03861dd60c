# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one table of stages: their order, and the states in which each may be written."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, stages, state


@pytest.mark.parametrize(
    ("now", "stage", "past"),
    [
        ("", "ibp", False),
        ("ibp", "ibp", False),
        ("migration", "ibp", True),
        ("kraft", "migration", True),
        ("migration", "kraft", False),
        ("", "held", False),
        ("final", "migrating", True),
        ("held", "final", False),
    ],
)
def test_the_order_of_stages(now: str, stage: str, past: bool) -> None:
    assert stages.past(now, stage) is past


@pytest.mark.parametrize(
    ("now", "stage", "allowed"),
    [
        (state.ZOOKEEPER, "migration", False),
        (state.PREMIGRATION, "migration", True),
        (state.PREMIGRATION, "kraft", False),
        (state.HYBRID, "kraft", True),
        (state.HYBRID, "final", False),
        (state.PURE, "final", True),
        (state.FINALIZED, "return", False),
        (state.FINALIZED, "original", False),
    ],
)
def test_the_states_of_a_stage(now: str, stage: str, allowed: bool) -> None:
    assert stages.allowed(now, stage, ()) is allowed


def test_a_roll_under_way_is_resumed_at_its_own_stage_only() -> None:
    assert stages.allowed(state.MIXED, "migration", ["", "migration"])
    assert not stages.allowed(state.MIXED, "migration", [""])


def test_nothing_is_written_into_what_is_finalized_but_the_last_stage() -> None:
    late = [stage.name for stage in stages.TABLE if state.FINALIZED in stage.states]
    assert late == ["final"]


def test_each_event_and_stage_is_one_of_the_phases() -> None:
    assert stages.REACHED.keys() <= phases.BY_NAME.keys()
    named = {dict(item.params).get("stage") or dict(item.params).get("state") for item in phases.SUB_PHASES}
    assert {stage.name for stage in stages.TABLE} <= named
