# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log lines as Kafka 3.9.2 writes them."""

from __future__ import annotations

from typing import Any, cast

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import logs
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.logs import read_signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient

DRIVER = "[2026-11-21 09:25:27,840] INFO [KRaftMigrationDriver id=100] {} (org.apache.kafka.metadata.migration.KRaftMigrationDriver)"


def lines(*texts: str) -> list[str]:
    return [DRIVER.format(text) for text in texts]


START = lines(
    "100 transitioning from UNINITIALIZED to INACTIVE state",
    "100 transitioning from INACTIVE to WAIT_FOR_CONTROLLER_QUORUM state",
)
READY = lines(
    "Controller Quorum is ready for Zk to KRaft migration. Now waiting for ZK brokers.",
    "100 transitioning from WAIT_FOR_CONTROLLER_QUORUM to WAIT_FOR_BROKERS state",
)
WAITS = lines("Still waiting for ZK brokers [2, 0] to register with KRaft.")


def test_nothing() -> None:
    assert read_signals([]) == logs.Signals(None, None, "", ())


def test_waiting_for_brokers() -> None:
    found = read_signals([*START, *READY, *lines("No brokers are known to KRaft, waiting for brokers to register.")])
    assert found.driver_state == "WAIT_FOR_BROKERS"
    assert found.waiting == "No brokers are known to KRaft, waiting for brokers to register."
    found = read_signals([*START, *READY, *WAITS])
    assert found.waiting == "Still waiting for ZK brokers [2, 0] to register with KRaft."
    found = read_signals([*READY, *lines("Still waiting for ZK brokers [7] found in metadata to register with KRaft.")])
    assert found.waiting == "Still waiting for ZK brokers [7] found in metadata to register with KRaft."


def test_waiting_for_controllers_and_no_longer() -> None:
    waits = lines(
        "Still waiting for all controller nodes ready to begin the migration. Not ready due to:No registration"
    )
    assert read_signals([*START, *waits]).waiting.endswith("Not ready due to:No registration")
    assert read_signals([*START, *waits, *READY]).waiting == ""


@pytest.mark.parametrize(
    "after",
    [
        "Zk brokers are registered and ready for migration",
        "100 transitioning from WAIT_FOR_BROKERS to BECOME_CONTROLLER state",
        "Became inactive migration driver. Transitioned migration state from a to b",
    ],
)
def test_the_wait_is_over(after: str) -> None:
    assert read_signals([*START, *READY, *WAITS, *lines(after)]).waiting == ""


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("Putting the controller into pre-migration mode. No metadata updates will be allowed", "PRE_MIGRATION"),
        (
            "Replayed a ZkMigrationStateRecord changing the migration state from PRE_MIGRATION to MIGRATION.",
            "MIGRATION",
        ),
        ("Loaded ZK migration state of MIGRATION. Staying in ZK migration mode since", "MIGRATION"),
        ("Completing the ZK migration since this controller was configured with", "POST_MIGRATION"),
    ],
)
def test_the_state_of_the_log(line: str, state: str) -> None:
    assert read_signals([line]).migration_state == state


EXAMPLES = {
    "born-kraft": "Should not have ZK migrations enabled on a cluster that was created in KRaft mode.",
    "state-none": "The controller's ZkMigrationState is NONE which means this cluster should not be migrated from Zookeeper",
    "zookeeper-disagrees": "KRaft controller indicates an active migration, but the ZK state does not.",
    "stale-migration-znode": "Ignoring image MetadataProvenance(lastContainedOffset=8) which does not contain a superset "
    "of the metadata in ZK. Staying in SYNC_KRAFT_TO_ZK",
    "lost-race": "Unable to claim leadership, will retry until we learn of a different KRaft leader",
    "leftover-controller": "Cannot register KRaft controller 100 with epoch 1 as the current controller register in ZK "
    "has the same or newer epoch 2.",
    "no-controller-epoch": "Cannot register KRaft controller 100 as the active controller since there is no ZK controller "
    "epoch present.",
    "copy-failed": "Aborted metadata migration from ZooKeeper to KRaft. 0 records",
    "no-transactions": "Caution! Enabled ZooKeeper migration without metadata transactions support",
    "metadata-version-too-low": "The bootstrap metadata.version 3.3-IV3 does not support ZK migrations.",
    "truncation-below-high-watermark": "The leader requested truncation to offset 3, which is below the current high "
    "watermark 9",
    "zookeeper-login": "Encountered ZooKeeper authentication in PollEvent",
    "zookeeper-trouble": "Encountered ZooKeeper error during event PollEvent. Will retry.",
    "ibp-mismatch": "Unable to register because the broker does not support finalized version 21 of metadata.version. "
    "The broker wants a version between 20 and 20, inclusive.",
    "kraft-too-early": "Controller is in pre-migration mode and cannot register KRaft brokers until the metadata "
    "migration is complete.",
    "no-inter-broker-listener": "Broker does not have the current inter.broker.listener INTERNAL",
    "formatted-directory": "Found unexpected version in /data/meta.properties. ZK-based brokers that are not migrating",
    "registration-lost": "[2026-11-21 10:47:03,118] ERROR [ControllerRegistrationManager id=1000 incarnation=AbC] "
    "RegistrationResponseHandler: channel manager timed out before sending the request. "
    "(kafka.server.ControllerRegistrationManager)",
    "version-locked": "Unable to modify metadata.version while a ZK migration is in progress.",
}


def test_a_registration_that_arrived_after_all_is_not_lost() -> None:
    lost, arrived = (
        EXAMPLES["registration-lost"],
        (
            "[2026-11-30 22:30:27,798] INFO [ControllerRegistrationManager id=4 incarnation=sZk] Our registration has been persisted to the metadata "
            "log. (kafka.server.ControllerRegistrationManager)"
        ),
    )
    assert read_signals([lost, arrived]).troubles == ()
    assert [each.pattern.name for each in read_signals([arrived, lost]).troubles] == ["registration-lost"]


@pytest.mark.parametrize("known", logs.LOG_PATTERNS, ids=lambda each: each.name)
def test_every_pattern_has_its_line_and_matches_no_other(known: logs.LogPattern) -> None:
    line = EXAMPLES[known.name]
    found = read_signals(["INFO fine", f"ERROR {line}  ", "INFO fine"])
    assert [each.pattern for each in found.troubles] == [known]
    assert found.troubles[0].line == f"ERROR {line}"
    assert known.meaning
    assert known.remedy


def test_names_are_unique() -> None:
    assert len({each.name for each in logs.LOG_PATTERNS}) == len(logs.LOG_PATTERNS) == len(EXAMPLES)


def test_pod_signals() -> None:
    asked: list[tuple[str, str, dict[str, Any]]] = []

    class Client:
        def pod_log(self, pod: str, namespace: str, **options: Any) -> str:
            asked.append((pod, namespace, options))
            return "\n".join([*START, *READY, *WAITS])

    found = logs.pod_signals(cast(KubeClient, Client()), "ns", "kraft-0", "kafka", tail_lines=10)
    assert found.waiting == "Still waiting for ZK brokers [2, 0] to register with KRaft."
    options = {"container": "kafka", "tail_lines": 10, "since_seconds": None, "previous": False}
    assert asked == [("kraft-0", "ns", options)]
