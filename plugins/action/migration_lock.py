# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SetupAddMigrationAnnotation and unlock.yml: the Lease of a run and the cr-lock annotation of a migration."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core import names
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.ownership import is_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import LEASE
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import status
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import locks, ownership
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset.writes import annotations_of
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import (
    Decision,
    KraftAction,
    done,
    needed,
    not_needed,
)
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.migration_lock."""

    MODULE = "migration_lock"

    def judge(self, run: Run) -> Decision:
        """Locked by this migration already, or to be locked; for state=absent the other way round."""
        return self._judge_present(run) if run.params["state"] == "present" else self._judge_absent(run)

    def _judge_present(self, run: Run) -> Decision:
        over = status.already_over(run.cluster)
        if over:
            return not_needed(over)
        held, known = locks.current_id(run.cluster), run.journal.migration_id
        locks.check(run.cluster, known or held)
        unlocked = [
            item["metadata"]["name"] for item in locks.managed(run.cluster) if names.LOCK not in annotations_of(item)
        ]
        if held and not unlocked:
            return done(f"locked by migration {held}")
        return needed(
            f"lock StatefulSet {', '.join(unlocked)} for this migration",
            {"before": "", "after": "".join(f"{name}: {names.LOCK}\n" for name in unlocked)},
        )

    def _judge_absent(self, run: Run) -> Decision:
        cluster = run.cluster
        wrong = run.params["scope"].not_named("kraft_release", run.params["release"])
        if wrong:
            raise Refused(f"unlock.yml needs the name of the cluster typed again: {wrong}", code="lock-held")
        lease = run.client.find(LEASE, names.lease_name(cluster.name), cluster.namespace)
        if lease is not None and not is_of(lease, cluster.name):
            raise Refused(ownership.foreign(cluster, LEASE, lease).sentence, code=ownership.FOREIGN)
        if not locks.current_id(cluster) and lease is None:
            return done("nothing is locked")
        who = (lease or {}).get("spec", {}).get("holderIdentity", "nobody")
        return needed(f"release migration {locks.current_id(cluster) or '-'}, Lease held by {who}")

    def inspect(self, run: Run) -> dict[str, Any]:
        """Who holds the lock."""
        return {"migration_id": locks.current_id(run.cluster), "state": run.params["state"]}

    def _drive(self, run: Run, stopper: Any) -> dict[str, Any]:
        if run.params["state"] == "present":
            return super()._drive(run, stopper)
        # a dead run's Lease is not waited for: taking it away is what was asked
        decision = self.judge(run)
        result = {"changed": decision.needed, "msg": decision.reason, "decision": decision.kind}
        if decision.needed and not run.check_mode:
            lease = run.client.find(LEASE, names.lease_name(run.cluster.name), run.cluster.namespace)
            if lease is not None:
                run.client.delete(LEASE, lease["metadata"]["name"], run.cluster.namespace, uid=lease["metadata"]["uid"])
            locks.release(run.cluster)
        return result

    def apply(self, run: Run) -> dict[str, Any]:
        """The base has put the lock in place; write it down."""
        run.record("locked", migration_id=run.journal.migration_id)
        return {"migration_id": run.journal.migration_id, "holder": run.lease.holder}
