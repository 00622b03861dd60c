# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ZooKeeper layer against a real ZooKeeper and real brokers, through the API server.

KUBECONFIG=... python -m pytest tests/e2e/test_zookeeper_layer.py -s
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import pod_facts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient, connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.forward import exec_relay, pod_forward
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    NotFound,
    Unreachable,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession, open_session
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.view import (
    ZkView,
    read_view,
    wait_hybrid,
    wait_in_sync,
)

from tests.e2e.removing import remove
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
    assert view.broker_in_charge
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
        pytest.raises(Unreachable, match=r"gave no session within 1 s"),
    ):
        open_session(forward.host, forward.port, timeout=1.0)
    assert time.monotonic() - begin < 3.0


def test_through_a_broker_pod(client: KubeClient) -> None:
    with (
        exec_relay(client, SPEC.namespace, "kafka-0", "kafka", "zookeeper-0.zookeeper", 2181) as relay,
        timed("session by relay", lambda: open_session(relay.host, relay.port, chroot=SPEC.chroot)) as session,
    ):
        assert timed("read_view by relay", lambda: read_view(session)).broker_in_charge


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
