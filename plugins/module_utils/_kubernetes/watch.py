# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting by LIST then WATCH: objects that are current within milliseconds, and a predicate that says when all is good.

Private to the collection. The reading is done by a thread, so that the thread that waits can be interrupted by a signal
at any time, and can wait for other things (znodes) at the same time through one Event.
"""

from __future__ import annotations

import threading
import time
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.waiting import lasting
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.rest import Object
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watchstream import WatchStream
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    DeadlineExceeded,
    Forbidden,
    Interrupted,
    KraftError,
)

WATCH_SECONDS = 30  # the server ends each WATCH after that; a silently dead connection is noticed 5 s later
FIRST_PAUSE, LAST_PAUSE = 0.2, 5.0  # seconds between tries when the API server does not answer
FORBIDDEN_GRACE = 10.0  # seconds; an API server that has just started denies everything until it has read the roles
HEARTBEAT = 1.0  # seconds; a predicate may look at the clock ("ImagePullBackOff for 30 s"), so it is asked again
STOP_CHECK = 0.1  # seconds between looks at a foreign stop event


@dataclass
class Verdict:
    """What a predicate says.

    :ivar done: the wait is over.
    :ivar reason: one sentence: what is missing, or what was reached.
    :ivar fatal: it can never become good; the wait ends at once with an error.
    """

    done: bool
    reason: str
    fatal: bool = False


Predicate = Callable[[Mapping[str, Object]], Verdict]


class Watcher:
    """Keeps ``{name: object}`` current by a background thread while the ``with`` block runs.

    The key is ``namespace/name`` when all namespaces are watched. The objects are shared: do not change them. Entering
    lists once and raises what KubeClient.list raises; later on a lost API server is waited for as long as somebody
    waits.
    """

    def __init__(
        self, client: KubeClient, kind: Kind, namespace: str | None, *, label_selector: str = "", name: str = ""
    ) -> None:
        self._client = client
        self._kind = kind
        self._namespace = namespace
        self._selectors = {
            "label_selector": label_selector,
            "field_selector": f"metadata.name={name}" if name else "",
        }
        self.condition = threading.Condition()
        self._objects: dict[str, Object] = {}
        self._changes = 0
        self._listeners: list[threading.Event] = []
        self._trouble = ""
        self._fatal: KraftError | None = None
        self._stop = threading.Event()
        self._stream: WatchStream | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Watcher:
        version = self._list(patience=None)
        self._thread = threading.Thread(
            target=self._run, args=(version,), name=f"watch-{self._kind.plural}", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        with self.condition:
            stream = self._stream
        if stream is not None:
            stream.close()
        if self._thread is not None:
            self._thread.join(timeout=2.0)

    @property
    def objects(self) -> dict[str, Object]:
        """The objects as they are now (a copy of the mapping; do not change the objects)."""
        with self.condition:
            return dict(self._objects)

    @property
    def trouble(self) -> str:
        """Why the objects may be stale (the API server does not answer), or an empty string."""
        return self._trouble

    def add_listener(self, event: threading.Event) -> None:
        """Have ``event`` set after each change, so that one thread can wait for several sources."""
        with self.condition:
            self._listeners.append(event)

    def check(self) -> None:
        """Raise the error that ended the background thread, if one did (Forbidden: the permission was taken away)."""
        if self._fatal is not None:
            raise self._fatal

    def wait(
        self,
        predicate: Predicate,
        timeout: float,
        progress: Callable[[str], None] | None = None,
        stop: threading.Event | None = None,
    ) -> Verdict:
        """Ask ``predicate`` after every change, and each second, until it says done.

        ``timeout`` in seconds. ``progress`` gets the reason each time it changes, and every few seconds. ``stop`` ends the wait within 0.1 s.

        Raises DeadlineExceeded with the last reason, KraftError when the predicate says fatal, Interrupted when ``stop`` is
        set, Forbidden.
        """
        began = time.monotonic()
        deadline, reported = began + timeout, None
        while True:
            late = time.monotonic() >= deadline  # read first: what changed until the end is checked once more
            with self.condition:
                seen, objects = self._changes, dict(self._objects)
            self.check()
            verdict = predicate(objects)
            reason = f"{verdict.reason} ({self._trouble})" if self._trouble and not verdict.done else verdict.reason
            told = reason if verdict.done else lasting(reason, time.monotonic() - began)
            if progress is not None and told != reported:
                progress(told)
            reported = told
            if verdict.done:
                return verdict
            if verdict.fatal:
                raise KraftError(verdict.reason)
            if stop is not None and stop.is_set():
                raise Interrupted(f"stopped while waiting: {reason}")
            if late:
                raise DeadlineExceeded(f"waited {timeout:.0f} s: {reason}", detail={"reason": reason})
            self._pause(seen, deadline, stop)

    def _pause(self, seen: int, deadline: float, stop: threading.Event | None) -> None:
        """Return after a change, at the deadline, after the heartbeat, or when stopped."""
        until = min(deadline, time.monotonic() + HEARTBEAT)
        with self.condition:
            while self._changes == seen and self._fatal is None:
                left = until - time.monotonic()
                if left <= 0 or (stop is not None and stop.is_set()):
                    return
                self.condition.wait(min(left, STOP_CHECK) if stop is not None else left)

    # What follows runs in the background thread.

    def _run(self, version: str) -> None:
        pause = FIRST_PAUSE
        forbidden_since = 0.0
        while not self._stop.is_set():
            try:
                version = self._watch(version or self._list(patience=0.0))
                pause, forbidden_since = FIRST_PAUSE, 0.0
                self._set_trouble("")
                continue
            except Conflict:  # 410: the version is too old
                version = ""
                continue
            except Forbidden as error:
                forbidden_since = forbidden_since or time.monotonic()
                if time.monotonic() - forbidden_since > FORBIDDEN_GRACE:
                    self._end(error)
                    return
                self._set_trouble(error.message)
            except KraftError as error:
                self._set_trouble(error.message)
            version = ""
            self._stop.wait(pause)
            pause = min(pause * 2, LAST_PAUSE)

    def _list(self, *, patience: float | None) -> str:
        items, version = self._client.list_with_version(
            self._kind, self._namespace, patience=patience, **self._selectors
        )
        with self.condition:
            self._trouble = ""
            self._objects = {self._key(item): item for item in items}
            self._changed()
        return version

    def _watch(self, version: str) -> str:
        """Follow one WATCH to its end and return the version to go on from."""
        stream = self._client.stream_watch(
            self._kind, self._namespace, version, timeout_seconds=WATCH_SECONDS, **self._selectors
        )
        with self.condition:
            self._stream = stream
        with stream:
            if self._stop.is_set():
                return version
            for event in stream:
                version = self._take(event) or version
        return version

    def _take(self, event: Mapping[str, t.Any]) -> str:
        item = event["object"]
        version = str((item.get("metadata") or {}).get("resourceVersion", ""))
        if event["type"] == "BOOKMARK":
            return version
        with self.condition:
            if event["type"] == "DELETED":
                self._objects.pop(self._key(item), None)
            else:
                self._objects[self._key(item)] = item
            self._changed()
        return version

    def _key(self, item: Object) -> str:
        metadata = item["metadata"]
        if self._namespace is None and metadata.get("namespace"):
            return f"{metadata['namespace']}/{metadata['name']}"
        return str(metadata["name"])

    def _changed(self) -> None:
        """Wake everybody up; the condition is held."""
        self._changes += 1
        self.condition.notify_all()
        for listener in self._listeners:
            listener.set()

    def _set_trouble(self, trouble: str) -> None:
        with self.condition:
            if trouble != self._trouble:
                self._trouble = trouble
                self._changed()

    def _end(self, error: KraftError) -> None:
        with self.condition:
            self._fatal = error
            self._changed()


def wait_for(  # noqa: PLR0913 - each option is one a caller needs, and all but four have defaults
    client: KubeClient,
    kind: Kind,
    namespace: str | None,
    predicate: Predicate,
    *,
    timeout: float,
    label_selector: str = "",
    name: str = "",
    progress: Callable[[str], None] | None = None,
    stop: threading.Event | None = None,
) -> Verdict:
    """Wait until ``predicate``, asked with ``{name: object}``, says done; see Watcher.wait for limits and errors."""
    with Watcher(client, kind, namespace, label_selector=label_selector, name=name) as watcher:
        return watcher.wait(predicate, timeout, progress, stop)
