# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits for what nobody can be notified of: looked at again and again, with what it waits for and for how long.

Private to the collection.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.waiting import lasting
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded

#: seconds between two looks; a look that takes longer than that is followed by as long a pause
PACE = 0.25


def until(look: Callable[[], str], timeout: float, progress: Callable[[str], None], code: str) -> float:
    """Call ``look`` until it returns "" (done); it returns the reason why not yet. Returns how many seconds that took.

    :param timeout: seconds.
    :param code: of the error, from the catalogue of findings.
    :raises DeadlineExceeded: with the last reason.
    """
    began, told, never = time.monotonic(), "", threading.Event()
    while True:
        looked = time.monotonic()
        reason = look()
        now = time.monotonic()
        if not reason:
            return now - began
        left = began + timeout - now
        if left <= 0:
            raise DeadlineExceeded(f"{reason}, after {timeout:.0f} s", code=code)
        said = lasting(reason, now - began)
        if said != told:
            progress(said)
            told = said
        never.wait(min(max(PACE, now - looked), left))
