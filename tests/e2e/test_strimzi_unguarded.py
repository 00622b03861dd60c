# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A second attempt by hand, on the double of Strimzi with real Kafka: topics are lost, which keeps our guards honest; and our playbooks there.

What is left of the first attempt decides: ``/migration``, which Strimzi before 0.45.1 leaves; the controllers' volumes, which nobody deleted. One broker
and one controller are enough to lose topics. Nothing of the collection is used where it is said that it is done by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e import strimzi_kafka as kafka
from tests.e2e.strimzi_scene import Led, calm
from tests.operators.strimzi import messages, names
from tests.operators.strimzi.by_hand import agent, shell, znode
from tests.operators.strimzi.double import Double
from tests.operators.strimzi.manifests import ExampleSpec

MADE_SINCE = "after-rollback"
RECORDS = 100
#: values of the gauge ZkMigrationState that Strimzi asks for
COPIED, NOT_COPIED = '{"state":1}', '{"state":2}'
UNPROVED = "operator-copy-unproved"


@contextmanager
def back_by_hand(namespace: str, folder: Path, version: str, *, volumes: bool) -> Iterator[Led]:
    """A cluster that went there and back by kubectl as Strimzi's guide says, where a topic was made since. volumes: the controllers' are left."""
    spec = ExampleSpec(brokers=1, controllers=1, authorization=True)
    with calm(namespace, folder, spec=spec, version=version, interval="10") as led:
        # partitions with one replica
        accepted = [f"{namespace}/kafka=partition-cannot-roll"]
        led.target.variables.update(kraft_controller_replicas=1, kraft_accept=accepted)
        double = led.double
        there_by_hand(double)
        double.wait_state(names.POST_MIGRATION)
        double.annotate(names.ROLLBACK)
        double.wait_condition(messages.STATE_WARNING, "during dual writing", 240)
        double.delete_pool()
        double.wait_gone("controller")
        double.annotate(names.DISABLED)
        # a pass that was under way when the pool went waits five minutes for its controllers
        double.wait_state(names.ZOOKEEPER, 600)
        double.wait_ready()
        if not volumes:
            double.delete_claims()
        kafka.make(double, f"{MADE_SINCE} 1 1")
        kafka.run(double, f"kafka verifiable-producer --topic {MADE_SINCE} --max-messages {RECORDS} > /dev/null")
        assert kafka.told(double).topics[MADE_SINCE].records == RECORDS
        yield led


def there_by_hand(double: Double) -> None:
    double.pool(names.CONTROLLER)
    double.annotate(names.MIGRATION)


def held_by_kraft(double: Double) -> bool:
    """Whether a KRaft controller holds /controller."""
    held = znode(double, "/controller")
    return isinstance(held, dict) and held["kraftControllerEpoch"] >= 0


def offset(double: Double) -> Any:
    """What /migration says was copied; None when it is not there."""
    found = znode(double, "/migration")
    return found["kraft_metadata_offset"] if isinstance(found, dict) else None


def in_zookeeper(double: Double) -> list[str]:
    """The topics that ZooKeeper has."""
    said = [line for line in shell(double, "ls", "/brokers/topics").text.splitlines() if line.startswith("[")]
    return [name.strip() for name in said[-1].strip("[]").split(",") if name.strip()]


def known(double: Double) -> list[str]:
    """The topics that the broker tells its clients. One that was told of nothing does not even name itself as a broker to ask."""
    said = kafka.run(double, "kafka topics --list 2>&1 || true")
    if "Timed out waiting for a node assignment" in said:
        return []
    assert "Error" not in said, said
    return said.split()


def gauge(double: Double) -> str:
    """The gauge of the controller."""
    (pod,) = double.pods("controller")
    return agent(double, pod, "/v1/kraft-migration/")[1]


def refused_beforehand(led: Led, code: str) -> None:
    """Neither preflight nor migrate begins, and nothing is changed."""
    before = led.double.cr["metadata"]["generation"], led.asked, led.pools, led.double.claims(), offset(led.double)
    for playbook in ("preflight", "migrate"):
        led.refused(playbook, code)
    assert before == (
        led.double.cr["metadata"]["generation"], led.asked, led.pools, led.double.claims(), offset(led.double)
    )  # fmt: skip


def test_a_znode_that_is_left_empties_zookeeper(tmp_path: Path) -> None:
    """0.45.0, /migration left, volumes deleted: the new controllers take it for their own copy."""
    with back_by_hand("e2e-retry-znode", tmp_path, "0.45.0", volumes=False) as led:
        double = led.double
        assert offset(double) > 0
        refused_beforehand(led, "migration-stale")
        there_by_hand(double)
        double.until(lambda: held_by_kraft(double), "no KRaft controller takes /controller", 240)
        # the operator waits for a copy that nobody makes, and the broker has been told of no topic
        assert (double.state, gauge(double)) == (names.MIGRATING, NOT_COPIED)
        assert known(double) == []
        # a new log grows by two records a second; once it is as long as the old one was, it counts as the newer state
        double.until(lambda: in_zookeeper(double) == [], "ZooKeeper still has topics", 600)
        assert (double.state, gauge(double)) == (names.MIGRATING, NOT_COPIED)
        assert known(double) == []


def test_rollback_removes_what_was_left_by_hand(tmp_path: Path) -> None:
    """0.45.0 leaves /migration, and nobody asked us before: rollback.yml deletes it, and proves that a new attempt may begin."""
    with back_by_hand("e2e-retry-left", tmp_path, "0.45.0", volumes=False) as led:
        before = kafka.told(led.double)
        refused_beforehand(led, "migration-stale")
        done = led.play("rollback")
        assert done.result("RollbackToZkComplete")["deleted"] == ["znode /migration"]
        assert "ready to retry: znode /migration" in done.output
        assert offset(led.double) is None
        led.rolled_back()
        assert led.play("rollback").changed == []
        led.play("preflight")
        assert kafka.told(led.double) == before


def test_our_playbooks_come_in_time(tmp_path: Path) -> None:
    """The same, begun by hand after an attempt that lasted for days: migrate says what is going on, rollback saves the topics, and the retry is safe."""
    with back_by_hand("e2e-retry-in-time", tmp_path, "0.45.0", volumes=False) as led:
        double = led.double
        before = kafka.told(double)
        stale = znode(double, "/migration")
        assert isinstance(stale, dict)
        days = {**stale, "kraft_metadata_offset": 1_000_000}
        shell(double, "set", "/migration", str(days).replace("'", '"').replace(" ", ""))
        assert offset(double) == 1_000_000
        there_by_hand(double)
        double.until(lambda: held_by_kraft(double), "no KRaft controller takes /controller", 240)
        said = led.refused("migrate", UNPROVED)
        assert "left of an earlier attempt" in said
        assert MADE_SINCE in in_zookeeper(double)
        led.play("rollback")
        led.rolled_back()
        assert offset(double) is None
        assert kafka.told(double) == before
        led.play("migrate")
        assert double.state == names.POST_MIGRATION
        assert kafka.told(double) == before


def test_volumes_that_are_left_lose_what_was_made_since(tmp_path: Path) -> None:
    """0.45.2, volumes left: the controllers do nothing, their old log says that they did, and the operator goes on to the stop."""
    with back_by_hand("e2e-retry-volumes", tmp_path, "0.45.2", volumes=True) as led:
        double = led.double
        assert (offset(double), len(double.claims())) == (None, 1)
        refused_beforehand(led, "controller-volumes-leftover")
        there_by_hand(double)
        double.wait_state(names.POST_MIGRATION)
        assert (offset(double), held_by_kraft(double), gauge(double)) == (-1, False, COPIED)
        assert MADE_SINCE not in known(double)
        assert MADE_SINCE in in_zookeeper(double)
        assert kafka.folders(double, MADE_SINCE) == [] or "stray" in kafka.folders(double, MADE_SINCE)[0]
        # the state, the conditions and the gauge all say that it is done
        assert led.state()["dangers"] != []
        led.refused("migrate", "wrong-state")
        shown = led.play("finalize", kraft_soak=0).result("FinalizeGates")["gates"]
        assert {gate["code"] for gate in shown if not gate["passed"]} >= {"gate-dual-write", "gate-parity"}


def test_both_left_delete_what_was_made_since(tmp_path: Path) -> None:
    """0.45.0, znode and volumes left: the old log goes on where it was, and what it does not know is deleted in ZooKeeper."""
    with back_by_hand("e2e-retry-both", tmp_path, "0.45.0", volumes=True) as led:
        double = led.double
        assert offset(double) > 0
        refused_beforehand(led, "controller-volumes-leftover")
        there_by_hand(double)
        double.until(lambda: MADE_SINCE not in in_zookeeper(double), f"ZooKeeper still has {MADE_SINCE}", 300)
        # the operator takes the old log's word for the copy and goes on; the broker knows what the controllers know
        double.wait_state(names.POST_MIGRATION)
        assert MADE_SINCE not in known(double)
