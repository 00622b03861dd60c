# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rollback from every reversible state, on one cluster under live traffic, and a new attempt after each.

The names B1 to B10 are those of the acceptance list that the project keeps for rollbacks. Each step looks at the cluster by
other means than the collection's own: the API server, a ZooKeeper client, Kafka's tools.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.trip import FINAL, Trip, trip, until
from tests.sandbox.fixtures import FixtureSpec

SPECS = {
    "file": FixtureSpec(namespace="back-file", dns_ttl=1, update_strategy="RollingUpdate"),
    "confluent": FixtureSpec(namespace="back-confluent", dns_ttl=1, surface="confluent", jolokia=False),
    "ibp-3.5": FixtureSpec(namespace="back-ibp", dns_ttl=1, ibp="3.5"),
    "kafka-3.8.1": FixtureSpec(namespace="back-381", dns_ttl=1, kafka_version="3.8.1", ibp="3.8"),
    "kafka-3.7.2": FixtureSpec(namespace="back-372", dns_ttl=1, kafka_version="3.7.2", ibp="3.7"),
}


def b1_from_setup(found: Trip) -> None:
    """The controllers run in PRE_MIGRATION; no broker was told of them."""
    before = found.pods()
    found.run("setup")
    assert found.state() == "PREMIGRATION"
    found.roll_back()
    assert found.restarted(before) == []
    found.check_plain()


def b2_before_the_copy(found: Trip) -> None:
    """The first roll is killed after one broker: that one has to be restarted again, the others not."""
    before = found.pods()
    found.target.kill("migrate", r"broker 1/\d: \S+: back after")
    found.settle()
    assert found.state() == "PREMIGRATION"
    # the run may have begun with the next one in the moment before it ended
    touched = found.restarted(before)
    assert 1 <= len(touched) < len(before)
    middle = found.pods()
    found.roll_back()
    assert found.restarted(middle) == touched
    found.check_plain()


def b3_b4_b10_from_hybrid(found: Trip) -> None:
    """Service is on ZooKeeper again without a restart; the restarts come later; a new attempt refuses until then."""
    found.run("migrate")
    assert found.state() == "HYBRID_DUAL_WRITE"
    found.make("b10-new 3 3 retention.ms=111000", "b10-again 1 3")
    found.kafka("kafka-topics --delete --topic b10-again")
    found.kafka("kafka-topics --delete --topic old-1")
    found.make("b10-again 2 3 retention.ms=222000")
    expected, before = found.topics(), found.pods()
    done = found.run("rollback", kraft_rollback_cleanup="later")
    removal = done.result("RollbackToZkWaitForManualNodeRemovalFromZk")
    print({key: removal[key] for key in ("znodes_to_election_ms", "without_controller_ms", "raised_epoch", "deleted")})
    assert found.restarted(before) == []
    assert removal["controller"] in found.target.fixture.spec.broker_ids.values()
    refused = found.target.play("setup")
    assert refused.status != 0
    assert "rollback-pending" in refused.output
    found.roll_back()
    assert len(found.restarted(before)) == len(before)
    found.check_plain()
    assert found.topics() == expected
    assert found.topics()["b10-again"] == "2 222000"


def b7_changes_in_between(found: Trip, back_from: str, deleted: str, retention: int) -> dict[str, str]:
    """Changes that only ZooKeeper sees; a second attempt has to take them along (the bug of strimzi/strimzi-kafka-operator#11262)."""
    found.make(f"between-{back_from} 2 3 retention.ms=333000")
    found.kafka(f"kafka-topics --delete --topic {deleted}")
    found.kafka(f"kafka-configs --alter --entity-type topics --entity-name old-3 --add-config retention.ms={retention}")
    until(lambda: deleted not in found.topics(), f"{deleted} was not deleted")
    expected = found.topics()
    assert expected["old-3"] == f"1 {retention}"
    found.run("migrate")
    assert found.state() == "HYBRID_DUAL_WRITE"
    assert found.topics() == expected
    return expected


def b5_from_pure(found: Trip, expected: dict[str, str]) -> None:
    """Two rolls: back to migrating mode while the quorum runs, then to the original settings."""
    found.run("finalize")
    assert found.state() == "PURE_DUAL_WRITE"
    found.make("b5-new 1 3 retention.ms=555000")
    done = found.roll_back()
    for name in ("RollbackToZkEnsureKafkaRollIsComplete", "RollbackToZkEnsureKafkaRollIsComplete2"):
        assert len(done.result(name)["restarted"]) == len(found.pods())
    found.check_plain()
    assert found.topics() == expected | {"b5-new": "1 555000"}


def b6_half_way_to_kraft(found: Trip) -> None:
    """The second roll is killed after one broker: only that one goes back in the first roll."""
    before = found.pods()
    found.target.kill("finalize", r"broker 1/\d: \S+: back after")
    found.settle()
    assert found.state() == "MIXED"
    touched = found.restarted(before)
    assert 1 <= len(touched) < len(before)
    done = found.roll_back()
    returned = [each["pod"] for each in done.result("RollbackToZkEnsureKafkaRollIsComplete")["restarted"]]
    assert sorted(returned) == touched
    found.check_plain()


def to_the_end(found: Trip) -> None:
    """After all of that the migration ends in KRaft with everything that was made on the way, and then a rollback is refused."""
    expected = found.topics()
    found.run("migrate")
    found.run("finalize")
    found.run("finalize", **FINAL)
    assert found.state() == "FINALIZED"
    assert found.topics() == expected
    refused = found.target.play("rollback")
    assert refused.status != 0
    assert refused.failure["code"] == "rollback-impossible", refused.output
    assert refused.changed == []


def test_there_and_back_again(tmp_path: Path) -> None:
    """Every rollback, one after the other, on one cluster."""
    with trip(SPECS["file"], tmp_path) as found:
        b1_from_setup(found)
        b2_before_the_copy(found)
        b3_b4_b10_from_hybrid(found)
        expected = b7_changes_in_between(found, "hybrid", deleted="old-2", retention=444000)
        b5_from_pure(found, expected)
        b7_changes_in_between(found, "pure", deleted="b5-new", retention=666000)
        b6_half_way_to_kraft(found)
        to_the_end(found)


def test_environment_variables_without_jolokia(tmp_path: Path) -> None:
    """The other settings surface, and the signals of Kafka's own tools."""
    with trip(SPECS["confluent"], tmp_path) as found:
        b3_b4_b10_from_hybrid(found)
        expected = b7_changes_in_between(found, "hybrid", deleted="old-2", retention=444000)
        b5_from_pure(found, expected)
        b7_changes_in_between(found, "pure", deleted="b5-new", retention=666000)


def test_a_raised_level_stays(tmp_path: Path) -> None:
    """IBP 3.5 on Kafka 3.9.2 is raised for the migration; the brokers are never led below it again."""
    with trip(SPECS["ibp-3.5"], tmp_path) as found:
        found.run("migrate")
        found.roll_back()
        text = found.target.fixture.kube.exec(
            found.place.namespace,
            "kafka-0",
            ["bash", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep '^/.*\\.properties$' | xargs cat"],
        ).text
        assert re.search(r"^inter\.broker\.protocol\.version=3\.9", text, re.MULTILINE), text
        assert found.state() == "ZOOKEEPER"
        found.run("migrate")
        assert found.state() == "HYBRID_DUAL_WRITE"
        found.roll_back()


@pytest.mark.parametrize("name", ["kafka-3.8.1", "kafka-3.7.2"])
def test_service_without_a_restart_on_older_versions(name: str, tmp_path: Path) -> None:
    """A broker is elected, and partitions are led, before any broker was restarted; then a second attempt."""
    with trip(SPECS[name], tmp_path) as found:
        b3_b4_b10_from_hybrid(found)
        b7_changes_in_between(found, "hybrid", deleted="old-2", retention=444000)
