# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report says what the journal and the cluster say, and nothing more."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import (
    folding,
    report,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import (
    page as pages,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report.journal import Journal

from tests.unit.plugins.module_utils._core.reports import (
    BY,
    DAY,
    STATUS,
    T0,
    folded,
    made,
    restart,
    rolled_back,
    sample,
)


def test_times_round_trip_and_bad_ones_are_zero() -> None:
    assert report.iso(T0 + 7) == "2026-09-21T14:13:20.007Z"
    assert report.epoch_ms(report.iso(T0 + 7)) == T0 + 7
    assert report.epoch_ms("2026-09-21T14:13:20") == T0
    assert report.epoch_ms(None) == 0
    assert report.iso(0) == ""


def test_overhead_is_what_passes_while_nothing_restarts() -> None:
    pods = [restart("a", 0, 0, ready=4, sync=5, noticed=5.1), restart("b", 1, 5.3, ready=6, sync=5, noticed=6.2)]
    found = report.overhead(pods)
    assert found["pods"][0] == {"pod": "a", "notice_ms": 100, "gap_ms": 200, "overhead_ms": 300}
    # in sync before it was Ready: back when Ready; no pod after it
    assert found["pods"][1] == {"pod": "b", "notice_ms": 200, "gap_ms": None, "overhead_ms": 200}
    assert (found["mean_ms"], found["max_ms"]) == (250, 300)
    assert report.overhead([]) == {"pods": [], "mean_ms": None, "max_ms": None}


def test_a_pause_for_the_clients_is_no_overhead() -> None:
    pods = [restart("a", 0, 0, ready=4, sync=5, noticed=5), restart("b", 1, 30) | {"paused_ms": 24_900}]
    assert report.overhead(pods)["pods"][0]["gap_ms"] == 100


def test_overhead_never_is_negative_when_clocks_differ() -> None:
    late_clock = restart("a", 0, 0, ready=4, sync=9, noticed=5)
    assert report.overhead([late_clock, restart("b", 1, 6)])["pods"][0]["overhead_ms"] == 0


def test_overhead_of_what_is_only_looked_at_counts_from_the_look() -> None:
    found = report.overhead([restart("a", 0, 0, ready=4, sync=5, noticed=5), restart("b", 1, 5.4)])
    assert found["pods"][0] == {"pod": "a", "notice_ms": None, "gap_ms": 400, "overhead_ms": 400}


def test_the_whole_migration() -> None:
    data = made()
    assert (data["broker_rolls"], data["controller_rolls"]) == (2, 1)
    assert [span["name"] for span in data["states"]] == [
        "ZOOKEEPER",
        "PREMIGRATION",
        "HYBRID_DUAL_WRITE",
        "MIXED",
        "PURE_DUAL_WRITE",
        "MIXED",
        "FINALIZED",
    ]
    assert data["elapsed"] > 80
    assert data["reversible"]["possible"] is False
    by_name = {item["name"]: item for item in data["sub_phases"]}
    assert by_name["SetupPreChecks"]["runs"] == []
    # the gates and the write of one task are one run
    final = by_name["MoveToKRaftControllerTriggerKRaftControllerMigrationModeRemoval"]["runs"]
    assert [run["what"] for run in final] == [["gates", "written"]]
    first = data["rolls"][0]["pods"][0]
    assert (first["to_ready"], first["to_in_sync"], first["to_noticed"], first["overhead_ms"]) == (4.0, 5.0, 5.1, 250)
    assert data["gates"][0]["confirmed_by"] == BY


def test_the_same_facts_give_the_same_report() -> None:
    assert made() == made()
    assert pages.page(made()) == pages.page(made())


def test_summary_has_the_figures_of_the_canary_it_knows() -> None:
    found = report.summary(made())
    assert found["restarts"] == 9
    assert found["max_overhead_ms"] == 250
    assert found["acked"] == 123456
    bare = report.summary(report.build(Journal("kafka"), {}))
    assert bare["max_overhead_ms"] is None
    assert "acked" not in bare


@pytest.mark.parametrize(
    ("name", "possible"),
    [(state.ZOOKEEPER, True), (state.HYBRID, True), (state.PURE, True), (state.MIXED, True), ("", None)],
)
def test_reversible_as_long_as_the_final_settings_are_not_written(name: str, possible: bool | None) -> None:
    journal = Journal("kafka")
    flagged = [{"migration_flag": True}]
    assert report.build(journal, {"state": name, "controllers": flagged})["reversible"]["possible"] is possible
    unflagged = {"state": name, "controllers": [{"migration_flag": False}]}
    assert report.build(journal, unflagged)["reversible"]["possible"] is False
    journal.add(report.iso(T0), "", "x", "written", stage="final")
    assert report.build(journal, {"state": name})["reversible"]["possible"] is False


def test_a_state_that_is_reached_twice_is_one_span() -> None:
    journal = sample()
    journal.add(
        report.iso(T0 + 14_000), "SETUP", "SetupMutateKRaftController", "written", seconds="bad", stage="migrating"
    )
    names = [span["name"] for span in report.build(journal, STATUS)["states"]]
    assert names.count("PREMIGRATION") == 1


def test_events_without_time_or_pods_are_passed_over() -> None:
    journal = Journal(
        "kafka", events=[{"sub_phase": "x", "what": "rolled"}, {"time": report.iso(T0), "what": "rolled", "pods": []}]
    )
    data = report.build(journal, {})
    assert data["rolls"] == []
    assert data["started"] == report.iso(T0)
    assert data["canary"] is None


def test_failures_are_listed_and_coloured() -> None:
    journal = sample()
    journal.add(
        report.iso(T0 + 200_000),
        "MIGRATE",
        "MigrateMonitorMigrationProgress",
        "failed",
        seconds=3,
        failed=True,
        error="<boom>",
        code="c",
    )
    data = report.build(journal, STATUS)
    assert data["failures"][0]["error"] == "<boom>"
    html = pages.page(data)
    assert "&lt;boom&gt;" in html
    assert "<boom>" not in html
    assert 'class="k-bad"' in html


def test_a_folded_journal_makes_a_report_too(monkeypatch: Any) -> None:
    """Rolls and gates and states are all there; of what was folded the number is told."""
    found = folded(monkeypatch, 6_000)
    assert [each["what"] for each in found.events].count(folding.FOLDED) == 1
    data, whole = report.build(found, STATUS), report.build(sample(soak=3 * DAY), STATUS)
    assert data["folded"] == [
        {
            "from": report.iso(T0 + 40_000),
            "until": report.iso(T0 + 338_000),
            "events": 299,
            "failures": 299,
            "outcome": "under way",
        }
    ]
    assert [item["error"] for item in data["failures"]] == ["failure 299"]
    for key in ("states", "gates", "started", "as_of", "elapsed", "broker_rolls", "controller_rolls", "reversible"):
        assert data[key] == whole[key], key
    assert data["worked"] == whole["worked"] + 150
    assert [(roll["start"], roll["end"], roll["restarts"]) for roll in data["rolls"]] == [
        (roll["start"], roll["end"], len(roll["pods"])) for roll in whole["rolls"]
    ]
    assert [roll["pods"] for roll in data["rolls"]] == [[], [], []]
    assert report.summary(data)["restarts"] == 9
    assert report.summary(data)["max_overhead_ms"] is None


def test_a_roll_without_times_of_its_own_has_those_of_its_event() -> None:
    event = {"time": report.iso(T0 + 9_000), "what": "rolled", "seconds": 4, "stage": "kraft", "sub_phase": "x"}
    book = Journal("kafka", events=[{**event, folding.PODS_FOLDED: {"count": 2, "begin_ms": 0, "end_ms": 0}}])
    roll = report.build(book, {})["rolls"][0]
    assert (roll["start"], roll["end"], roll["restarts"]) == (report.iso(T0 + 5_000), report.iso(T0 + 9_000), 2)


def test_by_version() -> None:
    assert report.by_version([{"version": "3.9.2"}] * 2) == "3.9.2"
    assert report.by_version([{"version": "3.9.2"}, {"version": "3.9.2"}, {}]) == "3.9.2 (2), unknown (1)"


def test_the_rollback_is_reported() -> None:
    made_of = report.build(rolled_back(), {**STATUS, "state": "ZOOKEEPER", "controllers": []})
    back = made_of["rollback"]
    assert made_of["migration_id"] == "0123456789ab"
    assert (back["complete"], back["broker_rolls"], back["controller"], back["raised_epoch"]) == (True, 2, 2, 9)
    assert back["deleted"] == ["StatefulSet/kafka-kraft", "ConfigMap/x"]
    names = [span["name"] for span in made_of["states"]]
    assert names == [
        "ZOOKEEPER",
        "PREMIGRATION",
        "HYBRID_DUAL_WRITE",
        "MIXED",
        "PURE_DUAL_WRITE",
        "MIXED",
        "HYBRID_DUAL_WRITE",
        "ZOOKEEPER",
    ]
    html = pages.page(made_of)
    for text in (
        "Rollback",
        "14 ms",
        "1900 ms",
        "raised to 9",
        "{&lt;}",
        "there is none",
        "a new attempt can start.",
    ):
        assert text in html


def test_a_rollback_that_is_not_complete_says_so() -> None:
    journal = rolled_back(complete=False)
    journal.events[-2].update(
        raised_epoch=None, controller=None, high_watermark=None, znodes_to_election_ms=None, deleted=[], removed={}
    )
    html = pages.page(report.build(journal, {**STATUS, "state": "ZOOKEEPER", "controllers": []}))
    for text in ("run rollback.yml again", "was high enough", "no copy had been made", "nothing"):
        assert text in html


def test_without_a_rollback_nothing_is_said_of_one() -> None:
    made_of = made()
    assert made_of["rollback"] is None
    assert "<h2>Rollback</h2>" not in pages.page(made_of)
    assert not any(row["phase"] == "RollbackToZk" for row in made_of["sub_phases"])


def test_a_new_attempt_is_a_report_of_its_own() -> None:
    journal = rolled_back()
    journal.migration_id = "new"
    journal.add(report.iso(T0 + 500_000), "SETUP", "SetupComplete", "SetupComplete")
    made_of = report.build(journal, STATUS)
    assert (made_of["migration_id"], made_of["rollback"], made_of["broker_rolls"]) == ("new", None, 0)
    journal.add(report.iso(T0 + 600_000), "RollbackToZk", "RollbackToZkComplete", "RollbackToZkComplete")
    journal.close_attempt()
    assert report.build(journal, STATUS)["rollback"]["broker_rolls"] == 0
