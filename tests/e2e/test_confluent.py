# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters that Confluent for Kubernetes leads, on the double of its operator with real Kafka under traffic: back from each phase, and to
the end.

The tests are steps on one way and run in their order. The account is that of docs/rbac-confluent.yml.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.fleet import Cluster, Outcome
from tests.operators.confluent import names
from tests.operators.confluent.double import Double, operator
from tests.operators.confluent.manifests import ExampleSpec
from tests.operators.confluent.names import CONTROLLER, JOB, KAFKA, ZOOKEEPER
from tests.sandbox import traffic
from tests.sandbox.account import RBAC_CONFLUENT, grant, rules
from tests.sandbox.fixtures import Fixture, FixtureSpec
from tests.sandbox.kube import ApiError
from tests.sandbox.traffic import TrafficSpec

NAMESPACE = "e2e-cfk"
SOAK: dict[str, Any] = {"kraft_soak": 0}


class Led:
    """The double, and our playbooks on its cluster."""

    def __init__(self, double: Double, target: Cluster) -> None:
        self.double, self.target = double, target

    def play(self, playbook: str, *arguments: str, status: int = 0, **variables: Any) -> Outcome:
        """Run a playbook; fails when it ends otherwise."""
        done = self.target.play(playbook, *arguments, **variables)
        assert done.status == status, done.output
        return done

    def state(self) -> dict[str, Any]:
        """What status.yml says."""
        return self.play("status").result("Status")

    def locked(self) -> list[str]:
        """The custom resources with CFK's lock."""
        found = []
        for kind in (ZOOKEEPER, KAFKA, CONTROLLER):
            try:
                cr = self.double.cr(kind)
            except ApiError:
                continue
            if (cr["metadata"].get("annotations") or {}).get(names.LOCK):
                found.append(kind)
        return found

    def gone(self, kind: str) -> bool:
        """Whether a custom resource does not exist."""
        try:
            self.double.cr(kind)
        except ApiError as error:
            return error.status == 404
        return False


@pytest.fixture(scope="module")
def led(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Led]:
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster")
    with operator(NAMESPACE, keep=bool(os.environ.get("KRAFT_KEEP"))) as double:
        double.example(ExampleSpec(job="kraft-migration-kafka"))
        # the KRaftController is made by the playbook
        double.delete(CONTROLLER)
        fixture = Fixture(FixtureSpec(namespace=NAMESPACE), double.kube, {})
        token = grant(double.kube, NAMESPACE, allowed=rules(["kafka"], RBAC_CONFLUENT))
        folder = tmp_path_factory.mktemp("cfk")
        variables = {"kraft_controller_name": double.spec.controller, "kraft_support_dir": str(folder / "support")}
        target = Cluster(fixture, token, folder, variables)
        traffic.start(double.kube, TrafficSpec(NAMESPACE, "kafka", 300, dns_ttl=1))
        yield Led(double, target)
        traffic.stop(double.kube, NAMESPACE)
        report = traffic.check(double.kube, NAMESPACE)
        print(report)
        assert report["ok"], report


def rolled_back(led: Led) -> None:
    """Nothing is left of the attempt, and no object is locked."""
    assert led.gone(JOB)
    assert led.gone(CONTROLLER)
    assert led.locked() == []
    assert led.state()["state"] == "ZOOKEEPER"
    claims = [item["metadata"]["name"] for item in led.double.kube.list("PersistentVolumeClaim", NAMESPACE)]
    assert not [name for name in claims if led.double.spec.controller in name], claims
    server = (led.double.cr(KAFKA)["spec"].get("configOverrides") or {}).get("server") or []
    assert not [line for line in server if "migration.enable" in line], server


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
    rolled_back(led)
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
    refused = led.play("finalize", status=2, kraft_confirm="kafka")
    assert refused.failure["code"] == "gate-soak"
    assert led.double.place[0] == "DUAL-WRITE"
    done = led.play("rollback")
    removed = done.result("RollbackToZkWaitForManualNodeRemovalFromZk")
    assert set(removed["removed"]) == {"/controller", "/migration"}, removed
    rolled_back(led)


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
    refused = led.play("rollback", status=2)
    assert refused.failure["code"] == "rollback-impossible"
    led.play("report", kraft_report_dir=str(tmp_path))
    assert list(tmp_path.glob("*.html"))
