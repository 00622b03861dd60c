# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pod template of a new cluster's nodes. Pure.

Private to the collection.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy import settings, start
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.identity import (
    ID,
    NODES,
    REPLACED,
    Identity,
    identity_name,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.security import TLS_FOLDER, USERS_FOLDER
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.wanted import (
    CLIENT_PORT,
    CLUSTER_IP,
    CONTROLLER_PORT,
    INTERNAL_PORT,
    NODE_PORT,
    Wanted,
    version_of,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.placement import spread

Obj = dict[str, Any]
DATA_VOLUME = "data"
SCRATCH = "/tmp"  # noqa: S108 - of the container, an empty volume of its own
CONFIG_VOLUME, RUN_VOLUME, SCRATCH_VOLUME, TLS_VOLUME, USERS_VOLUME = "config", "run", "scratch", "tls", "users"
CONTAINER_SECURITY: Obj = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
#: share of a memory limit that the heap takes where the user does not say; the rest of a broker's is the page cache's
HEAP_SHARE = 2


def pod_security(user: int, group: int) -> Obj:
    """Of a pod that "restricted" pod security lets in."""
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": group,
        "fsGroup": group,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _is_broker(role: str) -> bool:
    return role != names.ROLE_CONTROLLER


def advertised(cluster: Wanted) -> str:
    """Shell text that prints a broker's advertised.listeners; a combined node's controller is found by the voters."""
    own = f"${start.POD_NAME}.{cluster.headless}.{cluster.namespace}.svc"
    outside = f"{own}:{CLIENT_PORT}"
    if cluster.access == CLUSTER_IP:
        outside = f"${start.POD_NAME}.{cluster.namespace}.svc:{CLIENT_PORT}"
    elif cluster.access == NODE_PORT:
        outside = f"${start.HOST_IP}:$(cat {start.CONFIG_PATH}/port-${start.POD_NAME})"
    found = [f"{settings.CLIENT}://{outside}", f"{settings.INTERNAL}://{own}:{INTERNAL_PORT}"]
    return f'echo "advertised.listeners={",".join(found)}"'


def _prepared(cluster: Wanted, role: str) -> str:
    return start.prepare(cluster.security, advertised(cluster) if _is_broker(role) else "")


def start_text(cluster: Wanted, role: str) -> str:
    """The start script of a role."""
    return start.start_script(_prepared(cluster, role), cluster.layout.tool("kafka-server-start"))


def ready_text(cluster: Wanted, role: str) -> str:
    """What says whether a node of a role is ready."""
    broker = _is_broker(role)
    ports = (CLIENT_PORT, INTERNAL_PORT) if broker else (CONTROLLER_PORT,)
    return start.ready_script((*ports, CONTROLLER_PORT) if broker and cluster.combined else ports, broker)


def format_arguments(cluster: Wanted, role: str, identity: Identity) -> str:
    """What of a dynamic quorum a volume is formatted with: the first voters at each of them, nothing of it elsewhere."""
    if not cluster.dynamic or identity.directories is None:
        return ""
    if _is_broker(role) and not cluster.combined:
        return "--no-initial-controllers"
    pods = dict(zip(cluster.controller_ids, cluster.controller_pods, strict=True))
    first = ",".join(
        f"{node}@{cluster.host(pods[node])}:{CONTROLLER_PORT}:{own}"
        for node, own in sorted(identity.directories.items())
        if node in pods
    )
    return f"--initial-controllers {first}"


def template(cluster: Wanted, role: str, identity: Identity, config_name: str) -> Obj:
    """The pod template, without labels and annotations."""
    container = _container(cluster, role)
    security = cluster.security
    volumes: list[Obj] = [
        {"name": CONFIG_VOLUME, "configMap": {"name": config_name, "defaultMode": 0o555}},
        {"name": RUN_VOLUME, "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
        {"name": SCRATCH_VOLUME, "emptyDir": {}},
    ]
    if security.tls:
        volumes.append({"name": TLS_VOLUME, "secret": {"secretName": security.tls_secret, "defaultMode": 0o440}})
    if security.sasl:
        volumes.append({"name": USERS_VOLUME, "secret": {"secretName": security.users_secret, "defaultMode": 0o440}})
    own = {names.LABEL_CLUSTER: cluster.name, names.LABEL_ROLE: role}
    return {
        "spec": {
            "automountServiceAccountToken": False,
            # a Service named kafka would inject KAFKA_PORT and the like
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": cluster.grace,
            "securityContext": pod_security(cluster.layout.user, cluster.layout.group),
            "topologySpreadConstraints": spread(own, *cluster.spread) if cluster.spread else [],
            "initContainers": [_formatter(cluster, role, identity, container)],
            "containers": [container],
            "volumes": volumes,
        }
    }


def _environment(cluster: Wanted, role: str) -> list[Obj]:
    first = 0 if _is_broker(role) else cluster.controller_id_base
    found: list[Obj] = [
        {"name": start.POD_NAME, "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": start.ID_BASE, "value": str(first)},
    ]
    if _is_broker(role) and cluster.access == NODE_PORT:
        found.append({"name": start.HOST_IP, "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}})
    return found


def _container(cluster: Wanted, role: str) -> Obj:
    broker = _is_broker(role)
    security = cluster.security
    resources = cluster.resources if broker else cluster.controller_resources
    modern = version_of(cluster.version) >= (4,)
    logging = f"-Dlog4j2.configurationFile=file:{start.CONFIG_PATH}/{start.LOG4J2}" if modern else ""
    environment = [
        *_environment(cluster, role),
        {
            "name": "KAFKA_LOG4J_OPTS",
            "value": logging or f"-Dlog4j.configuration=file:{start.CONFIG_PATH}/{start.LOG4J}",
        },
        {"name": "LOG_DIR", "value": f"{SCRATCH}/logs"},
    ]
    if cluster.heap:
        environment.append({"name": "KAFKA_HEAP_OPTS", "value": f"-Xms{cluster.heap} -Xmx{cluster.heap}"})
    mounts: list[Obj] = [
        {"name": DATA_VOLUME, "mountPath": cluster.layout.data},
        {"name": CONFIG_VOLUME, "mountPath": start.CONFIG_PATH, "readOnly": True},
        {"name": RUN_VOLUME, "mountPath": start.RUN_PATH},
        {"name": SCRATCH_VOLUME, "mountPath": SCRATCH},
    ]
    if security.tls:
        mounts.append({"name": TLS_VOLUME, "mountPath": TLS_FOLDER, "readOnly": True})
    if security.sasl:
        mounts.append({"name": USERS_VOLUME, "mountPath": USERS_FOLDER, "readOnly": True})
    ports = [("client", CLIENT_PORT), ("internal", INTERNAL_PORT)] if broker else []
    if not broker or cluster.combined:
        ports.append(("controller", CONTROLLER_PORT))
    ready = {"exec": {"command": ["/bin/sh", f"{start.CONFIG_PATH}/{start.READY}"]}, "timeoutSeconds": 5}
    return {
        "name": start.CONTAINER,
        "image": cluster.image,
        "command": ["/bin/sh", f"{start.CONFIG_PATH}/{start.START}"],
        "env": environment,
        "ports": [{"name": name, "containerPort": port} for name, port in ports],
        "readinessProbe": {**ready, "periodSeconds": 2, "failureThreshold": 2},
        "resources": dict(resources),
        "securityContext": CONTAINER_SECURITY,
        "volumeMounts": mounts,
    }


def _formatter(cluster: Wanted, role: str, identity: Identity, container: Mapping[str, Any]) -> Obj:
    """Format an empty volume. The identity is read when the pod starts, not when the template was made."""
    name = identity_name(cluster.name)
    kept = [
        {"name": variable, "valueFrom": {"configMapKeyRef": {"name": name, "key": key}}}
        for variable, key in ((start.CLUSTER_ID, ID), (start.NODES, NODES), (start.REPLACED, REPLACED))
    ]
    script = start.format_script(
        _prepared(cluster, role),
        cluster.layout.tool("kafka-storage"),
        settings.log_dir(cluster),
        format_arguments(cluster, role, identity),
    )
    return {
        "name": start.INIT_CONTAINER,
        "image": cluster.image,
        "command": ["/bin/sh", "-c", script],
        "env": [
            *_environment(cluster, role),
            *kept,
            {"name": "KAFKA_HEAP_OPTS", "value": "-Xmx256m"},
            {"name": "LOG_DIR", "value": f"{SCRATCH}/logs"},
        ],
        "resources": dict(container["resources"]),
        "securityContext": CONTAINER_SECURITY,
        "volumeMounts": list(container["volumeMounts"]),
    }


def digest_of(body: Mapping[str, Any], settings_digest: str, where: str) -> str:
    """What a pod was made from: its settings and its template, beside what it reads when it starts."""
    text = json.dumps([body, settings_digest, where], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
