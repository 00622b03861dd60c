# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an account wrote, from the API server's audit log (the sandbox has one; a cluster of the user's own may not)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.sandbox.config import Folders

#: requests that open a channel, read through a pod or ask for permissions; they change no object
HARMLESS = {
    ("pods", "exec"),
    ("pods", "portforward"),
    ("pods", "proxy"),
    ("selfsubjectaccessreviews", ""),
    ("selfsubjectrulesreviews", ""),
    ("selfsubjectreviews", ""),
}
READS = {"get", "list", "watch"}
#: the first HTTP status that says no
BAD = 300


def _log() -> Path:
    path = Folders().audit_log
    assert path.exists(), f"the sandbox keeps an audit log, and {path} is not there"
    return path


def position() -> int:
    """The end of the log now, in bytes."""
    return _log().stat().st_size


def _is_dry_run(event: dict[str, Any]) -> bool:
    """Whether the server was asked to check and to store nothing; only the address of the request says so, not its verb."""
    return parse_qs(urlsplit(str(event.get("requestURI", ""))).query).get("dryRun") == ["All"]


def _events(mark: int) -> Iterator[dict[str, Any]]:
    """The events since ``mark``; one that was being written then is one from before, one that is being written now is left out."""
    with _log().open("rb") as file:
        file.seek(max(mark - 1, 0))
        if mark and file.read(1) != b"\n":
            file.readline()
        for line in file:
            if not line.endswith(b"\n"):
                return
            yield json.loads(line)


def writes_since(mark: int, namespace: str, account: str) -> list[str]:
    """Mutating requests of the ServiceAccount since ``mark``, as ``verb resource/subresource name``; dry runs are none."""
    user, found = f"system:serviceaccount:{namespace}:{account}", []
    for event in _events(mark):
        if event.get("user", {}).get("username") != user or event.get("verb") in READS:
            continue
        where = event.get("objectRef") or {}
        if _is_dry_run(event):
            continue
        if (where.get("resource", ""), where.get("subresource", "")) not in HARMLESS:
            found.append(
                f"{event['verb']} {where.get('resource')}/{where.get('subresource', '')} {where.get('name', '')}"
            )
    return found


def removals_since(mark: int, namespace: str, account: str) -> list[str]:
    """Pods that the ServiceAccount deleted or evicted since ``mark``, in order; refused evictions do not count."""
    user, found = f"system:serviceaccount:{namespace}:{account}", []
    for event in _events(mark):
        where = event.get("objectRef") or {}
        code = (event.get("responseStatus") or {}).get("code", 0)
        ours = event.get("user", {}).get("username") == user and where.get("resource") == "pods"
        evicted = event.get("verb") == "create" and where.get("subresource") == "eviction"
        deleted = event.get("verb") == "delete" and not where.get("subresource")
        if ours and (evicted or deleted) and code < BAD and event.get("stage") == "ResponseComplete":
            found.append(str(where.get("name", "")))
    return found
