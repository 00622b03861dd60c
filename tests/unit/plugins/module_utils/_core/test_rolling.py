# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 4 as arithmetic: which pod may go, which partitions never can, what a roll costs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rolling
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rolling import Replicas


def three(isr: Any, min_isr: Any = 2, replicas: Any = (0, 1, 2)) -> Any:
    return Replicas(isr=tuple(isr), replicas=replicas, min_isr=min_isr)


def test_the_controller_goes_last() -> None:
    pods = ["kafka-0", "kafka-1", "kafka-2"]
    assert rolling.order(pods, "kafka-0") == ["kafka-1", "kafka-2", "kafka-0"]
    assert rolling.order(pods, None) == pods
    assert rolling.order(pods, "kafka-9") == pods
    assert rolling.order([], "kafka-0") == []


@pytest.mark.parametrize(
    ("state", "broker", "safe"),
    [
        (three((0, 1, 2)), 0, True),
        # one replica is out already: the second one must not go
        (three((0, 1)), 0, False),
        # the broker itself is the one that is out: two are left, as the minimum wants
        (three((0, 1)), 2, True),
        # min.insync.replicas 1 needs one that is left
        (three((0, 1), min_isr=1), 0, True),
        (three((0,), min_isr=1), 0, False),
        # min.insync.replicas 0 does not make an offline partition fine
        (three((0,), min_isr=0), 0, False),
        # already below the minimum: it must not get worse
        (three((2,), min_isr=2), 1, False),
        # a replica of no such partition
        (three((0, 1, 2)), 7, True),
        (three((0, 1), replicas=(0, 1)), 7, True),
    ],
)
def test_no_broker_goes_while_a_partition_would_fall_under_its_minimum(state: Any, broker: Any, safe: Any) -> None:
    """Rule 4: min.insync.replicas guards every restart."""
    assert rolling.endangered({("t", 0): state}, broker) == ([] if safe else [("t", 0)])


def test_partitions_that_were_accepted_by_name_are_left_out() -> None:
    states = {("b", 1): three((0,)), ("a", 0): three((0, 1))}
    assert rolling.endangered(states, 0) == [("a", 0), ("b", 1)]
    assert rolling.endangered(states, 0, tolerated=[("b", 1)]) == [("a", 0)]


def test_what_a_broker_leads_and_another_one_could() -> None:
    states = {
        ("led", 0): rolling.Replicas((1, 2), (0, 1, 2), 2, leader=1),
        ("alone", 0): rolling.Replicas((1,), (0, 1, 2), 1, leader=1),
        ("follows", 0): rolling.Replicas((1, 2), (0, 1, 2), 2, leader=2),
    }
    assert rolling.led_by(states, 1) == [("led", 0)]


def test_a_roll_takes_one_replica_at_a_time() -> None:
    """Rule 4: with min.insync.replicas=1 two of three could go and the partition would still be written."""
    states = {
        ("complete", 0): rolling.Replicas((0, 1, 2), (0, 1, 2), 1),
        ("itself", 0): rolling.Replicas((1, 2), (0, 1, 2), 1),
        ("another", 0): rolling.Replicas((0, 2), (0, 1, 2), 1),
        ("foreign", 0): rolling.Replicas((1,), (1, 2, 3), 1),
    }
    assert rolling.lacking(states, 0) == [("another", 0)]
    assert rolling.lacking(states, 0, tolerated=[("another", 0)]) == []


def test_partitions_that_can_never_roll() -> None:
    """Rule 4: RF 1 and RF <= min.insync.replicas are known before the start."""
    states = {
        ("one", 0): three((0,), min_isr=1, replicas=(0,)),
        ("strict", 0): three((0, 1, 2), min_isr=3),
        ("zero", 0): three((0,), min_isr=0, replicas=(0,)),
        ("fine", 0): three((0, 1, 2)),
    }
    assert rolling.never_safe(states) == [("one", 0), ("strict", 0), ("zero", 0)]


def test_under_replicated() -> None:
    states = {("a", 0): three((0, 1)), ("b", 0): three((2, 1, 0))}
    assert rolling.under_replicated(states) == [("a", 0)]


@pytest.mark.parametrize(
    ("voters", "caught_up", "leaving", "survives"),
    [
        ([1, 2, 3], {1, 2, 3}, 1, True),
        ([1, 2, 3], {1, 2}, 1, False),
        ([1, 2, 3], {2, 3}, 1, True),
        ([1, 2, 3, 4, 5], {1, 2, 3, 4}, 1, True),
        ([1, 2, 3, 4, 5], {1, 2, 3}, 1, False),
        # half of an even number is no majority
        ([1, 2, 3, 4], {1, 2, 3}, 1, False),
        ([1, 2], {1, 2}, 1, False),
        ([1], {1}, 1, False),
        # observers do not vote
        ([1, 2, 3], {1, 2, 9}, 1, False),
    ],
)
def test_no_controller_goes_unless_the_others_are_a_majority(
    voters: Any, caught_up: Any, leaving: Any, survives: Any
) -> None:
    """Rule 4: the caught-up voters that are left are a majority of all voters."""
    assert rolling.quorum_survives(voters, caught_up, leaving) is survives


def test_eta() -> None:
    assert rolling.eta(0, [5.0], 30.0) == 0.0
    assert rolling.eta(-1, [], 0.0) == 0.0
    assert rolling.eta(2, [], 30.0) == 2 * (rolling.GUESS_RESTART + 30.0)
    assert rolling.eta(3, [4.0, 6.0], 30.0) == 15.0


@pytest.mark.parametrize(
    ("ttl", "brokers", "seconds"),
    [
        (None, 3, 60.0),
        (-1, 3, 60.0),
        (30, 1, 0.0),
        (60, 3, 120.0),
        (5, 50, 0.0),
        (6, 3, 12.0),
        (1, 3, 0.0),
        (30, 0, 0.0),
    ],
)
def test_what_the_address_cache_costs(ttl: Any, brokers: Any, seconds: Any) -> None:
    assert rolling.dns_cost(ttl, brokers) == seconds


def test_min_insync_replicas_of_a_topic() -> None:
    configs = {"own": {"min.insync.replicas": "3"}, "other": {"retention.ms": "1"}, "odd": {"min.insync.replicas": "x"}}
    dynamic, static = {"min.insync.replicas": "2"}, {"min.insync.replicas": "1"}
    assert rolling.min_isr_of("own", configs, dynamic, static) == 3
    assert rolling.min_isr_of("other", configs, dynamic, static) == 2
    assert rolling.min_isr_of("odd", configs, {}, static) == 1
    assert rolling.min_isr_of("unknown", configs, {}, {}) == 1


def test_names_of_partitions() -> None:
    many = [("t", number) for number in range(7)]
    assert rolling.named(many[:2]) == "t-0, t-1"
    assert rolling.named(many) == "t-0, t-1, t-2, t-3, t-4 and 2 more"
    assert rolling.named(many, limit=1) == "t-0 and 6 more"


def test_partitions_that_their_preferred_replica_leads() -> None:
    partitions = {
        ("t", 0): rolling.Replicas((0, 1), (0, 1), 1, leader=0),
        ("t", 1): rolling.Replicas((0, 1), (1, 0), 1, leader=0),
        ("t", 2): rolling.Replicas((), (2, 0), 1, leader=-1),
        ("t", 3): rolling.Replicas((), (), 1, leader=0),
    }
    assert rolling.preferred(partitions) == (1, 3)
    assert rolling.preferred(partitions, [0]) == (1, 1)
    assert rolling.preferred(partitions, []) == (0, 0)
