# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""False answers of an API server: which request gets one, and which. Pure, and the same for the same seed and order of requests."""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Any

READ, WATCH, UPGRADE, WRITE, ACT = "read", "watch", "upgrade", "write", "act"
#: kind of request -> what an API server answers to such when it is busy, in turn; 409 is for what replaces or patches
CODES = {
    READ: (429, 500, 503),
    WATCH: (429, 500, 503),
    UPGRADE: (429, 500, 503),
    WRITE: (409, 429, 500, 503),
    ACT: (429, 500, 503),
}
#: kind of request -> one in so many gets a false answer (from, to)
EVERY = {READ: (15, 25), WATCH: (2, 3), UPGRADE: (6, 10), WRITE: (3, 5), ACT: (4, 7)}
_SAYS: dict[int, tuple[str, str, str]] = {
    409: (
        "Conflict",
        "Conflict",
        "Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version and try again",
    ),
    429: ("Too Many Requests", "TooManyRequests", "the server has received too many requests, please try again later"),
    500: ("Internal Server Error", "InternalError", "Internal error occurred: etcdserver: request timed out"),
    503: ("Service Unavailable", "ServiceUnavailable", "the server is currently unable to handle the request"),
}


@dataclass(frozen=True)
class Request:
    """What is known of a request before it is answered. ``path`` is without the query."""

    method: str
    path: str
    watching: bool = False
    upgrading: bool = False

    @property
    def kind(self) -> str:
        """One of the kinds above; creating, deleting, evicting and asking for permissions are acts."""
        if self.upgrading:
            return UPGRADE
        if self.method in ("GET", "HEAD"):
            return WATCH if self.watching else READ
        return WRITE if self.method in ("PUT", "PATCH") else ACT

    @property
    def is_safe_twice(self) -> bool:
        """Whether an API server that has carried it out and then failed may be asked again without a trace of the first time."""
        return self.kind == WRITE or self.method == "DELETE" or self.path.endswith("/eviction")


@dataclass(frozen=True)
class FalseAnswer:
    """An answer with an error. ``carried_out``: the API server gets the request all the same, and its answer is thrown away."""

    code: int
    carried_out: bool = False

    def as_bytes(self) -> bytes:
        """The whole HTTP answer, as an API server sends it."""
        phrase, reason, message = _SAYS[self.code]
        status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "message": message,
            "reason": reason,
            "code": self.code,
        }
        if self.code == 429:
            status["details"] = {"retryAfterSeconds": 1}
        body = json.dumps(status).encode()
        head = [f"HTTP/1.1 {self.code} {phrase}", "Content-Type: application/json", f"Content-Length: {len(body)}"]
        if self.code == 429:
            head.append("Retry-After: 1")
        return "\r\n".join([*head, "", ""]).encode() + body


class Pattern:
    """Gives false answers, from any thread. A request that was given one is let through when it comes again.

    :ivar given: (kind of request, code) to how often it was given; ``carried_out`` counts those behind which the request was done.
    """

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._lock = threading.Lock()
        self._left = {kind: self._next(kind) for kind in EVERY}
        self._turn = dict.fromkeys(EVERY, 0)
        self._refused: set[tuple[str, str]] = set()
        self.given: Counter[tuple[str, int]] = Counter()
        self.carried_out = 0

    def answer(self, request: Request) -> FalseAnswer | None:
        """Return the false answer to this request, or None when the API server is to answer."""
        with self._lock:
            mark = (request.method, request.path)
            if mark in self._refused:
                self._refused.discard(mark)
                return None
            kind = request.kind
            self._left[kind] -= 1
            if self._left[kind] > 0:
                return None
            self._left[kind] = self._next(kind)
            self._refused.add(mark)
            found = self._chosen(request)
            self.given[kind, found.code] += 1
            self.carried_out += found.carried_out
            return found

    def codes(self) -> dict[int, int]:
        """How often each code was given."""
        found: Counter[int] = Counter()
        for (_kind, code), count in self.given.items():
            found[code] += count
        return dict(sorted(found.items()))

    def kinds(self) -> dict[str, int]:
        """How often each kind of request was given a false answer."""
        found: Counter[str] = Counter()
        for (kind, _code), count in self.given.items():
            found[kind] += count
        return dict(found)

    def _next(self, kind: str) -> int:
        return self._random.randint(*EVERY[kind])

    def _chosen(self, request: Request) -> FalseAnswer:
        codes, turn = CODES[request.kind], self._turn[request.kind]
        self._turn[request.kind] += 1
        code = codes[turn % len(codes)]
        # every second time round, from the first on, the server fails after it has done what it was asked for
        late = (turn // len(codes)) % 2 == 0
        return FalseAnswer(code, carried_out=late and code in (500, 503) and request.is_safe_twice)
