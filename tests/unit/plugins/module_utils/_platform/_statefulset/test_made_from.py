# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""That a migration is over is taken from the objects when all of them say so; otherwise the processes are asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import status
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform import workloads as cluster_objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import made_from
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.registry import open_cluster

from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient, controller, ours, pod
from tests.unit.plugins.module_utils.scenes import at_stage, facts

OVER = "n/kafka is FINALIZED: already migrated to KRaft, nothing to do"


def marks(stage: str, digest: str = "new") -> dict[str, str]:
    return {names.STAGE: stage, names.SETTINGS_HASH: digest}


def objects() -> dict[str, Any]:
    """A finalized cluster, by name."""
    found = [
        at_stage("kafka", "kraft"),
        ours(at_stage("kafka-kraft", "final")),
        *(pod(f"kafka-{number}", annotations=marks("kraft")) for number in range(3)),
        *(controller(f"kafka-kraft-{number}", annotations=marks("final")) for number in range(3)),
    ]
    return {item["metadata"]["name"]: item for item in found}


def made_of(found: dict[str, Any], **params: Any) -> Any:
    return open_cluster(FakeClient(*found.values()), {**PARAMS, **params})  # type: ignore[arg-type]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pods whose processes were asked; none of them says that the migration is over."""
    pods: list[str] = []

    def read(_client: Any, _namespace: str, name: str, _container: str) -> Any:
        pods.append(name)
        return facts(broker_id=name[-1], zookeeper_connect="zookeeper:2181")

    monkeypatch.setattr(cluster_objects, "pod_facts", read)
    return pods


def test_objects_of_a_finalized_cluster_are_enough(asked: list[str]) -> None:
    cluster = made_of(objects())
    assert status.already_over(cluster) == OVER
    assert status.reported_state(cluster) == "FINALIZED"
    assert asked == []


def change(name: str, **metadata: Any) -> Callable[[dict[str, Any]], None]:
    return lambda found: found[name]["metadata"].update(metadata)


def template(name: str, annotations: Any) -> Callable[[dict[str, Any]], None]:
    return lambda found: found[name]["spec"]["template"].update(metadata={"annotations": annotations})


def spec(name: str, **values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda found: found[name]["spec"].update(values)


def without(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda found: found.__delitem__(name)


def not_ready(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda found: found[name]["status"].update(conditions=[{"type": "Ready", "status": "False"}])


def of_another_owner(name: str) -> Callable[[dict[str, Any]], None]:
    return change(name, ownerReferences=[{"kind": "StatefulSet", "name": "x", "uid": "uid-x"}])


@pytest.mark.parametrize("name", ["kafka-2", "kafka-kraft-0"])
@pytest.mark.parametrize(
    "missing",
    [
        lambda name: change(name, annotations=marks("kraft" if name == "kafka-2" else "final", "old")),
        lambda name: change(name, annotations=marks("migration" if name == "kafka-2" else "migrating")),
        lambda name: change(name, annotations=None),
        lambda name: change(name, deletionTimestamp="2026-01-01T00:00:00Z"),
        not_ready,
        without,
        of_another_owner,
    ],
    ids=["other hash", "other stage", "no annotations", "is being deleted", "not Ready", "missing", "another owner"],
)
def test_a_pod_of_which_it_is_not_known_has_to_be_asked(asked: list[str], missing: Any, name: str) -> None:
    found = objects()
    missing(name)(found)
    cluster = made_of(found)
    assert not made_from.finalized(cluster)
    assert status.already_over(cluster) == ""
    assert "kafka-0" in asked


@pytest.mark.parametrize(
    "missing",
    [
        template("kafka", marks("migration")),
        template("kafka", {names.STAGE: "kraft"}),
        template("kafka", None),
        template("kafka-kraft", marks("migrating")),
        template("kafka-kraft", {names.STAGE: "final"}),
        template("kafka-kraft", None),
        change("kafka-kraft", labels={}),
        change("kafka-kraft", uid="uid-made-again"),
        without("kafka-kraft"),
        spec("kafka", replicas=4),
        spec("kafka", replicas=2),
        spec("kafka-kraft", replicas=0),
        spec("kafka", ordinals={"start": 1}),
    ],
)
def test_a_statefulset_of_which_it_is_not_known(asked: list[str], missing: Any) -> None:
    found = objects()
    missing(found)
    cluster = made_of(found)
    assert not made_from.finalized(cluster)
    assert status.already_over(cluster) == ""
    assert asked


def test_no_controllers_and_none_wanted_is_no_end(asked: list[str]) -> None:
    found = {name: item for name, item in objects().items() if not name.startswith("kafka-kraft-")}
    found["kafka-kraft"]["spec"]["replicas"] = 0
    assert not made_from.finalized(made_of(found))


def test_every_statefulset_of_the_brokers_has_to_be_at_the_end(asked: list[str]) -> None:
    """One that only matches the name was never touched by us."""
    found = objects()
    found["other"] = at_stage("other", "kraft")
    found["other"]["spec"]["template"]["metadata"] = {}
    found |= {f"other-{number}": pod(f"other-{number}", owner="uid-other") for number in range(3)}
    assert not made_from.finalized(made_of(found, statefulsets=["kafka", "other"]))
    found["other"]["spec"]["template"]["metadata"] = {"annotations": marks("kraft")}
    for number in range(3):
        found[f"other-{number}"]["metadata"]["annotations"] = marks("kraft")
    assert made_from.finalized(made_of(found, statefulsets=["kafka", "other"]))
