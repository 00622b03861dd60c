# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controllers' objects follow the rules that keep them apart from the brokers and the quorum safe."""

from __future__ import annotations

import copy
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.carry_over import selects
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import (
    ControllerObjects,
    ControllerSpec,
    controller_objects,
    default_node_id_base,
    mounted_settings,
    node_ids,
    settings_file,
    voters,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import Properties
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

from tests.unit.plugins.module_utils._core.core_manifests import (
    bitnami_template,
    confluent_config_maps,
    confluent_template,
    file_template,
    statefulset,
)

HELD = ControllerSpec(
    name="kafka-kraft",
    namespace="demo",
    cluster="kafka",
    replicas=3,
    node_id_base=1000,
    start_script="/opt/kafka/bin/kafka-server-start.sh",
    storage_tool="/opt/kafka/bin/kafka-storage.sh",
)
SETTINGS = {"process.roles": "controller", "listeners": "CONTROLLER://:9093", "log.dirs": "/var/lib/kraft/data"}
MIGRATING = replace(HELD, stage="migrating").with_settings(SETTINGS, "cluster-id-0123456789A", "3.9-IV0")


def _pod(objects: ControllerObjects) -> dict[str, Any]:
    pod: dict[str, Any] = objects.statefulset["spec"]["template"]["spec"]
    return pod


def _container(objects: ControllerObjects) -> dict[str, Any]:
    container: dict[str, Any] = _pod(objects)["containers"][0]
    return container


@pytest.mark.parametrize(
    ("brokers", "base"), [([], 1000), ([0, 1, 2], 1000), ([999], 1000), ([1000], 2000), ([100, 4711], 5000)]
)
def test_node_ids_start_above_every_broker_id(brokers: list[int], base: int) -> None:
    assert default_node_id_base(brokers) == base


def test_ids_and_voters() -> None:
    assert node_ids(HELD) == (1000, 1001, 1002)
    assert voters(replace(HELD, replicas=2)) == (
        "1000@kafka-kraft-0.kafka-kraft.demo.svc:9093,1001@kafka-kraft-1.kafka-kraft.demo.svc:9093"
    )


def test_held_controllers_have_no_replicas_and_no_settings() -> None:
    objects = controller_objects(statefulset(file_template()), HELD)
    assert objects.settings is None
    assert objects.statefulset["spec"]["replicas"] == 0
    assert objects.statefulset["spec"]["template"]["metadata"]["annotations"]["kraft.kafkaops.io/stage"] == "held"


def test_the_statefulset_of_migrating_controllers() -> None:
    brokers = statefulset(file_template())
    before = copy.deepcopy(brokers)
    objects = controller_objects(brokers, MIGRATING)
    assert brokers == before
    body = objects.statefulset["spec"]
    assert (body["replicas"], body["podManagementPolicy"], body["updateStrategy"]) == (
        3,
        "Parallel",
        {"type": "OnDelete"},
    )
    assert body["serviceName"] == objects.statefulset["metadata"]["name"] == "kafka-kraft"
    (claim,) = body["volumeClaimTemplates"]
    assert claim["spec"] == {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}
    container = _container(objects)
    assert container["image"] == "localhost/kafka:3.9.2"
    assert container["imagePullPolicy"] == "Never"
    assert container["readinessProbe"]["tcpSocket"] == {"port": 9093}
    assert container["readinessProbe"]["periodSeconds"] == 1
    assert {entry["name"]: entry.get("value") for entry in container["env"]} == {
        "KRAFT_POD_NAME": None,
        "CLUSTER_ID": "cluster-id-0123456789A",
        "KAFKA_KRAFT_CLUSTER_ID": "cluster-id-0123456789A",
    }
    assert _pod(objects)["enableServiceLinks"] is False
    assert {volume["name"] for volume in _pod(objects)["volumes"]} == {"kraft-config", "kraft-run"}
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/var/lib/kraft", "/etc/kraft", "/run/kraft"}


def test_nothing_that_selects_brokers_selects_controllers() -> None:
    brokers = statefulset(file_template())
    objects = controller_objects(brokers, MIGRATING)
    labels = objects.statefulset["spec"]["template"]["metadata"]["labels"]
    assert labels == {
        "app.kubernetes.io/managed-by": "kafkaops.kraft",
        "kraft.kafkaops.io/cluster": "kafka",
        "kraft.kafkaops.io/role": "controller",
    }
    for selector in (
        objects.statefulset["spec"]["selector"],
        objects.pdb["spec"]["selector"],
        {"matchLabels": objects.service["spec"]["selector"]},
    ):
        assert selects(selector, labels)
        assert not selects(selector, brokers["spec"]["template"]["metadata"]["labels"])


def test_a_broker_selector_that_takes_controllers_is_refused() -> None:
    brokers = statefulset(file_template())
    brokers["spec"]["selector"] = {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["x"]}]}
    with pytest.raises(Unsupported, match="StatefulSet kafka would match") as caught:
        controller_objects(brokers, MIGRATING)
    assert caught.value.code == "controller-manifest"


def test_service_budget_and_config_map() -> None:
    objects = controller_objects(statefulset(file_template()), MIGRATING)
    assert objects.service["spec"]["clusterIP"] == "None"
    assert objects.service["spec"]["publishNotReadyAddresses"] is True
    assert objects.service["spec"]["ports"][0]["port"] == 9093
    assert objects.pdb["spec"]["maxUnavailable"] == 1
    assert objects.settings is not None
    name = objects.settings["metadata"]["name"]
    digest = objects.statefulset["spec"]["template"]["metadata"]["annotations"]["kraft.kafkaops.io/settings-hash"]
    assert name == f"kafka-kraft-migrating-{digest[:8]}"
    assert Properties.parse(objects.settings["data"]["server.properties"]).as_dict() == SETTINGS
    assert "ConsoleAppender" in objects.settings["data"]["log4j.properties"]
    assert {
        item["metadata"]["labels"]["kraft.kafkaops.io/role"]
        for item in (objects.statefulset, objects.service, objects.pdb, objects.settings)
    } == {"controller"}
    assert {"name": "kraft-config", "configMap": {"name": name}} in _pod(objects)["volumes"]


def test_another_stage_is_another_config_map_and_hash() -> None:
    final = replace(MIGRATING, stage="final", settings={"process.roles": "controller"})
    assert final.config_name.startswith("kafka-kraft-final-")
    assert final.digest != MIGRATING.digest
    assert replace(MIGRATING, jvm_option="-Dx=1").digest != MIGRATING.digest


def test_storage_class_and_jvm_option() -> None:
    spec = replace(MIGRATING, storage_class="fast", storage_size="20Gi", jvm_option="-Dsun.net.inetaddr.ttl=1")
    objects = controller_objects(statefulset(file_template()), spec)
    claim = objects.statefulset["spec"]["volumeClaimTemplates"][0]["spec"]
    assert claim["storageClassName"] == "fast"
    assert claim["resources"]["requests"]["storage"] == "20Gi"
    assert {"name": "JAVA_TOOL_OPTIONS", "value": "-Dsun.net.inetaddr.ttl=1"} in _container(objects)["env"]


def _run(script: str, pod: str, work: Path) -> str:
    for path in ("/etc/kraft", "/run/kraft"):
        script = script.replace(path, str(work / path.strip("/")))
        (work / path.strip("/")).mkdir(parents=True)
    (work / "etc/kraft/server.properties").write_text("process.roles=controller\n")
    for tool in ("kafka-server-start.sh", "kafka-storage.sh"):
        script = script.replace(f"/opt/kafka/bin/{tool}", str(work / tool))
        (work / tool).write_text('#!/bin/sh\necho "$(basename "$0") $*; opts=${KAFKA_OPTS-unset}"\n')
        (work / tool).chmod(0o755)
    shell = shutil.which("sh") or "/bin/sh"
    environment = {"KRAFT_POD_NAME": pod, "KAFKA_OPTS": "-javaagent:x", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([shell, "-c", script], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.replace(str(work), "") + (work / "run/kraft/server.properties").read_text()


def test_the_start_command_makes_the_node_id_of_the_ordinal(tmp_path: Path) -> None:
    command = _container(controller_objects(statefulset(file_template()), MIGRATING))["command"]
    assert command[:2] == ["/bin/sh", "-c"]
    assert _run(command[2], "kafka-kraft-2", tmp_path) == (
        "kafka-server-start.sh /run/kraft/server.properties; opts=-javaagent:x\nprocess.roles=controller\nnode.id=1002\n"
    )


def test_the_init_container_formats_with_the_level_and_without_agents(tmp_path: Path) -> None:
    (init,) = _pod(controller_objects(statefulset(file_template()), MIGRATING))["initContainers"]
    assert _run(init["command"][2], "kafka-kraft-0", tmp_path).splitlines() == [
        (
            "kafka-storage.sh format --config /run/kraft/server.properties --cluster-id=cluster-id-0123456789A "
            "--release-version 3.9-IV0 --ignore-formatted; opts=unset"
        ),
        "process.roles=controller",
        "node.id=1000",
    ]
    assert {entry["name"] for entry in init["env"]} == {"KRAFT_POD_NAME", "KAFKA_HEAP_OPTS"}
    assert init["image"] == "localhost/kafka:3.9.2"


def test_a_cluster_id_that_begins_with_a_dash_is_not_taken_for_an_option(tmp_path: Path) -> None:
    spec = replace(HELD, stage="migrating").with_settings(SETTINGS, "-_X2Q32SQw2kNMHISNnPdg", "3.9-IV0")
    (init,) = _pod(controller_objects(statefulset(file_template()), spec))["initContainers"]
    assert " --cluster-id=-_X2Q32SQw2kNMHISNnPdg " in _run(init["command"][2], "kafka-kraft-0", tmp_path)


def test_brokers_on_variables_hand_over_the_jvm_but_no_setting() -> None:
    spec = replace(MIGRATING, config_maps=confluent_config_maps())
    objects = controller_objects(statefulset(confluent_template()), spec)
    names = [entry["name"] for entry in _container(objects)["env"]]
    assert names == ["KRAFT_POD_NAME", "CLUSTER_ID", "KAFKA_KRAFT_CLUSTER_ID", "KAFKA_HEAP_OPTS"]
    assert "envFrom" not in _container(objects)
    bitnami = _container(controller_objects(statefulset(bitnami_template()), MIGRATING))
    assert not [entry for entry in bitnami["env"] if entry["name"].startswith("KAFKA_CFG_")]
    assert "args" not in bitnami


def test_controllers_spread_over_nodes_unless_the_brokers_say_how() -> None:
    template = file_template()
    constraints = _pod(controller_objects(statefulset(template), MIGRATING))["topologySpreadConstraints"]
    assert [item["topologyKey"] for item in constraints] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    assert all(item["labelSelector"] == {"matchLabels": MIGRATING.labels} for item in constraints)
    term = {"labelSelector": {"matchLabels": {"app": "kafka"}}, "topologyKey": "kubernetes.io/hostname"}
    template["spec"]["affinity"] = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    pod = _pod(controller_objects(statefulset(template), MIGRATING))
    assert "topologySpreadConstraints" not in pod
    (rule,) = pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert rule["labelSelector"] == {"matchLabels": MIGRATING.labels}


def test_a_log4j_file_that_the_options_name_comes_along() -> None:
    template = file_template()
    option = {"name": "KAFKA_LOG4J_OPTS", "value": "-Dlog4j.configuration=file:/config/log4j.properties"}
    template["spec"]["containers"][0]["env"] = [option]
    objects = controller_objects(statefulset(template), MIGRATING)
    assert "/config" in {mount["mountPath"] for mount in _container(objects)["volumeMounts"]}
    assert option in _container(objects)["env"]


def _manifest(**spec: Any) -> dict[str, Any]:
    return {
        "kind": "StatefulSet",
        "metadata": {"labels": {"team": "x"}},
        "spec": {
            "template": {
                "metadata": {"labels": {"app": "quorum"}, "annotations": {"note": "kept"}},
                "spec": {
                    "initContainers": [{"name": "mine"}],
                    "containers": [
                        {
                            "name": "controller",
                            "image": "own/kafka:3.9.2",
                            "args": ["x"],
                            "env": [{"name": "CLUSTER_ID", "value": "wrong"}, {"name": "MY", "value": "1"}],
                            "ports": [{"name": "jmx", "containerPort": 5555}],
                            "readinessProbe": {"exec": {"command": ["true"]}},
                        }
                    ],
                    "volumes": [{"name": "mine", "emptyDir": {}}],
                },
            },
            **spec,
        },
    }


def test_a_manifest_of_the_user_is_completed() -> None:
    manifest = _manifest(selector={"matchLabels": {"app": "quorum"}}, replicas=3)
    before = copy.deepcopy(manifest)
    objects = controller_objects(statefulset(file_template()), replace(MIGRATING, user_manifest=manifest))
    assert manifest == before
    body = objects.statefulset["spec"]
    assert objects.statefulset["apiVersion"] == "apps/v1"
    assert objects.statefulset["metadata"]["labels"]["team"] == "x"
    assert body["selector"] == {"matchLabels": {"app": "quorum"}}
    assert body["template"]["metadata"]["labels"].items() >= MIGRATING.labels.items()
    assert body["template"]["metadata"]["annotations"]["note"] == "kept"
    container = _container(objects)
    assert container["image"] == "own/kafka:3.9.2"
    assert container["imagePullPolicy"] == "Never"
    assert "args" not in container
    assert {entry["name"]: entry.get("value") for entry in container["env"]}["CLUSTER_ID"] == "cluster-id-0123456789A"
    assert {entry["name"] for entry in container["env"]} >= {"MY", "KRAFT_POD_NAME"}
    assert [port["containerPort"] for port in container["ports"]] == [5555, 9093]
    assert container["readinessProbe"] == {"exec": {"command": ["true"]}}
    assert [item["name"] for item in _pod(objects)["initContainers"]] == ["mine", "kraft-format"]
    assert body["volumeClaimTemplates"][0]["metadata"]["name"] == "kraft-data"
    assert objects.update_strategy == {"type": "RollingUpdate"}


def test_the_update_strategy_of_a_manifest_is_that_after_the_migration() -> None:
    manifest = _manifest(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 1}})
    objects = controller_objects(statefulset(file_template()), replace(MIGRATING, user_manifest=manifest))
    assert objects.statefulset["spec"]["updateStrategy"] == {"type": "OnDelete"}
    assert objects.update_strategy == {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}


def test_a_manifest_with_its_own_claim_and_port_keeps_them() -> None:
    manifest = _manifest(volumeClaimTemplates=[{"metadata": {"name": "own"}, "spec": {}}])
    container = manifest["spec"]["template"]["spec"]["containers"][0]
    container["volumeMounts"] = [{"name": "own", "mountPath": "/var/lib/kraft"}]
    container["ports"] = [{"name": "quorum", "containerPort": 9093}]
    objects = controller_objects(statefulset(file_template()), replace(MIGRATING, user_manifest=manifest))
    (claim,) = objects.statefulset["spec"]["volumeClaimTemplates"]
    # what is ours is known by its labels
    assert claim["metadata"] == {"name": "own", "labels": MIGRATING.all_labels}
    assert _container(objects)["ports"] == [{"name": "quorum", "containerPort": 9093}]
    assert objects.statefulset["spec"]["selector"] == {"matchLabels": MIGRATING.labels}


def test_a_claim_that_has_our_name_already_is_not_made_twice() -> None:
    manifest = _manifest(volumeClaimTemplates=[{"metadata": {"name": "kraft-data"}, "spec": {}}])
    objects = controller_objects(statefulset(file_template()), replace(MIGRATING, user_manifest=manifest))
    assert len(objects.statefulset["spec"]["volumeClaimTemplates"]) == 1


def _with_data(volumes: list[dict[str, Any]]) -> dict[str, Any]:
    manifest = _manifest()
    pod = manifest["spec"]["template"]["spec"]
    pod["containers"][0]["volumeMounts"] = [{"name": "d", "mountPath": "/var/lib/kraft/data"}]
    pod["volumes"] = volumes
    return manifest


@pytest.mark.parametrize(
    ("manifest", "code", "words"),
    [
        ({"kind": "Deployment"}, "controller-manifest", "StatefulSet"),
        ({"kind": "StatefulSet"}, "controller-manifest", "pod template"),
        (_manifest() | {"metadata": {"name": "other"}}, "controller-manifest", "named other"),
        (_manifest() | {"metadata": {"namespace": "other"}}, "controller-manifest", "namespace other"),
        (_manifest(replicas=5), "controller-manifest", "replicas 5"),
        (_manifest(selector={"matchLabels": {"app": "x"}}), "controller-manifest", "its own pods"),
        (_manifest(selector={}), "controller-manifest", "brokers' pods"),
        (_with_data([{"name": "d", "emptyDir": {}}]), "controllers-emptydir", "emptyDir"),
        (_with_data([{"name": "d", "hostPath": {"path": "/d"}}]), "controllers-emptydir", "hostPath"),
        (_with_data([]), "controllers-emptydir", "nothing"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(manifest: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(Unsupported, match=words) as caught:
        controller_objects(statefulset(file_template()), replace(MIGRATING, user_manifest=manifest))
    assert caught.value.code == code
    assert caught.value.message.startswith("kraft_controller_manifest ")


def test_settings_with_a_secret_are_a_secret_that_is_mounted_the_same_way() -> None:
    secret = {"listener.name.controller.plain.sasl.jaas.config": "canary"}
    plain = controller_objects(statefulset(file_template()), MIGRATING)
    objects = controller_objects(statefulset(file_template()), replace(MIGRATING, settings={**SETTINGS, **secret}))
    assert objects.settings is not None
    assert plain.settings is not None
    assert (objects.settings["kind"], objects.settings["type"]) == ("Secret", "Opaque")
    assert objects.settings["metadata"]["labels"] == plain.settings["metadata"]["labels"]
    assert objects.settings["metadata"]["annotations"]["kraft.kafkaops.io/stage"] == "migrating"
    assert Properties.parse(settings_file(objects.settings)).as_dict() == {**SETTINGS, **secret}
    assert settings_file(plain.settings) == plain.settings["data"]["server.properties"]
    template, before = (each.statefulset["spec"]["template"] for each in (objects, plain))
    assert mounted_settings(template) == ("Secret", objects.settings["metadata"]["name"])
    assert mounted_settings(before) == ("ConfigMap", plain.settings["metadata"]["name"])
    assert mounted_settings({"spec": {"volumes": [{"name": "data"}]}}) == ("", "")
    assert _container(objects)["volumeMounts"] == _container(plain)["volumeMounts"]
    # nothing of it can be read anywhere else
    assert objects.shown_settings["listener.name.controller.plain.sasl.jaas.config"] == "<redacted>"
    assert "canary" not in repr(objects)
    assert "canary" not in repr(replace(MIGRATING, settings=secret))
