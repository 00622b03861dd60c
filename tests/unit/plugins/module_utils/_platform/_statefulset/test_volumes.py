# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules 3 and 6: the volumes of the controllers are those with our labels; others only have a fitting name, and data on them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import checks, names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import quorum_removal, rollback_proof
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.quorum_removal import Evidence
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import checks as checks_of_objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import controllers, volumes
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, Refused
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.handover import Heads

from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient, ours, pod, statefulset
from tests.unit.plugins.module_utils.scenes import cluster_with

TEMPLATES = [{"metadata": {"name": "kraft-data"}}]


def claim(name: str, cluster: str = "", **metadata: Any) -> dict[str, Any]:
    labels = {names.LABEL_CLUSTER: cluster, names.LABEL_ROLE: names.ROLE_CONTROLLER} if cluster else {}
    return {
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": "n", "labels": labels, **metadata},
        "spec": {"volumeName": f"pv-{name}"},
    }


def cluster_of(*items: Any, **changed: Any) -> Any:
    there = ours(statefulset("kafka-kraft", volumeClaimTemplates=TEMPLATES))
    cluster = cluster_with(
        client=FakeClient(*items),
        controllers=changed.pop("controllers", there),
        params={**PARAMS, "wait_timeout": 0.3},
        **changed,
    )
    cluster.changed = lambda *_parts: None
    return cluster


#: clusters kafka and prod-kafka in one namespace: the name of one ends with the name of the other
NEIGHBOURS = [claim(f"kraft-data-prod-kafka-kraft-{number}", "prod-kafka") for number in range(3)]
MINE = [claim(f"kraft-data-kafka-kraft-{number}", "kafka") for number in range(3)]


def test_the_volumes_of_a_cluster_whose_name_contains_ours_are_theirs() -> None:
    """Neither told of as left over ("delete them") nor deleted."""
    cluster = cluster_of(*NEIGHBOURS, claim("data-kafka-0"), claim("x-my-kafka-kraft-1"))
    assert volumes.leftover_volumes(cluster) == []
    assert volumes.claim_findings(cluster) == []
    view: Any = SimpleNamespace(
        cluster_id="x",
        migration_null=False,
        controller=None,
        migration=None,
        topics={},
        brokers={},
        pending_deletions=(),
        reassigning=(),
        controller_epoch=1,
    )
    assert checks.stored(view, "/k", False, volumes.leftover_volumes(cluster)) == []
    quorum_removal.delete(cluster, Evidence(), lambda _text: None)
    assert cluster.client.calls == []


def test_a_rollback_deletes_ours_and_no_other() -> None:
    unlabelled = claim("kraft-data-kafka-kraft-7")
    cluster = cluster_of(*NEIGHBOURS, *MINE, unlabelled, claim("data-kafka-kraft-0"))
    evidence = Evidence()
    quorum_removal.delete(cluster, evidence, lambda _text: None)
    assert [name for _verb, _kind, name in cluster.client.calls] == [item["metadata"]["name"] for item in MINE]
    assert len(evidence.deleted) == 3


def test_a_volume_of_our_cluster_that_is_no_controllers_is_no_leftover() -> None:
    """Whoever labels the brokers' claims with the cluster's name does not have them deleted."""
    labels = {names.LABEL_CLUSTER: "kafka"}
    cluster = cluster_of(*(claim(f"data-kafka-{number}", labels=labels) for number in range(3)))
    assert volumes.leftover_volumes(cluster) == []
    quorum_removal.delete(cluster, Evidence(), lambda _text: None)
    assert cluster.client.calls == []


def test_claims_of_others_are_told_of_before_there_are_controllers() -> None:
    cluster = cluster_of(claim("kraft-data-kafka-kraft-0"), controller_pods={})
    assert [item.where for item in checks_of_objects.object_findings(cluster)] == [
        "PersistentVolumeClaim n/kraft-data-kafka-kraft-0"
    ]
    # once they run, they have their volumes
    cluster.controller_pods = {"kafka-kraft-0": pod("kafka-kraft-0")}
    assert checks_of_objects.object_findings(cluster) == []


def test_a_volume_that_was_made_again_meanwhile_is_not_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The uid that was read goes with the deletion."""
    cluster = cluster_of(*MINE)
    read = volumes.leftover_claims(cluster)
    cluster.client.put({**MINE[0], "metadata": {**MINE[0]["metadata"], "uid": "another"}})
    monkeypatch.setattr(volumes, "leftover_claims", lambda _cluster: read)
    with pytest.raises(Conflict):
        quorum_removal.delete(cluster, Evidence(), lambda _text: None)
    assert cluster.client.names("PersistentVolumeClaim") == [item["metadata"]["name"] for item in MINE]


def test_a_claim_of_others_that_a_controller_would_mount_is_told_of_and_stays() -> None:
    user = pod("backup", ownerReferences=[])
    user["spec"] = {
        "volumes": [{"name": "x"}, {"name": "d", "persistentVolumeClaim": {"claimName": "kraft-data-kafka-kraft-1"}}]
    }
    owner = [{"kind": "Backup", "name": "nightly"}]
    cluster = cluster_of(
        claim("kraft-data-kafka-kraft-0"),
        claim("kraft-data-kafka-kraft-1", ownerReferences=owner),
        claim("kraft-data-kafka-kraft-2", "kafka"),
        claim("kraft-data-kafka-kraft-3"),  # no controller has that number
        claim("other-kafka-kraft-0"),  # no controller has that claim
        user,
    )
    first, second = volumes.claim_findings(cluster)
    assert (first.code, first.where) == ("foreign-object", "PersistentVolumeClaim n/kraft-data-kafka-kraft-0")
    assert "no owner reference, no field manager), and no pod mounts it; set kraft_controller_name" in first.sentence
    assert "it seems to belong to Backup/nightly, and pod backup mounts it" in second.sentence
    with pytest.raises(Refused, match="kraft-data-kafka-kraft-0 has the name of a controller's volume") as refused:
        volumes.refuse_leftovers(cluster)
    assert refused.value.code == "foreign-object"


def test_the_names_come_from_the_plan_while_there_are_no_controllers(monkeypatch: pytest.MonkeyPatch) -> None:
    planned = SimpleNamespace(statefulset=statefulset("x", volumeClaimTemplates=[{"metadata": {"name": "mine"}}]))
    monkeypatch.setattr(controllers, "build", lambda _cluster, _stage: planned)
    found = cluster_of(claim("mine-kafka-kraft-0"), claim("kraft-data-kafka-kraft-0"), controllers=None)
    assert list(volumes.foreign_claims(found)) == ["mine-kafka-kraft-0"]

    def refuse(*_args: Any) -> Any:
        raise Unsupported("it has no data volume", code="controller-manifest")

    # a plan that cannot be made is a finding of its own; what can be said about the volumes is said nevertheless
    monkeypatch.setattr(controllers, "build", refuse)
    manifest = {"spec": {"volumeClaimTemplates": [{"metadata": {"name": "mine"}}]}}
    for given, names_ in (
        (manifest, ["mine-kafka-kraft-0", "kraft-data-kafka-kraft-0"]),
        (None, ["kraft-data-kafka-kraft-0"]),
    ):
        found.params["controller_manifest"] = given
        assert sorted(volumes.foreign_claims(found)) == sorted(names_)


def test_the_proof_of_the_rollback_leaves_what_is_not_ours_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    held = SimpleNamespace(is_kraft=False, ephemeral=True, broker_id=1)
    monkeypatch.setattr(rollback_proof, "read_heads", lambda _session: Heads(None, None, None, held, 3, None))  # type: ignore[arg-type]
    cluster = cluster_of(
        claim("kraft-data-kafka-kraft-0"), *NEIGHBOURS, controllers=None, zookeeper="s", statefulsets=[statefulset()],
        modes={}, facts={}, pods={}, config_maps={},
    )  # fmt: skip
    monkeypatch.setattr(
        controllers, "build", lambda *_a: SimpleNamespace(statefulset=statefulset("x", volumeClaimTemplates=TEMPLATES))
    )
    proof = {row["what"]: row["evidence"] for row in rollback_proof.prove(cluster)}
    assert "left alone: PersistentVolumeClaim n/kraft-data-kafka-kraft-0" in proof["volumes of the controllers"]
