# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the operator makes a pass over a CR: at events, at its timer, and not at events that came too early. Pure but for the lock.

A trigger waits for the pass that runs, but no longer than ten seconds; then it is dropped, and only the timer is left.
"""

from __future__ import annotations

import threading

#: seconds that a trigger waits for the pass that runs
PATIENCE = 10.0


class Pacing:
    """Times are seconds of time.monotonic()."""

    def __init__(self, now: float) -> None:
        self._changed = threading.Condition()
        self._trigger: float | None = None
        self._timer = now

    def touch(self, now: float) -> None:
        """Say that a Kafka CR or a node pool has changed."""
        with self._changed:
            self._trigger = now
            self._changed.notify_all()

    def due(self, now: float, *, deaf: bool) -> bool:
        """Tell whether a pass has to be made now."""
        with self._changed:
            return (self._trigger is not None and not deaf) or now >= self._timer

    def begin(self, now: float, interval: float) -> None:
        """Say that a pass begins."""
        with self._changed:
            self._trigger = None
            if now >= self._timer:
                self._timer = now + interval

    def end(self, now: float) -> None:
        """Say that it has ended: what triggered too long ago has given up."""
        with self._changed:
            if self._trigger is not None and now - self._trigger > PATIENCE:
                self._trigger = None

    def sleep(self, now: float, longest: float) -> None:
        """Wait for a trigger or the timer, at most ``longest`` seconds."""
        with self._changed:
            if self._trigger is None:
                self._changed.wait(max(0.0, min(longest, self._timer - now)))
