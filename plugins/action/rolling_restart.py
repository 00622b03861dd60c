# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sub-phases that restart pods: one at a time, safely, skipping those that already run the wanted settings."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster.cluster import Part, flags_off
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import stages, state
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import (
    controllers_ready,
    dual_write,
    gates,
    leaders,
    migration_flag,
    rollback_plan,
    status,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.broker_roll import BrokerRoll
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.controller_roll import (
    ControllerRoll,
    restart_with_flag,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.preflight import health_findings
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration.roll_engine import (
    Restart,
    RollEngine,
    Target,
    made_ms,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._base import (
    Decision,
    KraftAction,
    done,
    needed,
    not_needed,
)
from ansible_collections.kafkaops.kraft.plugins.plugin_utils._run import Run, now

#: the stages of a rollback
BACK = (*stages.BACK, *stages.CLEAN_UPS)


class ActionModule(KraftAction):
    """Implements kafkaops.kraft.rolling_restart."""

    MODULE = "rolling_restart"

    def decide(self, run: Run) -> Decision:
        """Which pods still run other settings than their StatefulSet was given for this stage."""
        cluster, stage = run.cluster, run.params["stage"]
        if stage in BACK:
            return Decision.of(rollback_plan.answer(cluster, run.sub_phase, check_mode=run.check_mode))
        over = status.already_over(cluster)
        if over:
            return not_needed(over)
        of_brokers = run.params["target"] == "brokers"
        templates = _stages(run)
        if templates != {stage}:
            return self._other_stage(run, templates)
        pods = cluster.pods if of_brokers else cluster.controller_pods
        driver = cluster.driver
        left = driver.brokers.outdated() if of_brokers else driver.controllers.outdated()
        if not left and self._pure_not_noted(run):
            return needed(f"all {len(pods)} brokers run in KRaft mode: record the start of PURE_DUAL_WRITE")
        if not left:
            return done(f"all {len(pods)} {run.params['target']} run the settings of stage {stage}")
        switched = [pod for pod in left if of_brokers and cluster.modes[pod] == state.MODE_KRAFT]
        if switched and stage != "kraft":
            raise Refused(
                f"{', '.join(switched)} run in KRaft mode and stage {stage} would return them to ZooKeeper mode; "
                "run rollback.yml, which does this in the safe order",
                code="wrong-state",
            )
        if of_brokers:
            migration_flag.require(cluster)
        return needed(f"restart {len(left)} of {len(pods)} {run.params['target']} one by one: {', '.join(left)}")

    def _other_stage(self, run: Run, templates: set[str]) -> Decision:
        stage = run.params["stage"]
        if templates and all(stages.past(now, stage) for now in templates):
            return done(f"past stage {stage}: the settings are at stage {', '.join(sorted(templates))}")
        if stage == "ibp":
            return not_needed(run.cluster.driver.brokers.ibp_roll()[1])
        if run.check_mode:
            return needed(f"restart the {run.params['target']} once the settings of stage {stage} are written")
        raise Refused(
            f"the {run.params['target']} are not at stage {stage} (but {', '.join(filter(None, templates)) or 'the original settings'}); "
            "run the previous sub-phase first",
            code="wrong-state",
        )

    def apply(self, run: Run) -> dict[str, Any]:
        """Roll."""
        cluster, of_brokers = run.cluster, run.params["target"] == "brokers"
        if run.params["stage"] == stages.RETURN:
            self._flag_controllers(run)
        target = self._broker_target(run) if of_brokers else self._controller_target(run)
        container = cluster.container if of_brokers else cluster.controller_container
        engine = RollEngine(
            run.client, cluster.driver, cluster.namespace, container, run.params["pod_timeout"], run.progress
        )
        engine.recovery_timeout = run.params["recovery_timeout"]
        if of_brokers:
            engine.interval = run.params["restart_interval"]
            engine.previous_ms = max(map(made_ms, cluster.pods.values()), default=0)
        pods: list[dict[str, Any]] = []

        def keep(restart: Restart) -> None:
            pods.append(restart.as_dict())

        were = leaders.before(cluster, target.left) if isinstance(target, BrokerRoll) else None
        engine.run(target, keep)
        cluster.changed()
        self._note_pure(run)
        elected = leaders.put_back(cluster, were, run.progress) if were is not None and pods else None
        run.record(
            "rolled",
            stage=run.params["stage"],
            target=run.params["target"],
            pods=pods,
            state=cluster.state.name,
            leaders=elected,
        )
        return {
            "leaders": elected,
            "msg": f"restarted {len(pods)} {run.params['target']} in {time.monotonic() - run.started:.0f} s; {cluster.state.reason}",
            "restarted": pods,
            "skipped": len(cluster.pods if of_brokers else cluster.controller_pods)
            - len({each["pod"] for each in pods}),
        }

    def _flag_controllers(self, run: Run) -> None:
        """Restart the controllers that run without the migration flag: none of them may become active any more."""
        cluster = run.cluster
        silent = migration_flag.unread(cluster)
        if silent:
            raise Refused(silent, code="controllers-not-ready")
        # one that somebody else restarted may have the hash of settings that it does not run with
        without = flags_off(cluster)
        if not cluster.has_controllers or not without:
            return

        def guard() -> None:
            cluster.changed(Part.OBJECTS)
            cluster.driver.ownership.check(run.journal.migration_id)
            migration_flag.check_restart(cluster)

        restart_with_flag(cluster, without, guard, run.progress)
        cluster.changed()

    def _note_pure(self, run: Run) -> None:
        """The soak starts at the first proven PURE_DUAL_WRITE."""
        if self._pure_not_noted(run):
            run.journal.pure_since = now()

    def _pure_not_noted(self, run: Run) -> bool:
        """Whether PURE_DUAL_WRITE holds and the journal has no time of it: it was lost, or the run that rolled was killed at its end."""
        return run.params["stage"] == "kraft" and run.cluster.state.name == state.PURE and not run.journal.pure_since

    def _broker_target(self, run: Run) -> Target:
        cluster, stage = run.cluster, run.params["stage"]
        unhealthy = [
            item
            for item in health_findings(cluster)
            if item.code in ("stranger-broker", "controller-missing", "reassignment-running")
        ]
        if unhealthy:
            raise Refused(unhealthy[0].sentence, code=unhealthy[0].code)

        def wrong(_pod: str, facts: ProcessFacts) -> str:
            return cluster.driver.brokers.not_as_wanted(stage, facts)

        def guard() -> None:
            cluster.changed(Part.OBJECTS)
            cluster.driver.ownership.check(run.journal.migration_id)
            if stage in ("kraft", stages.RETURN):
                dual_write.check_hybrid_or_beyond(cluster)
            elif stage == stages.ORIGINAL:
                dual_write.check_zookeeper_alone(cluster)

        return BrokerRoll(
            cluster,
            cluster.driver.brokers.hashes_by_uid(),
            wrong,
            guard,
            registers=stage != "kraft",
            down_too=stage in BACK,
            handed_over=stage == stages.ORIGINAL,
        )

    def _controller_target(self, run: Run) -> Target:
        cluster = run.cluster

        def wrong(_pod: str, facts: ProcessFacts) -> str:
            return controllers_ready.not_final(facts)

        def guard() -> None:
            cluster.changed(Part.OBJECTS)
            cluster.driver.ownership.check(run.journal.migration_id)
            if len(flags_off(cluster)) < len(cluster.flags):
                cluster.changed(Part.ZOOKEEPER)
                gates.require(cluster, thorough=False)

        return ControllerRoll(cluster, cluster.driver.controllers.settings_hash(), wrong, guard)


def _stages(run: Run) -> set[str]:
    """The stages of the templates whose pods are to be restarted."""
    driver = run.cluster.driver
    if run.params["target"] == "brokers":
        return set(driver.brokers.stages().values())
    return {driver.controllers.stage()} if run.cluster.has_controllers else set()
