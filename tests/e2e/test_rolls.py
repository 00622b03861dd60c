# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rolls where something else goes wrong meanwhile: another pod of an ordered set falls, ZooKeeper is far behind, logs are recovered."""

from __future__ import annotations

import itertools
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import pod_facts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import Member, quorum_status
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient, connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD, STATEFUL_SET
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import log_recovery
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.roll_engine import Back, RollEngine
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.registry import open_cluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.parallel import Background
from kazoo.exceptions import KazooException

from tests.e2e.trip import CONTROLLERS, Trip, quiet
from tests.faults import node
from tests.sandbox.fixtures import FixtureSpec
from tests.sandbox.kube import pod_ready

ORDERED = FixtureSpec(namespace="roll-ordered", dns_ttl=1, topics=8, pod_management="OrderedReady", rebalance=False)
BEHIND = FixtureSpec(namespace="roll-behind", dns_ttl=1, topics=2, jolokia=False)
RECOVERS = FixtureSpec(namespace="roll-recovers", dns_ttl=1, topics=2)
PARTITIONS = 3000
#: keeps a pod that was deleted where it is
HELD = "kafkaops.example/held"


@contextmanager
def beside(what: Callable[[threading.Event], None]) -> Iterator[None]:
    """Run something in a thread until the block ends; what it raises fails the test."""
    stop = threading.Event()
    running = Background(lambda: what(stop))
    try:
        yield
    finally:
        stop.set()
        running.result()


def leaders(found: Trip) -> tuple[int, int]:
    """How many partitions their first replica leads, as Kafka's own tool says, and how many there are."""
    script = "unset KAFKA_OPTS KAFKA_JMX_OPTS JMX_PORT; /opt/kafka/bin/kafka-topics.sh --bootstrap-server localhost:9092 --describe"
    seen = found.target.fixture.kube.exec(found.place.namespace, "kafka-0", ["bash", "-c", script], timeout=120)
    rows = re.findall(r"Leader: (\d+)\s+Replicas: (\d+)", seen.text)
    return sum(leader == first for leader, first in rows), len(rows)


# pods that are made or come back late


def test_a_pod_of_an_ordered_set_that_falls_during_another_ones_restart(tmp_path: Path) -> None:
    """kafka-2 is made again only after kafka-0, which is named; and at the end the preferred leaders lead again."""
    with quiet(ORDERED, tmp_path) as found:
        found.kafka("kafka-leader-election --election-type preferred --all-topic-partitions")
        all_preferred = leaders(found)
        assert all_preferred[0] == all_preferred[1] > 10
        client, namespace = found.place.client, found.place.namespace
        fell: list[str] = []

        def fall(stop: threading.Event) -> None:
            while not stop.wait(0.02):
                pod = client.find(POD, "kafka-2", namespace)
                if pod is not None and pod["metadata"].get("deletionTimestamp"):
                    break
            other = client.get(POD, "kafka-0", namespace)
            client.patch(POD, "kafka-0", namespace, {"metadata": {"finalizers": [HELD]}})
            client.delete(POD, "kafka-0", namespace, uid=other["metadata"]["uid"], grace_seconds=1)
            fell.append("kafka-0")
            try:
                while client.find(POD, "kafka-2", namespace) is not None and not stop.wait(0.1):
                    pass
                # nobody makes kafka-2 meanwhile
                stop.wait(4.0)
                assert client.find(POD, "kafka-2", namespace) is None
            finally:
                client.patch(POD, "kafka-0", namespace, {"metadata": {"finalizers": None}})

        with beside(fall):
            done = found.run("migrate")
        assert fell == ["kafka-0"]
        assert (
            "pod kafka-0 is not Ready and the StatefulSet creates its pods in order (podManagementPolicy OrderedReady): kafka-2 is created only "
            "after it" in done.output
        ), done.output
        said = re.findall(r"\d+ of \d+ partitions are led by their preferred replica after an election", done.output)
        assert said, done.output
        assert leaders(found) == all_preferred


# D6


@dataclass
class Samples:
    """What the quorum has committed, what ZooKeeper has, and which brokers are there, over time (seconds)."""

    committed: list[tuple[float, int]] = field(default_factory=list)
    written: list[tuple[float, int]] = field(default_factory=list)
    #: pod to (when it was first seen leaving, when the next one was first seen Ready)
    left: dict[str, float] = field(default_factory=dict)
    ready: dict[str, float] = field(default_factory=dict)


def _stage(client: KubeClient, namespace: str) -> str:
    template = client.get(STATEFUL_SET, "kafka", namespace)["spec"]["template"]
    return str((template["metadata"].get("annotations") or {}).get(names.STAGE, ""))


def _watch_pods(found: Trip, samples: Samples, stop: threading.Event) -> None:
    client, namespace = found.place.client, found.place.namespace
    before = found.pods()
    while not stop.wait(0.05):
        for pod in client.list(POD, namespace):
            name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
            if name not in before:
                continue
            if uid != before[name] or pod["metadata"].get("deletionTimestamp"):
                samples.left.setdefault(name, time.monotonic())
            if uid != before[name] and pod_ready(pod):
                samples.ready.setdefault(name, time.monotonic())


def _sample(found: Trip, samples: Samples, stop: threading.Event) -> None:
    client = connect({})
    pods = [pod["metadata"]["name"] for pod in client.list(POD, found.place.namespace, label_selector=CONTROLLERS)]
    members = {}
    for pod in pods:
        facts = pod_facts(client, found.place.namespace, pod, "kafka")
        members[int(facts.settings["node.id"])] = Member(pod, "kafka", facts)
    try:
        while not stop.wait(0.1):
            began = time.monotonic()
            try:
                quorum = quorum_status(client, found.place.namespace, members, migration=False)
            except KraftError:
                continue
            # committed at least that by now, since it was answered before
            samples.committed.append((began, quorum.high_watermark - 1))
    finally:
        client.close()


def _read_migration(found: Trip, samples: Samples, stop: threading.Event) -> None:
    with found.place.zookeeper() as zk:
        while not stop.wait(0.05):
            try:
                text = zk.get("/migration")[0].decode()
            except KazooException:
                continue
            # ZooKeeper had at most that when it was asked, at least that when it answered
            offset = re.search(r'"kraft_metadata_offset":(\d+)', text)
            if offset:
                samples.written.append((time.monotonic(), int(offset[1])))


def slowed(found: Trip, stop: threading.Event) -> None:
    """ZooKeeper runs for a tenth of the time from when the brokers have their KRaft settings."""
    client, namespace = found.place.client, found.place.namespace
    while _stage(client, namespace) != "kraft":
        if stop.wait(0.5):
            return
    with node.held(found.target.fixture.kube, namespace, "zookeeper-0") as (_number, descriptor):
        try:
            while not stop.wait(0.05):
                signal.pidfd_send_signal(descriptor, signal.SIGSTOP)
                stop.wait(0.45)
                signal.pidfd_send_signal(descriptor, signal.SIGCONT)
        finally:
            signal.pidfd_send_signal(descriptor, signal.SIGCONT)


def test_no_broker_goes_while_zookeeper_is_behind(tmp_path: Path) -> None:
    """3 000 partitions, no Jolokia, a ZooKeeper that is slow: the ISR of the last restart takes its time to get there."""
    with quiet(BEHIND, tmp_path) as found:
        for number in range(10):
            # one request for all of them outlasts the client on a busy machine
            found.make(f"big-{number} {PARTITIONS // 10} 2 min.insync.replicas=1")
        found.run("migrate")
        samples = Samples()
        with (
            beside(lambda stop: slowed(found, stop)),
            beside(lambda stop: _follow(found, samples, stop)),
        ):
            # without confirmation: the brokers go to KRaft mode, and no further
            done = found.run("finalize")
        assert found.state() == "PURE_DUAL_WRITE"
        order = sorted(samples.left, key=lambda pod: samples.left[pod])
        assert len(order) == 3, samples.left
        behind = []
        for last, pod in itertools.pairwise(order):
            committed = max(offset for when, offset in samples.committed if when <= samples.ready[last])
            at_ready = max(offset for when, offset in samples.written if when <= samples.ready[last])
            behind.append(committed - at_ready)
            written = next(offset for when, offset in samples.written if when >= samples.left[pod])
            print(
                f"{last} Ready: committed {committed}, ZooKeeper at {at_ready}; {pod} goes "
                f"{samples.left[pod] - samples.ready[last]:.1f} s later: ZooKeeper at {written}"
            )
            assert written >= committed, f"{pod} went while ZooKeeper had {written} and {committed} was committed"
        assert max(behind) > 100, f"ZooKeeper was never far behind ({behind}): the fault did not happen"
        assert "ZooKeeper has the metadata up to offset" in done.output


def _follow(found: Trip, samples: Samples, stop: threading.Event) -> None:
    client, namespace = found.place.client, found.place.namespace
    while _stage(client, namespace) != "kraft":
        if stop.wait(0.5):
            return
    with (
        beside(lambda ended: _watch_pods(found, samples, ended)),
        beside(lambda ended: _sample(found, samples, ended)),
        beside(lambda ended: _read_migration(found, samples, ended)),
    ):
        stop.wait()


# D19


class One:
    """kafka-1, restarted whatever its partitions need; back as soon as it is Ready."""

    what = "broker"

    def __init__(self) -> None:
        self.left = ["kafka-1"]

    def next(self) -> tuple[str | None, int]:
        return (self.left[0], 1) if self.left else (None, 0)

    def node_id(self, pod: str) -> int:
        return 1

    def guard(self, pod: str) -> None:
        """Nothing."""

    def wait_until_safe(self, pod: str, timeout: float, progress: Callable[[str], None]) -> None:
        """Nothing."""

    def restarted(self, pod: Mapping[str, Any]) -> bool:
        return False

    def started(self, pod: str) -> None:
        """Nothing."""

    def check_settings(self, pod: Mapping[str, Any]) -> Verdict:
        return Verdict(True, "Ready")

    def wait_until_back(self, pod: str, timeout: float, progress: Callable[[str], None]) -> Back:
        self.left.clear()
        return Back(0, int(time.time() * 1000))

    def extra_wait(self) -> float:
        return 0.0


def test_the_recovery_of_logs_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker whose process is killed while it stops."""
    monkeypatch.setattr(log_recovery, "PATIENCE", 0.5)
    monkeypatch.setattr(log_recovery, "EVERY", 0.5)
    with quiet(RECOVERS, tmp_path) as found:
        found.make("big 600 3")
        client, kube, namespace = found.place.client, found.target.fixture.kube, found.place.namespace
        said: list[str] = []

        def kill(stop: threading.Event) -> None:
            with node.held(kube, namespace, "kafka-1") as (_number, descriptor):
                while not stop.wait(0.005):
                    if client.get(POD, "kafka-1", namespace)["metadata"].get("deletionTimestamp"):
                        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                        return

        with beside(kill):
            params = {"namespace": namespace, "cluster": "kafka", "platform": "statefulset"}
            driver = cast(DirectCluster, open_cluster(client, params)).driver
            RollEngine(client, driver, namespace, "kafka", 120, said.append).run(One(), lambda _restart: None)
        reported = [line for line in said if re.search(r"it recovered \d+ of 6\d\d logs", line)]
        print(*said, sep="\n")
        assert reported, said
