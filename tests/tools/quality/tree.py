# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of the tree at .../ansible_collections/kafkaops/kraft: ansible-test wants that path and refuses links."""

from __future__ import annotations

import filecmp
import shutil
import subprocess
from pathlib import Path

from . import places


def files() -> list[Path]:
    """Return what belongs to the tree, relative to its root: tracked files and new ones that git does not ignore."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=places.ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = [Path(name) for name in listing.split("\0") if name]
    return [path for path in paths if (places.ROOT / path).is_file()]


def copy(label: str) -> Path:
    """Bring the copy with this label up to date and return its root. Files that did not change keep their times."""
    root = places.own_cache() / label / "ansible_collections" / places.NAMESPACE / places.NAME
    wanted = files()
    root.mkdir(parents=True, exist_ok=True)
    _remove_others(root, set(wanted))
    for path in wanted:
        source, target = places.ROOT / path, root / path
        if target.is_file() and filecmp.cmp(source, target) and target.stat().st_mode == source.stat().st_mode:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
    return root


def _remove_others(root: Path, wanted: set[Path]) -> None:
    """Delete what is not in the tree any more. What the tools leave in tests/output and dot folders stays."""
    for path in sorted(root.rglob("*"), reverse=True):
        relative = path.relative_to(root)
        if relative.parts[:2] == ("tests", "output") or relative in wanted or relative.parts[0] == ".ansible":
            continue
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        else:
            path.unlink()


def link() -> None:
    """Make the git-ignored link that lets the checkout be found as a collection: see ansible.cfg."""
    target = places.ROOT / ".collections" / "ansible_collections" / places.NAMESPACE / places.NAME
    if target.is_symlink():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(Path("../../.."))
