# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that only show something say where an operator leads.

Private to the collection.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import operator_progress, phases, rolling
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Verb
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    operator_gates,
    operator_preflight,
    operator_rollback,
    operator_status,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.preflight import permission_findings
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.status import status_lines
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._decision import Decision, done, needed, not_needed
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led import LedStep, observe, told
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._shown import show_findings, show_gates

#: of the brokers: for the IBP, for the migration, to KRaft mode
ROLLS = 3


class Shows(LedStep):
    """Read only: nothing is waited for."""

    def decide(self, run: Run) -> Decision:
        """Nothing to do."""
        del run
        return done("read only")


class Preflight(Shows):
    """SetupPreChecks: what would stop the operator, or what it would do wrong, before it is asked."""

    def inspect(self, run: Run) -> dict[str, Any]:
        """Apply every rule; refuse when a blocking finding is not accepted by name."""
        cluster = run.led
        try:
            seen = observe(run)
        except Forbidden:
            # every right that is missing, and what grants them, instead of the first one
            show_findings(run, permission_findings(cluster, *cluster.driver.needs()))
            raise
        if seen.complete:
            return {
                "msg": f"the operator has migrated {cluster.namespace}/{cluster.name}: nothing to do",
                "findings": [],
                "plan": [],
            }
        found = operator_preflight.all_findings(cluster)
        rows = show_findings(run, found)
        for line in cluster.driver.plan_lines():
            run.progress(line)
        restarts = ROLLS * len(cluster.pods) + run.params["controller_replicas"]
        warnings = sum(1 for item in found if not item.blocking)
        return {
            "findings": rows,
            **told(seen),
            "msg": f"no blocking finding, {warnings} warning{'' if warnings == 1 else 's'}; the operator carries the migration out (now: {seen.where})",
            "plan": [{"sub_phase": item.name, "phase": item.phase, "does": item.does} for item in phases.SUB_PHASES],
            "settings": [],
            "rolls": ROLLS,
            "eta": round(restarts * rolling.GUESS_RESTART),
        }


class Status(Shows):
    """Where the cluster is, by the operator's word and by Kafka's own state."""

    def inspect(self, run: Run) -> dict[str, Any]:
        """Show both as a short table; a disagreement is reported as a danger."""
        found = operator_status.status(run.led)
        for line in [*status_lines(found)[:-1], operator_status.operator_line(found), f"next: {found['next']}"]:
            run.progress(line)
        text = f"{run.led.namespace}/{run.led.name} is {found['state']}: {found['reason']}; {operator_status.operator_line(found)}"
        return {**found, "msg": "; DANGER: ".join([text, *found["dangers"]])}


class Gates(Shows):
    """The gates of the irreversible step, shown."""

    def inspect(self, run: Run) -> dict[str, Any]:
        """Show every gate; never fails for a closed gate."""
        cluster = run.led
        seen = observe(run)
        if seen.complete or Verb.FINALIZE in seen.asked:
            text = f"the operator was told to finalize: it is at {seen.where}"
            if not seen.complete:
                text += f"; finalize.yml with kraft_confirm={cluster.namespace}/{cluster.name} follows it to the end"
            return {"msg": text, "gates": [], "dangers": []}
        rows, closed = show_gates(run, operator_gates.evaluate(cluster))
        where = f"{cluster.namespace}/{cluster.name} is {cluster.state.name}, still reversible"
        text = f"{where}; closed gates: {', '.join(closed)}" if closed else f"{where}; every gate is open"
        return {"msg": text, "gates": rows, "dangers": []}


class Plan(Shows):
    """What a rollback consists of from here."""

    def decide(self, run: Run) -> Decision:
        """Refuse where a rollback is impossible; everything else is only shown."""
        cluster = run.led
        seen, where = observe(run), f"{cluster.namespace}/{cluster.name}"
        if not seen.started and not cluster.driver.left() and not operator_rollback.left_behind(cluster):
            return not_needed(f"{where}: no migration was started: nothing to roll back")
        why = "" if seen.rolls_back else operator_progress.cannot_roll_back(seen)
        if why:
            raise Refused(f"{where}: {why}", code="rollback-impossible")
        if not seen.started:
            # only what a rollback that was killed has left; a request that was deleted in the middle is refused
            cluster.driver.check()
        asked = (
            "tell the operator to roll back, which restarts the brokers up to four times",
            "remove /controller and /migration in one transaction when it waits for it, and tell it to go on",
        )
        end = "give its locks back, delete its request, the KRaft controllers and their volumes, and prove that nothing is left"
        for line in (*(asked if seen.started else ()), end):
            run.progress(f"plan: {line}")
        return done(f"rollback from {seen.where}" if seen.started else "the rest of a rollback")

    def inspect(self, run: Run) -> dict[str, Any]:
        """Where the operator is."""
        return told(observe(run))


class Unlock(LedStep):
    """unlock.yml: the Lease of a run that is dead, and a policy of ours; the operator's own locks stay until the migration ends.

    For state=present the operator's lock is only waited for; the action takes the Lease away.
    """

    def decide(self, run: Run) -> Decision:
        """Whose Lease there is, if the cluster's name was typed."""
        if run.params["state"] == "present":
            return super().decide(run)
        wrong = run.params["scope"].not_named("kraft_release", run.params["release"])
        if wrong:
            raise Refused(f"unlock.yml requires the cluster's name to be typed again: {wrong}", code="lock-held")
        who, policy = run.lease.held_by(), run.led.driver.enforcement.exists()
        if who is None and not policy:
            return done("no Lease is held; the operator keeps its own locks until the migration is over")
        what = [f"take the Lease away from {who}"] if who is not None else []
        what += ["delete the policy that enforces the operator's lock"] if policy else []
        return needed(f"{' and '.join(what)}; the operator keeps its own locks until the migration is over")
