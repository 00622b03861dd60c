# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Following an operator: waiting for a sub-phase, with what the pods show beside the operator's own words.

Private to the collection. An operator may say nothing for half an hour; what gives a wait up is a standstill, not its length.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import operator_progress, phases, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb, Wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import LedCluster, Signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded, KraftError

Tell = Callable[[str], None]
#: seconds after which a wait says again what it waits for
EVERY = 5.0
#: seconds for an operator that was asked to say anything at all: it takes one or two
ANSWERS = 60.0
#: what the cluster itself has to show when the operator says that it has reached a phase
STATES = {
    phases.DUAL_WRITE: (state.HYBRID, state.PURE),
    phases.COMPLETE: (state.FINALIZED,),
}


def wait_past(cluster: LedCluster, sub_phase: str, tell: Tell) -> Progress:
    """Wait until the operator has a sub-phase behind it.

    Raises KraftError (operator-failed) when it has given up, or waits for something else from us; DeadlineExceeded at a standstill, and
    when it does not answer at all.
    """

    def judge(seen: Progress) -> str:
        answer = operator_progress.answer(seen, sub_phase)
        if not answer.needed:
            return answer.reason
        why = operator_progress.cannot(seen, sub_phase)
        if why:
            raise KraftError(
                f"{sub_phase} will not come: {why}", code="operator-failed" if seen.failed else "wrong-state"
            )
        return ""

    return _wait(cluster, judge, tell, sub_phase)


def wait_until_it_waits(cluster: LedCluster, tell: Tell) -> Progress:
    """Wait until the operator waits for us, or is at its end: what a request leads to. Raises as wait_past()."""

    def judge(seen: Progress) -> str:
        if seen.failed:
            raise KraftError(f"the operator has given up at {seen.spoken()}", code="operator-failed")
        return rests(seen)

    return _wait(cluster, judge, tell, "following the operator")


def rests(seen: Progress) -> str:
    """Return why nothing more comes of an operator by itself, or an empty string."""
    if seen.complete or seen.rolled_back:
        return f"the operator is at its end: {seen.where}"
    return f"the operator waits for {seen.waits_for.value}" if seen.waits_for is not Wait.NOTHING else ""


def _wait(cluster: LedCluster, over: Callable[[Progress], str], tell: Tell, what: str) -> Progress:
    """Follow until ``over`` says why it is over, with a line every few seconds."""
    began = time.monotonic()
    answers = min(ANSWERS, cluster.params["wait_timeout"])

    def judge(seen: Progress, signals: Signals) -> tuple[bool, str]:
        reason = over(seen)
        if reason:
            return True, reason
        lasted = time.monotonic() - began
        if seen.started and not seen.phase and lasted > answers:
            raise DeadlineExceeded(
                f"{what}: the operator has said nothing of the request for {answers:.0f} s: it does not run, does not look at this namespace, or "
                f"cannot read the request; {cluster.driver.why_silent()}",
                code="operator-silent",
            )
        waited = int(lasted // EVERY * EVERY)
        return False, f"the operator is at {seen.where}, {signals.text}" + (f", for {waited} s" if waited else "")

    return follow(cluster, judge, tell, what)


def follow(
    cluster: LedCluster, judge: Callable[[Progress, Signals], tuple[bool, str]], tell: Tell, what: str
) -> Progress:
    """Follow the operator until the judge says so. Raises DeadlineExceeded (operator-stuck) at a standstill."""
    idle = cluster.params["wait_timeout"]
    try:
        return cluster.driver.follow(judge, idle=idle, progress=tell)
    except DeadlineExceeded as error:
        if error.code:  # it says more than that nothing moved
            raise
        raise DeadlineExceeded(
            f"{what}: nothing moved for {idle} s (kraft_wait_timeout): {error.message}; {cluster.driver.why_silent()}",
            code="operator-stuck",
            detail=error.detail,
        ) from error


def agreement(cluster: LedCluster, seen: Progress) -> str:
    """Return in what the operator's phase and Kafka's own state disagree, or an empty string."""
    wanted = STATES.get(phases.ROLLBACK if seen.rolled_back else seen.phase)
    if seen.rolled_back:
        wanted = (state.ZOOKEEPER,)
    now = cluster.state
    if wanted is None or now.name in wanted:
        return ""
    return f"the operator says {seen.where}, but the cluster is {now.name}: {now.reason}"


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
