# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One WATCH request as an iterator that another thread can end at once."""

from __future__ import annotations

import http.client
import json
import threading
import typing as t
from collections.abc import Iterator

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import faults
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.transport import Endpoint, Wire, dial
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, Unreachable

Event = dict[str, t.Any]


class WatchStream(Iterator[Event]):
    """The events ``{type, object}`` of one WATCH; ends when the server's time limit is reached or after close()."""

    def __init__(self, endpoint: Endpoint, path: str, *, doing: str, read_timeout: float) -> None:
        """Send the request and read the head of the answer.

        ``read_timeout``: seconds without a byte after which the connection counts as dead.

        Raises Unreachable, Forbidden, or Conflict (status 410: the version is too old).
        """
        self._endpoint = endpoint
        self._doing = doing
        self._closed = threading.Event()
        self._buffer = bytearray()
        self._lines: list[bytes] = []
        self._wire: Wire | None = None
        self._answer: http.client.HTTPResponse | None = None
        try:
            self._wire, self._answer = dial(endpoint, path, [("Accept", "application/json")], answer_timeout=15.0)
            if self._answer.status >= 400:
                body = self._answer.read()
                raise faults.answer_error(self._answer.status, body, label=endpoint.label, doing=doing)
            if self._wire.raw is not None:
                self._wire.raw.settimeout(read_timeout)
        except (OSError, http.client.HTTPException) as error:
            self.release()
            raise faults.unreachable(endpoint.label, error, doing=doing) from error
        except BaseException:
            self.release()
            raise

    def __next__(self) -> Event:
        while not self._lines:
            data = self._read()
            if not data:
                self.release()
                raise StopIteration
            self._buffer += data
            if b"\n" in data:
                *self._lines, rest = bytes(self._buffer).split(b"\n")
                self._buffer = bytearray(rest)
                self._lines = [line for line in reversed(self._lines) if line.strip()]
        return self._event(self._lines.pop())

    def _read(self) -> bytes:
        if self._answer is None or self._closed.is_set():
            return b""
        try:
            return self._answer.read1(1 << 16)
        except (OSError, ValueError, http.client.HTTPException) as error:
            if self._closed.is_set():
                return b""
            self.release()
            raise faults.unreachable(self._endpoint.label, error, doing=self._doing) from error

    def _event(self, line: bytes) -> Event:
        try:
            event = json.loads(line)
        except ValueError as error:
            self.release()
            raise Unreachable(
                f"{self._endpoint.label} did not send JSON while {self._doing}: is a proxy in between?"
            ) from error
        if event.get("type") == "ERROR":
            self.release()
            status = event.get("object") or {}
            code = int(status.get("code") or 500)
            if code == 410:
                raise Conflict(f"the version is too old while {self._doing}; list again", detail={"status": 410})
            raise faults.answer_error(code, json.dumps(status).encode(), label=self._endpoint.label, doing=self._doing)
        return t.cast(Event, event)

    def close(self) -> None:
        """End the stream from any thread; a reader that is blocked in it returns at once."""
        self._closed.set()
        if self._wire is not None:
            self._wire.abort()

    def __enter__(self) -> WatchStream:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.release()

    def release(self) -> None:
        """End the stream and free the socket; only for the thread that reads."""
        self.close()
        if self._wire is not None:
            self._wire.close()
