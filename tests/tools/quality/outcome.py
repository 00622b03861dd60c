# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running one program and what came of it."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# No tool needs a tenth of this; it ends one that waits for something that never comes.
TIMEOUT_SECONDS = 1200

_running: set[subprocess.Popen[str]] = set()


@dataclass(frozen=True)
class Outcome:
    """What a tool said. `note` is shown beside its name, `output` only when it failed."""

    rc: int
    output: str
    note: str = ""

    def but(self, *, rc: int | None = None, note: str | None = None, more: str = "") -> Outcome:
        """Return a copy with another exit status or note, and more output at the end."""
        return replace(
            self,
            rc=self.rc if rc is None else rc,
            note=self.note if note is None else note,
            output=self.output + more,
        )


def execute(command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Outcome:
    """Run a program to its end with both output streams in one text."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    _running.add(process)
    try:
        output, _none = process.communicate(timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        _end(process)
        output, _none = process.communicate()
        return Outcome(124, f"{output}\nended after {TIMEOUT_SECONDS} s\n")
    finally:
        _running.discard(process)
    return Outcome(process.returncode, output)


def end_all() -> None:
    """End every program that still runs, with its children: Ctrl-C does not reach a session of its own."""
    for process in list(_running):
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
