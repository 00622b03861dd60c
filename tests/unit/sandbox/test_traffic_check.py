# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison of acks and records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sandbox.traffic_check import check, main


def ack(value: str, partition: int, offset: int, at: int = 1000) -> str:
    return json.dumps(
        {
            "timestamp": at,
            "name": "producer_send_success",
            "key": "1",
            "value": value,
            "topic": "t",
            "partition": partition,
            "offset": offset,
        }
    )


def record(value: str, partition: int, offset: int) -> str:
    return json.dumps(
        {
            "timestamp": 1,
            "name": "record_data",
            "key": "1",
            "value": value,
            "topic": "t",
            "partition": partition,
            "offset": offset,
        }
    )


def error(value: str) -> str:
    return json.dumps({"timestamp": 1, "name": "producer_send_error", "exception": "X", "message": "m", "value": value})


def test_everything_arrived() -> None:
    report = check(
        [
            '{"timestamp":1,"name":"startup_complete"}',
            ack("7.0", 0, 0, 1000),
            ack("7.1", 1, 0, 1500),
            ack("7.2", 0, 1, 3000),
        ],
        [record("7.0", 0, 0), record("7.1", 1, 0), record("7.2", 0, 1)],
    )
    assert report.ok
    assert (report.acked, report.consumed, report.lost, report.unacked) == (3, 3, 0, 0)
    assert (report.longest_ack_gap_ms, report.longest_ack_gap_at_ms) == (1500, 1500)
    assert (report.longest_partition_ack_gap_ms, report.longest_partition_ack_gap) == (2000, "t-0")
    assert (report.duration_s, report.rate_per_s) == (2.0, 1.5)


def test_an_acked_record_that_was_never_read_is_lost() -> None:
    report = check([ack("7.0", 0, 0), ack("7.1", 0, 1)], [record("7.0", 0, 0)])
    assert not report.ok
    assert report.lost == 1
    assert report.lost_examples == ["7.1 at t-0@1"]


def test_a_place_that_holds_another_value_is_displaced_and_its_own_value_lost() -> None:
    report = check([ack("7.0", 0, 0), ack("7.1", 0, 1)], [record("7.0", 0, 0), record("7.2", 0, 1)])
    assert (report.lost, report.unacked) == (1, 1)
    moved = check([ack("7.0", 0, 0), ack("7.1", 0, 1)], [record("7.1", 0, 0), record("7.0", 0, 1)])
    assert (moved.lost, moved.displaced) == (0, 2)
    assert not moved.ok


def test_one_value_at_two_places_is_a_duplicate() -> None:
    report = check([ack("7.0", 0, 0)], [record("7.0", 0, 0), record("7.0", 0, 1)])
    assert not report.ok
    assert (report.duplicates, report.redelivered) == (1, 0)


def test_one_place_read_twice_is_only_redelivered() -> None:
    report = check([ack("7.0", 0, 0)], [record("7.0", 0, 0), record("7.0", 0, 0)])
    assert report.ok
    assert (report.duplicates, report.redelivered) == (0, 1)


def test_order_is_by_partition_and_offset() -> None:
    acks = [ack("7.0", 0, 1), ack("7.1", 1, 0), ack("7.10", 0, 0)]
    report = check(acks, [record("7.10", 0, 0), record("7.0", 0, 1), record("7.1", 1, 0)])
    assert report.order_violations == 1
    assert not report.ok


def test_numbers_are_compared_as_numbers() -> None:
    acks = [ack("7.9", 0, 0), ack("7.10", 0, 1)]
    assert check(acks, [record("7.9", 0, 0), record("7.10", 0, 1)]).ok


def test_records_of_another_run_do_not_count() -> None:
    report = check([ack("7.0", 0, 5)], [record("6.0", 0, 4), record("7.0", 0, 5)])
    assert report.ok
    assert (report.consumed, report.foreign) == (1, 1)


def test_values_without_a_run_are_one_run() -> None:
    assert check([ack("0", 0, 0)], [record("0", 0, 0)]).ok


def test_errors_and_torn_lines_are_counted() -> None:
    report = check([ack("7.0", 0, 0), error("7.1"), error("7.2"), '{"timestamp":1,"na', "", "3"], [record("7.0", 0, 0)])
    assert report.ok
    assert (report.send_errors, report.error_messages, report.malformed_lines) == (2, {"X: m": 2}, 1)


def test_no_ack_at_all_is_not_ok() -> None:
    report = check([], [])
    assert not report.ok
    assert report.rate_per_s == 0.0


def test_two_files_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    acked, consumed = tmp_path / "a", tmp_path / "c"
    acked.write_text(ack("7.0", 0, 0) + "\n")
    consumed.write_text(record("7.0", 0, 0) + "\n")
    assert main([str(acked), str(consumed)]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    consumed.write_text("")
    assert main([str(acked), str(consumed)]) == 1
