# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A journal always fits into its ConfigMap, and answers as if nothing had been folded."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases, rollback
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import folding, journal
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report.journal import Journal
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

Event = dict[str, Any]

MIB = 1024 * 1024
SUB_PHASES = [item.name for item in phases.SUB_PHASES]
EVIDENCE = ("written", "gates", "locked", "removed")
GATES = [{"code": f"gate-{number}", "passed": True, "sentence": "passed " * 10} for number in range(12)]
PODS = [
    {"pod": f"kafka-{number}", "deleted_ms": 1000 * number, "noticed_ms": 1000 * number + 900, "note": "x" * 100}
    for number in range(60)
]
#: what an event carries besides its name: each of these is real, or what a tool or a person made of it
DETAILS: list[Event] = [
    {},
    {"what": "written", "stage": "migration", "settings_hash": {"kafka": "0123456789abcdef"}},
    {"what": "written", "stage": "kraft", "settings_hash": {"kafka": "fedcba9876543210"}},
    {"what": "gates", "gates": GATES, "confirmed_by": "ops@bastion:4711:100"},
    {"what": "locked", "migration_id": "0123456789ab"},
    {"what": "rolled", "stage": "migration", "target": "brokers", "pods": PODS},
    {"what": "rolled", "stage": "final", "target": "controllers", "pods": PODS[:3]},
    {"what": "rolled", "stage": "final", "target": "controllers", "pods": ["edited by hand"]},
    {"what": "removed", "removed": {"/migration": "y" * 500}, "deleted": [f"PVC/{number}" for number in range(9)]},
    {"what": "failed", "failed": True, "error": "it did not come back", "code": "broker-not-healthy"},
    {"what": "failed", "failed": True, "error": "é" * 4_000, "code": ""},
    {"what": "failed", "failed": True, "error": "a log: " * 1_000, "seconds": "edited by hand"},
]
END: Event = {"sub_phase": rollback.COMPLETE, "what": rollback.COMPLETE, "state": "ZOOKEEPER", "migration_id": "m"}


def times() -> Iterator[str]:
    """A second from event to event."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for seconds in itertools.count():
        yield (begin + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event(name: str, details: Event) -> Event:
    known = phases.BY_NAME[name]
    return {"phase": known.phase, "sub_phase": name, "what": name, "seconds": 1.5, "by": "ops@bastion:1:2", **details}


def book(events: Iterable[Event]) -> Journal:
    clock = times()
    made = Journal("kafka", "m2", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "zk:2181/k", {"secret": "s"})
    made.events = [{"time": next(clock), **each} for each in events]
    return made


def kept(made: Journal) -> Journal:
    text = journal.dump(made)[journal.DATA_KEY]
    assert len(text.encode()) <= journal.LIMIT_BYTES
    return journal.load("kafka", {journal.DATA_KEY: text})


def answers(made: Journal) -> dict[str, Any]:
    """What the product asks a journal."""
    newest = made.last() or {}
    return {
        "fields": {key: value for key, value in vars(made).items() if key != "events"},
        "done": [name for name in SUB_PHASES if made.has(name)],
        "newest": [newest.get(key) for key in ("time", "phase", "sub_phase", "what", "stage", "state", "failed")],
        "rolling back": bool(made.attempt()) and made.attempt()[-1]["phase"] == phases.ROLLBACK,
        "attempt has begun": bool(made.attempt()),
        "attempt to report": bool(made.last_attempt()),
        "phase": made.phase(),
    }


def first_and_newest(events: list[Event]) -> list[Event]:
    """Of each kind of evidence, without what may be cut out of it."""
    found = []
    for what in EVIDENCE:
        of_kind = [each for each in events if each.get("what") == what]
        found += [*of_kind[:1], *of_kind[-1:]]
    return found


def counted(events: list[Event]) -> int:
    return sum(each["count"] if each.get("what") == folding.FOLDED else 1 for each in events)


KINDS = st.tuples(st.sampled_from(SUB_PHASES), st.sampled_from(DETAILS))
#: a stretch of the same few events again and again, as somebody's loop around a playbook makes them, or the end of an attempt
STRETCHES = st.tuples(st.lists(KINDS, max_size=4), st.sampled_from([1, 2, 90]), st.booleans())


def written(stretches: list[tuple[list[tuple[str, Event]], int, bool]]) -> list[Event]:
    found: list[Event] = []
    for kinds, times_, ends in stretches:
        found += [event(name, details) for name, details in kinds] * times_
        found += [event(rollback.COMPLETE, END)] if ends else []
    return found


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(STRETCHES, max_size=8).map(written))
def test_every_journal_fits_and_answers_as_before(events: list[Event]) -> None:
    full = book(events)
    before = json.dumps(full.as_dict())
    small = kept(full)
    assert json.dumps(full.as_dict()) == before, "folding changes what is in memory"
    assert answers(small) == answers(full)
    assert first_and_newest(small.last_attempt()) == first_and_newest(full.last_attempt())
    assert counted(small.events) == len(full.events)
    assert [each["time"] for each in small.events] == sorted(each["time"] for each in small.events)
    # stored, read and stored again it stays as it is
    assert journal.dump(small) == journal.dump(full)


def test_event_by_event_it_answers_as_if_nothing_were_folded(monkeypatch: Any) -> None:
    """As it really grows: read, one event more, stored; through three attempts."""
    monkeypatch.setattr(journal, "LIMIT_BYTES", 60_000)
    names = ("SetupComplete", "MigrateTriggerKafkaMigration", "MigrateEnsureKafkaRollComplete", "MigrateDualWrite")
    clock = times()
    full, small = Journal("kafka"), Journal("kafka")
    for number in range(400):
        ends = number in (150, 260)
        details = END if ends else DETAILS[number % 10]
        new = {"time": next(clock), **event(rollback.COMPLETE if ends else names[number // 7 % 4], details)}
        full.events.append(new)
        small.events.append(new)
        small = kept(small)
        assert answers(small) == answers(full), number
    assert len(small.events) < 150
    assert counted(small.events) == 400
    assert [each["outcome"] for each in small.events if each["what"] == folding.FOLDED] == [
        "rolled back",
        "rolled back",
        "under way",
    ]


def test_what_fits_is_stored_as_it_is() -> None:
    full = book([event("SetupComplete", details) for details in DETAILS[:8]])
    assert journal.load("kafka", journal.dump(full)) == full


def test_the_times_of_pods_go_first_and_the_oldest_before_others(monkeypatch: Any) -> None:
    full = book([event("MigrateEnsureKafkaRollComplete", DETAILS[5]) for _round in range(3)])
    monkeypatch.setattr(journal, "LIMIT_BYTES", len(json.dumps(full.as_dict(), sort_keys=True)) - 1)
    events = kept(full).events
    assert ["pods" in each for each in events] == [False, True, True]
    assert events[0][folding.PODS_FOLDED] == {"count": 60, "begin_ms": 0, "end_ms": 59_900}
    assert events[1:] == full.events[1:]
    monkeypatch.setattr(journal, "LIMIT_BYTES", 16_000)
    assert ["pods" in each for each in kept(full).events] == [False, False, True]


def test_the_newest_roll_keeps_its_pods_as_long_as_others_can_be_folded(monkeypatch: Any) -> None:
    """The run that has just ended is what somebody looks at."""
    failures = [event("SetupComplete", DETAILS[9])] * 100
    full = book([*failures, event("MigrateEnsureKafkaRollComplete", DETAILS[5])])
    monkeypatch.setattr(journal, "LIMIT_BYTES", 20_000)
    small = kept(full)
    assert small.last() == full.last()
    assert small.events[0]["what"] == folding.FOLDED


def test_a_long_text_is_cut_before_an_event_is_folded(monkeypatch: Any) -> None:
    full = book([event("SetupComplete", DETAILS[0]), event("SetupComplete", DETAILS[11]), event("SetupComplete", {})])
    full.events[1]["list"] = ["z" * 3_000, 7]
    monkeypatch.setattr(journal, "LIMIT_BYTES", 6_000)
    events = kept(full).events
    assert len(events) == 3
    assert events[1]["error"] == DETAILS[11]["error"][: folding.LONG] + "[...]"
    assert events[1]["list"] == ["z" * folding.LONG + "[...]", 7]


def test_old_attempts_are_folded_one_by_one_before_the_present_one(monkeypatch: Any) -> None:
    attempt = [event("MigrateTriggerKafkaMigration", DETAILS[4]), *[event("SetupComplete", DETAILS[9])] * 50]
    done = event(rollback.COMPLETE, END)
    full = book([*attempt, done, *attempt, done, *attempt])
    size = len(json.dumps(full.as_dict(), sort_keys=True))
    monkeypatch.setattr(journal, "LIMIT_BYTES", size - 1_000)
    events = kept(full).events
    assert [each["what"] for each in events[:4]] == [folding.FOLDED, rollback.COMPLETE, "locked", "failed"]
    assert events[1:] == full.events[51:]
    assert events[0] == {
        "time": "2026-01-01T00:00:00.000Z",
        "until": "2026-01-01T00:00:50.000Z",
        "phase": "SETUP",
        "sub_phase": "",
        "what": folding.FOLDED,
        "outcome": "rolled back",
        "count": 51,
        "failures": 50,
        "worked": 76.5,
        "migration_id": "0123456789ab",
    }
    monkeypatch.setattr(journal, "LIMIT_BYTES", size // 2)
    events = kept(full).events
    assert [each["what"] for each in events[:4]] == [folding.FOLDED, rollback.COMPLETE] * 2
    assert events[4:] == full.events[104:]


def test_an_attempt_of_one_event_is_no_smaller_as_a_summary(monkeypatch: Any) -> None:
    done = event(rollback.COMPLETE, END)
    bare = {"phase": "", "sub_phase": "x", "what": "x"}
    full = book([*[event("SetupComplete", {}), done] * 2, bare, bare, done, *[event("SetupComplete", DETAILS[9])] * 90])
    monkeypatch.setattr(journal, "LIMIT_BYTES", 9_000)
    events = kept(full).events
    assert [each["what"] for each in events[:7]] == [each["what"] for each in full.events[:7]]


def test_of_the_present_attempt_the_evidence_stays(monkeypatch: Any) -> None:
    name = "MoveToKRaftControllerTriggerKRaftControllerMigrationModeRemoval"
    full = book(
        [
            event("SetupAddMigrationAnnotation", DETAILS[4]),
            *[event("MigrateTriggerKafkaMigration", DETAILS[1])] * 3,
            *[event(name, DETAILS[3])] * 9,
            *[event("SetupComplete", DETAILS[9])] * 40,
            event("SetupComplete", {"what": "failed", "failed": True, "error": "the newest failure"}),
            event("SetupComplete", {}),
        ]
    )
    monkeypatch.setattr(journal, "LIMIT_BYTES", 8_000)
    events = kept(full).events
    assert [each["what"] for each in events] == [
        "locked",
        "written",
        folding.FOLDED,
        "written",
        "gates",
        "gates",
        "failed",
        "SetupComplete",
    ]
    assert [each for each in events if each["what"] != folding.FOLDED] == [
        full.events[at] for at in (0, 1, 3, 4, 12, 53, 54)
    ]
    assert events[2]["count"] == 1 + 7 + 40
    assert (events[2]["failures"], events[2]["outcome"]) == (40, "under way")


def test_only_as_much_of_the_present_attempt_is_folded_as_it_takes(monkeypatch: Any) -> None:
    full = book([event("SetupComplete", {}), *[event("SetupComplete", DETAILS[9])] * 500])
    size = len(json.dumps(full.as_dict(), sort_keys=True))
    monkeypatch.setattr(journal, "LIMIT_BYTES", size - 1_000)
    events = kept(full).events
    assert 400 < len(events) < 490
    assert events[2:] == full.events[-len(events) + 2 :]


def test_the_attempt_that_was_rolled_back_last_is_the_one_to_report(monkeypatch: Any) -> None:
    attempt = [event("MigrateTriggerKafkaMigration", DETAILS[1]), *[event("SetupComplete", DETAILS[9])] * 60]
    full = book([*attempt, event(rollback.COMPLETE, END)] * 2)
    monkeypatch.setattr(journal, "LIMIT_BYTES", 9_000)
    small = kept(full)
    assert small.attempt() == []
    assert [each["what"] for each in small.last_attempt()] == [
        "written",
        folding.FOLDED,
        *["failed"] * (len(small.last_attempt()) - 3),
        rollback.COMPLETE,
    ]
    assert small.last_attempt()[1]["outcome"] == "rolled back"


@pytest.mark.parametrize("before", [[], [event("SetupComplete", {}), event(rollback.COMPLETE, END)] * 4_000])
def test_more_kinds_than_there_are_still_fit(before: list[Event]) -> None:
    """Nobody writes this; whatever comes, the journal has to be stored or nothing goes on."""
    many = [event("SetupComplete", {"what": f"invented {number}"}) for number in range(9_000)]
    full = book([*before, *many, event("MigrateDualWrite", {}), *[event("SetupComplete", DETAILS[9])] * 2])
    small = kept(full)
    assert answers(small) == answers(full)
    assert counted(small.events) == len(full.events)
    if before:
        assert small.events[0]["attempts"] == 3_999
        assert small.events[1]["what"] == rollback.COMPLETE


def test_the_last_resort_keeps_the_newest_event_and_the_end_before_it(monkeypatch: Any) -> None:
    full = book([*[event("SetupComplete", {})] * 3, event(rollback.COMPLETE, END), *[event("SetupComplete", {})] * 3])
    monkeypatch.setattr(journal, "LIMIT_BYTES", 1)
    events = journal.load("kafka", journal.dump(full)).events
    assert [each["what"] for each in events] == [rollback.COMPLETE, "SetupComplete"]
    assert events[1] == {key: full.events[-1][key] for key in ("time", "phase", "sub_phase", "what")}
    assert journal.load("kafka", journal.dump(Journal("kafka"))).events == []


def test_one_event_of_any_size_fits() -> None:
    full = book([event("SetupComplete", {"list": ["x" * 100] * 20_000, "failed": True, "stage": "é" * MIB})])
    small = kept(full)
    assert small.last() == {
        **{key: full.events[0][key] for key in ("time", "phase", "sub_phase", "what")},
        "stage": "é" * folding.SHORT,
        "failed": True,
    }


@pytest.mark.parametrize("value", ["many", None, [3], math.inf, math.nan, 1e300])
def test_a_summary_that_somebody_edited_does_no_harm(monkeypatch: Any, value: Any) -> None:
    edited = event("SetupComplete", {"what": folding.FOLDED, "sub_phase": "", "count": value, "attempts": value})
    edited["outcome"] = "z" * 9_000
    full = book([edited, *[event("SetupComplete", DETAILS[9])] * 20])
    for limit in (4_000, 1_200):
        monkeypatch.setattr(journal, "LIMIT_BYTES", limit)
        assert kept(full).has("SetupComplete") is False


def test_a_summary_alone_is_made_short_by_the_last_resort(monkeypatch: Any) -> None:
    edited = {"phase": "", "sub_phase": "", "what": folding.FOLDED, "outcome": ["z"] * 9_000, "count": 7, "until": "u"}
    full = book([edited, event("SetupComplete", {}), event("MigrateDualWrite", {})])
    monkeypatch.setattr(journal, "LIMIT_BYTES", 1_500)
    events = kept(full).events
    assert [each["what"] for each in events] == [folding.FOLDED, "SetupComplete", "MigrateDualWrite"]
    assert (events[0]["count"], events[0]["until"], len(events[0]["outcome"])) == (7, "u", folding.SHORT)


def test_the_cost_is_linear(monkeypatch: Any) -> None:
    """By what is written as JSON, not by the clock: each event a few times, however many there are."""
    done = event(rollback.COMPLETE, END)
    full = book([*[event("SetupComplete", DETAILS[1]), event("SetupComplete", DETAILS[9])] * 3_000, done] * 2)
    full.events += book([event("SetupComplete", DETAILS[5])] * 200).events
    size, spent, real = len(json.dumps(full.as_dict())), [], json.dumps

    def watched(*data: Any, **options: Any) -> str:
        text = real(*data, **options)
        spent.append(len(text))
        return text

    monkeypatch.setattr(json, "dumps", watched)
    kept(full)
    assert size > 3 * journal.LIMIT_BYTES
    assert sum(spent) < 4 * size


def test_what_the_report_says_of_it() -> None:
    summary = {"time": "t1", "until": "t2", "what": folding.FOLDED, "count": 3, "failures": 1, "outcome": "under way"}
    said = {"from": "t1", "until": "t2", "events": 3, "failures": 1, "outcome": "under way"}
    assert folding.summaries([{"what": "written"}, summary]) == [said]
