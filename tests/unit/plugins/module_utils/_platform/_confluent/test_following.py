# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watching a job and the pods that it restarts: what is shown, when it is over, and when nothing moves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.operator_progress import Progress
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Watcher
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform import watching
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import following
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.following import of_workload, signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform.led import Signals
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import DeadlineExceeded, Forbidden

from tests.unit.plugins.module_utils._platform._confluent import crs
from tests.unit.plugins.module_utils._platform._confluent.scene import Cluster, underway
from tests.unit.plugins.module_utils.fakes import pod

KAFKA = crs.kafka()


def statefulset(newest: str = "b", current: str = "b", **metadata: Any) -> Any:
    found = crs.workload(KAFKA)
    found["metadata"].update(metadata)
    found["status"] = {"updateRevision": newest, "currentRevision": current}
    return found


def pods(*revisions: str, **changed: Any) -> dict[str, Any]:
    found = crs.pods(KAFKA, len(revisions))
    for item, revision in zip(found, revisions, strict=True):
        item["metadata"]["labels"] = {following.REVISION: revision}
    named = {item["metadata"]["name"]: item for item in found}
    for name, change in changed.items():
        change(named[name.replace("_", "-")])
    return named


def not_ready(item: Any) -> None:
    item["status"]["conditions"] = [{"type": "Ready", "status": "False"}]


def deleted(item: Any) -> None:
    item["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"


def restarted(item: Any) -> None:
    item["status"]["containerStatuses"][0]["restartCount"] = 2


def remade(item: Any) -> None:
    item["metadata"]["uid"] = "another"


def test_nothing_is_made_yet() -> None:
    assert of_workload("kafka-kraft", "controllers", None, {}) == ("no controllers yet", "kafka-kraft: -")


@pytest.mark.parametrize(
    ("workload", "found", "text"),
    [
        (statefulset(), pods("b", "b", "b"), "brokers 3/3 Ready"),
        (statefulset(current="a"), pods("a", "a", "b"), "brokers 3/3 Ready and 1/3 on the new revision"),
        # the status says that it is through, the pods do not
        (statefulset(), pods("b", "a", "b"), "brokers 3/3 Ready and 2/3 on the new revision"),
        (statefulset(), pods("b", "b", "b", kafka_1=not_ready), "brokers 2/3 Ready (waiting for kafka-1)"),
        (
            statefulset(),
            pods("b", "b", "b", kafka_2=deleted),
            "brokers 2/3 Ready (waiting for kafka-2, which is being deleted)",
        ),
        (statefulset(), pods("b", "b"), "brokers 2/3 Ready"),
        (statefulset(), {}, "brokers 0/3 Ready"),
    ],
)
def test_what_the_pods_show(workload: Any, found: Any, text: str) -> None:
    assert of_workload("kafka", "brokers", workload, found)[0] == text


def test_pods_of_others_do_not_count() -> None:
    other = {"x-0": pod("x-0", owner="uid-x", uid="u")}
    assert of_workload("kafka", "brokers", statefulset(), {**other, **pods("b")})[0] == "brokers 1/3 Ready"


@pytest.mark.parametrize("change", [not_ready, deleted, remade])
def test_each_change_of_a_pod_moves(change: Callable[[Any], None]) -> None:
    was = of_workload("kafka", "brokers", statefulset(), pods("b", "b"))[1]
    assert of_workload("kafka", "brokers", statefulset(), pods("b", "b", kafka_0=change))[1] != was


def test_a_container_that_crashes_again_and_again_is_a_standstill() -> None:
    """It is restarted every five minutes at the latest, for ever; the wait for it has an end."""

    def down(item: Any) -> None:
        not_ready(item)
        item["status"]["containerStatuses"][0]["restartCount"] = 1

    def down_again(item: Any) -> None:
        down(item)
        restarted(item)

    first, then = (
        of_workload("kafka", "brokers", statefulset(), pods("b", kafka_0=each)) for each in (down, down_again)
    )
    assert first == then


def test_a_new_template_moves_and_nothing_else_does() -> None:
    was = of_workload("kafka", "brokers", statefulset(), pods("b"))[1]
    assert of_workload("kafka", "brokers", statefulset(generation=9), pods("b"))[1] != was
    assert of_workload("kafka", "brokers", statefulset(newest="c"), pods("b"))[1] != was
    noisy = pods("b")
    noisy["kafka-0"]["metadata"]["resourceVersion"] = "77"
    assert of_workload("kafka", "brokers", statefulset(), noisy)[1] == was


def test_both_workloads_in_one_line() -> None:
    found = signals({"kafka": "brokers", "kafka-kraft": "controllers"}, {"kafka": statefulset()}, pods("b", "b", "b"))
    assert found.text == "brokers 3/3 Ready; no controllers yet"
    assert found.moves.splitlines()[1] == "kafka-kraft: -"


def test_whether_the_controllers_get_other_settings() -> None:
    roles = {"kafka": "brokers", "kafka-kraft": "controllers"}
    old, new = statefulset(), statefulset(newest="c")
    assert not signals(roles, {"kafka": new, "kafka-kraft": old}, {}).controllers_change
    assert signals(roles, {"kafka": old, "kafka-kraft": new}, {}).controllers_change
    assert not signals(roles, {"kafka": new}, {}).controllers_change
    assert not signals(roles, {"kafka": old, "kafka-kraft": {**old, "status": {}}}, {}).controllers_change


# following


@pytest.fixture(autouse=True)
def _heart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "HEARTBEAT", 0.02)


def follow(cluster: Cluster, until: str, said: list[str], *, idle: float = 5.0, reason: str = "") -> Progress:
    began = time.monotonic()

    def judge(seen: Progress, shown: Signals) -> tuple[bool, str]:
        assert time.monotonic() - began < 20, "it is followed for ever"
        return seen.sub_phase == until, reason or f"at {seen.where}, {shown.text}"

    return cluster.driver.follow(judge, idle=idle, progress=said.append)


def test_what_is_true_already_is_not_waited_for() -> None:
    said: list[str] = []
    assert follow(underway(), "SetupComplete", said).sub_phase == "SetupComplete"
    assert said == ["at SETUP/SetupComplete, brokers 3/3 Ready; controllers 3/3 Ready"]


def test_a_change_of_the_job_is_seen_and_each_reason_told_once() -> None:
    cluster = underway()
    said: list[str] = []
    assert cluster.job is not None
    timer = threading.Timer(0.2, lambda: cluster.api.put(crs.job("MIGRATE", "MigrateDualWrite")))
    timer.start()
    assert follow(cluster, "MigrateDualWrite", said).phase == "MIGRATE"
    timer.join()
    assert [line.partition(",")[0] for line in said] == ["at SETUP/SetupComplete", "at MIGRATE/MigrateDualWrite"]
    # what it read before is stale now
    assert cluster.job["status"]["phase"] == "MIGRATE"


def test_a_standstill_gives_the_wait_up() -> None:
    with pytest.raises(DeadlineExceeded, match="nothing yet") as gave_up:
        follow(underway(), "never", [], idle=0.1, reason="nothing yet")
    assert gave_up.value.detail == {"reason": "nothing yet", "operator": "SETUP/SetupComplete"}


def test_pods_that_move_are_no_standstill() -> None:
    """Half an hour without a word from the operator is normal, as long as its pods are restarted."""
    cluster = underway()
    stop = threading.Event()

    def restart() -> None:
        for number in range(20):
            again = crs.pods(KAFKA, 1)[0]
            again["metadata"]["uid"] = f"again-{number}"
            cluster.api.put(again)
            if stop.wait(0.05):
                return
        cluster.api.put(crs.job("MIGRATE", "MigrateDualWrite"))

    thread = threading.Thread(target=restart)
    thread.start()
    try:
        assert follow(cluster, "MigrateDualWrite", [], idle=0.5).sub_phase == "MigrateDualWrite"
    finally:
        stop.set()
        thread.join()


def test_an_operator_that_only_talks_stands_still() -> None:
    cluster = underway()
    stop = threading.Event()

    def talk() -> None:
        number = 0
        while not stop.wait(0.02):
            number += 1
            job = crs.job("SETUP", "SetupComplete")
            job["status"]["conditions"] = [
                {"type": "t", "message": f"tried {number} times", "lastTransitionTime": "2026"}
            ]
            cluster.api.put(job)

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        with pytest.raises(DeadlineExceeded):
            follow(cluster, "never", [], idle=0.3)
    finally:
        stop.set()
        thread.join()


def test_a_job_that_is_gone_is_not_started() -> None:
    cluster = underway()
    assert cluster.job_name
    cluster.api.drop("KRaftMigrationJob", "n", "kraft-migration-kafka")
    assert follow(cluster, "", []) == Progress()


def test_what_the_judge_raises_ends_it() -> None:
    def judge(_seen: Progress, _shown: Signals) -> tuple[bool, str]:
        raise Forbidden("no")

    with pytest.raises(Forbidden):
        underway().driver.follow(judge, idle=1, progress=lambda _text: None)


def test_trouble_with_the_watch_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Watcher, "trouble", property(lambda _self: "the API server does not answer"))
    said: list[str] = []
    follow(underway(), "SetupComplete", said, reason="at it")
    assert said == ["at it (the API server does not answer)"]
