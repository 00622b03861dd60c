# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Kubernetes objects of the KRaft controllers, made from the brokers' StatefulSet or from the user's manifest.

Images' own entrypoints are not used: none passes ``--release-version`` to ``kafka-storage format``, so an init container
formats, and the container starts Kafka's own start script. Each pod makes its ``node.id`` of its ordinal.
"""

from __future__ import annotations

import copy
import posixpath
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.carry_over import (
    container_fields,
    jvm_environment,
    pod_fields,
    selects,
    shared_volumes,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controller_manifest import (
    checked_manifest,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import (
    settings_hash,
    with_jvm_option,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import (
    claim_names,
    container_of,
    main_container,
    mounts,
    volume_at,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.properties import Properties
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

Obj = dict[str, Any]

HELD = "held"
PORT = 9093
PORT_NAME = "controller"
CONTAINER = "kafka"
INIT_CONTAINER = "kraft-format"
DATA_VOLUME = "kraft-data"
CONFIG_VOLUME, CONFIG_PATH = "kraft-config", "/etc/kraft"
RUN_VOLUME, RUN_PATH = "kraft-run", "/run/kraft"
FILE = "server.properties"
POD_NAME_VARIABLE = "KRAFT_POD_NAME"


@dataclass(frozen=True)
class ControllerSpec:
    """What the controllers are to be.

    ``stage`` is ``held`` (0 replicas, no settings), ``migrating`` or ``final``. ``container`` names the brokers'
    container; ``config_maps`` are those of the namespace by name, for JVM options that come from one. ``storage_size``
    is a Kubernetes quantity such as ``10Gi``. ``user_manifest`` is a StatefulSet that is completed instead of one made
    from the brokers'.
    """

    name: str
    namespace: str
    cluster: str
    replicas: int
    node_id_base: int
    start_script: str
    storage_tool: str
    storage_size: str = "10Gi"
    storage_class: str | None = None
    settings: Mapping[str, str] | None = None
    stage: str = HELD
    cluster_id: str = ""
    release_version: str = ""
    log_dir: str = "/var/lib/kraft/data"
    user_manifest: Mapping[str, Any] | None = None
    container: str | None = None
    jvm_option: str = ""
    config_maps: Mapping[str, Obj] = field(default_factory=dict)

    def with_settings(self, settings: Mapping[str, str], cluster_id: str, release_version: str) -> ControllerSpec:
        """Return the same with what only becomes known after SETUP has read the cluster."""
        return replace(self, settings=settings, cluster_id=cluster_id, release_version=release_version)

    @property
    def labels(self) -> dict[str, str]:
        """The labels that select the controllers' pods, and nothing else."""
        return {names.LABEL_CLUSTER: self.cluster, names.LABEL_ROLE: names.ROLE_CONTROLLER}

    @property
    def digest(self) -> str:
        """The settings hash."""
        return settings_hash(self.settings or {}, self.jvm_option)

    @property
    def config_name(self) -> str:
        """Name of the stage's ConfigMap; while held it does not exist, so that no pod can start by mistake."""
        return f"{self.name}-{HELD}" if self.settings is None else f"{self.name}-{self.stage}-{self.digest[:8]}"


@dataclass(frozen=True)
class ControllerObjects:
    """The objects of a stage; ``config_map`` is None while the controllers are held.

    ``update_strategy`` is the StatefulSet's after the migration; during it, it is OnDelete.
    """

    statefulset: Obj
    service: Obj
    pdb: Obj
    config_map: Obj | None
    update_strategy: Obj = field(default_factory=lambda: {"type": "RollingUpdate"})


def default_node_id_base(broker_ids: Iterable[int]) -> int:
    """Return the next round thousand above every broker id: 1000 for 0 to 999."""
    return 1000 * (max(broker_ids, default=0) // 1000 + 1)


def node_ids(spec: ControllerSpec) -> tuple[int, ...]:
    """Return the controllers' node ids, by ordinal."""
    return tuple(spec.node_id_base + ordinal for ordinal in range(spec.replicas))


def voters(spec: ControllerSpec) -> str:
    """Return ``controller.quorum.voters``: id@pod.service.namespace.svc:9093 of each controller."""
    return ",".join(
        f"{number}@{spec.name}-{ordinal}.{spec.name}.{spec.namespace}.svc:{PORT}"
        for ordinal, number in enumerate(node_ids(spec))
    )


def controller_objects(brokers: Mapping[str, Any], spec: ControllerSpec) -> ControllerObjects:
    """Build the objects of a stage.

    :param brokers: the brokers' StatefulSet.
    :raises Unsupported: ``controller-manifest``, ``controllers-emptydir`` for a user's manifest that does not fit, or
        when the brokers' own selector would take a controller for a broker.
    """
    if spec.user_manifest is not None:
        statefulset = checked_manifest(
            spec.user_manifest, brokers, spec.name, spec.namespace, spec.replicas, spec.log_dir
        )
    else:
        statefulset = _from_brokers(brokers, spec)
    template = _completed(statefulset["spec"]["template"], brokers["spec"]["template"], spec)
    own = template["metadata"]["labels"]
    if selects(brokers["spec"]["selector"], own):
        raise Unsupported(
            f"the selector of StatefulSet {brokers['metadata']['name']} would match the controllers' pods too; "
            "give the controllers other labels, or the brokers a narrower selector",
            code="controller-manifest",
        )
    body = statefulset["spec"]
    body["template"] = template
    body["replicas"] = 0 if spec.stage == HELD else spec.replicas
    body["serviceName"] = spec.name
    body["podManagementPolicy"] = "Parallel"
    later = body.get("updateStrategy") or {"type": "RollingUpdate"}
    body["updateStrategy"] = {"type": "OnDelete"}
    body.setdefault("selector", {"matchLabels": spec.labels})
    on_ours = volume_at(container_of(template, main_container(template)), spec.log_dir) == DATA_VOLUME
    if on_ours and DATA_VOLUME not in claim_names(statefulset):
        body.setdefault("volumeClaimTemplates", []).append(_claim(spec))
    metadata = {"name": spec.name, "namespace": spec.namespace}
    statefulset.setdefault("apiVersion", "apps/v1")
    given = statefulset.get("metadata") or {}
    labels = {**(given.get("labels") or {}), names.MANAGED_BY: names.MANAGER, **spec.labels}
    statefulset["metadata"] = {**given, **metadata, "labels": labels}
    return ControllerObjects(statefulset, _service(spec), _budget(spec), _config_map(spec), later)


def _from_brokers(brokers: Mapping[str, Any], spec: ControllerSpec) -> Obj:
    source = brokers["spec"]["template"]
    broker_container = main_container(source, spec.container)
    labels = (source.get("metadata") or {}).get("labels") or {}
    pod = pod_fields(source["spec"], labels, spec.labels)
    if "topologySpreadConstraints" not in pod and "podAntiAffinity" not in pod.get("affinity", {}):
        pod["topologySpreadConstraints"] = [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": spec.labels},
            }
        ]
    environment = jvm_environment(source, broker_container, spec.config_maps)
    texts = [str(entry.get("value") or "") for entry in environment] + list((spec.settings or {}).values())
    volumes, shared = shared_volumes(source, broker_container, texts, (_data_path(spec), CONFIG_PATH, RUN_PATH))
    container: Obj = {
        "name": CONTAINER,
        **container_fields(container_of(source, broker_container)),
        "env": environment,
        "volumeMounts": shared,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "spec": {"template": {"metadata": {}, "spec": {**pod, "containers": [container], "volumes": volumes}}},
    }


def _completed(given: Mapping[str, Any], broker_template: Mapping[str, Any], spec: ControllerSpec) -> Obj:
    """Return the pod template with what makes a controller of it."""
    template: Obj = copy.deepcopy(dict(given))
    metadata = template.setdefault("metadata", {})
    metadata["labels"] = {**(metadata.get("labels") or {}), names.MANAGED_BY: names.MANAGER, **spec.labels}
    metadata["annotations"] = {
        **(metadata.get("annotations") or {}),
        names.STAGE: spec.stage,
        names.SETTINGS_HASH: spec.digest,
    }
    pod = template["spec"]
    pod["enableServiceLinks"] = False  # a Service named kafka would inject KAFKA_PORT and the like
    container = container_of(template, main_container(template))
    brokers = container_of(broker_template, main_container(broker_template, spec.container))
    for key, value in container_fields(brokers).items():
        container.setdefault(key, value)
    container.pop("args", None)
    container["command"] = ["/bin/sh", "-c", _start(spec)]
    _environment(container, spec)
    if not any(port.get("containerPort") == PORT for port in container.get("ports") or []):
        container["ports"] = [*(container.get("ports") or []), {"name": PORT_NAME, "containerPort": PORT}]
    container.setdefault(
        "readinessProbe",
        {"tcpSocket": {"port": PORT}, "periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": 3},
    )
    if volume_at(container, spec.log_dir) is None:
        container["volumeMounts"] = [*mounts(container), {"name": DATA_VOLUME, "mountPath": _data_path(spec)}]
    container["volumeMounts"] = [
        *mounts(container),
        {"name": CONFIG_VOLUME, "mountPath": CONFIG_PATH, "readOnly": True},
        {"name": RUN_VOLUME, "mountPath": RUN_PATH},
    ]
    pod["volumes"] = [
        *(pod.get("volumes") or []),
        {"name": CONFIG_VOLUME, "configMap": {"name": spec.config_name}},
        {"name": RUN_VOLUME, "emptyDir": {}},
    ]
    pod["initContainers"] = [*(pod.get("initContainers") or []), _init_container(container, spec)]
    if spec.jvm_option:
        template = with_jvm_option(template, container["name"], spec.jvm_option, spec.config_maps)
    return template


def _environment(container: Obj, spec: ControllerSpec) -> None:
    """Add the pod's name and the images' own words for the cluster id, for tools that look for them."""
    own: list[Obj] = [
        {"name": POD_NAME_VARIABLE, "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "CLUSTER_ID", "value": spec.cluster_id},
        {"name": "KAFKA_KRAFT_CLUSTER_ID", "value": spec.cluster_id},
    ]
    taken = {entry["name"] for entry in own}
    container["env"] = own + [entry for entry in container.get("env") or [] if entry["name"] not in taken]


def _data_path(spec: ControllerSpec) -> str:
    """The volume is mounted above the log directory, so that ``lost+found`` is not in it."""
    return posixpath.dirname(spec.log_dir.rstrip("/"))


def _prepare(spec: ControllerSpec) -> str:
    return (
        "set -eu\n"
        f"id=$(({spec.node_id_base} + ${{{POD_NAME_VARIABLE}##*-}}))\n"
        f'{{ cat {CONFIG_PATH}/{FILE}; echo "node.id=$id"; }} > {RUN_PATH}/{FILE}\n'
    )


def _start(spec: ControllerSpec) -> str:
    return f"{_prepare(spec)}exec {shlex.quote(spec.start_script)} {RUN_PATH}/{FILE}\n"


def _init_container(container: Mapping[str, Any], spec: ControllerSpec) -> Obj:
    """Format an empty volume with the cluster's id and level; a formatted one is left alone.

    Agents and ports in the JVM options must not start here: the options are unset and not passed on.
    """
    script = (
        f"{_prepare(spec)}"
        # what --ignore-formatted would find out, without the start of a JVM at each restart
        f"[ ! -f {shlex.quote(posixpath.join(spec.log_dir, 'meta.properties'))} ] || exit 0\n"
        "unset KAFKA_OPTS KAFKA_JMX_OPTS JMX_PORT JAVA_TOOL_OPTIONS KAFKA_LOG4J_OPTS\n"
        f"exec {shlex.quote(spec.storage_tool)} format --config {RUN_PATH}/{FILE} "
        f"--cluster-id {shlex.quote(spec.cluster_id)} --release-version {shlex.quote(spec.release_version)} "
        "--ignore-formatted\n"
    )
    env = [entry for entry in container["env"] if entry["name"] in (POD_NAME_VARIABLE, "LOG_DIR")]
    return {
        "name": INIT_CONTAINER,
        **container_fields(container),
        "command": ["/bin/sh", "-c", script],
        "env": [*copy.deepcopy(env), {"name": "KAFKA_HEAP_OPTS", "value": "-Xmx256m"}],
        "volumeMounts": copy.deepcopy(mounts(container)),
    }


def _claim(spec: ControllerSpec) -> Obj:
    claim: Obj = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": spec.storage_size}},
    }
    if spec.storage_class:
        claim["storageClassName"] = spec.storage_class
    return {"metadata": {"name": DATA_VOLUME, "labels": spec.labels}, "spec": claim}


def _metadata(spec: ControllerSpec, name: str) -> Obj:
    return {"name": name, "namespace": spec.namespace, "labels": {names.MANAGED_BY: names.MANAGER, **spec.labels}}


def _service(spec: ControllerSpec) -> Obj:
    """Headless; with the addresses of pods that are not ready, which must find each other to become ready."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(spec, spec.name),
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": spec.labels,
            "ports": [{"name": PORT_NAME, "port": PORT, "targetPort": PORT, "protocol": "TCP"}],
        },
    }


def _budget(spec: ControllerSpec) -> Obj:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _metadata(spec, spec.name),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": spec.labels}},
    }


def _config_map(spec: ControllerSpec) -> Obj | None:
    if spec.settings is None:
        return None
    properties = Properties.parse("")
    for key, value in spec.settings.items():
        properties.set(key, value)
    metadata = _metadata(spec, spec.config_name)
    metadata["annotations"] = {names.STAGE: spec.stage, names.SETTINGS_HASH: spec.digest}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {FILE: properties.render()}}
