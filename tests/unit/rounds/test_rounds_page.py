# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.bench import marked
from tests.bench import page as bench_page
from tests.rounds import page
from tests.rounds.rounds import MEASURED


def a_round(number: int, **changed: Any) -> dict[str, Any]:
    pure = number % 2 == 0
    seconds = {"changes": 2.0, "migrate": 60.0, "rollback": 40.0 + number, "checks": 5.0}
    return {
        "round": number,
        "to": "pure" if pure else "hybrid",
        "rolls_for_service": int(pure),
        "rolls": 1 + int(pure),
        "znodes_to_election_ms": 10 * number,
        "without_controller_ms": 5000,
        "admin_window_s": 5.25,
        "raised_epoch": None,
        "overhead_ms": [20, 30, 0],
        "seconds": seconds | ({"finalize": 30.0} if pure else {}),
        **changed,
    }


def measured(*rounds: dict[str, Any], **changed: Any) -> dict[str, Any]:
    conditions = {
        "date": "2026-01-01",
        "command": "make rounds",
        "took_s": 3000,
        "load before": 0.1,
        "machine": "2 cores",
    }
    counts = dict.fromkeys(("lost", "duplicates", "order_violations"), 0)
    traffic = [
        {"acked": 1000, "longest_ack_gap_ms": 700, **counts},
        {"acked": 500, "longest_ack_gap_ms": 900, **counts},
    ]
    return {"conditions": conditions, "rounds": list(rounds), "traffic": traffic, "begun_anew": 0, **changed}


def test_every_table_row_has_as_many_cells_as_its_head() -> None:
    text = page.measured(measured(*(a_round(number) for number in range(1, 21))))
    tables = [block for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) == 3
    for block in tables:
        assert len({row.count("|") for row in block.strip().splitlines()}) == 1, block


def test_median_and_worst() -> None:
    text = page.measured(measured(*(a_round(number) for number in range(1, 5))))
    assert "| from the removal of the znodes until a broker is controller | 1 s | 25 ms | 40 ms |" in text
    assert "| rolling restarts of the brokers from hybrid until service is on ZooKeeper | 0 | 0 | 0 |" in text
    assert "| rolling restarts of the brokers from pure dual-write until service is on ZooKeeper | 1 | 1 | 1 |" in text
    assert "with 1500 records acknowledged" in text
    assert "| finalize | - | - | 30 s | 30 s |" in text
    assert "| total | 60 min |  | 50 min |" in text


def test_a_round_that_needed_more_shows() -> None:
    text = page.measured(measured(a_round(1, rolls_for_service=1), a_round(3)))
    assert "| rolling restarts of the brokers from hybrid until service is on ZooKeeper | 0 | 0.5 | 1 |" in text
    text = page.measured(measured(a_round(1), begun_anew=2))
    assert "2 of the rounds were started again" in text


def test_the_two_programs_leave_each_other_s_part_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "page.md"
    path.write_text(marked.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    for each in (page, bench_page):
        monkeypatch.setattr(each, "PAGE", path)
    before = path.read_text(encoding="utf-8")
    page.write(measured(a_round(1)))
    text = path.read_text(encoding="utf-8")
    assert "| 1 | hybrid | 60.0 s |" in text
    own = before.partition(bench_page.FROM)[2].partition(bench_page.TO)[0]
    assert f"{bench_page.FROM}{own}{bench_page.TO}" in text
    page.write(None)
    assert page.NOT_YET in path.read_text(encoding="utf-8")


def test_the_page_says_what_was_measured_and_nothing_else() -> None:
    """Figures come from tests/rounds/measured.json alone."""
    data = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else None
    text = marked.PAGE.read_text(encoding="utf-8").partition(page.FROM)[2].partition(page.TO)[0]
    assert text.strip() == (page.NOT_YET if data is None else page.measured(data)).strip()
