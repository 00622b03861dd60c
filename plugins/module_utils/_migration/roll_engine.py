# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roll engine: restarts one pod at a time, safely, and says what it waits for.

Private to the collection. What is safe and when a pod is back differs between brokers and controllers: a Target supplies it.
Batches come later: ``Target.next`` is the seam.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.zookeeper_route import is_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import rolling
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.budgets import budget_findings
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.carry_over import selects
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report.report import epoch_ms
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.diagnose import why_not_ready
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import PDB, POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict, wait_for
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.log_recovery import LogRecovery
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.pod_start import (
    PodStart,
    made_after,
    runs,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.platform import Direct
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    DeadlineExceeded,
    KraftError,
    NotFound,
    Refused,
    Unreachable,
)

#: seconds between two tries to have a pod go
PAUSE = 0.5
#: seconds from one look at a pod that takes longer than its deadline, since it recovers its logs, to the next
SLICE = 30.0

#: seconds after which a budget that says that it never allows an eviction is believed
NEVER = 10.0
#: pods that a budget may count whose status does not say: what it never allows of any number of pods
ANY_NUMBER = 1_000_000
#: code of budgets that never allow an eviction
BLOCKS = "budget-blocks"

Result = TypeVar("Result")


class OtherFirst(Exception):
    """Another pod has to be restarted before the one that was next."""


@dataclass(frozen=True)
class Back:
    """A pod is back: when it happened and when we noticed (milliseconds since the epoch)."""

    happened_ms: int
    noticed_ms: int
    note: str = ""


@dataclass
class Restart:
    """Times of one restart, in milliseconds since the epoch."""

    pod: str
    node_id: int
    deleted_ms: int
    ready_ms: int = 0
    back_ms: int = 0
    noticed_ms: int = 0
    note: str = ""
    #: waited before the deletion for the clients' sake, in milliseconds
    paused_ms: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the journal, with seconds to Ready and to the ISR."""
        return {
            **vars(self),
            "to_ready": round((self.ready_ms - self.deleted_ms) / 1000, 2),
            "to_back": round((self.noticed_ms - self.deleted_ms) / 1000, 2),
        }


class Target(Protocol):
    """What is rolled."""

    what: str

    def next(self) -> tuple[str | None, int]:
        """Return the next pod to restart (None = done) and how many are left, that one included."""

    def node_id(self, pod: str) -> int:
        """Return the broker or controller id of a pod."""

    def guard(self, pod: str) -> None:
        """Check gates and that nobody changed our objects; raise KraftError to stop the roll."""

    def wait_until_safe(self, pod: str, timeout: float, progress: Callable[[str], None]) -> None:
        """Wait until the pod may be deleted; raise DeadlineExceeded with the reason, OtherFirst to be asked for the next one again."""

    def restarted(self, pod: Mapping[str, Any]) -> bool:
        """Return whether somebody else has restarted a pod that is still to be done, onto the wanted settings."""

    def started(self, pod: str) -> None:
        """Note that a container of the restarted pod runs; called at each look until the pod is Ready."""

    def check_settings(self, pod: Mapping[str, Any]) -> Verdict:
        """Whether a Ready pod is one that has the wanted settings."""

    def wait_until_back(self, pod: str, timeout: float, progress: Callable[[str], None]) -> Back:
        """Wait until the restarted pod serves again; raise DeadlineExceeded with the reason."""

    def extra_wait(self) -> float:
        """Seconds that each restart is expected to wait beyond the restart itself."""


@dataclass
class RollEngine:
    """Rolls a Target.

    ``pod_timeout`` in seconds for one pod from its deletion until it is back; ``interval`` in seconds from one restart to
    the next at least; ``previous_ms`` is when a pod of the target was last restarted, by whomever (milliseconds since the
    epoch): an earlier roll may have ended just now. ``recovery_timeout`` in seconds without progress of a pod that recovers its
    logs, which ``pod_timeout`` does not count.
    """

    client: KubeClient
    driver: Direct
    namespace: str
    container: str
    pod_timeout: float
    progress: Callable[[str], None]
    interval: float = 0.0
    previous_ms: int = 0
    recovery_timeout: float = 300.0
    restarts: list[Restart] = field(default_factory=list)

    def run(self, target: Target, on_restart: Callable[[Restart], None]) -> list[Restart]:
        """Restart what is left, one by one. Raises KraftError when a pod does not come back: nothing else is touched."""
        began = time.monotonic()
        total = 0
        while True:
            pod, left = target.next()
            if pod is None:
                return self.restarts
            # a target may find more to restart on the way
            total = max(total, len(self.restarts) + left)
            place = f"{target.what} {len(self.restarts) + 1}/{total}: {pod}"
            paused = self._pause(place)
            measured = [max((r.noticed_ms - r.deleted_ms) / 1000, self.interval) for r in self.restarts]
            seconds = rolling.eta(left, measured, target.extra_wait())
            self.progress(f"{place}: restarting (elapsed {time.monotonic() - began:.0f} s, ETA {seconds:.0f} s)")
            try:
                restart = self._restart(target, pod, place)
            except OtherFirst:
                continue
            restart.paused_ms = paused
            self.restarts.append(restart)
            self.previous_ms = restart.deleted_ms
            on_restart(restart)
            data = restart.as_dict()
            self.progress(
                f"{place}: back after {data['to_back']:.1f} s (Ready after {data['to_ready']:.1f} s) {restart.note}".rstrip()
            )

    def _pause(self, place: str) -> int:
        """Wait until ``interval`` is over since the last restart: clients may still keep the address of that pod.

        Returns the milliseconds that were waited. Clocks may differ: never longer than the interval.
        """
        left = min(self.previous_ms / 1000 + self.interval - time.time(), self.interval)
        if left <= 0:
            return 0
        self.progress(
            f"{place}: in {left:.0f} s, since clients may still use the old address of the previously restarted pod "
            "(kraft_restart_interval)"
        )
        threading.Event().wait(left)
        return int(left * 1000)

    def _restart(self, target: Target, pod: str, place: str) -> Restart:
        def progress(text: str) -> None:
            self.progress(f"{place}: {text}")

        uid, gone_ms = self._remove_when_safe(target, pod, progress)
        deadline = time.monotonic() + self.pod_timeout
        restart = Restart(pod, target.node_id(pod), gone_ms)
        start = PodStart(self.client, self.namespace, pod, self.container, uid)

        def check(pods: Mapping[str, Mapping[str, Any]]) -> Verdict:
            found = pods.get(pod)
            verdict = start.verdict(found)
            if found is not None and found["metadata"]["uid"] != uid and runs(found):
                target.started(pod)
            return target.check_settings(found) if found is not None and verdict.done else verdict

        def ready(seconds: float) -> object:
            return wait_for(self.client, POD, self.namespace, check, timeout=seconds, name=pod, progress=progress)

        recovery = LogRecovery(
            self.client,
            self.namespace,
            pod,
            self.container,
            progress,
            standstill=self.recovery_timeout,
            start=self.pod_timeout,
        )
        try:
            with recovery:
                _patiently(ready, deadline, recovery)
                restart.ready_ms = int(time.time() * 1000)
                back = _patiently(lambda seconds: target.wait_until_back(pod, seconds, progress), deadline, recovery)
        except KraftError as error:
            why = why_not_ready(self.client, self.namespace, pod, self.container)
            text = (
                f"{place} did not come back: {error.message}"
                + (f"; {why}" if why else "")
                + "; the rolling restart stops here"
            )
            raise type(error)(text, code=error.code, detail=error.detail) from error
        restart.back_ms, restart.noticed_ms, restart.note = back.happened_ms, back.noticed_ms, back.note
        return restart

    def _remove_when_safe(self, target: Target, pod: str, progress: Callable[[str], None]) -> tuple[str, int]:
        """Have the pod removed once that is safe; returns its uid and when it went (milliseconds).

        What makes it safe is looked at again before each try: while a budget allowed nothing, or the API server was away,
        somebody else may have taken another pod. One that somebody else took itself is left to come back.
        """
        deadline = 0.0
        while True:
            found = self._wait_until_safe(target, pod, progress)
            deadline = deadline or time.monotonic() + self.pod_timeout
            now = int(time.time() * 1000)
            if found is None or target.restarted(found):
                progress("somebody else restarted it; waiting until it is back")
                return "", now
            uid = str(found["metadata"]["uid"])
            try:
                if self._remove(found, deadline, progress):
                    return uid, int(time.time() * 1000)
            except (Conflict, NotFound, Unreachable) as error:
                if self._is_gone(pod, uid):
                    return uid, now
                if time.monotonic() >= deadline:
                    raise
                progress(f"{error.message}; trying again")
                threading.Event().wait(PAUSE)

    def _wait_until_safe(self, target: Target, pod: str, progress: Callable[[str], None]) -> Mapping[str, Any] | None:
        deadline = time.monotonic() + self.pod_timeout
        while True:
            target.wait_until_safe(pod, max(deadline - time.monotonic(), 0.0), progress)
            target.guard(pod)
            # it would not come back before that one does
            missing = made_after(self.client, self.namespace, pod)
            if not missing:
                return self.client.find(POD, pod, self.namespace)
            if time.monotonic() >= deadline:
                raise DeadlineExceeded(f"waited {self.pod_timeout:.0f} s: {missing}")
            self._wait_until_made(pod, deadline, progress)

    def _wait_until_made(self, pod: str, deadline: float, progress: Callable[[str], None]) -> None:
        """Wait until nothing would keep the pod's StatefulSet from making it again, or the deadline; whoever calls looks at all of it again."""

        def check(_pods: Mapping[str, Any]) -> Verdict:
            missing = made_after(self.client, self.namespace, pod)
            return Verdict(not missing, missing)

        try:
            wait_for(
                self.client,
                POD,
                self.namespace,
                check,
                timeout=max(deadline - time.monotonic(), 0.0),
                progress=progress,
            )
        except DeadlineExceeded:
            return

    def _is_gone(self, pod: str, uid: str) -> bool:
        """Whether the very pod is deleted or being deleted, by whomever."""
        found = self.client.find(POD, pod, self.namespace)
        return found is None or found["metadata"]["uid"] != uid or bool(found["metadata"].get("deletionTimestamp"))

    def _remove(self, pod: Mapping[str, Any], deadline: float, progress: Callable[[str], None]) -> bool:
        """Evict where a PodDisruptionBudget covers the pod, else delete; False when the budget refused and was waited for.

        A pod that is not Ready is deleted: it serves nobody, and its budget would never allow an eviction while it is so.
        """
        name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
        budgets = [each for each in self.client.list(PDB, self.namespace) if _covers(each, pod)]
        if not is_ready(pod) or not budgets:
            self.driver.remove_pod(name, uid)
            return True
        if len(budgets) > 1:
            # the API server answers an error of its own, however often it is asked
            raise Refused(_blocked(budgets, pod), code=BLOCKS)
        if self.driver.evict_pod(name, uid):
            return True
        progress("the PodDisruptionBudget allows no eviction yet")
        left = deadline - time.monotonic()
        if left <= 0:
            raise DeadlineExceeded(f"{name}: its PodDisruptionBudget allowed no eviction for {self.pod_timeout:.0f} s")
        wait_for(self.client, PDB, self.namespace, _allows_disruption(pod), timeout=left)
        return False


def _patiently(wait: Callable[[float], Result], deadline: float, recovery: LogRecovery) -> Result:
    """Wait until a deadline, and for as long as the pod recovers its logs beyond it. Raises what ``wait`` raises."""
    while True:
        try:
            return wait(max(deadline - time.monotonic(), 1.0))
        except DeadlineExceeded as error:
            more = min(recovery.more(), SLICE)
            if more > 0:
                deadline = time.monotonic() + more
                continue
            if not recovery.why:
                raise
            raise DeadlineExceeded(f"{recovery.why}; {error.message}", code=error.code, detail=error.detail) from error


def _covers(budget: Mapping[str, Any], pod: Mapping[str, Any]) -> bool:
    return selects((budget.get("spec") or {}).get("selector"), pod["metadata"].get("labels") or {})


def _blocked(budgets: Iterable[Mapping[str, Any]], pod: Mapping[str, Any]) -> str:
    """Return why no eviction of the pod will ever be allowed, or an empty string."""
    labels = {str(pod["metadata"]["name"]): pod["metadata"].get("labels") or {}}
    return "; ".join(each.sentence for each in budget_findings(budgets, labels, ANY_NUMBER))


def _allows_disruption(pod: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], Verdict]:
    """Checks the budgets of a pod; raises Refused (budget-blocks) when they have said for a while that they never allow an eviction."""
    never_since: list[float] = []

    def check(budgets: Mapping[str, Any]) -> Verdict:
        covering = [each for each in budgets.values() if _covers(each, pod)]
        blocked = _blocked(covering, pod)
        if not blocked:
            never_since.clear()
        elif not never_since:
            # how many pods it counts may be from before a pod came back
            never_since.append(time.monotonic())
        elif time.monotonic() - never_since[0] >= NEVER:
            raise Refused(blocked, code=BLOCKS)
        for budget in covering:
            if not (budget.get("status") or {}).get("disruptionsAllowed", 0):
                name = budget["metadata"]["name"]
                return Verdict(False, blocked or f"PodDisruptionBudget {name} allows no disruption now")
        return Verdict(True, "")

    return check


def made_ms(pod: Mapping[str, Any]) -> int:
    """Return when a pod was made, in milliseconds since the epoch (to the second)."""
    return epoch_ms(pod["metadata"].get("creationTimestamp"))
