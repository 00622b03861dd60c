# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing that reaches for ZooKeeper is missed, and what only has its host or its port in common is none."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.zookeeper_references import (
    Addresses,
    zookeeper_references,
)


def _template(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"spec": {"containers": list(containers), **spec}}


CONNECT = "zk-0.zk.infra.svc:2181,zk-1.zk.infra.svc:2281/kafka"


@pytest.mark.parametrize(
    ("container", "where", "text"),
    [
        ({"command": ["sh", "-c", "until nc -z zk-0.zk 2181; do sleep 1; done"]}, "start command", "zk-0.zk 2181"),
        ({"args": ["cub zk-ready $X 60"]}, "start command", "zk-ready"),
        ({"command": ["zookeeper-shell.sh", "$ZK", "ls", "/"]}, "start command", "zookeeper-shell.sh"),
        ({"command": ["kafka-configs.sh", "--zookeeper", "x"]}, "start command", "--zookeeper"),
        ({"readinessProbe": {"exec": {"command": ["nc", "zk.example", "2281"]}}}, "readinessProbe", "zk.example\n2281"),
        ({"args": ["--zookeeper.server=zk-1.zk.infra.svc:2281"]}, "start command", "--zookeeper"),
        ({"livenessProbe": {"tcpSocket": {"port": 2181}}}, "livenessProbe", "2181"),
        (
            {"startupProbe": {"tcpSocket": {"host": "zk-1.zk.infra.svc", "port": 2281}}},
            "startupProbe",
            "zk-1.zk.infra.svc:2281",
        ),
        ({"lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", "echo ruok | nc"]}}}}, "preStop hook", "ruok"),
        ({"lifecycle": {"postStart": {"httpGet": {"port": 2182}}}}, "postStart hook", "2182"),
        (
            {"env": [{"name": "WAIT_FOR", "value": "zk-1.zk.infra.svc:2281"}]},
            "variable WAIT_FOR",
            "zk-1.zk.infra.svc:2281",
        ),
    ],
)
def test_what_reaches_for_zookeeper(container: dict[str, Any], where: str, text: str) -> None:
    (found,) = zookeeper_references(_template({"name": "kafka", **container}), CONNECT)
    assert found == (f"{where} of container kafka", text, False)


def test_who_looks_for_the_broker_itself_is_told_apart() -> None:
    """A broker in KRaft mode does not register in ZooKeeper, so that such a probe never succeeds again."""
    asks = {
        "name": "kafka",
        "readinessProbe": {"exec": {"command": ["zookeeper-shell.sh", "zk:2181", "ls", "/brokers/ids"]}},
    }
    (found,) = zookeeper_references(_template(asks), CONNECT)
    assert found.for_broker


def test_variables_are_read_as_the_container_gets_them() -> None:
    env = [
        {"name": "KAFKA_ZOOKEEPER_CONNECT", "value": CONNECT},
        {"name": "WAIT", "value": "$(KAFKA_ZOOKEEPER_CONNECT)"},
    ]
    given = {"name": "kafka", "env": env, "envFrom": [{"configMapRef": {"name": "e"}}]}
    maps = {"e": {"kind": "ConfigMap", "data": {"COORDINATION": "zk-0.zk:2181", "KAFKA_ZOOKEEPER_CONNECT": CONNECT}}}
    template = _template(given, initContainers=[{"name": "i", "envFrom": given["envFrom"]}])
    assert sorted(item.where for item in zookeeper_references(template, CONNECT, maps)) == [
        "variable COORDINATION of container kafka", "variable WAIT of container kafka",
    ]  # fmt: skip
    left = [("kafka", "WAIT"), ("kafka", "COORDINATION")]
    assert zookeeper_references(template, CONNECT, maps, left) == []


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
        {"command": ["kafka-server-start.sh", "/c.properties", "--override=zookeeper.connect=zk-0.zk:2181"]},
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
        ("10.0.0.1:2181", "nc 10.0.0.1 2181", True),
        ("10.0.0.1:2181", "nc 10.0.0.1 1", False),
        ("10.0.0.1", "nc 10 1", False),
        ("localhost:2181", "curl localhost", False),
        ("localhost:2181", "curl localhost:2181", True),
        ("", "nc zookeeper 2181", True),
        ("", "nc kafka 9092", False),
        ("zookeeper:2181/kafka", "getent hosts zookeeper", True),
        ("zookeeper:2181/kafka", "getent hosts zookeeper.kafka.svc", True),
        ("zookeeper:2181/kafka", "ls /opt/zookeeper", False),
        ("node-1:2181", "kafka-topics.sh --bootstrap-server node-1:9092", False),
        ("node-1:2181", "nc -z node-1 9092", False),
        ("node-1:2181", "bash -c '</dev/tcp/node-1/2181'", True),
        ("zk", "nc zk 2181", True),
        ("zk:2181", "until nc -z $ZK_HOST $ZK_PORT; do sleep 1; done", True),
    ],
)
def test_addresses_come_from_the_connect_string(connect: str, command: str, found: bool) -> None:
    container = {"name": "kafka", "command": [command]}
    assert bool(zookeeper_references(_template(container), connect)) is found


def test_what_is_nothing_but_addresses() -> None:
    known = Addresses("zk-0.zk:2181,zk-1.zk/kafka")
    assert known.is_connect("zk-0.zk:2181, zk-1.zk:2181")
    assert known.is_connect("zk-1.zk/other")
    assert not known.is_connect("zk-0.zk:2181,other:2181")
    assert not known.is_connect("")
    assert not Addresses("").is_connect("")


@pytest.mark.parametrize(
    ("connect", "target", "asked"),
    [
        ("zk:2181", {"port": 9092}, False),
        ("zk:9092", {"port": 9092}, False),
        ("localhost:12181", {"port": 12181}, True),
        ("zk:2181", {"host": "zk", "port": 9092}, False),
    ],
)
def test_a_probe_asks_host_and_port(connect: str, target: dict[str, Any], asked: bool) -> None:
    container = {"name": "kafka", "readinessProbe": {"tcpSocket": target}}
    assert bool(zookeeper_references(_template(container), connect)) is asked


def test_a_variable_of_a_setting_beside_the_broker_is_no_setting() -> None:
    env = [{"name": "KAFKA_ZOOKEEPER_CONNECT", "value": CONNECT}]
    template = _template({"name": "kafka", "env": env}, {"name": "balancer", "env": env})
    found = zookeeper_references(template, CONNECT, brokers="kafka")
    assert [item.where for item in found] == ["variable KAFKA_ZOOKEEPER_CONNECT of container balancer"]
    assert zookeeper_references(template, CONNECT) == []
