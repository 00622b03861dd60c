# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are: the checkout, and the cache outside of it that holds environments and copies of the tree."""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
NAMESPACE, NAME = "kafkaops", "kraft"


def cache() -> Path:
    """Return the cache folder: $KRAFT_CACHE, else ~/.cache/kafkaops-kraft. It may be deleted at any time."""
    named = os.environ.get("KRAFT_CACHE")
    folder = Path(named).expanduser() if named else Path.home() / ".cache" / "kafkaops-kraft"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def own_cache() -> Path:
    """Return the part of the cache that belongs to this checkout alone."""
    folder = cache() / "checkouts" / hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a cache folder, so that two runs on one machine do not write it at the same time."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(folder.name + ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
