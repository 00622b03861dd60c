# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was struck, when, for how long, and what came of it: a line each, and all of them as JSON."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_TIMESTAMP = re.compile(r'"timestamp":(\d+)')
#: milliseconds; a shorter time between two acks is no gap
GAP = 100


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@dataclass
class Figure:
    """One fault. Times in milliseconds since 1970, 0 = not yet.

    ``at``: the line of the run at which it struck. ``went_on_ms``: when the run said its next step; ``result``: how the run ended.
    """

    fault: str
    at: str
    began_ms: int = field(default_factory=now_ms)
    ended_ms: int = 0
    went_on_ms: int = 0
    result: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    longest_ack_gap_ms: int = 0

    def struck(self, evidence: dict[str, Any]) -> None:
        """Note the end of the fault, what proves it, and when it began where that was later than its line."""
        self.ended_ms = now_ms()
        self.began_ms = int(evidence.pop("began_ms", self.began_ms))
        self.evidence = evidence

    @property
    def lasted_s(self) -> float:
        """Seconds that the fault lasted."""
        return round((self.ended_ms - self.began_ms) / 1000, 1)

    @property
    def went_on_after_s(self) -> float | None:
        """Seconds from its beginning until the run went on, None when the run stopped instead."""
        return round((self.went_on_ms - self.began_ms) / 1000, 1) if self.went_on_ms else None

    def line(self) -> str:
        """One line for the terminal."""
        on = f"the run went on {self.went_on_after_s} s after its beginning" if self.went_on_ms else "the run stopped"
        facts = ", ".join(f"{key} {value}" for key, value in self.evidence.items())
        return f"FAULT {self.fault}: lasted {self.lasted_s} s, {on}; {self.result}; {facts}; struck at: {self.at}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        began = datetime.fromtimestamp(self.began_ms / 1000, UTC).isoformat(timespec="milliseconds")
        return {**asdict(self), "began": began, "lasted_s": self.lasted_s, "went_on_after_s": self.went_on_after_s}


class Figures:
    """The faults of one chain, written to a file whenever one is added."""

    def __init__(self, chain: str, path: Path) -> None:
        self.chain = chain
        self._path = path
        self._begin = time.monotonic()
        self.faults: list[Figure] = []
        self.records: dict[str, Any] = {}
        self.error = ""

    def add(self, figure: Figure) -> None:
        """Print a fault and keep it."""
        self.faults.append(figure)
        print(f"[{time.monotonic() - self._begin:7.1f} s] {figure.line()}", flush=True)
        self.keep()

    def say(self, text: str) -> None:
        """One line with the time."""
        print(f"[{time.monotonic() - self._begin:7.1f} s] {self.chain}: {text}", flush=True)

    def keep(self) -> None:
        """Write down what there is."""
        self._path.write_text(json.dumps(self.as_dict(), indent=1), encoding="utf-8")

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "chain": self.chain,
            "date": datetime.now(UTC).strftime("%Y-%m-%d"),
            "seconds": round(time.monotonic() - self._begin),
            "error": self.error,
            "records": self.records,
            "faults": [figure.as_dict() for figure in self.faults],
        }

    def find_gaps(self, acks: Iterable[str]) -> None:
        """Note for each fault the longest time without an ack, from its beginning until the run went on."""
        windows = [(each.began_ms, max(each.ended_ms, each.went_on_ms)) for each in self.faults]
        for figure, gap in zip(self.faults, longest_gaps(acks, windows), strict=True):
            figure.longest_ack_gap_ms = gap
        self.keep()


def longest_gaps(acks: Iterable[str], windows: Sequence[tuple[int, int]]) -> list[int]:
    """Return for each window (from, to, in milliseconds) the longest time between two acks that reaches into it."""
    longest, before = [0] * len(windows), 0
    for line in acks:
        match = _TIMESTAMP.search(line) if "producer_send_success" in line else None
        if match is None:
            continue
        at = int(match[1])
        if before and at - before >= GAP:
            for number, (begin, end) in enumerate(windows):
                if before <= end and at >= begin:
                    longest[number] = max(longest[number], at - before)
        before = at
    return longest
