# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people do by hand around Strimzi's migration, as its pages tell them to: ZooKeeper's shell and the agent, both in the pods."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.sandbox.websocket import ExecResult

from . import names
from .double import Double


def shell(double: Double, *command: str) -> ExecResult:
    """Run one command of ZooKeeper's shell in its pod, over the port that is there for this pod alone."""
    words = ["./bin/zookeeper-shell.sh", f"localhost:{names.ZK_LOCAL}", *command]
    return double.kube.exec(double.namespace, f"{double.spec.name}-zookeeper-0", words, container="zookeeper")


_TLS_SHELL = r"""
umask 077
sed -n 's/^ssl\.\(keyStore\|trustStore\)\.\(location\|password\|type\)=\(.*\)/zookeeper.ssl.\L\1\E.\2=\3/p' /tmp/zookeeper.properties > /tmp/shell
printf '%s\n' zookeeper.ssl.client.enable=true zookeeper.clientCnxnSocket=org.apache.zookeeper.ClientCnxnSocketNetty >> /tmp/shell
exec ./bin/zookeeper-shell.sh "$(hostname -f):2181" -zk-tls-config-file /tmp/shell "$@"
"""


def tls_shell(double: Double, *command: str) -> ExecResult:
    """Run one command of ZooKeeper's shell over the TLS port, with the certificate of the pod; no secret is in an argument."""
    words = ["bash", "-c", _TLS_SHELL, "shell", *command]
    return double.kube.exec(double.namespace, f"{double.spec.name}-zookeeper-0", words, container="zookeeper")


def znode(double: Double, path: str) -> dict[str, Any] | int | None:
    """Return what a znode holds (JSON), None when it is not there."""
    said = shell(double, "get", path)
    if f"Node does not exist: {path}" in said.text + said.stderr.decode():
        return None
    found = re.search(r"^(\{.*\}|-?\d+)$", said.text, re.MULTILINE)
    assert found is not None, said
    value: dict[str, Any] | int = json.loads(found[0])
    return value


def delete_znode(double: Double, path: str) -> None:
    """Delete a znode."""
    shell(double, "delete", path)


def wait_in_sync(double: Double, seconds: float = 120.0) -> None:
    """Wait until Kafka says that no partition lacks a replica: without the controllers an ISR may not grow any more."""
    pod = f"{double.spec.name}-{double.spec.broker_pool}-0"
    words = [
        "./bin/kafka-topics.sh",
        "--bootstrap-server",
        "localhost:9092",
        "--describe",
        "--under-replicated-partitions",
    ]

    def complete() -> bool:
        said = double.kube.exec(double.namespace, pod, words, container="kafka")
        return said.status == 0 and "Topic:" not in said.text

    double.until(complete, "replicas are out of sync", seconds)


def agent(double: Double, pod: str, path: str) -> tuple[int, str]:
    """Ask the agent in a pod by curl; returns status and body."""
    words = ["curl", "-s", "-w", "\n%{http_code}", f"http://localhost:{names.AGENT_LOCAL}{path}"]
    said = double.kube.exec(double.namespace, pod, words, container="kafka").text
    body, _line, status = said.strip().rpartition("\n")
    return int(status), body
