# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The passes of the double of Strimzi on objects in memory: the whole way there and back, wrong use as it was seen, faults, kills."""

from __future__ import annotations

import copy
import logging
import os

import pytest

from tests.operators.strimzi import messages, names, recorded, roller, rolls, waiting
from tests.operators.strimzi.manifests import ExampleSpec
from tests.operators.strimzi.names import CONTROLLER, POD_SET
from tests.operators.strimzi.rolls import Partition
from tests.operators.strimzi.switches import ROLLS
from tests.operators.strimzi.watch import Watcher
from tests.unit.operators.strimzi_memory import Killed, World

READY = [("Ready", "")]
REMOVAL = [("Warning", "ZooKeeperRemoval"), *READY]
WAITING = [("Warning", "KafkaMetadataStateWarning"), *READY]
NOT_VALID = "InvalidResourceException"
BROKERS, CONTROLLERS = [f"kafka-kafka-{n}" for n in range(3)], [f"kafka-controller-{n}" for n in (3, 4, 5)]


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(rolls, "FIRST_DELAY", 0.0)
    for module in (roller, waiting):
        monkeypatch.setattr(module, "LOOK", 0.0)
        monkeypatch.setattr(module, "OPERATION_TIMEOUT", 0.0)


@pytest.fixture(scope="module")
def first() -> World:
    """A cluster after its first pass, whose certificates take a while."""
    made = World()
    made.once()
    return made


@pytest.fixture
def world(first: World) -> World:
    return copy.deepcopy(first)


def post_migration(world: World) -> World:
    world.add(CONTROLLER)
    world.annotate("migration")
    world.once()
    world.api.gauge = 1
    world.once()
    world.api.znodes |= {"/controller", "/migration"}
    world.once()
    assert world.state == "KRaftPostMigration"
    return world


def dual_writing(world: World) -> World:
    post_migration(world).annotate("rollback")
    world.settle()
    assert world.state == "KRaftDualWriting"
    return world


# -- the way there and back -------------------------------------------------------------------------------------------------------


def test_first_pass() -> None:
    world = World()
    world.once()
    first = next(status for status in world.api.statuses if status.get("conditions"))
    assert [(c["type"], c["reason"], c["message"]) for c in first["conditions"]] == [
        ("NotReady", "Creating", "Kafka cluster is being deployed")
    ]
    assert "kafkaMetadataState" not in first
    assert (world.state, world.conditions) == ("ZooKeeper", REMOVAL)
    assert "kafkaMetadataVersion" not in world.status
    assert world.status["registeredNodeIds"] == [0, 1, 2]
    assert world.status["kafkaNodePools"] == [{"name": "kafka"}]


def test_migration_pass_by_pass(world: World) -> None:
    world.add(CONTROLLER)
    world.annotate("migration")
    assert world.once() == []
    assert (world.state, world.conditions, world.phases()) == ("KRaftMigration", READY, {"1"})
    assert world.status["registeredNodeIds"] == [0, 1, 2, 3, 4, 5]
    # broker 1 is the active controller
    assert world.once() == [BROKERS[0], BROKERS[2], BROKERS[1]]
    assert (world.state, world.phases()) == ("KRaftMigration", {"2"})
    assert world.once() == []
    world.api.gauge = 1
    assert world.once() == []
    assert (world.state, world.conditions) == ("KRaftDualWriting", READY)
    world.api.kafka_.controller = 2
    assert world.once() == BROKERS
    assert (world.state, world.conditions, world.phases()) == ("KRaftPostMigration", READY, {"3"})
    assert world.once() == []
    assert world.conditions == WAITING
    assert {event[1:] for event in world.api.events} == {("PodHasOldRevision", "Pod has old revision")}
    before = dict(world.status)
    world.once()
    assert world.status == before


def test_finalization(world: World) -> None:
    post_migration(world).annotate("enabled")
    assert world.once() == [CONTROLLERS[1], CONTROLLERS[2], CONTROLLERS[0], BROKERS[0], BROKERS[2], BROKERS[1]]
    assert (world.state, world.phases()) == ("PreKRaft", {"4"})
    assert world.conditions == [("Warning", "UnusedZooKeeperConfiguration"), *READY]
    assert world.status["kafkaMetadataVersion"] == "3.9-IV0"
    assert world.api.get(POD_SET, "kafka-zookeeper")
    assert world.once() == []
    assert world.state == "KRaft"
    assert world.api.deleted == [
        "NetworkPolicy/kafka-network-policy-zookeeper", "Service/kafka-zookeeper-client", "Service/kafka-zookeeper-nodes",
        "Secret/kafka-zookeeper-nodes", "ConfigMap/kafka-zookeeper-config", "PodDisruptionBudget/kafka-zookeeper", "StrimziPodSet/kafka-zookeeper",
    ]  # fmt: skip
    assert world.api.get("PersistentVolumeClaim", "data-kafka-zookeeper-0")
    del world.cr["spec"]["zookeeper"]
    assert world.once() == []
    assert world.conditions == READY
    for value in ("disabled", "rollback", "migration", "x"):
        world.annotate(value)
        world.once()
        assert (world.state, world.conditions) == ("KRaft", WAITING)


def test_rollback(world: World, caplog: pytest.LogCaptureFixture) -> None:
    post_migration(world).annotate("rollback")
    world.api.kafka_.controller = 2
    assert world.once() == BROKERS
    assert (world.state, world.conditions, world.phases()) == ("KRaftDualWriting", READY, {"2"})
    world.once()
    assert world.conditions == WAITING
    world.drop()
    assert world.once() == []
    assert world.conditions == [("NotReady", NOT_VALID)]
    assert (world.state, world.api.deleted[-1]) == ("KRaftDualWriting", "KafkaNodePool/controller")
    assert {name for _kind, name in world.api.objects if "controller" in name} == {
        f"data-0-{pod}" for pod in CONTROLLERS
    }
    world.annotate("disabled")
    world.api.kafka_.controller = 1
    caplog.clear()
    assert world.once() == [BROKERS[0], BROKERS[2], BROKERS[1]]
    assert (world.state, world.conditions, world.phases()) == ("ZooKeeper", REMOVAL, {"0"})
    assert world.status["registeredNodeIds"] == [0, 1, 2]
    lines = [record.getMessage() for record in caplog.records]
    first_roll = next(n for n, line in enumerate(lines) if "Rolling Pod" in line)
    for path in ("/controller", "/migration"):
        assert lines.index(f"Deleted the '{path}' znode as part of the KRaft migration rollback") < first_roll


def test_migration_again_instead_of_the_second_half(world: World) -> None:
    dual_writing(world).annotate("migration")
    world.settle()
    assert world.state == "KRaftPostMigration"


def test_rollback_from_the_copy_deletes_no_znode(world: World) -> None:
    world.add(CONTROLLER)
    world.annotate("migration")
    world.once()
    world.once()
    world.api.znodes.add("/migration")
    world.drop()
    world.annotate("disabled")
    assert world.once() == [BROKERS[0], BROKERS[2], BROKERS[1]]
    assert world.state == "ZooKeeper"
    assert world.api.znodes == {"/controller", "/migration"}


def test_it_goes_on_after_a_kill_at_any_write(first: World) -> None:
    kills = 0
    while True:
        kills += 1
        world = copy.deepcopy(first)
        world.add(CONTROLLER)
        world.annotate("migration")
        world.api.gauge = 1
        world.api.kill_after = world.api.writes + kills
        try:
            for _each in range(4):
                world.once()
        except Killed:
            for _each in range(4):
                world.once()
        else:
            break
        assert (world.state, world.conditions, world.phases()) == ("KRaftPostMigration", WAITING, {"3"}), kills
        assert world.status["registeredNodeIds"] == [0, 1, 2, 3, 4, 5]
    assert kills > 50


def test_what_was_seen_and_the_passes_are_the_same_sequence(world: World) -> None:
    watcher = Watcher()

    def look() -> None:
        watcher.look(world.status, [o for o in world.api.list("ConfigMap") if "metadata.state" in o["data"]], [])

    look()
    world.add(CONTROLLER)
    world.annotate("migration")
    world.api.gauge = 1
    for _each in range(4):
        world.once()
        look()
    steps = recorded.steps(watcher.seen)
    # a look between two passes sees no pods in the middle of a roll, and the state of a pass together with its phase
    for kind in ("state", "phase"):
        assert [step for step in steps if step.kind == kind] == [step for step in recorded.FORWARD if step.kind == kind]


def test_born_in_kraft() -> None:
    world = World(ExampleSpec(born_kraft=True))
    world.add(CONTROLLER)
    world.once()
    assert (world.state, world.conditions, world.phases()) == ("KRaft", READY, {"4"})
    assert world.status["kafkaMetadataVersion"] == "3.9-IV0"
    (cluster,) = {found["data"]["cluster.id"] for found in world.api.list("ConfigMap")}
    assert len(cluster) == 22
    assert world.status["clusterId"] == cluster


# -- wrong use --------------------------------------------------------------------------------------------------------------------


def test_without_pools_nothing_is_said_in_the_cr(caplog: pytest.LogCaptureFixture) -> None:
    world = World(ExampleSpec(pools=False))
    world.once()
    before = dict(world.status)
    world.annotate("migration")
    assert world.once() == []
    assert world.status == before
    assert "io.strimzi.operator.common.InvalidConfigurationException: KRaft can only be used with" in caplog.text
    world.annotate(None)
    world.once()
    assert world.conditions == REMOVAL


def test_mistyped_value_does_nothing_at_all(world: World) -> None:
    before = dict(world.status)
    world.annotate("migrating")
    assert world.once() == []
    assert world.status == before


@pytest.mark.parametrize("value", ["enabled", "rollback"])
def test_too_early_in_zookeeper(world: World, value: str) -> None:
    world.annotate(value)
    assert world.once() == []
    assert world.conditions == [("Warning", "ZooKeeperRemoval"), *WAITING]
    assert world.message("KafkaMetadataStateWarning") == messages.state_warning("ZooKeeper", value)


def test_no_controllers_pool_and_how_it_heals(world: World) -> None:
    world.annotate("migration")
    assert world.once() == []
    assert (world.state, world.conditions) == ("ZooKeeper", [("NotReady", NOT_VALID)])
    assert messages.needs_role(CONTROLLER) in world.message(NOT_VALID)
    world.annotate(None)
    world.once()
    assert world.conditions == REMOVAL


def test_controllers_pool_before_the_annotation(world: World) -> None:
    world.add(CONTROLLER)
    world.once()
    assert world.conditions == [("Warning", "ZooKeeperRemoval"), ("NotReady", NOT_VALID)]
    assert world.message(NOT_VALID) == messages.invalid("kafka", messages.only_brokers("controller"))
    world.annotate("migration")
    world.once()
    assert (world.state, world.conditions) == ("KRaftMigration", READY)


@pytest.mark.parametrize("value", ["enabled", "migrating"])
def test_enabled_in_dual_writing_is_an_exception_that_nobody_sees(
    world: World, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = dict(dual_writing(world).status)
    world.annotate(value)
    caplog.clear()
    world.once()
    world.once()
    assert world.status == before
    line = f"java.lang.IllegalArgumentException: Invalid internal Kafka metadata state [KRaftDualWriting] with strimzi.io/kraft annotation [{value}]"
    assert caplog.text.count(line) == 2
    world.annotate("rollback")
    world.once()
    assert world.conditions == WAITING


def test_enabled_while_the_second_roll_runs_skips_the_stop(world: World) -> None:
    world.add(CONTROLLER)
    world.annotate("migration")
    world.api.gauge = 1
    world.once()
    world.once()
    assert world.state == "KRaftDualWriting"
    world.api.at_delete = lambda: world.annotate("enabled")
    assert set(world.once()) == set(BROKERS)
    assert (world.state, world.conditions) == ("KRaftPostMigration", READY)
    world.once()
    assert world.state == "PreKRaft"


def test_disabled_while_the_pool_is_there_deletes_the_znodes_at_every_pass(world: World) -> None:
    dual_writing(world).annotate("disabled")
    for _each in range(2):
        world.api.znodes.add("/controller")
        assert world.once() == []
        assert world.api.deleted[-2:] == ["/controller", "/migration"]
        assert world.conditions == [("Warning", "ZooKeeperRemoval"), ("NotReady", NOT_VALID)]
    world.drop()
    world.once()
    assert world.state == "ZooKeeper"


def test_pool_deleted_in_post_migration_is_a_dead_end_until_it_is_made_again(world: World) -> None:
    post_migration(world).drop()
    world.once()
    assert (world.state, world.conditions) == ("KRaftPostMigration", [("NotReady", NOT_VALID)])
    world.annotate("rollback")
    assert world.once() == []
    assert (world.state, world.conditions) == ("KRaftPostMigration", [("NotReady", NOT_VALID)])
    world.add(CONTROLLER)
    assert set(world.once()) == set(BROKERS)
    assert world.state == "KRaftDualWriting"
    assert world.status["registeredNodeIds"] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("value", ["enabled", "disabled", "rollback"])
def test_another_value_during_the_copy_fails_on_the_pool(world: World, value: str) -> None:
    world.add(CONTROLLER)
    world.annotate("migration")
    world.once()
    world.once()
    world.annotate(value)
    assert world.once() == []
    assert messages.only_brokers("controller") in world.message(NOT_VALID)
    assert world.state == "KRaftMigration"


def test_a_pause_that_keeps_the_state(world: World) -> None:
    post_migration(world)
    world.data["pause-keeps"] = "true"
    world.annotate("true", names.PAUSE)
    world.annotate("enabled")
    assert world.once() == []
    assert (world.state, world.conditions) == ("KRaftPostMigration", [("ReconciliationPaused", "")])
    world.annotate(None, names.PAUSE)
    world.once()
    assert world.state == "PreKRaft"


def test_a_pause_makes_the_state_machine_begin_anew(world: World) -> None:
    post_migration(world)
    world.annotate("true", names.PAUSE)
    assert world.once() == []
    assert (world.state, world.conditions) == ("", [("ReconciliationPaused", "")])
    world.annotate(None, names.PAUSE)
    world.once()
    assert world.state == "KRaftMigration"


def test_nobody_tells_the_state_of_the_copy(world: World) -> None:
    world.add(CONTROLLER)
    world.annotate("migration")
    world.once()
    world.api.gauge = None
    world.once()
    assert (world.state, world.conditions) == ("KRaftMigration", [("NotReady", "Throwable")])
    assert world.message("Throwable") == "Failed to check ZooKeeper migration state"


# -- the roll ---------------------------------------------------------------------------------------------------------------------


def test_a_cluster_that_cannot_bear_it(world: World) -> None:
    post_migration(world).annotate("rollback")
    world.api.kafka_.partitions_ = [Partition("t", 0, (2, 1, 0), (1, 2), 2)]
    world.api.kafka_.controller = 0
    assert world.once() == [BROKERS[0]]
    assert (world.state, world.conditions) == ("KRaftPostMigration", [("NotReady", "UnforceableProblem")])
    assert world.message("UnforceableProblem") == "Pod kafka-kafka-1 cannot be updated right now."


def test_a_broker_that_says_nothing_is_restarted_by_force_if_the_cluster_bears_it(world: World) -> None:
    post_migration(world).annotate("rollback")
    world.api.kafka_.refuses_settings = {0}
    assert set(world.once()) == set(BROKERS)
    assert ("kafka-kafka-0", "PodForceRestartOnError") in {event[:2] for event in world.api.events}


def test_controllers_cannot_be_rolled_while_brokers_are_in_zookeeper_mode(world: World) -> None:
    dual_writing(world)
    world.api.kafka_.refuses_quorum = True
    world.api.objects["Pod", CONTROLLERS[0]]["metadata"]["annotations"][names.MANUAL_ROLL] = "true"
    assert world.once() == []
    assert world.conditions == [("NotReady", "UnforceableProblem")]


# -- versions and faults ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "left"),
    [
        ("0.40.0", {"/controller", "/migration"}),
        ("0.43.0", {"/migration"}),
        ("0.45.0", {"/migration"}),
        ("0.45.1", set()),
        ("0.45.2", set()),
    ],
)
def test_znodes_that_a_version_leaves(version: str, left: set[str]) -> None:
    world = World(version=version)
    world.once()
    dual_writing(world)
    world.drop()
    world.annotate("disabled")
    world.once()
    assert world.state == "ZooKeeper"
    assert world.api.znodes == left


@pytest.mark.parametrize(
    ("version", "fails"), [("0.40.0", False), ("0.43.0", True), ("0.45.0", True), ("0.45.1", False), ("0.45.2", False)]
)
def test_controller_znode_that_somebody_has_deleted(version: str, fails: bool) -> None:
    world = World(version=version)
    world.once()
    dual_writing(world)
    world.drop()
    world.api.znodes.clear()
    world.annotate("disabled")
    world.once()
    assert (world.state == "KRaftDualWriting") == fails
    assert (("NotReady", "RuntimeException") in world.conditions) == fails


@pytest.mark.parametrize("state", ["ZooKeeper", "KRaftMigration", "KRaftDualWriting"])
def test_stuck_on_the_way_forward(state: str) -> None:
    world = World(stuck=state)
    world.once()
    world.add(CONTROLLER)
    world.annotate("migration")
    world.api.gauge = 1
    world.settle()
    assert (world.state, world.conditions[-1]) == (state, ("Ready", ""))
    world.data.clear()
    world.settle()
    assert world.state == "KRaftPostMigration"


@pytest.mark.parametrize(
    ("state", "value"), [("KRaftPostMigration", "rollback"), ("KRaftPostMigration", "enabled"), ("PreKRaft", "enabled")]
)
def test_stuck_later(world: World, state: str, value: str) -> None:
    world.data["stuck"] = state
    post_migration(world).annotate(value)
    world.settle()
    assert world.state == state


#: roll -> where it starts, annotation, phase afterwards
ROLLED = {
    "brokers-migration": ("KRaftMigration", "migration", 1),
    "brokers-post-migration": ("KRaftDualWriting", "migration", 2),
    "brokers-zk": ("KRaftDualWriting", "disabled", 3),
    "controllers-kraft": ("KRaftPostMigration", "enabled", 3),
    "brokers-kraft": ("KRaftPostMigration", "enabled", 3),
}


@pytest.mark.parametrize("roll", ROLLS)
def test_the_operator_dies_once_in_the_roll_that_is_switched_on(
    roll: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(status: int) -> None:
        raise Killed

    monkeypatch.setattr(os, "_exit", die)
    monkeypatch.setattr(logging, "shutdown", lambda: None)
    post_migration(world)
    if roll in ("brokers-zk", "brokers-migration", "brokers-post-migration"):
        world.annotate("rollback")
        if roll != "brokers-migration":
            world.settle()
            world.annotate("migration" if roll == "brokers-post-migration" else "disabled")
        if roll == "brokers-zk":
            world.drop()
    else:
        world.annotate("enabled")
    world.data["die"] = roll
    with pytest.raises(Killed):
        world.once()
    mine = CONTROLLERS if roll.startswith("controllers") else BROKERS
    assert len([name for name in world.api.restarts if name in mine]) == 1
    world.settle()


def test_slow_claims_have_a_class_that_nobody_serves() -> None:
    world = World(slow_claims="30")
    world.once()
    found = world.api.list("PersistentVolumeClaim", f"{names.POOL_LABEL}=kafka")
    assert {claim["spec"]["storageClassName"] for claim in found} == {"strimzi-double-slow"}
