# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares what a VerifiableProducer was told (acks) with what a VerifiableConsumer read: pure, no cluster needed.

``python3 -m tests.sandbox.traffic_check acked.jsonl consumed.jsonl`` prints the report of two files.
Line formats: org.apache.kafka.tools.VerifiableProducer and VerifiableConsumer (--verbose) of Kafka 3.7 to 3.9.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Place = tuple[str, int, int]
"""Topic, partition, offset."""


@dataclass
class Report:
    """What clients saw.

    lost: acked values that were never consumed. displaced: acked places that were consumed with another value.
    duplicates: values that lie at more than one place of the log. redelivered: places that were read more than once (the consumer's
    doing, allowed). order_violations: places whose value is older than the one before it in the same partition.
    unacked: consumed values that the producer never got an ack for (allowed). foreign: consumed values of another run.
    longest_ack_gap_ms: longest time between two acks of any partition; ..._partition_ms: of one partition, with that partition's name.
    """

    acked: int = 0
    consumed: int = 0
    lost: int = 0
    displaced: int = 0
    duplicates: int = 0
    redelivered: int = 0
    order_violations: int = 0
    unacked: int = 0
    foreign: int = 0
    send_errors: int = 0
    error_messages: dict[str, int] = field(default_factory=dict)
    longest_ack_gap_ms: int = 0
    longest_ack_gap_at_ms: int = 0
    longest_partition_ack_gap_ms: int = 0
    longest_partition_ack_gap: str = ""
    duration_s: float = 0.0
    rate_per_s: float = 0.0
    malformed_lines: int = 0
    lost_examples: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Tell whether nothing that was acked is lost, duplicated or out of order, and something was acked at all."""
        return self.acked > 0 and not (self.lost or self.displaced or self.duplicates or self.order_violations)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data, with the verdict first."""
        return {"ok": self.ok, **asdict(self)}


def check(acked_lines: Iterable[str], consumed_lines: Iterable[str]) -> Report:
    """Return the report of two outputs; lines that are cut off (a killed process) are counted and left out."""
    report = Report()
    acked = _read_acks(acked_lines, report)
    run = _run_of(next(iter(acked.values()))) if acked else ""
    consumed: dict[Place, str] = {}
    for event in _events(consumed_lines, report):
        if event.get("name") != "record_data":
            continue
        place, value = _place(event), str(event["value"])
        if _run_of(value) != run:
            report.foreign += 1
        elif place in consumed:
            report.redelivered += 1
        else:
            consumed[place] = value
    report.consumed = len(consumed)
    _compare(acked, consumed, report)
    _order(consumed, report)
    return report


def _events(lines: Iterable[str], report: Report) -> Iterator[dict[str, Any]]:
    for line in lines:
        if not line.strip():
            continue
        try:
            event = json.loads(line)
        except ValueError:
            report.malformed_lines += 1
            continue
        if isinstance(event, dict):
            yield event


def _read_acks(lines: Iterable[str], report: Report) -> dict[Place, str]:
    """Return {place: value} of the acks; errors, gaps and rate go into the report."""
    acked: dict[Place, str] = {}
    first = last = 0
    last_of: dict[str, int] = {}
    errors: Counter[str] = Counter()
    for event in _events(lines, report):
        if event.get("name") == "producer_send_error":
            errors[f"{event.get('exception', '')}: {event.get('message', '')}"[:200]] += 1
        if event.get("name") != "producer_send_success":
            continue
        place, now = _place(event), int(event["timestamp"])
        acked[place] = str(event["value"])
        partition = f"{place[0]}-{place[1]}"
        if last and now - last > report.longest_ack_gap_ms:
            report.longest_ack_gap_ms, report.longest_ack_gap_at_ms = now - last, last
        if now - last_of.get(partition, now) > report.longest_partition_ack_gap_ms:
            report.longest_partition_ack_gap_ms, report.longest_partition_ack_gap = now - last_of[partition], partition
        first, last, last_of[partition] = first or now, now, now
    report.acked = len(acked)
    report.send_errors, report.error_messages = errors.total(), dict(errors.most_common(10))
    report.duration_s = round((last - first) / 1000, 3)
    report.rate_per_s = round(report.acked / report.duration_s, 1) if report.duration_s else 0.0
    return acked


def _compare(acked: dict[Place, str], consumed: dict[Place, str], report: Report) -> None:
    places = Counter(consumed.values())
    report.duplicates = sum(count - 1 for count in places.values())
    report.unacked = len(places.keys() - set(acked.values()))
    for place, value in acked.items():
        if value not in places:
            report.lost += 1
            if len(report.lost_examples) < 10:
                report.lost_examples.append(f"{value} at {place[0]}-{place[1]}@{place[2]}")
        elif consumed.get(place, value) != value:
            report.displaced += 1


def _order(consumed: dict[Place, str], report: Report) -> None:
    before: dict[tuple[str, int], int] = {}
    for topic, partition, offset in sorted(consumed):
        number = int(consumed[topic, partition, offset].rpartition(".")[2])
        if number < before.get((topic, partition), -1):
            report.order_violations += 1
        before[topic, partition] = number


def _place(event: dict[str, Any]) -> Place:
    return str(event["topic"]), int(event["partition"]), int(event["offset"])


def _run_of(value: str) -> str:
    """Return the part of a value that --value-prefix put before it."""
    return value.rpartition(".")[0]


def main(arguments: list[str]) -> int:
    """Print the report of two files; the exit status is 1 when it is not ok."""
    acked, consumed = (Path(argument) for argument in arguments)
    with acked.open(encoding="utf-8") as produced, consumed.open(encoding="utf-8") as read:
        report = check(produced, read)
    print(json.dumps(report.as_dict(), indent=2))
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
