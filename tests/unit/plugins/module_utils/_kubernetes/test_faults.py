# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person reads when something fails."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import faults
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime import errors

DENIED = (
    'pods "kafka-0" is forbidden: User "system:serviceaccount:prod:runner" cannot create resource "pods/eviction" '
    'in API group "" in the namespace "prod"'
)


def _error(code: int, body: bytes) -> errors.KraftError:
    return faults.answer_error(
        code, body, label="https://k (context c)", doing="evicting Pod kafka-0 in namespace prod"
    )


def _json(status: dict[str, Any]) -> bytes:
    import json

    return json.dumps(status).encode()


def test_a_missing_permission_names_who_what_and_where(make_status: Callable[..., dict[str, Any]]) -> None:
    error = _error(403, _json(make_status(403, "Forbidden", DENIED)))
    assert isinstance(error, errors.Forbidden)
    assert error.message == (
        "missing permission: system:serviceaccount:prod:runner may not create pods/eviction in namespace prod "
        '(needed for evicting Pod kafka-0 in namespace prod); grant verb "create" on "pods/eviction" by a Role'
    )
    assert (error.detail["verb"], error.detail["namespace"]) == ("create", "prod")


def test_a_missing_cluster_permission(make_status: Callable[..., dict[str, Any]]) -> None:
    text = 'nodes is forbidden: User "u" cannot list resource "statefulsets" in API group "apps" at the cluster scope'
    error = _error(403, _json(make_status(403, "Forbidden", text)))
    assert "u may not list statefulsets.apps in the whole cluster" in error.message
    assert "ClusterRole" in error.message


def test_a_denied_url_and_an_admission_rule(make_status: Callable[..., dict[str, Any]]) -> None:
    error = _error(403, _json(make_status(403, "Forbidden", 'forbidden: User "u" cannot get path "/version"')))
    assert "u may not get /version" in error.message
    error = _error(403, _json(make_status(403, "Forbidden", "exceeded quota: q")))
    assert isinstance(error, errors.Forbidden)
    assert error.message.endswith("denied evicting Pod kafka-0 in namespace prod: exceeded quota: q")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, errors.Refused),
        (401, errors.Forbidden),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (410, errors.Conflict),
        (422, errors.Refused),
        (429, errors.Unreachable),
        (500, errors.KraftError),
        (503, errors.Unreachable),
    ],
)
def test_statuses(code: int, kind: type[errors.KraftError]) -> None:
    error = _error(code, b"<html>some proxy</html>")
    assert error.__class__.__name__ == kind.__name__
    assert error.detail["status"] == code
    assert "some proxy" in error.message or code == 401


def _caused(cause: BaseException) -> BaseException:
    outer = RuntimeError("outer")
    outer.__cause__ = cause
    return outer


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "the host name does not resolve"),
        (TimeoutError("timed out"), "no answer within the time limit"),
        (ConnectionResetError(104, "reset"), "the connection was closed"),
        (OSError(113, "No route to host"), "no route to host"),
        (OSError("Tunnel connection failed: 407"), "OSError: Tunnel connection failed: 407"),
    ],
)
def test_causes_in_words(cause: BaseException, words: str) -> None:
    assert faults.cause_of(cause) == words
    if "OSError" not in words:
        assert faults.cause_of(_caused(cause)) == words


def test_what_cannot_be_mended_by_waiting() -> None:
    assert faults.is_permanent(_caused(ssl.SSLCertVerificationError("x")))
    assert faults.is_permanent(socket.gaierror(socket.EAI_NONAME, "x"))
    assert not faults.is_permanent(socket.gaierror(socket.EAI_AGAIN, "x"))
    assert not faults.is_permanent(ConnectionRefusedError())


def test_status_is_only_taken_from_a_status_object() -> None:
    assert faults.parse_status(b"no json") == {}
    assert faults.parse_status(b"[1]") == {}
    assert faults.parse_status(b'{"kind": "Pod"}') == {}
