# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client that may not do anything was told when it tried all the time: pure, no cluster needed. Line format: secured/java/Intruder.java."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

#: what it tries
KINDS = ("write", "read")


@dataclass
class Denied:
    """What the denied client saw.

    breaches: attempts that worked; none may. refusals: attempts that a broker refused, for each kind of attempt. unanswered: all others
    (a broker that restarts). errors: how often each was seen. longest_gap_ms: longest time between two refusals, in which nothing is known;
    longest_gap_at_ms: when it began, in milliseconds since 1970. malformed_lines: lines that were cut off.
    """

    breaches: int = 0
    refusals: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    unanswered: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    breach_examples: list[str] = field(default_factory=list)
    longest_gap_ms: int = 0
    longest_gap_at_ms: int = 0
    duration_s: float = 0.0
    malformed_lines: int = 0

    @property
    def ok(self) -> bool:
        """Tell whether nothing got through, and every kind of attempt did reach a broker."""
        return self.breaches == 0 and all(self.refusals.values())

    def as_dict(self) -> dict[str, Any]:
        """Return plain data with the prefix ``denied_``."""
        return {f"denied_{name}": value for name, value in asdict(self).items()}


def check_denied(lines: Iterable[str]) -> Denied:
    """Return what the lines say."""
    found = Denied()
    errors: Counter[str] = Counter()
    first = last = 0
    for line in lines:
        event = _event(line)
        if event is None:
            found.malformed_lines += bool(line.strip())
            continue
        now = int(event["at"])
        first = first or now
        if event.get("error"):
            errors[f"{event['what']} {event['error']}"[:160]] += 1
        if event["result"] == "refused":
            found.refusals[event["what"]] = found.refusals.get(event["what"], 0) + 1
            if last and now - last > found.longest_gap_ms:
                found.longest_gap_ms, found.longest_gap_at_ms = now - last, last
            last = now
        elif event["result"] == "breach":
            found.breaches += 1
            if len(found.breach_examples) < 10:
                found.breach_examples.append(f"{event['what']} {event['topic']}-{event['partition']} at {now}")
        else:
            found.unanswered += 1
        found.duration_s = round((now - first) / 1000, 3)
    found.errors = dict(errors.most_common(10))
    return found


def _event(line: str) -> dict[str, Any] | None:
    """Return the event of a line; None if it is none, or cut off."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(event, dict) and {"at", "what", "topic", "partition", "result"} <= event.keys()
    return event if whole else None
