# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Python environments, built once from tests/requirements-<name>.txt, kept in the cache under a hash of that file."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import machine, places

NAMES = ("core-2.19", "core-2.16", "lint", "importer")
# The newest ansible-core, which needs a newer Python than the oldest one runs under. Built for those who ask for it only:
# tests/e2e/test_signals.py, and with it make test-matrix.
NEWEST = "core-2.21"
# Kopf, for tests/operators: built when a double is started for the first time.
# A finished environment carries this file; one without it was interrupted and is built anew.
MARKER = "complete"
# Settings of the caller's shell that would change what a tool does. (KRAFT_* and PIP_* stay.)
FOREIGN = ("ANSIBLE_", "MOLECULE_", "PYTHON", "PYTEST_", "MYPY", "VIRTUAL_ENV", "COVERAGE_", "GALAXY_")


@dataclass(frozen=True)
class Environment:
    """One environment."""

    name: str
    path: Path

    @property
    def bin(self) -> Path:
        """The folder of its programs."""
        return self.path / "bin"

    def variables(self, **extra: str) -> dict[str, str]:
        """Return the process environment for its programs: its own first on PATH, nothing of the caller's Ansible."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
        folders = [str(self.bin), str(Path(machine.python()[0]).parent), *machine.search_path()]
        return {**kept, "PATH": os.pathsep.join(dict.fromkeys(folders)), "PYTHONDONTWRITEBYTECODE": "1", **extra}


def requirements(name: str) -> Path:
    """Return the file that pins an environment."""
    return places.ROOT / "tests" / f"requirements-{name}.txt"


def _interpreter(name: str) -> tuple[str, str]:
    """Return path and version of the Python that an environment is made from."""
    return machine.newer_python() if name == NEWEST else machine.python()


def locate(name: str) -> Environment:
    """Return where an environment is or will be."""
    python, version = _interpreter(name)
    key = hashlib.sha256(requirements(name).read_bytes() + python.encode()).hexdigest()[:8]
    return Environment(name, places.cache() / "env" / f"{name}-py{version}-{key}")


def ready(environment: Environment) -> bool:
    """Tell whether it has been built."""
    return (environment.path / MARKER).exists()


def ensure(name: str) -> Environment:
    """Build an environment unless it is there.

    Raises:
        machine.MachineError: pip failed; the message holds its output.
    """
    environment = locate(name)
    if ready(environment):
        return environment
    with places.locked(environment.path):
        if ready(environment):
            return environment
        shutil.rmtree(environment.path, ignore_errors=True)
        start = time.monotonic()
        _run([_interpreter(name)[0], "-m", "venv", str(environment.path)])
        pip = [str(environment.bin / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "--requirement", str(requirements(name))])
        (environment.path / MARKER).touch()
    print(f"built  {time.monotonic() - start:6.1f} s  environment {name}", flush=True)
    return environment


def _run(command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise machine.MachineError(
            f"{' '.join(command)} ended with {result.returncode}:\n{result.stdout}{result.stderr}"
        )
