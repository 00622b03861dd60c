# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of seeded mistakes fits the sources; whether a test notices each of them is what ``make mutants`` runs."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.mutants import engine
from tests.mutants.engine import CAUGHT, MUTANTS, ROOT, STALE, SURVIVES, Result, Row, Table, check, misfit, summary
from tests.mutants.mutant import Mutant

#: the rules that lose a cluster when they are broken: whatever else is in the list, these stay in it
NEVER_LEFT_OUT = (
    "/migration is left behind",
    "the epoch guard is skipped",
    "/controller is deleted before the quorum is stopped",
    "the active controller is restarted although one has lost the flag",
    "controllers keep their lost flag in the return roll",
    "the ISR is ignored before a broker's restart",
    "the lock is skipped",
    "finalize with a ZooKeeper broker",
    "controllers' volumes are kept",
    "a broker that is done is rolled again",
    "the znodes are removed one by one",
    "the gates are not asked again right before the operator is told to finalize",
    "the operator is told to go on before a broker has kept /controller",
    "a job of other custom resources is followed",
    "a claim without our label is deleted",
)
RULES = (*(str(number) for number in range(1, 15)), "back")
TEST = "tests/unit/plugins/plugin_utils/test_run.py"
GOOD = Mutant(
    "a mistake", "1", "plugins/product.py", "RULE = True\n", "RULE = False\n", (f"{TEST}::test_rule", "tests/other.py")
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_seeded_mistake_fits_the_sources(mutant: Mutant) -> None:
    assert misfit(mutant) == ""


def test_every_name_is_given_once() -> None:
    assert [name for name, count in Counter(mutant.name for mutant in MUTANTS).items() if count > 1] == []


def test_every_rule_is_one_of_the_architecture_and_has_a_mutant() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("## Safety rules")[2]
    assert re.findall(r"^(\d+)\. ", text.partition("\n## ")[0], re.MULTILINE) == list(RULES[:-1])
    assert {mutant.rule for mutant in MUTANTS} == set(RULES)


@pytest.mark.parametrize("name", NEVER_LEFT_OUT)
def test_the_worst_mistakes_are_in_the_list(name: str) -> None:
    assert name in [mutant.name for mutant in MUTANTS]


# the engine


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Sources that GOOD fits."""
    for name, text in (
        (GOOD.file, "RULE = True\n"),
        (TEST, "def test_rule(): pass\n"),
        ("tests/other.py", "def test_other(): pass\n"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_what_does_not_fit_says_why(root: Path) -> None:
    assert misfit(GOOD, root) == ""
    for changed, words in (
        (replace(GOOD, old="RULE = 1\n"), "its text is 0 times in plugins/product.py, not once"),
        (replace(GOOD, file="plugins/gone.py"), "its text is 0 times in plugins/gone.py, not once"),
        (replace(GOOD, new="RULE =\n"), "with it plugins/product.py:1 does not parse"),
        (replace(GOOD, new="RULE = True  # so\n"), "it changes nothing"),
        (replace(GOOD, tests=("tests/gone.py",)), "there is no tests/gone.py"),
        (replace(GOOD, tests=(f"{TEST}::test_r",)), f"there is no {TEST}::test_r"),
    ):
        assert misfit(changed, root) == words
    (root / GOOD.file).write_text("RULE = True\nRULE = True\n", encoding="utf-8")
    assert misfit(GOOD, root) == "its text is 2 times in plugins/product.py, not once"


class Copy(engine.Copy):
    """Sources of the test, and what pytest says of them."""

    def __init__(self, folder: Path, *said: Result) -> None:
        self.folder = folder
        self.said = list(said)
        self.ran: list[tuple[str, ...]] = []
        self.seen: list[str] = []
        self._written = 1

    def pytest(self, *arguments: str, limit: float = 0.0) -> Result:
        self.ran.append(arguments)
        self.seen.append((self.folder / GOOD.file).read_text(encoding="utf-8"))
        return self.said.pop(0)


PASSES = Result(0, (), "", 1.0)
FAILS = Result(1, (f"{TEST}::test_rule[a-b]",), "", 2.0)


def test_a_mistake_is_caught_by_a_test_that_fails_with_it_alone(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = Copy(root, PASSES, FAILS)
    rows = check(copy, [GOOD], Table([GOOD]).report)
    assert rows == [Row(GOOD, CAUGHT, "test_run.py::test_rule[a-b]", 2.0)]
    assert copy.ran == [tuple(sorted(GOOD.tests)), ("-x", *GOOD.tests)]
    assert [*copy.seen, (root / GOOD.file).read_text()] == ["RULE = True\n", "RULE = False\n", "RULE = True\n"]
    assert summary(rows, 3.0) == (0, "1 of 1 mutants caught in 3 s")
    assert capsys.readouterr().out.splitlines()[-1] == "1     a mistake      2.0  test_run.py::test_rule[a-b]"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (PASSES, "no test fails"),
        (Result(2, (), "ImportError", 1.0), "pytest ended with 2 and no test failed:\nImportError"),
        (Result(1, (), "an error in a fixture", 1.0), "pytest ended with 1 and no test failed:\nan error in a fixture"),
    ],
)
def test_one_that_no_test_fails_for_survives(root: Path, said: Result, why: str) -> None:
    rows = check(Copy(root, PASSES, said), [GOOD], lambda _row: None)
    assert rows == [Row(GOOD, SURVIVES, why, 1.0)]
    assert summary(rows, 3.0) == (1, "0 of 1 mutants caught in 3 s; 1 survive: a mistake")


def test_one_that_does_not_fit_is_told_beside_the_others(root: Path) -> None:
    stale = replace(GOOD, name="an old one", old="gone\n")
    rows = check(Copy(root, PASSES, FAILS), [stale, GOOD], lambda _row: None)
    assert [row.verdict for row in rows] == [STALE, CAUGHT]
    assert summary(rows, 3.0) == (
        2,
        "1 of 2 mutants caught in 3 s; 1 do not fit the sources any more: an old one",
    )
    assert summary([], 0.0)[0] == 2


def test_nothing_is_said_when_the_tests_fail_anyway(root: Path) -> None:
    with pytest.raises(engine.Unusable, match="without any mistake the tests end with 1"):
        check(Copy(root, FAILS), [GOOD], lambda _row: None)


def test_the_names_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert engine.main(["--list", "epoch"]) == 0
    printed = capsys.readouterr().out
    assert "the epoch guard is skipped" in printed
    assert "test_handover.py" in printed
    assert "the lock is skipped" not in printed
