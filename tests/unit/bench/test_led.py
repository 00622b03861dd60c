# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured where an operator leads, and the part of the page about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.bench import led, page_led
from tests.bench.led import Failed, Line, Shown, Subject, alone, at_of, by_playbook, noticed, silence
from tests.bench.led_confluent import shown
from tests.bench.led_strimzi import STEPS, STRIMZI
from tests.operators.confluent.watch import Sight
from tests.operators.strimzi import names

LINES = [
    Line(0.0, ""),
    Line(1.2, "at SETUP/SetupPreChecks"),
    Line(4.0, "at SETUP/SetupComplete, for 0 s"),
    Line(9.5, ""),
]


def sights(*found: tuple[str, str, float]) -> list[Shown]:
    return [shown(Sight(*each)) for each in found]


def test_each_step_counts_from_when_it_was_shown() -> None:
    seen = sights(("SETUP", "SetupPreChecks", 1.0), ("SETUP", "SetupComplete", 3.75))
    assert noticed(seen, LINES) == pytest.approx({"SETUP/SetupPreChecks": 0.2, "SETUP/SetupComplete": 0.25})


def test_one_that_was_over_at_once_need_not_be_named() -> None:
    seen = sights(("SETUP", "SetupDeriveIBPVersion", 1.0), ("SETUP", "SetupComplete", 1.5))
    assert set(noticed(seen, LINES)) == {"SETUP/SetupComplete"}


def test_one_that_lasted_and_was_never_named_is_no_measurement() -> None:
    seen = sights(("SETUP", "SetupTriggerIBPUpgrade", 1.0), ("SETUP", "SetupComplete", 3.0))
    with pytest.raises(Failed, match="no line named SETUP/SetupTriggerIBPUpgrade"):
        noticed(seen, LINES)


def test_an_end_that_was_not_seen_is_no_measurement() -> None:
    seen = sights(("SETUP", "SetupComplete", 1.0))
    assert at_of(seen, "SETUP/") == 1.0
    with pytest.raises(Failed, match="not seen at DUAL-WRITE/, only at SETUP/SetupComplete"):
        at_of(seen, "DUAL-WRITE/")


def test_the_end_counts_as_a_line() -> None:
    assert silence(LINES) == pytest.approx(5.5)


@pytest.fixture
def subject() -> Subject[Any]:
    """An operator that shows begun, waits and over, one second after the other; it is asked at second 100."""

    @contextmanager
    def scene(_namespace: str, _folder: Path) -> Iterator[Any]:
        yield None

    @contextmanager
    def watched(_led: Any) -> Iterator[Any]:
        yield lambda: [Shown("old", "old", 90.0), *(Shown(f"{step}!", step, at) for step, at in SHOWN)]

    def nothing(_led: Any, _verb: str) -> float:
        return 1.5

    return Subject("ns", {"rollback": "asked"}, {"rollback": "over"}, "waits", {}, scene, watched, nothing, print)


SHOWN = (("begun", 101.0), ("waits", 102.0), ("over", 103.0))


def test_what_a_playbook_adds(monkeypatch: pytest.MonkeyPatch, subject: Subject[Any]) -> None:
    lines = [(95.0, ""), (100.0, "asked"), (101.25, "begun"), (102.5, "waits"), (102.75, "x: removed /migration")]
    lines += [(103.25, "over"), (104.0, "")]
    monkeypatch.setattr(led, "play", lambda *_arguments: [Line(*line) for line in lines])
    assert by_playbook(subject, SimpleNamespace(), "rollback") == {
        "before_s": 5.0,
        "operator_s": 3.0,
        "after_s": 1.0,
        "noticed_ms": {"begun!": 250, "waits!": 500, "over!": 250},
        "silence_s": 5.0,
        "steps_s": {"begun!": 1.0, "waits!": 2.0, "over!": 3.0},
        "znodes_s": 0.75,
    }
    monkeypatch.setattr(led, "play", lambda *_arguments: [Line(95.0, ""), Line(96.0, "")])
    with pytest.raises(Failed, match="rollback did not say 'asked'"):
        by_playbook(subject, SimpleNamespace(), "rollback")


def test_an_operator_alone_without_what_hands_take(monkeypatch: pytest.MonkeyPatch, subject: Subject[Any]) -> None:
    clock = SimpleNamespace(monotonic=lambda: 100.0, sleep=lambda _seconds: None)
    monkeypatch.setattr(led, "time", clock)
    found = alone(subject, SimpleNamespace(), "rollback")
    assert found == {"operator_s": 1.5, "steps_s": {"begun!": 1.0, "waits!": 2.0, "over!": 3.0}}


@pytest.mark.parametrize(("verb", "steps"), [
    ("migrate", [names.MIGRATING, names.DUAL_WRITING, names.POST_MIGRATION]),
    ("finalize", [names.POST_MIGRATION, names.PRE_KRAFT, names.IN_KRAFT]),
])  # fmt: skip
def test_the_end_of_a_way_of_strimzi_is_its_last_state(verb: str, steps: list[str]) -> None:
    asked = {"migrate": names.MIGRATION, "finalize": names.ENABLED}[verb]
    seen = [Shown(f"{state}, {asked}", STEPS[asked, state], at) for at, state in enumerate(steps)]
    assert at_of(seen, STRIMZI.ends[verb]) == 2


def way(operator: float, **more: float) -> dict[str, object]:
    return {
        "before_s": 4.0,
        "operator_s": operator,
        "after_s": 2.0,
        "noticed_ms": {"a": 100, "b": 300, "c": 900},
        "silence_s": 4.9,
        "steps_s": {},
        **more,
    }


CONDITIONS = {"date": "2026-11-29", "command": "make bench", "took_s": 600, "load before": 0.1, "kafka": "3.9.2"}


def measured() -> dict[str, Any]:
    alone_s = {"migrate": 50.0, "rollback": 100.0, "finalize": 50.0}
    return {
        "conditions": CONDITIONS,
        "alone": {verb: {"operator_s": seconds, "steps_s": {}} for verb, seconds in alone_s.items()},
        "playbook": {"migrate": way(51.0), "rollback": way(111.0, znodes_s=0.4), "finalize": way(52.0)},
    }


def test_the_page_says_what_the_playbooks_add() -> None:
    text = page_led.section(measured(), page_led.CONFLUENT)
    assert "| change of the sub-phase noticed after, maximum (median) | 1 s | 900 ms (300 ms) |" in text
    assert "| znodes removed after the wait was shown | 2 s | 0.4 s |" in text
    # 1 + 1 + 2 seconds of 200; the 10 s for which a broker keeps /controller are asked for
    assert "| added to the operator's own time, all three ways | 5 % | 2.0% |" in text
    assert "| rollback.yml | 100.0 s | 4.0 s | 111.0 s | 2.0 s | +1.0 s (+1.0%) | 3 |" in text
    assert "the real" not in text


def test_the_page_compares_strimzi_state_by_state() -> None:
    data = measured()
    data["alone"]["migrate"]["steps_s"] = {"KRaftPostMigration, migration": 200.0}
    data["playbook"]["migrate"]["steps_s"] = {"KRaftPostMigration, migration": 203.0}
    text = page_led.section(data, page_led.STRIMZI)
    assert "| migrate.yml: KRaftPostMigration | 212 s | 200.0 s | 203.0 s | +3.0 s (+1.5%) |" in text
    assert "| migrate.yml: KRaftMigration | 38 s | not seen | not seen | - |" in text
    assert "znodes removed after" not in text
    assert "change of the state noticed" in text
