# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions do where an operator leads: a sub-phase is waited for and checked, a few of them have something to do themselves.

Private to the collection. An action names the class that stands for it there; without one it waits for its sub-phase.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import operator_progress, phases, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report import folding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress, Verb, Wait
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.rollback import REMOVE_ZNODES
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    level_epochs,
    operator_gates,
    operator_rollback,
    operator_steps,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils import _exports, _turns
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._decision import Decision, done, needed, not_needed
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run, now

#: the last event of the way forward
END = "MoveToKRaftControllerComplete"
#: the events before it: a new request has none of them
STOPS = ("SetupComplete", "MigrateDualWrite")


def observe(run: Run) -> Progress:
    """What the operator says; a migration whose request was deleted after its end is complete, and not one that was never asked for."""
    seen = run.led.driver.observe()
    if seen.started or not run.journal.has(END) or run.led.state.name != state.FINALIZED:
        return seen
    return Progress(True, phases.COMPLETE, END, "its request was deleted after that")


class LedStep:
    """A sub-phase that the operator carries out: waited for, then checked."""

    MUTATES: ClassVar[bool] = False

    def decide(self, run: Run) -> Decision:
        """Behind the operator, not part of this migration, or to be waited for."""
        seen = observe(run)
        if run.sub_phase not in phases.BY_NAME:
            return done("read only")
        found = operator_progress.answer(seen, run.sub_phase)
        if found.needed:
            later = _later(run, seen)
            if later:
                return not_needed(later)
            why = (
                operator_steps.failure(run.led, seen) if seen.failed else operator_progress.cannot(seen, run.sub_phase)
            )
            if why and run.check_mode and not seen.failed:
                return needed(f"wait for the operator once it was asked: {why}")
            if why:
                raise Refused(
                    f"{run.sub_phase} will not come: {why}", code="operator-failed" if seen.failed else "wrong-state"
                )
        return Decision.of(found)

    def inspect(self, run: Run) -> dict[str, Any]:
        """Where the operator is."""
        return told(observe(run))

    def apply(self, run: Run) -> dict[str, Any]:
        """Wait until the operator is past it."""
        seen = operator_steps.wait_past(run.led, run.sub_phase, run.progress)
        alarm(run, seen)
        return {**told(seen), "msg": f"the operator is past it: {seen.where}"}


def told(seen: Progress) -> dict[str, Any]:
    """What the operator says, as a result has it."""
    return {"operator": {"phase": seen.phase, "sub_phase": seen.sub_phase, "message": seen.message}}


def _later(run: Run, seen: Progress) -> str:
    """Why a sub-phase of the last phase is not waited for: the operator was not told to go on, and goes to the end in one go."""
    forward = phases.BY_NAME[run.sub_phase].phase in (phases.FINALIZE, phases.COMPLETE)
    if forward and seen.waits_for is Wait.DECISION and not run.params["confirm"]:
        return (
            "this operator goes from DUAL-WRITE to KRaft alone in one go, without a stop that could be rolled back; kraft_confirm starts it, "
            "after the gates"
        )
    return ""


def alarm(run: Run, seen: Progress) -> None:
    """Say loudly when the controllers lose the migration flag while a broker is not in KRaft mode yet."""
    if not operator_progress.past(seen, "MoveToKRaftControllerEnsureKafkaRollIsComplete") or seen.complete:
        return
    behind = operator_steps.left_behind(run.led, seen)
    if behind:
        run.progress(behind)


def _asked_already(run: Run, seen: Progress, verb: Verb) -> str:
    """Why the operator need not be asked, or an empty string. Raises KraftError where it goes on without a copy."""
    already = operator_steps.started_as(seen, verb)
    if already and verb is Verb.MIGRATE:
        operator_steps.refuse_uncopied(run.led, seen, brake=not run.check_mode)
    return already


class Ask(LedStep):
    """The operator is asked for something: to migrate, to finalize behind the gates, to roll back."""

    MUTATES = True
    VERBS: ClassVar[dict[str, Verb]] = {
        "present": Verb.MIGRATE,
        "finalize": Verb.FINALIZE,
        "rollback": Verb.ROLLBACK,
    }

    def decide(self, run: Run) -> Decision:
        """Asked already, refused, or to be asked."""
        cluster, verb = run.led, self.VERBS[run.params["state"]]
        seen = observe(run)
        pending = operator_steps.rollback_pending(seen) if verb is Verb.MIGRATE else ""
        if pending:
            raise Refused(pending, code="rollback-pending")
        early = operator_steps.answered_too_early(cluster, seen) if verb is Verb.ROLLBACK else ""
        if early:
            raise Refused(early, code="operator-will-not-stop")
        if verb is Verb.ROLLBACK and _turns.left_of_rollback(run, seen):
            return needed(f"go on with the rollback of this region: the operator is at {seen.where}")
        owed = cluster.driver.owed() if verb is Verb.MIGRATE and seen.started and not seen.complete else []
        if owed:
            cluster.driver.refuse(verb)
            return needed(f"give the operator what it waits for: {'; '.join(owed)}")
        already = _asked_already(run, seen, verb)
        if already:
            return done(already)
        if verb is Verb.ROLLBACK and not seen.started:
            return not_needed("the operator was never asked to migrate: there is nothing to roll back")
        if verb is Verb.ROLLBACK and seen.failed:
            raise Refused(
                f"{operator_steps.failure(cluster, seen)}. It does not go on from there, forward or back, and nothing was changed: see "
                "'An operator that has given up' in docs/confluent.md",
                code="operator-failed",
            )
        why = operator_progress.cannot_roll_back(seen) if verb is Verb.ROLLBACK else ""
        if why:
            raise Refused(why, code="rollback-impossible")
        waits = _turns.before(run, verb)
        if waits:
            return needed(f"ask the operator to {verb.value} when it is this region's turn, {waits}")
        if verb is Verb.FINALIZE:
            if run.check_mode and seen.waits_for is not Wait.DECISION:
                return needed("tell the operator to finalize once it waits in DUAL-WRITE and the gates are open")
            cluster.driver.refuse(verb)
            operator_gates.require(cluster)
            return needed("tell the operator to go to KRaft alone, which it does in one go (irreversible)")
        cluster.driver.refuse(verb)
        return needed(f"ask the operator to {verb.value}")

    def apply(self, run: Run) -> dict[str, Any]:
        """Ask. The gates are asked again, right before the write."""
        cluster, verb = run.led, self.VERBS[run.params["state"]]
        written: list[str] = []
        if verb is not Verb.ROLLBACK or not _turns.left_of_rollback(run, cluster.driver.observe()):
            with _turns.taken(run, verb) as sure:
                written = self._ask(run, verb, sure)
        if verb is Verb.ROLLBACK and _turns.several(run):
            return {"written": written, **_whole_rollback(run)}
        return {"written": written, **told(cluster.driver.observe())}

    @staticmethod
    def _ask(run: Run, verb: Verb, sure: Callable[[], None]) -> list[str]:
        cluster = run.led
        if verb is Verb.FINALIZE:
            cluster.changed()
            run.progress("asking the gates once more, right before the operator is told")
            opened = operator_gates.require(cluster)
            gates = [gate.as_dict(run.params["accept"]) for gate in opened]
            run.record("gates", gates=gates, confirmed_by=run.lease.holder)
            alone = operator_gates.left_alone(cluster)
            if alone:
                run.progress(f"DANGER: {alone}")
        if verb is Verb.ROLLBACK:
            found = operator_rollback.compare_ahead(cluster, run.progress)
            if found is not None:
                run.record(operator_rollback.COMPARED, **found)
        if verb is Verb.MIGRATE and any(map(run.journal.has, STOPS)) and not cluster.driver.observe().started:
            # that request was rolled back or deleted by hand: neither what it reached nor its soak is the new one's
            run.record(folding.ENDED_BY_OTHERS)
            run.journal.started = now()
        sure()
        written = cluster.driver.start(verb)
        for line in written:
            run.progress(line)
        run.record("asked", verb=verb.value, written=written)
        return written


class RemoveZnodes(LedStep):
    """The operator waits for the znodes to be removed by hand: they are removed behind the epoch guard, and it is told."""

    MUTATES = True

    def decide(self, run: Run) -> Decision:
        """What the base says, but that there is something to write."""
        found = super().decide(run)
        if found.needed:
            would = level_epochs.would(run.led) if run.check_mode else ""
            return needed(f"remove /controller and /migration once the operator waits for it{would}")
        if self._passed_by(run, run.led.driver.observe()):
            return needed("remove /controller and /migration, which are there although the operator is behind its wait")
        return found

    def _passed_by(self, run: Run, seen: Progress) -> bool:
        """Whether the operator is behind its wait, and KRaft holds ZooKeeper: it did not wait, was told too early, or a controller came back."""
        if run.sub_phase != REMOVE_ZNODES or seen.phase != phases.ROLLBACK or seen.rolled_back:
            return False
        return operator_progress.past(seen, run.sub_phase) and operator_rollback.left_in_zookeeper(run.led)

    def apply(self, run: Run) -> dict[str, Any]:
        """Wait for the wait, then answer it; a rollback that needs no znode removal passes it by."""
        cluster = run.led
        cluster.driver.mark()  # somebody else may have begun the rollback, and the operator may stop the controllers in it
        seen, waits = operator_steps.wait_for_znodes(cluster, run.sub_phase, run.progress)
        if not waits and not self._passed_by(run, seen):
            return {**told(seen), "msg": f"nothing to remove here: the operator is at {seen.where}", "changed": False}
        if not waits:
            run.progress(
                f"DANGER: the operator is at {seen.where}, behind its wait, and a KRaft controller holds /controller: the brokers get it back now"
            )
        cluster.changed()
        evidence = operator_rollback.remove_znodes(cluster, run.progress)
        run.record("removed", **evidence.as_dict())
        seen = operator_steps.wait_past(cluster, run.sub_phase, run.progress)
        now_leads = "no broker is" if evidence.controller is None else f"broker {evidence.controller} is"
        return {
            "msg": f"the znodes are removed, {now_leads} controller, the operator goes on",
            **evidence.as_dict(),
            **told(seen),
        }


class Event(LedStep):
    """The end of a phase: waited for, compared with what the cluster itself shows, written down; at the very end the locks go."""

    MUTATES = True

    def decide(self, run: Run) -> Decision:
        """Recorded already, or to be waited for and recorded."""
        seen, event = observe(run), run.params["event"]
        if event == "RollbackToZkComplete":
            if not seen.started:
                # the request goes first when it is cleaned up: a run that was killed then has the rest to do
                left = [*run.led.driver.left(), *operator_rollback.left_behind(run.led)]
                if left or run.journal.migration_id:
                    return needed(
                        f"clean up after a rollback: {', '.join(left) or 'nothing is left, which is to be proved'}"
                    )
                return not_needed("no migration was started: there is nothing to roll back")
        elif run.journal.has(event) and not (event == END and run.led.driver.locked()):
            return done(f"{event} is recorded")
        elif seen.complete and event != END:
            return done(f"the migration is complete: {event} is behind it")
        found = super().decide(run)
        if found.needed or found.kind == "done":
            return needed(f"record {event}: the operator is at {seen.where}")
        return found

    def apply(self, run: Run) -> dict[str, Any]:
        """Wait, compare, record."""
        cluster, event = run.led, run.params["event"]
        if event == "RollbackToZkComplete":
            return _end_rollback(run)
        seen = operator_steps.wait_past(cluster, event, run.progress)
        cluster.changed()
        operator_steps.refuse_uncopied(cluster, seen, brake=True)
        wrong = operator_steps.agreement(cluster, seen)
        if wrong:
            raise KraftError(f"{event}: {wrong}", code="wrong-state")
        data: dict[str, Any] = {"event": event, "state": cluster.state.name, **told(seen)}
        if event == END:
            # before the locks go: afterwards somebody may change the objects
            data["files"] = export(run)
            data["released"] = cluster.driver.release(run.progress)
        else:
            cluster.driver.mark()
        phase = {END: phases.COMPLETE, "MigrateDualWrite": phases.DUAL_WRITE}
        run.end_phase(phase.get(event, phases.BY_NAME[event].phase), event, state=cluster.state.name)
        return data


def export(run: Run) -> list[str]:
    """Write the changed manifests to files; returns their paths."""
    cluster = run.led
    where = f"{cluster.namespace}/{cluster.name}"
    exports = cluster.driver.exports()
    files = _exports.write(run.params["support_dir"], where, exports)
    for path in files:
        run.progress(f"changed manifest for your repository: {path}")
    for item in exports:
        if item["patch"] is None:
            run.progress(
                f"no patch for {item['object']}: it was not kept as it was before the migration; take the whole manifest"
            )
    return files


def _whole_rollback(run: Run) -> dict[str, Any]:
    """The rest of a rollback in one task: the znodes at whichever wait there is, then the end. See _turns.left_of_rollback."""
    asked, data = run.sub_phase, dict[str, Any]()
    try:
        for wait in operator_progress.ZNODE_WAITS:
            run.sub_phase = wait
            if RemoveZnodes().decide(run).needed:
                data.update(RemoveZnodes().apply(run))
        run.sub_phase = "RollbackToZkComplete"
        data.update(_end_rollback(run))
    finally:
        run.sub_phase = asked
    return {**data, "changed": True}


def _end_rollback(run: Run) -> dict[str, Any]:
    """Wait for the operator's end, give its locks back, delete what the attempt made, prove that nothing is left."""
    cluster = run.led
    if cluster.driver.observe().started:
        operator_steps.wait_past(cluster, "RollbackToZkComplete", run.progress)
    operator_rollback.require_back(cluster)
    released = cluster.driver.release(run.progress)
    deleted = cluster.driver.clean_up(run.progress)
    cluster.changed()
    deleted += operator_rollback.remove_what_came_back(cluster, run.progress)
    deleted += operator_rollback.remove_metadata_logs(cluster, run.progress)
    proof = operator_rollback.prove(cluster)
    for line in proof:
        run.progress(f"ready to retry: {line['what']}: {line['evidence']}")
    run.journal.close_attempt()
    run.end_phase(phases.ROLLBACK, "RollbackToZkComplete", state=cluster.state.name, deleted=deleted, proof=proof)
    return {
        "event": "RollbackToZkComplete",
        "state": cluster.state.name,
        "released": released,
        "deleted": deleted,
        "proof": proof,
        "msg": f"{cluster.namespace}/{cluster.name} is back in plain ZooKeeper mode: nothing is left of the attempt; a new one can start",
    }
