# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns what goes wrong on the way to the API server, and what it answers, into the collection's errors."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import typing as t

from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    Forbidden,
    KraftError,
    NotFound,
    Refused,
    Unreachable,
)

# Written by the API server's authorization filter:
# ... is forbidden: User "u" cannot list resource "pods" in API group "" in the namespace "n"
_DENIED = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\S+) (?:resource "(?P<resource>[^"]*)" in API group "(?P<group>[^"]*)"'
    r'(?: in the namespace "(?P<namespace>[^"]*)")?|path "(?P<path>[^"]*)")'
)


NO_ANSWER = "no answer within the time limit"

# The first match counts: most of these are subclasses of OSError, some of each other.
_WORDS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((socket.gaierror,), "the host name does not resolve"),
    ((ConnectionRefusedError,), "connection refused"),
    ((TimeoutError,), NO_ANSWER),
    (
        (
            ConnectionResetError,
            BrokenPipeError,
            http.client.RemoteDisconnected,
            ssl.SSLEOFError,
            ssl.SSLZeroReturnError,
        ),
        "the connection was closed",
    ),
)


def cause_of(error: BaseException) -> str:
    """Return the reason in words."""
    for item in _chain(error):
        if text := _in_words(item):
            return text
    return f"{type(error).__name__}: {error}"


def is_permanent(error: BaseException) -> bool:
    """Say whether trying again cannot help: the certificate is not trusted, or the name does not exist."""
    return any(
        isinstance(item, ssl.SSLCertVerificationError)
        or (isinstance(item, socket.gaierror) and item.errno == socket.EAI_NONAME)
        for item in _chain(error)
    )


def _chain(error: BaseException | None) -> t.Iterator[BaseException]:
    seen: set[int] = set()
    while isinstance(error, BaseException) and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _in_words(item: BaseException) -> str:
    if isinstance(item, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted ({item.verify_message}); check ca_cert, validate_certs and the host name"
        )
    for kinds, text in _WORDS:
        if isinstance(item, kinds):
            return text
    if isinstance(item, ssl.SSLError):
        return f"TLS failed ({item.reason or item})"
    return (item.strerror or "").lower() if isinstance(item, OSError) else ""


def unreachable(label: str, error: BaseException, *, doing: str, sent_write: bool = False) -> Unreachable:
    """Return the error for a server that cannot be reached.

    :param label: Endpoint.label.
    :param doing: what was tried: ``reading StatefulSet kafka in namespace prod``.
    :param sent_write: the request may have changed something before the connection broke.
    """
    cause = cause_of(error)
    if sent_write:
        advice = "it is not known whether it was done: run the same command again, it checks first"
    else:
        advice = "check that the server is up and that the kubeconfig, context, host and proxy are the right ones"
    message = f"cannot reach the Kubernetes API server {label} while {doing}: {cause}; {advice}"
    return Unreachable(message, code="kubernetes-unreachable", detail={"server": label, "cause": cause})


def parse_status(data: bytes) -> dict[str, t.Any]:
    """Return the Status object of an error answer; {} when the body is something else (a proxy's page)."""
    try:
        body = json.loads(data)
    except ValueError:
        return {}
    return body if isinstance(body, dict) and body.get("kind") == "Status" else {}


def answer_error(code: int, data: bytes, *, label: str, doing: str) -> KraftError:
    """Return the error for an answer with a status of 400 or more.

    :param code: HTTP status.
    :param data: body of the answer.
    :param doing: what was tried, for the message.
    """
    status = parse_status(data)
    text = str(
        status.get("message") or data[:300].decode("utf-8", "replace").strip() or http.client.responses.get(code, "")
    )
    detail = {"status": code, "reason": str(status.get("reason", "")), "server": label}
    if code == 401:
        return Forbidden(
            f"the Kubernetes API server {label} did not accept the credentials while {doing}; "
            "log in again or check the exec plugin, token or client certificate",
            code="permission-missing",
            detail=detail,
        )
    if code == 403:
        return _forbidden(text, doing, detail)
    if code == 404:
        return NotFound(f"not found while {doing}: {text}", detail=detail)
    if code in (409, 412):
        return Conflict(f"changed by someone else while {doing}: {text}; read it again and repeat", detail=detail)
    if code == 410:
        return Conflict(f"the version is too old while {doing}: {text}", detail=detail)
    if code in (400, 405, 406, 413, 415, 422):
        return Refused(f"the Kubernetes API server refused {doing}: {text}", detail=detail)
    if code in (408, 429, 502, 503, 504):
        return Unreachable(
            f"the Kubernetes API server {label} cannot serve {doing} now (HTTP {code}): {text}", detail=detail
        )
    return KraftError(f"the Kubernetes API server {label} failed while {doing} (HTTP {code}): {text}", detail=detail)


def _forbidden(text: str, doing: str, detail: dict[str, t.Any]) -> Forbidden:
    match = _DENIED.search(text)
    if not match:  # not RBAC: an admission rule, a quota, the node authorizer
        return Forbidden(f"the Kubernetes API server denied {doing}: {text}", detail=detail)
    found = {key: value or "" for key, value in match.groupdict().items()}
    resource = found["path"] or (f"{found['resource']}.{found['group']}" if found["group"] else found["resource"])
    where = f"in namespace {found['namespace']}" if found["namespace"] else "in the whole cluster"
    rule = "Role" if found["namespace"] else "ClusterRole"
    return Forbidden(
        f"missing permission: {found['user']} may not {found['verb']} {resource} {where} (needed for {doing}); "
        f'grant verb "{found["verb"]}" on "{resource}" by a {rule}',
        code="permission-missing",
        detail={**detail, **found, "resource": resource},
    )
