# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to the API server: limits, safe repetition, errors.

Private to the collection. kubernetes.client.ApiClient is not used for it: its call signature changed between 24 and 37,
it repeats requests by rules of its own, and it hides whether a request has left this machine, which decides whether a
write may be repeated.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import faults
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.transport import Endpoint, Wire
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError

Object = dict[str, t.Any]

READ_TIMEOUT = 15.0  # seconds without a byte of the answer
WRITE_TIMEOUT = 35.0  # seconds; the API server gives a slow admission webhook up to 30
FIRST_PATIENCE = 3.0  # seconds of retries while the server has not answered once: a wrong address is named soon
MAX_IDLE = 8  # connections kept open
# Seconds of retries later on: an API server restarts, a load balancer moves on. A Lease outlasts it (lease.DURATION).
PATIENCE = 75.0
WRITE_PATIENCE = 10.0  # seconds of retries of a write that the server answers with 500 or 503
CONFLICTS = 4  # tries of an unconditional write that met another write
QUIET = 5.0  # seconds of retries after which somebody is told


@dataclass(frozen=True)
class Call:
    """One request.

    :ivar path: API path, quoted.
    :ivar doing: how messages name it: ``reading Pod a in namespace b``.
    :ivar timeout: seconds without a byte, None for the default of reads (15) and writes (35).
    :ivar patience: seconds of retries, None for the default (3 before the first answer of the server, 75 after).
    :ivar read: True when the request changes nothing, whatever its method; None: GET does not.
    :ivar ok: error statuses that the caller handles.
    :ivar unconditional: a write that does not depend on a version that was read, so that it may follow another write.
    """

    method: str
    path: str
    doing: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: t.Any = None
    content_type: str = "application/json"
    accept: str = "application/json"
    timeout: float | None = None
    patience: float | None = None
    read: bool | None = None
    ok: t.Container[int] = ()
    unconditional: bool = False

    @property
    def changes_nothing(self) -> bool:
        """Whether it may be repeated whatever became of the first try."""
        return self.method == "GET" if self.read is None else self.read


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: status, headers with names in lower case, body."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class RestClient:
    """Sends requests to one API server as one user, from any thread. Nothing is open before the first one."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        #: seconds of retries once the server has answered; less of it for somebody who is in a hurry
        self.patience = PATIENCE
        self._idle: list[Wire] = []
        self._lock = threading.Lock()
        self._count = 0
        self._reached = False
        self._closed = threading.Event()
        #: gets one sentence when a request takes long because it is repeated
        self.progress: Callable[[str], None] = lambda _text: None

    @property
    def requests_made(self) -> int:
        """Number of requests sent so far, repeated ones and streams included."""
        return self._count

    @property
    def label(self) -> str:
        """How messages name the server: URL and where it was configured."""
        return self.endpoint.label

    def close(self) -> None:
        """Close idle connections and end the waits between retries."""
        self._closed.set()
        while self._idle:
            self._idle.pop().close()

    def count_request(self) -> None:
        """Count a request that a stream (watch, exec, port-forward) makes on a connection of its own."""
        with self._lock:
            self._count += 1

    def json(self, call: Call) -> Object:
        """Send the request and return the JSON object of the answer.

        Raises as send(), KraftError when it is no JSON object.
        """
        answer = self.send(call)
        try:
            parsed = json.loads(answer.data)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            raise KraftError(
                f"{self.label} did not send a JSON object while {call.doing}; is it an API server? Check host and proxy"
            )
        return parsed

    def send(self, call: Call) -> Answer:
        """Send the request, repeat it where that is safe, and return the answer.

        Raises Unreachable, Forbidden, NotFound, Conflict, Refused or KraftError for every status of 400 or more that is
        not in ``call.ok``. ``detail["repeated"]`` is true when an earlier try of a write was answered with 500 or 503: that
        one may have been carried out.
        """
        data = None if call.body is None else json.dumps(call.body).encode()
        patience = (self.patience if self._reached else FIRST_PATIENCE) if call.patience is None else call.patience
        backoff = Backoff(self._closed, patience)
        unsure = False
        while True:
            wire = None
            try:
                wire = self._take()
                answer = self._once(wire, call, data)
            except (OSError, http.client.HTTPException) as error:
                if wire is not None:
                    wire.close()
                safe = call.changes_nothing or wire is None  # None: nothing was sent
                if safe and not faults.is_permanent(error) and self._again(backoff, call, faults.cause_of(error)):
                    continue
                if safe and call.patience is None:
                    self._reached = False  # given up: whoever asks next does not wait as long again
                raise faults.unreachable(self.label, error, doing=call.doing, sent_write=not safe) from error
            if answer.status < 400:
                return answer
            after = answer.headers.get("retry-after")
            if backoff.allows(answer, call) and self._again(backoff, call, f"HTTP {answer.status}", after):
                unsure = unsure or _is_unsure(answer, call)
                continue
            if answer.status in call.ok and not _is_throttled(answer):
                return answer
            failed = faults.answer_error(answer.status, answer.data, label=self.label, doing=call.doing)
            if unsure:
                failed.detail["repeated"] = True
            raise failed

    def _again(self, backoff: Backoff, call: Call, why: str, retry_after: str | None = None) -> bool:
        """Wait before the next try, and say so once when this takes long; False when there is to be none."""
        if backoff.is_late():
            self.progress(
                f"{self.label} does not serve {call.doing} ({why}); trying again for up to {backoff.left:.0f} s"
            )
        return backoff.pause(retry_after)

    def _take(self) -> Wire:
        """Return an idle connection that the server has not closed, or a new one."""
        while True:
            try:
                wire = self._idle.pop()  # the last one used; list operations are atomic
            except IndexError:
                wire = Wire(self.endpoint)
                wire.connect()
                return wire
            if wire.is_quiet():
                return wire
            wire.close()

    def _once(self, wire: Wire, call: Call, data: bytes | None) -> Answer:
        self.count_request()
        headers = [*self.endpoint.headers(), ("Accept", call.accept)]
        if data is not None:
            headers += [("Content-Type", call.content_type), ("Content-Length", str(len(data)))]
        path = call.path + (f"?{urlencode(call.query)}" if call.query else "")
        timeout = call.timeout or (READ_TIMEOUT if call.changes_nothing else WRITE_TIMEOUT)
        response = wire.ask(call.method, self.endpoint.request_path(path), headers, data, timeout)
        body = response.read()
        self._reached = True
        if response.will_close or len(self._idle) >= MAX_IDLE or self._closed.is_set():
            wire.close()
        else:
            self._idle.append(wire)
        return Answer(response.status, {key.lower(): value for key, value in response.getheaders()}, body)


class Backoff:
    """When to stop repeating a request, and the waits in between (0.2 s doubling to 2 s)."""

    def __init__(self, closed: threading.Event, patience: float) -> None:
        self._closed = closed
        self._began = time.monotonic()
        self._patience = patience
        self._delay = 0.2
        self._conflicts = 0
        self._reported = False

    @property
    def left(self) -> float:
        """Seconds until it is given up."""
        return max(self._began + self._patience - time.monotonic(), 0.0)

    def is_late(self) -> bool:
        """Whether it takes so long that somebody should be told; true once."""
        if self._reported or time.monotonic() - self._began < QUIET:
            return False
        self._reported = True
        return True

    def allows(self, answer: Answer, call: Call) -> bool:
        """Whether an answer with an error is worth another try."""
        if answer.status == 429:
            return _is_throttled(answer) and (call.changes_nothing or "retry-after" in answer.headers)
        if call.changes_nothing:
            return answer.status in (500, 502, 503, 504)
        if answer.status == 409:
            self._conflicts += 1
            return call.unconditional and self._conflicts <= CONFLICTS
        return _is_unsure(answer, call) and time.monotonic() - self._began < WRITE_PATIENCE

    def pause(self, retry_after: str | None = None) -> bool:
        """Wait before the next try; False when time is up or the client was closed."""
        delay = self._delay
        if retry_after and retry_after.isdigit():
            delay = max(0.1, float(retry_after))
        if delay > self.left:
            return False
        self._delay = min(self._delay * 2, 2.0)
        return not self._closed.wait(delay)


def _is_throttled(answer: Answer) -> bool:
    """429 of the server itself (priority and fairness), other than that of a PodDisruptionBudget."""
    if answer.status != 429:
        return False
    details = faults.parse_status(answer.data).get("details") or {}
    return not any(cause.get("reason") == "DisruptionBudget" for cause in details.get("causes") or [])


def _is_unsure(answer: Answer, call: Call) -> bool:
    """500 or 503 to a write, said by the API server itself: it has done with the request, one way or the other.

    Each write of ours names its object and most are conditional, so that a second one does no more than the first. The
    answer of a load balancer is none: the request may still be on its way.
    """
    return not call.changes_nothing and answer.status in (500, 503) and bool(faults.parse_status(answer.data))
