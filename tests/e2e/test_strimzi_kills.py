# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run is killed in each state of Strimzi, on the way there, back and to the end; then the operator is, in each of its rolls. Under traffic.

What is killed is ansible-playbook with all that it has started. The next run of the same playbook goes on, and no pod is restarted for it: what
the operator does is the recorded sequence. The tests are steps on one way and run in their order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.e2e.killing import Reached, at, held_up, kill
from tests.e2e.strimzi_meanwhile import operator_dies
from tests.e2e.strimzi_scene import FINAL, MARK, Led, scene
from tests.operators.strimzi import names, recorded
from tests.operators.strimzi.recorded import Step
from tests.operators.strimzi.watch import watched

#: a roll of brokers or controllers, in its middle
MIDDLE = r", .*{role} \d/3 Ready and [12]/3 on the new revision"
AWAY = "no pod of the operator is Ready (Deployment strimzi-cluster-operator): nobody goes on"


@pytest.fixture(scope="module")
def led(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Led]:
    with scene("e2e-strimzi-kills", tmp_path_factory.mktemp("strimzi")) as found:
        yield found


@contextmanager
def as_recorded(led: Led, *wanted: Step) -> Iterator[None]:
    """Whatever is killed, the operator makes these rolls and no other, and goes through these states and phases."""
    with watched(led.double) as seen:
        yield
    steps = recorded.steps(seen)
    for kind in ("roll", "state", "phase"):  # one look may see a state and the phase after it
        assert [step for step in steps if step.kind == kind] == [step for step in wanted if step.kind == kind], steps


def killed(led: Led, playbook: str, reached: Reached, state: str, asked: str, **variables: Any) -> str:
    """Kill a run there, where the operator is in this state and asked for this; returns what the run had printed."""
    output = kill(led.target, playbook, reached, **variables)
    assert (led.double.state, led.asked) == (state, asked), output
    return output


def middle(where: str, role: str = "brokers") -> Reached:
    return at(f"the operator is at {where}{MIDDLE.format(role=role)}")


def test_the_run_is_killed_on_the_way_to_the_stop(led: Led) -> None:
    with as_recorded(led, *recorded.FORWARD):
        with held_up(led.double.kube, led.double.namespace, names.GROUP, "kafkanodepools") as asks:
            killed(led, "setup", asks, names.ZOOKEEPER, names.MIGRATION)
        assert led.pools == ["kafka"], "killed between the annotation and the pool"
        killed(led, "setup", at("SETUP/SetupKRaftControllerHealthy, "), names.ZOOKEEPER, names.MIGRATION)
        assert led.pools == ["controller", "kafka"]
        led.play("setup")
        killed(led, "migrate", middle("MIGRATE/MigrateEnsureKafkaRollComplete"), names.MIGRATING, names.MIGRATION)
        killed(led, "migrate", middle("MIGRATE/MigrateDualWrite"), names.DUAL_WRITING, names.MIGRATION)
        led.play("migrate")
    assert led.double.state == names.POST_MIGRATION
    assert led.play("migrate").changed == []
    assert led.state()["state"] == "PURE_DUAL_WRITE"


def test_the_run_is_killed_on_the_way_back(led: Led) -> None:
    first, second = (
        "RollbackToZk/RollbackToZkEnsureKafkaRollIsComplete",
        "RollbackToZk/RollbackToZkEnsureKafkaRollIsComplete2",
    )
    with as_recorded(led, *recorded.BACK_TO_DUAL, *recorded.BACK_TO_ZOOKEEPER):
        killed(led, "rollback", at(f"annotation {names.KRAFT} = rollback"), names.POST_MIGRATION, names.ROLLBACK)
        killed(led, "rollback", middle(first), names.POST_MIGRATION, names.ROLLBACK)
        killed(led, "rollback", at("controllers .* are not gone yet"), names.DUAL_WRITING, names.ROLLBACK)
        assert led.pools == ["kafka"]
        killed(led, "rollback", at("looking for 10 s whether it stays"), names.DUAL_WRITING, names.ROLLBACK)
        killed(led, "rollback", at(f"the operator is at {second}, "), names.DUAL_WRITING, names.DISABLED)
        assert led.double.claims() == []
        killed(led, "rollback", at("ready to retry: "), names.ZOOKEEPER, names.DISABLED)
        assert MARK not in led.double.cr["metadata"]["annotations"]
        led.play("rollback")
    led.rolled_back()
    assert led.play("rollback").changed == []


def test_the_operator_is_killed_in_each_roll_there_and_back(led: Led) -> None:
    with as_recorded(led, *recorded.FORWARD), operator_dies(led, "brokers-migration", "brokers-post-migration"):
        done = led.play("migrate")
    assert AWAY in done.output
    assert led.state()["state"] == "PURE_DUAL_WRITE"
    back = (*recorded.BACK_TO_DUAL, *recorded.BACK_TO_ZOOKEEPER)
    with as_recorded(led, *back), operator_dies(led, "brokers-migration", "brokers-zk"):
        done = led.play("rollback")
    assert AWAY in done.output
    led.rolled_back()


def test_both_are_killed_on_the_way_to_the_end(led: Led) -> None:
    led.play("migrate")
    with as_recorded(led, *recorded.FINALIZED), operator_dies(led, "controllers-kraft", "brokers-kraft"):
        enabled = at(f"annotation {names.KRAFT} = enabled")
        killed(led, "finalize", enabled, names.POST_MIGRATION, names.ENABLED, **FINAL)
        of_controllers = middle(r"MoveToKRaftControllerOnly/\w+", "controllers")
        said = killed(led, "finalize", of_controllers, names.POST_MIGRATION, names.ENABLED, **FINAL)
        said += killed(
            led, "finalize", middle(r"MoveToKRaftControllerOnly/\w+"), names.POST_MIGRATION, names.ENABLED, **FINAL
        )
        said += led.play("finalize", **FINAL).output
    assert AWAY in said
    assert led.double.state == names.IN_KRAFT
    assert led.state()["state"] == "FINALIZED"
    assert led.play("finalize", **FINAL).changed == []
