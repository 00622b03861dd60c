# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pod in which the helper of a secured fixture runs (java/), and running it: what is secret goes in by standard input alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import clients, image, preconditions
from ..cache import key_of, part
from ..clients import client_pod
from ..config import KAFKA_VERSIONS, Folders, SandboxError
from ..console import run
from ..kube import Kube, Object
from .objects import clients_name

POD = "secured-tools"
CONFIG_MAP = "secured-tools"
JAR_FOLDER, JAR = "/helper", "secured.jar"
CLIENTS_FOLDER = "/clients"
_SOURCES = Path(__file__).parent / "java"
_CLASS = "kafkaops.sandbox.Secured"

_WAIT = "trap 'exit 0' TERM; sleep infinity & wait"
RUN = (
    "unset KAFKA_OPTS KAFKA_JMX_OPTS JMX_PORT; home=$(ls -d /opt/kafka /opt/bitnami/kafka 2> /dev/null | head -n 1); "
    f'CLASSPATH={JAR_FOLDER}/{JAR} exec "$home/bin/kafka-run-class.sh" {_CLASS} "$@"'
)


def jar(version: str) -> bytes:
    """Return the program, compiled once against the sandbox's jars of that Kafka version (or of the newest one, for others)."""
    known = version if version in KAFKA_VERSIONS else KAFKA_VERSIONS[0]
    cache, sources = Folders().cache, sorted(_SOURCES.glob("*.java"))

    def build(folder: Path) -> None:
        preconditions.install(preconditions.missing_packages(preconditions.BUILD_PACKAGES))
        libs, classes = image.jars(cache, known) / "libs", folder / "classes"
        run(["javac", "--release", "17", "-cp", f"{libs}/*", "-d", classes, *sources])
        run(["jar", "--create", "--file", folder / JAR, "-C", classes, "."])

    return (part(cache, f"secured-{known}", key_of(known, *sources), build) / JAR).read_bytes()


def bring(kube: Kube, namespace: str, *, version: str, image_name: str) -> None:
    """Make the ConfigMap with the program and the pod that it runs in. Raises SandboxError when the pod does not start."""
    body: Object = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": CONFIG_MAP, "namespace": namespace},
        "binaryData": {JAR: base64.b64encode(jar(version)).decode()},
    }
    kube.apply(body)
    pod = client_pod(POD, namespace, {"tools": _WAIT}, {}, folder="/work", image=image_name, dns_ttl=1)
    with_helper(pod)
    clients.start(kube, pod)


def with_helper(pod: Object, cluster: str = "") -> None:
    """Give a pod of clients the program, and with ``cluster`` the settings of its users."""
    mounts = {"helper": (JAR_FOLDER, {"configMap": {"name": CONFIG_MAP}})}
    if cluster:
        mounts["clients"] = (CLIENTS_FOLDER, {"secret": {"secretName": clients_name(cluster)}})
    for name, (folder, source) in mounts.items():
        pod["spec"]["volumes"].append({"name": name, **source})
        for container in pod["spec"]["containers"]:
            container["volumeMounts"].append({"name": name, "mountPath": folder, "readOnly": True})


def call(kube: Kube, namespace: str, verb: str, todo: Mapping[str, Any], *, seconds: float = 120.0) -> list[str]:
    """Run the program and return the lines that it printed. Raises SandboxError with the end of what it said when it fails."""
    command: Sequence[str] = ["bash", "-c", RUN, "-", verb]
    done = kube.exec(namespace, POD, command, stdin=json.dumps(todo), timeout=seconds)
    if done.status != 0:
        said = f"{done.text[-600:]} {done.stderr.decode(errors='replace')[-1500:]}"
        raise SandboxError(f"the helper in {namespace}/{POD} failed ({verb}): {said.strip()}")
    return done.text.splitlines()
