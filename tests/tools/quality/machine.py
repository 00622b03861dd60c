# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the machine must have before anything else: git, and a Python 3.11 or 3.12 that can make environments."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

# Both supported ends of ansible-core, 2.16 and 2.19, run under these.
VERSIONS = ("3.11", "3.12")
# The newest ansible-core needs one of these; only the tests of other cores ask for it. The first that is there is taken.
NEWER_VERSIONS = ("3.13", "3.12", "3.14")
# What is looked for, the Debian package that brings it, and whether nothing works without it.
SHELLCHECK = ("shellcheck", "shellcheck", False)
GIT = ("git", "git", True)


class MachineError(Exception):
    """Something on this machine is missing; the message says what, and how to get it."""


def search_path() -> list[str]:
    """Return PATH without pyenv's shims: the shim of an inactive version exits 127, which stops ansible-test."""
    return [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if Path(folder).name != "shims"]


def _makes_environments(python: str) -> bool:
    """Tell whether a Python brings venv and ensurepip; Debian ships them in python3-venv."""
    result = subprocess.run([python, "-c", "import ensurepip, venv"], capture_output=True, check=False)
    return result.returncode == 0


@functools.cache
def python() -> tuple[str, str]:
    """Return path and version ("3.11") of the interpreter to build environments from; $KRAFT_PYTHON names another.

    Raises:
        MachineError: none was found.
    """
    named = os.environ.get("KRAFT_PYTHON")
    names = [named] if named else [f"python{version}" for version in VERSIONS]
    for name in names:
        found = shutil.which(name, path=os.pathsep.join(search_path()))
        if not found or not _makes_environments(found):
            continue
        version = _version(found)
        if version in VERSIONS:
            return found, version
    wanted = named or " or ".join(f"python{version}" for version in VERSIONS)
    raise MachineError(
        f"No usable Python: looked for {wanted} with the modules venv and ensurepip. "
        f"On Debian: apt-get install python3-venv. Elsewhere name one in KRAFT_PYTHON."
    )


def _version(python: str) -> str:
    """Return "3.12"."""
    command = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _pyenv(version: str) -> list[str]:
    """Return the bin folders of pyenv's interpreters of a version: without its shims they are not on PATH."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return [str(folder / "bin") for folder in sorted(root.glob(f"versions/{version}.*"), reverse=True)]


@functools.cache
def newer_python() -> tuple[str, str]:
    """Return path and version of an interpreter for the newest ansible-core; $KRAFT_NEWER_PYTHON names one.

    Raises:
        MachineError: none was found.
    """
    named = os.environ.get("KRAFT_NEWER_PYTHON")
    names = [named] if named else [f"python{version}" for version in NEWER_VERSIONS]
    folders = os.pathsep.join([*search_path(), *(folder for version in NEWER_VERSIONS for folder in _pyenv(version))])
    for name in names:
        found = shutil.which(name, path=folders)
        if found and _makes_environments(found) and (version := _version(found)) in NEWER_VERSIONS:
            return found, version
    raise MachineError(
        f"No Python for the newest ansible-core: looked for {' or '.join(names)} with the modules venv and ensurepip, on PATH "
        "and among pyenv's. Name one in KRAFT_NEWER_PYTHON."
    )


def _missing() -> list[tuple[str, bool]]:
    """Return the Debian packages that are missing, each with whether nothing works without it."""
    missing = [(package, needed) for program, package, needed in (GIT, SHELLCHECK) if not shutil.which(program)]
    try:
        python()
    except MachineError:
        if os.environ.get("KRAFT_PYTHON"):
            raise
        missing.append(("python3-venv", True))
    return missing


def prepare() -> None:
    """Install what is missing when we may (root on Debian), after saying so; else say what to install.

    Raises:
        MachineError: something needed is missing and cannot be installed from here.
    """
    missing = _missing()
    if not missing:
        return
    packages = [package for package, _needed in missing]
    command = f"apt-get install -y --no-install-recommends {' '.join(packages)}"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(
            f"Missing on this machine: {', '.join(packages)}. Installing them now, about half a minute: {command}",
            flush=True,
        )
        _install(command.split())
        python.cache_clear()
        python()
        return
    print(f"Missing on this machine: {', '.join(packages)}. To install: sudo {command}", file=sys.stderr)
    if any(needed for _package, needed in missing):
        raise MachineError(
            "Cannot continue without " + ", ".join(package for package, needed in missing if needed) + "."
        )


def _install(command: list[str]) -> None:
    """Run apt-get; an old package list is the usual reason of a failure, so it is refreshed first."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update", "-qq"], [*command, "-qq"]):
        result = subprocess.run(step, env=environment, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise MachineError(f"{' '.join(step)} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
