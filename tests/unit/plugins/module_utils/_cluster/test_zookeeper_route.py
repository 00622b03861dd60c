# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the runner finds its way to ZooKeeper from the brokers' own connect string."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import zookeeper_route
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import Connect, parse_connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Forbidden,
    KraftError,
    NotFound,
    Refused,
    Unreachable,
)

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
    assert "is not a ZooKeeper connect string" in raised.value.message


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
    return zookeeper_route.pods_behind(client, "n", host, port)


def zk_pod(name: Any, namespace: Any, **more: Any) -> Any:
    item = pod(name, namespace, **more)
    item["metadata"]["labels"] = {"app": "zk"}
    return item


def test_the_pods_behind_a_service() -> None:
    client = FakeClient(
        service("zk", "infra", ports=[{"port": 2181, "targetPort": 12181}], selector={"app": "zk"}),
        zk_pod("zk-0", "infra", ready=False),
        zk_pod("zk-1", "infra"),
        zk_pod("zk-2", "infra"),
        pod("other", "infra"),
    )
    assert behind(client, "zk.infra.svc.cluster.local.") == [("zk-1", "infra", 12181), ("zk-2", "infra", 12181)]


def test_the_pod_of_a_headless_service() -> None:
    client = FakeClient(
        service("zk", "n", cluster_ip="None", selector={"app": "zk"}), zk_pod("zk-0", "n"), zk_pod("zk-1", "n")
    )
    assert behind(client, "zk-1.zk") == [("zk-1", "n", 2181)]
    assert behind(client, "zk-1.zk.n.svc") == [("zk-1", "n", 2181)]
    assert behind(client, "zk-9.zk") == []


@pytest.mark.parametrize("host", ["10.0.0.1", "zk.example.com", "zk"])
def test_nobody_behind_it(host: Any) -> None:
    assert behind(FakeClient(), host) == []


def test_a_service_without_selector_or_ready_pods_leads_nowhere() -> None:
    assert behind(FakeClient(service("zk", "n")), "zk") == []
    client = FakeClient(service("zk", "n", selector={"app": "zk"}), zk_pod("zk-0", "n", ready=False))
    assert behind(client, "zk") == []


def test_a_namespace_that_may_not_be_read_leads_nowhere() -> None:
    client = FakeClient()
    client.fail["get", "Service"] = Forbidden("may not get services")
    assert behind(client, "zk.infra") == []


@pytest.fixture
def channels(monkeypatch: Any) -> Any:
    """Channels that say what they were asked for; those in ``channels.broken`` raise their error."""
    opened = SimpleNamespace(asked=[], broken={})

    def dial(*asked: Any) -> Any:
        def call() -> Any:
            opened.asked.append(asked)
            if asked[2] in opened.broken:
                raise opened.broken[asked[2]]
            return asked

        return call

    monkeypatch.setattr(zookeeper_route, "pod_dial", lambda _client, *asked: dial("forward", *asked))
    monkeypatch.setattr(zookeeper_route, "relay_dial", lambda _client, *asked: dial("relay", *asked))
    return opened


def routes(client: Any, connect: Any, *, relays: Any = (("kafka-0", "kafka"),)) -> Any:
    return zookeeper_route.find_routes(client, "n", parse_connect(connect), list(relays))


def ensemble(*names: str) -> Any:
    return FakeClient(
        service("zk", "n", cluster_ip="None", selector={"app": "zk"}), *(zk_pod(name, "n") for name in names)
    )


THREE = "zk-0.zk:2181,zk-1.zk:2181,zk-2.zk:2181/k"


def test_the_users_own_addresses_come_first() -> None:
    def directly(override: str) -> Any:
        with zookeeper_route.open_route(FakeClient(), "n", parse_connect("zk:2181/k"), [], override) as found:  # type: ignore[arg-type]
            return found

    found = directly("localhost:9999,other")
    assert (found.servers, found.chroot, found.how, found.reached) == (
        (("localhost", 9999), ("other", 2181)),
        "/k",
        "directly at localhost:9999, other:2181",
        2,
    )
    assert directly("localhost:9999/other").chroot == "/other"


def test_each_server_with_a_pod_is_a_way(channels: Any) -> None:
    found = routes(ensemble("zk-0", "zk-2"), THREE)
    assert [route.how for route in found] == ["port-forward to pod n/zk-0", "port-forward to pod n/zk-2"]
    for route in found:
        route.dial()
    assert channels.asked == [("forward", "n", "zk-0", 2181), ("forward", "n", "zk-2", 2181)]


def test_pods_that_are_named_twice_are_one_way(channels: Any) -> None:
    assert len(routes(ensemble("zk-0", "zk-1"), "zk,zk-0.zk,zk.n.svc")) == 2


def test_else_the_brokers_relay(channels: Any) -> None:
    client = FakeClient(pod("kafka-0"), pod("kafka-1", ready=False), pod("kafka-2"))
    brokers = [(f"kafka-{number}", "kafka") for number in range(4)]
    found = routes(client, "a.example.com:1,b.example.com,c.example.com", relays=brokers)
    for route in found:
        route.dial()
    assert channels.asked == [
        ("relay", "n", "kafka-0", "kafka", "a.example.com", 1),
        ("relay", "n", "kafka-2", "kafka", "b.example.com", 2181),
        ("relay", "n", "kafka-0", "kafka", "c.example.com", 2181),
    ]
    assert found[0].how == "relay through pod n/kafka-0 to a.example.com:1"
    found = routes(client, "lb.example.com", relays=brokers)
    assert [route.how for route in found] == [
        "relay through pod n/kafka-0 to lb.example.com:2181",
        "relay through pod n/kafka-2 to lb.example.com:2181",
    ], "a broker that is restarted takes nobody's ZooKeeper away"


def test_without_a_ready_broker_nobody_can_relay(channels: Any) -> None:
    for client in (FakeClient(), FakeClient(pod("kafka-0", ready=False))):
        with pytest.raises(Refused) as raised:
            routes(client, "zk.example.com")
        assert raised.value.code == "zookeeper-unreachable"
        assert "zk.example.com:2181" in raised.value.message
        assert "kraft_zookeeper_connect" in raised.value.message


# one connection after the other


def asked(channels: Any) -> list[str]:
    return [each[2] for each in channels.asked]


def servers_of(client: Any) -> Any:
    return zookeeper_route.Servers(lambda: routes(client, THREE))


def test_each_connection_goes_to_the_server_that_was_used_least_lately(channels: Any) -> None:
    servers = servers_of(ensemble("zk-0", "zk-1", "zk-2"))
    for _connection in range(4):
        servers.dial()
    assert asked(channels) == ["zk-0", "zk-1", "zk-2", "zk-0"]
    assert servers.last == "port-forward to pod n/zk-0"


def test_a_server_whose_pod_is_gone_is_passed_over(channels: Any) -> None:
    servers = servers_of(ensemble("zk-0", "zk-1", "zk-2"))
    channels.broken = {"zk-0": NotFound("no such pod"), "zk-1": KraftError("no container runs")}
    assert servers.dial()[2] == "zk-2"
    assert asked(channels) == ["zk-0", "zk-1", "zk-2"]
    channels.broken["zk-2"] = KraftError("nor here")
    with pytest.raises(KraftError, match="nor here"):
        servers.dial()


def test_an_api_server_that_is_away_is_not_asked_for_each_server(channels: Any) -> None:
    """Each may take all the time that kazoo has for a connection; the next connection begins with the next server."""
    servers = servers_of(ensemble("zk-0", "zk-1"))
    channels.broken = {"zk-0": Unreachable("no answer within the time limit")}
    with pytest.raises(Unreachable, match="no answer"):
        servers.dial()
    assert servers.dial()[2] == "zk-1"
    assert asked(channels) == ["zk-0", "zk-1"]


def until(condition: Any) -> None:
    for _attempt in range(500):
        if condition():
            return
        threading.Event().wait(0.01)
    pytest.fail("it never came")


def test_a_pod_under_another_name_is_found_in_time_for_a_later_connection(channels: Any) -> None:
    """As a Deployment makes it; a StatefulSet's comes back under its own name."""
    client = FakeClient(service("zk", "n", selector={"app": "zk"}), zk_pod("zk-x7", "n"))
    servers: Any = zookeeper_route.Servers(lambda: routes(client, "zk:2181"))
    servers.dial()
    client.drop("Pod", "n", "zk-x7")
    client.put(zk_pod("zk-b9", "n"))
    channels.broken = {"zk-x7": NotFound("no such pod")}
    with contextlib.suppress(NotFound):
        servers.dial()
    until(lambda: [route.how for route in servers.routes] == ["port-forward to pod n/zk-b9"])
    assert servers.dial()[2] == "zk-b9"


def test_what_is_known_does_while_the_api_server_cannot_be_asked(channels: Any) -> None:
    client = ensemble("zk-0")
    servers = servers_of(client)
    servers.dial()
    reads: list[bool] = []

    def find() -> Any:
        reads.append(True)
        raise Unreachable("away")

    servers._find = find
    servers.dial()
    until(lambda: reads and not servers._reading.locked())
    assert servers.dial()[2] == "zk-0"


def test_a_look_that_hangs_keeps_no_connection_waiting(channels: Any) -> None:
    servers = servers_of(ensemble("zk-0", "zk-1"))
    servers.dial()
    hangs = threading.Event()
    reads: list[bool] = []

    def find() -> Any:
        reads.append(True)
        hangs.wait(10)
        raise Unreachable("away")

    servers._find = find
    for _connection in range(3):
        servers.dial()
    assert asked(channels) == ["zk-0", "zk-1", "zk-0", "zk-1"]
    until(lambda: reads)
    assert reads == [True], "one look at a time"
    hangs.set()
    until(lambda: not servers._reading.locked())


def test_a_route_is_one_local_port_for_all_servers(channels: Any) -> None:
    client = ensemble("zk-0", "zk-1")
    channels.broken = {"zk-0": KraftError("refused"), "zk-1": KraftError("refused")}
    with zookeeper_route.open_route(client, "n", parse_connect(THREE), [], None) as route:
        assert (route.chroot, route.reached) == ("/k", 2)
        assert route.how == "port-forward to pod n/zk-0; else port-forward to pod n/zk-1"
        for _connection in range(2):
            ((host, port),) = route.servers
            with socket.create_connection((host, port), timeout=5) as sock:
                assert sock.recv(1) == b"", "nobody is behind it"
        until(lambda: route.via() == "refused")
    assert asked(channels) == ["zk-0", "zk-1", "zk-0", "zk-1"]


def test_ready() -> None:
    assert zookeeper_route.is_ready(pod("a"))
    assert not zookeeper_route.is_ready(pod("a", ready=False))
    assert not zookeeper_route.is_ready(pod("a", deletionTimestamp="2026-01-01T00:00:00Z"))
    assert not zookeeper_route.is_ready({"metadata": {}})


@pytest.mark.parametrize(
    ("text", "has", "has_not"),
    [
        ("zk", ("zk", "zk.shop", "zk.shop.svc", "zk.shop.svc.cluster.local"), ("zk.other",)),
        ("zk-0.zk", ("zk-0.zk", "zk-0.zk.shop.svc", "zk-0.zk.svc.cluster.local"), ("zk",)),
        ("zk.other.svc", ("zk.other.svc", "zk.other.svc.cluster.local"), ("zk.shop",)),
        ("zk.example.com.", ("zk.example.com",), ("zk.example.com.shop",)),
        ("a.zk.other.svc.cluster.local", ("a.zk.other.svc.cluster.local",), ("a.zk.other.svc.cluster.local.svc",)),
        ("10.0.0.1,[fd00::1]:2182", ("10.0.0.1", "fd00::1"), ("10.0.0.1.shop", "fd00::1.shop")),
    ],
)
def test_the_names_that_a_certificate_may_have(text: str, has: tuple[str, ...], has_not: tuple[str, ...]) -> None:
    names = zookeeper_route.server_names([parse_connect(text)], "shop")
    assert set(has) <= set(names)
    assert not set(has_not) & set(names)
    assert len(set(names)) == len(names)


def test_an_address_of_the_user_counts_beside_the_brokers_servers() -> None:
    client: Any = FakeClient()
    with zookeeper_route.open_route(client, "shop", parse_connect("zk"), [], "zk.example.com:2182") as route:
        assert route.names[:2] == ("zk.example.com", "zk")
