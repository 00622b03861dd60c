# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sample of kills names boundaries that are there: one that is not would silently be left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos import sweep


@pytest.mark.parametrize("leg", ["forward", "brokers", "back"])
def test_the_sample_is_made_of_boundaries_in_their_order(leg: str, tmp_path: Path) -> None:
    assert sweep.Sweep(tmp_path, sample=True).boundaries(leg) == list(sweep.SAMPLE[leg])


def test_the_whole_sweep_kills_right_before_and_right_after_each_sub_phase(tmp_path: Path) -> None:
    whole = sweep.Sweep(tmp_path, sample=False)
    kills = [boundary for leg in sweep.LEGS for boundary in whole.boundaries(leg)]
    assert len(kills) == len(set(kills)) == 68
