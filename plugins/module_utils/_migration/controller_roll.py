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
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rolling
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts, pod_facts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.roll_engine import Back
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.cluster import StatefulSetCluster
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.writes import pod_settings_hash
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    KraftError,
    Refused,
    Unreachable,
)

#: seconds between two looks at the quorum; there is nothing to watch, and each look is two requests, or a JVM where nothing else serves
PACE = 0.25


class ControllerRoll:
    """Restarts the controllers whose pod does not have ``settings_hash`` yet, or those that are named."""

    what = "controller"

    def __init__(
        self,
        cluster: StatefulSetCluster,
        settings_hash: str,
        wanted: Callable[[str, ProcessFacts], str],
        make_sure: Callable[[], None],
        left: Collection[str] | None = None,
    ) -> None:
        """``make_sure`` evaluates the gates; it runs before each restart until the first active controller without the flag.

        ``left``: the pods to restart, where a pod's hash does not tell what its process runs with.
        """
        self.cluster = cluster
        self._hash = settings_hash
        self._wanted = wanted
        self._sure = make_sure
        self._ids = {pod: number for number, pod in cluster.controller_ids.items()}
        #: pod -> uid: one that is named may have the hash already, and is no restarted one for that
        self._left: dict[str, str] = {
            pod: obj["metadata"]["uid"]
            for pod, obj in cluster.controller_pods.items()
            if (not self._has_hash(obj) if left is None else pod in left)
        }

    def _has_hash(self, pod: Mapping[str, Any]) -> bool:
        return pod_settings_hash(pod) == self._hash

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

        def look() -> str:
            leader = read_quorum(self.cluster).leader
            if leader is None:
                return "the quorum has no leader"
            found.append(leader)
            return ""

        paced(look, self.cluster.params["pod_timeout"], lambda _text: None)
        return found[-1]

    def node_id(self, pod: str) -> int:
        """The controller's node id. Raises Refused when the process could not be read."""
        if pod not in self._ids:
            raise Refused(
                f"the node id of controller pod {pod} is not known; start it first", code="controllers-not-ready"
            )
        return self._ids[pod]

    def make_sure(self, pod: str) -> None:
        """The gates, again right before the restart."""
        self.node_id(pod)
        self._sure()

    def wait_until_safe(self, pod: str, timeout: float, progress: Callable[[str], None]) -> None:
        """Wait until the other caught-up voters are a majority."""
        leaving = self.node_id(pod)

        def look() -> str:
            quorum = read_quorum(self.cluster)
            voters = all_voters(self.cluster, quorum)
            if rolling.quorum_survives(voters, caught_up(quorum), leaving):
                return ""
            return f"without controller {leaving} the caught-up voters {sorted(caught_up(quorum))} are no majority of {voters}"

        paced(look, timeout, progress)

    def restarted(self, pod: Mapping[str, Any]) -> bool:
        """Whether somebody else has restarted it onto the wanted settings."""
        return self._has_hash(pod) and pod["metadata"]["uid"] not in self._left.values()

    def started(self, pod: str) -> None:
        """Nothing to do early: the voter catches up later than its settings can be read."""

    def judge(self, pod: Mapping[str, Any]) -> Verdict:
        """A Ready pod counts when its template is the wanted revision."""
        if self._has_hash(pod):
            return Verdict(True, "Ready")
        return Verdict(False, "the new pod has another settings hash than the StatefulSet was given", fatal=True)

    def wait_until_back(self, pod: str, timeout: float, progress: Callable[[str], None]) -> Back:
        """Wait until the process runs the wanted settings and the voter has caught up."""
        mine = self.node_id(pod)
        facts = pod_facts(self.cluster.client, self.cluster.namespace, pod, self.cluster.controller_container)
        wrong = self._wanted(pod, facts)
        if wrong:
            raise KraftError(
                f"the controller runs with other settings than written: {wrong}", code="setting-overridden"
            )
        self.cluster.changed(Part.CONTROLLERS)

        def look() -> str:
            quorum = read_quorum(self.cluster)
            if quorum.leader is None:
                return "the quorum has no leader"
            return (
                "" if mine in caught_up(quorum) else f"controller {mine} has not caught up with leader {quorum.leader}"
            )

        paced(look, timeout, progress)
        noticed = int(time.time() * 1000)
        del self._left[pod]
        return Back(noticed, noticed)

    def extra_wait(self) -> float:
        """Controllers wait for nobody's address cache."""
        return 0.0


def paced(look: Callable[[], str], timeout: float, progress: Callable[[str], None]) -> None:
    """Call ``look`` until it returns "" (done) or ``timeout`` seconds are over; it returns the reason why not yet.

    For signals that nobody can be notified of. Raises DeadlineExceeded with the last reason.
    """
    deadline = time.monotonic() + timeout
    told, never = "", threading.Event()
    while True:
        try:
            reason = look()
        except Unreachable as error:
            reason = error.message
        if not reason:
            return
        if reason != told:
            progress(reason)
            told = reason
        left = deadline - time.monotonic()
        if left <= 0:
            raise DeadlineExceeded(f"waited {timeout:.0f} s: {reason}")
        never.wait(min(PACE, left))
