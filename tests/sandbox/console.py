# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress lines and child processes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from .config import SandboxError

_START = time.monotonic()


def say(text: str) -> None:
    """Print one progress line with the seconds since the start of the program."""
    print(f"[{time.monotonic() - _START:6.1f} s] {text}", file=sys.stderr, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Announce a step that takes a while and say how many seconds it took."""
    say(f"{text} ...")
    begin = time.monotonic()
    yield
    say(f"{text}: {time.monotonic() - begin:.1f} s")


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    check: bool = True,
    stdin: str | None = None,
) -> str:
    """Run a command and return its standard output; with ``log`` everything it says goes to that file instead.

    Raises SandboxError with the command and the last lines of its output when it ends with another status than 0.
    """
    argv = [str(part) for part in command]
    try:
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("w", encoding="utf-8") as sink:
                code = subprocess.run(
                    argv, cwd=cwd, env=env, stdout=sink, stderr=subprocess.STDOUT, check=False
                ).returncode
            output, said = "", log.read_text(encoding="utf-8", errors="replace")
        else:
            done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False, input=stdin)
            code, output, said = done.returncode, done.stdout, done.stderr + done.stdout
    except FileNotFoundError as error:
        raise SandboxError(f"command {argv[0]} is not there: {error}") from error
    if check and code != 0:
        tail = "\n  ".join(said.strip().splitlines()[-12:])
        where = f" (all of it: {log})" if log is not None else ""
        raise SandboxError(f"command ended with {code}: {' '.join(argv)[:300]}{where}\n  {tail}")
    return output
