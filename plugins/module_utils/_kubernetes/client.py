# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API server as the rest of the collection sees it: plain dicts in and out, every failure one of our errors.

Private to the collection. Raw REST paths instead of typed models or the dynamic client: nothing is discovered, nothing
is built by pydantic, and kubernetes 24.2 and 37 behave the same.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Mapping
from urllib.parse import urlencode

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import faults
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.config import FIELD_MANAGER, load_endpoint
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD, Kind
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.rest import Call, Object, RestClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watchstream import WatchStream
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    KraftError,
    NotFound,
    Unreachable,
)

Objects = list[Object]  # inside the class the name `list` is the method
Names = list[str]

PAGE = 500  # objects per LIST answer
MAX_LOG = 8 * 1024 * 1024  # bytes
PROXY_PATIENCE = 1.5  # seconds of retries of a read through the pod proxy; a port that is closed answers 503 as well


def connect(options: Mapping[str, t.Any]) -> KubeClient:
    """Return a client for the connection options of a module; no request is made yet.

    Options (all may be missing or None): ``kubeconfig`` (path, paths joined by ``:``, or dict), ``context``, ``host``,
    ``api_key``, ``ca_cert``, ``validate_certs``, ``proxy``, ``impersonate_user``, ``impersonate_groups``. Without any:
    KUBECONFIG, ``~/.kube/config``, then the pod's account.

    Raises Refused when they do not lead to an API server.
    """
    return KubeClient(load_endpoint(options))


class KubeClient(RestClient):
    """Requests to one API server as one user, from any thread; nothing is open before the first request.

    Errors of all methods: Forbidden (verb, resource, namespace and user named), Unreachable (server named), NotFound,
    Conflict, Refused (the server calls the request invalid). Reads are repeated for up to 75 s when the connection
    drops or the server answers 429 or 5xx; writes when the server said 429 with Retry-After or was never reached, for up
    to 10 s when it said 500 or 503, and a few times when an unconditional one met another write (409). A write whose
    connection broke is never repeated.
    """

    def get(self, kind: Kind, name: str, namespace: str | None = None) -> Object:
        """Return the object. Raises NotFound."""
        return self.json(Call("GET", kind.path(namespace, name), doing=f"reading {kind.describe(name, namespace)}"))

    def find(self, kind: Kind, name: str, namespace: str | None = None) -> Object | None:
        """Return the object, or None when it is not there."""
        try:
            return self.get(kind, name, namespace)
        except NotFound:
            return None

    def list(
        self, kind: Kind, namespace: str | None = None, *, label_selector: str = "", field_selector: str = ""
    ) -> Objects:
        """Return all objects (with their kind and apiVersion filled in); ``namespace`` None means all namespaces."""
        return self.list_with_version(kind, namespace, label_selector=label_selector, field_selector=field_selector)[0]

    def list_with_version(
        self,
        kind: Kind,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        patience: float | None = None,
    ) -> tuple[Objects, str]:
        """Return all objects and the resourceVersion to watch from.

        ``patience``: seconds of retries, None for the default.
        """
        doing = f"listing {kind.describe(None, namespace)}"
        query = _selectors(label_selector, field_selector) | {"limit": str(PAGE)}
        items: Objects = []
        while True:
            page = self.json(Call("GET", kind.path(namespace), query=query, doing=doing, patience=patience))
            items += [{"apiVersion": kind.api_version, "kind": kind.kind, **item} for item in page.get("items") or []]
            metadata = page.get("metadata") or {}
            if not metadata.get("continue"):
                return items, str(metadata.get("resourceVersion", ""))
            query["continue"] = str(metadata["continue"])

    def stream_watch(
        self,
        kind: Kind,
        namespace: str | None,
        resource_version: str,
        *,
        label_selector: str = "",
        field_selector: str = "",
        timeout_seconds: int = 30,
    ) -> WatchStream:
        """Open one WATCH; return its events ``{type, object}`` as an iterator with close(), which any thread may call.

        The server ends it after ``timeout_seconds``; a dead connection raises Unreachable 5 s after that at the latest.
        Bookmarks are asked for and given out. A version that is too old raises Conflict (detail status 410): LIST
        again.
        """
        query = _selectors(label_selector, field_selector) | {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(timeout_seconds),
        }
        self.count_request()
        path = f"{kind.path(namespace)}?{urlencode(query)}"
        doing = f"watching {kind.describe(None, namespace)}"
        return WatchStream(self.endpoint, path, doing=doing, read_timeout=timeout_seconds + 5.0)

    def create(
        self, kind: Kind, body: Mapping[str, t.Any], namespace: str | None = None, *, dry_run: bool = False
    ) -> Object:
        """Create the object and return it as stored.

        Raises Conflict when it exists. ``dry_run``: the server checks and stores nothing.
        """
        doing = f"creating {kind.describe(_name(body), namespace)}"
        return self.json(
            Call("POST", kind.path(namespace), query=_writing(dry_run), body=_typed(kind, body), doing=doing)
        )

    def replace(
        self, kind: Kind, body: Mapping[str, t.Any], namespace: str | None = None, *, dry_run: bool = False
    ) -> Object:
        """Replace the object.

        When ``metadata.resourceVersion`` is set, only that version: Conflict when it has moved on.
        """
        name = _name(body)
        doing = f"replacing {kind.describe(name, namespace)}"
        path = kind.path(namespace, name)
        return self.json(
            Call(
                "PUT",
                path,
                query=_writing(dry_run),
                body=_typed(kind, body),
                doing=doing,
                unconditional=not (body.get("metadata") or {}).get("resourceVersion"),
            )
        )

    def patch(
        self,
        kind: Kind,
        name: str,
        namespace: str | None,
        body: Mapping[str, t.Any],
        *,
        resource_version: str | None = None,
        dry_run: bool = False,
    ) -> Object:
        """Apply a JSON merge patch (RFC 7386: None deletes a key).

        With ``resource_version`` only that version is patched, else Conflict.
        """
        change = dict(body)
        if resource_version is not None:
            change["metadata"] = {**(change.get("metadata") or {}), "resourceVersion": resource_version}
        return self.json(
            Call(
                "PATCH",
                kind.path(namespace, name),
                query=_writing(dry_run),
                body=change,
                content_type="application/merge-patch+json",
                doing=f"patching {kind.describe(name, namespace)}",
                unconditional=resource_version is None,
            )
        )

    def delete(
        self,
        kind: Kind,
        name: str,
        namespace: str | None = None,
        *,
        uid: str,
        grace_seconds: int | None = None,
        resource_version: str | None = None,
    ) -> None:
        """Ask for deletion of the very object that was read. Raises NotFound.

        ``uid`` (and ``resource_version``) of what was read: anything else of that name is kept, Conflict is raised. There is no
        deletion by name alone. ``grace_seconds``: None keeps the pod's own terminationGracePeriodSeconds.
        """
        conditions = {"uid": uid} | ({"resourceVersion": resource_version} if resource_version else {})
        body: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": conditions}
        if grace_seconds is not None:
            body["gracePeriodSeconds"] = grace_seconds
        try:
            self.json(
                Call(
                    "DELETE", kind.path(namespace, name), body=body, doing=f"deleting {kind.describe(name, namespace)}"
                )
            )
        except (Conflict, NotFound) as error:
            if not error.detail.get("repeated"):  # else the first try did it, whatever its answer said
                raise

    def evict(self, pod: str, namespace: str, *, uid: str) -> bool:
        """Evict the pod with that UID (policy/v1); False when a PodDisruptionBudget refuses now.

        Raises NotFound when the pod is gone, Conflict when another pod has its name.
        """
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": pod, "namespace": namespace},
            "deleteOptions": {"preconditions": {"uid": uid}},
        }
        doing = f"evicting {POD.describe(pod, namespace)}"
        try:
            answer = self.send(Call("POST", POD.path(namespace, pod, "eviction"), body=body, doing=doing, ok=(429,)))
        except (Conflict, NotFound) as error:
            if not error.detail.get("repeated"):
                raise
            return True  # by the first try, whatever its answer said
        return answer.status != 429

    def pod_log(
        self,
        pod: str,
        namespace: str,
        *,
        container: str | None = None,
        tail_lines: int | None = None,
        since_seconds: int | None = None,
        previous: bool = False,
    ) -> str:
        """Return a container's log, at most 8 MiB of it.

        Raises Refused when there is none (not started, no previous container).
        """
        query = {"limitBytes": str(MAX_LOG)}
        for key, value in (("container", container), ("tailLines", tail_lines), ("sinceSeconds", since_seconds)):
            if value is not None:
                query[key] = str(value)
        if previous:
            query["previous"] = "true"
        doing = f"reading the log of {POD.describe(pod, namespace)}"
        answer = self.send(Call("GET", POD.path(namespace, pod, "log"), query=query, doing=doing, accept="*/*"))
        return answer.data.decode("utf-8", "replace")

    def pod_proxy(
        self,
        pod: str,
        namespace: str,
        port: int,
        path: str,
        *,
        method: str = "GET",
        body: t.Any = None,
        timeout: float = 5.0,
        reads: bool = False,
    ) -> t.Any:
        """Send an HTTP request to a port of the pod through the API server and return the parsed JSON answer.

        ``timeout`` in seconds. ``reads``: the request changes nothing, whatever its method, and is repeated for a moment
        (1.5 s) when it is answered with 429 or 5xx; else nothing is repeated. Raises Unreachable when the port does not
        answer, KraftError when it answers with an error or without JSON.
        """
        resource, _sep, query = path.lstrip("/").partition("?")
        doing = f"asking port {port} of {POD.describe(pod, namespace)}"
        api_path = POD.path(namespace, f"{pod}:{port}", f"proxy/{resource}") + (f"?{query}" if query else "")
        errors = range(400, 600)
        call = Call(
            method,
            api_path,
            body=body,
            doing=doing,
            timeout=timeout,
            patience=PROXY_PATIENCE if reads else 0.0,
            ok=errors,
            read=reads or method == "GET",
        )
        try:
            answer = self.send(call)
        except Unreachable as error:
            if error.detail.get("cause") != faults.NO_ANSWER:
                raise
            raise Unreachable(f"{doing} failed: no answer within {timeout:.0f} s", detail=error.detail) from error
        if answer.status in errors and faults.parse_status(answer.data):  # from the API server, not from the pod
            raise faults.answer_error(answer.status, answer.data, label=self.label, doing=doing)
        text = answer.data[:200].decode("utf-8", "replace")
        if answer.status in errors:
            raise KraftError(f"{doing} failed: it answered HTTP {answer.status}: {text}")
        try:
            return json.loads(answer.data)
        except ValueError as error:
            raise KraftError(f"{doing} failed: the answer is not JSON: {text}") from error

    def can_i(
        self, verb: str, resource: str, namespace: str | None, *, group: str = "", subresource: str = "", name: str = ""
    ) -> bool:
        """Say whether we may do this (SelfSubjectAccessReview: everybody may create it, it changes nothing)."""
        attributes = {"verb": verb, "resource": resource, "group": group, "subresource": subresource, "name": name}
        if namespace:
            attributes["namespace"] = namespace
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        doing = f"asking whether {verb} on {resource} is allowed"
        answer = self.json(Call("POST", path, body=body, doing=doing, read=True))
        return bool((answer.get("status") or {}).get("allowed"))

    def group_versions(self, group: str) -> Names:
        """Return the versions in which the server has an API group, [] when it does not have it."""
        call = Call("GET", f"/apis/{group}", doing=f"looking for the API group {group}")
        try:
            found = self.json(call)
        except NotFound:
            return []
        return [str(item.get("version", "")) for item in found.get("versions") or []]

    def resources(self, group: str, version: str) -> Names:
        """Return the resources (plural names) that the server has in a version of an API group, [] when it does not serve that."""
        call = Call("GET", f"/apis/{group}/{version}", doing=f"looking for the resources of {group}/{version}")
        try:
            found = self.json(call)
        except NotFound:
            return []
        return [str(item.get("name", "")) for item in found.get("resources") or []]

    def served(self, kind: Kind) -> bool:
        """Say whether the server has this kind in this version."""
        return kind.plural in self.resources(kind.group, kind.version)

    def user_name(self) -> str:
        """Return the name of the user that the server takes us for (SelfSubjectReview: it changes nothing; Kubernetes 1.28)."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        answer = self.json(Call("POST", path, body=body, doing="asking who we are", read=True))
        return str(((answer.get("status") or {}).get("userInfo") or {}).get("username", ""))

    def server_version(self) -> str:
        """Return the server's version, for example ``v1.34.2``."""
        call = Call("GET", "/version", doing="reading the server's version")
        return str(self.json(call).get("gitVersion", ""))


def _selectors(label_selector: str, field_selector: str) -> dict[str, str]:
    pairs = (("labelSelector", label_selector), ("fieldSelector", field_selector))
    return {key: value for key, value in pairs if value}


def _writing(dry_run: bool) -> dict[str, str]:
    return {"fieldManager": FIELD_MANAGER, **({"dryRun": "All"} if dry_run else {})}


def _typed(kind: Kind, body: Mapping[str, t.Any]) -> Object:
    return {"apiVersion": kind.api_version, "kind": kind.kind, **body}


def _name(body: Mapping[str, t.Any]) -> str:
    return str((body.get("metadata") or {}).get("name") or "")
