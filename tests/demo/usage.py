# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a process and all its descendants use of memory."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

MIB = 1024
#: seconds between two looks at the processes
EVERY = 0.25


def watch(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """Wait for a process; returns its exit status and its peak in MiB. Interrupted, it ends the process.

    The peak is the proportional set size of it and all that it started at the same time, sampled; pages that they share count
    once. Not getrusage: on Linux ru_maxrss of a child includes what its parent held when it was forked.
    """
    ended, peak = threading.Event(), [0.0]

    def sample() -> None:
        while not ended.wait(EVERY):
            peak[0] = max(peak[0], sum(_proportional(pid) for pid in descendants(process.pid)) / MIB)

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        code = process.wait()
    except BaseException:
        # interrupted: what was started does not go on alone
        process.terminate()
        raise
    finally:
        ended.set()
        sampler.join()
    return code, round(peak[0], 1)


def descendants(root: int) -> list[int]:
    """Return a process and everything that it started, by id."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        # the name of the program, in brackets, may hold anything
        children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found, ahead = [], [root]
    while ahead:
        pid = ahead.pop()
        found.append(pid)
        ahead += children.get(pid, [])
    return found


def _proportional(pid: int) -> float:
    """Return the proportional set size in KiB, 0 for a process that has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return float(next((line.split()[1] for line in text.splitlines() if line.startswith("Pss:")), 0))
