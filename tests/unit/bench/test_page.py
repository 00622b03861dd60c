# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bench import page

POD = {"to_ready": 4.0, "to_in_sync": 5.0, "to_noticed": 5.1, "notice_ms": 10, "gap_ms": 100, "overhead_ms": 110}


def roll(target: str, stage: str, notice: int | None = 10) -> dict[str, Any]:
    pods = [{**POD, "notice_ms": notice}, {**POD, "gap_ms": None}]
    return {"target": target, "stage": stage, "seconds": 12.0, "overhead": {"mean_ms": 60, "max_ms": 110}, "pods": pods}


def cluster(hybrid: int | None = 200) -> dict[str, Any]:
    rolls = [roll("brokers", "migration"), roll("brokers", "kraft"), roll("controllers", "final", None)]
    canary = dict.fromkeys(("acked", "lost", "duplicates", "order_violations", "send_errors", "longest_ack_gap_ms"), 0)
    return {
        "naive": {"seconds": 60.0},
        "rolls": rolls,
        "hybrid_noticed_after_ms": hybrid,
        "status_s": 1.5,
        "plays": {"migrate": 60.0, "finalize": 30.0, "finalize confirmed": 20.0},
        "memory_mib": {"migrate": 90.0, "finalize confirmed": 150.0},
        "canary": canary,
    }


def measured() -> dict[str, Any]:
    conditions = {"date": "2026-01-01", "command": "make bench", "took_s": 1, "load before": 0.1, "machine": "2 cores"}
    clusters = {"default TTL": cluster(), "TTL 1 s": cluster(None), "no Jolokia": cluster()}
    return {"conditions": conditions, "clusters": clusters}


def test_every_table_row_has_as_many_cells_as_its_head() -> None:
    text = page.measured(measured())
    for block in text.split("\n\n"):
        rows = [line for line in block.splitlines() if line.startswith("|")]
        assert len({row.count("|") for row in rows}) <= 1, block
    assert "| TTL 1 s | already there |" in text
    assert "2 + 1" in text


def before() -> dict[str, Any]:
    pairs = {"before_s": [8.0, 9.0], "now_s": [4.0, 4.1], "ratio": 0.48}
    slow = cluster()
    slow["rolls"][2]["overhead"]["max_ms"] = 13344
    slow["plays"]["finalize confirmed"] = 98.0
    return {
        "revision": "abc1234",
        "no Jolokia": slow,
        "no-op": pairs,
        "preflight": {"brokers": 3, "partitions": 3000, **pairs},
    }


def test_the_build_before_stands_beside_this_one() -> None:
    data = {**measured(), "before": before()}
    data["clusters"]["no Jolokia"]["plays"]["finalize confirmed"] = 22.0
    text = page.measured(data)
    assert "commit abc1234" in text
    assert "| 13344 ms | 110 ms | 121 times less |" in text
    assert "| 98.0 s without | 1.10 : 1 (22.0 s, 20.0 s) | 0.22 |" in text
    assert "finalized cluster, whole playbook | <= 0.6 | 8.0, 9.0 s | 4.0, 4.1 s | 0.48 |" in text
    assert "3 brokers with 3000 partitions, whole playbook | <= 1.5 |" in text


def test_no_build_to_compare_with_is_said() -> None:
    text = page.measured({**measured(), "before": {"left_out": "git does not have it"}})
    assert "Left out: git does not have it." in text
    assert "Against the build before" not in page.measured(measured())


def test_a_part_that_was_not_measured_is_no_figure() -> None:
    text = page.measured({**measured(), "before": {"revision": "abc1234"}})
    assert text.count("| not measured | not measured | - |") == 3
    assert "| not measured | 1.00 : 1 (20.0 s, 20.0 s) | - |" in text


def test_the_page_keeps_what_is_around_the_measured_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "page.md"
    path.write_text(f"before\n{page.FROM}\nLAST TIME\n{page.TO}\nafter\n", encoding="utf-8")
    monkeypatch.setattr(page, "PAGE", path)
    page.write(measured())
    once = path.read_text(encoding="utf-8")
    page.write(measured())
    assert path.read_text(encoding="utf-8") == once
    assert once.startswith("before\n")
    assert once.endswith("after\n")
    assert "LAST TIME" not in once


def test_a_page_without_the_marks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "page.md"
    path.write_text("nothing", encoding="utf-8")
    monkeypatch.setattr(page, "PAGE", path)
    with pytest.raises(ValueError, match="has lost the line"):
        page.write(measured())
