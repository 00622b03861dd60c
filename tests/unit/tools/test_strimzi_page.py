# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/strimzi.md: its table of states is what the code makes of them, and the codes that it names exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import findings
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import states
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.states import Around

from tests.unit.plugins.module_utils._platform._strimzi import crs

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "strimzi.md").read_text(encoding="utf-8")
#: state and request to the phase that the page says
STATES = {
    (state, asked): cells[1].strip("`")
    for line in PAGE.splitlines()
    if line.startswith("| `") and len(cells := [cell.strip() for cell in line.strip("|").split(" | ")]) == 5
    for state, *requests in [re.findall(r"`(\w+)`", cells[0])]
    for asked in requests
}


@pytest.mark.parametrize(("place", "phase"), STATES.items())
def test_the_page_says_what_the_code_does(place: tuple[str, str], phase: str) -> None:
    found = states.progress_of(crs.kafka(*place), Around())
    assert (found.phase or "-") == phase


def test_every_state_of_strimzi_is_there() -> None:
    every = {
        states.ZOOKEEPER,
        states.MIGRATING,
        states.DUAL_WRITING,
        states.POST_MIGRATION,
        states.PRE_KRAFT,
        states.KRAFT,
    }
    assert {state for state, _asked in STATES} == every
    assert len(STATES) == 14


def test_every_code_exists() -> None:
    tables = [line for line in PAGE.splitlines() if line.startswith("| ") and line.count(" | ") == 1]
    named = {code for line in tables for code in re.findall(r"`([a-z]+(?:-[a-z]+)+)`", line.rpartition(" | ")[2])}
    assert len(named) > 20
    assert named <= set(findings.RULES)
