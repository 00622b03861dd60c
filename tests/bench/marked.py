# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parts of a Markdown page that programs write, each between two marks of its own; whoever writes one leaves the others alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


def put(page: Path, begin: str, end: str, text: str) -> None:
    """Put a text between two marks of a page. Raises ValueError when a mark is missing."""
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _old, found_end, after = rest.partition(end)
    if not found or not found_end:
        raise ValueError(f"{page.name} has lost the line {begin!r} or {end!r}")
    page.write_text(f"{before}{begin}\n\n{text}\n{end}{after}", encoding="utf-8")


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table, with a line end."""
    lines = ["| " + " | ".join(headers) + " |", "|" + " --- |" * len(headers)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
