# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SetupKRaftControllerHealthy: leader, all voters caught up, every controller ready, PRE_MIGRATION seen."""

from __future__ import annotations

from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import progress
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.quorum import caught_up, read_quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import known, unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.quorum import Quorum
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import controllers_ready, status
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.controller_roll import paced
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded, Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import Decision, KraftAction, done, needed
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.quorum_health_info."""

    MODULE = "quorum_health_info"
    MUTATES = False

    def decide(self, run: Run) -> Decision:
        """Nothing to wait for when the migration is over or, in check mode, when no controller runs."""
        over = status.already_over(run.cluster)
        if over:
            return done(over)
        return needed("the controllers form a quorum that is ready for the migration")

    def apply(self, run: Run) -> dict[str, Any]:
        """Wait for it."""
        cluster = run.cluster
        wanted = cluster.controllers_wanted
        if not wanted:
            raise Refused(
                f"the controllers of {cluster.namespace}/{cluster.name} are not started; run SetupMutateKRaftController first",
                code="controllers-not-ready",
            )
        seen: list[Quorum] = []

        def check() -> str:
            cluster.changed(Part.CONTROLLERS)
            silent = unknown(cluster.controller_facts)
            if silent:
                whys = "; ".join(f"{pod}: {why}" for pod, why in silent.items())
                return f"{len(known(cluster.controller_facts))} of {wanted} controllers run ({whys})"
            quorum = read_quorum(cluster, migration=True)
            seen.append(quorum)
            ready = caught_up(quorum)
            if quorum.leader is None or len(ready) < wanted:
                return f"leader {quorum.leader}, {len(ready)} of {wanted} voters caught up"
            return controllers_ready.not_ready_for_migration(cluster, quorum) if self._before_copy(run) else ""

        try:
            paced(check, run.params["wait_timeout"], run.progress)
        except DeadlineExceeded as error:
            why = progress.why_stuck(cluster)
            text = error.message + (f"; {why}" if why else "")
            raise DeadlineExceeded(text, code="controllers-not-ready") from error
        quorum = seen[-1]
        states = {str(number): name for number, name in quorum.migration_states.items()}
        said = ", ".join(sorted(set(states.values()))) or "ready"
        return {
            "msg": f"leader {quorum.leader}, {len(caught_up(quorum))} of {wanted} controllers caught up, {said} ({quorum.said_by})",
            "leader": quorum.leader,
            "voters": {str(voter): lag for voter, lag in quorum.voters.items()},
            "migration_states": states,
            "source": quorum.source,
        }

    def _before_copy(self, run: Run) -> bool:
        return run.cluster.state.name in (state.PREMIGRATION, state.ZOOKEEPER)
