# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every signal of a migration, with and without Jolokia, on the way from ZooKeeper to hybrid.

    KUBECONFIG=... [KRAFT_E2E_KAFKA=3.7.2] python -m pytest tests/e2e/test_kafka_signals.py -s

The controllers are made by hand here, so that the readers are tried apart from the code that makes controllers.
"""

from __future__ import annotations

import dataclasses
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import caught_up
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import metadata_records
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import logs, quorum, quorum_jolokia, quorum_tool
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts, pod_facts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.tools import run_tool
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient, connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.forward import pod_forward
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.session import ZkSession, open_session
from ansible_collections.kafkaops.kraft.plugins.module_utils._zookeeper.view import read_view, wait_hybrid

from tests.sandbox import manifests
from tests.sandbox.fixtures import Fixture, FixtureSpec, create, delete
from tests.sandbox.kube import pod_ready

pytestmark = [
    pytest.mark.skipif(not os.environ.get("KUBECONFIG"), reason="KUBECONFIG names no cluster"),
    # A connection that the other side cut may be left to the garbage collector; the unit tests look for leaks.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]

T = TypeVar("T")
KAFKA = os.environ.get("KRAFT_E2E_KAFKA", "3.9.2")
RELEASE = KAFKA.rpartition(".")[0]
LEVELS = {"3.7": 19, "3.8": 20, "3.9": 21}
FIRST = 3000
CONTROLLERS = {FIRST + each: f"kraft-{each}" for each in range(3)}
VOTERS = ",".join(f"{node}@{pod}.kraft:9093" for node, pod in CONTROLLERS.items())
# checkpoints are made early, so that both a log with and one without are read
MIGRATION = f"""
metadata.log.max.record.bytes.between.snapshots=3000
zookeeper.metadata.migration.enable=true
controller.quorum.voters={VOTERS}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
"""
START = r"""
cp /config/server.properties /tmp/server.properties
echo "node.id=$((3000 + ${HOSTNAME##*-}))" >> /tmp/server.properties
(unset KAFKA_OPTS
 /opt/kafka/bin/kafka-storage.sh format -c /tmp/server.properties -t "$CLUSTER_ID" --release-version "$RELEASE" --ignore-formatted)
exec /opt/kafka/bin/kafka-server-start.sh /tmp/server.properties
"""


@dataclass
class Bench:
    spec: FixtureSpec
    fixture: Fixture
    client: KubeClient
    zookeeper: ZkSession

    def facts(self, pod: str) -> ProcessFacts:
        return pod_facts(self.client, self.spec.namespace, pod, "kafka")

    def members(self) -> dict[int, quorum.Member]:
        return {node: quorum.Member(pod, "kafka", self.facts(pod)) for node, pod in CONTROLLERS.items()}

    def wait_ready(self, pods: Mapping[str, str]) -> None:
        """Wait until pods are Ready and others than those with the uids given."""

        def reason(seen: dict[str, Any]) -> str:
            found = {name: seen.get(f"{self.spec.namespace}/{name}") for name in pods}
            late = [
                name
                for name, pod in found.items()
                if pod is None or pod["metadata"]["uid"] == pods[name] or not pod_ready(pod)
            ]
            return f"not Ready: {', '.join(late)}" if late else ""

        self.fixture.kube.wait("Pod", self.spec.namespace, reason, seconds=300)


@pytest.fixture(scope="module", params=["jolokia", "no-jolokia"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    spec = FixtureSpec(
        namespace=f"zk-{request.param}",
        jolokia=request.param == "jolokia",
        dns_ttl=1,
        kafka_version=KAFKA,
        ibp=RELEASE,
    )
    fixture = create(spec)
    client = connect({})
    try:
        with (
            pod_forward(client, spec.namespace, "zookeeper-0", 2181) as forward,
            open_session(forward.host, forward.port, chroot=spec.chroot) as zookeeper,
        ):
            yield Bench(spec, fixture, client, zookeeper)
    finally:
        client.close()
        delete(spec)


def timed(what: str, call: Callable[[], T]) -> T:
    begin = time.monotonic()
    result = call()
    print(f"\n{what}: {(time.monotonic() - begin) * 1000:.0f} ms")
    return result


def controller_pod(bench: Bench, cluster_id: str) -> dict[str, Any]:
    """Return the pod of a controller, on the brokers' image."""
    broker = bench.fixture.kube.get("StatefulSet", "kafka", bench.spec.namespace)
    assert broker is not None
    container = dict(broker["spec"]["template"]["spec"]["containers"][0])
    container |= {"command": ["bash", "-c", START], "ports": [{"containerPort": 9093}]}
    container["env"] = [
        *container["env"],
        {"name": "CLUSTER_ID", "value": cluster_id},
        {"name": "RELEASE", "value": RELEASE},
    ]
    container["readinessProbe"] = {"tcpSocket": {"port": 9093}, "periodSeconds": 1}
    container["volumeMounts"] = [{"name": "data", "mountPath": "/data"}, {"name": "config", "mountPath": "/config"}]
    return {
        "enableServiceLinks": False,
        "securityContext": broker["spec"]["template"]["spec"]["securityContext"],
        "containers": [container],
        "volumes": [{"name": "data", "emptyDir": {}}, {"name": "config", "configMap": {"name": "kraft"}}],
    }


def controllers(bench: Bench, cluster_id: str) -> list[dict[str, Any]]:
    """Return a quorum of three."""
    settings = f"""
process.roles=controller
listeners=CONTROLLER://:9093
inter.broker.listener.name=PLAINTEXT
inter.broker.protocol.version={RELEASE}
zookeeper.connect={bench.spec.zookeeper_connect}
log.dirs=/data/kafka
{MIGRATION}"""
    meta, labels = {"name": "kraft", "namespace": bench.spec.namespace}, {"app": "kraft"}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"server.properties": settings}},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": meta,
            "spec": {
                "clusterIP": "None",
                "selector": labels,
                "publishNotReadyAddresses": True,
                "ports": [{"port": 9093}],
            },
        },
        {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": meta,
            "spec": {
                "serviceName": "kraft",
                "replicas": 3,
                "podManagementPolicy": "Parallel",
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": controller_pod(bench, cluster_id)},
            },
        },
    ]


def as_the_tools_say(bench: Bench, members: Mapping[int, quorum.Member]) -> None:
    """Kafka's own protocol against Kafka's own tools: the same quorum, and the same log up to the same offset."""
    plain = {
        node: dataclasses.replace(each, facts=dataclasses.replace(each.facts, jolokia_port=None))
        for node, each in members.items()
    }
    where = bench.client, bench.spec.namespace

    def ask() -> quorum.Quorum:
        return quorum.quorum_status(*where, plain, migration=False)

    threads = threading.active_count()
    before = timed("quorum in Kafka's protocol", ask)
    by_tool, ends = timed(
        "quorum by kafka-metadata-quorum", lambda: quorum_tool.by_tool(*where, plain, why="", timeout=60)
    )
    leader = plain[before.leader or 0]
    args = ["--bootstrap-controller", f"localhost:{leader.port}", "describe", "--status"]
    text = run_tool(*where, leader.pod, leader.container, leader.facts, "kafka-metadata-quorum", args)
    after = ask()
    print(before, by_tool, text, sep="\n")
    said = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    assert before.source == after.source == "protocol"
    assert before.leader == by_tool.leader == int(said["LeaderId"])
    assert before.epoch == by_tool.epoch == int(said["LeaderEpoch"])
    assert before.high_watermark <= int(said["HighWatermark"]) <= after.high_watermark
    assert before.high_watermark <= by_tool.high_watermark <= after.high_watermark
    assert set(before.voters) == set(by_tool.voters) == set(ends) == set(CONTROLLERS)
    assert set(before.behind_ms) == set(by_tool.behind_ms) == set(CONTROLLERS)
    assert caught_up(before) == caught_up(by_tool) == set(CONTROLLERS)
    if bench.spec.jolokia:
        by_agents = timed("quorum by Jolokia", lambda: quorum_jolokia.by_jolokia(*where, members))
        print(by_agents)
        assert (by_agents.leader, by_agents.epoch) == (before.leader, before.epoch)
        assert after.high_watermark <= by_agents.high_watermark <= ask().high_watermark
        assert caught_up(by_agents) == set(CONTROLLERS)
    assert threading.active_count() == threads
    keep, high = metadata_records.KEEP, after.high_watermark
    read = timed("log in Kafka's protocol", lambda: quorum.metadata_log(*where, plain, after))
    dumped = timed("log by kafka-dump-log", lambda: quorum.dump_metadata(*where, plain, after, keep=keep))
    # a checkpoint that was made in between changes where the record of the migration's state is, and nothing else
    there = metadata_records.parse_dump(dumped, high_watermark=high)
    assert dataclasses.replace(read, migration_offset=0) == dataclasses.replace(there, migration_offset=0)


def test_1_brokers_in_zookeeper_mode(bench: Bench) -> None:
    facts = timed("pod_facts", lambda: bench.facts("kafka-1"))
    assert facts.version == bench.spec.kafka_version
    assert facts.node_id == 1
    assert facts.roles == ()
    assert facts.quorum_state is None
    assert facts.dns_ttl == 1
    assert facts.jolokia_port == (7777 if bench.spec.jolokia else None)
    assert facts.settings["min.insync.replicas"] == "2"
    assert [meta.version for meta in facts.meta] == [0]
    assert {"kafka-dump-log", "kafka-metadata-quorum", "kafka-features"} <= set(facts.tools)
    assert facts.start_script
    assert facts.storage_tool


def test_2_controllers_wait_for_brokers(bench: Bench) -> None:
    view = read_view(bench.zookeeper)
    assert view.cluster_id
    for item in controllers(bench, view.cluster_id):
        bench.fixture.kube.apply(item)
    bench.wait_ready(dict.fromkeys(CONTROLLERS.values(), ""))
    members = timed("pod_facts of 3 controllers", bench.members)
    status = timed("quorum_status", lambda: quorum.quorum_status(bench.client, bench.spec.namespace, members))
    print(status)
    assert (status.source, status.why) == ("protocol", "")
    assert status.leader in CONTROLLERS
    assert set(status.voters) == set(CONTROLLERS)
    assert status.high_watermark > 0
    assert set(status.migration_states.values()) == {"PRE_MIGRATION"}
    assert status.leader is not None
    read = timed(
        "metadata log",
        lambda: quorum.metadata_log(bench.client, bench.spec.namespace, members, status),
    )
    assert read.controllers == dict.fromkeys(CONTROLLERS, True)
    assert caught_up(status) == set(CONTROLLERS)
    as_the_tools_say(bench, members)
    assert read.features["metadata.version"] == LEVELS[RELEASE]
    assert read.brokers == {}
    signals = timed(
        "log of the leader",
        lambda: logs.pod_signals(bench.client, bench.spec.namespace, CONTROLLERS[status.leader or 0], "kafka"),
    )
    print(signals)
    assert signals.migration_state == "PRE_MIGRATION"
    assert signals.driver_state == "WAIT_FOR_BROKERS"
    assert signals.waiting
    assert signals.troubles == ()


def test_3_hybrid_is_noticed_at_once(bench: Bench) -> None:
    kube, namespace = bench.fixture.kube, bench.spec.namespace
    kube.apply(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "kafka-config", "namespace": namespace},
            "data": {"server.properties": manifests.properties(bench.spec) + MIGRATION},
        }
    )
    pods = {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in kube.list("Pod", namespace, labels="app=kafka")}
    for name in pods:  # all at once: this is about signals, not about a safe roll
        kube.delete("Pod", name, namespace, grace=5)
    lines: list[str] = []
    hybrid = timed(
        "from the brokers' restart to hybrid",
        lambda: wait_hybrid(bench.zookeeper, list(CONTROLLERS), timeout=240, progress=lines.append),
    )
    print("\n".join(lines))
    late = hybrid.noticed_ms - hybrid.happened_ms
    print(f"noticed {late} ms after ZooKeeper wrote it: {hybrid.migration}")
    assert late < 1000
    assert hybrid.migration.controller_id in CONTROLLERS
    again = timed("hybrid, when it is so already", lambda: wait_hybrid(bench.zookeeper, list(CONTROLLERS), timeout=10))
    assert again.migration.offset > hybrid.migration.offset
    bench.wait_ready(pods)


def test_4_the_quorum_in_hybrid(bench: Bench) -> None:
    members = bench.members()
    status = timed("quorum_status", lambda: quorum.quorum_status(bench.client, bench.spec.namespace, members))
    print(status)
    assert set(status.migration_states.values()) == {"MIGRATION"}
    if bench.spec.jolokia:
        by_agents = quorum_jolokia.by_jolokia(bench.client, bench.spec.namespace, members)
        assert by_agents.migration_states == status.migration_states
        assert by_agents.counts["migrating_brokers"] == bench.spec.brokers
    known = timed(
        "broker_registrations",
        lambda: quorum.broker_registrations(bench.client, bench.spec.namespace, members, status),
    )
    assert {node: (each.fenced, each.migrating) for node, each in known.items()} == dict.fromkeys(
        bench.spec.broker_ids.values(), (False, True)
    )
    as_the_tools_say(bench, members)
    facts = bench.facts("kafka-0")
    assert facts.settings["zookeeper.metadata.migration.enable"] == "true"
    assert facts.quorum_state is not None
    assert status.leader is not None
    signals = logs.pod_signals(bench.client, bench.spec.namespace, CONTROLLERS[status.leader], "kafka")
    assert signals.driver_state == "DUAL_WRITE"
    assert signals.migration_state == "MIGRATION"
    assert signals.waiting == ""
    assert [each.pattern.name for each in signals.troubles if each.pattern.fatal] == []
