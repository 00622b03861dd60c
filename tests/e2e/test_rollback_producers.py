# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""B13: idempotent and transactional producers over the full way and back; no producer id is ever handed out twice."""

from __future__ import annotations

from itertools import pairwise, zip_longest
from pathlib import Path

from tests.e2e.producers import FEW, LOOPED, RECORDS, SHORT, Producers, began
from tests.e2e.trip import trip
from tests.sandbox.fixtures import FixtureSpec

SPEC = FixtureSpec(namespace="back-producers", dns_ttl=1, topics=5)
TRAFFIC = "traffic"
STATIONS = ("zookeeper", "hybrid", "pure", "back")


def same(seen: list[str], wanted: list[str], what: str) -> None:
    """Both lists are equal; fails with the first place where they are not."""
    for at, (one, other) in enumerate(zip_longest(seen, wanted)):
        assert one == other, f"{what}: record {at} is {one!r} and should be {other!r}; {len(seen)} of {len(wanted)}"


def distinct(ids: list[int], count: int, what: str) -> set[int]:
    """So many producers, each with an id of its own."""
    assert len(ids) == count, f"{what}: {len(ids)} producers began in the log, {count} were started: {ids}"
    twice = sorted({each for each in ids if ids.count(each) > 1})
    assert not twice, f"{what}: producer ids {twice} were handed out more than once: {ids}"
    return set(ids)


def ascending(numbers: list[int]) -> None:
    """KRaft's next producer id only ever grows."""
    assert numbers, "the metadata log has no producer id"
    assert all(one < other for one, other in pairwise(numbers)), f"the next producer id went back: {numbers}"


def test_b13_producers_over_the_full_way_and_back(tmp_path: Path) -> None:
    with trip(SPEC, tmp_path) as found:
        producers = Producers(found)
        producers.start()
        producers.short(STATIONS[0])
        _first, last = producers.zookeeper_block()

        found.run("migrate")
        producers.short(STATIONS[1])
        copied = producers.kraft_next()
        ascending(copied)
        assert copied[0] > last, f"KRaft began at {copied[0]}, ZooKeeper had handed out ids up to {last}"

        found.run("finalize")
        producers.short(STATIONS[2])
        grown = producers.kraft_next()
        ascending(grown)
        assert grown[: len(copied)] == copied, f"{copied} became {grown}"

        found.run("rollback")
        producers.short(STATIONS[3])
        first, _last = producers.zookeeper_block()
        assert first >= grown[-1], (
            f"ZooKeeper hands out ids from {first}, KRaft had handed out ids up to {grown[-1] - 1}"
        )
        found.check_plain()

        runs = producers.stop()
        same(producers.committed(LOOPED), [str(each) for _run in range(runs) for each in range(RECORDS)], LOOPED)
        same(producers.committed(SHORT), [str(each) for _run in range(2 * len(STATIONS)) for each in range(FEW)], SHORT)
        looped = distinct(began(producers.batches(LOOPED)), runs, LOOPED)
        short = distinct(began(producers.batches(SHORT)), 2 * len(STATIONS), SHORT)
        traffic = producers.ids(TRAFFIC)
        print(f"producer ids: {len(looped)} in {LOOPED}, {sorted(short)} in {SHORT}, {sorted(traffic)} in {TRAFFIC}")
        assert not looped & short, f"{LOOPED} and {SHORT} share producer ids {sorted(looped & short)}"
        assert not traffic & (looped | short), f"the traffic's producer ids {sorted(traffic)} were handed out again"
