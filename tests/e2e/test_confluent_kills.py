# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job held in each of its sub-phases, one after the other, on the way to DUAL-WRITE, back, there again and to the end, under traffic.

In each of them one run is killed by SIGKILL as soon as it has seen the sub-phase, and another one gives up at the standstill and names it. No killed
run writes anything afterwards, and the next run goes on from there.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e import audit
from tests.e2e.confluent_scene import Led, scene
from tests.e2e.fleet import ACCOUNT
from tests.e2e.led_scene import SOAK
from tests.operators.confluent.names import (
    BACK_STEPS,
    CONTROLLER,
    KAFKA,
    MIGRATE_STEPS,
    MOVE_STEPS,
    SETUP_STEPS,
    WAITS,
)

NAMESPACE = "e2e-cfk-kills"
FINAL: dict[str, Any] = {"kraft_confirm": "kafka", **SOAK}
#: in the wait the run is killed between the removal of the znodes and its answer
KILLED_AT: dict[str, str] = {WAITS[0]: "looking for 10 s whether it stays"}

#: a rollback that stands still here could as well be one that waits for the znodes without saying so
BEFORE_THE_WAIT = BACK_STEPS[: BACK_STEPS.index(WAITS[0])]


@pytest.fixture(scope="module")
def led(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Led]:
    with scene(NAMESPACE, tmp_path_factory.mktemp("cfk")) as found:
        yield found


def killed(led: Led, playbook: str, pattern: str, **variables: Any) -> None:
    """Kill a run where it says this; a second later nothing of it may write any more."""
    led.target.kill(playbook, pattern, **variables)
    time.sleep(1.0)
    mark = audit.position()
    time.sleep(0.5)
    assert audit.writes_since(mark, NAMESPACE, ACCOUNT) == []


def held_in(led: Led, playbook: str, sub_phases: tuple[str, ...], **variables: Any) -> None:
    """Hold the job in each of these sub-phases: one run is killed there, one gives up."""
    for sub_phase in sub_phases:
        led.double.switch("stuck", sub_phase)
        killed(led, playbook, KILLED_AT.get(sub_phase, f"the operator is at [A-Za-z-]+/{sub_phase}"), **variables)
        assert led.double.place[1] == sub_phase
        code = "operator-silent-wait" if sub_phase in BEFORE_THE_WAIT else "operator-stuck"
        said = led.refused(playbook, code, kraft_wait_timeout=5, **variables)
        assert f"/{sub_phase}" in said, said
    led.double.clear()


def test_on_the_way_to_dual_write(led: Led) -> None:
    # what the killed run still writes in its last moment must not start the job before it is held
    led.double.switch("stuck", SETUP_STEPS[0])
    killed(led, "migrate", r"KRaftController .* created, held")
    held_in(led, "migrate", SETUP_STEPS)
    held_in(led, "migrate", MIGRATE_STEPS)
    led.play("migrate")
    assert led.play("migrate").changed == []
    assert led.state()["state"] == "HYBRID_DUAL_WRITE"


def test_on_the_way_back(led: Led) -> None:
    led.double.switch("stuck", BACK_STEPS[0])
    killed(led, "rollback", r"KRaftMigrationJob .*trigger-rollback")
    held_in(led, "rollback", tuple(step for step in BACK_STEPS[:-1] if step != WAITS[1]))
    killed(led, "rollback", r"KRaftMigrationJob .*release-cr-lock|is unlocked|RollbackToZkComplete: ")
    led.play("rollback")
    led.rolled_back()


def test_on_the_way_back_from_setup(led: Led) -> None:
    led.double.switch("stuck", SETUP_STEPS[-1])
    led.refused("setup", "operator-stuck", kraft_wait_timeout=5)
    led.double.switch("stuck", WAITS[1])
    killed(led, "rollback", f"the operator (is at|waits for|.*{WAITS[1]})")
    said = led.refused("rollback", "operator-stuck", kraft_wait_timeout=15)
    assert f"/{WAITS[1]}" in said
    led.double.clear()
    led.play("rollback")
    led.rolled_back()


def test_to_the_end(led: Led) -> None:
    led.play("migrate")
    led.double.switch("stuck", MOVE_STEPS[0])
    killed(led, "finalize", r"KRaftMigrationJob .*trigger-finalize", **FINAL)
    held_in(led, "finalize", MOVE_STEPS, **FINAL)
    led.play("finalize", **FINAL)
    assert led.locked() == []
    assert led.state()["state"] == "FINALIZED"
    assert led.play("finalize", **FINAL).changed == []
    assert "configOverrides" not in led.double.cr(CONTROLLER)["spec"]
    assert "zookeeper" not in led.double.cr(KAFKA)["spec"]["dependencies"]
