# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real KubeBlocks operator by itself, with real Kafka: each topology runs, and what a user of it has to be kept from.

Nothing of the collection is used here. Each class has one cluster, whose tests go on from each other; there is never more than one. A test of
a danger fails when the operator behaves better: then the guard against it can go.
"""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.operators.kubeblocks import addon, status
from tests.operators.kubeblocks.clusters import ClusterSpec, cluster, named
from tests.operators.kubeblocks.hosting import Operator, operator
from tests.operators.kubeblocks.names import BROKER, COMBINE, CONTROLLER, CRD_VERSION, EXPORTER, WITH_ZOOKEEPER

NAMESPACE = "e2e-kubeblocks"


@pytest.fixture(scope="module")
def kubeblocks() -> Iterator[Operator]:
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster")
    with operator(keep=bool(os.environ.get("KRAFT_KEEP"))) as made:
        yield made


def running(kubeblocks: Operator, spec: ClusterSpec) -> Iterator[ClusterSpec]:
    """Create a cluster, and take it away at the end."""
    kubeblocks.create(spec)
    try:
        kubeblocks.wait_running(spec)
        yield spec
    finally:
        kubeblocks.delete(spec)


def exported(kubeblocks: Operator, spec: ClusterSpec) -> str:
    """Return what the exporter serves; the node reaches pods by their addresses."""
    pod = kubeblocks.kube.get("Pod", f"{spec.name}-{EXPORTER}-0", spec.namespace)
    assert pod
    with urllib.request.urlopen(f"http://{pod['status']['podIP']}:9308/metrics", timeout=10) as answer:
        return str(answer.read().decode())


def identity(kubeblocks: Operator, spec: ClusterSpec) -> str:
    """Return meta.properties of the first broker."""
    return kubeblocks.tool(spec, "cat /bitnami/kafka/data/meta.properties")


def test_a_definition_without_its_annotation_is_ignored(kubeblocks: Operator) -> None:
    spec = ClusterSpec("unmarked", NAMESPACE, "combined", definition="unmarked")
    unmarked, marked = addon.cluster_definition("unmarked"), addon.cluster_definition("marked")
    del unmarked["metadata"]["annotations"][CRD_VERSION]
    kube = kubeblocks.kube
    for body in (unmarked, marked):
        kube.apply(body)
    try:
        kubeblocks.until(
            lambda: status.phase(kube.get("ClusterDefinition", "marked") or {}) == "Available", "marked is ignored", 30
        )
        kubeblocks.create(spec)
        kubeblocks.until(lambda: bool(kubeblocks.cluster(spec).get("status")), "nothing is said of the cluster", 30)
        assert "status" not in (kube.get("ClusterDefinition", "unmarked") or {})
        found = kubeblocks.cluster(spec)
        assert status.phase(found) == ""
        said = status.condition(found, "ProvisioningStarted")
        assert (said["status"], said["reason"]) == ("False", "PreCheckFailed")
        assert said["message"] == "the referenced ClusterDefinition is not up to date: unmarked"
    finally:
        kubeblocks.delete(spec)
        for name in ("unmarked", "marked"):
            kube.delete("ClusterDefinition", name)


class TestCombined:
    @pytest.fixture(scope="class")
    def spec(self, kubeblocks: Operator) -> Iterator[ClusterSpec]:
        yield from running(kubeblocks, ClusterSpec("kc", NAMESPACE, "combined"))

    def test_a_record_goes_through(self, kubeblocks: Operator, spec: ClusterSpec) -> None:
        assert kubeblocks.record(spec, "first") == ["first"]
        about = identity(kubeblocks, spec)
        assert "node.id=0" in about
        assert f"cluster.id={kubeblocks.cluster(spec)['metadata']['uid'][:22]}" in about

    def test_the_component_follows_the_cluster_alone(self, kubeblocks: Operator, spec: ClusterSpec) -> None:
        before = kubeblocks.component(spec, COMBINE)["metadata"]["generation"]
        wrong = {"spec": {"labels": {"by": "hand"}}}
        kubeblocks.kube.merge("Component", f"{spec.name}-{COMBINE}", spec.namespace, wrong)

        def back() -> bool:
            found = kubeblocks.component(spec, COMBINE)
            return found["metadata"]["generation"] >= before + 2 and "by" not in found["spec"].get("labels", {})

        kubeblocks.until(back, "what was changed by hand stays", 60)


class TestCombinedMonitor:
    @pytest.fixture(scope="class")
    def spec(self, kubeblocks: Operator) -> Iterator[ClusterSpec]:
        yield from running(kubeblocks, ClusterSpec("km", NAMESPACE, "combined_monitor"))

    def test_a_record_goes_through(self, kubeblocks: Operator, spec: ClusterSpec) -> None:
        assert kubeblocks.record(spec, "first") == ["first"]
        metrics = exported(kubeblocks, spec).splitlines()
        assert "kafka_brokers 1" in metrics
        assert 'kafka_topic_partitions{topic="records"} 1' in metrics


class TestSeparated:
    @pytest.fixture(scope="class")
    def spec(self, kubeblocks: Operator) -> Iterator[ClusterSpec]:
        yield from running(kubeblocks, ClusterSpec("ks", NAMESPACE, "separated"))

    def test_a_record_goes_through(self, kubeblocks: Operator, spec: ClusterSpec) -> None:
        assert kubeblocks.record(spec, "first") == ["first"]
        assert "node.id=100" in identity(kubeblocks, spec)


class TestSeparatedMonitor:
    @pytest.fixture(scope="class")
    def spec(self, kubeblocks: Operator) -> Iterator[ClusterSpec]:
        yield from running(kubeblocks, ClusterSpec("kw", NAMESPACE, "separated_monitor"))

    def test_a_record_goes_through(self, kubeblocks: Operator, spec: ClusterSpec) -> None:
        assert kubeblocks.record(spec, "first") == ["first"]
        assert 'id="100"' in exported(kubeblocks, spec)

    def test_an_operation_during_another_fails_at_once(self, kubeblocks: Operator, spec: ClusterSpec) -> None:
        more = [{"componentName": EXPORTER, "scaleOut": {"replicaChanges": 1}}]
        first = kubeblocks.operate(spec, "Restart", restart=named([BROKER]))
        kubeblocks.wait_phase(spec, "Updating")
        refused = kubeblocks.operate(spec, "HorizontalScaling", horizontalScaling=more)
        patient = kubeblocks.operate(spec, "HorizontalScaling", patience=300, horizontalScaling=more)
        told = kubeblocks.wait_operation(spec, refused, "Failed", "Succeed", seconds=20)
        said = status.condition({"status": told}, "Validated")
        print(told["phase"], said)
        assert told["phase"] == "Failed"
        assert "is forbidden when Cluster.status.phase=Updating" in said["message"]
        kubeblocks.wait_operation(spec, first)
        kubeblocks.wait_operation(spec, patient)
        kubeblocks.wait_running(spec)
        assert len(kubeblocks.pods(spec, EXPORTER)) == 2

    def test_a_start_of_all_components_never_ends(self, kubeblocks: Operator, spec: ClusterSpec) -> None:
        kubeblocks.wait_operation(spec, kubeblocks.operate(spec, "Stop"))
        kubeblocks.wait_phase(spec, "Stopped")
        assert status.condition(kubeblocks.cluster(spec), "Ready")["status"] == "True"
        started = kubeblocks.operate(spec, "Start")
        kubeblocks.wait_phase(spec, "Abnormal", "Failed", "Running", seconds=240)
        print(kubeblocks.phase(spec), kubeblocks.phases(spec), kubeblocks.operation(spec, started).get("progress"))
        assert kubeblocks.phases(spec)[CONTROLLER] == "Stopped"
        assert kubeblocks.pods(spec, CONTROLLER) == []
        assert len(kubeblocks.pods(spec, BROKER)) == 1
        assert kubeblocks.operation(spec, started)["phase"] == "Running"

    def test_brokers_held_back_free_it(self, kubeblocks: Operator, spec: ClusterSpec) -> None:
        kubeblocks.hold(spec, BROKER, stopped=True)
        kubeblocks.wait_phase(spec, "Running", component=CONTROLLER)
        kubeblocks.wait_phase(spec, "Running")
        # the Cluster says that it runs although it has no broker
        assert kubeblocks.phases(spec)[BROKER] == "Stopped"
        assert BROKER in kubeblocks.not_running(spec)
        kubeblocks.hold(spec, BROKER, stopped=False)
        kubeblocks.wait_running(spec)
        assert kubeblocks.record(spec, "second", count=2) == ["first", "second"]


class TestWithZooKeeper:
    @pytest.fixture(scope="class")
    def spec(self, kubeblocks: Operator) -> Iterator[ClusterSpec]:
        spec = ClusterSpec("old", NAMESPACE, WITH_ZOOKEEPER)
        reference = kubeblocks.plain_zookeeper(NAMESPACE)
        kubeblocks.create(spec)
        try:
            yield replace(spec, zookeeper=reference)
        finally:
            kubeblocks.delete(spec)
            kubeblocks.delete_zookeeper(NAMESPACE)

    def test_without_a_reference_it_is_creating_for_ever(self, kubeblocks: Operator, spec: ClusterSpec) -> None:
        text = "service-ref for kafkaZookeeper is not defined"
        kubeblocks.wait_phase(spec, "Running", component=EXPORTER)
        earlier = kubeblocks.log.count(text)
        kubeblocks.until(lambda: kubeblocks.log.count(text) > earlier + 2, f"{text!r} is not said again and again", 60)
        found = kubeblocks.cluster(spec)
        print(found["status"])
        assert status.phase(found) == "Creating"
        assert status.phases(found) == {BROKER: "", EXPORTER: "Running"}
        assert {one["type"]: one["status"] for one in found["status"]["conditions"]} == {
            "ProvisioningStarted": "True",
            "ApplyResources": "True",
        }
        assert text not in str(found["status"])
        assert text not in str(kubeblocks.component(spec, BROKER).get("status"))
        assert kubeblocks.pods(spec, BROKER) == []

    def test_with_a_descriptor_a_record_goes_through(self, kubeblocks: Operator, spec: ClusterSpec) -> None:
        kubeblocks.set(spec, BROKER, "serviceRefs", cluster(spec)["spec"]["componentSpecs"][0]["serviceRefs"])
        kubeblocks.wait_running(spec)
        assert kubeblocks.record(spec, "first") == ["first"]
        assert "broker.id=100" in identity(kubeblocks, spec)
        assert "kafka_brokers 1" in exported(kubeblocks, spec)


class TestWithZooKeeperOfKubeBlocks:
    @pytest.fixture(scope="class")
    def spec(self, kubeblocks: Operator) -> Iterator[ClusterSpec]:
        reference = kubeblocks.zookeeper_of_kubeblocks(NAMESPACE)
        try:
            yield from running(kubeblocks, ClusterSpec("via", NAMESPACE, WITH_ZOOKEEPER, zookeeper=reference))
        finally:
            kubeblocks.delete_zookeeper(NAMESPACE)

    def test_a_record_goes_through(self, kubeblocks: Operator, spec: ClusterSpec) -> None:
        assert kubeblocks.record(spec, "first") == ["first"]
