# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests against a real HTTP server: what is sent, what is repeated, what is named."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import kinds, rest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient, connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    Forbidden,
    KraftError,
    NotFound,
    Unreachable,
)

MakeStatus = Callable[..., dict[str, Any]]


def test_headers_and_groups_one_by_one(api: Any) -> None:
    client = connect(
        {
            "host": api.url,
            "api_key": "hunter2",
            "impersonate_user": "eve",
            "impersonate_groups": ["a", "b"],
            "context": None,
        }
    )
    client.get(kinds.POD, "p", "n")
    method, path, headers, _body = api.seen[0]
    assert (method, path) == ("GET", "/api/v1/namespaces/n/pods/p")
    assert headers["Authorization"] == "Bearer hunter2"
    assert headers["User-Agent"].startswith("kafkaops.kraft/")
    assert headers["Impersonate-User"] == "eve"
    assert headers.get_all("Impersonate-Group") == ["a", "b"]
    assert client.requests_made == 1
    assert "hunter2" not in repr(client.endpoint)
    client.close()


def test_a_prefix_of_the_api_is_kept(api: Any) -> None:
    client = connect({"host": f"{api.url}/k8s/clusters/c1/"})
    client.get(kinds.NODE, "n")
    assert api.seen[0][1] == "/k8s/clusters/c1/api/v1/nodes/n"
    client.close()


def test_one_connection_serves_many_requests(api: Any, client: KubeClient) -> None:
    peers = set()

    def serve(handler: Any) -> None:
        peers.add(handler.client_address)
        handler.reply(200, {"a": 1})

    api.play(serve)
    for _turn in range(5):
        assert client.get(kinds.POD, "p", "n") == {"a": 1}
    assert len(peers) == 1


def test_lists_come_in_pages_and_know_their_kind(api: Any, client: KubeClient) -> None:
    api.play(
        lambda h: h.reply(
            200, {"metadata": {"resourceVersion": "7", "continue": "c"}, "items": [{"metadata": {"name": "a"}}]}
        ),
        lambda h: h.reply(200, {"metadata": {"resourceVersion": "7"}, "items": [{"metadata": {"name": "b"}}]}),
    )
    items, version = client.list_with_version(kinds.SECRET, "n", label_selector="a=b", field_selector="x=y")
    assert ([item["metadata"]["name"] for item in items], version) == (["a", "b"], "7")
    assert {item["kind"] for item in items} == {"Secret"}, "the server leaves the kind out, redaction needs it"
    assert "labelSelector=a%3Db" in api.seen[0][1]
    assert "fieldSelector=x%3Dy" in api.seen[0][1]
    assert "continue=c" in api.seen[1][1]


def test_find_and_get_of_nothing(api: Any, client: KubeClient, make_status: MakeStatus) -> None:
    api.play(lambda h: h.reply(404, make_status(404, "NotFound", 'pods "p" not found')))
    assert client.find(kinds.POD, "p", "n") is None
    with pytest.raises(NotFound, match=r'reading Pod p in namespace n: pods "p" not found'):
        client.get(kinds.POD, "p", "n")


def test_what_writes_send(api: Any, client: KubeClient) -> None:
    client.create(kinds.CONFIG_MAP, {"metadata": {"name": "c"}}, "n", dry_run=True)
    client.replace(kinds.CONFIG_MAP, {"metadata": {"name": "c", "resourceVersion": "3"}}, "n")
    client.patch(kinds.STATEFUL_SET, "s", "n", {"metadata": {"labels": {"a": None}}}, resource_version="5")
    client.patch(kinds.STATEFUL_SET, "s", "n", {"spec": {}})
    client.delete(kinds.POD, "p", "n", uid="u", grace_seconds=0, resource_version="9")
    client.delete(kinds.POD, "p", "n", uid="u")
    sent = [(method, path, json.loads(body)) for method, path, _headers, body in api.seen]
    maps, sets = "/api/v1/namespaces/n/configmaps", "/apis/apps/v1/namespaces/n/statefulsets"
    manager = "fieldManager=kafkaops.kraft"
    named = {"apiVersion": "v1", "kind": "ConfigMap"}
    assert sent == [
        ("POST", f"{maps}?{manager}&dryRun=All", {**named, "metadata": {"name": "c"}}),
        ("PUT", f"{maps}/c?{manager}", {**named, "metadata": {"name": "c", "resourceVersion": "3"}}),
        ("PATCH", f"{sets}/s?{manager}", {"metadata": {"labels": {"a": None}, "resourceVersion": "5"}}),
        ("PATCH", f"{sets}/s?{manager}", {"spec": {}}),
        (
            "DELETE",
            "/api/v1/namespaces/n/pods/p",
            {
                "apiVersion": "v1",
                "kind": "DeleteOptions",
                "preconditions": {"uid": "u", "resourceVersion": "9"},
                "gracePeriodSeconds": 0,
            },
        ),
        (
            "DELETE",
            "/api/v1/namespaces/n/pods/p",
            {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": "u"}},
        ),
    ]
    assert api.seen[2][2]["Content-Type"] == "application/merge-patch+json"


def test_conflict_and_forbidden(api: Any, client: KubeClient, make_status: MakeStatus) -> None:
    api.play(
        lambda h: h.reply(409, make_status(409, "Conflict", "the object has been modified")),
        lambda h: h.reply(
            403,
            make_status(
                403, "Forbidden", 'x: User "u" cannot get resource "pods" in API group "" in the namespace "n"'
            ),
        ),
    )
    with pytest.raises(Conflict, match="patching StatefulSet s in namespace n: the object has been modified"):
        client.patch(kinds.STATEFUL_SET, "s", "n", {}, resource_version="1")
    with pytest.raises(Forbidden, match="u may not get pods in namespace n"):
        client.get(kinds.POD, "p", "n")


@pytest.mark.parametrize("trouble", [500, 503, 429, "drop"])
def test_reads_are_repeated(api: Any, client: KubeClient, trouble: int | str) -> None:
    def fail(handler: Any) -> None:
        if trouble == "drop":
            handler.drop()
        else:
            handler.reply(trouble, {}, {"Retry-After": "0"} if trouble == 429 else None)

    api.play(fail, fail, lambda h: h.reply(200, {"ok": 1}))
    assert client.get(kinds.POD, "p", "n") == {"ok": 1}
    assert client.requests_made == 3


@pytest.mark.parametrize("trouble", [500, 503, "drop"])
def test_writes_are_not_repeated(api: Any, client: KubeClient, trouble: int | str) -> None:
    api.play(lambda h: h.drop() if trouble == "drop" else h.reply(trouble, {}))
    with pytest.raises(KraftError) as caught:
        client.create(kinds.POD, {"metadata": {"name": "p"}}, "n")
    assert len(api.seen) == 1
    if trouble == "drop":
        assert isinstance(caught.value, Unreachable)
        assert "it is not known whether it was done" in caught.value.message


def test_a_write_is_repeated_when_the_server_asks_for_it(api: Any, client: KubeClient) -> None:
    api.play(lambda h: h.reply(429, {}, {"Retry-After": "0"}), lambda h: h.reply(201, {"ok": 1}))
    assert client.create(kinds.POD, {}, "n") == {"ok": 1}
    api.play(lambda h: h.reply(429, {}))
    with pytest.raises(Unreachable, match="cannot serve"):
        client.create(kinds.POD, {}, "n")


def busy(make_status: MakeStatus, code: int = 500) -> Callable[[Any], None]:
    """The API server's own answer, after which the request is over."""
    return lambda handler: handler.reply(code, make_status(code, "InternalError", "etcdserver: request timed out"))


@pytest.mark.parametrize("code", [500, 503])
def test_a_write_that_the_server_failed_at_is_repeated(
    api: Any, client: KubeClient, make_status: MakeStatus, code: int
) -> None:
    api.play(busy(make_status, code), lambda h: h.reply(200, {"ok": 1}))
    assert client.patch(kinds.STATEFUL_SET, "s", "n", {}, resource_version="1") == {"ok": 1}


def test_a_server_that_always_fails_at_a_write_is_named(
    api: Any, client: KubeClient, make_status: MakeStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest, "WRITE_PATIENCE", 0.3)
    api.play(busy(make_status))
    with pytest.raises(KraftError, match=r"failed while creating Pod p in namespace n \(HTTP 500\): etcdserver"):
        client.create(kinds.POD, {"metadata": {"name": "p"}}, "n")
    assert 1 < len(api.seen) < 5


def test_what_the_first_try_has_done_is_no_failure_of_the_second(
    api: Any, client: KubeClient, make_status: MakeStatus
) -> None:
    """Only then: the same answer to a first try means that somebody else was there."""
    gone = make_status(404, "NotFound", "gone")
    another = make_status(409, "Conflict", "the UID in the precondition does not match")
    api.play(busy(make_status), lambda h: h.reply(404, gone))
    client.delete(kinds.POD, "p", "n", uid="u")
    api.play(busy(make_status), lambda h: h.reply(409, another))
    client.delete(kinds.POD, "p", "n", uid="u")
    api.play(busy(make_status), lambda h: h.reply(404, gone))
    assert client.evict("p", "n", uid="u") is True
    api.play(lambda h: h.reply(409, another))
    with pytest.raises(Conflict):
        client.delete(kinds.POD, "p", "n", uid="u")
    with pytest.raises(Conflict):
        client.evict("p", "n", uid="u")
    api.play(busy(make_status), lambda h: h.reply(409, another))
    with pytest.raises(Conflict) as caught:
        client.replace(kinds.STATEFUL_SET, {"metadata": {"name": "s", "resourceVersion": "1"}}, "n")
    assert caught.value.detail["repeated"] is True


def test_a_write_that_depends_on_no_version_follows_another_one(
    api: Any, client: KubeClient, make_status: MakeStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest, "CONFLICTS", 2)

    def met(handler: Any) -> None:
        handler.reply(409, make_status(409, "Conflict", "the object has been modified"))

    api.play(met, met, lambda h: h.reply(200, {"ok": 1}))
    assert client.patch(kinds.STATEFUL_SET, "s", "n", {}) == {"ok": 1}
    api.play(met)
    with pytest.raises(Conflict):
        client.patch(kinds.STATEFUL_SET, "s", "n", {}, resource_version="1")
    assert len(api.seen) == 4, "a conditional write is the caller's to repeat"
    with pytest.raises(Conflict):
        client.replace(kinds.STATEFUL_SET, {"metadata": {"name": "s"}}, "n")
    assert len(api.seen) == 5 + rest.CONFLICTS


def test_a_long_wait_is_told_once(api: Any, client: KubeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "QUIET", 0.1)
    said: list[str] = []
    client.progress = said.append
    api.play(*[lambda h: h.reply(503, b"down")] * 3, lambda h: h.reply(200, {"ok": 1}))
    client.get(kinds.POD, "p", "n")
    (line,) = said
    assert "does not serve reading Pod p in namespace n (HTTP 503); trying again for up to " in line


def test_a_read_gives_up_in_time(api: Any, client: KubeClient) -> None:
    assert client.patience == rest.PATIENCE
    client.patience = 0.7
    client.get(kinds.POD, "p", "n")
    api.play(lambda h: h.reply(503, b"down"))
    started = time.monotonic()
    with pytest.raises(Unreachable, match=r"HTTP 503\): down"):
        client.get(kinds.POD, "p", "n")
    assert 0.3 < time.monotonic() - started < 1.5


def test_eviction(api: Any, client: KubeClient, make_status: MakeStatus) -> None:
    refused = make_status(429, "TooManyRequests", "Cannot evict", causes=[{"reason": "DisruptionBudget"}])
    api.play(
        lambda h: h.reply(201, make_status(200, "", "")),
        lambda h: h.reply(429, refused, {"Retry-After": "10"}),
        lambda h: h.reply(429, b"too many requests", {"Retry-After": "0"}),
        lambda h: h.reply(201, {}),
        lambda h: h.reply(404, make_status(404, "NotFound", "gone")),
    )
    assert client.evict("p", "n", uid="u") is True
    sent = json.loads(api.seen[0][3])
    assert sent["apiVersion"] == "policy/v1"
    assert sent["deleteOptions"] == {"preconditions": {"uid": "u"}}
    assert client.evict("p", "n", uid="u") is False
    assert client.evict("p", "n", uid="u") is True, "the server's own throttling is no refusal"
    assert len(api.seen) == 4
    with pytest.raises(NotFound):
        client.evict("p", "n", uid="u")


def test_can_i_log_version(api: Any, client: KubeClient) -> None:
    api.play(
        lambda h: h.reply(201, {"status": {"allowed": True}}),
        lambda h: h.reply(201, {"status": {}}),
        lambda h: h.reply(200, b"line \xff\n"),
        lambda h: h.reply(200, {"gitVersion": "v1.34.2"}),
    )
    assert client.can_i("create", "pods", "n", subresource="exec") is True
    attributes = json.loads(api.seen[0][3])["spec"]["resourceAttributes"]
    assert attributes == {"verb": "create", "resource": "pods", "subresource": "exec", "namespace": "n"}
    assert client.can_i("get", "nodes", None) is False
    log = client.pod_log("p", "n", container="c", tail_lines=3, since_seconds=9, previous=True)
    assert log == "line \ufffd\n"
    assert api.seen[2][1].endswith("/log?limitBytes=8388608&container=c&tailLines=3&sinceSeconds=9&previous=true")
    assert client.server_version() == "v1.34.2"


def test_pod_proxy(api: Any, client: KubeClient, make_status: MakeStatus) -> None:
    api.play(
        lambda h: h.reply(200, [1, 2]),
        lambda h: h.reply(200, b"<html>"),
        lambda h: h.reply(404, b"no such page"),
        lambda h: h.reply(503, make_status(503, "ServiceUnavailable", "dial tcp 10.0.0.1:8778: connection refused")),
    )
    assert client.pod_proxy("p", "n", 8778, "/jolokia/?x=1", method="POST", body={"a": 1}) == [1, 2]
    assert api.seen[0][:2] == ("POST", "/api/v1/namespaces/n/pods/p:8778/proxy/jolokia/?x=1")
    with pytest.raises(KraftError, match="is not JSON: <html>"):
        client.pod_proxy("p", "n", 8778, "x")
    with pytest.raises(
        KraftError, match="asking port 8778 of Pod p in namespace n failed: it answered HTTP 404: no such"
    ):
        client.pod_proxy("p", "n", 8778, "x")
    with pytest.raises(Unreachable, match="connection refused"):
        client.pod_proxy("p", "n", 8778, "x")
    assert len(api.seen) == 4, "nothing is repeated"
    api.play(lambda h: h.reply(503, make_status(503, "ServiceUnavailable", "busy")), lambda h: h.reply(200, [3]))
    assert client.pod_proxy("p", "n", 8778, "x", method="POST", body={}, reads=True) == [3], "but a read is"
    api.play(lambda _handler: time.sleep(1))
    with pytest.raises(Unreachable, match="asking port 8778 of Pod p in namespace n failed: no answer within 0 s"):
        client.pod_proxy("p", "n", 8778, "x", timeout=0.2)


def test_something_that_is_no_api_server(api: Any, client: KubeClient) -> None:
    api.play(lambda h: h.reply(200, b"<html>"))
    with pytest.raises(KraftError, match="is it an API server"):
        client.get(kinds.POD, "p", "n")
    api.play(lambda h: h.reply(200, [1]))
    with pytest.raises(KraftError, match="is it an API server"):
        client.get(kinds.POD, "p", "n")


def test_a_dead_server_is_named_within_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    client = connect({"host": f"http://127.0.0.1:{port}"})
    started = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        client.get(kinds.POD, "p", "n")
    assert time.monotonic() - started < 4
    assert caught.value.message == (
        f"cannot reach the Kubernetes API server http://127.0.0.1:{port} (option host) while reading Pod p in namespace n:"
        " connection refused; check that the server is up "
        "and that the kubeconfig, context, host and proxy are the right ones"
    )
    with pytest.raises(Unreachable, match="check that the server is up"):  # a write that was never sent
        client.create(kinds.POD, {}, "n")


def test_a_server_that_was_given_up_is_not_waited_for_as_long_again(
    api: Any, client: KubeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the support bundle of a run that failed for that reason would take many times as long."""
    client.patience = 1.0
    monkeypatch.setattr(rest, "FIRST_PATIENCE", 0.0)
    client.get(kinds.POD, "p", "n")
    api.play(lambda h: h.drop())
    for least, most in ((0.5, 2.0), (0.0, 0.3)):
        started = time.monotonic()
        with pytest.raises(Unreachable):
            client.get(kinds.POD, "p", "n")
        assert least <= time.monotonic() - started < most
    api.play(lambda h: h.reply(200, {}))
    client.get(kinds.POD, "p", "n")
    api.play(lambda h: h.drop(), lambda h: h.reply(200, {"ok": 1}))
    assert client.get(kinds.POD, "p", "n") == {"ok": 1}, "it is back, and trusted as before"


def test_a_server_that_does_not_answer(api: Any, client: KubeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "READ_TIMEOUT", 0.3)
    monkeypatch.setattr(rest, "FIRST_PATIENCE", 0.1)
    api.play(lambda _handler: time.sleep(1))
    with pytest.raises(Unreachable, match="no answer within the time limit"):
        client.get(kinds.POD, "p", "n")


def test_close_ends_the_wait_between_tries(api: Any, client: KubeClient) -> None:
    client.close()
    api.play(lambda h: h.reply(503, {}))
    started = time.monotonic()
    with pytest.raises(Unreachable):
        client.get(kinds.POD, "p", "n")
    assert time.monotonic() - started < 0.5


@pytest.mark.parametrize(
    ("code", "body", "versions"),
    [
        (200, {"versions": [{"version": "v1beta1"}, {"version": "v1"}]}, ["v1beta1", "v1"]),
        (200, {"kind": "APIGroup"}, []),
        (404, b"404 page not found", []),
    ],
)
def test_the_versions_of_an_api_group(api: Any, client: KubeClient, code: int, body: Any, versions: list[str]) -> None:
    api.play(lambda h: h.reply(code, body))
    assert client.group_versions("platform.confluent.io") == versions
    assert api.seen[0][1] == "/apis/platform.confluent.io"


@pytest.mark.parametrize(
    ("code", "body", "names"),
    [
        (200, {"resources": [{"name": "kafkas"}, {"name": "kafkas/status"}]}, ["kafkas", "kafkas/status"]),
        (200, {}, []),
        (404, {"kind": "Status", "message": "the server could not find the requested resource"}, []),
    ],
)
def test_the_resources_of_a_version(api: Any, client: KubeClient, code: int, body: Any, names: list[str]) -> None:
    api.play(lambda h: h.reply(code, body))
    assert client.resources("platform.confluent.io", "v1beta1") == names
    assert api.seen[0][1] == "/apis/platform.confluent.io/v1beta1"


@pytest.mark.parametrize(
    ("code", "body", "served"),
    [
        (200, {"resources": [{"name": "statefulsets"}, {"name": "statefulsets/status"}]}, True),
        (200, {"resources": [{"name": "deployments"}]}, False),
        (200, {}, False),
        (404, {"kind": "Status", "message": "not found"}, False),
    ],
)
def test_whether_a_kind_is_served(api: Any, client: KubeClient, code: int, body: Any, served: bool) -> None:
    api.play(lambda h: h.reply(code, body))
    assert client.served(kinds.STATEFUL_SET) is served
    assert api.seen[0][:2] == ("GET", "/apis/apps/v1")


def test_who_we_are(api: Any, client: KubeClient) -> None:
    """As the API server sees it: with impersonation, who is acted as."""
    api.play(
        lambda h: h.reply(201, {"status": {"userInfo": {"username": "system:serviceaccount:n:a"}}}),
        lambda h: h.reply(201, {}),
    )
    assert client.user_name() == "system:serviceaccount:n:a"
    assert api.seen[0][:2] == ("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews")
    assert client.user_name() == ""
