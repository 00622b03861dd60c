# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The double of Confluent for Kubernetes by itself, with real Kafka: what its README says of it, done by hand as its users do.

Nothing of the collection is used here. One cluster goes the whole way several times: back from SETUP, MIGRATE and DUAL-WRITE, each followed
by the clean-up that a retry needs, then forward to the end.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest

from tests.operators.confluent import names
from tests.operators.confluent.by_hand import (
    BROKERS,
    clean_up,
    controller_znode,
    delete_znodes,
    hand_back,
    locks,
    no_controllers,
)
from tests.operators.confluent.double import Double, operator
from tests.operators.confluent.manifests import controller
from tests.operators.confluent.names import CONTROLLER, JOB, KAFKA, ZOOKEEPER
from tests.operators.confluent.watch import Sight, watched
from tests.sandbox import traffic
from tests.sandbox.kube import ApiError
from tests.sandbox.traffic import TrafficSpec

NAMESPACE = "e2e-double"
CHROOT = f"/kafka-{NAMESPACE}"


@pytest.fixture(scope="module")
def double() -> Iterator[Double]:
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster")
    with operator(NAMESPACE, keep=bool(os.environ.get("KRAFT_KEEP"))) as made:
        made.example()
        traffic.start(made.kube, TrafficSpec(NAMESPACE, "kafka", 300, dns_ttl=1))
        yield made
        if traffic.check(made.kube, NAMESPACE)["running"]:
            traffic.stop(made.kube, NAMESPACE)
        report = traffic.check(made.kube, NAMESPACE)
        assert report["ok"], report


def settings_of(double: Double, pod: str) -> str:
    """Return the settings file of a pod."""
    done = double.kube.exec(NAMESPACE, pod, ["cat", f"{names.SETTINGS}/kafka.properties"])
    return done.stdout.decode()


def steps(seen: list[Sight], phase: str) -> list[str]:
    return [sight.sub_phase for sight in seen if sight.phase == phase]


def in_order(shown: list[str], documented: tuple[str, ...]) -> bool:
    """Sub-phases that take less than a moment may be missed, as on the real one; those that are seen are in order."""
    return [documented.index(step) for step in shown] == sorted(documented.index(step) for step in shown)


#: where the job is when the rollback is triggered: the switch that keeps it there, the wait, and what becomes of the controllers meanwhile
BACK_FROM = {
    "early": ("SetupCheckKafkaVersion", "", "run"),
    "ibp": ("SetupFetchKafkaClusterId", "", "run"),
    "setup": ("SetupComplete", names.WAITS[1], "run"),
    "migrate": ("MigrateMonitorMigrationProgress", names.WAITS[0], "stop"),
    "dual-write": ("", names.WAITS[0], "stop"),
    "dual-write-controllers-run": ("", names.WAITS[0], "run"),
}


@pytest.mark.parametrize("place", BACK_FROM)
def test_rollback(double: Double, place: str) -> None:
    stuck, wait, controllers = BACK_FROM[place]
    before = double.cr(KAFKA)["spec"]
    if place != "early":
        double.apply(controller(double.spec, NAMESPACE))
    double.switch("controllers-at-wait", controllers)
    if stuck:
        double.switch("stuck", stuck)
    with watched(double) as seen:
        double.create_job()
        double.wait_for(stuck or "DUAL-WRITE")
        assert locks(double) == [True] * 3
        double.annotate(JOB, names.ROLLBACK)
        if wait:
            double.wait_for(wait)
            (condition,) = double.status["conditions"]
            assert f"{CHROOT}/controller" in condition["message"]
            if controllers == "stop":
                no_controllers(double)
            if place == "dual-write-controllers-run":
                hand_back(double)
            else:
                delete_znodes(double)
            double.annotate(JOB, names.CONTINUE)
        double.wait_rolled_back()
    assert in_order(steps(seen, names.BACK), names.BACK_STEPS)
    assert double.cr(KAFKA)["spec"] == before
    double.wait_ready(KAFKA, "kafka")
    for pod in ("kafka-0", "kafka-1", "kafka-2"):
        text = settings_of(double, pod)
        assert "zookeeper.connect=" in text
        assert not re.search(r"^(controller\.|zookeeper\.metadata|inter\.broker\.protocol)", text, re.MULTILINE)
    assert controller_znode(double)["brokerid"] in BROKERS
    clean_up(double)


def test_forward_with_a_stop_and_restarts_of_the_operator(double: Double) -> None:
    double.apply(controller(double.spec, NAMESPACE))
    with watched(double) as seen:
        double.create_job()
        double.wait_for("MigrateEnsureKafkaRollComplete")
        double.restart()
        double.wait_for("DUAL-WRITE")
        (condition,) = double.status["conditions"]
        assert "KRaft migration workflow in dual write mode" in condition["message"]
        assert "Paused state" in condition["message"]
        assert controller_znode(double)["brokerid"] in (9990, 9991, 9992)
        with pytest.raises(ApiError, match="locked by a KRaft migration"):
            double.annotate(KAFKA, "example.com/mine")
        double.annotate(JOB, names.FINALIZE)
        double.wait_for("MoveToKRaftControllerEnsureKafkaRollIsComplete")
        double.restart()
        double.annotate(JOB, names.ROLLBACK)
        double.wait_for("COMPLETE")
    for phase, documented in (
        (names.SETUP, names.SETUP_STEPS),
        (names.MIGRATE, names.MIGRATE_STEPS),
        (names.MOVE, names.MOVE_STEPS),
    ):
        assert in_order(steps(seen, phase), documented), seen
    assert {"SetupEnsureIBPUpgradeComplete", "MigrateMonitorMigrationProgress"} <= {sight.sub_phase for sight in seen}
    assert "zookeeper" not in double.cr(KAFKA)["spec"]["dependencies"]
    assert "configOverrides" not in double.cr(CONTROLLER)["spec"]
    assert "process.roles=broker" in settings_of(double, "kafka-0")
    (condition,) = double.status["conditions"]
    assert (condition["status"], condition["reason"]) == ("True", "KRaftMigrationComplete")
    assert locks(double) == [True] * 3
    double.annotate(JOB, names.RELEASE)
    double.until(lambda: locks(double) == [False] * 3, "the CRs are still locked", 20)
    double.delete(ZOOKEEPER)
