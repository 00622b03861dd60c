# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal of one migration: what cannot be derived from the cluster. Pure data; reading and writing is elsewhere.

Private to the collection. Losing the journal must not lose the cluster: nothing here decides what a step does, except the
start of the soak, which then simply starts again, and the names of Secrets that stages made, which then are left behind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import folding

FORMAT = 1
DATA_KEY = "journal.json"
#: a ConfigMap holds at most 1 MiB; beyond this the oldest events are folded
LIMIT_BYTES = 900_000


@dataclass
class Journal:
    """The journal: ``events`` in order of time, each with ``time`` (ISO 8601, UTC), ``sub_phase``, ``phase`` and details."""

    cluster: str
    migration_id: str = ""
    started: str = ""
    pure_since: str = ""
    zookeeper_connect: str = ""
    originals: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    #: name of the ValidatingAdmissionPolicy that enforces the lock; why there is none
    lock_policy: str = ""
    lock_why: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data, as stored."""
        return {"format": FORMAT, **vars(self)}

    def add(self, time: str, phase: str, sub_phase: str, what: str, **details: Any) -> dict[str, Any]:
        """Append one event and return it."""
        event = {"time": time, "phase": phase, "sub_phase": sub_phase, "what": what, **details}
        self.events.append(event)
        return event

    def has(self, sub_phase: str) -> bool:
        """Whether that sub-phase is recorded as done since the last attempt was rolled back."""
        return any(event["sub_phase"] == sub_phase and not event.get("failed") for event in self.attempt())

    def time_of(self, sub_phase: str) -> str:
        """When that sub-phase was first recorded as done in the present attempt, or an empty string."""
        done = [event for event in self.attempt() if event["sub_phase"] == sub_phase and not event.get("failed")]
        return str(done[0]["time"]) if done else ""

    def attempt(self) -> list[dict[str, Any]]:
        """The events of the present attempt: those after the last complete rollback, or the last attempt that others ended."""
        ends = self._ends()
        return self.events[ends[-1] + 1 :] if ends else self.events

    def last_attempt(self) -> list[dict[str, Any]]:
        """The events of the present attempt or, where none has begun, those of the one that was rolled back last."""
        now = self.attempt()
        if now:
            return now
        ends = self._ends()
        return self.events[(ends[-2] + 1 if len(ends) > 1 else 0) :]

    def _ends(self) -> list[int]:
        """Places of the events that end an attempt."""
        return [at for at, event in enumerate(self.events) if event.get("what") in folding.ENDS]

    def made(self, kind: str) -> list[str]:
        """Names of the objects of a kind that steps of any attempt were about to make; some may be gone, or never have been made."""
        said = [str(each) for event in self.events for each in event.get("objects") or ()]
        return list(dict.fromkeys(each.removeprefix(f"{kind}/") for each in said if each.startswith(f"{kind}/")))

    def close_attempt(self) -> None:
        """Forget what belonged to an attempt that was rolled back; its events stay."""
        self.migration_id = self.started = self.pure_since = self.zookeeper_connect = ""
        self.originals = {}

    def last(self) -> dict[str, Any] | None:
        """The newest event, if any."""
        return self.events[-1] if self.events else None

    def phase(self) -> str:
        """The phase of the newest event, or an empty string."""
        newest = self.last()
        return str(newest["phase"]) if newest else ""


def load(cluster: str, data: Mapping[str, str] | None) -> Journal:
    """Read a journal from the ConfigMap's data; a missing or unreadable one is an empty journal of ``cluster``."""
    try:
        raw = json.loads((data or {})[DATA_KEY])
    except (KeyError, ValueError):
        return Journal(cluster)
    if not isinstance(raw, dict):
        return Journal(cluster)
    # somebody may have edited it by hand: a field of another type would break every later step
    kept = {key: raw[key] for key, value in vars(Journal(cluster)).items() if isinstance(raw.get(key), type(value))}
    kept["events"] = [event for event in kept.get("events", []) if _is_event(event)]
    return Journal(**{**kept, "cluster": cluster})


def _is_event(event: Any) -> bool:
    return isinstance(event, dict) and {"time", "phase", "sub_phase"} <= set(event)


def dump(journal: Journal) -> dict[str, str]:
    """Return the ConfigMap's data. Folds the oldest events when the limit would be passed; ``journal`` itself stays as it is."""
    text = _text(journal.as_dict())
    if len(text) > LIMIT_BYTES:
        frame = {**journal.as_dict(), "events": []}
        text = _text({**frame, "events": folding.fold(journal.events, LIMIT_BYTES - len(_text(frame)))})
    return {DATA_KEY: text}


def _text(data: Mapping[str, Any]) -> str:
    """JSON in ASCII: as many bytes as characters."""
    return json.dumps(data, sort_keys=True)
