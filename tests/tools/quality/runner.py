# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running checks two at a time and telling what came of each, one line per tool."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING

from . import environments, machine, places
from .outcome import Outcome, end_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .checks import Check

WORKERS = 2
# Of the output of a failed tool; all of it is kept in a file.
SHOWN_LINES = 80


def run(checks: Sequence[Check]) -> int:
    """Run the checks; returns 0 when all passed, else 1."""
    if not all(environments.ready(environments.locate(name)) for name in environments.NAMES):
        print(
            "First run here: Python environments are built into the cache, which takes two to four minutes.", flush=True
        )
    start = time.monotonic()
    failed = []
    pool = ThreadPoolExecutor(WORKERS)
    try:
        futures = {pool.submit(_timed, check): check for check in checks}
        for future in as_completed(futures):
            outcome, seconds = future.result()
            check = futures[future]
            _report(check, outcome, seconds)
            if outcome.rc != 0:
                failed.append(check.name)
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        end_all()
        raise
    total = time.monotonic() - start
    what = f"{len(failed)} failed: {', '.join(failed)}" if failed else "all passed"
    print(f"{len(checks)} tools, {total:.0f} s, {what}", flush=True)
    return 1 if failed else 0


def _timed(check: Check) -> tuple[Outcome, float]:
    start = time.monotonic()
    try:
        outcome = check.run()
    except machine.MachineError as error:
        outcome = Outcome(1, f"{error}\n")
    except (OSError, subprocess.SubprocessError) as error:
        outcome = Outcome(1, f"{check.name} could not be run: {error}\n")
    return outcome, time.monotonic() - start


def _report(check: Check, outcome: Outcome, seconds: float) -> None:
    word = "ok" if outcome.rc == 0 else "FAILED"
    note = f"  {outcome.note}" if outcome.note else ""
    print(f"{word:6} {seconds:6.1f} s  {check.name}{note}", flush=True)
    log = places.own_cache() / "logs" / f"{check.name.replace(' ', '-')}.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text(outcome.output, encoding="utf-8")
    if outcome.rc != 0:
        lines = outcome.output.strip().splitlines() or [f"no output, exit status {outcome.rc}"]
        hidden = len(lines) - SHOWN_LINES
        if hidden > 0:
            # The end counts: that is where tools sum up. The first lines often name the cause.
            lines = [*lines[: SHOWN_LINES // 2], f"({hidden} more lines: {log})", *lines[-SHOWN_LINES // 2 :]]
        print("\n".join(f"    | {line}" for line in lines), flush=True)
