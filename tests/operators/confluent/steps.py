# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each sub-phase does, one function for each. An Action without ``waiting`` and ``failed`` means that it is done."""

from __future__ import annotations

from collections.abc import Callable

from . import edits, versions
from .names import (
    BACK_STEPS,
    COMPONENTS,
    CONTROLLER,
    HOLD,
    KAFKA,
    MIGRATE_STEPS,
    MOVE_STEPS,
    SETUP_STEPS,
    Object,
    title,
    wanted,
)
from .seen import Action, Observed

Step = Callable[[Observed], Action]
#: Kafka's ZkMigrationState while it writes to both
DUAL_WRITING = 1
#: what a user's annotation would be used for, were it on the brokers' pods
FORCED_ROLL = "kafkacluster-manual-roll"


def _rolled(cr: Object, *, done: bool) -> Action:
    name, namespace = title(cr)
    kind = cr["kind"].lower()
    return Action() if done else Action(waiting=f"{kind} [{name}] in namespace [{namespace}] roll not complete yet")


def _with_kafka(step: Callable[[Observed, Object], Action]) -> Step:
    """Make a step that needs the Kafka CR."""

    def run(seen: Observed) -> Action:
        return Action(waiting="the Kafka CR is not there") if seen.kafka is None else step(seen, seen.kafka)

    return run


def _with_controller(step: Callable[[Observed, Object], Action]) -> Step:
    """Make a step that needs the KRaftController CR."""

    def run(seen: Observed) -> Action:
        if seen.controller is None:
            return Action(waiting="the KRaftController CR is not there")
        return step(seen, seen.controller)

    return run


# -- SETUP ------------------------------------------------------------------------------------------------------------------------


def _pre_checks(_seen: Observed, kafka: Object) -> Action:
    keys = edits.blocked(kafka)
    if keys:
        return Action(
            failed=f"spec.configOverrides.server of the Kafka CR has keys that the migration manages: {', '.join(keys)}"
        )
    return Action()


def _derive_ibp(seen: Observed, kafka: Object) -> Action:
    ibp = versions.ibp_version(kafka, older=seen.switches.older)
    if ibp.missing:
        return Action(waiting=ibp.missing)
    return Action(found={} if seen.switches.older else {"ibpVersion": ibp.version})


def _lock(seen: Observed) -> Action:
    there = (seen.zookeeper, seen.kafka, seen.controller)
    kinds = [kind for kind, cr in zip(COMPONENTS, there, strict=True) if cr is not None]
    return Action(edits.locked(kinds, on=True))


def _kafka_healthy(seen: Observed) -> Action:
    return Action() if seen.kafka_rolled else Action(waiting="the Kafka cluster is not running and healthy")


def _kafka_version(_seen: Observed, kafka: Object) -> Action:
    return Action(failed=versions.too_old(kafka))


def _controller_held(_seen: Observed, controller: Object) -> Action:
    if not wanted(controller, HOLD):
        return Action(
            failed=f"the KRaftController CR has no annotation {HOLD}: controllers that run already cannot migrate"
        )
    return Action()


def _ibp_of(seen: Observed, kafka: Object) -> str:
    return str(seen.status.get("ibpVersion") or versions.ibp_version(kafka, older=seen.switches.older).version)


def _trigger_ibp(seen: Observed, kafka: Object) -> Action:
    return Action((edits.ibp_upgrade(KAFKA, kafka, _ibp_of(seen, kafka)),))


def _kafka_roll(seen: Observed, kafka: Object) -> Action:
    return _rolled(kafka, done=seen.kafka_rolled)


def _cluster_id(seen: Observed) -> Action:
    if not seen.cluster_id:
        return Action(waiting="the cluster id could not be read from any Kafka pod by Jolokia")
    return Action(found={"kafkaClusterId": seen.cluster_id})


def _endpoint(_seen: Observed, kafka: Object) -> Action:
    connect = str((kafka.get("status") or {}).get("zookeeperConnect") or "")
    if not connect:
        return Action(waiting="status.zookeeperConnect of the Kafka CR is empty")
    return Action(found={"zkEndpointWithNode": connect})


def _mutate_controller(seen: Observed, controller: Object) -> Action:
    cluster_id, connect = str(seen.status["kafkaClusterId"]), str(seen.status["zkEndpointWithNode"])
    there = str(controller["spec"].get("clusterID") or "")
    if there and there != cluster_id:
        return Action(
            failed=f"spec.clusterID of the KRaftController CR is {there}, not {cluster_id}, and cannot be changed"
        )
    if seen.kafka is None:
        return Action(waiting="the Kafka CR is not there")
    if seen.switches.double_chroot:
        connect += "/" + connect.partition("/")[2]
    ibp = _ibp_of(seen, seen.kafka)
    edit = edits.released_controller(CONTROLLER, controller, cluster_id=cluster_id, connect=connect, version=ibp)
    return Action((edit,))


def _controllers_healthy(seen: Observed) -> Action:
    return Action() if seen.controller_rolled else Action(waiting="the KRaft controllers are not running and healthy")


def _controller_version(_seen: Observed, controller: Object) -> Action:
    return Action(failed=versions.too_old(controller))


def _nothing(_seen: Observed) -> Action:
    return Action()


# -- MIGRATE ----------------------------------------------------------------------------------------------------------------------


def _trigger_migration(seen: Observed, kafka: Object) -> Action:
    if seen.controller is None:
        return Action(waiting="the KRaftController CR is not there")
    return Action((edits.migrating_brokers(KAFKA, kafka, seen.controller),))


def _dual_writing(seen: Observed) -> Action:
    if seen.migration_state == DUAL_WRITING:
        return Action()
    state = "could not be read" if seen.migration_state is None else f"is {seen.migration_state}"
    return Action(waiting=f"migration is in progress: ZkMigrationState {state}")


# -- MoveToKRaftControllerOnly ----------------------------------------------------------------------------------------------------


def _remove_zookeeper(_seen: Observed, kafka: Object) -> Action:
    return Action((edits.without_zookeeper(KAFKA, kafka),))


def _finalize_controllers(_seen: Observed, controller: Object) -> Action:
    return Action((edits.finalized_controller(CONTROLLER, controller),))


def _controller_roll(seen: Observed, controller: Object) -> Action:
    return _rolled(controller, done=seen.controller_rolled)


# -- RollbackToZk -----------------------------------------------------------------------------------------------------------------


def _empty_roles(seen: Observed, kafka: Object) -> Action:
    edit = edits.without_roles(KAFKA, kafka)
    if edit is None and seen.switches.first_rollback_roll:
        edit = edits.Edit(KAFKA, {"spec": {"podTemplate": {"annotations": {FORCED_ROLL: "rollback"}}}})
    return Action((edit,) if edit else ())


def _remove_controller(_seen: Observed, kafka: Object) -> Action:
    edit = edits.without_controller(KAFKA, kafka)
    marks = ((kafka["spec"].get("podTemplate") or {}).get("annotations")) or {}
    if marks.get(FORCED_ROLL) == "rollback":
        edit.patch["spec"]["podTemplate"] = {"annotations": {FORCED_ROLL: None}}
    return Action((edit,))


def _add_clean_up(_seen: Observed) -> Action:
    return Action((edits.cleaning(KAFKA, on=True),))


def _remove_clean_up(_seen: Observed) -> Action:
    return Action((edits.cleaning(KAFKA, on=False),))


_ROLL = _with_kafka(_kafka_roll)

#: sub-phase -> what it does; the two waits for people and DUAL-WRITE are in machine.py
STEPS: dict[str, Step] = {
    **dict(
        zip(
            SETUP_STEPS,
            (
                _with_kafka(_pre_checks),
                _with_kafka(_derive_ibp),
                _lock,
                _kafka_healthy,
                _with_kafka(_kafka_version),
                _with_controller(_controller_held),
                _with_kafka(_trigger_ibp),
                _ROLL,
                _cluster_id,
                _with_kafka(_endpoint),
                _with_controller(_mutate_controller),
                _controllers_healthy,
                _with_controller(_controller_version),
                _nothing,
            ),
            strict=True,
        )
    ),
    **dict(zip(MIGRATE_STEPS, (_with_kafka(_trigger_migration), _ROLL, _dual_writing, _nothing), strict=True)),
    **dict(
        zip(
            MOVE_STEPS,
            (
                _with_kafka(_remove_zookeeper),
                _ROLL,
                _with_controller(_finalize_controllers),
                _with_controller(_controller_roll),
                _nothing,
            ),
            strict=True,
        )
    ),
    BACK_STEPS[0]: _with_kafka(_empty_roles),
    BACK_STEPS[1]: _ROLL,
    BACK_STEPS[4]: _with_kafka(_remove_controller),
    BACK_STEPS[5]: _ROLL,
    BACK_STEPS[6]: _add_clean_up,
    BACK_STEPS[7]: _ROLL,
    BACK_STEPS[8]: _remove_clean_up,
    BACK_STEPS[9]: _ROLL,
}
