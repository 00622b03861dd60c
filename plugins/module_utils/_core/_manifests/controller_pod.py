# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pod template of the KRaft controllers, made from the brokers' or from that of the user's manifest.

Images' own entrypoints are not used: none passes ``--release-version`` to ``kafka-storage format``, so an init container
formats, and the container starts Kafka's own start script. Each pod makes its ``node.id`` of its ordinal.
"""

from __future__ import annotations

import copy
import posixpath
import shlex
from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.carry_over import (
    JVM_VARIABLES,
    container_fields,
    named_environment,
    pod_fields,
    variables_of_places,
    with_references,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controller_spec import (
    CONFIG_PATH,
    CONFIG_VOLUME,
    CONTAINER,
    DATA_VOLUME,
    FILE,
    INIT_CONTAINER,
    LOG4J_FILE,
    POD_NAME_VARIABLE,
    PORT,
    PORT_NAME,
    RUN_PATH,
    RUN_VOLUME,
    ControllerSpec,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.jvm_files import (
    LOG4J_VARIABLE,
    Carried,
    carried,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.mesh import mesh_marks
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.placement import over_zones, spread
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.settings_parts import (
    escaped,
    set_variable,
    with_jvm_option,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.sizes import (
    controller_resources,
    heap_limit,
    heaps,
    with_heap,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import (
    container_of,
    environment,
    main_container,
    mounts,
    volume_at,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.redaction import redact_words

Obj = dict[str, Any]

#: of log4j 1, which every Kafka with ZooKeeper has: everything goes to the pod's log
LOG4J = """\
log4j.rootLogger=INFO, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=[%d] %p %m (%c)%n
"""
#: where the start scripts write their logs when the brokers' place is not there, or is the data volume
LOGS_PATH = f"{RUN_PATH}/logs"
#: of the container's variables, what the tools in the init container need
_TOOL_VARIABLES = (POD_NAME_VARIABLE, "LOG_DIR", "CLASSPATH", "JAVA_HOME")


def from_brokers(brokers: Mapping[str, Any], spec: ControllerSpec) -> tuple[Obj, tuple[str, ...]]:
    """Return a StatefulSet with the brokers' way to run, and what of theirs is left out or other, one sentence each.

    :raises Unsupported: ``controller-manifest`` when something that the controllers need is for the brokers' pods only.
    """
    source = brokers["spec"]["template"]
    name = main_container(source, spec.container)
    target = container_of(source, name)
    marks = source.get("metadata") or {}
    reserved = (_data_path(spec), CONFIG_PATH, RUN_PATH)
    values = list((spec.settings or {}).values())
    wanted = [*spec.variables, *variables_of_places(target)]
    more = named_environment(source, name, spec.config_maps, spec.secrets, wanted)
    found = carried(source, name, spec.config_maps, values, reserved, spec.running, more)
    resources = controller_resources(target.get("resources") or {}, spec.resources)
    _fit_heap(found, target, resources, spec)
    if found.own_log4j:
        _set(found, LOG4J_VARIABLE, f"-Dlog4j.configuration=file:{CONFIG_PATH}/{LOG4J_FILE}")
        found.notes.append(f"the controllers log to their pods' logs by {LOG4J_FILE} of their own settings")
    _place_logs(found, source, target, spec)
    container: Obj = {"name": CONTAINER, **container_fields(target), "env": found.env, "volumeMounts": found.mounts}
    if resources:
        container["resources"] = resources
    pod = {**_pod(source, target, spec), "containers": [container], "volumes": found.volumes}
    if found.init_containers:
        pod["initContainers"] = found.init_containers
    metadata = {key: kept for key in ("labels", "annotations") if (kept := mesh_marks(marks.get(key)))}
    statefulset = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "spec": {"template": {"metadata": metadata, "spec": pod}},
    }
    return statefulset, tuple(found.notes)


def _pod(source: Mapping[str, Any], target: Mapping[str, Any], spec: ControllerSpec) -> Obj:
    """The fields of the pod: where it is scheduled, and who owns its volumes."""
    labels = (source.get("metadata") or {}).get("labels") or {}
    pod = pod_fields(source["spec"], labels, spec.labels)
    constraints = pod.get("topologySpreadConstraints") or []
    if not constraints and "podAntiAffinity" not in pod.get("affinity", {}):
        pod["topologySpreadConstraints"] = spread(spec.labels)
    key, zones = spec.zones
    if zones:
        pod = over_zones(pod, key, zones)
        constraints = pod.setdefault("topologySpreadConstraints", [])
        if not any(item["topologyKey"] == key for item in constraints):
            constraints.append(spread(spec.labels, key)[0])
    security = pod.get("securityContext") or {}
    own = target.get("securityContext") or {}
    user, group = (own.get(name, security.get(name)) for name in ("runAsUser", "runAsGroup"))
    owner = spec.group if user is None and group is None else group or user
    if "fsGroup" not in security and owner:
        # without it a new volume belongs to root; the brokers' may have been handed over by an init container
        pod["securityContext"] = {**security, "fsGroup": owner}
    return pod


def _set(found: Carried, name: str, value: str) -> None:
    holder: Obj = {"env": found.env}
    set_variable(holder, name, value)
    found.env = holder["env"]


def _fit_heap(found: Carried, target: Mapping[str, Any], resources: Mapping[str, Any], spec: ControllerSpec) -> None:
    limit = heap_limit(target.get("resources") or {}, resources)
    known = environment(target, spec.config_maps)
    for entry in list(found.env):
        if entry["name"] not in JVM_VARIABLES:
            continue
        variable = known.get(entry["name"])
        raw, known_text = str(entry.get("value") or ""), (variable.value if variable else None) or ""
        # a size may be in another variable that it refers to; else what it refers to stays a reference
        by_reference = heaps(known_text) > heaps(raw)
        text = known_text if by_reference else raw
        fitted = with_heap(text, limit)
        if fitted != text:
            _set(found, entry["name"], escaped(fitted) if by_reference else fitted)
            found.notes.append(
                f"{entry['name']} of the controllers is {redact_words(fitted)} instead of {redact_words(text)}, which fits a controller's memory"
            )


def _place_logs(found: Carried, source: Mapping[str, Any], target: Mapping[str, Any], spec: ControllerSpec) -> None:
    """Have the start scripts write to scratch space when the brokers' place for logs is not there or is read-only."""
    variable = environment(target, spec.config_maps).get("LOG_DIR")
    read_only = (target.get("securityContext") or {}).get("readOnlyRootFilesystem") is True
    default = posixpath.join(posixpath.dirname(posixpath.dirname(spec.start_script)), "logs")
    path = default if variable is None else variable.value
    if path is None:
        return  # of a Secret: nobody can say
    volume = volume_at(target, path)
    if volume is None:
        fine = not read_only
    else:
        by_name = {item["name"]: item for item in source["spec"].get("volumes") or []}
        fine = "emptyDir" in by_name.get(volume, {})
    if not fine:
        _set(found, "LOG_DIR", LOGS_PATH)
        if variable is not None:
            found.notes.append(
                f"LOG_DIR of the controllers is {LOGS_PATH} instead of {path}, which only the brokers' pods can write"
            )


def completed(given: Mapping[str, Any], broker_template: Mapping[str, Any], spec: ControllerSpec) -> Obj:
    """Return the pod template with what makes a controller of it."""
    template: Obj = copy.deepcopy(dict(given))
    metadata = template.setdefault("metadata", {})
    metadata["labels"] = {**(metadata.get("labels") or {}), **spec.all_labels}
    metadata["annotations"] = {
        **(metadata.get("annotations") or {}),
        **spec.annotations,
        names.STAGE: spec.stage,
        names.SETTINGS_HASH: spec.digest,
    }
    pod = template["spec"]
    pod["enableServiceLinks"] = False  # a Service named kafka would inject KAFKA_PORT and the like
    container = container_of(template, own_container(template, spec))
    brokers = container_of(broker_template, main_container(broker_template, spec.container))
    given_resources = controller_resources(brokers.get("resources") or {}, spec.resources)
    for key, value in {
        **container_fields(brokers),
        **({"resources": given_resources} if given_resources else {}),
    }.items():
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
        spec.config_volume,
        {"name": RUN_VOLUME, "emptyDir": {}},
    ]
    pod["initContainers"] = [*(pod.get("initContainers") or []), _init_container(container, spec)]
    if spec.jvm_option:
        template = with_jvm_option(template, container["name"], spec.jvm_option, spec.config_maps)
    return template


def own_container(template: Mapping[str, Any], spec: ControllerSpec) -> str:
    """Return the name of the container that runs the controller. Raises Unsupported as main_container()."""
    return main_container(template, spec.own_container, option="kraft_controller_container")


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
    """Format an empty volume with the cluster's id and metadata.version; a formatted one is left alone.

    Agents and ports in the JVM options must not start here: the options are unset and not passed on.
    """
    script = (
        f"{_prepare(spec)}"
        # what --ignore-formatted would find out, without the start of a JVM at each restart
        f"[ ! -f {shlex.quote(posixpath.join(spec.log_dir, 'meta.properties'))} ] || exit 0\n"
        "unset KAFKA_OPTS KAFKA_JMX_OPTS JMX_PORT JAVA_TOOL_OPTIONS KAFKA_LOG4J_OPTS\n"
        f"exec {shlex.quote(spec.storage_tool)} format --config {RUN_PATH}/{FILE} "
        # with "=": an id that ZooKeeper-mode brokers made may begin with "-" (KAFKA-15754)
        f"--cluster-id={shlex.quote(spec.cluster_id)} --release-version {shlex.quote(spec.release_version)} "
        "--ignore-formatted\n"
    )
    wanted = with_references(container["env"], {*_TOOL_VARIABLES, *spec.variables, *variables_of_places(container)})
    env = [entry for entry in container["env"] if entry["name"] in wanted]
    resources = {"resources": copy.deepcopy(container["resources"])} if container.get("resources") else {}
    return {
        "name": INIT_CONTAINER,
        **container_fields(container),
        **resources,
        "command": ["/bin/sh", "-c", script],
        "env": [*copy.deepcopy(env), {"name": "KAFKA_HEAP_OPTS", "value": "-Xmx256m"}],
        "volumeMounts": copy.deepcopy(mounts(container)),
    }
