# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the runner finds its way to ZooKeeper from the brokers' own connect string."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import zookeeper_route
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import Connect, parse_connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, Refused

from tests.unit.plugins.module_utils.fakes import FakeClient, pod


@pytest.mark.parametrize(
    ("text", "servers", "chroot"),
    [
        ("z", (("z", 2181),), ""),
        ("z:2182", (("z", 2182),), ""),
        (" a:1 , b:2/kafka ", (("a", 1), ("b", 2)), "/kafka"),
        ("a,b:3/", (("a", 2181), ("b", 3)), ""),
        ("z/one/two/", (("z", 2181),), "/one/two"),
        ("10.0.0.1:2181", (("10.0.0.1", 2181),), ""),
        ("[fd00::1]:2182/k", (("fd00::1", 2182),), "/k"),
        ("[fd00::1]", (("fd00::1", 2181),), ""),
        # a comma too many is what templates leave behind
        ("a:1,", (("a", 1),), ""),
    ],
)
def test_connect_strings(text: Any, servers: Any, chroot: Any) -> None:
    assert parse_connect(text) == Connect(servers, chroot)


@pytest.mark.parametrize("text", ["", " ", "/kafka", ",", "z:port", "z:99999"])
def test_what_is_no_connect_string(text: Any) -> None:
    with pytest.raises(Refused) as raised:
        parse_connect(text)
    assert raised.value.code == "zookeeper-unreachable"
    assert "is no ZooKeeper connect string" in raised.value.message


def test_written_as_kafka_reads_it() -> None:
    assert str(parse_connect("a:1,b/k")) == "a:1,b:2181/k"
    assert str(parse_connect("[fd00::1]:2182/k")) == "[fd00::1]:2182/k"
    assert parse_connect(str(parse_connect("[fd00::1]:2182/k"))) == parse_connect("[fd00::1]:2182/k")


@pytest.mark.parametrize(
    ("host", "readings"),
    [
        ("zk", [("", "zk", "n")]),
        ("zk.infra", [("", "zk", "infra"), ("zk", "infra", "n"), ("", "zk", "n")]),
        ("zk.infra.svc", [("", "zk", "infra"), ("zk", "infra", "n"), ("", "zk", "n")]),
        ("zk-0.zk", [("", "zk-0", "zk"), ("zk-0", "zk", "n"), ("", "zk-0", "n")]),
        ("zk-0.zk.infra", [("", "zk-0", "zk"), ("zk-0", "zk", "infra"), ("", "zk-0", "n")]),
        ("zk-0.zk.infra.svc", [("", "zk-0", "zk"), ("zk-0", "zk", "infra"), ("", "zk-0", "n")]),
    ],
)
def test_readings_of_a_name(host: Any, readings: Any) -> None:
    assert zookeeper_route._readings(host.split("."), "n") == readings


def service(name: Any, namespace: Any, *, ports: Any = (), cluster_ip: Any = "10.96.0.9", selector: Any = None) -> Any:
    return {
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"clusterIP": cluster_ip, "ports": list(ports), "selector": selector},
    }


@pytest.mark.parametrize(
    ("spec", "headless", "port"),
    [
        ({"clusterIP": "None", "ports": [{"port": 2181, "targetPort": 12181}]}, False, 2181),
        ({"ports": [{"port": 2181, "targetPort": 12181}]}, True, 2181),
        ({"ports": [{"port": 80, "targetPort": 8080}, {"port": 2181, "targetPort": 12181}]}, False, 12181),
        ({"ports": [{"port": 2181}]}, False, 2181),
        ({}, False, 2181),
    ],
)
def test_target_port(spec: Any, headless: Any, port: Any) -> None:
    assert zookeeper_route._target_port({"spec": spec}, 2181, headless, pod("zk-0")) == port


def test_target_port_by_name_is_looked_up_in_the_pod() -> None:
    named = {"spec": {"ports": [{"port": 2181, "targetPort": "client"}]}}
    serving = pod("zk-0")
    serving["spec"] = {"containers": [{"name": "zk", "ports": [{"name": "client", "containerPort": 12181}]}]}
    assert zookeeper_route._target_port(named, 2181, False, serving) == 12181
    assert zookeeper_route._target_port(named, 2181, False, pod("zk-0")) == 2181
    serving["spec"]["containers"] = [
        {"name": "sidecar"},
        {"name": "zk", "ports": [{"name": "peer", "containerPort": 1}]},
    ]
    assert zookeeper_route._target_port(named, 2181, False, serving) == 2181


def behind(client: Any, host: Any, port: Any = 2181) -> Any:
    return zookeeper_route._pod_behind(client, "n", host, port)


def zk_pod(name: Any, namespace: Any, **more: Any) -> Any:
    item = pod(name, namespace, **more)
    item["metadata"]["labels"] = {"app": "zk"}
    return item


def test_the_pod_behind_a_service() -> None:
    client = FakeClient(
        service("zk", "infra", ports=[{"port": 2181, "targetPort": 12181}], selector={"app": "zk"}),
        zk_pod("zk-0", "infra", ready=False),
        zk_pod("zk-1", "infra"),
        pod("other", "infra"),
    )
    assert behind(client, "zk.infra.svc.cluster.local.") == ("zk-1", "infra", 12181)


def test_the_pod_of_a_headless_service() -> None:
    client = FakeClient(
        service("zk", "n", cluster_ip="None", selector={"app": "zk"}), zk_pod("zk-0", "n"), zk_pod("zk-1", "n")
    )
    assert behind(client, "zk-1.zk") == ("zk-1", "n", 2181)
    assert behind(client, "zk-1.zk.n.svc") == ("zk-1", "n", 2181)
    assert behind(client, "zk-9.zk") is None


@pytest.mark.parametrize("host", ["10.0.0.1", "zk.example.com", "zk"])
def test_nobody_behind_it(host: Any) -> None:
    assert behind(FakeClient(), host) is None


def test_a_service_without_selector_or_ready_pods_leads_nowhere() -> None:
    assert behind(FakeClient(service("zk", "n")), "zk") is None
    client = FakeClient(service("zk", "n", selector={"app": "zk"}), zk_pod("zk-0", "n", ready=False))
    assert behind(client, "zk") is None


def test_a_namespace_that_may_not_be_read_leads_nowhere() -> None:
    client = FakeClient()
    client.fail["get", "Service"] = Forbidden("may not get services")
    assert behind(client, "zk.infra") is None


@pytest.fixture
def channels(monkeypatch: Any) -> Any:
    """Forward and relay that say what they were asked for."""
    opened: list[tuple[Any, ...]] = []

    @contextmanager
    def pod_forward(_client: Any, namespace: Any, name: Any, port: Any) -> Any:
        opened.append(("forward", namespace, name, port))
        yield SimpleNamespace(host="127.0.0.1", port=40001)

    @contextmanager
    def exec_relay(_client: Any, namespace: Any, name: Any, container: Any, host: Any, port: Any) -> Any:
        opened.append(("relay", namespace, name, container, host, port))
        yield SimpleNamespace(host="127.0.0.1", port=40002)

    monkeypatch.setattr(zookeeper_route, "pod_forward", pod_forward)
    monkeypatch.setattr(zookeeper_route, "exec_relay", exec_relay)
    return opened


def route(client: Any, connect: Any, *, relays: Any = (("kafka-0", "kafka"),), override: Any = None) -> Any:
    with zookeeper_route.open_route(client, "n", parse_connect(connect), list(relays), override) as found:
        return found


def test_the_users_own_address_comes_first(channels: Any) -> None:
    found = route(FakeClient(), "zk:2181/k", override="localhost:9999")
    assert (found.host, found.port, found.chroot, found.how) == (
        "localhost",
        9999,
        "/k",
        "directly at localhost:9999",
    )
    assert route(FakeClient(), "zk:2181/k", override="localhost:9999/other").chroot == "/other"
    assert channels == []


def test_the_first_server_with_a_pod_is_forwarded_to(channels: Any) -> None:
    client = FakeClient(service("b", "n", selector={"app": "zk"}), zk_pod("b-0", "n"))
    found = route(client, "a:2181,b:2181/k")
    assert channels == [("forward", "n", "b-0", 2181)]
    assert (found.port, found.chroot, found.how) == (40001, "/k", "port-forward to pod n/b-0")


def test_else_a_broker_relays(channels: Any) -> None:
    found = route(FakeClient(), "zk.example.com:2281/k")
    assert channels == [("relay", "n", "kafka-0", "kafka", "zk.example.com", 2281)]
    assert found.how == "relay through pod n/kafka-0 to zk.example.com:2281"


def test_without_a_ready_broker_nobody_can_relay(channels: Any) -> None:
    with pytest.raises(Refused) as raised:
        route(FakeClient(), "zk.example.com", relays=())
    assert raised.value.code == "zookeeper-unreachable"
    assert "zk.example.com:2181" in raised.value.message
    assert "kraft_zookeeper_connect" in raised.value.message


def test_ready() -> None:
    assert zookeeper_route.is_ready(pod("a"))
    assert not zookeeper_route.is_ready(pod("a", ready=False))
    assert not zookeeper_route.is_ready(pod("a", deletionTimestamp="2026-01-01T00:00:00Z"))
    assert not zookeeper_route.is_ready({"metadata": {}})
