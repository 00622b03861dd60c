# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Seeds each mistake in a copy of the checkout and looks whether the tests notice."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.finalizing import FINALIZING
from tests.mutants.mutant import Mutant
from tests.mutants.owning import OWNING
from tests.mutants.restarting import RESTARTING
from tests.mutants.returning import RETURNING

MUTANTS = (*FINALIZING, *RESTARTING, *OWNING, *RETURNING)
ROOT = Path(__file__).resolve().parents[2]
#: exit statuses of pytest
PASSED, FAILED = 0, 1
#: seconds for the tests of one mutant; a mistake may make them wait for ever
LIMIT = 60.0
#: of the caller's environment, what would change which files are imported or how
FOREIGN = ("ANSIBLE_", "PYTHON", "PYTEST_", "COVERAGE_", "HYPOTHESIS_")


class Stale(Exception):
    """The list does not fit the checkout any more, in one sentence."""


@dataclass(frozen=True)
class Result:
    """What pytest said."""

    status: int
    failed: tuple[str, ...]
    output: str
    seconds: float

    @property
    def noticed(self) -> bool:
        """Whether a test failed; one that could not be collected or set up says nothing."""
        return self.status == FAILED and bool(self.failed)


class Copy:
    """The checkout's tracked files in a folder of their own, where they can be imported as a collection."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name in filter(None, listed.split("\0")):
            source, target = ROOT / name, folder / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        link = folder / ".collections" / "ansible_collections" / "kafkaops" / "kraft"
        link.parent.mkdir(parents=True)
        link.symlink_to(Path("../../.."))
        self._written = int(time.time())

    def pytest(self, *arguments: str) -> Result:
        """Run tests of the copy."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        began = time.monotonic()
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
        # compiled files are kept beside the sources of the copy: the mutated file gets a time of its own each time
        try:
            done = subprocess.run(
                command, cwd=self.folder, env=kept, capture_output=True, text=True, timeout=LIMIT, check=False
            )
        except subprocess.TimeoutExpired as error:
            return Result(-1, (), str(error), time.monotonic() - began)
        failed = tuple(re.findall(r"^FAILED (.+?)(?: - .*)?$", done.stdout, re.MULTILINE))
        return Result(done.returncode, failed, done.stdout + done.stderr, time.monotonic() - began)

    @contextmanager
    def with_mistake(self, mutant: Mutant) -> Iterator[None]:
        """Seed one mistake. Raises Stale when its text is not there exactly once."""
        path = self.folder / mutant.file
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if text.count(mutant.old) != 1:
            found = text.count(mutant.old)
            raise Stale(f"{mutant.name}: the text is {found} times in {mutant.file}, not once: the list went stale")
        self._write(path, text.replace(mutant.old, mutant.new))
        try:
            yield
        finally:
            self._write(path, text)

    def _write(self, path: Path, text: str) -> None:
        path.write_text(text, encoding="utf-8")
        # Python takes a compiled file for current by the second and the size of its source
        self._written += 1
        os.utime(path, (self._written, self._written))


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder in the cache, outside of the checkout, that goes afterwards."""
    cache = Path(os.environ.get("KRAFT_CACHE") or Path.home() / ".cache" / "kafkaops-kraft").expanduser()
    parent = cache / "mutants"
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        yield Path(folder)


def check(copy: Copy, mutants: list[Mutant]) -> list[Mutant]:
    """Seed each mistake; returns those that no test notices. Raises Stale."""
    tests = sorted({test for mutant in mutants for test in mutant.tests})
    result = copy.pytest(*tests)
    if result.status != PASSED:
        raise Stale(f"without any mistake the tests end with {result.status}:\n{result.output[-3000:]}")
    print(f"passed   {result.seconds:5.1f} s  {len(tests)} files of tests, without any mistake", flush=True)
    survivors = []
    for mutant in mutants:
        with copy.with_mistake(mutant):
            result = copy.pytest("-x", *mutant.tests)
        if result.noticed:
            print(f"caught   {result.seconds:5.1f} s  {mutant.name}: {result.failed[0]}", flush=True)
            continue
        survivors.append(mutant)
        print(f"SURVIVES {result.seconds:5.1f} s  {mutant.name}, rule {mutant.rule}: {_why(result)}", flush=True)
    return survivors


def _why(result: Result) -> str:
    if result.status == PASSED:
        return "no test fails"
    return f"pytest ended with {result.status} and no test failed:\n{result.output[-2000:]}"


def main(arguments: list[str] | None = None) -> int:
    """Seed the mistakes that are asked for; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make mutants ARGS=...", description="Is there a test for each safety rule?")
    parser.add_argument("words", nargs="*", help="only mutants whose name has one of these words")
    parser.add_argument("--list", action="store_true", help="names, rules and tests")
    options = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    mutants = [each for each in MUTANTS if not options.words or any(word in each.name for word in options.words)]
    if options.list:
        for mutant in mutants:
            print(f"rule {mutant.rule:4} {mutant.name}\n     {mutant.file}\n     {', '.join(mutant.tests)}")
        return 0
    began = time.monotonic()
    try:
        with scratch() as folder:
            survivors = check(Copy(folder), mutants)
    except Stale as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{len(mutants) - len(survivors)} of {len(mutants)} caught in {time.monotonic() - began:.0f} s")
    return 1 if survivors or not mutants else 0
