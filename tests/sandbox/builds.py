# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that are built from source: Kubernetes' components and CoreDNS, in one module so that they share what they use."""

from __future__ import annotations

from pathlib import Path

from .cache import is_built, key_of, part
from .config import COREDNS_VERSION, KUBERNETES_VERSION, SOURCES
from .console import run
from .toolchain import go_command, go_environment

_PROGRAMS = ("kubernetes", "coredns")
#: the part of the cache that holds them all
PART = "kubernetes"
_SOURCE = SOURCES / "go"
#: without what debuggers need the compiler takes an eighth less time; stack traces name lines all the same
_OPTIONS = ("-trimpath", "-gcflags=all=-dwarf=false")


def _key() -> str:
    return key_of(_SOURCE, *_OPTIONS)


def programs(cache: Path) -> Path:
    """Return the folder of the programs, built when they are not in the cache."""
    return part(cache, PART, _key(), lambda folder: _build(cache, folder))


def missing_parts(cache: Path) -> list[str]:
    """Name what a start would have to build."""
    return [] if is_built(cache, PART, _key()) else [PART]


def _build(cache: Path, folder: Path) -> None:
    """Compile the programs; go.sum beside their source pins every module."""
    major, minor, _patch = KUBERNETES_VERSION.split(".")
    version = "k8s.io/component-base/version"
    said = {
        f"{version}.gitVersion": f"v{KUBERNETES_VERSION}",
        f"{version}.gitMajor": major,
        f"{version}.gitMinor": minor,
        "github.com/coredns/coredns/coremain.GitCommit": f"v{COREDNS_VERSION}",
    }
    flags = " ".join(["-s -w", *(f"-X {variable}={value}" for variable, value in said.items())])
    sources = [f"./{name}" for name in _PROGRAMS]
    run(
        [go_command(cache), "build", *_OPTIONS, "-ldflags", flags, "-o", f"{folder}/", *sources],
        cwd=_SOURCE,
        env=go_environment(cache),
        log=cache / f"build-{PART}.log",
    )
