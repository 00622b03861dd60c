# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SetupAddMigrationAnnotation and unlock.yml: the Lease of a run and the cr-lock annotation of a migration."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import status
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import (
    Decision,
    KraftAction,
    done,
    needed,
    not_needed,
)
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._led_shows import Unlock
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.migration_lock."""

    MODULE = "migration_lock"
    LED = Unlock

    def decide(self, run: Run) -> Decision:
        """Locked by this migration already, or to be locked; for state=absent the other way round."""
        return self._decide_present(run) if run.params["state"] == "present" else self._decide_absent(run)

    def _decide_present(self, run: Run) -> Decision:
        over = status.already_over(run.cluster)
        if over:
            return not_needed(over)
        ownership = run.cluster.driver.ownership
        held, known = ownership.locked_by(), run.journal.migration_id
        ownership.check(known or held)
        unlocked = ownership.unlocked()
        if held and not unlocked and not run.cluster.driver.enforcement.gone():
            return done(f"locked by migration {held}")
        if held and not unlocked:
            return needed(f"have the lock of migration {held} enforced again: its policy is gone")
        return needed(
            f"lock {', '.join(unlocked)} for this migration",
            {"before": "", "after": "".join(f"{name}: {names.LOCK}\n" for name in unlocked)},
        )

    def _decide_absent(self, run: Run) -> Decision:
        cluster = run.cluster
        wrong = run.params["scope"].not_named("kraft_release", run.params["release"])
        if wrong:
            raise Refused(f"unlock.yml requires the cluster's name to be typed again: {wrong}", code="lock-held")
        ownership = cluster.driver.ownership
        held, who = ownership.locked_by(), run.lease.held_by()
        left = cluster.driver.enforcement.exists()
        if not held and who is None and not left:
            return done("nothing is locked")
        policy = ", and the policy that enforces the lock" if left else ""
        return needed(f"release migration {held or '-'}, Lease held by {who or 'nobody'}{policy}")

    def inspect(self, run: Run) -> dict[str, Any]:
        """Who holds the lock."""
        return {"migration_id": run.cluster.driver.ownership.locked_by(), "state": run.params["state"]}

    def _drive(self, run: Run, stopper: Any) -> dict[str, Any]:
        if run.params["state"] == "present":
            return super()._drive(run, stopper)
        # a dead run's Lease is not waited for: taking it away is what was asked
        decision = Unlock().decide(run) if run.leads else self.decide(run)
        result = {"changed": decision.needed, "msg": decision.reason, "decision": decision.kind}
        if decision.needed and not run.check_mode:
            run.lease.take_away()
            if run.leads:
                run.led.driver.enforcement.remove()
            else:
                run.cluster.driver.ownership.unlock()
        return result

    def apply(self, run: Run) -> dict[str, Any]:
        """The base has put the lock in place; write it down."""
        run.record("locked", migration_id=run.journal.migration_id)
        return {"migration_id": run.journal.migration_id, "holder": run.lease.holder}
