# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import (
    folding,
    journal,
    report,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import (
    html as report_html,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import (
    svg as report_svg,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report.journal import Journal

T0 = 1_790_000_000_000
DAY = 86_400.0
BY = "ops@bastion:4711:100"


def restart(
    pod: str, number: int, at: float, ready: float = 4.0, sync: float = 5.0, noticed: float = 5.1
) -> dict[str, Any]:
    at_ms = T0 + int(at * 1000)
    return {
        "pod": pod,
        "node_id": number,
        "deleted_ms": at_ms,
        "ready_ms": at_ms + int(ready * 1000),
        "back_ms": at_ms + int(sync * 1000),
        "noticed_ms": at_ms + int(noticed * 1000),
        "note": "",
        "to_ready": ready,
        "to_back": noticed,
    }


def roll(set_name: str, begin: float, count: int = 3, every: float = 5.25) -> list[dict[str, Any]]:
    return [restart(f"{set_name}-{index}", index, begin + index * every) for index in range(count)]


def sample(soak: float = 0.0, brokers: int = 3) -> Journal:
    """A whole migration; ``soak`` seconds in hybrid and again in pure dual-write."""
    journal = Journal("kafka", "0123456789ab", report.iso(T0), zookeeper_connect="zookeeper-0:2181/kafka")

    def add(at: float, phase: str, name: str, what: str, **more: Any) -> None:
        journal.add(report.iso(T0 + int(at * 1000)), phase, name, what, **{"by": BY, **more})

    long = 5.25 * brokers
    add(1.2, "SETUP", "SetupAddMigrationAnnotation", "locked", seconds=0.4)
    add(2.1, "SETUP", "SetupEnsureKRaftControllerExists", "created", seconds=0.5)
    add(13.4, "SETUP", "SetupMutateKRaftController", "written", seconds=10.6, stage="migrating")
    add(15.8, "SETUP", "SetupComplete", "SetupComplete", state="PREMIGRATION")
    add(16.9, "MIGRATE", "MigrateTriggerKafkaMigration", "written", seconds=0.8, stage="migration")
    end = 18.0 + long
    pods = roll("kafka", 17.5, brokers)
    add(
        end,
        "MIGRATE",
        "MigrateEnsureKafkaRollComplete",
        "rolled",
        seconds=long + 0.8,
        stage="migration",
        target="brokers",
        pods=pods,
    )
    add(end + 2, "DUAL-WRITE", "MigrateDualWrite", "MigrateDualWrite", state="HYBRID_DUAL_WRITE")
    now = end + 8 + soak
    phase, prefix = "MoveToKRaftControllerOnly", "MoveToKRaftController"
    add(now, phase, prefix + "TriggerZkRemoval", "written", seconds=0.7, stage="kraft")
    pods = roll("kafka", now + 0.5, brokers)
    end = now + 1 + long
    add(
        end,
        phase,
        prefix + "EnsureKafkaRollIsComplete",
        "rolled",
        seconds=long + 0.9,
        stage="kraft",
        target="brokers",
        pods=pods,
    )
    journal.pure_since = report.iso(T0 + int(end * 1000))
    now = end + 7 + soak
    gates = [
        {
            "name": "quorum",
            "code": "gate-quorum",
            "passed": True,
            "accepted": False,
            "sentence": "leader 100",
        },
        {
            "name": "parity",
            "code": "gate-parity",
            "passed": False,
            "accepted": True,
            "sentence": "topic t is only in KRaft",
        },
        {"code": "gate-soak", "passed": False, "accepted": False, "sentence": "too early"},
    ]
    name = prefix + "TriggerKRaftControllerMigrationModeRemoval"
    add(now, phase, name, "gates", seconds=0.5, gates=gates, confirmed_by=BY)
    add(now + 0.4, phase, name, "written", seconds=0.9, stage="final")
    pods = roll("kafka-kraft", now + 0.6)
    pods[-1]["note"] = "the active one"
    pods[-1]["back_ms"] = pods[-1]["noticed_ms"]
    name = prefix + "EnsureKRaftControllerMigrationModeRemovalComplete"
    add(now + 16.5, phase, name, "rolled", seconds=16, stage="final", target="controllers", pods=pods)
    add(now + 17.5, "COMPLETE", prefix + "Complete", prefix + "Complete", state="FINALIZED")
    return journal


STATUS: dict[str, Any] = {
    "namespace": "demo",
    "cluster": "kafka",
    "platform": "statefulset",
    "state": "FINALIZED",
    "reason": "every broker runs in KRaft mode, no controller has the migration flag",
    "phase": "COMPLETE",
    "next": "nothing: the migration is complete",
    "zookeeper": None,
    "brokers": [
        {"pod": f"kafka-{n}", "id": n, "mode": "kraft", "stage": "kraft", "version": "3.9.2", "ready": n < 2}
        for n in range(3)
    ],
    "controllers": [
        {
            "pod": "kafka-kraft-0",
            "id": 100,
            "migration_flag": False,
            "stage": "final",
            "ready": True,
            "version": "3.9.2",
        },
        {"pod": "kafka-kraft-1", "id": 101, "migration_flag": None, "stage": "", "ready": False},
    ],
}
CANARY: dict[str, Any] = {
    "ok": True,
    "running": False,
    "acked": 123456,
    "consumed": 123456,
    "lost": 0,
    "duplicates": 0,
    "order_violations": 0,
    "send_errors": 1,
    "error_messages": {"TimeoutException: x < y": 1},
    "longest_ack_gap_ms": 1234,
    "longest_ack_gap_at_ms": T0 + 23_000,
    "longest_partition_ack_gap_ms": 2000,
    "longest_partition_ack_gap": "traffic-3",
    "rate_per_s": 1200.5,
    "duration_s": 102.8,
}
PATCHES = [
    {
        "object": "ConfigMap/kafka-config",
        "stage": "kraft",
        "set": {"process.roles": "broker"},
        "removed": ["zookeeper.connect"],
        "note": "n",
    },
    {"object": "Service/kafka-kraft", "note": "new"},
]


def made(soak: float = 0.0, brokers: int = 3, **more: Any) -> dict[str, Any]:
    words: dict[str, Any] = {"canary": CANARY, "patches": PATCHES, "versions": {"Kubernetes": "v1.34.4"}, **more}
    return report.build(sample(soak, brokers), words.pop("status", STATUS), **words)


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
    assert report_html.page(made()) == report_html.page(made())


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
    html = report_html.page(data)
    assert "&lt;boom&gt;" in html
    assert "<boom>" not in html
    assert 'class="k-bad"' in html


def folded(monkeypatch: Any, limit: int) -> Journal:
    """The sample after many failures in the middle of it, as a journal that has room for ``limit`` bytes gives it back."""
    full = sample(soak=3 * DAY)
    for number in range(300):
        at = report.iso(T0 + 40_000 + number * 1000)
        full.events.insert(7 + number, {"time": at, "phase": "MIGRATE", "sub_phase": "MigrateDualWrite", "what": "failed",
                                        "failed": True, "error": f"failure {number}", "code": "c", "seconds": 0.5})  # fmt: skip
    monkeypatch.setattr(journal, "LIMIT_BYTES", limit)
    return journal.load("kafka", journal.dump(full))


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


def test_the_page_of_a_folded_journal(monkeypatch: Any) -> None:
    html = report_html.page(report.build(folded(monkeypatch, 6_000), STATUS))
    assert "Folded events" in html
    assert ">299<" in html
    assert "brokers, stage migration: 3 restarts in" in html
    assert "The times of each pod were folded" in html
    assert 'class="r-ready"' not in report_svg.timeline(report.build(folded(monkeypatch, 6_000), STATUS), 1100, 374)
    assert "Folded events" not in report_html.page(made())


def test_a_roll_without_times_of_its_own_has_those_of_its_event() -> None:
    event = {"time": report.iso(T0 + 9_000), "what": "rolled", "seconds": 4, "stage": "kraft", "sub_phase": "x"}
    book = Journal("kafka", events=[{**event, folding.PODS_FOLDED: {"count": 2, "begin_ms": 0, "end_ms": 0}}])
    roll = report.build(book, {})["rolls"][0]
    assert (roll["start"], roll["end"], roll["restarts"]) == (report.iso(T0 + 5_000), report.iso(T0 + 9_000), 2)


def test_by_version() -> None:
    assert report.by_version([{"version": "3.9.2"}] * 2) == "3.9.2"
    assert report.by_version([{"version": "3.9.2"}, {"version": "3.9.2"}, {}]) == "3.9.2 (2), unknown (1)"


# the page


def test_the_page_needs_nothing_else() -> None:
    html = report_html.page(made())
    assert not re.findall(r"<(?:script|link|img|iframe|object)\b|url\(|@import|\bsrc=|href=", html)
    assert set(re.findall(r"https?://[^\"' ]+", html)) <= {"http://www.w3.org/2000/svg"}


def test_the_page_tells_what_happened() -> None:
    html = report_html.page(made())
    for text in ("123456 acked", "accepted by name", BY, "process.roles=broker", "- zookeeper.connect", "the active one",
                 "not reversible", "NOT READY", "migration flag off", "not running", "not known", "traffic-3", "1 x TimeoutException: x &lt; y"):  # fmt: skip
        assert text in html, text


def test_an_empty_journal_makes_a_page_too() -> None:
    html = report_html.page(report.build(Journal("kafka"), {}))
    assert "no events yet" in html
    assert "Gates" not in html


def test_a_running_or_failed_canary_says_so() -> None:
    html = report_html.page(made(canary={"ok": False, "running": True}, status={**STATUS, "state": "MIXED"}))
    assert "RECORDS ARE LOST" in html
    assert "still running" in html
    assert "a roll is under way" in html


def test_a_pod_that_had_nothing_to_wait_for_and_a_standing_state() -> None:
    journal = sample()
    journal.events, journal.pure_since = journal.events[:7], ""
    journal.events[5]["pods"][0]["back_ms"] = 0
    html = report_html.page(report.build(journal, {**STATUS, "state": "HYBRID_DUAL_WRITE", "controllers": []}))
    assert "since 14:13" in html


# the picture


def _boxes(svg: str) -> list[tuple[float, float, float, float, str]]:
    """Boxes of the texts by a measure that is narrower than the drawing's own bound (a real font is narrower, too)."""
    found = []
    for item in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):  # noqa: S314  our own text
        size, text = float(item.attrib["font-size"]), item.text or ""
        width = len(text) * size * 0.58
        left = float(item.attrib["x"]) - {"start": 0.0, "middle": width / 2, "end": width}[item.attrib["text-anchor"]]
        bottom = float(item.attrib["y"])
        found.append((left, bottom - size * 0.75, left + width, bottom, text))
    return found


@pytest.mark.parametrize("soak", [0.0, 7 * DAY])
@pytest.mark.parametrize("brokers", [3, 12, 50])
@pytest.mark.parametrize("shape", [report_html.WIDE, report_html.NARROW])
def test_no_text_lies_on_another_or_outside(soak: float, brokers: int, shape: tuple[int, int]) -> None:
    boxes = _boxes(report_svg.timeline(made(soak, brokers), *shape))
    for a, b in combinations(boxes, 2):
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart, (a, b)
    for left, top, right, _bottom, text in boxes:
        assert left >= -1, text
        assert right <= shape[0] + 1, text
        assert top >= 0, text


def test_a_soak_breaks_the_picture_and_names_the_state() -> None:
    svg = report_svg.timeline(made(7 * DAY), *report_html.WIDE)
    assert "7 d later, all in HYBRID_DUAL_WRITE" in svg
    assert "7 d later, all in PURE_DUAL_WRITE" in svg
    # the phase that goes on after a break is named again
    assert svg.count(">MoveToKRaftControllerOnly<") == 2


def test_many_restarts_are_thin_lines() -> None:
    svg = report_svg.timeline(made(brokers=50), *report_html.WIDE)
    assert "50 restarts, kafka-0 to kafka-49" in svg
    assert "kafka-7 (id 7)" not in svg
    assert "kafka-7: Ready after" in svg


def test_a_canary_gap_is_marked_only_where_it_is_known() -> None:
    assert "1234 ms" in report_svg.timeline(made(), *report_html.WIDE)
    assert "between two acks" not in report_svg.timeline(made(canary={"longest_ack_gap_ms": "x"}), *report_html.WIDE)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.42, "0.42 s"),
        (12.34, "12.3 s"),
        (59.99, "60.0 s"),
        (185, "3 min 5 s"),
        (7500, "2 h 5 min"),
        (601200, "6 d 23 h"),
        (60, "1 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert report_svg.duration(seconds) == text


def test_short_names() -> None:
    assert report_svg.short("MoveToKRaftControllerTriggerZkRemoval", "") == "TriggerZkRemoval"
    assert report_svg.short("SetupComplete", "") == "Complete"
    assert report_svg.short("", "SETUP") == "SETUP"
    assert report_svg.fitted("abcdefghij", 30) == "abc…"


@pytest.mark.parametrize(("length", "clock"), [(2.0, "14:13:20.5"), (20.0, "14:13:25"), (40 * DAY, "10-01")])
def test_the_axis_suits_the_length(length: float, clock: str) -> None:
    journal = Journal("kafka")
    journal.add(report.iso(T0 + int(length * 1000)), "SETUP", "SetupMutateKRaftController", "x", seconds=length)
    assert clock in report_svg.timeline(report.build(journal, {}), *report_html.WIDE)


def rolled_back(complete: bool = True) -> Journal:
    """Hybrid, pure dual-write, and back."""
    journal = sample()
    journal.events = [event for event in journal.events if "MigrationModeRemoval" not in event["sub_phase"]][:-1]
    journal.events[-1]["state"] = "PURE_DUAL_WRITE"
    journal.pure_since = ""

    def add(at: float, name: str, what: str, **more: Any) -> None:
        journal.add(report.iso(T0 + int(at * 1000)), "RollbackToZk", f"RollbackToZk{name}", what, **{"by": BY, **more})

    add(120, "MakeProcessRoleEmpty", "written", seconds=1, stage="return")
    back = roll("kafka", 121)
    add(140, "EnsureKafkaRollIsComplete", "rolled", seconds=19, stage="return", target="brokers", pods=back)
    evidence = {
        "znodes_to_election_ms": 14,
        "without_controller_ms": 1900,
        "elected_ms": T0 + 143_000,
        "controller": 2,
        "high_watermark": 150,
        "final_offset": 151,
        "raised_epoch": 9,
        "removed": {"/migration": "{<}"},
        "deleted": ["StatefulSet/kafka-kraft"],
        "notes": ["a volume stays"],
    }
    add(145, "WaitForManualNodeRemovalFromZk", "removed", seconds=4, **evidence)
    last = roll("kafka", 147)
    add(165, "EnsureKafkaRollIsComplete2", "rolled", seconds=19, stage="original", target="brokers", pods=last)
    if complete:
        proof = [{"what": "znode /migration", "evidence": "there is none"}]
        add(166, "Complete", "RollbackToZkComplete", deleted=["ConfigMap/x"], proof=proof, migration_id="0123456789ab")
        journal.close_attempt()
    return journal


def test_a_rollback_is_reported() -> None:
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
    html = report_html.page(made_of)
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
    html = report_html.page(report.build(journal, {**STATUS, "state": "ZOOKEEPER", "controllers": []}))
    for text in ("run rollback.yml again", "was high enough", "no copy had been made", "nothing"):
        assert text in html


def test_without_a_rollback_nothing_is_said_of_one() -> None:
    made_of = made()
    assert made_of["rollback"] is None
    assert "<h2>Rollback</h2>" not in report_html.page(made_of)
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
