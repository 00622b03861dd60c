# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Lease of one run: at most one ansible-playbook changes a cluster at a time.

Private to the collection. Source: coordination.k8s.io/v1 Lease, as client-go's leader election uses it: nobody's clock is
compared with anybody else's. A Lease has run out when *we* have seen it unchanged for its whole duration, and whoever cannot
renew it gives up at ``RENEW_DEADLINE``, before that. The holder is ``user@host:pid:start-machine`` of ansible-playbook, so
that a dead holder on this machine is recognised at once; an alien one is waited out.
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

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.ownership import owner_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import LEASE
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    KraftError,
    NotFound,
    Refused,
)

#: seconds that nobody else takes it; longer than the gap between two tasks of one run
DURATION = 90
RENEW_EVERY = 5.0
#: seconds since the last renewal after which the holder stops: sooner than another may take the Lease, and not before the API
#: server has been away for as long as other requests wait for it (RENEW_EVERY and rest.PATIENCE)
RENEW_DEADLINE = 80.0
CHECK_EVERY = 1.0  # seconds between two reads of another run's Lease, and of our own clock


def clock() -> float:
    """Return seconds that nobody sets, and that also pass while the machine is suspended: others do not wait for a laptop."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


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


class Observed:
    """How long a Lease has been seen unchanged.

    :ivar alive: whether somebody has renewed it before our eyes.
    """

    def __init__(self) -> None:
        self._spec: dict[str, Any] | None = None
        self._since = clock()
        self.alive = False

    def seconds_left(self, spec: dict[str, Any]) -> float:
        """Take in what was read just now; returns how long it has to stay like that before its holder counts as gone."""
        if spec != self._spec:
            self.alive = self._spec is not None
            self._spec, self._since = spec, clock()
        return self._since + _duration_of(spec) - clock()


def _duration_of(spec: dict[str, Any]) -> int:
    return int(spec.get("leaseDurationSeconds") or DURATION)


def _seems_over(spec: dict[str, Any]) -> bool:
    """Whether it ran out long ago if its holder's clock is right: worth waiting for, and no proof of anything."""
    try:
        renewed = datetime.fromisoformat(spec["renewTime"])
        return (datetime.now(UTC) - renewed).total_seconds() > _duration_of(spec)
    except (KeyError, TypeError, ValueError):
        return True


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
        self._threads: list[threading.Thread] = []
        #: by clock(): when the last renewal that was answered was sent
        self._renewed = clock()
        self._trouble = "no answer"

    def acquire(self, timeout: float, progress: Callable[[str], None]) -> bool:
        """Take the Lease; wait for an alien one at most ``timeout`` seconds, or its duration when its holder seems to be gone.

        Returns False when it was ours already; True means that another run may have changed the cluster until now.
        Raises Refused (code lock-held) naming who holds it and since when.
        """
        deadline, pause = clock() + timeout, threading.Event()
        reported, newly_held, observed = "", False, Observed()
        while True:
            held = self._find()
            spec = (held or {}).get("spec") or {}
            # once it was not ours, it is newly held: a try whose answer was an error may have taken it all the same
            newly_held = newly_held or spec.get("holderIdentity") != self.holder
            left = 0.0 if self._is_free(spec) else observed.seconds_left(spec)
            if left <= 0:
                try:
                    self._write(held)
                except Conflict:
                    continue
                return newly_held
            who, since = spec["holderIdentity"], spec.get("acquireTime", "?")
            worth_it = _seems_over(spec) and not observed.alive
            if clock() + min(left, CHECK_EVERY) > deadline and not worth_it:
                raise Refused(
                    f"{who} has been migrating this cluster since {since} (Lease {self._namespace}/{self.name}); "
                    "wait for that run; if it is no longer alive, run unlock.yml",
                    code="lock-held",
                    detail={"holder": who, "since": since},
                )
            if reported != who:
                progress(
                    f"waiting for the run of {who} (since {since}); its Lease expires in {left:.0f} s unless renewed"
                )
                reported = who
            pause.wait(min(left, CHECK_EVERY))

    def _find(self) -> dict[str, Any] | None:
        """The Lease, None when there is none. Raises Refused when something else has its name."""
        held = self._client.find(LEASE, self.name, self._namespace)
        labels = ((held or {}).get("metadata") or {}).get("labels") or {}
        if held is not None and any(labels.get(key) != value for key, value in self._labels.items()):
            wanted = ", ".join(f"{key}={value}" for key, value in self._labels.items())
            raise Refused(
                f"Lease {self._namespace}/{self.name} has a name that this migration needs and does not carry its labels ({wanted}); it seems to "
                f"belong to {owner_of(held)}; recreate it under another name: kraft_cluster determines this one",
                code="foreign-object",
            )
        return held

    def _is_free(self, spec: dict[str, Any]) -> bool:
        """Whether nobody holds it, or we do, or a run that is known to be dead."""
        holder = spec.get("holderIdentity") or ""
        return not holder or holder == self.holder or holder_is_dead(holder)

    def _write(self, held: dict[str, Any] | None) -> None:
        sent = clock()
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
            self._renewed = sent
            return
        if (held.get("spec") or {}).get("holderIdentity") != self.holder:
            spec["acquireTime"] = now
        self._client.patch(
            LEASE, self.name, self._namespace, {"spec": spec}, resource_version=held["metadata"]["resourceVersion"]
        )
        self._renewed = sent

    def keep(self, lost: Callable[[str], None]) -> None:
        """Renew in the background until ``stop``; call ``lost(reason)`` once when the Lease is not surely ours any more.

        That is when somebody else has it, or nobody, or when no renewal was answered for ``RENEW_DEADLINE`` seconds.
        """
        self._stop.clear()
        first = threading.Lock()

        def once(reason: str) -> None:
            if first.acquire(blocking=False) and not self._stop.is_set():  # pylint: disable=consider-using-with
                self._stop.set()
                lost(reason)

        # two threads: a request that hangs must not keep the clock from being looked at
        self._threads = [
            threading.Thread(target=work, args=(once,), name=f"kraft-lease-{name}", daemon=True)
            for name, work in (("renew", self._renew), ("deadline", self._watch_deadline))
        ]
        for thread in self._threads:
            thread.start()

    def _renew(self, lost: Callable[[str], None]) -> None:
        while not self._stop.wait(RENEW_EVERY):
            try:
                held = self._client.get(LEASE, self.name, self._namespace)
                who = (held.get("spec") or {}).get("holderIdentity")
                if who != self.holder:
                    lost(f"the Lease {self.name} was taken by {who}")
                    return
                self._write(held)
            except NotFound:
                lost(f"the Lease {self.name} was deleted (unlock.yml?)")
                return
            except KraftError as error:
                self._trouble = error.message

    def _watch_deadline(self, lost: Callable[[str], None]) -> None:
        while not self._stop.wait(min(CHECK_EVERY, max(0.0, self._renewed + RENEW_DEADLINE - clock()))):
            if clock() - self._renewed >= RENEW_DEADLINE:
                lost(f"the Lease {self.name} could not be renewed for {RENEW_DEADLINE:g} s: {self._trouble}")
                return

    def stop(self) -> None:
        """End the renewal; the Lease stays ours until it runs out."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=5.0)
        self._threads = []

    def is_ours(self) -> bool:
        """Whether this run holds it, as the API server says now."""
        held = self._client.find(LEASE, self.name, self._namespace)
        return ((held or {}).get("spec") or {}).get("holderIdentity") == self.holder

    def held_by(self) -> str | None:
        """Return who holds the Lease, whoever that is; None when there is none. Raises Refused when it is no Lease of ours."""
        held = self._find()
        return None if held is None else str((held.get("spec") or {}).get("holderIdentity") or "nobody")

    def take_away(self) -> None:
        """Delete the very Lease that is there now, whoever holds it: the user says that its holder is dead. Raises Refused as held_by()."""
        held = self._find()
        if held is None:
            return
        try:
            self._client.delete(LEASE, self.name, self._namespace, uid=held["metadata"]["uid"])
        except NotFound:
            return

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
