# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second pair of eyes on a cluster: what its status says, what is in the nodes' ConfigMaps, which pods are restarted, and when."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from tests.sandbox.beside import beside
from tests.sandbox.config import SandboxError

from . import names
from .double import Double, connect
from .names import Object

#: seconds between two looks
LOOK = 0.2


class Sight(NamedTuple):
    """Something that changed. kind: "state", "conditions", "phase", "restart", "ids". at: seconds of time.monotonic()."""

    kind: str
    what: str
    at: float


class Watcher:
    """Compares each look with the one before; what there was at the first one is nothing that changed."""

    def __init__(self) -> None:
        self.seen: list[Sight] = []
        self._first = True
        self._last: dict[str, str] = {}
        self._uids: dict[str, str] = {}

    def look(self, status: Object, configs: Sequence[Object], pods: Sequence[Object]) -> None:
        """Take in what there is now."""
        conditions = status.get("conditions") or []
        # in the order in which they come within one look: a pass ends with restarts and its word, and the next one begins with settings
        for pod in sorted(pods, key=lambda one: str(one["metadata"]["creationTimestamp"])):
            name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
            if self._uids.get(name) not in (None, uid):
                self._add("restart", name)
            self._uids[name] = uid
        self._note("ids", ",".join(map(str, status.get("registeredNodeIds") or [])))
        self._note("state", str(status.get("kafkaMetadataState") or ""))
        self._note("conditions", " ".join(f"{c['type']}:{c.get('reason') or ''}" for c in conditions))
        phases = sorted({str((config.get("data") or {}).get("metadata.state", "")) for config in configs} - {""})
        if len(phases) == 1:
            self._note("phase", phases[0])
        self._first = False

    def _note(self, kind: str, what: str) -> None:
        if what and self._last.get(kind) != what:
            self._last[kind] = what
            self._add(kind, what)

    def _add(self, kind: str, what: str) -> None:
        if not self._first:
            self.seen.append(Sight(kind, what, time.monotonic()))


@contextmanager
def watched(double: Double) -> Iterator[list[Sight]]:
    """Collect what is seen; shorter moments than LOOK may be missed."""
    other = connect(double.namespace)
    other.spec = double.spec
    watcher = Watcher()
    labels = f"{names.NAME_LABEL}={double.spec.name}-kafka"

    def look() -> None:
        try:
            configs, pods = other.api.list("ConfigMap", labels), other.api.list("Pod", labels)
            watcher.look(other.status, configs, pods)
        except SandboxError:
            return

    try:
        look()  # what follows is compared with it
        with beside(look, LOOK):
            yield watcher.seen
        look()
    finally:
        other.kube.close()
