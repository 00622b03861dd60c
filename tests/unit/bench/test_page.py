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
