# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 6: what only has the name of one of ours is somebody else's; it refuses every verb, and nothing of it is touched."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.action import migration_lock
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, rollback, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Controller
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report.journal import Journal
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.scope import Scope
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import CONFIG_MAP
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.lease import RunLease
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    preflight,
    quorum_removal,
    rollback_plan,
    status,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.quorum_removal import Evidence
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    broker_checks,
    checks,
    controllers,
    locks,
    ownership,
    writes,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.registry import open_cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, Forbidden, Refused
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.handover import Heads

from tests.unit.plugins.module_utils.fakes import OURS, PARAMS, FakeClient, controller, ours, pod, statefulset
from tests.unit.plugins.module_utils.scenes import facts

THEIRS = {"app.kubernetes.io/managed-by": "Helm"}
HEADS = Heads(None, None, None, Controller(1, -1, True), 3, None)


def made(kind: str, name: str, **labels: str) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name, "namespace": "n", "labels": labels}}


def cluster_of(*items: Any, **params: Any) -> Any:
    client: Any = FakeClient(statefulset("kafka"), *(pod(f"kafka-{number}") for number in range(3)), *items)
    return open_cluster(client, {**PARAMS, "pod_timeout": 0.3, "wait_timeout": 0.3, **params})


def born_kraft(replicas: int) -> list[dict[str, Any]]:
    """A KRaft cluster of somebody else, called kafka-kraft, with its pods and volumes."""
    item = statefulset("kafka-kraft", replicas=replicas)
    item["metadata"]["labels"] = dict(THEIRS)
    owner = {"kind": "StatefulSet", "name": "kafka-kraft", "uid": "uid-kafka-kraft"}
    pods = [pod(f"kafka-kraft-{number}", ownerReferences=[owner]) for number in range(replicas)]
    claims = [made("PersistentVolumeClaim", f"data-kafka-kraft-{number}") for number in range(3)]
    things = [made(kind, "kafka-kraft", **THEIRS) for kind in ("Service", "PodDisruptionBudget")]
    return [item, *pods, *claims, *things]


def primed(cluster: Any) -> Any:
    """Brokers in ZooKeeper mode, one of them its controller."""
    found = {f"kafka-{number}": facts(broker_id=str(number), zookeeper_connect="z:2181") for number in range(3)}
    for each in found.values():
        each.meta, each.metadata_logs, each.start_script = (), (), None
    cluster.__dict__["facts"] = found
    cluster.__dict__["journal"] = Journal("kafka")
    cluster.__dict__["zookeeper"] = "session"
    cluster.__dict__["view"] = SimpleNamespace(controller=HEADS.controller, migration=None, brokers={0: 1, 1: 1, 2: 1})
    return cluster


@pytest.mark.parametrize("replicas", [3, 0])
def test_a_foreign_kraft_cluster_with_the_controllers_name_is_no_part_of_the_migration(
    monkeypatch: pytest.MonkeyPatch, replicas: int
) -> None:
    """Running or scaled to 0 (it then shows nothing that could be read): not locked, not restarted, not rolled back, not deleted."""
    monkeypatch.setattr(rollback_plan, "read_heads", lambda _session: HEADS)
    cluster = primed(cluster_of(*born_kraft(replicas)))
    before = {kind: cluster.client.names(kind) for kind in ("StatefulSet", "Service", "PersistentVolumeClaim", "Pod")}
    assert (cluster.controllers, cluster.controller_pods, cluster.controller_facts) == (None, {}, {})
    assert cluster.state.name == state.ZOOKEEPER
    assert [item["metadata"]["name"] for item in locks.managed(cluster)] == ["kafka"]
    for sub_phase in rollback.SUB_PHASES:
        assert not rollback_plan.answer(cluster, sub_phase, check_mode=False).needed
    cluster.changed = lambda *_parts: primed(cluster)
    quorum_removal.stop(cluster, Evidence(), lambda _text: None)
    evidence = Evidence()
    quorum_removal.delete(cluster, evidence, lambda _text: None)
    assert cluster.client.calls == []
    assert before == {kind: cluster.client.names(kind) for kind in before}
    assert evidence.deleted == []
    assert evidence.notes[0] == "StatefulSet kafka-kraft was left alone: it seems to belong to Helm"


@pytest.mark.parametrize("replicas", [3, 0])
def test_it_is_said_whose_it_seems_to_be_and_what_to_do(replicas: int) -> None:
    found = ownership.findings(cluster_of(*born_kraft(replicas)))
    assert [(item.code, item.where) for item in found] == [
        ("foreign-object", "StatefulSet n/kafka-kraft"),
        ("foreign-object", "Service n/kafka-kraft"),
        ("foreign-object", "PodDisruptionBudget n/kafka-kraft"),
    ]
    assert found[0].sentence == (
        "StatefulSet n/kafka-kraft has a name that this migration needs and does not carry its labels; it seems to belong to Helm; "
        "set kraft_controller_name to a name that is free"
    )
    assert [item.code for item in found if not item.blocking or item.rule.acceptable] == []
    # and with that name it goes
    assert ownership.findings(cluster_of(*born_kraft(replicas), controller_name="kafka-quorum")) == []
    with pytest.raises(Refused, match=r"belong to Helm; .* nothing was changed") as refused:
        ownership.refuse(found)
    assert refused.value.code == "foreign-object"


@pytest.mark.parametrize(
    ("kind", "name", "advice"),
    [
        ("ConfigMap", names.journal_name("kafka"), "kraft_cluster determines this one"),
        (
            "Secret",
            names.originals_name("kafka"),
            f"label secret kraft-migration-kafka-originals {names.LABEL_CLUSTER}=kafka",
        ),
        ("Lease", names.lease_name("kafka"), "kraft_cluster determines this one"),
        ("Service", "kafka-kraft", "set kraft_controller_name"),
        ("PodDisruptionBudget", "kafka-kraft", "set kraft_controller_name"),
    ],
)
def test_every_object_that_the_migration_names(kind: str, name: str, advice: str) -> None:
    # the labels of another cluster are no better than none
    other = {names.LABEL_CLUSTER: "prod-kafka", names.LABEL_ROLE: names.ROLE_CONTROLLER}
    found = ownership.findings(cluster_of(made(kind, name, **other)))
    assert [item.where for item in found] == [f"{kind} n/{name}"]
    assert "seems to belong to the migration of Kafka cluster prod-kafka" in found[0].sentence
    assert advice in found[0].sentence
    assert ownership.findings(cluster_of(made(kind, name, **OURS))) == []


def test_a_service_of_others_beside_controllers_of_ours_has_to_move() -> None:
    """The name cannot change any more: kraft_controller_name would lose the controllers."""
    found = ownership.findings(cluster_of(ours(statefulset("kafka-kraft")), made("Service", "kafka-kraft", **THEIRS)))
    assert "the controllers' StatefulSet kafka-kraft exists already" in found[0].sentence


def test_controllers_under_another_name_than_the_option_says() -> None:
    """With the wrong name the quorum would be out of sight: a rollback would find nothing to stop."""
    cluster = cluster_of(ours(statefulset("kafka-kraft")), controller_name="kafka-quorum")
    found = ownership.of_statefulsets(cluster)
    assert [item.code for item in found] == ["controller-name-changed"]
    assert "set kraft_controller_name to kafka-kraft" in found[0].sentence


def test_pods_that_would_be_taken_for_controllers_or_stand_in_their_way() -> None:
    copy = controller("copy-0", ownerReferences=[{"kind": "ReplicaSet", "name": "copy", "uid": "u9"}])
    found = ownership.findings(cluster_of(copy, pod("kafka-kraft-1", owner="u8"), pod("kafka-kraft-9", owner="u8")))
    assert [item.where for item in found] == ["Pod n/copy-0", "Pod n/kafka-kraft-1"]
    assert (
        "carries the labels of this cluster's controllers but is not one; it seems to belong to ReplicaSet/copy"
        in found[0].sentence
    )
    assert "has the name of one of this cluster's controllers but is not one;" in found[1].sentence
    assert ownership.findings(cluster_of(ours(statefulset("kafka-kraft")), controller("kafka-kraft-0"))) == []


def test_the_stop_waits_for_and_ends_the_pods_of_our_controllers_only() -> None:
    """By label alone the copy would be stopped, and waited for, for ever."""
    copy = controller("copy-0", ownerReferences=[{"kind": "ReplicaSet", "name": "copy", "uid": "u9"}])
    pods = [controller(f"kafka-kraft-{number}") for number in range(3)]
    cluster = cluster_of(ours(statefulset("kafka-kraft")), *pods, copy)
    cluster.__dict__["facts"] = {}
    quorum_removal.stop(cluster, Evidence(), lambda _text: None)
    assert [call for call in cluster.client.calls if call[0] == "delete"] == [
        ("delete", "Pod", f"kafka-kraft-{number}") for number in range(3)
    ]
    assert "copy-0" in cluster.client.names("Pod")


def test_what_is_made_again_under_the_same_name_is_not_deleted() -> None:
    """The uid that was read goes with each deletion."""
    cluster = cluster_of(made("ConfigMap", "x", **OURS))
    read = cluster.client.get(CONFIG_MAP, "x", "n")
    cluster.client.put({**read, "metadata": {**read["metadata"], "uid": "another"}})
    with pytest.raises(Conflict, match="is another one"):
        ownership.delete_read(cluster, CONFIG_MAP, read)
    cluster.client.drop("ConfigMap", "n", "x")
    assert ownership.delete_read(cluster, CONFIG_MAP, read) == "absent"
    assert ownership.delete_ours(cluster, CONFIG_MAP, "x") == "absent"


def test_a_config_map_of_others_is_not_mounted(monkeypatch: pytest.MonkeyPatch) -> None:
    """One with the name of a stage and the same content could be changed by its owner at any time."""
    cluster = cluster_of({**made("ConfigMap", "kafka-kraft-final-1234", **THEIRS), "data": {"a": "1"}})
    body = {"metadata": {"name": "kafka-kraft-final-1234"}, "data": {"a": "1"}}
    with pytest.raises(Refused, match="seems to belong to Helm") as refused:
        writes.create_settings(cluster.client, "n", "kafka", body)
    assert refused.value.code == "foreign-object"


def test_nothing_of_others_is_taken_for_what_setup_would_make(monkeypatch: pytest.MonkeyPatch) -> None:
    """A foreign Service of our name is not taken for made: the API server's answer ends it."""
    cluster = cluster_of(made("Service", "kafka-kraft", **THEIRS))
    objects: Any = SimpleNamespace(
        service=made("Service", "kafka-kraft"),
        pdb=made("PodDisruptionBudget", "kafka-kraft"),
        statefulset=statefulset("kafka-kraft"),
        update_strategy={},
    )
    monkeypatch.setattr(controllers, "node_id_base", lambda _cluster: 1000)
    with pytest.raises(Conflict, match="exists"):
        controllers.create(cluster, objects)
    assert cluster.client.names("PodDisruptionBudget") == []


def test_the_preflight_tells_of_it_and_the_status_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = primed(cluster_of(*born_kraft(0)))
    monkeypatch.setattr(preflight, "permission_findings", lambda _cluster: [])
    monkeypatch.setattr(checks, "controller_findings", lambda _cluster: [])
    for name in ("broker_findings", "settings_findings", "zookeeper_findings", "zookeeper_rights"):
        monkeypatch.setattr(preflight, name, lambda _cluster: [])
    monkeypatch.setattr(preflight, "version_findings", lambda _cluster, _target: [])
    monkeypatch.setattr(broker_checks, "findings", lambda _cluster: [])
    found = preflight.all_findings(cluster)
    assert [item.where for item in found if item.code == "foreign-object"] == [
        *(f"{kind} n/kafka-kraft" for kind in ("StatefulSet", "Service", "PodDisruptionBudget")),
    ]
    assert [item.where for item in status._foreign(cluster)] == [item.where for item in found[:3]]
    # an account that may only look at StatefulSets and pods still sees the one that matters most
    cluster.client.fail["get", "Secret"] = Forbidden("may not get secrets")
    assert [item.where for item in status._foreign(cluster)] == ["StatefulSet n/kafka-kraft"]


def test_the_permission_is_asked_for_by_name() -> None:
    """An account that may touch that one Secret is enough, and one for another cluster's is not."""
    cluster = cluster_of()
    asked: list[tuple[str, str, str]] = []

    def can_i(verb: str, resource: str, _namespace: str, *, name: str, **_rest: str) -> bool:
        asked.append((verb, resource, name))
        return resource != "secrets" or verb == "create" or name == "kraft-migration-prod-kafka-originals"

    cluster.client.can_i = can_i
    found = preflight.permission_findings(cluster)
    assert ("get", "leases", "kraft-migration-kafka") in asked
    assert {name for _verb, resource, name in asked if resource not in ("secrets", "leases")} == {""}
    assert [item.sentence.partition(" in namespace")[0] for item in found] == [
        f"the account may not {verb} secrets kraft-migration-kafka-originals" for verb in ("get", "patch", "delete")
    ]


@pytest.mark.parametrize(
    ("release", "said"),
    [
        ([], "kraft_release is not set; set kraft_release=n/kafka"),
        (["kafka"], "kraft_release names kafka, and this run has 2 hosts"),
        (["other/kafka"], "kraft_release names other/kafka, not n/kafka"),
        (["n/kafka"], ""),
    ],
)
def test_a_lock_is_released_of_the_cluster_that_is_named(release: list[str], said: str) -> None:
    cluster = cluster_of()
    scope = Scope("n", "kafka", "a", {"a": "n/kafka", "b": "other/kafka"})
    run: Any = SimpleNamespace(
        cluster=cluster,
        client=cluster.client,
        lease=RunLease(cluster.client, "n", names.lease_name("kafka"), "me@here:1:2"),
        params={**PARAMS, "scope": scope, "release": release, "state": "absent"},
    )
    decide = migration_lock.ActionModule.__new__(migration_lock.ActionModule).decide
    if not said:
        assert decide(run).reason == "nothing is locked"
        return
    with pytest.raises(Refused, match=f"unlock.yml requires the cluster's name to be typed again: {said}") as refused:
        decide(run)
    assert refused.value.code == "lock-held"


def test_a_lease_of_others_is_not_taken_away() -> None:
    cluster = cluster_of(made("Lease", names.lease_name("kafka"), **THEIRS))
    labels = {names.LABEL_CLUSTER: "kafka"}
    run: Any = SimpleNamespace(
        cluster=cluster,
        client=cluster.client,
        params={**PARAMS, "release": ["kafka"], "state": "absent"},
        lease=RunLease(cluster.client, "n", names.lease_name("kafka"), "me@here:1:2", labels),
    )
    with pytest.raises(Refused, match=r"Lease n/kraft-migration-kafka .* seems to belong to Helm"):
        migration_lock.ActionModule.__new__(migration_lock.ActionModule).decide(run)
