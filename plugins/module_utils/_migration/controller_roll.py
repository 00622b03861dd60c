# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controllers as a roll target: followers first, the active one last; never without a caught-up majority left.

Private to the collection. Safety rules 1 and 4 of docs/architecture.md.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import all_voters, caught_up, read_quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rolling, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.marks import pod_settings_hash
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts, pod_facts
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.hash_target import HashTarget
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.roll_engine import (
    Back,
    OtherFirst,
    RollEngine,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import DirectCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    KraftError,
    Unreachable,
)

#: seconds between two looks at the quorum; there is nothing to watch, and each look is two requests, or a JVM where nothing else serves
PACE = 0.25


class ControllerRoll(HashTarget):
    """Restarts the controllers whose pod does not have ``settings_hash`` yet, or those that are named."""

    what, id_name, unknown = "controller", "node id", "controllers-not-ready"

    def __init__(
        self,
        cluster: DirectCluster,
        settings_hash: str,
        wrong: Callable[[str, ProcessFacts], str],
        guard: Callable[[], None],
        left: Collection[str] | None = None,
    ) -> None:
        """``guard`` evaluates the gates; it runs before each restart until the first active controller without the flag.

        ``wrong(pod, facts)`` returns what is wrong with a running process, or an empty string.

        ``left``: the pods to restart, where a pod's hash does not tell what its process runs with.
        """

        def has_hash(pod: Mapping[str, Any]) -> bool:
            return pod_settings_hash(pod) == settings_hash

        super().__init__(
            {pod: number for number, pod in cluster.controller_ids.items()},
            has_hash,
            {
                name: pod
                for name, pod in cluster.controller_pods.items()
                if (not has_hash(pod) if left is None else name in left)
            },
        )
        self.cluster = cluster
        self._wrong = wrong
        self._guard = guard

    # Target

    def next(self) -> tuple[str | None, int]:
        """The next follower; the active controller at the end."""
        if not self._left:
            return None, 0
        last = None
        if len(self._left) > 1:
            leader = self._leader()
            last = next((pod for pod, number in self._ids.items() if number == leader), None)
        return rolling.order(self._left, last)[0], len(self._left)

    def _leader(self) -> int:
        """Whoever leads the quorum; during an election whoever is elected, since the order depends on it."""
        found: list[int] = []

        def check() -> str:
            quorum = read_quorum(self.cluster)
            leader = quorum.leader
            if leader is None:
                return quorum.leaderless
            found.append(leader)
            return ""

        paced(check, self.cluster.params["pod_timeout"], lambda _text: None)
        return found[-1]

    def guard(self, pod: str) -> None:
        """The gates, again right before the restart, and the majority after them: a gate may take seconds to read."""
        leaving = self.node_id(pod)
        self._guard()
        if cannot_spare(self.cluster, leaving):
            raise OtherFirst

    def wait_until_safe(self, pod: str, timeout: float, progress: Callable[[str], None]) -> None:
        """Wait until the other caught-up voters are a majority."""
        leaving = self.node_id(pod)
        paced(lambda: cannot_spare(self.cluster, leaving), timeout, progress)

    def started(self, pod: str) -> None:
        """Nothing to do early: the voter catches up later than its settings can be read."""

    def wait_until_back(self, pod: str, timeout: float, progress: Callable[[str], None]) -> Back:
        """Wait until the process runs the wanted settings and the voter has caught up."""
        mine = self.node_id(pod)
        facts = pod_facts(self.cluster.client, self.cluster.namespace, pod, self.cluster.controller_container)
        differs = self._wrong(pod, facts)
        if differs:
            raise KraftError(
                f"the controller runs with settings that differ from those written: {differs}",
                code="setting-overridden",
            )
        self.cluster.changed(Part.CONTROLLERS)

        def check() -> str:
            quorum = read_quorum(self.cluster)
            if quorum.leader is None:
                return quorum.leaderless
            return (
                "" if mine in caught_up(quorum) else f"controller {mine} has not caught up with leader {quorum.leader}"
            )

        paced(check, timeout, progress)
        noticed = int(time.time() * 1000)
        del self._left[pod]
        return Back(noticed, noticed)

    def extra_wait(self) -> float:
        """Controllers wait for nobody's address cache."""
        return 0.0


def cannot_spare(cluster: DirectCluster, leaving: int) -> str:
    """Return why the quorum cannot lose this controller now, or an empty string. A voter that does not answer is a voter."""
    quorum = read_quorum(cluster)
    voters, ready = all_voters(cluster, quorum), caught_up(quorum)
    if rolling.quorum_survives(voters, ready, leaving):
        return ""
    return f"without controller {leaving} the caught-up voters {sorted(ready)} are not a majority of {voters}"


def restart_with_flag(
    cluster: DirectCluster, pods: Collection[str], guard: Callable[[], None], progress: Callable[[str], None]
) -> None:
    """Restart controllers, one by one, that have to come back with the migration flag. Raises KraftError as a roll does.

    ``guard`` raises KraftError when one that is restarted now would come back without it.
    """

    def wrong(_pod: str, facts: ProcessFacts) -> str:
        return "" if state.has_flag(facts.settings) else "the migration flag is off"

    digest = cluster.driver.controllers.settings_hash()
    target = ControllerRoll(cluster, digest, wrong, guard, pods)
    engine = RollEngine(
        cluster.client,
        cluster.driver,
        cluster.namespace,
        cluster.controller_container,
        cluster.params["pod_timeout"],
        progress,
    )
    engine.run(target, lambda _restart: None)


def paced(check: Callable[[], str], timeout: float, progress: Callable[[str], None]) -> None:
    """Call ``check`` until it returns "" (done) or ``timeout`` seconds are over; it returns the reason why not yet.

    For signals that nobody can be notified of. Raises DeadlineExceeded with the last reason.
    """
    deadline = time.monotonic() + timeout
    reported, never = "", threading.Event()
    while True:
        try:
            reason = check()
        except Unreachable as error:
            reason = error.message
        if not reason:
            return
        if reason != reported:
            progress(reason)
            reported = reason
        left = deadline - time.monotonic()
        if left <= 0:
            raise DeadlineExceeded(f"waited {timeout:.0f} s: {reason}")
        never.wait(min(PACE, left))
