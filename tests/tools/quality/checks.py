# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools, one function each. What they are for is in DEVELOPERS.md."""

from __future__ import annotations

import functools
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import environments, places, rules, sanity, tree, units
from .outcome import Outcome, execute

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Check:
    """One line of the result. `group` is the make target it belongs to."""

    name: str
    group: str
    run: Callable[[], Outcome]


@functools.cache
def _shared_copy() -> Path:
    """Return the copy of the tree that every tool but ansible-test reads; brought up to date once a run."""
    with places.locked(places.own_cache() / "t"):
        return tree.copy("t")


def _lint(*command: str, **variables: str) -> Outcome:
    """Run a tool of the lint environment on the copy."""
    root = _shared_copy()
    environment = environments.ensure("lint")
    paths = {"ANSIBLE_COLLECTIONS_PATH": str(root.parents[2]), "ANSIBLE_HOME": str(places.own_cache() / "ansible")}
    return execute(command, cwd=root, env=environment.variables(**paths, **variables))


def _mypy() -> Outcome:
    """Check types against the libraries of the newest environment, which this tool's own does not have."""
    root = _shared_copy()
    return _lint(
        "mypy",
        *("--python-executable", str(environments.ensure("core-2.19").bin / "python")),
        *("--cache-dir", str(places.own_cache() / "mypy")),
        # A file may have one name only: tests are imported from the root, as python3 -m tests.sandbox does.
        *("--package", f"ansible_collections.{places.NAMESPACE}.{places.NAME}.plugins", "--package", "tests"),
        MYPYPATH=os.pathsep.join((str(root.parents[2]), str(root))),
    )


def _reuse() -> Outcome:
    """Check licences in the checkout itself: only there does the tool know from git what to leave out."""
    return execute(["reuse", "lint", "--lines"], cwd=places.ROOT, env=environments.ensure("lint").variables())


def docs(*arguments: str, root: Path) -> Outcome:
    """Run the program that writes into docs/ and roles/ what the code says already; "--check" compares only."""
    command = ["python", str(root / "tests" / "tools" / "generate_docs.py"), *arguments]
    return execute(command, cwd=root, env=environments.ensure("core-2.19").variables())


def _rules() -> Outcome:
    lines = list(rules.violations())
    return Outcome(1 if lines else 0, "\n".join(lines) + "\n")


def _build(environment: environments.Environment, folder: str) -> Outcome:
    root = _shared_copy()
    command = ["ansible-galaxy", "collection", "build", "--force", "--output-path", folder, str(root)]
    return execute(command, cwd=root, env=environment.variables())


def _galaxy_build() -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        outcome = _build(environments.ensure("lint"), folder)
        sizes = [path.stat().st_size for path in Path(folder).glob("*.tar.gz")]
    return outcome.but(note=f"{sizes[0] / 1000:.0f} kB" if sizes else "")


# What flake8 says against the formatter's own style (PEP 8 took both rules back); ruff checks the rest anyway.
FORMATTER = (" W503 ", " E203 ")


def _importer() -> Outcome:
    """Build, and import as Galaxy would. It ends with 0 after warnings too, so its log is read."""
    environment = environments.ensure("importer")
    with tempfile.TemporaryDirectory() as folder:
        built = _build(environment, folder)
        if built.rc != 0:
            return built
        settings = Path(folder) / "galaxy-importer.cfg"
        options = dict.fromkeys(("CHECK_REQUIRED_TAGS", "REQUIRE_V1_OR_GREATER", "RUN_FLAKE8"), True)
        # checks of their own here
        options |= dict.fromkeys(("RUN_ANSIBLE_TEST", "RUN_ANSIBLE_LINT"), False)
        lines = ["[galaxy-importer]", *(f"{option} = {wanted}" for option, wanted in options.items()), ""]
        settings.write_text("\n".join(lines), encoding="utf-8")
        tarball = next(Path(folder).glob("*.tar.gz"))
        outcome = execute(
            ["python", "-m", "galaxy_importer.main", str(tarball)],
            cwd=Path(folder),
            env=environment.variables(
                GALAXY_IMPORTER_CONFIG=str(settings), ANSIBLE_HOME=str(places.own_cache() / "ansible")
            ),
        )
    complaints = sum(
        line.startswith(("WARNING", "ERROR")) and not any(style in line for style in FORMATTER)
        for line in outcome.output.splitlines()
    )
    if outcome.rc == 0 and complaints:
        return outcome.but(rc=1, more=f"{complaints} warnings or errors above\n")
    return outcome


# The longest first: the two workers then end at about the same time.
CHECKS = (
    Check("sanity core 2.19", "sanity", lambda: sanity.run("2.19")),
    Check("sanity core 2.16", "sanity", lambda: sanity.run("2.16")),
    Check("unit core 2.19", "unit", lambda: units.with_coverage(_shared_copy())),
    Check("unit core 2.16", "unit", lambda: units.oldest(_shared_copy())),
    Check("galaxy-importer", "lint", _importer),
    Check("mypy", "lint", _mypy),
    Check("ansible-lint", "lint", lambda: _lint("ansible-lint", "--nocolor", "--format", "pep8")),
    Check(
        "antsibull-docs",
        "lint",
        lambda: _lint(
            "antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs", "all", "."
        ),
    ),
    Check("yamllint", "lint", lambda: _lint("yamllint", "--strict", ".")),
    Check("reuse", "lint", _reuse),
    Check("galaxy build", "lint", _galaxy_build),
    Check("antsibull-changelog", "lint", lambda: _lint("antsibull-changelog", "lint")),
    Check("project rules", "lint", _rules),
    Check("generated docs", "lint", lambda: docs("--check", root=_shared_copy())),
    Check("ruff check", "lint", lambda: _lint("ruff", "check", "--no-cache", "--output-format", "concise", ".")),
    Check(
        "ruff format",
        "lint",
        lambda: _lint("ruff", "format", "--no-cache", "--check", "--output-format", "concise", "."),
    ),
)
