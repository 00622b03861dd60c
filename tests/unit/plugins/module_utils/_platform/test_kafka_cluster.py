# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster read through its pods, whoever makes them: ids, modes, the way to ZooKeeper, and what becomes stale when."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.znodes import Controller, Migration
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import journal as journals
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import pod_files
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform import kafka_cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.kafka_cluster import DEPENDS, KafkaCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, NotFound, Refused
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import SESSION_SECONDS

from tests.unit.plugins.module_utils.fakes import PARAMS, FakeClient, pod, statefulset

CONNECT = "zookeeper:2181/kafka"
MIGRATING = {"zookeeper.connect": CONNECT, "zookeeper.metadata.migration.enable": "true"}


class Cluster(KafkaCluster):
    """Of StatefulSets that are handed over; ``read`` has the settings that each pod shows, or why it shows none."""

    of_platform: ClassVar[Mapping[Part, tuple[str, ...]]] = {Part.SETTINGS: ("effective",)}
    statefulsets: ClassVar[Any] = [statefulset(replicas=3)]
    controllers: Any = None
    controller_container = "kafka"

    def __init__(self, **read: Any) -> None:
        pods = [pod(f"kafka-{number}", uid=f"uid-{number}") for number in range(3)]
        super().__init__(cast("Any", FakeClient(*pods)), PARAMS)
        self.read = {name.replace("_", "-"): item for name, item in read.items()}
        self.asked: list[list[str]] = []

    def read_facts(self, pods: Mapping[str, Any], containers: Mapping[str, str]) -> dict[str, Any]:
        self.asked.append(list(pods))
        return {
            name: shown(self.read.get(name, {"broker.id": name[-1], "zookeeper.connect": CONNECT})) for name in pods
        }


def shown(item: Any, node_id: int | None = None) -> Any:
    if not isinstance(item, dict):
        return item
    return SimpleNamespace(
        settings=item, options=(), pid=7, meta=[SimpleNamespace(node_id=None), SimpleNamespace(node_id=node_id)]
    )


def with_controllers(*settings: dict[str, str], **read: Any) -> Cluster:
    cluster = Cluster(**read)
    cluster.controllers = statefulset("kafka-kraft", replicas=len(settings))
    owner = [{"kind": "StatefulSet", "name": "kafka-kraft", "uid": "uid-kafka-kraft"}]
    for number, item in enumerate(settings):
        cast("Any", cluster.client).put(pod(f"kafka-kraft-{number}", ownerReferences=owner))
        cluster.read[f"kafka-kraft-{number}"] = item
    return cluster


# brokers


@pytest.mark.parametrize(
    ("item", "number"),
    [
        ({"broker.id": "7"}, 7),
        ({"node.id": " 8 "}, 8),
        ({"broker.id": "-1", "node.id": "9"}, 9),
        ({"broker.id": "${ID}"}, None),
        ({}, None),
        (shown({"broker.id": "-1"}, node_id=5), 5),
        (Unknown("exec failed"), None),
    ],
)
def test_the_id_of_a_broker(item: Any, number: int | None) -> None:
    cluster = Cluster(kafka_0=item)
    assert cluster.broker_id("kafka-0") == number
    assert cluster.broker_id("nobody") is None


def test_the_settings_that_a_broker_uses() -> None:
    cluster = Cluster(kafka_0=Unknown("exec failed"), kafka_1={}, kafka_2={"a": "b"})
    assert cluster.effective == {"a": "b"}
    silent = Cluster(**dict.fromkeys(("kafka_0", "kafka_1", "kafka_2"), Unknown("exec failed")))
    with pytest.raises(
        Refused, match=r"in the pods of n/kafka \(kafka-0: exec failed; kafka-1: .*start the brokers"
    ) as no:
        str(silent.effective)
    assert no.value.code == "broker-not-healthy"


def test_brokers_by_their_ids() -> None:
    assert Cluster().pod_of_broker == {0: "kafka-0", 1: "kafka-1", 2: "kafka-2"}
    assert Cluster(kafka_1=Unknown("exec failed")).pod_of_broker == {0: "kafka-0", 2: "kafka-2"}
    with pytest.raises(Refused, match="pods kafka-0 and kafka-1 both run broker 0"):
        str(Cluster(kafka_1={"broker.id": "0"}).pod_of_broker)


@pytest.mark.parametrize(
    ("read", "assigned", "found"),
    [
        ({"kafka_1": Unknown("x")}, {0, 1, 2}, {0: "kafka-0", 1: "kafka-1", 2: "kafka-2"}),
        # two that could be it: nobody is guessed
        ({"kafka_1": Unknown("x")}, {0, 1, 2, 3}, {0: "kafka-0", 2: "kafka-2"}),
        ({"kafka_1": Unknown("x"), "kafka_2": Unknown("x")}, {0, 1}, {0: "kafka-0"}),
        ({}, {0, 1, 2}, {0: "kafka-0", 1: "kafka-1", 2: "kafka-2"}),
    ],
)
def test_the_one_broker_that_is_down(read: Any, assigned: Any, found: Any) -> None:
    cluster = Cluster(**read)
    cluster.__dict__["view"] = SimpleNamespace(assigned_brokers=assigned)
    assert cluster.pod_of_broker_or_down == found


def test_without_zookeeper_nobody_is_told_by_elimination() -> None:
    cluster = Cluster(kafka_0={"node.id": "0"}, kafka_1=Unknown("x"), kafka_2={"node.id": "2"})
    assert cluster.pod_of_broker_or_down == {0: "kafka-0", 2: "kafka-2"}


def test_modes_and_controllers() -> None:
    cluster = with_controllers({"node.id": "3000"}, {}, kafka_1=Unknown("x"))
    assert cluster.modes == {
        "kafka-0": state.MODE_ZOOKEEPER,
        "kafka-1": state.MODE_UNKNOWN,
        "kafka-2": state.MODE_ZOOKEEPER,
    }
    assert cluster.controller_ids == {3000: "kafka-kraft-0"}
    assert cluster.image == "apache/kafka:3.9.2"


# ZooKeeper


def test_who_names_the_zookeeper() -> None:
    assert str(Cluster().zookeeper_connect) == CONNECT
    kraft = {"process.roles": "broker", "node.id": "1"}
    brokers = dict.fromkeys(("kafka_0", "kafka_1", "kafka_2"), kraft)
    assert str(with_controllers({"zookeeper.connect": "other:2181"}, **brokers).zookeeper_connect) == "other:2181"
    assert Cluster(**brokers).zookeeper_connect is None
    remembered = Cluster(**brokers)
    data = journals.dump(journals.Journal("kafka", zookeeper_connect="kept:2181"))
    name = {"name": "kraft-migration-kafka", "namespace": "n"}
    cast("Any", remembered.client).put({"kind": "ConfigMap", "metadata": name, "data": data})
    assert str(remembered.zookeeper_connect) == "kept:2181"
    with pytest.raises(Refused, match="names a ZooKeeper: the cluster runs in KRaft mode") as none:
        str(Cluster(**brokers).route)
    assert none.value.code == "wrong-state"


def test_the_way_to_zookeeper_is_open_until_the_cluster_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[Any] = []

    @contextmanager
    def route(_client: Any, namespace: str, connect: Any, relays: Any, option: Any) -> Any:
        log.append((namespace, str(connect), relays, option))
        yield SimpleNamespace(servers=[("h", 1), ("i", 2)], chroot="/kafka", reached=9, via="x", names=("zk",))
        log.append("forward closed")

    class Session:
        """A session that notes how it was opened."""

        progress: Any = None

        def __init__(self, *servers: Any, timeout: float, **options: Any) -> None:
            log.append((servers, timeout, options))

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_exc: object) -> None:
            log.append("session closed")

    monkeypatch.setattr(kafka_cluster, "open_route", route)
    monkeypatch.setattr(kafka_cluster, "open_session", Session)
    monkeypatch.setattr(kafka_cluster, "find_login", lambda *_words: "login")
    monkeypatch.setattr(kafka_cluster, "read_view", lambda of, partitions: (of, partitions))
    cluster = Cluster()
    cast("Any", cluster.client).progress = print
    assert cast("Any", cluster.view) == (cluster.zookeeper, False)
    assert cluster.zookeeper.progress is print
    relays = [(f"kafka-{number}", "kafka") for number in range(3)]
    assert log[0] == ("n", CONNECT, relays, None)
    assert log[1][0] == ("h", 1, ("i", 2))
    assert log[1][1] == 5.0 + 3 * SESSION_SECONDS, "no longer than for three silent servers"
    assert (log[1][2]["login"], log[1][2]["names"]) == ("login", ("zk",))
    cluster.changed()
    assert {"route", "zookeeper"} <= cluster.__dict__.keys(), "the session outlives a look at everything"
    assert "view" not in cluster.__dict__
    cluster.close()
    assert log[2:] == ["session closed", "forward closed"]


# state


def hybrid(**read: Any) -> Cluster:
    cluster = with_controllers(
        {**MIGRATING, "node.id": "3000", "process.roles": "controller"},
        **{**dict.fromkeys(("kafka_0", "kafka_1", "kafka_2"), MIGRATING), **read},
    )
    cluster.__dict__["view"] = SimpleNamespace(
        controller=Controller(3000, 7, False), migration=Migration(3000, 7, 9, 7)
    )
    return cluster


def test_the_state_is_what_pods_and_zookeeper_show() -> None:
    cluster = hybrid()
    assert cluster.state.name == state.HYBRID
    cluster.expect(lambda name: name == state.HYBRID, "this")
    with pytest.raises(
        Refused, match=r"this cannot run now: n/kafka is HYBRID_DUAL_WRITE .* run status\.yml"
    ) as refused:
        cluster.expect(lambda name: name == state.PURE, "this")
    assert refused.value.code == "wrong-state"
    assert hybrid(kafka_1=Unknown("exec failed")).state.name == state.MIXED
    cluster = hybrid()
    cluster.__dict__["view"] = SimpleNamespace(controller=None, migration=None)
    assert cluster.state.name != state.HYBRID


def test_zookeeper_is_not_asked_once_no_controller_has_the_flag() -> None:
    kraft = {"process.roles": "broker", "node.id": "1"}
    brokers = dict.fromkeys(("kafka_0", "kafka_1", "kafka_2"), kraft)
    cluster = with_controllers({"process.roles": "controller", "node.id": "3000"}, **brokers)
    assert cluster.state.name == state.FINALIZED
    assert "view" not in cluster.__dict__


# what becomes stale


@pytest.mark.parametrize("part", list(Part))
def test_a_part_and_what_depends_on_it_is_read_again(part: Part) -> None:
    cluster = hybrid()
    str((cluster.state, cluster.modes, cluster.effective, cluster.journal, cluster.pod_of_broker))
    before = set(cluster.__dict__) - {"controllers"}  # which is no property here
    cluster.changed(part)
    gone = before - set(cluster.__dict__)
    wanted = {*DEPENDS[part], *cluster.of_platform.get(part, ())}
    assert gone == wanted & before
    assert "journal" in gone or part is not Part.JOURNAL


def test_processes_are_read_once_for_whoever_needs_both() -> None:
    cluster = hybrid()
    cluster.read_processes()
    assert (len(cluster.facts), len(cluster.controller_facts)) == (3, 1)
    cluster.read_processes()
    assert len(cluster.asked) == 1
    cluster.changed(Part.BROKERS)
    cluster.read_processes()
    assert len(cluster.facts) == 3
    assert len(cluster.asked) == 2, "the controllers were read already, and are kept"
    Cluster().read_processes()


@pytest.mark.parametrize(
    ("cluster", "container", "asked"),
    [
        (Cluster(), "kafka", "kafka-0"),
        # the brokers run in KRaft mode: the controllers still know ZooKeeper
        (
            with_controllers(
                {"node.id": "1000", "zookeeper.connect": CONNECT},
                **{f"kafka_{n}": {"node.id": str(n)} for n in range(3)},
            ),
            "kafka",
            "kafka-kraft-0",
        ),
    ],
)
def test_whose_login_to_zookeeper_is_used(
    monkeypatch: pytest.MonkeyPatch, cluster: Cluster, container: str, asked: str
) -> None:
    read: list[Any] = []

    def files(_client: Any, namespace: str, pod: str, of: str, paths: list[str], *, pid: int) -> dict[str, bytes]:
        read.append((namespace, pod, of, pid))
        if paths == ["/gone"]:
            raise NotFound(f"no such file in {pod}")
        if paths == ["/shut"]:
            raise Forbidden("pods/exec is not allowed")
        return {paths[0]: b"text"}

    def find(_client: Any, _namespace: str, settings: Any, _options: Any, reader: Any, secret: str) -> Any:
        assert settings["zookeeper.connect"] == CONNECT
        assert secret == ""
        return reader

    monkeypatch.setattr(pod_files, "read_files", files)
    monkeypatch.setattr(kafka_cluster, "find_login", find)
    reader: Any = cluster.zookeeper_login
    assert reader("/etc/jaas.conf") == b"text"
    last = len(cluster.controller_facts if cluster.controllers else cluster.facts) - 1
    assert reader("/gone") == Unknown(f"no such file in {asked[:-1]}{last}")
    with pytest.raises(Forbidden):
        reader("/shut")
    assert read[0] == ("n", asked, container, 7)


def test_a_file_of_the_brokers_is_read_where_a_process_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def files(_client: Any, _namespace: str, pod: str, _of: str, paths: list[str], **_options: Any) -> dict[str, bytes]:
        asked.append(pod)
        if pod == "kafka-1" or paths == ["/gone"]:
            raise NotFound(f"{paths[0]} is not in {pod}")
        return {paths[0]: b"canary"}

    monkeypatch.setattr(pod_files, "read_files", files)
    cluster = Cluster(kafka_0=Unknown("it does not run"))
    assert cluster.broker_file("/jaas") == b"canary"
    assert cluster.broker_file("/jaas") == b"canary"
    assert asked == ["kafka-1", "kafka-2"], "one that does not run is not asked, and nothing is read twice"
    assert cluster.broker_file("/gone") == Unknown("/gone is not in kafka-2")
    cluster.changed(Part.BROKERS)
    cluster.broker_file("/jaas")
    assert asked[-2:] == ["kafka-1", "kafka-2"], "a restarted pod may have another one"
    silent = Cluster(**dict.fromkeys(("kafka_0", "kafka_1", "kafka_2"), Unknown("it does not run")))
    assert silent.broker_file("/jaas") == Unknown("no process runs in whose pod it could be read")
