# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check asks for, what counts as served, shrunk, recovered and lost, and what is said of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import cluster_check
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.cluster_check import Acks, Wanted
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import RULES
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rolling import Replicas

ASKED = Wanted(2, 3, 2, 4)


def on(
    *isr: int, replicas: tuple[int, ...] = (0, 1, 2), leader: int | None = None, epoch: int = -1, low: int = 2
) -> Replicas:
    first = isr[0] if isr else -1
    return Replicas(isr, replicas, low, leader=first if leader is None else leader, epoch=epoch)


@pytest.mark.parametrize(
    ("brokers", "factor", "found"), [(5, None, (3, 2)), (2, None, (2, 1)), (1, None, (1, 1)), (5, 5, (5, 4))]
)
def test_one_replica_may_be_away(brokers: int, factor: int | None, found: tuple[int, int]) -> None:
    asked = cluster_check.wanted(3, factor, 300, brokers=brokers, disrupt=False)
    assert (asked.factor, asked.min_isr) == found


@pytest.mark.parametrize(
    ("numbers", "disrupt", "said"),
    [
        ((0, 3, 1), False, "kraft_check_partitions is 0; set it to a number from 1 to 100"),
        ((101, 3, 1), False, "kraft_check_partitions is 101"),
        ((1, 3, 0), False, "kraft_check_records is 0; set it to a number from 1 to 10000"),
        ((1, 3, 10_001), False, "kraft_check_records is 10001"),
        ((1, 4, 1), False, "there are 3 brokers"),
        ((1, 0, 1), False, "kraft_check_replication_factor is 0"),
        ((1, 1, 1), True, "without a second replica the topic cannot survive a broker"),
    ],
)
def test_numbers_that_make_no_sense(numbers: tuple[int, int, int], disrupt: bool, said: str) -> None:
    partitions, factor, records = numbers
    with pytest.raises(Unsupported) as caught:
        cluster_check.wanted(partitions, factor, records, brokers=3, disrupt=disrupt)
    assert said in caught.value.message
    assert caught.value.code == "check-options"


def test_the_topic_is_described() -> None:
    assert ASKED.text == "2 partitions, replication factor 3 and min.insync.replicas 2"
    assert Wanted(1, 1, 1, 1).text.startswith("1 partition, ")


def test_topics_of_other_checks_have_exactly_such_a_name() -> None:
    names = (
        "kraft-check-abc123",
        "kraft-check-zzzzzz",
        "kraft-check-ABC123",
        "kraft-check-abc1234",
        "my-kraft-check-abc123",
    )
    found = cluster_check.leftovers([(name, number) for name in names for number in (0, 1)], own="kraft-check-zzzzzz")
    assert found == ["kraft-check-abc123"]
    said = cluster_check.left_behind(found)
    assert "kraft-check-abc123 are of other checks" in said
    assert "kafka-topics.sh --bootstrap-server BROKER:9092 --delete --topic kraft-check-abc123" in said


def test_partitions_of_one_topic() -> None:
    assert cluster_check.of_topic({("a", 1): on(1), ("b", 0): on(2), ("a", 0): on(0)}, "a") == {0: on(0), 1: on(1)}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({0: on(0, 1, 2), 1: on(2, 1, 0)}, ""),
        ({0: on(0, 1, 2)}, "1 of 2 partitions exist"),
        ({0: on(0, 1, 2), 1: on(0, 1)}, "partition 1: ISR 0,1 lacks broker 2"),
        ({0: on(leader=-1), 1: on(0, 1, 2)}, "partition 0 has no leader"),
        (
            {0: on(0, 1, replicas=(0, 1)), 1: on(0, 1, 2)},
            "partition 0 is on brokers 0,1, which are not 3 different ones",
        ),
    ],
)
def test_served_by_every_replica(found: dict[int, Replicas], said: str) -> None:
    assert cluster_check.not_served(found, ASKED) == said


BEFORE = {0: on(1, 0, 2, epoch=4), 1: on(2, 0, 1, epoch=4), 2: on(0, 2, replicas=(0, 2), epoch=4)}


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({0: on(0, 2), 1: on(2, 0), 2: on(0, 2)}, ""),
        (BEFORE, "partition 0: leader 1, ISR 0,1,2"),
        # the broker still leads, although the ISR names it no more
        ({0: on(0, 2, leader=1), 1: on(2, 0)}, "partition 0: leader 1, ISR 0,2"),
        # somebody else is missing as well
        ({0: on(0, 2), 1: on(2)}, "partition 1: leader 2, ISR 2"),
        ({0: on(0, 2), 1: on(leader=-1)}, "partition 1: leader none, ISR none"),
        ({0: on(0, 2)}, "partition 1 is gone"),
        # it shrank and grew between two looks
        ({0: on(0, 1, 2, epoch=6), 1: on(2, 0)}, ""),
        ({0: on(0, 1, 2, epoch=5), 1: on(2, 0)}, "partition 0: leader 0, ISR 0,1,2"),
        ({0: on(0, 1, 2, leader=-1, epoch=6), 1: on(2, 0)}, "partition 0: leader none, ISR 0,1,2"),
    ],
)
def test_an_isr_goes_on_without_a_broker(now: dict[int, Replicas], said: str) -> None:
    assert cluster_check.not_shrunk(now, BEFORE, 1) == said


def test_changes_that_nobody_counts_prove_nothing() -> None:
    assert cluster_check.not_shrunk({0: on(0, 1, 2, epoch=6)}, {0: on(0, 1, 2)}, 1) != ""


def test_every_partition_of_the_cluster_counts() -> None:
    assert cluster_check.not_complete({("a", 0): on(0, 1, 2)}) == ""
    assert cluster_check.not_complete({("a", 0): on(0, 1, 2), ("__consumer_offsets", 7): on(0, 2)}) == (
        "__consumer_offsets-7: ISR 0,2 lacks broker 1"
    )
    found = cluster_check.not_complete({("b", 0): on(0, 2), ("a", 3): on(leader=-1)})
    assert found == "a-3 has no leader, and 1 more partitions"


@pytest.mark.parametrize(
    ("partitions", "said"),
    [
        ({("a", 0): on(0, 1, 2)}, ""),
        # the same number of replicas as min.insync.replicas, elsewhere
        ({("a", 0): on(0, 2, replicas=(0, 2))}, ""),
        (
            {("a", 0): on(0, 1, replicas=(0, 1))},
            "a-0 would fall below min.insync.replicas, or have no leader, without broker 1",
        ),
        ({("a", 0): on(1, replicas=(1,), low=1)}, "a-0 would fall below"),
        ({("a", 0): on(1, 0, low=1)}, "a-0: ISR 0,1 lacks broker 2: one replica at a time"),
    ],
)
def test_a_broker_that_the_partitions_can_spare(partitions: Any, said: str) -> None:
    found = cluster_check.unsafe(partitions, 1)
    assert found.startswith(said) if said else found == ""


def line(value: str, partition: int, offset: int) -> str:
    fields = {
        "timestamp": 1,
        "name": "producer_send_success",
        "key": "3",
        "value": value,
        "partition": partition,
        "offset": offset,
    }
    return json.dumps(fields, separators=(",", ":"))


OUTPUT = "\n".join(
    [
        "Option --producer.config has been deprecated",
        '{"timestamp":1,"name":"startup_complete"}',
        line("1.0", 0, 0),
        line("1.1", 2, 4),
        line("1.2", 2, 3),
        '{"timestamp":1,"name":"producer_send_error","value":"1.3","exception":"class X","message":"not enough replicas"}',
        '{"timestamp":1,"name":"producer_send_error","value":"1.4","exception":"class X","message":"not enough replicas"}',
        '{"timestamp":1,"name":"producer_send_error","value":"1.5"}',
        '{"name":"producer_send_success"}',
        "[]",
        '{"cut',
    ]
)


def test_what_the_producer_says() -> None:
    acks = cluster_check.acks_of(OUTPUT)
    assert acks == Acks(frozenset({"1.0", "1.1", "1.2"}), {0: 1, 2: 5}, ("not enough replicas", "no reason given"))
    assert acks.written == 6
    assert cluster_check.refused(acks, 3) == ""
    assert cluster_check.refused(acks, 4) == "3 of 4 records were acknowledged with acks=all: not enough replicas"
    assert cluster_check.refused(Acks(), 1) == "0 of 1 records were acknowledged with acks=all"


def test_two_rounds_of_records() -> None:
    first, second = Acks(frozenset({"1.0"}), {0: 2, 1: 1}), Acks(frozenset({"2.0"}), {0: 1, 2: 3}, ("x",))
    both = first.plus(second)
    assert both == Acks(frozenset({"1.0", "2.0"}), {0: 2, 1: 1, 2: 3}, ("x",))


def test_records_that_are_lost() -> None:
    acks = Acks(frozenset(f"1.{number}" for number in range(12)))
    assert cluster_check.lost(acks, [*acks.values, "1.99"]) == []
    missing = cluster_check.lost(acks, ["1.1", "1.3"])
    assert missing[:3] == ["1.0", "1.2", "1.4"]
    assert missing[-1] == "1.11"
    assert cluster_check.lost_sentence(missing, acks) == (
        "10 of 12 acknowledged records could not be read back (1.0, 1.2, 1.4, 1.5, 1.6 ...)"
    )
    assert "(1.0)" in cluster_check.lost_sentence(["1.0"], acks)


def test_how_partitions_are_told() -> None:
    found = {1: on(2, 0), 0: on(leader=-1)}
    assert cluster_check.lines(found) == ["partition 0: leader none, ISR none", "partition 1: leader 2, ISR 0,2"]
    assert cluster_check.rows(found)[1] == {"partition": 1, "leader": 2, "isr": [0, 2], "replicas": [0, 1, 2]}


def test_every_code_is_in_the_catalogue() -> None:
    codes = {value for name, value in vars(cluster_check).items() if name.isupper() and str(value).startswith("check-")}
    assert len(codes) == 6
    assert codes <= set(RULES)
