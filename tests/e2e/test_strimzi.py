# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters that Strimzi leads, on the double of its operator with real Kafka under traffic: back from each state, again, and to the end.

The tests are steps on one way and run in their order. The account is that of docs/rbac-strimzi.yml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.strimzi_scene import FINAL, Led, scene
from tests.operators.strimzi import messages, names
from tests.operators.strimzi.manifests import ExampleSpec

REMOVE = "RollbackToZkWaitForManualNodeRemovalFromZk"


@pytest.fixture(scope="module")
def led(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Led]:
    with scene("e2e-strimzi-led", tmp_path_factory.mktemp("strimzi")) as found:
        yield found


def test_preflight_and_check_mode_change_nothing(led: Led) -> None:
    before = led.double.cr["metadata"]["annotations"]
    found = led.play("preflight").result("SetupPreChecks")
    assert [item for item in found["findings"] if item["severity"] == "block"] == []
    led.play("migrate", "--check", "--diff")
    assert led.double.cr["metadata"]["annotations"] == before
    assert led.pools == ["kafka"]
    status = led.state()
    assert (status["state"], status["platform"], status["operator"]["phase"]) == ("ZOOKEEPER", "strimzi", "")


def test_forward_stops_in_pure_dual_write_and_back_from_there(led: Led) -> None:
    done = led.play("migrate")
    assert led.double.state == names.POST_MIGRATION
    assert led.state()["state"] == "PURE_DUAL_WRITE"
    assert re.search(r"brokers \d/3 Ready and \d/3 on the new revision", done.output), "progress by pods"
    assert "both stores are written" in done.output
    assert led.play("migrate").changed == []
    shown = led.play("finalize")
    assert shown.changed == []
    assert {gate["name"] for gate in shown.result("FinalizeGates")["gates"]} >= {
        "dual-write",
        "parity",
        "soak",
        "confirm",
    }
    led.refused("finalize", "gate-soak", kraft_confirm="kafka")
    assert led.asked == "migration"
    done = led.play("rollback")
    assert set(done.result(REMOVE)["removed"]) == {"/controller", "/migration"}
    assert "ready to retry" in done.output
    led.rolled_back()
    assert led.play("rollback").changed == []


@pytest.mark.parametrize("state", [names.ZOOKEEPER, names.MIGRATING, names.DUAL_WRITING])
def test_back_from_where_the_operator_stands_still(led: Led, state: str) -> None:
    led.double.switch("stuck", state)
    # more than the roller's longest pause between two attempts
    said = led.refused("migrate", "operator-stuck", kraft_wait_timeout=75)
    assert state in said
    led.double.clear()
    led.play("rollback")
    led.rolled_back()


def test_volumes_of_earlier_controllers_are_refused(led: Led) -> None:
    led.double.annotate("migration")
    led.double.pool("controller")
    led.double.wait_state(names.POST_MIGRATION)
    led.double.annotate("rollback")
    # the state alone is too early: the next pass would wait for controllers that are not there
    led.double.wait_condition(messages.STATE_WARNING, "during dual writing", 240)
    led.double.delete_pool()
    led.double.wait_gone("controller")
    led.double.annotate("disabled")
    # a pass that was under way when the pool went waits five minutes for its controllers
    led.double.wait_state(names.ZOOKEEPER, 600)
    assert led.double.claims() != []
    led.refused("migrate", "controller-volumes-leftover")
    assert led.asked == "disabled"
    led.play("rollback")
    led.rolled_back()


def test_to_the_end(led: Led, tmp_path: Path) -> None:
    led.play("migrate")
    done = led.play("finalize", **FINAL)
    assert led.double.state == names.IN_KRAFT
    assert led.state()["state"] == "FINALIZED"
    exported = done.result("MoveToKRaftControllerComplete")["files"]
    patch = next(Path(name) for name in exported if name.endswith("kafka-kafka.patch.yaml"))
    assert yaml.safe_load(patch.read_text(encoding="utf-8"))["spec"]["zookeeper"] is None
    assert led.play("finalize", **FINAL).changed == []
    led.refused("rollback", "rollback-impossible")
    led.play("report", kraft_report_dir=str(tmp_path))
    assert list(tmp_path.glob("*.html"))


def test_brokers_without_a_pool_are_taken_over(tmp_path: Path) -> None:
    with scene("e2e-strimzi-classic", tmp_path, spec=ExampleSpec(pools=False)) as led:
        led.refused("migrate", "operator-node-pools")
        before = {name: pod["metadata"]["uid"] for name, pod in led.double.pods().items()}
        led.play("setup", "--tags", "SetupPreChecks,AskToMigrate", kraft_strimzi_node_pools=True)
        assert led.pools == ["controller", "kafka"]
        led.play("migrate")
        assert set(before) <= set(led.double.pods())
        assert led.double.state == names.POST_MIGRATION
