# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real migrations ZOOKEEPER -> FINALIZED under live traffic, one for each kind of cluster, with the minimal account."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.fleet import ACCEPT, Cluster, canary, cluster
from tests.sandbox.fixtures import FixtureSpec

#: name -> fixture; the first ones are what `make test` runs
SPECS = {
    "file": FixtureSpec(namespace="e2e-file"),
    "confluent": FixtureSpec(namespace="e2e-confluent", surface="confluent", jolokia=False),
    "bitnami": FixtureSpec(namespace="e2e-bitnami", surface="bitnami"),
    "no-jolokia": FixtureSpec(namespace="e2e-no-jolokia", jolokia=False),
    "ids-from-100": FixtureSpec(namespace="e2e-ids", first_id=100),
    "two-statefulsets": FixtureSpec(namespace="e2e-zones", statefulsets=2, brokers=4, update_strategy="RollingUpdate"),
    "ensemble": FixtureSpec(namespace="e2e-ensemble", zookeepers=3),
    "ibp-3.5": FixtureSpec(namespace="e2e-ibp", ibp="3.5"),
    "kafka-3.8.1": FixtureSpec(namespace="e2e-kafka381", kafka_version="3.8.1", ibp="3.8"),
    "kafka-3.7.2": FixtureSpec(namespace="e2e-kafka372", kafka_version="3.7.2", ibp="3.7"),
    "ttl-1": FixtureSpec(namespace="e2e-ttl", dns_ttl=1),
}


def state_of(target: Cluster) -> str:
    done = target.play("status")
    assert done.status == 0, done.output
    found: str = next(task["result"]["state"] for task in done.tasks if "state" in task["result"])
    return found


def migrate_and_finalize(target: Cluster) -> None:
    """The whole way, each playbook run twice: the second run changes nothing."""
    assert state_of(target) == "ZOOKEEPER"
    for playbook in ("preflight", "setup", "migrate"):
        first = target.play(playbook)
        assert first.status == 0, first.output
        again = target.play(playbook)
        assert again.status == 0, again.output
        assert again.changed == []
    assert state_of(target) == "HYBRID_DUAL_WRITE"

    first = target.play("finalize")
    assert first.status == 0, first.output
    assert state_of(target) == "PURE_DUAL_WRITE"
    assert target.play("finalize").changed == []

    final = {"kraft_confirm": target.fixture.spec.name, "kraft_soak": 0, "kraft_accept": ACCEPT}
    last = target.play("finalize", **final)
    assert last.status == 0, last.output
    assert state_of(target) == "FINALIZED"
    assert target.play("finalize", **final).changed == []


@pytest.mark.parametrize("name", SPECS)
def test_migration_under_traffic(name: str, tmp_path: Path) -> None:
    with cluster(SPECS[name], tmp_path) as target:
        with canary(target) as figures:
            migrate_and_finalize(target)
        print(figures)
        assert figures["lost"] == 0
        assert figures["duplicates"] == 0
        assert figures["order_violations"] == 0
        assert figures["rate"] >= 1000
