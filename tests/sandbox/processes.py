# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long-running processes of the sandbox: started in sessions of their own, recorded, and ended by their recorded id only."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .config import SandboxError


@dataclass(frozen=True)
class Recorded:
    """A process as it was recorded: its id and its start time (kernel ticks), which a reused id does not share."""

    name: str
    pid: int
    started: int

    @property
    def alive(self) -> bool:
        """Tell whether that very process still runs."""
        return _start_ticks(self.pid) == self.started


def _start_ticks(pid: int) -> int | None:
    """Return the start time of a process in kernel ticks since boot, or None when it is gone or a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[19])


class Processes:
    """The recorded processes below one folder: one file each, and one log each."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "run"
        self._logs = state / "log"
        self._cwd = state

    def start(self, name: str, command: Sequence[str | Path], *, env: Mapping[str, str] | None = None) -> Recorded:
        """Start a process that outlives this program and record it; its output goes to log/<name>.log."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._logs.mkdir(parents=True, exist_ok=True)
        with (self._logs / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(
                [str(word) for word in command],
                cwd=self._cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        child.returncode = 0  # it outlives us: no warning that nobody waited for it
        started = _start_ticks(child.pid)
        recorded = Recorded(name, child.pid, started or 0)
        file = self._folder / f"{name}.json"
        file.write_text(json.dumps({"pid": recorded.pid, "started": recorded.started}), encoding="utf-8")
        return recorded

    def recorded(self) -> dict[str, Recorded]:
        """Return every recorded process by name, dead ones too."""
        found = {}
        for file in sorted(self._folder.glob("*.json")):
            about = json.loads(file.read_text(encoding="utf-8"))
            found[file.stem] = Recorded(file.stem, about["pid"], about["started"])
        return found

    def alive(self, name: str) -> bool:
        """Tell whether the process of that name was recorded and runs."""
        process = self.recorded().get(name)
        return process is not None and process.alive

    def check(self, *names: str) -> None:
        """Raise SandboxError with the end of the log when one of the processes is not running."""
        for name in names:
            if not self.alive(name):
                log = self._logs / f"{name}.log"
                tail = (
                    "\n  ".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
                    if log.exists()
                    else ""
                )
                raise SandboxError(f"{name} ended by itself; end of {log}:\n  {tail}")

    def stop(self, *names: str, patience: float = 5.0) -> None:
        """End processes: SIGTERM to all of them, after ``patience`` seconds SIGKILL to those that are left."""
        known = self.recorded()
        chosen = [known[name] for name in names if name in known]
        for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
            left = [process for process in chosen if process.alive]
            for process in left:
                os.kill(process.pid, number)
            if not _gone(left, seconds) and number == signal.SIGKILL:
                raise SandboxError(f"process {left[0].pid} ({left[0].name}) does not end, not even by SIGKILL")
        for process in chosen:
            (self._folder / f"{process.name}.json").unlink(missing_ok=True)


def _gone(processes: Sequence[Recorded], seconds: float) -> bool:
    """Wait until all processes have ended; the kernel tells a stranger's end by a pidfd."""
    deadline = time.monotonic() + seconds
    for process in processes:
        try:
            descriptor = os.pidfd_open(process.pid)
        except ProcessLookupError:
            continue
        try:
            _await_readable(descriptor, deadline)
        finally:
            os.close(descriptor)
        _reap(process.pid)
    return not any(process.alive for process in processes)


def _await_readable(descriptor: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    poll.poll(max(0, int((deadline - time.monotonic()) * 1000)))


def _reap(pid: int) -> None:
    """Collect the process when it is a child of this very program."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
