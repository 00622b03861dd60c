# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal survives a round trip, foreign content and its own growth."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rollback
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import folding, journal


def test_round_trip() -> None:
    written = journal.Journal("kafka", migration_id="abc", started="2026-01-01T00:00:00Z", zookeeper_connect="z:2181/k")
    event = written.add("2026-01-01T00:00:01Z", "SETUP", "SetupPreChecks", "passed", seconds=1.5)
    written.originals = {"secret": "s"}
    assert event == {
        "time": "2026-01-01T00:00:01Z",
        "phase": "SETUP",
        "sub_phase": "SetupPreChecks",
        "what": "passed",
        "seconds": 1.5,
    }
    read = journal.load("kafka", journal.dump(written))
    assert read == written
    assert json.loads(journal.dump(read)[journal.DATA_KEY])["format"] == journal.FORMAT


def test_questions() -> None:
    book = journal.Journal("kafka")
    assert (book.last(), book.phase(), book.has("SetupComplete")) == (None, "", False)
    book.add("t", "MIGRATE", "MigrateDualWrite", "reached")
    assert (book.phase(), book.has("MigrateDualWrite"), book.has("SetupComplete")) == ("MIGRATE", True, False)
    assert book.last() is book.events[0]


@pytest.mark.parametrize("end", [rollback.COMPLETE, folding.ENDED_BY_OTHERS])
def test_an_attempt_that_is_over_says_nothing_of_the_next_one(end: str) -> None:
    """The soak counts from the proof of this attempt."""
    book = journal.Journal("kafka")
    book.add("t1", "DUAL-WRITE", "MigrateDualWrite", "MigrateDualWrite")
    book.add("t2", "", "AskTo", end)
    assert (book.has("MigrateDualWrite"), book.time_of("MigrateDualWrite"), book.attempt()) == (False, "", [])
    assert [event["time"] for event in book.last_attempt()] == ["t1", "t2"]
    book.add("t3", "DUAL-WRITE", "MigrateDualWrite", "MigrateDualWrite")
    assert book.time_of("MigrateDualWrite") == "t3"


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"other": "x"},
        {journal.DATA_KEY: "{"},
        {journal.DATA_KEY: "[1]"},
        {journal.DATA_KEY: "null"},
        {journal.DATA_KEY: '{"events": "text", "originals": [], "migration_id": 7}'},
        {journal.DATA_KEY: '{"events": [1, "x", {"no": "sub_phase"}], "pure_since": null}'},
    ],
)
def test_an_unreadable_journal_is_an_empty_one(data: Any) -> None:
    assert journal.load("kafka", data) == journal.Journal("kafka")


def test_unknown_fields_and_another_name_do_no_harm() -> None:
    raw = json.dumps({"cluster": "other", "migration_id": "m", "from_the_future": 1})
    assert journal.load("kafka", {journal.DATA_KEY: raw}) == journal.Journal("kafka", migration_id="m")


def test_the_oldest_details_go_first_when_it_grows_too_big(monkeypatch: Any) -> None:
    book = journal.Journal("kafka")
    for number in range(3):
        book.add(f"t{number}", "MIGRATE", "Roll", "rolled", pods=["x" * 1000])
    monkeypatch.setattr(journal, "LIMIT_BYTES", 2500)
    kept = journal.load("kafka", journal.dump(book)).events
    assert ["pods" in event for event in kept] == [False, True, True]
    assert [event["time"] for event in kept] == ["t0", "t1", "t2"]


def test_events_are_never_dropped_even_when_nothing_helps(monkeypatch: Any) -> None:
    book = journal.Journal("kafka")
    book.add("t", "MIGRATE", "Roll", "rolled")
    monkeypatch.setattr(journal, "LIMIT_BYTES", 1)
    assert len(journal.load("kafka", journal.dump(book)).events) == 1


def test_a_failed_try_is_not_recorded_as_done() -> None:
    book = journal.Journal("kafka")
    book.add("t", "SETUP", "SetupComplete", "failed", failed=True)
    assert not book.has("SetupComplete")
    book.add("t", "SETUP", "SetupComplete", "SetupComplete")
    assert book.has("SetupComplete")


def test_a_complete_rollback_ends_the_attempt() -> None:
    book = journal.Journal("kafka", "m1", "t0", "t2", "zk:2181", {"secret": "s"})
    book.add("t1", "SETUP", "SetupComplete", "SetupComplete")
    book.add("t2", "RollbackToZk", "RollbackToZkComplete", "failed", failed=True)
    assert book.has("SetupComplete")
    book.add("t3", "RollbackToZk", "RollbackToZkComplete", "RollbackToZkComplete")
    book.close_attempt()
    assert not book.has("SetupComplete")
    assert book.attempt() == []
    assert (book.migration_id, book.started, book.pure_since, book.zookeeper_connect) == ("", "", "", "")
    assert book.originals == {}
    assert len(book.events) == 3
    book.add("t4", "SETUP", "SetupComplete", "SetupComplete")
    assert book.has("SetupComplete")


def test_when_something_was_first_done_in_this_attempt() -> None:
    """The soak in hybrid: a failed try does not start it, one of an attempt that was rolled back neither, a second record not again."""
    book = journal.Journal("kafka")
    assert book.time_of("MigrateDualWrite") == ""
    book.add("t1", "DUAL-WRITE", "MigrateDualWrite", "MigrateDualWrite")
    book.add("t2", "RollbackToZk", "RollbackToZkComplete", "RollbackToZkComplete")
    assert book.time_of("MigrateDualWrite") == ""
    book.add("t3", "DUAL-WRITE", "MigrateDualWrite", "failed", failed=True)
    assert book.time_of("MigrateDualWrite") == ""
    book.add("t4", "DUAL-WRITE", "MigrateDualWrite", "MigrateDualWrite")
    book.add("t5", "DUAL-WRITE", "MigrateDualWrite", "MigrateDualWrite")
    assert book.time_of("MigrateDualWrite") == "t4"
