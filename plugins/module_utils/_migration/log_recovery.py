# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A restarted pod that recovers its logs: its progress is told, and it has time for as long as there is any.

Private to the collection. A broker with many logs that did not stop cleanly takes longer than any deadline that is made for a start.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.recovery import Recovery, follow
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError

#: seconds after which a start is looked at, and from one look to the next
PATIENCE, EVERY = 10.0, 5.0
#: lines of the log at the first look
LINES = 2_000
#: seconds that looks overlap, since a log is asked for by whole seconds
OVERLAP = 3


class LogRecovery:
    """Follows the log of one pod in a thread while the ``with`` block runs."""

    def __init__(
        self,
        client: KubeClient,
        namespace: str,
        pod: str,
        container: str,
        progress: Callable[[str], None],
        *,
        standstill: float,
        start: float,
    ) -> None:
        """``standstill``: seconds without progress; ``start``: seconds for the rest of the start once every log is loaded."""
        self._client, self._where, self._container = client, (pod, namespace), container
        self._progress, self._standstill, self._start = progress, standstill, start
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._state = Recovery()
        self._seen = False
        self._changed = self._read_at = time.monotonic()

    def __enter__(self) -> LogRecovery:
        threading.Thread(target=self._run, name="kraft-log-recovery", daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()

    def _run(self) -> None:
        self._stop.wait(PATIENCE)
        while not self._stop.is_set():
            self.read_log()
            self._stop.wait(EVERY)

    def read_log(self) -> None:
        """Read what is new in the log; what cannot be read is no progress."""
        with self._lock:
            now = time.monotonic()
            since = int(now - self._read_at) + OVERLAP if self._seen else None
            try:
                text = self._client.pod_log(
                    *self._where, container=self._container, tail_lines=LINES, since_seconds=since
                )
            except KraftError:
                return
            state = follow(self._state, text)
            reported = self._state.text if self._seen else ""
            if state != self._state:
                self._changed = now
            self._read_at, self._state = now, state
            self._seen = self._seen or state.running
            if state.running and state.text != reported and not self._stop.is_set():
                self._progress(f"it {state.text}")

    def more(self) -> float:
        """Seconds that the pod has left beyond its deadline; 0.0 when it recovers nothing, or nothing is heard of it any more."""
        self.read_log()
        with self._lock:
            if not self._seen:
                return 0.0
            limit = self._standstill if self._state.running else self._start
            return max(self._changed + limit - time.monotonic(), 0.0)

    @property
    def why(self) -> str:
        """Why there is no more time, or an empty string when it recovers nothing."""
        with self._lock:
            if not self._state.running:
                return ""
            return (
                f"it {self._state.text}, and has recovered none for {self._standstill:.0f} s (kraft_recovery_timeout)"
            )
