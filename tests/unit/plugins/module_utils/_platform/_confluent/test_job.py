# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a job says, in whatever spelling; and which annotations are, or nearly are, those of the migration."""

from __future__ import annotations

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb, Wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.job import (
    CONDITION,
    message_of,
    phase_of,
    progress_of,
    sub_phase_of,
)

from tests.unit.plugins.module_utils._platform._confluent import crs

SPELLINGS = {
    phases.SETUP: ("SETUP", "Setup"),
    phases.MIGRATE: ("MIGRATE", "migrate"),
    phases.DUAL_WRITE: ("DUAL-WRITE", "DUAL_WRITE", "DualWrite", "dual write"),
    phases.FINALIZE: ("MoveToKRaftControllerOnly", "MoveToKRaft", "MOVE_TO_KRAFT_CONTROLLER_ONLY", "MoveToKraft"),
    phases.ROLLBACK: ("RollbackToZk", "RollbackToZK", "ROLLBACK_TO_ZK"),
    phases.COMPLETE: ("COMPLETE", "Complete"),
    phases.FAILURE: ("FAILURE", "Failure"),
}


@pytest.mark.parametrize(("name", "spelled"), [(name, spelled) for name, many in SPELLINGS.items() for spelled in many])
def test_a_phase_whatever_its_spelling(name: str, spelled: str) -> None:
    assert phase_of(spelled) == name


@pytest.mark.parametrize("spelled", ["", "FINALIZE", "SomethingNew"])
def test_a_phase_that_is_not_known_stays_as_it_is(spelled: str) -> None:
    assert phase_of(spelled) == spelled


@pytest.mark.parametrize("name", list(phases.BY_NAME))
def test_each_sub_phase_with_and_without_its_prefix(name: str) -> None:
    assert sub_phase_of(name) == sub_phase_of(f"SubPhase{name}") == sub_phase_of(name.lower()) == name


@pytest.mark.parametrize("spelled", ["", "SetupSomethingNew"])
def test_a_sub_phase_that_is_not_known_stays_as_it_is(spelled: str) -> None:
    assert sub_phase_of(spelled) == spelled


def test_what_the_newest_condition_says_on_one_line() -> None:
    conditions = [
        {"type": CONDITION, "message": "of before", "lastTransitionTime": "2026-01-01T00:00:00Z"},
        {"type": CONDITION, "message": "KRaft migration\n  workflow", "lastTransitionTime": "2026-01-02T00:00:00Z"},
        {"type": "other", "message": "newer still", "lastTransitionTime": "2026-01-03T00:00:00Z"},
    ]
    assert message_of({"status": {"conditions": conditions}}) == "KRaft migration workflow"
    assert message_of({"status": {"conditions": conditions[2:]}}) == "newer still"
    assert message_of({"status": {"conditions": [{"type": CONDITION, "reason": "KRaftMigrationComplete"}]}}) == (
        "KRaftMigrationComplete"
    )
    assert message_of({"status": {"conditions": None}}) == message_of({}) == ""


def test_what_a_job_says() -> None:
    assert progress_of(None) == Progress()
    assert progress_of({"metadata": {}}) == Progress(started=True)
    seen = progress_of(crs.job("DUAL_WRITE", "SubPhaseMigrateDualWrite", message="Paused state"))
    assert seen == Progress(True, phases.DUAL_WRITE, "MigrateDualWrite", "Paused state")
    assert seen.waits_for is Wait.DECISION
    assert progress_of(crs.job("Failure", "SetupPreChecks")).failed


@pytest.mark.parametrize(
    ("annotations", "asked"),
    [
        ({res.FINALIZE: "true"}, {Verb.FINALIZE}),
        ({res.ROLLBACK: " True "}, {Verb.ROLLBACK}),
        ({res.FINALIZE: "true", res.ROLLBACK: "true"}, {Verb.FINALIZE, Verb.ROLLBACK}),
        ({res.FINALIZE: "false", res.ROLLBACK: ""}, set()),
        ({res.CONTINUE: "true", res.RELEASE: "true"}, set()),
        ({}, set()),
    ],
)
def test_what_it_was_asked_for(annotations: dict[str, str], asked: set[Verb]) -> None:
    job = crs.job()
    job["metadata"]["annotations"] = annotations
    assert progress_of(job).asked == asked


@pytest.mark.parametrize("spelled", ["RollbackToZk", "RollbackToZK"])
@pytest.mark.parametrize("prefix", ["", "SubPhase"])
@pytest.mark.parametrize("variant", ["", "FromSetup"])
def test_both_waits_for_the_znodes(spelled: str, prefix: str, variant: str) -> None:
    seen = progress_of(crs.job(spelled, f"{prefix}RollbackToZk{variant}WaitForManualNodeRemovalFromZk"))
    assert seen.waits_for is Wait.ZNODES


def test_an_annotation_that_is_none() -> None:
    assert res.annotation(None, res.LOCK) == res.annotation({"metadata": {"annotations": None}}, res.LOCK) == ""
    assert not res.is_on({}, res.LOCK)


@pytest.mark.parametrize("key", res.KEYS)
def test_the_keys_themselves_are_no_near_misses(key: str) -> None:
    assert res.near_misses(crs.kafka({key: "true"})) == {}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("platform.confluent.io/kraft-migration-trigger-finalise-to-kraft", res.FINALIZE),
        ("platform.confluent.io/kraft-migration-trigger-rollback-to-zookeeper", res.ROLLBACK),
        ("platform.confluent.io/kraft-migration-hold-kraft-creation", res.HOLD),
        # the one key that has no kraft-migration- before it
        ("platform.confluent.io/kraft-migration-continue-post-zk-node-removal", res.CONTINUE),
        ("platform.confluent.io/kraft-migration-release-lock", res.RELEASE),
        ("platform.confluent.io/kraft-migration-ibp", res.IBP),
        ("confluent.platform.io/kraft-migration-cr-lock", None),
        ("platform.confluent.com/kraft-migration-cr-lock", res.LOCK),
        ("platform.confluent.io.kraft-migration-cr-lock", None),
        ("kraft-migration-trigger-finalize-to-kraft", res.FINALIZE),
        ("kraft.kafkaops.io/cr-lock", None),
        ("platform.confluent.io/broker-id-offset", None),
        ("platform.confluent.io/use-log4j1", None),
        ("example.com/kraft-migration-cr-lock", None),
        ("owner", None),
    ],
)
def test_keys_that_are_nearly_right(written: str, meant: str | None) -> None:
    assert res.near_misses(crs.kafka({written: "true"})) == ({written: meant} if meant else {})


def test_an_object_without_annotations_has_no_near_misses() -> None:
    assert res.near_misses({}) == res.near_misses({"metadata": {"annotations": None}}) == {}
