# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters that are bad input themselves, one broker each: odd settings, and one that never used ZooKeeper.

What no such cluster shows is in unit tests, which say so: Kafka below the gate (no image of it), versions that differ,
brokers that cannot be read, and combined roles asked for beside ZooKeeper, with which no broker starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import PVC

from tests.e2e.places import Place, findings, one_sentence, refused
from tests.sandbox import manifests
from tests.sandbox.fixtures import FixtureSpec, create_topics
from tests.sandbox.kube import Kube, pod_ready

ODD = FixtureSpec(
    name="odd", namespace="bad-input", brokers=1, topics=0, chroot="/odd", jolokia=False, pdb=False, dns_ttl=1
)
#: no broker.id; the listeners of the settings, advertised by the pod's name
ODD_START = r"""
cp /config/server.properties /tmp/server.properties
own=vm.odd.bad-input.svc.cluster.local
echo "advertised.listeners=PLAINTEXT://:9092,SASL_PLAINTEXT://:9093" >> /tmp/server.properties
exec /opt/kafka/bin/kafka-server-start.sh /tmp/server.properties
"""
ODD_SETTINGS = """
listeners=PLAINTEXT://:9092,SASL_PLAINTEXT://:9093
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_a="hidden-1";
authorizer.class.name=kafka.security.authorizer.AclAuthorizer
allow.everyone.if.no.acl.found=true
unstable.api.versions.enable=true
"""
BORN = replace(ODD, name="born", chroot="/none")
BORN_START = r"""
cp /config/server.properties /tmp/server.properties
/opt/kafka/bin/kafka-storage.sh format -t 4L6g3nShT-eMCtK--X86sw -c /tmp/server.properties --ignore-formatted
exec /opt/kafka/bin/kafka-server-start.sh /tmp/server.properties
"""
BORN_SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@localhost:9093
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
controller.listener.names=CONTROLLER
advertised.listeners=PLAINTEXT://localhost:9092
log.dirs=/data/kafka
offsets.topic.replication.factor=1
"""


def objects(spec: FixtureSpec, start: str, settings: str) -> list[dict[str, Any]]:
    """The broker's objects of the fixture with another start command and other settings; ZooKeeper is there already."""
    kept = [item for item in manifests.cluster(spec) if item["metadata"]["name"] not in ("zookeeper", spec.namespace)]
    for item in kept:
        if item["kind"] == "ConfigMap":
            item["data"]["server.properties"] = settings
        if item["kind"] == "StatefulSet":
            pod = item["spec"]["template"]["spec"]
            pod["containers"][0]["command"] = ["bash", "-c", start]
            pod["terminationGracePeriodSeconds"] = 5
    return kept


def up(kube: Kube, spec: FixtureSpec, items: list[dict[str, Any]]) -> None:
    for item in items:
        kube.apply(item)
    pod = f"{spec.namespace}/{spec.name}-0"
    kube.wait(
        "Pod",
        spec.namespace,
        lambda pods: "" if pod in pods and pod_ready(pods[pod]) else f"{pod} is not Ready",
        seconds=180,
    )


def down(place: Place, spec: FixtureSpec, items: list[dict[str, Any]]) -> None:
    kube = place.cluster.fixture.kube
    for item in items:
        kube.delete(item["kind"], item["metadata"]["name"], spec.namespace)
    pod = f"{spec.namespace}/{spec.name}-0"
    kube.wait("Pod", spec.namespace, lambda pods: f"{pod} is still there" if pod in pods else "", seconds=60)
    place.remove(PVC, f"data-{spec.name}-0")
    with place.zookeeper("") as zk:
        if zk.exists(spec.chroot):
            zk.delete(spec.chroot, recursive=True)


@pytest.fixture(scope="module")
def odd(place: Place) -> Iterator[str]:
    kube = place.cluster.fixture.kube
    settings = manifests.properties(ODD) + ODD_SETTINGS
    # a key that is set twice is what Kafka warns of; the fixture's own listeners go
    settings = settings.replace("listeners=PLAINTEXT://:9092\n", "", 1)
    items = objects(ODD, ODD_START, settings)
    try:
        up(kube, ODD, items)
        create_topics(kube, ODD.namespace, "odd-0", ["single 1 1"])
        yield ODD.name
    finally:
        down(place, ODD, items)


@pytest.fixture(scope="module")
def born(place: Place) -> Iterator[str]:
    items = objects(BORN, BORN_START, BORN_SETTINGS)
    try:
        up(place.cluster.fixture.kube, BORN, items)
        yield BORN.name
    finally:
        down(place, BORN, items)


ODD_FINDINGS = {
    "broker-id-generated": ("broker.id is not set", "give each broker the id"),
    "setting-blocks": ("unstable.api.versions.enable=true",),
    "partition-cannot-roll": ("single-0", "no more replicas than min.insync.replicas"),
    "grace-period-short": ("terminationGracePeriodSeconds 5 is shorter",),
}


def test_settings_that_cannot_migrate(place: Place, odd: str) -> None:
    with place.unchanged():
        done = place.play("preflight", kraft_cluster=odd)
    assert done.status != 0
    one_sentence(done.failure["msg"], "more findings, listed above")
    found = findings(done.failure)
    assert set(found) >= set(ODD_FINDINGS)
    for code, words in ODD_FINDINGS.items():
        one_sentence(found[code]["sentence"], *words)
    assert "hidden-1" not in done.output


def test_some_findings_may_be_accepted_and_the_rest_not(place: Place, odd: str) -> None:
    with place.unchanged():
        done = place.play("preflight", kraft_cluster=odd, kraft_accept=["partition-cannot-roll"])
    assert done.status != 0
    assert done.failure["code"] == "broker-id-generated"
    found = findings(done.failure)
    assert found["partition-cannot-roll"]["accepted"] is True


def test_two_candidates(place: Place, odd: str) -> None:
    shop = {"metadata": {"labels": {"app.kubernetes.io/instance": "shop"}}}
    kube = place.cluster.fixture.kube
    path = kube.path("StatefulSet", place.namespace, odd)
    kube.request("PATCH", path, shop, content="application/merge-patch+json")
    with place.marked(labels=shop["metadata"]["labels"]), place.unchanged():
        done = place.play("preflight", kraft_cluster="shop")
        refused(
            done,
            "cluster-ambiguous",
            "'shop' matches more than one Kafka cluster",
            "/odd",
            "/kafka",
            "kraft_statefulsets",
        )


@pytest.mark.parametrize("playbook", ["preflight", "setup", "migrate", "finalize"])
def test_a_cluster_that_runs_kraft_already(place: Place, born: str, playbook: str) -> None:
    with place.unchanged():
        done = place.play(playbook, kraft_cluster=born)
    assert done.status == 0, done.output
    assert done.changed == []
    said = [
        task["result"]["msg"] for task in done.tasks if "runs in KRaft mode already" in str(task["result"].get("msg"))
    ]
    assert said
    one_sentence(said[0], "bad-input/born runs in KRaft mode already", "nothing to do")


def test_the_status_of_a_cluster_that_runs_kraft_already(place: Place, born: str) -> None:
    with place.unchanged():
        done = place.play("status", kraft_cluster=born)
    assert done.status == 0, done.output
    assert next(task["result"]["state"] for task in done.tasks if "state" in task["result"]) == "FINALIZED"
