# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured where an operator leads, and the part of the page about it."""

from __future__ import annotations

import pytest

from tests.bench import page_led
from tests.bench.led import Failed, Line, noticed, silence
from tests.operators.confluent.watch import Sight

LINES = [
    Line(0.0, ""),
    Line(1.2, "at SETUP/SetupPreChecks"),
    Line(4.0, "at SETUP/SetupComplete, for 0 s"),
    Line(9.5, ""),
]


def test_each_sub_phase_counts_from_when_it_was_shown() -> None:
    seen = [Sight("SETUP", "SetupPreChecks", 1.0), Sight("SETUP", "SetupComplete", 3.75)]
    assert noticed(seen, LINES) == pytest.approx({"SetupPreChecks": 0.2, "SetupComplete": 0.25})


def test_one_that_was_over_at_once_need_not_be_named() -> None:
    seen = [Sight("SETUP", "SetupDeriveIBPVersion", 1.0), Sight("SETUP", "SetupComplete", 1.5)]
    assert set(noticed(seen, LINES)) == {"SetupComplete"}


def test_one_that_lasted_and_was_never_named_is_no_measurement() -> None:
    seen = [Sight("SETUP", "SetupTriggerIBPUpgrade", 1.0), Sight("SETUP", "SetupComplete", 3.0)]
    with pytest.raises(Failed, match="no line named SetupTriggerIBPUpgrade"):
        noticed(seen, LINES)


def test_the_end_counts_as_a_line() -> None:
    assert silence(LINES) == pytest.approx(5.5)


def way(operator: float, **more: float) -> dict[str, object]:
    return {
        "before_s": 4.0,
        "operator_s": operator,
        "after_s": 2.0,
        "noticed_ms": {"a": 100, "b": 300, "c": 900},
        "silence_s": 4.9,
        **more,
    }


def test_the_page_says_what_the_playbooks_add() -> None:
    about = {"date": "2026-11-29", "command": "make bench", "took_s": 600, "load before": 0.1, "kafka": "3.9.2"}
    data = {
        "conditions": about,
        "alone_s": {"migrate": 50.0, "rollback": 100.0, "finalize": 50.0},
        "playbook": {"migrate": way(51.0), "rollback": way(111.0, znodes_s=0.4), "finalize": way(52.0)},
    }
    text = page_led.section(data)
    assert "| change of the sub-phase noticed after, maximum (median) | 1 s | 900 ms (300 ms) |" in text
    assert "| znodes removed after the wait was shown | 2 s | 0.4 s |" in text
    # 1 + 1 + 2 seconds of 200; the 10 s for which a broker keeps /controller are asked for
    assert "| added to the operator's own time, all three ways | 5 % | 2.0% |" in text
    assert "| rollback.yml | 100.0 s | 4.0 s | 111.0 s | 2.0 s | +1.0 s (+1.0%) | 3 |" in text
