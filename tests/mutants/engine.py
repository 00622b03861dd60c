# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Seeds each mistake in a copy of the checkout and looks whether the tests notice."""

from __future__ import annotations

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.checking import CHECKING
from tests.mutants.connecting import CONNECTING
from tests.mutants.deploying import DEPLOYING
from tests.mutants.ending import ENDING
from tests.mutants.enforcing import ENFORCING
from tests.mutants.finalizing import FINALIZING
from tests.mutants.flags import FLAGGING
from tests.mutants.leaving import LEAVINGS
from tests.mutants.levelling import LEVELLING
from tests.mutants.mutant import Mutant
from tests.mutants.operator_ends import OPERATOR_ENDS
from tests.mutants.operator_input import OPERATOR_INPUT
from tests.mutants.operator_led import OPERATOR_LED
from tests.mutants.operator_regions import OPERATOR_REGIONS
from tests.mutants.operator_strimzi import OPERATOR_STRIMZI
from tests.mutants.owning import OWNING
from tests.mutants.parity import PARITIES
from tests.mutants.preparing import PREPARING
from tests.mutants.restarting import RESTARTING
from tests.mutants.rollback import ROLLING_BACK
from tests.mutants.secured import SECURED
from tests.mutants.securing import SECURING

MUTANTS = (
    *FINALIZING,
    *FLAGGING,
    *RESTARTING,
    *OWNING,
    *ENFORCING,
    *ROLLING_BACK,
    *LEVELLING,
    *CONNECTING,
    *SECURED,
    *PREPARING,
    *SECURING,
    *LEAVINGS,
    *ENDING,
    *OPERATOR_LED,
    *OPERATOR_ENDS,
    *OPERATOR_INPUT,
    *OPERATOR_REGIONS,
    *OPERATOR_STRIMZI,
    *PARITIES,
    *CHECKING,
    *DEPLOYING,
)
ROOT = Path(__file__).resolve().parents[2]
#: exit statuses of pytest
PASSED, FAILED = 0, 1
#: seconds for the tests of one mutant; a mistake may make them wait for ever
LIMIT = 60.0
#: and for all of them without any mistake, on a machine that has other things to do
LIMIT_OF_ALL = 600.0
CAUGHT, SURVIVES, STALE = "caught", "SURVIVES", "STALE"
#: of the caller's environment, what would change which files are imported or how
FOREIGN = ("ANSIBLE_", "PYTHON", "PYTEST_", "COVERAGE_", "HYPOTHESIS_")


class Unusable(Exception):
    """Nothing can be said of any mutant, in one sentence."""


def misfit(mutant: Mutant, root: Path = ROOT) -> str:
    """Return why a mutant does not fit the sources below ``root`` any more, or an empty string. Costs next to nothing."""
    path = root / mutant.file
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if text.count(mutant.old) != 1:
        return f"its text is {text.count(mutant.old)} times in {mutant.file}, not once"
    try:
        before, after = ast.parse(text), ast.parse(text.replace(mutant.old, mutant.new))
    except SyntaxError as error:
        return f"with it {mutant.file}:{error.lineno} does not parse"
    if ast.dump(before) == ast.dump(after):
        return "it changes nothing"
    for test in mutant.tests:
        name, _colons, function = test.partition("::")
        there = (root / name).read_text(encoding="utf-8") if (root / name).is_file() else ""
        if not there or (function and f"def {function}(" not in there):
            return f"there is no {test}"
    return ""


@dataclass(frozen=True)
class Row:
    """What came of one mutant: CAUGHT, SURVIVES or STALE, by which test or why, and the seconds it took."""

    mutant: Mutant
    verdict: str
    by: str
    seconds: float


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

    def pytest(self, *arguments: str, limit: float = LIMIT) -> Result:
        """Run tests of the copy, for so many seconds at most."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        began = time.monotonic()
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
        # compiled files are kept beside the sources of the copy: the mutated file gets a time of its own each time
        try:
            done = subprocess.run(
                command, cwd=self.folder, env=kept, capture_output=True, text=True, timeout=limit, check=False
            )
        except subprocess.TimeoutExpired as error:
            return Result(-1, (), str(error), time.monotonic() - began)
        failed = tuple(re.findall(r"^FAILED (.+?)(?: - .*)?$", done.stdout, re.MULTILINE))
        return Result(done.returncode, failed, done.stdout + done.stderr, time.monotonic() - began)

    @contextmanager
    def with_mistake(self, mutant: Mutant) -> Iterator[None]:
        """Seed one mistake that fits."""
        path = self.folder / mutant.file
        text = path.read_text(encoding="utf-8")
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


def check(copy: Copy, mutants: Sequence[Mutant], report: Callable[[Row], None]) -> list[Row]:
    """Seed each mistake and tell what came of it; a list that went stale in one place is no reason to leave the others out.

    Raises Unusable when the tests fail without any mistake.
    """
    why = {mutant.name: misfit(mutant, copy.folder) for mutant in mutants}
    fitting = [mutant for mutant in mutants if not why[mutant.name]]
    tests = sorted({test for mutant in fitting for test in mutant.tests})
    if tests:
        result = copy.pytest(*tests, limit=LIMIT_OF_ALL)
        if result.status != PASSED:
            raise Unusable(f"without any mistake the tests end with {result.status}:\n{result.output[-3000:]}")
        print(f"Without any mistake the tests of {len(tests)} files pass, in {result.seconds:.0f} s.", flush=True)
    rows = []
    for mutant in mutants:
        row = Row(mutant, STALE, why[mutant.name], 0.0) if why[mutant.name] else _seed(copy, mutant)
        rows.append(row)
        report(row)
    return rows


def _seed(copy: Copy, mutant: Mutant) -> Row:
    with copy.with_mistake(mutant):
        result = copy.pytest("-x", *mutant.tests)
    if result.noticed:
        # the folders are those of the product's file
        return Row(mutant, CAUGHT, result.failed[0].rpartition("/")[2], result.seconds)
    if result.status == PASSED:
        return Row(mutant, SURVIVES, "no test fails", result.seconds)
    why = f"pytest ended with {result.status} and no test failed:\n{result.output[-2000:]}"
    return Row(mutant, SURVIVES, why, result.seconds)


class Table:
    """Rows as they come: rule, mutation, the test that caught it, seconds."""

    def __init__(self, mutants: Sequence[Mutant]) -> None:
        self._width = max((len(mutant.name) for mutant in mutants), default=0)
        print(f"{'rule':4}  {'mutation':{self._width}}  {'seconds':>7}  caught by", flush=True)

    def report(self, row: Row) -> None:
        """Print one."""
        by = row.by if row.verdict == CAUGHT else f"{row.verdict}: {row.by}"
        print(f"{row.mutant.rule:4}  {row.mutant.name:{self._width}}  {row.seconds:7.1f}  {by}", flush=True)


def summary(rows: Sequence[Row], seconds: float) -> tuple[int, str]:
    """Return the exit status and the last line."""
    by_verdict = {verdict: [row for row in rows if row.verdict == verdict] for verdict in (CAUGHT, SURVIVES, STALE)}
    text = f"{len(by_verdict[CAUGHT])} of {len(rows)} mutants caught in {seconds:.0f} s"
    for verdict, word in ((SURVIVES, "survive"), (STALE, "do not fit the sources any more")):
        if by_verdict[verdict]:
            text += f"; {len(by_verdict[verdict])} {word}: {', '.join(row.mutant.name for row in by_verdict[verdict])}"
    if by_verdict[STALE] or not rows:
        return 2, text
    return (1 if by_verdict[SURVIVES] else 0), text


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
            rows = check(Copy(folder), mutants, Table(mutants).report)
    except Unusable as error:
        print(error, file=sys.stderr)
        return 2
    status, text = summary(rows, time.monotonic() - began)
    print(text)
    return status
