# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that are built from source: Kubernetes' components and CoreDNS."""

from __future__ import annotations

from pathlib import Path

from .cache import is_built, key_of, part
from .config import COREDNS_VERSION, KUBERNETES_VERSION, SOURCES
from .console import run
from .toolchain import go_command, go_environment

PROGRAMS = ("kubernetes", "coredns")


def _source(name: str) -> Path:
    return SOURCES / "go" / name


def _key(name: str) -> str:
    return key_of(_source(name), "trimpath")


def program(cache: Path, name: str) -> Path:
    """Return the path of a program, built when it is not in the cache."""
    return part(cache, name, _key(name), lambda folder: _build(cache, name, folder)) / name


def missing_programs(cache: Path) -> list[str]:
    """Name the programs that a start would have to build."""
    return [name for name in PROGRAMS if not is_built(cache, name, _key(name))]


def _build(cache: Path, name: str, folder: Path) -> None:
    """Compile one program; go.sum beside its source pins every module."""
    flags = "-s -w"
    if name == "kubernetes":
        major, minor, _patch = KUBERNETES_VERSION.split(".")
        version = "k8s.io/component-base/version"
        flags += f" -X {version}.gitVersion=v{KUBERNETES_VERSION} -X {version}.gitMajor={major} -X {version}.gitMinor={minor}"
    else:
        flags += f" -X github.com/coredns/coredns/coremain.GitCommit=v{COREDNS_VERSION}"
    run(
        [go_command(cache), "build", "-trimpath", "-ldflags", flags, "-o", folder / name, "."],
        cwd=_source(name),
        env=go_environment(cache),
        log=cache / f"build-{name}.log",
    )
