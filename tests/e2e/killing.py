# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook that is killed together with every process that it has started, as when its machine fails: nothing of it ends in order.

Its workers have process groups of their own; they are found by their environment. The Lease of such a run is not given back.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.e2e import audit
from tests.e2e.fleet import ACCOUNT, ROOT, Cluster
from tests.sandbox.kube import ApiError, Kube

#: whether a run has come to where it is to be killed, by what it has printed so far
Reached = Callable[[str], bool]
WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
#: seconds between two looks
LOOK = 0.02


def at(pattern: str) -> Reached:
    """A line that it prints."""
    return lambda output: re.search(pattern, output) is not None


def kill(target: Cluster, playbook: str, reached: Reached, **variables: Any) -> str:
    """Run a playbook and kill all of it by SIGKILL there; returns what it had printed. Fails when it ends before, or when anything of it lives on."""
    command, environment, results = target.prepared(playbook, (), variables)
    lines: list[str] = []

    def read(process: subprocess.Popen[str]) -> None:
        while process.stdout and (line := process.stdout.readline()):
            lines.append(line)

    with subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        reader = threading.Thread(target=read, args=(process,))
        reader.start()
        try:
            while not reached("".join(lines)):
                assert process.poll() is None, f"{playbook} ended too early:\n{''.join(lines)}"
                time.sleep(LOOK)
        finally:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGSTOP)  # it starts no other worker meanwhile
                _kill_all(str(results))
            reader.join()
    print(f"{target.namespace}: {playbook}: killed after: {''.join(lines[-1:]).strip()[:160]}", flush=True)
    _writes_nothing(target)
    return "".join(lines)


def _kill_all(marker: str) -> None:
    while left := _processes(marker):
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(LOOK)


def _processes(marker: str) -> list[int]:
    """What a run has started and what lives: all of it inherits the name of its file of results."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            ours = marker.encode() in (folder / "environ").read_bytes()
            state = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
        except OSError:
            continue  # it has just ended
        if ours and state not in "ZX":
            found.append(int(folder.name))
    return found


def _writes_nothing(target: Cluster) -> None:
    """A second later nothing of it writes any more."""
    time.sleep(1.0)
    mark = audit.position()
    time.sleep(0.5)
    assert audit.writes_since(mark, target.namespace, ACCOUNT) == []


@contextmanager
def held_up(kube: Kube, namespace: str, group: str, plural: str) -> Iterator[Reached]:
    """While the block runs, no object of a kind is created: the API server asks somebody about it who never answers. Yields whether it asks.

    A dry run passes. A request is not carried out when whoever has sent it has gone away.
    """
    name = f"{namespace}-{plural}"
    with ExitStack() as stack:
        nobody = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        nobody.setblocking(False)
        hook: dict[str, Any] = {
            "name": f"{plural}.{namespace}.kafkaops.test",
            "clientConfig": {"url": f"https://127.0.0.1:{nobody.getsockname()[1]}/"},
            "rules": [{"apiGroups": [group], "apiVersions": ["*"], "resources": [plural], "operations": ["CREATE"]}],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "matchConditions": [{"name": "no-dry-run", "expression": "!has(request.dryRun) || !request.dryRun"}],
            "failurePolicy": "Fail",
            "sideEffects": "None",
            "timeoutSeconds": 30,
            "admissionReviewVersions": ["v1"],
        }
        kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
        _delete(kube, f"{WEBHOOKS}/{name}")  # of a test that was interrupted
        kube.request("POST", WEBHOOKS, {**kind, "metadata": {"name": name}, "webhooks": [hook]})
        stack.callback(_delete, kube, f"{WEBHOOKS}/{name}")

        def asks(_output: str) -> bool:
            try:
                call, _address = nobody.accept()
            except BlockingIOError:
                return False
            stack.enter_context(call)  # a call that is hung up is an answer
            return True

        yield asks


def _delete(kube: Kube, path: str) -> None:
    try:
        kube.request("DELETE", path)
    except ApiError as error:
        if error.status != 404:
            raise
