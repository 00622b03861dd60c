# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The request to an operator in all its states: asked for, followed, its locks given back, deleted.

Private to the collection.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import phases
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import (
    FORWARD,
    Progress,
    Wait,
    answer,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import operator_rollback, operator_steps
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._decision import (
    Decision,
    done,
    needed,
    to_follow,
)
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led import (
    Ask,
    LedStep,
    alarm,
    export,
    observe,
    told,
)
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run

#: phases of the last part, which the operator carries out in one go
LAST = FORWARD[-2:]


class AskAndFollow(Ask):
    """The operator is asked, and followed if that is wanted: to a sub-phase, else to where it waits for us, or to its end."""

    #: whether the last decision was to ask: what is only followed holds no Lease, and so must not write
    _asks = True

    def decide(self, run: Run) -> Decision:
        """What Ask says; what was asked for already may still have to be followed, which writes nothing."""
        wrong = _no_target(run)
        if wrong:
            raise Refused(wrong, code="wrong-state")
        found = super().decide(run)
        self._asks = found.needed
        if found.needed or not run.params["follow"]:
            return found
        seen = observe(run)
        if not seen.started or _reached(run, seen) or run.check_mode:
            return found
        return to_follow(f"follow the operator, which is at {seen.where}")

    def apply(self, run: Run) -> dict[str, Any]:
        """Ask where that is needed, then follow."""
        data: dict[str, Any] = super().apply(run) if self._asks else {"changed": False}
        if not run.params["follow"]:
            return data
        seen = _follow(run)
        return {**data, **told(seen), "msg": f"the operator is at {seen.where}; {_what_now(seen)}"}


def _no_target(run: Run) -> str:
    """Why follow_to cannot be followed to, or an empty string."""
    target = run.params["follow_to"]
    if not target:
        return ""
    if not run.params["follow"]:
        return "follow_to is only used with follow: true"
    phase = phases.BY_NAME[target].phase
    leads = {
        "present": (phases.SETUP, phases.MIGRATE, phases.DUAL_WRITE),
        "finalize": LAST,
        "rollback": (phases.ROLLBACK,),
    }[run.params["state"]]
    if phase not in leads:
        return f"state {run.params['state']} leads to {leads[-1]}, and not by {target}; correct follow_to"
    return ""


def _reached(run: Run, seen: Progress) -> bool:
    target = run.params["follow_to"]
    return not answer(seen, target).needed if target else bool(operator_steps.rests(seen))


def _follow(run: Run) -> Progress:
    """Follow; on the last phase sub-phase by sub-phase, so that a broker that is left behind is an alarm at once."""
    cluster, target = run.led, run.params["follow_to"]
    if run.params["state"] != "finalize":
        if target:
            return operator_steps.wait_past(cluster, target, run.progress)
        return operator_steps.wait_until_it_waits(cluster, run.progress)
    seen = observe(run)
    last = target or "MoveToKRaftControllerComplete"
    for item in (each for each in phases.SUB_PHASES if each.phase in LAST):
        seen = operator_steps.wait_past(cluster, item.name, run.progress)
        alarm(run, seen)
        if item.name == last:
            break
    cluster.changed()
    wrong = operator_steps.agreement(cluster, seen)
    if wrong:
        raise KraftError(wrong, code="wrong-state")
    return seen


def _what_now(seen: Progress) -> str:
    """What the user of this module alone has to do next."""
    if seen.waits_for is Wait.DECISION:
        return "record MigrateDualWrite with migration_journal, let it soak, then state finalize or rollback"
    if seen.waits_for is Wait.ZNODES:
        return "migration_znode removes the znodes and lets it go on"
    if seen.rolled_back:
        return "state released, then migration_journal with RollbackToZkComplete deletes what is left and proves it"
    return "state released writes the changed manifests and has the locks given back" if seen.complete else "it goes on"


class Released(LedStep):
    """The operator gives its locks back: after its end, or when it has given up."""

    MUTATES = True

    def decide(self, run: Run) -> Decision:
        """Given back already, refused while they protect a migration, or to be given back."""
        cluster, seen = run.led, observe(run)
        locked = cluster.driver.locked()
        if not locked:
            return done("no object is locked")
        if not seen.started:
            cluster.driver.check()  # which knows more of whose locks these are
            raise Refused(
                f"{', '.join(locked)} are locked, and there is no request to the operator that could give the locks back; make sure that no "
                "migration is under way, then remove them by hand",
                code="operator-locked",
            )
        if not (seen.complete or seen.rolled_back or seen.failed):
            raise Refused(
                f"the locks on {', '.join(locked)} protect a migration that is under way: the operator is at {seen.where}; they are given back "
                "after COMPLETE, after a complete rollback, or in FAILURE",
                code="wrong-state",
            )
        return needed(f"have the operator give its locks back: {', '.join(locked)}")

    def apply(self, run: Run) -> dict[str, Any]:
        """Write the changed manifests, ask for the locks, prove that they are gone."""
        cluster, seen = run.led, observe(run)
        # before the locks go: afterwards somebody may change the objects. After a rollback they are as they were
        files = [] if seen.rolled_back else export(run)
        released = cluster.driver.release(run.progress)
        still = cluster.driver.locked()
        if still:
            raise KraftError(f"{', '.join(still)} are locked again", code="operator-lock-kept")
        run.record("released", released=released, files=files)
        return {"released": released, "files": files, **told(seen), "msg": "no object is locked any more"}


class Absent(LedStep):
    """The request is deleted: after its end, and when it is ours."""

    MUTATES = True

    def decide(self, run: Run) -> Decision:
        """Gone already, refused, or to be deleted."""
        driver = run.led.driver
        seen = driver.observe()
        if not seen.started:
            return done("there is no request to the operator")
        why = driver.cannot_remove()
        if why is not None:
            raise Refused(why.sentence, code=why.code)
        if seen.failed:
            operator_rollback.require_back(run.led)
        return needed("delete the request to the operator, which is at its end")

    def apply(self, run: Run) -> dict[str, Any]:
        """Delete it; what an attempt left behind is another step's."""
        driver = run.led.driver
        deleted = driver.remove_request()
        left = driver.left()
        run.record("deleted", deleted=deleted)
        more = f"; of the attempt there are still {', '.join(left)}: run rollback.yml" if left else ""
        return {"deleted": deleted, "msg": f"deleted {', '.join(deleted)}{more}"}


class Request(LedStep):
    """kraft_migration_job: the state that is wanted says which."""

    MUTATES = True
    STATES: ClassVar[dict[str, type[LedStep]]] = {
        "present": AskAndFollow,
        "finalize": AskAndFollow,
        "rollback": AskAndFollow,
        "released": Released,
        "absent": Absent,
    }

    def __init__(self) -> None:
        self._step: LedStep | None = None

    def decide(self, run: Run) -> Decision:
        """As the state says."""
        self._step = self._step or self.STATES[run.params["state"]]()
        return self._step.decide(run)

    def apply(self, run: Run) -> dict[str, Any]:
        """As the state says; what was decided last counts."""
        if self._step is None:
            raise KraftError("nothing was decided yet")
        return self._step.apply(run)
