# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Kafka CR says, for each state and each request: the table of docs/strimzi.md."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import (
    Progress,
    Verb,
    Wait,
    answer,
    cannot_roll_back,
    past,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import states
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi.states import Around

from tests.unit.plugins.module_utils._platform._strimzi import crs

MARK = {res.TURNED: "2026-11-29T02:00:00Z"}
WITH = Around(controllers=True)
ROLL_1, ROLL_2 = "RollbackToZkEnsureKafkaRollIsComplete", "RollbackToZkEnsureKafkaRollIsComplete2"
ZNODES = "RollbackToZkWaitForManualNodeRemovalFromZk"
FINAL = "MoveToKRaftControllerTriggerKRaftControllerMigrationModeRemoval"
END = "MoveToKRaftControllerComplete"


def seen(state: str, asked: str, *conditions: Any, around: Around = WITH, marks: Any = None) -> Progress:
    return states.progress_of(crs.kafka(state, asked, *conditions, marks=marks), around)


def test_without_a_kafka_nothing_was_started() -> None:
    assert states.progress_of(None, WITH) == Progress()


@pytest.mark.parametrize(
    ("state", "asked", "phase", "sub_phase"),
    [
        ("ZooKeeper", "", "", ""),
        ("ZooKeeper", "disabled", "", ""),
        ("ZooKeeper", "enabled", "", ""),
        ("ZooKeeper", "rollback", "", ""),
        ("ZooKeeper", "migrating", "", ""),
        ("", "", "", ""),
        ("ZooKeeper", "migration", "SETUP", "SetupKRaftControllerHealthy"),
        ("ZooKeeper", "Migration", "SETUP", "SetupKRaftControllerHealthy"),
        ("KRaftMigration", "migration", "MIGRATE", "MigrateEnsureKafkaRollComplete"),
        ("KRaftMigration", "enabled", "MIGRATE", "MigrateEnsureKafkaRollComplete"),
        ("KRaftMigration", "rollback", "MIGRATE", "MigrateEnsureKafkaRollComplete"),
        ("KRaftMigration", "disabled", "RollbackToZk", ZNODES),
        ("KRaftDualWriting", "migration", "MIGRATE", "MigrateDualWrite"),
        ("KRaftDualWriting", "enabled", "MIGRATE", "MigrateDualWrite"),
        ("KRaftDualWriting", "disabled", "RollbackToZk", ZNODES),
        ("KRaftPostMigration", "migration", "DUAL-WRITE", "MigrateDualWrite"),
        ("KRaftPostMigration", "disabled", "DUAL-WRITE", "MigrateDualWrite"),
        ("KRaftPostMigration", "rollback", "RollbackToZk", ROLL_1),
        ("KRaftPostMigration", "enabled", "MoveToKRaftControllerOnly", FINAL),
        ("PreKRaft", "enabled", "MoveToKRaftControllerOnly", END),
        ("PreKRaft", "rollback", "MoveToKRaftControllerOnly", END),
        ("KRaft", "enabled", "COMPLETE", END),
    ],
)
def test_where_it_is(state: str, asked: str, phase: str, sub_phase: str) -> None:
    found = seen(state, asked)
    assert (found.phase, found.sub_phase, found.started) == (phase, sub_phase, bool(phase))


def test_the_decision_is_waited_for_in_post_migration_alone() -> None:
    assert seen("KRaftPostMigration", "migration").waits_for is Wait.DECISION
    for state, asked in (("KRaftPostMigration", "enabled"), ("KRaftDualWriting", "migration")):
        assert seen(state, asked).waits_for is Wait.NOTHING


def test_hybrid_is_behind_it_only_once_the_operator_is_in_post_migration() -> None:
    assert not past(seen("KRaftDualWriting", "migration"), "MigrateDualWrite")
    assert past(seen("KRaftPostMigration", "migration"), "MigrateDualWrite")
    assert past(seen("KRaftDualWriting", "migration"), "MigrateMonitorMigrationProgress")
    assert not past(seen("KRaftMigration", "migration"), "MigrateMonitorMigrationProgress")


@pytest.mark.parametrize("state", ["KRaftMigration", "KRaftDualWriting", "KRaftPostMigration"])
def test_enabled_is_a_request_to_finalize_wherever_it_was_set(state: str) -> None:
    found = seen(state, "enabled")
    assert Verb.FINALIZE in found.asked
    assert seen(state, "migration").asked == frozenset()
    # one that came too early is replaced by the request to roll back
    assert found.revocable is (state != "KRaftPostMigration")
    assert bool(cannot_roll_back(found)) is not found.revocable


@pytest.mark.parametrize("state", ["PreKRaft", "KRaft"])
def test_a_rollback_after_the_end_comes_too_late(state: str) -> None:
    found = seen(state, "rollback")
    assert found.asked_too_late
    assert not found.rolls_back


def test_a_cluster_that_was_born_in_kraft_was_not_migrated() -> None:
    kafka = crs.kafka("KRaft", "enabled")
    del kafka["spec"]["zookeeper"]
    assert not states.progress_of(kafka, Around()).started
    assert states.progress_of(kafka, Around(known=True)).complete


# a rollback


@pytest.mark.parametrize(
    ("conditions", "settled", "mark", "rests"),
    [
        # the state is that of the way forward as well: only what the operator has said since tells
        ((crs.READY,), True, "2026-11-29T02:00:00Z", False),
        ((crs.READY,), True, "", False),
        ((crs.RESTS, crs.READY), True, "", True),
        ((crs.RESTS, crs.READY), False, "", False),
        # it has come back, and the next pass is under way
        (({**crs.READY, "lastTransitionTime": "2026-11-29T02:05:00Z"},), True, "2026-11-29T02:00:00Z", False),
        # 0.40 writes the value without quotes
        (({**crs.RESTS, "message": crs.RESTS["message"].replace("'rollback'", "rollback")}, crs.READY), True, "", True),
        # said of a pause that was taken off: the next pass is under way
        ((crs.PAUSED,), False, "2026-11-29T02:00:00Z", False),
    ],
)
def test_when_a_rollback_rests_in_dual_writing(conditions: Any, settled: bool, mark: str, rests: bool) -> None:
    around = Around(controllers=True, settled=settled)
    marks = {res.TURNED: mark} if mark else {}
    found = seen("KRaftDualWriting", "rollback", *conditions, around=around, marks=marks)
    assert found.sub_phase == (ZNODES if rests else ROLL_1)
    assert (found.waits_for is Wait.ZNODES) == rests
    assert found.rolls_back


def test_without_controllers_a_rollback_goes_on_whatever_the_operator_says() -> None:
    found = seen("KRaftDualWriting", "rollback", crs.WITHOUT_POOL, around=Around(settled=False), marks=MARK)
    assert found.waits_for is Wait.ZNODES
    assert "expected until it is asked to go on" in found.message


@pytest.mark.parametrize("state", ["ZooKeeper", "KRaftMigration", "KRaftDualWriting", ""])
def test_before_it_knows_a_request_for_it_a_rollback_is_a_pause(state: str) -> None:
    marks = {**MARK, res.PAUSE: "true"}
    assert seen(state, "migration", crs.READY, marks=marks).sub_phase == ROLL_1
    assert seen(state, "migration", crs.PAUSED, marks=marks).waits_for is Wait.ZNODES


@pytest.mark.parametrize("state", ["KRaftMigration", "KRaftDualWriting", ""])
def test_told_to_go_on_without_controllers_it_restarts_the_brokers(state: str) -> None:
    found = seen(state, "disabled", crs.READY, around=Around(), marks=MARK)
    assert found.sub_phase == ROLL_2
    assert found.answered
    assert not found.answered_too_early
    assert answer(found, ZNODES).kind == "done"


def test_disabled_beside_controllers_waits_for_their_removal_once_no_pass_is_under_way() -> None:
    """Seen: the operator then deletes /controller in every pass."""
    marks = {**MARK, res.PAUSE: "true"}
    assert seen("KRaftDualWriting", "disabled", crs.READY, marks=marks).sub_phase == ROLL_1
    assert seen("KRaftDualWriting", "disabled", crs.PAUSED, marks=marks).waits_for is Wait.ZNODES


def test_the_end_of_a_rollback_is_a_pass_that_succeeded_in_zookeeper() -> None:
    alone = Around()
    assert seen("ZooKeeper", "disabled", around=alone, marks=MARK).rolled_back
    assert not seen("ZooKeeper", "disabled", crs.PAUSED, around=alone, marks=MARK).rolled_back
    assert not seen("ZooKeeper", "disabled", around=alone, marks={**MARK, res.PAUSE: "true"}).rolled_back
    assert not seen("ZooKeeper", "disabled", marks=MARK).rolled_back
    assert not seen("", "disabled", around=alone, marks=MARK).rolled_back
    # without our mark nothing is known of a rollback
    assert not seen("ZooKeeper", "disabled", around=alone).started


def test_paused_forward_it_has_forgotten_its_state_and_is_not_taken_for_one_that_begins() -> None:
    assert seen("", "migration", crs.PAUSED, marks={res.PAUSE: "true"}).phase == "MIGRATE"
    assert seen("", "migration", crs.PAUSED).phase == "SETUP"
    assert seen("", "migration", crs.READY).phase == "SETUP"


# its words


def test_its_words_are_state_request_and_conditions() -> None:
    message = seen("KRaftDualWriting", "rollback", crs.RESTS, crs.READY).message
    assert message.startswith(
        "kafkaMetadataState KRaftDualWriting, strimzi.io/kraft rollback; Warning: KafkaMetadataStateWarning: The "
    )
    assert "(expected while it waits)" in message
    assert message.endswith("; Ready")
    assert "ZooKeeperRemoval" not in seen("ZooKeeper", "").message
    assert seen("", "").message.startswith("kafkaMetadataState not set, ")


@pytest.mark.parametrize(
    ("state", "asked", "expected"),
    [
        ("KRaftPostMigration", "migration", True),
        ("KRaftPostMigration", "rollback", False),
        ("KRaftMigration", "enabled", False),
        ("PreKRaft", "disabled", False),
    ],
)
def test_a_warning_is_expected_only_where_it_waits(state: str, asked: str, expected: bool) -> None:
    warning = {
        "type": "Warning",
        "reason": states.STATE_WARNING,
        "message": "can't be set to 'migration' in the post-migration",
    }
    assert ("expected while it waits" in seen(state, asked, warning).message) == expected


def test_a_pause_on_the_way_forward_is_worse_than_it_looks() -> None:
    marks = {res.PAUSE: "true"}
    assert "do not take the pause off" in seen("", "migration", crs.PAUSED, marks=marks).message
    assert "do not take" not in seen("", "migration", crs.PAUSED, marks={**marks, **MARK}).message
    assert "do not take" not in seen("ZooKeeper", "", crs.PAUSED, marks=marks).message
