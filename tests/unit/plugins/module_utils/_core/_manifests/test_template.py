# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pod templates are read as Kubernetes reads them, and nothing that reaches for ZooKeeper is missed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import (
    claim_names,
    config_map_uses,
    container_of,
    environment,
    main_container,
    mounts,
    references,
    switch_config_map,
    volume_at,
    zookeeper_references,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported


def _template(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"spec": {"containers": list(containers), **spec}}


def _names(*names: str) -> dict[str, Any]:
    return _template(*({"name": name} for name in names))


@pytest.mark.parametrize(
    ("template", "name", "expected"),
    [
        (_names("anything"), None, "anything"),
        (_names("sidecar", "kafka"), None, "kafka"),
        (_names("broker", "metrics"), None, "broker"),
        (_names("a", "b"), "b", "b"),
        (
            _template(
                {"name": "a", "image": "x/kafka-exporter:1"}, {"name": "b", "image": "confluentinc/cp-server:7.9.0"}
            ),
            None,
            None,
        ),
        (_template({"name": "a", "image": "x/exporter:1"}, {"name": "b", "image": "apache/kafka:3.9.2"}), None, "b"),
        (_template({"name": "a"}, {"name": "b", "image": "localhost/kafka"}), None, "b"),
    ],
)
def test_main_container(template: dict[str, Any], name: str | None, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(Unsupported):
            main_container(template, name)
    else:
        assert main_container(template, name) == expected
        assert container_of(template, expected)["name"] == expected


@pytest.mark.parametrize(
    ("template", "name", "words"),
    [
        (_names("a", "b"), None, "a, b"),
        (_names("a"), "x", "'x'"),
        (_template(), None, "none"),
        (_names("kafka", "broker"), None, "kraft_container"),
    ],
)
def test_an_unclear_container_is_named(template: dict[str, Any], name: str | None, words: str) -> None:
    with pytest.raises(Unsupported) as caught:
        main_container(template, name)
    assert caught.value.code == "cluster-ambiguous"
    assert words in caught.value.message


def test_environment_is_resolved_as_kubernetes_does() -> None:
    config_maps = {"common": {"data": {"A": "from", "B": "map"}}, "one": {"data": {"key": "referenced"}}, "empty": {}}
    container = {
        "envFrom": [
            {"configMapRef": {"name": "common"}},
            {"configMapRef": {"name": "common"}, "prefix": "P_"},
            {"configMapRef": {"name": "empty"}},
            {"configMapRef": {"name": "unknown"}},
            {"secretRef": {"name": "hidden"}},
        ],
        "env": [
            {"name": "B", "value": "own"},
            {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "one", "key": "key"}}},
            {"name": "D", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
            {"name": "E", "value": "$(C)-$(NONE)-$$(C)-$(A)"},
            {"name": "F", "value": "$(D)"},
            {"name": "G"},
            {"name": "H", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ],
    }
    found = environment(container, config_maps)
    assert {name: variable.value for name, variable in found.items()} == {
        "A": "from",
        "B": "own",
        "P_A": "from",
        "P_B": "map",
        "C": "referenced",
        "D": None,
        "E": "referenced-$(NONE)-$(C)-from",
        "F": None,
        "G": "",
        "H": None,
    }
    assert found["A"].origin == "common"
    assert found["B"].origin == "env"
    assert environment({}, {}) == {}
    assert references("x$(A)$(B_1)") == ["A", "B_1"]


def test_config_maps_in_volumes_and_their_switch() -> None:
    template = _template(
        volumes=[
            {"name": "plain", "configMap": {"name": "kafka"}},
            {
                "name": "both",
                "projected": {
                    "sources": [
                        {
                            "configMap": {
                                "name": "kafka",
                                "items": [{"key": "server.properties", "path": "s.properties"}],
                            }
                        },
                        {"configMap": {"name": "log4j"}},
                        {"secret": {"name": "s"}},
                    ]
                },
            },
            {"name": "data", "emptyDir": {}},
            {"name": "odd", "configMap": {}},
        ]
    )
    assert config_map_uses(template) == [
        ("plain", "kafka", None),
        ("both", "kafka", {"server.properties": "s.properties"}),
        ("both", "log4j", None),
    ]
    switch_config_map(template, "kafka", "kafka-new")
    assert [use.config_map for use in config_map_uses(template)] == ["kafka-new", "kafka-new", "log4j"]
    assert config_map_uses(_template()) == []
    switch_config_map(_template(), "a", "b")


def test_volumes_and_claims() -> None:
    container = {"volumeMounts": [{"name": "root", "mountPath": "/data"}, {"name": "logs", "mountPath": "/data/logs/"}]}
    assert volume_at(container, "/data/logs") == "logs"
    assert volume_at(container, "/data/logs/0") == "logs"
    assert volume_at(container, "/data/logs2") == "root"
    assert volume_at(container, "/other") is None
    assert mounts({}) == []
    assert claim_names({"spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}}) == ["data"]
    assert claim_names({"spec": {}}) == []


CONNECT = "zk-0.zk.infra.svc:2181,zk-1.zk.infra.svc:2281/kafka"


@pytest.mark.parametrize(
    ("container", "where", "text"),
    [
        ({"command": ["sh", "-c", "until nc -z zk-0.zk 2181; do sleep 1; done"]}, "start command", "zk-0"),
        ({"args": ["cub zk-ready $X 60"]}, "start command", "zk-ready"),
        ({"command": ["zookeeper-shell.sh", "$ZK", "ls", "/"]}, "start command", "zookeeper-shell.sh"),
        ({"command": ["kafka-configs.sh", "--zookeeper", "x"]}, "start command", "--zookeeper"),
        ({"readinessProbe": {"exec": {"command": ["nc", "zk.example", "2281"]}}}, "readinessProbe", "2281"),
        ({"livenessProbe": {"tcpSocket": {"port": 2181}}}, "livenessProbe", "2181"),
        (
            {"startupProbe": {"tcpSocket": {"host": "zk-1.zk.infra.svc", "port": 80}}},
            "startupProbe",
            "zk-1.zk.infra.svc:80",
        ),
        ({"lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", "echo ruok | nc"]}}}}, "preStop hook", "ruok"),
        ({"lifecycle": {"postStart": {"httpGet": {"port": 2182}}}}, "postStart hook", "2182"),
        ({"env": [{"name": "WAIT_FOR", "value": "zk-1.zk.infra.svc:2281"}]}, "variable WAIT_FOR", "zk-1.zk.infra.svc"),
    ],
)
def test_what_reaches_for_zookeeper(container: dict[str, Any], where: str, text: str) -> None:
    (found,) = zookeeper_references(_template({"name": "kafka", **container}), CONNECT)
    assert found == (f"{where} of container kafka", text)


def test_init_containers_count_with_their_settings() -> None:
    waiting = {
        "name": "wait",
        "env": [{"name": "KAFKA_ZOOKEEPER_CONNECT", "value": CONNECT}],
    }
    (found,) = zookeeper_references(_template({"name": "kafka"}, initContainers=[waiting]), CONNECT)
    assert found.where == "variable KAFKA_ZOOKEEPER_CONNECT of init container wait"


@pytest.mark.parametrize(
    "container",
    [
        {},
        {"command": ["kafka-server-start.sh", "/c.properties", "--override", "zookeeper.connect=zk-0.zk:2181/kafka"]},
        {"command": ["sh", "-c", 'export KAFKA_ZOOKEEPER_CONNECT="zk-0.zk:2181"; run']},
        {"env": [{"name": "KAFKA_CFG_ZOOKEEPER_CONNECT", "value": CONNECT}, {"name": "EMPTY"}]},
        {"readinessProbe": {"tcpSocket": {"port": 9092}}, "livenessProbe": {"grpc": {"port": 1}}},
        {"lifecycle": {"stopSignal": "SIGTERM", "preStop": {"sleep": {"seconds": 5}}}},
        {"command": ["java", "-cp", "/opt/zk/libs:/opt/zk-0/x", "kafka.Kafka", "12181"]},
    ],
)
def test_what_only_names_zookeeper_in_settings_does_not_count(container: dict[str, Any]) -> None:
    assert zookeeper_references(_template({"name": "kafka", **container}), CONNECT) == []


@pytest.mark.parametrize(
    ("connect", "command", "found"),
    [
        ("10.0.0.1:2181", "nc 10.0.0.1 1", True),
        ("10.0.0.1", "nc 10 1", False),
        ("localhost:2181", "curl localhost", True),
        ("", "nc zookeeper 2181", True),
        ("", "nc kafka 9092", False),
        ("zookeeper:2181/kafka", "getent hosts zookeeper", True),
        ("zookeeper:2181/kafka", "getent hosts zookeeper.kafka.svc", True),
        ("zookeeper:2181/kafka", "ls /opt/zookeeper", False),
    ],
)
def test_addresses_come_from_the_connect_string(connect: str, command: str, found: bool) -> None:
    container = {"name": "kafka", "command": [command]}
    assert bool(zookeeper_references(_template(container), connect)) is found
