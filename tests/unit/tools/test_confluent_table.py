# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/confluent.md: a row for each sub-phase, in order, and each test that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "confluent.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("`"): cells[1:]
    for line in PAGE.splitlines()
    if line.startswith("| `") and len(cells := [cell.strip() for cell in line.strip("|").split(" | ")]) == 5
}
TESTS = dict(re.findall(r"^\| ([a-z]) \| `(\w+\.py::\w+)` \|$", PAGE, re.MULTILINE))


def test_every_sub_phase_has_a_row() -> None:
    assert list(ROWS) == [item.name for item in phases.SUB_PHASES]
    assert len(ROWS) == 34


def test_no_cell_is_empty() -> None:
    assert [name for name, cells in ROWS.items() if not all(cells)] == []


def test_every_sub_phase_names_a_test_that_exists() -> None:
    used = {letter for cells in ROWS.values() for letter in cells[-1].strip(" |").split(", ")}
    assert used <= set(TESTS)
    for node in TESTS.values():
        file, _colons, test = node.partition("::")
        text = (ROOT / "tests" / "e2e" / file).read_text(encoding="utf-8")
        assert f"def {test}(" in text, node
