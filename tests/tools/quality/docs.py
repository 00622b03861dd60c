# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of docs/ that are written from the code, between two marks: `make docs` writes, `make lint` compares."""

from __future__ import annotations

import importlib
import itertools
import sys
from typing import TYPE_CHECKING, Any

from . import places, tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

BEGIN, END = "<!-- written by make docs: begin -->", "<!-- written by make docs: end -->"


def _core(module: str) -> Any:
    """Import a module of _core from this checkout. It is pure, so no library is needed."""
    tree.link()
    collections = str(places.ROOT / ".collections")
    if collections not in sys.path:
        sys.path.insert(0, collections)
    return importlib.import_module(
        f"ansible_collections.{places.NAMESPACE}.{places.NAME}.plugins.module_utils._core.{module}"
    )


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, *rows)]
    columns = lines[0].count(" | ") + 1
    return "\n".join([lines[0], "|" + " --- |" * columns, *lines[1:]])


def _phases() -> str:
    parts = []
    for phase, group in itertools.groupby(_core("phases").SUB_PHASES, lambda item: str(item.phase)):
        rows = []
        for item in group:
            options = " ".join(f"{key}={value}" for key, value in item.params.items())
            rows.append(
                (f"`{item.name}`", f"`{item.module}{' ' + options if options else ''}`", item.effect, item.does)
            )
        parts.append(f"### {phase}\n\n" + _table(("sub-phase, and tag", "module", "effect", "what it does"), rows))
    return "\n\n".join(parts)


def _findings() -> str:
    rules = _core("findings").RULES.values()
    rows = (
        (f"`{rule.code}`", rule.severity, rule.title, rule.remedy, "by name" if rule.acceptable else "no")
        for rule in rules
    )
    return _table(("code", "severity", "what it says", "what to do", "can be accepted"), rows)


# File under docs/ -> its title when it has to be made, and what writes the part between the marks.
PAGES: dict[str, tuple[str, Callable[[], str]]] = {
    "phases.md": ("Phases and sub-phases", _phases),
    "findings.md": ("Findings", _findings),
}


def _wanted(path: Path, title: str, content: Callable[[], str]) -> str:
    """Return the page with a fresh middle; what stands before and after the marks is kept."""
    text = path.read_text(encoding="utf-8") if path.exists() else f"# {title}\n\n{BEGIN}\n{END}\n"
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        return f"{text.rstrip()}\n\n{BEGIN}\n{content()}\n{END}\n"
    return f"{before}{BEGIN}\n{content()}\n{END}{after}"


def write() -> int:
    """Write every page anew; returns 0."""
    for name, (title, content) in PAGES.items():
        path = places.ROOT / "docs" / name
        wanted = _wanted(path, title, content)
        changed = not path.exists() or path.read_text(encoding="utf-8") != wanted
        if changed:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted, encoding="utf-8")
        print(f"docs/{name}: {'written' if changed else 'up to date'}")
    return 0


def compare() -> int:
    """Return 1 when a page does not say what the code says, else 0."""
    stale = []
    for name, (title, content) in PAGES.items():
        path = places.ROOT / "docs" / name
        if not path.exists() or path.read_text(encoding="utf-8") != _wanted(path, title, content):
            stale.append(f"docs/{name}")
    if stale:
        print(f"{', '.join(stale)}: not what the code says; run `make docs` and commit the result")
    return 1 if stale else 0
