# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small Kubernetes client: JSON requests, watches and exec, by the standard library."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from .config import SandboxError
from .kubeconfig import Connection
from .websocket import ExecResult, run_exec

Object = dict[str, Any]

# kind -> (API prefix, plural, namespaced)
KINDS = {
    "Namespace": ("/api/v1", "namespaces", False),
    "Node": ("/api/v1", "nodes", False),
    "PersistentVolume": ("/api/v1", "persistentvolumes", False),
    "PersistentVolumeClaim": ("/api/v1", "persistentvolumeclaims", True),
    "Pod": ("/api/v1", "pods", True),
    "Service": ("/api/v1", "services", True),
    "ServiceAccount": ("/api/v1", "serviceaccounts", True),
    "ConfigMap": ("/api/v1", "configmaps", True),
    "Secret": ("/api/v1", "secrets", True),
    "StatefulSet": ("/apis/apps/v1", "statefulsets", True),
    "Lease": ("/apis/coordination.k8s.io/v1", "leases", True),
    "PodDisruptionBudget": ("/apis/policy/v1", "poddisruptionbudgets", True),
    "Role": ("/apis/rbac.authorization.k8s.io/v1", "roles", True),
    "RoleBinding": ("/apis/rbac.authorization.k8s.io/v1", "rolebindings", True),
    "ClusterRole": ("/apis/rbac.authorization.k8s.io/v1", "clusterroles", False),
    "ClusterRoleBinding": ("/apis/rbac.authorization.k8s.io/v1", "clusterrolebindings", False),
    "StorageClass": ("/apis/storage.k8s.io/v1", "storageclasses", False),
    "ValidatingAdmissionPolicy": ("/apis/admissionregistration.k8s.io/v1", "validatingadmissionpolicies", False),
    "ValidatingAdmissionPolicyBinding": (
        "/apis/admissionregistration.k8s.io/v1",
        "validatingadmissionpolicybindings",
        False,
    ),
}


class ApiError(SandboxError):
    """An answer other than 2xx; ``status`` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Kube:
    """One API server."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._kept: http.client.HTTPSConnection | None = None

    def close(self) -> None:
        """Close the connection that is kept open between requests; the next request opens a new one."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _open(self, timeout: float) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(
            self._connection.host, self._connection.port, timeout=timeout, context=self._connection.tls
        )

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": "kafkaops-sandbox"}
        if self._connection.token:
            headers["Authorization"] = f"Bearer {self._connection.token}"
        return headers

    def request(
        self, method: str, path: str, body: object = None, *, content: str = "application/json", timeout: float = 30.0
    ) -> Any:
        """Send one request and return its JSON answer (text when it is not JSON).

        Raises ApiError for an answer other than 2xx, SandboxError when the server cannot be reached.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = self._headers() | ({"Content-Type": content} if data is not None else {})
        for attempt in (1, 2):
            fresh = self._kept is None
            client = self._kept = self._kept or self._open(timeout)
            try:
                client.request(method, path, data, headers)
                answer = client.getresponse()
                said = answer.read()
                break
            except (OSError, http.client.HTTPException) as error:
                client.close()
                self._kept = None
                # A kept connection may have been closed meanwhile: once more on a new one.
                if fresh or attempt == 2:
                    raise SandboxError(
                        f"API server {self._connection.host}:{self._connection.port} cannot be reached: {error}"
                    ) from error
        text = said.decode(errors="replace")
        if not 200 <= answer.status < 300:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                text = json.loads(text)["message"]
            raise ApiError(answer.status, f"{method} {path}: {answer.status} {text.strip()[:400]}")
        return json.loads(text) if answer.headers.get_content_type() == "application/json" else text

    @staticmethod
    def path(kind: str, namespace: str = "", name: str = "") -> str:
        """Return the REST path of a collection or of an object."""
        prefix, plural, namespaced = KINDS[kind]
        inside = f"/namespaces/{namespace}" if namespaced and namespace else ""
        return f"{prefix}{inside}/{plural}" + (f"/{name}" if name else "")

    def get(self, kind: str, name: str, namespace: str = "") -> Object | None:
        """Return an object, or None when it is not there."""
        try:
            found: Object = self.request("GET", self.path(kind, namespace, name))
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        return found

    def list(self, kind: str, namespace: str = "", *, labels: str = "") -> list[Object]:
        """Return the objects of a kind, of all namespaces when none is given."""
        query = "?" + urlencode({"labelSelector": labels}) if labels else ""
        items: list[Object] = self.request("GET", self.path(kind, namespace) + query)["items"]
        return items

    def apply(self, body: Object) -> None:
        """Create the object, or bring the existing one to this form (server-side apply)."""
        metadata = body["metadata"]
        path = self.path(body["kind"], metadata.get("namespace", ""), metadata["name"])
        self.request(
            "PATCH", f"{path}?fieldManager=kafkaops-sandbox&force=true", body, content="application/apply-patch+yaml"
        )

    def delete(
        self, kind: str, name: str, namespace: str = "", *, grace: int | None = None, propagation: str = "Background"
    ) -> bool:
        """Delete an object; False when it was not there. ``grace`` in seconds; ``propagation``: what becomes of what it owns."""
        body: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        try:
            self.request("DELETE", self.path(kind, namespace, name), body)
        except ApiError as error:
            if error.status == 404:
                return False
            raise
        return True

    def events(
        self, kind: str, namespace: str = "", *, labels: str = "", seconds: float = 60.0
    ) -> Iterator[dict[str, Object]]:
        """Yield {namespace/name: object} first after a LIST, then after every event of a WATCH, for at most ``seconds``."""
        deadline = time.monotonic() + seconds
        while True:
            query = {"labelSelector": labels} if labels else {}
            listed = self.request("GET", f"{self.path(kind, namespace)}?{urlencode(query)}")
            current = {_key(item): item for item in listed["items"]}
            yield current
            version = listed["metadata"]["resourceVersion"]
            for event in self._watch(self.path(kind, namespace), {**query, "resourceVersion": version}, deadline):
                if event["type"] == "ERROR":
                    break
                if event["type"] == "BOOKMARK":
                    continue
                if event["type"] == "DELETED":
                    current.pop(_key(event["object"]), None)
                else:
                    current[_key(event["object"])] = event["object"]
                yield current
            if time.monotonic() >= deadline:
                return

    def _watch(self, path: str, query: Mapping[str, str], deadline: float) -> Iterator[Object]:
        left = max(1, int(deadline - time.monotonic()) + 1)
        client = self._open(left + 5)
        try:
            client.request(
                "GET",
                f"{path}?{urlencode({**query, 'watch': 'true', 'timeoutSeconds': left})}",
                headers=self._headers(),
            )
            answer = client.getresponse()
            if answer.status != 200:
                return
            for line in answer:
                if line.strip():
                    yield json.loads(line)
        except (OSError, http.client.HTTPException):
            return
        finally:
            client.close()

    def wait(
        self,
        kind: str,
        namespace: str,
        check: Callable[[dict[str, Object]], str],
        *,
        labels: str = "",
        seconds: float = 60.0,
    ) -> None:
        """Watch until ``check`` returns an empty reason.

        Raises SandboxError with the last reason when ``seconds`` have passed.
        """
        reason = "nothing was seen"
        for current in self.events(kind, namespace, labels=labels, seconds=seconds):
            reason = check(current)
            if not reason:
                return
        raise SandboxError(f"waited {seconds:.0f} s in namespace {namespace or 'all'}: {reason}")

    def exec(
        self,
        namespace: str,
        pod: str,
        command: Sequence[str],
        *,
        container: str = "",
        stdin: str | None = None,
        timeout: float = 60.0,
    ) -> ExecResult:
        """Run a command in a container and return its output (bytes) and exit status."""
        query = [("command", word) for word in command] + [("stdout", "true"), ("stderr", "true")]
        query += ([("container", container)] if container else []) + ([("stdin", "true")] if stdin is not None else [])
        path = f"{self.path('Pod', namespace, pod)}/exec?" + urlencode(query, quote_via=quote)
        raw = socket.create_connection((self._connection.host, self._connection.port), timeout=timeout)
        with self._connection.tls.wrap_socket(raw, server_hostname=self._connection.host) as link:
            return run_exec(link, f"{self._connection.host}:{self._connection.port}", path, self._headers(), stdin)


def _key(item: Object) -> str:
    return f"{item['metadata'].get('namespace', '')}/{item['metadata']['name']}"


def pod_ready(pod: Object) -> bool:
    """Tell whether a pod is Ready and not being deleted."""
    conditions = pod.get("status", {}).get("conditions") or []
    return "deletionTimestamp" not in pod["metadata"] and any(
        c["type"] == "Ready" and c["status"] == "True" for c in conditions
    )
