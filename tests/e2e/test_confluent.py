# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters that Confluent for Kubernetes leads, on the double of its operator with real Kafka under traffic: back from each phase, and to
the end.

The tests are steps on one way and run in their order. The account is that of docs/rbac-confluent.yml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.confluent_scene import Led, scene
from tests.e2e.led_scene import SOAK
from tests.operators.confluent import names
from tests.operators.confluent.names import CONTROLLER, JOB, KAFKA


@pytest.fixture(scope="module")
def led(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Led]:
    with scene("e2e-cfk", tmp_path_factory.mktemp("cfk")) as found:
        yield found


def test_preflight_and_check_mode_change_nothing(led: Led) -> None:
    before = led.double.cr(KAFKA)["metadata"]["generation"]
    found = led.play("preflight").result("SetupPreChecks")
    assert [item for item in found["findings"] if item["severity"] == "block"] == []
    led.play("migrate", "--check", "--diff")
    assert led.double.cr(KAFKA)["metadata"]["generation"] == before
    assert led.gone(JOB)
    assert led.gone(CONTROLLER)
    status = led.state()
    assert (status["state"], status["platform"]) == ("ZOOKEEPER", "confluent")
    assert status["operator"]["phase"] == ""


def test_back_from_setup(led: Led) -> None:
    led.play("setup")
    assert led.double.place[0] in ("SETUP", "MIGRATE", "DUAL-WRITE")
    assert KAFKA in led.locked()
    done = led.play("rollback")
    assert "ready to retry" in done.output
    led.rolled_back()
    assert led.play("rollback").changed == []


def test_forward_stops_in_dual_write_and_back_from_there(led: Led) -> None:
    done = led.play("migrate")
    assert led.double.place == ("DUAL-WRITE", "MigrateDualWrite")
    assert led.state()["state"] == "HYBRID_DUAL_WRITE"
    assert re.search(r"brokers \d/3 Ready and \d/3 on the new revision", done.output), "progress by pods"
    assert led.play("migrate").changed == []
    # without kraft_confirm finalize only shows its gates
    shown = led.play("finalize")
    assert shown.changed == []
    assert {gate["name"] for gate in shown.result("FinalizeGates")["gates"]} >= {
        "dual-write",
        "parity",
        "soak",
        "confirm",
    }
    assert led.double.place[0] == "DUAL-WRITE"
    led.refused("finalize", "gate-soak", kraft_confirm="kafka")
    assert led.double.place[0] == "DUAL-WRITE"
    done = led.play("rollback")
    removed = done.result("RollbackToZkWaitForManualNodeRemovalFromZk")
    assert set(removed["removed"]) == {"/controller", "/migration"}, removed
    led.rolled_back()


def test_to_the_end(led: Led, tmp_path: Path) -> None:
    led.play("migrate")
    done = led.play("finalize", kraft_confirm="kafka", **SOAK)
    assert led.double.place[0] == "COMPLETE"
    assert led.locked() == []
    assert led.state()["state"] == "FINALIZED"
    exported = done.result("MoveToKRaftControllerComplete")["files"]
    manifests = [
        yaml.safe_load(Path(name).read_text(encoding="utf-8")) for name in exported if not name.endswith(".patch.yaml")
    ]
    assert {item["kind"] for item in manifests} == {KAFKA, CONTROLLER}
    for item in manifests:
        assert "status" not in item
        assert not set(item["metadata"]) & {"uid", "resourceVersion", "managedFields", "generation"}
        assert names.LOCK not in (item["metadata"].get("annotations") or {})
    assert led.play("finalize", kraft_confirm="kafka", **SOAK).changed == []
    led.refused("rollback", "rollback-impossible")
    led.play("report", kraft_report_dir=str(tmp_path))
    assert list(tmp_path.glob("*.html"))
