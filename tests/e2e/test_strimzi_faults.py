# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong with Strimzi, and what people do to it meanwhile, on the double of its operator with real Kafka under traffic.

One broker and one controller, where three are not needed. The tests run in their order: each leaves the cluster in plain ZooKeeper mode for the
next one, the last one of that cluster goes to the end. The timer of the operator is 20 s, not two minutes, so that it does not take for ever.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.strimzi_meanwhile import once
from tests.e2e.strimzi_scene import Led, calm, scene
from tests.operators.strimzi import messages, names
from tests.operators.strimzi.by_hand import delete_znode, shell, znode
from tests.operators.strimzi.double import Double
from tests.operators.strimzi.manifests import ExampleSpec
from tests.operators.strimzi.names import CONTROLLER
from tests.operators.strimzi.watch import watched
from tests.sandbox.fixtures import create_topics

NAMESPACE = "e2e-strimzi-meanwhile"
INTERVAL = "20"
#: seconds of standstill after which these tests give up; a user's default is 900
SOON: dict[str, Any] = {"kraft_wait_timeout": 90}
STRANGER = "/brokers/ids/99"


@pytest.fixture(scope="module")
def led(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Led]:
    spec = ExampleSpec(brokers=1, controllers=1)
    with scene(NAMESPACE, tmp_path_factory.mktemp("strimzi"), spec=spec) as found:
        accept = [f"{NAMESPACE}/kafka=partition-cannot-roll"]  # of one broker
        found.target.variables.update(kraft_controller_replicas=1, kraft_accept=accept)
        found.double.switch("interval", INTERVAL)
        found.double.restart()  # the timer that runs is the one of before
        yield found


def test_events_that_the_operator_does_not_notice(led: Led) -> None:
    """Every step waits for the timer; each wait says what it waits for, and how long it has."""
    led.double.switch("deaf")
    done = led.play("migrate")
    for where in ("SETUP/SetupKRaftControllerHealthy", "MIGRATE/MigrateEnsureKafkaRollComplete"):
        assert re.search(rf"the operator is at {where}, .*, for \d+ s", done.output), done.output
    assert led.state()["state"] == "PURE_DUAL_WRITE"
    led.play("rollback")
    led.rolled_back()
    led.double.clear("deaf")


def test_a_volume_that_comes_late_slow_passes_and_bursts_of_not_ready(led: Led) -> None:
    """The claim of the controller is Pending for longer than Strimzi waits; then the pool is deleted, which fails a pass."""
    led.double.switch("slow-claims", "25")
    led.double.switch("slow-pass", "5")
    done = led.play("migrate")
    assert re.search(r"waiting for kafka-controller-1, which is not scheduled: .*PersistentVolumeClaim", done.output)
    assert led.state()["state"] == "PURE_DUAL_WRITE"
    led.double.clear("slow-claims", "slow-pass")
    with watched(led.double) as seen:
        led.play("rollback")
    assert any("NotReady:InvalidResourceException" in sight.what for sight in seen if sight.kind == "conditions")
    led.rolled_back()


def test_somebody_sets_enabled_while_the_operator_still_goes_forward(led: Led) -> None:
    """It fails in each pass, and says so nowhere but in its log."""
    led.double.switch("stuck", names.DUAL_WRITING)
    with once(led, lambda other: other.state == names.DUAL_WRITING, lambda other: other.annotate(names.ENABLED)):
        said = led.refused("migrate", "operator-stuck", **SOON)
    assert messages.invalid_state(names.DUAL_WRITING, names.ENABLED) in led.double.log
    assert f"{names.KRAFT} was set to enabled before KRaftPostMigration" in said
    led.double.clear("stuck")
    led.double.annotate(names.MIGRATION)
    led.play("migrate")
    assert led.state()["state"] == "PURE_DUAL_WRITE"
    led.play("rollback")
    led.rolled_back()


def test_somebody_pauses_reconciliation_in_the_middle(led: Led) -> None:
    with once(led, lambda other: other.state == names.MIGRATING, lambda other: other.annotate("true", names.PAUSE)):
        said = led.refused("migrate", "operator-paused")
    assert "Do not take the pause off" in said
    shown = led.state()
    assert "it has forgotten where its migration was: do not take the pause off" in shown["operator"]["message"]
    led.play("rollback")
    led.rolled_back()
    assert names.PAUSE not in led.double.cr["metadata"]["annotations"]


def stranger(double: Double) -> None:
    """A broker that is registered in ZooKeeper and will never be with the controllers."""
    found = znode(double, "/brokers/ids/0")
    assert isinstance(found, dict)
    ends = [re.sub(r"//.*", "//127.0.0.1:1", each) for each in found["endpoints"]]
    shell(double, "create", STRANGER, json.dumps({**found, "endpoints": ends}, separators=(",", ":")))


def test_a_copy_that_never_ends(led: Led) -> None:
    """The operator stays in KRaftMigration, Ready, and says nothing; back from there while the stranger is still registered."""
    asked = names.MIGRATION
    with once(led, lambda other: names.annotation(other.cr, names.KRAFT) == asked, stranger):
        said = led.refused("migrate", "operator-stuck", **SOON)
    assert led.double.state == names.MIGRATING
    assert led.double.conditions == [("Ready", "", "")]
    assert "Still waiting for ZK brokers" in said
    led.play("rollback")
    led.rolled_back()
    delete_znode(led.double, STRANGER)


def test_somebody_sets_enabled_so_that_the_stop_is_skipped(led: Led) -> None:
    """The pass that restarts the brokers in KRaft mode is under way: it ends well, and the next one finalizes."""
    led.double.switch("slow-pass", "15")

    def in_kraft_roll(other: Double) -> bool:
        config = other.api.get("ConfigMap", "kafka-kafka-0")
        return config is not None and config["data"]["metadata.state"] == str(names.Phase.POST_MIGRATION.value)

    with once(led, in_kraft_roll, lambda other: other.annotate(names.ENABLED)):
        done = led.target.play("migrate")
    assert "or skips the stop" in done.output
    assert "DANGER: somebody has told the operator to finalize" in done.output


def test_the_brake_on_volumes_of_earlier_controllers(tmp_path: Path) -> None:
    """Somebody migrates by hand on the old volumes, and we follow: no broker is restarted in KRaft mode."""
    with scene("e2e-strimzi-brake", tmp_path, spec=ExampleSpec(controllers=1)) as led:
        double = led.double
        again_on_old_volumes(led)
        with watched(double) as seen:
            said = led.refused("migrate", "operator-copy-unproved")
            double.until(lambda: ("ReconciliationPaused", "", "") in double.conditions, "it does not pause", 120)
        assert "run rollback.yml" in said
        assert "3" not in [sight.what for sight in seen if sight.kind == "phase"]
        led.play("rollback")
        led.rolled_back()
        assert "since" in topics(double)


def test_the_brake_once_brokers_are_restarted_in_kraft_mode(tmp_path: Path) -> None:
    """We come too late for a pause: Strimzi needs its state to take the brokers back. Without clients, whose records the old log may not know."""
    with calm("e2e-strimzi-late", tmp_path, spec=ExampleSpec(controllers=1)) as led:
        double = led.double
        again_on_old_volumes(led)
        double.wait_state(names.DUAL_WRITING)
        said = led.refused("migrate", "operator-copy-unproved")
        assert "Strimzi was asked to go back" in said
        assert "run rollback.yml" in said.lower()
        assert (led.asked, names.PAUSE in double.cr["metadata"]["annotations"]) == (names.ROLLBACK, False)
        # a broker that sees itself alone in every ISR is not restarted by the operator
        stuck = led.target.play("rollback", **SOON)
        if stuck.status:
            found = re.search(r"delete pod (kafka-kafka-\d)", stuck.failure["msg"])
            assert stuck.failure["code"] == "operator-stuck", stuck.output
            assert found is not None, stuck.output
            double.kube.delete("Pod", found[1], double.namespace)
            led.play("rollback")
        led.rolled_back()
        assert "since" in topics(double)


def again_on_old_volumes(led: Led) -> None:
    """A migration that was taken back by hand, a topic made since, and the migration asked for again with the controllers' volumes still there."""
    double = led.double
    led.target.variables.update(kraft_controller_replicas=1)
    double.switch("stuck", names.MIGRATING)
    double.annotate(names.MIGRATION)
    double.pool(CONTROLLER)
    double.until(lambda: copied(double), "nothing is copied", 600)
    double.delete_pool()
    double.wait_gone(CONTROLLER)
    for path in ("/controller", "/migration"):
        delete_znode(double, path)
    double.annotate(names.DISABLED)
    double.clear("stuck")
    # a pass that was under way when the pool went waits five minutes for its controllers
    double.wait_state(names.ZOOKEEPER, 600)
    create_topics(double.kube, double.namespace, "kafka-kafka-0", ["since 3 3"])
    assert double.claims() != []
    double.pool(CONTROLLER)
    double.annotate(names.MIGRATION)


def topics(double: Double) -> list[str]:
    """The topics that the first broker tells of."""
    words = ["./bin/kafka-topics.sh", "--bootstrap-server", "localhost:9092", "--list"]
    return double.kube.exec(double.namespace, "kafka-kafka-0", words, container="kafka").text.split()


def copied(double: Double) -> bool:
    """Whether both stores are written."""
    found = znode(double, "/migration")
    return isinstance(found, dict) and found["kraft_metadata_offset"] > 0
