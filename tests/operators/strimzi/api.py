# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access to Kubernetes, and to Kafka, ZooKeeper and the agents in the pods, as the operator has it.

The process runs on the node of the sandbox, from which pods are reached by their addresses; certificates are checked against the names.
"""

from __future__ import annotations

import http.client
import json
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from tests.sandbox.kube import ApiError, Kube

from . import certificates
from .kafka_wire import Client
from .names import AGENT_PORT, CUSTOM, REPLICATION_PORT, VERSION, ZK_TLS, Object
from .zookeeper_wire import delete

_MERGE = "application/merge-patch+json"
_APPLY = "application/apply-patch+yaml"
_MORE = {
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
    "Event": "/apis/events.k8s.io/v1/namespaces/{}/events",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
}


class Cluster(Kube):
    """The client of the sandbox with Strimzi's kinds, and a few more."""

    @staticmethod
    def path(kind: str, namespace: str = "", name: str = "") -> str:
        """Return the REST path of a collection or of an object."""
        if kind in CUSTOM:
            group, plural = CUSTOM[kind]
            found = f"/apis/{group}/{VERSION}/namespaces/{namespace}/{plural}"
        elif kind in _MORE:
            found = _MORE[kind].format(namespace)
        else:
            return Kube.path(kind, namespace, name)
        return found + (f"/{name}" if name else "")


class Api:
    """One namespace."""

    def __init__(self, kube: Cluster, namespace: str) -> None:
        self.kube = kube
        self.namespace = namespace

    def get(self, kind: str, name: str) -> Object | None:
        """Return an object, None when it is not there."""
        found = self.kube.get(kind, name, self.namespace)
        return {**found, "kind": kind} if found else None

    def list(self, kind: str, labels: str = "") -> list[Object]:
        """Return objects; those of a list do not say of what kind they are."""
        return [{**item, "kind": kind} for item in self.kube.list(kind, self.namespace, labels=labels)]

    def apply(self, body: Object) -> None:
        """Create an object, or bring it to this form."""
        path = self.kube.path(body["kind"], self.namespace, body["metadata"]["name"])
        self.kube.request("PATCH", f"{path}?fieldManager=strimzi-double&force=true", body, content=_APPLY)

    def create(self, body: Object) -> bool:
        """Create an object; False when it is there."""
        try:
            self.kube.request("POST", self.kube.path(body["kind"], self.namespace), body)
        except ApiError as error:
            if error.status != 409:
                raise
            return False
        return True

    def patch(self, kind: str, name: str, patch: Object) -> None:
        """Change an object by a merge patch."""
        self.kube.request("PATCH", self.kube.path(kind, self.namespace, name), patch, content=_MERGE)

    def delete(self, kind: str, name: str) -> bool:
        """Delete an object; False when it is not there."""
        return self.kube.delete(kind, name, self.namespace)

    def put_status(self, cr: Object, status: Object) -> None:
        """Replace a CR's status; one that is gone has none."""
        before = cr.get("status") or {}
        body = {"status": {**dict.fromkeys(before), **status}}
        path = self.kube.path(cr["kind"], self.namespace, cr["metadata"]["name"])
        try:
            self.kube.request("PATCH", f"{path}/status", body, content=_MERGE)
        except ApiError as error:
            if error.status != 404:
                raise

    def event(self, pod: str, uid: str, reason: str, note: str) -> None:
        """Record why a pod is restarted."""
        moment = datetime.now(UTC)
        self.create({
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"generateName": "strimzi-event-", "namespace": self.namespace},
            "eventTime": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "action": "StrimziInitiatedPodRestart",
            "reason": reason,
            "note": note,
            "type": "Normal",
            "reportingController": "strimzi.io/cluster-operator",
            "reportingInstance": "strimzi-double",
            "regarding": {"apiVersion": "v1", "kind": "Pod", "name": pod, "namespace": self.namespace, "uid": uid},
        })  # fmt: skip

    # -- inside of the pods -------------------------------------------------------------------------------------------------------

    def tls(self, cluster: str) -> ssl.SSLContext:
        """Return the operator's side of a connection to a cluster."""
        authority, own = (
            self.get("Secret", f"{cluster}-cluster-ca-cert"),
            self.get("Secret", f"{cluster}-cluster-operator-certs"),
        )
        context = ssl.create_default_context(cadata=certificates.decoded(authority or {}, "ca.crt"))
        # the library takes a certificate from a file only, which is gone when this returns
        with tempfile.NamedTemporaryFile(mode="w", suffix=".pem") as pem:
            pem.write("".join(certificates.decoded(own or {}, f"cluster-operator.{part}") for part in ("crt", "key")))
            pem.flush()
            context.load_cert_chain(pem.name)
        return context

    def address(self, pod: str) -> str:
        """Return the address of a pod, empty when it has none."""
        return str(((self.get("Pod", pod) or {}).get("status") or {}).get("podIP") or "")

    def _name(self, cluster: str, pod: str) -> str:
        return f"{pod}.{cluster}-kafka-brokers.{self.namespace}.svc"

    @contextmanager
    def kafka(self, cluster: str, pod: str, tls: ssl.SSLContext) -> Iterator[Client]:
        """Connect to a broker. Raises KafkaError."""
        client = Client(self.address(pod), REPLICATION_PORT, self._name(cluster, pod), tls)
        try:
            yield client
        finally:
            client.close()

    def agent(self, cluster: str, pod: str, tls: ssl.SSLContext, path: str) -> Any:
        """Return what the agent of a pod answers, None when it does not."""
        try:
            link = http.client.HTTPSConnection(self._name(cluster, pod), AGENT_PORT, timeout=5)
            link.sock = _connected(self.address(pod), self._name(cluster, pod), tls)
            link.request("GET", path)
            answer = link.getresponse()
            said = answer.read()
            link.close()
        except (OSError, http.client.HTTPException):
            return None
        return json.loads(said) if answer.status == 200 else None

    def delete_znode(self, cluster: str, tls: ssl.SSLContext, path: str) -> bool:
        """Delete a znode through any ZooKeeper server; False when it is not there. Raises ZooKeeperError."""
        pod = f"{cluster}-zookeeper-0"
        return delete(self.address(pod), ZK_TLS, f"{cluster}-zookeeper-client.{self.namespace}.svc", tls, path)


def _connected(address: str, name: str, tls: ssl.SSLContext) -> ssl.SSLSocket:
    import socket

    return tls.wrap_socket(socket.create_connection((address, AGENT_PORT), timeout=5), server_hostname=name)


def now() -> str:
    """Return the time as Strimzi writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
