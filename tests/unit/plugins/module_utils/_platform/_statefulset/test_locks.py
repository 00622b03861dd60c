# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of a migration, and safety rule 6: whose objects these are."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.marks import annotations_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import blocking
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import STATEFUL_SET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import locks
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.registry import open_cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, Forbidden, Refused

from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient, ours, statefulset

FLUX = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
ARGO = {"argocd.argoproj.io/tracking-id": "argocd_shop:apps/StatefulSet:n/kafka"}


def cluster_of(*items: Any, accept: Any = (), **more: Any) -> Any:
    client: Any = FakeClient(*items)
    return open_cluster(client, {**PARAMS, "accept": list(accept), **more})


def brokers(**metadata: Any) -> Any:
    item = statefulset()
    item["metadata"].update(metadata)
    return item


def controllers() -> Any:
    return ours(statefulset("kafka-kraft"))


def test_the_brokers_and_the_controllers_are_managed() -> None:
    cluster = cluster_of(brokers(), controllers())
    assert [item["metadata"]["name"] for item in locks.managed(cluster)] == ["kafka", "kafka-kraft"]
    assert [item["metadata"]["name"] for item in locks.managed(cluster_of(brokers()))] == ["kafka"]
    # somebody else's, which only has the name: it is neither locked nor annotated
    assert [item["metadata"]["name"] for item in locks.managed(cluster_of(brokers(), statefulset("kafka-kraft")))] == [
        "kafka"
    ]


def test_lock_and_release() -> None:
    cluster = cluster_of(brokers(), controllers())
    assert locks.current_id(cluster) == ""
    assert locks.annotate(cluster, "m1", "me@host:1:2", "2026-01-01T00:00:00Z") is True
    assert locks.current_id(cluster) == "m1"
    for item in locks.managed(cluster):
        marks = annotations_of(item)
        assert marks[names.LOCK_HOLDER] == "me@host:1:2 since 2026-01-01T00:00:00Z"
        assert names.TEMPLATE_DIGEST in marks
    assert locks.annotate(cluster, "m1", "me", "later") is False
    assert locks.release(cluster) is True
    assert [annotations_of(item) for item in locks.managed(cluster)] == [{}, {}]
    assert locks.release(cluster) is False


def test_the_controllers_join_the_lock_when_they_are_made() -> None:
    cluster = cluster_of(brokers())
    locks.annotate(cluster, "m1", "me", "t")
    cluster.client.put(controllers())
    cluster.changed(Part.OBJECTS)
    cluster.client.calls.clear()
    assert locks.annotate(cluster, "m1", "me", "t") is True
    assert cluster.client.calls == [("patch", "StatefulSet", "kafka-kraft")]


def test_a_second_migration_is_refused_and_told_who_holds_the_lock() -> None:
    cluster = cluster_of(brokers())
    locks.annotate(cluster, "m1", "ann@laptop:1:2", "2026-01-01T00:00:00Z")
    with pytest.raises(Refused) as raised:
        locks.annotate(cluster, "m2", "me", "t")
    assert raised.value.code == "lock-held"
    assert "locked by migration m1 (ann@laptop:1:2 since 2026-01-01T00:00:00Z)" in raised.value.message
    assert locks.current_id(cluster) == "m1"


def test_a_template_that_was_changed_is_found_by_the_lock() -> None:
    """Rule 6: a changed object stops the run before anything else is done."""
    cluster = cluster_of(brokers())
    locks.annotate(cluster, "m1", "me", "t")
    item = cluster.client.get(STATEFUL_SET, "kafka", "n")
    item["spec"]["template"]["spec"]["containers"][0]["image"] = "apache/kafka:evil"
    cluster.client.put(item)
    cluster.changed()
    with pytest.raises(Conflict) as raised:
        locks.check(cluster, "m1")
    assert raised.value.code == "changed-by-others"


def test_the_annotation_is_written_to_the_very_object_that_was_read() -> None:
    cluster = cluster_of(brokers())
    assert locks.current_id(cluster) == ""
    # its status moves on all the time, that is no reason to stop
    moved = cluster.client.get(STATEFUL_SET, "kafka", "n")
    cluster.client.put({**moved, "status": {"readyReplicas": 1}})
    assert locks.annotate(cluster, "m1", "me", "t") is True
    cluster = cluster_of(brokers())
    assert locks.current_id(cluster) == ""
    cluster.client.drop("StatefulSet", "n", "kafka")
    cluster.client.put(brokers(uid="another"))
    with pytest.raises(Conflict):
        locks.annotate(cluster, "m1", "me", "t")


def test_an_owned_statefulset_is_refused() -> None:
    """Rule 6: objects of another controller are not touched, and nobody can accept that away."""
    owned = brokers(ownerReferences=[{"kind": "Kafka", "name": "prod", "controller": True}])
    cluster = cluster_of(owned, accept=["owned-by-controller"])
    with pytest.raises(Refused) as raised:
        locks.annotate(cluster, "m1", "me", "t")
    assert raised.value.code == "owned-by-controller"
    assert "StatefulSet n/kafka belongs to Kafka/prod" in raised.value.message
    assert cluster.client.calls == []


@pytest.mark.parametrize(
    ("marks", "named"),
    [
        ({"labels": FLUX}, "Flux Kustomization flux-system/apps"),
        ({"annotations": ARGO}, "Argo CD Application argocd/shop"),
    ],
)
def test_gitops_that_is_not_seen_paused_is_refused_unless_accepted(marks: Any, named: Any) -> None:
    """Rule 6: what would revert every change is named, and refused before the start."""
    cluster = cluster_of(brokers(**marks))
    found = locks.foreign_findings(cluster)
    assert [item.code for item in found] == ["managed-by-gitops"]
    assert f"is managed by {named}, which was not found in namespace" in found[0].sentence
    with pytest.raises(Refused) as raised:
        locks.annotate(cluster, "m1", "me", "t")
    assert raised.value.code == "managed-by-gitops"
    assert cluster.client.calls == []
    assert blocking(found, ["managed-by-gitops"]) == []
    locks.annotate(cluster_of(brokers(**marks), accept=["managed-by-gitops"]), "m1", "me", "t")


def test_gitops_that_is_seen_paused_is_fine() -> None:
    suspended = {
        "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": "flux-system"},
        "spec": {"suspend": True},
    }
    assert locks.foreign_findings(cluster_of(brokers(labels=FLUX), suspended)) == []
    running = {**suspended, "spec": {}}
    (found,) = locks.foreign_findings(cluster_of(brokers(labels=FLUX), running))
    assert "which does not appear to be paused; pause it" in found.sentence


def test_gitops_that_may_not_be_read_is_not_seen_paused() -> None:
    cluster = cluster_of(brokers(annotations=ARGO))
    cluster.client.fail["get", "Application"] = Forbidden("may not get applications")
    (found,) = locks.foreign_findings(cluster)
    assert found.code == "managed-by-gitops"
    assert "which this account may not read (get applications.argoproj.io in namespace argocd)" in found.sentence
