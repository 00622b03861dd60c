# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a wait says while nothing changes."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.waiting import EVERY, lasting


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0, "it waits"), (EVERY - 0.1, "it waits"), (EVERY, "it waits, for 4 s"), (13.9, "it waits, for 12 s")],
)
def test_how_long_a_wait_lasts_is_said_every_few_seconds(seconds: float, said: str) -> None:
    assert EVERY < 5
    assert lasting("it waits", seconds) == said
