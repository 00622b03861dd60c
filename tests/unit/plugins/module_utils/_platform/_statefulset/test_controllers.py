# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controllers' objects are the user's in the end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import ControllerObjects
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import STATEFUL_SET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import controllers, writes

from tests.unit.plugins.module_utils.fakes import FakeClient, statefulset
from tests.unit.plugins.module_utils.scenes import cluster_with


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
    assert writes.restore_strategy(client, client.put(made), 5.0) is True  # type: ignore[arg-type]
    after = client.get(STATEFUL_SET, "kafka-kraft", "n")
    assert after["spec"]["updateStrategy"] == {"type": "RollingUpdate"}
