# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 3: the end of a rollback is proved by looking, and each thing that is left, or cannot be looked at, is named."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Controller
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import NotRunning, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import rollback_proof
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import stage_objects, volumes
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.handover import Heads

from tests.unit.plugins.module_utils.fakes import OURS, FakeClient, controller, ours, pod, statefulset
from tests.unit.plugins.module_utils.scenes import at_stage, cluster_with

PODS = [f"kafka-{number}" for number in range(3)]
BROKER, KRAFT = Controller(1, -1, True), Controller(3000, 7, False)
CLAIM = {
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "kraft-data-kafka-kraft-0", "namespace": "n", "labels": OURS},
}
SERVICE = ours({"kind": "Service", "metadata": {"name": "kafka-kraft", "namespace": "n"}})


def heads(held: Controller | None, migration: Any = None) -> Heads:
    return Heads(None, None, migration, held, 3, None)


def broker(*logs: str) -> Any:
    return SimpleNamespace(metadata_logs=logs, meta=())


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A cluster that is back; ``left(...)`` changes it and returns what the proof says."""
    monkeypatch.setattr(volumes, "claim_findings", lambda _cluster: [])

    def left(held: Any = BROKER, *, migration: Any = None, unused: Any = (), objects: Any = (), **changed: Any) -> Any:
        monkeypatch.setattr(rollback_proof, "read_heads", lambda _session: heads(held, migration))
        monkeypatch.setattr(stage_objects, "unused", lambda _cluster: (list(unused), []))
        base = {
            "zookeeper": "session",
            "client": FakeClient(*objects),
            "controllers": None,
            "statefulsets": [statefulset()],
            "modes": dict.fromkeys(PODS, state.MODE_ZOOKEEPER),
            "facts": {name: broker() for name in PODS},
        }
        return rollback_proof.prove(cluster_with(**{**base, **changed}))

    return left


def test_what_is_proved(scene: Any) -> None:
    proof = {line["what"]: line["evidence"] for line in scene()}
    assert len(proof) == 8
    assert proof["znode /controller"] == "held by the session of broker 1"
    assert proof["processes of the brokers"] == "3 of 3 in plain ZooKeeper mode"


LEFT: list[tuple[dict[str, Any], str]] = [
    ({"migration": SimpleNamespace()}, "znode /migration: /migration"),
    ({"held": KRAFT}, "znode /controller: /controller"),
    ({"held": None}, "znode /controller: /controller"),
    ({"objects": [controller("kafka-kraft-1")]}, "controllers: kafka-kraft-1"),
    ({"controllers": ours(statefulset("kafka-kraft"))}, "controllers: StatefulSet kafka-kraft"),
    ({"objects": [SERVICE]}, "controllers: Service kafka-kraft"),
    ({"objects": [CLAIM]}, "volumes of the controllers: kraft-data-kafka-kraft-0"),
    ({"statefulsets": [at_stage("kafka", "migration", "")]}, "settings of the brokers: kafka"),
    (
        {"pods": {"kafka-1": pod("kafka-1", annotations={names.SETTINGS_HASH: "old"})}},
        "settings of the brokers: kafka-1",
    ),
    (
        {"modes": {"kafka-0": state.MODE_ZOOKEEPER, "kafka-1": state.MODE_MIGRATING}},
        "processes of the brokers: kafka-1",
    ),
    ({"modes": {"kafka-0": state.MODE_UNKNOWN}}, "processes of the brokers: kafka-0"),
    ({"facts": {"kafka-0": broker("/data/__cluster_metadata-0")}}, "metadata log of the brokers: kafka-0 has one"),
    ({"facts": {"kafka-0": broker(), "kafka-2": Unknown("x")}}, "metadata log of the brokers: kafka-2"),
    ({"facts": {"kafka-2": NotRunning("x")}}, "metadata log of the brokers: kafka-2"),
    ({"unused": ["kafka-config-1"]}, "ConfigMaps and Secrets of stages: ConfigMap/kafka-config-1"),
]


@pytest.mark.parametrize(("changed", "said"), LEFT, ids=[said for _changed, said in LEFT])
def test_what_is_left_is_named(scene: Any, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(KraftError) as raised:
        scene(**changed)
    assert raised.value.message == (
        f"n/kafka is not ready for a new attempt, still there: {said}; run rollback.yml again, and remove by hand only what it names once more"
    )
    assert raised.value.code == "rollback-pending"
