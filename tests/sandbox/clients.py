# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods that run Kafka's clients inside the cluster: one container for each script, all with one folder in common."""

from __future__ import annotations

from collections.abc import Mapping

from .config import DEFAULT_KAFKA
from .image import image_name
from .kube import Kube, Object

#: small: brokers, controllers, ZooKeeper and clients share two cores
_JVM = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"


def bootstrap_of(cluster: str, namespace: str) -> str:
    """Return the bootstrap server that reaches every broker: the headless Service."""
    return f"{cluster}.{namespace}.svc.cluster.local:9092"


def client_pod(
    name: str,
    namespace: str,
    scripts: Mapping[str, str],
    env: Mapping[str, str],
    *,
    folder: str,
    image: str = "",
    dns_ttl: int | None = None,
    heap: str = "160m",
) -> Object:
    """Return a pod; label app=NAME.

    scripts: container to bash script. folder: where the volume is mounted that all of them share. image: empty = the sandbox's own.
    dns_ttl: seconds that the JVMs keep an address, None = 30. heap: of each JVM at most.
    """
    variables = {
        **env,
        "LOG_DIR": "/tmp/logs",
        "KAFKA_HEAP_OPTS": f"-Xmx{heap}",
        "KAFKA_JVM_PERFORMANCE_OPTS": _JVM + (f" -Dsun.net.inetaddr.ttl={dns_ttl}" if dns_ttl is not None else ""),
    }

    def container(title: str, script: str) -> Object:
        return {
            "name": title,
            "image": image or image_name("file", DEFAULT_KAFKA),
            "imagePullPolicy": "IfNotPresent",
            "command": ["bash", "-c", script],
            "env": [{"name": key, "value": value} for key, value in variables.items()],
            "volumeMounts": [{"name": "shared", "mountPath": folder}],
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }

    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {
            "restartPolicy": "Never",
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": 2,
            # as a namespace with the Pod Security level restricted wants it
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 1000,
                "fsGroup": 1000,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container(title, script) for title, script in scripts.items()],
            "volumes": [{"name": "shared", "emptyDir": {}}],
        },
    }


def start(kube: Kube, pod: Object, *, seconds: float = 60.0) -> None:
    """Make the pod anew and return when all its containers run. Raises SandboxError when they do not in time."""
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    if kube.delete("Pod", name, namespace, grace=1):
        kube.wait("Pod", namespace, lambda pods: "the old pod is still there" if pods else "", labels=f"app={name}")
    kube.request("POST", kube.path("Pod", namespace), pod)
    wanted = len(pod["spec"]["containers"])
    kube.wait("Pod", namespace, lambda pods: _not_running(pods, name, wanted), labels=f"app={name}", seconds=seconds)


def _not_running(pods: dict[str, Object], name: str, wanted: int) -> str:
    for pod in pods.values():
        states = [status.get("state", {}) for status in pod["status"].get("containerStatuses") or []]
        if len(states) == wanted and all("running" in state for state in states):
            return ""
        return f"pod {name}: {states or pod['status'].get('phase')}"
    return f"pod {name} is not there"
