# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the controllers are ready for the copy."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import ControllerObjects
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import Quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import STATEFUL_SET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import controllers, writes

from tests.unit.plugins.module_utils.fakes import FakeClient, statefulset
from tests.unit.plugins.module_utils.scenes import cluster_with


def quorum(*states: str) -> Quorum:
    return Quorum(
        3000, 1, 9, {3000: 0, 3001: 0, 3002: 0}, "jolokia", dict(zip((3000, 3001, 3002), states, strict=False))
    )


@pytest.mark.parametrize(
    ("flags", "leader", "states", "past"),
    [
        ((True, True, True), 3000, ("MIGRATION",) * 3, False),
        ((True, False, True), 3000, ("MIGRATION",) * 3, False),
        ((True, False, True), 3001, ("MIGRATION",) * 3, True),
        # another one leads since; and the flag was written back everywhere
        ((True, False, True), 3000, ("POST_MIGRATION",) * 3, True),
        ((True, True, True), 3000, ("POST_MIGRATION",) * 3, True),
        # no majority: the record may be where it was
        ((True, False, True), None, ("MIGRATION",) * 3, None),
        ((True, False, True), None, (), None),
        ((True, False, True), None, ("POST_MIGRATION",), True),
    ],
)
def test_the_point_of_no_return(
    flags: tuple[bool, ...],
    leader: int | None,
    states: tuple[str, ...],
    past: bool | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rule 6.1: the first active controller without the flag, whoever leads afterwards."""
    asked = []

    def read(_cluster: Any, *, migration: bool = False) -> Quorum:
        asked.append(migration)
        found = dataclasses.replace(quorum(*states), leader=leader)
        return found if migration else dataclasses.replace(found, migration_states={})

    monkeypatch.setattr(controllers, "read_quorum", read)
    cluster: Any = cluster_with(flags={f"kafka-kraft-{number}": flag for number, flag in enumerate(flags)})
    assert controllers.past_return(cluster) is past
    # the log is asked last: it costs a JVM start where there is no Jolokia
    assert asked[0] is False
    assert controllers.past_return(cluster_with(controllers=None)) is False


@pytest.mark.parametrize(
    ("states", "text"),
    [
        # seen with Kafka 3.9.2 on a busy machine: what a controller reports before it has looked at the log
        (
            ("PRE_MIGRATION", "NONE", "PRE_MIGRATION"),
            "controllers [3001] report ZkMigrationState NONE; when that stays",
        ),
        (("PRE_MIGRATION", "PRE_MIGRATION"), "controllers [3002] are not in PRE_MIGRATION yet"),
        (("PRE_MIGRATION", "POST_MIGRATION", "MIGRATION"), "controllers [3001] are not in PRE_MIGRATION yet"),
        (("PRE_MIGRATION", "MIGRATION", "MIGRATION"), ""),
    ],
)
def test_what_is_waited_for(states: tuple[str, ...], text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controllers, "_driver_waits", lambda _cluster, _quorum: "")
    cluster: Any = cluster_with()
    said = controllers.not_ready_for_migration(cluster, quorum(*states))
    assert said.startswith(text)
    assert bool(said) == bool(text)


def test_the_controllers_roll_by_themselves_after_the_migration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Held at OnDelete during it; at its end the StatefulSet is the user's, whose first new image has to roll."""
    monkeypatch.setattr(controllers, "node_id_base", lambda _cluster: 1000)
    client = FakeClient()
    cluster: Any = cluster_with(client=client, reload_objects=lambda: None)
    bodies = [{"kind": kind, "metadata": {"name": "kafka-kraft"}} for kind in ("Service", "PodDisruptionBudget")]
    objects = ControllerObjects(statefulset("kafka-kraft"), bodies[0], bodies[1], None)
    controllers.create(cluster, objects)
    made = client.get(STATEFUL_SET, "kafka-kraft", "n")
    assert made["spec"]["updateStrategy"] == {"type": "OnDelete"}
    assert json.loads(writes.annotations_of(made)[names.UPDATE_STRATEGY]) == {"type": "RollingUpdate"}
    made["status"] = {"observedGeneration": made["metadata"]["generation"], "updatedReplicas": 3}
    assert writes.restore_strategy(client, client.put(made)) is True  # type: ignore[arg-type]
    after = client.get(STATEFUL_SET, "kafka-kraft", "n")
    assert after["spec"]["updateStrategy"] == {"type": "RollingUpdate"}
