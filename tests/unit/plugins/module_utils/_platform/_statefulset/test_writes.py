# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 6 at the border: nothing is written over what somebody else has changed, and no ungated roll can start."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests import foreign, marks
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import CONFIG_MAP, SECRET, STATEFUL_SET
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import writes
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Conflict, NotFound

from tests.unit.plugins.module_utils.fakes import FakeClient, pod, statefulset

NEW = {"spec": {"containers": [{"name": "kafka", "image": "apache/kafka:3.9.2", "env": [{"name": "A", "value": "1"}]}]}}


@pytest.fixture
def client() -> Any:
    return FakeClient(statefulset())


def stored(client: Any) -> Any:
    return client.get(STATEFUL_SET, "kafka", "n")


def edited(client: Any, manager: Any = "kubectl-edit") -> None:
    """Somebody else changes the pod template."""
    item = stored(client)
    item["spec"]["template"]["spec"]["containers"][0]["image"] = "evil:1"
    item["metadata"]["managedFields"] = [
        {"manager": manager, "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:spec": {}}}
    ]
    client.put(item)


def test_annotations_are_never_none() -> None:
    assert marks.annotations_of({"metadata": {"annotations": None}}) == {}
    assert marks.template_annotation({"spec": {"template": {}}}, "a") == ""
    item = {"spec": {"template": {"metadata": {"annotations": {"a": "1"}}}}}
    assert (marks.template_annotation(item, "a"), marks.template_annotation(item, "b")) == ("1", "")


def test_a_template_is_written_with_the_digest_of_what_the_server_makes_of_it(client: Any) -> None:
    written = writes.write_template(client, stored(client), copy.deepcopy(NEW), replicas=5)
    assert client.calls == [("dry-run replace", "StatefulSet", "kafka"), ("replace", "StatefulSet", "kafka")]
    assert written["spec"]["replicas"] == 5
    assert written["spec"]["template"]["spec"]["dnsPolicy"] == "ClusterFirst"
    digest = marks.annotations_of(written)[names.TEMPLATE_DIGEST]
    assert digest == foreign.digest(written["spec"]["template"]) != foreign.digest(NEW)
    writes.check_untouched(stored(client))


def test_the_object_that_was_read_is_not_changed(client: Any) -> None:
    read = stored(client)
    before = copy.deepcopy(read)
    writes.write_template(client, read, copy.deepcopy(NEW))
    assert read == before


def test_what_nobody_has_written_yet_is_untouched() -> None:
    writes.check_untouched(statefulset())


def test_a_template_that_somebody_changed_stops_the_run_and_says_who(client: Any) -> None:
    """Rule 6: a change under us stops the run and names the manager."""
    writes.write_template(client, stored(client), copy.deepcopy(NEW))
    edited(client)
    with pytest.raises(Conflict) as raised:
        writes.check_untouched(stored(client))
    assert raised.value.code == "changed-by-others"
    assert raised.value.message.startswith(
        "StatefulSet n/kafka was changed during the migration by kubectl-edit at 2026-01-01T00:00:00Z"
    )


def test_nothing_is_written_over_a_changed_template(client: Any) -> None:
    """Rule 6: the check is in the write itself, not only in front of it."""
    writes.write_template(client, stored(client), copy.deepcopy(NEW))
    edited(client)
    client.calls.clear()
    with pytest.raises(Conflict):
        writes.write_template(client, stored(client), copy.deepcopy(NEW))
    assert client.calls == []


def test_a_change_between_reading_and_writing_is_a_conflict(client: Any) -> None:
    """Rule 6: each write holds for the spec that was read."""
    read = stored(client)
    edited(client)
    with pytest.raises(Conflict) as raised:
        writes.write_template(client, read, copy.deepcopy(NEW))
    assert raised.value.code == "changed-by-others"
    assert (
        "StatefulSet n/kafka was changed by kubectl-edit at 2026-01-01T00:00:00Z during the write"
        in raised.value.message
    )
    assert stored(client)["spec"]["template"]["spec"]["containers"][0]["image"] == "evil:1"


def test_another_statefulset_of_that_name_is_a_conflict(client: Any) -> None:
    read = stored(client)
    client.drop("StatefulSet", "n", "kafka")
    client.put({**statefulset(), "metadata": {**statefulset()["metadata"], "uid": "another"}})
    with pytest.raises(Conflict):
        writes.write_template(client, read, copy.deepcopy(NEW))
    assert stored(client)["spec"] == statefulset()["spec"]


def test_a_status_that_moves_on_is_no_conflict(client: Any) -> None:
    read = stored(client)
    client.put({**read, "status": {"readyReplicas": 2}})
    written = writes.write_template(client, read, copy.deepcopy(NEW))
    assert written["spec"]["template"]["spec"]["containers"] == NEW["spec"]["containers"]
    assert written["status"] == {"readyReplicas": 2}


def test_a_write_whose_first_try_was_carried_out_is_done(client: Any) -> None:
    """Its answer was an error, the second one a conflict with the first: not somebody else's change."""
    real = client.replace

    def answered_with_an_error(kind: Any, body: Any, namespace: Any = None, *, dry_run: bool = False) -> Any:
        made = real(kind, body, namespace, dry_run=dry_run)
        if dry_run:
            return made
        raise Conflict("the object has been modified", detail={"repeated": True})

    client.replace = answered_with_an_error
    written = writes.write_template(client, stored(client), copy.deepcopy(NEW), replicas=5)
    assert written["spec"]["replicas"] == 5
    writes.check_untouched(stored(client))
    assert writes.scale(client, stored(client), 2)["spec"]["replicas"] == 2


def test_a_change_of_others_is_one_after_a_repeated_write_too(client: Any) -> None:
    def somebody(_kind: Any, _body: Any, _namespace: Any = None, **_options: Any) -> Any:
        edited(client)
        raise Conflict("the object has been modified", detail={"repeated": True})

    read = stored(client)
    client.replace = somebody
    with pytest.raises(Conflict) as raised:
        writes.scale(client, read, 2)
    assert raised.value.code == "changed-by-others"


def test_a_status_that_never_stands_still_ends_in_a_conflict(client: Any) -> None:
    client.fail["replace", "StatefulSet"] = Conflict("moved on")
    with pytest.raises(Conflict) as raised:
        writes.hold_rolls(client, client.put(statefulset(updateStrategy={"type": "RollingUpdate"})))
    assert raised.value.code == "changed-by-others"


def test_rolls_are_held_first_and_the_strategy_is_kept(client: Any) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}
    client.put(statefulset(updateStrategy=strategy))
    held = writes.hold_rolls(client, stored(client))
    assert held["spec"]["updateStrategy"] == {"type": "OnDelete"}
    assert json.loads(marks.annotations_of(held)[names.UPDATE_STRATEGY]) == strategy
    client.calls.clear()
    assert writes.hold_rolls(client, stored(client)) == stored(client)
    assert client.calls == []


def test_a_strategy_that_is_not_there_is_kubernetes_default(client: Any) -> None:
    item = statefulset()
    del item["spec"]["updateStrategy"]
    client.put(item)
    held = writes.hold_rolls(client, stored(client))
    assert held["spec"]["updateStrategy"] == {"type": "OnDelete"}
    assert marks.annotations_of(held)[names.UPDATE_STRATEGY] == "{}"


def finished(client: Any, **status: Any) -> Any:
    """A held StatefulSet whose pods all have the update revision."""
    client.put(statefulset(updateStrategy={"type": "RollingUpdate"}))
    item = writes.hold_rolls(client, stored(client))
    item["status"] = {"observedGeneration": item["metadata"]["generation"], "updatedReplicas": 3, **status}
    return client.put(item)


def test_the_strategy_is_put_back_when_every_pod_has_the_update_revision(client: Any) -> None:
    assert writes.restore_strategy(client, finished(client), 5.0) is True
    after = stored(client)
    assert after["spec"]["updateStrategy"] == {"type": "RollingUpdate"}
    assert names.UPDATE_STRATEGY not in marks.annotations_of(after)
    assert writes.restore_strategy(client, after, 5.0) is False


LAGS = [
    ({"updatedReplicas": 2}, "the status counts 2 of 3 pods with the update revision"),
    ({"observedGeneration": 1, "updatedReplicas": 0}, "the status is of generation 1, not 3 yet"),
]


@pytest.mark.parametrize(("status", "reason"), LAGS)
def test_a_status_that_lags_is_waited_for(client: Any, status: Any, reason: str) -> None:
    """The controller manager writes it a moment later; every pod has the update revision already."""
    item = finished(client, **status)
    said: list[str] = []

    def written(text: str) -> None:
        said.append(text)
        client.put({**item, "status": {**item["status"], "observedGeneration": 3, "updatedReplicas": 3}})

    assert writes.restore_strategy(client, item, 5.0, written) is True
    assert said[0] == reason
    assert stored(client)["spec"]["updateStrategy"] == {"type": "RollingUpdate"}


@pytest.mark.parametrize(("status", "reason"), LAGS)
def test_a_status_that_never_comes_leaves_the_strategy(client: Any, status: Any, reason: str) -> None:
    item = finished(client, **status)
    client.calls.clear()
    with pytest.raises(Conflict) as raised:
        writes.restore_strategy(client, item, 0.1)
    assert raised.value.code == "wrong-state"
    assert f"{reason}; RollingUpdate is restored only when every pod has the update revision" in raised.value.message
    assert client.calls == []


def test_the_strategy_stays_while_a_pod_has_an_older_revision(client: Any) -> None:
    """No wait: the status is right, and somebody has to restart that pod."""
    item = finished(client, updatedReplicas=2, updateRevision="kafka-b")
    for number, revision in enumerate(("kafka-b", "kafka-a", "kafka-b")):
        client.put(pod(f"kafka-{number}", labels={writes.REVISION: revision}))
    client.put(pod("other-0", owner="uid-other", labels={writes.REVISION: "other-a"}))
    client.calls.clear()
    with pytest.raises(Conflict) as raised:
        writes.restore_strategy(client, item, 600.0)
    assert raised.value.code == "wrong-state"
    assert (
        "kafka-1 (kafka-a) not of the update revision kafka-b; RollingUpdate is restored only when"
        in raised.value.message
    )
    assert client.calls == []


CANARY = {"type": "RollingUpdate", "rollingUpdate": {"partition": 3}}
ALL_READY = "2 of 3 pods are Ready, and Kubernetes changes that only when all are"


def canary(client: Any, **status: Any) -> Any:
    """A held StatefulSet whose user keeps a partition. Under OnDelete the current revision is still the one from before the migration."""
    client.put(statefulset(updateStrategy=CANARY))
    item = writes.hold_rolls(client, stored(client))
    revisions = {
        "currentRevision": "kafka-old",
        "updateRevision": "kafka-new",
        "updatedReplicas": 3,
        "readyReplicas": 2,
    }
    item["status"] = {"observedGeneration": item["metadata"]["generation"], **revisions, **status}
    return client.put(item)


def test_a_partition_is_put_back_when_no_pod_can_be_made_from_an_older_revision(client: Any) -> None:
    """A pod below the partition that is evicted meanwhile would come back with the settings of ZooKeeper mode."""
    item, said = canary(client), []

    def manager(text: str) -> None:
        now = stored(client)
        if not text:
            return
        said.append((text, now["spec"]["updateStrategy"]))
        seen = {**now["status"], "observedGeneration": now["metadata"]["generation"]}
        ready = {"readyReplicas": 3, "currentRevision": "kafka-new"} if seen == now["status"] else {}
        client.put({**now, "status": {**seen, **ready}})

    assert writes.restore_strategy(client, item, 5.0, manager) is True
    assert said == [
        ("the status is of generation 3, not 4 yet", writes.UNPARTITIONED),
        (
            f"pods below the partition would be made from revision kafka-old, not kafka-new: {ALL_READY}",
            writes.UNPARTITIONED,
        ),
    ]
    assert stored(client)["spec"]["updateStrategy"] == CANARY
    assert names.UPDATE_STRATEGY not in marks.annotations_of(stored(client))


def test_a_partition_that_is_half_put_back_is_not_lost(client: Any) -> None:
    """Stopped, or out of time, in between: what the user had is still known, whatever runs next."""
    with pytest.raises(Conflict) as raised:
        writes.restore_strategy(client, canary(client), 0.1)
    assert raised.value.code == "wrong-state"
    half = stored(client)
    assert half["spec"]["updateStrategy"] == writes.UNPARTITIONED
    assert "from ordinal 3 on" in writes.handed_over(half)
    held = writes.hold_rolls(client, half)
    assert held["spec"]["updateStrategy"] == {"type": "OnDelete"}
    assert json.loads(marks.annotations_of(held)[names.UPDATE_STRATEGY]) == CANARY
    # the next run ends it
    item = client.put({**half, "status": {**half["status"], "currentRevision": "kafka-new"}})
    item["status"]["observedGeneration"] = item["metadata"]["generation"]
    assert writes.restore_strategy(client, client.put(item), 5.0, lambda _text: settled(client)) is True
    assert stored(client)["spec"]["updateStrategy"] == CANARY


def settled(client: Any) -> None:
    """The status is that of the spec."""
    now = stored(client)
    client.put({**now, "status": {**now["status"], "observedGeneration": now["metadata"]["generation"]}})


def test_a_partition_of_somebody_during_the_migration_is_theirs(client: Any) -> None:
    canary(client)
    other = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    now = stored(client)
    client.put({**now, "spec": {**now["spec"], "updateStrategy": other}})
    held = writes.hold_rolls(client, stored(client))
    assert json.loads(marks.annotations_of(held)[names.UPDATE_STRATEGY]) == other


def test_a_set_that_goes_meanwhile(client: Any) -> None:
    item = finished(client)
    client.drop("StatefulSet", "n", "kafka")
    with pytest.raises(NotFound):
        writes.restore_strategy(client, item, 5.0)


def test_a_secret_of_ours_is_made_as_a_secret(client: Any) -> None:
    body = {"kind": "Secret", "metadata": {"name": "kafka-1a2b"}, "data": {"server.properties": "YT0x"}}
    writes.create_settings(client, "n", "kafka", body)
    assert client.get(SECRET, "kafka-1a2b", "n")["immutable"] is True
    assert client.names("ConfigMap") == []
    with pytest.raises(Conflict, match="Secret n/kafka-1a2b exists with other content"):
        writes.create_settings(client, "n", "kafka", {**body, "data": {"server.properties": "YT0y"}})


def test_config_maps_of_ours_are_marked_and_immutable(client: Any) -> None:
    body = {"metadata": {"name": "kafka-1a2b", "labels": {"app": "kafka"}}, "data": {"server.properties": "a=1"}}
    writes.create_settings(client, "n", "kafka", body)
    made = client.get(CONFIG_MAP, "kafka-1a2b", "n")
    assert made["immutable"] is True
    assert made["metadata"]["labels"] == {
        "app": "kafka",
        names.LABEL_CLUSTER: "kafka",
        names.MANAGED_BY: "kafkaops.kraft",
    }
    assert "immutable" not in body
    writes.create_settings(client, "n", "kafka", body)
    with pytest.raises(Conflict) as raised:
        writes.create_settings(client, "n", "kafka", {**body, "data": {"server.properties": "a=2"}})
    assert raised.value.code == "changed-by-others"
    assert "ConfigMap n/kafka-1a2b exists with other content" in raised.value.message
