# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from tests.rounds.prober import window

LINES = [
    "1000 1010 served",
    "1200 1205 served",
    "1400 2900 TimeoutException",
    # asked before the moment, answered by whoever came after it
    "1600 4400 served",
    "4400 4410 served",
    "4600 46",
]


def test_the_window_is_between_the_answers_around_the_moment() -> None:
    found = window(LINES, 2000)
    assert found is not None
    assert (found.last, found.first, found.milliseconds) == (1205, 4400, 3195)


def test_an_answer_at_the_moment_itself_came_before_it() -> None:
    found = window(LINES, 1205)
    assert found is not None
    assert found.last == 1205


@pytest.mark.parametrize("moment", [1000, 4410, 9999])
def test_a_window_without_both_ends_is_none(moment: int) -> None:
    assert window(LINES, moment) is None
