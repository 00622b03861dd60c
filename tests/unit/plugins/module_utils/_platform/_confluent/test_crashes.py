# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brokers that end with a known issue of CFK, by the logs that their containers leave."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import crashes
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent.crashes import (
    Crashes,
    ended,
    known_issue,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError

from tests.unit.plugins.module_utils._platform._confluent import crs
from tests.unit.plugins.module_utils._platform._confluent.scene import underway

#: as CFK's known issues quote it, and as Kafka 3.7 to 3.9 write it
CONFLUENT = (
    "[2025-06-02 09:14:11,203] ERROR [BrokerLifecycleManager id=0] Unable to register broker 0 because it does not support finalized version "
    "114 of confluent.metadata.version. The broker wants a version between 108 and 108, inclusive. (kafka.server.BrokerLifecycleManager)"
)
APACHE = (
    "org.apache.kafka.common.errors.UnsupportedVersionException: Unable to register because the broker does not support finalized version 21 of "
    "metadata.version. The broker wants a version between 1 and 19, inclusive."
)
#: written at each start, and at an end for another reason
HARMLESS = (
    "[2025-06-02 09:14:10,001] INFO [KafkaServer id=0] started (kafka.server.KafkaServer)\n"
    "[2025-06-02 09:14:11,207] ERROR Exiting Kafka due to fatal exception (kafka.Kafka$)\n"
    "java.lang.OutOfMemoryError: Java heap space\n"
    "org.apache.kafka.common.errors.UnsupportedVersionException: The node does not support PRODUCE with version in range [11,13]."
)


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (f"{HARMLESS}\n{CONFLUENT}\n", "finalized version 114 of confluent.metadata.version"),
        (f"{APACHE}\n{HARMLESS}", "finalized version 21 of metadata.version"),
        (
            "it does not support version 19 of metadata.version. It wants a version between 1 and 14",
            "version 19 of metadata",
        ),
    ],
)
def test_the_known_issue_is_told_with_cause_and_remedy(log: str, words: str) -> None:
    said = known_issue("kafka-1", log)
    assert said.startswith("kafka-1 ended, since its broker does not support")
    for each in (words, "__cluster_metadata-0", f"{res.CLEAN_METADATA}=true", "run the same playbook again"):
        assert each in said
    assert "\n" not in said


@pytest.mark.parametrize("log", ["", HARMLESS])
def test_another_end_is_none(log: str) -> None:
    assert known_issue("kafka-1", log) == ""


def container(state: Any = None, last: Any = None, restarts: int = 0, name: str = "kafka") -> Any:
    found = {"name": name, "restartCount": restarts}
    return {**found, "state": state or {"running": {}}, **({"lastState": last} if last else {})}


FAILED = {"terminated": {"exitCode": 1}}


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (container(), []),
        (container(FAILED), [("kafka", 0, False)]),
        (container({"waiting": {"reason": "CrashLoopBackOff"}}, FAILED, 3), [("kafka", 3, True)]),
        (container(None, FAILED, 1), [("kafka", 1, True)]),
        # a restart of the roll
        (container({"terminated": {"exitCode": 0}}), []),
        (container(None, {"terminated": {"exitCode": 0}}, 1), []),
    ],
)
def test_which_containers_ended_with_an_error(status: Any, found: Any) -> None:
    assert list(ended({"status": {"containerStatuses": [status]}})) == found
    assert list(ended({"status": {}})) == []


class Logs:
    """What the API server is asked for."""

    def __init__(self, text: str | Exception) -> None:
        self.text = text
        self.asked: list[tuple[str, str, str, bool]] = []

    def pod_log(self, pod: str, namespace: str, **options: Any) -> str:
        self.asked.append((pod, namespace, options["container"], options["previous"]))
        if isinstance(self.text, Exception):
            raise self.text
        return self.text


def crashed(status: Any, of: Any = None) -> Any:
    found = crs.pods(of or crs.kafka(), 1)[0]
    found["status"]["containerStatuses"] = [status]
    return found


def test_the_log_of_the_container_that_ended_is_read_once() -> None:
    said: list[str] = []
    logs = Logs(HARMLESS)
    looking = Crashes(logs, "n", "kafka", said.append)  # type: ignore[arg-type]
    for _time in range(2):
        looking.look([crashed(container(FAILED))])
        looking.look([crashed(container(None, FAILED, 1)), crashed(container())])
    assert logs.asked == [("kafka-0", "n", "kafka", False), ("kafka-0", "n", "kafka", True)]
    logs.text = CONFLUENT
    with pytest.raises(KraftError, match="finalized version 114") as known:
        looking.look([crashed(container(None, FAILED, 2))])
    assert known.value.code == "operator-metadata-left"
    assert said == []


def test_pods_of_others_are_not_looked_at() -> None:
    logs = Logs(CONFLUENT)
    Crashes(logs, "n", "kafka", print).look([crashed(container(FAILED), crs.controllers())])  # type: ignore[arg-type]
    assert logs.asked == []


def test_a_log_that_cannot_be_read_is_told() -> None:
    said: list[str] = []
    logs: Any = Logs(Forbidden("may not get pods/log"))
    Crashes(logs, "n", "kafka", said.append).look([crashed(container(FAILED))])
    assert said == ["kafka-0 ended with an error, and why could not be read: may not get pods/log"]


def test_following_ends_with_it() -> None:
    """The operator would go on waiting for the broker."""
    cluster = underway("RollbackToZk", "RollbackToZkEnsureKafkaRollIsComplete2", res.ROLLBACK)
    pod = cluster.api.get(POD, "kafka-1", "n")
    pod["status"]["containerStatuses"] = [container(None, FAILED, 1)]
    cluster.api.put(pod)
    cluster.api.logs["kafka-1"] = CONFLUENT
    with pytest.raises(KraftError, match="kafka-1 ended"):
        cluster.driver.follow(lambda _seen, _signals: (False, "waiting"), idle=5, progress=lambda _text: None)
    assert crashes.TAIL > 0


def test_a_broker_that_ends_while_it_is_waited_for_is_looked_at() -> None:
    """It was not Ready before and is not now: nothing moved, and all the same there is a log to read."""
    cluster = underway("RollbackToZk", "RollbackToZkEnsureKafkaRollIsComplete2", res.ROLLBACK)
    pod = cluster.api.get(POD, "kafka-1", "n")
    pod["status"]["conditions"] = [{"type": "Ready", "status": "False"}]
    cluster.api.put(pod)
    cluster.api.logs["kafka-1"] = CONFLUENT
    told: list[str] = []

    def tell(text: str) -> None:
        told.append(text)
        pod["status"]["containerStatuses"] = [container(None, FAILED, 1)]
        cluster.api.put(pod)

    with pytest.raises(KraftError, match="kafka-1 ended"):
        cluster.driver.follow(lambda _seen, _signals: (False, "waiting"), idle=5, progress=tell)
    assert told == ["waiting"]
