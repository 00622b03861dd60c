# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The double's state machine, walked through without Kubernetes and without Kafka."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.operators.confluent import cursor as places
from tests.operators.confluent import job_status, machine, manifests, names
from tests.operators.confluent.cursor import Cursor
from tests.operators.confluent.names import BACK_STEPS, CONTROLLER, KAFKA, SETUP_STEPS, WAITS, ZOOKEEPER
from tests.operators.confluent.seen import Action, Observed
from tests.operators.confluent.switches import Switches

NAMESPACE = "shop"
CLUSTER = "MkU3OEVBNTcwNTJENDM2Qg"
CONNECT = f"zookeeper.{NAMESPACE}.svc.cluster.local:2181/kafka-{NAMESPACE}"
BACK_FROM_SETUP = SETUP_STEPS[:-1]


def merge(target: dict[str, Any], patch: dict[str, Any]) -> None:
    """Apply a merge patch."""
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict):
            merge(target.setdefault(key, {}), value)
        else:
            target[key] = copy.deepcopy(value)


class Sim:
    """A namespace in which every roll is complete at once. ``rolls`` counts the changes that would roll the brokers."""

    def __init__(self, switches: Switches | None = None, spec: manifests.ExampleSpec | None = None) -> None:
        spec = spec or manifests.ExampleSpec()
        self.switches = switches or Switches()
        self.crs = {
            ZOOKEEPER: manifests.zookeeper(spec, NAMESPACE),
            KAFKA: manifests.kafka(spec, NAMESPACE),
            CONTROLLER: manifests.controller(spec, NAMESPACE),
        }
        self.crs[KAFKA]["status"] = {"zookeeperConnect": CONNECT}
        self.job = manifests.job(spec, NAMESPACE)
        self.shown: list[tuple[str, str]] = []
        self.rolls = 0

    def say(self, key: str) -> None:
        self.job["metadata"].setdefault("annotations", {})[key] = "true"

    @property
    def place(self) -> Cursor:
        return places.read(self.job.get("status") or {}) or places.start(self.switches)

    def step(self, *, crash: bool = False) -> Action:
        """Do one step; with ``crash`` the status is not written any more."""
        place = self.place
        seen = Observed(place, self.job, self.crs[KAFKA], self.crs[ZOOKEEPER], self.crs[CONTROLLER], kafka_rolled=True,
                        controller_rolled=True, cluster_id=CLUSTER, migration_state=1, switches=self.switches)  # fmt: skip
        action = machine.next_step(seen)
        for edit in action.edits:
            before = (copy.deepcopy(self.crs[KAFKA]["spec"]), names.wanted(self.crs[KAFKA], names.CLEAN_UP))
            merge(self.crs[edit.kind], edit.patch)
            after = (self.crs[KAFKA]["spec"], names.wanted(self.crs[KAFKA], names.CLEAN_UP))
            self.rolls += before != after
        if not crash:
            after_place = machine.failed(place) if action.failed else action.next or place
            self.job["status"] = job_status.status(seen, after_place, action, {}, "2026-01-01T00:00:00Z")
            said = (self.job["status"]["phase"], self.job["status"]["subPhase"])
            if not self.shown or self.shown[-1] != said:
                self.shown.append(said)
        return action

    def run(self, *, crashing: bool = False) -> None:
        """Go on until nothing moves."""
        for _number in range(80):
            if crashing:
                self.step(crash=True)
            before = self.place
            action = self.step()
            if self.place == before and not action.edits:
                return
        raise AssertionError(self.shown)


@pytest.mark.parametrize("crashing", [False, True], ids=["", "killed between the edits and the status"])
def test_forward_stops_in_dual_write_then_goes_to_the_end(crashing: bool) -> None:
    sim = Sim()
    original = copy.deepcopy(sim.crs)
    sim.run(crashing=crashing)
    assert sim.place == Cursor("DUAL-WRITE", "MigrateDualWrite")
    kafka, controller = sim.crs[KAFKA]["spec"], sim.crs[CONTROLLER]["spec"]
    flag, ibp = "zookeeper.metadata.migration.enable=true", "inter.broker.protocol.version=3.9"
    assert kafka["configOverrides"]["server"] == [ibp, flag]
    assert kafka["dependencies"]["kRaftController"]["clusterRef"] == {"name": "kraftcontroller", "namespace": NAMESPACE}
    assert controller["clusterID"] == CLUSTER
    assert controller["configOverrides"]["server"] == [f"zookeeper.connect={CONNECT}", flag, ibp]
    assert all(names.wanted(cr, names.LOCK) for cr in sim.crs.values())
    sim.say(names.FINALIZE)
    sim.run(crashing=crashing)
    assert sim.place.phase == "COMPLETE"
    assert kafka["dependencies"].keys() == {"kRaftController"}
    assert "configOverrides" not in kafka | controller
    assert sim.job["status"]["conditions"][0]["reason"] == "KRaftMigrationComplete"
    assert all(names.wanted(cr, names.LOCK) for cr in sim.crs.values())
    sim.say(names.RELEASE)
    sim.step()
    assert not any(names.wanted(cr, names.LOCK) for cr in sim.crs.values())
    assert sim.crs[ZOOKEEPER]["spec"] == original[ZOOKEEPER]["spec"]
    assert sim.rolls == 3


def test_every_sub_phase_of_the_way_forward_is_shown_in_order() -> None:
    sim = Sim()
    sim.say(names.FINALIZE)
    sim.run()
    expected = [(place.phase, place.sub_phase) for place in places.FORWARD[1:]]
    assert sim.shown == expected
    assert len({step for _phase, step in [("SETUP", "SetupPreChecks"), *expected]}) == 14 + 4 + 5


@pytest.mark.parametrize("step", [*SETUP_STEPS, *names.MIGRATE_STEPS, *names.MOVE_STEPS])
def test_stuck_and_failure_in_each_sub_phase(step: str) -> None:
    sim = Sim(Switches(stuck=step))
    sim.say(names.FINALIZE)
    sim.run()
    assert sim.place.sub_phase == step
    assert sim.place.phase != "COMPLETE" or step == names.MOVE_STEPS[-1]
    sim.switches = Switches(fail=step)
    sim.run()
    assert sim.place == Cursor("FAILURE", step)
    (condition,) = sim.job["status"]["conditions"]
    assert (condition["status"], condition["reason"]) == ("False", "KRaftMigrationFailed")
    assert step in condition["message"]


@pytest.mark.parametrize("step", BACK_STEPS[:-1])
def test_stuck_and_failure_in_each_sub_phase_of_a_rollback(step: str) -> None:
    sim = Sim(Switches(stuck=SETUP_STEPS[-1] if step == WAITS[1] else ""))
    sim.run()
    sim.switches = Switches(stuck=step)
    sim.say(names.ROLLBACK)
    sim.say(names.CONTINUE)
    sim.run()
    assert sim.place.sub_phase == step
    sim.switches = Switches(fail=step)
    sim.run()
    assert sim.place == Cursor("FAILURE", step)


def back_from(step: str) -> tuple[Sim, dict[str, Any]]:
    """Trigger a rollback while the job is kept in a sub-phase, and let it run as far as it goes."""
    sim = Sim(Switches(stuck=step))
    original = copy.deepcopy(sim.crs[KAFKA]["spec"])
    sim.run()
    sim.rolls = 0
    sim.say(names.ROLLBACK)
    sim.run()
    return sim, original


@pytest.mark.parametrize("step", SETUP_STEPS)
def test_rollback_from_setup(step: str) -> None:
    sim, original = back_from(step)
    if SETUP_STEPS.index(step) > SETUP_STEPS.index("SetupMutateKRaftController"):
        assert sim.place.sub_phase == WAITS[1]
        sim.say(names.CONTINUE)
        sim.run()
    assert (sim.place.sub_phase, sim.place.origin) == (BACK_STEPS[-1], "SETUP")
    assert sim.crs[KAFKA]["spec"] == original
    assert sim.rolls == (SETUP_STEPS.index(step) > SETUP_STEPS.index("SetupTriggerIBPUpgrade"))
    locked = SETUP_STEPS.index(step) > SETUP_STEPS.index("SetupAddMigrationAnnotation")
    assert names.wanted(sim.crs[KAFKA], names.LOCK) is locked


@pytest.mark.parametrize("step", names.MIGRATE_STEPS)
@pytest.mark.parametrize("crashing", [False, True])
def test_rollback_from_migrate_and_dual_write(step: str, crashing: bool) -> None:
    sim, original = back_from(step)
    assert sim.place.sub_phase == WAITS[0]
    message = sim.job["status"]["conditions"][0]["message"]
    assert f"/kafka-{NAMESPACE}/controller" in message
    assert names.CONTINUE in message
    sim.say(names.CONTINUE)
    sim.run(crashing=crashing)
    assert sim.place == Cursor("RollbackToZk", BACK_STEPS[-1], sim.place.origin)
    assert sim.crs[KAFKA]["spec"] == original
    assert not names.wanted(sim.crs[KAFKA], names.CLEAN_UP)
    assert sim.rolls == 3


def test_an_emptied_role_is_a_roll_when_it_is_switched_on_and_leaves_nothing() -> None:
    sim = Sim(Switches(first_rollback_roll=True))
    original = copy.deepcopy(sim.crs[KAFKA]["spec"])
    sim.run()
    sim.rolls = 0
    sim.say(names.ROLLBACK)
    sim.say(names.CONTINUE)
    sim.run()
    assert sim.rolls == 4
    labels = original["podTemplate"]["labels"]
    assert sim.crs[KAFKA]["spec"] == {**original, "podTemplate": {"labels": labels, "annotations": {}}}


@pytest.mark.parametrize("place", [place for place in places.FORWARD if place.phase in (names.MOVE, names.COMPLETE)])
def test_rollback_is_refused_after_dual_write(place: Cursor) -> None:
    job = {"metadata": {"name": "j", "namespace": "n", "annotations": {names.ROLLBACK: "true"}}}
    seen = Observed(place, job, {"kind": KAFKA, "metadata": {"name": "k", "namespace": "n"}, "spec": {}})
    action = machine.next_step(seen)
    assert action.next is None or action.next.phase != names.BACK
    assert machine.refused(seen)


def test_older_operators_have_no_prechecks_and_go_back_from_dual_write_only() -> None:
    sim = Sim(Switches(older=True, stuck="SetupComplete"))
    sim.say(names.ROLLBACK)
    sim.run()
    assert sim.place == Cursor("SETUP", "SetupComplete")
    assert sim.shown[0] != ("SETUP", "SetupPreChecks")
    assert "ibpVersion" not in sim.job["status"]
    assert "inter.broker.protocol.version=3.6" in sim.crs[KAFKA]["spec"]["configOverrides"]["server"]
    sim.switches = Switches(older=True)
    sim.run()
    assert sim.place.sub_phase == WAITS[0]


def test_the_wait_for_znodes_may_end_by_itself_or_not_be_shown() -> None:
    by_itself = Sim(Switches(znode_wait="continues"))
    by_itself.run()
    by_itself.say(names.ROLLBACK)
    by_itself.run()
    assert by_itself.place.ended
    assert (names.BACK, WAITS[0]) in by_itself.shown


@pytest.mark.parametrize("start", ["SetupComplete", ""])
def test_a_wait_that_is_not_shown_is_still_a_wait(start: str) -> None:
    sim = Sim(Switches(stuck=start))
    sim.run()
    status = sim.job["status"]
    wait = Cursor(names.BACK, WAITS[1 if start else 0], "SETUP" if start else "DUAL-WRITE")
    hidden = Switches(znode_wait="hidden")
    assert places.shown(wait, status, hidden)["subPhase"] not in WAITS


@pytest.mark.parametrize("step", ["stuck", "plain"])
def test_spellings(step: str) -> None:
    switches = Switches(
        dual_write="DUAL_WRITE", rollback="RollbackToZK", sub_phase_prefix=True, rollback_ends="COMPLETE"
    )
    sim = Sim(switches)
    sim.run()
    assert sim.shown[-1] == ("DUAL_WRITE", "SubPhaseMigrateDualWrite")
    sim.say(names.ROLLBACK)
    sim.say(names.CONTINUE)
    sim.run()
    assert ("RollbackToZK", "SubPhaseRollbackToZkMakeProcessRoleEmpty") in sim.shown
    assert sim.shown[-1] == ("COMPLETE", "SubPhaseRollbackToZkComplete")
    assert sim.place.ended


def test_a_silent_phase_shows_its_first_sub_phase_until_it_is_over() -> None:
    sim = Sim()
    sim.run()
    place = Cursor(names.MOVE, names.MOVE_STEPS[2])
    before = {"phase": names.MOVE, "subPhase": names.MOVE_STEPS[0]}
    assert places.shown(place, before, Switches(silent=names.MOVE)) == before
    assert places.shown(place, before, Switches())["subPhase"] == names.MOVE_STEPS[2]


def test_required_status_fields_are_there_from_the_start() -> None:
    sim = Sim(Switches(stuck="SetupPreChecks"))
    sim.step()
    assert sim.job["status"].keys() >= job_status.REQUIRED.keys()


@pytest.mark.parametrize(
    ("change", "step", "phase"),
    [
        ({"configOverrides": {"server": ["inter.broker.protocol.version=3.5"]}}, "SetupPreChecks", "FAILURE"),
        ({"image": {"application": "registry.example/cp-server:7.9.1"}}, "SetupDeriveIBPVersion", "SETUP"),
        ({"image": {"application": "confluentinc/cp-server:7.5.3"}}, "SetupCheckKafkaVersion", "FAILURE"),
    ],
)
def test_clusters_that_cannot_migrate(change: dict[str, Any], step: str, phase: str) -> None:
    sim = Sim()
    merge(sim.crs[KAFKA]["spec"], change)
    sim.run()
    assert (sim.place.phase, sim.place.sub_phase) == (phase, step)


def test_controllers_that_cannot_migrate() -> None:
    sim = Sim()
    sim.crs[CONTROLLER]["spec"]["clusterID"] = "A" * 22
    sim.run()
    assert sim.place == Cursor("FAILURE", "SetupMutateKRaftController")
    other = Sim()
    del other.crs[CONTROLLER]["metadata"]["annotations"][names.HOLD]
    other.run()
    assert other.place == Cursor("FAILURE", "SetupEnsureKRaftControllerExists")


def test_users_overrides_survive_forward_and_back() -> None:
    sim = Sim(spec=manifests.ExampleSpec(overrides=("client.rack=a", "auto.create.topics.enable=true")))
    original = copy.deepcopy(sim.crs[KAFKA]["spec"])
    sim.run()
    assert sim.crs[KAFKA]["spec"]["configOverrides"]["server"][:2] == list(original["configOverrides"]["server"])
    sim.say(names.ROLLBACK)
    sim.say(names.CONTINUE)
    sim.run()
    assert sim.crs[KAFKA]["spec"] == original


def test_the_lock_stays_when_that_is_switched_on() -> None:
    sim = Sim(Switches(lock_release="ignored"))
    sim.say(names.FINALIZE)
    sim.run()
    sim.say(names.RELEASE)
    sim.run()
    assert names.wanted(sim.crs[KAFKA], names.LOCK)


def test_controllers_stop_at_the_wait_when_that_is_switched_on() -> None:
    stop = Switches(controllers_at_wait="stop")
    assert machine.controllers_stopped(Cursor(names.BACK, WAITS[0], "MIGRATE"), stop)
    assert not machine.controllers_stopped(Cursor(names.BACK, BACK_STEPS[1], "MIGRATE"), stop)
    assert not machine.controllers_stopped(Cursor(names.BACK, WAITS[0], "MIGRATE"), Switches())
