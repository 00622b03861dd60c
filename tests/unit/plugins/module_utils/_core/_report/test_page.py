# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page and its picture say what the report says, and need nothing else."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import (
    page as pages,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import (
    report,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import (
    svg as report_svg,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report.journal import Journal

from tests.unit.plugins.module_utils._core.reports import (
    BY,
    DAY,
    STATUS,
    T0,
    folded,
    made,
    sample,
)


def test_the_page_needs_nothing_else() -> None:
    html = pages.page(made())
    assert not re.findall(r"<(?:script|link|img|iframe|object)\b|url\(|@import|\bsrc=|href=", html)
    assert set(re.findall(r"https?://[^\"' ]+", html)) <= {"http://www.w3.org/2000/svg"}


def test_the_page_tells_what_happened() -> None:
    html = pages.page(made())
    for text in ("123456 acked", "accepted by name", BY, "process.roles=broker", "- zookeeper.connect", "the active one",
                 "not reversible", "NOT READY", "migration flag off", "not running", "not known", "traffic-3", "1 x TimeoutException: x &lt; y"):  # fmt: skip
        assert text in html, text


def test_an_empty_journal_makes_a_page_too() -> None:
    html = pages.page(report.build(Journal("kafka"), {}))
    assert "no events yet" in html
    assert "Gates" not in html


def test_a_running_or_failed_canary_says_so() -> None:
    html = pages.page(made(canary={"ok": False, "running": True}, status={**STATUS, "state": "MIXED"}))
    assert "RECORDS ARE LOST" in html
    assert "still running" in html
    assert "a roll is under way" in html


def test_a_pod_that_had_nothing_to_wait_for_and_a_standing_state() -> None:
    journal = sample()
    journal.events, journal.pure_since = journal.events[:7], ""
    journal.events[5]["pods"][0]["back_ms"] = 0
    html = pages.page(report.build(journal, {**STATUS, "state": "HYBRID_DUAL_WRITE", "controllers": []}))
    assert "since 14:13" in html


def _boxes(svg: str) -> list[tuple[float, float, float, float, str]]:
    """Boxes of the texts by a measure that is narrower than the drawing's own bound (a real font is narrower, too)."""
    found = []
    for item in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):  # noqa: S314  our own text
        size, text = float(item.attrib["font-size"]), item.text or ""
        width = len(text) * size * 0.58
        left = float(item.attrib["x"]) - {"start": 0.0, "middle": width / 2, "end": width}[item.attrib["text-anchor"]]
        bottom = float(item.attrib["y"])
        found.append((left, bottom - size * 0.75, left + width, bottom, text))
    return found


@pytest.mark.parametrize("soak", [0.0, 7 * DAY])
@pytest.mark.parametrize("brokers", [3, 12, 50])
@pytest.mark.parametrize("shape", [pages.WIDE, pages.NARROW])
def test_no_text_lies_on_another_or_outside(soak: float, brokers: int, shape: tuple[int, int]) -> None:
    boxes = _boxes(report_svg.timeline(made(soak, brokers), *shape))
    for a, b in combinations(boxes, 2):
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart, (a, b)
    for left, top, right, _bottom, text in boxes:
        assert left >= -1, text
        assert right <= shape[0] + 1, text
        assert top >= 0, text


def test_a_soak_breaks_the_picture_and_names_the_state() -> None:
    svg = report_svg.timeline(made(7 * DAY), *pages.WIDE)
    assert "7 d later, all in HYBRID_DUAL_WRITE" in svg
    assert "7 d later, all in PURE_DUAL_WRITE" in svg
    # the phase that goes on after a break is named again
    assert svg.count(">MoveToKRaftControllerOnly<") == 2


def test_many_restarts_are_thin_lines() -> None:
    svg = report_svg.timeline(made(brokers=50), *pages.WIDE)
    assert "50 restarts, kafka-0 to kafka-49" in svg
    assert "kafka-7 (id 7)" not in svg
    assert "kafka-7: Ready after" in svg


def test_a_canary_gap_is_marked_only_where_it_is_known() -> None:
    assert "1234 ms" in report_svg.timeline(made(), *pages.WIDE)
    assert "between two acks" not in report_svg.timeline(made(canary={"longest_ack_gap_ms": "x"}), *pages.WIDE)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.42, "0.42 s"),
        (12.34, "12.3 s"),
        (59.99, "60.0 s"),
        (185, "3 min 5 s"),
        (7500, "2 h 5 min"),
        (601200, "6 d 23 h"),
        (60, "1 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert report_svg.duration(seconds) == text


def test_short_names() -> None:
    assert report_svg.short("MoveToKRaftControllerTriggerZkRemoval", "") == "TriggerZkRemoval"
    assert report_svg.short("SetupComplete", "") == "Complete"
    assert report_svg.short("", "SETUP") == "SETUP"
    assert report_svg.fitted("abcdefghij", 30) == "abc…"


@pytest.mark.parametrize(("length", "clock"), [(2.0, "14:13:20.5"), (20.0, "14:13:25"), (40 * DAY, "10-01")])
def test_the_axis_suits_the_length(length: float, clock: str) -> None:
    journal = Journal("kafka")
    journal.add(report.iso(T0 + int(length * 1000)), "SETUP", "SetupMutateKRaftController", "x", seconds=length)
    assert clock in report_svg.timeline(report.build(journal, {}), *pages.WIDE)


def test_the_page_of_a_folded_journal(monkeypatch: Any) -> None:
    html = pages.page(report.build(folded(monkeypatch, 6_000), STATUS))
    assert "Folded events" in html
    assert ">299<" in html
    assert "brokers, stage migration: 3 restarts in" in html
    assert "The times of each pod were folded" in html
    assert 'class="r-ready"' not in report_svg.timeline(report.build(folded(monkeypatch, 6_000), STATUS), 1100, 374)
    assert "Folded events" not in pages.page(made())
