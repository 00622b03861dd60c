# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stop in order: signals, and the death of ansible-playbook, end an action through one exception.

Private to the collection. Why it is needed: after SIGKILL of ansible-playbook its forked worker lives on, and a worker without
a handler dies inside a change. Here both become Interrupted, raised once in the main thread, so that ``finally`` blocks run.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Interrupted

#: seconds between two looks at the parent process; there is no signal for "parent died" that every platform has
PARENT_CHECK = 0.5
#: seconds that an action gets to stop in order after that; then it ends like ansible-playbook did
LAST = 2.0


class Stopper:
    """Ends the action from any thread: ``stop(reason)``."""

    def __init__(self) -> None:
        self.reason = ""
        self._over = False
        self._lock = threading.Lock()

    def stop(self, reason: str) -> None:
        """Raise Interrupted in the main thread of this process, with ``reason``; does nothing the second time.

        Nor does it after the action has ended: the signal would then meet the handler of before and kill the process.
        """
        with self._lock:
            if self._over or self.reason:
                return
            self.reason = reason
            os.kill(os.getpid(), signal.SIGTERM)

    def end(self) -> None:
        """The action has ended: nobody can stop it any more."""
        with self._lock:
            self._over = True


@contextmanager
def orderly_stop() -> Iterator[Stopper]:
    """Within the block SIGINT, SIGTERM and the parent's death raise Interrupted, once."""
    stopper = Stopper()

    def handle(number: int, _frame: FrameType | None) -> None:
        # a second signal must not interrupt the clean-up that the first one starts
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Interrupted(stopper.reason or f"stopped by {signal.Signals(number).name}")

    if threading.current_thread() is not threading.main_thread():
        stopper.end()
        yield stopper
        return
    parent = os.getppid()
    ended = threading.Event()

    def watch_parent() -> None:
        while not ended.wait(PARENT_CHECK):
            if os.getppid() != parent:
                stopper.stop("ansible-playbook has ended")
                # seen: whoever swallows the exception goes on restarting pods that nobody watches
                if not ended.wait(LAST):
                    os._exit(1)
                return

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    threading.Thread(target=watch_parent, name="kraft-parent", daemon=True).start()
    try:
        yield stopper
    finally:
        ended.set()
        try:
            stopper.end()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
