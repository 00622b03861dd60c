# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Following Strimzi: what moves, what is told, when it is given up."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import following, pod_sets
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._strimzi import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import Signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded, KraftError

from tests.unit.plugins.module_utils._platform._strimzi import crs
from tests.unit.plugins.module_utils._platform._strimzi.scene import Cluster, underway


def by_name(*pods: Any) -> dict[str, Any]:
    return {item["metadata"]["name"]: item for item in pods}


def test_what_pods_show() -> None:
    pods = crs.pods(revision="r1")
    pods[1]["metadata"]["annotations"] = {res.REVISION: "r2"}
    pods[2]["status"]["conditions"] = [{"type": "Ready", "status": "False"}]
    found = pod_sets.signals([crs.pod_set(revision="r2")], by_name(*pods))
    assert found.text == "brokers 2/3 Ready and 1/3 on the new revision (waiting for kafka-kafka-2); no controllers yet"
    assert not found.controllers_change


def test_a_pod_that_does_not_exist_is_named() -> None:
    found = pod_sets.signals([crs.pod_set()], by_name(*crs.pods()[:2]))
    assert found.text.startswith(
        "brokers 2/3 Ready and 2/3 on the new revision (waiting for kafka-kafka-2, which does not exist)"
    )


def test_controllers_change_when_they_get_another_revision() -> None:
    sets = [crs.pod_set(), crs.pod_set("controller", range(3, 6), "r2", controller=True)]
    pods = by_name(*crs.pods(), *crs.pods("controller", range(3, 6), controller=True))
    assert pod_sets.signals(sets, pods).controllers_change
    sets[1] = crs.pod_set("controller", range(3, 6), controller=True)
    found = pod_sets.signals(sets, pods)
    assert found.text == "brokers 3/3 Ready; controllers 3/3 Ready"
    assert not found.controllers_change


def test_a_restart_moves_and_a_crash_of_a_container_does_not() -> None:
    sets, pods = [crs.pod_set()], crs.pods()
    before = pod_sets.signals(sets, by_name(*pods)).moves
    pods[0]["status"]["containerStatuses"][0]["restartCount"] = 1
    assert pod_sets.signals(sets, by_name(*pods)).moves == before
    pods[0]["metadata"]["uid"] = "another"
    assert pod_sets.signals(sets, by_name(*pods)).moves != before


def test_settled_is_every_pod_ready_and_current() -> None:
    sets, pods = [crs.pod_set()], by_name(*crs.pods())
    assert pod_sets.settled(sets, pods)
    assert not pod_sets.settled([crs.pod_set(revision="r2")], pods)
    assert not pod_sets.settled(sets, dict(list(pods.items())[:2]))
    pods["kafka-kafka-1"]["metadata"]["deletionTimestamp"] = "now"
    assert not pod_sets.settled(sets, pods)
    assert not pod_sets.settled([], pods)


def test_other_sets_are_no_brokers() -> None:
    zookeeper = crs.pod_set("zookeeper")
    zookeeper["metadata"]["labels"][res.NAME] = "kafka-zookeeper"
    other = crs.pod_set("x")
    other["metadata"]["labels"][res.CLUSTER] = "other"
    assert pod_sets.of_kafka([zookeeper, other, crs.pod_set()], "kafka") == [crs.pod_set()]


def follow(cluster: Cluster, judge: Any, **more: Any) -> tuple[Progress, list[str]]:
    lines: list[str] = []
    given = {"known": False, "look": lambda _shown: "", "idle": 5.0, **more}
    seen = following.follow(
        cluster.api,  # type: ignore[arg-type]
        "n",
        "kafka",
        judge,
        progress=lines.append,
        **given,
    )
    return seen, lines


def test_it_is_seen_at_once_when_the_state_changes() -> None:
    cluster = underway(crs.kafka("KRaftMigration", "migration"))
    changed: list[float] = []

    def change() -> None:
        changed.append(time.monotonic())
        cluster.api.put(crs.kafka("KRaftDualWriting", "migration"))

    threading.Timer(0.1, change).start()

    def judge(seen: Progress, signals: Signals) -> tuple[bool, str]:
        assert signals.text == "brokers 3/3 Ready; controllers 3/3 Ready; both"
        return seen.sub_phase == "MigrateDualWrite", f"at {seen.sub_phase}"

    seen, lines = follow(cluster, judge, look=lambda _shown: "both")
    assert time.monotonic() - changed[0] < 0.5
    assert seen.sub_phase == "MigrateDualWrite"
    assert lines == ["at MigrateEnsureKafkaRollComplete", "at MigrateDualWrite"]


def test_a_standstill_is_given_up_and_a_moving_roll_is_not() -> None:
    cluster = underway(crs.kafka("KRaftMigration", "migration"))
    began = time.monotonic()

    def restart() -> None:
        pod = crs.pods()[0]
        pod["metadata"]["uid"] = "another"
        cluster.api.put(pod)

    threading.Timer(0.4, restart).start()
    with pytest.raises(DeadlineExceeded, match="waits") as stopped:
        follow(cluster, lambda _seen, _signals: (False, "waits"), idle=0.6)
    assert time.monotonic() - began > 0.95
    assert "kafkaMetadataState KRaftMigration" in stopped.value.detail["operator"]


def test_a_pod_that_is_ready_for_a_moment_between_two_crashes_is_no_movement() -> None:
    cluster = underway(crs.kafka("KRaftMigration", "migration"))
    ended = threading.Event()

    def crash() -> None:
        ready = True
        while not ended.wait(0.1):
            ready = not ready
            pod = crs.pods()[0]
            pod["status"]["conditions"] = [{"type": "Ready", "status": str(ready)}]
            cluster.api.put(pod)

    crashes = threading.Thread(target=crash)
    crashes.start()
    began = time.monotonic()
    try:
        with pytest.raises(DeadlineExceeded):
            follow(cluster, lambda _seen, _signals: (time.monotonic() - began > 5, "waits"), idle=0.6)
    finally:
        ended.set()
        crashes.join()


def test_a_condition_that_changes_is_no_movement() -> None:
    cluster = underway(crs.kafka("KRaftMigration", "migration"))

    def say() -> None:
        cluster.api.put(crs.kafka("KRaftMigration", "migration", {**crs.READY, "lastTransitionTime": "later"}))

    threading.Timer(0.3, say).start()
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        follow(cluster, lambda _seen, _signals: (False, "waits"), idle=0.4)
    assert time.monotonic() - began < 3


def test_what_the_look_raises_ends_the_wait() -> None:
    def look(_shown: Any) -> str:
        raise KraftError("the brake")

    with pytest.raises(KraftError, match="the brake"):
        follow(underway(crs.kafka("KRaftMigration", "migration")), lambda _seen, _signals: (False, ""), look=look)


def test_a_kafka_that_is_deleted_was_never_started() -> None:
    cluster = underway(crs.kafka("KRaftMigration", "migration"))
    threading.Timer(0.1, lambda: cluster.api.drop("Kafka", "n", "kafka")).start()
    seen, _lines = follow(cluster, lambda seen, _signals: (not seen.started, ""))
    assert seen == Progress()
