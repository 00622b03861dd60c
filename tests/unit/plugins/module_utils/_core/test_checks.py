# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The preflight rules, each provoked alone on plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import checks
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import (
    BrokerRegistration,
    Controller,
    Migration,
    Topic,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rolling import Replicas

ID = "6PMpHYL9QkeyXRj9Nrp4KA"


def registration(number: Any) -> Any:
    return BrokerRegistration(number, "h", 9092, (), None)


@dataclass
class Stored:
    """A healthy ZooKeeper of three brokers; each test breaks one thing."""

    cluster_id: str | None = "id"
    controller: Controller | None = field(default_factory=lambda: Controller(0, -1, True))
    controller_epoch: int | None = 1
    migration: Migration | None = None
    migration_null: bool = False
    brokers: dict[int, BrokerRegistration] = field(default_factory=lambda: {n: registration(n) for n in range(3)})
    topics: dict[str, Topic] = field(default_factory=lambda: {"t": Topic("t", ID, {0: (0, 1, 2)}, {}, {})})
    pending_deletions: tuple[str, ...] = ()
    reassigning: tuple[str, ...] = ()


def stored(controllers_run: Any = False, volumes: Any = (), chroot: Any = "/kafka", **broken: Any) -> Any:
    return checks.stored(Stored(**broken), chroot, controllers_run, volumes)


def codes(found: Any) -> Any:
    return [item.code for item in found]


def test_a_healthy_zookeeper_has_nothing() -> None:
    assert stored() == []


def test_a_chroot_without_a_cluster_stops_at_once() -> None:
    found = stored(cluster_id=None, controller_epoch=None, chroot="")
    assert codes(found) == ["zookeeper-wrong-chroot"]
    assert found[0].sentence.startswith("ZooKeeper, chroot / has no /cluster/id")


def test_no_controller_epoch() -> None:
    found = stored(controller_epoch=None)
    assert codes(found) == ["controller-epoch-missing"]


@pytest.mark.parametrize("run", [True, False])
def test_a_null_migration_is_found_with_and_without_controllers(run: Any) -> None:
    assert codes(stored(migration_null=True, controllers_run=run)) == ["migration-null"]


def test_a_stale_migration_with_empty_controllers() -> None:
    """Rule 3: /migration with an offset > 0 and no controller that knows of it is refused and explained."""
    stale = Migration(100, 5, 1234, 5)
    found = stored(migration=stale)
    assert codes(found) == ["migration-stale"]
    assert "offset 1234" in found[0].sentence
    assert "run rollback.yml" in found[0].sentence
    assert stored(migration=stale, controllers_run=True) == []


@pytest.mark.parametrize("offset", [0, -1])
def test_a_migration_before_its_copy_is_no_leftover(offset: Any) -> None:
    assert stored(migration=Migration(100, 5, offset, 5)) == []


def test_a_controller_znode_of_a_quorum_that_is_gone() -> None:
    """Rule 3: leftovers of KRaft are found before a start."""
    left = Controller(100, 7, False)
    found = stored(controller=left)
    assert codes(found) == ["controller-leftover"]
    assert "held by KRaft controller 100" in found[0].sentence
    assert stored(controller=left, controllers_run=True) == []
    assert stored(controller=None) == []


def test_volumes_of_earlier_controllers() -> None:
    """Rule 3: an old metadata log would be written over ZooKeeper."""
    found = stored(volumes=["data-kafka-kraft-0", "data-kafka-kraft-1"])
    assert codes(found) == ["controller-volumes-leftover"]
    assert found[0].where == "data-kafka-kraft-0, data-kafka-kraft-1"


def test_topics_without_id_are_counted_and_named() -> None:
    topics = {f"t{n}": Topic(f"t{n}", None, {0: (0,)}, {}, {}) for n in range(7)}
    found = stored(topics=topics)
    assert codes(found) == ["topic-without-id"]
    assert "7 topics have no topic id (t0, t1, t2, t3, t4 and 2 more)" in found[0].sentence


def test_a_dead_broker_in_an_assignment() -> None:
    topics = {"a": Topic("a", ID, {0: (0, 9), 1: (1, 2)}, {}, {}), "b": Topic("b", ID, {3: (8, 9)}, {}, {})}
    found = stored(topics=topics)
    assert codes(found) == ["assignment-dead-broker", "assignment-dead-broker"]
    assert [item.where for item in found] == ["broker 8", "broker 9"]
    assert "(a-0, b-3)" in found[1].sentence


def test_brokers_in_kraft_mode_do_not_register_in_zookeeper() -> None:
    assert checks.stored(Stored(brokers={}), "/kafka", True, [], kraft_brokers={0, 1, 2}) == []
    some = {0: registration(0)}
    assert checks.stored(Stored(brokers=some), "/kafka", True, [], kraft_brokers={1, 2}) == []
    assert codes(checks.stored(Stored(brokers={}), "/kafka", True, [])) == ["assignment-dead-broker"] * 3


def test_queued_deletions_and_reassignments() -> None:
    found = stored(pending_deletions=("old",), reassigning=("t-0",))
    assert codes(found) == ["topic-deletion-queued", "reassignment-running"]
    assert "the deletion of old is queued" in found[0].sentence
    assert "t-0" in found[1].sentence


PODS = {0: "kafka-0", 1: "kafka-1"}


def test_membership_is_complete() -> None:
    assert checks.membership({0, 1}, PODS, PODS.values(), []) == []
    # brokers in KRaft mode are not in ZooKeeper
    assert checks.membership(set(), PODS, PODS.values(), []) == []


def test_a_stranger_stops_the_run() -> None:
    """Rule 5: an id in /brokers/ids that maps to no managed pod is an unmanaged broker."""
    found = checks.membership({0, 1, 7}, PODS, PODS.values(), [])
    assert codes(found) == ["stranger-broker"]
    assert found[0].sentence.startswith("broker 7 is registered in ZooKeeper but is not a pod of this cluster")


def test_pods_that_are_not_ready_or_not_registered() -> None:
    found = checks.membership({0}, PODS, [*PODS.values(), "kafka-2", "kafka-0"], ["kafka-0"])
    assert [(item.code, item.where) for item in found] == [
        ("broker-not-healthy", "kafka-0"),
        ("broker-not-healthy", "kafka-1"),
        ("broker-not-healthy", "kafka-2"),
        ("broker-not-healthy", "kafka-0"),
    ]
    assert found[0].sentence == "pod kafka-0 is not Ready; fix it before the migration"
    assert found[1].sentence == "broker 1 in pod kafka-1 is not registered in ZooKeeper; fix it before the migration"
    assert found[2].sentence == (
        "the broker id of pod kafka-2 could not be read: no Kafka process was found in it; fix it before the migration"
    )


def test_partitions() -> None:
    good = Replicas((0, 1, 2), (0, 1, 2), 2)
    assert checks.partitions({("t", 0): good}, [], "orders/kafka") == []
    states = {("t", 0): good, ("u", 1): Replicas((0, 1), (0, 1, 2), 2), ("v", 0): Replicas((0,), (0,), 1)}
    found = checks.partitions(states, [("w", 3)], "orders/kafka")
    assert codes(found) == ["partition-not-healthy", "partition-not-healthy", "partition-cannot-roll"]
    assert found[0].sentence.startswith("no leader: w-3")
    assert found[1].sentence.startswith("under-replicated: u-1")
    assert found[2].sentence.startswith("v-0 ")
    assert "kraft_accept: [orders/kafka=partition-cannot-roll]" in found[2].sentence


def test_controller_ids_are_no_broker_ids() -> None:
    assert checks.controller_ids([100, 101, 102], [0, 1, 2]) == []
    found = checks.controller_ids([2, 3, 4], [0, 1, 2, 3, 50])
    assert codes(found) == ["controller-id-clash"]
    assert "[2, 3]" in found[0].sentence
    assert "a number above 50" in found[0].sentence


def test_short_grace_periods() -> None:
    found = checks.termination({"kafka-b": 10, "kafka-a": 29, "kafka-c": 30})
    assert [(item.code, item.where, item.blocking) for item in found] == [
        ("grace-period-short", "kafka-a", False),
        ("grace-period-short", "kafka-b", False),
    ]


def test_address_cache() -> None:
    assert checks.address_cache({}) == []
    assert checks.address_cache({"kafka-0": 1, "kafka-1": 2}) == []
    found = checks.address_cache({"kafka-0": 1, "kafka-1": None, "kafka-2": 1})
    assert codes(found) == ["dns-ttl-long"]
    assert "about 60 s of the first roll" in found[0].sentence
