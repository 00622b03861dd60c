# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brokers that cannot change an ISR, by their threads and by their log."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import stalled_isr
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Unreachable

from tests.unit.plugins.module_utils.fakes import pod
from tests.unit.plugins.module_utils.scenes import cluster_with

#: of Kafka 3.9.2, in the middle shortened
NOT_SENT = (
    "[2026-11-21 23:07:10,093] INFO [Partition {} broker=2] Failed to alter partition to PendingExpandIsr(newInSyncReplicaId=0, "
    "sentLeaderAndIsr=LeaderAndIsr(leader=2, leaderEpoch=3)) since the controller rejected the request with {}. Partition state "
    "has been reset to the latest committed state CommittedPartitionState(isr=Set(1, 2)). (kafka.cluster.Partition)"
)


def lines(*partitions: str, error: str = "OPERATION_NOT_ATTEMPTED") -> str:
    return "\n".join(["something else", *(NOT_SENT.format(each, error) for each in partitions)])


@pytest.mark.parametrize(
    ("log", "stuck"),
    [
        (lines("t-1", "t-2", "t-1", "t-2", "t-1"), True),
        (lines("t-1", "t-2", "t-3"), False),  # each of them may be sent by now
        (lines("t-1", "t-1", "t-1", error="INELIGIBLE_REPLICA"), False),  # the controller itself says no
        ("", False),
    ],
)
def test_a_change_that_waits_all_the_time(log: str, stuck: bool) -> None:
    assert stalled_isr.sends_nothing(log) is stuck


def running(channels: int) -> Any:
    return SimpleNamespace(channels=channels, settings={"zookeeper.metadata.migration.enable": "true"})


def test_threads_and_log_are_looked_at() -> None:
    logs = {"kafka-0": lines("t-1", "t-1", "t-1"), "kafka-1": "", "kafka-3": ""}

    def pod_log(name: str, namespace: str, **options: Any) -> str:
        assert (namespace, options) == ("n", {"container": "kafka", "since_seconds": stalled_isr.RECENT})
        if name not in logs:
            raise Unreachable("no answer")
        return logs[name]

    cluster = cluster_with(pods={f"kafka-{number}": pod(f"kafka-{number}") for number in range(4)}, container="kafka")
    cluster.client.pod_log = pod_log
    # the log of the third cannot be read, nor the process of the second; the fourth is fine
    facts = {"kafka-0": running(3), "kafka-2": running(2), "kafka-3": running(3)}
    cluster.read_facts = lambda pods, _containers: {name: facts[name] for name in pods if name in facts}
    assert stalled_isr.among(cluster, [*cluster.pods, "gone"]) == {"kafka-0", "kafka-2"}
    assert stalled_isr.among(cluster, ["kafka-1", "kafka-3"]) == set()
