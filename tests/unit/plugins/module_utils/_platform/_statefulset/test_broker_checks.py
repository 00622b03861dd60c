# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Preflight's look at the brokers' StatefulSets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import broker_checks

from tests.unit.plugins.module_utils.fakes import FakeClient, pod, statefulset
from tests.unit.plugins.module_utils.scenes import at_stage, cluster_with

REVISION = "controller-revision-hash"


def _pods(*revisions: str) -> dict[str, Any]:
    return {
        f"kafka-{n}": pod(f"kafka-{n}", labels={"app": "kafka", REVISION: item}) for n, item in enumerate(revisions)
    }


def _set(**metadata: Any) -> dict[str, Any]:
    item = statefulset("kafka")
    item["metadata"].update(metadata)
    item["status"]["updateRevision"] = "new"
    return item


def test_pods_of_an_older_revision_are_found() -> None:
    """OnDelete, a template that was edited and not rolled out: the migration would ship the edit."""
    cluster: Any = cluster_with(statefulsets=[_set()], pods=_pods("new", "old", "new"), controllers=None)
    cluster.container = "kafka"
    cluster.facts = {}
    (found,) = broker_checks.findings(cluster)
    assert found.code == "rollout-pending"
    assert "kafka-1 at old" in found.sentence
    cluster.pods = _pods("new", "new", "new")
    assert broker_checks.rollouts(cluster) == []


@pytest.mark.parametrize(
    "item",
    [
        _set(annotations={names.LOCK: "m1"}),
        {**at_stage("kafka", "migration"), "status": {"observedGeneration": 1, "updateRevision": "new"}},
    ],
)
def test_a_roll_of_ours_that_was_interrupted_is_resumed(item: Any) -> None:
    cluster: Any = cluster_with(statefulsets=[item], pods=_pods("new", "old", "new"), controllers=None)
    assert broker_checks.rollouts(cluster) == []


def test_two_budgets_over_the_brokers() -> None:
    def budget(name: str) -> dict[str, Any]:
        spec = {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "kafka"}}}
        return {"kind": "PodDisruptionBudget", "metadata": {"name": name, "namespace": "n"}, "spec": spec}

    cluster: Any = cluster_with(
        client=FakeClient(budget("a"), budget("b")),
        statefulsets=[_set()],
        pods=_pods("new"),
        facts={},
        container="kafka",
    )
    assert [(item.code, item.where) for item in broker_checks.findings(cluster)] == [("budget-blocks", "a and b")]


def _on(volume: dict[str, Any], **changed: Any) -> Any:
    item = _set()
    item["spec"]["template"]["spec"] = {
        "containers": [{"name": "kafka", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}],
        "volumes": [{"name": "data", **volume}],
    }
    facts = SimpleNamespace(log_dirs=("/data/kafka", "logs"), real_dirs={"logs": "/data/logs"})
    topics = {
        "t": SimpleNamespace(partitions={0: (1, 2), 1: (2,)}),
        "single": SimpleNamespace(partitions={0: (1,)}),
    }
    base = {"statefulsets": [item], "facts": {"kafka-0": facts, "other-0": facts}, "container": "kafka"}
    return cluster_with(**{**base, "view": SimpleNamespace(topics=topics), **changed})


def test_data_that_a_restart_loses_names_what_is_lost() -> None:
    found = broker_checks.findings(_on({"emptyDir": {}}, pods=_pods("new"), controllers=None))
    assert [item.where for item in found] == ["kafka: /data/kafka", "kafka: /data/logs"]
    assert "LOST (single-0, t-1)" in found[0].sentence
    (found_again, _rest) = broker_checks.data(_on({"emptyDir": {}}, zookeeper_connect=None))
    assert "would be LOST" in found_again.sentence


def test_data_on_a_claim_is_fine() -> None:
    assert broker_checks.data(_on({"persistentVolumeClaim": {"claimName": "x"}})) == []
