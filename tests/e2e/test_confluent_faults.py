# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is documented to go wrong with Confluent for Kubernetes, switched on in the double of its operator, with real Kafka under traffic.

The tests run in their order: each leaves the cluster in plain ZooKeeper mode for the next one, the last one goes to the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.confluent_scene import Led, scene
from tests.e2e.led_scene import SOAK
from tests.operators.confluent import names
from tests.operators.confluent.double import connect
from tests.operators.confluent.names import JOB, KAFKA
from tests.sandbox.beside import beside
from tests.sandbox.config import SandboxError

#: seconds of standstill after which these tests give up: once the job is where it is held, and where brokers are restarted before. A user's
#: default is 900
SOON: dict[str, Any] = {"kraft_wait_timeout": 30}
LATER: dict[str, Any] = {"kraft_wait_timeout": 90}


@pytest.fixture(scope="module")
def led(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Led]:
    with scene("e2e-cfk-faults", tmp_path_factory.mktemp("cfk")) as found:
        yield found


def accepted(message: str) -> dict[str, Any]:
    """The variable that a message tells people to set."""
    found = re.search(r"kraft_accept: \[([^\]]+)\]", message)
    assert found is not None, message
    return {"kraft_accept": [found[1]]}


def held_in(led: Led, playbook: str, sub_phase: str) -> None:
    """Hold the job in a sub-phase, and run a playbook until it is there."""
    led.double.switch("stuck", sub_phase)
    led.target.kill(playbook, f"the operator is at [A-Za-z-]+/{sub_phase}")


@contextmanager
def operator_restarts(led: Led, *sub_phases: str) -> Iterator[list[str]]:
    """Kill the operator in each of these sub-phases, and start it again."""
    done: list[str] = []
    other = connect(led.double.namespace)
    other.spec = led.double.spec

    def watch() -> None:
        try:
            sub_phase = other.place[1]
        except SandboxError:
            return
        if sub_phase in sub_phases and sub_phase not in done:
            done.append(sub_phase)
            led.double.restart()

    try:
        with beside(watch, 0.1):
            yield done
    finally:
        other.kube.close()


def test_other_spellings_and_controllers_that_are_stopped_at_the_wait(led: Led) -> None:
    double = led.double
    double.switch("dual-write", "DUAL_WRITE")
    double.switch("rollback", "RollbackToZK")
    double.switch("sub-phase-prefix")
    double.switch("rollback-ends", "COMPLETE")
    double.switch("controllers-at-wait", "stop")
    double.switch("first-rollback-roll")
    led.play("migrate")
    assert (double.status["phase"], double.status["subPhase"]) == ("DUAL_WRITE", "SubPhaseMigrateDualWrite")
    assert led.state()["state"] == "HYBRID_DUAL_WRITE"
    assert led.play("migrate").changed == []
    done = led.play("rollback")
    assert "RollbackToZkEnsureKafkaRollIsComplete: the operator is at RollbackToZk/" in done.output
    led.rolled_back()
    double.clear()


def test_a_standstill_is_explained_and_a_wait_that_is_not_shown_is_answered_when_accepted(
    led: Led, tmp_path: Path
) -> None:
    """Back from MIGRATE, too."""
    double = led.double
    held_in(led, "migrate", "MigrateMonitorMigrationProgress")
    said = led.refused("migrate", "operator-stuck", kraft_support_dir=str(tmp_path), **SOON)
    assert "MigrateMonitorMigrationProgress: nothing moved for 30 s" in said
    assert "NoAuth" in said, "what usually holds it up there"
    assert list(tmp_path.glob("kraft-support-kafka-*.json"))
    double.switch("znode-wait", "hidden")
    said = led.refused("rollback", "operator-silent-wait", **SOON)
    assert names.CONTINUE not in double.cr(JOB)["metadata"]["annotations"], "nothing is answered on a guess"
    done = led.play("rollback", **accepted(said))
    assert set(done.result("RollbackToZkWaitForManualNodeRemovalFromZk")["removed"]) == {"/controller", "/migration"}
    led.rolled_back()
    double.clear()


def test_an_operator_that_does_not_wait_for_the_znodes_and_keeps_its_locks(led: Led) -> None:
    double = led.double
    double.switch("znode-wait", "continues")
    double.switch("lock-release", "ignored")
    led.play("migrate")
    said = led.refused("rollback", "operator-lock-kept", **LATER)
    assert names.RELEASE in said
    assert KAFKA in led.locked()
    double.clear()
    done = led.play("rollback")
    assert "ready to retry" in done.output
    led.rolled_back()


def test_an_operator_that_says_nothing_of_its_steps(led: Led) -> None:
    """A phase shows its first sub-phase only; what moves is seen by the pods, and the wait is accepted by name."""
    double = led.double
    double.switch("silent", "SETUP")
    led.play("setup")
    double.switch("silent", "MIGRATE")
    done = led.play("migrate")
    assert re.search(r"brokers \d/3 Ready and \d/3 on the new revision", done.output)
    assert led.state()["state"] == "HYBRID_DUAL_WRITE"
    double.switch("silent", "RollbackToZk")
    led.play("rollback", kraft_accept="operator-silent-wait")
    led.rolled_back()
    double.clear()


def test_an_older_operator_turns_round_in_dual_write_only(led: Led) -> None:
    double = led.double
    double.switch("older")
    held_in(led, "setup", "SetupComplete")
    led.refused("setup", "operator-stuck", **SOON)
    said = led.refused("rollback", "operator-stuck", **SOON)
    assert "in DUAL-WRITE only" in said
    double.clear("stuck")
    led.play("rollback")
    led.rolled_back()
    double.clear()


def test_an_operator_that_is_killed_in_each_roll(led: Led) -> None:
    there = ("SetupEnsureIBPUpgradeComplete", "MigrateEnsureKafkaRollComplete")
    with operator_restarts(led, *there) as done:
        led.play("migrate")
    assert done == list(there)
    back = ("RollbackToZkEnsureKafkaRollIsComplete2", "RollbackToZkEnsureKafkaRollIsComplete4")
    with operator_restarts(led, "RollbackToZkWaitForManualNodeRemovalFromZk", *back) as done:
        led.play("rollback")
    assert done[-2:] == list(back)
    led.rolled_back()


def test_to_the_end_with_an_operator_that_is_killed_says_nothing_and_keeps_its_locks(led: Led) -> None:
    double = led.double
    led.play("migrate")
    double.switch("silent", "MoveToKRaftControllerOnly")
    double.switch("lock-release", "ignored")
    with operator_restarts(led, "MoveToKRaftControllerTriggerZkRemoval"):
        said = led.refused("finalize", "operator-lock-kept", kraft_confirm="kafka", **LATER, **SOAK)
    assert names.RELEASE in said
    assert double.place[0] == "COMPLETE"
    assert KAFKA in led.locked()
    assert "gives the locks back" in led.state()["next"]
    double.clear()
    done = led.play("finalize", kraft_confirm="kafka", **SOAK)
    assert done.result("MoveToKRaftControllerComplete")["files"]
    assert led.locked() == []
    assert led.state()["state"] == "FINALIZED"
