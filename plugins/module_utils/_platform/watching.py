# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watching what an operator leads, until a judge says that it is done. The same whoever leads.

Private to the collection.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Watcher
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded

#: seconds until a judge is asked again though nothing changed: it may look at the clock
HEARTBEAT = 1.0
Shown = TypeVar("Shown")


@dataclass(frozen=True)
class Following(Generic[Shown]):
    """What a wait makes of what the watchers show.

    :ivar read: takes in what they show now.
    :ivar mark: what differs whenever something has moved. One that was shown before is no movement: a pod that is Ready for a moment between
        two crashes would keep a wait alive for ever.
    :ivar judge: done or not, and what is waited for; asked after every change, and each second. Raises when going on waiting is in vain.
    :ivar spoken: the operator's own words, for who reads why a wait was given up.
    """

    read: Callable[[], Shown]
    mark: Callable[[Shown], Hashable]
    judge: Callable[[Shown], tuple[bool, str]]
    spoken: Callable[[Shown], str]


def until_judged(
    watchers: Sequence[Watcher], following: Following[Shown], *, idle: float, progress: Callable[[str], None]
) -> Shown:
    """Watch until the judge says that it is done; returns what was shown last.

    :param watchers: open ones.
    :param idle: seconds without any movement, after which the wait is given up.
    :raises DeadlineExceeded: with the last reason.
    """
    changed = threading.Event()
    for watcher in watchers:
        watcher.add_listener(changed)
    moved, told = time.monotonic(), None
    marks: set[Hashable] = set()
    while True:
        changed.clear()
        for watcher in watchers:
            watcher.check()
        shown = following.read()
        now = following.mark(shown)
        if now not in marks:
            moved = time.monotonic()
            marks.add(now)
        over, reason = following.judge(shown)
        trouble = next((watcher.trouble for watcher in watchers if watcher.trouble), "")
        reason = f"{reason} ({trouble})" if trouble else reason
        if reason != told:
            progress(reason)
            told = reason
        if over:
            return shown
        if time.monotonic() - moved > idle:
            raise DeadlineExceeded(reason, detail={"reason": reason, "operator": following.spoken(shown)})
        changed.wait(HEARTBEAT)
