# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long somebody may be silent. Private to the collection."""

from __future__ import annotations

import time


class Silence:
    """How long ZooKeeper may still be silent. Each answer begins it again: many reads may take long, none may stay away."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self.broken()

    def broken(self) -> None:
        """An answer has come."""
        self._until = time.monotonic() + self._patience

    @property
    def left(self) -> float:
        """Seconds, 0 when it has lasted too long."""
        return max(0.0, self._until - time.monotonic())
