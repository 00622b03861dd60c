# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command in a container and get its output and exit status."""

from __future__ import annotations

import json
import selectors
import time
import typing as t
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.channel import (
    STATUS,
    STDERR,
    STDIN,
    STDOUT,
    V4,
    V5,
    Channel,
    open_channel,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    KraftError,
    NotFound,
    Unreachable,
)

PROTOCOLS = (V5, V4)  # API servers before 1.30 know only v4

# v4 cannot close stdin, so the container's own head counts the bytes; its first argument is their number.
_COUNTED_STDIN = 'n=$1; shift; head -c "$n" | "$@"'


@dataclass(frozen=True)
class ExecResult:
    """What a command left behind.

    :ivar stdout: decoded as UTF-8, broken bytes replaced.
    :ivar stderr: the same.
    :ivar rc: exit status.
    """

    stdout: str
    stderr: str
    rc: int


def run(
    client: KubeClient,
    namespace: str,
    pod: str,
    command: Sequence[str],
    *,
    container: str | None = None,
    stdin: str | None = None,
    timeout: float = 30.0,
    quote: bool = False,
) -> ExecResult:
    """Run ``command`` (no shell) in the container and wait for its end.

    ``container`` None takes the pod's default one. ``stdin`` is sent as UTF-8 and then closed. ``timeout`` in seconds
    for the whole call; the command may go on running in the container when it is exceeded. ``quote``: the message may then
    end with what it printed last: never for a command that prints settings, files or records. Nothing is repeated.

    Raises DeadlineExceeded; NotFound when the pod, the container or the program is not there; Unreachable when the
    connection or the node is lost (whether the command ran is not known then); Forbidden; KraftError for any other
    failure of the container runtime.
    """
    deadline = time.monotonic() + timeout
    where = f"{command[0]} in {POD.describe(pod, namespace)}"
    channel = open_exec(client, namespace, pod, command, container=container, stdin=stdin is not None, timeout=timeout)
    data = None if stdin is None else stdin.encode()
    try:
        if data is not None and channel.protocol != V5:
            channel.close()
            counted = ["sh", "-c", _COUNTED_STDIN, "sh", str(len(data)), *command]
            channel = open_exec(client, namespace, pod, counted, container=container, stdin=True, timeout=timeout)
        return _collect(channel, data, deadline, where, timeout, quote)
    finally:
        channel.close()


def run_read_only(
    client: KubeClient,
    namespace: str,
    pod: str,
    command: Sequence[str],
    *,
    container: str | None = None,
    timeout: float = 30.0,
    quote: bool = False,
) -> ExecResult:
    """Run a command that changes nothing; once more when the connection was lost. ``timeout`` in seconds for each try.

    ``quote`` and errors as of run().
    """
    try:
        return run(client, namespace, pod, command, container=container, timeout=timeout, quote=quote)
    except Unreachable:
        client.find(POD, pod, namespace)  # a read waits for an API server that is away
        return run(client, namespace, pod, command, container=container, timeout=timeout, quote=quote)


def open_exec(
    client: KubeClient,
    namespace: str,
    pod: str,
    command: Sequence[str],
    *,
    container: str | None,
    stdin: bool,
    timeout: float,
) -> Channel:
    """Start a command and return its channels (STDIN, STDOUT, STDERR, STATUS). Errors as run()."""
    query = [("command", str(item)) for item in command]
    query += [("stdout", "true"), ("stderr", "true")]
    if stdin:
        query.append(("stdin", "true"))
    if container:
        query.append(("container", container))
    doing = f"running {command[0]} in {POD.describe(pod, namespace)}"
    return open_channel(client, POD.path(namespace, pod, "exec"), query, PROTOCOLS, doing=doing, timeout=timeout)


def _collect(
    channel: Channel, stdin: bytes | None, deadline: float, where: str, timeout: float, quote: bool
) -> ExecResult:
    parts: dict[int, list[bytes]] = {STDOUT: [], STDERR: [], STATUS: []}
    if stdin is not None:
        channel.send(STDIN, stdin)
        channel.close_stream(STDIN)
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)
        while not channel.ended:
            for number, data in channel.receive():
                parts.setdefault(number, []).append(data)
            if channel.ended or parts[STATUS]:  # the status is the last thing that is sent
                break
            left = deadline - time.monotonic()
            if left <= 0:
                tail = b"".join(parts[STDERR] or parts[STDOUT])[-200:].decode("utf-8", "replace").strip()
                last = f"; last output: {tail or 'none'}" if quote else ""
                raise DeadlineExceeded(f"{where} did not end within {timeout:.0f} s{last}")
            selector.modify(channel, selectors.EVENT_READ | channel.interest)
            if not channel.has_more:
                selector.select(left)
            channel.flush()
    texts = {number: b"".join(pieces).decode("utf-8", "replace") for number, pieces in parts.items()}
    if not texts[STATUS]:
        why = channel.lost or "the connection was closed"
        raise Unreachable(f"lost {where} before it ended: {why}; it is not known whether it was done")
    return ExecResult(texts[STDOUT], texts[STDERR], exit_status(texts[STATUS], where))


def exit_status(text: str, where: str) -> int:
    """Return the exit status from the Status object of the status channel.

    Raises NotFound when the program or the container is not there, KraftError when the container runtime failed.
    """
    try:
        status: dict[str, t.Any] = json.loads(text)
    except ValueError as error:
        raise KraftError(f"{where} ended with a status that cannot be read: {text[:200]}") from error
    if status.get("status") == "Success":
        return 0
    causes = (status.get("details") or {}).get("causes") or []
    for cause in causes:
        if cause.get("reason") == "ExitCode" and str(cause.get("message", "")).isdigit():
            return int(cause["message"])
    message = " ".join(str(status.get("message") or text).split())
    if "executable file not found" in message or "no such file or directory" in message:
        raise NotFound(f"cannot run {where}: the program is not in the container's image")
    if "container not found" in message or "not found" in message:
        raise NotFound(f"cannot run {where}: {message}")
    raise KraftError(f"cannot run {where}: {message}")
