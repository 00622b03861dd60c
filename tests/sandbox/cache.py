# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Built parts, each in a folder named by a hash of its inputs: a part is built once and never half there."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .console import step


def key_of(*inputs: str | Path) -> str:
    """Return a short hash of the inputs: words count as they are, files and folders by what is in them."""
    digest = hashlib.sha256()
    for item in inputs:
        if isinstance(item, str):
            digest.update(f"word {item}\n".encode())
            continue
        for file in sorted(_files(item)):
            content = file.read_bytes()
            digest.update(
                f"file {file.relative_to(item.parent)} {file.stat().st_mode & 0o111} {len(content)}\n".encode()
            )
            digest.update(content)
    return digest.hexdigest()[:12]


def _files(item: Path) -> Iterable[Path]:
    """Return the file itself, or the files below the folder."""
    return [item] if item.is_file() else [path for path in item.rglob("*") if path.is_file()]


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold a lock that other programs respect too; a program that is killed loses it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def part(cache: Path, name: str, key: str, build: Callable[[Path], None]) -> Path:
    """Return the folder of a built part; ``build`` fills it when it is not there, older builds of it are removed."""
    folder = cache / f"{name}-{key}"
    if folder.is_dir():
        return folder
    with locked(cache / f".{name}.lock"):
        if folder.is_dir():  # built by another program while this one waited
            return folder
        unfinished = cache / f".{name}-{key}.unfinished"
        remove(unfinished)
        unfinished.mkdir()
        with step(f"building {name}"):
            build(unfinished)
        for older in cache.glob(f"{name}-{'?' * len(key)}"):
            remove(older)
        unfinished.rename(folder)
    return folder


def is_built(cache: Path, name: str, key: str) -> bool:
    """Tell whether the part is there."""
    return (cache / f"{name}-{key}").is_dir()


def remove(folder: Path) -> None:
    """Remove a folder if it is there (Go's module cache is written read-only, hence the modes)."""
    if not folder.exists():
        return
    for path in folder.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(folder)
