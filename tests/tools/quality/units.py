# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unit tests: under the newest libraries with coverage, under the oldest ones without."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from . import environments, places
from .outcome import Outcome, execute

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

# Pure code that decides; every line and branch of it has to be run by a test.
COMPLETE = "plugins/module_utils/_core/"
# Given on the command line after "--".
extra_arguments: list[str] = []


def _pytest(environment: environments.Environment, root: Path, *runner: str, **variables: str) -> Outcome:
    command = ["python", "-m", *runner, "pytest", "-q", "-p", "no:cacheprovider", *extra_arguments]
    path = str(root.parents[2])
    outcome = execute(
        command, cwd=root, env=environment.variables(PYTHONPATH=path, ANSIBLE_COLLECTIONS_PATH=path, **variables)
    )
    last = outcome.output.strip().splitlines()[-1:]
    return outcome.but(note=last[0].strip("= ") if last else "")


def oldest(root: Path) -> Outcome:
    """Run the tests with ansible-core 2.16 and the lower bounds of requirements.txt."""
    return _pytest(environments.ensure("core-2.16"), root)


def with_coverage(root: Path) -> Outcome:
    """Run the tests with the newest versions; fails when a line or branch of COMPLETE was not run."""
    environment = environments.ensure("core-2.19")
    folder = places.own_cache()
    variables = {"COVERAGE_FILE": str(folder / "coverage"), "COVERAGE_RCFILE": str(root / "tests" / "coverage.ini")}
    outcome = _pytest(environment, root, "coverage", "run", "--source", str(root / "plugins"), "-m", **variables)
    if outcome.rc != 0 or extra_arguments:
        return outcome
    report = folder / "coverage.json"
    command = ["python", "-m", "coverage", "json", "--quiet", "-o", str(report)]
    made = execute(command, cwd=root, env=environment.variables(**variables))
    if made.rc != 0:
        return made
    files: dict[str, dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))["files"]
    complete = {name: data for name, data in files.items() if COMPLETE in name}
    rest = {name: data for name, data in files.items() if COMPLETE not in name}
    note = f"{outcome.note}; coverage of _core {_percent(complete.values())}, of the rest {_percent(rest.values())}"
    holes = "".join(_holes(name, data) for name, data in sorted(complete.items()))
    return outcome.but(rc=1 if holes else 0, note=note, more=holes)


def _percent(files: Iterable[Mapping[str, Any]]) -> str:
    summaries = [data["summary"] for data in files]
    there = sum(summary["num_statements"] + summary["num_branches"] for summary in summaries)
    run = sum(summary["covered_lines"] + summary["covered_branches"] for summary in summaries)
    return f"{100 * run / there:.1f} %" if there else "nothing yet"


def _holes(name: str, data: Mapping[str, Any]) -> str:
    """Return one line that names what no test ran in a file, or nothing."""
    lines, branches = data["missing_lines"], data.get("missing_branches", [])
    if not lines and not branches:
        return ""
    # A branch out of a line that was not run itself says nothing more.
    jumps = ", ".join(f"{start}->{'end' if end < 0 else end}" for start, end in branches if start not in lines)
    return f"{name}: not run: lines {_ranges(lines) or 'none'}, branches {jumps or 'none'}\n"


def _ranges(lines: list[int]) -> str:
    """Return "3-5, 9" for [3, 4, 5, 9]."""
    runs: list[list[int]] = []
    for line in lines:
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ", ".join(f"{first}-{last}" if last > first else str(first) for first, last in runs)
