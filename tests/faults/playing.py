# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook that runs while something else happens: its output can be waited for, line by line."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.fleet import ROOT, Cluster, Outcome

#: lines at the end of the output that a failure shows
TAIL = 25


@dataclass(frozen=True)
class Line:
    """One line of the output. ``number``: from 0; ``at``: of the monotonic clock, in seconds; ``ms``: since 1970."""

    number: int
    at: float
    ms: int
    text: str


class Playing:
    """Runs from the beginning of the ``with`` block; ended by SIGKILL when the block is left while it still runs."""

    def __init__(self, target: Cluster, playbook: str, log: Path, **variables: Any) -> None:
        """``log``: file that gets the whole output."""
        self.playbook = playbook
        self._log = log
        self._command, self._environment, self._results = target.prepared(playbook, (), variables)
        self._name = " ".join([target.namespace, playbook, *(f"{key}={value}" for key, value in variables.items())])
        self._lines: list[Line] = []
        self._condition = threading.Condition()
        self._over = False
        self._process: subprocess.Popen[str]
        self._reader: threading.Thread

    def __enter__(self) -> Playing:
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._environment,
            text=True,
            errors="replace",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._reader = threading.Thread(target=self._read, name="faults-playing", daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join(timeout=10)

    def _read(self) -> None:
        with self._log.open("w", encoding="utf-8") as log:
            for text in self._process.stdout or ():
                line = Line(len(self._lines), time.monotonic(), time.time_ns() // 1_000_000, text.rstrip("\n"))
                log.write(f"[{line.at - self._began:7.2f} s] {line.text}\n")
                log.flush()
                with self._condition:
                    self._lines.append(line)
                    self._condition.notify_all()
        with self._condition:
            self._over = True
            self._condition.notify_all()

    @property
    def count(self) -> int:
        """Number of lines so far."""
        with self._condition:
            return len(self._lines)

    def wait(self, pattern: str, seconds: float, after: int = 0) -> Line | None:
        """Return the first line from number ``after`` on that matches; None when the run ended without one.

        Fails when it is not there within so many seconds.
        """
        wanted, deadline, position = re.compile(pattern), time.monotonic() + seconds, after
        with self._condition:
            while True:
                for line in self._lines[position:]:
                    if wanted.search(line.text):
                        return line
                position = len(self._lines)
                if self._over:
                    return None
                left = deadline - time.monotonic()
                assert left > 0, (
                    f"{self._name}: no line like {pattern!r} within {seconds:.0f} s; the last ones:\n{self.tail()}"
                )
                self._condition.wait(left)

    def end(self, seconds: float) -> Outcome:
        """Wait for the end of the run. Fails when it takes longer."""
        self._reader.join(timeout=seconds)
        assert not self._reader.is_alive(), f"{self._name} has not ended after {seconds:.0f} s more:\n{self.tail()}"
        status = self._process.wait(timeout=10)
        print(f"{self._name}: exit status {status} after {time.monotonic() - self._began:.1f} s", flush=True)
        lines = self._results.read_text(encoding="utf-8").splitlines() if self._results.exists() else []
        output = "\n".join(line.text for line in self._lines)
        return Outcome(status, output, [json.loads(line) for line in lines])

    def tail(self) -> str:
        """The last lines of the output, and where all of it is."""
        return "\n".join([*(line.text for line in self._lines[-TAIL:]), f"(all of it: {self._log})"])
