# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Processes of the sandbox's pods, as the node sees them: signals that a pod cannot send to its own first process.

Found by the container's id in containerd's list of tasks, and held by a pidfd: a signal never meets a stranger.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.sandbox.config import Folders, SandboxError
from tests.sandbox.console import run
from tests.sandbox.kube import Kube


def container_id(pod: dict[str, Any]) -> str:
    """Id of the pod's first container that runs. Raises SandboxError when none does."""
    for status in pod["status"].get("containerStatuses") or []:
        if "running" in status.get("state", {}):
            return str(status["containerID"]).rpartition("//")[2]
    raise SandboxError(f"no container of pod {pod['metadata']['name']} runs")


def tasks() -> dict[str, int]:
    """Container id to the number of its first process, of every container of the sandbox."""
    socket = Folders().state / "containerd.sock"
    lines = run(["ctr", "--address", socket, "-n", "k8s.io", "tasks", "ls"]).splitlines()
    found = {}
    for line in lines[1:]:
        words = line.split()
        if len(words) >= 3 and words[1].isdigit():
            found[words[0]] = int(words[1])
    return found


def first_process(kube: Kube, namespace: str, pod: str) -> int:
    """Number of the first process of the pod's container, on the node. Raises SandboxError when there is none."""
    found = kube.get("Pod", pod, namespace)
    if found is None:
        raise SandboxError(f"pod {namespace}/{pod} is not there")
    number = tasks().get(container_id(found))
    if not number:
        raise SandboxError(f"containerd knows no process of pod {namespace}/{pod}")
    return number


def jvm(first: int) -> int:
    """The Java process of a container: its first process, or the first one below it. Raises SandboxError."""
    left = [first]
    while left:
        number = left.pop(0)
        try:
            name = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")[0]
            below = Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii").split()
        except OSError:
            continue  # it has ended
        if name.rpartition(b"/")[2] == b"java":
            return number
        left += [int(each) for each in below]
    raise SandboxError(f"no Java process runs below process {first}")


def state_of(number: int) -> str:
    """State letter of a process (R, S, T = stopped, Z), or an empty string when it is gone."""
    try:
        text = Path(f"/proc/{number}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    return text.rpartition(")")[2].split()[0]


@contextlib.contextmanager
def held(kube: Kube, namespace: str, pod: str) -> Iterator[tuple[int, int]]:
    """The Java process of a pod, as (number, pidfd)."""
    number = jvm(first_process(kube, namespace, pod))
    descriptor = os.pidfd_open(number)
    try:
        if not state_of(number):
            raise SandboxError(f"the Java process of pod {namespace}/{pod} has just ended")
        yield number, descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def paused(kube: Kube, namespace: str, pod: str) -> Iterator[int]:
    """Stop the Java process of a pod while the block runs (SIGSTOP, SIGCONT); yields its number."""
    with held(kube, namespace, pod) as (number, descriptor):
        signal.pidfd_send_signal(descriptor, signal.SIGSTOP)
        try:
            yield number
        finally:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, signal.SIGCONT)
