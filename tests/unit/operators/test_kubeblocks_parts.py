# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of the KubeBlocks fixture that only compute: clusters, the stand-in for the addon, what a status says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.operators.kubeblocks import addon, build, status, zookeeper
from tests.operators.kubeblocks.clusters import ClusterSpec, cluster, named, operation
from tests.operators.kubeblocks.names import (
    BROKER,
    COMBINE,
    CONTROLLER,
    CRD_VERSION,
    DEFINITIONS,
    EXPORTER,
    EXPORTER_VERSION,
    KRAFT_VERSIONS,
    OLD_VERSIONS,
    SYSTEM,
    TOPOLOGIES,
    WITH_ZOOKEEPER,
)
from tests.sandbox.config import SandboxError


def components(spec: ClusterSpec) -> dict[str, Any]:
    return {one["name"]: one for one in cluster(spec)["spec"]["componentSpecs"]}


# -- clusters ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_a_cluster_has_the_components_of_its_topology_in_versions_that_are_defined(topology: str) -> None:
    found = components(ClusterSpec(topology=topology))
    assert tuple(found) == TOPOLOGIES[topology]
    versions = {name: one["serviceVersion"] for name, one in found.items()}
    kafka = OLD_VERSIONS if topology == WITH_ZOOKEEPER else KRAFT_VERSIONS
    assert versions.pop(EXPORTER, EXPORTER_VERSION) == EXPORTER_VERSION
    assert set(versions.values()) <= set(kafka)


def test_brokers_of_their_own_count_from_100() -> None:
    spec = ClusterSpec("ks", "shop", "separated", brokers=2, controllers=3)
    assert spec.broker_ids == {"ks-kafka-broker-0": 100, "ks-kafka-broker-1": 101}
    assert spec.pods(CONTROLLER) == [f"ks-kafka-controller-{n}" for n in range(3)]
    assert spec.bootstrap == ",".join(f"ks-kafka-broker-advertised-listener-{n}.shop:9092" for n in (0, 1))
    assert ClusterSpec("kc", topology="combined").broker_ids == {"kc-kafka-combine-0": 0}


def test_claims_heap_and_services_go_to_who_needs_them() -> None:
    found = components(
        ClusterSpec(topology="separated_monitor", heap="128m", env=(("KB_BROKER_DIRECT_POD_ACCESS", "true"),))
    )
    claims = {name: [one["name"] for one in about.get("volumeClaimTemplates", ())] for name, about in found.items()}
    assert claims == {CONTROLLER: ["metadata"], BROKER: ["data", "metadata"], EXPORTER: []}
    assert found[CONTROLLER]["env"] == [{"name": "KB_KAFKA_CONTROLLER_HEAP", "value": "-Xms128m -Xmx128m"}]
    assert {one["name"]: one["value"] for one in found[BROKER]["env"]} == {
        "KB_KAFKA_BROKER_HEAP": "-Xms128m -Xmx128m",
        "KB_BROKER_DIRECT_POD_ACCESS": "true",
    }
    assert [name for name, about in found.items() if "services" in about] == [BROKER]


def test_zookeeper_is_named_in_the_component_and_only_when_it_is_given() -> None:
    spec = ClusterSpec(topology=WITH_ZOOKEEPER)
    assert "serviceRefs" not in components(spec)[BROKER]
    for reference in (zookeeper.by_descriptor("zk"), zookeeper.by_selector("zk")):
        found = components(ClusterSpec(topology=WITH_ZOOKEEPER, zookeeper=reference))
        assert found[BROKER]["serviceRefs"] == [reference]
        assert reference["name"] == "kafkaZookeeper"
        assert "serviceRefs" not in found[EXPORTER]


@pytest.mark.parametrize(
    ("topology", "version", "said"),
    [
        ("with_zookeeper", "", "topology 'with_zookeeper' is none of"),
        ("separated", "2.7.0", "Kafka 2.7.0 is none of 3.9.2"),
        (WITH_ZOOKEEPER, "3.9.2", "Kafka 3.9.2 is none of 2.8.2"),
    ],
)
def test_what_there_is_no_definition_of_is_refused(topology: str, version: str, said: str) -> None:
    with pytest.raises(SandboxError, match=said):
        ClusterSpec(topology=topology, version=version)


def test_an_operation_waits_only_when_it_is_told_to() -> None:
    spec = ClusterSpec("ks", "shop")
    body = operation(spec, "r-1", "Restart", restart=named([BROKER]))
    assert body["spec"] == {"clusterName": "ks", "type": "Restart", "restart": [{"componentName": BROKER}]}
    assert operation(spec, "r-2", "Stop", patience=300)["spec"]["preConditionDeadlineSeconds"] == 300


# -- the stand-in -----------------------------------------------------------------------------------------------------------------


def by_kind(kind: str) -> dict[str, Any]:
    return {body["metadata"]["name"]: body for body in addon.definitions() if body["kind"] == kind}


def test_every_definition_that_the_operator_would_ignore_otherwise_is_annotated() -> None:
    for body in [*addon.definitions(), *zookeeper.plain("zk"), zookeeper.definition(), zookeeper.cluster("zk")]:
        if body["apiVersion"].startswith("apps.kubeblocks.io/"):
            assert body["metadata"]["annotations"][CRD_VERSION] == "apps.kubeblocks.io/v1", body["metadata"]["name"]


def test_topologies_find_their_definitions() -> None:
    names = by_kind("ComponentDefinition")
    topologies = addon.cluster_definition()["spec"]["topologies"]
    assert {one["name"]: tuple(part["name"] for part in one["components"]) for one in topologies} == TOPOLOGIES
    for part in (part for one in topologies for part in one["components"]):
        assert [name for name in names if re.search(part["compDef"], name)], part
    assert [one["name"] for one in topologies if one.get("default")] == ["combined_monitor"]


def test_the_order_of_an_update_that_makes_a_start_hang_is_kept() -> None:
    orders = {one["name"]: one.get("orders") for one in addon.cluster_definition()["spec"]["topologies"]}
    assert orders["separated"]["update"] == [BROKER, CONTROLLER]
    assert orders["separated"]["provision"] == [CONTROLLER, BROKER]


def test_templates_are_there_and_carry_no_comments_of_ours() -> None:
    templates = {body["metadata"]["name"]: body for body in addon.templates()}
    assert {body["metadata"]["namespace"] for body in templates.values()} == {SYSTEM}
    for body in by_kind("ComponentDefinition").values():
        spec = body["spec"]
        for slot in (*spec.get("configs", ()), *spec["scripts"]):
            assert slot["template"] in templates, slot
    for name in ("kafka-configuration-tpl", "kafka27-configuration-tpl-1.0.2"):
        lines = templates[name]["data"]["server.properties"].splitlines()
        assert all(re.fullmatch(r"[a-z.]+=\S+", line) for line in lines), lines
        assert "default.replication.factor=1" in lines


def test_every_container_has_an_image_in_every_version() -> None:
    versions = by_kind("ComponentVersion")
    for name, body in by_kind("ComponentDefinition").items():
        runtime = body["spec"]["runtime"]
        wanted = {one["name"] for one in (*runtime["containers"], *runtime.get("initContainers", ()))}
        wanted |= set(body["spec"].get("lifecycleActions", {}))
        rules = [
            (one, rule)
            for one in versions.values()
            for rule in one["spec"]["compatibilityRules"]
            if any(re.search(pattern, name) for pattern in rule["compDefs"])
        ]
        assert len(rules) == 1, name
        (version, rule) = rules[0]
        releases = {one["name"]: one for one in version["spec"]["releases"]}
        assert body["spec"]["serviceVersion"] in {releases[one]["serviceVersion"] for one in rule["releases"]}
        for release in rule["releases"]:
            assert wanted <= set(releases[release]["images"]), (name, release)


def test_the_descriptor_is_of_a_version_that_brokers_take() -> None:
    declared = by_kind("ComponentDefinition")["kafka27-broker-1.0.2"]["spec"]["serviceRefDeclarations"]
    (wanted,) = declared[0]["serviceRefDeclarationSpecs"]
    about = next(body["spec"] for body in zookeeper.plain("zk") if body["kind"] == "ServiceDescriptor")
    assert about["serviceKind"] == wanted["serviceKind"]
    assert re.match(wanted["serviceVersion"], about["serviceVersion"])


# -- what a status says -----------------------------------------------------------------------------------------------------------


def part(name: str, phase: str = "Running", generation: int = 2, seen: int = 2) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "generation": generation},
        "status": {"phase": phase, "observedGeneration": seen},
    }


def seen_cluster(said: dict[str, str], phase: str = "Running", seen: int = 3) -> dict[str, Any]:
    found = part("ks", phase, 3, seen)
    found["spec"] = {"componentSpecs": [{"name": CONTROLLER}, {"name": BROKER}]}
    found["status"]["components"] = {name: {"phase": value} for name, value in said.items()}
    return found


FINE = {CONTROLLER: "Running", BROKER: "Running"}
PARTS = [part("ks-kafka-controller"), part("ks-kafka-broker"), part("other-kafka-broker", "Failed")]


def test_a_cluster_runs_when_all_of_it_does() -> None:
    assert status.missing(seen_cluster(FINE), PARTS) == ""


@pytest.mark.parametrize(
    ("found", "parts", "said"),
    [
        (seen_cluster(FINE, seen=2), PARTS, "generation 3 of ks is not observed, but 2"),
        (seen_cluster(FINE, "Updating"), PARTS, "Cluster ks is Updating"),
        # what is seen between the two Starts of a stopped cluster
        (seen_cluster({**FINE, BROKER: "Stopped"}), PARTS, "kafka-broker of Cluster ks is Stopped"),
        # what is seen of brokers without their service reference
        (seen_cluster({CONTROLLER: "Running"}), PARTS, "kafka-broker of Cluster ks is without a phase"),
        (seen_cluster(FINE), PARTS[:1], "Component ks-kafka-broker is not there"),
        (
            seen_cluster(FINE), [PARTS[0], part("ks-kafka-broker", seen=1)],
            "generation 2 of ks-kafka-broker is not observed, but 1",
        ),
        (seen_cluster(FINE), [PARTS[0], part("ks-kafka-broker", "Updating")], "Component ks-kafka-broker is Updating"),
    ],
)  # fmt: skip
def test_a_cluster_that_does_not_run_says_why(found: dict[str, Any], parts: list[dict[str, Any]], said: str) -> None:
    assert status.missing(found, parts) == said


def test_a_new_cluster_has_neither_phase_nor_condition() -> None:
    new = {"metadata": {"name": "ks", "generation": 1}, "spec": {"componentSpecs": [{"name": COMBINE}]}}
    assert (status.phase(new), status.phases(new), status.condition(new, "Ready")) == ("", {COMBINE: ""}, {})


# -- the build --------------------------------------------------------------------------------------------------------------------


def test_the_cache_is_asked_without_a_build(tmp_path: Path) -> None:
    assert not build.is_there(tmp_path)
    (tmp_path / f"kubeblocks-{build._key()}").mkdir()
    assert build.is_there(tmp_path)


def test_definitions_come_without_what_a_server_writes(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("metadata: {name: a, creationTimestamp: null}\nspec: {}\nstatus: {conditions: []}\n")
    assert build.parsed(file) == {"metadata": {"name": "a"}, "spec": {}}
    with pytest.raises(SandboxError, match=r"has no gone\.yaml among its definitions"):
        build.parsed(tmp_path / "gone.yaml")


def test_seventeen_definitions_are_brought_in() -> None:
    assert len(DEFINITIONS) == len(set(DEFINITIONS)) == 17
    assert all(re.fullmatch(r"\w+\.kubeblocks\.io_[a-z]+", name) for name in DEFINITIONS)


def test_go_pins_the_version_that_the_names_say() -> None:
    text = (build._SOURCE / "go.mod").read_text(encoding="utf-8")
    assert f"{build.MODULE} v1.0.2" in text
    assert "replace" not in text
