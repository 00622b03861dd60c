# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules 1, 3 and 10 where the controllers are written: gates, leftovers, and brokers that remember."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.action import kraft_controller
from ansible_collections.kafkaops.kraft.plugins.module_utils._core import state
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.controllers import ControllerObjects
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import gates, rollback_plan
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import controllers, volumes
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded, Refused

from tests.unit.plugins.action.acting import Acts, action
from tests.unit.plugins.module_utils.fakes import FakeClient, controller, ours
from tests.unit.plugins.module_utils.scenes import at_stage, cluster_with

SHUT = Refused("the irreversible step is refused", code="gate-soak")
LEFT = Refused("/migration says that the copy was done", code="migration-stale")


def scene(monkeypatch: pytest.MonkeyPatch, wanted: str, now: str, *, replicas: int = 3, **changed: Any) -> Acts:
    """Controllers at one stage that are to come to another."""
    client = FakeClient(*(controller(f"kafka-kraft-{number}") for number in range(3)))
    cluster = cluster_with(client=client, controllers=ours(at_stage("kafka-kraft", now, replicas=replicas)), **changed)
    cluster.changed = lambda *_parts: None
    run = Acts(cluster, state=wanted)
    objects = ControllerObjects(statefulset=at_stage("kafka-kraft", wanted), service={}, pdb={}, settings=None)
    monkeypatch.setattr(controllers, "build", lambda _cluster, _stage: objects)
    monkeypatch.setattr(controllers, "summary", lambda _cluster, _objects: {})
    monkeypatch.setattr(controllers, "check_plan", lambda _cluster: None)
    monkeypatch.setattr(controllers, "write", run.note("written"))
    monkeypatch.setattr(volumes, "refuse_leftovers", run.note("leftovers looked for"))
    monkeypatch.setattr(
        volumes, "leftover_claims", lambda _cluster: {name: {} for name in run.params.get("volumes", ())}
    )
    monkeypatch.setattr(gates, "require", run.note("gates", []))
    monkeypatch.setattr(rollback_plan, "pending", lambda _cluster: run.params.get("pending", ""))
    return run


def test_the_gates_come_right_before_the_final_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 1: the write is already the practical point of no return."""
    run = scene(monkeypatch, "final", "migrating")
    action(kraft_controller).apply(run)
    assert run.log == ["gates", "record gates", "written", "record written"]


class Opening:
    """A policy that keeps the flag until it is opened."""

    def __init__(self, run: Acts, *, closed: bool) -> None:
        self.run, self.closed = run, closed

    def open(self, migration_id: str, _progress: Any) -> bool:
        self.run.log.append(f"opened for {migration_id}")
        return self.closed


@pytest.mark.parametrize(("closed", "again"), [(True, ["read again", "gates"]), (False, [])])
def test_a_policy_is_opened_behind_the_gates_which_are_asked_again(
    monkeypatch: pytest.MonkeyPatch, closed: bool, again: list[str]
) -> None:
    """Rule 1: that took a moment, and the gates are of right before the write."""
    run = scene(monkeypatch, "final", "migrating")
    run.journal.migration_id = "m1"
    run.cluster.driver.enforcement = Opening(run, closed=closed)
    run.cluster.changed = run.note("read again")
    action(kraft_controller).apply(run)
    last = ["written", "read again", "record written"]
    assert run.log == ["gates", "record gates", "opened for m1", *again, *last]
    run = scene(monkeypatch, "migrating", "held")
    run.cluster.driver.enforcement = Opening(run, closed=closed)
    action(kraft_controller).apply(run)
    assert not [line for line in run.log if line.startswith("opened")]


def test_a_shut_gate_leaves_the_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    run = scene(monkeypatch, "final", "migrating")
    monkeypatch.setattr(gates, "require", run.note("gates", SHUT))
    with pytest.raises(Refused, match="irreversible"):
        action(kraft_controller).apply(run)
    with pytest.raises(Refused, match="irreversible"):
        action(kraft_controller).decide(run)
    assert run.log == ["gates", "gates"]


def test_a_plan_shows_the_final_write_before_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    hybrid = state.ClusterState(state.HYBRID, "migrating")
    run = scene(monkeypatch, "final", "migrating", state=hybrid)
    run.check_mode = True
    assert "once the cluster is in pure dual-write" in action(kraft_controller).decide(run).reason
    assert run.log == []


def test_a_secret_is_noted_before_it_is_made_and_before_the_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is killed right after it made one leaves a name in the journal; nothing comes between the gates and the write."""
    for wanted, now, expected in (
        ("final", "migrating", ["record begun", "gates", "record gates", "written", "record written"]),
        ("migrating", "held", ["leftovers looked for", "record begun", "written", "record written"]),
        ("final", "final", ["gates", "record gates", "record written"]),
    ):
        run = scene(monkeypatch, wanted, now)
        body = {"kind": "Secret", "metadata": {"name": f"kafka-kraft-{wanted}-01234567"}}
        made = ControllerObjects(statefulset=at_stage("kafka-kraft", wanted), service={}, pdb={}, settings=body)
        monkeypatch.setattr(controllers, "build", lambda _cluster, _stage, made=made: made)
        action(kraft_controller).apply(run)
        assert run.log == expected
        noted = {"stage": wanted, "objects": [f"Secret/kafka-kraft-{wanted}-01234567"]}
        assert run.details.get("begun", noted) == noted


def test_leftovers_are_looked_for_before_the_first_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 3: empty controllers would write their empty metadata over ZooKeeper."""
    run = scene(monkeypatch, "migrating", "held")
    action(kraft_controller).apply(run)
    assert run.log == ["leftovers looked for", "written", "record written"]
    run = scene(monkeypatch, "migrating", "held")
    monkeypatch.setattr(volumes, "refuse_leftovers", run.note("leftovers looked for", LEFT))
    with pytest.raises(Refused, match="the copy was done"):
        action(kraft_controller).apply(run)
    assert run.log == ["leftovers looked for"]


def test_nothing_is_made_beside_volumes_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 6: a controller would take them up with whatever is on them."""
    run = scene(monkeypatch, "held", "held")
    run.cluster.controllers, run.cluster.modes = None, {}
    monkeypatch.setattr(volumes, "claim_findings", lambda _cluster: [])
    assert action(kraft_controller).decide(run).needed
    theirs = [finding("foreign-object", "PersistentVolumeClaim n/x", "PersistentVolumeClaim n/x is theirs")]
    monkeypatch.setattr(volumes, "claim_findings", lambda _cluster: theirs)
    with pytest.raises(Refused, match="n/x is theirs; nothing was changed"):
        action(kraft_controller).decide(run)


def test_a_pod_of_others_is_no_controller_that_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 6: Ready and of the right name is not enough."""
    run = scene(monkeypatch, "migrating", "held")
    run.params["pod_timeout"], run.cluster.controller_container = 0.2, "kafka"
    run.client.put(controller("kafka-kraft-1", labels={"app": "theirs"}))
    with pytest.raises(DeadlineExceeded, match="2 of 3 controllers are Ready"):
        action(kraft_controller).apply(run)


@pytest.mark.parametrize(("volumes", "checked"), [([], ["leftovers looked for"]), (["data-kafka-kraft-0"], [])])
def test_controllers_that_were_scaled_down_start_on_their_own_volumes_only(
    monkeypatch: pytest.MonkeyPatch, volumes: list[str], checked: list[str]
) -> None:
    """Rule 3: what /migration says is their own as long as their volumes are there, and another's after that."""
    run = scene(monkeypatch, "migrating", "migrating", replicas=0)
    run.params["volumes"] = volumes
    action(kraft_controller).apply(run)
    assert run.log == [*checked, "written", "record written"]


def test_brokers_that_remember_an_old_quorum_stop_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 10: they would shut themselves down on the log of the new one."""
    run = scene(monkeypatch, "migrating", "held", modes={"kafka-0": state.MODE_MIGRATING})
    run.params["pending"] = "kafka-0 still runs in migrating mode"
    for call in (action(kraft_controller).apply, action(kraft_controller).decide):
        with pytest.raises(Refused) as refused:
            call(run)
        assert refused.value.code == "rollback-pending"
    assert "written" not in run.log


def test_what_runs_as_wanted_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    hybrid = state.ClusterState(state.HYBRID, "migrating")
    run = scene(monkeypatch, "migrating", "migrating", state=hybrid)
    assert action(kraft_controller).decide(run).kind == "done"
    run = scene(monkeypatch, "migrating", "final", state=hybrid)
    assert action(kraft_controller).decide(run).kind == "done"
    run = scene(monkeypatch, "held", "migrating", state=hybrid)
    assert action(kraft_controller).decide(run).kind == "done"
    assert run.log == []
