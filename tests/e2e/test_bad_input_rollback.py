# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in the way of a rollback: each named in one sentence, and nothing touched that must not be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import (
    CONFIG_MAP,
    POD,
    PVC,
    STATEFUL_SET,
)

from tests.e2e.places import Place, one_sentence, refused, tree

STALE = b'{"version":0,"kraft_controller_id":-1,"kraft_controller_epoch":-1,"kraft_metadata_offset":-1,"kraft_metadata_epoch":-1}'
HOLD = "example.com/hold"


@contextmanager
def migration(place: Place, data: bytes = STALE) -> Iterator[None]:
    """A /migration that a controller of an earlier attempt left; gone afterwards, whoever removed it."""
    with place.zookeeper() as zk:
        zk.create("/migration", data)
    try:
        yield
    finally:
        with place.zookeeper() as zk:
            if zk.exists("/migration"):
                zk.delete("/migration")


@pytest.fixture
def tidy(place: Place) -> Iterator[Place]:
    """The place without what a rollback that was carried out leaves: journal and lock."""
    try:
        yield place
    finally:
        place.play("unlock", kraft_release=place.name)
        place.remove(CONFIG_MAP, names.journal_name(place.name))


def znodes(place: Place) -> dict[str, bytes]:
    """Every znode."""
    with place.zookeeper() as zk:
        return dict(tree(zk, "/"))


def test_nothing_to_roll_back(place: Place) -> None:
    with place.unchanged():
        done = place.play("rollback")
    assert done.status == 0, done.output
    assert done.changed == []
    assert "nothing to roll back" in done.result("RollbackPlan")["msg"]


def test_check_mode_shows_the_plan_and_writes_nothing(place: Place) -> None:
    with migration(place), place.unchanged():
        done = place.play("rollback", "--check")
        assert done.status == 0, done.output
        planned = {step["sub_phase"]: step["decision"] for step in done.result("RollbackPlan")["plan"]}
        assert planned["RollbackToZkFromSetupWaitForManualNodeRemovalFromZk"] == "needed"
        assert planned["RollbackToZkEnsureKafkaRollIsComplete2"] == "done"


def test_a_migration_znode_without_a_quorum_is_taken_away(tidy: Place) -> None:
    pods = {pod["metadata"]["uid"] for pod in tidy.client.list(POD, tidy.namespace)}
    with migration(tidy):
        done = tidy.play("rollback")
        assert done.status == 0, done.output
        assert "/migration" not in znodes(tidy)
    assert {pod["metadata"]["uid"] for pod in tidy.client.list(POD, tidy.namespace)} == pods


def test_a_zookeeper_that_cannot_be_reached(place: Place) -> None:
    with migration(place), place.unchanged():
        done = place.play("rollback", kraft_zookeeper_connect="127.0.0.1:9/kafka")
        refused(done, "zookeeper-unreachable", "127.0.0.1:9")


def test_originals_that_are_gone(place: Place) -> None:
    """A template at a stage whose original nobody kept: named before anything is touched, with the way to supply it."""
    change: dict[str, Any] = {"spec": {"template": {"metadata": {"annotations": {names.STAGE: "migration"}}}}}
    back: dict[str, Any] = {"spec": {"template": {"metadata": {"annotations": {names.STAGE: None}}}}}
    place.client.patch(STATEFUL_SET, place.name, place.namespace, change)
    try:
        with place.unchanged():
            done = place.play("rollback")
            refused(
                done,
                "originals-missing",
                f"Secret {names.originals_name(place.name)}",
                "controllerrevisions",
                "kafka.json",
            )
    finally:
        place.client.patch(STATEFUL_SET, place.name, place.namespace, back)


def test_an_object_that_somebody_changed_meanwhile(tidy: Place) -> None:
    locked = tidy.play("setup", "--tags", "SetupAddMigrationAnnotation")
    assert locked.status == 0, locked.output
    with tidy.template({"terminationGracePeriodSeconds": 77}), migration(tidy):
        before = znodes(tidy)
        done = tidy.play("rollback")
        refused(done, "changed-by-others", "StatefulSet bad-input/kafka", "changed during the migration")
        assert znodes(tidy).keys() == before.keys()


def test_a_volume_that_refuses_to_go(tidy: Place) -> None:
    name = "kraft-data-kafka-kraft-0"
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "finalizers": [HOLD]},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    tidy.client.create(PVC, claim, tidy.namespace)
    try:
        done = tidy.play("rollback", kraft_wait_timeout=3)
        assert done.status != 0
        assert done.failure["code"] == "controller-volumes-leftover", done.output
        one_sentence(done.failure["msg"], name, HOLD, "remove what holds them")
    finally:
        tidy.client.patch(PVC, name, tidy.namespace, {"metadata": {"finalizers": None}})
    again = tidy.play("rollback")
    assert again.status == 0, again.output
    assert tidy.client.find(PVC, name, tidy.namespace) is None


def test_a_quorum_that_does_not_stop(tidy: Place) -> None:
    """ZooKeeper is left alone as long as a controller may write to it."""
    labels = {names.LABEL_CLUSTER: tidy.name, names.LABEL_ROLE: names.ROLE_CONTROLLER}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "kafka-kraft-0", "labels": labels, "finalizers": [HOLD]},
        "spec": {"containers": [{"name": "kafka", "image": "none.invalid/none"}], "nodeSelector": {"none": "such"}},
    }
    tidy.client.create(POD, pod, tidy.namespace)
    try:
        with migration(tidy):
            done = tidy.play("rollback", kraft_pod_timeout=3)
            assert done.status != 0
            assert done.failure["code"] == "controllers-not-ready", done.output
            one_sentence(done.failure["msg"], "kafka-kraft-0", HOLD, "ZooKeeper was not touched", "--grace-period=0")
            assert "/migration" in znodes(tidy)
    finally:
        tidy.client.patch(POD, "kafka-kraft-0", tidy.namespace, {"metadata": {"finalizers": None}})
