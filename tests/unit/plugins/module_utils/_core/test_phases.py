# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every sub-phase is one task: named once, carried out by one module with options of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases

ROOT = Path(__file__).parents[5]


def test_names_are_unique_and_looked_up() -> None:
    names = [item.name for item in phases.SUB_PHASES]
    assert len(set(names)) == len(names) == 34
    assert dict(phases.BY_NAME) == {item.name: item for item in phases.SUB_PHASES}


@pytest.mark.parametrize("item", phases.SUB_PHASES, ids=lambda item: item.name)
def test_a_module_with_its_options_is_that_sub_phase(item: Any) -> None:
    assert phases.sub_phase_of(item.module, {"namespace": "n", **item.params}) == item.name


@pytest.mark.parametrize("item", phases.SUB_PHASES, ids=lambda item: item.name)
def test_the_module_and_its_action_exist(item: Any) -> None:
    assert (ROOT / "plugins/modules" / f"{item.module}.py").is_file()
    assert (ROOT / "plugins/action" / f"{item.module}.py").is_file()


def test_a_module_with_other_options_is_no_sub_phase() -> None:
    assert phases.sub_phase_of("rolling_restart", {"target": "brokers", "stage": "final"}) == "rolling_restart"
    assert phases.sub_phase_of("cluster_info", {}) == "cluster_info"


def test_what_only_reads_never_writes() -> None:
    readers = {item.module for item in phases.SUB_PHASES if item.effect == phases.READS}
    writers = {item.module for item in phases.SUB_PHASES if item.effect in (phases.WRITES, phases.RESTARTS)}
    assert all(name.endswith("_info") for name in readers)
    assert not readers & writers


def test_the_phases_come_in_their_order() -> None:
    order = [phases.SETUP, phases.MIGRATE, phases.FINALIZE, phases.ROLLBACK]
    seen = [order.index(item.phase) for item in phases.SUB_PHASES]
    assert seen == sorted(seen)
