# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ZooKeeper layer against a real ZooKeeper and real brokers, through the API server.

KUBECONFIG=... python -m pytest tests/e2e/test_zookeeper_layer.py -s
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TypeVar

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import (
    Route,
    is_ready,
    open_route,
    parse_connect,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import pod_facts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient, connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.forward import (
    LocalForward,
    pod_forward,
    relay_dial,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.rest import PATIENCE
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    NotFound,
    Unreachable,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.records import SetData
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession, open_session
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.view import (
    InSync,
    ZkView,
    read_view,
    wait_hybrid,
    wait_in_sync,
)

from tests.e2e.removing import remove
from tests.faults.node import paused
from tests.sandbox.cluster import Sandbox
from tests.sandbox.fixtures import FixtureSpec, create, delete

pytestmark = [
    pytest.mark.skipif(not os.environ.get("KUBECONFIG"), reason="KUBECONFIG names no cluster"),
    # A connection that the other side cut may be left to the garbage collector; the unit tests look for leaks.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]

T = TypeVar("T")
SPEC = FixtureSpec(namespace="zk-layer", dns_ttl=1)


@pytest.fixture(scope="module")
def client() -> Iterator[KubeClient]:
    create(SPEC)
    client = connect({})
    yield client
    client.close()
    delete(SPEC)


@pytest.fixture
def zookeeper(client: KubeClient) -> Iterator[ZkSession]:
    with (
        pod_forward(client, SPEC.namespace, "zookeeper-0", 2181) as forward,
        open_session(forward.host, forward.port, chroot=SPEC.chroot) as session,
    ):
        yield session


def timed(what: str, call: Callable[[], T]) -> T:
    begin = time.monotonic()
    result = call()
    print(f"\n{what}: {(time.monotonic() - begin) * 1000:.0f} ms")
    return result


def bystander(view: ZkView) -> int:
    """Return a broker that is not the controller."""
    assert view.controller is not None
    return min(set(view.brokers) - {view.controller.broker_id})


def pod_of(broker: int) -> str:
    return {number: pod for pod, number in SPEC.broker_ids.items()}[broker]


def partitions_of(view: ZkView, broker: int) -> dict[tuple[str, int], int]:
    return {
        (topic.name, number): broker
        for topic in view.topics.values()
        for number, replicas in topic.partitions.items()
        if broker in replicas
    }


def test_the_view_is_whole_and_fast(client: KubeClient, zookeeper: ZkSession) -> None:
    view = timed("read_view", lambda: read_view(zookeeper))
    assert set(view.brokers) == set(SPEC.broker_ids.values())
    assert view.broker_is_controller
    assert view.controller_epoch is not None
    assert not view.migration_present
    assert len(view.topics) >= SPEC.topics
    assert len(view.states) == sum(len(topic.partitions) for topic in view.topics.values())
    assert all(topic.id for topic in view.topics.values())
    assert any(view.topic_configs.values())
    assert view.under_replicated == ()
    assert view.pending_deletions == view.reassigning == ()
    facts = timed("pod_facts", lambda: pod_facts(client, SPEC.namespace, pod_of(bystander(view)), "kafka"))
    assert facts.cluster_id == view.cluster_id


def test_a_wrong_chroot_is_named_with_the_right_one(client: KubeClient) -> None:
    with (
        pod_forward(client, SPEC.namespace, "zookeeper-0", 2181) as forward,
        pytest.raises(NotFound, match=r"has no /kafak: Kafka clusters are under /kafka"),
    ):
        open_session(forward.host, forward.port, chroot="/kafak")


def test_a_port_where_no_zookeeper_is(client: KubeClient) -> None:
    begin = time.monotonic()
    with (
        pod_forward(client, SPEC.namespace, "zookeeper-0", 2999) as forward,
        pytest.raises(Unreachable, match=r"granted no session within 1 s"),
    ):
        open_session(forward.host, forward.port, timeout=1.0)
    assert time.monotonic() - begin < 3.0


def test_through_a_broker_pod(client: KubeClient) -> None:
    dial = relay_dial(client, SPEC.namespace, "kafka-0", "kafka", "zookeeper-0.zookeeper", 2181)
    with (
        LocalForward(dial, "relaying through kafka-0") as relay,
        timed("session by relay", lambda: open_session(relay.host, relay.port, chroot=SPEC.chroot)) as session,
    ):
        assert timed("read_view by relay", lambda: read_view(session)).broker_is_controller


def test_deadlines_say_what_is_missing(zookeeper: ZkSession) -> None:
    view = read_view(zookeeper)
    want = dict.fromkeys(list(view.states)[:7], 77)
    with pytest.raises(DeadlineExceeded, match=r"7 of 7 partitions .* misses broker 77 \(leader \d\).* and 2 more"):
        wait_in_sync(zookeeper, want, timeout=0.5)
    with pytest.raises(DeadlineExceeded, match=r"/controller is held by broker \d in ZooKeeper mode"):
        wait_hybrid(zookeeper, [3000], timeout=0.5)


def test_a_returning_broker_is_noticed_at_once(client: KubeClient, zookeeper: ZkSession) -> None:
    view = read_view(zookeeper)
    broker = bystander(view)
    gone = threading.Event()
    zookeeper.watch(f"/brokers/ids/{broker}", gone.set)
    remove(client, POD, pod_of(broker), SPEC.namespace, grace_seconds=60)
    assert gone.wait(60)
    lines: list[str] = []
    result = timed(
        "from the broker's leave to its ISRs",
        lambda: wait_in_sync(zookeeper, partitions_of(view, broker), timeout=120, progress=lines.append),
    )
    late = result.noticed_ms - result.happened_ms
    print(f"noticed {late} ms after ZooKeeper wrote it; lines: {lines}")
    assert late < 1000
    assert "partitions are not in sync yet" in lines[0]
    assert read_view(zookeeper).brokers[broker].timestamp_ms > view.brokers[broker].timestamp_ms


def test_a_wait_outlives_a_restart_of_zookeeper(client: KubeClient, zookeeper: ZkSession) -> None:
    view = read_view(zookeeper)
    broker = bystander(view)
    gone = threading.Event()
    zookeeper.watch(f"/brokers/ids/{broker}", gone.set)
    remove(client, POD, pod_of(broker), SPEC.namespace, grace_seconds=60)
    assert gone.wait(60)
    remove(client, POD, "zookeeper-0", SPEC.namespace, grace_seconds=1)
    result = timed(
        "in sync over a restart of ZooKeeper",
        lambda: wait_in_sync(zookeeper, partitions_of(view, broker), timeout=180, progress=print),
    )
    print(f"noticed {result.noticed_ms - result.happened_ms} ms after")
    assert read_view(zookeeper).under_replicated == ()


# an ensemble that loses one of its servers


ENSEMBLE = FixtureSpec(namespace="zk-ensemble", zookeepers=3, dns_ttl=1)
#: seconds that a server is stopped; ZooKeeper's sessions and all patience of ours are shorter
SILENT = 120.0


@pytest.fixture(scope="module")
def ensemble() -> Iterator[KubeClient]:
    create(ENSEMBLE)
    client = connect({})
    yield client
    client.close()
    delete(ENSEMBLE)


@pytest.fixture
def route(ensemble: KubeClient) -> Iterator[Route]:
    relays = [(pod, "kafka") for pod in ENSEMBLE.broker_ids]
    with ExitStack() as stack:
        opened = open_route(ensemble, ENSEMBLE.namespace, parse_connect(ENSEMBLE.zookeeper_connect), relays, None)
        yield stack.enter_context(opened)


@pytest.fixture
def session(route: Route) -> Iterator[ZkSession]:
    ((host, port),) = route.servers
    with open_session(host, port, chroot=route.chroot, timeout=35.0, via=route.via) as session:
        session.patience, session.progress = PATIENCE, print
        yield session


def server_of(route: Route) -> str:
    """The pod of the server that the session is with."""
    found = re.match(r"port-forward to pod \S+/(zookeeper-\d)", route.via())
    assert found, route.via()
    return found[1]


def topic_names(session: ZkSession) -> list[str]:
    return [f"/brokers/topics/{name}" for name in session.children("/brokers/topics")]


def test_all_servers_of_an_ensemble_are_ways(route: Route) -> None:
    assert route.reached == 3
    assert [f"zk-ensemble/zookeeper-{number}" in route.how for number in range(3)] == [True] * 3


def is_out_of_sync(session: ZkSession, broker: int) -> None:
    """Return when a broker's registration has ended and the partitions are without it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        changed = threading.Event()
        if session.watch(f"/brokers/ids/{broker}", changed.set) is not None:
            changed.wait(deadline - time.monotonic())
        elif read_view(session).under_replicated:
            return
    pytest.fail(f"broker {broker} is still registered")


def test_a_wait_and_reads_outlive_a_server_that_is_silent_for_long(route: Route, session: ZkSession) -> None:
    """Kafka survives the loss of one of three, and so does a roll, whatever it does at that moment."""
    kube = Sandbox().kube
    broker = bystander(read_view(session))
    wanted = partitions_of(read_view(session), broker)
    found: list[InSync] = []
    lines: list[str] = []

    def wait() -> None:
        found.append(wait_in_sync(session, wanted, timeout=SILENT, progress=lines.append))

    waiting = threading.Thread(target=wait)
    with contextlib.ExitStack() as stack:
        with paused(kube, ENSEMBLE.namespace, pod_of(broker)):
            is_out_of_sync(session, broker)
            waiting.start()
            stopped = server_of(route)
            stack.enter_context(paused(kube, ENSEMBLE.namespace, stopped))
            begin = time.monotonic()
            waiting.join(15)
            assert not found, "the broker has no way to be in sync"
        waiting.join(SILENT)
        assert found
        print(f"\n{stopped} stopped; in sync after {time.monotonic() - begin:.1f} s; now {route.via()}; {lines}")
        assert found[0].noticed_ms - found[0].happened_ms < 5000
        paths, slowest, reads = topic_names(session), 0.0, 0
        while time.monotonic() - begin < SILENT:
            at = time.monotonic()
            assert None not in session.get_many(paths).values()
            slowest, reads = max(slowest, time.monotonic() - at), reads + len(paths)
        print(f"{reads} reads in the rest of {SILENT:.0f} s of silence, the slowest look took {slowest:.1f} s")
        assert server_of(route) != stopped


def test_a_long_read_outlives_the_server_that_it_reads_from(route: Route, session: ZkSession) -> None:
    """Stopped in the middle: what was asked is asked again of another server."""
    kube = Sandbox().kube
    before = server_of(route)
    paths = topic_names(session)
    done = threading.Event()
    rounds: list[float] = []

    def read() -> None:
        while not done.is_set():
            at = time.monotonic()
            assert None not in session.get_many(paths).values()
            rounds.append(time.monotonic() - at)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        with paused(kube, ENSEMBLE.namespace, before):
            assert not threading.Event().wait(20)
    finally:
        done.set()
        reader.join(90)
    assert not reader.is_alive()
    print(
        f"\n{len(rounds)} looks at {len(paths)} topics, the slowest took {max(rounds):.1f} s; {before}, then {route.via()}"
    )
    assert max(rounds) < 20
    assert server_of(route) != before


def test_a_transaction_that_its_server_never_answers_is_read_back(route: Route, session: ZkSession) -> None:
    """What handover.remove() relies on: once read back on the same session, nothing of before is carried out any more."""
    kube = Sandbox().kube
    path = "/brokers/topics"
    node = session.get(path)
    assert node is not None
    stopped = server_of(route)
    with paused(kube, ENSEMBLE.namespace, stopped):
        with pytest.raises(Unreachable, match="did not answer a transaction"):
            session.transact([SetData(path, node.version, node.data)])
        session.sync()
        print(f"\n{stopped} holds a transaction; read back by {route.via()}: {session.get(path)}")
        assert session.get(path) == node, "it had no way to be carried out"
        assert server_of(route) != stopped
    waking = time.monotonic()
    while time.monotonic() - waking < 10.0:
        session.sync()
        assert session.get(path) == node, "carried out after it was read back"


def test_each_server_is_replaced_while_the_route_is_held(
    ensemble: KubeClient, route: Route, session: ZkSession
) -> None:
    """As somebody else's rolling restart of ZooKeeper does: each pod is new, and the forwards are opened again."""
    paths = topic_names(session)
    for number in range(3):
        name = f"zookeeper-{number}"
        old = ensemble.get(POD, name, ENSEMBLE.namespace)["metadata"]["uid"]
        ensemble.delete(POD, name, ENSEMBLE.namespace, uid=old, grace_seconds=1)
        begin = time.monotonic()
        while True:
            assert None not in session.get_many(paths).values()
            pod = ensemble.find(POD, name, ENSEMBLE.namespace)
            if pod is not None and pod["metadata"]["uid"] != old and is_ready(pod):
                break
            assert time.monotonic() - begin < 120
        print(f"\n{name} is new after {time.monotonic() - begin:.1f} s; by {route.via()}")
    assert read_view(session).brokers
