# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A new cluster on plain StatefulSets, on a fake API server: what is written when, and what is refused before it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rolling
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import CONFIG_MAP, SERVICE, STATEFUL_SET
from ansible_collections.kafkaops.kraft.plugins.module_utils._operations import deploy as deploys
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    DeadlineExceeded,
    Forbidden,
    KraftError,
    Refused,
)

from tests.unit.plugins.module_utils._operations.deploy_machine import POD, Machine, ended

IDENTITY = "k-kraft-identity"


@pytest.fixture(autouse=True)
def _rolls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A roll that restarts what the targets would."""

    class Engine:
        def __init__(self, client: Any, *_more: Any, **_named: Any) -> None:
            self.client = client

        def run(self, target: Any, _told: Any) -> list[Any]:
            uids = self.client.uids()
            for pod in target.pods:
                self.client.delete(POD, pod, "n", uid=uids[pod])
            return [SimpleNamespace(pod=pod) for pod in target.pods]

    def target(cluster: Any, digest: str, *_more: Any) -> Any:
        api = cluster.api
        return SimpleNamespace(
            pods=[
                item["metadata"]["name"]
                for item in api.list(POD, "n")
                if item["metadata"]["annotations"]["kraft.kafkaops.io/settings-hash"] != digest
                and item["metadata"]["labels"]["kraft.kafkaops.io/role"] == cluster.role
            ]
        )

    def of(role: str) -> Any:
        def make(cluster: Any, digest: str, *more: Any) -> Any:
            cluster.role = role
            return target(cluster, digest, *more)

        return make

    monkeypatch.setattr(deploys, "RollEngine", Engine)
    monkeypatch.setattr(deploys, "KraftRoll", of("broker"))
    monkeypatch.setattr(deploys, "ControllerRoll", of("controller"))


def machine(**given: Any) -> Machine:
    found = Machine(**given)
    found.cluster.api = found.api
    return found


def codes(found: Machine, **more: Any) -> list[str]:
    return [each.code for each in found.deploy(**more).problems()]


def test_from_nothing() -> None:
    found = machine()
    assert codes(found) == []
    done = found.deploy().bring_up()
    assert done[-1] == "create StatefulSet k"
    made = [call for call in found.api.calls if call[0] == "create"]
    assert made[0] == ("create", "ConfigMap", IDENTITY), "nothing is made before the id is kept"
    assert made[-1] == ("create", "StatefulSet", "k")
    assert ("dry-run create", "StatefulSet", "k") in found.api.calls[:6]
    kept = found.api.get(CONFIG_MAP, IDENTITY, "n")["data"]
    assert (kept["nodes"], kept["replaced"]) == ("0,1,2", "")
    again = found.deploy()
    assert (bool(again.changes()), again.outdated(), again.lost()) == (False, [], {})
    assert found.deploy().bring_up() == []


def test_ports_of_nodes_are_known_before_the_brokers_start() -> None:
    found = machine(access="node_port", brokers=1)
    found.deploy().bring_up()
    settings = next(item for item in found.api.list(CONFIG_MAP, "n") if "server.properties" in item["data"])
    service = found.api.get(SERVICE, "k-0", "n")
    assert settings["data"]["port-k-0"] == str(service["spec"]["ports"][0]["nodePort"])
    assert not found.deploy().changes()


def test_what_the_server_refuses_is_refused_before_anything_is_made() -> None:
    found = machine()
    found.api.fail["create", "StatefulSet"] = KraftError("it is forbidden by a quota")
    with pytest.raises(KraftError, match="quota"):
        found.deploy().bring_up()
    assert [call for call in found.api.calls if not call[0].startswith("dry-run")] == []


def test_an_image_without_kafka_leaves_nothing() -> None:
    found = machine()
    found.api.unready["k-0"] = ended(127)
    with pytest.raises(Refused, match=r"has no /opt/kafka/bin/kafka-storage\.sh") as refused:
        found.deploy().bring_up()
    assert refused.value.code == "deploy-image"
    assert (
        found.api.names("ConfigMap") + found.api.names("StatefulSet") + found.api.names("PersistentVolumeClaim") == []
    )


def test_pods_that_do_not_become_ready_are_named() -> None:
    found = machine()
    found.api.unready["k-1"] = {}
    with pytest.raises(DeadlineExceeded, match=r"2 of 3 pods are Ready, waiting for k-1.*k-1: not Ready") as late:
        found.deploy().bring_up()
    assert late.value.code == "deploy-not-ready"
    assert found.api.get(CONFIG_MAP, IDENTITY, "n")["data"]["nodes"] == "", "nobody was seen in the cluster yet"


def test_a_changed_option_is_rolled_and_old_settings_go() -> None:
    found = machine(topology="separated")
    found.deploy().bring_up()
    before, maps = found.api.uids(), set(found.api.names("ConfigMap"))
    done = found.deploy(heap="1g").bring_up()
    assert [line for line in done if line.startswith("restarted")] == [
        *(f"restarted k-kraft-{n}" for n in range(3)),
        *(f"restarted k-{n}" for n in range(3)),
    ], "controllers first"
    assert not set(before.values()) & set(found.api.uids().values())
    gone = maps - set(found.api.names("ConfigMap"))
    assert len(gone) == 0, "the heap is in the template"
    found.deploy(heap="1g", settings={"num.partitions": 9}).bring_up()
    assert len(maps - set(found.api.names("ConfigMap"))) == 2


def test_a_roll_that_was_cut_off_is_gone_on_with() -> None:
    found = machine()
    found.deploy().bring_up()
    old = found.api.get(POD, "k-1", "n")
    old["metadata"]["annotations"] = {"kraft.kafkaops.io/settings-hash": "old"}
    found.api.put(old)
    assert found.deploy().outdated() == ["k-1"]
    assert found.deploy().bring_up() == ["restarted k-1"]


def test_stopped_and_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    found = machine(topology="separated", brokers=4)
    found.deploy().bring_up()
    order: list[str] = []
    patch = found.api.patch

    def noted(kind: Any, name: str, *rest: Any, **more: Any) -> Any:
        order.append(name)
        return patch(kind, name, *rest, **more)

    monkeypatch.setattr(found.api, "patch", noted)
    assert found.deploy().stop() == ["stopped k", "stopped k-kraft"]
    assert order == ["k", "k-kraft"], "brokers say goodbye to controllers"
    assert (found.api.uids(), found.deploy().stopped()) == ({}, True)
    assert found.deploy().stop() == []
    order.clear()
    # it comes back as it was, and is scaled after that
    monkeypatch.setattr(deploys, "held_by", lambda _cluster, brokers: [("t", 0)] if 3 in brokers else [])
    with pytest.raises(Refused, match="brokers 3 are to go"):
        found.deploy(brokers=3).bring_up()
    assert [name for name in order if name != IDENTITY] == ["k-kraft", "k"]
    assert found.api.get(STATEFUL_SET, "k", "n")["spec"]["replicas"] == 4


def test_brokers_that_hold_replicas_do_not_go(monkeypatch: pytest.MonkeyPatch) -> None:
    found = machine(topology="separated", brokers=5)
    found.deploy().bring_up()
    asked: list[set[int]] = []

    def held(_cluster: Any, brokers: set[int]) -> list[Any]:
        asked.append(brokers)
        return [("t", 1)]

    monkeypatch.setattr(deploys, "held_by", held)
    before = len(found.api.calls)
    with pytest.raises(Refused, match=r"brokers 3, 4 are to go, and hold replicas of t-1") as refused:
        found.deploy(brokers=3).bring_up()
    assert refused.value.code == "deploy-replicas-held"
    assert asked == [{3, 4}]
    assert {call[0:2] for call in found.api.calls[before:]} <= {("patch", "ConfigMap")}
    monkeypatch.setattr(deploys, "held_by", lambda _cluster, _brokers: [])
    assert found.deploy(brokers=3).bring_up() == ["scaled brokers from 5 to 3"]
    assert "data-k-4" in found.api.names("PersistentVolumeClaim")


def test_more_brokers() -> None:
    found = machine(topology="separated")
    found.deploy().bring_up()
    assert found.deploy(brokers=4).bring_up() == ["scaled brokers from 3 to 4"]
    assert found.api.get(CONFIG_MAP, IDENTITY, "n")["data"]["nodes"] == "0,1,2,3,1000,1001,1002"


# volumes that were lost

QUORUM = SimpleNamespace(leader=0, leaderless="nobody leads", voters={0: 0, 1: 0, 2: 0})


def healthy(
    monkeypatch: pytest.MonkeyPatch, *nodes: int, isr: tuple[int, ...] = (0, 1), leader: int | None = 0
) -> None:
    quorum = SimpleNamespace(leader=leader, leaderless="nobody leads")
    monkeypatch.setattr(deploys, "read_quorum", lambda _cluster: quorum)
    monkeypatch.setattr(deploys, "caught_up", lambda _quorum: set(nodes))
    states = {("t", 0): rolling.Replicas(isr, (0, 1, 2), 2, 0)}
    monkeypatch.setattr(deploys, "held_states", lambda _cluster: states)


def test_a_lost_volume_is_formatted_when_the_others_have_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    found = machine()
    found.deploy().bring_up()
    healthy(monkeypatch, 0, 1)
    found.lose("k-2")
    assert found.deploy().lost() == {"k-2": 2}
    seen: list[str] = []
    patch = found.api.patch

    def formats(kind: Any, name: str, *rest: Any, **more: Any) -> Any:
        made = patch(kind, name, *rest, **more)
        if name == IDENTITY and made["data"]["replaced"] == "2":
            seen.append("may be formatted")
            found.api.unready.clear()
        return made

    monkeypatch.setattr(found.api, "patch", formats)
    assert found.deploy().bring_up() == ["replaced the volume of k-2"]
    assert seen == ["may be formatted"]
    assert found.api.get(CONFIG_MAP, IDENTITY, "n")["data"]["replaced"] == "", "once"


@pytest.mark.parametrize(
    ("lost", "caught_up", "isr", "leader", "words"),
    [
        (["k-1", "k-2"], (0,), (0, 1), 0, "only 1 of 3 controllers have the metadata"),
        (["k-2"], (0,), (0, 1), 0, "only 1 of 3 controllers have the metadata"),
        (["k-2"], (0, 1), (2,), 0, "they are the only ones in the ISR of t-0"),
        (["k-2"], (0, 1), (0, 1), None, "the quorum has no leader without them"),
    ],
)
def test_a_lost_volume_that_nobody_else_has(
    monkeypatch: pytest.MonkeyPatch, lost: list[str], caught_up: Any, isr: Any, leader: Any, words: str
) -> None:
    found = machine()
    found.deploy().bring_up()
    healthy(monkeypatch, *caught_up, isr=isr, leader=leader)
    found.lose(*lost)
    with pytest.raises(Refused, match=words) as refused:
        found.deploy().bring_up()
    assert refused.value.code == "deploy-volume-lost"
    assert found.api.get(CONFIG_MAP, IDENTITY, "n")["data"]["replaced"] == ""


def test_whether_the_others_have_it_could_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    found = machine()
    found.deploy().bring_up()
    found.lose("k-2")

    def fails(_cluster: Any) -> Any:
        raise KraftError("no controller answers")

    monkeypatch.setattr(deploys, "read_quorum", fails)
    with pytest.raises(Refused, match=r"could not be read \(no controller answers\)"):
        found.deploy().bring_up()


# its end


def test_volumes_stay_and_the_same_cluster_comes_back_on_them() -> None:
    found = machine()
    found.deploy().bring_up()
    first = found.api.get(CONFIG_MAP, IDENTITY, "n")["data"]["cluster.id"]
    found.deploy().remove(volumes=False)
    assert found.api.names("StatefulSet") + found.api.names("Service") == []
    assert found.api.names("ConfigMap") == [IDENTITY]
    assert len(found.api.names("PersistentVolumeClaim")) == 3
    found.deploy().bring_up()
    assert found.api.get(CONFIG_MAP, IDENTITY, "n")["data"]["cluster.id"] == first
    found.deploy().remove(volumes=True)
    assert found.api.names("ConfigMap") + found.api.names("PersistentVolumeClaim") == []


def test_volumes_whose_cluster_is_not_known_are_left_alone() -> None:
    found = machine()
    found.deploy().bring_up()
    found.deploy().remove(volumes=False)
    found.api.drop("ConfigMap", "n", IDENTITY)
    with pytest.raises(Refused, match="data-k-0, data-k-1, data-k-2 of n/k exist") as refused:
        found.deploy().changes()
    assert refused.value.code == "deploy-identity"
    labels = {"kraft.kafkaops.io/cluster": "k", "kraft.kafkaops.io/deployed": "true"}
    metadata = {"name": IDENTITY, "namespace": "n", "labels": labels}
    broken = {"kind": "ConfigMap", "metadata": metadata, "data": {"nodes": "0"}}
    found.api.put(broken)
    with pytest.raises(Refused, match=r"cannot be read: it has no cluster\.id"):
        found.deploy().changes()


# what is refused


@pytest.mark.parametrize(("kind", "name"), [("StatefulSet", "k"), ("Service", "k-bootstrap"), ("ConfigMap", IDENTITY)])
def test_objects_of_others_are_not_taken(kind: str, name: str) -> None:
    found = machine()
    found.api.put({"kind": kind, "metadata": {"name": name, "namespace": "n"}, "spec": {}})
    (one,) = found.deploy().problems()
    assert one.code == "deploy-foreign"
    assert f"{kind} n/{name} exists" in one.sentence


def test_a_migration_is_no_cluster_of_ours() -> None:
    found = machine()
    labels = {"kraft.kafkaops.io/cluster": "k", "kraft.kafkaops.io/role": "controller"}
    found.api.put(
        {"kind": "StatefulSet", "metadata": {"name": "k-kraft", "namespace": "n", "labels": labels}, "spec": {}}
    )
    assert found.deploy().there.workloads == {}
    assert codes(found, topology="separated") == ["deploy-foreign"]


def test_what_is_looked_at_before() -> None:
    found = machine()
    assert codes(found, brokers=2) == ["deploy-controllers-even"]
    assert codes(found, storage_class="slow") == ["deploy-storage"]
    assert codes(found, protocol="SASL_PLAINTEXT", users_secret="u") == ["deploy-security"]
    found.api.fail["list", "StorageClass"] = Forbidden("may not")
    found.api.fail["get", "Secret"] = Forbidden("may not")
    assert codes(found, protocol="SASL_PLAINTEXT", users_secret="u", storage_class="slow") == []
    assert found.told == ["Secret u may not be read: what it lacks shows when the pods start"]
    found.deploy().bring_up()
    assert codes(found, kafka_version="4.0.0") == ["deploy-version"]
    found.cluster.facts = {"k-0": Unknown("the exec failed")}
    assert codes(found, kafka_version="4.0.0") == []


def test_what_is_deleted_is_what_was_read() -> None:
    found = machine()
    found.deploy().bring_up()
    run = found.deploy()
    assert run.there.workloads
    mine = found.api.drop("StatefulSet", "n", "k")
    found.api.put({**mine, "metadata": {**mine["metadata"], "uid": "another"}})
    with pytest.raises(Conflict, match="StatefulSet k is another one"):
        run.there.remove()
