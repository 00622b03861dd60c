# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each reading has an entry for every pod that should exist, and says why one could not be read."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import NotRunning, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform import workloads as cluster_objects
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, Refused, Unreachable

from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient, pod, statefulset
from tests.unit.plugins.module_utils.scenes import facts

FLAG = {"zookeeper_metadata_migration_enable": "true"}


def controllers_set() -> Any:
    item = statefulset("kafka-kraft")
    item["metadata"]["labels"] = {
        names.MANAGED_BY: names.MANAGER,
        names.LABEL_CLUSTER: "kafka",
        names.LABEL_ROLE: names.ROLE_CONTROLLER,
    }
    return item


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What an exec in each pod answers, by pod name."""
    answers: dict[str, Any] = {}

    def read(_client: Any, _namespace: str, name: str, _container: str) -> Any:
        found = answers.get(name) or facts(process_roles="broker", node_id=name[-1])
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(cluster_objects, "pod_facts", read)
    return answers


def cluster_of(*objects: Any) -> Any:
    return StatefulSetCluster(FakeClient(statefulset("kafka"), *objects), PARAMS)  # type: ignore[arg-type]


def brokers() -> list[Any]:
    return [pod(f"kafka-{number}") for number in range(3)]


def test_a_broker_without_a_pod_has_an_entry(processes: Any) -> None:
    cluster = cluster_of(*brokers()[:2])
    assert list(cluster.facts) == ["kafka-0", "kafka-1", "kafka-2"]
    assert cluster.facts["kafka-2"] == NotRunning("the pod does not exist")
    assert cluster.modes["kafka-2"] == state.MODE_UNKNOWN
    assert cluster.state.reason == "not every broker could be read: kafka-2 (the pod does not exist)"


def test_a_process_that_cannot_be_read_is_unknown_and_still_counts(processes: Any) -> None:
    processes["kafka-1"] = Unreachable("the exec failed")
    cluster = cluster_of(*brokers())
    assert cluster.facts["kafka-1"] == Unknown("the exec failed")
    assert not isinstance(cluster.facts["kafka-1"], NotRunning)
    assert cluster.pod_of_broker == {0: "kafka-0", 2: "kafka-2"}


def test_a_missing_permission_ends_the_look(processes: Any) -> None:
    processes["kafka-1"] = Forbidden("pods/exec is not allowed")
    with pytest.raises(Forbidden):
        assert cluster_of(*brokers()).facts


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ({"phase": "Pending"}, "container kafka has not started (the pod is Pending)"),
        (
            {"containerStatuses": [{"name": "exporter", "state": {"running": {}}}], "phase": "Pending"},
            "container kafka has not started (the pod is Pending)",
        ),
        (
            {"containerStatuses": [{"name": "kafka", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]},
            "container kafka is waiting (CrashLoopBackOff)",
        ),
        ({"containerStatuses": [{"name": "kafka", "state": {"terminated": {}}}]}, "container kafka is terminated"),
        ({"containerStatuses": [{"name": "kafka"}]}, "container kafka is waiting"),
    ],
)
def test_why_no_process_runs(processes: Any, status: Any, why: str) -> None:
    broken = pod("kafka-0")
    broken["status"] = status
    found = cluster_of(broken, *brokers()[1:]).facts["kafka-0"]
    assert isinstance(found, NotRunning)
    assert found.why == why


def test_a_pod_that_is_being_deleted_may_still_run(processes: Any) -> None:
    leaving = pod("kafka-0", deletionTimestamp="2026-01-01T00:00:00Z")
    found = cluster_of(leaving, *brokers()[1:]).facts["kafka-0"]
    assert found == Unknown("the pod is being deleted")
    assert not isinstance(found, NotRunning)


def test_no_flag_is_left_out(processes: Any) -> None:
    """Of three controllers one answers, and has the flag."""
    processes["kafka-kraft-0"] = facts(node_id="3000", **FLAG)
    processes["kafka-kraft-1"] = Unreachable("the exec failed")
    pods = [pod(f"kafka-kraft-{number}", owner="uid-kafka-kraft") for number in range(2)]
    cluster = cluster_of(controllers_set(), *brokers(), *pods)
    assert cluster.flags == {
        "kafka-kraft-0": True,
        "kafka-kraft-1": Unknown("the exec failed"),
        "kafka-kraft-2": NotRunning("the pod does not exist"),
    }
    assert cluster.controllers_wanted == 3
    assert cluster.controller_ids == {3000: "kafka-kraft-0"}


def test_both_are_read_at_once(processes: Any) -> None:
    pods = [pod(f"kafka-kraft-{number}", owner="uid-kafka-kraft") for number in range(3)]
    cluster = cluster_of(controllers_set(), *brokers(), *pods)
    cluster.read_processes()
    assert {"facts", "controller_facts"} <= cluster.__dict__.keys()
    assert list(cluster.controller_facts) == ["kafka-kraft-0", "kafka-kraft-1", "kafka-kraft-2"]
    alone = cluster_of(*brokers())
    alone.read_processes()
    assert alone.controller_facts == {}


def test_what_changed_is_read_again_and_nothing_else(processes: Any) -> None:
    cluster = cluster_of(controllers_set(), *brokers())
    assert len(cluster.facts) == 3
    before = cluster.facts
    assert (len(cluster.flags), cluster.config_maps, cluster.journal.events) == (3, {}, [])
    cluster.changed(Part.CONTROLLERS)
    assert "flags" not in cluster.__dict__
    assert cluster.facts is before
    cluster.changed(Part.SETTINGS, Part.OBJECTS)
    assert not {"config_maps", "statefulsets", "controllers"} & cluster.__dict__.keys()
    cluster.changed()
    assert not {"facts", "pods"} & cluster.__dict__.keys()
    assert "journal" in cluster.__dict__
    cluster.changed(Part.JOURNAL)
    assert "journal" not in cluster.__dict__


def test_settings_of_no_broker_at_all(processes: Any) -> None:
    cluster = cluster_of()
    with pytest.raises(Refused, match="kafka-0: the pod does not exist; kafka-1: the pod does not exist"):
        assert cluster.effective


def test_a_secret_is_read_once_until_settings_change() -> None:
    cluster = cluster_of({"kind": "Secret", "metadata": {"name": "s", "namespace": "n"}, "data": {"k": "YQ=="}})
    assert cluster.secret("s")["data"] == {"k": "YQ=="}
    assert cluster.secret("none") is None
    cluster.client.drop("Secret", "n", "s")
    assert cluster.secret("s") is not None
    cluster.changed(Part.SETTINGS)
    assert cluster.secret("s") is None


def test_a_users_controllers_have_a_container_option_of_their_own() -> None:
    """A manifest with a sidecar; kraft_container names the brokers' container, which has another name."""
    quorum = controllers_set()
    quorum["spec"]["template"]["spec"]["containers"] = [{"name": "controller"}, {"name": "log-shipper"}]
    params = {**PARAMS, "container": "kafka", "controller_manifest": {"spec": {}}, "controller_container": "controller"}
    client: Any = FakeClient(statefulset("kafka"), quorum)
    assert StatefulSetCluster(client, params).controller_container == "controller"
    with pytest.raises(Unsupported, match="name the right one in kraft_controller_container"):
        StatefulSetCluster(client, {**params, "controller_container": None}).controller_container  # noqa: B018
