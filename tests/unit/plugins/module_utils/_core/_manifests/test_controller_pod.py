# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A controller's pod beside brokers as people run them."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import (
    ControllerObjects,
    ControllerSpec,
    controller_objects,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

from tests.unit.plugins.module_utils._core._manifests.test_controllers import MIGRATING
from tests.unit.plugins.module_utils._core.core_manifests import file_template, statefulset

Obj = dict[str, Any]
ZONE = "topology.kubernetes.io/zone"


def _objects(spec: ControllerSpec = MIGRATING, pod: Obj | None = None, **container: Any) -> ControllerObjects:
    template = file_template()
    template["spec"].update(pod or {})
    template["spec"]["containers"][0].update(container)
    return controller_objects(statefulset(template), spec)


def _pod(objects: ControllerObjects) -> Any:
    return objects.statefulset["spec"]["template"]["spec"]


def _env(objects: ControllerObjects, where: str = "containers") -> Obj:
    return {entry["name"]: entry.get("value") for entry in _pod(objects)[where][0]["env"]}


def test_big_brokers_do_not_make_big_controllers() -> None:
    resources = {"requests": {"cpu": "14", "memory": "56Gi"}, "limits": {"memory": "56Gi"}}
    objects = _objects(resources=resources, env=[{"name": "KAFKA_HEAP_OPTS", "value": "-Xms8g -Xmx8g"}])
    capped = {"requests": {"cpu": "1", "memory": "5Gi"}, "limits": {"memory": "5Gi"}}
    assert _pod(objects)["containers"][0]["resources"] == capped
    assert _pod(objects)["initContainers"][0]["resources"] == capped
    assert _env(objects)["KAFKA_HEAP_OPTS"] == "-Xms4096m -Xmx4096m"
    assert objects.notes == (
        "KAFKA_HEAP_OPTS of the controllers is -Xms4096m -Xmx4096m instead of -Xms8g -Xmx8g, which fits a controller's memory",
    )
    secret = [{"name": "KAFKA_OPTS", "value": "-Xmx8g -Djavax.net.ssl.keyStorePassword=canary -Da=b"}]
    (note,) = _objects(resources=resources, env=secret).notes
    assert note.startswith(
        "KAFKA_OPTS of the controllers is -Xmx4096m -Djavax.net.ssl.keyStorePassword=<redacted> -Da=b instead"
    )
    assert "canary" not in note
    wanted = {"requests": {"memory": "20Gi"}}
    own = _objects(
        replace(MIGRATING, resources=wanted), resources=resources, env=[{"name": "KAFKA_HEAP_OPTS", "value": "-Xmx8g"}]
    )
    assert _pod(own)["containers"][0]["resources"] == wanted
    assert _env(own)["KAFKA_HEAP_OPTS"] == "-Xmx8g"
    assert "resources" not in _pod(_objects())["containers"][0]


def test_a_heap_of_a_config_map_fits_too_and_references_stay() -> None:
    spec = replace(MIGRATING, config_maps={"jvm": {"data": {"KAFKA_HEAP_OPTS": "-Xmx9g -Da=$(B)"}}})
    objects = _objects(
        spec,
        envFrom=[{"configMapRef": {"name": "jvm"}}],
        env=[{"name": "JAVA_TOOL_OPTIONS", "value": "-Xmx9g -Dp=$(X)"}, {"name": "X", "value": "1"}],
    )
    assert _env(objects)["KAFKA_HEAP_OPTS"] == "-Xmx4096m -Da=$$(B)"
    assert _env(objects)["JAVA_TOOL_OPTIONS"] == "-Xmx4096m -Dp=$(X)"
    heap = [{"name": "HEAP", "value": "31g"}, {"name": "KAFKA_HEAP_OPTS", "value": "-Xmx$(HEAP) -Xms1g -Da=$$(B)"}]
    assert _env(_objects(MIGRATING, env=heap))["KAFKA_HEAP_OPTS"] == "-Xmx4096m -Xms1g -Da=$$(B)"


@pytest.mark.parametrize(
    ("pod", "container", "group", "owner"),
    [
        ({}, {"runAsUser": 1001}, None, 1001),
        ({}, {"runAsUser": 1001, "runAsGroup": 2000}, 5, 2000),
        ({"runAsUser": 1001, "runAsGroup": 0}, {}, None, 1001),
        ({}, {}, 1000, 1000),
        ({}, {"runAsUser": 0}, 1000, None),
        ({}, {}, None, None),
        ({"fsGroup": 7}, {"runAsUser": 1001}, None, 7),
    ],
)
def test_controllers_can_write_their_volume(pod: Obj, container: Obj, group: int | None, owner: int | None) -> None:
    """The brokers' volume may have been handed over by a root init container, which does not come along."""
    objects = _objects(replace(MIGRATING, group=group), {"securityContext": pod}, securityContext=container)
    assert _pod(objects).get("securityContext", {}).get("fsGroup") == owner


@pytest.mark.parametrize(
    ("env", "read_only", "volumes", "logs"),
    [
        ({}, False, [], None),
        ({}, True, [], "/run/kraft/logs"),
        # the image's own place, on scratch space
        ({}, True, [("logs", "/opt/kafka/logs", {"emptyDir": {}})], None),
        ({"value": "/data/logs"}, True, [], "/run/kraft/logs"),
        ({"value": "/data/logs"}, False, [], "/run/kraft/logs"),
        ({"value": "/tmp/logs"}, False, [], "/tmp/logs"),
        ({"value": "/tmp/logs"}, True, [], "/run/kraft/logs"),
        ({"value": "/tmp/logs"}, True, [("tmp", "/tmp", {"emptyDir": {}})], "/tmp/logs"),
        ({"value": "/logs"}, False, [("logs", "/logs", {"hostPath": {}})], "/run/kraft/logs"),
        ({"valueFrom": {"secretKeyRef": {}}}, True, [], None),
    ],
)
def test_controllers_log_to_a_place_that_they_can_write(
    env: Obj, read_only: bool, volumes: Any, logs: str | None
) -> None:
    template = file_template()
    container = template["spec"]["containers"][0]
    container["env"] = [{"name": "LOG_DIR", **env}] if env else []
    container["securityContext"] = {"readOnlyRootFilesystem": read_only}
    for name, path, volume in volumes:
        container["volumeMounts"].append({"name": name, "mountPath": path})
        template["spec"]["volumes"].append({"name": name, **volume})
    objects = controller_objects(statefulset(template), MIGRATING)
    assert _env(objects).get("LOG_DIR") == logs
    assert _env(objects, "initContainers").get("LOG_DIR") == logs
    assert len(objects.notes) == (logs == "/run/kraft/logs" and bool(env))


def test_a_log4j_file_of_ours_where_theirs_does_not_come_along() -> None:
    option = {"name": "KAFKA_LOG4J_OPTS", "value": "-Dlog4j.configuration=file:/data/log4j.properties"}
    objects = _objects(env=[option])
    assert _env(objects)["KAFKA_LOG4J_OPTS"] == "-Dlog4j.configuration=file:/etc/kraft/log4j.properties"
    assert len(objects.notes) == 2


def test_what_an_init_container_brings() -> None:
    agent = {"name": "agent", "image": "a", "volumeMounts": [{"name": "agent", "mountPath": "/agent"}]}
    template = file_template()
    template["spec"]["initContainers"] = [agent]
    template["spec"]["volumes"].append({"name": "agent", "emptyDir": {}})
    container = template["spec"]["containers"][0]
    container["volumeMounts"].append({"name": "agent", "mountPath": "/agent"})
    container["env"] = [{"name": "KAFKA_OPTS", "value": "-javaagent:/agent/a.jar"}]
    objects = controller_objects(statefulset(template), MIGRATING)
    assert [item["name"] for item in _pod(objects)["initContainers"]] == ["agent", "kraft-format"]


def test_what_a_config_provider_needs_is_there_for_the_controller_and_for_the_format() -> None:
    """A file, and a variable with what it refers to."""
    template = file_template()
    container = template["spec"]["containers"][0]
    volume: Obj = {"name": "login", "secret": {"secretName": "login"}}
    template["spec"]["volumes"].append(volume)
    container["volumeMounts"].append({"name": "login", "mountPath": "/mnt/login"})
    container["env"] = [
        {"name": "SALT", "value": "s"},
        {"name": "UNRELATED", "value": "x"},
        {"name": "STORE_PASSWORD", "value": "$(SALT)"},
        {"name": "KAFKA_OPTS", "value": "-Dsalt=$(SALT)"},
    ]
    settings = {
        "process.roles": "controller",
        "config.providers": "env,file",
        "config.providers.env.class": "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
        "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider",
        "ssl.keystore.password": "${env:STORE_PASSWORD}",
        "ssl.truststore.password": "${file:/mnt/login/x.properties:password}",
    }
    objects = controller_objects(statefulset(template), replace(MIGRATING, settings=settings))
    assert [_env(objects)[name] for name in ("SALT", "STORE_PASSWORD", "KAFKA_OPTS")] == [
        "s",
        "$(SALT)",
        "-Dsalt=$(SALT)",
    ]
    assert "UNRELATED" not in _env(objects)
    formats = _env(objects, "initContainers")
    assert list(formats)[-3:] == ["SALT", "STORE_PASSWORD", "KAFKA_HEAP_OPTS"]
    for item in (*_pod(objects)["containers"], *_pod(objects)["initContainers"]):
        assert {"name": "login", "mountPath": "/mnt/login"} in item["volumeMounts"]
    assert objects.settings is not None
    text = base64.b64decode(objects.settings["data"]["server.properties"]).decode()
    assert "ssl.keystore.password=${env:STORE_PASSWORD}" in text
    assert objects.shown_settings["ssl.keystore.password"] == "<redacted>"
    volume["hostPath"] = volume.pop("secret")
    with pytest.raises(Unsupported, match="which only the brokers' pods have"):
        controller_objects(statefulset(template), replace(MIGRATING, settings=settings))


def test_a_mount_whose_place_depends_on_a_variable_has_it() -> None:
    """Without it no container can be made (CreateContainerConfigError)."""
    template = file_template()
    container = template["spec"]["containers"][0]
    template["spec"]["volumes"].append({"name": "tls", "secret": {"secretName": "tls"}})
    container["volumeMounts"].append({"name": "tls", "mountPath": "/tls", "subPathExpr": "$(POD)"})
    pod = {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    container["env"] = [pod, {"name": "OTHER", "value": "x"}]
    objects = controller_objects(statefulset(template), MIGRATING)
    for item in (_pod(objects)["containers"][0], _pod(objects)["initContainers"][0]):
        assert any(mount.get("subPathExpr") == "$(POD)" for mount in item["volumeMounts"])
        assert pod in item["env"]
        assert "OTHER" not in str(item["env"])


def test_controllers_are_spread_over_the_brokers_zones() -> None:
    spec = replace(MIGRATING, zones=(ZONE, ("a", "b")))
    objects = _objects(spec, {"nodeSelector": {ZONE: "a"}})
    assert _pod(objects)["nodeSelector"] == {}
    assert "'values': ['a', 'b']" in str(_pod(objects)["affinity"]["nodeAffinity"])
    term = {"labelSelector": {"matchLabels": {"app": "kafka"}}, "topologyKey": "kubernetes.io/hostname"}
    rules = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    objects = _objects(spec, {"nodeSelector": {ZONE: "a"}, "affinity": rules})
    assert [item["topologyKey"] for item in _pod(objects)["topologySpreadConstraints"]] == [ZONE]


def test_labels_and_annotations_of_the_user_and_of_meshes() -> None:
    template = file_template()
    template["metadata"]["labels"]["sidecar.istio.io/inject"] = "false"
    template["metadata"]["annotations"] = {"linkerd.io/inject": "disabled", "prometheus.io/scrape": "true"}
    spec = replace(MIGRATING, extra_labels={"team": "x", "kraft.kafkaops.io/role": "no"}, annotations={"note": "y"})
    objects = controller_objects(statefulset(template), spec)
    metadata = objects.statefulset["spec"]["template"]["metadata"]
    assert metadata["labels"] == {"sidecar.istio.io/inject": "false", "team": "x", **MIGRATING.all_labels}
    assert metadata["annotations"].items() >= {"linkerd.io/inject": "disabled", "note": "y"}.items()
    assert "prometheus.io/scrape" not in metadata["annotations"]
    assert objects.service["metadata"]["labels"]["team"] == "x"
    assert objects.statefulset["spec"]["selector"] == {"matchLabels": MIGRATING.labels}


def test_labels_that_make_brokers_of_controllers_are_refused() -> None:
    with pytest.raises(Unsupported, match="would match the controllers' pods too"):
        _objects(replace(MIGRATING, extra_labels={"app": "kafka"}))


def test_the_container_of_a_manifest_is_named_in_an_option_of_its_own() -> None:
    containers = [{"name": "controller", "image": "own/x:1"}, {"name": "log-shipper", "image": "own/y:1"}]
    manifest = {"kind": "StatefulSet", "spec": {"template": {"spec": {"containers": containers}}}}
    spec = replace(MIGRATING, user_manifest=manifest)
    with pytest.raises(
        Unsupported, match=r"controller, log-shipper: name the right one in kraft_controller_container$"
    ):
        _objects(spec)
    objects = _objects(replace(spec, own_container="controller"), resources={"requests": {"cpu": "8"}})
    container, sidecar = _pod(objects)["containers"]
    assert container["command"][0] == "/bin/sh"
    assert container["resources"] == {"requests": {"cpu": "1"}}
    assert sidecar == containers[1]
