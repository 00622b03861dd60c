# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Following an operator: waiting for a sub-phase, with what the pods show beside the operator's own words.

Private to the collection. An operator may say nothing for half an hour; what gives a wait up is a standstill, not its length.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import progress
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import operator_progress, phases, rolling, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb, Wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.waiting import lasting
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import in_sync, silent_wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import LedCluster, Signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    DeadlineExceeded,
    Forbidden,
    KraftError,
    Refused,
)

Tell = Callable[[str], None]
#: seconds for an operator that was asked to say anything at all: it takes one or two
ANSWERS = 60.0
#: why a wait is over whose request is not there any more
GONE = (
    "the request to the operator is not there any more: somebody deleted it, and nothing goes on; find out who, then run preflight.yml, which "
    "says what is left of the attempt"
)
#: what the cluster itself has to show when the operator says that it has reached a phase
STATES = {
    phases.DUAL_WRITE: (state.HYBRID, state.PURE),
    phases.COMPLETE: (state.FINALIZED,),
}


def wait_past(cluster: LedCluster, sub_phase: str, tell: Tell) -> Progress:
    """Wait until the operator has a sub-phase behind it, or waits for the znodes in a rollback without saying so, as was accepted.

    Raises KraftError (operator-failed) when it has given up, or waits for something else from us; DeadlineExceeded at a standstill, and
    when it does not answer at all.
    """

    def over(seen: Progress) -> str:
        answer = operator_progress.answer(seen, sub_phase)
        if not answer.needed:
            return answer.reason
        why = failure(cluster, seen) if seen.failed else operator_progress.cannot(seen, sub_phase)
        if why:
            code = "operator-failed" if seen.failed else "wrong-state"
            raise KraftError(f"{sub_phase} will not come: {why}", code=code)
        return ""

    return _Following(cluster, tell, sub_phase).wait(over)


def wait_for_znodes(cluster: LedCluster, sub_phase: str, tell: Tell) -> tuple[Progress, bool]:
    """Wait until the operator waits for the znodes, or needs no removal here; returns what was seen, and whether it waits. Raises as wait_past()."""

    def over(seen: Progress) -> str:
        if seen.failed:
            raise KraftError(failure(cluster, seen), code="operator-failed")
        if seen.waits_for is Wait.ZNODES:
            return f"the operator waits for {seen.waits_for.value}"
        early = answered_too_early(cluster, seen)
        if early:
            raise Refused(early, code="operator-will-not-stop")
        if not operator_progress.answer(seen, sub_phase).needed:
            return f"the operator is at {seen.where}"
        return ""

    following = _Following(cluster, tell, sub_phase)
    seen = following.wait(over)
    return seen, following.silent or (seen.waits_for is Wait.ZNODES and seen.sub_phase == sub_phase)


def wait_until_it_waits(cluster: LedCluster, tell: Tell) -> Progress:
    """Wait until the operator waits for us, or is at its end: what a request leads to. Raises as wait_past()."""

    def over(seen: Progress) -> str:
        if seen.failed:
            raise KraftError(failure(cluster, seen), code="operator-failed")
        return rests(seen)

    return _Following(cluster, tell, "following the operator").wait(over)


def rollback_pending(seen: Progress) -> str:
    """Return why nothing else can be asked for before a rollback is over and cleaned up, or an empty string."""
    if not seen.rolls_back:
        return ""
    return f"an attempt is being rolled back, or was and is not cleaned up: the operator is at {seen.where}; run rollback.yml again first"


def answered_too_early(cluster: LedCluster, seen: Progress) -> str:
    """Return that an operator was told too early that the znodes are gone, and what to do about it, or an empty string.

    One that does not show its wait was told by us, once somebody had said that it waits.
    """
    removed = any(event.get("what") == "removed" for event in cluster.journal.attempt())
    if not seen.answered_too_early or removed or silent_wait.accepted(cluster):
        return ""
    return (
        f"the operator is at {seen.where}, and was told already that the znodes are gone ({cluster.driver.answered_by()}): it would not wait for "
        "their removal, and restart brokers while KRaft holds ZooKeeper. Take that back, then run rollback.yml again"
    )


def rests(seen: Progress) -> str:
    """Return why nothing more comes of an operator by itself, or an empty string."""
    if seen.complete or seen.rolled_back:
        return f"the operator is at its end: {seen.where}"
    return f"the operator waits for {seen.waits_for.value}" if seen.waits_for is not Wait.NOTHING else ""


class _Following:
    """One wait: what it says every few seconds, and when it looks at Kafka itself because nothing moves.

    :ivar silent: whether it ended since the operator is taken to wait for the znodes, although it does not say so.
    """

    def __init__(self, cluster: LedCluster, tell: Tell, what: str) -> None:
        self._cluster, self._tell, self._what = cluster, tell, what
        self._began = time.monotonic()
        self._quiet = silent_wait.Quiet()
        self._controllers_seen = False
        self._asked: frozenset[Verb] | None = None
        self.silent = False

    def wait(self, over: Callable[[Progress], str]) -> Progress:
        """Follow until ``over`` says why it is over."""

        def judge(seen: Progress, signals: Signals) -> tuple[bool, str]:
            if not seen.started:
                raise Refused(GONE, code="wrong-state")
            self._watch_decision(seen)
            reason = over(seen)
            if reason:
                return True, reason
            lasted = time.monotonic() - self._began
            self._watch_controllers(seen, signals)
            self._refuse_unanswered(seen, lasted)
            silent = self._looked(seen, signals)
            if silent:
                self.silent = True
                return True, silent
            return False, lasting(f"the operator is at {seen.where}, {signals.text}", lasted)

        return follow(self._cluster, judge, self._tell, self._what)

    def _watch_decision(self, seen: Progress) -> None:
        """Say loudly that somebody tells the operator to finalize while this run only follows it."""
        before, self._asked = self._asked, seen.asked
        if before is None and self._forward:
            before = frozenset()
        if before is not None and Verb.FINALIZE in seen.asked - before:
            self._tell(
                f"DANGER: somebody has told the operator to finalize, which is at {seen.where}: it will not wait where it could be rolled back; if "
                "that was not meant, take it back at once"
            )

    @property
    def _forward(self) -> bool:
        """Whether it is waited for something before the end: whoever follows that has not asked for the end."""
        step = phases.BY_NAME.get(self._what)
        return step is not None and step.phase in (phases.SETUP, phases.MIGRATE, phases.DUAL_WRITE)

    def _watch_controllers(self, seen: Progress, signals: Signals) -> None:
        """Say loudly when the controllers get their last settings too early: an operator may not tell that step.

        Looked at once: a broker that runs in KRaft mode then stays in it, and each look asks every pod.
        """
        if (
            self._controllers_seen
            or not signals.controllers_change
            or Verb.FINALIZE not in seen.asked
            or seen.rolls_back
        ):
            return
        self._controllers_seen = True
        behind = left_behind(self._cluster, seen)
        if behind:
            self._tell(behind)

    def _refuse_unanswered(self, seen: Progress, lasted: float) -> None:
        """Raise DeadlineExceeded when the operator has not taken the request up."""
        answers = min(ANSWERS, self._cluster.params["wait_timeout"])
        if not seen.phase and lasted > answers:
            raise DeadlineExceeded(
                f"the operator has said nothing of the request for {answers:.0f} s: it does not run, does not look at this "
                f"namespace, or cannot read the request; {self._cluster.driver.why_silent()}",
                code="operator-silent",
            )

    def _looked(self, seen: Progress, signals: Signals) -> str:
        """Look at Kafka itself when nothing has moved for a while, and tell what is seen.

        Returns why the operator is taken to wait for the znodes although it does not say so; "" unless that was accepted by name.
        """
        if not self._quiet.due(seen, signals):
            return ""
        says = "; ".join(filter(None, (partitions(self._cluster), logs(self._cluster, seen))))
        self._tell(f"nothing moved for {silent_wait.QUIET:.0f} s; {says}")
        looks = _looks(self._cluster, seen, self._what)
        if looks.like and silent_wait.accepted(self._cluster):
            return f"{looks.like}; it is taken to wait for the removal of the znodes, as was accepted by name"
        if advice := silent_wait.advice(self._cluster, looks):
            self._tell(advice)
        return ""


def _looks(cluster: LedCluster, seen: Progress, what: str) -> silent_wait.Looks:
    """Whether it looks like the wait for the znodes; only where that can come next."""
    return silent_wait.found(cluster, seen) if what in silent_wait.BEFORE else silent_wait.Looks()


def left_behind(cluster: LedCluster, seen: Progress) -> str:
    """Return that the controllers lose the migration flag while a broker is not in KRaft mode yet, or an empty string. Reads freshly."""
    cluster.changed()
    behind = [pod for pod, mode in cluster.modes.items() if mode != state.MODE_KRAFT]
    if not behind:
        return ""
    return (
        f"DANGER: the operator is at {seen.where}, and {', '.join(behind)} do not run in KRaft mode: they lose their controller with the "
        "next step; look at these pods now"
    )


def partitions(cluster: LedCluster) -> str:
    """What Kafka's own metadata says of the replicas: an operator restarts no broker while one is out of sync."""
    try:
        behind = sorted(in_sync.out_of_sync(cluster))
    except Forbidden:
        raise
    except KraftError as error:
        return f"the partitions could not be read: {error.message}"
    if not behind:
        return "no partition is under-replicated"
    return f"{len(behind)} partitions are under-replicated: {rolling.named(behind)}"


def logs(cluster: LedCluster, seen: Progress) -> str:
    """What controllers and brokers write of a copy that does not begin or end, "" elsewhere: an operator passes none of it on."""
    return progress.why_stuck(cluster) if seen.phase in (phases.SETUP, phases.MIGRATE) else ""


def failure(cluster: LedCluster, seen: Progress) -> str:
    """What an operator that has given up says, and what usually is the cause."""
    hint = cluster.driver.hint(seen)
    return f"the operator has given up at {seen.spoken()}" + (f"; {hint}" if hint else "")


def follow(
    cluster: LedCluster, judge: Callable[[Progress, Signals], tuple[bool, str]], tell: Tell, what: str
) -> Progress:
    """Follow the operator until the judge says so. Raises DeadlineExceeded (operator-stuck, operator-silent-wait) at a standstill."""
    idle = cluster.params["wait_timeout"]
    try:
        return cluster.driver.follow(judge, idle=idle, progress=tell)
    except DeadlineExceeded as error:
        if error.code:  # it says more than that nothing moved
            raise
        seen = cluster.driver.observe()
        looks = _looks(cluster, seen, what)
        advice = silent_wait.advice(cluster, looks) or cluster.driver.hint(seen)
        says = f"it says {seen.message}" if seen.message and seen.message not in error.message else ""
        # what was told while it was followed is in the last reason
        parts = (
            error.message,
            says,
            logs(cluster, seen),
            "" if advice in error.message else advice,
            cluster.driver.why_silent(),
        )
        raise DeadlineExceeded(
            f"nothing moved for {idle} s (kraft_wait_timeout): {'; '.join(filter(None, parts))}",
            code=silent_wait.CODE if looks.like else "operator-stuck",
            detail=error.detail,
        ) from error


def agreement(cluster: LedCluster, seen: Progress) -> str:
    """Return in what the operator's phase and Kafka's own state disagree, or an empty string."""
    wanted = STATES.get(phases.ROLLBACK if seen.rolled_back else seen.phase)
    if seen.rolled_back:
        wanted = (state.ZOOKEEPER,)
    now = cluster.state
    if state.NOTHING_COPIED in now.reason and not seen.rolls_back:
        return f"the operator says {seen.where}, and brokers run in KRaft mode: {now.reason}; run rollback.yml"
    if wanted is None or now.name in wanted:
        return ""
    return f"the operator says {seen.where}, but the cluster is {now.name}: {now.reason}"


def refuse_uncopied(cluster: LedCluster, seen: Progress, *, brake: bool) -> None:
    """Raise KraftError (operator-copy-unproved) when brokers run in KRaft mode although nothing was copied; the operator is kept from going on before.

    Whoever joins a migration that somebody else began may come too late to see that while it is followed.

    :param brake: False in check mode.
    """
    if seen.rolls_back or seen.phase not in (phases.MIGRATE, phases.DUAL_WRITE):
        return
    now = cluster.state
    if state.NOTHING_COPIED not in now.reason:
        return
    how = cluster.driver.halt() if brake else ""
    raise KraftError(
        f"the operator is at {seen.where}, and {now.reason}. {how + '. ' if how else ''}Run rollback.yml now, which takes the brokers back, and deletes the "
        "controllers and their volumes",
        code="operator-copy-unproved",
    )


def started_as(seen: Progress, verb: Verb) -> str:
    """Return why the operator need not be asked, or an empty string: it was asked, or is past it."""
    if verb is Verb.MIGRATE and seen.started:
        return f"the operator was asked to migrate: it is at {seen.where}"
    if verb in seen.asked:
        return f"the operator was asked to {verb.value}: it is at {seen.where}"
    if verb is Verb.FINALIZE and seen.complete:
        return "the migration is complete"
    if verb is Verb.ROLLBACK and seen.rolled_back:
        return "the rollback is complete"
    return ""
