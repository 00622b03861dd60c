# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second pair of eyes on a job: every phase and sub-phase that its status shows, and when."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tests.sandbox.beside import beside
from tests.sandbox.config import SandboxError

from .double import Double, connect

#: seconds between two looks
LOOK = 0.05


class Sight(NamedTuple):
    """What was shown from a moment on. at: seconds of time.monotonic()."""

    phase: str
    sub_phase: str
    at: float


@contextmanager
def watched(double: Double) -> Iterator[list[Sight]]:
    """Collect what the status of the job shows, in the spelling of the notes; shorter moments than LOOK may be missed."""
    seen: list[Sight] = []
    other = connect(double.namespace)
    other.spec = double.spec

    def look() -> None:
        try:
            phase, step = other.place
        except SandboxError:
            return
        if phase and (not seen or seen[-1][:2] != (phase, step)):
            seen.append(Sight(phase, step, time.monotonic()))

    try:
        with beside(look, LOOK):
            yield seen
    finally:
        other.kube.close()
