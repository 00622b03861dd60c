# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the events of a journal fit into a ConfigMap: the oldest are folded into summaries. Pure.

Private to the collection. In this order, and no further than is needed:

1. the per-pod times of the oldest rolls (how many and from when to when stays), and texts that are far too long;
2. the oldest attempts that are over, each into one summary before the event that ended it;
3. the oldest events of the attempt that the report shows, but of each kind of step that ended well the first and the newest
   stay: what was written, the gates and who confirmed them, what was removed from ZooKeeper;
4. what is far beyond any real migration: of each sub-phase that is done one event with its bare facts.

What a journal is asked stays as it was: where attempts end, which sub-phases of the present one are done, the newest event.
Each step costs the size of what it folds, not that of the journal.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rollback

Event = dict[str, Any]

#: ``what`` of the event that says that an attempt was ended without this collection: what came before it says nothing of the next one
ENDED_BY_OTHERS = "ended-by-others"
#: ``what`` of the events that end an attempt
ENDS = (rollback.COMPLETE, ENDED_BY_OTHERS)
#: ``what`` of a summary. Its ``time`` is that of the first event in it, ``until`` that of the last.
FOLDED = "folded"
#: instead of ``pods``: ``count``, ``begin_ms`` of the first restart, ``end_ms`` of the last
PODS_FOLDED = "pods_folded"
#: characters; no text that we write comes near
LONG = 2_000
#: what a summary and the comma after it take at most, in bytes
SUMMARY_BYTES = 4_000
#: characters that are left of a text in a summary and in bare facts: 6 bytes each at most, as JSON
SHORT = 80
#: what no count, time in milliseconds or number of seconds reaches
HUGE = 1e15
#: what is left of an event in the last step
BARE = ("time", "phase", "sub_phase", "what", "stage", "state", "migration_id")


def fold(events: Sequence[Mapping[str, Any]], room: int) -> list[Event]:
    """Return the events, as many of them folded as it takes for at most ``room`` bytes of JSON.

    The newest event and the end of the attempt before the present one always stay, even where there is no room for them. The
    events that are given are not changed.
    """
    book = _Book(events, room)
    for step in (_without_pods, _without_long_texts, _old_attempts, _shown_attempt, _bare_facts):
        if book.excess <= 0 or not events:
            break
        step(book)
    return book.kept()


class _Book:
    """The events with the size of each.

    :ivar events: None where one was folded into another.
    :ivar excess: bytes that are too many.
    """

    def __init__(self, events: Sequence[Mapping[str, Any]], room: int) -> None:
        self.events: list[Event | None] = [dict(event) for event in events]
        self._sizes = [_size(event) for event in events]
        self.excess = sum(self._sizes) - room

    def put(self, at: int, event: Event | None) -> None:
        """Replace one event, or take it out."""
        size = _size(event) if event is not None else 0
        self.excess += size - self._sizes[at]
        self.events[at], self._sizes[at] = event, size

    def there(self, begin: int = 0, end: int | None = None) -> list[tuple[int, Event]]:
        """The events of a stretch that are not folded, each with its place."""
        stretch = enumerate(self.events[begin:end], begin)
        return [(at, event) for at, event in stretch if event is not None]

    def size(self, at: int) -> int:
        """Bytes of one event."""
        return self._sizes[at]

    def kept(self) -> list[Event]:
        """What is left."""
        return [event for _at, event in self.there()]

    def spans(self) -> list[tuple[int, int]]:
        """Begin and end of each attempt; that of one that is over ends behind the event that says so."""
        found, begin = [], 0
        for at, event in self.there():
            if event.get("what") in ENDS:
                found.append((begin, at + 1))
                begin = at + 1
        if begin < len(self.events):
            found.append((begin, len(self.events)))
        return found

    def fold(self, places: Sequence[int], outcome: str) -> None:
        """Put one summary in the place of the first of these events, unless that saves nothing."""
        folded = [event for at in places if (event := self.events[at]) is not None]
        if len(folded) < 2:
            return
        summary = _summary(folded, outcome)
        if _size(summary) >= sum(self._sizes[at] for at in places):
            return
        for at in places[1:]:
            self.put(at, None)
        self.put(places[0], summary)


def _size(event: Mapping[str, Any]) -> int:
    """Bytes of an event as JSON, with what separates it from the next one."""
    return len(json.dumps(event, sort_keys=True)) + 2


def _without_pods(book: _Book) -> None:
    """Of the oldest rolls only the number of restarts and their time are left; the newest event keeps its own."""
    for at, event in book.there(end=-1):
        pods = event.get("pods")
        if not isinstance(pods, list) or not pods:
            continue
        rest = {key: value for key, value in event.items() if key != "pods"}
        first, last = (pod if isinstance(pod, dict) else {} for pod in (pods[0], pods[-1]))
        brief = {
            "count": len(pods),
            "begin_ms": int(_number(first.get("deleted_ms"))),
            "end_ms": int(_number(last.get("noticed_ms"))),
        }
        book.put(at, {**rest, PODS_FOLDED: brief})
        if book.excess <= 0:
            return


def _without_long_texts(book: _Book) -> None:
    """One message of a tool must not cost the history."""
    for at, event in book.there():
        if book.size(at) > LONG:
            book.put(at, _cut(event, LONG))
        if book.excess <= 0:
            return


def _cut(value: Any, length: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= length else value[:length] + "[...]"
    if isinstance(value, list):
        return [_cut(each, length) for each in value]
    if isinstance(value, dict):
        return {key: _cut(each, length) for key, each in value.items()}
    return value


def _old_attempts(book: _Book) -> None:
    """Each attempt that is over becomes one summary and its end; the one that the report shows is left alone."""
    for begin, end in book.spans()[:-1]:
        book.fold(range(begin, end - 1), _outcome(book.events[end - 1] or {}))
        if book.excess <= 0:
            return


def _shown_attempt(book: _Book) -> None:
    """Fold the oldest events of the last attempt that tell nothing which another one does not tell."""
    begin, end = book.spans()[-1]
    events = book.there(begin, end)
    stay, places, saved = _evidence(events), [], 0
    for at, _event in events:
        if saved >= book.excess + SUMMARY_BYTES:
            break
        if at not in stay:
            places.append(at)
            saved += book.size(at)
    book.fold(places, _outcome(events[-1][1]))


def _evidence(events: Sequence[tuple[int, Event]]) -> set[int]:
    """Places that stay: the last event, the last failure, and of each kind of step that ended well the first and the newest."""
    stay = {events[-1][0]}
    first: dict[tuple[str, ...], int] = {}
    newest: dict[tuple[str, ...], int] = {}
    for at, event in events:
        if event.get("what") != FOLDED:
            failed = bool(event.get("failed"))
            kind = (
                ("failed",)
                if failed
                else tuple(str(event.get(key)) for key in ("sub_phase", "what", "stage", "target"))
            )
            newest[kind] = at
            if not failed:
                first.setdefault(kind, at)
    return stay.union(first.values(), newest.values())


def _bare_facts(book: _Book) -> None:
    """The last resort, however many events of whatever kind there are: the journal has to be stored."""
    begin, end = book.spans()[-1]
    old, shown = book.there(end=begin), book.there(begin, end)
    if old:
        book.fold([at for at, _event in old[:-1]], "rolled back")
    must = {shown[-1][0], *(at for at, _event in old[-1:])}
    done: dict[str, int] = {}
    for at, event in shown:
        if not event.get("failed") and event.get("what") != FOLDED:
            done.setdefault(str(event["sub_phase"]), at)
    stay = must.union(done.values())
    book.fold([at for at, _event in shown if at not in stay], _outcome(shown[-1][1]))
    for at, event in book.there():
        book.put(at, _bare(event))
    for at, _event in book.there():
        if book.excess <= 0:
            return
        if at not in must:
            book.put(at, None)


def _bare(event: Event) -> Event:
    if event.get("what") == FOLDED:
        return _summary([event], _short(event.get("outcome", "")))
    bare: Event = {key: _short(event[key]) for key in BARE if key in event}
    return {**bare, "failed": True} if event.get("failed") else bare


def _short(value: Any) -> str:
    return str(value)[:SHORT]


def _outcome(last: Mapping[str, Any]) -> str:
    return {rollback.COMPLETE: "rolled back", ENDED_BY_OTHERS: "ended by others"}.get(
        str(last.get("what")), "under way"
    )


def _summary(events: Sequence[Event], outcome: str) -> Event:
    """One event for several, in order of time; earlier summaries among them are taken over."""
    first, last = events[0], events[-1]
    summary: Event = {
        "time": _short(first["time"]),
        "until": _short(last.get("until", last["time"])),
        "phase": _short(last["phase"]),
        # the name of no sub-phase: a summary does not say that something is done
        "sub_phase": "",
        "what": FOLDED,
        "outcome": outcome,
        "count": sum(_in_it(event, "count", 1) for event in events),
        "failures": sum(_in_it(event, "failures", int(bool(event.get("failed")))) for event in events),
        "worked": round(sum(_number(event.get("worked", event.get("seconds"))) for event in events), 2),
    }
    ended = sum(_in_it(event, "attempts", int(event.get("what") in ENDS)) for event in events)
    ids = [event["migration_id"] for event in events if event.get("migration_id")]
    return {**summary, **({"attempts": ended} if ended else {}), **({"migration_id": _short(ids[-1])} if ids else {})}


def _in_it(event: Mapping[str, Any], key: str, alone: int) -> int:
    """What a summary says of the events in it; ``alone`` for an event that is none."""
    return int(_number(event.get(key))) if event.get("what") == FOLDED else alone


def _number(value: Any) -> float:
    """A number, 0 for anything else (infinity too): somebody may have edited the journal by hand."""
    return float(value) if isinstance(value, (int, float)) and abs(value) < HUGE else 0.0


def summaries(events: Iterable[Mapping[str, Any]]) -> list[Event]:
    """What the report says of folded events: ``from``, ``until``, ``events``, ``failures``, ``outcome``."""
    return [
        {
            "from": str(event.get("time", "")),
            "until": str(event.get("until", "")),
            "events": _in_it(event, "count", 0),
            "failures": _in_it(event, "failures", 0),
            "outcome": str(event.get("outcome", "")),
        }
        for event in events
        if event.get("what") == FOLDED
    ]
