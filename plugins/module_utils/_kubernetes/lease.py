# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Lease of one run: at most one ansible-playbook changes a cluster at a time.

Private to the collection. Source: coordination.k8s.io/v1 Lease; renewTime and leaseDurationSeconds as in client-go's
leader election. The holder is ``user@host:pid:start-machine`` of ansible-playbook, so that a dead holder on this machine is
recognised at once; an alien one is waited out.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import pathlib
import socket
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import LEASE
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    KraftError,
    NotFound,
    Refused,
)

#: seconds; longer than the gap between two tasks of one run, and than a renewal that waits for an API server that is away
#: (RENEW_EVERY and rest.PATIENCE)
DURATION = 90
RENEW_EVERY = 15.0


def process_start(pid: int) -> str:
    """Return the start time of a process in clock ticks since boot, or an empty string when it does not run (Linux)."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    return stat.rsplit(")", 1)[1].split()[19]


def machine() -> str:
    """Return a short mark of this boot and of the space of process numbers that we see.

    Host names are not unique (cloned machines, execution environments on the host's network): without the mark a run that
    we merely cannot see would be taken for dead.
    """
    try:
        boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text("ascii")
        seen = f"{boot}{_process_space()}"
    except OSError:
        seen = ""
    return hashlib.sha256(seen.encode()).hexdigest()[:8]


def _process_space() -> str:
    return str(pathlib.Path("/proc/self/ns/pid").readlink())


def own_identity() -> str:
    """Return ``user@host:pid:start-machine`` of the ansible-playbook process, the parent of the worker that runs this."""
    pid = os.getppid()
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}:{pid}:{process_start(pid)}-{machine()}"


def holder_is_dead(holder: str) -> bool:
    """Whether ``holder`` ran on this machine and does not any more. A holder elsewhere is never called dead."""
    try:
        who, pid, rest = holder.rsplit(":", 2)
        start, _dash, mark = rest.partition("-")
        here = who.rsplit("@", 1)[1] == socket.gethostname() and mark == machine()
        return here and process_start(int(pid)) != start
    except (ValueError, IndexError):
        return False


class RunLease:
    """Acquire, renew by a thread while an action runs, release."""

    def __init__(
        self, client: KubeClient, namespace: str, name: str, holder: str, labels: Mapping[str, str] | None = None
    ) -> None:
        self._client = client
        self._namespace = namespace
        self.name = name
        self.holder = holder
        self._labels = dict(labels or {})
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def acquire(self, timeout: float, progress: Callable[[str], None]) -> bool:
        """Take the Lease; wait for an alien one at most ``timeout`` seconds.

        Returns False when it was ours already; True means that another run may have changed the cluster until now.
        Raises Refused (code lock-held) naming who holds it and since when.
        """
        deadline = time.monotonic() + timeout
        told, anew = "", False
        while True:
            held = self._client.find(LEASE, self.name, self._namespace)
            # once it was not ours, it is anew: a try whose answer was an error may have taken it all the same
            anew = anew or (held or {}).get("spec", {}).get("holderIdentity") != self.holder
            left = self._seconds_left(held)
            if left <= 0:
                try:
                    self._write(held)
                except Conflict:
                    continue
                return anew
            spec = (held or {}).get("spec", {})
            who, since = spec.get("holderIdentity", "?"), spec.get("acquireTime", "?")
            if time.monotonic() + min(left, 1.0) > deadline:
                raise Refused(
                    f"{who} has been migrating this cluster since {since} (Lease {self._namespace}/{self.name}); "
                    "wait for that run, or run unlock.yml when it is dead",
                    code="lock-held",
                    detail={"holder": who, "since": since},
                )
            if told != who:
                progress(f"waiting for the run of {who} (since {since}); its Lease ends in {left:.0f} s unless renewed")
                told = who
            self._stop.wait(min(left, 1.0))

    def _seconds_left(self, held: dict[str, Any] | None) -> float:
        if held is None:
            return 0.0
        spec = held.get("spec") or {}
        holder = spec.get("holderIdentity") or ""
        if not holder or holder == self.holder or holder_is_dead(holder):
            return 0.0
        renewed = spec.get("renewTime")
        if not renewed:
            return 0.0
        until = datetime.fromisoformat(renewed).timestamp() + int(spec.get("leaseDurationSeconds") or DURATION)
        return until - time.time()

    def _write(self, held: dict[str, Any] | None) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec = {"holderIdentity": self.holder, "leaseDurationSeconds": DURATION, "renewTime": now}
        if held is None:
            body = {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": self.name, "namespace": self._namespace, "labels": self._labels},
                "spec": {**spec, "acquireTime": now},
            }
            self._client.create(LEASE, body, self._namespace)
            return
        if (held.get("spec") or {}).get("holderIdentity") != self.holder:
            spec["acquireTime"] = now
        self._client.patch(
            LEASE, self.name, self._namespace, {"spec": spec}, resource_version=held["metadata"]["resourceVersion"]
        )

    def keep(self, lost: Callable[[str], None]) -> None:
        """Renew in the background until ``stop``; call ``lost(reason)`` once when somebody else has taken the Lease."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._renew, args=(lost,), name="kraft-lease", daemon=True)
        self._thread.start()

    def _renew(self, lost: Callable[[str], None]) -> None:
        last = time.monotonic()
        while not self._stop.wait(RENEW_EVERY):
            try:
                held = self._client.get(LEASE, self.name, self._namespace)
                who = (held.get("spec") or {}).get("holderIdentity")
                if who != self.holder:
                    lost(f"the Lease {self.name} was taken by {who}")
                    return
                self._write(held)
                last = time.monotonic()
            except NotFound:
                lost(f"the Lease {self.name} was deleted (unlock.yml?)")
                return
            except KraftError as error:
                if time.monotonic() - last > DURATION:
                    lost(f"the Lease {self.name} could not be renewed for {DURATION} s: {error.message}")
                    return

    def stop(self) -> None:
        """End the renewal; the Lease stays ours until it runs out."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5.0)
            self._thread = None

    def is_ours(self) -> bool:
        """Whether this run holds it, as the API server says now."""
        held = self._client.find(LEASE, self.name, self._namespace)
        return ((held or {}).get("spec") or {}).get("holderIdentity") == self.holder

    def release(self) -> None:
        """Give the Lease back when it is ours, so that the next run need not wait."""
        held = self._client.find(LEASE, self.name, self._namespace)
        if held is None or (held.get("spec") or {}).get("holderIdentity") != self.holder:
            return
        metadata = held["metadata"]
        try:
            # a new holder patches the same object: the UID alone would delete the Lease under them
            self._client.delete(
                LEASE, self.name, self._namespace, uid=metadata["uid"], resource_version=metadata["resourceVersion"]
            )
        except (Conflict, NotFound):
            return
